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
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from chatbot.arrays import Rows
from chatbot.errors import IndexAway
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import Manifest, read_manifest, write_manifest
from chatbot.indexing.generation.passage_store import write_store
from chatbot.indexing.generation.publication import ENCODERS
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection, connection_to
from chatbot.indexing.model.encoder import question_files
from chatbot.settings import Settings

OnStep = Callable[[str, int, int], None]

_ROWS = 250  # at once: some 4 MB, of which servers take 64
_PIECES = 50
_TRIES = 5
_WAIT_SECONDS = 2.0
_LOOK_SECONDS, _SEEN_SECONDS = 0.2, 60.0


def serve_from_milvus(settings: Settings, generation: str, on_step: OnStep = lambda _name, _done, _total: None) -> None:
    """Send a generation of the index folder, whole or what of it is missing, and let it be served.

    Generations that the index folder no longer has are removed. Raises IndexAway, after which what was served is served
    still, and CorpusIndexError for a passage that does not fit.
    """
    connection, name = connection_to(settings.milvus), settings.milvus.collection
    manifest = read_manifest(settings.index_dir / generation)
    sender = _Sender(connection, name, settings.milvus.replicas, on_step)
    sender.send_encoder(settings.index_dir / ENCODERS / manifest.encoder, manifest.encoder)
    sender.send(settings.index_dir / generation, manifest)
    sender.point_to(generation)
    sender.keep(settings.index_dir)


class _Sender:
    """Sends to the collections whose names begin with `name`."""

    def __init__(self, connection: Connection, name: str, replicas: int, on_step: OnStep) -> None:
        self._milvus = connection
        self._name = name
        self._replicas = replicas
        self._on_step = on_step

    def send_encoder(self, folder: Path, encoder: str) -> None:
        """What a question takes of an encoder, unless it is there."""
        if folder.is_dir():
            self._send_files(layout.encoder_in(self._name, encoder), lambda: question_files(folder).items())

    def send(self, folder: Path, manifest: Manifest) -> None:
        """A generation, unless it is there."""
        files = layout.files_in(self._name, manifest.generation)
        if self._is_whole(files):
            return
        sparse = self._milvus.sparse
        index = LocalIndex(folder, manifest)
        try:
            self._send_passages(index, sparse=sparse)
            self._send_files(files, lambda: _small(index, folder, sparse=sparse))
        finally:
            index.close()

    def point_to(self, generation: str) -> None:
        """Let a generation be served that is whole."""
        passages = layout.passages_in(self._name, generation)
        for collection in (passages, layout.files_in(self._name, generation)):
            self._load(collection)
        there = self._names()
        served = self.served()
        if served is None:
            self._milvus.work("create_alias", passages, self._name)
        elif served != generation:
            self._milvus.work("alter_alias", passages, self._name)
        # Servers that have not followed yet ask the one before.
        kept = {passages, layout.passages_in(self._name, served or generation)}
        for collection in there:
            if layout.read_name(self._name, collection)[0] == "passages" and collection not in kept:
                self._milvus.work("release_collection", collection)

    def served(self) -> str | None:
        """The generation that is served."""
        return served_by(self._milvus, self._name)

    def keep(self, index_dir: Path) -> None:
        """Remove generations and encoders that the index folder no longer has."""
        served = self.served()
        for collection in self._names():
            kind, one = layout.read_name(self._name, collection)
            folder = index_dir / ENCODERS if kind == "encoder" else index_dir
            if kind and one != served and not (folder / one).is_dir():
                self._milvus.work("drop_collection", collection)

    def _names(self) -> list[str]:
        names = self._milvus.work("list_collections")
        return sorted(name for name in names if name.startswith(f"{self._name}_"))

    def _send_passages(self, index: LocalIndex, *, sparse: bool) -> None:
        collection, total = layout.passages_in(self._name, index.generation), len(index)
        if not self._milvus.work("has_collection", collection):
            self._create(
                collection, layout.schema(index.manifest.dim, sparse=sparse), layout.indexes(total, sparse=sparse)
            )
        self._load(collection)
        rows = _Rows(index, sparse=sparse)
        firsts = range(0, total, _ROWS)
        begun = self._sent(collection, firsts, total)
        for number, first in enumerate(firsts[begun:]):
            self._on_step("sending", first, total)
            some = np.arange(first, min(first + _ROWS, total))
            self._insert(collection, list(rows.entities(some)), anew=number == 0)
        self._milvus.work("flush", collection)
        self._counted(collection, total)
        self._on_step("sending", total, total)

    def _create(self, collection: str, schema: Any, indexes: Any) -> None:
        # With its indexes given at once it would be loaded at once, without replicas.
        self._milvus.work("create_collection", collection, schema=schema, consistency_level="Bounded")
        self._milvus.work("create_index", collection, indexes)

    def _load(self, collection: str) -> None:
        """Load a collection, unless it is; how many replicas it has can only be said here."""
        state = self._milvus.work("get_load_state", collection)["state"]
        if getattr(state, "name", state) != "Loaded":
            self._milvus.work("load_collection", collection, replica_number=self._replicas)

    def _sent(self, collection: str, firsts: Sequence[int], total: int) -> int:
        """How many of the batches that begin with these rows are there: they are sent in their order."""

        def is_there(first: int) -> bool:
            ends = sorted({first, min(first + _ROWS, total) - 1})
            wanted: dict[str, Any] = {
                "filter": f"row in {ends}",
                "output_fields": ["row"],
                "consistency_level": "Strong",
            }
            found = self._milvus.work("query", collection, **wanted)
            return sorted(entity["row"] for entity in found) == ends

        return bisect_left(firsts, True, key=lambda first: not is_there(first))

    def _insert(self, collection: str, entities: list[dict[str, Any]], *, anew: bool = False) -> None:
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

    def _counted(self, collection: str, total: int) -> None:
        """Wait until every row can be found by who asks as servers do. Raises IndexAway where one has not arrived."""
        found = self._count(collection, "Strong")
        if found != total:
            raise IndexAway(
                f"Milvus holds {found} of the {total} rows that were sent to {collection}; run 'chatbot build' again, "
                "which sends what is missing"
            )
        waited = 0.0
        while self._count(collection, "Bounded") != total and waited < _SEEN_SECONDS:
            time.sleep(_LOOK_SECONDS)
            waited += _LOOK_SECONDS

    def _count(self, collection: str, consistency: str) -> int:
        wanted: dict[str, Any] = {"filter": "", "output_fields": ["count(*)"], "consistency_level": consistency}
        return int(self._milvus.work("query", collection, **wanted)[0]["count(*)"])

    def _is_whole(self, collection: str) -> bool:
        """Whether a collection of files is there with the list of them, which is sent last."""
        if not self._milvus.work("has_collection", collection):
            return False
        self._load(collection)
        wanted: dict[str, Any] = {
            "filter": f'name == "{layout.LIST}"',
            "output_fields": ["part"],
            "consistency_level": "Strong",
        }
        return bool(self._milvus.work("query", collection, **wanted))

    def _send_files(self, collection: str, files: Callable[[], Iterable[tuple[str, bytes]]]) -> None:
        """Files by their names, all of them anew where not all are there."""
        if self._is_whole(collection):
            return
        if self._milvus.work("has_collection", collection):
            self._milvus.work("drop_collection", collection)
        self._create(collection, layout.file_schema(), layout.file_indexes())
        self._load(collection)
        names: list[str] = []
        pieces, count = layout.pieces(files(), names), 0
        while some := list(islice(pieces, _PIECES)):
            self._insert(collection, some)
            count += len(some)
        self._milvus.work("flush", collection)
        self._counted(collection, count)
        listed = list(layout.pieces([(layout.LIST, json.dumps(names).encode())], []))
        self._insert(collection, listed)
        self._milvus.work("flush", collection)
        self._counted(collection, count + len(listed))


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


def _small(index: LocalIndex, folder: Path, *, sparse: bool) -> Iterator[tuple[str, bytes]]:
    """The files that a server reads of a generation, and the text of each article."""
    with tempfile.TemporaryDirectory(prefix="chatbot-") as place:
        aside = Path(place) / index.generation
        aside.mkdir()
        for name in layout.read_by_servers(index.manifest.files, sparse=sparse):
            (aside / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(folder / name, aside / name)
        articles = index.store.articles()
        write_store(articles, (), aside / layout.ARTICLES)
        (aside / layout.HEADINGS).write_text(json.dumps(index.store.headings()), encoding="utf-8")
        write_manifest(index.manifest, aside)
        yield from layout.files_of(aside)
    for number, article in enumerate(articles):
        whole = index.store.article(article.id)
        yield f"{layout.TEXTS}{number}", (whole.text if whole else "").encode()


def served_by(milvus: Connection, name: str) -> str | None:
    """The generation that the alias `name` leads to, None where there is no such alias. Raises IndexAway."""
    if not milvus.ask("has_collection", name):
        return None
    return layout.read_name(name, milvus.ask("describe_collection", name)["collection_name"])[1] or None
