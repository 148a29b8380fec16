"""Generations on disk: write aside, verify, publish by one pointer, keep a history, prune.

A generation is a folder named by a digest of what it was built from, written once and never changed. Its manifest
names every file with its SHA-256 and carries its own digest. `CURRENT` names the generation that is served; it is
replaced in one step, so that a crash at any instant leaves the old generation or the new one, whole.
"""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from chatbot.errors import CorpusIndexError, IndexDamaged, IndexLocked, IndexMismatch, IndexMissing
from chatbot.indexing.disk import file_digest, replace_text, sync

FORMAT = 7

CURRENT = "CURRENT"
HISTORY = "history"
LOCK = ".lock"
ENCODERS = "encoders"
MANIFEST = "manifest.json"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a generation holds. `settings` is a digest of the settings that shape passages.

    `articles` gives the SHA-256 of each article's file by its path under the corpus folder; `left_out` the reason
    for each file that was not usable; `listed` what an article got from a sitemap (`url`, `updated`); `others` the
    SHA-256 of each file that gave no article; `calibration` the thresholds and error rates of
    `answering.calibration.figures`, or nothing; `pace` the seconds that embedding one passage took when last
    measured, 0 for never, `writing` those that everything after it took; `files` the SHA-256 of each file of the
    generation, by its path inside it.
    """

    format: int
    generation: str
    settings: str
    model: str
    encoder: str
    dim: int
    passages: int
    articles: dict[str, str]
    left_out: dict[str, str]
    listed: dict[str, dict[str, str]]
    others: dict[str, str]
    calibration: dict[str, float]
    pace: float
    writing: float
    files: dict[str, str]


@dataclass(frozen=True, slots=True)
class Published:
    """A line of the history: a generation and when it was published, UTC, to the second."""

    generation: str
    at: str


def generation_name(manifest: Manifest) -> str:
    """16 hex digits from everything that decides a generation's content, none of it from derived files."""
    same = replace(manifest, generation="", others={}, calibration={}, pace=0.0, writing=0.0, files={})
    content = asdict(same)
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Digest every file of `folder`, write its manifest, and bring all of it to the disk."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    whole = replace(manifest, files={path.relative_to(folder).as_posix(): file_digest(path) for path in files})
    (folder / MANIFEST).write_text(_with_digest(whole), encoding="utf-8")
    for path in (*files, folder / MANIFEST, *(path for path in folder.rglob("*") if path.is_dir()), folder):
        sync(path)


def remember(folder: Path, others: dict[str, str]) -> None:
    """Note which files gave no article in a whole generation, all else unchanged. For the holder of the lock only.

    What a left-out file says may change while the reason stays, and with it the generation.
    """
    manifest = read_manifest(folder)
    if manifest.others != others:
        replace_text(folder / MANIFEST, _with_digest(replace(manifest, others=others)))


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a generation. Raises IndexDamaged, or IndexMismatch for one of another format."""
    try:
        values: dict[str, Any] = json.loads((folder / MANIFEST).read_text(encoding="utf-8"))
        digest = values.pop("digest")
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise IndexDamaged(folder.name, MANIFEST, f"cannot be read ({type(error).__name__})") from error
    if digest != _own_digest(values):
        raise IndexDamaged(folder.name, MANIFEST, "does not match its own digest")
    if values.get("format") != FORMAT:
        found = values.get("format")
        raise IndexMismatch(
            f"generation {folder.name} has format {found}, this version reads {FORMAT}; run 'chatbot build'"
        )
    try:
        return Manifest(**values)
    except TypeError as error:
        raise IndexMismatch(
            f"generation {folder.name} was written by another version ({error}); run 'chatbot build'"
        ) from error


def verify(folder: Path) -> Manifest:
    """The manifest of a generation after every file was compared with its digest.

    Nothing but the manifest is parsed before this has passed. Raises IndexDamaged or IndexMismatch.
    """
    manifest = read_manifest(folder)
    for name, digest in manifest.files.items():
        path = folder / name
        try:
            found = file_digest(path)
        except OSError as error:
            raise IndexDamaged(folder.name, name, f"cannot be read ({error.strerror})") from error
        if found != digest:
            raise IndexDamaged(folder.name, name, "does not match its digest")
    return manifest


def is_whole(folder: Path) -> bool:
    """Whether a generation is there and passes `verify`."""
    try:
        verify(folder)
    except (IndexDamaged, IndexMismatch):
        return False
    return True


def current(index_dir: Path) -> str:
    """The generation that CURRENT names. Raises IndexMissing."""
    try:
        name = (index_dir / CURRENT).read_text(encoding="ascii").strip()
    except FileNotFoundError:
        raise IndexMissing(f"there is no index in {index_dir} yet; run 'chatbot build'") from None
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
    rest = [entry.generation for entry in reversed(history(index_dir)) if (index_dir / entry.generation).is_dir()]
    return list(dict.fromkeys(first + rest))


def drafts(index_dir: Path) -> list[str]:
    """Generations that were written and never published, the newest first."""
    published = {*candidates(index_dir), *(entry.generation for entry in history(index_dir))}
    found = [path for path in index_dir.iterdir() if _is_name(path.name) and path.name not in published]
    return [path.name for path in sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)]


def history(index_dir: Path) -> list[Published]:
    """What was published and is kept, oldest first. Lines that make no sense are passed over."""
    try:
        lines = (index_dir / HISTORY).read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return []
    entries = [Published(*line.split(" ", 1)) for line in lines if line.count(" ") == 1]
    return [entry for entry in entries if _is_name(entry.generation)]


def kept_manifests(index_dir: Path) -> list[Manifest]:
    """The readable manifests of the kept generations, the one published last first."""
    found = []
    for name in reversed([entry.generation for entry in history(index_dir)]):
        try:
            found.append(read_manifest(index_dir / name))
        except (IndexDamaged, IndexMismatch):
            continue
    return found


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


def _with_digest(manifest: Manifest) -> str:
    values = asdict(manifest)
    return json.dumps({**values, "digest": _own_digest(values)}, indent=1, ensure_ascii=False)


def _own_digest(values: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()


def _is_name(name: str) -> bool:
    return len(name) == 16 and all(char in "0123456789abcdef" for char in name)
