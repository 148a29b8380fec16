"""The arrays that flow: what each kind holds, how rows are picked, and arrays that stay in their files."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from contextlib import suppress
from io import BytesIO
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from chatbot.disk import replace_whole

Scores = npt.NDArray[np.float32]
Rows = npt.NDArray[np.int64]
Vectors = npt.NDArray[np.float32]
HalfVectors = npt.NDArray[np.float16]
Mask = npt.NDArray[np.bool_]

_BIAS = np.float32(2.0**112)
_BLOCK = 256  # rows whose numbers stay in the cache that is a core's own


def loaded(path: Path, mode: Literal["r"] | None = None) -> npt.NDArray[Any]:
    """The array in a .npy file. Raises ValueError or OSError where it is none."""
    for _ in range(3):
        # Its head is Python, of which Python 3.11 can read one at a time only, though other threads read others.
        with suppress(SystemError):
            return np.asarray(np.load(path, mmap_mode=mode))
    return np.asarray(np.load(path, mmap_mode=mode))


def mapped(path: Path) -> npt.NDArray[Any]:
    """An array in a .npy file, read where it is used. Raises ValueError or OSError where it is none."""
    # An array without elements cannot be mapped. As a plain array: each slice of a memory map costs microseconds.
    return loaded(path, "r" if path.stat().st_size > 1024 else None)


def single(half: HalfVectors) -> npt.NDArray[np.float32]:
    """The same numbers as float32, for finite ones; NumPy's own conversion takes six times as long."""
    numbers = _shifted(half)
    numbers *= _BIAS
    return numbers


def _shifted(half: HalfVectors) -> npt.NDArray[np.float32]:
    """Sign, exponent and fraction in their places in a float32, so divided by its other bias (IEEE 754)."""
    bits = half.view(np.int16).astype(np.int32)
    bits <<= 13
    bits &= np.int32(~0x70000000)  # the sign was extended over three bits too many
    numbers: npt.NDArray[np.float32] = bits.view(np.float32)
    return numbers


def products(matrix: npt.NDArray[Any], rows: Rows, vector: Vectors) -> Scores:
    """The products of some rows of a matrix, shape (n, dim), float16 or int8, with a vector, shape (len(rows),)."""
    half = matrix.dtype == np.float16
    found, factor = np.empty(len(rows), np.float32), vector * _BIAS if half else vector
    for first in range(0, len(rows), _BLOCK):
        block = matrix.take(rows[first : first + _BLOCK], axis=0)
        np.matmul(_shifted(block) if half else block.astype(np.float32), factor, out=found[first : first + _BLOCK])
    return found


def ranges(starts: Rows, counts: Rows) -> Rows:
    """The numbers from each start on, as many as its count, one after the other."""
    ends = np.cumsum(counts)
    found: Rows = np.arange(ends[-1] if len(ends) else 0) + np.repeat(starts - ends + counts, counts)
    return found


def read_arrays(path: Path) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a .npz file by their names. Raises ValueError or OSError where it is none or damaged."""
    try:
        with np.load(path) as file:  # what is damaged does not fit the sums of the archive
            return {name: file[name] for name in file.files}
    except (EOFError, TypeError, AttributeError, zipfile.BadZipFile) as error:
        raise ValueError(f"is no archive of arrays: {error or type(error).__name__}") from error


def replace_arrays(path: Path, arrays: Mapping[str, npt.NDArray[Any]]) -> None:
    """Replace a .npz file in one step, on the disk when this returns. For one writer at a time."""
    content, named = BytesIO(), dict[str, Any](arrays)
    np.savez(content, **named)
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_whole(path, content.getbuffer())
