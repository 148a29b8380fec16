"""A browser on pages as the plug-in for WordPress makes them, with the real widget and a served chatbot."""

from __future__ import annotations

from tests.support.host_site import SiteVisitor
from tests.support.serving_corpus import QUESTION
from tests.support.wordpress import wordpress


def test_a_visitor_of_such_a_page_gets_an_answer(visitor: SiteVisitor) -> None:
    option = {"address": f"{visitor.chatbot}/", "title": "Ask & learn", "color": "#8a2f6b"}
    visitor.arrive(body=wordpress("page", option=option))
    visitor.open()
    assert visitor.widget.get_by_role("dialog").get_attribute("aria-label") == "Ask & learn"
    visitor.ask(QUESTION).locator(".card").first.wait_for()


def test_a_visitor_asks_inside_the_page(visitor: SiteVisitor) -> None:
    option = {"address": f"{visitor.chatbot}/", "where": "none"}
    visitor.arrive(body=wordpress("page", option=option, content='[career_chatbot title="Ours"]'))
    visitor.widget.locator("textarea").wait_for()
    visitor.ask(QUESTION).locator(".card").first.wait_for()
    assert visitor.page.locator("career-chatbot").count() == 1
