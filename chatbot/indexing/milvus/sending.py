"""A generation of this machine to Milvus: sent once, counted, and served by one switch of an alias.

What was sent by a build that was killed stays, and the next goes on behind it. Nothing that is served changes before
the switch, which is one step.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import time
from bisect import bisect_left
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.arrays import Rows
from chatbot.disk import file_digest
from chatbot.errors import IndexAway, IndexDamaged
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import MANIFEST, Manifest, read_manifest, verify, write_manifest
from chatbot.indexing.generation.passage_store import write_store
from chatbot.indexing.generation.publication import ENCODERS
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection, connection_to
from chatbot.indexing.milvus.reading import Listed, read_list, served_by, take
from chatbot.indexing.model.encoder_card import read_card
from chatbot.settings import Settings

OnStep = Callable[[str, int, int], None]

_ROWS = 250  # at once: some 4 MB, of which servers take 64
_PIECES = 50
_TRIES = 5
_WAIT_SECONDS = 2.0
_LOOK_SECONDS, _LONG_SECONDS = 0.2, 600.0


def serve_from_milvus(settings: Settings, generation: str, on_step: OnStep = lambda _name, _done, _total: None) -> None:
    """Send a generation of the index folder, whole or what of it is missing, and let it be served.

    Generations that the index folder no longer has are removed. Raises IndexAway, after which what was served is served
    still, and CorpusIndexError for a passage that does not fit.
    """
    connection, name = connection_to(settings.milvus, "sending"), settings.milvus.collection
    manifest = read_manifest(settings.index_dir / generation)
    sender = _Sender(connection, name, settings.milvus.replicas, on_step)
    sender.send_encoder(settings.index_dir / ENCODERS / manifest.encoder, manifest.encoder)
    sender.send(settings.index_dir / generation, manifest)
    before = sender.point_to(generation)
    sender.keep(settings.index_dir, {generation, before})


class _Sender:
    """Sends to the collections whose names begin with `name`."""

    def __init__(self, connection: Connection, name: str, replicas: int, on_step: OnStep) -> None:
        self._milvus = connection
        self._name = name
        self._replicas = replicas
        self._on_step = on_step

    def send_encoder(self, folder: Path, encoder: str) -> None:
        """The files of an encoder, unless they are there."""
        if folder.is_dir():
            read_card(folder)
            self._send_files(layout.encoder_in(self._name, encoder), encoder, lambda: layout.files_of(folder))

    def send(self, folder: Path, manifest: Manifest) -> None:
        """A generation, or what is missing of it."""
        passages, files = (each(self._name, manifest.generation) for each in (layout.passages_in, layout.files_in))
        with (
            closing(LocalIndex(folder, manifest)) as index,
            tempfile.TemporaryDirectory(prefix="chatbot-") as place,
        ):
            self._send_passages(passages, index)
            small = Path(place) / manifest.generation
            _write_small(index, folder, small, sparse=self._is_sparse(passages))
            stamp = file_digest(small / MANIFEST)
            self._send_files(files, stamp, lambda: layout.files_of(small), lambda: _texts(index))
            self._read_back(files, Path(place) / "back")

    def point_to(self, generation: str) -> str | None:
        """Let a generation be served that is whole; the one that was served before."""
        passages = layout.passages_in(self._name, generation)
        before = served_by(self._milvus.work, self._name)
        if before is None:
            self._milvus.work("create_alias", passages, self._name)
        elif before != generation:
            self._milvus.work("alter_alias", passages, self._name)
        # Servers that have not followed yet ask the one before.
        kept = {generation, before}
        for collection in self._names():
            kind, one = layout.read_name(self._name, collection)
            if kind != "encoder" and one not in kept:
                self._milvus.work("release_collection", collection)
        return before

    def keep(self, index_dir: Path, served: set[str | None]) -> None:
        """Remove generations and encoders that the index folder has no more, but for those `served` now or before."""
        for collection in self._names():  # a generation's files before its passages
            kind, one = layout.read_name(self._name, collection)
            folder = index_dir / ENCODERS if kind == "encoder" else index_dir
            if one not in served and not (folder / one).is_dir():
                self._milvus.work("drop_collection", collection)

    def _names(self) -> list[str]:
        names = self._milvus.work("list_collections")
        return sorted(name for name in names if layout.read_name(self._name, name)[0])

    def _send_passages(self, collection: str, index: LocalIndex) -> None:
        """All rows, behind those that a build sent which was killed; all anew where some were lost on their way."""
        total = len(index)
        for _ in range(2):
            if self._is_usable(collection) and self._count(collection) == total:
                break
            self._send_rows(collection, index)
            self._milvus.work("flush", collection, seconds=_LONG_SECONDS)
            if self._count(collection) == total:
                break
            self._drop(collection)
        else:
            raise IndexAway(f"Milvus lost rows of {collection} twice that it had taken; run 'chatbot build' again")
        self._wait(collection, total)
        self._on_step("sending", total, total)

    def _send_rows(self, collection: str, index: LocalIndex) -> None:
        total, firsts, begun, anew = len(index), range(0, len(index), _ROWS), 0, False
        if self._is_usable(collection):
            begun, anew = self._sent(collection, firsts, total), True
        else:
            sparse = self._milvus.sparse
            schema = layout.schema(index.manifest.dim, sparse=sparse)
            self._create(collection, schema, layout.indexes(total, sparse=sparse))
        rows = _Rows(index, sparse=self._is_sparse(collection))
        for first in firsts[begun:]:
            self._on_step("sending", first, total)
            some = np.arange(first, min(first + _ROWS, total))
            self._insert(collection, list(rows.entities(some)), anew=anew)

    def _drop(self, collection: str) -> None:
        """Remove what is not whole, unless it is served. Raises IndexAway."""
        if layout.read_name(self._name, collection)[1] == served_by(self._milvus.work, self._name):
            raise IndexAway(f"{collection}, which is served, has lost rows; change an article, and run 'chatbot build'")
        self._milvus.work("drop_collection", collection)

    def _is_usable(self, collection: str) -> bool:
        """Whether a collection is there, and loaded; one that a build was killed over is made anew."""
        if not self._milvus.work("has_collection", collection):
            return False
        if not self._milvus.work("list_indexes", collection):
            self._drop(collection)
            return False
        self._load(collection)
        return True

    def _is_sparse(self, collection: str) -> bool:
        """Whether the rows of a collection hold their words: those of a server that could not have not."""
        return "words" in {field["name"] for field in self._milvus.work("describe_collection", collection)["fields"]}

    def _create(self, collection: str, schema: Any, indexes: Any) -> None:
        # With its indexes given at once it would be loaded at once, without replicas.
        self._milvus.work("create_collection", collection, schema=schema, consistency_level="Bounded")
        self._milvus.work("create_index", collection, indexes)
        self._load(collection)

    def _load(self, collection: str) -> None:
        """Load a collection, unless it is; how many replicas it has can only be said here."""
        state = self._milvus.work("get_load_state", collection)["state"]
        if getattr(state, "name", state) != "Loaded":
            self._milvus.work("load_collection", collection, replica_number=self._replicas, seconds=_LONG_SECONDS)

    def _sent(self, collection: str, firsts: Sequence[int], total: int) -> int:
        """How many of the batches that begin with these rows are there: they are sent in their order."""

        def is_there(first: int) -> bool:
            ends = sorted({first, min(first + _ROWS, total) - 1})
            wanted: dict[str, Any] = {"filter": f"row in {ends}", "output_fields": ["row"]}
            found = self._milvus.work("query", collection, **wanted, consistency_level="Strong")
            return sorted(entity["row"] for entity in found) == ends

        return bisect_left(firsts, True, key=lambda first: not is_there(first))

    def _insert(self, collection: str, entities: list[dict[str, Any]], *, anew: bool) -> None:
        """Send rows; where some may be there already, `anew`, these are replaced. A server that is busy is waited for.

        Servers limit how fast they take new rows, and not how fast they replace some.
        """
        for attempt in range(_TRIES):
            try:
                self._milvus.work("upsert" if anew or attempt else "insert", collection, entities, seconds=120.0)
            except IndexAway:
                if attempt == _TRIES - 1:
                    raise
                time.sleep(_WAIT_SECONDS * 2**attempt)
            else:
                return

    def _count(self, collection: str, consistency: str = "Strong") -> int:
        wanted: dict[str, Any] = {"filter": "", "output_fields": ["count(*)"], "consistency_level": consistency}
        return int(self._milvus.work("query", collection, **wanted)[0]["count(*)"])

    def _wait(self, collection: str, total: int) -> None:
        """Wait until rows are found by who asks as servers do, and quickly; after a while it is served as it is."""

        def is_ready() -> bool:
            pending = [
                self._milvus.work("describe_index", collection, name).get("pending_index_rows", 0)
                for name in self._milvus.work("list_indexes", collection)
            ]
            return not any(pending) and self._count(collection, "Bounded") == total

        until = time.monotonic() + _LONG_SECONDS
        while not is_ready() and time.monotonic() < until:
            time.sleep(_LOOK_SECONDS)

    def _send_files(self, collection: str, stamp: str, *sources: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        """Files by their names, unless those of this stamp are there; the first of the sources are those to be listed.

        Of a generation whose files differ, since it was calibrated anew, they are replaced.
        """
        there = (
            read_list(self._milvus.work, collection, consistency_level="Strong")
            if self._is_usable(collection)
            else None
        )
        if there and there.stamp == stamp:
            return
        if there is None:
            self._milvus.work("drop_collection", collection)
            self._create(collection, layout.file_schema(), layout.file_indexes())
        listed: dict[str, int] = {}

        def pieces() -> Iterator[dict[str, Any]]:
            for number, source in enumerate(sources):
                for name, data in source():
                    of_one = layout.pieces(name, data)
                    if number == 0:
                        listed[name] = len(of_one)
                    yield from of_one

        every, count = pieces(), 0
        while some := list(islice(every, _PIECES)):
            self._insert(collection, some, anew=there is not None)
            count += len(some)
        self._milvus.work("flush", collection, seconds=_LONG_SECONDS)
        if self._count(collection) < count:
            self._milvus.work("drop_collection", collection)
            raise IndexAway(f"Milvus lost some of the {count} pieces of files sent to it; run 'chatbot build' again")
        last = layout.pieces(layout.LIST, Listed(listed, stamp).piece())
        self._insert(collection, last, anew=there is not None)
        self._milvus.work("flush", collection, seconds=_LONG_SECONDS)
        self._wait(collection, self._count(collection))

    def _read_back(self, files: str, aside: Path) -> None:
        """Take them as a server will. Raises IndexAway where they are not what was sent."""
        take(self._milvus.work, files, aside)
        try:
            verify(aside)
        except IndexDamaged as error:
            self._milvus.work("drop_collection", files)
            raise IndexAway(
                f"what Milvus gives is not what was sent: {error.file}; run 'chatbot build' again"
            ) from error


class _Rows:
    """The passages of an index as rows for Milvus."""

    def __init__(self, index: LocalIndex, *, sparse: bool) -> None:
        self._index = index
        self._tags = [layout.tags(article) for article in index.store.articles()]
        self._digests = index.store.digests()
        self._words = index.lexical_index.by_row() if sparse else None

    def entities(self, rows: Rows) -> Iterator[dict[str, Any]]:
        """Those of some rows."""
        index, sentences = self._index, self._index.sentence_vectors
        vectors, hubs = index.vectors(rows), index.hubs(rows)
        for place, (row, passage) in enumerate(zip(rows.tolist(), index.passages(rows), strict=True)):
            own, number = sentences.of(row), int(index.article_of[row])
            entity = {
                "row": row,
                "article": number,
                **self._tags[number],
                "hub": float(hubs[place]),
                "vector": vectors[place],
                "passage": layout.packed(passage, self._digests[row]),
                "sentences": layout.packed_sentences(
                    *(sentences.spans[own], sentences.scales[own], sentences.codes[own], passage)
                ),
            }
            yield entity | {"words": self._words(row)} if self._words else entity


def _write_small(index: LocalIndex, folder: Path, small: Path, *, sparse: bool) -> None:
    """Write the files that a server reads of a generation."""
    for name in layout.read_by_servers(index.manifest.files, sparse=sparse):
        (small / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(folder / name, small / name)
    write_store(index.store.articles(), (), small / layout.ARTICLES)
    (small / layout.HEADINGS).write_text(json.dumps(index.store.headings()), encoding="utf-8")
    write_manifest(index.manifest, small)


def _texts(index: LocalIndex) -> Iterator[tuple[str, bytes]]:
    """The text of each article."""
    for number, article in enumerate(index.store.articles()):
        whole = index.store.article(article.id)
        yield f"{layout.TEXTS}{number}", (whole.text if whole else "").encode()
