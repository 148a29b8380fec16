"""Files that must be whole: digests, and writes that survive a crash."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO


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


def replace_whole(path: Path, content: bytes | memoryview, *, durable: bool = True) -> None:
    """Replace a file in one step; where it need not be `durable`, without waiting for the disk.

    For one writer at a time.
    """
    with beside(path) as aside:
        write(aside, content, durable=durable)
    if durable:
        sync(path.parent)


@contextmanager
def beside(path: Path) -> Iterator[Path]:
    """The path of a file to be written beside another, which it replaces at the end; gone where anything is raised."""
    aside = path.with_name(f".{path.name[:40]}.new")
    try:
        yield aside
        aside.replace(path)
    except OSError as error:
        # The system names what it cannot open, and not what it cannot write to, such as a file on a full disk.
        error.filename = error.filename or str(aside)
        raise
    finally:
        aside.unlink(missing_ok=True)


def write(path: Path, content: bytes | memoryview, mode: int = 0o666, *, durable: bool = True) -> None:
    """Write a file, on the disk when this returns. One that is new has at most the rights of `mode`, from the start."""
    with opened(path, mode) as file:
        file.write(content)
        if durable:
            file.flush()
            os.fsync(file.fileno())


def opened(path: Path, mode: int) -> BinaryIO:
    """An empty file to write to. One that is new has at most the rights of `mode`, from the start."""
    return os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | getattr(os, "O_BINARY", 0), mode), "wb")
