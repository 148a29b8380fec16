"""What a server keeps of the generation that Milvus serves: its small files, taken once and verified.

They lie in a folder like those of a build, with CURRENT, so that whoever answers follows them in the same way.
"""

from __future__ import annotations

import base64
import json
import logging
import shutil
import threading
from pathlib import Path

from chatbot.disk import rename_folder
from chatbot.errors import ChatbotError, IndexAway, IndexLocked, IndexMissing
from chatbot.indexing.generation.manifest import read_manifest, verify
from chatbot.indexing.generation.publication import ENCODERS, prune, publish, served, sweep, writing
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection, connection_to
from chatbot.indexing.milvus.sending import served_by
from chatbot.settings import Settings

_log = logging.getLogger(__name__)

_AT_ONCE = 32  # pieces: some 2 MB
_KEPT = 2
LOOK_SECONDS = 2.0


def follow_milvus(settings: Settings) -> None:
    """Take what is served now, unless it is here. Raises IndexAway, and IndexMissing where nothing is served."""
    milvus, name, folder = connection_to(settings.milvus), settings.milvus.collection, settings.served_dir
    generation = served_by(milvus, name)
    if generation is None:
        raise IndexMissing(
            f"Milvus at {settings.milvus.uri} serves nothing under the name '{name}' yet; run 'chatbot build' where "
            "the articles are"
        )
    if served(folder) == generation:
        return
    with writing(folder, create=True):
        sweep(folder)
        if not (folder / generation).is_dir():
            manifest = read_manifest(_taken(milvus, layout.files_in(name, generation), folder, generation))
            encoder, sent = folder / ENCODERS / manifest.encoder, layout.encoder_in(name, manifest.encoder)
            # The image of a container may bring it along.
            is_here = encoder.is_dir() or (settings.index_dir / ENCODERS / manifest.encoder).is_dir()
            if not is_here and milvus.ask("has_collection", sent):
                encoder.parent.mkdir(exist_ok=True)
                _taken(milvus, sent, encoder.parent, manifest.encoder)
                rename_folder(_aside(encoder.parent, manifest.encoder), encoder)
            verify(_aside(folder, generation))
            rename_folder(_aside(folder, generation), folder / generation)
        publish(folder, generation)
        prune(folder, _KEPT)


def keep_following(settings: Settings, stop: threading.Event) -> None:
    """Take what is served as it changes, in a thread of its own until `stop`; says once why it cannot."""

    def follow() -> None:
        said = ""
        while not stop.wait(LOOK_SECONDS):
            trouble = ""
            try:
                follow_milvus(settings)
            except (IndexAway, IndexLocked):
                continue  # which has been logged; another process of this machine takes it
            except ChatbotError as error:
                trouble = str(error)
            except Exception as error:  # a thread that ended would leave this server behind for good
                trouble = repr(error)
            if trouble and not said:
                _log.warning("what is served cannot be followed just now: %s", trouble)
            elif said and not trouble:
                _log.warning("what is served is followed again")
            said = trouble

    threading.Thread(target=follow, name="milvus", daemon=True).start()


def _aside(folder: Path, name: str) -> Path:
    return folder / f".building-{name}"


def _taken(milvus: Connection, collection: str, folder: Path, name: str) -> Path:
    """The files of a collection in a folder aside."""
    aside = _aside(folder, name)
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    names = json.loads(read_file(milvus, collection, layout.LIST))
    for file in names:
        path = aside / file
        if not path.resolve().is_relative_to(aside.resolve()):
            raise IndexAway(f"collection {collection} names a file outside of its folder: {file!r}; nothing was taken")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(read_file(milvus, collection, file))
    return aside


def read_file(milvus: Connection, collection: str, name: str) -> bytes:
    """A file that was sent, b"" where there is none of this name. Raises IndexAway."""
    data: list[bytes] = []
    while True:
        wanted = f"name == {json.dumps(name, ensure_ascii=False)} and part >= {len(data)}"
        wanted += f" and part < {len(data) + _AT_ONCE}"
        found = milvus.work("query", collection, filter=wanted, output_fields=["part", "data"], seconds=30.0)
        data += [base64.b64decode(one["data"]) for one in sorted(found, key=lambda one: int(one["part"]))]
        if len(found) < _AT_ONCE:
            return b"".join(data)
