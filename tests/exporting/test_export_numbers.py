"""What an export holds in numbers: vectors at four bits, the table of words, what terms add, the files of both."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.static.packed import Packed
from chatbot.answering.static.static_index import OPENED, StaticIndex
from chatbot.answering.static.term_lists import StaticWords
from chatbot.answering.static.word_table import WordTable
from chatbot.answering.verdict.evidence import Thresholds, carried_over
from chatbot.exporting import export as exporting
from chatbot.exporting import making
from chatbot.exporting.making import make_static
from chatbot.exporting.shards import gaps, hashes, packed, shards, varints
from chatbot.exporting.table_fit import fit, lesson, pieces
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Filters
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder, embed
from tests.support.small_site import small_settings

ARTICLES = {
    "pay.md": "---\ntopics: [money]\nquestions:\n  - What pay can I ask for?\n  - Is the offer final?\n---\n# Pay\n\n"
    "## Asking\n\nAsk for more pay when the offer comes. An offer is the best moment to ask.\n\n"
    "## Later\n\nLater a team has its pay bands, and an interview for another team may help.",
    "learn.md": "# Learning\n\nLearn Python without a degree. A degree is one way to learn,"
    " a team that reads code is another.",
}


def static(tmp_path: Path, articles: dict[str, str]) -> tuple[LocalIndex, StaticIndex]:
    settings = small_settings(tmp_path)
    settings.corpus_dir.mkdir()
    for name, text in articles.items():
        (settings.corpus_dir / name).write_text(text)
    report = build(settings, embedder=KeywordEmbedder())
    index = LocalIndex.open(settings.index_dir / report.generation)
    return index, make_static(index, KeywordEmbedder()).over(index)


def test_a_number_of_a_packed_vector_is_off_by_half_a_level_at_most() -> None:
    vectors = np.random.default_rng(1).normal(size=(9000, 6)).astype(np.float32)
    vectors[3] = 0
    four = Packed.of(vectors)
    assert four.codes.shape == (9000, 3)
    assert four.codes.nbytes * 2 == vectors.size
    levels = np.abs(vectors).max(axis=1) / 7
    assert (np.abs(four.vectors() - vectors) <= levels[:, None] * 0.5001).all()
    assert np.array_equal(four.of_rows(np.array([7, 3])).vectors(), four.vectors()[[7, 3]])


def test_a_packed_number_has_the_lower_dimension_in_the_lower_half() -> None:
    one = Packed.of(np.array([[7.0, -7.0, 0.0, 1.0]], np.float32))
    assert (one.scales.tolist(), one.codes.tolist()) == ([1.0], [[15 | 1 << 4, 8 | 9 << 4]])


@given(st.lists(st.integers(0, 2**31 - 1)))
def test_varints_hold_seven_bits_a_byte(numbers: list[int]) -> None:
    read, value, shift = [], 0, 0
    for byte in varints(numbers).tolist():
        value |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            read.append(value)
            value, shift = 0, 0
    assert read == numbers


def test_rows_are_written_as_their_gaps() -> None:
    assert gaps(np.array([3, 4, 9])) == [3, 1, 5]
    assert gaps(np.array([], np.int64)) == []


def test_a_file_is_a_head_and_numbers_and_the_same_each_time() -> None:
    content = packed({"a": "ü"}, np.array([1.5], np.float32), np.array([7], np.uint8))
    assert content == packed({"a": "ü"}, np.array([1.5], np.float32), np.array([7], np.uint8))
    whole = gzip.decompress(content)
    size = int.from_bytes(whole[:4], "little")
    assert json.loads(whole[4 : 4 + size]) == {"a": "ü"}
    assert whole[4 + size :] == np.float32(1.5).tobytes() + b"\x07"


def test_keys_are_found_by_their_hash_in_files_that_their_content_names() -> None:
    keys = [f"{number}" for number in range(50)]
    files: dict[str, bytes] = {}
    paths = shards(keys, 7, packed, "data/x", files)
    assert (len(paths), {*paths}) == (8, {*files})
    held = [json.loads(gzip.decompress(files[path])[4:]) for path in paths]
    assert sorted(key for part in held for key in part) == sorted(keys)
    assert all(hashes(key)[0] % 8 == number for number, part in enumerate(held) for key in part)
    assert len(shards([], 7, packed, "data/x", {})) == len(shards(keys[:7], 7, packed, "data/x", {})) == 1


def test_a_key_more_changes_its_own_file_alone() -> None:
    keys = [f"{number}" for number in range(50)]
    before, after = (shards(some, 7, packed, "data/x", {}) for some in (keys, [*keys, "new"]))
    assert [one != other for one, other in zip(before, after, strict=True)].count(True) == 1


def test_the_hash_of_a_text_is_fnv_1a() -> None:
    assert hashes("")[0] == 0x811C9DC5
    assert hashes("a")[0] == 0xE40C292C
    assert hashes("foobar")[0] == 0xBF9CF968
    assert hashes("foobar")[1] not in (0, hashes("foobaz")[1])


def test_pieces_of_a_sentence_are_the_same_whatever_is_around_it() -> None:
    sentence = "An offer is the best moment to ask for more than you were told at first"
    found = list(pieces([sentence]))
    assert found == list(pieces(["Another one that stands before it", sentence]))[3:]
    assert all(piece in sentence and 2 <= len(piece.split()) <= 10 for piece in found[1:])
    assert list(pieces(["Too short"])) == []


def test_the_table_learns_what_a_pair_means_beside_its_words() -> None:
    together = ["data engineer"] * 5
    asked = np.tile(np.eye(8, dtype=np.float32)[3], (5, 1))
    table = fit(
        lesson([*together, "data", "engineer"], np.vstack([asked, embed(["pay", "team"])]), [], embed),
        (),
        embed,
        np.eye(8, dtype=np.float32),
    )
    assert table.pairs == ("data engineer",)
    assert table.embed_query("data engineer") @ asked[0] > 0.95
    assert table.embed_query("engineer data") @ asked[0] < 0.9


def test_a_text_without_a_known_word_has_no_direction() -> None:
    table = fit(lesson(["pay"], embed(["pay"]), [], embed), {"team"}, embed, np.eye(8, dtype=np.float32))
    assert not table.embed_query("zebra").any()
    assert np.linalg.norm(table.embed_query("the team")) == pytest.approx(1.0)
    assert table.words == ("pay", "team")


def test_what_terms_add_is_nearly_what_they_add_on_the_server(tmp_path: Path) -> None:
    index, made = static(tmp_path, ARTICLES)
    told = StaticWords(index.lexical_index, index.known)
    weights = {"pay": 1.0, "offer": 0.5, "degre": 1.0, "learn": 2.0}
    rows = np.arange(len(index))
    server = index.lexical(weights).of(rows)
    assert told.scored(weights).of(rows) == pytest.approx(server, abs=0.02 * float(server.max()))
    assert told.frequency("pay") == index.frequency("pay") == 2
    assert [row for row in rows.tolist() if told.holds(row, "pay")] == [
        row for row in rows.tolist() if index.holds(row, ["pay"])
    ]
    # "final" stands in a question alone: it adds something, and nobody holds it.
    assert told.scored({"final": 1.0}).scores.any()
    assert (told.frequency("final"), told.holds(0, "final")) == (0, False)
    assert made.frequency("for") == index.frequency("for")


def test_an_export_ranks_the_passage_first_that_the_server_does(tmp_path: Path) -> None:
    index, made = static(tmp_path, ARTICLES)
    for question in ("what pay can I ask for", "learn python", "interview for another team"):
        server = Searcher(index, KeywordEmbedder())
        here = Searcher(made, made.table)
        assert here.rank(here.query(question)).rows[0] == server.rank(server.query(question)).rows[0]
    some = Searcher(made, made.table)
    found = some.rank(some.query("learn"), some.allowed(Filters(topics=("money",))))
    assert {made.passages([row])[0].article_id for row in found.rows} == {"pay"}


def test_limits_are_as_far_above_questions_out_of_scope_as_the_servers() -> None:
    theirs = np.arange(101, dtype=np.float32)
    ours = theirs / 2 + 1
    ours[-1] = theirs[-1] = 1000.0  # one by chance
    found = carried_over(Thresholds(80.0, 120.0, 0.4), theirs, ours)
    assert (found.refuse_below, found.answer_from) == (pytest.approx(41.0), pytest.approx(61.0))
    assert found.slope == pytest.approx(0.8)  # so that the confidence at the limit of refusals is the server's
    alike = np.ones(5, np.float32)
    assert carried_over(Thresholds(2.0, 3.0, 0.4), alike, alike) == Thresholds(2.0, 3.0, 0.4)


def test_no_more_are_compared_than_a_browser_opens(tmp_path: Path) -> None:
    many = {f"n{number}.md": f"# Note {number}\n\nAbout pay and note {number}." for number in range(OPENED + 9)}
    _, made = static(tmp_path, many)
    some = Searcher(made, made.table)
    assert len(some.rank(some.query("pay")).rows) == OPENED


@pytest.mark.parametrize("articles", [{"one.md": "Pay."}, {"one.md": "# Pay\n\nAsk for pay. Then wait for an offer."}])
def test_the_smallest_corpus_is_exported(articles: dict[str, str], tmp_path: Path) -> None:
    _, made = static(tmp_path, articles)
    some = Searcher(made, made.table)
    assert len(some.rank(some.query("pay")).rows) == 1
    assert isinstance(made.table, WordTable)
    assert set(KEYWORDS) <= set(made.table.words)


def test_an_export_that_was_killed_is_brought_to_its_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    index, _ = static(tmp_path, ARTICLES)
    index.close()
    monkeypatch.setattr(making, "own_embedder", lambda *_: KeywordEmbedder())
    written, whole = [], exporting.replace_whole

    def killed(path: Path, content: bytes, *, durable: bool) -> None:
        written.append(path)
        if len(written) > 5:
            raise KeyboardInterrupt
        whole(path, content, durable=durable)

    out = tmp_path / "chat"
    monkeypatch.setattr(exporting, "replace_whole", killed)
    with pytest.raises(KeyboardInterrupt):
        exporting.export(small_settings(tmp_path), out)
    assert not (out / "manifest.json").exists()
    monkeypatch.setattr(exporting, "replace_whole", whole)
    done = exporting.export(small_settings(tmp_path), out)
    assert done.written == done.files - 4  # the list comes first, and again last
    assert exporting.export(small_settings(tmp_path), out).written == 0
