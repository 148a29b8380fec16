from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from chatbot.arrays import HalfVectors
from chatbot.indexing.generation.vectors import VectorIndex, write_vectors


def unit_rows(count: int, dim: int = 32, seed: int = 0) -> HalfVectors:
    rows = np.random.default_rng(seed).normal(size=(count, dim)).astype(np.float32)
    return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float16)


def test_search_agrees_with_comparing_every_vector(tmp_path: Path) -> None:
    vectors = unit_rows(500)
    write_vectors(vectors, tmp_path / "v.faiss")
    index = VectorIndex(tmp_path / "v.faiss", vectors)
    query = unit_rows(1, seed=1)[0].astype(np.float32)
    exact = vectors.astype(np.float32) @ query
    rows, cosines = index.search(query, 10)
    assert rows.tolist() == np.argsort(-exact)[:10].tolist()
    assert cosines == pytest.approx(exact[rows], abs=1e-4)


def test_asking_for_more_than_there_is_gives_all_without_padding(tmp_path: Path) -> None:
    vectors = unit_rows(3)
    write_vectors(vectors, tmp_path / "v.faiss")
    rows, cosines = VectorIndex(tmp_path / "v.faiss", vectors).search(vectors[1].astype(np.float32), 10)
    assert sorted(rows.tolist()) == [0, 1, 2]
    assert rows[0] == 1
    assert len(cosines) == 3


def test_equal_vectors_come_in_the_order_of_their_rows(tmp_path: Path) -> None:
    vectors = np.repeat(unit_rows(1), 6, axis=0)
    write_vectors(vectors, tmp_path / "v.faiss")
    rows, _ = VectorIndex(tmp_path / "v.faiss", vectors).search(vectors[0].astype(np.float32), 6)
    assert rows.tolist() == [0, 1, 2, 3, 4, 5]


def test_above_the_limit_what_comes_first_by_single_bits_is_compared_exactly(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    vectors = unit_rows(6000, 64)
    write_vectors(vectors, tmp_path / "v.faiss", flat_limit=1000)
    index = VectorIndex(tmp_path / "v.faiss", vectors)
    assert (tmp_path / "v.faiss").stat().st_size < 6000 * 64 / 2  # two bytes a number where all are compared
    single = vectors.astype(np.float32)
    queries = unit_rows(20, 64, seed=2).astype(np.float32)

    def found() -> int:
        nearest = [np.argsort(-(single @ query))[:10].tolist() for query in queries]
        return sum(
            len(set(index.search(query, 10)[0].tolist()) & set(own))
            for query, own in zip(queries, nearest, strict=True)
        )

    assert found() >= 196
    rows, cosines = index.search(queries[0], 10)
    assert cosines == pytest.approx(single[rows] @ queries[0], abs=1e-6)
    assert (np.diff(cosines) <= 0).all()
    monkeypatch.setattr("chatbot.indexing.generation.vectors.OFFERED", 40)
    assert found() < 150


@pytest.mark.parametrize("flat_limit", [100, 10_000])
@pytest.mark.parametrize("share", [0.0, 0.002, 0.5, 0.9])
def test_a_search_is_limited_to_the_rows_that_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flat_limit: int, share: float
) -> None:
    monkeypatch.setattr("chatbot.indexing.generation.vectors.FLAT_LIMIT", 1000)
    vectors = unit_rows(4000)
    write_vectors(vectors, tmp_path / "v.faiss", flat_limit=flat_limit)
    index = VectorIndex(tmp_path / "v.faiss", vectors)
    allowed = np.random.default_rng(5).random(4000) < share
    for query in unit_rows(5, seed=3).astype(np.float32):
        cosines = np.where(allowed, vectors.astype(np.float32) @ query, np.float32(-2))
        nearest = np.argsort(-cosines)[: min(10, int(allowed.sum()))]
        rows, found = index.search(query, 10, allowed)
        assert rows.tolist() == nearest.tolist()
        assert found == pytest.approx(cosines[nearest], abs=1e-5)


def test_the_fewer_rows_are_allowed_the_more_are_offered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("chatbot.indexing.generation.vectors.FLAT_LIMIT", 1000)
    vectors = unit_rows(4000)
    write_vectors(vectors, tmp_path / "v.faiss", flat_limit=1000)
    query = unit_rows(1, seed=3)[0].astype(np.float32)
    farthest = np.argsort(vectors.astype(np.float32) @ query)[:1100]
    rows, _ = VectorIndex(tmp_path / "v.faiss", vectors).search(query, 10, np.isin(np.arange(4000), farthest))
    nearest = farthest[::-1][:10].tolist()
    assert len(set(rows.tolist()) & set(nearest)) >= 8  # single bits of so few numbers are rough


def test_an_index_of_another_kind_is_refused(tmp_path: Path) -> None:
    import faiss

    faiss.write_index(faiss.index_factory(32, "Flat"), str(tmp_path / "v.faiss"))
    with pytest.raises(ValueError, match="is of another kind, IndexFlat"):
        VectorIndex(tmp_path / "v.faiss", unit_rows(0))


def test_the_same_vectors_give_the_same_file(tmp_path: Path) -> None:
    for name, limit in (("a", 100), ("b", 100), ("c", 10_000), ("d", 10_000)):
        write_vectors(unit_rows(1000), tmp_path / name, flat_limit=limit)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    assert (tmp_path / "c").read_bytes() == (tmp_path / "d").read_bytes()


def test_an_index_of_other_vectors_is_refused(tmp_path: Path) -> None:
    write_vectors(unit_rows(5), tmp_path / "v.faiss")
    with pytest.raises(ValueError, match="holds 5 vectors of 32 dimensions, expected 4 of 32"):
        VectorIndex(tmp_path / "v.faiss", unit_rows(4))


def test_questions_do_not_take_the_cores_from_each_other(tmp_path: Path) -> None:
    write_vectors(unit_rows(5), tmp_path / "v.faiss")
    script = (
        "import sys, numpy; from pathlib import Path; from threadpoolctl import ThreadpoolController\n"
        "from chatbot.indexing.generation.vectors import VectorIndex\n"
        "VectorIndex(Path(sys.argv[1]), numpy.zeros((5, 32), numpy.float16))\n"
        "print([each['num_threads'] for each in ThreadpoolController().info()])"
    )
    command = [sys.executable, "-c", script, tmp_path / "v.faiss"]
    said = subprocess.run(command, check=True, capture_output=True, text=True)
    assert set(json.loads(said.stdout)) == {1}


@pytest.mark.parametrize("flat_limit", [1000, 100])
def test_the_nearest_cosine_of_many_is_that_of_each(tmp_path: Path, flat_limit: int) -> None:
    vectors, asked = unit_rows(500), unit_rows(20, seed=1).astype(np.float32)
    write_vectors(vectors, tmp_path / "v.faiss", flat_limit=flat_limit)
    index = VectorIndex(tmp_path / "v.faiss", vectors)
    assert index.nearest(asked) == pytest.approx([index.search(one, 1)[1][0] for one in asked], abs=1e-3)
