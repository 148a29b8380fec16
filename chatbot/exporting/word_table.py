"""A question's vector without the model: a row for each word and each pair of neighbouring words, and their mean.

The rows are fitted by least squares to what the model makes of the corpus: of its editors' questions, and of pieces of
its sentences as long as questions are. They start from the model's own vector of each word. What was tried, and what it
gave, is in docs/static.md.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Scores, Vectors
from chatbot.exporting.packed import Packed
from chatbot.indexing.words.tokens import words

if TYPE_CHECKING:
    from scipy import sparse

Pair = tuple[str, str]
Embed = Callable[[Sequence[str]], Vectors]

DIM = 192
_MOST_TEXTS = 60_000
_SHORTEST, _LONGEST = 2, 10  # words of a piece of a sentence
_MOST_WORDS = 40
_PIECES = 2
_QUESTION = 3.0  # how much a question counts beside a piece of a sentence
_PAIR_SEEN = 3
_RIDGE, _STEPS = 0.1, 25
_LEAST_WEIGHT = 0.1


@dataclass(frozen=True, slots=True)
class Lesson:
    """Texts with the unit vectors that the model gives them, shape (texts, dim), and how much each counts."""

    texts: tuple[str, ...]
    vectors: Vectors
    counts: Scores


class WordTable:
    """Embeds a question by its words. Safe to use from several threads."""

    def __init__(self, own: Sequence[str], pairs: Sequence[Pair], weights: Scores, rows: Packed) -> None:
        """`weights`, shape (words,), say how much each word tells; `rows` are those of words, then of pairs."""
        self.words, self.pairs, self.weights, self.rows = tuple(own), tuple(pairs), weights, rows

    @cached_property
    def _numbers(self) -> dict[str | Pair, int]:
        return _numbered(self.words, self.pairs)

    @property
    def vocabulary(self) -> Collection[str]:
        """The words of the table."""
        return self.words

    def embed_query(self, text: str) -> Vectors:
        """The unit vector of a text, shape (DIM,), float32; zeros where none of its words is known."""
        numbers, shares = _found(words(text), self._numbers, self.weights)
        if not numbers:
            return np.zeros(2 * self.rows.codes.shape[1], np.float32)
        mean = np.array(shares, np.float32) @ self.rows.of_rows(np.array(numbers)).vectors()
        unit: Vectors = (mean / max(float(np.linalg.norm(mean)), 1e-9)).astype(np.float32)
        return unit


def pieces(sentences: Iterable[str]) -> Iterator[str]:
    """The beginning of each sentence, and two pieces of it as long as questions are: the same of the same sentence."""
    for sentence in sentences:
        own = sentence.split()
        if len(own) <= _SHORTEST:
            continue
        yield " ".join(own[:_MOST_WORDS])
        drawn = hashlib.sha256(sentence.encode()).digest()
        for place in range(_PIECES):
            length = _SHORTEST + drawn[4 * place] % (_LONGEST - _SHORTEST + 1)
            start = int.from_bytes(drawn[4 * place + 1 : 4 * place + 4]) % max(len(own) - length + 1, 1)
            yield " ".join(own[start : start + length])


def lesson(questions: Sequence[str], asked: Vectors, sentences: Iterable[str], embed: Embed) -> Lesson:
    """What a table is fitted to: editors' questions with their unit vectors, and pieces of sentences, embedded here.

    Of more pieces than are needed those with the lowest digests are taken, so that edits change few.
    """
    parts = sorted(set(pieces(sentences)), key=lambda text: hashlib.sha256(text.encode()).digest())
    parts = sorted(parts[: max(_MOST_TEXTS - len(questions), 0)])
    counts = np.repeat(np.array([_QUESTION, 1.0], np.float32), [len(questions), len(parts)])
    return Lesson((*questions, *parts), np.concatenate([asked, embed(parts)]), counts)


def fit(taught: Lesson, others: Collection[str], embed: Embed, basis: Vectors) -> WordTable:
    """The table of the words of a lesson and of some `others`, in the space of `basis`, orthonormal columns (dim, DIM).

    Ridge regression towards the model's own vectors of the words, by conjugate gradients (Hestenes and Stiefel, 1952).
    """
    spoken = [words(text) for text in taught.texts]
    own = sorted({word for text in spoken for word in text}.union(others), key=order)
    seen = Counter(pair for text in spoken for pair in set(pairwise(text)))
    pairs = sorted(
        (pair for pair, count in seen.items() if count >= _PAIR_SEEN), key=lambda pair: order(" ".join(pair))
    )
    numbers = _numbered(own, pairs)
    occurrences = Counter(word for text in spoken for word in set(text))
    rarity = [np.log((len(spoken) + 1) / (occurrences[word] + 1)) + _LEAST_WEIGHT for word in own]
    weights: Scores = np.array(rarity, np.float32)
    found = [_found(text, numbers, weights) for text in spoken]
    start = np.zeros((len(numbers), basis.shape[1]), np.float32)
    start[: len(own)] = embed(own) @ basis
    rows = _regression(_matrix(found, len(numbers), len(own)), taught.vectors @ basis, taught.counts, start)
    return WordTable(own, pairs, weights, Packed.of(rows))


def _numbered(own: Sequence[str], pairs: Sequence[Pair]) -> dict[str | Pair, int]:
    numbers: dict[str | Pair, int] = dict(zip(own, range(len(own)), strict=True))
    return numbers | dict(zip(pairs, range(len(own), len(own) + len(pairs)), strict=True))


def order(text: str) -> bytes:
    """By which the words of a table are sorted: as JavaScript compares them."""
    return text.encode("utf-16-be", "surrogatepass")


def _found(text: Sequence[str], numbers: dict[str | Pair, int], weights: Scores) -> tuple[list[int], list[float]]:
    """The rows of the words of a text and of their pairs, and how much each counts."""
    rows = [numbers[word] for word in text if word in numbers]
    shares = [float(weights[row]) for row in rows]
    for pair in pairwise(text):
        row = numbers.get(pair)
        if row is not None:
            rows.append(row)
            shares.append(float(weights[numbers[pair[0]]] + weights[numbers[pair[1]]]) / 2)
    return rows, shares


def _matrix(found: Sequence[tuple[list[int], list[float]]], columns: int, own: int) -> sparse.csr_matrix:
    """A row for each text: the shares of its words and pairs, those of its words adding up to 1."""
    ends = np.cumsum([0, *(len(rows) for rows, _ in found)])
    rows = np.concatenate([np.array(rows, np.int32) for rows, _ in found]) if found else np.empty(0, np.int32)
    totals = [sum(share for row, share in zip(*one, strict=True) if row < own) or 1.0 for one in found]
    values = [np.array(shares, np.float32) / total for (_, shares), total in zip(found, totals, strict=True)]
    data: npt.NDArray[np.float32] = np.concatenate(values) if found else np.empty(0, np.float32)
    from scipy import sparse

    return sparse.csr_matrix((data, rows, ends), shape=(len(found), columns))


def _regression(shares: sparse.csr_matrix, wanted: Vectors, counts: Scores, start: Vectors) -> Vectors:
    """What minimises sum counts |shares R - wanted|² + ridge |R - start|², shape of `start`."""
    from scipy import sparse

    root = np.sqrt(counts).astype(np.float32)
    weighed = sparse.diags(root).astype(np.float32) @ shares
    turned = weighed.T.tocsr()
    left = turned @ (root[:, None] * wanted - weighed @ start)
    change, step = np.zeros_like(start), left.copy()
    size = (left * left).sum(axis=0)
    for _ in range(_STEPS):
        applied = turned @ (weighed @ step) + np.float32(_RIDGE) * step
        far = size / np.maximum((step * applied).sum(axis=0), 1e-20)
        change += far * step
        left -= far * applied
        smaller = (left * left).sum(axis=0)
        step = left + (smaller / np.maximum(size, 1e-20)) * step
        size = smaller
    fitted: Vectors = start + change
    return fitted
