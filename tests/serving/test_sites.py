"""The rules of a site on the chat page that its visitors see, in a frame and out of it."""

from __future__ import annotations

import json
import re
import secrets
import subprocess
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, FrameLocator, expect

from chatbot.answering.chatbot import Chatbot
from chatbot.errors import SettingsError
from chatbot.records import Filters, Turn
from chatbot.serving.web.languages import LANGUAGES
from chatbot.settings import Settings, SiteSettings
from chatbot.sites import Sites
from tests.support.host_site import ARTICLE, PHONE, HostSite, SiteVisitor
from tests.support.server import COMMAND, Server, start_server
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.visit import Visit

PAY_QUESTION = "How do I ask for a higher salary?"
GREETING = "Hallo! Was möchten Sie über das Schreiben wissen?"
WRITING = {"name": "Writing & more", "topics": ["Writing"]}
PREDICT = "/chat/gradio_api/run/predict"


@pytest.fixture(scope="module")
def ruled(served_folder: Path, site: HostSite) -> Iterator[Server]:
    """A server with three sites: one that may ask about writing alone, one of few questions, one of a wildcard."""
    sites = [
        {"origins": [site.origin], **WRITING, "language": "de", "greeting": GREETING},
        {"origins": ["https://few.example"], "name": "few", "rate": "3/hour"},
        {"origins": ["https://*.wild.example"], "topics": ["pay and offers"]},
    ]
    running = start_server(served_folder, CHATBOT_SITES=json.dumps(sites))
    running.wait_until_ready()
    yield running
    running.stop()


def named(name: str = "Writing & more", **more: str) -> str:
    return "/chat/?" + "&".join(f"{key}={quote(value)}" for key, value in {"site": name, **more}.items())


def texts(server: Server, path: str) -> str:
    """The texts of the page as its document brings them."""
    found = re.search(r'id="gradio">(\{.*?\})</script>', server.get(path)[2])
    assert found
    components = json.loads(found[1])["config"]["components"]
    values = {part["props"].get("elem_id"): part["props"].get("value") for part in components}
    return unescape("\n".join(values[name] for name in ("start", "tools")))


def gesture(server: Server, site: str, *steps: dict[str, Any]) -> tuple[int, str]:
    """What the page of a site is sent for the last step after the others, as a program would ask for it."""
    config = json.loads(server.get("/chat/config")[2])
    number = next(each["id"] for each in config["dependencies"] if each["targets"][0][1] == "act")
    event = {"gesture": json.dumps({"step": steps[-1], "steps": steps[:-1]})}
    body = {"fn_index": number, "data": [None], "event_data": event, "session_hash": secrets.token_hex(5)}
    status, _, told = server.post(f"{PREDICT}?site={quote(site)}", body)
    return status, told.replace(r"\"", '"')


def articles(told: str) -> set[str]:
    return set(re.findall(r'data-article="([^"]+)"', told))


def offered(told: str) -> set[str]:
    """What the chips of answers ask."""
    return set(re.findall(r'class="chip" data-step="ask" data-value="([^"]+)"', told))


def test_the_page_of_a_site_has_its_language_greeting_starters_and_filters(ruled: Server) -> None:
    shown = texts(ruled, named())
    assert GREETING in shown
    assert "1 Artikel" in shown
    assert QUESTION in shown
    assert PAY_QUESTION not in shown
    assert "pay and offers" not in shown
    assert "job search" not in shown
    assert 'href="../articles?site=Writing+%26+more"' in ruled.get(named())[2]
    assert ruled.get(named())[1]["content-language"] == "de"
    assert ruled.get(named(lang="fr"))[1]["content-language"] == "fr"
    everybody = texts(ruled, "/chat/")
    assert {text in everybody for text in (QUESTION, PAY_QUESTION, "pay and offers", "job search")} == {True}


def test_whatever_a_visitor_sends_a_site_answers_from_its_topics_alone(ruled: Server) -> None:
    site = "Writing & more"
    pay = next(iter(ask(ruled, PAY_QUESTION)["hits"]))["passage"]["id"]
    cv = next(iter(ask(ruled, QUESTION)["hits"]))["passage"]["id"]
    pay_step = {"kind": "ask", "value": PAY_QUESTION}
    assert articles(gesture(ruled, "", pay_step)[1]) > {"money/pay"}
    sent: list[tuple[dict[str, Any], ...]] = [
        (pay_step,),
        ({"kind": "literal", "value": PAY_QUESTION},),
        (pay_step | {"filters": {"topics": ["pay and offers"]}},),
        (pay_step | {"filters": {"topics": ["job search", "Writing", "pay and offers"]}},),
        ({"kind": "similar", "value": pay},),
        ({"kind": "similar", "value": cv},),
        (pay_step, {"kind": "ask", "value": "the first one"}),
        ({"kind": "ask", "value": "hello"},),
        ({"kind": "ask", "value": OUTSIDE_QUESTION},),
    ]
    for steps in sent:
        status, told = gesture(ruled, site, *steps)
        assert status == 200
        assert articles(told) <= {"cv"}, steps
        assert offered(told) <= {QUESTION, "How long should a CV be?", "writing"}, steps
        assert "Talking about pay" not in told
    assert articles(gesture(ruled, site, {"kind": "similar", "value": cv})[1]) == {"cv"}
    assert "no longer there" in gesture(ruled, site, {"kind": "similar", "value": pay})[1]


def ask(server: Server, question: str, site: str = "", **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(server.post(f"/api/ask?site={quote(site)}", {"question": question, **more})[2])
    return found


def test_a_site_that_there_is_not_is_answered_from_no_articles(ruled: Server) -> None:
    for query in ("?site=Writting", "?site=writing+%26+more", "?site=https%3A%2F%2Fx.example%2F", "?site=+"):
        for path in ("/api/suggest", "/api/site", "/api/articles", "/api/articles/cv", "/articles", "/articles/cv"):
            status, headers, body = ruled.get(path + query)
            assert (status, headers["content-type"]) == (404, "application/problem+json"), path
            assert "there is no site" in json.loads(body)["detail"]
        for path in ("/api/ask", "/api/suggest", "/api/feedback", PREDICT):
            assert ruled.post(path + query, {"question": QUESTION})[0] == 404, path
    # The widget names the origin of its page, listed or not.
    assert ruled.get("/api/articles?site=https%3A%2F%2Fnot-listed.example")[0] == 200
    assert ruled.get("/api/articles?site=")[0] == 200


def test_a_program_that_names_a_site_is_kept_to_its_topics(ruled: Server, site: HostSite) -> None:
    for name in ("Writing & more", site.origin):
        found = ask(ruled, OUTSIDE_QUESTION, name)
        assert (found["verdict"], found["topics"]) == ("not_covered", ["writing"])
        assert set(ask(ruled, "hello", name)["follow_ups"]) == {QUESTION}
    shown = [hit["passage"]["id"] for hit in ask(ruled, PAY_QUESTION)["hits"]]
    history = [{"question": PAY_QUESTION, "shown": shown}]
    assert {hit["passage"]["id"] for hit in ask(ruled, "the first one", history=history)["hits"]} == {shown[0]}
    narrowed = ask(ruled, "the first one", "Writing & more", history=history)
    assert (narrowed["hits"], narrowed["message"]) == ([], "No article fits these filters; take one of them away.")
    assert json.loads(ruled.get(f"/api/suggest?q=how&site={quote(site.origin)}")[2])["suggestions"] == [
        "How do I explain a gap?", "How long should a CV be?", QUESTION,
    ]  # fmt: skip


def test_only_the_pages_of_a_site_may_show_its_page_in_a_frame(ruled: Server, site: HostSite) -> None:
    ancestors = {
        named(): f"frame-ancestors 'self' {site.origin}",
        named("few"): "frame-ancestors 'self' https://few.example",
        named("https://jobs.wild.example"): "frame-ancestors 'self' https://*.wild.example",
        "/chat/": f"frame-ancestors 'self' {site.origin} https://few.example https://*.wild.example",
    }
    for path, policy in ancestors.items():
        assert ruled.get(path)[1]["content-security-policy"].endswith(policy)


def test_a_frame_without_a_name_gets_the_rules_of_the_site_that_it_is_on(ruled: Server) -> None:
    frame = {"Sec-Fetch-Dest": "iframe", "Sec-Fetch-Site": "cross-site"}
    shown = texts_of_frame(ruled, {**frame, "Referer": "https://jobs.wild.example/about"})
    assert (PAY_QUESTION in shown, QUESTION in shown) == (True, False)
    for said in (
        frame | {"Referer": "https://unlisted.example/"},
        frame | {"Referer": "http://["},
        frame,
        {"Sec-Fetch-Dest": "document", "Referer": "https://jobs.wild.example/"},
    ):
        shown = texts_of_frame(ruled, said)
        assert (PAY_QUESTION in shown, QUESTION in shown) == (True, True)


def texts_of_frame(server: Server, headers: dict[str, str]) -> str:
    status, _, html = server.get("/chat/?q=pay", headers)
    assert status == 200
    return html


def test_a_site_that_does_not_exist_is_said_and_never_widened(ruled: Server) -> None:
    status, headers, html = ruled.get(named("Writting<b>", lang="en"))
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "No site is called “Writting&lt;b&gt;”" in html
    assert 'href="../chat/"' in html
    # An origin that is not listed has no rules, and may show nothing in a frame either.
    assert PAY_QUESTION in texts(ruled, named("https://unlisted.example"))


def test_the_rate_of_a_site_holds_for_its_page_and_for_conversations_brought_back(ruled: Server) -> None:
    step = {"kind": "ask", "value": PAY_QUESTION}
    assert gesture(ruled, "", step, step, step, step)[0] == 200
    assert "money/pay" in articles(gesture(ruled, "few", step, step)[1])
    assert gesture(ruled, "few", step)[0] == 200
    status, told = gesture(ruled, "few", step)
    assert (status, json.loads(told)["title"]) == (429, "Too Many Requests")
    assert "too many questions from the visitors of this site" in told
    assert gesture(ruled, "", step)[0] == 200


def test_two_sites_of_one_name_are_refused(served_folder: Path, tmp_path: Path) -> None:
    first, second = (SiteSettings(origins=(f"https://{name}.example",), name="School") for name in "ab")
    with pytest.raises(SettingsError, match=r"two .* have the name 'School'"):
        Sites([first, second])
    written = "".join(f'[[sites]]\nname = "School"\norigins = ["https://{name}.example"]\n' for name in "ab")
    (tmp_path / "chatbot.toml").write_text(f'index_dir = "{served_folder / "index"}"\n{written}')
    done = subprocess.run([*COMMAND, "serve", "--port", "0"], cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert "give each a name of its own" in done.stderr
    assert done.returncode == 1


def test_filters_hold_for_similar_passages_starters_and_picked_passages(served_folder: Path) -> None:
    bot = Chatbot.open(Settings(corpus_dir=served_folder / "corpus", index_dir=served_folder / "index"))
    writing, pay = Filters(topics=("Writing",)), Filters(topics=("pay and offers",))
    assert {hit.passage.article_id for hit in bot.similar("cv#1", 10)} > {"cv"}
    assert {hit.passage.article_id for hit in bot.similar("cv#1", 10, writing)} == {"cv"}
    assert {hit.passage.article_id for hit in bot.similar("cv#1", 10, pay)} == {"money/pay"}
    assert bot.starters(filters=pay) == (PAY_QUESTION,)
    history = [Turn(QUESTION, QUESTION, ("money/pay#1", "cv#1"))]
    assert [hit.passage.id for hit in bot.ask("the second one", history=history, filters=writing).hits] == ["cv#1"]
    assert bot.ask("the second one", history=history, filters=pay).hits == ()


def framed(here: SiteVisitor, **attributes: str) -> FrameLocator:
    """The chat page in the widget of a page of the site."""
    here.arrive(mode="gradio", title="Chat", **attributes)
    here.widget.locator(".launcher").click()
    frame = here.page.frame_locator("career-chatbot iframe")
    expect(frame.locator("#box textarea")).to_be_visible()
    expect(frame.locator(".ready #start h2")).to_have_text(GREETING)
    return frame


@pytest.mark.parametrize(
    ("options", "said", "language"), [({}, {}, "de"), (PHONE, {"language": "es"}, "es")], ids=["desktop", "phone"]
)
def test_the_page_in_a_frame_follows_the_rules_of_its_site(
    browser: Browser, site: HostSite, ruled: Server, options: dict[str, Any], said: dict[str, str], language: str
) -> None:
    here = SiteVisitor(browser, site, ruled.url, **options)
    frame = framed(here, **said)
    expect(frame.locator("html")).to_have_attribute("lang", language)
    expect(frame.locator(".foreign")).to_have_text(LANGUAGES[language].foreign("en"))
    assert set(frame.locator("#start .chip").all_inner_texts()) == {QUESTION}
    here.shoot(f"site-start-{language}")
    frame.locator("#box textarea").press_sequentially("how do")
    expect(frame.locator("#suggestions li")).to_have_text(["How do I explain a gap?", QUESTION])
    frame.locator("#box textarea").fill(PAY_QUESTION)
    frame.locator("#box textarea").press("Enter")
    expect(frame.locator("section.answer")).to_have_count(1)
    expect(frame.locator("html")).not_to_have_class(re.compile("waiting"))
    expect(frame.locator(".card[data-article='money/pay']")).to_have_count(0)
    frame.locator("#box textarea").fill(QUESTION)
    frame.locator("#box textarea").press("Enter")
    expect(frame.locator("section.answer")).to_have_count(2)
    link = frame.locator("section.answer").last.locator(".card h4 a").first
    expect(link).to_have_attribute("href", re.compile(r"articles/cv\?passage=.*&site=http"))
    here.shoot(f"site-answer-{language}")
    assert here.errors == []
    here.context.close()


def test_a_frame_that_a_page_writes_itself_follows_the_rules_too(
    browser: Browser, site: HostSite, ruled: Server
) -> None:
    here = SiteVisitor(browser, site, ruled.url)
    body = f'{ARTICLE}<iframe src="{ruled.url}/chat/?lang=es" width="900" height="700" title="Chat"></iframe>'
    here.page.goto(site.page("/framed", body))
    frame = here.page.frame_locator("iframe")
    expect(frame.locator(".ready #start h2")).to_have_text(GREETING)
    expect(frame.locator("html")).to_have_attribute("lang", "es")
    frame.locator(".menu summary").click()
    frame.locator("a.tongue[lang=fr]").click()
    expect(frame.locator("html")).to_have_attribute("lang", "fr")
    expect(frame.locator(".ready #start h2")).to_have_text(GREETING)
    assert here.errors == []
    here.context.close()


def test_the_page_of_a_site_names_it_in_links_and_has_no_flaw(browser: Browser, ruled: Server) -> None:
    visit = Visit(browser, ruled, permissions=["clipboard-read", "clipboard-write"])
    page = visit.open(named(lang="en"))
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    visit.ask(QUESTION)
    page.get_by_role("button", name="Copy link to this question").click()
    expect(page.locator(".act.link")).to_have_text("Link copied")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith(f"{ruled.url}/chat/?site=Writing+%26+more&lang=")
    assert "#q=How+do+I+explain+a+gap+in+my+CV%3F&of=" in copied
    href = page.locator(".card h4 a").first.get_attribute("href") or ""
    page.goto(href)
    assert page.locator(".back a").get_attribute("href") == "../chat/?lang=en&site=Writing+%26+more"
    page.goto(f"{ruled.url}/articles?site={quote('Writing & more')}")
    assert page.locator(".all a").all_inner_texts() == ["Writing a CV"]
    assert visit.errors == []
    visit.context.close()


def test_a_site_that_asks_too_often_is_told_so_on_the_page(browser: Browser, served_folder: Path) -> None:
    sites = [{"origins": ["https://few.example"], "name": "few", "rate": "2/hour"}]
    running = start_server(served_folder, CHATBOT_SITES=json.dumps(sites), CHATBOT_SERVER__RATE="60/minute")
    try:
        running.wait_until_ready()
        visit = Visit(browser, running)
        page = visit.open("/chat/?site=few&lang=en")
        for _ in range(2):
            visit.ask(QUESTION)
        page.fill("#box textarea", PAY_QUESTION)
        page.press("#box textarea", "Enter")
        expect(page.locator("#trouble")).to_contain_text("Too many questions in a short time")
        expect(page.locator("#box textarea")).to_have_value(PAY_QUESTION)
        visit.context.close()
    finally:
        running.stop()
