"""How the searches become one order: pure functions over scores, each with its source.

What was tried, on which questions, and what it gave is in docs/retrieval.md.
"""

from __future__ import annotations

import numpy as np

from chatbot.arrays import Rows, Scores
from chatbot.indexing.words.tokens import STOP_WORDS, stem, words

STOP_WEIGHT = 0.4
DECIDING = 11  # how many of the highest scores tell how decided words are
_HUB = 0.2
_BESIDE = 0.15
# Of no, one, two, and three or more known questions; docs/retrieval.md.
_ASKED = np.array([0.0, 0.4, 0.64, 0.8], np.float32)
_TOKENS = np.array([0.0, 0.25, 0.8, 1.0], np.float32)
_WORDS, _DECIDED = 0.1, 0.7
_EXPANSION = 0.5
_CLEAR, _VAGUE = 0.7, 0.5
_FIRST_HITS = 10
_TEMPERATURE = 0.05


def term_weights(text: str) -> dict[str, float]:
    """The stemmed terms of a question with their weights: their number, stop words at STOP_WEIGHT each."""
    weights: dict[str, float] = {}
    for word in words(text):
        term = stem(word)
        weights[term] = weights.get(term, 0.0) + (STOP_WEIGHT if word in STOP_WORDS else 1.0)
    return weights


def decidedness(highest: Scores, passages: int) -> float:
    """How decided the words are, in [0, 1]: (best - 11th) / best of all BM25 scores, 0 where nothing matches.

    `highest` are the highest above zero, best first, DECIDING at least where there are so many. With fewer than 11
    `passages` the last stands for the 11th.
    """
    if not len(highest):
        return 0.0
    last = min(passages, DECIDING)
    eleventh = float(highest[last - 1]) if len(highest) >= last else 0.0
    return (float(highest[0]) - eleventh) / float(highest[0])


def known_weight(known: Rows) -> Scores:
    """How much the closeness to known questions counts of passages that so many lead to, shape (n,), in [0, 0.8].

    It is made of 0.5, 0.3 and 0.2 of the three nearest; where there are fewer, the passage itself stands for the rest.
    """
    weights: Scores = _ASKED[np.minimum(known, len(_ASKED) - 1)]
    return weights


def meaning(cosine: Scores, sentence: Scores, asked: Scores, known: Rows, beside: Scores, hub: Scores) -> Scores:
    """How close passages are in meaning, shape (n,).

    Half the passage's cosine, half that of its best sentence and a little of the passages `beside` it in its article;
    where so many questions are `known` that it answers, how close these are, `asked`, as `known_weight` says; less
    `hub`, its closeness to passages at large, because a passage that is near to everything says little about one
    question (the idea of CSLS: Conneau et al., arXiv 1710.04087).
    """
    own = (cosine + sentence) / 2 + np.float32(_BESIDE) * beside
    own = own + known_weight(known) * (asked - own)
    blended: Scores = own - np.float32(_HUB) * hub
    return blended


def word_share(bm25: Scores, best: float, decided: float) -> Scores:
    """What words add, shape (n,): (0.1 + 0.7 decided) bm25 / best, the more the more decided they are.

    A combination of scores rather than of ranks (Bruch et al., arXiv 2210.11934) whose weight asks the lexical side of
    each question how decided it is. `best` is the highest BM25 score of all passages.
    """
    share: Scores = np.float32((_WORDS + _DECIDED * decided) / best if best > 0 else 0.0) * bm25
    return share


def token_share(closeness: Scores, counts: Rows) -> Scores:
    """What closeness of the tokens of known questions adds, shape (n,): as much as it is above their mean.

    Of passages that one or two questions lead to, by their `counts`, it is a quarter or four fifths of that; those that
    none leads to, whose closeness is -1, are left as they are.
    """
    known = closeness > -1
    mean = closeness[known].mean() if known.any() else np.float32(0)
    weights = _TOKENS[np.minimum(counts, len(_TOKENS) - 1)]
    share: Scores = np.where(known, weights * (closeness - mean), np.float32(0))
    return share


def vagueness(best_cosine: float) -> float:
    """How little a question resembles even the nearest passage or known question, in [0, 1].

    0 from a cosine of 0.7, 1 below 0.5.
    """
    return min(max((_CLEAR - best_cosine) / (_CLEAR - _VAGUE), 0.0), 1.0)


def expansion(vectors: Scores, scores: Scores, vague: float) -> Scores:
    """What closeness to the first hits adds where a question is vague, shape (n,).

    The cosine of each candidate to the mean of the ten best, weighted by exp(score / 0.05): Rocchio's
    query expansion (1971) with soft weights. `vectors` are the candidates' unit rows, shape (n, dim).
    """
    if vague <= 0 or len(scores) < 2:
        return np.zeros(len(scores), np.float32)
    first = np.argsort(-scores, kind="stable")[:_FIRST_HITS]
    centre = np.exp((scores[first] - scores[first[0]]) / _TEMPERATURE) @ vectors[first]
    added: Scores = (_EXPANSION * vague * (vectors @ centre) / max(float(np.linalg.norm(centre)), 1e-9)).astype(
        np.float32
    )
    return added
