"""A build that has nothing to do, in a fraction of a second: neither NumPy, FAISS nor a model is loaded to find out."""

from __future__ import annotations

import time
from pathlib import Path

from chatbot.errors import IndexDamaged, IndexMismatch, IndexMissing, ModelError
from chatbot.indexing.card import read_card
from chatbot.indexing.changes import BuildReport, compare
from chatbot.indexing.manifest import Manifest, verify
from chatbot.indexing.model import fingerprint, locate_model
from chatbot.indexing.pinned import expired_in
from chatbot.indexing.seen import corpus_digests, nothing_new, recipe_of
from chatbot.indexing.snapshot import ENCODERS, current, prune, sweep, writing
from chatbot.settings import Settings


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
