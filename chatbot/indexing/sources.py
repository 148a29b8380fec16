"""The generations that a build compares with and takes over from."""

from __future__ import annotations

from pathlib import Path

from chatbot.errors import IndexDamaged, IndexMismatch
from chatbot.indexing.passage_index import LocalIndex
from chatbot.indexing.snapshot import candidates, discard, drafts


def newest_good(index_dir: Path) -> LocalIndex | None:
    """The current generation, or the newest that is whole."""
    return _first_whole(index_dir, candidates(index_dir))


def reusable(index_dir: Path, old: LocalIndex | None, made_by: tuple[str, str]) -> LocalIndex | None:
    """The generation whose texts and vectors can be taken over: a draft before `old`, since it is nearer to the corpus.

    `made_by` are the settings and the encoder that it must have been made with.
    """
    for index in (_first_whole(index_dir, drafts(index_dir)), old):
        if index and (index.manifest.settings, index.manifest.encoder) == made_by:
            return index
    return None


def discard_drafts(index_dir: Path, keep: str) -> None:
    """Remove all drafts but one."""
    for name in drafts(index_dir):
        if name != keep:
            discard(index_dir / name)


def _first_whole(index_dir: Path, names: list[str]) -> LocalIndex | None:
    for name in names:
        try:
            return LocalIndex.open(index_dir / name)
        except (IndexDamaged, IndexMismatch):
            continue
    return None
