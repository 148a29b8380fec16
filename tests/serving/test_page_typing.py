"""What is typed into the chat page is never lost: not while an answer is on its way, not where it is too long."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.visit import Visit

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}
PREDICT = re.compile(r"/run/predict|/chat/talk")
SECOND = "How do I ask for a higher salary?"
TOP = "element => element.getBoundingClientRect().top"


class HeldAnswers:
    """Requests that the server gets when the test lets them go."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.routes: list[Route] = []
        page.route(PREDICT, self.hold)

    def hold(self, route: Route) -> None:
        self.routes.append(route)

    def wait_for(self, count: int) -> None:
        while len(self.routes) < count:
            self.page.wait_for_timeout(20)

    def release(self) -> None:
        self.wait_for(1)
        self.routes.pop(0).continue_()


@pytest.fixture
def held(visit: Visit) -> Iterator[HeldAnswers]:
    yield HeldAnswers(visit.open())
    visit.page.unroute_all(behavior="ignoreErrors")


def enter(page: Page, question: str) -> None:
    page.locator("#box textarea").press_sequentially(question)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("visit", [PHONE | {"viewport": {"width": 320, "height": 640}}], indirect=True, ids=["small"])
def test_the_box_grows_with_its_text_and_is_one_line_again_when_it_was_asked(visit: Visit) -> None:
    box = visit.open().locator("#box textarea")
    height = "e => e.clientHeight"
    line = box.evaluate(height)
    box.fill(f"{QUESTION} {SECOND}")
    assert box.evaluate(height) > line
    visit.ask(f"{QUESTION} {SECOND}")
    assert box.evaluate(height) == line


def test_what_is_typed_while_an_answer_is_on_its_way_stays(visit: Visit, held: HeldAnswers) -> None:
    page, box = visit.page, visit.page.locator("#box textarea")
    enter(page, QUESTION)
    expect(page.locator("#pending .question")).to_have_text(QUESTION)
    page.keyboard.type(SECOND[:12])
    held.release()
    expect(page.locator("article.card").first).to_be_visible()
    visit.settle()
    page.keyboard.type(SECOND[12:])
    expect(box).to_have_value(SECOND)
    expect(box).to_be_focused()
    expect(page.locator("#pending .question")).to_be_hidden()
    expect(page.locator("#talk .question")).to_have_text([QUESTION])


@pytest.mark.parametrize("visit", [{}, PHONE], indirect=True, ids=["desktop", "phone"])
def test_a_question_entered_while_another_is_under_way_is_asked_after_it(visit: Visit, held: HeldAnswers) -> None:
    page, box = visit.page, visit.page.locator("#box textarea")
    enter(page, QUESTION)
    enter(page, SECOND)
    expect(page.locator("#trouble")).to_contain_text("as soon as the last one is answered")
    expect(box).to_have_value(SECOND)
    page.locator("#pending .question").evaluate("e => Promise.all(e.getAnimations().map(a => a.finished))")
    visit.shoot(f"under-way-{page.viewport_size['width'] if page.viewport_size else 0}")
    held.release()
    expect(page.locator("#pending .question")).to_have_text(SECOND)
    held.release()
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    visit.settle()
    expect(box).to_have_value("")
    expect(page.locator("#trouble")).to_be_hidden()


def test_the_input_stays_in_its_place_while_the_first_answer_is_awaited(visit: Visit, held: HeldAnswers) -> None:
    page, box = visit.page, visit.page.locator("#box textarea")
    before = box.evaluate(TOP)
    enter(page, QUESTION)
    expect(page.locator("#pending .question")).to_have_text(QUESTION)
    assert box.evaluate(TOP) == before
    held.release()
    expect(page.locator("#talk .question")).to_have_text([QUESTION])


def test_a_question_that_waits_and_is_changed_waits_for_another_enter(visit: Visit, held: HeldAnswers) -> None:
    page, box = visit.page, visit.page.locator("#box textarea")
    enter(page, QUESTION)
    enter(page, SECOND)
    page.keyboard.type(" And when?")
    expect(page.locator("#trouble")).to_be_hidden()
    held.release()
    expect(page.locator("#talk .question")).to_have_text([QUESTION])
    visit.settle()
    expect(box).to_have_value(f"{SECOND} And when?")


def test_two_questions_survive_a_server_that_fails_and_are_asked_in_order(visit: Visit, held: HeldAnswers) -> None:
    page, box = visit.page, visit.page.locator("#box textarea")
    enter(page, QUESTION)
    enter(page, SECOND)
    held.wait_for(1)
    held.routes.pop().abort()
    expect(page.locator("#trouble")).to_contain_text("The server cannot be reached")
    expect(page.locator("#pending .question")).to_have_text(QUESTION)
    expect(box).to_have_value(SECOND)
    page.keyboard.press("Enter")
    held.release()
    held.release()
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    visit.settle()
    expect(box).to_have_value("")
    visit.errors.clear()  # the browser itself reports the request that failed


def test_the_answer_to_a_chip_does_not_take_the_focus_from_who_types(visit: Visit, held: HeldAnswers) -> None:
    page = visit.page
    page.locator("#start .chip", has_text=QUESTION).click()
    page.locator("#box textarea").press_sequentially("How ")
    held.release()
    expect(page.locator("article.card").first).to_be_visible()
    visit.settle()
    page.keyboard.type("long?")
    expect(page.locator("#box textarea")).to_have_value("How long?")


@pytest.mark.parametrize("visit", [{}, PHONE, DARK], indirect=True, ids=["desktop", "phone", "dark"])
def test_a_text_above_the_limit_is_told_and_kept_to_be_shortened(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    text = f"{QUESTION} " + "My gap was long. " * 70
    page.locator("#box textarea").focus()
    page.keyboard.insert_text(text)
    expect(page.locator("#count")).to_have_text(
        "1,222 characters; at most 1,000 can be sent. Nothing is cut off: please shorten the text."
    )
    expect(page.locator("#box textarea")).to_have_value(text)
    visit.shoot(f"too-long-{request.node.callspec.id}")
    page.keyboard.press("Enter")
    page.locator("#box button").click()
    expect(page.locator("#box textarea")).to_have_value(text)
    assert page.locator("#talk .question").count() == 0
    page.locator("#box textarea").fill(text[:950])
    expect(page.locator("#count")).to_have_text("950 of 1,000 characters")
    page.locator("#box textarea").press("Enter")
    expect(page.locator("#talk .question")).to_have_text(text[:950].strip())
    expect(page.locator("#count")).to_be_hidden()
    visit.settle()


def test_a_question_in_the_address_that_is_too_long_is_put_into_the_input(visit: Visit) -> None:
    page = visit.open(f"/chat/?q={'long+' * 210}")
    expect(page.locator("#box textarea")).to_have_value(("long " * 210).strip())
    expect(page.locator("#count")).to_contain_text("1,049 characters; at most 1,000")
    assert page.locator("#talk .question").count() == 0


def test_a_note_to_the_editors_that_is_too_long_is_not_cut(visit: Visit) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    page.get_by_role("button", name="Tell the editors what is missing").click()
    page.get_by_label("What were you looking for?").fill("a" * 1001)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".reasons .count")).to_contain_text("1,001 characters")
    page.get_by_label("What were you looking for?").fill("a" * 1000)
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".thanks")).to_be_visible()
