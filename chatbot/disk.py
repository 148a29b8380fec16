"""Files that must be whole: digests, and writes that survive a crash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def file_digest(path: Path) -> str:
    """SHA-256 of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def size_mb(folder: Path) -> float:
    """The megabytes of all files in a folder."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def sync(path: Path) -> None:
    """Bring a file or a folder to the disk."""
    if os.name == "nt" and path.is_dir():
        return  # Windows cannot open a folder
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_tree(folder: Path) -> None:
    """Bring a folder with all that is in it to the disk."""
    for path in (*folder.rglob("*"), folder):
        sync(path)


def rename_folder(aside: Path, folder: Path) -> None:
    """Give a folder its name, on the disk when this returns. All that is in it must be there already."""
    aside.rename(folder)
    sync(folder.parent)


def replace_text(path: Path, text: str) -> None:
    """Replace a small file in one step, on the disk when this returns. For one writer at a time."""
    replace_whole(path, text.encode())


def replace_whole(path: Path, content: bytes | memoryview) -> None:
    """The same with bytes."""
    aside = path.with_name(f".{path.name}.new")
    with _named(aside), aside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)
    sync(path.parent)


def replace_bytes(path: Path, content: bytes) -> None:
    """Replace a file in one step, without waiting for the disk. For one writer at a time."""
    aside = path.with_name(f".{path.name}.new")
    with _named(aside):
        aside.write_bytes(content)
    aside.replace(path)


@contextmanager
def _named(path: Path) -> Iterator[None]:
    """The system names what it cannot open, and not what it cannot write to, such as a file on a full disk."""
    try:
        yield
    except OSError as error:
        error.filename = error.filename or str(path)
        raise
