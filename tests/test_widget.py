"""The widget in a real Chromium, on the pages of a site of another origin than the chatbot's."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page

from tests.conftest import ARTEFACTS, Server, start_server
from tests.host_site import STRICT_CSP, HostSite
from tests.serving_corpus import QUESTION

WIDGET = Path(__file__).parents[1] / "chatbot" / "serving" / "static" / "widget.js"
ARTICLE = "<main><h1>A site about work</h1><p>Some words.</p><a href='#more'>More</a><p id='more'>End.</p></main>"
PHONE = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK = {"color_scheme": "dark"}


@pytest.fixture(scope="module")
def site() -> Iterator[HostSite]:
    running = HostSite()
    yield running
    running.close()


@pytest.fixture(scope="module")
def chatbot(served_folder: Path, site: HostSite) -> Iterator[Server]:
    """A chatbot whose settings list the site."""
    running = start_server(served_folder, CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]))
    yield running
    running.stop()


class Visitor:
    """Somebody with a fresh browser on a page of the site; notes requests, errors and console messages."""

    def __init__(self, browser: Browser, site: HostSite, chatbot: Server, **options: Any) -> None:
        self.site = site
        self.chatbot = chatbot
        self.context = browser.new_context(**({"viewport": {"width": 1280, "height": 800}} | options))
        self.page: Page = self.context.new_page()
        self.page.set_default_timeout(60_000)
        self.requests: list[str] = []
        self.errors: list[str] = []
        self.context.on("request", lambda request: self.requests.append(f"{request.method} {request.url}"))
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on(
            "console", lambda said: self.errors.append(said.text) if said.type in {"error", "warning"} else None
        )

    def tag(self, **attributes: str) -> str:
        said = " ".join(f'data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        return f'<script src="{self.chatbot.url}/widget.js" {said} async></script>'

    def arrive(self, body: str = "", *, head: str = "", policy: str = "", lang: str = "en", **attributes: str) -> Page:
        """Open a page with the tag and wait until the launcher is there."""
        path = f"/{len(self.site.pages)}"
        self.page.goto(
            self.site.page(path, ARTICLE + (body or self.tag(**attributes)), head=head, policy=policy, lang=lang)
        )
        self.page.wait_for_selector("career-chatbot", state="attached")
        return self.page

    @property
    def widget(self) -> Locator:
        return self.page.locator("career-chatbot")

    def open(self) -> None:
        self.widget.locator(".launcher").click()
        self.widget.locator("textarea").wait_for()

    def ask(self, question: str) -> Locator:
        """Type a question, press Enter, and return the turn with its answer."""
        turns = self.widget.locator(".log > .turn")
        before = turns.count()
        self.widget.locator("textarea").fill(question)
        self.widget.locator("textarea").press("Enter")
        turn = turns.nth(before)
        turn.locator(".card, .say").first.wait_for()
        return turn

    def asked_of_chatbot(self) -> list[str]:
        return [request for request in self.requests if self.chatbot.url in request]

    def shoot(self, name: str) -> None:
        """Keep a screenshot for people to look at."""
        ARTEFACTS.mkdir(exist_ok=True)
        self.page.wait_for_timeout(300)
        self.page.screenshot(path=ARTEFACTS / f"widget-{name}.png")


@pytest.fixture
def visitor(browser: Browser, site: HostSite, chatbot: Server, request: pytest.FixtureRequest) -> Iterator[Visitor]:
    """A visitor; `@pytest.mark.parametrize("visitor", [options], indirect=True)` sets the browser's options."""
    here = Visitor(browser, site, chatbot, **getattr(request, "param", {}))
    yield here
    here.context.close()
    own = (site.origin, chatbot.url, "data:")
    assert [request for request in here.requests if not request.split(" ", 1)[1].startswith(own)] == []
    assert here.errors == [], "the page reported errors"


def test_before_the_first_click_it_is_one_request_without_storage_or_movement(visitor: Visitor) -> None:
    watch = (
        "new PerformanceObserver(l => window.moved = l.getEntries()).observe({type: 'layout-shift', buffered: true})"
    )
    page = visitor.arrive()
    page.evaluate(watch)
    page.wait_for_timeout(1000)
    assert visitor.asked_of_chatbot() == [f"GET {visitor.chatbot.url}/widget.js"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("window.moved") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_all_that_is_loaded_before_the_first_answer_is_small(visitor: Visitor) -> None:
    loaded = []
    visitor.context.on("response", loaded.append)
    visitor.arrive()
    visitor.open()
    visitor.widget.locator(".chip").first.wait_for()
    own = [answer for answer in loaded if answer.url.startswith(visitor.chatbot.url)]
    assert [answer.url.removeprefix(visitor.chatbot.url) for answer in own] == ["/widget.js", "/api/site"]
    assert own[0].header_value("content-encoding") == "gzip"
    assert sum(len(gzip.compress(answer.body(), 9)) for answer in own) <= 11_000


def test_a_question_is_answered_with_marked_passages_that_lead_to_their_article(visitor: Visitor) -> None:
    visitor.arrive()
    visitor.open()
    turn = visitor.ask(QUESTION)
    assert turn.locator(".asked").inner_text() == QUESTION
    card = turn.locator(".card").first
    assert card.locator("h4").inner_text() == "Writing a CV"
    assert card.locator("mark").first.inner_text().startswith("Explain a gap in your CV in one plain line")
    href = card.locator("a").first.get_attribute("href") or ""
    assert href.startswith(f"{visitor.chatbot.url}/articles/cv?passage=cv%23")
    assert "Updated January 15, 2025" in card.inner_text()
    visitor.shoot("answer")


def test_a_page_that_forbids_inline_scripts_and_styles_can_carry_it(visitor: Visitor) -> None:
    visitor.arrive(policy=STRICT_CSP.format(chatbot=visitor.chatbot.url))
    visitor.open()
    assert visitor.ask(QUESTION).locator("mark").count() > 0
    box = visitor.widget.locator(".panel").bounding_box()
    assert box is not None
    assert (round(box["width"]), round(box["height"])) == (400, 640)
