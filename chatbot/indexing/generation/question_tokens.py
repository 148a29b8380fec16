"""The tokens of questions that lead to passages, compared one by one with those of what is asked.

questions/tokens/
  codes.npy    int8 (tokens, few)        unit rows times 127, side by side those of a question
  ids.npy      int32 (tokens,)           their numbers in the tokenizer's vocabulary
  starts.npy   int64 (questions + 1,)    question i has tokens starts[i]:starts[i+1]
  held.npy     int32 (largest id + 1,)   how many questions hold each

A question's one vector says what it is about; of two about the same its tokens say better which asks the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, mapped, ranges
from chatbot.indexing.model.encoder import TokenVectors
from chatbot.indexing.words.row_scores import of_runs

Codes = npt.NDArray[np.int8]
Ids = npt.NDArray[np.int32]
_SCALE = np.float32(127)
_LEAST = 0.1  # what a token counts at least that every question holds


@dataclass(frozen=True, slots=True)
class QuestionTokens:
    """The arrays of this module's docstring."""

    codes: Codes
    ids: Ids
    starts: Rows
    held: Ids

    @classmethod
    def of(cls, questions: Sequence[tuple[Ids, Codes]]) -> QuestionTokens:
        """Those of some questions, as `coded` gives them."""
        starts = np.cumsum([0, *(len(ids) for ids, _ in questions)])
        if not questions:
            return cls(np.empty((0, 0), np.int8), np.empty(0, np.int32), starts, np.empty(0, np.int32))
        held = np.bincount(np.concatenate([np.unique(ids) for ids, _ in questions])).astype(np.int32)
        ids, codes = (np.concatenate(each) for each in zip(*questions, strict=True))
        return cls(codes, ids, starts, held)

    @classmethod
    def open(cls, folder: Path) -> QuestionTokens:
        return cls(*(mapped(folder / f"{name}.npy") for name in cls.__slots__))

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name in self.__slots__:
            np.save(folder / f"{name}.npy", getattr(self, name))

    def of_question(self, place: int) -> tuple[Ids, Codes]:
        """Those of one question, as `coded` gives them."""
        own = slice(int(self.starts[place]), int(self.starts[place + 1]))
        return self.ids[own], self.codes[own]

    def closeness(self, asked: TokenVectors, places: Rows, counts: Rows) -> tuple[Scores, Scores]:
        """How close questions are to what is asked, and how much of it runs of them hold together.

        The first, shape (len(places),), is the mean of two: of the best cosine that each token of what is asked has to
        one of the question, and of the best that each token of the question has to one of what is asked; both weighted
        by how few questions hold the token (late interaction, as of ColBERT, Khattab and Zaharia, arXiv 2004.12832).
        The second, shape (len(counts),), is the former with the tokens of all questions of a run, of which there are
        `counts` side by side among `places`: what is asked may be half in one and half in another. 1 for the same
        tokens, 0 without a token.
        """
        lengths = self.starts[places + 1] - self.starts[places]
        tokens = ranges(self.starts[places], lengths)
        if not (len(tokens) and len(asked.ids)):
            return np.zeros(len(places), np.float32), np.zeros(len(counts), np.float32)
        # In this order it is a third of the time, and the same to the last bit.
        near = (self.codes.take(tokens, axis=0).astype(np.float32) @ (asked.vectors / _SCALE).T).T.copy()
        weights, own = self._weights(asked.ids), self._weights(self.ids[tokens])
        best = of_runs(near, lengths)
        there, together = (weights @ np.maximum(each, 0.0) / weights.sum() for each in (best, of_runs(best, counts)))
        question = np.repeat(np.arange(len(places)), lengths)
        total = np.bincount(question, own, len(places))
        back = np.bincount(question, own * near.max(axis=0), len(places)) / np.maximum(total, _LEAST)
        return ((there + back) / 2).astype(np.float32), together.astype(np.float32)

    def _weights(self, ids: Ids) -> Scores:
        """ln((1 + questions) / (1 + those that hold a token)) + 0.1 of each of some tokens."""
        held = np.where(ids < len(self.held), self.held[np.minimum(ids, len(self.held) - 1)], 0)
        weights: Scores = (np.log(len(self.starts) / (1 + held)) + _LEAST).astype(np.float32)
        return weights


def coded(tokens: TokenVectors) -> tuple[Ids, Codes]:
    """The tokens of a question as an index keeps them."""
    return tokens.ids, np.rint(tokens.vectors * _SCALE).astype(np.int8)


def decoded(kept: tuple[Ids, Codes]) -> TokenVectors:
    """What was kept, to be compared with questions."""
    ids, codes = kept
    return TokenVectors(ids, codes.astype(np.float32) / _SCALE)
