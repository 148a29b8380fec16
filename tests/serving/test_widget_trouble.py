"""The widget on pages that fight it, with articles that attack, and when the chatbot does not answer."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Browser, expect

from tests.support.host_site import STRICT_CSP, HostSite, SiteVisitor
from tests.support.server import Server, start_server
from tests.support.serving_corpus import HOSTILE_QUESTION, OUTSIDE_QUESTION, QUESTION
from tests.support.waiting import idle


def test_a_page_that_forbids_inline_scripts_and_styles_can_carry_it(visitor: SiteVisitor) -> None:
    visitor.arrive(policy=STRICT_CSP.format(chatbot=visitor.chatbot))
    visitor.open()
    assert visitor.ask(QUESTION).locator("mark").count() > 0
    assert visitor.size() == (400, 640)


def test_what_a_policy_lacks_is_said_in_the_words_of_a_policy(visitor: SiteVisitor) -> None:
    page = visitor.arrive(policy=f"script-src {visitor.chatbot}/widget.js; connect-src 'self'")
    with page.expect_console_message(lambda said: "lacks" in said.text) as said:
        visitor.widget.locator(".launcher").click()
    assert said.value.text.endswith(f"the Content-Security-Policy of this page lacks script-src {visitor.chatbot}")
    with page.expect_console_message(lambda said: "lacks" in said.text) as said:
        visitor.arrive(policy=f"script-src {visitor.chatbot}; connect-src 'self'")  # where it is open, as before
    assert said.value.text.endswith(f"lacks connect-src {visitor.chatbot}")
    visitor.errors.clear()  # that, and what the browser itself reports


def test_the_styles_of_a_hostile_page_do_not_reach_it(visitor: SiteVisitor) -> None:
    hostile = """<style>html { font-size: 60px } body { transform: rotate(1deg) }
    * { all: unset !important; color: red !important; font-size: 50px !important }
    button, section, div, career-chatbot { display: none !important; transform: scale(3) !important }
    .cover { position: fixed; inset: 0; z-index: 2147483647; display: block }</style>"""
    visitor.arrive(head=hostile, body="<p class='cover'>On top of all</p>" + visitor.tag())
    visitor.open()
    turn = visitor.ask(QUESTION)
    assert visitor.size() == (400, 640)
    look = "e => [getComputedStyle(e).fontSize, getComputedStyle(e).color, getComputedStyle(e).display]"
    assert turn.locator(".card h4").first.evaluate(look) == ["15px", "rgb(28, 32, 36)", "block"]
    visitor.shoot("hostile")


def test_a_hostile_article_shows_as_text_and_does_nothing(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    turn = visitor.ask(HOSTILE_QUESTION)
    for row in turn.locator("summary").all():
        row.click()
    idle(page)
    assert page.evaluate("window.pwned") is None
    assert "window.pwned=7" in turn.inner_text()
    assert turn.locator("iframe, form, script, img, svg[onload], style, .card .card").count() == 0
    assert turn.locator("a:not([href^='http'])").count() == 0


def test_an_unreachable_chatbot_is_said_and_can_be_tried_again(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    page.route("**/api/ask", lambda route: route.abort())
    turn = visitor.ask(QUESTION)
    assert turn.locator(".say").inner_text() == "The chatbot cannot be reached."
    visitor.context.set_offline(True)
    assert visitor.ask(QUESTION).locator(".say").inner_text() == "You are offline."
    visitor.context.set_offline(False)
    page.unroute("**/api/ask")
    visitor.widget.get_by_role("button", name="Try again").first.click()
    visitor.widget.locator(".card").first.wait_for()
    visitor.errors.clear()  # the browser itself reports the requests that failed


def test_what_can_be_done_about_trouble_is_in_sight_under_a_long_conversation(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION)
    page.route("**/api/ask", lambda route: route.abort())
    turn = visitor.ask(OUTSIDE_QUESTION)
    expect(turn.get_by_role("button", name="Try again")).to_be_in_viewport(ratio=1)
    visitor.errors.clear()  # the browser itself reports the request that failed


def test_a_slow_chatbot_is_waited_for_and_can_be_cancelled(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    page.clock.install()
    page.route("**/api/ask", lambda _: None)
    log = visitor.widget.get_by_role("log")
    visitor.open()
    visitor.widget.locator("textarea").fill(QUESTION)
    visitor.widget.locator("textarea").press("Enter")
    log.get_by_text("Searching …", exact=True).wait_for()
    page.clock.run_for(4_500)
    log.get_by_text("Still searching …").wait_for()
    visitor.widget.get_by_role("button", name="Cancel").click()
    log.get_by_text("Cancelled.").wait_for()
    visitor.widget.get_by_role("button", name="Try again").click()
    page.clock.run_for(31_000)
    log.get_by_text("The chatbot takes too long.").wait_for()


def test_too_many_questions_are_told_how_long_to_wait(browser: Browser, site: HostSite, served_folder: Path) -> None:
    strict = start_server(
        served_folder, CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]), CHATBOT_SERVER__RATE="1/minute"
    )
    hasty = SiteVisitor(browser, site, strict.url)
    hasty.arrive()
    hasty.open()
    for _ in range(4):
        said = hasty.ask(QUESTION).locator(".say")
        if said.count():
            break
    assert re.fullmatch(r"Too many questions\. Try again in \d+ seconds\.", said.inner_text())
    hasty.context.close()
    strict.stop()


def test_a_site_that_is_not_listed_is_told_what_to_add(browser: Browser, site: HostSite, server: Server) -> None:
    stranger = SiteVisitor(browser, site, server.url)
    stranger.arrive()
    stranger.open()
    assert stranger.ask(QUESTION).locator(".say").inner_text().startswith("The chatbot is not available on this page.")
    assert any(f'[[sites]]\norigins = ["{site.origin}"]' in error for error in stranger.errors)
    stranger.context.close()
