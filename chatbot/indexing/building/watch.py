"""Rebuild when the corpus changes: what editors and network drives do to files, made into one build at a time."""

from __future__ import annotations

import logging
import os
import stat
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from chatbot.errors import ChatbotError, IndexAway, IndexLocked
from chatbot.indexing.building.freshness import corpus_digests, same_files
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.publication import current, kept_manifests
from chatbot.settings import Settings

_log = logging.getLogger(__name__)

# How long files that never come to rest are waited for, in seconds; what is half-written then is read again later.
_PATIENCE = 30.0
_LOOK_AGAIN_MS = 1000
_MOUNTS = Path("/proc/self/mountinfo")

Stamps = dict[str, tuple[int, int]]


def watch(
    settings: Settings,
    publish: Callable[[], BuildReport],
    stop: threading.Event,
    looked: Callable[[], None] = lambda: None,
    clock: Callable[[], datetime] = lambda: datetime.now().astimezone(),
) -> Iterator[BuildReport | ChatbotError]:
    """Build at once and then whenever the content of a file changes, until `stop` is set; yields what came of it.

    An article whose day comes or goes is a change, too; `clock` tells the moment.

    A file counts when its size and time have come to rest, so that half-written files are not read. An error is
    yielded once, not again until something else happens, and never ends the watch; another process that builds is
    waited for. Where the published generation was rolled back to, the first build waits for a change. The corpus folder
    may be replaced, go and come, or not be there yet. After each look at the files `looked` is called, whatever came
    of it.
    """
    built = corpus_digests(settings) if rolled_back(settings) else None
    stamps: Stamps | None = None
    said = ""
    due: datetime | None = None
    for told in _looks(settings, stop, looked):
        came = due is not None and due <= clock()
        if built is not None and not told and not settings.watch.poll and not came:
            continue
        rested = _settle(settings, stop)
        if built is not None and rested == stamps and not came:
            continue
        now: dict[str, str] = {}
        try:
            now = corpus_digests(settings)
            stamps = rested
            if now == built and not came:
                continue
            due = None
            report = publish()
            built, said, before = now, "", said
            due = read_manifest(settings.index_dir / report.generation).next_due()
        except IndexLocked:
            built = None  # somebody else builds; look again soon
        except ChatbotError as error:
            # As they were before: what was saved while it failed is built, too; also where what failed was to send it.
            built, stamps = None if isinstance(error, IndexAway) else now, None
            if str(error) != said:
                said = str(error)
                yield error
        else:
            if report.published or report.changes.left_out or before:
                yield report


def _looks(settings: Settings, stop: threading.Event, looked: Callable[[], None]) -> Iterator[bool]:
    """When to look at the files; True where the system says that something changed."""
    looks = _polled(settings, stop) if settings.watch.poll else _told(settings, stop)
    for told in looks:
        yield told
        looked()


def _polled(settings: Settings, stop: threading.Event) -> Iterator[bool]:
    yield True
    while not stop.wait(settings.watch.poll_seconds):
        yield False


def _told(settings: Settings, stop: threading.Event) -> Iterator[bool]:
    """The system tells of one folder, whatever has its name: where another has it, that one is listened to."""
    while not stop.is_set():
        here = _place(settings.corpus_dir)
        try:
            for told in _notices(settings, stop) if here else ():
                yield told
                if _place(settings.corpus_dir) != here:
                    break
        except RuntimeError:
            yield True  # it tells of a name that is no text by failing
            stop.wait(settings.watch.settle_seconds)
        except OSError as error:
            if _place(settings.corpus_dir) == here:
                _log.warning("changes are looked for, since the system does not tell of them: %s", error)
                yield from _polled(settings, stop)
        if not _place(settings.corpus_dir):
            yield True
            while not (stop.wait(_LOOK_AGAIN_MS / 1000) or _place(settings.corpus_dir)):
                yield False


def _notices(settings: Settings, stop: threading.Event) -> Iterator[bool]:
    """Whether something was told, again and again; the first time True, for what came before."""
    from watchfiles import watch as notices

    first = True
    for changes in notices(
        settings.corpus_dir,
        watch_filter=None,
        debounce=500,
        stop_event=stop,
        rust_timeout=_LOOK_AGAIN_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        yield first or bool(changes)
        first = False


def _place(folder: Path) -> tuple[int, int, bytes] | None:
    """Which folder has this name now, through all links, and what is mounted anywhere; None where none has."""
    try:
        status = folder.stat()
        mounts = _MOUNTS.read_bytes() if _MOUNTS.exists() else b""
    except OSError:
        return None
    return (status.st_dev, status.st_ino, mounts) if stat.S_ISDIR(status.st_mode) else None


def rolled_back(settings: Settings) -> bool:
    """Whether the corpus is that of a kept generation other than the published one, as after a rollback."""
    now = _digests_or_nothing(settings)
    alike = [one.generation for one in kept_manifests(settings.index_dir) if same_files(now, one)]
    return bool(alike) and current(settings.index_dir) not in alike


def _digests_or_nothing(settings: Settings) -> dict[str, str]:
    try:
        return corpus_digests(settings)
    except ChatbotError:
        return {}


def _settle(settings: Settings, stop: threading.Event) -> Stamps:
    """The sizes and times of the files when none has changed for `settle_seconds`."""
    end = time.monotonic() + _PATIENCE
    before = _stamps(settings)
    while time.monotonic() < end and not stop.wait(settings.watch.settle_seconds):
        now = _stamps(settings)
        if now == before:
            break
        before = now
    return before


def _stamps(settings: Settings) -> Stamps:
    stamps: Stamps = {}
    for folder, _, names in os.walk(settings.corpus_dir):
        # A folder by its number: one that takes another's place may hold files of the same size and time.
        for name in ("", *names):
            path = os.path.join(folder, name)  # noqa: PTH118 - many files, looked at again and again
            try:
                status = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            stamps[path] = status.st_size if name else status.st_ino, status.st_mtime_ns
    return stamps
