"""What an edit changes of an export: what was fitted before is taken again, and all else keeps its bytes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.answering.static.part import StaticPart, place_of
from chatbot.answering.static.word_table import WordTable
from chatbot.arrays import Vectors
from chatbot.errors import StaticMissing
from chatbot.exporting import making
from chatbot.exporting.export import export
from chatbot.exporting.making import make_static, slots, static_part
from chatbot.exporting.shards import stretches
from chatbot.exporting.table_fit import Lesson, extended, fit
from chatbot.exporting.text_vectors import TextVectors
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.settings import Settings
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder, embed
from tests.support.small_site import small_settings

ARTICLES = 40
EDITED = "n17.md"


@pytest.fixture
def embedder(monkeypatch: pytest.MonkeyPatch) -> KeywordEmbedder:
    """What embeds for all exports of a test."""
    made = KeywordEmbedder()
    monkeypatch.setattr(making, "own_embedder", lambda *_: made)
    return made


@pytest.fixture
def site(tmp_path: Path, embedder: KeywordEmbedder) -> Settings:
    """A site of forty articles of two sections each, built."""
    settings = small_settings(tmp_path)
    settings.corpus_dir.mkdir()
    for number in range(ARTICLES):
        one, other = KEYWORDS[number % 8], KEYWORDS[number // 8 + 1]
        (settings.corpus_dir / f"n{number:02d}.md").write_text(
            f"---\nquestions:\n  - Is the {one} of case {number} right?\n---\n# Case {number}\n\n"
            f"## About the {one}\n\n"
            f"The {one} of case {number} was found by chance. Nobody had looked for it before.\n\n"
            f"## And the {other}\n\nLater the {other} came up. It took word{number} a year to see why it matters."
        )
    build(settings, embedder=embedder)
    return settings


def edited(settings: Settings, embedder: KeywordEmbedder) -> None:
    place = settings.corpus_dir / EDITED
    text = place.read_text().replace("Nobody had looked for it before.", "Nobody had thought of a zebra before.")
    place.write_text(text)
    build(settings, embedder=embedder)


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def test_an_edit_changes_what_speaks_of_it_alone(site: Settings, embedder: KeywordEmbedder, tmp_path: Path) -> None:
    export(site, tmp_path / "chat")
    before = contents(tmp_path / "chat")
    edited(site, embedder)
    export(site, tmp_path / "chat")
    after = contents(tmp_path / "chat")
    kinds = re.compile(r"(data/\w+)/|([^/]+)")
    new = [kinds.match(path)[0] for path in after.keys() - before.keys()]  # type: ignore[index]
    assert new.count("data/passages/") == 2  # the one that was edited, and the one behind it, which begins elsewhere
    assert new.count("data/asked/") == new.count("data/known/") == 0
    words = [path for path in after if path.startswith("data/words/")]
    assert 0 < new.count("data/words/") < len(words) / 2  # what is beside "zebra" and "thought"
    terms = [path for path in after if path.startswith("data/terms/")]
    assert 0 < new.count("data/terms/") < len(terms) / 2


def test_passages_that_come_and_go_move_no_others(site: Settings, embedder: KeywordEmbedder, tmp_path: Path) -> None:
    (site.corpus_dir / "n20b.md").write_text("# One\n\nAbout a thing that is going to be gone.")
    build(site, embedder=embedder)
    export(site, tmp_path / "chat")
    before = contents(tmp_path / "chat")
    (site.corpus_dir / "a.md").write_text("# Another\n\nAbout a thing of its own, before all others.")
    (site.corpus_dir / "n20b.md").unlink()
    build(site, embedder=embedder)
    export(site, tmp_path / "chat")
    new = contents(tmp_path / "chat").keys() - before.keys()
    assert sum(path.startswith("data/passages/") for path in new) == 1
    assert sum(path.startswith("data/asked/") for path in new) == 0
    part = StaticPart.read(site.index_dir, build(site, embedder=embedder).generation)
    assert sorted(part.slots) != part.slots.tolist()


def test_heads_and_table_are_those_of_before(site: Settings, embedder: KeywordEmbedder) -> None:
    def part() -> StaticPart:
        generation = build(site, embedder=embedder).generation
        with closing(LocalIndex.open(site.index_dir / generation)) as index:
            return static_part(site, index)

    old = part()
    edited(site, embedder)
    new = part()
    same = (old.keys == new.keys).all(axis=1)
    assert same.sum() == len(same) - 1
    assert (old.arrays.heads.codes[same] == new.arrays.heads.codes[same]).all()
    assert (old.arrays.added[same] == new.arrays.added[same]).all()
    assert new.baseline == old.baseline
    assert set(new.table.words) - set(old.table.words) == {"zebra", "thought"}
    known = {word: row for row, word in enumerate(new.table.words)}
    kept = [known[word] for word in old.table.words]
    assert (new.table.rows.codes[kept] == old.table.rows.codes[: len(kept)]).all()


def test_the_same_is_written_again_from_what_is_kept(site: Settings, tmp_path: Path) -> None:
    export(site, tmp_path / "one")
    export(site, tmp_path / "two")
    assert contents(tmp_path / "one") == contents(tmp_path / "two")


def test_a_corpus_that_is_another_is_fitted_anew(site: Settings, embedder: KeywordEmbedder) -> None:
    generation = build(site, embedder=embedder).generation
    with closing(LocalIndex.open(site.index_dir / generation)) as index:
        old = static_part(site, index)
    for place in site.corpus_dir.glob("n[12]*.md"):
        place.write_text(place.read_text().replace("found by chance", "lost in the end"))
    generation = build(site, embedder=embedder).generation
    with closing(LocalIndex.open(site.index_dir / generation)) as index:
        new = static_part(site, index)
        assert new.baseline != old.baseline
        assert "chance" in old.table.words
        assert new.table.words == make_static(index, embedder).table.words


@pytest.mark.parametrize("harm", ["gone", "cut", "altered"])
def test_what_cannot_be_read_is_made_anew(harm: str, site: Settings, embedder: KeywordEmbedder) -> None:
    generation = build(site, embedder=embedder).generation
    with closing(LocalIndex.open(site.index_dir / generation)) as index:
        made = static_part(site, index)
        place = place_of(site.index_dir, generation)
        content = place.read_bytes()
        at = content.find(made.arrays.heads.codes.tobytes())
        assert at > 0
        harmed = {"gone": None, "cut": content[:-400], "altered": content[:at] + b"\xff" + content[at + 1 :]}[harm]
        place.unlink() if harmed is None else place.write_bytes(harmed)
        with pytest.raises(StaticMissing, match="run 'chatbot build --lean' where the model is"):
            StaticPart.read(site.index_dir, generation)
        static_part(site, index)
        assert place.read_bytes() == content


def test_texts_are_embedded_once(site: Settings, embedder: KeywordEmbedder, tmp_path: Path) -> None:
    export(site, tmp_path / "chat")
    place_of(site.index_dir, build(site, embedder=embedder).generation).unlink()
    embedder.asked.clear()
    export(site, tmp_path / "chat2")
    assert embedder.asked == []
    assert [path.name for path in (site.index_dir / "static").iterdir() if path.name.startswith(".")] == []


def test_vectors_of_another_model_are_not_taken(tmp_path: Path) -> None:
    asked: list[str] = []

    def asking(texts: Sequence[str]) -> Vectors:
        asked.extend(texts)
        return embed(texts)

    place = tmp_path / "static" / "texts.npz"
    for encoder, wanted in (("a", ["pay", "team"]), ("a", []), ("b", ["pay", "team"])):
        vectors = TextVectors(place, encoder, 8, asking)
        found = vectors(["pay", "team", "pay"])
        assert (found[0] == found[2]).all()
        assert found.dtype == np.float32
        vectors.keep()
        assert asked == wanted
        asked.clear()
    assert TextVectors(place, "b", 8, asking)([]).shape == (0, 8)
    place.write_bytes(place.read_bytes()[:-30])
    TextVectors(place, "b", 8, asking)(["pay"])
    assert asked == ["pay"]


def test_a_new_word_learns_what_its_texts_say_and_moves_no_other() -> None:
    basis = np.eye(8, dtype=np.float32)
    first = Lesson(("pay", "team"), embed(["pay", "team"]), np.ones(2, np.float32))
    table = fit(first, ("offer",), embed, basis)
    later = Lesson(("zebra",) * 9, np.tile(basis[3], (9, 1)), np.ones(9, np.float32))
    more = extended(table, later, embed, basis)
    assert more.words == ("offer", "pay", "team", "zebra")
    assert more.embed_query("zebra") @ basis[3] > 0.95
    assert (more.embed_query("pay") == table.embed_query("pay")).all()
    assert extended(table, first, embed, basis) is table


@given(st.lists(st.integers(0, 9), max_size=20), st.lists(st.integers(0, 9), max_size=20))
def test_slots_are_kept_by_what_stays(old: list[int], new: list[int]) -> None:
    def digests(numbers: Sequence[int]) -> np.ndarray[tuple[int, int], np.dtype[np.uint8]]:
        return np.array(numbers, np.uint8).reshape(-1, 1)

    before = slots(digests(old), digests([]), np.empty(0, np.int32))
    after = slots(digests(new), digests(old), before)
    assert before.tolist() == list(range(len(old)))
    assert len(set(after.tolist())) == len(new)
    for number in set(old) & set(new):
        had = [slot for one, slot in zip(old, before.tolist(), strict=True) if one == number]
        has = [slot for one, slot in zip(new, after.tolist(), strict=True) if one == number]
        assert has[: len(had)] == had[: len(has)]
    assert max(after.tolist(), default=0) < max(len(old) + len(new), 1)


@given(st.lists(st.integers(0, 30), unique=True))
def test_stretches_count_up(numbers: list[int]) -> None:
    told = stretches(np.array(numbers, np.int32))
    assert [first + step for first, count in told for step in range(count)] == numbers
    assert all(one + count != other for (one, count), (other, _) in pairwise(told))


def test_rows_of_a_table_are_in_the_order_that_they_were_given() -> None:
    def rows() -> Iterator[str]:
        yield from sorted(["b", "ä", "a"])
        yield "zz"

    words = tuple(rows())
    table = WordTable(words, ("a b",), np.ones(4, np.float32), making.Packed.of(np.eye(5, 6, dtype=np.float32)))
    assert (table.words, table.pairs) == (words, ("a b",))
    assert (table.embed_query("zz") > 0.9).tolist() == [False, False, False, True, False, False]
