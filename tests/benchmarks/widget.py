"""What the widget weighs and how soon it can be used on a slow phone.

    python -m tests.benchmarks.widget

A page of another origin carries it, over 400 kbit/s with a round trip of 400 ms and a quarter of the processor ("slow
3G"): from the visit to the launcher, from the tap to a usable input and to the starter questions, from a question to
its answer, with what has come from the chatbot by each. Bytes are those on the wire, headers included. Medians of
ROUNDS, on loopback, so that the server's own time is small beside the network's.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from tests.support import chromium, serving_corpus
from tests.support.host_site import PHONE, HostSite, SiteVisitor
from tests.support.server import COMMAND, start_server
from tests.support.serving_corpus import QUESTION
from tests.support.slow_line import Wire

ROUNDS = 5


def measure(browser: Browser, site: HostSite, chatbot: str) -> dict[str, float]:
    """One visit: milliseconds, and bytes and requests of the chatbot."""
    visitor = SiteVisitor(browser, site, chatbot, **PHONE)
    wire = Wire(visitor.page)
    wire.slow()
    page = visitor.arrive()
    launcher = page.evaluate("performance.now()")
    page.wait_for_timeout(500)
    closed = wire.bytes(server=chatbot)
    opened = page.evaluate(
        """async () => {
          const widget = document.querySelector("career-chatbot"), root = widget.shadowRoot, began = performance.now();
          root.querySelector(".launcher").click();
          const frame = () => new Promise(requestAnimationFrame);
          while (!root.querySelector("textarea")?.getClientRects().length) await frame();
          const usable = performance.now() - began;
          while (!root.querySelector(".chip")) await frame();
          return [usable, performance.now() - began];
        }"""
    )
    page.wait_for_timeout(300)
    before_answer = wire.bytes(server=chatbot)
    answered = page.evaluate(
        """async (question) => {
          const began = performance.now();
          await CareerChatbot.ask(question);
          await new Promise(requestAnimationFrame);
          return performance.now() - began;
        }""",
        QUESTION,
    )
    page.wait_for_timeout(300)
    whole = wire.bytes(server=chatbot)
    visitor.context.close()
    return {
        "launcher_ms": launcher,
        "usable_ms": opened[0],
        "starters_ms": opened[1],
        "answer_ms": answered,
        "bytes_closed": sum(closed),
        "requests_closed": len(closed),
        "bytes_before_answer": sum(before_answer),
        "requests_before_answer": len(before_answer),
        "bytes_answered": sum(whole),
        "requests_answered": len(whole),
    }


def main() -> None:
    """Print the medians as JSON."""
    site = HostSite()
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        serving_corpus.write(folder / "corpus")
        subprocess.run([*COMMAND, "build"], cwd=folder, check=True, stdout=sys.stderr)
        server = start_server(folder, CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]))
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        rounds = [measure(browser, site, server.url) for _ in range(ROUNDS)]
        browser.close()
        server.stop()
    site.close()
    print(json.dumps({name: round(statistics.median(each[name] for each in rounds)) for name in rounds[0]}, indent=1))


if __name__ == "__main__":
    main()
