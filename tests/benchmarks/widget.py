"""What the widget weighs and how soon it can be used on a slow phone.

    python -m tests.benchmarks.widget

A page of another origin carries it; Chromium is slowed to 1.6 Mbit/s, 150 ms round trip and a quarter of the processor.
The widget's file is in the browser's cache by the time somebody clicks, as on any second page of a site. Medians of
ROUNDS, on loopback, so that the server's own time is small beside the network's.
"""

from __future__ import annotations

import gzip
import json
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Response, sync_playwright

from tests.support import chromium, serving_corpus
from tests.support.host_site import PHONE, HostSite, SiteVisitor
from tests.support.server import COMMAND, start_server
from tests.support.serving_corpus import QUESTION

ROUNDS = 5
SLOW = {"offline": False, "latency": 150, "downloadThroughput": 200_000, "uploadThroughput": 94_000}


def measure(browser: Browser, site: HostSite, chatbot: str) -> dict[str, float]:
    """One visit: milliseconds from the tap to a usable input and from the question to its first card, and bytes."""
    visitor = SiteVisitor(browser, site, chatbot, **PHONE)
    loaded: list[Response] = []

    def note(response: Response) -> None:
        if response.url.startswith(chatbot):
            loaded.append(response)

    visitor.page.on("response", note)
    page = visitor.arrive()
    page.wait_for_timeout(500)
    closed = len(loaded)
    session = visitor.context.new_cdp_session(page)
    session.send("Network.enable")
    session.send("Network.emulateNetworkConditions", SLOW)
    session.send("Emulation.setCPUThrottlingRate", {"rate": 4})
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
    before_answer = sum(len(gzip.compress(response.body(), 9)) for response in loaded)
    answered = page.evaluate(
        """async (question) => {
          const began = performance.now();
          await CareerChatbot.ask(question);
          await new Promise(requestAnimationFrame);
          return performance.now() - began;
        }""",
        QUESTION,
    )
    visitor.context.close()
    return {
        "requests_closed": closed,
        "bytes_before_answer": before_answer,
        "usable_ms": opened[0],
        "starters_ms": opened[1],
        "answer_ms": answered,
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
