"""What the answers of the chat page are limited to, in a real Chromium."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit

PAY = ".filters [data-value='pay and offers']"
PHONES = [{"viewport": {"width": width, "height": 640}, "has_touch": True} for width in (320, 390)]
WIDE = {"viewport": {"width": 1280, "height": 800}}
# Of every button of the dialog that is scrolled into view, what is hit in its middle.
COVERED = """() => [...document.querySelectorAll('.filters button')].filter(one => one.checkVisibility()).map(one => {
  one.scrollIntoView({ block: 'nearest' });
  const { x, y, width, height } = one.getBoundingClientRect();
  const hit = document.elementFromPoint(x + width / 2, y + height / 2);
  return one.contains(hit) ? '' : one.textContent;
}).filter(Boolean)"""


def opened(page: Page) -> None:
    page.locator("#filter").click()
    expect(page.locator(".filters")).to_be_visible()


@pytest.mark.parametrize("visit", [*PHONES, WIDE], indirect=True, ids=["320", "390", "wide"])
def test_nothing_covers_what_can_be_chosen(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    opened(page)
    page.locator(PAY).click()
    assert page.evaluate(COVERED) == []
    visit.shoot(f"filters-{request.node.callspec.id}")
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa", "best-practice"]})
    assert found.violations_count == 0, found.generate_report()
    width = page.locator(".filters").evaluate("panel => panel.offsetWidth / innerWidth")
    assert (width == 1) == (request.node.callspec.id != "wide")


INSIDE = """() => {
  const [button, field, input] = ['#filter', '#box textarea', '#box .input-container']
    .map(part => document.querySelector(part).getBoundingClientRect());
  return (button.right <= field.left || button.left >= field.right) && button.left > input.left
    && button.right < input.right && button.top > input.top && button.bottom < input.bottom;
}"""


@pytest.mark.parametrize("path", ["/chat/", "/chat/?lang=ar"])
@pytest.mark.parametrize("visit", [*PHONES, WIDE], indirect=True, ids=["320", "390", "wide"])
def test_the_button_stands_in_the_input_however_high_that_grows(visit: Visit, path: str) -> None:
    page = visit.open(path)
    assert page.evaluate(INSIDE)
    line = page.locator("#box textarea").evaluate("field => field.offsetHeight")
    assert line < 50  # what tells what to type stays in one line
    page.fill("#box textarea", "one line\n" * 4)
    page.wait_for_function(INSIDE)
    assert page.locator("#box textarea").evaluate("field => field.offsetHeight") > line


def test_the_button_tells_how_many_are_set_and_each_how_many_articles_it_has(visit: Visit) -> None:
    page = visit.open()
    opened(page)
    expect(page.locator(PAY)).to_have_text("pay and offers 1")
    expect(page.locator("[data-value='job search']")).to_have_text("job search 2")
    expect(page.locator("#none")).to_be_hidden()
    page.locator(PAY).click()
    page.locator("[data-value='job search']").click()
    expect(page.locator("#filter")).to_have_text("Filter · 2")
    page.get_by_role("button", name="Clear all").click()
    expect(page.locator("#filter")).to_have_text("Filter")
    expect(page.locator(".filters .done")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator(".filters")).to_be_hidden()
    expect(page.locator("#filter")).to_be_focused()


def test_the_dialog_keeps_the_focus_and_is_left_by_escape_or_beside_it(visit: Visit) -> None:
    page = visit.open()
    opened(page)
    for _ in range(20):
        page.keyboard.press("Tab")
        # From the last button the browser's own bar comes next, which has no element.
        assert page.evaluate("document.activeElement === document.body || !!document.activeElement.closest('.filters')")
    page.keyboard.press("Escape")
    expect(page.locator("#filter")).to_be_focused()
    opened(page)
    page.mouse.click(5, 5)
    expect(page.locator(".filters")).to_be_hidden()
    opened(page)
    page.get_by_role("button", name="Close").click()
    expect(page.locator(".filters")).to_be_hidden()


def test_the_last_question_can_be_asked_again_only_where_that_would_change_its_answer(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    opened(page)
    again, done = page.locator("#again"), page.locator(".filters .done")
    expect(again).to_be_hidden()
    page.locator(PAY).click()
    expect(done).to_be_hidden()
    again.click()
    expect(page.locator(".searched")).to_contain_text("Only: pay and offers")
    visit.settle()
    # The answer takes the place of the one before.
    expect(page.locator("section.answer")).to_have_count(1)
    expect(page.locator(".filters")).to_be_hidden()
    opened(page)
    expect(again).to_be_hidden()
    expect(done).to_be_visible()


def test_a_passage_shows_what_was_filtered_for_and_a_greeting_is_limited_by_nothing(visit: Visit) -> None:
    page = visit.open()
    opened(page)
    # Its article names another topic first.
    page.locator(".filters [data-value='writing']").click()
    page.keyboard.press("Escape")
    visit.ask(QUESTION)
    expect(page.locator("article.card .tag").first).to_have_text("writing")
    assert "job search" not in page.locator("section.answer .tag").all_inner_texts()
    expect(page.locator(".searched")).to_contain_text("Only: writing")
    visit.ask("Hello!")
    expect(page.locator(".notice.reply")).to_be_visible()
    expect(page.locator(".searched")).to_have_count(1)
