"""Which sentences of a passage answer, and why the passage is here: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Scores
from chatbot.indexing.generation.tokens import STOP_WORDS, stem, words
from chatbot.records import Closeness, Highlight, Why

MOST = 2
MOST_WORDS = 4  # that a reason names
_NEAR = 0.92
_WORDS = 0.3
_CLOSENESS: dict[Closeness, str] = {"very_close": "very close", "close": "close", "loose": "loosely related"}


def scores(cosines: Scores, coverage: Scores) -> Scores:
    """How well each sentence answers, comparable between passages; all have shape (sentences,).

    `cosines` are its closeness in meaning to the question, `coverage` the share of the question's word weight that it
    contains, in [0, 1].
    """
    return cosines + np.float32(_WORDS) * coverage


def choose(scores: Scores, spans: npt.NDArray[np.int32], most: int = MOST) -> tuple[Highlight, ...]:
    """The sentences that answer, in the order of the text: the best, and others that come close to it.

    `scores` of a passage's sentences have shape (sentences,), `spans` (sentences, 2).
    """
    if len(scores) == 0:
        return ()
    best = float(scores.max())
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:most] if scores[row] >= _NEAR * best]
    return tuple(Highlight(int(spans[row][0]), int(spans[row][1])) for row in sorted(order))


def coverage(sentences: Sequence[str], weights: dict[str, float]) -> Scores:
    """For each sentence the share of the question's term weights that it contains, in [0, 1], shape (sentences,)."""
    total = sum(weights.values())
    if not total:
        return np.zeros(len(sentences), np.float32)
    stems = [_stems(sentence) for sentence in sentences]
    return np.array([sum(weights[term] for term in terms & weights.keys()) / total for terms in stems], np.float32)


def closeness(cosine: float) -> Closeness:
    """How close two meanings are, by their cosine."""
    return "very_close" if cosine >= 0.6 else "close" if cosine >= 0.4 else "loose"


def reason(why: Why) -> str:
    """Why a passage is here, in plain English."""
    if why.pinned:
        return "chosen by the editors"
    close = _CLOSENESS[why.closeness]
    if not why.words:
        return f"{close} in meaning".capitalize()
    named = ", ".join(f"“{word}”" for word in why.words[:MOST_WORDS])
    return f"Contains {named}; {close} in meaning (words {why.share:.0%}, meaning {1 - why.share:.0%})"


def matched_words(question: str, texts: Iterable[str]) -> list[str]:
    """The question's own words, in order, whose stems occur in one of some texts."""
    stems = frozenset().union(*map(_stems, texts))
    matched = [word for word in words(question) if word not in STOP_WORDS and stem(word) in stems]
    return list(dict.fromkeys(matched))


# The same passages are shown again and again, and splitting their sentences took a fifth of an answer.
@lru_cache(maxsize=8192)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))
