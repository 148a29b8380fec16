"""A generation gets to Milvus whole or not at all, and servers follow what is served there."""

from __future__ import annotations

import json
import logging
import shutil
import threading
import time
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any, cast

import pytest

from chatbot.answering.chatbot import open_answerer
from chatbot.errors import CorpusIndexError, IndexAway, IndexMissing, ModelError, SettingsError
from chatbot.evaluation import assessment
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.building.watch import watch
from chatbot.indexing.generation.manifest import MANIFEST, read_manifest, verify, write_manifest
from chatbot.indexing.generation.publication import CURRENT, current, served
from chatbot.indexing.maintenance import rollback
from chatbot.indexing.milvus import connection, following, layout, reading, sending
from chatbot.indexing.milvus.connection import Connection
from chatbot.indexing.milvus.following import follow_milvus, keep_following
from chatbot.indexing.milvus.passages import Passages
from chatbot.indexing.milvus.reading import served_by
from chatbot.indexing.model.encoder_card import CARD_FILE, EncoderCard
from chatbot.operating.doctor import examine
from chatbot.records import Filters
from chatbot.settings import MilvusSettings, Settings, load_settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.milvus_site import MilvusSite, articles
from tests.support.waiting import eventually

FIRST = {"pay.md": "# Pay\n\nAsk for better pay when you get an offer.\n"}
SECOND = {"pay.md": "# Pay\n\nA degree is no reason for better pay, says the team.\n"}


@pytest.fixture
def site(tmp_path: Path) -> MilvusSite:
    site = MilvusSite(tmp_path, str(tmp_path / "milvus.db"))
    site.write(FIRST)
    return site


def collections(site: MilvusSite) -> set[str]:
    return set(site.milvus.work("list_collections"))


def there(site: MilvusSite) -> str | None:
    return served_by(site.milvus.work, site.settings.milvus.collection)


def is_loaded(site: MilvusSite, generation: str) -> bool:
    passages = layout.passages_in(site.settings.milvus.collection, generation)
    if not site.milvus.work("has_collection", passages):
        return False
    return "Loaded" in str(site.milvus.work("get_load_state", passages)["state"]).replace("NotLoad", "")


def test_a_build_is_served_and_followed_and_an_earlier_one_again(site: MilvusSite) -> None:
    first = site.publish()
    bot = site.chatbot()
    assert (there(site), bot.ask("better pay").generation) == (first, first)
    site.write(SECOND)
    second = site.publish()
    assert there(site) == second
    assert bot.ask("better pay").generation == first
    follow_milvus(site.settings)
    answer = bot.ask("better pay")
    assert (answer.generation, answer.hits[0].passage.text) == (second, SECOND["pay.md"].partition("\n\n")[2].strip())
    assert rollback(site.settings).generation == first
    assert there(site) == first
    follow_milvus(site.settings)
    assert bot.ask("pay").generation == first


def test_a_build_without_changes_sends_what_is_missing(site: MilvusSite) -> None:
    first = site.publish()
    name = site.settings.milvus.collection
    site.milvus.work("drop_alias", name)
    site.milvus.work("drop_collection", layout.passages_in(name, first))
    site.milvus.work("drop_collection", layout.files_in(name, first))
    assert there(site) is None
    assert site.publish() == first
    assert there(site) == first


def test_generations_that_the_folder_has_no_more_are_removed(site: MilvusSite) -> None:
    names = []
    site.settings = site.settings.model_copy(update={"keep_generations": 2})
    for number in range(4):
        site.write({"pay.md": f"# Pay\n\nAsk for better pay {number} times.\n"})
        names.append(site.publish())
        follow_milvus(site.settings)
        loaded = {one for one in names if is_loaded(site, one)}
        assert loaded == set(names[-2:])  # servers that have not followed yet ask the one before
    folders = {path.name for path in site.settings.served_dir.iterdir() if len(path.name) == 16}
    assert folders == set(names[2:])
    # What was removed from the folder by the last build is removed from Milvus by the next.
    site.publish()
    name = site.settings.milvus.collection
    kept = {layout.passages_in(name, one) for one in names[2:]} | {layout.files_in(name, one) for one in names[2:]}
    assert {one for one in collections(site) if one != name} == kept


def test_another_site_in_the_same_milvus_is_left_alone(site: MilvusSite, tmp_path: Path) -> None:
    other = MilvusSite(tmp_path / "other", site.settings.milvus.uri, collection="career_chatbot_files")
    other.write(SECOND)
    there_before = other.publish()
    strange = ("career_chatbot_2024", "career_chatbot__passages_cafe", "career_chatbot_bad")
    for name in strange:
        site.milvus.work("create_collection", name, dimension=2)
    site.publish()
    site.publish()
    assert there(other) == there_before
    assert collections(site) >= set(strange)
    assert other.remote().store.articles()[0].id == "pay"


def killed_after(batches: int, monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Let sending end after so many rows were inserted; the list gets the number of rows of each insertion."""
    sent: list[int] = []
    insert = sending._Sender._insert

    def counted(self: Any, collection: str, entities: list[dict[str, Any]], **more: bool) -> None:
        if batches and len(sent) == batches:
            raise KeyboardInterrupt
        sent.append(len(entities))
        insert(self, collection, entities, **more)

    monkeypatch.setattr(sending._Sender, "_insert", counted)
    return sent


def test_a_build_that_was_killed_goes_on_where_it_was(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site.publish()
    site.write(articles())
    monkeypatch.setattr(sending, "_ROWS", 4)
    with monkeypatch.context() as patch:
        killed_after(5, patch)
        with pytest.raises(KeyboardInterrupt):
            site.publish()
    assert (there(site), served(site.settings.index_dir)) == (first, first)
    sent = killed_after(0, monkeypatch)
    second = site.publish()
    assert (there(site), current(site.settings.index_dir)) == (second, second)
    total = len(site.local())
    passages = sent[: -(-(total - 20) // 4)]
    assert sum(passages) == total - 20
    assert len(site.remote().passages(range(total))) == total


def test_nothing_is_served_that_has_not_arrived_whole(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site.publish()
    site.write(articles())
    insert = sending._Sender._insert

    def losing(self: Any, collection: str, entities: list[dict[str, Any]], **more: bool) -> None:
        insert(self, collection, entities[:-1] if "vector" in entities[0] else entities, **more)

    with monkeypatch.context() as patch:
        patch.setattr(sending._Sender, "_insert", losing)
        with pytest.raises(IndexAway, match=r"lost rows of .* twice .* run 'chatbot build' again"):
            site.publish()
    assert (there(site), served(site.settings.index_dir)) == (first, first)
    assert site.publish() == there(site) != first


def test_files_that_came_otherwise_than_they_were_sent_are_never_served(
    site: MilvusSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.publish()
    site.write(SECOND)
    pieces = layout.pieces

    def altered(name: str, data: bytes) -> list[dict[str, Any]]:
        return pieces(name, data.replace(b"degree", b"decree") if name == "words.txt" else data)

    with monkeypatch.context() as patch:
        patch.setattr(layout, "pieces", altered)
        with pytest.raises(IndexAway, match=r"not what was sent: words\.txt; run 'chatbot build' again"):
            site.publish()
    assert (there(site), served(site.settings.index_dir)) == (first, first)
    assert site.publish() == there(site) != first


def test_rows_that_were_lost_on_their_way_are_sent_again(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write(articles())
    monkeypatch.setattr(sending, "_ROWS", 4)
    insert = sending._Sender._insert
    batches: list[int] = []

    def losing(self: Any, collection: str, entities: list[dict[str, Any]], **more: bool) -> None:
        batches.append(len(entities))
        if len(batches) != 3:  # in the middle
            insert(self, collection, entities, **more)

    monkeypatch.setattr(sending._Sender, "_insert", losing)
    assert site.publish() == there(site)
    assert len(site.remote().passages(range(len(site.local())))) == len(site.local())


def test_a_collection_over_which_a_build_was_killed_is_made_anew(
    site: MilvusSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = Connection.work
    for stopped in (1, 2):  # over the passages, then over the files
        made = 0

        def killed(self: Connection, method: str, *args: Any, **named: Any) -> Any:
            nonlocal made
            made += method == "create_index"
            if method == "create_index" and made == stopped:  # noqa: B023 - called before the next turn
                raise KeyboardInterrupt
            return work(self, method, *args, **named)

        with monkeypatch.context() as patch:
            patch.setattr(Connection, "work", killed)
            with pytest.raises(KeyboardInterrupt):
                site.publish()
    assert site.publish() == there(site)


def test_a_server_that_was_upgraded_between_two_sends_goes_on_as_it_began(
    site: MilvusSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    site.write(articles())
    monkeypatch.setattr(sending, "_ROWS", 4)
    with monkeypatch.context() as patch:
        patch.setattr(Connection, "sparse", False)
        killed_after(5, patch)
        with pytest.raises(KeyboardInterrupt):
            site.publish()
    assert site.publish() == there(site)
    assert site.chatbot().ask("better pay").hits


def test_files_without_their_passages_are_no_generation(site: MilvusSite) -> None:
    generation = site.publish()
    site.write(SECOND)
    site.publish()
    name = site.settings.milvus.collection
    site.milvus.work("drop_collection", layout.passages_in(name, generation))
    site.write(FIRST)
    assert site.publish() == generation
    assert site.chatbot().ask("better pay").generation == generation


def test_what_was_served_before_stays_for_servers_that_have_not_followed(site: MilvusSite, tmp_path: Path) -> None:
    """Also where the machine that publishes has never had it."""
    first = site.publish()
    bot = site.chatbot()
    other = MilvusSite(tmp_path / "another-builder", site.settings.milvus.uri)
    other.write(SECOND)
    second = other.publish()
    assert bot.ask("Ask for better pay").generation == first
    follow_milvus(site.settings)
    assert bot.ask("Ask for better pay").generation == second


def test_a_generation_that_was_calibrated_anew_reaches_servers(site: MilvusSite) -> None:
    generation = site.publish()
    bot = site.chatbot()
    folder = site.settings.index_dir / generation
    manifest = replace(read_manifest(folder), pace=1.25)
    (folder / MANIFEST).unlink()
    write_manifest(manifest, folder)
    assert site.publish() == generation
    follow_milvus(site.settings)
    assert read_manifest(site.settings.served_dir / generation).pace == 1.25
    assert bot.ask("better pay").generation == generation


def test_judged_texts_of_an_evaluation_are_no_concern_of_milvus(
    site: MilvusSite, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    generation = site.publish()
    monkeypatch.setattr(assessment, "own_embedder", lambda *_: KeywordEmbedder())
    monkeypatch.setattr(assessment, "Encoder", lambda _: KeywordEmbedder())
    monkeypatch.setattr(KeywordEmbedder, "encoder_dir", None, raising=False)
    monkeypatch.setattr(assessment, "calibrate", None)
    judged = tmp_path / "judged"
    judged.mkdir()
    (judged / "corpus.jsonl").write_text('{"_id": "1", "title": "Pay", "text": "Ask for better pay."}\n')
    assessment._own(site.settings, judged, tmp_path / "apart", lambda *_: None)
    assert there(site) == generation
    assert site.chatbot().ask("better pay").generation == generation


def test_a_damaged_encoder_is_not_sent(tmp_path: Path) -> None:
    (tmp_path / "model.onnx").write_bytes(b"cut off")
    card = EncoderCard("name", "0" * 16, 8, 16, "", "", averages=True, digests={"model.onnx": "0" * 64})
    (tmp_path / CARD_FILE).write_text(json.dumps(asdict(card)))
    sender = sending._Sender(cast("Connection", None), "chatbot", 1, lambda *_: None)
    with pytest.raises(ModelError, match=r"model\.onnx is missing or altered; rebuild the index"):
        sender.send_encoder(tmp_path, "0" * 16)


def test_a_copy_that_was_damaged_is_taken_anew(site: MilvusSite) -> None:
    generation = site.publish()
    follow_milvus(site.settings)
    (site.settings.served_dir / generation / "words.txt").write_text("changed")
    follow_milvus(site.settings, anew=True)
    assert site.chatbot().ask("better pay").generation == generation


def test_a_passage_that_does_not_fit_is_named_and_nothing_changes(
    site: MilvusSite, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = site.publish()
    site.write(SECOND)
    monkeypatch.setattr(layout, "LONGEST", 100)
    with pytest.raises(CorpusIndexError, match=r"the text of passage pay#1 take \d+ bytes, and Milvus takes 100"):
        site.publish()
    assert there(site) == first


def test_a_server_that_is_busy_is_waited_for(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sending, "_WAIT_SECONDS", 0.0)
    work, failures = Connection.work, iter([True, True, False, True])

    def sometimes(self: Connection, method: str, *args: Any, **named: Any) -> Any:
        if method in {"insert", "upsert"} and next(failures, False):
            raise IndexAway("rate limit exceeded")
        return work(self, method, *args, **named)

    monkeypatch.setattr(Connection, "work", sometimes)
    assert site.publish() == there(site)


def test_a_server_needs_nothing_but_the_settings(site: MilvusSite, tmp_path: Path) -> None:
    """It takes the small files, verified, and no passage of the articles lies on its disk."""
    generation = site.publish()
    server = site.settings.model_copy(update={"index_dir": tmp_path / "elsewhere", "corpus_dir": tmp_path / "none"})
    follow_milvus(server)
    folder = server.served_dir / generation
    assert current(server.served_dir) == generation
    kept = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}
    assert not {"passages.sqlite", "embeddings.npy", "vectors.faiss", "lexical/passages.npy"} & kept
    assert all(b"better pay when" not in path.read_bytes() for path in folder.rglob("*") if path.is_file())
    (folder / "words.txt").write_text("changed")
    with pytest.raises(Exception, match="does not match its digest"):
        verify(folder)


def test_files_that_were_changed_on_their_way_are_not_taken(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    first = site.publish()
    follow_milvus(site.settings)
    site.write(SECOND)
    second = site.publish()
    read = reading.read_file

    def changed(ask: Any, collection: str, name: str, *more: Any, **named: Any) -> bytes:
        data = read(ask, collection, name, *more, **named)
        return data + b"x" if name == "words.txt" else data

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_file", changed)
        with pytest.raises(CorpusIndexError, match=r"words\.txt does not match its digest"):
            follow_milvus(site.settings)
    assert current(site.settings.served_dir) == first
    assert not (site.settings.served_dir / second).exists()

    def escaping(ask: Any, collection: str, name: str, *more: Any, **named: Any) -> bytes:
        if name == layout.LIST:
            return b'{"files": {"../../outside": 1}, "stamp": "other"}'
        return read(ask, collection, name, *more, **named)

    with monkeypatch.context() as patch:
        patch.setattr(reading, "read_file", escaping)
        with pytest.raises(IndexAway, match="names a file outside of its folder"):
            follow_milvus(site.settings)
    follow_milvus(site.settings)
    assert current(site.settings.served_dir) == second


def test_nothing_served_yet_is_said(site: MilvusSite) -> None:
    with pytest.raises(IndexMissing, match="serves nothing under the name 'career_chatbot' yet; run 'chatbot build'"):
        follow_milvus(site.settings)


def test_what_is_served_is_followed_through_failures_that_are_told_once(
    site: MilvusSite, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    site.publish()
    monkeypatch.setattr(following, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(connection, "_REST_SECONDS", 0.0)
    caplog.set_level(logging.WARNING, "chatbot")
    ask, broken = Connection.ask, threading.Event()

    def sometimes(self: Connection, method: str, *args: Any, **named: Any) -> Any:
        if broken.is_set():
            return self._asked("no_such_method", (), {}, 1.0)
        return ask(self, method, *args, **named)

    monkeypatch.setattr(Connection, "ask", sometimes)
    stop = threading.Event()

    def said() -> list[str]:
        return [record.message for record in caplog.records if record.name.startswith("chatbot")]

    broken.set()
    keep_following(site.settings, stop)
    try:
        eventually(lambda: len(said()) == 1)
        time.sleep(0.1)
        broken.clear()
        eventually((site.settings.served_dir / CURRENT).exists)
        eventually(lambda: len(said()) == 2)
    finally:
        stop.set()
    assert said()[0].startswith("what is served cannot be followed just now: Milvus at ")
    assert said()[1] == "what is served is followed again"


class Clock:
    """Time as it is told, and a client of Milvus that takes some of it."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now, self.takes, self.works = 100.0, 0.0, True
        self.asked: list[float] = []
        monkeypatch.setattr(connection.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(connection.time, "sleep", self._passes)
        self.connection = Connection(MilvusSettings(seconds=5))
        self.connection._client = self

    def _passes(self, seconds: float) -> None:
        self.now += seconds

    def search(self, timeout: float) -> str:
        assert timeout == 5.0
        self.asked.append(self.now)
        self.now += self.takes
        if self.works:
            return "fine"
        raise RuntimeError("gone\n away. ")

    def fails(self) -> str:
        with pytest.raises(IndexAway) as raised:
            self.connection.ask("search")
        return str(raised.value)


def test_what_fails_at_once_is_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.works = False
    assert clock.fails() == (
        "Milvus at http://localhost:19530 cannot be asked: gone away; see that it runs and can be reached, "
        "and that milvus.uri and milvus.token of the settings are right"
    )
    assert (clock.asked, clock.connection.away) == (pytest.approx([100.0, 100.15, 100.3]), True)
    clock.fails()
    assert len(clock.asked) == 4  # once, as long as it is away
    clock.works = True
    assert (clock.connection.ask("search"), clock.connection.away) == ("fine", False)


def test_after_something_hung_nothing_is_asked_for_two_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = Clock(monkeypatch)
    clock.works, clock.takes = False, 5.0
    told = {clock.fails() for _ in range(3)}
    assert (len(told), clock.asked) == (1, [100.0])
    clock.now += 2.1
    clock.fails()
    assert len(clock.asked) == 2
    clock.now += 2.1
    clock.works, clock.takes = True, 0.0
    assert [clock.connection.ask("search") for _ in range(3)] == ["fine"] * 3
    assert (len(clock.asked), clock.connection.away) == (5, False)


def test_while_one_question_tries_whether_it_is_back_others_fail_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    entered, go_on = threading.Event(), threading.Event()

    class Client:
        def search(self, timeout: float) -> str:
            if timeout < 1:
                time.sleep(timeout)
                raise RuntimeError("gone")
            entered.set()
            assert go_on.wait(30)
            return "fine"

    monkeypatch.setattr(connection, "_REST_SECONDS", 0.0)
    one = Connection(MilvusSettings(seconds=0.05))
    one._client = Client()
    with pytest.raises(IndexAway):
        one.ask("search")
    one.settings = MilvusSettings(seconds=5)
    found: list[str] = []
    trying = threading.Thread(target=lambda: found.append(one.ask("search")))
    trying.start()
    assert entered.wait(30)
    with pytest.raises(IndexAway):
        one.ask("search")
    go_on.set()
    trying.join(30)
    assert found == ["fine"]


def test_the_doctor_says_what_milvus_serves(site: MilvusSite) -> None:
    def milvus() -> tuple[str, str]:
        (found,) = [one for one in examine(site.settings) if one.name == "milvus"]
        return found.state, found.found

    assert milvus()[0] == "warning"
    generation = site.publish()
    state, found = milvus()
    assert (state, found.endswith(f"serves generation {generation}")) == ("ok", True)
    shutil.rmtree(site.settings.corpus_dir)
    shutil.rmtree(site.settings.index_dir)
    names = {one.name for one in examine(site.settings) if one.state != "ok"}
    assert not names & {"corpus", "index"}


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ("[milvus]\ntoken = 'root:secret'\n", "milvus.token would be readable in the file; .*CHATBOT_MILVUS__TOKEN"),
        ("[milvus]\nuri = 'https://root:secret@example.org'\n", "without a user; who asks is said by milvus.token"),
        ("[milvus]\nuri = 'milvus.db'\n", "it names a file, .* a single process can open: .*'http://localhost:19530'"),
        ("[milvus]\nuri = 'example.org'\n", "expected an address such as 'http://localhost:19530'"),
        ("[milvus]\ncollection = 'a-b'\n", "setting 'milvus.collection' is 'a-b': expected letters, digits"),
        ("[milvus]\ncollection = 'a__b'\n", "milvus.collection"),
        ("index_dir = 'a'\n[index]\nstore = 'milvus'\n[milvus]\nfolder = 'a'\n", "where builds are; name another"),
        ("[index]\nstore = 'pinecone'\n", "setting 'index.store' is 'pinecone': expected 'files' or 'milvus'"),
    ],
)
def test_settings_that_cannot_be_right_are_told(tmp_path: Path, values: str, message: str) -> None:
    (tmp_path / "chatbot.toml").write_text(values)
    with pytest.raises(SettingsError, match=message):
        load_settings(tmp_path / "chatbot.toml")


def test_the_token_is_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CHATBOT_MILVUS__TOKEN", "root:secret")
    settings = load_settings()
    assert settings.milvus.token
    assert settings.milvus.token.get_secret_value() == "root:secret"
    assert "secret" not in repr(settings)
    with pytest.raises(SettingsError) as raised:
        load_settings(milvus={"token": ["root:secret"]})
    assert "setting 'milvus.token' is not shown" in str(raised.value)


def test_without_its_package_the_way_out_is_told(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pymilvus", None)
    settings = Settings(index_dir=tmp_path, index={"store": "milvus"}, milvus={"uri": "http://localhost:1"})  # type: ignore[arg-type]
    with pytest.raises(SettingsError, match=r"pip install 'career-chatbot\[milvus\]'"):
        follow_milvus(settings)


def test_what_was_built_while_milvus_was_away_is_served_when_it_is_back(site: MilvusSite) -> None:
    """A watch tries again by itself, though no file has changed since."""
    stop, tries = threading.Event(), [True, True, False]

    def publish() -> BuildReport:
        if tries.pop(0):
            raise IndexAway("gone")
        return build(site.settings, embedder=KeywordEmbedder())

    told = []
    late = threading.Timer(30, stop.set)
    late.start()
    for one in watch(site.settings, publish, stop):
        told.append(one)
        if isinstance(one, BuildReport):
            stop.set()
    late.cancel()
    assert [str(one) for one in told if isinstance(one, IndexAway)] == ["gone"]
    assert isinstance(told[-1], BuildReport)
    assert told[-1].generation == there(site)


def test_fewer_passages_than_there_are_count_as_away(site: MilvusSite, monkeypatch: pytest.MonkeyPatch) -> None:
    site.write(articles())
    site.publish()
    index, found, widths = site.remote(), Passages._found, []

    def some(self: Passages, field: str, data: Any, k: int, condition: str, width: int) -> Any:
        widths.append(width)
        return found(self, field, data, k, condition, width)[: k if width > enough else k - 1]

    monkeypatch.setattr(Passages, "_found", some)
    vector = KeywordEmbedder().embed_query("pay")
    enough = 1000  # a wider look finds them
    assert len(index.dense(vector, 5)[0]) == 5
    assert widths == [256, 8 * 256]
    enough = 10**9
    with pytest.raises(IndexAway, match="found 4 passages of 5 that there are"):
        index.dense(vector, 5)


def test_a_draft_is_asked_in_its_files(site: MilvusSite) -> None:
    """Milvus has nothing of it yet."""
    generation = site.publish()
    site.write(SECOND)
    draft = plan(site.settings, embedder=KeywordEmbedder(), draft=True).generation
    answerer = open_answerer(site.settings, site.settings.index_dir / draft, KeywordEmbedder())
    assert answerer.ask("a degree?", 1, (), Filters()).generation == draft != generation
    assert there(site) == generation
