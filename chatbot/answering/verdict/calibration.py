"""Calibration: what this corpus, through this model, makes of questions of which it is known whether it covers them.

Sentences of the corpus stand for questions that it covers, each asked as if its own passage were not there, and the
lines of outside.txt for those that it does not. The same corpus and model give the same result.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import astuple, dataclass, replace
from functools import cache
from itertools import repeat
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from chatbot.answering.ranking import formulas
from chatbot.answering.ranking.searcher import Query, Ranking, Searcher
from chatbot.answering.verdict import evidence
from chatbot.answering.verdict.evidence import Evidence, Scale
from chatbot.arrays import Scores, Vectors
from chatbot.content.markdown.plain import plain
from chatbot.indexing.generation.calibration_data import Calibrated, text_digest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.passage_index import PassageIndex
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.generation.question_tokens import Codes, Ids, QuestionTokens, coded, decoded
from chatbot.indexing.model.encoder import NO_TOKENS, QueryEmbedder, ReadQuestion, TokenVectors, concurrently

# So many sentences are asked at most: every question that is asked makes each build longer.
_SENTENCES = 200
_FEWEST = 20
_SHORTEST, _LONGEST = 5, 30  # words of a sentence that can stand for a question
_LEAST_DEVIATION = Evidence(0.02, 0.1, 0.02, 0.02, 0.02)
Real = npt.NDArray[np.floating[Any]]


@dataclass(frozen=True, slots=True)
class _Asked:
    """Questions that were asked: texts, unit rows, rankings, and the row of the passage each was taken from, or -1."""

    vectors: Vectors
    rankings: tuple[Ranking, ...]
    sources: tuple[int, ...]

    def evidence(self, outside: Vectors, *, without: bool, itself: bool) -> list[Evidence]:
        """Evidence of each question; `without` its own passage, or where it is `itself` among those `outside`."""
        weighed = []
        for vector, asked, source in zip(self.vectors, self.rankings, self.sources, strict=True):
            kept = asked.rows != source if without else np.ones(len(asked.rows), np.bool_)
            near = outside @ vector
            if itself:
                near = np.delete(near, int(near.argmax()))
            weighed.append(evidence.evidence(asked.only(kept), near))
        return weighed


OUTSIDE = Path(__file__).with_name("outside.txt")


@cache
def outside_lines() -> tuple[str, ...]:
    """The questions out of scope that the project ships."""
    lines = (line.strip() for line in OUTSIDE.read_text(encoding="utf-8").split("\n"))
    return tuple(dict.fromkeys(line for line in lines if line and not line.startswith("#")))


class Calibratable(PassageIndex, Protocol):
    """What can be calibrated: an index that has all of its passages at hand."""

    @property
    def store(self) -> Store: ...

    def nearest(self, vectors: Vectors) -> Scores:
        """The cosine of each of some unit vectors, shape (m, dim), to the passage nearest to it, shape (m,)."""
        ...


def calibrate(index: Calibratable, embedder: QueryEmbedder, old: LocalIndex | None = None) -> Calibrated:
    """Ask what is known and remember how it scored; vectors that `old` remembers are taken over."""
    lines = outside_lines()
    sentences = _sample(index)
    texts = (*lines, *(text for text, _ in sentences))
    remembered = old.calibrated if old else None
    tokens = _tokens(lines, embedder, remembered)
    vectors = _embed(texts, embedder, index.manifest.dim, remembered)
    exact = vectors.astype(np.float32)
    searcher = Searcher(index, embedder)
    inside = _ask(searcher, sentences, exact[len(lines) :])
    kept = _outside(index, exact[: len(lines)], inside)
    outside = exact[kept]
    # All of them: of fewer, an edit that changes which are kept moves the scale, and with it one verdict in twenty.
    asked = _ask(searcher, [(lines[row], -1) for row in kept], outside, [decoded(tokens[row]) for row in kept])
    weighed = asked.evidence(outside, without=False, itself=True)
    scale = _scale(weighed)
    elsewhere, own, beyond = (
        _scores(each, scale)
        for each in (
            inside.evidence(outside, without=True, itself=False),
            inside.evidence(outside, without=False, itself=False),
            weighed,
        )
    )
    told = figures(elsewhere, own, beyond, known=index.known_share >= evidence.KNOWN_SHARE)
    told["lines_ignored"] = float(len(lines) - len(kept))
    digests = np.frombuffer(b"".join(map(text_digest, texts)), np.uint8).reshape(-1, 16)
    return Calibrated(
        told, digests, vectors, kept, _rows(scale), elsewhere, own, beyond, tokens=QuestionTokens.of(tokens)
    )


def figures(
    elsewhere: Scores, own: Scores, beyond: Scores, refusals: float = evidence.REFUSALS, *, known: bool
) -> dict[str, float]:
    """What people are told: the thresholds, and how often these very questions would be misjudged; four decimals.

    The scores have the shape (questions, 2); `known` says whether known questions count, see `evidence.strengths`.
    """
    limits = evidence.limits(elsewhere, own, beyond, refusals, known=known)
    elsewhere, beyond = (evidence.strengths(scores, known=known) for scores in (elsewhere, beyond))
    told = {
        "refuse_below": limits.refuse_below,
        "answer_from": limits.answer_from,
        "auroc": auroc(elsewhere, beyond),
        "false_refusals": float((elsewhere < limits.refuse_below).mean()) if len(elsewhere) else 0.0,
        "false_answers": float((beyond >= limits.refuse_below).mean()),
        "answered_outright": float((beyond >= limits.answer_from).mean()),
        "sentences": float(len(elsewhere)),
        "lines": float(len(beyond)),
    }
    return {name: round(value, 4) for name, value in told.items()}


def auroc(inside: Real, outside: Real) -> float:
    """The chance that a score inside is above one outside, ties counting half, in [0, 1]; 0.5 where either is empty.

    The area under the ROC curve as Mann and Whitney's U; Hanley and McNeil (1982).
    """
    if not len(inside) or not len(outside):
        return 0.5
    order = np.sort(outside)
    below = np.searchsorted(order, inside, "left") + np.searchsorted(order, inside, "right")
    return float(below.mean() / 2 / len(outside))


def _sample(index: Calibratable) -> list[tuple[str, int]]:
    """A sentence from each of some passages, and their rows: those of the lowest digests, so that edits change few."""
    digests = index.store.digests()
    rows = sorted(sorted(range(len(digests)), key=lambda row: (digests[row], row))[:_SENTENCES])
    sampled: dict[str, int] = {}
    for row, passage in zip(rows, index.passages(rows), strict=True):
        spans, _ = index.sentences(row)
        written = sorted((passage.text[start:end] for start, end in spans), key=text_digest)
        texts = (" ".join(plain(sentence).split()) for sentence in written)
        fitting = next((text for text in texts if _SHORTEST <= len(text.split()) <= _LONGEST), None)
        if fitting:
            sampled.setdefault(fitting, row)
    return list(sampled.items()) if len(sampled) >= _FEWEST else []


def _tokens(lines: Sequence[str], embedder: QueryEmbedder, old: Calibrated | None) -> list[tuple[Ids, Codes]]:
    known = old.tokens_of() if old else {}
    unknown = [line for line in lines if text_digest(line) not in known]
    for line, read in zip(unknown, concurrently(embedder.read_query, unknown), strict=True):
        known[text_digest(line)] = coded(read.tokens)
    return [known[text_digest(line)] for line in lines]


def _embed(texts: Sequence[str], embedder: QueryEmbedder, dim: int, old: Calibrated | None) -> npt.NDArray[np.float16]:
    known = old.vector_of() if old else {}
    unknown = [text for text in dict.fromkeys(texts) if text_digest(text) not in known]
    embedded = dict(zip(unknown, concurrently(embedder.embed_query, unknown), strict=True))
    vectors = np.empty((len(texts), dim), np.float16)
    for row, text in enumerate(texts):
        vectors[row] = embedded[text] if text in embedded else known[text_digest(text)]
    return vectors


def _ask(
    searcher: Searcher,
    questions: Sequence[tuple[str, int]],
    vectors: Vectors,
    tokens: Iterable[TokenVectors] = repeat(NO_TOKENS),
) -> _Asked:
    queries = [
        Query(text, vector, formulas.term_weights(text), tokens=ReadQuestion(vector, its).shares)
        for (text, _), vector, its in zip(questions, vectors, tokens, strict=False)
    ]
    # About half of the work runs outside Python: more than two threads would only wait for each other.
    with ThreadPoolExecutor(2) as threads:
        rankings = tuple(threads.map(searcher.rank, queries))
    return _Asked(vectors, rankings, tuple(source for _, source in questions))


def _outside(index: Calibratable, lines: Vectors, inside: _Asked) -> npt.NDArray[np.int64]:
    """Which lines are outside of this corpus: one about cooking covers some of them as well as it covers its own."""
    elsewhere = [
        float(asked.cosines[asked.rows != source].max(initial=-1.0))
        for asked, source in zip(inside.rankings, inside.sources, strict=True)
    ]
    limit = float(np.median(elsewhere)) if elsewhere else 1.0
    best = index.nearest(lines)
    kept = np.flatnonzero(best < limit)
    return kept if len(kept) >= _FEWEST else np.argsort(best, kind="stable")[:_FEWEST]


def _scale(weighed: Sequence[Evidence]) -> Scale:
    values = np.array([astuple(one) for one in weighed])
    deviation = np.maximum(values.std(axis=0), astuple(_LEAST_DEVIATION))
    scale = Scale(Evidence(*map(float, values.mean(axis=0))), Evidence(*map(float, deviation)))
    held = np.array([one.held for one in weighed if one.held >= 0])
    if not len(held):
        return scale
    spread = max(float(held.std()), _LEAST_DEVIATION.held)
    return Scale(replace(scale.mean, held=float(held.mean())), replace(scale.deviation, held=spread))


def _rows(scale: Scale) -> Scores:
    return np.array([astuple(scale.mean), astuple(scale.deviation)], np.float32)


def _scores(weighed: Sequence[Evidence], scale: Scale) -> Scores:
    scores = [(evidence.score(one, scale), evidence.known_score(one, scale)) for one in weighed]
    return np.array(scores, np.float32).reshape(-1, 2)
