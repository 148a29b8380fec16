"""Has anything changed since a generation was built? Decided by content, never by time stamps.

Neither NumPy, FAISS nor a model is loaded to find out, so that a build with nothing to do is over in a blink.
"""

from __future__ import annotations

import hashlib
import json
import time
from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path

from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError, IndexDamaged, IndexMismatch, IndexMissing, ModelError, SettingsError
from chatbot.indexing.building.report import BuildReport, compare
from chatbot.indexing.generation.manifest import Manifest, verify
from chatbot.indexing.generation.passage_store import expired_in
from chatbot.indexing.generation.publication import ENCODERS, current, prune, sweep, writing
from chatbot.indexing.model.encoder_card import read_card
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.settings import Settings

# Part of every generation's name: raise it when the same files would give other passages, terms, vectors or reasons.
RECIPE = 7


def recipe_of(settings: Settings, window: int) -> str:
    """16 hex digits of everything but the articles and the model that decides passages, terms and vectors.

    `window` is the most tokens of one text that the model reads.
    """
    made_of = {
        "recipe": RECIPE,
        "version": version("career-chatbot"),
        "passages": settings.passages.model_dump(),
        "window": window,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


def corpus_digests(settings: Settings) -> dict[str, str]:
    """The SHA-256 of each file by its path under the corpus folder, empty where it cannot be read.

    Raises SettingsError where there is no such folder.
    """
    if not settings.corpus_dir.is_dir():
        wrong = "is no folder" if settings.corpus_dir.exists() else "does not exist"
        raise SettingsError(
            f"corpus folder {settings.corpus_dir} {wrong}; create it or set corpus_dir to the folder of articles"
        )
    return {path: _digest(settings, path) for path in find_files(settings.corpus_dir)}


def same_files(now: Mapping[str, str], manifest: Manifest) -> bool:
    """Whether a generation was read from what is there now.

    A file that cannot be read may be readable the next time and is never the same.
    """
    return all(now.values()) and dict(now) == {**manifest.articles, **manifest.others}


def nothing_new(now: Mapping[str, str], manifest: Manifest, settings: Settings) -> bool:
    """Whether reading the files again could not give anything else than a generation has."""
    return same_files(now, manifest) and not any(
        is_tried_again(reason, settings) for reason in manifest.left_out.values()
    )


def is_tried_again(reason: str, settings: Settings) -> bool:
    """Whether a file that was left out for this reason may be usable now, though it is the same.

    The limit that kept it out may be another one, and so may the load of the machine.
    """
    return "max_" in reason and f"max_passages_per_file ({settings.max_passages_per_file:,})" not in reason


def _digest(settings: Settings, path: str) -> str:
    try:
        return hashlib.sha256(read_bytes(settings.corpus_dir, path, settings.max_file_mb)).hexdigest()
    except ContentError:
        return ""


def nothing_to_do(settings: Settings) -> BuildReport | None:
    """What `build` reports where the published generation is whole and is what a build would publish; else None.

    Like a build, it holds the lock and clears what killed builds left. Raises IndexLocked, SettingsError, ModelError.
    """
    began = time.perf_counter()
    index_dir = settings.index_dir
    with writing(index_dir, create=True):
        sweep(index_dir)
        manifest = _published(index_dir)
        if (
            not manifest
            or not nothing_new(corpus_digests(settings), manifest, settings)
            or not made_by(settings, manifest)
        ):
            return None
        prune(index_dir, settings.keep_generations)
    return BuildReport(
        generation=manifest.generation,
        published=False,
        again=False,
        changes=compare(manifest.articles, manifest.articles, manifest.left_out),
        articles=len(manifest.articles),
        passages=manifest.passages,
        embedded=0,
        expired=expired_in(index_dir / manifest.generation),
        effect=None,
        seconds=time.perf_counter() - began,
    )


def _published(index_dir: Path) -> Manifest | None:
    try:
        return verify(index_dir / current(index_dir))
    except (IndexMissing, IndexDamaged, IndexMismatch):
        return None


def made_by(settings: Settings, manifest: Manifest) -> bool:
    """Whether a generation was made with these settings and this model, whose encoder is whole."""
    if fingerprint(locate_model(settings.model)) != manifest.encoder:
        return False
    try:
        card = read_card(settings.index_dir / ENCODERS / manifest.encoder)
    except ModelError:
        return False
    return recipe_of(settings, card.window) == manifest.settings
