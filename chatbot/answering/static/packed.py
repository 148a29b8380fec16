"""Vectors at four bits a number, so that thousands of them reach a browser in a moment."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, Vectors

_MOST = 7  # levels on either side of zero
_ZERO = 8
_AT_ONCE = 8192


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Rows of numbers, each a level from -7 to 7 times the row's scale.

    `codes`, uint8 (rows, dim / 2), hold two levels a byte, each with 8 added, the one of the lower dimension in the
    lower half; `scales` has shape (rows,).
    """

    codes: npt.NDArray[np.uint8]
    scales: Scores

    @classmethod
    def of(cls, vectors: Vectors) -> Packed:
        """Of vectors of shape (rows, dim), `dim` even. A number is off by half a level at most."""
        codes = np.empty((len(vectors), vectors.shape[1] // 2), np.uint8)
        scales = np.empty(len(vectors), np.float32)
        for start in range(0, len(vectors), _AT_ONCE):
            some = slice(start, start + _AT_ONCE)
            scales[some] = np.abs(vectors[some]).max(axis=1) / _MOST
            levels = np.rint(vectors[some] / np.maximum(scales[some], 1e-12)[:, None]).astype(np.int8) + _ZERO
            codes[some] = levels[:, ::2] | levels[:, 1::2] << 4
        return cls(codes, scales)

    def __len__(self) -> int:
        return len(self.scales)

    def of_rows(self, rows: Rows) -> Packed:
        """Some of the rows."""
        return Packed(self.codes[rows], self.scales[rows])

    def vectors(self) -> Vectors:
        """All rows as numbers, shape (rows, dim)."""
        levels = np.empty((len(self.codes), 2 * self.codes.shape[1]), np.float32)
        levels[:, ::2] = (self.codes & 15).astype(np.float32) - _ZERO
        levels[:, 1::2] = (self.codes >> 4).astype(np.float32) - _ZERO
        vectors: Vectors = levels * self.scales[:, None]
        return vectors
