"""Copies of folders with an index: of what nobody writes in place, there is one on the disk, whoever has a copy."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from chatbot.answering.static.part import FOLDER as STATIC
from chatbot.exporting.making import _TEXTS as TEXTS


def copy(source: Path, target: Path) -> Path:
    """`source` again at `target`, which may be there; the model's numbers, most of it, are shared.

    Hundreds of folders have an index, with 156 MB of the model in each, and 30 of what it read of words.
    """
    return Path(shutil.copytree(source, target, dirs_exist_ok=True, copy_function=_linked))


def model(encoders: Path, index: Path) -> None:
    """The exported model in another index folder, and what it read of words and texts, which exports there need not."""
    copy(encoders, index / encoders.name)
    (index / STATIC).mkdir()
    _linked(str(encoders.parent / STATIC / TEXTS), str(index / STATIC / TEXTS))


def _linked(source: str, target: str) -> object:
    return os.link(source, target) if source.endswith((".weights", TEXTS)) else shutil.copy2(source, target)
