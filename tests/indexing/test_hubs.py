"""How close passages are to passages at large, and that what is taken over equals what is counted anew."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.indexing.generation.hubs import Texts, hubness

DIM = 32


def texts(numbers: list[int], dim: int = DIM) -> Texts:
    """One text for each number, with a vector drawn from it."""
    rows = np.array([np.random.default_rng(number).normal(size=dim) for number in numbers]).reshape(-1, dim)
    units = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return Texts([hashlib.sha256(b"%d" % number).digest()[:16] for number in numbers], units.astype(np.float16))


@pytest.mark.parametrize("count", [1, 2, 11, 300])
def test_it_is_the_mean_cosine_to_the_nearest_others(count: int) -> None:
    given_texts = texts(list(range(count)))
    cosines = given_texts.vectors.astype(np.float32) @ given_texts.vectors.astype(np.float32).T
    np.fill_diagonal(cosines, -2)
    most = min(10, count - 1)
    nearest = np.sort(cosines, axis=1)[:, count - most :]
    found = hubness(given_texts)
    assert found[:, 0] == pytest.approx(nearest.mean(axis=1) if most else np.zeros(1), abs=1e-3)
    assert found[:, 1] == pytest.approx(nearest[:, 0] if most else np.zeros(1), abs=1e-3)


def test_two_passages_of_one_text_are_no_others_to_each_other() -> None:
    once, twice = hubness(texts([*range(20)])), hubness(texts([*range(20), 3, 3]))
    assert twice[:20].tolist() == once.tolist()
    assert twice[20:].tolist() == [once[3].tolist()] * 2


def test_of_many_texts_those_of_the_lowest_digests_are_compared_with() -> None:
    given_texts = texts(list(range(60)))
    lowest = sorted(range(60), key=lambda row: given_texts.digests[row])[:20]
    cosines = given_texts.vectors.astype(np.float32) @ given_texts.vectors[lowest].astype(np.float32).T
    cosines[lowest, range(20)] = -2
    assert hubness(given_texts, size=20)[:, 0] == pytest.approx(
        np.sort(cosines, axis=1)[:, -10:].mean(axis=1), abs=1e-3
    )


corpora = st.lists(st.integers(0, 60), max_size=60)


@hypothesis_settings(max_examples=200, deadline=None)
@given(corpora, corpora, st.sampled_from([8, 11, 12, 20, 100]))
def test_what_is_taken_over_equals_what_is_counted_anew(before: list[int], now: list[int], size: int) -> None:
    old = texts(before)
    anew = hubness(texts(now), size=size)
    assert hubness(texts(now), (old, hubness(old, size=size)), size).tobytes() == anew.tobytes()


def fan(numbers: list[int]) -> Texts:
    """Texts in a plane, five degrees from one to the next: of each, the nearest are those of the nearest numbers."""
    angles = np.radians([5.0 * number for number in numbers])
    rows = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    return Texts([b"%016d" % number for number in numbers], rows.astype(np.float16))


def fanned(number: int, others: list[int]) -> float:
    """The mean cosine of one of them to its ten nearest."""
    nearest = sorted(abs(number - other) for other in others if other != number)[:10]
    return float(np.cos(np.radians([5.0 * steps for steps in nearest])).mean())


@pytest.mark.parametrize(
    ("before", "now"),
    [
        pytest.param([*range(13)], [number for number in range(13) if number != 10], id="the last of the nearest went"),
        pytest.param([*range(13)], [number for number in range(13) if number != 1], id="the first of the nearest went"),
        pytest.param([*range(13)], [*range(12)], id="one further away went"),
        pytest.param([number for number in range(13) if number != 10], [*range(13)], id="a near one came"),
        pytest.param([*range(12)], [*range(13)], id="one further away came"),
        pytest.param([*range(12), 14], [*range(12), 13], id="one came for another"),
        pytest.param([*range(10)], [*range(11)], id="ten became eleven"),
        pytest.param([*range(11)], [*range(10)], id="eleven became ten"),
    ],
)
@pytest.mark.parametrize("backwards", [False, True])
def test_what_came_and_what_went_among_the_nearest_is_counted(
    before: list[int], now: list[int], backwards: bool
) -> None:
    old, new = fan(before[::-1] if backwards else before), fan(now[::-1] if backwards else now)
    found = hubness(new, (old, hubness(old)))
    assert found.tobytes() == hubness(new).tobytes()
    expected = [fanned(number, now) for number in (now[::-1] if backwards else now)]
    assert found[:, 0] == pytest.approx(expected, abs=1e-3)


def test_a_text_that_left_the_sample_is_no_longer_compared_with() -> None:
    old, new = fan([*range(1, 13)]), fan([*range(13)])
    found = hubness(new, (old, hubness(old, size=12)), size=12)
    assert found[:12, 0] == pytest.approx([fanned(number, [*range(12)]) for number in range(12)], abs=1e-3)


@pytest.mark.parametrize("dim", [384, 1024])
def test_sums_are_exact_in_any_order(dim: int) -> None:
    given_texts = texts(list(range(300)), dim)
    order = np.random.default_rng(1).permutation(dim)
    turned = Texts(given_texts.digests, np.ascontiguousarray(given_texts.vectors[:, order]))
    assert hubness(turned).tobytes() == hubness(given_texts).tobytes()


def test_few_passages_are_compared_again_after_a_small_edit(monkeypatch: pytest.MonkeyPatch) -> None:
    import faiss

    old, now = texts([*range(2000)]), texts([*range(1, 2001)])
    before = hubness(old)
    asked = []
    knn = faiss.knn
    monkeypatch.setattr(
        faiss, "knn", lambda rows, *others, **more: asked.append(len(rows)) or knn(rows, *others, **more)
    )
    hubness(now, (old, before))
    assert 1 <= asked[0] <= 60
