from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chatbot.indexing.generation.editor_questions import EditorsQuestions
from chatbot.indexing.generation.known_questions import QUESTION_WEIGHT, KnownQuestions
from chatbot.indexing.generation.question_tokens import QuestionTokens, coded
from chatbot.indexing.generation.vectors import write_vectors
from chatbot.indexing.model.encoder import TokenVectors
from chatbot.indexing.words.bm25 import LexicalIndex, Totals, count_terms, write_lexical

# Two articles of two passages each; questions lead to the second, the third and the fourth.
ASKED = [["ask", "rais"], ["rais", "boss", "rais"], ["boss"], ["pay"]]
STARTS = [0, 0, 2, 3, 4]
ARTICLES = [0, 0, 1, 1]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    vectors = np.eye(4, 8, dtype=np.float16)
    starts = np.array(STARTS, np.int64)
    hubs, tokens = np.zeros((4, 2), np.float32), QuestionTokens.of([])
    EditorsQuestions(np.zeros((4, 16), np.uint8), vectors, starts, hubs, tokens).write(tmp_path / "q")
    write_vectors(vectors, tmp_path / "q" / "vectors.faiss")
    write_lexical(count_terms(ASKED), np.array([0, 0, 1, 1]), tmp_path / "q" / "lexical")
    return tmp_path / "q"


def test_each_term_counts_in_the_question_of_a_passage_where_it_scores_most(folder: Path) -> None:
    alone = LexicalIndex(folder / "lexical")
    ask, rais = (alone.scores({term: 1.0}) for term in ("ask", "rais"))
    assert rais[1] > rais[0]  # the second question has the word twice

    added = KnownQuestions(folder).added({"ask": 1.0, "rais": 1.0})

    assert added.of(np.arange(4)) == pytest.approx([0.0, QUESTION_WEIGHT * (ask[0] + rais[1]), 0.0, 0.0])


def test_a_passage_gains_from_questions_of_its_article_as_words_do(folder: Path) -> None:
    alone = LexicalIndex(folder / "lexical").scores({"boss": 2.0, "pay": 1.0})

    added = KnownQuestions(folder).added({"boss": 2.0, "pay": 1.0})

    assert added.of(np.array([2, 3])) == pytest.approx(QUESTION_WEIGHT * alone[2:])
    assert alone[3] > alone[2] * 0.2 > 0


def test_readings_of_a_question_count_by_their_shares() -> None:
    east, north = (TokenVectors(np.array([n], np.int32), np.eye(2, dtype=np.float32)[n - 1 : n]) for n in (1, 2))
    tokens = QuestionTokens.of([coded(east), coded(north)])
    asked = EditorsQuestions(
        np.zeros((2, 16), np.uint8), np.eye(2, dtype=np.float16), np.array([0, 0, 1, 2]), np.zeros((2, 2)), tokens
    )

    closest, together = asked.token_closeness(((0.7, east), (0.3, north)), np.array([2, 1, 0]))

    assert closest == pytest.approx([0.3, 0.7, -1.0])
    assert together == pytest.approx([0.3, 0.7, -1.0])


def test_unknown_words_add_nothing(folder: Path) -> None:
    assert not KnownQuestions(folder).added({"flarnbuckl": 1.0}).scores.any()


def test_what_was_asked_before_changes_nothing(folder: Path) -> None:
    weights, totals = {"ask": 1.0, "rais": 0.5, "boss": 2.0}, Totals(50, 20, 3.0, 6.0)
    known = KnownQuestions(folder)
    first, again = (known.added(weights).scores for _ in range(2))
    others = known.as_of(totals).added(weights).scores
    assert np.array_equal(first, again)
    assert np.array_equal(others, KnownQuestions(folder).as_of(totals).added(weights).scores)
    assert not np.array_equal(first, others)
