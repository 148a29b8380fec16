"""The chat page where things are not as usual: no server, a busy one, a new index, other languages and screens."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Route, expect

from tests.support import copies
from tests.support.server import COMMAND, Server, start_server
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.visit import Visit

PREDICT = re.compile(r"/run/predict|/chat/talk")
DARK = {"color_scheme": "dark"}
SMALL_SCREEN = {"viewport": {"width": 390, "height": 844}}
SMALL = """() => [...document.querySelectorAll('button, summary, a, [role=option], label.line')]
  .filter(one => one.checkVisibility() && !one.closest('.passage, .searched, .skips') && !one.matches('h4 a'))
  .map(one => [one.getBoundingClientRect(), one.className || one.textContent])
  .filter(([box]) => box.width && (box.height < 43.5 || (box.width < 43.5 && box.height < 43.5)))
  .map(([box, name]) => `${name}: ${box.width} x ${box.height}`)"""


@pytest.fixture
def own_folder(served_folder: Path, tmp_path: Path) -> Path:
    return copies.copy(served_folder, tmp_path / "own")


@pytest.fixture
def own(own_folder: Path, request: pytest.FixtureRequest) -> Iterator[Server]:
    """A server that only one test uses."""
    running = start_server(own_folder, **getattr(request, "param", {}))
    running.wait_until_ready()
    yield running
    running.stop()


def test_without_a_server_nothing_typed_is_lost_and_it_goes_on_later(visit: Visit) -> None:
    page = visit.open()
    page.route(PREDICT, lambda route: route.abort())
    page.fill("#box textarea", QUESTION)
    page.press("#box textarea", "Enter")
    expect(page.locator("#trouble")).to_contain_text("The server cannot be reached")
    expect(page.locator("#box textarea")).to_have_value(QUESTION)
    visit.shoot("offline")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.unroute(PREDICT)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("article.card").first).to_contain_text("Writing a CV")
    expect(page.locator("#trouble")).to_be_hidden()
    expect(page.locator("#box textarea")).to_have_value("")
    visit.errors.clear()


def test_an_error_of_the_server_can_be_tried_again(visit: Visit) -> None:
    page = visit.open()
    page.route(PREDICT, lambda route: route.fulfill(status=500, body="{}"))
    page.locator("#start .chip").first.click()
    expect(page.locator("#trouble")).to_contain_text("Something went wrong on the server")
    page.unroute(PREDICT)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("article.card").first).to_be_visible()
    visit.errors.clear()


def test_a_slow_server_is_waited_for_with_a_word(visit: Visit) -> None:
    page = visit.open()

    def later(route: Route) -> None:
        time.sleep(5)
        route.continue_()

    page.route(PREDICT, later)
    page.fill("#box textarea", QUESTION)
    page.press("#box textarea", "Enter")
    expect(page.locator("#trouble")).to_have_text("This takes longer than usual…Try again", timeout=15_000)
    expect(page.locator("article.card").first).to_be_visible()
    expect(page.locator("#trouble")).to_be_hidden()


@pytest.mark.parametrize("own", [{"CHATBOT_SERVER__RATE": "3/hour"}], indirect=True)
def test_a_visitor_who_asks_too_often_is_told_when_to_go_on(browser: Browser, own: Server) -> None:
    visit = Visit(browser, own)
    page = visit.open()
    # Suggestions take a little of the rate as well, where there is time for one.
    asked = 0
    while page.locator("#trouble").is_hidden():
        asked += 1
        assert asked <= 4
        page.fill("#box textarea", f"And question number {asked} on a cover letter?")
        page.press("#box textarea", "Enter")
        page.wait_for_function(
            "n => document.querySelectorAll('.answer').length === n || !document.querySelector('#trouble').hidden",
            arg=asked,
        )
        page.wait_for_function("() => !document.querySelector('.waiting')")
    # Suggestions that were not asked for in time leave a part of the next question.
    told = re.compile(r"Too many questions in a short time\. You can go on in (\d|1\d|20) minutes?\.")
    expect(page.locator("#trouble")).to_contain_text(told)
    expect(page.locator("#box textarea")).to_have_value(f"And question number {asked} on a cover letter?")
    expect(page.locator("#talk .question")).to_have_count(asked - 1)
    assert asked >= 3
    visit.context.close()


def test_a_new_index_and_a_new_server_under_an_open_page(browser: Browser, own: Server, own_folder: Path) -> None:
    visit = Visit(browser, own)
    page = visit.open()
    visit.ask(QUESTION)
    article = "---\ntitle: Beekeeping\n---\n## How many hives?\n\nA beekeeper starts with two hives of honey bees.\n"
    (own_folder / "corpus" / "bees.md").write_text(article, encoding="utf-8")
    variables = {"CHATBOT_CORPUS_DIR": str(own_folder / "corpus"), "CHATBOT_INDEX_DIR": str(own_folder / "index")}
    subprocess.run([*COMMAND, "build"], env={**os.environ, **variables}, cwd=own_folder, check=True, timeout=600)
    visit.ask("How many hives of honey bees does a beekeeper start with?")
    expect(page.locator("section.answer").last).to_contain_text("Beekeeping")
    port = own.url.rsplit(":", 1)[1]
    assert own.stop() == 0
    again = start_server(own_folder, CHATBOT_SERVER__PORT=port)
    try:
        again.wait_until_ready()
        visit.ask("How long should a CV be?")
        expect(page.locator("#talk .question")).to_have_count(3)
    finally:
        visit.context.close()
        again.stop()


@pytest.mark.parametrize(
    ("visit", "code", "direction", "heading", "english", "message"),
    [
        (
            {},
            "de",
            "ltr",
            "Was möchten Sie wissen?",
            "sind auf Englisch;",
            "Die Artikel behandeln das anscheinend nicht.",
        ),
        ({}, "ar", "rtl", "ماذا تريد أن تعرف؟", "باللغة الإنجليزية", "يبدو أن المقالات لا تتناول هذا."),
        (SMALL_SCREEN, "ar", "rtl", "ماذا تريد أن تعرف؟", "باللغة الإنجليزية", "يبدو أن المقالات"),
    ],
    indirect=["visit"],
)
def test_the_page_speaks_a_language_and_the_articles_keep_theirs(
    visit: Visit, code: str, direction: str, heading: str, english: str, message: str
) -> None:
    page = visit.open(f"/chat/?lang={code}")
    assert page.evaluate("[document.documentElement.lang, document.documentElement.dir]") == [code, direction]
    expect(page.locator("#start h2")).to_have_text(heading)
    expect(page.locator("#start .foreign")).to_contain_text(english)
    visit.ask(OUTSIDE_QUESTION)
    expect(page.locator(".notice")).to_contain_text(message)
    visit.ask(QUESTION)
    assert page.locator("#talk h4[lang]").last.get_attribute("lang") == "en"
    # What was asked stands where the lines of the page end.
    sides = page.locator("#talk .question").last.evaluate(
        "asked => [asked, asked.closest('.message')].map(e => e.getBoundingClientRect()).map(b => [b.left, b.right])"
    )
    end = 1 if direction == "ltr" else 0
    assert abs(sides[0][end] - sides[1][end]) < 2
    assert abs(sides[0][1 - end] - sides[1][1 - end]) > 40
    width = page.viewport_size["width"] if page.viewport_size else 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    visit.shoot(f"language-{code}-{width}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


@pytest.mark.parametrize("visit", [{"locale": "fr-FR"}], indirect=True)
def test_without_a_wish_in_the_address_the_browser_decides(visit: Visit) -> None:
    page = visit.open()
    expect(page.locator("#start h2")).to_have_text("Que voulez-vous savoir ?")
    visit.ask(QUESTION)
    assert page.evaluate("document.documentElement.lang") == "fr"
    page.goto(f"{visit.server.url}/articles/cv")
    assert page.evaluate("document.documentElement.lang") == "fr"
    expect(page.locator(".back a")).to_have_text("Poser une question")


@pytest.mark.parametrize("visit", [{}, DARK], indirect=True, ids=["light", "dark"])
def test_nothing_is_inaccessible_with_a_menu_open(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    for opener in (".menu summary", "#filter"):
        page.locator(opener).click()
        visit.shoot(f"{opener[1:5]}-{request.node.callspec.id}")
        found = Axe().run(page)
        assert found.violations_count == 0, found.generate_report()
        assert page.evaluate(SMALL) == []
        page.keyboard.press("Escape")
        expect(page.locator(opener)).to_be_focused()


@pytest.mark.parametrize(
    "path", ["/articles/cv?passage=cv%232", "/articles/cv?passage=cv%239", "/articles", "/articles/nowhere"]
)
@pytest.mark.parametrize("visit", [{}, DARK], indirect=True, ids=["light", "dark"])
def test_nothing_is_inaccessible_where_articles_are_read(visit: Visit, path: str) -> None:
    page = visit.open(path)
    visit.shoot(f"reading-{page.title()}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    visit.errors.clear()


GROUNDS = """() => {
  const first = document.querySelector('.text > p.cited');
  const items = (...looks) => `<ul>${looks.map(look => `<li class="${look}">Item</li>`).join('')}</ul>`;
  first.insertAdjacentHTML('afterend', items('cited', 'cited') + items('cited', 'other'));
  const parts = document.querySelectorAll('ul:has(> .cited), ul:has(> .cited) > :first-child');
  return [first, ...parts].map(part => getComputedStyle(part))
    .map(style => [style.backgroundColor !== 'rgba(0, 0, 0, 0)', style.boxShadow.includes(' -20px ')]);
}"""


def test_what_is_cited_has_one_ground_and_what_is_not_has_none(visit: Visit) -> None:
    page = visit.open("/articles/cv?passage=cv%232")
    # A paragraph; a list that is cited whole and fills the gap before it, its item; a list that is not, its item.
    grounds = [[True, False], [True, True], [False, False], [False, False], [True, False]]
    assert page.evaluate(GROUNDS) == grounds


FORCED = {"forced_colors": "active", "has_touch": True}
ZOOMED = {"viewport": {"width": 640, "height": 400}, "device_scale_factor": 2}


@pytest.mark.parametrize("visit", [ZOOMED], indirect=True)
def test_at_200_percent_half_the_window_is_the_answer(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    head, short, box = (page.locator(part).first.bounding_box() or {} for part in (".head", ".short", "#box"))
    assert head["height"] <= 44  # one line
    assert box["y"] - short["y"] > 160


@pytest.mark.parametrize("visit", [{"viewport": {"width": 320, "height": 215}}], indirect=True)
def test_at_400_percent_an_answer_begins_in_sight(visit: Visit) -> None:
    page = visit.open()
    visit.ask(f"I was away for some years and would like to know: {QUESTION}")
    head, box = (page.locator(part).first.bounding_box() or {} for part in (".head", "#box"))
    assert 0 <= head["y"] < box["y"] - head["height"]
    visit.shoot("400-percent")


@pytest.mark.parametrize("visit", [{"viewport": {"width": 320, "height": 640}}], indirect=True)
def test_the_name_of_the_page_is_whole_on_the_smallest_screens(visit: Visit) -> None:
    name = visit.open().locator("#top h1")
    assert name.evaluate("name => name.scrollWidth <= name.clientWidth")


@pytest.mark.parametrize("visit", [ZOOMED, FORCED], indirect=True, ids=["zoomed", "forced"])
def test_at_200_percent_and_in_forced_colours_it_can_be_read(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    visit.shoot(request.node.callspec.id)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    assert page.evaluate(SMALL) == []


NARROW = {"viewport": {"width": 390, "height": 600}}
COVERED = """() => {
  const one = document.activeElement, box = one.getBoundingClientRect();
  const bar = document.querySelector('#top').getBoundingClientRect().bottom;
  const foot = document.querySelector('.choice').getBoundingClientRect().top;
  return one.closest('#talk') && (box.top < bar || box.bottom > foot) ? one.outerHTML : '';
}"""


@pytest.mark.parametrize("visit", [{}, NARROW], indirect=True, ids=["wide", "narrow"])
def test_what_has_the_focus_is_never_under_what_sticks_to_the_edges(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator("section.answer h3").focus()
    for key in ("Tab", "Shift+Tab"):
        for _ in range(40):
            page.keyboard.press(key)
            assert page.evaluate(COVERED) == ""
    before = page.evaluate("(scrollTo(0, 500), scrollY)")
    for part in ("#fresh", "#box textarea", ".menu summary", "#filter"):
        page.locator(part).focus()
    assert page.evaluate("scrollY") == before > 0


FINE = {"viewport": {"width": 390, "height": 844}, "device_scale_factor": 1.5}


@pytest.mark.parametrize("visit", [FINE], indirect=True)
def test_nothing_shows_between_the_filters_and_the_input(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    tools, box = (page.locator(part).bounding_box() for part in ("#tools", "#box"))
    assert tools
    assert box
    assert tools["y"] + tools["height"] >= box["y"] + 1


def test_nothing_inside_the_conversation_scrolls_sideways(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator(".deeds").evaluate_all("menus => menus.forEach(menu => { menu.open = true; })")
    page.locator("article.card .act.down").first.press("Enter")
    page.locator(".deeds").last.evaluate("menu => { menu.open = true; }")
    page.locator("article.card .act.down").last.press("Enter")
    assert page.evaluate("[...document.querySelectorAll('#talk *')].every(e => e.scrollLeft === 0)")


def test_paper_shows_every_passage_with_its_address_and_nothing_to_press(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.emulate_media(media="print", color_scheme="dark")
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    expect(page.locator("#top h1")).to_be_visible()
    assert page.locator("button:visible, :is(.menu, .popup):visible, input:visible, nav:visible").count() == 0
    assert page.locator(".passage:visible").count() == page.locator("article.card").count()
    written = page.locator(".passage").first.evaluate("link => getComputedStyle(link, '::after').content")
    assert written.startswith(f'"{visit.server.url}/articles/cv#')
    assert ":~:" not in written
    colours = "e => [getComputedStyle(e).color, getComputedStyle(e).backgroundColor]"
    for part in ("#talk .question", "article.card"):
        ink, paper = page.locator(part).first.evaluate(colours)
        assert ink == "rgb(0, 0, 0)"
        assert paper in {"rgba(0, 0, 0, 0)", "rgb(255, 255, 255)"}


def test_the_keyboard_alone_reaches_everything(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator("section.answer h3").focus()
    reached = []
    for _ in range(10):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label') || document.activeElement.innerText")
        )
    assert reached[:3] == ["Copy link to this question", "Passage 1", "How do I explain a gap?"]
    assert "Read article" in reached  # the other tools are behind it, by the arrow keys


def test_the_page_is_light(browser: Browser, server: Server) -> None:
    context = browser.new_context()
    sizes = [_load(context, server), _load(context, server)]
    context.close()
    # Measured: 324 KB and 19 KB; Gradio itself is nearly all of the first.
    assert sizes[0] <= 400_000
    assert sizes[1] <= 60_000


def _load(context: Any, server: Server) -> int:
    page = context.new_page()
    session, sizes, cached = context.new_cdp_session(page), {}, set()
    session.send("Network.enable")
    session.on("Network.requestServedFromCache", lambda event: cached.add(event["requestId"]))
    session.on(
        "Network.loadingFinished", lambda event: sizes.__setitem__(event["requestId"], event["encodedDataLength"])
    )
    page.goto(f"{server.url}/chat/")
    page.wait_for_selector(".ready", state="attached")
    page.wait_for_timeout(1500)
    page.close()
    return int(sum(size for request, size in sizes.items() if request not in cached))


ADDRESS = "mailto:advice@example.org?cc=a@example.org"


@pytest.mark.parametrize("own", [{"CHATBOT_PAGE__CONTACT": ADDRESS}], indirect=True)
def test_people_can_be_asked_where_nothing_is_found_and_where_it_did_not_help(browser: Browser, own: Server) -> None:
    visit = Visit(browser, own)
    page = visit.open()
    visit.ask(QUESTION)
    person = page.get_by_role("link", name="Ask a person")
    expect(person).to_be_hidden()
    page.locator(".act.down").first.click()
    page.get_by_role("button", name="Send").click()
    expect(person).to_have_count(1)
    visit.ask(OUTSIDE_QUESTION)
    expect(person).to_have_count(2)
    target = f"{ADDRESS}&subject=What%20is%20the%20boiling%20point%20of%20tungsten%3F"
    expect(person.last).to_have_attribute("href", target)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    visit.context.close()
