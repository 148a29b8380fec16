"""The highest scores by words, found without counting every passage: those that counting every one gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chatbot.indexing.words.bm25 import LexicalIndex, count_terms, write_lexical
from chatbot.indexing.words.row_scores import KnownScores, PrunedScores

NOTHING = KnownScores(np.empty(0, np.int64), np.empty(0, np.float32))


def made(folder: Path, passages: list[list[str]], article_of: list[int]) -> LexicalIndex:
    write_lexical(count_terms(passages), np.array(article_of, np.int64), folder / "lexical")
    return LexicalIndex(folder / "lexical")


def drawn(rng: np.random.Generator, count: int) -> tuple[list[list[str]], list[int]]:
    """Passages of a language: a few words are in most of them, most words in a few."""
    words = [f"w{number}" for number in rng.zipf(1.3, size=count * 30) if number < 5000]
    ends = np.sort(rng.integers(0, len(words), count - 1)).tolist()
    passages = [words[begin:end] for begin, end in zip([0, *ends], [*ends, len(words)], strict=True)]
    return passages, np.sort(rng.integers(0, count // 8, count)).tolist()


def assert_same(index: LexicalIndex, weights: dict[str, float], added: KnownScores, count: int) -> None:
    whole = index.scores(weights)
    whole[added.rows] += added.scores
    every = KnownScores(np.arange(len(index)), whole)
    pruned = PrunedScores(index, weights, added)
    rows = np.random.default_rng(1).permutation(len(index))
    assert pruned.of(rows).tobytes() == every.of(rows).tobytes()
    for allowed in (None, np.arange(len(index)) % 3 > 0):
        for one, other in zip(pruned.highest(count, allowed), every.highest(count, allowed), strict=True):
            assert one.tolist() == other.tolist()


def test_the_highest_are_those_of_all(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    index = made(tmp_path, *drawn(rng, 4000))
    for turn in range(60):
        terms = [f"w{number}" for number in rng.zipf(1.2, size=rng.integers(1, 9)) if number < 9000]
        weights = {term: float(rng.choice([0.4, 1.0, 2.0])) for term in terms}
        led = np.flatnonzero(rng.random(4000) < 0.02 * (turn % 3))
        added = KnownScores(led, rng.random(len(led)).astype(np.float32) * 3)
        assert_same(index, weights, added, int(rng.choice([1, 11, 100])))


@settings(max_examples=150, deadline=None)
@given(st.lists(st.lists(st.sampled_from("abcdef"), max_size=5), min_size=1, max_size=9), st.data())
def test_whatever_stands_in_few_passages(
    tmp_path_factory: pytest.TempPathFactory, passages: list[list[str]], data: st.DataObject
) -> None:
    places = st.lists(st.integers(0, 4), min_size=len(passages), max_size=len(passages))
    article_of = np.unique(np.sort(data.draw(places)), return_inverse=True)[1].tolist()
    index = made(tmp_path_factory.mktemp("words"), passages, article_of)
    weights = data.draw(st.dictionaries(st.sampled_from("abcdefg"), st.sampled_from([0.4, 1.0]), max_size=4))
    assert_same(index, weights, NOTHING, data.draw(st.integers(1, 12)))


def test_common_words_are_not_read_where_rare_ones_decide(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    passages = [["the", "work", *(["pension"] if row % 100 == 0 else [])] for row in range(5000)]
    index = made(tmp_path, passages, [row // 10 for row in range(5000)])
    pruned = PrunedScores(index, {"the": 0.4, "work": 1.0, "pension": 1.0}, NOTHING)
    assert pruned._possible(20, None).tolist() == list(range(0, 5000, 100))
    assert len(pruned._possible(60, None)) == 500
