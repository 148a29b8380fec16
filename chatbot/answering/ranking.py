"""How two searches become one order: pure functions over scores, each with its source."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float32]


def decidedness(bm25: Scores) -> float:
    """How decided the words are, in [0, 1]: (best - 11th) / best of all BM25 scores, 0 where nothing matches."""
    if len(bm25) == 0:
        return 0.0
    top = np.sort(np.partition(bm25, -min(11, len(bm25)))[-min(11, len(bm25)) :])[::-1]
    best = float(top[0])
    return (best - float(top[10] if len(top) > 10 else 0.0)) / best if best > 0 else 0.0


def fuse(cosine: Scores, bm25: Scores, best_bm25: float, peak: float) -> Scores:
    """Cosine + (0.15 + 0.4 peak) bm25 / best: the words count for more where they are decided.

    A convex combination of scores rather than of ranks (Bruch et al., arXiv 2210.11934), with a weight that asks the
    lexical side of each question how decided it is.
    """
    if best_bm25 <= 0:
        return cosine
    fused: Scores = cosine + np.float32((0.15 + 0.4 * peak) / best_bm25) * bm25
    return fused
