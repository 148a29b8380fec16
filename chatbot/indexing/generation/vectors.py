"""Vectors in FAISS: which index at which size, search, save, open.

Up to FLAT_LIMIT vectors every one is compared, in half precision: the ranks of float32 at half its memory. Above it,
one bit of each number is (RaBitQ; Gao and Long, arXiv 2405.12497), and what comes first is compared again exactly.
"""

from __future__ import annotations

import errno
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import ThreadpoolController

from chatbot.arrays import HalfVectors, Mask, Rows, Scores, products
from chatbot.indexing.words.row_scores import best

FLAT_LIMIT = 50_000
OFFERED = 1024  # how many are compared exactly
_AT_ONCE = 50_000


def write_vectors(vectors: HalfVectors, path: Path, *, flat_limit: int = FLAT_LIMIT) -> None:
    """Write a FAISS index over unit rows, shape (n, dim). The same rows give the same file.

    Raises OSError where the disk refuses.
    """
    import faiss

    count, dim = vectors.shape
    if count <= flat_limit:
        index: Any = faiss.IndexScalarQuantizer(dim, faiss.ScalarQuantizer.QT_fp16, faiss.METRIC_INNER_PRODUCT)
    else:
        index = faiss.index_factory(dim, "RaBitQfs", faiss.METRIC_INNER_PRODUCT)
        index.train(vectors[:: -(-count // _AT_ONCE)].astype(np.float32))
    for first in range(0, count, _AT_ONCE):
        index.add(np.ascontiguousarray(vectors[first : first + _AT_ONCE], dtype=np.float32))
    try:
        faiss.write_index(index, str(path))
    except RuntimeError as error:  # what FAISS makes of a full disk
        raise OSError(errno.EIO, "cannot be written in full", str(path)) from error


class VectorIndex:
    """An index file together with the vectors that it was built from."""

    def __init__(self, path: Path, vectors: HalfVectors) -> None:
        """`vectors` has shape (n, dim). Raises ValueError where the file does not fit it."""
        import faiss

        _one_thread_a_question()
        self._index: Any = faiss.read_index(str(path))
        self._vectors = vectors
        if (self._index.ntotal, self._index.d) != vectors.shape:
            found = f"{self._index.ntotal} vectors of {self._index.d} dimensions"
            raise ValueError(f"holds {found}, expected {vectors.shape[0]} of {vectors.shape[1]}")
        self._compares_all = isinstance(self._index, faiss.IndexScalarQuantizer)
        if not self._compares_all and not isinstance(self._index, faiss.IndexRaBitQFastScan):
            raise ValueError(f"is of another kind, {type(self._index).__name__}")

    def search(self, vector: npt.NDArray[np.float32], k: int, allowed: Mask | None = None) -> tuple[Rows, Scores]:
        """The rows nearest to a unit vector of shape (dim,) and their cosines, best first, at most k.

        `allowed`, of shape (n,), limits the search to some rows. Equal cosines come in the order of their rows.
        """
        k = min(k, len(self._vectors))
        if k == 0:
            return self._exactly(np.empty(0, np.int64), vector, 0)
        query = np.ascontiguousarray(vector[None], dtype=np.float32)
        if self._compares_all:
            cosines, rows = self._index.search(query, k, params=_only(allowed))
            return best(rows[0][rows[0] >= 0], cosines[0][rows[0] >= 0], k)
        offered = max(OFFERED, 4 * k)
        if allowed is not None:
            rows = np.flatnonzero(allowed)
            if len(rows) <= FLAT_LIMIT:
                return self._exactly(rows, vector, k)
            offered = offered * len(allowed) // len(rows)
        _, found = self._index.search(query, min(offered, len(self._vectors)))
        rows = np.sort(found[0][found[0] >= 0])
        return self._exactly(rows if allowed is None else rows[allowed[rows]], vector, k)

    def nearest(self, vectors: npt.NDArray[np.float32]) -> Scores:
        """The cosine of each of some unit vectors, shape (m, dim), to the row nearest to it, shape (m,)."""
        if not self._compares_all:
            return np.array([self.search(vector, 1)[1].max(initial=-1.0) for vector in vectors], np.float32)
        highest: Scores = (self._vectors[:].astype(np.float32) @ vectors.T).max(axis=0, initial=-1.0)
        return highest

    def _exactly(self, rows: Rows, vector: npt.NDArray[np.float32], k: int) -> tuple[Rows, Scores]:
        return best(rows, products(self._vectors, rows, vector), k)


@cache
def _one_thread_a_question() -> None:
    """Keep the products of FAISS and NumPy, which are small, from being spread over cores, in the whole process.

    Questions run beside each other, and threads that wait for one another by spinning take the cores from all: 45
    answers a second on two cores where there are 65 with one thread, and one question alone takes half as long again.
    """
    import faiss

    faiss.omp_set_num_threads(1)
    ThreadpoolController().select(internal_api="openblas").limit(limits=1)


def _only(allowed: Mask | None) -> Any:
    """What limits a search of FAISS to some rows, None where it is not limited."""
    import faiss

    if allowed is None:
        return None
    bits = np.packbits(allowed, bitorder="little")
    limited: Any = faiss.SearchParameters(sel=faiss.IDSelectorBitmap(bits))  # type: ignore[call-arg,arg-type]
    return limited
