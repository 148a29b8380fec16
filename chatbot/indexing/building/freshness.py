"""Has anything changed since a generation was built? Decided by content, never by time stamps.

Neither NumPy, FAISS nor a model is loaded to find out, so that a build with nothing to do is over in a blink.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError, ModelError, SettingsError
from chatbot.indexing.generation.manifest import Generations, Manifest
from chatbot.indexing.generation.publication import ENCODERS, served
from chatbot.indexing.model.encoder_card import read_card
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.installation import VERSION
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.indexing.model.embedder import Embedder

# Part of every generation's name: raise it when the same files would give other passages, terms, vectors or reasons.
RECIPE = 13


def recipe_of(settings: Settings) -> str:
    """16 hex digits of everything but the articles and the model that decides passages, terms and vectors."""
    made_of = {"recipe": RECIPE, "version": VERSION, "passages": settings.passages.model_dump()}
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


class CorpusFiles:
    """The files of the corpus folder as they were when each was first looked at: read and hashed once.

    `now` is the moment of that, which decides what is public. Whoever asks for a digest may keep the file's bytes for
    who reads it; `forget` them, where nobody will.
    """

    def __init__(self, settings: Settings, now: datetime | None = None) -> None:
        """Raises SettingsError where there is no such folder."""
        if not settings.corpus_dir.is_dir():
            wrong = "is no folder" if settings.corpus_dir.exists() else "does not exist"
            raise SettingsError(
                f"corpus folder {settings.corpus_dir.absolute()} {wrong}; create it, set corpus_dir to the folder of "
                "articles, or go to the folder of a site that 'chatbot init' began"
            )
        self.paths = find_files(settings.corpus_dir)
        self.now = now or datetime.now().astimezone()
        self._settings = settings
        self._digests: dict[str, str] = {}
        self._kept: dict[str, bytes] = {}

    def digest(self, path: str, *, keep: bool = False) -> str:
        """The SHA-256 of a file, empty where it cannot be read."""
        if path not in self._digests:
            try:
                data = self.read(path)
            except ContentError:
                self._digests[path] = ""
            else:
                if keep:
                    self._kept[path] = data
        return self._digests[path]

    def read(self, path: str) -> bytes:
        """The bytes of a file, of which it then has the digest. Raises ContentError."""
        data = self._kept.pop(path, None)
        if data is None:
            data = read_bytes(self._settings.corpus_dir, path, self._settings.max_file_mb)
            self._digests[path] = hashlib.sha256(data).hexdigest()
        return data

    def forget(self, path: str) -> None:
        self._kept.pop(path, None)

    def digests(self) -> dict[str, str]:
        """The digest of each file by its path under the corpus folder."""
        return {path: self.digest(path) for path in self.paths}


def corpus_digests(settings: Settings) -> dict[str, str]:
    """The SHA-256 of each file by its path under the corpus folder, empty where it cannot be read.

    Raises SettingsError where there is no such folder.
    """
    return CorpusFiles(settings).digests()


def same_files(now: Mapping[str, str], manifest: Manifest) -> bool:
    """Whether a generation was read from what is there now.

    A file that cannot be read may be readable the next time and is never the same.
    """
    return all(now.values()) and dict(now) == {**manifest.articles, **manifest.others}


def nothing_new(files: CorpusFiles, manifest: Manifest, settings: Settings) -> bool:
    """Whether reading the files again could not give anything else than a generation has.

    Only as many files are read as it takes to tell; the bytes of one that will be parsed are kept.
    """
    then = {**manifest.articles, **manifest.others}
    if then.keys() != set(files.paths) or any(manifest.is_due(path, files.now) for path in manifest.due):
        return False
    if not manifest.keeps_to(settings.max_passages_per_file) or any(one.retry for one in manifest.left_out.values()):
        return False
    # What is parsed in any case comes last: its bytes are kept only where nothing else has changed.
    for path in sorted(files.paths, key=lambda path: is_parsed_again(path, manifest, settings)):
        if not then[path] or files.digest(path, keep=True) != then[path]:
            return False
        if not is_parsed_again(path, manifest, settings):
            files.forget(path)
    return True


def is_parsed_again(path: str, manifest: Manifest, settings: Settings) -> bool:
    """Whether a build parses a file though it is the same: it gave no article, and not by itself alone."""
    if path in manifest.articles:
        return False
    left_out = manifest.left_out.get(path)
    return not left_out or left_out.beside or left_out.is_tried_again(settings.max_passages_per_file)


@dataclass(frozen=True, slots=True)
class Freshness:
    """What was found before a build: the files of the corpus, the generations that were verified, and the manifest of
    the published one where it is whole and all that a build would publish, None where there is something to build.
    """

    files: CorpusFiles
    generations: Generations
    unchanged: Manifest | None


def check(settings: Settings, embedder: Embedder | None, now: datetime | None = None) -> Freshness:
    """Compare the published generation with the files, the settings and the model, or the embedder where there is one.

    For the holder of the lock only. Raises SettingsError, ModelError.
    """
    files, generations = CorpusFiles(settings, now), Generations(settings.index_dir)
    name = served(settings.index_dir)
    manifest = generations.whole(name) if name else None
    if manifest and nothing_new(files, manifest, settings) and made_by(settings, manifest, embedder):
        return Freshness(files, generations, manifest)
    return Freshness(files, generations, None)


def made_by(settings: Settings, manifest: Manifest, embedder: Embedder | None = None) -> bool:
    """Whether a generation was made with these settings and this model, whose encoder is whole."""
    if embedder:
        return (embedder.fingerprint, recipe_of(settings)) == (manifest.encoder, manifest.settings)
    if fingerprint(locate_model(settings.model)) != manifest.encoder:
        return False
    try:
        read_card(settings.index_dir / ENCODERS / manifest.encoder)
    except ModelError:
        return False
    return recipe_of(settings) == manifest.settings
