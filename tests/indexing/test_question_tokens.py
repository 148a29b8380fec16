"""How close questions are token by token: arithmetic, on tokens that a reader can place."""

from __future__ import annotations

from math import log
from pathlib import Path

import numpy as np
import pytest

from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.generation.question_tokens import QuestionTokens, coded
from chatbot.indexing.model.encoder import NO_TOKENS, TokenVectors
from chatbot.settings import Settings
from tests.support.keyword_embedder import KEYWORDS, KeywordEmbedder

ASKED = "remote team python degree pay offer interview"  # of three articles, in the order of their names

EAST, NORTH, BETWEEN = (1.0, 0.0), (0.0, 1.0), (0.6, 0.8)


def tokens(*each: tuple[int, tuple[float, float]]) -> TokenVectors:
    ids, vectors = [id_ for id_, _ in each], [vector for _, vector in each]
    return TokenVectors(np.array(ids, np.int32), np.array(vectors, np.float32).reshape(-1, 2))


# Token 1 is in three of four questions, twice in one of them; 2 and 3 are in one each; 0 is in none.
QUESTIONS = (tokens((1, EAST), (2, NORTH)), tokens((1, EAST), (1, EAST)), tokens(), tokens((3, BETWEEN), (1, NORTH)))
COMMON, RARE, UNKNOWN = (log(5 / (1 + held)) + 0.1 for held in (3, 1, 0))


@pytest.fixture
def known() -> QuestionTokens:
    return QuestionTokens.of([coded(one) for one in QUESTIONS])


def test_a_token_counts_once_for_each_question_that_holds_it(known: QuestionTokens) -> None:
    assert known.held.tolist() == [0, 3, 1, 1]
    assert known.starts.tolist() == [0, 2, 4, 4, 6]


def test_the_best_of_each_token_counts_in_both_directions_by_how_rare_it_is(known: QuestionTokens) -> None:
    asked = tokens((1, EAST), (9, BETWEEN))  # of the second none is known

    found, _ = known.closeness(asked, np.array([0, 1, 3]), np.array([1, 2]))

    there = np.array([(1, 0.8), (1, 0.6), (0.6, 1)]) @ (COMMON, UNKNOWN) / (COMMON + UNKNOWN)
    back = [(COMMON + 0.8 * RARE) / (COMMON + RARE), 1.0, (RARE + 0.8 * COMMON) / (COMMON + RARE)]
    assert found == pytest.approx((there + back) / 2, abs=0.01)  # of 8 bits


def test_what_is_asked_may_be_half_in_one_question_and_half_in_another(known: QuestionTokens) -> None:
    asked = tokens((1, EAST), (9, BETWEEN))

    _, together = known.closeness(asked, np.array([0, 3, 1]), np.array([2, 0, 1]))

    of_both, of_one = (np.array(best) @ (COMMON, UNKNOWN) / (COMMON + UNKNOWN) for best in ((1, 1), (1, 0.6)))
    assert together == pytest.approx([of_both, 0.0, of_one], abs=0.01)


def test_the_same_tokens_are_as_close_as_can_be_and_contrary_ones_are_not_near(known: QuestionTokens) -> None:
    same, contrary = (
        known.closeness(tokens((1, one), (2, other)), np.array([0]), np.array([1]))[0]
        for one, other in (
            (EAST, NORTH),
            ((-1.0, 0.0), (0.0, -1.0)),
        )
    )

    assert same == pytest.approx([1.0], abs=0.01)
    assert contrary == pytest.approx([0.0], abs=0.01)


def test_what_has_no_token_is_not_near(known: QuestionTokens) -> None:
    counts = np.array([1, 1])
    assert [found[0] for found in known.closeness(tokens((1, EAST)), np.array([2, 0]), counts)] == [0.0, -0.0]
    assert [found.tolist() for found in known.closeness(NO_TOKENS, np.array([0, 1]), counts)] == [[0.0, 0.0]] * 2
    nothing = known.closeness(tokens((1, EAST)), np.array([], np.int64), np.array([], np.int64))
    assert [len(found) for found in nothing] == [0, 0]
    assert QuestionTokens.of([]).starts.tolist() == [0]


def test_they_are_read_as_they_were_written(known: QuestionTokens, tmp_path: Path) -> None:
    known.write(tmp_path / "tokens")
    again = QuestionTokens.open(tmp_path / "tokens")

    for place, one in enumerate(QUESTIONS):
        ids, codes = again.of_question(place)
        assert ids.tolist() == one.ids.tolist()
        assert codes / 127 == pytest.approx(one.vectors, abs=0.004)


def test_a_build_takes_over_the_tokens_of_each_question_that_it_knows(tmp_path: Path) -> None:
    site, anew = (Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / name) for name in ("index", "anew"))
    site.corpus_dir.mkdir()
    for name, asked in (("m", "python degree"), ("z", "pay offer interview")):
        (site.corpus_dir / f"{name}.md").write_text(f"---\nquestions: [{asked}]\n---\n# {name}\n\nAsk for {name}.\n")
    build(site, embedder=KeywordEmbedder())
    (site.corpus_dir / "a.md").write_text("---\nquestions: [remote team]\n---\n# a\n\nAsk for a.\n")

    build(site, embedder=KeywordEmbedder())
    build(anew, embedder=KeywordEmbedder())

    kept, made = (LocalIndex.open(one.index_dir / current(one.index_dir)).questions.tokens for one in (site, anew))
    assert kept.ids.tolist() == made.ids.tolist() == [KEYWORDS.index(word) for word in ASKED.split()]
    assert (kept.codes == made.codes).all()
    assert kept.starts.tolist() == [0, 2, 4, 7]
