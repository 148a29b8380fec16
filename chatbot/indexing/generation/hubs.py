"""How close each passage is to passages at large: counted anew only where the passages nearest to it changed.

    hubs.npy     float32 (passages, 2)    mean cosine to the nearest other texts, and the cosine to the last of those

Each is compared with all texts, or above SAMPLE of them with those of the lowest digests, which an edit hardly changes.
Vectors are rounded to multiples of 2^-11, so that sums of products are multiples of 2^-22 and below 2: exact in float32
in any order, and the same whatever was computed beside them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from chatbot.arrays import HalfVectors, Rows, Scores

SAMPLE = 4096
_NEIGHBOURS = 10
_STEPS = 2048.0


class Texts(NamedTuple):
    """The digest of each passage's text, and its unit vector, shape (passages, dim); the same text has the same."""

    digests: Sequence[bytes]
    vectors: HalfVectors

    def sample(self, size: int) -> dict[bytes, int]:
        """A row of each of so many distinct texts, by its digest: those of the lowest."""
        rows = dict(zip(self.digests, range(len(self.digests)), strict=True))
        return {digest: rows[digest] for digest in sorted(rows)[:size]}


def hubness(texts: Texts, before: tuple[Texts, Scores] | None = None, size: int = SAMPLE) -> Scores:
    """The rows of this module's docstring; zeros where there is only one text.

    `before` are the texts of an earlier generation with their rows, to take over what is still the same.
    """
    sample = texts.sample(size)
    found = np.zeros((len(texts.digests), 2), np.float32)
    if len(sample) < 2:
        return found
    rows = _rounded(texts.vectors)
    stale = np.ones(len(found), np.bool_)
    if before and len(sample) > _NEIGHBOURS:
        stale = _take_over(found, (texts.digests, rows), sample, before, size)
    itself = np.array([sample.get(digest, -1) for digest in texts.digests], np.int64)
    found[stale] = _nearest(rows[stale], itself[stale], rows, list(sample.values()))
    return found


def _take_over(
    found: Scores,
    texts: tuple[Sequence[bytes], Scores],
    sample: dict[bytes, int],
    before: tuple[Texts, Scores],
    size: int,
) -> npt.NDArray[np.bool_]:
    """Fill in what is known; which rows may have changed."""
    (digests, rows), (old, hubs) = texts, before
    there = old.sample(size)
    if len(there) <= _NEIGHBOURS:
        return np.ones(len(found), np.bool_)
    known = dict(zip(old.digests, range(len(old.digests)), strict=True))
    sources = np.array([known.get(digest, -1) for digest in digests], np.int64)
    found[sources >= 0] = hubs[sources[sources >= 0]]
    came = rows[[row for digest, row in sample.items() if digest not in there]]
    went = _rounded(old.vectors[[row for digest, row in there.items() if digest not in sample]])
    changed: npt.NDArray[np.bool_] = sources < 0
    changed |= (rows @ came.T).max(axis=1, initial=-2.0) > found[:, 1]
    changed |= (rows @ went.T).max(axis=1, initial=-2.0) >= found[:, 1]
    return changed


def _nearest(asked: Scores, itself: Rows, rows: Scores, sample: Sequence[int]) -> Scores:
    """The mean and the last cosine of vectors to the nearest of a sample of rows, each without `itself`."""
    import faiss

    count = min(_NEIGHBOURS, len(sample) - 1)
    cosines, places = faiss.knn(asked, rows[sample], count + 1, metric=faiss.METRIC_INNER_PRODUCT)
    # Each drops itself, or the last where it is not among the others.
    dropped = np.array(sample)[places] == itself[:, None]
    dropped[~dropped.any(axis=1), -1] = True
    others = cosines[~dropped].reshape(len(asked), count)
    return np.stack([others.mean(axis=1, dtype=np.float64), others.min(axis=1)], axis=1).astype(np.float32)


def _rounded(vectors: HalfVectors) -> Scores:
    rows = vectors.astype(np.float32) * np.float32(_STEPS)
    np.rint(rows, out=rows)
    rows /= np.float32(_STEPS)
    return rows
