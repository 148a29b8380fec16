"""What a server keeps of the generation that Milvus serves: its small files, taken once and verified.

They lie in a folder like those of a build, with CURRENT, so that whoever answers follows them in the same way.
"""

from __future__ import annotations

import logging
import threading
from contextlib import suppress
from pathlib import Path

from chatbot.disk import file_digest, rename_folder, sync_tree
from chatbot.errors import ChatbotError, IndexAway, IndexLocked, IndexMissing
from chatbot.indexing.generation.manifest import MANIFEST, read_manifest, verify
from chatbot.indexing.generation.publication import ENCODERS, discard, prune, publish, served, sweep, writing
from chatbot.indexing.milvus import layout
from chatbot.indexing.milvus.connection import Connection, connection_to
from chatbot.indexing.milvus.reading import read_list, served_by, take
from chatbot.settings import Settings

_log = logging.getLogger(__name__)

_KEPT = 2
LOOK_SECONDS = 2.0


def follow_milvus(settings: Settings, *, anew: bool = False) -> None:
    """Take what is served now, unless it is here, or also then where it is to be taken `anew`.

    Raises IndexAway, IndexLocked while another process takes it, and IndexMissing where nothing is served.
    """
    # Of its own: that an alias can be asked for says nothing of searches, and what hangs there hangs no visitor.
    milvus, name = connection_to(settings.milvus, "following"), settings.milvus.collection
    folder, generation = settings.served_dir, served_by(milvus.ask, name)
    if generation is None:
        raise IndexMissing(
            f"Milvus at {settings.milvus.uri} serves nothing under the name '{name}' yet; run 'chatbot build' where "
            "the articles are"
        )
    files = layout.files_in(name, generation)
    if not anew and served(folder) == generation and _stamp(folder / generation) == _sent(milvus, files):
        return
    with writing(folder, create=True):
        sweep(folder)
        here = folder / generation
        if anew or _stamp(here) != _sent(milvus, files):
            aside = _aside(here)
            take(milvus.work, files, aside)
            _take_encoder(settings, milvus, read_manifest(aside).encoder)
            verify(aside)
            sync_tree(aside)
            if here.exists():
                discard(here)
            rename_folder(aside, here)
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
                _look_whether_back(settings)
            except IndexLocked:
                continue  # another process of this machine takes it
            except IndexAway as error:
                trouble = "" if answering.away else str(error)  # which has been logged then
            except ChatbotError as error:
                trouble = str(error)
            except Exception as error:  # a thread that ended would leave this server behind for good
                trouble = repr(error)
            if trouble and not said:
                _log.warning("what is served cannot be followed just now: %s", trouble)
            elif said and not trouble:
                _log.warning("what is served is followed again")
            said = trouble

    answering = connection_to(settings.milvus, "answering")
    answering.tells = True
    threading.Thread(target=follow, name="milvus", daemon=True).start()


def _look_whether_back(settings: Settings) -> None:
    """Where questions found Milvus away, ask as they do: who watches this server hears when it is back."""
    milvus, generation = connection_to(settings.milvus, "answering"), served(settings.served_dir)
    if milvus.away and generation:
        passages = layout.passages_in(settings.milvus.collection, generation)
        with suppress(IndexAway):
            milvus.ask("query", passages, filter="row in [0]", output_fields=["row"])


def _take_encoder(settings: Settings, milvus: Connection, encoder: str) -> None:
    """Bring an encoder here, unless it is here; the image of a container may bring it along."""
    places = [place / ENCODERS / encoder for place in (settings.served_dir, settings.index_dir)]
    sent = layout.encoder_in(settings.milvus.collection, encoder)
    if not any(map(Path.is_dir, places)) and milvus.ask("has_collection", sent):
        aside = _aside(places[0])
        take(milvus.work, sent, aside)
        sync_tree(aside)
        rename_folder(aside, places[0])


def _sent(milvus: Connection, files: str) -> str:
    listed = read_list(milvus.ask, files)
    if listed is None:
        raise IndexAway(f"the files of {files} have not all arrived")
    return listed.stamp


def _stamp(folder: Path) -> str:
    """That of the files in a folder, "" where there are none."""
    manifest = folder / MANIFEST
    return file_digest(manifest) if manifest.is_file() else ""


def _aside(folder: Path) -> Path:
    return folder.with_name(f".building-{folder.name}")
