"""What a build would publish: the corpus as read, written aside as a generation, verified, and judged."""

from __future__ import annotations

import shutil
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path

from chatbot.disk import rename_folder
from chatbot.errors import IndexDamaged, NothingToIndex
from chatbot.indexing.building.assembly import gather, to_embed
from chatbot.indexing.building.corpus import Corpus, read_corpus, why_nothing
from chatbot.indexing.building.freshness import CorpusFiles, nothing_new, recipe_of
from chatbot.indexing.building.report import Changes, Effect, OnStep, compare
from chatbot.indexing.generation.calibration_data import Calibrated
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import (
    FORMAT,
    Generations,
    Manifest,
    generation_name,
    remember,
    verify,
    write_manifest,
)
from chatbot.indexing.generation.publication import ENCODERS, candidates, discard, drafts
from chatbot.indexing.model.embedder import Embedder, ModelEmbedder
from chatbot.settings import Settings

Calibrate = Callable[[LocalIndex, Embedder, LocalIndex | None], Calibrated]
Read = Callable[[Settings, Embedder, LocalIndex | None, OnStep], Corpus]
Measure = Callable[[LocalIndex | None, LocalIndex, Embedder], Effect | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to build, from the files of the corpus folder or from what `bring` brings. For the holder of the lock."""

    settings: Settings
    generations: Generations
    embedder: Embedder
    on_step: OnStep
    files: CorpusFiles | None = None
    bring: Read | None = None
    calibrate: Calibrate | None = None
    measure: Measure | None = None

    def read(self, old: LocalIndex | None) -> Corpus:
        """The corpus, what is unchanged taken over from `old`."""
        if self.bring:
            return self.bring(self.settings, self.embedder, old, self.on_step)
        assert self.files  # noqa: S101 - one of both is given
        return read_corpus(self.files, self.settings, self.embedder, old, self.on_step)


@dataclass(frozen=True, slots=True)
class Draft:
    """The corpus as read, what it would be published as, and what can be taken over from `usable`.

    `corpus` is None where no file differs from what `usable` was built from; `old` is what is served.
    """

    corpus: Corpus | None
    manifest: Manifest
    old: LocalIndex | None
    usable: LocalIndex | None

    @property
    def changes(self) -> Changes:
        """How it differs from what is served."""
        now, old = self.manifest, self.old.manifest if self.old else None
        then = old.listed if old else {}
        relisted = {path for path in then.keys() | now.listed.keys() if then.get(path) != now.listed.get(path)}
        return compare(old.articles if old else {}, now.articles, now.left_out, relisted)

    def seconds(self, reading: float, embed: int) -> float | None:
        """What a build would take: to read as long as it just did, for the rest as the last one measured.

        None where none has.
        """
        last = self.usable.manifest if self.usable else None
        if last is None or (embed and not last.pace):
            return None
        return reading + last.pace * embed + last.writing


def own_embedder(settings: Settings) -> ModelEmbedder:
    """That of the model which the settings name. Raises ModelError."""
    return ModelEmbedder(settings.model, settings.index_dir / ENCODERS)


def draft_of(job: Job) -> Draft:
    """Read the corpus. Raises NothingToIndex."""
    old = newest_good(job.generations)
    recipe = recipe_of(job.settings)
    usable = _reusable(job.generations, old, (recipe, job.embedder.fingerprint))
    if usable and job.files and nothing_new(job.files, usable.manifest, job.settings):
        return Draft(None, usable.manifest, old, usable)
    corpus = job.read(usable)
    if not corpus.passages:
        raise NothingToIndex(why_nothing(job.settings, corpus))
    return Draft(corpus, _manifest(job, corpus, recipe), old, usable)


def work_left(job: Job, draft: Draft) -> tuple[int, bool]:
    """How many passages are to be embedded, and whether all is written already."""
    ready = job.generations.whole(draft.manifest.generation) is not None
    return 0 if draft.corpus is None or ready else len(to_embed(draft.corpus, draft.usable)), ready


def write_once(job: Job, draft: Draft) -> int:
    """Write the generation unless it is there and whole; how many passages had to be embedded."""
    if draft.corpus is None:
        return 0
    if job.generations.whole(draft.manifest.generation):
        remember(job.settings.index_dir / draft.manifest.generation, draft.manifest)
        return 0
    return _write(job, draft, draft.corpus)


def effect_of(job: Job, draft: Draft) -> Effect | None:
    """What happens to the judged questions, None where none are asked or what is served stays."""
    if job.measure is None or (draft.old and draft.old.generation == draft.manifest.generation):
        return None
    job.on_step("judging", 0, 1)
    new = _opened(job.generations, draft.manifest.generation)
    if new is None:
        raise IndexDamaged(draft.manifest.generation, "its files", "changed while they were written")
    with closing(new):
        return job.measure(draft.old, new, job.embedder)


def newest_good(generations: Generations) -> LocalIndex | None:
    """The current generation, or the newest that is whole."""
    return _first_whole(generations, candidates(generations.index_dir))


def discard_drafts(index_dir: Path, keep: str) -> None:
    """Remove all drafts but one."""
    for name in drafts(index_dir):
        if name != keep:
            discard(index_dir / name)


def _reusable(generations: Generations, old: LocalIndex | None, made_by: tuple[str, str]) -> LocalIndex | None:
    """The generation whose texts and vectors can be taken over: a draft before `old`, since it is nearer to the corpus.

    `made_by` are the settings and the encoder that it must have been made with.
    """
    for index in (_first_whole(generations, drafts(generations.index_dir)), old):
        if index and (index.manifest.settings, index.manifest.encoder) == made_by:
            return index
    return None


def _first_whole(generations: Generations, names: list[str]) -> LocalIndex | None:
    return next((index for name in names if (index := _opened(generations, name))), None)


def _opened(generations: Generations, name: str) -> LocalIndex | None:
    manifest = generations.whole(name)
    try:
        return LocalIndex(generations.index_dir / name, manifest) if manifest else None
    except IndexDamaged:
        return None


def _write(job: Job, draft: Draft, corpus: Corpus) -> int:
    index_dir, manifest = job.settings.index_dir, draft.manifest
    final = index_dir / manifest.generation
    aside = index_dir / f".building-{manifest.generation}"
    shutil.rmtree(aside, ignore_errors=True)
    aside.mkdir()
    try:
        parts, embedded, pace = gather(corpus, job.embedder, draft.usable, job.on_step)
        began = time.perf_counter()
        job.on_step("writing", 0, 1)
        parts.write(aside)
        if job.calibrate:
            job.on_step("calibrating", 0, 1)
            calibrated = job.calibrate(LocalIndex(aside, manifest), job.embedder, draft.usable)
            calibrated.write(aside)
            manifest = replace(manifest, calibration=calibrated.figures)
        job.on_step("sealing", 0, 1)
        write_manifest(replace(manifest, pace=pace, writing=time.perf_counter() - began), aside)
        job.on_step("verifying", 0, 1)
        whole = verify(aside)
        LocalIndex(aside, whole).close()
        job.on_step("renaming", 0, 1)
        if final.exists():
            discard(final)
        rename_folder(aside, final)
        job.generations.wrote(whole)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return embedded


def _manifest(job: Job, corpus: Corpus, recipe: str) -> Manifest:
    articles = {article.path: article.sha256 for article in corpus.articles}
    paths = {article.id: article.path for article in corpus.articles}
    manifest = Manifest(
        format=FORMAT,
        generation="",
        settings=recipe,
        model=job.embedder.name,
        encoder=job.embedder.fingerprint,
        dim=job.embedder.dim,
        passages=len(corpus.passages),
        largest=max(Counter(paths[passage.article_id] for passage in corpus.passages).values()),
        articles=articles,
        left_out=corpus.left_out,
        due=corpus.due,
        listed=corpus.listed,
        others={path: job.files.digest(path) for path in job.files.paths if path not in articles} if job.files else {},
        calibration={},
        pace=0.0,
        writing=0.0,
        files={},
    )
    return replace(manifest, generation=generation_name(manifest))
