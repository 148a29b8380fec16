"""Processes that answer questions beside this one, so that as many cores work at once.

Each opens the index for itself, over the same files in memory, and follows when another is published. What they cannot
answer just now, since they start, have ended or are behind or ahead, is left to this process.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol

from chatbot.answering.answerer import Answerer, State
from chatbot.records import Answer, Filters, Turn

_log = logging.getLogger(__name__)

_REST_SECONDS = 10.0


@dataclass(frozen=True, slots=True)
class Asked:
    """A question with all that its answer depends on beside what is published."""

    question: str
    k: int
    history: tuple[Turn, ...]
    filters: Filters
    literal: bool
    page: str

    def of(self, answerer: Answerer) -> Answer:
        """See Answerer.ask."""
        asked = self.question, self.k, self.history, self.filters
        return answerer.ask(*asked, literal=self.literal, page=self.page)


class Answering(Protocol):
    """What a process opens: a chatbot."""

    @property
    def answerer(self) -> Answerer: ...


class Workers:
    """So many processes, each answering one question at a time. Safe to use from several threads.

    Where one ends that should not, all are started anew, at most once in ten seconds.
    """

    def __init__(self, opened: Callable[[], Answering], count: int) -> None:
        """`opened` opens in each process what answers there."""
        self._opened = opened
        self._count = count
        self._changing = threading.Lock()
        self._closed = False
        self._start()

    @property
    def ready(self) -> int:
        """How many answer: all, or none while they start."""
        return self._count if all(future.done() and not future.exception() for future in self._started) else 0

    def ask(self, state: State, asked: Asked) -> Answer | None:
        """The answer of one of them, None where none can give that of this state just now. Raises QuestionError."""
        pool = self._pool
        if self._closed or not all(future.done() for future in self._started):
            return None
        try:
            answer: Answer | None = pool.submit(_ask, state, asked).result()
        except BrokenProcessPool as error:
            self._start_anew(pool, error)
            return None
        return answer

    def close(self) -> None:
        """End them, each after the answer that it is giving."""
        with self._changing:
            self._closed = True
            self._pool.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        self._began = time.monotonic()
        context = multiprocessing.get_context("spawn")
        self._pool = ProcessPoolExecutor(self._count, context, initializer=_open, initargs=(self._opened,))
        self._started: list[Future[int]] = [self._pool.submit(os.getpid) for _ in range(self._count)]

    def _start_anew(self, broken: ProcessPoolExecutor, error: Exception) -> None:
        with self._changing:
            rested = time.monotonic() - self._began > _REST_SECONDS
            if self._pool is broken and rested and not self._closed:
                _log.warning("the processes that answer questions are started again: %s", error)
                broken.shutdown(wait=False)
                self._start()


_here: Answering | None = None


def _open(opened: Callable[[], Answering]) -> None:
    """In a process of its own: end with the one that started it, and never before it because of Ctrl-C."""
    global _here  # noqa: PLW0603 - what one process holds for all questions that it is given
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.WARNING)  # the server finds the same, and says it once
    _here = opened()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(0)


def _ask(state: State, asked: Asked) -> Answer | None:
    answerer = _here.answerer if _here else None
    return asked.of(answerer) if answerer and answerer.state == state else None
