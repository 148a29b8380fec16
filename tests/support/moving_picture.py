"""docs/answer.webp: a question typed on the real page, and its answer. `python -m tests.support.moving_picture INDEX`.

INDEX is a folder with an index of the shipped articles, such as `index`; the server that is filmed only reads it.
"""

from __future__ import annotations

import io
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from tests.support import chromium
from tests.support.places import CORPUS, ROOT
from tests.support.server import Server, start_server
from tests.support.visit import Visit

OUT = ROOT / "docs" / "answer.webp"
SIZE = {"width": 800, "height": 600}
FIRST = "how do i ask for a raise"
NEXT = "what if my boss says no"
LARGEST = 1_500_000


@dataclass
class Film:
    """Pictures of a page, each with the milliseconds that it stays; one that is the same as the last prolongs that."""

    visit: Visit
    pictures: list[Image.Image] = field(default_factory=list)
    stay: list[int] = field(default_factory=list)

    def shoot(self, milliseconds: int) -> None:
        taken = Image.open(io.BytesIO(self.visit.page.screenshot(caret="initial"))).convert("RGB")
        if self.pictures and taken.tobytes() == self.pictures[-1].tobytes():
            self.stay[-1] += milliseconds
        else:
            self.pictures.append(taken)
            self.stay.append(milliseconds)

    def type(self, text: str) -> None:
        """Letter by letter, a little quicker within words than between them."""
        self.visit.page.focus("#box textarea")
        for letter in text:
            self.visit.page.keyboard.type(letter)
            self.shoot(110 if letter == " " else 60)
        self.visit.page.wait_for_timeout(400)
        self.shoot(600)

    def ask(self) -> None:
        """Enter, and the answer: it is there before a picture of the waiting could be taken."""
        asked = self.visit.page.locator("#talk .bot-row")
        before = asked.count() if self.visit.page.locator("#talk .question").count() else 0
        self.visit.page.keyboard.press("Enter")
        self.visit.page.wait_for_function("n => document.querySelectorAll('#talk .bot-row').length > n", arg=before)
        self.visit.settle()
        self.visit.page.wait_for_timeout(1000)
        self.shoot(2800)

    def scroll(self, pixels: int) -> None:
        """Softly, as with a wheel."""
        self.visit.page.mouse.move(400, 300)
        for step in eased(pixels):
            self.visit.page.mouse.wheel(0, step)
            self.visit.page.wait_for_timeout(40)
            self.shoot(45)
        self.visit.page.mouse.move(1, 1)
        self.visit.page.wait_for_timeout(300)
        self.shoot(1600)

    def save(self, out: Path) -> int:
        """Write it; the number of bytes."""
        first, *others = self.pictures
        first.save(out, save_all=True, append_images=others, duration=self.stay, loop=0, lossless=True, method=6)
        return out.stat().st_size


def eased(pixels: int, steps: int = 14) -> Iterator[int]:
    """Steps that begin and end slowly and together are so many pixels."""
    done = 0
    for n in range(1, steps + 1):
        x = n / steps
        there = round(pixels * x * x * (3 - 2 * x))
        yield there - done
        done = there


def film(server: Server) -> Film:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium.find(), args=chromium.flags())
        visit = Visit(browser, server, viewport=SIZE, color_scheme="light", locale="en-US")
        visit.open()
        visit.page.wait_for_timeout(1000)
        made = Film(visit)
        made.shoot(1200)
        made.type(FIRST)
        made.ask()
        made.scroll(330)
        made.type(NEXT)
        made.ask()
        made.stay[-1] += 1500
        browser.close()
    return made


def main(index: Path) -> None:
    with tempfile.TemporaryDirectory() as place:
        variables = {"CHATBOT_CORPUS_DIR": str(CORPUS), "CHATBOT_INDEX_DIR": str(index.resolve())}
        journal = {"CHATBOT_JOURNAL__PATH": str(Path(place) / "journal.sqlite")}
        server = start_server(Path(place), **variables, **journal)
        try:
            server.wait_until_ready()
            made = film(server)
        finally:
            server.stop()
    size = made.save(OUT)
    print(f"{OUT.name}: {len(made.pictures)} pictures, {sum(made.stay) / 1000:.1f} s, {size / 1e6:.2f} MB")
    if size > LARGEST:
        sys.exit(f"{size} bytes are more than {LARGEST}; film less, or at a lower quality")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
