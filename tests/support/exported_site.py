"""A folder that `chatbot export` writes, below a path of a web site that is nothing but files, and who visits it."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Locator, Page

from tests.support.host_site import ask
from tests.support.places import ARTEFACTS
from tests.support.waiting import eventually

AT = "repo/chat/"  # where the folder lies on the site, as on pages that a host keeps for a repository


class FileHost:
    """`python -m http.server` over a folder, on a free port of this machine."""

    def __init__(self, folder: Path) -> None:
        command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1", "--directory", str(folder)]
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, "text": True}
        self._process = subprocess.Popen(command, **options)
        assert self._process.stdout is not None
        found = re.search(r"port (\d+)", self._process.stdout.readline())
        assert found
        self.folder = folder
        self.url = f"http://127.0.0.1:{found[1]}/"
        eventually(self._answers, 20)

    def page(self, path: str, body: str, head: str = "", lang: str = "en") -> str:
        """Write a page and return its address."""
        file = self.folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A site about work</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1"><link rel="icon" href="data:,">'
            f"{head}</head><body><main><h1>A site about work</h1><p>Some words.</p></main>{body}</body></html>"
        )
        return self.url + path

    def close(self) -> None:
        self._process.terminate()
        self._process.wait(20)

    def _answers(self) -> bool:
        with suppress(OSError):
            urllib.request.urlopen(self.url, timeout=5).close()
            return True
        return False


class FileVisitor:
    """Somebody with a fresh browser on pages that are files; notes requests, errors and console messages."""

    def __init__(self, browser: Browser, host: FileHost, **options: Any) -> None:
        self.host = host
        self.home = host.url + AT
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(30_000)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type in {"error", "warning"} else None
        )

    @property
    def widget(self) -> Locator:
        return self.page.locator("career-chatbot")

    def chat(self, path: str = "search.html") -> Page:
        """Open the chat page and wait until a question can be typed."""
        self.page.goto(self.home + path)
        self.widget.locator("textarea").wait_for()
        self.widget.locator(".log > .turn").first.wait_for()
        return self.page

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, and return the turn with its answer."""
        return ask(self.widget, question)

    def loaded(self) -> list[str]:
        """What was asked of the export, by its paths, in order."""
        own = [request.removeprefix("GET ") for request in self.requests]
        return [one.removeprefix(self.home) for one in own if one.startswith(self.home)]

    def foreign(self) -> list[str]:
        """Requests that left for another host, or that sent anything."""
        own = (f"GET {self.host.url}", "GET data:", "GET blob:")
        return [request for request in self.requests if not request.startswith(own)]

    def shoot(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.screenshot(path=ARTEFACTS / f"export-{name}.png", animations="disabled")
