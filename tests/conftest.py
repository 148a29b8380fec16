"""What the tests of the server and its pages share: one real index, one real server process, one real browser."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests import chromium, serving_corpus
from tests.host_site import HostSite, SiteVisitor
from tests.places import ARTEFACTS, ROOT

COMMAND = [sys.executable, "-c", "from chatbot.cli import main; main()"]

expect.set_options(timeout=30_000)


@dataclass
class Server:
    """A running `chatbot serve` and the address it printed."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        return self.send(urllib.request.Request(self.url + path, headers=headers or {}))

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return self.send(urllib.request.Request(self.url + path, data=data, headers=sent))

    def send(self, request: urllib.request.Request) -> tuple[int, dict[str, str], str]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def wait_until_ready(self, seconds: float = 120) -> None:
        end = time.monotonic() + seconds
        while self.get("/readyz")[0] != 200:
            assert time.monotonic() < end, "the page was not ready in time"
            time.sleep(0.2)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def start_server(folder: Path, log: Path | None = None, **variables: str) -> Server:
    """Serve the corpus and index of a folder on a free port; returns when the address is printed.

    What goes to stderr is written to `log` where one is named. No rate is set unless a variable does.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    environment |= {
        "CHATBOT_CORPUS_DIR": str(folder / "corpus"),
        "CHATBOT_INDEX_DIR": str(folder / "index"),
        "CHATBOT_SERVER__PORT": "0",
        "CHATBOT_SERVER__RATE": "",
        **variables,
    }
    options: dict[str, Any] = {"env": environment, "cwd": folder, "text": True, "encoding": "utf-8"}
    with nullcontext() if log is None else log.open("w") as stderr:
        process = subprocess.Popen([*COMMAND, "serve"], stdout=subprocess.PIPE, stderr=stderr, **options)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://"), f"the server ended with {process.wait(30)}"
    return Server(process, url)


def build(folder: Path) -> None:
    """Index the corpus of a folder into its index."""
    variables = {"CHATBOT_CORPUS_DIR": str(folder / "corpus"), "CHATBOT_INDEX_DIR": str(folder / "index")}
    subprocess.run([*COMMAND, "build"], env={**os.environ, **variables}, cwd=folder, check=True, timeout=900)


@pytest.fixture(scope="session")
def served_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus and the index that was built from it."""
    folder = tmp_path_factory.mktemp("served")
    serving_corpus.write(folder / "corpus")
    build(folder)
    return folder


@pytest.fixture(scope="session")
def shipped(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the shipped articles are served from an index in a folder of their own."""
    index = tmp_path_factory.mktemp("shipped") / "index"
    variables = {"CHATBOT_CORPUS_DIR": str(ROOT / "corpus"), "CHATBOT_INDEX_DIR": str(index)}
    environment = {**os.environ, **variables}
    subprocess.run([*COMMAND, "build"], env=environment, cwd=ROOT, check=True, timeout=900)
    return environment


@pytest.fixture(scope="session")
def server(served_folder: Path) -> Iterator[Server]:
    """The server that most tests share."""
    running = start_server(served_folder)
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "the browser tests need Chromium: run 'python -m tests.chromium'"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.flags())
        yield running
        running.close()


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
        self.page.fill("#box input", question)
        self.page.press("#box input", "Enter")
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


@pytest.fixture
def visit(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visitor; `@pytest.mark.parametrize("visit", [options], indirect=True)` sets the browser's options."""
    visitor = Visit(browser, server, **getattr(request, "param", {}))
    yield visitor
    visitor.context.close()
    assert visitor.foreign() == [], "a page asked another server"
    assert visitor.errors == [], "the page reported errors"


@pytest.fixture(scope="session")
def site() -> Iterator[HostSite]:
    """A web site whose pages carry the widget."""
    running = HostSite()
    yield running
    running.close()


@pytest.fixture(scope="session")
def chatbot(served_folder: Path, site: HostSite) -> Iterator[Server]:
    """A server whose settings list the site."""
    sites = json.dumps([{"origins": [site.origin]}])
    running = start_server(served_folder, CHATBOT_SITES=sites, CHATBOT_SERVER__RATE="")
    yield running
    running.stop()


@pytest.fixture
def visitor(browser: Browser, site: HostSite, chatbot: Server, request: pytest.FixtureRequest) -> Iterator[SiteVisitor]:
    """Somebody on the site; `@pytest.mark.parametrize("visitor", [options], indirect=True)` sets their browser."""
    here = SiteVisitor(browser, site, chatbot.url, **getattr(request, "param", {}))
    yield here
    here.context.close()
    own = (site.origin, chatbot.url, "data:")
    assert [request for request in here.requests if not request.split(" ", 1)[1].startswith(own)] == []
    assert here.errors == [], "the page reported errors"
