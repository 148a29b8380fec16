"""Does the corpus cover a question? Pure functions of what the searches found.

Evidence is measured in standard deviations above what questions give that are known to be out of scope, so that one
rule fits any corpus and any model. How it was chosen and what else was tried is in docs/abstention.md.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log1p

import numpy as np

from chatbot.answering.ranking.searcher import Ranking
from chatbot.arrays import Scores
from chatbot.records import Verdict

REFUSALS = 0.05
# Logistic regression over six corpora, each predicted by the others; docs/abstention.md.
_ASTRAY, _WORDS, _SLOPE = 0.4, 0.5, 1.4
_NEIGHBOURS = 3
# From the first to the third of these, "uncertain" covers three times as many questions as "not covered".
_UNSURE = 3
# Where so many passages have questions that they are known to answer, closeness to these counts as much as all else.
KNOWN_SHARE = 0.4
_KNOWN = 3
# Tried on real questions, gold and out-of-scope ones; docs/abstention.md.
_KNOWN_REFUSE, _KNOWN_ANSWER, _KNOWN_SLOPE = 2.9, 6.1, 0.4
_HELD, _USUALLY_HELD, _LEAST_HELD = 2.0, 1.0, -0.25
# This share of the questions known to be out of scope is not answered outright.
_NOT_ANSWERED = 0.98
_SPREAD = (0.5, 0.95)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What speaks for and against: each kind grows with the resemblance it measures.

    `meaning` is the highest of all passages' means of their own cosine and their best sentence's, in [-1, 1];
    `words` is ln(1 + the best BM25 score), >= 0; `astray` is the mean cosine of the three nearest questions that are
    known to be out of scope, in [-1, 1]. `known` is how close the questions that passages are known to answer are, the
    mean of the three passages with the closest; -1 where there are none. `held` is how much of what is asked those of
    the first passage hold together, in [0, 1]; -1 where there are none, or tokens were not compared.
    """

    meaning: float
    words: float
    astray: float
    known: float = -1.0
    held: float = -1.0


@dataclass(frozen=True, slots=True)
class Scale:
    """What questions out of scope give: the mean and the standard deviation of each kind of evidence."""

    mean: Evidence
    deviation: Evidence


@dataclass(frozen=True, slots=True)
class Thresholds:
    """Scores below `refuse_below` are not covered, scores from `answer_from` on are answered.

    `slope` is that of the confidence there, per unit of score.
    """

    refuse_below: float
    answer_from: float
    slope: float = _SLOPE


# Measured with the default model on the shipped articles; for generations that were never calibrated.
DEFAULT_SCALE = Scale(Evidence(0.21, 1.9, 0.34, 0.31, 0.56), Evidence(0.07, 0.4, 0.06, 0.064, 0.11))
DEFAULT_THRESHOLDS = Thresholds(1.7, 2.7)


def evidence(ranking: Ranking, near: Scores) -> Evidence:
    """Evidence from the hits of a question, best first, and its cosines to questions out of scope."""
    if not len(ranking.rows):
        return Evidence(-1.0, 0.0, 1.0)
    known = np.sort(ranking.asked[ranking.asked > -1])[-_KNOWN:]
    count = min(_NEIGHBOURS, len(near))
    nearest = float(np.partition(near, -count)[-count:].mean()) if count else DEFAULT_SCALE.mean.astray
    meaning = float((ranking.cosines + np.maximum(ranking.sentences, ranking.asked)).max()) / 2
    close = float(known.mean()) if len(known) else -1.0
    return Evidence(meaning, log1p(float(ranking.bm25.max())), nearest, close, float(ranking.held[0]))


def score(weighed: Evidence, scale: Scale) -> float:
    """How far above questions out of scope: z(meaning) - 0.4 z(astray) + 0.5 max(z(words), 0).

    Words only add: a short question cannot match many, which says nothing against it.
    """
    mean, deviation = scale.mean, scale.deviation
    meaning = (weighed.meaning - mean.meaning) / deviation.meaning
    astray = (weighed.astray - mean.astray) / deviation.astray
    return meaning - _ASTRAY * astray + _word_score(weighed, scale)


def known_score(weighed: Evidence, scale: Scale) -> float:
    """What is added where questions are known: z(known) + 0.5 max(z(words), 0) + 2 max(z(held) - 1, -0.25).

    Known questions hold the words that people use, so that shared ones tell twice as much there. Those of questions
    that have an answer usually hold a standard deviation more than those out of scope find; where tokens were not
    compared they say nothing.
    """
    close = (weighed.known - scale.mean.known) / scale.deviation.known + _word_score(weighed, scale)
    if min(weighed.held, scale.mean.held) < 0:
        return close
    held = (weighed.held - scale.mean.held) / scale.deviation.held
    return close + _HELD * max(held - _USUALLY_HELD, _LEAST_HELD)


def _word_score(weighed: Evidence, scale: Scale) -> float:
    return _WORDS * max((weighed.words - scale.mean.words) / scale.deviation.words, 0.0)


def known_thresholds(limits: Thresholds, usual: Thresholds) -> Thresholds:
    """The limits of a score with `known_score` added; `limits` are those without it, `usual` those at REFUSALS."""
    stricter = limits.refuse_below - usual.refuse_below
    return Thresholds(_KNOWN_REFUSE + stricter, max(_KNOWN_ANSWER, _KNOWN_REFUSE + stricter), _KNOWN_SLOPE)


def strengths(scores: Scores, *, known: bool) -> Scores:
    """What is held against the limits, shape (questions,): the score, with that of what is known where that counts.

    `scores` of shape (questions, 2) are `score` and `known_score` of each question.
    """
    return scores.sum(axis=1) if known else scores[:, 0]


def limits(elsewhere: Scores, own: Scores, beyond: Scores, refusals: float, *, known: bool) -> Thresholds:
    """`thresholds` of questions whose scores have the shape (questions, 2), see `strengths`."""
    plain = elsewhere[:, 0], own[:, 0], beyond[:, 0]
    found = thresholds(*plain, refusals)
    return known_thresholds(found, thresholds(*plain)) if known else found


def thresholds(elsewhere: Scores, own: Scores, beyond: Scores, refusals: float = REFUSALS) -> Thresholds:
    """Where to refuse and where to answer, from the scores of questions of which it is known.

    `elsewhere` and `own` are scores of the corpus's own sentences, without and with the passage that they stand in:
    real questions score like the former, unless the corpus says nothing twice, as lists of questions and answers do;
    then nine in ten questions out of scope are refused all the same. `beyond` are scores of those. `refusals` in [0, 1)
    is the share of covered questions that may be refused. Without sentences, questions out of scope alone decide.
    """
    most_outside = float(np.quantile(beyond, min(0.5 + 8 * refusals, 0.9)))
    outright = float(np.quantile(beyond, _NOT_ANSWERED))
    if not len(elsewhere):
        return Thresholds(most_outside, max(outright, most_outside))
    certain = float(np.quantile(own, refusals))
    refuse = max(float(np.quantile(elsewhere, refusals)), min(most_outside, certain))
    doubtful = float(np.quantile(elsewhere, min(_UNSURE * refusals, 1.0)))
    return Thresholds(refuse, max(doubtful, certain, outright, refuse))


def judge(strength: float, limits: Thresholds) -> tuple[Verdict, float]:
    """The verdict on a score, and the confidence in [0, 1] behind it: a logistic function, 0.5 where answers begin."""
    confidence = 1.0 / (1.0 + exp(min(-limits.slope * (strength - limits.answer_from), 500.0)))
    if strength >= limits.answer_from:
        return "answered", confidence
    return ("uncertain" if strength >= limits.refuse_below else "not_covered"), confidence


def carried_over(limits: Thresholds, theirs: Scores, ours: Scores) -> Thresholds:
    """Limits that questions out of scope reach by `ours` as often as they reach the given ones by `theirs`.

    The straight line that takes the median and the 95th percentile of `theirs` to those of `ours` takes the limits
    along: most lie beyond all of these questions, where the highest one, or how far it is away, would be chance.
    """
    (low, high), (our_low, our_high) = (np.quantile(scores, _SPREAD).tolist() for scores in (theirs, ours))
    wider = (our_high - our_low) / (high - low) if high > low else 1.0
    refuse, answer = (our_low + wider * (limit - low) for limit in (limits.refuse_below, limits.answer_from))
    return Thresholds(refuse, max(answer, refuse), limits.slope / wider if wider > 0 else limits.slope)
