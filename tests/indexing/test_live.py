"""Publishing under a running server, and watching what editors do to files."""

from __future__ import annotations

import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest

from chatbot.errors import ChatbotError
from chatbot.indexing.building.build import build
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.building.watch import rolled_back, watch
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import ENCODERS, current, writing
from chatbot.indexing.maintenance import rollback
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.settings import BUNDLED_MODEL, Settings, WatchSettings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.server import start_server
from tests.support.waiting import eventually

pytestmark = pytest.mark.index
PUBLISHES = 20


def test_twenty_publishes_under_load_give_no_failed_and_no_mixed_answer(tmp_path: Path, encoders: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", keep_generations=100)
    settings.corpus_dir.mkdir()
    settings.index_dir.mkdir()
    (settings.index_dir / ENCODERS).symlink_to(encoders)
    embedder = ModelEmbedder(BUNDLED_MODEL, settings.index_dir / ENCODERS)

    def publish(number: int) -> str:
        for name in ("one", "two", "three"):
            (settings.corpus_dir / f"{name}.md").write_text(
                f"# Gaps {name}\n\nExplain a gap in a CV in one plain line, says edition {number} of part {name}.\n"
            )
        return build(settings, embedder=embedder).generation

    published = [publish(0)]
    server = start_server(tmp_path)
    stop = threading.Event()
    answers: list[tuple[int, str]] = []

    def visitor() -> None:
        while not stop.is_set():
            status, _, body = server.post("/api/ask", {"question": "How do I explain a gap in my CV?"})
            answers.append((status, body))

    try:
        with ThreadPoolExecutor(4) as visitors:
            running = [visitors.submit(visitor) for _ in range(4)]
            try:
                for number in range(1, PUBLISHES + 1):
                    published.append(publish(number))
                    seen = len(answers)
                    eventually(lambda seen=seen: len(answers) >= seen + 8)
            finally:
                stop.set()
            for one in running:
                one.result()
        assert json.loads(server.post("/api/ask", {"question": "gap"})[2])["generation"] == published[-1]
    finally:
        server.stop()
    texts = {}
    for name in published:
        index = LocalIndex.open(settings.index_dir / name)
        texts[name] = {passage.text for passage in index.passages(range(len(index)))}
    assert {status for status, _ in answers} == {200}
    found = [json.loads(body) for _, body in answers]
    assert all(hit["passage"]["text"] in texts[one["generation"]] for one in found for hit in one["hits"])
    assert all(one["hits"] for one in found)
    assert len({one["generation"] for one in found}) > PUBLISHES // 2
    order = [published.index(one["generation"]) for one in found]
    assert all(later >= earlier - 1 for earlier, later in pairwise(order))


class Watching:
    """A watch in a thread of its own, and what it has yielded."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.came: list[BuildReport | ChatbotError] = []
        self.builds = self.looks = 0
        self.stop = threading.Event()
        self.thread = threading.Thread(target=self._run)
        self.thread.start()

    def _run(self) -> None:
        for one in watch(self.settings, self._publish, self.stop, self._looked):
            self.came.append(one)

    def _publish(self) -> BuildReport:
        self.builds += 1
        return build(self.settings, embedder=KeywordEmbedder())

    def _looked(self) -> None:
        self.looks += 1

    def articles(self) -> dict[str, str]:
        return LocalIndex.open(self.settings.index_dir / current(self.settings.index_dir)).manifest.articles

    def until(self, holds: Callable[[], bool]) -> None:
        eventually(holds, trouble=lambda: f"{self.builds} builds gave {self.came}")

    def until_seen(self) -> None:
        """Wait until what was done to files before has been looked at: a first look may have begun before it."""
        looks = self.looks
        self.until(lambda: self.looks >= looks + 2)


@pytest.fixture(params=[False, True], ids=["told", "polling"])
def watching(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Watching]:
    settings = Settings(
        corpus_dir=tmp_path / "corpus",
        index_dir=tmp_path / "index",
        watch=WatchSettings(poll=request.param, poll_seconds=0.2, settle_seconds=0.2),
        model="keywords",
    )
    settings.corpus_dir.mkdir()
    (settings.corpus_dir / "a.md").write_text("# Pay\n\nAsk for pay.\n")
    running = Watching(settings)
    try:
        running.until(lambda: len(running.came) == 1)
        yield running
    finally:
        running.stop.set()
        running.thread.join(60)


def test_what_editors_do_to_files_is_published(watching: Watching) -> None:
    corpus = watching.settings.corpus_dir
    (corpus / "new.md").write_text("# Degree\n\nA degree helps.\n")
    watching.until(lambda: set(watching.articles()) == {"a.md", "new.md"})
    # Many editors write a file of another name and put it in the place of the old one.
    before = watching.articles()["a.md"]
    (corpus / ".a.md.swp").write_text("# Pay\n\nAsk for better pay.\n")
    (corpus / ".a.md.swp").replace(corpus / "a.md")
    watching.until(lambda: watching.articles()["a.md"] != before)
    for number in range(30):
        (corpus / f"many-{number}.md").write_text(f"# Team {number}\n\nA team of {number}.\n")
    (corpus / "new.md").rename(corpus / "renamed.md")
    watching.until(lambda: set(watching.articles()) == {"a.md", "renamed.md", *(f"many-{n}.md" for n in range(30))})
    (corpus / "a.md").unlink()
    watching.until(lambda: "a.md" not in watching.articles())


def test_a_file_is_read_when_it_has_come_to_rest(watching: Watching) -> None:
    with (watching.settings.corpus_dir / "slow.md").open("w") as file:
        for line in range(20):
            file.write(f"Line {line} of what is written slowly about pay and a team.\n\n")
            file.flush()
            os.fsync(file.fileno())
            time.sleep(0.05)
    watching.until(lambda: "slow.md" in watching.articles())
    index = LocalIndex.open(watching.settings.index_dir / current(watching.settings.index_dir))
    article = index.store.article("slow")
    assert article is not None
    assert "Line 19 " in article.text


def test_an_error_is_said_once_and_the_watch_goes_on(watching: Watching) -> None:
    article = watching.settings.corpus_dir / "a.md"
    article.write_text("")
    watching.until(lambda: len(watching.came) == 2)
    article.write_text("\n")
    watching.until(lambda: watching.builds >= 3)
    article.write_text("# Offer\n\nAn offer.\n")
    watching.until(lambda: isinstance(watching.came[-1], BuildReport) and len(watching.came) == 3)
    assert [isinstance(one, ChatbotError) for one in watching.came] == [False, True, False]


def test_a_rollback_stays_until_an_article_changes(watching: Watching) -> None:
    settings = watching.settings
    first = current(settings.index_dir)
    (settings.corpus_dir / "b.md").write_text("# Degree\n\nA degree helps.\n")
    watching.until(lambda: len(watching.came) == 2)
    second = current(settings.index_dir)
    assert rollback(settings).generation == first
    assert rolled_back(settings)
    (settings.corpus_dir / "b.md").touch()
    watching.until_seen()
    assert (current(settings.index_dir), watching.builds) == (first, 2)
    (settings.corpus_dir / "c.md").write_text("# Team\n\nA team.\n")
    watching.until(lambda: current(settings.index_dir) not in (first, second))
    assert not rolled_back(settings)


def test_a_watch_that_starts_after_a_rollback_leaves_it(watching: Watching) -> None:
    settings = watching.settings
    first = current(settings.index_dir)
    (settings.corpus_dir / "b.md").write_text("# Degree\n\nA degree helps.\n")
    watching.until(lambda: len(watching.came) == 2)
    watching.stop.set()
    watching.thread.join(60)
    rollback(settings)
    again = Watching(settings)
    again.until_seen()
    again.stop.set()
    again.thread.join(60)
    assert (current(settings.index_dir), again.builds) == (first, 0)


def test_a_build_by_somebody_else_is_waited_for(watching: Watching) -> None:
    with writing(watching.settings.index_dir):
        (watching.settings.corpus_dir / "b.md").write_text("# Degree\n\nA degree helps.\n")
        watching.until(lambda: watching.builds >= 3)
    watching.until(lambda: "b.md" in watching.articles())
    assert not any(isinstance(one, ChatbotError) for one in watching.came)


def test_two_servers_on_one_index_forget_a_deleted_article(tmp_path: Path, encoders: Path) -> None:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    settings.corpus_dir.mkdir()
    settings.index_dir.mkdir()
    (settings.index_dir / ENCODERS).symlink_to(encoders)
    embedder = ModelEmbedder(BUNDLED_MODEL, settings.index_dir / ENCODERS)
    (settings.corpus_dir / "kept.md").write_text("# Pay\n\nAsk for a range before you name a number.\n")
    (settings.corpus_dir / "gone.md").write_text("# Zebras\n\n## How do zebras find work?\n\nZebras ask zebras.\n")
    build(settings, embedder=embedder)
    servers = [start_server(tmp_path), start_server(tmp_path)]
    try:
        for server in servers:
            assert "How do zebras find work?" in server.get("/api/suggest?q=zebras")[2]
            assert server.get("/articles/gone?passage=gone%231")[0] == 200
        (settings.corpus_dir / "gone.md").unlink()
        generation = build(settings, embedder=embedder).generation
        for server in servers:
            assert json.loads(server.post("/api/ask", {"question": "zebras"})[2])["generation"] == generation
            assert "zebras" not in server.get("/api/suggest?q=how+do+zeb")[2].lower()
            assert server.get("/articles/gone?passage=gone%231")[0] == 404
            assert server.get("/articles/kept")[0] == 200
    finally:
        for server in servers:
            server.stop()
