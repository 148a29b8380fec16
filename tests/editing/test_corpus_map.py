"""The map of a corpus: places, near-duplicates and thin topics, on vectors that can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chatbot.editing.corpus_map import draw_map, near_duplicates, project
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current

X, Y, Z = np.eye(3, dtype=np.float32)
BETWEEN = np.float32([0.6, 0.8, 0.0])


def test_pairs_are_of_different_articles_and_the_closest_come_first() -> None:
    vectors = np.stack([X, X, BETWEEN, Y, Z])
    articles = np.array([0, 0, 1, 2, 3])
    assert near_duplicates(vectors, articles, 0.7, 9) == [(pytest.approx(0.8), 2, 3)]
    assert near_duplicates(vectors, articles, 0.5, 9) == [
        (pytest.approx(0.8), 2, 3),
        (pytest.approx(0.6), 0, 2),
        (pytest.approx(0.6), 1, 2),
    ]
    assert near_duplicates(vectors, articles, 0.5, 1) == [(pytest.approx(0.8), 2, 3)]


def test_pairs_are_found_across_blocks_of_any_size(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = np.random.default_rng(7).normal(size=(40, 8)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    articles = np.repeat(np.arange(20), 2)
    whole = near_duplicates(vectors, articles, 0.3, 100)
    assert len(whole) > 10
    monkeypatch.setattr("chatbot.editing.corpus_map._BLOCK", 7)
    assert [pair[1:] for pair in near_duplicates(vectors, articles, 0.3, 100)] == [pair[1:] for pair in whole]


def test_places_fill_the_square_and_keep_topics_apart() -> None:
    noise = np.random.default_rng(1).normal(0, 0.05, (30, 3)).astype(np.float32)
    vectors = np.concatenate([np.tile(axis, (10, 1)) for axis in (X, Y, Z)]) + noise
    topics = ["x"] * 10 + ["y"] * 10 + ["z"] * 10
    places = project(vectors, topics)
    assert (places.min(axis=0) == 0).all()
    assert (places.max(axis=0) == 1).all()
    means = [places[first : first + 10].mean(axis=0) for first in (0, 10, 20)]
    spread = max(float(np.linalg.norm(places[i * 10 : i * 10 + 10] - means[i], axis=1).max()) for i in range(3))
    assert min(np.linalg.norm(means[i] - means[i - 1]) for i in range(3)) > 2 * spread
    assert (project(vectors, topics) == places).all()


@pytest.mark.parametrize("count", [1, 2, 3])
def test_a_few_passages_have_places_too(count: int) -> None:
    places = project(np.eye(3, dtype=np.float32)[:count], [""] * count)
    assert places.shape == (count, 2)
    assert np.isfinite(places).all()


def test_the_map_of_a_generation_names_its_thin_topics(served_folder: Path) -> None:
    index = LocalIndex.open(served_folder / "index" / current(served_folder / "index"))
    try:
        found = draw_map(index)
    finally:
        index.close()
    assert found.total == len(found.points) == 8
    assert {point.topic for point in found.points if point.passage.article_id == "money/pay"} == {"pay and offers"}
    assert dict(found.thin)["pay and offers"] == 2
    assert found.pairs == ()
