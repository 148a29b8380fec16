"""A generation whose passages are in Milvus: what a searcher reads, in two or three round trips a question.

Here are its small files: articles, the weights of words, the questions that lead to passages, the calibration. What is
asked of passages is asked of Milvus, and remembered, since a generation never changes.
"""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Scores, Vectors
from chatbot.errors import IndexAway, IndexDamaged
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.editor_questions import FOLDER, EditorsQuestions
from chatbot.indexing.generation.known_questions import KnownQuestions
from chatbot.indexing.generation.local_index import EVERY_LIMIT
from chatbot.indexing.generation.manifest import Manifest, verify
from chatbot.indexing.generation.passage_index import HIGHEST, Allowed, Candidates, around, mean_beside, united
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.generation.vectors import FLAT_LIMIT
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection
from chatbot.indexing.milvus.reading import read_file
from chatbot.indexing.words.bm25 import LexicalIndex, TermWeights
from chatbot.indexing.words.row_scores import KnownScores, PrunedScores, RowScores, best, of_runs
from chatbot.indexing.words.tokens import passage_words, stem
from chatbot.indexing.words.word_counts import FILE, read_words
from chatbot.records import Article, Passage

_REMEMBERED = 4096  # passages, of some 8 kB each
_THREADS = 16
_AT_ONCE = 1000  # rows in one condition
_ASKED = 1000  # passages by their words
_WIDER = 8


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

    def close(self) -> None:
        self._beside.shutdown(wait=False)
        self.store.close()

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

    def question_cosines(self, vector: Vectors, places: Rows) -> Scores:
        """See PassageIndex."""
        return self.questions.cosines(vector, places)

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
        if len(self) > EVERY_LIMIT:
            return PrunedScores(self._weights, weights, added)
        total = self._weights.scores(weights)
        total[added.rows] += added.scores
        return KnownScores(np.arange(len(self)), total)


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
        for first in range(0, len(rows), _AT_ONCE):
            some = rows[first : first + _AT_ONCE]
            found, own = self._passages.search("words", self._weighed, len(some), f"row in {some.tolist()}")
            for row, score in zip(found.tolist(), own.tolist(), strict=True):
                scores[places[row]] = score
        return scores


class Passages:
    """The passages of a collection. Safe to use from several threads."""

    def __init__(self, milvus: Connection, collection: str, manifest: Manifest) -> None:
        self._milvus = milvus
        self._collection = collection
        self._dim = manifest.dim
        self._count = manifest.passages
        self._kept: OrderedDict[int, layout.Kept] = OrderedDict()
        self._keeping = threading.Lock()

    def search(self, field: str, data: Any, k: int, condition: str, least: int = 0) -> tuple[Rows, Scores]:
        """The rows of the k highest inner products with a field, and these, best first.

        Where fewer come than the `least` that there are, it looks further; what then is missing is not loaded just now,
        unless the search is one that passes some over. Raises IndexAway.
        """
        width = max(4 * k, 256)
        found = self._found(field, data, k, condition, width)
        if len(found) < least:
            found = self._found(field, data, k, condition, _WIDER * width)
        if len(found) < least and (self._count <= FLAT_LIMIT or not found):
            raise IndexAway(f"Milvus found {len(found)} passages of {least} that there are: not all is loaded just now")
        rows = np.array([hit.id for hit in found], np.int64)
        return rows, np.array([hit.distance for hit in found], np.float32)

    def _found(self, field: str, data: Any, k: int, condition: str, width: int) -> Any:
        params = {"metric_type": "IP", "params": {"ef": width} if field == "vector" else {}}
        wanted = {"data": [data], "anns_field": field, "limit": k, "filter": condition, "search_params": params}
        return self._milvus.ask("search", self._collection, **wanted)[0]

    def at(self, rows: Sequence[int] | Rows) -> list[layout.Kept]:
        """The passages of some rows, in their order; what is not remembered is asked at once.

        Raises IndexAway, also where not all come, and IndexError for a row that does not exist.
        """
        wanted = [int(row) for row in rows]
        beyond = next((row for row in wanted if not 0 <= row < self._count), None)
        if beyond is not None:
            raise IndexError(f"there is no passage at row {beyond}")
        with self._keeping:
            known = {row: self._kept[row] for row in wanted if row in self._kept}
        missing = sorted(set(wanted) - known.keys())
        for first in range(0, len(missing), _AT_ONCE):
            some = missing[first : first + _AT_ONCE]
            fields = list(layout.FIELDS)
            found = self._milvus.ask("query", self._collection, filter=f"row in {some}", output_fields=fields)
            for entity in found:
                known[int(entity["row"])] = layout.kept(entity, self._dim)
        with self._keeping:
            for row in missing:
                if row in known:
                    self._kept[row] = known[row]
            while len(self._kept) > _REMEMBERED:
                self._kept.popitem(last=False)
        lost = [row for row in missing if row not in known]
        if lost:
            raise IndexAway(f"Milvus does not give {len(lost)} passages that were sent, such as that of row {lost[0]}")
        return [known[row] for row in wanted]


class MilvusStore:
    """See PassageStore."""

    def __init__(
        self, articles: Store, folder: Path, first_rows: Rows, passages: Passages, files: tuple[Connection, str]
    ) -> None:
        """`files` are those of the generation in Milvus, where the texts of articles are."""
        self._articles = articles
        self._folder = folder
        self._first_rows = first_rows
        self._passages = passages
        self._files = files

    def close(self) -> None:
        self._articles.close()

    def __len__(self) -> int:
        return int(self._first_rows[-1])

    def passages(self, rows: Iterable[int]) -> list[Passage]:
        """See PassageStore."""
        wanted, articles = [int(row) for row in rows], self.articles()
        found = []
        for row, kept in zip(wanted, self._passages.at(wanted), strict=True):
            number = self._number(row)
            found.append(layout.unpacked(kept.passage, articles[number], row - int(self._first_rows[number]) + 1))
        return found

    def ids(self, rows: Iterable[int]) -> list[str]:
        """See PassageStore."""
        articles = self.articles()
        numbers = [(int(row), self._number(int(row))) for row in rows]
        return [f"{articles[number].id}#{row - int(self._first_rows[number]) + 1}" for row, number in numbers]

    def row(self, passage_id: str) -> int | None:
        """See PassageStore."""
        article, _, counted = passage_id.rpartition("#")
        number = self._numbers.get(article)
        if number is None or not (counted.isascii() and counted.isdigit()):
            return None
        row = int(self._first_rows[number]) + int(counted) - 1
        inside = int(self._first_rows[number]) <= row < int(self._first_rows[number + 1])
        return row if inside and counted == str(int(counted)) else None

    def article_numbers(self) -> list[int]:
        """See PassageStore."""
        return np.repeat(np.arange(len(self._first_rows) - 1), np.diff(self._first_rows)).tolist()

    def articles(self) -> tuple[Article, ...]:
        """See PassageStore."""
        return self._all

    def article(self, article_id: str) -> Article | None:
        """See PassageStore."""
        number = self._numbers.get(article_id)
        if number is None:
            return None
        whole = self._articles.article(article_id)
        assert whole  # noqa: S101 - it is listed
        milvus, files = self._files
        return replace(whole, text=read_file(milvus.ask, files, f"{layout.TEXTS}{number}").decode())

    def headings(self) -> list[tuple[int, tuple[str, ...]]]:
        """See PassageStore."""
        said = json.loads((self._folder / layout.HEADINGS).read_text(encoding="utf-8"))
        return [(number, tuple(headings)) for number, headings in said]

    def passages_of(self, article_id: str) -> list[tuple[int, Passage, bytes]]:
        """See PassageStore."""
        number = self._numbers.get(article_id)
        rows = range(*self._first_rows[number : number + 2].tolist()) if number is not None else range(0)
        digests = [bytes.fromhex(kept.passage["digest"]) for kept in self._passages.at(rows)]
        return list(zip(rows, self.passages(rows), digests, strict=True))

    def _number(self, row: int) -> int:
        return int(np.searchsorted(self._first_rows, row, side="right")) - 1

    @cached_property
    def _all(self) -> tuple[Article, ...]:
        return self._articles.articles()

    @cached_property
    def _numbers(self) -> dict[str, int]:
        return {article.id: number for number, article in enumerate(self._all)}


def _condition(allowed: Allowed | None) -> str:
    if allowed is None:
        return ""
    asked = layout.condition(allowed.filters)
    if allowed.picked is None:
        return asked
    picked = f"row in {list(allowed.picked)}" if allowed.picked else "row < 0"
    return f"{asked} and {picked}" if asked else picked
