"""Which sentences of a passage answer, and why the passage is here: pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Scores
from chatbot.indexing.generation.tokens import STOP_WORDS, stem, words
from chatbot.records import Highlight

MOST = 2
_NEAR = 0.92
_WORDS = 0.3


def choose(cosines: Scores, coverage: Scores, spans: npt.NDArray[np.int32], most: int = MOST) -> tuple[Highlight, ...]:
    """The sentences that answer, in the order of the text: the best, and others that come close to it.

    `cosines` and `coverage` have shape (sentences,): closeness in meaning to the question, and the share of the
    question's word weight that a sentence contains, in [0, 1].
    """
    if len(cosines) == 0:
        return ()
    scores = cosines + _WORDS * coverage
    best = float(scores.max())
    order = [int(row) for row in np.argsort(-scores, kind="stable")[:most] if scores[row] >= _NEAR * best]
    return tuple(Highlight(int(spans[row][0]), int(spans[row][1])) for row in sorted(order))


def coverage(sentences: Sequence[str], weights: dict[str, float]) -> Scores:
    """For each sentence the share of the question's term weights that it contains, in [0, 1], shape (sentences,)."""
    total = sum(weights.values())
    if not total:
        return np.zeros(len(sentences), np.float32)
    found = [_stems(sentence) for sentence in sentences]
    return np.array([sum(weights[term] for term in terms & weights.keys()) / total for terms in found], np.float32)


def reason(matched: Sequence[str], cosine: float, lexical_share: float) -> str:
    """Why a passage is here, in plain words.

    `matched` are the question's words that the passage contains, `lexical_share` in [0, 1] is the part of the score
    that comes from words.
    """
    close = "very close" if cosine >= 0.6 else "close" if cosine >= 0.4 else "loosely related"
    if not matched:
        return f"{close} in meaning".capitalize()
    named = ", ".join(f"“{word}”" for word in matched[:4])
    share = f" (words {lexical_share:.0%}, meaning {1 - lexical_share:.0%})"
    return f"Contains {named}; {close} in meaning{share}"


def matched_words(question: str, texts: Iterable[str]) -> list[str]:
    """The question's own words, in order, whose stems occur in one of some texts."""
    stems = frozenset().union(*map(_stems, texts))
    found = [word for word in words(question) if word not in STOP_WORDS and stem(word) in stems]
    return list(dict.fromkeys(found))


# The same passages are shown again and again, and splitting their sentences took a fifth of an answer.
@lru_cache(maxsize=8192)
def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in words(text))
