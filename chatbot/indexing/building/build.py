"""The writing flow: read what changed, embed what is new, write a generation aside, verify it, judge it, publish it.

Whatever an unchanged file or an unchanged passage gave in the previous generation is taken over, so that a build costs
what changed. A partial build and a full one of the same corpus give the same generation.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import date
from pathlib import Path

from chatbot.disk import sync
from chatbot.errors import IndexDamaged, IndexMismatch, NothingToIndex
from chatbot.indexing.building.assembly import gather, to_embed
from chatbot.indexing.building.corpus import Corpus, read_corpus, why_nothing
from chatbot.indexing.building.freshness import corpus_digests, nothing_new, recipe_of
from chatbot.indexing.building.report import BuildReport, Changes, Effect, OnStep, Plan, compare, objection, refuse
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import FORMAT, Manifest, generation_name, is_whole, remember, write_manifest
from chatbot.indexing.generation.passage_store import expired_pins
from chatbot.indexing.generation.publication import (
    ENCODERS,
    candidates,
    discard,
    drafts,
    history,
    prune,
    publish,
    served,
    sweep,
    writing,
)
from chatbot.indexing.model.embedder import Embedder, ModelEmbedder
from chatbot.settings import Settings

Calibrate = Callable[[LocalIndex, Embedder, LocalIndex | None], Calibrated]
Read = Callable[[Settings, Embedder, LocalIndex | None, OnStep], Corpus]
Measure = Callable[[LocalIndex | None, LocalIndex, Embedder], Effect | None]


@dataclass(slots=True)
class _Run:
    """One build under way."""

    settings: Settings
    embedder: Embedder
    on_step: OnStep
    calibrate: Calibrate | None
    measure: Measure | None
    read: Read = read_corpus
    began: float = field(default_factory=time.perf_counter)


@dataclass(frozen=True, slots=True)
class _Draft:
    """The corpus as read, what it would be published as, and what can be taken over from `usable`.

    `corpus` is None where no file differs from what `usable` was built from.
    """

    corpus: Corpus | None
    manifest: Manifest
    old: LocalIndex | None
    usable: LocalIndex | None


def build(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    measure: Measure | None = None,
    force: bool = False,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> BuildReport:
    """Bring the index up to the corpus and publish it; the lock is held throughout.

    `on_step` is told the name of each step and how far it is; `calibrate` asks the new generation questions of which
    it is known whether they are covered; `measure` what happens to the judged questions, by which the settings may
    refuse to publish, unless `force`. Raises IndexLocked, NothingToIndex, PublishRefused, ModelError, SettingsError, or
    CorpusIndexError where the disk refuses; in each case the generation that was served before is served still.
    """
    with _started(settings, embedder, on_step) as run:
        run.calibrate, run.measure = calibrate, measure
        return _build(run, force)


def build_from(
    read: Read,
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> BuildReport:
    """`build` of articles that `read` brings from elsewhere than the corpus folder."""
    with _started(settings, embedder, on_step) as run:
        run.calibrate, run.read = calibrate, read
        return _build(run, force=False)


def plan(
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    measure: Measure | None = None,
    draft: bool = False,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> Plan:
    """What `build` would do with the same arguments; nothing is published.

    With `measure` or `draft` the new generation is written, to be asked and to be published by the next build at no
    further cost. Raises what `build` raises, but PublishRefused.
    """
    with _started(settings, embedder, on_step) as run:
        run.calibrate, run.measure = calibrate, measure
        found = _drafted(run)
        ready = is_whole(settings.index_dir / found.manifest.generation)
        embed = 0 if found.corpus is None or ready else len(to_embed(found.corpus, found.usable))
        seconds = None if ready else _about(run, found, embed)
        if draft or measure:
            _write_once(run, found)
            discard_drafts(settings.index_dir, keep=found.manifest.generation)
            ready, seconds = True, None
        effect = _effect(run, found)
        return Plan(
            generation=found.manifest.generation,
            served=found.old.generation if found.old else None,
            changes=_changes(found),
            articles=len(found.manifest.articles),
            passages=found.manifest.passages,
            embed=embed,
            ready=ready,
            seconds=seconds,
            effect=effect,
            refused=objection(effect, settings.publish) if effect else "",
        )


@contextmanager
def _started(settings: Settings, embedder: Embedder | None, on_step: OnStep) -> Iterator[_Run]:
    """Hold the lock and clear what killed builds left."""
    index_dir = settings.index_dir
    with writing(index_dir, create=True):
        on_step("preparing", 0, 1)
        sweep(index_dir)
        yield _Run(settings, embedder or ModelEmbedder(settings.model, index_dir / ENCODERS), on_step, None, None)


def _build(run: _Run, force: bool) -> BuildReport:
    index_dir = run.settings.index_dir
    draft = _drafted(run)
    generation = draft.manifest.generation
    effect = None
    again = any(entry.generation == generation for entry in history(index_dir))
    published = draft.usable is None or generation != draft.usable.generation or served(index_dir) != generation
    embedded = _write_once(run, draft)
    if published:
        effect = _effect(run, draft)
        if effect and not force:
            refuse(effect, run.settings.publish)
        run.on_step("publishing", 0, 1)
        publish(index_dir, generation)
    # Also where nothing was published: a build that was killed may have left generations behind.
    run.on_step("pruning", 0, 1)
    prune(index_dir, run.settings.keep_generations)
    return BuildReport(
        generation=generation,
        published=published,
        again=again and published,
        changes=_changes(draft),
        articles=len(draft.manifest.articles),
        passages=draft.manifest.passages,
        embedded=embedded,
        expired=_expired(draft),
        effect=effect,
        seconds=time.perf_counter() - run.began,
    )


def _drafted(run: _Run) -> _Draft:
    old = newest_good(run.settings.index_dir)
    recipe = recipe_of(run.settings, run.embedder.window)
    usable = reusable(run.settings.index_dir, old, (recipe, run.embedder.fingerprint))
    found = corpus_digests(run.settings) if run.read is read_corpus else {}
    if usable and found and nothing_new(found, usable.manifest, run.settings):
        return _Draft(None, usable.manifest, old, usable)
    corpus = run.read(run.settings, run.embedder, usable, run.on_step)
    if not corpus.passages:
        raise NothingToIndex(why_nothing(run.settings, corpus))
    manifest = _manifest(run, corpus, recipe)
    others = {path: digest for path, digest in found.items() if path not in manifest.articles}
    return _Draft(corpus, replace(manifest, others=others), old, usable)


def _about(run: _Run, draft: _Draft, embed: int) -> float | None:
    """The seconds that a build would take: to read as long as it just did, for the rest as the last one measured."""
    last = draft.usable.manifest if draft.usable else None
    if last is None or (embed and not last.pace):
        return None
    return time.perf_counter() - run.began + last.pace * embed + last.writing


def _expired(draft: _Draft) -> tuple[str, ...]:
    articles = draft.corpus.articles if draft.corpus else draft.usable.store.articles() if draft.usable else ()
    return expired_pins(articles, date.today())


def _changes(draft: _Draft) -> Changes:
    now, old = draft.manifest, draft.old.manifest if draft.old else None
    then = old.listed if old else {}
    relisted = {path for path in then.keys() | now.listed.keys() if then.get(path) != now.listed.get(path)}
    return compare(old.articles if old else {}, now.articles, now.left_out, relisted)


def _effect(run: _Run, draft: _Draft) -> Effect | None:
    if run.measure is None or (draft.old and draft.old.generation == draft.manifest.generation):
        return None
    run.on_step("judging", 0, 1)
    new = LocalIndex.open(run.settings.index_dir / draft.manifest.generation)
    try:
        return run.measure(draft.old, new, run.embedder)
    finally:
        new.close()


def _write_once(run: _Run, draft: _Draft) -> int:
    """Write the generation unless it is there and whole; how many passages had to be embedded."""
    if draft.corpus is None:
        return 0
    folder = run.settings.index_dir / draft.manifest.generation
    if is_whole(folder):
        remember(folder, draft.manifest.others)
        return 0
    return _write(run, draft, draft.corpus)


def _write(run: _Run, draft: _Draft, corpus: Corpus) -> int:
    index_dir, manifest = run.settings.index_dir, draft.manifest
    final = index_dir / manifest.generation
    aside = index_dir / f".building-{manifest.generation}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        parts, embedded, pace = gather(corpus, run.embedder, draft.usable, run.on_step)
        began = time.perf_counter()
        run.on_step("writing", 0, 1)
        parts.write(aside)
        if run.calibrate:
            run.on_step("calibrating", 0, 1)
            calibrated = run.calibrate(LocalIndex(aside, manifest), run.embedder, draft.usable)
            calibrated.write(aside)
            manifest = replace(manifest, calibration=calibrated.figures)
        run.on_step("sealing", 0, 1)
        write_manifest(replace(manifest, pace=pace, writing=time.perf_counter() - began), aside)
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
        listed=corpus.listed,
        others={},
        calibration={},
        pace=0.0,
        writing=0.0,
        files={},
    )
    return replace(manifest, generation=generation_name(manifest))


def newest_good(index_dir: Path) -> LocalIndex | None:
    """The current generation, or the newest that is whole."""
    return _first_whole(index_dir, candidates(index_dir))


def reusable(index_dir: Path, old: LocalIndex | None, made_by: tuple[str, str]) -> LocalIndex | None:
    """The generation whose texts and vectors can be taken over: a draft before `old`, since it is nearer to the corpus.

    `made_by` are the settings and the encoder that it must have been made with.
    """
    for index in (_first_whole(index_dir, drafts(index_dir)), old):
        if index and (index.manifest.settings, index.manifest.encoder) == made_by:
            return index
    return None


def discard_drafts(index_dir: Path, keep: str) -> None:
    """Remove all drafts but one."""
    for name in drafts(index_dir):
        if name != keep:
            discard(index_dir / name)


def _first_whole(index_dir: Path, names: list[str]) -> LocalIndex | None:
    for name in names:
        try:
            return LocalIndex.open(index_dir / name)
        except (IndexDamaged, IndexMismatch):
            continue
    return None
