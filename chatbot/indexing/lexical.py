"""Word counts of every passage, as sorted arrays on disk, and BM25 over them.

Counted when the index is built, never per question. A term's passages lie side by side, so that a question reads only
what its own terms touch, and the exact score of any passage is there for the asking, not only the best few.

    terms.txt       one term a line, sorted by its UTF-8 bytes
    starts.npy      int64 (terms + 1,)      term i owns postings starts[i]:starts[i+1]
    rows.npy        int32 (postings,)       ascending within a term
    counts.npy      uint16 (postings, 2)    occurrences in (title and headings, text)
    lengths.npy     uint16 (passages, 2)    terms in (title and headings, text)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

K1 = 1.2
B = 0.75

Scores = npt.NDArray[np.float32]
Fields = tuple[Sequence[str], Sequence[str]]
_MOST = np.iinfo(np.uint16).max


def idf(matching: float, passages: int) -> float:
    """Inverse document frequency, >= 0: ln(1 + (N - n + 0.5) / (n + 0.5)).

    Robertson and Spärck Jones's weight as Lucene computes it; see Kamphuis et al., "Which BM25 do you mean?" (ECIR
    2020), variant "Lucene".
    """
    return float(np.log1p((passages - matching + 0.5) / (matching + 0.5)))


def bm25(counts: Scores, lengths: Scores, mean_length: float, k1: float = K1, b: float = B) -> Scores:
    """What one term adds to each passage before its idf: tf / (tf + k1 (1 - b + b length / mean length)).

    `counts` and `lengths` have shape (n,). Robertson and Zaragoza, "The Probabilistic Relevance Framework" (2009), in
    Lucene's form without the constant factor k1 + 1.
    """
    norm = k1 * (1.0 - b + b * lengths / max(mean_length, 1e-9))
    added: Scores = (counts / (counts + norm)).astype(np.float32)
    return added


@dataclass(frozen=True, slots=True)
class Postings:
    """All postings of some passages, in any order: three parallel arrays and the words they point to."""

    terms: tuple[str, ...]
    term: npt.NDArray[np.int64]
    row: npt.NDArray[np.int64]
    counts: npt.NDArray[np.uint16]
    lengths: npt.NDArray[np.uint16]


def count_terms(passages: Iterable[Fields]) -> Postings:
    """Count the terms of (title and headings, text) of each passage; rows are numbered from 0."""
    vocabulary: dict[str, int] = {}
    term, row, counts, lengths = [], [], [], []
    for number, fields in enumerate(passages):
        counters = [Counter(field) for field in fields]
        for word in counters[0] | counters[1]:
            term.append(vocabulary.setdefault(word, len(vocabulary)))
            row.append(number)
            counts.append([min(counter[word], _MOST) for counter in counters])
        lengths.append([min(len(field), _MOST) for field in fields])
    return Postings(
        tuple(vocabulary),
        np.array(term, np.int64),
        np.array(row, np.int64),
        np.array(counts, np.uint16).reshape(-1, 2),
        np.array(lengths, np.uint16).reshape(-1, 2),
    )


def merge(parts: Sequence[tuple[Postings, npt.NDArray[np.int64]]], passages: int) -> Postings:
    """Postings of `passages` rows from several parts, each with the new row of its old rows (-1: gone)."""
    vocabulary = {
        word: number for number, word in enumerate(sorted({word for part, _ in parts for word in part.terms}))
    }
    lengths = np.zeros((passages, 2), np.uint16)
    term, row, counts = [], [], []
    for part, new_rows in parts:
        kept = new_rows >= 0
        lengths[new_rows[kept]] = part.lengths[kept]
        numbers = np.array([vocabulary[word] for word in part.terms], np.int64)
        moved = new_rows[part.row] if len(part.row) else part.row
        alive = moved >= 0
        term.append(numbers[part.term[alive]] if len(numbers) else part.term)
        row.append(moved[alive])
        counts.append(part.counts[alive])
    return Postings(tuple(vocabulary), np.concatenate(term), np.concatenate(row), np.concatenate(counts), lengths)


def write_lexical(postings: Postings, folder: Path) -> None:
    """Write the files of this module's docstring. The same postings in any order give the same bytes."""
    used = np.unique(postings.term)
    words = [postings.terms[number] for number in used]
    order = sorted(range(len(words)), key=lambda position: words[position].encode())
    place = np.zeros(len(postings.terms), np.int64)
    place[used[order]] = np.arange(len(order))
    term = place[postings.term]
    by_term = np.lexsort((postings.row, term))
    starts = np.zeros(len(order) + 1, np.int64)
    np.cumsum(np.bincount(term, minlength=len(order)), out=starts[1:])
    folder.mkdir()
    (folder / "terms.txt").write_text("".join(f"{words[position]}\n" for position in order), encoding="utf-8")
    np.save(folder / "starts.npy", starts)
    np.save(folder / "rows.npy", postings.row[by_term].astype(np.int32))
    np.save(folder / "counts.npy", postings.counts[by_term])
    np.save(folder / "lengths.npy", postings.lengths)


class LexicalIndex:
    """The files of this module's docstring, opened. Safe to use from several threads."""

    def __init__(self, folder: Path) -> None:
        """Raises ValueError or OSError where the files do not fit together."""
        words = (folder / "terms.txt").read_text(encoding="utf-8").split("\n")[:-1]
        self.numbers: Mapping[str, int] = {word: number for number, word in enumerate(words)}
        self._starts: npt.NDArray[np.int64] = np.load(folder / "starts.npy")
        self._rows: npt.NDArray[np.int32] = _open(folder / "rows.npy")
        self._counts: npt.NDArray[np.uint16] = _open(folder / "counts.npy")
        self._lengths: npt.NDArray[np.uint16] = np.load(folder / "lengths.npy")
        postings = int(self._starts[-1]) if len(self._starts) else -1
        if not len(words) + 1 == len(self._starts) or not postings == len(self._rows) == len(self._counts):
            raise ValueError(f"holds {len(words)} terms and {len(self._rows)} postings that do not fit together")
        self._weighted_lengths = self._lengths.sum(axis=1, dtype=np.float32)
        self._mean_length = float(self._weighted_lengths.mean()) if len(self._lengths) else 0.0

    def __len__(self) -> int:
        """Number of passages."""
        return len(self._lengths)

    def frequency(self, term: str) -> int:
        """How many passages contain a term."""
        number = self.numbers.get(term)
        return 0 if number is None else int(self._starts[number + 1] - self._starts[number])

    def scores(self, weights: Mapping[str, float]) -> Scores:
        """BM25 of every passage, shape (passages,), for terms with their weights (1.0 for a plain question)."""
        total = np.zeros(len(self), np.float32)
        for term, weight in weights.items():
            number = self.numbers.get(term)
            if number is None:
                continue
            first, last = self._starts[number], self._starts[number + 1]
            rows = self._rows[first:last]
            counts = self._counts[first:last].sum(axis=1, dtype=np.float32)
            added = bm25(counts, self._weighted_lengths[rows], self._mean_length)
            total[rows] += np.float32(weight * idf(len(rows), len(self))) * added
        return total

    def postings(self) -> Postings:
        """Everything, for the next build to take over."""
        term = np.repeat(np.arange(len(self.numbers)), np.diff(self._starts))
        return Postings(tuple(self.numbers), term, self._rows.astype(np.int64), np.asarray(self._counts), self._lengths)


def _open(path: Path) -> Any:
    # An empty file cannot be mapped.
    return np.load(path, mmap_mode="r") if path.stat().st_size > 1024 else np.load(path)
