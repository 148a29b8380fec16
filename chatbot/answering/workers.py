"""Processes that answer questions beside this one, so that as many cores work at once.

Each opens the index for itself, over the same files in memory, and follows what is published beside answering. What
they cannot answer just now, since they start, have ended or are behind or ahead, is left to this process.
"""

from __future__ import annotations

import logging
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from dataclasses import dataclass
from typing import Protocol

from chatbot.answering.answerer import Answerer, State
from chatbot.records import Answer, Filters, Turn

_log = logging.getLogger(__name__)

_REST_SECONDS = 10.0
_PATIENCE_SECONDS = 20.0
_LOOK_SECONDS = 1.0


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


@dataclass(frozen=True, slots=True)
class _Pool:
    """Processes, and for each a future that is done when it has opened the index."""

    processes: ProcessPoolExecutor
    opened: tuple[Future[int], ...]


class Workers:
    """So many processes, each answering one question at a time. Safe to use from several threads.

    Where one ends that should not, or does not answer in time, all are given up, and others started with the first
    question after ten seconds.
    """

    def __init__(self, opened: Callable[[], Answering], count: int) -> None:
        """`opened` opens in each process what answers there."""
        self._opened = opened
        self._count = count
        self._changing = threading.Lock()
        self._closed = False
        self._pool: _Pool | None = None
        self._given_up = 0.0
        self._start()

    @property
    def ready(self) -> int:
        """How many answer: all, or none while they start or are given up."""
        pool = self._pool
        opened = pool.opened if pool else ()
        return sum(future.done() and not future.cancelled() and not future.exception() for future in opened)

    def ask(self, state: State, asked: Asked) -> Answer | None:
        """The answer of one of them, None where none can give that of this state just now. Raises QuestionError."""
        pool = self._pool
        if pool is None:
            self._start_anew()
        if pool is None or not all(future.done() for future in pool.opened):
            return None
        try:
            answering = pool.processes.submit(_ask, state, asked)
        except RuntimeError as error:  # one of them has ended, or all were closed
            self._give_up(pool, error)
            return None
        try:
            answer: Answer | None = answering.result(_PATIENCE_SECONDS)
        except (BrokenProcessPool, CancelledError, TimeoutError) as error:
            self._give_up(pool, error)
            return None
        return answer

    def close(self) -> None:
        """End them, each after the answer that it is giving."""
        with self._changing:
            self._closed = True
            pool, self._pool = self._pool, None
        if pool:
            pool.processes.shutdown(wait=False, cancel_futures=True)

    def _start(self) -> None:
        context = multiprocessing.get_context("spawn")
        processes = ProcessPoolExecutor(self._count, context, initializer=_open, initargs=(self._opened,))
        try:
            self._pool = _Pool(processes, tuple(processes.submit(os.getpid) for _ in range(self._count)))
        except (OSError, RuntimeError) as error:  # the system has no room for them, or the first has ended already
            self._end(processes, error)

    def _start_anew(self) -> None:
        with self._changing:
            if self._pool is None and not self._closed and time.monotonic() - self._given_up > _REST_SECONDS:
                self._start()

    def _give_up(self, pool: _Pool, error: BaseException) -> None:
        with self._changing:
            if self._pool is pool:
                self._pool = None
                self._end(pool.processes, error)

    def _end(self, processes: ProcessPoolExecutor, error: BaseException) -> None:
        self._given_up = time.monotonic()
        _log.warning("processes that answer questions are given up: %s", str(error) or type(error).__name__)
        for process in list((processes._processes or {}).values()):
            process.kill()  # one that hangs would never end, nor let this process end
        processes.shutdown(wait=False, cancel_futures=True)


_here: Answerer | None = None
_asked_for_another = threading.Event()


def _open(opened: Callable[[], Answering]) -> None:
    """In a process of its own: end with the one that started it, and never before it because of Ctrl-C."""
    global _here  # noqa: PLW0603 - what one process holds for all questions that it is given
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    logging.disable(logging.WARNING)  # the server finds the same, and says it once
    chatbot = opened()
    _here = chatbot.answerer
    threading.Thread(target=_follow, args=(chatbot,), daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent:
        parent.join()
        os._exit(0)


def _follow(chatbot: Answering) -> None:
    """Open what is published, while questions go on being taken."""
    global _here  # noqa: PLW0603 - as above
    while True:
        _asked_for_another.wait(_LOOK_SECONDS)
        _asked_for_another.clear()
        _here = chatbot.answerer


def _ask(state: State, asked: Asked) -> Answer | None:
    answerer = _here
    if answerer and answerer.state == state:
        return asked.of(answerer)
    _asked_for_another.set()
    return None
