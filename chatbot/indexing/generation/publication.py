"""Generations on disk: write aside, verify, publish by one pointer, keep a history, prune.

A generation is a folder named by a digest of what it was built from, written once and never changed. Its manifest
names every file with its SHA-256 and carries its own digest. `CURRENT` names the generation that is served; it is
replaced in one step, so that a crash at any instant leaves the old generation or the new one, whole.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from filelock import FileLock, Timeout

from chatbot.disk import replace_text
from chatbot.errors import CorpusIndexError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing
from chatbot.indexing.generation.manifest import Manifest, read_manifest

CURRENT = "CURRENT"
HISTORY = "history"
LOCK = ".lock"
ENCODERS = "encoders"


@dataclass(frozen=True, slots=True)
class Published:
    """A line of the history: a generation and when it was published, UTC, to the second."""

    generation: str
    at: str


def current(index_dir: Path) -> str:
    """The generation that CURRENT names. Raises IndexMissing."""
    try:
        name = (index_dir / CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {index_dir.absolute()} yet; run 'chatbot build'") from None
    except (OSError, UnicodeDecodeError) as error:
        raise IndexMissing(f"{index_dir / CURRENT} cannot be read: {error}; run 'chatbot build'") from error
    if not _is_name(name):
        raise IndexMissing(f"{index_dir / CURRENT} names no generation but {name[:40]!r}; run 'chatbot build'")
    return name


def served(index_dir: Path) -> str | None:
    """The generation that CURRENT names, None where it names none."""
    try:
        return current(index_dir)
    except IndexMissing:
        return None


def candidates(index_dir: Path) -> list[str]:
    """Generations to try when opening: the current one, then the others of the history, newest first."""
    try:
        first = [current(index_dir)]
    except IndexMissing:
        first = []
    rest = [entry.generation for entry in reversed(kept_history(index_dir))]
    return list(dict.fromkeys(first + rest))


def drafts(index_dir: Path) -> list[str]:
    """Generations that were written and never published, the newest first."""
    published = {*candidates(index_dir), *(entry.generation for entry in history(index_dir))}
    unpublished = [path for path in index_dir.iterdir() if _is_name(path.name) and path.name not in published]
    return [path.name for path in sorted(unpublished, key=lambda path: path.stat().st_mtime_ns, reverse=True)]


def history(index_dir: Path) -> list[Published]:
    """What was published, oldest first. Lines that make no sense are passed over."""
    try:
        lines = (index_dir / HISTORY).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    entries = [Published(*line.split(" ", 1)) for line in lines if line.count(" ") == 1]
    return [entry for entry in entries if _is_name(entry.generation)]


def kept_history(index_dir: Path) -> list[Published]:
    """What of the history is still there, oldest first."""
    return [entry for entry in history(index_dir) if (index_dir / entry.generation).is_dir()]


def kept_manifests(index_dir: Path) -> list[Manifest]:
    """The readable manifests of the kept generations, the one published last first."""
    manifests = []
    for name in reversed([entry.generation for entry in history(index_dir)]):
        try:
            manifests.append(read_manifest(index_dir / name))
        except (IndexDamaged, IndexMismatch):
            continue
    return manifests


def publish(index_dir: Path, generation: str) -> None:
    """Make a generation the current one. Everything of it must be on the disk already."""
    now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    entries = [entry for entry in history(index_dir) if entry.generation != generation]
    lines = [f"{entry.generation} {entry.at}\n" for entry in (*entries, Published(generation, now))]
    # The history first: a generation that CURRENT names must never be missing from it.
    replace_text(index_dir / HISTORY, "".join(lines))
    replace_text(index_dir / CURRENT, f"{generation}\n")


def prune(index_dir: Path, keep: int) -> list[str]:
    """Remove all but the `keep` newest generations and the encoders that none of them uses.

    The current generation is always kept. Returns the generations that were removed.
    """
    entries = history(index_dir)
    newest = [entry for entry in entries if (index_dir / entry.generation).is_dir()][-keep:]
    kept = {entry.generation for entry in newest} | {current(index_dir)}
    removed = []
    for folder in sorted(path for path in index_dir.iterdir() if path.is_dir()):
        if _is_name(folder.name) and folder.name not in kept:
            removed.append(folder.name)
            discard(folder)
    if any(entry.generation not in kept for entry in entries):
        replace_text(index_dir / HISTORY, "".join(f"{e.generation} {e.at}\n" for e in entries if e.generation in kept))
    _prune_encoders(index_dir, kept)
    return removed


def sweep(index_dir: Path) -> None:
    """Remove what builds that were killed left behind. For the holder of the lock only."""
    for path in index_dir.glob(".*"):
        if path.name.startswith((".building-", ".gone-")):
            shutil.rmtree(path, ignore_errors=True)
        elif path.suffix == ".new":
            path.unlink()


def discard(folder: Path) -> None:
    """Remove a generation in one step as far as readers can see."""
    gone = folder.with_name(f".gone-{folder.name}")
    shutil.rmtree(gone, ignore_errors=True)
    folder.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)


@contextmanager
def writing(index_dir: Path, *, create: bool = False) -> Iterator[None]:
    """Hold the lock of the one writer; `create` makes a folder that does not exist.

    Raises IndexMissing where there is no folder, IndexLocked where another process holds the lock, and
    CorpusIndexError where the disk refuses what is done inside.
    """
    if not (create or index_dir.is_dir()):
        current(index_dir)  # raises, before anything is made
    try:
        index_dir.mkdir(parents=True, exist_ok=True)
        with _locked(index_dir):
            yield
    except OSError as error:
        place = error.filename or index_dir
        raise CorpusIndexError(
            f"the index cannot be written: {place}: {error.strerror or error}; the old index is untouched; "
            "free space or mend the permissions, then try again"
        ) from error


@contextmanager
def _locked(index_dir: Path) -> Iterator[None]:
    lock = FileLock(index_dir / LOCK, timeout=0)
    try:
        lock.acquire()
    except Timeout:
        raise IndexLocked(f"another process is building {index_dir}; wait for it to end and try again") from None
    try:
        yield
    finally:
        lock.release()


def _prune_encoders(index_dir: Path, kept: set[str]) -> None:
    used = set()
    for name in kept:
        try:
            used.add(read_manifest(index_dir / name).encoder)
        except (IndexDamaged, IndexMismatch):
            continue
    folder = index_dir / ENCODERS
    for encoder in folder.iterdir() if folder.is_dir() else ():
        if encoder.name not in used:
            shutil.rmtree(encoder, ignore_errors=True)


def _is_name(name: str) -> bool:
    return len(name) == 16 and all(char in "0123456789abcdef" for char in name)
