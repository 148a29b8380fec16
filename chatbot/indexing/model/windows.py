"""How a text is read that has more tokens than the model's window: pure functions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from chatbot.arrays import Rows, Vectors


class Tokens(NamedTuple):
    """The tokens of a text: `ids`, `type_ids` and `offsets` (code points) of each, and which are `special` (0 or 1)."""

    ids: Sequence[int]
    type_ids: Sequence[int]
    offsets: Sequence[tuple[int, int]]
    special: Sequence[int]

    def only(self, places: Rows) -> Tokens:
        """Those at these places."""
        return Tokens(*([each[place] for place in places] for each in self))


def windows(special: Sequence[int], most: int) -> list[Rows]:
    """The places of the tokens that go through the model together, none above `most`: as few and as alike in length as
    can be. Special tokens are in each, every other one in one.
    """
    marked = np.array(special, dtype=bool)
    (everywhere,), (rest,) = np.nonzero(marked), np.nonzero(~marked)
    count = -(-len(rest) // (most - len(everywhere))) or 1
    return [np.sort(np.concatenate((everywhere, part))) for part in np.array_split(rest, count)]


def joined(places: Sequence[Rows], vectors: Sequence[Vectors]) -> Vectors:
    """The vectors of all tokens of a text, shape (tokens, dim), from those of its windows."""
    found = np.empty((1 + max(int(some.max()) for some in places), vectors[0].shape[1]), np.float32)
    for some, each in zip(places, vectors, strict=True):
        found[some] = each
    return found
