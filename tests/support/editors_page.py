"""The editors' page as a person uses it in a browser, and the server that has one."""

from __future__ import annotations

from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

from tests.support.places import ARTEFACTS
from tests.support.server import Server, start_server
from tests.support.waiting import eventually

PASSWORD = "correct horse battery"  # noqa: S105
LONG = 240_000  # milliseconds, for builds on a busy machine


# A paste with what a word processor puts on the clipboard, and what becomes of it.
PASTE = """([html, words]) => {
  const clipboardData = new DataTransfer();
  clipboardData.setData('text/html', html);
  clipboardData.setData('text/plain', words);
  const paste = new ClipboardEvent('paste', { clipboardData, bubbles: true, cancelable: true });
  document.activeElement.dispatchEvent(paste);
  return paste.defaultPrevented;
}"""
WORD = """<html xmlns:o="urn:schemas-microsoft-com:office:office"><head><style>p {margin: 0}</style></head><body>
<h1>Notice<o:p></o:p></h1><p class=MsoNormal>Give it in <b>writing</b>, and keep
a copy. <del>Call first.</del><o:p></o:p></p>
<p class=MsoListParagraph style='text-indent:-18.0pt;mso-list:l0 level1 lfo1'><![if !supportLists]><span
style='mso-list:Ignore'>·<span>&nbsp;&nbsp; </span></span><![endif]>point one<o:p></o:p></p>
<p class=MsoListParagraph style='mso-list:l0 level1 lfo1'><span style='mso-list:Ignore'>·</span>point two</p>
<p class=MsoListParagraph style='mso-list:l1 level1 lfo2'><span style='mso-list:Ignore'>1.</span>numbered</p>
<table><tr><td><p>Years</p></td><td><p>Weeks | days</p></td></tr><tr><td>1</td><td>4</td></tr></table></body></html>"""
WORD_READ = """## Notice

Give it in **writing**, and keep a copy.

- point one
- point two
1. numbered

| Years | Weeks \\| days |
| --- | --- |
| 1 | 4 |"""


def start_editing(folder: Path, **variables: str) -> Server:
    """Serve a folder with the editors' page; returns when the page is there."""
    running = start_server(folder, CHATBOT_EDITOR__PASSWORD=PASSWORD, **variables)
    running.wait_until_ready()
    return running


def load(page: Page, server: Server) -> None:
    """Open the page of who is signed in."""
    page.goto(f"{server.url}/edit/")
    page.wait_for_selector("#files table")


def sign_in(page: Page, server: Server) -> None:
    """Open the page of who is not."""
    page.goto(f"{server.url}/edit/")
    give_password(page)


def give_password(page: Page) -> None:
    """Fill in the form that is shown."""
    page.fill("#password", PASSWORD)
    page.click("button")
    page.wait_for_selector("#files table")


def tab(page: Page, name: str) -> None:
    page.get_by_role("tab", name=name, exact=True).click()
    page.wait_for_timeout(300)


def press(page: Page, act: str, *, sure: bool = False) -> None:
    page.locator(f"button[data-act='{act}']:visible").first.click()
    if sure:
        page.locator("dialog button", has_not_text="Cancel").click()


def told(page: Page, text: str) -> None:
    """Wait until the page has said this."""
    page.wait_for_function("t => document.querySelector('#notice')?.innerText.includes(t)", arg=text, timeout=LONG)


def fill(page: Page, name: str, text: str) -> None:
    page.fill(f"#{name} :is(input, textarea)", text)


# What reaches beyond the window, the outermost first.
WIDER = """width => document.documentElement.scrollWidth <= width ? [] : [document.documentElement.scrollWidth,
  ...[...document.querySelectorAll('*')].filter(e => e.getBoundingClientRect().right > width)
    .map(e => e.tagName + '#' + e.id + '.' + e.className).slice(0, 9)]"""


def clean(page: Page, shot: str = "") -> None:
    """Nothing is inaccessible, nothing from an article runs, nothing scrolls sideways."""
    if shot:
        ARTEFACTS.mkdir(exist_ok=True)
        page.screenshot(path=ARTEFACTS / f"editor-{shot}.png", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    assert page.evaluate("window.pwned") is None
    assert page.viewport_size
    width = page.viewport_size["width"]  # a phone makes its window wider where something does not fit
    # A tab that is drawn on a busy machine has not come to rest at once.
    eventually(lambda: page.evaluate(WIDER, width) == [], 30, lambda: str(page.evaluate(WIDER, width)))
