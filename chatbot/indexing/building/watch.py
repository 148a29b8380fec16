"""Rebuild when the corpus changes: what editors and network drives do to files, made into one build at a time."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime

from chatbot.errors import ChatbotError, IndexLocked
from chatbot.indexing.building.freshness import corpus_digests, same_files
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.publication import current, kept_manifests
from chatbot.settings import Settings

# How long files that never come to rest are waited for, in seconds; what is half-written then is read again later.
_PATIENCE = 30.0
_LOOK_AGAIN_MS = 1000

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
    waited for. Where the published generation was rolled back to, the first build waits for a change. After each look
    at the files `looked` is called, whatever came of it. Raises SettingsError where the corpus folder does not exist
    at the start.
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
        try:
            now = corpus_digests(settings)
            stamps = rested
            if now == built and not came:
                continue
            due = None
            report = publish()
            built, said = now, ""
            due = read_manifest(settings.index_dir / report.generation).next_due()
        except IndexLocked:
            built = None  # somebody else builds; look again soon
        except ChatbotError as error:
            built = _digests_or_nothing(settings)
            if str(error) != said:
                said = str(error)
                yield error
        else:
            if report.published or report.changes.left_out:
                yield report


def _looks(settings: Settings, stop: threading.Event, looked: Callable[[], None]) -> Iterator[bool]:
    """When to look at the files; True where the system says that something changed."""
    if settings.watch.poll:
        yield True
        looked()
        while not stop.wait(settings.watch.poll_seconds):
            yield False
            looked()
        return
    from watchfiles import watch as notices

    for changes in notices(
        settings.corpus_dir,
        watch_filter=None,
        debounce=500,
        stop_event=stop,
        rust_timeout=_LOOK_AGAIN_MS,
        yield_on_timeout=True,
        raise_interrupt=False,
    ):
        yield bool(changes)
        looked()


def rolled_back(settings: Settings) -> bool:
    """Whether the corpus is that of a kept generation other than the published one, as after a rollback."""
    now = corpus_digests(settings)
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
        for name in names:
            path = os.path.join(folder, name)  # noqa: PTH118 - many files, looked at again and again
            try:
                status = os.stat(path)  # noqa: PTH116
            except OSError:
                continue
            stamps[path] = status.st_size, status.st_mtime_ns
    return stamps
