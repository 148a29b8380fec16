"""The looks of the chat page that its address asks for."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from hypothesis import given
from hypothesis import strategies as st
from playwright.sync_api import Browser, Locator, expect

from chatbot.serving.chat.theme import PAPERS, Colour, contrast, tint, tints_of
from tests.support.host_site import DARK, HostSite, SiteVisitor
from tests.support.server import Server
from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit

PARTS = st.integers(0, 255)
INK = "rgb(232, 234, 236)"  # of the dark page
PLUM = "#8a2f6b"


def parts(colour: str) -> Colour:
    red, green, blue = bytes.fromhex(colour[1:])
    return red, green, blue


def drawn(place: Locator, value: str) -> str:
    return str(place.evaluate("(element, value) => getComputedStyle(element)[value]", value))


@given(st.tuples(PARTS, PARTS, PARTS), st.sampled_from(sorted(PAPERS)))
def test_whatever_the_colour_is_what_is_drawn_in_it_can_be_read(colour: Colour, theme: str) -> None:
    told = {name: parts(value) for name, value in tint(colour, theme).items()}
    for text, ground in [("accent", "accent-soft"), ("accent-ink", "accent"), ("asked-ink", "asked")]:
        assert contrast(told[text], told[ground]) >= 4.5
    assert contrast(told["accent"], PAPERS[theme]) >= 4.5


def test_contrast_is_that_of_wcag() -> None:
    assert contrast((0, 0, 0), (255, 255, 255)) == pytest.approx(21)
    assert contrast((119, 119, 119), (255, 255, 255)) == pytest.approx(4.48, abs=0.005)
    assert tint((138, 47, 107), "light") | {"accent-soft": ""} == {
        "accent": PLUM,
        "accent-ink": "#ffffff",
        "accent-soft": "",
        "asked": PLUM,
        "asked-ink": "#ffffff",
    }


@pytest.mark.parametrize("colour", ["", "red", "#fff", "#12345g", "#123456;}", "</style>", "#1234567"])
def test_what_is_no_colour_of_six_digits_changes_nothing(colour: str) -> None:
    assert tints_of({"type": "http", "query_string": f"color={quote(colour)}".encode()}) == {}


def test_only_known_looks_come_into_the_page(server: Server) -> None:
    plain = server.get("/chat/?lang=en")[2]
    assert 'name="color-scheme" content="light dark"' in plain
    odd = server.get("/chat/?lang=en&theme=%3Cb%3E&color=%3C/style%3E%3Cb%3E")[2]
    assert odd.count("<style") == plain.count("<style")
    assert ("__theme" in plain, "__theme" in odd, "<b>" in odd) == (False, False, "<b>" in plain)


def test_a_page_that_is_asked_to_be_dark_is_so_on_a_light_system_and_stays_so(browser: Browser, server: Server) -> None:
    visit = Visit(browser, server, color_scheme="light")
    page = visit.open(f"/chat/?lang=en&theme=dark&color={quote(PLUM)}")
    assert drawn(page.locator("#start h2"), "color") == INK
    page.locator(".menu summary").click()
    page.locator("a.tongue[lang=fr]").click()
    expect(page.locator("html.ready")).to_have_attribute("lang", "fr")
    assert drawn(page.locator("#start h2"), "color") == INK
    visit.ask(QUESTION)
    assert drawn(page.locator("#talk .question"), "backgroundColor") == "rgb(138, 47, 107)"
    assert visit.errors == []
    visit.context.close()


def test_the_frame_of_the_widget_has_its_theme_and_colour(browser: Browser, site: HostSite, chatbot: Server) -> None:
    chatbot.wait_until_ready()
    here = SiteVisitor(browser, site, chatbot.url)
    here.arrive(mode="gradio", theme="dark", color="rebeccapurple")
    here.widget.locator(".launcher").click()
    frame = here.page.frame_locator("career-chatbot iframe")
    expect(frame.locator(".ready #start h2")).to_have_css("color", INK)
    frame.locator("#box textarea").fill(QUESTION)
    frame.locator("#box textarea").press("Enter")
    expect(frame.locator("h2.question")).to_have_css("background-color", "rgb(102, 51, 153)")
    expect(frame.locator("section.answer")).to_have_count(1)
    here.shoot("frame-dark-purple")
    assert here.errors == []
    here.context.close()


def test_a_frame_of_a_light_site_is_light_on_a_dark_system(browser: Browser, site: HostSite, chatbot: Server) -> None:
    chatbot.wait_until_ready()
    here = SiteVisitor(browser, site, chatbot.url, **DARK)
    here.arrive(mode="gradio", theme="light", color="#ffcc00")
    here.widget.locator(".launcher").click()
    frame = here.page.frame_locator("career-chatbot iframe")
    expect(frame.locator(".ready #start h2")).to_have_css("color", "rgb(28, 32, 36)")
    here.shoot("frame-light-yellow")
    here.context.close()
