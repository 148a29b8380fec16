"""The doors of the writing flow: build, build from elsewhere, and say what a build would do.

Whatever an unchanged file or an unchanged passage gave in the previous generation is taken over, so that a build costs
what changed. A partial build and a full one of the same corpus give the same generation. What is heavy is imported
behind the check that there is something to do.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import TYPE_CHECKING

from chatbot.indexing.building.freshness import CorpusFiles, check
from chatbot.indexing.building.report import BuildReport, Changes, OnStep, Plan, compare, objection, refuse
from chatbot.indexing.generation.manifest import Generations, Manifest
from chatbot.indexing.generation.passage_store import expired_in
from chatbot.indexing.generation.publication import history, prune, publish, served, sweep, writing
from chatbot.installation import BUILDING, require
from chatbot.settings import Settings

if TYPE_CHECKING:
    from chatbot.indexing.building.draft import Calibrate, Job, Measure, Read
    from chatbot.indexing.model.embedder import Embedder


def build(  # noqa: PLR0913 - each is a word of its own
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    measure: Measure | None = None,
    force: bool = False,
    now: datetime | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> BuildReport:
    """Bring the index up to the corpus and publish it; the lock is held throughout.

    `on_step` is told the name of each step and how far it is; `calibrate` asks the new generation questions of which
    it is known whether they are covered; `measure` what happens to the judged questions, by which the settings may
    refuse to publish, unless `force`. What is public is public at `now`, by default the moment at which the build
    begins. Raises IndexLocked, NothingToIndex, PublishRefused, ModelError, NotInstalled, SettingsError,
    or CorpusIndexError where the disk refuses; in each case the generation that was served before is served still.
    """
    began = time.perf_counter()
    with _alone(settings, on_step, embedder):
        fresh = check(settings, embedder, now)
        if manifest := fresh.unchanged:
            _let_be_served(settings, manifest.generation, on_step)
            _prune(settings, on_step)
            return _report(settings, manifest, compare(manifest.articles, manifest.articles, manifest.left_out), began)
        from chatbot.indexing.building.draft import Job, own_embedder

        job = Job(
            settings=settings,
            generations=fresh.generations,
            embedder=embedder or own_embedder(settings),
            on_step=on_step,
            files=fresh.files,
            calibrate=calibrate,
            measure=measure,
        )
        return _publish(job, began, force=force)


def build_from(
    read: Read,
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> BuildReport:
    """`build` of articles that `read` brings from elsewhere than the corpus folder."""
    from chatbot.indexing.building.draft import Job, own_embedder

    began = time.perf_counter()
    with _alone(settings, on_step, embedder):
        job = Job(
            settings=settings,
            generations=Generations(settings.index_dir),
            embedder=embedder or own_embedder(settings),
            on_step=on_step,
            bring=read,
            calibrate=calibrate,
        )
        return _publish(job, began, force=False)


def plan(  # noqa: PLR0913 - as build
    settings: Settings,
    *,
    embedder: Embedder | None = None,
    calibrate: Calibrate | None = None,
    measure: Measure | None = None,
    draft: bool = False,
    now: datetime | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> Plan:
    """What `build` would do with the same arguments; nothing is published.

    Where Milvus serves it is asked first whether it is there, but for a draft, which can be read without it.
    With `measure` or `draft` the new generation is written, to be asked and to be published by the next build at no
    further cost. Raises what `build` raises, but PublishRefused.
    """
    from chatbot.indexing.building import draft as drafting

    began = time.perf_counter()
    with _alone(settings, on_step, embedder):
        if settings.index.store == "milvus" and not draft:
            from chatbot.indexing.milvus.connection import connection_to

            _ = connection_to(settings.milvus, "sending").version
        job = drafting.Job(
            settings=settings,
            generations=Generations(settings.index_dir),
            embedder=embedder or drafting.own_embedder(settings),
            on_step=on_step,
            files=CorpusFiles(settings, now),
            calibrate=calibrate,
            measure=measure,
        )
        new = drafting.draft_of(job)
        embed, ready = drafting.work_left(job, new)
        seconds = None if ready else new.seconds(time.perf_counter() - began, embed)
        if draft or measure:
            drafting.write_once(job, new)
            drafting.discard_drafts(settings.index_dir, keep=new.manifest.generation)
            ready, seconds = True, None
        effect = drafting.effect_of(job, new)
        return Plan(
            generation=new.manifest.generation,
            served=new.old.generation if new.old else None,
            changes=new.changes,
            articles=len(new.manifest.articles),
            passages=new.manifest.passages,
            embed=embed,
            ready=ready,
            seconds=seconds,
            effect=effect,
            refused=objection(effect, settings.publish) if effect else "",
        )


@contextmanager
def _alone(settings: Settings, on_step: OnStep, embedder: Embedder | None) -> Iterator[None]:
    """Hold the lock and clear what killed builds left. Raises NotInstalled where there is nothing to build with."""
    if embedder is None:
        require(*BUILDING)
    with writing(settings.index_dir, create=True):
        on_step("preparing", 0, 1)
        sweep(settings.index_dir)
        yield


def _publish(job: Job, began: float, *, force: bool) -> BuildReport:
    from chatbot.indexing.building.draft import draft_of, effect_of, write_once

    settings, index_dir = job.settings, job.settings.index_dir
    draft = draft_of(job)
    generation = draft.manifest.generation
    effect = None
    again = any(entry.generation == generation for entry in history(index_dir))
    published = draft.usable is None or generation != draft.usable.generation or served(index_dir) != generation
    embedded = write_once(job, draft)
    if published:
        effect = effect_of(job, draft)
        if effect and not force:
            refuse(effect, settings.publish)
    _let_be_served(settings, generation, job.on_step)
    if published:
        job.on_step("publishing", 0, 1)
        publish(index_dir, generation)
    _prune(settings, job.on_step)
    return replace(
        _report(settings, draft.manifest, draft.changes, began),
        published=published,
        again=again and published,
        embedded=embedded,
        effect=effect,
    )


def _let_be_served(settings: Settings, generation: str, on_step: OnStep) -> None:
    """By Milvus, where that serves: first of all, since nothing is published that cannot be."""
    if settings.index.store == "milvus":
        from chatbot.indexing.milvus.sending import serve_from_milvus

        serve_from_milvus(settings, generation, on_step)


def _prune(settings: Settings, on_step: OnStep) -> None:
    """Also where nothing was published: a build that was killed may have left generations behind."""
    on_step("pruning", 0, 1)
    prune(settings.index_dir, settings.keep_generations)


def _report(settings: Settings, manifest: Manifest, changes: Changes, began: float) -> BuildReport:
    """Of a build that published nothing."""
    return BuildReport(
        generation=manifest.generation,
        published=False,
        again=False,
        changes=changes,
        articles=len(manifest.articles),
        passages=manifest.passages,
        embedded=0,
        expired=expired_in(settings.index_dir / manifest.generation),
        effect=None,
        seconds=time.perf_counter() - began,
    )
