"""The latest answers of a generation, and those that are being made: what is asked again meanwhile waits for the first.

A page that is loaded again asks all its questions again, and the questions offered to begin with are asked by many.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from concurrent.futures import Future
from typing import Generic, TypeVar

_Answer = TypeVar("_Answer")


class Remembered(Generic[_Answer]):
    """At most so many answers, those asked for last; none where it is 0. Safe to use from several threads."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._kept: OrderedDict[Hashable, Future[_Answer]] = OrderedDict()
        self._lock = threading.Lock()

    def __len__(self) -> int:
        return len(self._kept)

    def get(self, key: Hashable, make: Callable[[], _Answer]) -> _Answer:
        """What is remembered by this key, else what `make` gives. What `make` raises is raised, and not remembered."""
        if not self._most:
            return make()
        with self._lock:
            known = self._kept.get(key)
            asked = known or self._kept.setdefault(key, Future())
            self._kept.move_to_end(key)
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        if known is None:
            try:
                asked.set_result(make())
            except BaseException as error:
                with self._lock:
                    if self._kept.get(key) is asked:
                        del self._kept[key]
                asked.set_exception(error)
        return asked.result()
