"""Finding articles without a conversation: their list, its search, the reading page around an article, feeds."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from chatbot.serving.listing import described, first_sentences
from tests.support.server import Server, start_server
from tests.support.visit import Visit

PHONE = {"viewport": {"width": 320, "height": 640}, "java_script_enabled": False}
GAP = "/articles/cv?passage=cv%232"
PLACES = [
    "/articles",
    "/articles?topic=job+search",
    "/articles?q=How+do+I+explain+a+gap%3F",
    GAP,
    "/articles/none-such",
]
HOSTILE = [
    "/articles", "/articles/zebra", "/articles?q=zebra+keeper", "/articles?topic=%3Cb%3E",
    "/articles?q=%3Csvg+onload%3D1%3E",
]  # fmt: skip
ATOM = {"": "http://www.w3.org/2005/Atom"}


@pytest.fixture(scope="module")
def narrowed(served_folder: Path) -> Iterator[Server]:
    """A server with a site of one topic, and room for two searches an hour."""
    sites = json.dumps([{"origins": ["https://pay.example"], "name": "pay", "topics": ["pay and offers"]}])
    running = start_server(served_folder, CHATBOT_SITES=sites, CHATBOT_SERVER__RATE="2/hour")
    yield running
    running.stop()


def test_a_topic_has_one_number(server: Server) -> None:
    page = server.get("/articles")[2]
    assert re.search("<bdi>job search</bdi> <small>2</small>", page)
    assert "<small>" not in "".join(re.findall("<h2.*?</h2>", page))


@pytest.mark.parametrize("path", PLACES)
def test_a_phone_without_scripts_reads_every_page(browser: Browser, server: Server, path: str) -> None:
    visit = Visit(browser, server, **PHONE)
    page = visit.open(path)
    assert page.evaluate("document.documentElement.scrollWidth") == 320
    assert visit.foreign() == []
    visit.context.close()


@pytest.mark.parametrize("visit", [{}, {"color_scheme": "dark", "locale": "ar"}], indirect=True, ids=["light", "dark"])
def test_nothing_is_inaccessible(visit: Visit) -> None:
    for path in PLACES:
        found = Axe().run(visit.open(path))
        assert found.violations_count == 0, found.generate_report()
    visit.errors.clear()  # the browser itself reports the 404


def test_the_first_page_leads_to_the_articles_and_their_topics(visit: Visit) -> None:
    page = visit.open()
    page.get_by_role("link", name="5 articles").click()
    expect(page).to_have_url(f"{visit.server.url}/articles")
    page = visit.open()
    page.locator("#start .tiles a", has_text="job search").click()
    expect(page.locator("h1")).to_have_text("job search")
    expect(page.locator(".all a")).to_have_text(["Writing a CV", "כתיבת קורות חיים"])
    page.go_back()
    page.wait_for_selector(".ready", state="attached")
    page.locator("#top").get_by_role("link", name="Articles").click()
    expect(page.locator("h1")).to_have_text("Articles")


def test_the_list_shows_first_sentences_and_searches(visit: Visit) -> None:
    page = visit.open("/articles")
    expect(page.locator(".all li", has_text="Writing a CV").locator("p")).to_have_text(
        "A CV is a short record of what you have done at work and in study."
    )
    page.get_by_role("searchbox").fill("How do I explain a gap in my CV?")
    page.get_by_role("button", name="Search").click()
    hit = page.locator(".hits li").first
    expect(hit).to_contain_text("Explain a gap in your CV in one plain line")
    assert page.locator("meta[name=robots]").get_attribute("content") == "noindex"
    hit.locator("a").click()
    expect(page.locator(".text .cited").first).to_contain_text("Explain a gap")


def test_reading_begins_and_ends_in_the_conversation(visit: Visit) -> None:
    page = visit.open()
    visit.ask("How do I explain a gap in my CV?")
    page.locator(".card h4 a").first.click()
    expect(page.locator(".text .cited").first).to_be_visible()
    page.get_by_role("link", name="Back to your answer").click()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#talk .question")).to_have_text(["How do I explain a gap in my CV?"])
    page = visit.open(GAP)
    page.get_by_role("link", name="Ask about this article").click()
    page.get_by_role("link", name="How long should a CV be?", exact=True).last.click()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#talk .question").last).to_have_text("How long should a CV be?")


DARK = {"color_scheme": "dark"}
LEGIBLE = """([one, mark]) => {
  const own = getComputedStyle(one).color, marked = getComputedStyle(one, mark);
  return marked.color === own && marked.backgroundColor === 'rgba(0, 0, 0, 0)';
}"""


@pytest.mark.parametrize("visit", [{}, DARK], indirect=True, ids=["light", "dark"])
def test_words_that_the_browser_marks_in_a_marked_passage_stay_legible(visit: Visit) -> None:
    page = visit.open()
    visit.ask("How do I explain a gap in my CV?")
    page.locator(".card h4 a").first.click()
    cited = page.locator(".text .cited").first
    expect(cited).to_be_visible()
    assert page.evaluate(LEGIBLE, [cited.element_handle(), "::target-text"])


@pytest.mark.parametrize("visit", [{"viewport": {"width": 390, "height": 844}}], indirect=True)
def test_a_narrow_bar_has_one_way_to_ask(visit: Visit) -> None:
    page = visit.open("/articles/cv")
    expect(page.locator(".bar a:visible")).to_have_text(["Career chatbot", "Articles", "Ask a question"])
    page = visit.open(GAP)
    expect(page.locator(".bar a:visible")).to_have_text(["Career chatbot", "Back to your answer", re.compile("Ask$")])


def test_topics_keep_their_distance_from_what_was_found(visit: Visit) -> None:
    page = visit.open("/articles?q=How+do+I+explain+a+gap+in+my+CV%3F")
    found, topics = (page.locator(part).last.bounding_box() for part in (".hits", ".tiles"))
    assert found
    assert topics
    assert topics["y"] - found["y"] - found["height"] >= 24


def test_a_link_that_leaves_says_that_it_opens_a_tab(visit: Visit) -> None:
    page = visit.open()
    visit.ask("How do I ask for a higher salary?")
    away = page.locator('.card h4 a[href^="https://articles.example/pay"]').first
    assert away.get_attribute("target") == "_blank"
    expect(away).to_have_accessible_name("How do I ask for a higher salary? (new tab)")
    assert page.locator(".card h4 a[href*='../articles/'][target]").count() == 0


def test_an_article_says_what_it_is(server: Server) -> None:
    page = server.get(GAP + "&lang=de")[2]
    assert '<link rel="canonical" href="../articles/cv">' in page
    description = re.findall('<meta name="description" content="(.*?)">', page)[0]
    assert description.startswith("A CV is a short record of what you have done at work and in study. The reader")
    assert len(description) <= 160
    data = json.loads(re.findall(r'<script type="application/ld\+json">(.*?)</script>', page)[0])
    assert (data["@type"], data["headline"], data["dateModified"]) == ("Article", "Writing a CV", "2025-01-15")


@pytest.mark.parametrize(
    "path",
    [
        "/articles",
        "/articles/zebra",
        "/articles?q=zebra+keeper",
        "/articles?topic=%3Cb%3E",
        "/articles?q=%3Csvg+onload%3D1%3E",
    ],
)
def test_what_articles_and_addresses_bring_along_is_text(server: Server, path: str) -> None:
    page = server.get(path)[2]
    scripts = re.findall(r"<script.*?</script>", page)
    assert all(script.startswith('<script type="application/ld+json">') for script in scripts)
    assert not re.search(r"<(img src=x|b onclick|b>|svg)", page)


def test_programs_find_every_article(server: Server) -> None:
    llms = server.get("/llms.txt")[2]
    assert "## job search\n\n- [Writing a CV](" in llms
    assert f"]({server.url}/articles/cv.md): A CV is a short record" in llms
    status, headers, text = server.get("/articles/cv.md")
    assert (status, headers["content-type"]) == (200, "text/markdown; charset=utf-8")
    assert text.startswith("# Writing a CV\n\nA CV is a short record")
    assert text.endswith(f"<{server.url}/articles/cv> · 2025-01-15\n")
    sitemap = server.get("/sitemap.xml")[2]
    assert f"<loc>{server.url}/articles/cv</loc><lastmod>2025-01-15</lastmod>" in sitemap
    assert "articles.example" not in sitemap
    robots = server.get("/robots.txt")[2]
    assert "Disallow: /*?q=\n" in robots
    assert f"Sitemap: {server.url}/sitemap.xml\n" in robots


def test_the_feed_is_atom_newest_first(server: Server) -> None:
    status, headers, text = server.get("/feed.xml")
    assert (status, headers["content-type"]) == (200, "application/atom+xml")
    feed = ET.fromstring(text)  # noqa: S314 - our own
    days = [str(entry.findtext("updated", "", ATOM)) for entry in feed.iterfind("entry", ATOM)]
    assert days == sorted(days, reverse=True)
    assert feed.findtext("updated", "", ATOM) == days[0]
    assert "https://articles.example/pay" in [entry.findtext("id", "", ATOM) for entry in feed.iterfind("entry", ATOM)]


def test_a_site_narrows_what_is_listed_and_each_search_costs_a_question(narrowed: Server) -> None:
    for path in ("/articles", "/llms.txt", "/feed.xml"):
        page = narrowed.get(f"{path}?site=pay")[2]
        assert "Talking about pay" in page
        assert "Writing a CV" not in page
    assert [narrowed.get("/articles?q=pay")[0] for _ in range(2)] == [200, 429]


def test_the_beginning_is_whole_sentences() -> None:
    text = "# Title\n\n![](x.png)\n\nOne *short* line.\nAnother [link](x) here. " + "Long " * 40 + "end.\n\nMore.\n"
    sentences = first_sentences(text)
    assert sentences[:2] == ("One short line.", "Another link here.")
    assert described(sentences) == "One short line. Another link here."
    assert described(sentences[2:]).endswith(" …")
    assert (first_sentences("# Title\n\n| a |\n|---|\n| b |\n"), described(())) == ((), "")
