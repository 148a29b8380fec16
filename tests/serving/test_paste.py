"""What the editors' page makes of a paste from a word processor or a web page, in a real Chromium."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page

from chatbot.serving.web.assets import STATIC
from tests.support.editors_page import PASTE, WORD, WORD_READ

GOOGLE = """<meta charset='utf-8'><b style="font-weight:normal;"><h2><span>How long</span></h2><p><span>Four weeks,
says </span><a href="https://example.org/a_(b)"><span>the law</span></a><span>.</span></p>
<ol><li><p>first</p></li><ul><li><p>inner</p></li></ul><li><p>second</p></li></ol></b>"""
GOOGLE_READ = """## How long

Four weeks, says [the law](https://example.org/a_%28b%29).

1. first
   - inner
2. second"""
WRITER = """<html><body><h3>A *star*</h3><p>A &lt;tag&gt; and [one].<br>Next line</p>
<ul><li><p>one</p><ul><li><p>deep</p></li></ul></li><li>two</li></ul><script>alert(1)</script></body></html>"""
WRITER_READ = """### A \\*star\\*

A \\<tag> and \\[one\\].
Next line

- one
  - deep
- two"""


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    page = browser.new_page()
    script = (STATIC / "paste.js").read_text(encoding="utf-8")
    page.set_content(f'<div id="body"><textarea></textarea></div><input><script>{script}</script>')
    yield page
    page.close()


@pytest.mark.parametrize(
    ("html", "read"),
    [(WORD, WORD_READ), (GOOGLE, GOOGLE_READ), (WRITER, WRITER_READ)],
    ids=["word", "google", "writer"],
)
def test_what_has_a_shape_becomes_markdown_where_the_cursor_stands(page: Page, html: str, read: str) -> None:
    page.fill("textarea", "before after")
    page.evaluate("document.querySelector('textarea').setSelectionRange(7, 7)")
    assert page.evaluate(PASTE, [html, "words"]) is True
    assert page.input_value("textarea") == f"before {read}after"
    page.keyboard.press("Control+z")
    assert page.input_value("textarea") == "before after"


@pytest.mark.parametrize(
    ("field", "html"),
    [("textarea", "<div><span style='color: red'>const a = 1;</span></div>"), ("textarea", ""), ("input", WORD)],
    ids=["without a shape", "words alone", "another field"],
)
def test_any_other_paste_is_left_to_the_browser(page: Page, field: str, html: str) -> None:
    page.focus(field)
    assert page.evaluate(PASTE, [html, "words"]) is False
    assert page.input_value(field) == ""
