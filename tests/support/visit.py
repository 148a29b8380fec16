"""A visitor with a real browser on the chat page."""

from __future__ import annotations

from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, expect

from tests.support.places import ARTEFACTS
from tests.support.server import Server

expect.set_options(timeout=30_000)


class Visit:
    """A fresh visitor on the chat page; notes every request, error and console message."""

    def __init__(self, browser: Browser, server: Server, **options: Any) -> None:
        self.server = server
        self.context: BrowserContext = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda said: self.errors.append(said.text) if said.type == "error" else None)
        self.page.set_default_timeout(30_000)

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

    def foreign(self) -> list[str]:
        """Requests that left for another server."""
        own = (self.server.url, "data:", "blob:")
        return [request for request in self.requests if not request.split(" ", 1)[1].startswith(own)]

    def shoot(self, name: str, **options: Any) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"{name}.png", **options)
