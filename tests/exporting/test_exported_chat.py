"""The chat of an export in a real Chromium: on its own page, and on pages of a site that is nothing but files."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from chatbot.answering.understanding import small_talk
from chatbot.serving.widget import parts_version
from tests.support.exported_site import AT, FileHost, FileVisitor
from tests.support.host_site import DARK, PHONE, accessible
from tests.support.serving_corpus import HOSTILE_QUESTION, OUTSIDE_QUESTION, QUESTION
from tests.support.visit import visiting
from tests.support.waiting import idle

CSP = "default-src 'none'; img-src data:; script-src 'self'; connect-src 'self'; style-src 'self'"
META = f'<meta http-equiv="Content-Security-Policy" content="{CSP}">'
TAG = f'<script src="/{AT}widget.js" data-static async></script>'
ACTIVE = "document.querySelector('career-chatbot').shadowRoot.activeElement"


@pytest.fixture(scope="module")
def host(exported: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[FileHost]:
    """A web site that is nothing but files, with an export of the served articles below it."""
    folder = tmp_path_factory.mktemp("static")
    shutil.copytree(exported, folder / AT)
    running = FileHost(folder)
    yield running
    running.close()


@pytest.fixture
def visitor(browser: Browser, host: FileHost, request: pytest.FixtureRequest) -> Iterator[FileVisitor]:
    """`@pytest.mark.parametrize("visitor", [options], indirect=True)` sets the browser's options."""
    with visiting(FileVisitor(browser, host, **getattr(request, "param", {}))) as here:
        yield here


def test_on_a_page_nothing_is_loaded_before_the_click_but_the_script(visitor: FileVisitor) -> None:
    page = visitor.page
    page.goto(visitor.host.page("blog/post.html", TAG, META))
    visitor.widget.locator(".launcher").wait_for()
    idle(page)
    assert visitor.loaded() == ["widget.js"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    visitor.widget.locator(".launcher").click()
    visitor.widget.locator(".chip").first.wait_for()
    first, parts, manifest, engine, *_ = visitor.loaded()
    assert (first, parts, manifest) == ("widget.js", f"widget-parts.js?v={parts_version()}", "manifest.json")
    assert re.fullmatch(r"engine/[0-9a-f]{12}/engine.js", engine)
    turn = visitor.ask(QUESTION)
    link = turn.locator(".card h4 a").first
    assert (
        link.get_attribute("href")
        == f"{visitor.home}articles/cv.html#how-do-i-explain-a-gap:~:text="
        + (link.get_attribute("href") or "").partition("text=")[2]
    )
    assert page.request.get((link.get_attribute("href") or "").partition("#")[0]).ok
    assert (turn.get_by_text("Did this help?").count(), turn.locator("mark").count() > 0) == (0, True)
    assert visitor.ask(OUTSIDE_QUESTION).get_by_text("Tell the editors").count() == 0
    visitor.shoot("widget")


def test_the_panel_of_a_page_goes_on_in_the_chat_page(visitor: FileVisitor) -> None:
    visitor.page.goto(visitor.host.page("blog/more.html", TAG, META))
    visitor.widget.locator(".launcher").click()
    visitor.ask(QUESTION)
    with visitor.context.expect_page() as opened:
        visitor.widget.get_by_role("link", name="Open the full chat").click()
    there = opened.value
    there.locator("career-chatbot .card").first.wait_for()
    assert there.locator("career-chatbot .asked").all_inner_texts() == [QUESTION]
    assert there.url == visitor.home + "search.html"


def test_the_words_of_a_language_are_files(visitor: FileVisitor) -> None:
    visitor.page.goto(visitor.host.page("blog/de.html", TAG, META, lang="de"))
    visitor.widget.get_by_role("button", name="Frage stellen").click()
    expect(visitor.widget.get_by_role("textbox", name="Ihre Frage")).to_be_visible()
    assert "widget/de.json" in visitor.loaded()


def test_feedback_goes_where_the_tag_says_and_nowhere_else(visitor: FileVisitor) -> None:
    tag = TAG.replace("async", f'data-feedback="{visitor.host.url}heard" async')
    page = visitor.page
    page.goto(visitor.host.page("blog/heard.html", tag))
    visitor.widget.locator(".launcher").click()
    turn = visitor.ask(QUESTION)
    page.route("**/heard", lambda route: route.fulfill(status=204))
    with page.expect_request("**/heard") as sent:
        turn.get_by_role("button", name="Yes", exact=True).click()
    assert sent.value.post_data_json["rating"] == "helpful"
    turn.get_by_text("Thank you.").wait_for()
    visitor.requests.remove(f"POST {visitor.host.url}heard")


def test_what_cannot_be_fetched_is_told_and_can_be_tried_again(visitor: FileVisitor) -> None:
    page = visitor.page
    page.goto(visitor.host.page("blog/away.html", TAG, META))
    page.route("**/engine/**", lambda route: route.abort())
    visitor.widget.locator(".launcher").click()
    visitor.widget.locator("textarea").fill(QUESTION)
    visitor.widget.locator("textarea").press("Enter")
    visitor.widget.get_by_text("The chatbot cannot be reached.").first.wait_for()
    page.unroute("**/engine/**")
    visitor.widget.get_by_role("button", name="Try again").click()
    visitor.widget.locator(".card").first.wait_for()
    visitor.errors.clear()  # the browser itself reports the requests that failed


def test_what_has_been_loaded_stays_usable_offline(visitor: FileVisitor) -> None:
    visitor.chat()
    for question in (QUESTION, HOSTILE_QUESTION):
        visitor.ask(question).locator(".card").first.wait_for()
    visitor.context.set_offline(offline=True)
    visitor.ask(HOSTILE_QUESTION).locator(".card").first.wait_for()
    assert visitor.page.evaluate("window.pwned") is None


def test_what_has_no_words_gets_its_fixed_sentence(visitor: FileVisitor) -> None:
    visitor.chat()
    turn = visitor.ask("?!")
    assert turn.locator(".card").count() == 0
    assert turn.locator(".say").first.inner_text() == small_talk.reply_to("wordless")


def test_the_chat_page_is_the_widget_in_full_height(visitor: FileVisitor) -> None:
    page = visitor.chat()
    box = visitor.widget.locator(".panel").bounding_box()
    assert box is not None
    assert box["height"] > 650
    assert visitor.widget.get_by_role("link", name="Open the full chat").count() == 0
    assert page.get_by_role("heading", level=1, name="Career chatbot").count() == 1
    assert page.evaluate("document.documentElement.scrollHeight <= innerHeight")
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visitor.ask(QUESTION)
    page.reload()
    visitor.widget.locator(".card").first.wait_for()
    assert visitor.widget.locator(".asked").all_inner_texts() == [QUESTION]


def test_a_question_in_the_address_is_asked_once_and_reaches_no_server(visitor: FileVisitor) -> None:
    page = visitor.chat("index.html#q=How+do+I+explain+a+gap+in+my+CV%3F")
    visitor.widget.locator(".card").first.wait_for()
    assert page.url == visitor.home + "index.html"
    page.reload()
    visitor.widget.locator(".card").first.wait_for()
    assert visitor.widget.locator(".asked").count() == 1
    assert [request for request in visitor.requests if "gap" in request] == []


def test_the_keyboard_alone_reaches_asks_and_reads(visitor: FileVisitor) -> None:
    page = visitor.chat()
    page.keyboard.press("Control+k")
    page.wait_for_function(f"{ACTIVE}?.localName === 'textarea'")
    page.keyboard.type("explain a gap")
    option = visitor.widget.get_by_role("option").first
    option.wait_for()
    suggested = option.inner_text()
    assert "explain a gap" in suggested
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    visitor.widget.locator(".card").first.wait_for()
    assert visitor.widget.locator(".asked").inner_text() == suggested
    assert page.evaluate(f"{ACTIVE}.localName") == "textarea"


@pytest.mark.parametrize(
    "visitor",
    [
        {},
        DARK,
        PHONE,
        PHONE | DARK,
        {"viewport": {"width": 320, "height": 480}},
        {"viewport": {"width": 844, "height": 390}},
    ],
    indirect=True,
    ids=["desktop", "dark", "phone", "phone-dark", "tiny", "flat"],
)
def test_the_pages_are_accessible_whatever_the_screen(visitor: FileVisitor, request: pytest.FixtureRequest) -> None:
    name = request.node.callspec.id
    page = visitor.chat()
    visitor.widget.locator(".chip").first.wait_for()
    visitor.shoot(f"start-{name}")
    accessible(page)
    visitor.ask(QUESTION)
    visitor.shoot(f"asked-{name}")
    accessible(page)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    for path in ("articles/cv.html", "articles/index.html", "topics/job-search.html", "404.html"):
        page.goto(visitor.home + path)
        visitor.shoot(f"{path.replace('/', '-').removesuffix('.html')}-{name}")
        accessible(page)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize("visitor", [{"java_script_enabled": False}], indirect=True)
def test_without_scripts_the_articles_are_listed_and_read(visitor: FileVisitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}articles/index.html")
    page.get_by_role("link", name="Writing a CV").click()
    expect(page.get_by_role("heading", level=1, name="Writing a CV")).to_be_visible()
    page.get_by_role("link", name="Articles").first.click()
    assert page.url == f"{visitor.home}articles/index.html"
    page.get_by_role("link", name="job search").click()
    expect(page.get_by_role("heading", level=1, name="job search")).to_be_visible()


def test_a_link_to_a_passage_leads_to_its_place_and_questions_lead_back(visitor: FileVisitor) -> None:
    page = visitor.page
    page.goto(f"{visitor.home}articles/cv.html#how-do-i-explain-a-gap")
    heading = page.locator("#how-do-i-explain-a-gap")
    expect(heading).to_be_in_viewport()
    page.get_by_role("link", name=QUESTION).click()
    visitor.widget.locator(".card").first.wait_for()
    assert page.url == visitor.home + "search.html"
