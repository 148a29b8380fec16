"""Arrays on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatbot.arrays import loaded, products, single


def test_an_array_is_read_again_where_python_could_not_read_its_head(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    np.save(tmp_path / "a.npy", np.arange(3))
    real, tries = np.load, []

    def load(*given: Any, **named: Any) -> Any:
        tries.append(1)
        if len(tries) < 3:
            raise SystemError("AST constructor recursion depth mismatch")
        return real(*given, **named)

    monkeypatch.setattr(np, "load", load)
    assert loaded(tmp_path / "a.npy").tolist() == [0, 1, 2]


def test_half_numbers_become_the_same_single_ones() -> None:
    every = np.arange(2**16, dtype=np.uint16).view(np.float16)
    finite = every[np.isfinite(every)]
    assert np.array_equal(single(finite), finite.astype(np.float32))


@pytest.mark.parametrize("kind", [np.float16, np.int8])
@pytest.mark.parametrize("count", [0, 1, 256, 700])
def test_rows_are_multiplied_whatever_their_number(kind: type, count: int) -> None:
    drawn = np.random.default_rng(1)
    matrix = (drawn.normal(size=(900, 24)) * (40 if kind is np.int8 else 1e-4)).astype(kind)
    rows, vector = drawn.integers(0, 900, count), drawn.normal(size=24).astype(np.float32)
    exact = matrix[rows].astype(np.float64) @ vector
    assert products(matrix, rows, vector) == pytest.approx(exact, rel=1e-4, abs=1e-9)
