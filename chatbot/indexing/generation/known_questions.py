"""The questions that lead to passages, opened: how close they are to what is asked, and what their words add."""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping
from pathlib import Path

import numpy as np

from chatbot.arrays import Rows, Scores, Vectors
from chatbot.indexing.generation.editor_questions import EditorsQuestions, QuestionScores
from chatbot.indexing.generation.vectors import VectorIndex
from chatbot.indexing.words.bm25 import LexicalIndex, Totals
from chatbot.indexing.words.row_scores import KnownScores

QUESTION_WEIGHT = 0.5
"""How much the words of a question count that leads to a passage; docs/retrieval.md."""


class KnownQuestions:
    """The folder `questions/` of a generation. Safe to use from several threads."""

    def __init__(self, folder: Path, *, searched: bool = True) -> None:
        """Raises what NumPy, FAISS and LexicalIndex raise where the files do not fit together.

        What is not `searched` does without FAISS, and cannot say which questions are near.
        """
        self.arrays = EditorsQuestions.open(folder)
        self._nearest = VectorIndex(folder / "vectors.faiss", self.arrays.vectors) if searched else None
        self._asked = LexicalIndex(folder / "lexical")
        counts = np.diff(self.arrays.starts)
        self._led: Rows = np.flatnonzero(counts)
        self._place_of = np.repeat(np.arange(len(self._led)), counts[self._led])
        self._most: dict[int, tuple[Rows, Scores]] = {}  # by the terms that were asked for so far
        self._article_of = self._asked.article_of[self.arrays.starts[self._led]]

    def __len__(self) -> int:
        """Number of passages that they may lead to."""
        return len(self.arrays.starts) - 1

    @property
    def share(self) -> float:
        """The share of the passages that questions lead to, in [0, 1]."""
        return len(self._led) / len(self) if len(self) else 0.0

    @property
    def terms(self) -> Collection[str]:
        """The stemmed terms of all questions."""
        return self._asked.numbers.keys()

    @property
    def totals(self) -> Totals:
        """Those of the questions and of the articles that have some."""
        return self._asked.totals

    def as_of(self, totals: Totals) -> KnownQuestions:
        """The same, their words scored as among questions of other totals; see LexicalIndex."""
        same = copy.copy(self)
        same._asked, same._most = self._asked.as_of(totals), {}
        return same

    def closeness(self, vector: Vectors) -> QuestionScores:
        """How close the questions that lead to passages are to a unit vector."""
        if self._nearest is None:
            raise RuntimeError("opened without FAISS; open it with searched=True")
        return QuestionScores(self.arrays, self._nearest, vector)

    def added(self, weights: Mapping[str, float]) -> KnownScores:
        """QUESTION_WEIGHT times the BM25 of the questions that lead to each passage, for stemmed terms.

        Of each term that of the question where it scores most: what is asked may be half in one and half in another.
        """
        terms = self._asked.weighed(weights)
        scores = self._asked.article_scores(terms)[self._article_of]
        for number, weight in terms:
            places, parts = self._most.get(number) or self._most.setdefault(number, self._most_of(number))
            scores[places] += weight * parts
        return KnownScores(self._led, np.float32(QUESTION_WEIGHT) * scores)

    def _most_of(self, number: int) -> tuple[Rows, Scores]:
        """Where a term adds to passages that questions lead to, and the most that it adds there in one question."""
        questions, parts = self._asked.own(number)
        places = self._place_of[questions]
        firsts = np.flatnonzero(np.diff(places, prepend=-1))
        return places[firsts], np.maximum.reduceat(parts, firsts)
