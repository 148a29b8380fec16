"""A generation whose passages are in Milvus: what a searcher reads, in two or three round trips a question.

Here are its small files: articles, the weights of words, the questions that lead to passages, the calibration. What is
asked of passages is asked of Milvus, and remembered, since a generation never changes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, Vectors
from chatbot.errors import IndexDamaged
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.editor_questions import FOLDER, EditorsQuestions
from chatbot.indexing.generation.known_questions import KnownQuestions
from chatbot.indexing.generation.manifest import Manifest, verify
from chatbot.indexing.generation.passage_index import HIGHEST, Allowed, Candidates, around, mean_beside, united
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection
from chatbot.indexing.milvus.passages import AT_ONCE, MilvusStore, Passages
from chatbot.indexing.words.bm25 import LexicalIndex, TermWeights
from chatbot.indexing.words.row_scores import KnownScores, RowScores, best, of_runs, scored
from chatbot.indexing.words.tokens import passage_words, stem
from chatbot.indexing.words.word_counts import FILE, read_words
from chatbot.records import Passage

_THREADS = 16
_ASKED = 1000  # passages by their words


class MilvusIndex:
    """See PassageIndex."""

    def __init__(self, folder: Path, manifest: Manifest, milvus: Connection, collection: str) -> None:
        """`folder` holds the small files of the generation. Raises IndexDamaged where they do not fit together."""
        self.generation = manifest.generation
        self.manifest = manifest
        self._folder = folder
        self._milvus = milvus
        opening = layout.ARTICLES
        try:
            articles = Store(folder / opening)
            opening = FOLDER
            self._known = KnownQuestions(folder / opening)
            opening = "lexical"
            has_words = (folder / opening / "passages.npy").exists()
            self._weights = LexicalIndex(folder / opening) if has_words else TermWeights(folder / opening)
            opening = "calibration"
            self.calibrated = Calibrated.open(folder, manifest.calibration)
        except Exception as error:  # SQLite, NumPy and FAISS each raise their own
            raise IndexDamaged(folder.name, opening, f"cannot be opened: {error}") from error
        for file, count in ((FOLDER, len(self._known)), ("lexical", len(self._weights))):
            if count != manifest.passages:
                raise IndexDamaged(folder.name, file, f"is of {count} passages, expected {manifest.passages}")
        self._passages = Passages(milvus, layout.passages_in(collection, self.generation), manifest)
        files = layout.files_in(collection, self.generation)
        self.store = MilvusStore(articles, folder, self._weights.first_rows, self._passages, (milvus, files))
        self._beside = ThreadPoolExecutor(_THREADS, thread_name_prefix="milvus")

    @classmethod
    def open(cls, folder: Path, milvus: Connection, collection: str) -> MilvusIndex:
        """Verify every digest of the small files, then open them. Raises IndexDamaged or IndexMismatch."""
        return cls(folder, verify(folder), milvus, collection)

    def __len__(self) -> int:
        return self.manifest.passages

    @property
    def away(self) -> bool:
        """See PassageIndex."""
        return self._milvus.away

    @property
    def questions(self) -> EditorsQuestions:
        """See PassageIndex."""
        return self._known.arrays

    @property
    def article_of(self) -> Rows:
        """See PassageIndex."""
        return self._weights.article_of

    @property
    def known_share(self) -> float:
        """See PassageIndex."""
        return self._known.share

    @cached_property
    def words(self) -> Mapping[str, int]:
        """See PassageIndex."""
        return read_words(self._folder / FILE)

    def candidates(
        self, vector: Vectors, weights: Mapping[str, float], k: int, allowed: Allowed | None = None
    ) -> Candidates:
        """See PassageIndex."""
        near = self._beside.submit(self.dense, vector, k, allowed)
        by_words, by_questions = self._by_words(weights, allowed), self._known.closeness(vector)
        mask = None if allowed is None else allowed.rows(self.article_of)
        worded, highest = by_words.highest(max(k, HIGHEST), mask)
        rows = united(near.result()[0], worded[:k], by_questions.first(k, mask))
        beside, there = around(rows, self.article_of)
        bm25 = self._beside.submit(by_words.of, rows)
        self._passages.at(united(rows, beside.ravel()))
        vectors = self.vectors(rows)
        cosines = vectors @ vector
        near_beside = (self.vectors(beside.ravel()) @ vector).reshape(beside.shape)
        return Candidates(
            rows=rows,
            vectors=vectors,
            cosines=cosines,
            sentences=self._best_sentences(rows, vector),
            asked=by_questions.of(rows),
            bm25=bm25.result(),
            hubs=np.array([kept.hub for kept in self._passages.at(rows)], np.float32),
            beside=mean_beside(near_beside, there, cosines),
            highest=highest,
        )

    def dense(self, vector: Vectors, k: int, allowed: Allowed | None = None) -> tuple[Rows, Scores]:
        """See PassageIndex."""
        k = min(k, len(self) if allowed is None else int(allowed.rows(self.article_of).sum()))
        if k == 0:
            return np.empty(0, np.int64), np.empty(0, np.float32)
        rows, scores = self._passages.search("vector", vector.tolist(), k, _condition(allowed), least=k)
        order = np.lexsort((rows, -scores))
        return rows[order], scores[order]

    def frequency(self, term: str) -> int:
        """See PassageIndex."""
        return self._weights.frequency(term)

    def idf(self, term: str) -> float:
        """See PassageIndex."""
        return self._weights.idf(term)

    def holds(self, row: int, terms: Iterable[str]) -> bool:
        """See PassageIndex."""
        passage = self.store.passages([row])[0]
        number = int(self.article_of[row])
        aliases = self.store.articles()[number].aliases if row == self._weights.first_rows[number] else ()
        return set(terms) <= {stem(word) for word in passage_words(passage, aliases)}

    def vectors(self, rows: Rows) -> Vectors:
        """See PassageIndex."""
        return np.array([kept.vector for kept in self._passages.at(rows)], np.float32).reshape(-1, self.manifest.dim)

    def sentences(self, row: int) -> tuple[npt.NDArray[np.int32], Vectors]:
        """See PassageIndex."""
        kept = self._passages.at([row])[0]
        return kept.spans, kept.codes.astype(np.float32) * kept.scales[:, None]

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """See PassageIndex."""
        return self.store.passages(rows)

    def _best_sentences(self, rows: Rows, vector: Vectors) -> Scores:
        kept = self._passages.at(rows)
        codes = np.concatenate([np.empty((0, len(vector)), np.int8), *(one.codes for one in kept)]).astype(np.float32)
        scales = np.concatenate([np.empty(0, np.float32), *(one.scales for one in kept)])
        return of_runs((codes @ vector) * scales, np.array([len(one.scales) for one in kept], np.int64))

    def _by_words(self, weights: Mapping[str, float], allowed: Allowed | None) -> RowScores:
        added = self._known.added(weights)
        if not isinstance(self._weights, LexicalIndex):
            weighed = {number: float(weight) for number, weight in self._weights.weighed(weights)}
            return _SparseScores(self._passages, weighed, added, _condition(allowed))
        return scored(self._weights, weights, added)


class _SparseScores:
    """BM25F that Milvus computes, and what the words of questions add to it."""

    def __init__(self, passages: Passages, weighed: dict[int, float], added: KnownScores, condition: str) -> None:
        self._passages = passages
        self._weighed = weighed
        self._added = added
        self._condition = condition

    def of(self, rows: Rows) -> Scores:
        """See RowScores."""
        return self._own(rows) + self._added.of(rows)

    def highest(self, count: int, allowed: npt.NDArray[np.bool_] | None = None) -> tuple[Rows, Scores]:
        """See RowScores."""
        rows, own = np.empty(0, np.int64), np.empty(0, np.float32)
        asked = max(count, _ASKED)  # the lower the last of them, the fewer others may still be among the highest
        if self._weighed:
            rows, own = self._passages.search("words", self._weighed, asked, self._condition)
        full = len(rows) == asked
        scores = own + self._added.of(rows)
        # What was not among them has at most `rest` of its own, and can be among the highest by what it gains beside.
        rest, least = (float(own.min()), float(np.sort(scores)[-count])) if full else (0.0, 0.0)
        more = (self._added.scores > 0) & (self._added.scores >= least - rest)
        gaining = np.setdiff1d(self._added.rows[more], rows)
        gaining = gaining if allowed is None else gaining[allowed[gaining]]
        gained = self.of(gaining) if full else self._added.of(gaining)
        return best(np.concatenate([rows, gaining]), np.concatenate([scores, gained]), count)

    def _own(self, rows: Rows) -> Scores:
        scores = np.zeros(len(rows), np.float32)
        if not self._weighed:
            return scores
        places = {row: place for place, row in enumerate(rows.tolist())}
        for first in range(0, len(rows), AT_ONCE):
            some = rows[first : first + AT_ONCE]
            found, own = self._passages.search("words", self._weighed, len(some), f"row in {some.tolist()}")
            for row, score in zip(found.tolist(), own.tolist(), strict=True):
                scores[places[row]] = score
        return scores


def _condition(allowed: Allowed | None) -> str:
    if allowed is None:
        return ""
    asked = layout.condition(allowed.filters)
    if allowed.picked is None:
        return asked
    picked = f"row in {list(allowed.picked)}" if allowed.picked else "row < 0"
    return f"{asked} and {picked}" if asked else picked
