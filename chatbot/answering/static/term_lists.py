"""The words of an index as an export has them: a list for each term, with all that it adds to a passage.

What a passage's own words, its article's and its known questions' add is one number a passage, at four bits.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows
from chatbot.indexing.generation.known_questions import KnownQuestions
from chatbot.indexing.words.bm25 import LexicalIndex
from chatbot.indexing.words.row_scores import KnownScores

_LEVELS = 15
_REMEMBERED = 300  # terms
Codes = npt.NDArray[np.uint8]
_NO_ROWS, _NO_CODES = np.empty(0, np.int64), np.empty(0, np.uint8)


@dataclass(frozen=True, slots=True, eq=False)
class Term:
    """What one term adds: code times `scale` to each passage of `rows`, and to all passages of each of the `articles`.

    `own` is the number of passages that hold the term: the first of the rows. The others have it in a known question;
    both ascend. `idf` says how much it tells.
    """

    idf: float
    own: int
    rows: Rows
    codes: Codes
    articles: Rows
    article_codes: Codes
    scale: np.float32


class StaticWords:
    """The words of a generation. Safe to use from several threads."""

    def __init__(self, index: LexicalIndex, known: KnownQuestions) -> None:
        self.article_of = index.article_of
        self._index, self._known = index, known
        self._term = lru_cache(_REMEMBERED)(self._made)

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._index)

    def terms(self) -> Iterator[tuple[str, Term]]:
        """Every term of the passages and of the known questions."""
        for term in {*self._index.numbers, *self._known.terms}:
            yield term, self._made(term)

    def _found(self, term: str) -> Term | None:
        return self._term(term) if term in self._index.numbers or term in self._known.terms else None

    def _made(self, term: str) -> Term:
        index = self._index
        own, parts = index.own(index.numbers[term]) if term in index.numbers else (_NO_ROWS, np.empty(0, np.float32))
        weighed = index.weighed({term: 1.0})
        asked = self._known.added({term: 1.0})
        added = np.zeros(len(self), np.float32)
        added[asked.rows] = asked.scores
        for _, weight in weighed:
            added[own] += weight * parts
        articles = index.article_scores(weighed)
        rows = np.concatenate([own, np.setdiff1d(np.flatnonzero(added), own)]).astype(np.int64)
        there = np.flatnonzero(articles)
        scale = np.float32(max(added.max(initial=0.0), articles.max(initial=0.0)) / _LEVELS)
        codes, article_codes = (
            np.rint(values / max(float(scale), 1e-12)).astype(np.uint8) for values in (added[rows], articles[there])
        )
        return Term(index.idf(term), len(own), rows, codes, there, article_codes, scale)

    def scored(self, weights: Mapping[str, float]) -> KnownScores:
        """What terms with their weights add to each passage."""
        total = np.zeros(len(self), np.float32)
        of_articles = np.zeros(int(self.article_of[-1]) + 1 if len(self) else 0, np.float32)
        for name, weight in weights.items():
            term = self._found(name)
            if term is not None:
                factor = np.float32(weight) * term.scale
                total[term.rows] += factor * term.codes
                of_articles[term.articles] += factor * term.article_codes
        total += of_articles[self.article_of]
        return KnownScores(np.arange(len(self)), total)

    def frequency(self, term: str) -> int:
        """How many passages contain a term."""
        found = self._found(term)
        return found.own if found else 0

    def idf(self, term: str) -> float:
        """How much a term tells, >= 0; one that occurs nowhere as much as one that occurs once."""
        return self._index.idf(term)

    def holds(self, row: int, term: str) -> bool:
        """Whether a passage contains a term."""
        found = self._found(term)
        return found is not None and bool(np.isin(row, found.rows[: found.own]))
