"""Copies of folders with an index: of what nobody writes in place, there is one on the disk, whoever has a copy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path


def copy(source: Path, target: Path) -> Path:
    """`source` again at `target`, which may be there; the model's numbers, most of it, are shared.

    Hundreds of folders have an index, with 156 MB of the model in each.
    """
    return Path(shutil.copytree(source, target, dirs_exist_ok=True, copy_function=_linked))


def _linked(source: str, target: str) -> object:
    return os.link(source, target) if source.endswith(".weights") else shutil.copy2(source, target)
