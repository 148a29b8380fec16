"""What visitors do on the chat page beyond asking, in a real Chromium."""

from __future__ import annotations

import json
import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from chatbot.insights.journal import FILE, Journal
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.visit import Visit

SALARY = "How do I ask for a higher salary?"
LEANING = "and how long should it be?"
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def test_a_filter_limits_the_answer_and_can_be_taken_away(visit: Visit) -> None:
    page = visit.open()
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    visit.shoot("filters")
    page.keyboard.press("Escape")
    visit.ask("How do I ask for a higher salary?")
    titles = set(page.locator("article.card").evaluate_all("cards => cards.map(card => card.dataset.title)"))
    assert titles == {"Talking about pay"}
    expect(page.locator(".searched")).to_contain_text("Only: pay and offers")
    page.get_by_role("button", name="Remove filter: pay and offers").click()
    expect(page.locator("#active button")).to_have_count(0)


def test_an_answer_under_filters_can_be_asked_again_without(visit: Visit) -> None:
    page = visit.open()
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    page.keyboard.press("Escape")
    visit.ask(QUESTION)
    page.get_by_role("button", name="Ask without filters").click()
    expect(page.locator(".card .path").first).to_contain_text("Writing a CV")
    # What was limited is not left standing.
    expect(page.locator("#talk .question")).to_have_text([QUESTION])
    expect(page.locator("#active button")).to_have_count(0)


def test_what_a_filter_leaves_out_is_not_said_of_all_articles(visit: Visit) -> None:
    page = visit.open()
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    page.keyboard.press("Escape")
    visit.ask(OUTSIDE_QUESTION)
    expect(page.locator("section.answer h3")).to_have_text("Not covered within the filters")
    expect(page.locator(".notice")).to_have_text("Nothing in what you filtered for covers this; other articles may.")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator(".chip.send", has_text="Ask without filters").click()
    expect(page.locator("section.answer h3")).to_have_text("Not covered by the articles")
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    page.keyboard.press("Escape")
    page.locator("#fresh").click()
    expect(page.locator("#talk .question")).to_have_count(0)
    expect(page.locator("#active button")).to_have_count(0)
    expect(page.locator("#announce")).to_have_text("")


def test_topics_are_asked_for_by_themselves_however_many_come_in_a_row(visit: Visit) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    page.locator("section.answer .chip", has_text="interviews").click()
    expect(page.locator("#talk .question")).to_have_text([OUTSIDE_QUESTION, "interviews"])
    expect(page.locator("#talk .question").last).to_have_attribute("data-step", re.compile('"literal"'))
    visit.settle()
    visit.ask(OUTSIDE_QUESTION)
    page.locator("section.answer").last.locator(".chip", has_text="pay and offers").click()
    expect(page.locator("section.answer")).to_have_count(4)
    expect(page.locator("#talk")).not_to_contain_text("Understood as a follow-up")


def test_feedback_reaches_the_journal_with_its_reasons(visit: Visit, served_folder: Path) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    card.get_by_role("button", name="Not helpful").click()
    card.get_by_label("It is out of date").check()
    card.get_by_label(re.compile("Anything to add")).fill("The form <b>changed</b>")
    visit.shoot("feedback")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    card.get_by_role("button", name="Send").click()
    expect(card.locator(".thanks")).to_have_text("Thank you. This helps the editors.")
    said = Journal(served_folder / FILE, 365).entries()[0]
    assert (said.question, said.rating, said.reasons, said.note) == (
        QUESTION, "unhelpful", ("outdated",), "The form <b>changed</b>",
    )  # fmt: skip
    assert said.passage == card.get_attribute("data-passage")
    pressed = page.locator("#talk [aria-pressed=true]")
    for _ in range(2):
        expect(pressed).to_have_count(1)
        expect(pressed).to_have_attribute("title", "Not helpful")
        page.reload()
        page.wait_for_selector(".ready", state="attached")
    card.get_by_role("button", name="Helpful", exact=True).click()
    expect(pressed).to_have_attribute("title", "Helpful")
    assert page.evaluate("sessionStorage.length") == 2
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Clear what is kept").click()
    expect(pressed).to_have_count(0)
    assert page.evaluate("sessionStorage.length") == 0


def test_feedback_is_taken_back_by_the_same_thumb_and_replaced_by_the_other(visit: Visit, served_folder: Path) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    up, down = (card.get_by_role("button", name=name, exact=True) for name in ("Helpful", "Not helpful"))
    journal = Journal(served_folder / FILE, 365)
    before = journal.entries()
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    assert journal.entries()[1:] == before
    page.reload()
    page.wait_for_selector(".ready", state="attached")
    up.click()
    expect(card.locator(".thanks")).to_have_text("Taken back.")
    expect(up).to_have_attribute("aria-pressed", "false")
    assert journal.entries() == before
    assert page.evaluate("sessionStorage.length") == 1
    up.click()
    expect(up).to_have_attribute("aria-pressed", "true")
    down.click()
    with page.expect_response(lambda answer: answer.request.method == "DELETE") as taken:
        card.get_by_role("button", name="Send").click()
    assert taken.value.status == 204
    assert [said.rating for said in journal.entries()][: -len(before) or None] == ["unhelpful"]
    expect(page.locator("#talk [aria-pressed=true]")).to_have_attribute("title", "Not helpful")


@pytest.mark.parametrize("visit", [CLIPBOARD], indirect=True)
def test_a_quote_is_copied_with_its_source_and_a_question_with_its_address(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    card.get_by_role("button", name="Copy quote").click()
    expect(card.locator(".act.copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == (
        "“Explain a gap in your CV in one plain line with the dates and the reason.”\n"
        f"— Writing a CV › How do I explain a gap?\n{visit.server.url}/articles/cv#how-do-i-explain-a-gap\n"
    )
    page.get_by_role("button", name="Copy link to this question").click()
    page.wait_for_function("() => navigator.clipboard.readText().then(text => text.startsWith('http'))")
    address = page.evaluate("navigator.clipboard.readText()")
    visit.open(address.removeprefix(visit.server.url))
    expect(page.locator("article.card").first).to_contain_text("Writing a CV")


LINK = "index => career.linkTo(career.all('section.answer')[index])"


def test_a_link_tells_of_no_question_but_those_that_its_answer_leans_on(visit: Visit) -> None:
    page = visit.open()
    for question in (SALARY, QUESTION, "Thanks!", LEANING):
        visit.ask(question)
    alone, leaning = (urlsplit(page.evaluate(LINK, index)) for index in (1, 3))
    assert parse_qs(alone.fragment)["q"] == [QUESTION]
    assert parse_qs(alone.fragment).keys() == {"q", "of"}
    assert [step["value"] for step in json.loads(parse_qs(leaning.fragment)["talk"][0])["steps"]] == [QUESTION, LEANING]
    # The address of the page leads to the same answer, in another browser, after a reload, and with Back and Forward.
    address = page.url
    follows = f"Understood as a follow-up to {QUESTION}"
    page.go_back()
    page.go_forward()
    page.reload()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#talk .question")).to_have_text([SALARY, QUESTION, "Thanks!", LEANING])
    assert page.url == address
    page.evaluate("sessionStorage.clear()")
    page.goto("about:blank")
    visit.open(address.removeprefix(visit.server.url))
    expect(page.locator("#talk .question")).to_have_text([QUESTION, LEANING])
    expect(page.locator(".searched").last).to_contain_text(follows)
    assert page.url == address
    page.locator("#fresh").click()
    expect(page.locator("#talk .question")).to_have_count(0)
    page.go_back()
    expect(page.locator("#talk .question")).to_have_text([QUESTION, LEANING])
    expect(page.locator(".searched").last).to_contain_text(follows)


def test_what_is_typed_and_not_asked_comes_back_from_an_article(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.fill("#box textarea", "How long should")
    page.locator("article.card h4 a").first.click()
    page.locator("nav.back a").click()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#box textarea")).to_have_value("How long should")
    visit.ask("How long should a CV be?")
    assert page.evaluate("sessionStorage.length") == 1
    page.reload()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator("#box textarea")).to_have_value("")


def test_of_an_answer_is_said_what_it_says_in_short_or_else_what_is_marked(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    said = page.locator("#announce")
    short = page.locator(".short p > span").all_inner_texts()
    heading = page.locator("section.answer h3").inner_text()
    expect(said).to_have_text(f"{heading}. {' '.join(short)}")
    answer = """<section class="answer"><h3>1 passage</h3><p class="notice">Close?</p><article class="card">
      <h4>Gaps (UK)</h4><blockquote class="passage"><p><mark>Ask </mark><a href="#"><mark>people</mark></a><mark>
      you know.</mark> Rest.</p></blockquote></article></section>"""
    summary = "html => career.summary(new DOMParser().parseFromString(html, 'text/html').querySelector('section'))"
    assert " ".join(page.evaluate(summary, answer).split()) == "1 passage. Close? Gaps (UK). Ask people you know."


def test_the_conversation_is_downloaded_as_markdown(visit: Visit, tmp_path: Path) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator(".menu summary").click()
    with page.expect_download() as download:
        page.get_by_role("button", name="Download as Markdown").click()
    download.value.save_as(tmp_path / "conversation.md")
    text = (tmp_path / "conversation.md").read_text(encoding="utf-8")
    assert f"\n## {QUESTION}\n" in text
    assert re.search(r"\n### \[Writing a CV › [^]]+\]\(<http://[^>]+/articles/cv[^>]*>\)\n\n> ", text)


def test_a_question_in_the_address_is_asked_and_nothing_in_it_is_run(visit: Visit) -> None:
    page = visit.open("/chat/?q=%3Cimg%20src%3Dx%20onerror%3Dwindow.pwned%3D1%3E%20gap%20in%20my%20CV")
    expect(page.locator("#talk .question")).to_have_text("<img src=x onerror=window.pwned=1> gap in my CV")
    visit.settle()
    assert page.evaluate("window.pwned") is None
    assert page.evaluate("document.activeElement.closest('#talk')") is None


def test_the_focus_goes_to_the_answer_of_a_chip_and_draws_no_ring_there(visit: Visit) -> None:
    page = visit.open()
    page.keyboard.press("Tab")
    page.locator(".start .chip").first.press("Enter")
    expect(page.locator("section.answer h3")).to_be_focused()
    ring = "getComputedStyle(document.activeElement).outlineStyle"
    assert page.evaluate(ring) == "none"
    page.keyboard.press("Tab")
    page.wait_for_function(f"() => {ring} === 'solid'")


def test_the_focus_goes_on_with_what_is_asked_next(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    for turns, press in enumerate(("section.answer .chip", "article.card .act.more"), 2):
        page.locator("article.card .deeds").last.evaluate("menu => { menu.open = true; }")
        page.locator(press).last.press("Enter")
        expect(page.locator("section.answer")).to_have_count(turns)
        expect(page.locator("section.answer h3").last).to_be_focused()
        visit.settle()
    page.locator("#fresh").press("Enter")
    expect(page.locator("#talk .question")).to_have_count(0)
    expect(page.locator("#box textarea")).to_be_focused()


def test_the_focus_stays_with_a_form_that_is_sent_or_left(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").nth(1)
    down = card.get_by_role("button", name="Not helpful")
    down.press("Enter")
    expect(card.get_by_label("It is about something else")).to_be_focused()
    page.keyboard.press("Escape")
    expect(down).to_be_focused()
    down.press("Enter")
    card.get_by_label("It is out of date").press("Space")
    card.get_by_role("button", name="Send").press("Enter")
    expect(card.locator(".thanks")).to_be_in_viewport()
    expect(down).to_be_focused()


def test_a_language_in_the_address_goes_on_to_the_articles_and_back(visit: Visit) -> None:
    page = visit.open("/chat/?lang=fr")
    visit.ask(QUESTION)
    link = str(page.locator("article.card h4 a").first.evaluate("link => link.href"))
    assert "lang=fr" in link
    assert "passage=" in link
    page.goto(link)
    expect(page.locator("html")).to_have_attribute("lang", "fr")
    page.locator("nav.back a").click()
    page.wait_for_selector(".ready", state="attached")
    assert urlsplit(page.url).query == "lang=fr"
    expect(page.locator("#talk .question")).to_have_text(QUESTION)
    visit.open("/articles?lang=fr")
    assert all("lang" not in str(link.get_attribute("href")) for link in page.locator("ul.all a[href^=http]").all())
    page.locator("ul.all a[href^=articles]").first.click()
    expect(page.locator("nav.back a")).to_have_attribute("href", re.compile(r"/chat/\?lang=fr$"))
    visit.open("/articles?lang=xx")
    assert page.locator("ul.all a").count() > 0
    assert page.locator("ul.all a[href*=lang]").count() == 0


def test_a_conversation_is_kept_only_when_asked_and_comes_back_in_one_request(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    assert page.evaluate("localStorage.length") == 0
    page.locator(".menu summary").click()
    expect(page.get_by_role("button", name="Download as Markdown")).to_be_visible()
    page.get_by_label(re.compile("Keep this conversation")).check()
    visit.ask("How long should a CV be?")
    visit.requests.clear()
    counted = _answers(visit)
    page.reload()
    expect(page.locator("#talk .question")).to_have_text([QUESTION, "How long should a CV be?"])
    visit.settle()
    assert _answers(visit) == counted
    page.wait_for_selector(".ready", state="attached")
    # The page asks at once, and Gradio when it takes over.
    asked = [request.rpartition("/")[2] for request in visit.requests if request.startswith("POST")]
    assert [path.partition("?")[0] for path in asked] == ["talk", "predict"]
    page.locator(".menu summary").click()
    # What is ticked can be seen to be.
    tick = page.get_by_label(re.compile("Keep this conversation"))
    drawn = "box => [getComputedStyle(box).backgroundColor, getComputedStyle(box, '::before').visibility]"
    assert tick.evaluate(drawn) == ["rgb(18, 96, 78)", "visible"]
    page.get_by_role("button", name="Clear what is kept").press("Enter")
    page.wait_for_function("() => localStorage.length === 0")
    expect(tick).to_be_focused()
    assert tick.evaluate(drawn) == ["rgb(255, 255, 255)", "hidden"]
    page.reload()
    page.wait_for_selector(".ready", state="attached")
    assert page.locator("#talk .question").count() == 0


@pytest.mark.parametrize(
    "kept",
    [
        '{"steps": [{"kind": "ask", "value": "<img src=x onerror=window.pwned=1>"}]}',
        '{"steps": [{"kind": "similar", "value": "<script>window.pwned=2</script>"}]}',
        '{"steps": [{"kind": "run", "value": 7}]}',
        '{"steps": "x", "__proto__": {"pwned": 3}}',
        "not json",
    ],
)
def test_a_forged_history_does_nothing(visit: Visit, kept: str) -> None:
    page = visit.open()
    page.evaluate(
        "kept => [localStorage, sessionStorage].forEach(place => place.setItem('career-chatbot', kept))", kept
    )
    visit.open()
    page.wait_for_function("() => !document.documentElement.matches('.waiting')")
    visit.ask(QUESTION)
    assert page.evaluate("window.pwned") is None
    assert page.locator("#talk :is(img, script)").count() == 0
    expect(page.locator("article.card .path, .block h4").filter(has_text="Writing a CV")).not_to_have_count(0)


def test_suggestions_are_a_list_that_the_arrow_keys_walk(visit: Visit) -> None:
    page = visit.open()
    box = page.get_by_role("textbox", name="Your question", exact=True)
    box.press_sequentially("how do i explain", delay=20)
    option = page.get_by_role("option", name=QUESTION)
    expect(option).to_be_visible()
    expect(box).to_have_attribute("aria-haspopup", "listbox")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    while page.get_by_role("option", selected=True).all_inner_texts() != [QUESTION]:
        box.press("ArrowDown")
    assert box.get_attribute("aria-activedescendant") == option.get_attribute("id")
    visit.shoot("suggestions")
    box.press("Enter")
    expect(page.locator("#talk .question")).to_have_text(QUESTION)
    expect(page.get_by_role("listbox")).to_be_hidden()
    visit.settle()


NUMBERS = "links => links.map(link => link.dataset.rank)"


def test_the_sources_are_those_of_the_answer_in_view_with_the_numbers_of_its_cards(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    visit.ask("How do I ask for a higher salary?")
    answers, links = page.locator("section.answer"), page.locator("#sources a")
    expect(links.first).to_have_text("1 Talking about pay")
    numbers = answers.last.locator(".card").evaluate_all(NUMBERS)
    assert sorted(links.evaluate_all(NUMBERS)) == sorted(numbers) == [str(n + 1) for n in range(len(numbers))]
    address, last = page.url, str(links.last.get_attribute("data-rank"))
    links.last.click()
    seen = answers.last.locator(f".card.pointed[data-rank='{last}']")
    expect(seen.locator(".whole > summary")).to_be_focused()
    expect(seen.locator(".passage")).to_be_in_viewport()
    assert page.url == address
    answers.first.locator(".short").scroll_into_view_if_needed()
    page.evaluate("scrollTo(0, 0)")
    expect(links.first).to_have_text("1 Writing a CV")
    links.first.click()
    expect(answers.first.locator(".card.pointed")).to_have_attribute("data-rank", "1")
    expect(page.locator(".pointed")).to_have_count(0)


@pytest.mark.parametrize("visit", [{"viewport": {"width": 390, "height": 844}, "has_touch": True}], indirect=True)
def test_on_a_phone_the_sources_open_from_the_head_of_their_answer(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    expect(page.locator("#sources nav")).to_be_hidden()
    page.locator(".origins summary").click()
    page.locator(".origins a").last.click()
    expect(page.locator(".origins a").last).to_be_hidden()
    expect(page.locator(".card.pointed")).to_be_in_viewport()
    # What a mouse uncovers a finger could not: it comes with the whole passage.
    opened, closed = (page.locator(f".row:has(.whole{which}) > .bar") for which in ("[open]", ":not([open])"))
    expect(opened.locator(".act.copy").last).to_be_visible()
    assert opened.last.evaluate("bar => getComputedStyle(bar).opacity") == "1"
    expect(closed.first).to_be_hidden()


@pytest.mark.parametrize("visit", [{}, {"viewport": {"width": 320, "height": 568}, "has_touch": True}], indirect=True)
def test_a_menu_opens_where_there_is_room(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    menu = page.locator("article.card .deeds").first
    for edge in ("end", "start"):
        menu.evaluate("(menu, block) => menu.scrollIntoView({ block, behavior: 'instant' })", edge)
        menu.locator("summary").click()
        top, bar = (page.locator(part).first.bounding_box() or {} for part in (".deeds[open] .sheet", "#top"))
        assert top["y"] >= bar["y"] + bar["height"]
        menu.locator("summary").click()


@pytest.mark.parametrize("visit", [CLIPBOARD], indirect=True)
def test_of_a_row_is_copied_what_answers_or_else_what_is_seen(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    row = page.locator("article.row").first
    read = "() => navigator.clipboard.readText()"
    seen, whole = row.locator(".lead").inner_text(), row.locator(".passage").text_content() or ""
    row.hover()
    row.locator(".act.copy").click()
    assert page.evaluate(read).startswith(f"“{seen}”\n— {row.get_attribute('data-title')}")
    row.locator(".lead").click()
    expect(row.locator(".passage")).to_be_visible()
    expect(row.locator(".lead")).to_be_hidden()
    page.wait_for_function("() => !document.querySelector('.copied')")
    row.locator(".act.copy").click()
    assert page.evaluate(read).startswith(f"“{seen}”\n")
    row.locator("mark").evaluate_all("marks => marks.forEach((mark) => mark.replaceWith(...mark.childNodes))")
    page.wait_for_function("() => !document.querySelector('.copied')")
    row.locator(".act.copy").click()
    assert whole.split(". ")[-1].strip() in page.evaluate(read)


def test_the_tools_of_a_card_are_one_stop_that_the_arrow_keys_walk(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    stops = page.locator("#talk, #sources").locator("a[href], button, summary, [tabindex='0']")
    assert stops.evaluate_all("all => all.filter(one => one.checkVisibility() && one.tabIndex >= 0).length") <= 25
    bar = page.locator("article.card .bar").first
    bar.locator(".act.open").focus()
    page.keyboard.press("ArrowRight")
    expect(bar.locator(".act.copy")).to_be_focused()
    page.keyboard.press("End")
    menu = bar.locator("summary")
    expect(menu).to_be_focused()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    expect(bar.locator(".act.save")).to_be_focused()
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.keyboard.press("ArrowRight")
    expect(bar.locator(".act.open")).to_be_focused()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Tab")
    assert page.evaluate("!document.activeElement.closest('.bar')")
    page.keyboard.press("Shift+Tab")
    expect(menu).to_be_focused()


def test_why_a_passage_is_here_and_more_like_it(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    card.locator(".deeds summary").click()
    card.get_by_role("button", name="Why this passage").click()
    expect(card.locator(".because")).to_contain_text("Matches “explain”, “gap”, “cv”;")
    expect(card.locator(".deeds summary")).to_be_focused()
    card.locator(".deeds summary").click()
    card.get_by_role("button", name="More like this").click()
    expect(page.locator("#talk .question").last).to_have_text("More like “Writing a CV”")


@pytest.mark.parametrize("visit", [{}, {"color_scheme": "dark"}], indirect=True, ids=["light", "dark"])
def test_nothing_is_inaccessible_in_a_long_conversation(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    page.locator(".deeds summary").first.click()
    page.get_by_role("button", name="Why this passage").first.click()
    page.get_by_role("button", name="Helpful", exact=True).first.click()
    expect(page.locator(".thanks")).to_be_visible()
    page.locator("details.whole summary").first.click()
    page.locator(".deeds summary").first.click()
    page.get_by_role("button", name="More like this").first.click()
    expect(page.locator("section.answer")).to_have_count(2)
    visit.settle()
    page.locator("#filter").click()
    page.locator(".filters button", has_text="pay and offers").click()
    page.keyboard.press("Escape")
    visit.ask(QUESTION)
    page.get_by_role("button", name="Ask without filters").last.click()
    expect(page.locator("section.answer").last.locator(".path").first).to_contain_text("Writing a CV")
    visit.settle()
    visit.ask("Hello!")
    visit.ask(OUTSIDE_QUESTION)
    page.get_by_role("button", name="Tell the editors what is missing").last.click()
    visit.shoot(f"conversation-{request.node.callspec.id}", full_page=True)
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def test_a_greeting_is_answered_and_is_no_failure(visit: Visit) -> None:
    page = visit.open()
    visit.ask("Hello!")
    expect(page.locator(".notice.reply")).to_contain_text("Ask me a question about work and careers")
    assert "Not covered" not in page.locator("#talk").inner_text()
    expect(page.locator("#talk .chip")).not_to_have_count(0)
    visit.shoot("greeting")


def test_what_is_not_covered_can_be_told_to_the_editors(visit: Visit, served_folder: Path) -> None:
    page = visit.open()
    visit.ask(OUTSIDE_QUESTION)
    page.get_by_role("button", name="Tell the editors what is missing").click()
    wanted = page.get_by_label("What were you looking for?")
    expect(wanted).to_be_focused()
    wanted.fill("Metals")
    page.get_by_role("button", name="Send").click()
    expect(page.locator(".thanks")).to_be_visible()
    said = Journal(served_folder / FILE, 365).entries()[0]
    assert (said.question, said.passage, said.reasons, said.note) == (
        OUTSIDE_QUESTION, None, ("incomplete",), "Metals",
    )  # fmt: skip


def _answers(visit: Visit) -> list[str]:
    """The counted answers, by verdict."""
    text = visit.page.request.get(f"{visit.server.url}/metrics").text()
    found = [line for line in text.splitlines() if line.startswith("chatbot_answers_total")]
    assert found
    return found
