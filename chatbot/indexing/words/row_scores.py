"""What one question scores on the passages of an index: those of some rows, and the highest of all.

Over more passages than can be counted for each question, only those that may come first are looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Mask, Rows, Scores, ranges
from chatbot.indexing.words.bm25 import LexicalIndex

EVERY_LIMIT = 50_000
"""Up to so many passages the words of each are counted; above it only those that may come first are looked for."""
_LOOKED_AT = 20_000
_Numbers = npt.NDArray[np.integer[Any]]


class RowScores(Protocol):
    """Scores that need not be there for every row."""

    def of(self, rows: Rows) -> Scores:
        """The scores of some rows, in their order, shape (len(rows),)."""
        ...

    def highest(self, count: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """The rows of the highest scores above zero, at most `count`, and these, best first.

        `allowed`, shape (passages,), limits the search to some rows. Equal scores come in the order of their rows.
        """
        ...


@dataclass(frozen=True, slots=True)
class KnownScores:
    """The scores of some `rows`, ascending; every other row has the score 0."""

    rows: Rows
    scores: Scores

    def of(self, rows: Rows) -> Scores:
        """See RowScores."""
        if not len(self.rows):
            return np.zeros(len(rows), np.float32)
        places = np.minimum(np.searchsorted(self.rows, rows), len(self.rows) - 1)
        found: Scores = np.where(self.rows[places] == rows, self.scores[places], np.float32(0.0))
        return found

    def highest(self, count: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """See RowScores."""
        kept = self.scores > 0 if allowed is None else (self.scores > 0) & allowed[self.rows]
        return best(self.rows[kept], self.scores[kept], count)


class PrunedScores:
    """BM25F of those passages alone that may come first: the `scores` of a LexicalIndex, to the last bit.

    Terms are read from the one that can add most on, until a passage without any of those that were read cannot be
    among the highest, whatever the others add to it: MaxScore (Turtle and Flood, "Query evaluation: strategies and
    optimizations", 1995), a term at a time.
    """

    def __init__(self, index: LexicalIndex, weights: Mapping[str, float], added: KnownScores) -> None:
        """What some rows gain beside their words is `added`."""
        self._index = index
        self._terms = terms = index.weighed(weights)
        self._added = added
        self._of_articles = index.article_scores(terms)

    def of(self, rows: Rows) -> Scores:
        """See RowScores."""
        scores: Scores = self._of_articles[self._index.article_of[rows]]
        wanted = rows.astype(np.int32)  # as the postings, which would be copied to compare them with another kind
        for number, weight in self._terms:
            own, parts = self._index.own(number)
            places = np.searchsorted(own, wanted)
            places[places == len(own)] = 0
            there = own[places] == wanted
            scores[there] += weight * parts[places[there]]
        return scores + self._added.of(rows)

    def highest(self, count: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """See RowScores."""
        rows = self._possible(count, allowed)
        scores = self.of(rows)
        return best(rows[scores > 0], scores[scores > 0], count)

    def _possible(self, count: int, allowed: Mask | None) -> Rows:
        """Rows among which are all of the highest scores that are allowed, ascending."""
        index, articles = self._index, self._of_articles
        most = {number: float(weight) * float(index.limits[number]) for number, weight in self._terms}
        unread, highest = sum(most.values()), float(articles.max(initial=0.0))
        total = np.zeros(len(index), np.float32)
        total[self._added.rows] = self._added.scores
        read: list[_Numbers] = [_only(self._added.rows[self._added.scores > 0], allowed)]
        least, could = 0.0, float(self._added.scores.max(initial=0.0))
        for number, weight in sorted(self._terms, key=lambda term: -most[term[0]]):
            if least > unread + highest:
                break
            rows, parts = index.own(number)
            total[rows] += weight * parts
            read.append(_only(rows, allowed))
            unread -= most[number]
            could += most[number]
            if could > unread:  # or there is no need to look yet
                least = max(least, self._least(read, total, count))
        rows = np.concatenate(read).astype(np.int64)
        rows = rows[total[rows] + articles[index.article_of[rows]] + unread >= least]
        whole = np.flatnonzero((articles + unread >= least) & (articles + unread > 0))
        starts = index.first_rows[whole]
        beside = ranges(starts, index.first_rows[whole + 1] - starts)
        return np.unique(np.concatenate([rows, _only(beside, allowed)]))

    def _least(self, read: Sequence[_Numbers], total: Scores, count: int) -> float:
        """What `count` rows have at least by now, 0 where that is not known; a little below it, for sums in another
        order. Those of the terms that add most are looked at, since they come first mostly.
        """
        looked_at: list[_Numbers] = []
        for rows in (*read[1:], read[0]):
            looked_at.append(rows[: max(_LOOKED_AT - sum(map(len, looked_at)), 0)])
        rows = np.concatenate(looked_at)
        place = count * len(read)  # each may have been read with every term
        if len(rows) < place:
            return 0.0
        scores = total[rows] + self._of_articles[self._index.article_of[rows]]
        return float(np.partition(scores, len(rows) - place)[len(rows) - place]) * 0.9999


def _only(rows: _Numbers, allowed: Mask | None) -> _Numbers:
    return rows if allowed is None else rows[allowed[rows]]


def scored(index: LexicalIndex, weights: Mapping[str, float], added: KnownScores) -> RowScores:
    """BM25F of the passages of an index and what some rows gain beside it, in the way that suits their number."""
    if len(index) > EVERY_LIMIT:
        return PrunedScores(index, weights, added)
    total = index.scores(weights)
    total[added.rows] += added.scores
    return KnownScores(np.arange(len(index)), total)


def best(rows: Rows, scores: Scores, count: int) -> tuple[Rows, Scores]:
    """The rows of the highest scores, at most `count`, and these, best first, equal ones in the order of their rows."""
    if count < len(rows):
        kept = scores >= np.partition(scores, len(scores) - count)[len(scores) - count]
        rows, scores = rows[kept], scores[kept]
    order = np.lexsort((rows, -scores))[:count]
    return rows[order], scores[order]


def of_runs(values: Scores, counts: Rows) -> Scores:
    """The highest of each run of so many values, shape (..., len(counts)) of (..., values); -1 where a run is empty."""
    if counts.all():
        return np.maximum.reduceat(values, np.cumsum(counts) - counts, axis=-1) if len(counts) else values
    highest = np.full((*values.shape[:-1], len(counts)), -1.0, np.float32)
    some = counts > 0
    if some.any():
        highest[..., some] = np.maximum.reduceat(values, (np.cumsum(counts) - counts)[some], axis=-1)
    return highest
