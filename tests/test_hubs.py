"""How close passages are to passages at large, and that what is taken over equals what is counted anew."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.indexing.hubs import Texts, hubness

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
