"""Files that must be whole: digests, and writes that survive a crash; and arrays that stay in theirs."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def mapped(path: Path) -> npt.NDArray[Any]:
    """An array in a .npy file, read where it is used. Raises ValueError or OSError where it is none."""
    # An array without elements cannot be mapped. As a plain array: each slice of a memory map costs microseconds.
    return np.asarray(np.load(path, mmap_mode="r")) if path.stat().st_size > 1024 else np.asarray(np.load(path))


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def replace_text(path: Path, text: str) -> None:
    """Replace a small file in one step, on the disk when this returns. For one writer at a time."""
    aside = path.with_name(f".{path.name}.new")
    with aside.open("w", encoding="utf-8", newline="\n") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)
