"""Write down in which order a program brings files to the disk and renames them; every call goes through."""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest


@dataclass(frozen=True, slots=True)
class Sync:
    """A file or folder that was brought to the disk, and what the file held then; None for a folder."""

    path: str
    held: bytes | None


@dataclass(frozen=True, slots=True)
class Rename:
    """A file or folder that got another name, whatever was there before."""

    path: str
    to: str


Touch = Sync | Rename


def record(monkeypatch: pytest.MonkeyPatch, root: Path) -> list[Touch]:
    """The list that from now on grows by what happens under `root`; paths are relative to it."""
    touches: list[Touch] = []
    fsync = os.fsync

    def inside(path: Any) -> str | None:
        place = Path(os.fspath(path))
        return place.relative_to(root).as_posix() if place.is_relative_to(root) else None

    def syncing(descriptor: int) -> None:
        fsync(descriptor)
        place = Path(f"/proc/self/fd/{descriptor}").readlink()
        if (path := inside(place)) is not None:
            touches.append(Sync(path, place.read_bytes() if place.is_file() else None))

    def renaming(real: Callable[..., None]) -> Callable[..., None]:
        def rename(source: Any, target: Any, **options: Any) -> None:
            real(source, target, **options)
            if (to := inside(target)) is not None:
                touches.append(Rename(inside(source) or str(source), to))

        return rename

    monkeypatch.setattr(os, "fsync", syncing)
    for name in ("rename", "replace"):
        monkeypatch.setattr(os, name, renaming(getattr(os, name)))
    return touches
