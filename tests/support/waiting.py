"""Waiting for what another process or thread does, where nothing tells that it is done."""

from __future__ import annotations

import time
from collections.abc import Callable


def eventually(holds: Callable[[], bool], seconds: float = 120, trouble: Callable[[], str] = str) -> None:
    """Return as soon as `holds()`; fails after so many seconds, and says what `trouble()` tells then."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"did not happen in {seconds} s {trouble()}"
        time.sleep(0.02)
