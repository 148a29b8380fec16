"""The widget by keyboard, by assistive technology, on a phone, in the dark and from right to left."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.host_site import DARK, PHONE, SiteVisitor, accessible
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.waiting import idle


def test_the_keyboard_alone_opens_asks_and_leaves(visitor: SiteVisitor) -> None:
    page = visitor.arrive(
        head="<script>addEventListener('keydown', e => { if (e.key === 'a') window.stolen = true })</script>"
    )
    active = "document.querySelector('career-chatbot').shadowRoot.activeElement"
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.className") == "launcher"
    page.keyboard.press("Enter")
    visitor.widget.locator("textarea").wait_for()
    page.wait_for_function(f"{active}?.localName === 'textarea'")
    page.keyboard.type("How do I explain")
    page.keyboard.press("Shift+Enter")
    page.keyboard.type("a gap in my CV?")
    page.keyboard.press("Enter")
    visitor.widget.locator(".card").first.wait_for()
    assert page.evaluate(f"{active}.localName") == "textarea"
    page.keyboard.press("Escape")
    assert page.evaluate(f"{active}.className") == "launcher"
    assert not visitor.widget.locator(".panel").is_visible()
    assert page.evaluate("window.stolen") is None


def test_the_focus_is_never_lost_with_what_was_pressed(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    turn = visitor.ask(QUESTION)
    turn.get_by_role("button", name="No", exact=True).press("Enter")
    expect(turn.get_by_role("button", name="Off topic")).to_be_focused()
    page.route("**/api/feedback", lambda route: route.abort())
    for _ in range(2):
        turn.get_by_role("button", name="Outdated").press("Enter")
        expect(turn.locator(".say")).to_have_count(1)
    page.unroute("**/api/feedback")
    turn.get_by_role("button", name="Outdated").press("Enter")
    expect(turn.get_by_text("Thank you.")).to_be_focused()
    page.route("**/api/ask", lambda _: None)
    visitor.widget.locator("textarea").fill(OUTSIDE_QUESTION)
    visitor.widget.locator("textarea").press("Enter")
    visitor.widget.get_by_role("button", name="Cancel").press("Enter")
    expect(visitor.widget.get_by_role("button", name="Try again")).to_be_focused()
    page.unroute("**/api/ask")
    visitor.widget.get_by_role("button", name="Try again").press("Enter")
    expect(visitor.widget.locator("textarea")).to_be_focused()
    visitor.errors.clear()  # the browser itself reports the requests that failed


def test_the_enter_that_ends_a_composition_sends_nothing(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.widget.locator("textarea").fill("キャリア")
    press = (
        "(e, o) => e.dispatchEvent(new KeyboardEvent('keydown', {key: 'Enter', bubbles: true, composed: true, ...o}))"
    )
    visitor.widget.locator("textarea").evaluate(press, {"isComposing": True})
    visitor.widget.locator("textarea").evaluate(press, {"keyCode": 229})
    idle(page)
    assert visitor.widget.locator(".asked").count() == 0
    assert visitor.widget.locator("textarea").input_value() == "キャリア"


def test_assistive_technology_finds_names_roles_and_a_live_log(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    launcher = page.get_by_role("button", name="Ask a question")
    assert (launcher.get_attribute("aria-haspopup"), launcher.get_attribute("aria-expanded")) == ("dialog", "false")
    launcher.click()
    dialog = page.get_by_role("dialog", name="Career chatbot")
    dialog.wait_for()
    assert launcher.get_attribute("aria-expanded") == "true"
    assert dialog.get_by_role("log", name="Conversation").count() == 1
    assert dialog.get_by_role("textbox", name="Your question").count() == 1
    for name in ("Delete this conversation", "Close", "Ask"):
        box = dialog.get_by_role("button", name=name, exact=True).bounding_box()
        assert box is not None
        assert min(box["width"], box["height"]) >= 44
    visitor.ask(QUESTION)
    assert dialog.get_by_role("heading", level=3, name="3 passages from 2 articles").count() == 1
    assert dialog.get_by_role("heading", level=4, name="How do I explain a gap?").count() >= 1


@pytest.mark.parametrize(
    ("visitor", "attributes"),
    [
        ({}, {}),
        (DARK, {}),
        (PHONE, {}),
        (PHONE | DARK, {"color": "#ffd400"}),
        ({}, {"language": "ar"}),
        ({}, {"color": "yellow"}),
    ],
    indirect=["visitor"],
    ids=["desktop", "dark", "phone", "phone-dark", "arabic", "yellow"],
)
def test_nothing_is_inaccessible_in_any_state(
    visitor: SiteVisitor, attributes: dict[str, str], request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    page = visitor.arrive(**attributes)
    visitor.shoot(f"closed-{name}")
    accessible(page)
    visitor.open()
    visitor.widget.locator(".chip").first.wait_for()
    visitor.shoot(f"open-{name}")
    accessible(page)
    visitor.ask(QUESTION)
    visitor.ask(OUTSIDE_QUESTION)
    visitor.shoot(f"asked-{name}")
    accessible(page)


COLOURS = [
    "red;background:url(/stolen)", "red;position:fixed;inset:0", "url(/stolen)", "red !important",
    "expression(alert(1))", "image-set(url(/stolen))", "}*{display:none", "no colour", "red/**/;--accent:url(/stolen)",
]  # fmt: skip


@pytest.mark.parametrize("colour", COLOURS)
def test_a_colour_is_a_colour_and_no_other_style(visitor: SiteVisitor, colour: str) -> None:
    visitor.arrive(color=colour)
    launcher = visitor.widget.locator(".launcher")
    assert launcher.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(18, 96, 78)"
    style = launcher.evaluate("e => e.getRootNode().querySelector('.root').style.cssText")
    assert not re.search("stolen|fixed|inset|display|important", style)
    assert [request for request in visitor.requests if "stolen" in request] == []


@pytest.mark.parametrize("colour", ["#639", "#663399", "rgb(102, 51, 153)", "hsl(270 50% 40%)", "rebeccapurple"])
def test_a_colour_is_written_as_css_writes_it(visitor: SiteVisitor, colour: str) -> None:
    visitor.arrive(color=colour)
    drawn = visitor.widget.locator(".launcher").evaluate("e => getComputedStyle(e).backgroundColor")
    assert drawn == "rgb(102, 51, 153)"


@pytest.mark.parametrize("visitor", [PHONE], indirect=True)
def test_on_a_phone_it_covers_the_page_which_then_rests(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.widget.locator(".launcher").click()
    visitor.widget.locator("textarea").wait_for()
    assert visitor.size() == (390, 844)
    assert visitor.widget.locator(".panel").get_attribute("aria-modal") == "true"
    assert page.evaluate("[document.body.inert, document.documentElement.style.overflow]") == [True, "hidden"]
    assert visitor.widget.locator("textarea").evaluate("e => getComputedStyle(e).fontSize") == "16px"
    visitor.widget.get_by_role("button", name="Close").click()
    assert page.evaluate("[document.body.inert, document.documentElement.style.overflow]") == [False, ""]


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("de-AT", "Die Artikel sind auf Englisch; fragen Sie am besten auch auf Englisch."),
        ("ar", "المقالات مكتوبة باللغة الإنجليزية؛ ومن الأفضل أن تطرح أسئلتك باللغة الإنجليزية أيضًا."),
        ("en", None),
        ("it", None),  # the widget has no Italian and speaks English, as the articles do
    ],
    ids=["de", "ar", "en", "it"],
)
def test_a_page_of_another_language_says_what_the_articles_are_written_in(
    visitor: SiteVisitor, lang: str, said: str | None
) -> None:
    visitor.arrive(lang=lang)
    visitor.open()
    expect(visitor.widget.locator(".log .chip").first).to_be_visible()
    expect(visitor.widget.locator(".log .soft")).to_have_text([said] if said else [])
    visitor.shoot(f"language-{lang}")


TONGUES = """([...parts]) => {
  const root = document.querySelector("career-chatbot").shadowRoot;
  const tongues = (part) => [...root.querySelectorAll(part)].map((one) => one.closest("[lang]").lang);
  return parts.map((part) => [...new Set(tongues(part))].join());
}"""


def test_the_articles_keep_their_language_among_the_words_of_the_page(visitor: SiteVisitor) -> None:
    page = visitor.arrive(lang="de")
    visitor.open()
    visitor.widget.locator(".hello ~ .chips .chip").first.wait_for()
    visitor.ask(QUESTION)
    visitor.ask(OUTSIDE_QUESTION)
    english = ["blockquote", ".group h4:has(a)", ".lead", "h4 + p", ".short p span", ".chip span"]
    german = [".log h3", ".foot a .unseen", ".foot button", ".say"]
    for _ in range(2):
        assert page.evaluate(TONGUES, english + german) == ["en"] * len(english) + ["de"] * len(german)
        page.reload()
        visitor.widget.locator(".hello ~ .chips .chip").first.wait_for()
    visitor.arrive(lang="it", starters="Come va?")  # there is no catalogue of it, so the words are English
    visitor.widget.get_by_text("Come va?").wait_for()
    assert page.evaluate(TONGUES, [".panel"]) == ["en"]


def test_right_to_left_pages_get_their_language_and_their_corner(visitor: SiteVisitor) -> None:
    visitor.arrive(lang="ar")
    visitor.open()
    assert visitor.widget.get_by_role("textbox", name="سؤالك").count() == 1
    assert visitor.widget.locator("section").get_attribute("dir") == "rtl"
    box = visitor.widget.locator(".panel").bounding_box()
    assert box is not None
    assert box["x"] == 20
