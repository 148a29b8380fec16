"""Does the corpus cover a question? A pure function of what the searches found."""

from __future__ import annotations

from dataclasses import dataclass
from math import exp

from chatbot.records import Verdict

_COSINE, _SENTENCE, _KNOWN, _OFFSET = 7.0, 7.0, 2.0, -7.4
_ANSWERED, _UNCERTAIN = 0.4, 0.12


@dataclass(frozen=True, slots=True)
class Evidence:
    """The best cosine of a passage and of a sentence, and the share of the question's word weight the corpus knows."""

    cosine: float
    sentence: float
    known: float


def judge(evidence: Evidence) -> tuple[Verdict, float]:
    """The verdict and the confidence in [0, 1] behind it: a logistic function of the evidence."""
    total = _COSINE * evidence.cosine + _SENTENCE * evidence.sentence + _KNOWN * evidence.known + _OFFSET
    confidence = 1.0 / (1.0 + exp(-total))
    if confidence >= _ANSWERED:
        return "answered", confidence
    return ("uncertain" if confidence >= _UNCERTAIN else "not_covered"), confidence
