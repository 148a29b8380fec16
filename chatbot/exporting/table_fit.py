"""How a table of words is fitted to a corpus, and how it learns words that came later.

The rows are fitted by least squares to what the model makes of the corpus: of its editors' questions, and of pieces of
its sentences as long as questions are. They start from the model's own vector of each word. What was tried, and what it
gave, is in docs/static.md.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from chatbot.answering.static.packed import Packed
from chatbot.answering.static.word_table import WordTable, found_in, numbered, pairs_in
from chatbot.arrays import Scores, Vectors
from chatbot.indexing.words.tokens import words

if TYPE_CHECKING:
    from scipy import sparse

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
    own = sorted({word for text in spoken for word in text}.union(others))
    seen = Counter(pair for text in spoken for pair in set(pairs_in(text)))
    pairs = sorted(pair for pair, count in seen.items() if count >= _PAIR_SEEN)
    weights = _weights(own, spoken)
    shares = _shares(spoken, numbered(own, pairs), weights)
    start = np.zeros((shares.shape[1], basis.shape[1]), np.float32)
    start[: len(own)] = embed(own) @ basis
    return WordTable(own, pairs, weights, Packed.of(_regression(shares, taught.vectors @ basis, taught.counts, start)))


def extended(table: WordTable, taught: Lesson, embed: Embed, basis: Vectors) -> WordTable:
    """The table with rows for words of a lesson that it lacks, fitted by themselves: all others stay as they are."""
    spoken = [words(text) for text in taught.texts]
    old_words, pairs = table.words, table.pairs
    new = sorted({word for text in spoken for word in text}.difference(old_words))
    if not new:
        return table
    words_now = [*old_words, *new]
    weights = np.concatenate([table.weights, _weights(new, spoken)])
    fresh = set(new)
    places = [place for place, text in enumerate(spoken) if not fresh.isdisjoint(text)]
    shares = _shares([spoken[place] for place in places], numbered(words_now, pairs), weights)
    known = np.r_[: len(old_words), len(words_now) : shares.shape[1]]
    left = taught.vectors[places] @ basis - shares[:, known] @ table.rows.vectors()
    rows = Packed.of(
        _regression(shares[:, len(old_words) : len(words_now)], left, taught.counts[places], embed(new) @ basis)
    )
    old, end = table.rows, len(old_words)
    joined = Packed(np.insert(old.codes, end, rows.codes, 0), np.insert(old.scales, end, rows.scales, 0))
    return WordTable(words_now, pairs, weights, joined)


def read_by(table: WordTable, texts: Sequence[str]) -> Vectors:
    """What a table makes of many texts, shape (texts, DIM): unit vectors."""
    means = _shares([words(text) for text in texts], table.numbers, table.weights) @ table.rows.vectors()
    lengths = np.maximum(np.linalg.norm(means, axis=1, keepdims=True), 1e-9)
    found: Vectors = (means / lengths).astype(np.float32)
    return found


def _weights(own: Sequence[str], spoken: Sequence[Sequence[str]]) -> Scores:
    """How much each word tells: the rarer, the more."""
    occurrences = Counter(word for text in spoken for word in set(text))
    rarity = [np.log((len(spoken) + 1) / (occurrences[word] + 1)) + _LEAST_WEIGHT for word in own]
    return np.array(rarity, np.float32)


def _shares(spoken: Sequence[Sequence[str]], numbers: dict[str, int], weights: Scores) -> sparse.csr_matrix:
    """A row for each text: the shares of its words and pairs, those of its words adding up to 1."""
    found = [found_in(text, numbers.get, weights) for text in spoken]
    ends = np.cumsum([0, *(len(rows) for rows, _ in found)])
    rows = np.concatenate([np.array(rows, np.int32) for rows, _ in found]) if found else np.empty(0, np.int32)
    own = len(weights)
    totals = [sum(share for row, share in zip(*one, strict=True) if row < own) or 1.0 for one in found]
    values = [np.array(shares, np.float32) / total for (_, shares), total in zip(found, totals, strict=True)]
    data: npt.NDArray[np.float32] = np.concatenate(values) if found else np.empty(0, np.float32)
    from scipy import sparse

    return sparse.csr_matrix((data, rows, ends), shape=(len(found), len(numbers)))


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
