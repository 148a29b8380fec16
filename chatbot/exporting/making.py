"""A generation and its model to what answers without it: the table, the vectors in its space, a calibration of its own.

What an earlier generation was given is taken over as long as it serves, so that after an edit all else keeps its bytes.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from chatbot.answering.static.packed import Packed
from chatbot.answering.static.part import FOLDER, StaticPart
from chatbot.answering.static.static_index import Baseline, StaticArrays, StaticIndex
from chatbot.answering.static.word_table import WordTable
from chatbot.answering.understanding.spelling import whole_words
from chatbot.answering.verdict.calibration import calibrate
from chatbot.arrays import Rows, Scores, Vectors, single
from chatbot.content.markdown.plain import plain
from chatbot.errors import IndexMissing, IndexOutdated, StaticMissing
from chatbot.exporting.heads import fit_heads, head_keys
from chatbot.exporting.table_fit import DIM, Embed, Lesson, extended, fit, lesson, read_by
from chatbot.exporting.text_vectors import TextVectors
from chatbot.indexing.building.build import build
from chatbot.indexing.building.draft import own_embedder
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.model.embedder import Embedder
from chatbot.indexing.model.encoder import concurrently
from chatbot.installation import require
from chatbot.settings import Settings

SERVES = 0.97
"""A table is fitted anew where it was fitted to less of the texts than this; docs/static.md says what was measured."""
_TOGETHER = 1000  # texts that are embedded from one report of progress to the next
_TEXTS = "texts.npz"


def static_part(
    settings: Settings, index: LocalIndex, on_step: OnStep = lambda _name, _done, _total: None
) -> StaticPart:
    """What there is for a generation of the index folder, else what is made for it now, and kept.

    Raises ModelError where the model is needed and not there, OSError where the disk refuses.
    """
    try:
        return StaticPart.read(settings.index_dir, index.generation)
    except StaticMissing:
        embedder = own_embedder(settings)
    embed = TextVectors(
        settings.index_dir / FOLDER / _TEXTS, embedder.fingerprint, embedder.dim, _embed(embedder, on_step)
    )
    part = make_static(index, embedder, on_step, embed, _latest(settings))
    part.write(settings.index_dir)
    embed.keep()
    _prune(settings)
    return part


def build_lean(settings: Settings, on_step: OnStep = lambda _name, _done, _total: None) -> None:
    """Make what the published generation needs to answer without the model; one of this version is built where none is.

    To be run in a process of its own by one that is to stay small. Raises what a build raises, and ModelError.
    """
    try:
        index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    except (IndexMissing, IndexOutdated):
        build(settings, calibrate=calibrate, on_step=on_step)
        index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    with closing(index):
        static_part(settings, index, on_step)


def make_static(
    index: LocalIndex,
    embedder: Embedder,
    on_step: OnStep = lambda _name, _done, _total: None,
    embed: Embed | None = None,
    old: StaticPart | None = None,
) -> StaticPart:
    """Fit a table to the generation, or take that of `old` where it serves, and put all vectors into its space.

    `embed` gives the model's vectors of texts, by default those of `embedder`. Raises NotInstalled.
    """
    require("scipy")
    embed = embed or _embed(embedder, on_step)
    texts, places = _questions(index)
    taught = lesson(texts, single(index.questions.vectors[places]), _sentences(index), embed)
    learned = np.sort(np.array([int.from_bytes(text_digest(text)[:8]) for text in taught.texts], np.uint64))
    serves = old if old and old.encoder == embedder.fingerprint and _known(old, learned) >= SERVES else None
    on_step("fitting", 0, 1)
    if serves:
        basis, baseline = serves.basis, serves.baseline
        table = extended(serves.table, taught, embed, basis)
    else:
        basis, baseline = _basis(index), Baseline.of(index)
        table = fit(taught, whole_words(embedder.vocabulary), embed, basis)
    digests = np.array([np.frombuffer(digest, np.uint8) for digest in index.store.digests()], np.uint8)
    keys = head_keys(index)
    own = np.concatenate([places, np.full(len(taught.texts) - len(places), -1)])
    heads, added = _heads(index, _Taught(taught, own, table, basis), keys, serves)
    codes, scales = index.sentence_vectors.codes, index.sentence_vectors.scales
    arrays = StaticArrays(
        heads=heads,
        added=added,
        passages=_projected(index.vectors(np.arange(len(index))), basis),
        sentences=_projected(codes.astype(np.float32) * scales[:, None].astype(np.float32), basis),
        questions=_projected(single(index.questions.vectors), basis),
    )
    on_step("calibrating", 0, 1)
    return StaticPart(
        generation=index.generation,
        encoder=embedder.fingerprint,
        table=table,
        basis=basis,
        arrays=arrays,
        baseline=baseline,
        digests=digests,
        keys=keys,
        slots=slots(digests, serves.digests, serves.slots) if serves else np.arange(len(index), dtype=np.int32),
        lesson=serves.lesson if serves else learned,
        calibrated=calibrate(StaticIndex(index, table, arrays, baseline), table),
    )


def slots(
    digests: npt.NDArray[np.uint8], before: npt.NDArray[np.uint8], taken: npt.NDArray[np.int32]
) -> npt.NDArray[np.int32]:
    """A number for each passage: the one of `taken` that a passage of the same digest had `before`, else a free one.

    The lowest are free first: those of passages that are gone, then those that nobody had.
    """
    there: dict[bytes, list[int]] = defaultdict(list)
    for digest, slot in zip(map(bytes, before), taken.tolist(), strict=True):
        there[digest].append(slot)
    found = [own.pop(0) if (own := there[bytes(digest)]) else -1 for digest in digests]
    kept = {slot for slot in found if slot >= 0}
    free = (slot for slot in range(2 * len(found)) if slot not in kept)
    return np.array([next(free) if slot < 0 else slot for slot in found], np.int32)


@dataclass(frozen=True, slots=True)
class _Taught:
    """A lesson, the place of each of its texts among the known questions, and the table in the space of a basis."""

    lesson: Lesson
    places: Rows
    table: WordTable
    basis: Vectors


def _heads(
    index: LocalIndex, taught: _Taught, keys: npt.NDArray[np.uint8], old: StaticPart | None
) -> tuple[Packed, Scores]:
    """The head of each passage: that of `old` where passage and questions are the same, else fitted."""
    known = dict(zip(map(bytes, old.keys), range(len(old.keys)), strict=True)) if old else {}
    sources = np.array([known.get(bytes(key), -1) for key in keys], np.int64)
    rows = np.flatnonzero(sources < 0)
    codes = np.empty((len(index), taught.basis.shape[1] // 2), np.uint8)
    scales, added = np.empty(len(index), np.float32), np.empty(len(index), np.float32)
    if old:
        there = np.flatnonzero(sources >= 0)
        codes[there], scales[there] = (getattr(old.arrays.heads, name)[sources[there]] for name in ("codes", "scales"))
        added[there] = old.arrays.added[sources[there]]
    if len(rows):
        read = read_by(taught.table, taught.lesson.texts)
        heads, added[rows] = fit_heads(index, rows, taught.lesson, taught.places, read, taught.basis)
        packed = Packed.of(heads)
        codes[rows], scales[rows] = packed.codes, packed.scales
    return Packed(codes, scales), added


def _projected(vectors: Vectors, basis: Vectors) -> Packed:
    """Vectors in the space of a basis; in double precision, so that none depends on those beside it."""
    return Packed.of((vectors.astype(np.float64) @ basis.astype(np.float64)).astype(np.float32))


def _known(old: StaticPart, learned: npt.NDArray[np.uint64]) -> float:
    """The share of the texts that the table of `old` was fitted to, of those or of these, whichever are more."""
    shared = np.intersect1d(old.lesson, learned, assume_unique=False)
    return len(shared) / max(len(old.lesson), len(learned), 1)


def _latest(settings: Settings) -> StaticPart | None:
    """What was made last, whatever its generation."""
    for path in sorted(_parts(settings), key=lambda path: path.stat().st_mtime_ns, reverse=True):
        try:
            return StaticPart.read(settings.index_dir, path.stem)
        except StaticMissing:
            continue
    return None


def _prune(settings: Settings) -> None:
    """Remove what there is for generations that are gone, and what was left by killed processes."""
    for path in _parts(settings):
        if not (settings.index_dir / path.stem).is_dir():
            path.unlink()
    for path in (settings.index_dir / FOLDER).glob(".*.new"):
        path.unlink()


def _parts(settings: Settings) -> Iterator[Path]:
    return (path for path in (settings.index_dir / FOLDER).glob("*.npz") if path.name != _TEXTS)


def _embed(embedder: Embedder, on_step: OnStep) -> Embed:
    def embed(texts: Sequence[str]) -> Vectors:
        found: list[Vectors] = []
        for start in range(0, len(texts), _TOGETHER):
            on_step("embedding", start, len(texts))
            found.extend(concurrently(embedder.embed_query, texts[start : start + _TOGETHER]))
        return np.array(found, np.float32).reshape(-1, embedder.dim)

    return embed


def _basis(index: LocalIndex) -> Vectors:
    """The directions in which passages and known questions differ most, as orthonormal columns, shape (dim, DIM).

    The eigenvectors of their second moments, each turned so that its largest number is above zero.
    """
    vectors = np.concatenate([index.vectors(np.arange(len(index))), single(index.questions.vectors)])
    _, found = np.linalg.eigh((vectors.T @ vectors).astype(np.float64))
    columns = found[:, ::-1][:, : min(DIM, len(found) // 2 * 2)]
    signs = np.sign(columns[np.abs(columns).argmax(axis=0), np.arange(columns.shape[1])])
    turned: Vectors = (columns * signs).astype(np.float32)
    return turned


def _questions(index: LocalIndex) -> tuple[list[str], Rows]:
    """The known questions, each text once, and the place of each among those of the generation."""
    places = {digest.tobytes(): place for place, digest in reversed(list(enumerate(index.questions.digests)))}
    texts = sorted({question for article in index.store.articles() for question in article.questions})
    return texts, np.array([places[text_digest(text)] for text in texts], np.int64)


def _sentences(index: LocalIndex) -> Iterator[str]:
    for row, passage in enumerate(index.passages(range(len(index)))):
        spans = index.sentence_vectors.spans[index.sentence_vectors.of(row)]
        yield from (" ".join(plain(passage.text[start:end]).split()) for start, end in spans.tolist())
