"""The conversation of the chat page outlives a reload of its tab, and loses no question without a word."""

from __future__ import annotations

import json
import re

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit

SECOND = "How do I ask for a higher salary?"
PREDICT = re.compile(r"/run/predict|/chat/talk")
MOST = 50
STEPS = [{"kind": "ask", "value": f"Hello {number}"} for number in range(1, MOST + 1)]
KEEP = "steps => sessionStorage.setItem('career-chatbot', JSON.stringify({steps, earlier: false}))"


def kept(visit: Visit) -> list[int]:
    return list(visit.page.evaluate("[sessionStorage.length, localStorage.length]"))


def reload(visit: Visit) -> None:
    visit.page.reload()
    visit.page.wait_for_selector(".ready:not(.waiting)", state="attached")


def test_a_conversation_comes_back_when_its_tab_is_loaded_again(visit: Visit) -> None:
    page = visit.open()
    assert kept(visit) == [0, 0]
    visit.ask(QUESTION)
    visit.ask(SECOND)
    assert kept(visit) == [1, 0]
    assert page.evaluate("document.cookie") == ""
    visit.requests.clear()
    reload(visit)
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    expect(page.locator("article.card").first).to_contain_text("Writing a CV")
    other = visit.context.new_page()
    other.goto(f"{visit.server.url}/chat/")
    other.wait_for_selector(".ready", state="attached")
    assert other.locator("#talk .question").count() == 0


def test_a_question_of_the_address_is_not_asked_again_by_a_reload(visit: Visit) -> None:
    page = visit.open("/chat/?q=How+do+I+explain+a+gap+in+my+CV%3F")
    visit.settle()
    visit.ask(SECOND)
    reload(visit)
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])


def test_what_is_cleared_or_begun_anew_does_not_come_back(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator("#fresh").click()
    expect(page.locator("#talk .question")).to_have_count(0)
    page.wait_for_function("sessionStorage.length === 0")
    visit.ask(QUESTION)
    page.locator(".menu summary").click()
    page.get_by_label("Keep this conversation").check()
    assert kept(visit) == [1, 1]
    page.get_by_label("Keep this conversation").uncheck()
    expect(page.locator("#announce")).to_have_text("This conversation is now kept until this tab is closed.")
    assert kept(visit) == [1, 0]
    page.get_by_role("button", name="Clear what is kept").click()
    assert kept(visit) == [0, 0]
    expect(page.locator("#clear")).to_be_hidden()
    visit.ask(SECOND)
    assert kept(visit) == [0, 0]
    reload(visit)
    assert page.locator("#talk .question").count() == 0


def test_a_conversation_that_could_not_come_back_is_not_lost_with_the_next_question(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.route(PREDICT, lambda route: route.abort())
    page.reload()
    expect(page.locator("#trouble").first).to_contain_text("The server cannot be reached")
    page.unroute(PREDICT)
    page.fill("#box textarea", SECOND)
    page.press("#box textarea", "Enter")
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    visit.settle()
    visit.errors.clear()  # the browser itself reports the request that failed


def test_a_browser_that_keeps_nothing_answers_all_the_same(visit: Visit) -> None:
    visit.context.add_init_script(
        "for (const name of ['localStorage', 'sessionStorage'])"
        " Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"
    )
    page = visit.open()
    visit.ask(QUESTION)
    page.locator(".menu summary").click()
    page.get_by_label("Keep this conversation").click()
    expect(page.locator("#trouble")).to_have_text("This browser does not let the page keep anything.Try again")
    expect(page.get_by_label("Keep this conversation")).not_to_be_checked()


@pytest.mark.parametrize(
    "visit",
    [{}, {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}],
    indirect=True,
    ids=["wide", "phone"],
)
def test_the_first_question_is_not_removed_without_a_word(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    page.evaluate(KEEP, STEPS[:-1])
    reload(visit)
    expect(page.locator("#talk .question")).to_have_count(MOST - 1)
    expect(page.locator("#trouble")).to_be_hidden()
    visit.ask(QUESTION)
    expect(page.locator("#trouble")).to_contain_text("with the next question the first of its 50 is no longer shown")
    visit.shoot(f"full-{request.node.callspec.id}")
    visit.ask(SECOND)
    expect(page.locator("#trouble")).to_be_hidden()
    told = page.locator("#talk .earlier")
    expect(told).to_have_text("Earlier questions are no longer shown: a conversation keeps its latest 50.")
    expect(page.locator("#talk .question")).to_have_count(MOST)
    expect(page.locator("#talk .question").first).to_have_text("Hello 2")
    page.fill("#box textarea", QUESTION)
    page.press("#box textarea", "Enter")
    expect(page.locator("#talk .question").last).to_have_text(QUESTION)
    visit.settle()
    expect(page.locator("#talk .question").last).to_be_in_viewport()
    reload(visit)
    expect(told).to_have_count(1)
    expect(page.locator("#talk .question").first).to_have_text("Hello 3")
    told.scroll_into_view_if_needed()
    visit.shoot(f"earlier-{request.node.callspec.id}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("#fresh").click()
    visit.ask(QUESTION)
    expect(told).to_have_count(0)
    assert json.loads(page.evaluate("sessionStorage['career-chatbot']"))["earlier"] is False
