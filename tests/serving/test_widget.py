"""The widget in a real Chromium, on the pages of a site of another origin than the chatbot's."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from playwright.sync_api import Browser, Response, Route, expect

from chatbot.serving.widget import parts_version
from tests.support.host_site import HostSite, SiteVisitor, accessible
from tests.support.server import Server
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION
from tests.support.waiting import idle

ZEBRA = "What does a zebra keeper do?"
FOLLOW_UP = "how long does that take?"


def test_before_the_first_click_it_is_one_request_without_storage_or_movement(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    page.evaluate(
        "new PerformanceObserver(l => window.moved = l.getEntries().length)"
        ".observe({type: 'layout-shift', buffered: true})"
    )
    page.wait_for_load_state("networkidle")
    idle(page)
    assert visitor.asked_of_chatbot() == [f"GET {visitor.chatbot}/widget.js"]
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert page.evaluate("window.moved") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_all_that_is_loaded_before_the_first_answer_is_small(visitor: SiteVisitor) -> None:
    loaded: list[Response] = []

    def note(answer: Response) -> None:
        loaded.append(answer)

    visitor.context.on("response", note)
    visitor.arrive()
    visitor.open()
    visitor.widget.locator(".chip").first.wait_for()
    own = [answer for answer in loaded if answer.url.startswith(visitor.chatbot)]
    paths = ["/widget.js", f"/widget-parts.js?v={parts_version()}", "/api/site"]
    assert [answer.url.removeprefix(visitor.chatbot) for answer in own] == paths
    assert [answer.header_value("content-encoding") for answer in own[:2]] == ["gzip", "gzip"]
    sizes = [len(gzip.compress(answer.body(), 9)) for answer in own]
    assert sizes[0] <= 7_000
    assert sizes[1] <= 11_200


def test_a_question_is_answered_with_marked_passages_that_lead_to_their_article(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    turn = visitor.ask(QUESTION)
    assert turn.locator(".asked").inner_text() == QUESTION
    card = turn.locator(".card").first
    assert card.locator("h4 a").evaluate("link => link.firstChild.data") == "How do I explain a gap?"
    assert card.locator("h4 + p").inner_text() == "Writing a CV"
    assert card.locator("mark").first.inner_text().startswith("Explain a gap in your CV in one plain line")
    href = card.locator("a").first.get_attribute("href") or ""
    assert href.startswith(f"{visitor.chatbot}/articles/cv?passage=cv%23")
    assert "Updated January 15, 2025" in card.inner_text()
    assert "|" not in card.inner_text()
    visitor.shoot("answer")


def test_a_follow_up_sends_what_was_asked_before_and_shown(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION)
    with visitor.page.expect_request("**/api/ask") as sent:
        visitor.ask("How do I ask for a higher salary?")
    body = sent.value.post_data_json
    assert [turn["question"] for turn in body["history"]] == [QUESTION]
    assert body["history"][0]["shown"][0].startswith("cv#")
    visitor.widget.locator(".turn .card").nth(1).wait_for()


def test_a_long_conversation_in_letters_of_three_bytes_goes_on(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION)
    page.evaluate(
        """long => {
          const key = Object.keys(sessionStorage).find((name) => !name.endsWith(" open"));
          const [at, [{ answer }]] = JSON.parse(sessionStorage[key]);
          const turn = { question: long, answer: { ...answer, question: long, searched_as: long } };
          sessionStorage[key] = JSON.stringify([at, Array(20).fill(turn)]);
        }""",
        "क" * 1000,
    )
    page.reload()
    visitor.widget.locator(".asked").nth(19).wait_for()
    with page.expect_request("**/api/ask") as sent:
        turn = visitor.ask(QUESTION)
    assert 5 < len(sent.value.post_data_json["history"]) < 20
    assert turn.locator(".card").count() > 0


def test_passages_after_the_first_show_what_answers_and_unfold(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    card = visitor.ask("How long should a CV be and how do I explain a gap?").locator(".card").nth(1)
    whole, row = card.locator("blockquote").first, card.locator("summary").first
    expect(whole).to_be_hidden()
    expect(row.locator(".lead")).to_be_visible()
    row.press("Enter")
    expect(whole).to_be_visible()
    expect(row.locator(".lead")).to_be_hidden()


@pytest.mark.parametrize("visitor", [{"permissions": ["clipboard-read", "clipboard-write"]}], indirect=True)
def test_a_passage_is_copied_with_its_source(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION).get_by_role("button", name="Copy").first.click()
    visitor.widget.get_by_role("button", name="Copied").wait_for()
    assert page.evaluate("navigator.clipboard.readText()") == (
        "“Explain a gap in your CV in one plain line with the dates and the reason.”\n"
        f"— Writing a CV › How do I explain a gap?\n{visitor.chatbot}/articles/cv#how-do-i-explain-a-gap"
    )


def test_feedback_is_sent_with_a_reason_and_once(visitor: SiteVisitor, chatbot: Server) -> None:
    page = visitor.arrive()
    visitor.open()
    turn = visitor.ask(QUESTION)
    turn.get_by_role("button", name="No", exact=True).click()
    with page.expect_response("**/api/feedback") as answered:
        turn.get_by_role("button", name="Hard to read").click()
    assert answered.value.status == 204
    assert answered.value.request.post_data_json == {
        "question": QUESTION, "passage_id": None, "rating": "unhelpful", "reasons": ["hard_to_read"], "note": ""
    }  # fmt: skip
    turn.get_by_text("Thank you.").wait_for()
    page.reload()
    expect(visitor.widget.get_by_text("Thank you.")).to_be_visible()
    expect(visitor.widget.get_by_text("Did this help?")).to_have_count(0)


def test_manners_are_answered_as_a_greeting_and_not_as_a_warning(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    ground = "element => getComputedStyle(element).backgroundColor"
    thanked = visitor.ask("thank you").locator(".say").evaluate(ground)
    hello = visitor.widget.locator(".hello p").first.evaluate(ground)  # drawn anew once starters come
    assert thanked == hello
    assert visitor.ask(OUTSIDE_QUESTION).locator(".say").evaluate(ground) != hello


def test_a_question_that_no_article_covers_says_so_and_offers_topics(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    turn = visitor.ask(OUTSIDE_QUESTION)
    assert turn.locator(".say").inner_text().startswith("The articles do not seem to cover this.")
    assert turn.locator(".card").count() == 0
    assert turn.get_by_role("group", name="Topics").locator("button").count() > 0


def test_how_a_question_was_read_is_said_and_undone_in_its_place(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.ask(ZEBRA)
    turn = visitor.ask(FOLLOW_UP)
    line = turn.locator("p", has=page.locator("q"))
    expect(line).to_have_text(f"Understood as a follow-up to {ZEBRA} · Ask on its own")
    visitor.shoot("follow-up")
    accessible(page)
    visitor.ask(QUESTION)
    read = turn.locator(".card h4").all_inner_texts()
    page.route("**/api/ask", lambda route: route.abort())
    line.get_by_role("button", name="Ask on its own").click()
    # The old answer stays until there is a new one.
    expect(turn.locator(".say").first).to_have_text("The chatbot cannot be reached.")
    assert turn.locator(".card h4").all_inner_texts() == read
    page.unroute("**/api/ask")
    with page.expect_request("**/api/ask") as sent:
        turn.get_by_role("button", name="Try again").press("Enter")
    body = sent.value.post_data_json
    assert (body["literal"], [earlier["question"] for earlier in body["history"]]) == (True, [ZEBRA])
    asked = visitor.widget.locator(".asked")
    expect(turn.locator("i")).to_have_count(0)
    for _ in range(2):
        expect(turn.locator("q")).to_have_count(0)
        expect(asked).to_have_text([ZEBRA, FOLLOW_UP, QUESTION])
        page.reload()
    visitor.errors.clear()  # the browser itself reports the request that failed


def test_what_is_compared_stands_under_its_name(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    turn = visitor.ask("compare a CV and a salary")
    parts = turn.locator("h3, .card h4").all_inner_texts()
    parts = [part.split("\n")[0] for part in parts]
    titles = ["CV", "Writing a CV", "salary", "1 What belongs to the package?", "More from this article"]
    assert parts[-6:] == ["3 passages from 2 articles", *titles]
    assert turn.locator(".card details, .card:not(.others)").count() == 3


def test_what_was_searched_instead_can_be_undone(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    answers: list[dict[str, Any]] = []

    def mended(route: Route) -> None:
        # What the answer was searched as does not matter here; only that it differs from what was asked.
        answer, body = route.fetch(), route.request.post_data_json
        answers.append(body)
        route.fulfill(response=answer, json=answer.json() | ({} if body["literal"] else {"searched_as": "gap in a CV"}))

    page.route("**/api/ask", mended)
    visitor.open()
    turn = visitor.ask(QUESTION)
    assert turn.locator("q").inner_text() == "gap in a CV"
    turn.get_by_role("button", name="Search for exactly what I wrote").click()
    expect(turn.locator("q, i")).to_have_count(0)
    expect(visitor.widget.locator(".asked")).to_have_text([QUESTION])
    expect(visitor.widget.locator("textarea")).to_be_focused()
    assert [body["literal"] for body in answers] == [False, True]


def test_the_page_commands_it_and_is_told_what_happens(visitor: SiteVisitor) -> None:
    page = visitor.arrive(
        head="<script>window.told = []; window.CareerChatbot = window.CareerChatbot || [];"
        "for (const name of ['open', 'close', 'question', 'answer'])"
        " CareerChatbot.push(['on', name, (event) => told.push(name + (event.detail?.question || ''))]);"
        f"CareerChatbot.push(['ask', '{QUESTION}']);</script>"
    )
    visitor.widget.locator(".card").first.wait_for()
    page.evaluate("CareerChatbot.toggle()")
    page.wait_for_function("told.length === 4")
    assert page.evaluate("told") == ["open", f"question{QUESTION}", f"answer{QUESTION}", "close"]
    answer = page.evaluate(f"CareerChatbot.ask('{OUTSIDE_QUESTION}')")
    assert answer["verdict"] == "not_covered"
    page.evaluate("CareerChatbot.destroy()")
    assert visitor.widget.count() == 0


def test_the_tag_twice_is_one_widget_and_another_corner_is_a_second(visitor: SiteVisitor) -> None:
    page = visitor.arrive(body=visitor.tag() * 2 + visitor.tag(position="top-left"))
    page.wait_for_function("document.querySelectorAll('career-chatbot').length === 2")
    page.wait_for_load_state("networkidle")
    assert visitor.widget.count() == 2


def test_an_element_shows_it_inside_the_page_and_stores_nothing_by_itself(visitor: SiteVisitor) -> None:
    inside = "<section aria-label='Help'><h2>Chat</h2><career-chatbot></career-chatbot></section>"
    page = visitor.arrive(body=inside + visitor.tag())
    visitor.widget.locator(".chip").first.wait_for()
    page.wait_for_load_state("networkidle")
    idle(page)
    asked = [
        f"GET {visitor.chatbot}/{path}" for path in ("widget.js", f"widget-parts.js?v={parts_version()}", "api/site")
    ]
    assert visitor.asked_of_chatbot() == asked
    assert page.evaluate("[localStorage.length, sessionStorage.length, document.cookie]") == [0, 0, ""]
    assert (visitor.widget.count(), visitor.widget.locator(".launcher").count()) == (1, 0)
    assert page.evaluate("[document.activeElement.localName, scrollY]") == ["body", 0]
    accessible(page)
    # The distances of a corner do not move what has its place in a page.
    assert visitor.widget.locator(".panel").bounding_box() == visitor.widget.bounding_box()
    visitor.widget.locator("textarea").scroll_into_view_if_needed()  # who types looks at it
    before = page.evaluate("scrollY")
    visitor.ask(QUESTION)
    assert page.evaluate("scrollY") == before
    page.evaluate("window.kept = document.querySelector('career-chatbot'); kept.remove(); document.body.prepend(kept)")
    assert visitor.widget.locator(".card").count() > 0


def test_the_conversation_is_kept_in_the_tab_until_it_is_cleared(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 1]  # that it is open
    visitor.ask(QUESTION)
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 2]
    page.reload()
    visitor.open()
    assert visitor.widget.locator(".asked").inner_text() == QUESTION
    visitor.widget.get_by_role("button", name="Delete this conversation").click()
    expect(visitor.widget.locator(".asked")).to_have_count(0)
    page.wait_for_function("sessionStorage.length === 1")
    expect(visitor.widget.locator(".unseen[role=status]")).to_have_text("Deleted.")
    accessible(page)
    visitor.shoot("deleted")
    visitor.widget.get_by_role("button", name="Undo").press("Enter")
    expect(visitor.widget.locator(".asked")).to_have_text([QUESTION])
    expect(visitor.widget.locator("textarea")).to_be_focused()
    assert page.evaluate("sessionStorage.length") == 2
    visitor.widget.get_by_role("button", name="Delete this conversation").click()
    expect(visitor.widget.get_by_role("button", name="Undo")).to_be_visible()
    page.evaluate("CareerChatbot.toggle(), CareerChatbot.toggle()")
    expect(visitor.widget.get_by_role("button", name="Undo")).to_have_count(0)
    visitor.ask(QUESTION)
    visitor.widget.get_by_role("button", name="Delete this conversation").click()
    visitor.ask(OUTSIDE_QUESTION)
    expect(visitor.widget.get_by_role("button", name="Undo")).to_have_count(0)
    page.evaluate("CareerChatbot.clear()")  # by the page, which knows what it does
    expect(visitor.widget.locator(".asked")).to_have_count(0)
    expect(visitor.widget.get_by_role("button", name="Undo")).to_have_count(0)
    visitor.widget.get_by_role("button", name="Close").click()
    page.wait_for_function("sessionStorage.length === 0")


def test_the_conversation_is_kept_for_so_many_hours_or_not_at_all(visitor: SiteVisitor) -> None:
    page = visitor.arrive(keep="2")
    visitor.open()
    visitor.ask(QUESTION)
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [1, 1]
    key = "const [key] = Object.keys(localStorage), [at, turns] = JSON.parse(localStorage[key]);"
    page.evaluate(f"{key} localStorage[key] = JSON.stringify([at - 2 * 36e5, turns])")
    page.reload()
    page.wait_for_function("localStorage.length === 0")
    page.evaluate("sessionStorage.clear()")
    visitor.arrive(keep="0")
    visitor.open()
    visitor.ask(QUESTION)
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]


def test_the_full_chat_can_be_shown_inside(browser: Browser, site: HostSite, chatbot: Server) -> None:
    chatbot.wait_until_ready()
    here = SiteVisitor(browser, site, chatbot.url)
    page = here.arrive(mode="gradio")
    assert here.asked_of_chatbot() == [f"GET {chatbot.url}/widget.js"]
    here.widget.locator(".launcher").click()
    # The panel has the title; in the page it stays for those who hear it.
    title = page.frame_locator("career-chatbot iframe").locator(".ready.framed #top h1")
    title.wait_for(state="attached")
    assert page.frame_locator("career-chatbot iframe").locator("#box textarea").is_visible()
    assert title.evaluate("heading => [heading.offsetWidth, heading.textContent.trim() !== '']") == [1, True]
    assert here.widget.locator("textarea").count() == 0
    here.context.close()
