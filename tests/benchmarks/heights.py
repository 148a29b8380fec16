"""How much of a screen an answer takes, on the chat page and in the widget, over the shipped articles.

    python -m tests.benchmarks.heights

ASKED of the judged questions are asked in Chromium, each as the first of a conversation. On the page an answer is
measured with its question, from there to the end of the last passage, what to ask next included, in screens of 1280 by
800 and 390 by 844 pixels; in the widget in panels of 640 pixels. `index/` is brought up to date first.
"""

from __future__ import annotations

import json
import statistics
import subprocess
import sys
from typing import Any
from urllib.parse import quote

from playwright.sync_api import Browser, sync_playwright

from tests.support import chromium
from tests.support.host_site import PHONE, HostSite, SiteVisitor
from tests.support.places import ROOT
from tests.support.server import COMMAND, Server, start_server

ASKED = 40
WIDE = {"viewport": {"width": 1280, "height": 800}}
PANEL = 640
EXCHANGE = """() => {
  const [question, answer] = [".question", ".answer"].map((part) => document.querySelector(`#talk ${part}`));
  return answer.getBoundingClientRect().bottom - question.getBoundingClientRect().top;
}"""
GOLD = ROOT / "tests" / "gold" / "answerable.jsonl"


def on_page(browser: Browser, server: Server, questions: list[str], **options: Any) -> list[float]:
    """The height of the answer to each question on the chat page, in screens."""
    context, heights = browser.new_context(**options), []
    for question in questions:
        page = context.new_page()  # a tab goes on with its conversation
        page.goto(f"{server.url}/chat/?q={quote(question)}")
        page.wait_for_selector(".ready", state="attached")
        height = page.evaluate(EXCHANGE)
        heights.append(height / options["viewport"]["height"])
        page.close()
    context.close()
    return heights


def in_widget(browser: Browser, site: HostSite, server: Server, questions: list[str]) -> list[float]:
    """The height of the turn of each question in the widget, in panels."""
    visitor = SiteVisitor(browser, site, server.url)
    visitor.arrive()
    visitor.open()
    heights = []
    for question in questions:
        turn = visitor.ask(question)
        heights.append(turn.evaluate("turn => turn.getBoundingClientRect().height") / PANEL)
        visitor.widget.get_by_role("button", name="Delete this conversation").click()
    visitor.context.close()
    return heights


def main() -> None:
    """Print median and 90th percentile as JSON."""
    lines = GOLD.read_text(encoding="utf-8").splitlines()
    questions = [json.loads(line)["question"] for line in lines[:: len(lines) // ASKED]][:ASKED]
    subprocess.run([*COMMAND, "build"], cwd=ROOT, check=True, stdout=sys.stderr)
    site = HostSite()
    with sync_playwright() as playwright:
        server = start_server(ROOT, CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]))
        server.wait_until_ready()
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        measured = {
            "page_1280": on_page(browser, server, questions, **WIDE),
            "page_390": on_page(browser, server, questions, **PHONE),
            "widget": in_widget(browser, site, server, questions),
        }
        browser.close()
        server.stop()
    site.close()
    tenths = {name: statistics.quantiles(heights, n=10) for name, heights in measured.items()}
    print(json.dumps({name: {"median": round(at[4], 2), "p90": round(at[8], 2)} for name, at in tenths.items()}))


if __name__ == "__main__":
    main()
