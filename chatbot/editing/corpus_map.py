"""A picture of the corpus: where each passage lies among the others, where it is crowded and where it is thin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Rows, Vectors
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Passage

MOST_POINTS = 3000
MOST_PAIRS = 50
NEAR = 0.9
"""The cosine from which two passages say nearly the same."""
THIN = 5
"""Passages of a topic below which it is thin."""
_BLOCK = 1024


@dataclass(frozen=True, slots=True)
class Point:
    """A passage at x and y, both in [0, 1]; `topic` is the first of its article, empty where it has none."""

    x: float
    y: float
    passage: Passage
    topic: str


@dataclass(frozen=True, slots=True)
class Pair:
    """Two passages of different articles that are close in meaning."""

    cosine: float
    one: Passage
    other: Passage


@dataclass(frozen=True, slots=True)
class CorpusMap:
    """`points` are all passages, or an even choice where there are more than MOST_POINTS of `total`.

    `pairs` are near-duplicates, the closest first; `thin` topics with their number of passages, fewest first.
    """

    points: tuple[Point, ...]
    total: int
    pairs: tuple[Pair, ...]
    thin: tuple[tuple[str, int], ...]


def draw_map(index: LocalIndex) -> CorpusMap:
    """The map of one generation; the same generation always gives the same."""
    vectors = np.asarray(index.embeddings, np.float32)
    total = len(vectors)
    rows = np.linspace(0, total - 1, min(total, MOST_POINTS)).astype(np.int64)
    passages = index.passages(rows)
    topics = [passage.topics[0] if passage.topics else "" for passage in passages]
    places = project(vectors[rows], topics)
    points = [
        Point(float(x), float(y), passage, topic)
        for (x, y), passage, topic in zip(places, passages, topics, strict=True)
    ]
    pairs = [
        Pair(cosine, *index.passages([one, other]))
        for cosine, one, other in near_duplicates(vectors, index.article_of, NEAR, MOST_PAIRS)
    ]
    counts = Counter(topic for passage in index.passages(range(total)) for topic in passage.topics)
    thin = sorted(((topic, count) for topic, count in counts.items() if count < THIN), key=lambda one: (one[1], one[0]))
    return CorpusMap(tuple(points), total, tuple(pairs), tuple(thin))


def project(vectors: Vectors, topics: Sequence[str]) -> npt.NDArray[np.float64]:
    """Places (n, 2) in [0, 1] for unit vectors (n, dim): the plane in which topics lie furthest apart.

    The axes are the two principal ones of the topics' means, weighted by their passages; where there are fewer than
    three topics, those of the passages themselves (Pearson 1901). Signs are fixed, so that the same vectors always
    give the same places.
    """
    centred = vectors.astype(np.float64) - vectors.mean(axis=0)
    names = sorted({topic for topic in topics if topic})
    spread = centred
    if len(names) >= 3:
        labels = np.array(topics)
        groups = [centred[labels == name] for name in names]
        spread = np.stack([group.mean(axis=0) * np.sqrt(len(group)) for group in groups])
    _, _, axes = np.linalg.svd(spread, full_matrices=False)
    axes = axes[:2]
    axes *= np.sign(axes[np.arange(len(axes)), np.abs(axes).argmax(axis=1)])[:, None]
    places = centred @ axes.T
    places = np.pad(places, ((0, 0), (0, 2 - places.shape[1])))
    low, high = places.min(axis=0), places.max(axis=0)
    scaled: npt.NDArray[np.float64] = (places - low) / np.where(high - low > 1e-9, high - low, 1.0)
    return scaled


def near_duplicates(vectors: Vectors, article_of: Rows, least: float, most: int) -> list[tuple[float, int, int]]:
    """Cosine and rows of pairs from different articles with at least this cosine, the closest first."""
    pairs: list[tuple[float, int, int]] = []
    for first in range(0, len(vectors), _BLOCK):
        cosines = vectors[first : first + _BLOCK] @ vectors.T
        apart = article_of[first : first + _BLOCK, None] < article_of[None, :]
        ones, others = np.nonzero((cosines >= least) & apart)
        pairs += [(float(cosines[i, j]), int(i) + first, int(j)) for i, j in zip(ones, others, strict=True)]
        pairs = sorted(pairs, key=lambda pair: (-pair[0], pair[1], pair[2]))[:most]
    return pairs
