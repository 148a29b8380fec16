"""The chat page in a real Chromium. Every visit fails on an error in the page or a request to another host."""

from __future__ import annotations

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.serving_corpus import HOSTILE_QUESTION, OUTSIDE_QUESTION, QUESTION
from tests.support.visit import Visit
from tests.support.waiting import idle

PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}


def test_a_question_is_answered_with_cards_that_lead_to_the_article(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    assert "Writing a CV" in card.inner_text()
    assert "Explain a gap in your CV in one plain line" in card.inner_text()
    assert card.locator("mark").count() >= 1
    assert any("/articles/cv" in (link.get_attribute("href") or "") for link in card.locator("a").all())
    visit.shoot("desktop")


def test_a_starter_question_from_the_articles_is_asked_with_one_click(visit: Visit) -> None:
    page = visit.open()
    chip = page.locator("#start button", has_text="How do I explain a gap").first
    chip.click()
    page.wait_for_selector("article.card")
    visit.settle()
    assert page.locator("#talk .question").first.inner_text() == "How do I explain a gap in my CV?"


def test_the_keyboard_alone_asks_and_the_focus_stays_in_the_input(visit: Visit) -> None:
    page = visit.open()
    page.locator("#box textarea").focus()
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("article.card")
    visit.settle()
    assert page.evaluate("document.activeElement.tagName") == "TEXTAREA"


def test_a_new_conversation_forgets_the_old_one(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator("#fresh").click()
    page.wait_for_function("() => !document.querySelector('#talk .question')")
    assert page.locator("article.card").count() == 0


def test_a_hostile_article_shows_as_text_and_does_nothing(visit: Visit) -> None:
    page = visit.open()
    visit.ask(HOSTILE_QUESTION)
    idle(page)
    assert page.evaluate("window.pwned") is None
    text = page.locator("#talk").inner_text()
    assert "window.pwned=7" in text
    assert page.locator("#talk iframe, #talk form, #talk script, #talk img, #talk svg[onload]").count() == 0
    assert page.locator("#talk a[href^='javascript']").count() == 0
    assert page.locator("#talk article.card article.card").count() == 0


def test_a_question_that_no_article_covers_says_so(visit: Visit) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    assert "Not covered by the articles" in page.locator("#talk").inner_text()
    assert page.locator("article.card").count() == 0


@pytest.mark.parametrize(
    "visit", [{}, PHONE, DARK, PHONE | DARK], indirect=True, ids=["desktop", "phone", "dark", "both"]
)
def test_nothing_is_inaccessible_before_or_after_an_answer(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    name = request.node.callspec.id
    visit.shoot(f"empty-{name}")
    before = Axe().run(page)
    assert before.violations_count == 0, before.generate_report()
    visit.ask(QUESTION)
    visit.shoot(f"answer-{name}")
    after = Axe().run(page)
    assert after.violations_count == 0, after.generate_report()


@pytest.mark.parametrize("visit", [PHONE], indirect=True)
def test_a_phone_never_scrolls_sideways(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    assert page.evaluate("document.documentElement.scrollWidth <= window.innerWidth")


def test_nothing_is_stored_in_the_browser_before_a_question_is_asked(visit: Visit) -> None:
    page = visit.open()
    page.locator("#box textarea").fill(QUESTION)
    page.locator("#box textarea").blur()  # closes the suggestions
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]


def test_one_question_is_one_request(visit: Visit) -> None:
    visit.open()
    visit.page.wait_for_timeout(1000)
    visit.requests.clear()
    visit.ask(QUESTION)
    asked = [request for request in visit.requests if request.startswith("POST") and "/api/suggest" not in request]
    assert len(asked) == 1


def test_an_answer_begins_in_short_with_sentences_that_lead_to_their_cards(visit: Visit) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    assert page.locator(".short").count() == 0
    visit.ask(QUESTION)
    visit.ask(QUESTION)
    short = page.locator("section.answer").last.locator(".short")
    assert short.locator("h4").inner_text() == "In short"
    assert "Explain a gap in your CV in one plain line with the dates and the reason." in short.inner_text()
    short.get_by_role("link", name="Passage 1").first.click()
    target, first = page.locator("article.card.pointed"), page.locator("section.answer").last.locator(".card").first
    assert target.get_attribute("id") == first.get_attribute("id")
    assert page.locator("#talk .question").count() == 3


@pytest.mark.parametrize(("visit", "columns"), [({}, 2), (PHONE, 1)], indirect=["visit"], ids=["desktop", "phone"])
def test_what_is_compared_stands_side_by_side_where_there_is_room(visit: Visit, columns: int) -> None:
    page = visit.open()
    visit.ask("compare a CV and a salary")
    sides = page.locator("section.side")
    assert sides.locator("> h4").all_inner_texts() == ["CV", "salary"]
    left = sides.evaluate_all("all => all.map(side => side.getBoundingClientRect().left)")
    assert len(set(left)) == columns
    assert sides.first.locator(".card h4").all_inner_texts() == ["Writing a CV"]
    shown = page.locator("section.answer .card").evaluate_all("all => all.map(card => card.dataset.passage)")
    assert len(shown) == len(set(shown))
    assert page.evaluate("document.scrollingElement.scrollWidth <= innerWidth")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize(("visit", "most"), [({}, 1.2), (PHONE, 2)], indirect=["visit"], ids=["desktop", "phone"])
def test_a_whole_answer_is_seen_at_a_glance(visit: Visit, most: float) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    answer, cards = page.locator("section.answer"), page.locator("article.card")
    assert answer.evaluate("answer => answer.getBoundingClientRect().height / innerHeight") <= most
    # The title of an article stands once, and what to ask next before the rest.
    titles = page.locator("#talk :is(.card, .block) h4").all_inner_texts()
    assert len(titles) == len(set(titles))
    parts = answer.locator(":is(.card, .chips, .block)").evaluate_all("all => all.map(one => one.className)")
    assert parts[:3] == ["card", "chips", "block"]
    ranks = cards.evaluate_all("all => all.map(card => card.querySelector('.rank').textContent)")
    assert sorted(ranks) == [str(n + 1) for n in range(cards.count())]


def test_the_page_says_how_a_follow_up_was_taken_and_what_was_searched(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    visit.ask("and how long should it be?")
    answer = page.locator("section.answer").last
    expect(answer.locator(".searched")).to_contain_text(f"Understood as a follow-up to {QUESTION} · Ask on its own")
    answer.locator(".because").first.evaluate("line => { line.hidden = false; }")
    expect(answer.locator(".because q").first).to_contain_text("and how long should it be? (about")
    visit.ask("How do I explein a gap in my CV?")
    expect(page.locator(".searched").last).to_contain_text("Search for exactly what I wrote")
    assert [heading.evaluate("one => one.tagName") for heading in page.locator("#talk .question").all()] == ["H2"] * 3
