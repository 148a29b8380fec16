"""A visitor with a real browser on the chat page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.places import ARTEFACTS
from tests.support.server import Server

expect.set_options(timeout=30_000)


class Visitor:
    """Somebody with a fresh browser; notes every request, and the page's errors and console messages of some kinds.

    `own` are the addresses, as they begin, that the pages may ask.
    """

    noted = frozenset(("error", "warning"))
    own: tuple[str, ...] = ()

    def __init__(self, browser: Browser, **options: Any) -> None:
        self.context: BrowserContext = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type in self.noted else None)
        self.page.set_default_timeout(30_000)

    def foreign(self) -> list[str]:
        """Requests that left for another server."""
        return [request for request in self.requests if not request.split(" ", 1)[1].startswith(self.own)]

    def shoot(self, name: str, **options: Any) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", **options)


Somebody = TypeVar("Somebody", bound=Visitor)


@contextmanager
def visiting(visitor: Somebody) -> Iterator[Somebody]:
    """Who leaves at the end; nothing was asked of another server then, and no page reported an error."""
    yield visitor
    visitor.context.close()
    assert visitor.foreign() == [], "a page asked another server, or sent something"
    assert visitor.errors == [], "the page reported errors"


class Visit(Visitor):
    """A fresh visitor on the chat page."""

    noted = frozenset(("error",))

    def __init__(self, browser: Browser, server: Server, **options: Any) -> None:
        super().__init__(browser, **options)
        self.server = server
        self.own = (server.url, "data:", "blob:")

    def open(self, path: str = "/chat/") -> Page:
        self.page.goto(self.server.url + path)
        if path.startswith("/chat"):
            self.page.wait_for_selector(".ready", state="attached")
        return self.page

    def ask(self, question: str) -> None:
        """Type a question, press Enter and wait for its answer."""
        before = self.page.locator("#talk .bot-row").count() if self.page.locator("#talk .question").count() else 0
        self.page.fill("#box textarea", question)
        self.page.press("#box textarea", "Enter")
        self.page.wait_for_function("n => document.querySelectorAll('#talk .bot-row').length > n", arg=before)
        self.settle()

    def settle(self) -> None:
        """Wait until the page has shown what came back."""
        self.page.wait_for_function(
            "() => document.querySelector('#talk .question') && document.querySelector('.talking:not(.waiting)')"
        )
