"""Passages and articles as Milvus gives them; passages are remembered, since a generation never changes."""

from __future__ import annotations

import json
import threading
from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.arrays import Rows, Scores
from chatbot.errors import IndexAway
from chatbot.indexing.generation.manifest import Manifest
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.generation.vectors import FLAT_LIMIT
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection
from chatbot.indexing.milvus.reading import read_file
from chatbot.records import Article, Passage

_REMEMBERED = 4096  # passages, of some 8 kB each
AT_ONCE = 1000  # rows in one condition
_WIDER = 8


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
        for first in range(0, len(missing), AT_ONCE):
            some = missing[first : first + AT_ONCE]
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
