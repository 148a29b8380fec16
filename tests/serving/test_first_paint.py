"""The chat page before Gradio is there, and where it never comes: it can be read, asked, stopped and shared."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, Route, expect

from chatbot.serving.chat.document import parts_of
from tests.support.server import Server
from tests.support.serving_corpus import QUESTION
from tests.support.slow_line import Wire
from tests.support.visit import Visit
from tests.support.waiting import idle

SECOND = "How do I ask for a higher salary?"
GRADIO = "**/chat/assets/**"
WITHOUT_SCRIPTS = {"java_script_enabled": False}
PHONE = {"viewport": {"width": 390, "height": 844}, "color_scheme": "dark"}


def hold(held: list[Route]) -> Callable[[Route], None]:
    """Keep requests waiting; Playwright takes no method of a list."""

    def keep(route: Route) -> None:
        held.append(route)

    return keep


@pytest.fixture
def early(visit: Visit) -> Iterator[Page]:
    """The page while Gradio is still on its way."""
    held: list[Route] = []
    visit.page.route(GRADIO, hold(held))
    visit.page.goto(f"{visit.server.url}/chat/")
    yield visit.page
    for route in held:
        route.fulfill(status=200, content_type="text/javascript", body="")


def enter(page: Page, question: str) -> None:
    page.locator("#first textarea").fill(question)
    page.keyboard.press("Enter")


@pytest.mark.parametrize("visit", [{}, PHONE], indirect=True, ids=["wide", "phone"])
def test_questions_are_answered_while_gradio_is_on_its_way(
    visit: Visit, early: Page, request: pytest.FixtureRequest
) -> None:
    expect(early.locator("#start .chip")).not_to_have_count(0)
    visit.shoot(f"early-{request.node.callspec.id}")
    found = Axe().run(early)
    assert found.violations_count == 0, found.generate_report()
    enter(early, QUESTION)
    expect(early.locator("section.answer")).to_have_count(1)
    expect(early.locator("article.card").first).to_contain_text("Writing a CV")
    enter(early, SECOND)
    expect(early.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    visit.shoot(f"early-answer-{request.node.callspec.id}")
    assert early.locator("#first").count() == 1
    early.locator("article.card .act.copy").first.click()
    early.locator("#fresh").click()
    expect(early.locator("#talk .question")).to_have_count(0)


def test_gradio_takes_over_what_was_asked_and_what_is_being_typed(visit: Visit) -> None:
    page, held = visit.page, list[Route]()
    page.route(GRADIO, hold(held))
    page.goto(f"{visit.server.url}/chat/")
    enter(page, QUESTION)
    expect(page.locator("section.answer")).to_have_count(1)
    page.keyboard.type("And then")
    page.locator("#first #filter").click()
    page.locator("#first .filters button", has_text="job search").click()
    page.keyboard.press("Escape")
    page.locator("#first textarea").focus()
    for route in held:
        route.continue_()
    page.unroute(GRADIO)
    page.wait_for_selector(".ready", state="attached")
    assert page.locator("#first").count() == 0
    expect(page.locator("#talk .question")).to_have_text([QUESTION])
    expect(page.locator("#box textarea")).to_have_value("And then")
    expect(page.locator("#box textarea")).to_be_focused()
    expect(page.locator("#active .chip")).to_have_text("job search")
    visit.requests.clear()
    visit.ask(SECOND)
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])
    assert [request.partition("?")[0].rpartition("/")[2] for request in visit.requests if "POST" in request] == [
        "predict"
    ]


def test_little_comes_before_the_page_can_be_used_and_no_more_behind_it_than_gradio(visit: Visit) -> None:
    page, wire, held = visit.page, Wire(visit.page), list[Route]()
    page.route(GRADIO, hold(held))
    page.goto(f"{visit.server.url}/chat/")
    page.wait_for_load_state("domcontentloaded")
    idle(page)
    assert 20_000 < sum(wire.bytes()) <= 120_000
    for route in held:
        route.continue_()
    page.unroute(GRADIO)
    page.wait_for_selector(".ready", state="attached")
    idle(page)
    assert sum(wire.bytes()) <= 331_000


@pytest.mark.parametrize("visit", [WITHOUT_SCRIPTS], indirect=True)
def test_without_scripts_the_form_asks_and_the_same_cards_come(visit: Visit) -> None:
    page = visit.page
    page.goto(f"{visit.server.url}/chat/?lang=de")
    page.locator("#box textarea").fill(QUESTION)
    page.locator("#box button").click()
    assert parse_qs(urlsplit(page.url).query) == {"q": [QUESTION], "lang": ["de"]}
    expect(page.locator("html")).to_have_attribute("lang", "de")
    expect(page.locator("#talk .question")).to_have_text(QUESTION)
    expect(page.locator("article.card").first).to_contain_text("Writing a CV")
    expect(page.locator("#fresh")).to_be_hidden()
    visit.shoot("without-scripts")
    page.locator("#talk .chip[name=q]").first.click()
    expect(page.locator("section.answer")).to_have_count(1)
    assert page.locator("#talk .question").inner_text() != QUESTION


def test_a_question_of_the_address_is_answered_in_the_document_and_costs_one(server: Server) -> None:
    status, headers, html = server.get("/chat/?q=How+do+I+explain+a+gap+in+my+CV%3F")
    assert status == 200
    assert 'class="card' in html
    assert '<meta name="robots" content="noindex">' in html
    assert "form-action 'self'" in headers["content-security-policy"]
    assert "noindex" not in server.get("/chat/")[2]
    assert "<script>window.pwned" not in server.get("/chat/?q=%3Cscript%3Ewindow.pwned=1%3C/script%3E")[2]


def test_what_is_not_the_document_of_the_pinned_gradio_is_refused_with_a_word() -> None:
    with pytest.raises(ValueError, match="install the version that is pinned"):
        parts_of("<html></html>")


def test_a_question_under_way_can_be_stopped_and_is_kept(visit: Visit) -> None:
    page, held = visit.open(), list[Route]()
    visit.ask(QUESTION)
    page.route("**/run/predict*", hold(held))
    page.locator("#box textarea").fill(SECOND)
    page.keyboard.press("Enter")
    expect(page.locator("#pending .question")).to_have_text(SECOND)
    expect(page.locator("#box textarea")).to_have_value("")
    page.wait_for_timeout(600)
    page.get_by_role("button", name="Stop").click()
    expect(page.locator("#box textarea")).to_have_value(SECOND)
    expect(page.locator("#announce")).to_contain_text("Stopped")
    expect(page.locator("#trouble.calm p")).to_have_text("Stopped. Your question is in the input.")
    expect(page.locator("#pending .question")).to_be_hidden()
    expect(page.locator("#box button")).to_have_text("Ask")
    expect(page.locator("#talk .question")).to_have_text([QUESTION])
    for route in held:
        route.abort()
    page.unroute("**/run/predict*")
    # The server may have answered what was stopped; the conversation goes on from what is seen.
    visit.ask("How long should a CV be?")
    expect(page.locator("#talk .question")).to_have_text([QUESTION, "How long should a CV be?"])
    visit.errors.clear()


def test_a_second_click_on_ask_does_not_stop_what_it_asked(visit: Visit) -> None:
    page, held = visit.open(), list[Route]()
    page.route("**/run/predict*", hold(held))
    page.locator("#box textarea").fill(QUESTION)
    page.locator("#box button").dblclick()
    expect(page.locator("#box button")).to_have_text("Stop")
    expect(page.locator("#pending .question")).to_have_text(QUESTION)
    held[0].continue_()
    expect(page.locator("#talk .question")).to_have_text([QUESTION])


def test_a_link_shows_what_was_shared_and_says_when_the_articles_have_changed(visit: Visit) -> None:
    page = visit.open()
    visit.context.grant_permissions(["clipboard-read", "clipboard-write"])
    visit.ask(QUESTION)
    visit.ask("what about juniors?")
    titles = page.locator("section.answer").last.locator(":is(.card, .block) h4").all_inner_texts()
    page.locator(".act.link").last.click()
    link = page.evaluate("navigator.clipboard.readText()")
    friend = visit.context.new_page()
    friend.goto(link)
    friend.wait_for_selector(".ready", state="attached")
    expect(friend.locator("#talk .question")).to_have_text([QUESTION, "what about juniors?"])
    assert friend.locator("section.answer").last.locator(":is(.card, .block) h4").all_inner_texts() == titles
    expect(friend.locator("#trouble")).to_be_hidden()
    friend.goto("about:blank")
    friend.goto(re.sub(r"of=\w+", "of=0123456789abcdef", link))
    friend.wait_for_selector(".ready", state="attached")
    expect(friend.locator("#trouble")).to_contain_text("The articles have changed since this link was made")


def test_back_and_forward_lead_through_what_was_asked(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    assert page.title().startswith(f"{QUESTION} · ")
    visit.ask(SECOND)
    assert parse_qs(urlsplit(page.url).fragment)["q"] == [SECOND]
    page.go_back()
    expect(page.locator("#talk .question").first).to_be_in_viewport()
    assert page.title().startswith(f"{QUESTION} · ")
    expect(page.locator("#talk .question")).to_have_count(2)
    page.go_forward()
    expect(page.locator("#talk .question").last).to_be_in_viewport()
    page.goto(f"{visit.server.url}/articles")
    page.go_back()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#talk .question")).to_have_text([QUESTION, SECOND])


def test_keys_lead_to_the_input_and_bring_back_the_last_question(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    box = page.locator("#box textarea")
    page.locator("section.answer .act.link").focus()
    page.keyboard.press("/")  # a character alone is no command
    expect(box).not_to_be_focused()
    page.keyboard.press("Control+k")
    expect(box).to_be_focused()
    page.evaluate("document.activeElement.dispatchEvent(new Event('keydown', { bubbles: true }))")  # as autofill does
    box.press_sequentially("   ")
    box.press("Enter")
    expect(box).to_have_value("")
    page.keyboard.press("ArrowUp")
    expect(box).to_have_value(QUESTION)
    for name, target in (("box", "#box textarea"), ("answer", "section.answer .head [tabindex]")):
        skip = page.get_by_role("link", name=re.compile(f"Skip to .*{name}"))
        skip.focus()
        assert (skip.bounding_box() or {})["height"] > 40
        page.keyboard.press("Enter")
        expect(page.locator(target)).to_be_focused()


def test_a_reading_that_was_not_meant_is_replaced(visit: Visit) -> None:
    page = visit.open()
    visit.ask("What does a zebra keeper do?")
    visit.ask("how long does that take?")
    page.locator(".searched button[data-step=literal]").last.click()
    page.wait_for_function("document.querySelectorAll('.searched button[data-step=literal]').length === 0")
    visit.settle()
    expect(page.locator("#talk .question")).to_have_text(["What does a zebra keeper do?", "how long does that take?"])


def test_every_gesture_without_gradio_is_checked(server: Server) -> None:
    status, _, body = server.post("/chat/talk", {"step": {"kind": "run", "value": "x"}})
    assert status == 200
    assert "could not be understood" in json.loads(body)["messages"][0]["html"]


def test_a_tab_behind_others_is_ready_too(visit: Visit) -> None:
    """Where nothing is drawn a browser is idle at no time."""
    never = "window.requestIdleCallback = (done, options) => options?.timeout && setTimeout(done, options.timeout)"
    visit.page.add_init_script(never)
    visit.open()
