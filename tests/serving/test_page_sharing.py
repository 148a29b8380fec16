"""Handing on and hearing what was found on the chat page, in a real Chromium.

The test browser has neither voices nor a sheet to share with: both belong to the system that it runs on. What stands in
for them here is the interface that browsers give to pages, and nothing else of the page is replaced.
"""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit

FINGER = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
SHEET = """window.shared = []; window.outcome = null;
navigator.share = async (data) => { shared.push(data); if (outcome) throw new DOMException('', outcome); };"""
VOICES = """window.spoken = []; window.silenced = 0;
window.SpeechSynthesisUtterance = class { constructor(text) { this.text = text; } };
const speech = new EventTarget();
speech.getVoices = () => window.voices;
speech.speak = (part) => spoken.push(part);
speech.cancel = () => { silenced += 1; };
Object.defineProperty(window, 'speechSynthesis', { value: speech });
window.voices = %s;"""
HERE = "[{lang: 'de-DE', localService: true}, {lang: 'en_GB', localService: true, name: 'here'}]"
ELSEWHERE = "[{lang: 'en-US', localService: false}, {lang: 'de-DE', localService: true}]"


def first_menu(page: Page) -> None:
    page.locator("article.card .deeds summary").first.click()


@pytest.mark.parametrize("visit", [FINGER | {"permissions": ["clipboard-read", "clipboard-write"]}], indirect=True)
def test_with_a_finger_a_question_is_shared_and_a_sheet_that_fails_copies(visit: Visit) -> None:
    visit.page.add_init_script(SHEET)
    page = visit.open()
    visit.ask(QUESTION)
    share = page.get_by_role("button", name="Share")
    share.click()
    page.wait_for_function("shared.length === 1")
    shared = page.evaluate("shared[0]")
    assert shared["title"] == QUESTION
    assert shared["url"].startswith(f"{visit.server.url}/chat/?lang=en#q=How+do+I+explain")
    page.evaluate("outcome = 'AbortError'")
    share.click()
    page.wait_for_function("shared.length === 2")
    page.evaluate("new Promise(done => setTimeout(done, 100))")
    assert page.locator(".copied").count() == 0
    assert page.locator("#trouble").is_hidden()
    page.evaluate("outcome = 'NotAllowedError'")
    share.click()
    page.wait_for_function("document.querySelector('.act.link.copied')")
    assert page.evaluate("navigator.clipboard.readText()") == shared["url"]


def test_with_a_mouse_a_link_is_copied_even_where_there_is_a_sheet(visit: Visit) -> None:
    visit.page.add_init_script(SHEET)
    page = visit.open()
    visit.ask(QUESTION)
    page.get_by_role("button", name="Copy link to this question").click()
    expect(page.locator(".act.link")).to_have_text("Link copied")
    assert page.evaluate("shared.length") == 0


@pytest.mark.parametrize("voices", ["[]", ELSEWHERE])
def test_nothing_is_read_aloud_without_a_voice_on_the_device(visit: Visit, voices: str) -> None:
    visit.page.add_init_script(VOICES % voices)
    page = visit.open()
    visit.ask(QUESTION)
    first_menu(page)
    expect(page.get_by_role("button", name="More like this").first).to_be_visible()
    expect(page.get_by_role("button", name="Read aloud")).to_have_count(0)
    # Browsers load their voices in their own time.
    page.evaluate(f"voices = {HERE}; speechSynthesis.dispatchEvent(new Event('voiceschanged'))")
    expect(page.get_by_role("button", name="Read aloud").first).to_be_visible()


def test_a_passage_is_read_in_its_own_words_until_it_ends_or_is_stopped(visit: Visit) -> None:
    visit.page.add_init_script(VOICES % HERE)
    page = visit.open()
    visit.ask(QUESTION)
    assert page.evaluate("spoken.length") == 0
    card, menu = page.locator("article.card").first, page.locator("article.card .deeds summary").first
    first_menu(page)
    card.get_by_role("button", name="Read aloud").click()
    said = " ".join(page.evaluate("spoken.map(part => part.text)")).replace(" | ", " ")
    assert said.split() == card.locator(".passage").inner_text().split()
    assert set(page.evaluate("spoken.map(part => part.voice.name)")) == {"here"}
    stop = card.get_by_role("button", name="Stop reading")
    stop.click()
    expect(stop).to_be_hidden()
    expect(menu).to_be_focused()
    assert page.evaluate("silenced") == 1
    first_menu(page)
    card.get_by_role("button", name="Read aloud").click()
    page.evaluate("spoken.at(-1).onend()")
    expect(stop).to_be_hidden()


def test_reading_stops_when_the_passage_or_the_page_goes(visit: Visit) -> None:
    visit.page.add_init_script(VOICES % HERE)
    page = visit.open()
    for go in ("document.querySelector('#fresh').click()", "dispatchEvent(new PageTransitionEvent('pagehide'))"):
        visit.ask(QUESTION)
        first_menu(page)
        page.locator("article.card .act.aloud").first.click()
        before = page.evaluate("silenced")
        page.evaluate(go)
        page.wait_for_function("before => silenced > before", arg=before)
        page.wait_for_function("!document.querySelector('.waiting')")
