"""The writing flow: read what changed, embed what is new, write a generation aside, verify it, publish it.

Whatever an unchanged file or an unchanged passage gave in the previous generation is taken over, so that a build costs
what changed. A partial build and a full one of the same corpus give the same generation.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from importlib.metadata import version
from pathlib import Path

from chatbot.errors import CorpusIndexError, IndexDamaged, IndexMismatch, IndexMissing, NothingToIndex
from chatbot.indexing.disk import sync
from chatbot.indexing.embedding import Embedder, ModelEmbedder
from chatbot.indexing.passage_index import LocalIndex
from chatbot.indexing.reading import Corpus, read_corpus
from chatbot.indexing.reuse import gather
from chatbot.indexing.snapshot import (
    ENCODERS,
    FORMAT,
    Manifest,
    candidates,
    current,
    discard,
    generation_name,
    prune,
    publish,
    sweep,
    verify,
    write_manifest,
    writing,
)
from chatbot.settings import Settings

# Part of every generation's name: raise it when the same files would give other passages, terms or vectors.
RECIPE = 1

OnStep = Callable[[str, int, int], None]
Calibrate = Callable[[LocalIndex, Embedder], dict[str, float]]
Read = Callable[[Settings, Embedder, LocalIndex | None, OnStep], Corpus]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did. Files are named by their paths under the corpus folder; `left_out` gives each one's reason.

    `embedded` counts the passages whose vectors were computed rather than taken over. `published` is False where
    nothing had changed.
    """

    generation: str
    published: bool
    added: tuple[str, ...]
    changed: tuple[str, ...]
    deleted: tuple[str, ...]
    unchanged: int
    left_out: dict[str, str]
    articles: int
    passages: int
    embedded: int
    seconds: float


@dataclass(slots=True)
class _Run:
    """One build under way."""

    settings: Settings
    embedder: Embedder
    on_step: OnStep
    calibrate: Calibrate | None
    began: float = field(default_factory=time.perf_counter)


def build(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
    read: Read = read_corpus,
) -> BuildReport:
    """Bring the index up to the corpus and publish it; the lock is held throughout.

    `on_step` is told the name of each step and how far it is; `calibrate` computes what the manifest remembers about
    confidence; `read` says where articles come from. Raises IndexLocked, NothingToIndex, ModelError, SettingsError, or
    CorpusIndexError where the disk refuses; in each case the generation that was served before is served still.
    """
    index_dir = settings.index_dir
    try:
        with writing(index_dir):
            on_step("preparing", 0, 1)
            sweep(index_dir)
            run = _Run(settings, embedder or ModelEmbedder(settings.model, index_dir / ENCODERS), on_step, calibrate)
            return _build(run, read)
    except OSError as error:
        place = error.filename or index_dir
        raise CorpusIndexError(
            f"the index cannot be written: {place}: {error.strerror or error}; the old index is untouched; "
            "free space or mend the permissions, then run 'chatbot build' again"
        ) from error


def newest_good(index_dir: Path) -> LocalIndex | None:
    """The generation to take over from: the current one, or the newest that is whole."""
    for name in candidates(index_dir):
        try:
            return LocalIndex.open(index_dir / name)
        except (IndexDamaged, IndexMismatch):
            continue
    return None


def _build(run: _Run, read: Read) -> BuildReport:
    index_dir = run.settings.index_dir
    old = newest_good(index_dir)
    recipe = _recipe(run)
    usable = (
        old if old and (old.manifest.settings, old.manifest.encoder) == (recipe, run.embedder.fingerprint) else None
    )
    corpus = read(run.settings, run.embedder, usable, run.on_step)
    if not corpus.passages:
        raise NothingToIndex(_nothing(run.settings, corpus))
    manifest = _manifest(run, corpus, recipe)
    embedded = 0
    published = not _is_served(index_dir, manifest.generation)
    if published and not _is_whole(index_dir / manifest.generation):
        embedded = _write(run, corpus, manifest, usable)
    if published:
        run.on_step("publishing", 0, 1)
        publish(index_dir, manifest.generation)
    # Also where nothing was published: a build that was killed may have left generations behind.
    run.on_step("pruning", 0, 1)
    prune(index_dir, run.settings.keep_generations)
    return _report(run, corpus, manifest, old, embedded, published)


def _write(run: _Run, corpus: Corpus, manifest: Manifest, old: LocalIndex | None) -> int:
    index_dir = run.settings.index_dir
    final = index_dir / manifest.generation
    aside = index_dir / f".building-{manifest.generation}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        parts, embedded = gather(corpus, run.embedder, old, run.on_step)
        run.on_step("writing", 0, 1)
        parts.write(aside)
        if run.calibrate:
            run.on_step("calibrating", 0, 1)
            manifest = replace(manifest, calibration=run.calibrate(LocalIndex(aside, manifest), run.embedder))
        run.on_step("sealing", 0, 1)
        write_manifest(manifest, aside)
        run.on_step("verifying", 0, 1)
        LocalIndex.open(aside).close()
        run.on_step("renaming", 0, 1)
        if final.exists():
            discard(final)
        aside.rename(final)
        sync(index_dir)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return embedded


def _recipe(run: _Run) -> str:
    made_of = {
        "recipe": RECIPE,
        "version": version("career-chatbot"),
        "passages": run.settings.passages.model_dump(),
        "window": run.embedder.window,
    }
    return hashlib.sha256(json.dumps(made_of, sort_keys=True).encode()).hexdigest()[:16]


def _manifest(run: _Run, corpus: Corpus, recipe: str) -> Manifest:
    manifest = Manifest(
        format=FORMAT,
        generation="",
        settings=recipe,
        model=run.embedder.name,
        encoder=run.embedder.fingerprint,
        dim=run.embedder.dim,
        passages=len(corpus.passages),
        articles={article.path: article.sha256 for article in corpus.articles},
        left_out=corpus.left_out,
        calibration={},
        files={},
    )
    return replace(manifest, generation=generation_name(manifest))


def _is_served(index_dir: Path, generation: str) -> bool:
    try:
        return current(index_dir) == generation and _is_whole(index_dir / generation)
    except IndexMissing:
        return False


def _is_whole(folder: Path) -> bool:
    try:
        verify(folder)
    except (IndexDamaged, IndexMismatch):
        return False
    return True


def _nothing(settings: Settings, corpus: Corpus) -> str:
    if corpus.left_out:
        reasons = "; ".join(f"{path}: {reason}" for path, reason in list(corpus.left_out.items())[:3])
        return f"none of the {len(corpus.left_out)} files in {settings.corpus_dir} can be used ({reasons})"
    return f"{settings.corpus_dir} holds no articles; put Markdown (.md) or text (.txt) files there"


def _report(
    run: _Run, corpus: Corpus, manifest: Manifest, old: LocalIndex | None, embedded: int, published: bool
) -> BuildReport:
    before = old.manifest.articles if old else {}
    now = manifest.articles
    changed = tuple(sorted(path for path in now.keys() & before.keys() if now[path] != before[path]))
    return BuildReport(
        generation=manifest.generation,
        published=published,
        added=tuple(sorted(now.keys() - before.keys())),
        changed=changed,
        deleted=tuple(sorted(before.keys() - now.keys())),
        unchanged=len(now.keys() & before.keys()) - len(changed),
        left_out=corpus.left_out,
        articles=len(now),
        passages=len(corpus.passages),
        embedded=embedded,
        seconds=time.perf_counter() - run.began,
    )
