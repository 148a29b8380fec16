"""Waiting for what another process, thread or page does, where nothing tells that it is done."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from playwright.sync_api import Page


def eventually(holds: Callable[[], bool], seconds: float = 120, trouble: Callable[[], str] = str) -> None:
    """Return as soon as `holds()`; fails after so many seconds, and says what `trouble()` tells then."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end, f"did not happen in {seconds} s {trouble()}"
        time.sleep(0.02)


def idle(page: Page) -> None:
    """Return when the page has nothing left to do: a picture has failed after all others, and it is idle."""
    page.evaluate(
        """() => new Promise(done => {
          const picture = new Image();
          picture.onerror = () => requestIdleCallback(() => setTimeout(done), {timeout: 2000});
          picture.src = "data:image/png,none";
        })"""
    )
