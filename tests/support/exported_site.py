"""A folder that `chatbot export` writes, below a path of a web site that is nothing but files, and who visits it."""

from __future__ import annotations

import re
import subprocess
import sys
import urllib.request
from contextlib import suppress
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page

from tests.support.host_site import WidgetVisitor
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


class FileVisitor(WidgetVisitor):
    """Somebody with a fresh browser on pages that are files."""

    def __init__(self, browser: Browser, host: FileHost, **options: Any) -> None:
        super().__init__(browser, **options)
        self.host = host
        self.home = host.url + AT
        self.own = (host.url, "data:", "blob:")

    def chat(self, path: str = "search.html") -> Page:
        """Open the chat page and wait until a question can be typed."""
        self.page.goto(self.home + path)
        self.widget.locator("textarea").wait_for()
        self.widget.locator(".log > .turn").first.wait_for()
        return self.page

    def loaded(self) -> list[str]:
        """What was asked of the export, by its paths, in order."""
        own = [request.removeprefix("GET ") for request in self.requests]
        return [one.removeprefix(self.home) for one in own if one.startswith(self.home)]

    def foreign(self) -> list[str]:
        """Requests that left for another host, or that sent anything."""
        return super().foreign() + [request for request in self.requests if not request.startswith("GET ")]

    def shoot(self, name: str, **options: Any) -> None:
        super().shoot(f"export-{name}", animations="disabled", **options)
