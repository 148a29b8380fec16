"""What people get: does the first passage help, and is "answered" said only where the articles answer?

For questions whose coverage was judged by reading (`coverage` of a line): "covered" by a passage that answers,
"partly" by one that helps, "not_covered" by any, or "outside" of the articles' subject. A passage is useful where it
answers or helps.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Literal, get_args

import numpy as np

from chatbot.records import Verdict

Coverage = Literal["covered", "partly", "not_covered", "outside"]
COVERAGES: tuple[Coverage, ...] = get_args(Coverage)
SURE = 0.9
_BINS = (0.0, 0.5, 0.7, SURE, 1.0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """A judged question and what was said to it.

    `answers` and `useful` tell of each passage shown, best first, whether it answers, and whether it answers or helps.
    """

    coverage: Coverage
    verdict: Verdict
    confidence: float
    answers: tuple[bool, ...]
    useful: tuple[bool, ...]


def outcome(
    coverage: Coverage,
    said: tuple[Verdict, float],
    shown: Sequence[str],
    answering: Collection[str],
    helping: Collection[str],
) -> Outcome:
    """`shown` are the ids of the passages of an answer; those `answering` and `helping` were judged by reading."""
    useful = {*answering, *helping}
    return Outcome(coverage, *said, tuple(one in answering for one in shown), tuple(one in useful for one in shown))


def usefulness(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    """Plain JSON values; a share is None where there is nothing that it could be a share of.

    `useful@1` and `useful@3` are the shares of covered questions whose first passage answers, or one of the first
    three. `answered` gives how many questions of each coverage were answered outright, and how many there are;
    `refused` and `uncertain` how many covered ones were not. `answered_useless` is the share of outright answers none
    of whose first three passages is useful, `precision` the share of passages shown that are. `reliability` gives for
    each range of confidence, in [low, high), how many answers showed passages and which share of those something
    useful among the first three; the last range is closed.
    """
    covered = [one for one in outcomes if one.coverage == "covered"]
    outright = [one for one in outcomes if one.verdict == "answered"]
    shown = [one for one in outcomes if one.useful]
    return {
        "covered": len(covered),
        "useful@1": _share([any(one.answers[:1]) for one in covered]),
        "useful@3": _share([any(one.answers[:3]) for one in covered]),
        "refused": sum(one.verdict == "not_covered" for one in covered),
        "uncertain": sum(one.verdict == "uncertain" for one in covered),
        "answered": {
            coverage: [
                sum(one.coverage == coverage for one in outright),
                sum(one.coverage == coverage for one in outcomes),
            ]
            for coverage in COVERAGES
        },
        "answered_useless": _share([not any(one.useful[:3]) for one in outright]),
        "precision": _share(
            [useful for one in shown if one.coverage in {"covered", "partly"} for useful in one.useful]
        ),
        "reliability": [
            {"from": low, "to": high, "answers": len(own), "useful": _share(own)}
            for low, high in pairwise(_BINS)
            for own in [[any(one.useful[:3]) for one in shown if _within(one.confidence, low, high)]]
        ],
    }


def _within(confidence: float, low: float, high: float) -> bool:
    return low <= confidence < high or confidence == high == _BINS[-1]


def _share(each: Sequence[bool]) -> float | None:
    return round(float(np.mean(each)), 4) if each else None
