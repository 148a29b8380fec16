"""What a searcher reads: one generation of the index, opened.

passages.sqlite        articles and passages; row i is passage i
embeddings.npy         float16 (passages, dim), unit rows: the truth that the next build takes over
hubs.npy               float32 (passages, 2), how close each is to passages at large; see `hubs`
vectors.faiss          the same vectors, to be searched
sentences/             a vector and a span for each sentence, from the same forward pass as its passage
  codes.npy            int8 (sentences, dim)
  scales.npy           float32 (sentences,): codes * scale is a unit row
  spans.npy            int32 (sentences, 2): code point offsets in the passage's text
  starts.npy           int64 (passages + 1,): passage i owns sentences starts[i]:starts[i+1]
questions/             vectors of editors' questions, and the passages they lead to
lexical/               word counts
words.txt              the words as they are written
calibration/           what questions of which it is known gave, where the generation was calibrated
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, Vectors, loaded, mapped, products, ranges, single
from chatbot.errors import IndexDamaged
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.editor_questions import FOLDER, EditorsQuestions
from chatbot.indexing.generation.known_questions import KnownQuestions
from chatbot.indexing.generation.manifest import Manifest, verify
from chatbot.indexing.generation.passage_index import HIGHEST, Allowed, Candidates, around, mean_beside, united
from chatbot.indexing.generation.passage_store import Store, write_store
from chatbot.indexing.generation.vectors import VectorIndex, write_vectors
from chatbot.indexing.words.bm25 import LexicalIndex, Postings, write_lexical
from chatbot.indexing.words.row_scores import RowScores, of_runs, scored
from chatbot.indexing.words.word_counts import FILE, read_words, write_words
from chatbot.records import Article, Passage


@dataclass(frozen=True, slots=True)
class SentenceVectors:
    """Vectors and spans of the sentences of all passages; see this module's docstring."""

    codes: npt.NDArray[np.int8]
    scales: npt.NDArray[np.float32]
    spans: npt.NDArray[np.int32]
    starts: npt.NDArray[np.int64]

    @classmethod
    def open(cls, folder: Path) -> SentenceVectors:
        return cls(*(mapped(folder / f"{name}.npy") for name in cls.__slots__))

    def write(self, folder: Path) -> None:
        folder.mkdir()
        for name in self.__slots__:
            np.save(folder / f"{name}.npy", getattr(self, name))

    def of(self, row: int) -> slice:
        return slice(int(self.starts[row]), int(self.starts[row + 1]))


def quantise(vectors: Vectors) -> tuple[npt.NDArray[np.int8], npt.NDArray[np.float32]]:
    """8-bit codes of rows and the scale of each: `codes * scales[:, None]` is within half a step of `vectors`."""
    largest = np.abs(vectors).max(axis=1, initial=1e-9)
    scales = (largest / 127.0).astype(np.float32)
    return np.rint(vectors / scales[:, None]).astype(np.int8), scales


@dataclass(frozen=True, slots=True)
class Parts:
    """Everything a generation is written from; passages, digests and vectors side by side, row by row."""

    articles: Sequence[Article]
    article_of: Rows  # the place of each passage's article among them
    passages: Sequence[Passage]
    digests: Sequence[bytes]
    vectors: npt.NDArray[np.float16]
    hubs: npt.NDArray[np.float32]
    sentences: SentenceVectors
    questions: EditorsQuestions
    asked: Postings  # the words of each of the questions
    postings: Postings
    words: Mapping[str, int]

    def write(self, folder: Path) -> None:
        """Write the files of this module's docstring."""
        write_store(self.articles, zip(self.passages, self.digests, strict=True), folder / "passages.sqlite")
        np.save(folder / "embeddings.npy", self.vectors)
        np.save(folder / "hubs.npy", self.hubs)
        self.sentences.write(folder / "sentences")
        self.questions.write(folder / FOLDER)
        write_vectors(self.questions.vectors, folder / FOLDER / "vectors.faiss")
        asked_of = np.repeat(self.article_of, np.diff(self.questions.starts))
        write_lexical(self.asked, asked_of, folder / FOLDER / "lexical")
        write_lexical(self.postings, self.article_of, folder / "lexical")
        write_words(self.words, folder / FILE)
        write_vectors(self.vectors, folder / "vectors.faiss")


class LocalIndex:
    """A generation in a folder of this machine: one consistent view of all its passages, whose rows count from 0.

    Safe to use from several threads.
    """

    def __init__(self, folder: Path, manifest: Manifest, *, searched: bool = True) -> None:
        """Raises IndexDamaged where the files do not fit together.

        What is not `searched` does without FAISS, and gives everything but what is near to a vector.
        """
        self.generation = manifest.generation
        self.manifest = manifest
        self._folder = folder
        opening = "passages.sqlite"
        try:
            self.store = Store(folder / opening)
            opening = "embeddings.npy"
            self.embeddings: Any = mapped(folder / opening)
            opening = "hubs.npy"
            self.hub_rows: Scores = loaded(folder / opening)
            opening = "sentences"
            self.sentence_vectors = SentenceVectors.open(folder / opening)
            opening = FOLDER
            self.known = KnownQuestions(folder / opening, searched=searched)
            opening = "lexical"
            self.lexical_index = LexicalIndex(folder / opening)
            opening = "vectors.faiss"
            self._searched = VectorIndex(folder / opening, self.embeddings) if searched else None
            opening = "calibration"
            self.calibrated = Calibrated.open(folder, manifest.calibration)
        except Exception as error:  # SQLite, NumPy and FAISS each raise their own
            raise IndexDamaged(folder.name, opening, f"cannot be opened: {error}") from error
        counts = {
            "passages.sqlite": len(self.store),
            "embeddings.npy": len(self.embeddings),
            "hubs.npy": len(self.hub_rows),
            "sentences": len(self.sentence_vectors.starts) - 1,
            FOLDER: len(self.known),
            "lexical": len(self.lexical_index),
        }
        for file, count in counts.items():
            if count != manifest.passages:
                raise IndexDamaged(folder.name, file, f"holds {count} passages, expected {manifest.passages}")

    @classmethod
    def open(cls, folder: Path, *, searched: bool = True) -> LocalIndex:
        """Verify every digest of a generation, then open it. Raises IndexDamaged or IndexMismatch."""
        return cls(folder, verify(folder), searched=searched)

    @property
    def _vectors(self) -> VectorIndex:
        if self._searched is None:
            raise RuntimeError("opened without FAISS; open it with searched=True")
        return self._searched

    @property
    def away(self) -> bool:
        """See PassageIndex."""
        return False

    @property
    def article_of(self) -> Rows:
        """For each row, the position of its article in `store.articles()`, ascending."""
        return self.lexical_index.article_of

    @cached_property
    def words(self) -> Mapping[str, int]:
        """In how many passages each word of the corpus occurs, as it is written but normalised."""
        return read_words(self._folder / FILE)

    def close(self) -> None:
        self.store.close()

    def __len__(self) -> int:
        return self.manifest.passages

    def candidates(
        self, vector: Vectors, weights: Mapping[str, float], k: int, allowed: Allowed | None = None
    ) -> Candidates:
        """See PassageIndex."""
        mask = None if allowed is None else allowed.rows(self.article_of)
        near, _ = self._vectors.search(vector, k, mask)
        by_words, by_questions = self.lexical(weights), self.known.closeness(vector)
        worded, highest = by_words.highest(max(k, HIGHEST), mask)
        rows = united(near, worded[:k], by_questions.first(k, mask))
        vectors = self.vectors(rows)
        cosines = vectors @ vector
        beside, there = around(rows, self.article_of)
        near_beside = products(self.embeddings, beside.ravel(), vector).reshape(beside.shape)
        return Candidates(
            rows=rows,
            vectors=vectors,
            cosines=cosines,
            sentences=self.best_sentences(rows, vector),
            asked=by_questions.of(rows),
            bm25=by_words.of(rows),
            hubs=self.hubs(rows),
            beside=mean_beside(near_beside, there, cosines),
            highest=highest,
        )

    def dense(self, vector: Vectors, k: int, allowed: Allowed | None = None) -> tuple[Rows, Scores]:
        """See PassageIndex."""
        return self._vectors.search(vector, k, None if allowed is None else allowed.rows(self.article_of))

    def nearest(self, vectors: Vectors) -> Scores:
        """The cosine of each of some unit vectors, shape (m, dim), to the passage nearest to it, shape (m,)."""
        return self._vectors.nearest(vectors)

    def lexical(self, weights: Mapping[str, float]) -> RowScores:
        """BM25 of passages, for stemmed terms with their weights.

        To a passage's own comes what the words of the questions add that lead to it.
        """
        return scored(self.lexical_index, weights, self.known.added(weights))

    def frequency(self, term: str) -> int:
        """How many passages contain a stemmed term."""
        return self.lexical_index.frequency(term)

    def idf(self, term: str) -> float:
        """How much a stemmed term tells, >= 0."""
        return self.lexical_index.idf(term)

    def holds(self, row: int, terms: Iterable[str]) -> bool:
        """Whether a passage contains all of some stemmed terms."""
        return all(self.lexical_index.holds(row, term) for term in terms)

    def vectors(self, rows: Rows) -> Vectors:
        """Unit vectors of passages, shape (len(rows), dim)."""
        return single(self.embeddings[rows])

    def hubs(self, rows: Rows) -> Scores:
        """How close passages are to passages at large, shape (len(rows),)."""
        closeness: Scores = self.hub_rows[rows, 0]
        return closeness

    def sentences(self, row: int) -> tuple[npt.NDArray[np.int32], Vectors]:
        """Spans (sentences, 2) in the text of a passage, and their unit vectors (sentences, dim)."""
        own = self.sentence_vectors.of(row)
        codes = self.sentence_vectors.codes[own].astype(np.float32)
        return self.sentence_vectors.spans[own], codes * self.sentence_vectors.scales[own, None]

    def best_sentences(self, rows: Rows, vector: Vectors) -> Scores:
        """The highest cosine to a unit vector of each passage's sentences, shape (len(rows),), -1 without any."""
        starts = self.sentence_vectors.starts
        counts = starts[rows + 1] - starts[rows]
        own = ranges(starts[rows], counts)
        near = products(self.sentence_vectors.codes, own, vector)
        return of_runs(near * self.sentence_vectors.scales[own], counts)

    @property
    def questions(self) -> EditorsQuestions:
        """The questions that lead to passages."""
        return self.known.arrays

    @property
    def known_share(self) -> float:
        """The share of the passages that questions lead to, in [0, 1]."""
        return self.known.share

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """The passages at these rows, in the order asked for."""
        return self.store.passages(rows)
