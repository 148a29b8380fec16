"""What an export and Pagefind cost a browser: bytes, requests, milliseconds. See tests.benchmarks.static."""

from __future__ import annotations

import gzip
import html
import json
import shutil
import statistics
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page

from chatbot.records import Passage
from tests.support.host_site import PHONE
from tests.support.places import ROOT

Sent = tuple[str, int]  # a path and the bytes of its answer

SLOWER = 4
_COMPRESSED = {".html", ".js", ".json", ".css", ".svg", ".txt"}
_AT = "chat/"

# An engine beside that of the widget, over the same files: a question that it is asked has no conversation.
_OPEN = """async () => {
  const home = new URL("/chat/", location.href).href;
  const { engine } = await (await fetch(home + "manifest.json")).json();
  window.engine = await (await import(home + engine)).default(home);
}"""
_ASK = """async (question) => {
  const began = performance.now();
  await engine.ask({ question });
  return performance.now() - began;
}"""
_FIRST = """async (question) => {
  const root = document.querySelector("career-chatbot").shadowRoot, began = performance.now();
  const frame = () => new Promise(requestAnimationFrame);
  root.querySelector(".launcher").click();
  while (!root.querySelector("textarea")?.getClientRects().length) await frame();
  CareerChatbot.ask(question);
  while (!root.querySelector(".card")) await frame();
  return performance.now() - began;
}"""
_AGAIN = """async (question) => {
  const root = document.querySelector("career-chatbot").shadowRoot, before = root.querySelectorAll(".card").length;
  await CareerChatbot.ask(question);
  await new Promise(requestAnimationFrame);
  return root.querySelectorAll(".card").length - before;
}"""
_PAGEFIND = """async (bundle) => {
  window.pagefind = await import(bundle);
  await pagefind.options({ excerptLength: 30 });
}"""
_SEARCH = """async ([question, count]) => {
  const { results } = await pagefind.search(question);
  const found = await Promise.all(results.slice(0, count).map((one) => one.data()));
  return found.map(({ url }) => url);
}"""


class Host:
    """A folder over HTTP as hosts of files serve it: text compressed, kept by browsers for ten minutes.

    Counts the bytes of what it sends, headers included, and the requests.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._sent: list[Sent] = []
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), partial(_Handler, sent=self._sent, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def taken(self) -> list[Sent]:
        """What was sent since the last call."""
        taken = [*self._sent]
        del self._sent[: len(taken)]
        return taken

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Handler(SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def __init__(self, *said: Any, sent: list[Sent], directory: str) -> None:
        self._sent = sent
        super().__init__(*said, directory=directory)

    def do_GET(self) -> None:
        path = Path(self.translate_path(self.path))
        there = path.is_file()
        body = path.read_bytes() if there else b"not there"
        lines = [f"Content-Type: {self.guess_type(str(path))}", "Cache-Control: max-age=600"]
        if path.suffix in _COMPRESSED:
            body = gzip.compress(body, 6, mtime=0)
            lines.append("Content-Encoding: gzip")
        lines.append(f"Content-Length: {len(body)}")
        told = "\r\n".join([f"HTTP/1.1 {'200 OK' if there else '404 Not Found'}", *lines, "", ""]).encode()
        self._sent.append((self.path, len(told) + len(body)))
        self.wfile.write(told + body)

    def log_message(self, *said: Any) -> None:
        """Nothing."""


def weighed(export: Path) -> dict[str, int]:
    """The bytes of an export by when they are fetched, scripts as gzip."""
    manifest = json.loads((export / "manifest.json").read_text(encoding="utf-8"))

    def packed(*paths: Path) -> int:
        return sum(len(gzip.compress(path.read_bytes(), 9, mtime=0)) for path in paths)

    engine = (export / manifest["engine"]).parent
    return {
        "widget.js": packed(export / "widget.js"),
        "widget-parts.js": packed(export / "widget-parts.js"),
        "engine/*.js": packed(*engine.glob("*.js")),
        "base": (export / manifest["base"]).stat().st_size,
        "rules": (export / manifest["rules"]).stat().st_size,
    }


class ExportInBrowser:
    """An export below a page of another site's files."""

    def __init__(self, browser: Browser, export: Path, site: Path) -> None:
        (site / "chat").symlink_to(export.resolve())
        (site / "post.html").write_text(
            '<!doctype html><html lang="en"><meta charset="utf-8"><title>A post</title><link rel="icon" href="data:,">'
            f'<p>Words.</p><script src="/{_AT}widget.js" data-static async></script>',
            encoding="utf-8",
        )
        self._browser = browser
        self._host = Host(site)

    def close(self) -> None:
        self._host.close()

    @contextmanager
    def _visit(self, slower: float = 1) -> Iterator[tuple[BrowserContext, Page]]:
        context = self._browser.new_context(**PHONE)
        page = context.new_page()
        context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": slower})
        page.goto(f"{self._host.url}post.html")
        page.locator("career-chatbot .launcher").wait_for()
        page.wait_for_timeout(500)
        yield context, page
        context.close()

    def bytes(self, questions: Sequence[str]) -> dict[str, list[Sent]]:
        """What is sent: before the click, until the first answer is shown, for each question after it."""
        self._host.taken()
        with self._visit() as (_, page):
            told = {"before the click": self._host.taken()}
            page.evaluate(_FIRST, questions[0])
            page.wait_for_timeout(500)
            told["first answer"] = self._host.taken()
            page.evaluate(_OPEN)
            page.evaluate(_ASK, questions[0])
            told["asked again"] = self._host.taken()
            for question in questions[1:]:
                page.evaluate(_ASK, question)
                told[question] = self._host.taken()
        return told

    def times(self, questions: Sequence[str], rounds: int = 3) -> dict[str, list[float]]:
        """Milliseconds at a quarter of the processor: the first answer after the click, a question whose files are in
        the browser's cache, and one whose files the script has read already.
        """
        first = []
        for question in questions[:rounds]:
            with self._visit(SLOWER) as (_, page):
                first.append(page.evaluate(_FIRST, question))
        with self._visit() as (context, page):
            page.evaluate(_OPEN)
            for question in questions:
                page.evaluate(_ASK, question)
            context.new_cdp_session(page).send("Emulation.setCPUThrottlingRate", {"rate": SLOWER})
            page.evaluate(_OPEN)
            page.evaluate(_ASK, questions[0])
            cached = [page.evaluate(_ASK, question) for question in questions[1:]]
            read = [page.evaluate(_ASK, question) for question in questions[1:]]
        return {"first answer": first, "files in the cache": cached, "files read already": read}

    def offline(self, question: str) -> bool:
        """Whether a question that was asked before is answered without a network."""
        with self._visit() as (context, page):
            page.evaluate(_FIRST, question)
            context.set_offline(offline=True)
            return bool(page.evaluate(_AGAIN, question) > 0)

    def found(self, questions: Mapping[str, str]) -> dict[str, list[str]]:
        """What the script shows for each question, best first."""
        shown = "async (question) => (await engine.ask({ question, k: 10 })).hits.map(({ passage }) => passage.id)"
        with self._visit() as (_, page):
            page.evaluate(_OPEN)
            return {query: page.evaluate(shown, question) for query, question in questions.items()}


def pagefind() -> list[str] | None:
    """The command of Pagefind, None where it is not installed."""
    for python in (str(ROOT / ".venv-peers" / "bin" / "python"), sys.executable):
        command = [python, "-m", "pagefind"]
        if shutil.which(python) and subprocess.run([*command, "--version"], capture_output=True).returncode == 0:
            return command
    return None


class PagefindInBrowser:
    """Pagefind over the passages of an index, a page each: then its order is one of passages, as it is judged."""

    def __init__(self, browser: Browser, passages: Sequence[Passage], folder: Path, command: Sequence[str]) -> None:
        for row, passage in enumerate(passages):
            headings = "".join(f"<h2>{html.escape(heading)}</h2>" for heading in passage.headings)
            text = "".join(f"<p>{html.escape(part)}</p>" for part in passage.text.split("\n\n"))
            (folder / f"{row}.html").write_text(
                f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(passage.title)}</title>'
                f"<body><main data-pagefind-body><h1>{html.escape(passage.title)}</h1>{headings}{text}</main>",
                encoding="utf-8",
            )
        subprocess.run([*command, "--site", str(folder), "--quiet"], check=True, stdout=sys.stderr)
        (folder / "page.html").write_text(
            '<!doctype html><html lang="en"><link rel="icon" href="data:,"><body data-pagefind-ignore="all">',
            encoding="utf-8",
        )
        self._ids = [passage.id for passage in passages]
        self._host = Host(folder)
        self._context = browser.new_context()
        self._page = self._context.new_page()
        self._page.goto(f"{self._host.url}page.html")
        self._host.taken()
        self._page.evaluate(_PAGEFIND, f"{self._host.url}pagefind/pagefind.js")

    def close(self) -> None:
        self._context.close()
        self._host.close()

    def taken(self) -> list[Sent]:
        """What was sent since the last call."""
        return self._host.taken()

    def ranked(self, question: str, count: int) -> list[str]:
        """The ids of the first passages for a question, with all that is needed to show them."""
        urls = self._page.evaluate(_SEARCH, [question, count])
        return [self._ids[int(url.rpartition("/")[2].removesuffix(".html"))] for url in urls]


def by_kind(told: Sequence[Sent]) -> dict[str, tuple[int, int]]:
    """Bytes and requests by the folder of the data, or by what the script is."""
    kinds: dict[str, tuple[int, int]] = {}
    for path, size in told:
        parts = path.partition("?")[0].split("/")
        kind = "/".join(parts[2:-1]) or parts[-1]
        before, count = kinds.get(kind, (0, 0))
        kinds[kind] = (before + size, count + 1)
    return dict(sorted(kinds.items(), key=lambda kind: -kind[1][0]))


def total(told: Sequence[Sent]) -> int:
    """All bytes."""
    return sum(size for _, size in told)


def spread(told: Sequence[Sequence[Sent]]) -> tuple[float, int, float, int]:
    """Median and worst bytes, median and worst requests."""
    sizes, counts = [total(each) for each in told], [len(each) for each in told]
    return statistics.median(sizes), max(sizes), statistics.median(counts), max(counts)
