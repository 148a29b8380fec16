"""What the chat page weighs and how soon it can be used on a slow phone.

    python -m tests.benchmarks.page

A first visit over 400 kbit/s with a round trip of 400 ms and a quarter of the processor ("slow 3G"): until something
can be typed and asked, until the first card of an answer to what is asked then, and what has come by then; what the
page has fetched once Gradio has taken over, and beside it what the question and its answer weigh. Bytes are those on
the wire, headers included. Medians of ROUNDS, on loopback.
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
from tests.support.host_site import PHONE
from tests.support.server import COMMAND, start_server
from tests.support.serving_corpus import QUESTION
from tests.support.slow_line import Wire

ROUNDS = 5
TAKEN_OVER = 120_000


def measure(browser: Browser, address: str) -> dict[str, float]:
    """One first visit: milliseconds, kilobytes on the wire, and requests."""
    context = browser.new_context(**PHONE)
    page = context.new_page()
    wire = Wire(page)
    wire.slow()
    page.goto(f"{address}/chat/", wait_until="commit")
    page.wait_for_function(
        "typeof career === 'object' && document.querySelector('#box textarea')?.getClientRects().length"
    )
    usable, before = page.evaluate("performance.now()"), wire.bytes()
    page.fill("#box textarea", QUESTION)
    page.press("#box textarea", "Enter")
    page.wait_for_selector("#talk .card")
    answered = page.evaluate("performance.now()")
    page.wait_for_selector(".ready", state="attached", timeout=TAKEN_OVER)
    context.close()
    asked = wire.bytes("POST")
    return {
        "usable_ms": usable,
        "answered_ms": answered,
        "kb_before_usable": sum(before) / 1000,
        "requests_before_usable": len(before),
        "kb_in_all": sum(wire.bytes("GET")) / 1000,
        "requests_in_all": len(wire.bytes("GET")),
        "kb_of_question": sum(asked) / 1000,
    }


def main() -> None:
    """Print the medians as JSON."""
    with tempfile.TemporaryDirectory() as name, sync_playwright() as playwright:
        folder = Path(name)
        serving_corpus.write(folder / "corpus")
        subprocess.run([*COMMAND, "build"], cwd=folder, check=True, stdout=sys.stderr)
        server = start_server(folder)
        server.wait_until_ready()
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        rounds = [measure(browser, server.url) for _ in range(ROUNDS)]
        browser.close()
        server.stop()
    print(json.dumps({name: round(statistics.median(each[name] for each in rounds)) for name in rounds[0]}, indent=1))


if __name__ == "__main__":
    main()
