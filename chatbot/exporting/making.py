"""A generation and its model to what an export holds: the table, the vectors in its space, a calibration of its own."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding.spelling import whole_words
from chatbot.answering.verdict import evidence
from chatbot.answering.verdict.calibration import calibrate
from chatbot.answering.verdict.evidence import Thresholds
from chatbot.answering.verdict.judge import Judge
from chatbot.arrays import Rows, Scores, Vectors, single
from chatbot.content.markdown.plain import plain
from chatbot.exporting.heads import fit_heads
from chatbot.exporting.packed import Packed
from chatbot.exporting.static_index import StaticArrays, StaticIndex
from chatbot.exporting.word_table import DIM, fit, lesson
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.model.embedder import Embedder
from chatbot.indexing.model.encoder import concurrently
from chatbot.installation import require
from chatbot.settings import Settings

_TOGETHER = 1000  # texts that are embedded by one thread at a time


def make_static(
    index: LocalIndex, embedder: Embedder, on_step: OnStep = lambda _name, _done, _total: None
) -> StaticIndex:
    """Fit a table to the generation and put all vectors into its space. Raises NotInstalled."""
    require("scipy")

    def embed(texts: Sequence[str]) -> Vectors:
        parts = [texts[start : start + _TOGETHER] for start in range(0, len(texts), _TOGETHER)]
        found = []
        for done, vectors in enumerate(concurrently(embedder.embed_queries, parts)):
            on_step("embedding", done * _TOGETHER, len(texts))
            found.append(vectors)
        return np.concatenate(found) if found else np.empty((0, index.manifest.dim), np.float32)

    basis = _basis(index)
    texts, places = _questions(index)
    taught = lesson(texts, single(index.questions.vectors[places]), _sentences(index), embed)
    on_step("fitting", 0, 1)
    table = fit(taught, whole_words(embedder.vocabulary), embed, basis)
    read = np.array([table.embed_query(text) for text in taught.texts], np.float32).reshape(-1, basis.shape[1])
    own = np.concatenate([places, np.full(len(taught.texts) - len(places), -1)])
    heads, added = fit_heads(index, taught, own, read, basis)
    codes, scales = index.sentence_vectors.codes, index.sentence_vectors.scales
    arrays = StaticArrays(
        heads=Packed.of(heads),
        added=added,
        passages=Packed.of(index.vectors(np.arange(len(index))) @ basis),
        sentences=Packed.of((codes.astype(np.float32) * scales[:, None].astype(np.float32)) @ basis),
        questions=Packed.of(single(index.questions.vectors) @ basis),
    )
    static = StaticIndex(index, table, arrays)
    on_step("calibrating", 0, 1)
    static.calibrate_by(calibrate(static, table))
    return static


def static_answerer(index: StaticIndex, settings: Settings) -> Answerer:
    """What answers from an export as the settings say, no more questions out of scope outright than the server."""
    answerer = answer_from(Searcher(index, index.table), settings)
    server, own = index.server.calibrated, index.calibrated
    if server is not None and own is not None:
        known = index.known_share >= evidence.KNOWN_SHARE
        limits = Judge(index.server, server, settings.answers.refusals).thresholds
        theirs, ours = (evidence.strengths(each.beyond, known=known) for each in (server, own))
        answerer.judge.thresholds = carried_over(limits, theirs, ours)
    return answerer


def carried_over(limits: Thresholds, theirs: Scores, ours: Scores) -> Thresholds:
    """Limits as far above what the same questions out of scope score by `ours` as they are above `theirs`.

    A limit goes to the quantile that it is at, and as far beyond that as it was.
    """

    def moved(limit: float) -> float:
        share = float((theirs < limit).mean())
        return float(np.quantile(ours, share)) + limit - float(np.quantile(theirs, share))

    refuse = moved(limits.refuse_below)
    return Thresholds(refuse, max(moved(limits.answer_from), refuse), limits.slope)


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
