"""A question's vector without the model: a row for each word and each pair of neighbouring words, and their mean.

How the rows are fitted: `exporting/table_fit`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from itertools import pairwise
from operator import itemgetter

import numpy as np

from chatbot.answering.static.packed import Packed
from chatbot.arrays import Scores, Vectors
from chatbot.indexing.model.encoder import NO_TOKENS, ReadQuestion
from chatbot.indexing.words.tokens import words
from chatbot.sorted_texts import SortedTexts


class WordTable:
    """Embeds a question by its words. Safe to use from several threads."""

    def __init__(self, own: Sequence[str], pairs: Sequence[str], weights: Scores, rows: Packed) -> None:
        """`weights`, shape (words,), say how much each word tells; `rows` are those of words, then of pairs.

        A pair is written with a space between its words.
        """
        self.weights, self.rows = weights, rows
        self._keys = SortedTexts((*own, *pairs))

    @property
    def numbers(self) -> dict[str, int]:
        """The row of each word and of each pair, in the order of the rows, made anew."""
        rows = dict(zip(self._keys, self._keys.order.tolist(), strict=True))
        return dict(sorted(rows.items(), key=itemgetter(1)))

    @property
    def words(self) -> tuple[str, ...]:
        """The words of the table in the order of their rows, made anew."""
        return tuple(self.numbers)[: len(self.weights)]

    @property
    def pairs(self) -> tuple[str, ...]:
        """The pairs of the table in the order of their rows, made anew."""
        return tuple(self.numbers)[len(self.weights) :]

    @property
    def vocabulary(self) -> Collection[str]:
        """The words of the table."""
        return self.words

    @property
    def dim(self) -> int:
        """Numbers of a vector."""
        return 2 * int(self.rows.codes.shape[1])

    def read_query(self, text: str) -> ReadQuestion:
        """The unit vector of a question, and no tokens, since an export's known questions have none."""
        return ReadQuestion(self.embed_query(text), NO_TOKENS)

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a text, shape (dim,), float32; zeros where none of its words is known."""
        numbers, shares = found_in(words(text), self._keys.first, self.weights)
        if not numbers:
            return np.zeros(self.dim, np.float32)
        mean = np.array(shares, np.float32) @ self.rows.of_rows(np.array(numbers)).vectors()
        unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
        return unit


def numbered(own: Sequence[str], pairs: Sequence[str]) -> dict[str, int]:
    """The row of each word and of each pair, words first."""
    return {key: row for row, key in enumerate((*own, *pairs))}


def pairs_in(text: Sequence[str]) -> list[str]:
    """The pairs of neighbouring words of a text."""
    return [f"{one} {other}" for one, other in pairwise(text)]


def found_in(
    text: Sequence[str], number: Callable[[str], int | None], weights: Scores
) -> tuple[list[int], list[float]]:
    """The rows of the words of a text and of their pairs, and how much each counts; `number` gives the row of a key."""
    own = [number(word) for word in text]
    rows = [row for row in own if row is not None]
    shares = [float(weights[row]) for row in rows]
    for (one, other), pair in zip(pairwise(own), pairs_in(text), strict=True):
        row = number(pair) if one is not None and other is not None else None
        if row is not None:
            rows.append(row)
            shares.append(float(weights[one] + weights[other]) / 2)
    return rows, shares
