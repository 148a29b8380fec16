"""Arrays on disk."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from chatbot.arrays import loaded


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
