"""A generation as an export holds it: the `PassageIndex` that the script in the browser is, in Python.

All numbers are those that the files give, so that the same ranking, verdicts and marks over this say what the script
has to say. Of all passages only the first are opened: those whose heads and words come nearest.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
import numpy.typing as npt

from chatbot.answering.ranking import formulas
from chatbot.answering.static.packed import Packed
from chatbot.answering.static.term_lists import StaticWords
from chatbot.answering.static.word_table import WordTable
from chatbot.arrays import Mask, Rows, Scores, Vectors, ranges
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.editor_questions import EditorsQuestions, three_nearest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.passage_index import HIGHEST, Allowed, Candidates
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.words.bm25 import Totals
from chatbot.indexing.words.row_scores import best, of_runs
from chatbot.records import Passage

OPENED = 20
"""How many passages are compared exactly for a question."""


@dataclass(frozen=True, slots=True, eq=False)
class StaticArrays:
    """Vectors in the space of a table: the `heads` of passages with what each adds, see `exporting/heads`, the
    `passages` themselves, their `sentences` and the `questions` that lead to them, these two in the order of the
    generation.
    """

    heads: Packed
    added: Scores
    passages: Packed
    sentences: Packed
    questions: Packed


@dataclass(frozen=True, slots=True)
class Baseline:
    """What scores take of a whole corpus, as it was when the table was fitted: so edits change few other scores.

    `passages` are the totals of passages, `questions` those of known questions, `hub` is how close these are to
    questions at large in the mean.
    """

    passages: Totals
    questions: Totals
    hub: float

    @classmethod
    def of(cls, index: LocalIndex) -> Baseline:
        """That of a generation as it is."""
        hubs = index.questions.hubs[:, 0]
        return cls(index.lexical_index.totals, index.known.totals, float(hubs.mean()) if len(hubs) else 0.0)


@dataclass(frozen=True, slots=True)
class _Questions(EditorsQuestions):
    packed: Packed

    def cosines(self, vector: Vectors, places: Rows) -> Scores:
        """See EditorsQuestions."""
        cosines: Scores = self.packed.of_rows(places).vectors() @ vector
        return cosines


class StaticIndex:
    """See PassageIndex. Safe to use from several threads. `server` is the generation that it is made of."""

    def __init__(self, index: LocalIndex, table: WordTable, arrays: StaticArrays, baseline: Baseline) -> None:
        self.generation = index.generation
        self.manifest = replace(index.manifest, dim=table.dim)
        self.calibrated: Calibrated | None = None
        self.outside = Packed.of(np.empty((0, table.dim), np.float32))
        self.arrays = arrays
        self.table = table
        words, asked = index.lexical_index.as_of(baseline.passages), index.known.as_of(baseline.questions)
        self.static_words = StaticWords(words, asked)
        self.server = index
        self._heads = arrays.heads.vectors()
        count = len(index.questions.hubs)
        nothing = np.zeros(count, np.float32)
        self.hubs_of_questions = index.questions.near(nothing, np.arange(count), baseline.hub)
        self.hubs_of_passages = index.hubs(np.arange(len(index)))

    @property
    def store(self) -> Store:
        """See PassageIndex."""
        return self.server.store

    @cached_property
    def questions(self) -> EditorsQuestions:
        """Where they lead; their vectors come with the passages that are opened, so that none is near by itself."""
        told = self.server.questions
        nothing = np.broadcast_to(np.float16(0), (len(told.digests), self.manifest.dim))
        return _Questions(told.digests, nothing, told.starts, told.hubs, told.tokens, self.arrays.questions)

    @property
    def words(self) -> Mapping[str, int]:
        """See PassageIndex."""
        return self.server.words

    @property
    def article_of(self) -> Rows:
        """See PassageIndex."""
        return self.server.article_of

    @property
    def known_share(self) -> float:
        """See PassageIndex."""
        return self.server.known_share

    @property
    def away(self) -> bool:
        """See PassageIndex."""
        return False

    def __len__(self) -> int:
        return len(self.server)

    def candidates(
        self,
        vector: Vectors,
        weights: Mapping[str, float],
        k: int,  # noqa: ARG002 - as many as a browser opens
        allowed: Allowed | None = None,
    ) -> Candidates:
        """See PassageIndex; the best OPENED, whatever k."""
        mask = None if allowed is None else allowed.rows(self.article_of)
        by_words = self.static_words.scored(weights)
        _, highest = by_words.highest(HIGHEST, mask)
        bm25 = by_words.of(np.arange(len(self)))
        decided = formulas.decidedness(highest, len(self))
        words = formulas.word_share(bm25, float(highest.max(initial=0.0)), decided)
        rows = self._first(self._heads @ vector + self.arrays.added + words, mask, OPENED)
        vectors = self.vectors(rows)
        cosines = vectors @ vector
        asked = self._closeness(rows, vector)
        return Candidates(
            rows=rows,
            vectors=vectors,
            cosines=cosines,
            # Beside known questions the best sentence says little, at this few bits.
            sentences=np.where(asked > -1, np.float32(-1), self._best_sentences(rows, vector)),
            asked=asked,
            bm25=bm25[rows],
            hubs=self.hubs_of_passages[rows],
            beside=np.zeros(len(rows), np.float32),
            highest=highest,
        )

    def _first(self, scores: Scores, mask: Mask | None, count: int) -> Rows:
        rows: Rows = np.arange(len(self)) if mask is None else np.flatnonzero(mask)
        first: Rows = np.sort(best(rows, scores[rows], count)[0])
        return first

    def _best_sentences(self, rows: Rows, vector: Vectors) -> Scores:
        """The highest cosine of each passage's sentences, -1 without any."""
        starts = self.server.sentence_vectors.starts
        counts = starts[rows + 1] - starts[rows]
        vectors = self.arrays.sentences.of_rows(ranges(starts[rows], counts)).vectors()
        return of_runs(vectors @ vector, counts)

    def _closeness(self, rows: Rows, vector: Vectors) -> Scores:
        """How close the questions that lead to passages are, -1 where there are none."""
        counts = self.server.questions.counts(rows)
        places = ranges(self.server.questions.starts[rows], counts)
        asked = self.arrays.questions.of_rows(places).vectors()
        return three_nearest(asked @ vector + self.hubs_of_questions[places], counts)

    def dense(self, vector: Vectors, k: int, allowed: Allowed | None = None) -> tuple[Rows, Scores]:
        """See PassageIndex, by the heads of the passages."""
        rows: Rows = np.arange(len(self)) if allowed is None else np.flatnonzero(allowed.rows(self.article_of))
        return best(rows, (self._heads @ vector + self.arrays.added)[rows], k)

    def nearest(self, vectors: Vectors) -> Scores:
        """The cosine of each of some unit vectors, shape (m, dim), to the passage nearest to it, shape (m,)."""
        highest: Scores = (vectors @ self.arrays.passages.vectors().T).max(axis=1)
        return highest

    def frequency(self, term: str) -> int:
        """See PassageIndex."""
        return self.static_words.frequency(term)

    def idf(self, term: str) -> float:
        """See PassageIndex."""
        return self.static_words.idf(term)

    def holds(self, row: int, terms: Iterable[str]) -> bool:
        """See PassageIndex."""
        return all(self.static_words.holds(row, term) for term in terms)

    def vectors(self, rows: Rows) -> Vectors:
        """See PassageIndex."""
        return self.arrays.passages.of_rows(rows).vectors()

    def sentences(self, row: int) -> tuple[npt.NDArray[np.int32], Vectors]:
        """See PassageIndex."""
        own = self.sentence_places(row)
        vectors = self.arrays.sentences
        return self.server.sentence_vectors.spans[own], Packed(vectors.codes[own], vectors.scales[own]).vectors()

    def sentence_places(self, row: int) -> slice:
        """Which of the arrays' sentences are those of a passage."""
        return self.server.sentence_vectors.of(row)

    def calibrate_by(self, calibrated: Calibrated) -> None:
        """Judge by a calibration from now on, its questions out of scope at four bits as everything."""
        self.outside = Packed.of(calibrated.vectors[calibrated.outside].astype(np.float32))
        rows = np.arange(len(self.outside))
        self.calibrated = replace(calibrated, vectors=self.outside.vectors(), outside=rows)

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """See PassageIndex."""
        return self.server.passages(rows)
