"""Arrays that stay in their files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def mapped(path: Path) -> npt.NDArray[Any]:
    """An array in a .npy file, read where it is used. Raises ValueError or OSError where it is none."""
    # An array without elements cannot be mapped. As a plain array: each slice of a memory map costs microseconds.
    return np.asarray(np.load(path, mmap_mode="r")) if path.stat().st_size > 1024 else np.asarray(np.load(path))
