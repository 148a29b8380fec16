"""The widget's looks and habits once it is opened: logo, side panel, next page, suggestions, the page it stands on."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from playwright.sync_api import Route, expect

from tests.support.host_site import PHONE, SiteVisitor, accessible
from tests.support.serving_corpus import OUTSIDE_QUESTION, QUESTION

PAY = "https://articles.example/pay"
RAISE = "How do I ask for a higher salary?"
NO_CLIPBOARD = """<script>
  Object.defineProperty(navigator, 'clipboard', { value: undefined });
  addEventListener('copy', (event) => { window.copied = event.composedPath()[0].value; });
</script>"""


def test_logo_and_icon_come_from_the_site_or_the_chatbot_and_nowhere_else(visitor: SiteVisitor) -> None:
    image = f"{visitor.chatbot}/favicon.svg"
    visitor.arrive(logo=image, icon=image)
    launcher = visitor.widget.locator(".launcher")
    expect(launcher.locator("img")).to_have_attribute("src", image)
    expect(launcher.locator(".close")).to_be_hidden()
    visitor.open()
    expect(visitor.widget.locator(".panel img")).to_have_count(2)
    expect(launcher.locator(".close")).to_be_visible()
    expect(launcher.locator("img")).to_be_hidden()
    # The fixture sees to it that nothing is asked of another server.
    visitor.arrive(logo="https://elsewhere.example/logo.png", icon="javascript:alert(1)")
    visitor.open()
    expect(visitor.widget.locator("img")).to_have_count(0)
    expect(launcher.locator(".chat")).to_have_count(1)


def test_what_was_opened_is_open_on_the_next_page_until_it_is_closed(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    page = visitor.arrive()
    expect(visitor.widget.locator(".panel textarea")).to_be_visible()
    assert page.evaluate("document.activeElement.localName") == "body"
    visitor.widget.get_by_role("button", name="Close").click()
    visitor.arrive()
    expect(visitor.widget.locator(".launcher")).to_have_attribute("aria-expanded", "false")
    visitor.arrive(keep="0")
    visitor.open()
    assert page.evaluate("sessionStorage.length") == 0


@pytest.mark.parametrize("visitor", [PHONE], indirect=True)
def test_on_a_phone_the_next_page_is_not_covered(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    visitor.arrive()
    expect(visitor.widget.locator(".launcher")).to_have_attribute("aria-expanded", "false")


def test_it_grows_to_a_side_panel_and_stays_one(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.widget.get_by_role("button", name="Enlarge").click()
    assert visitor.size() == (720, 800)
    page.reload()
    expect(visitor.widget.get_by_role("button", name="Make smaller")).to_be_visible()
    assert visitor.size() == (720, 800)
    accessible(page)
    visitor.widget.get_by_role("button", name="Make smaller").click()
    assert visitor.size() == (400, 640)


def test_questions_are_offered_while_typing_and_walked_with_the_arrow_keys(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    box, options = visitor.widget.locator("textarea"), visitor.widget.get_by_role("option")
    box.press_sequentially("how do i")
    expect(options.first).to_be_visible()
    accessible(page)
    visitor.shoot("typing")
    box.press("Escape")
    expect(options).to_have_count(0)
    expect(box).to_be_visible()
    box.press_sequentially(" a")
    expect(options.first).to_be_visible()
    question = options.first.inner_text()
    box.press("ArrowDown")
    expect(options.first).to_have_attribute("aria-selected", "true")
    box.press("Enter")
    expect(visitor.widget.locator(".asked")).to_have_text([question])
    expect(options).to_have_count(0)


def test_where_there_is_no_clipboard_a_passage_is_copied_all_the_same(visitor: SiteVisitor) -> None:
    page = visitor.arrive(head=NO_CLIPBOARD)
    visitor.open()
    visitor.ask(QUESTION).get_by_role("button", name="Copy").first.click()
    page.wait_for_function("window.copied?.includes('— Writing a CV › How do I explain a gap?')")
    assert "Illness" not in page.evaluate("copied")  # nor anything else that is not marked


CODE = """Write the class *first*. See [Agile](https://en.example/Agile_(dev)), `**kwargs`s and `` a`b ``.

```python
def __init__(self):
    self.a = *x* + 1

    return [a](b)
```

| Sign | Meaning |
|---|---|
| `x \\| y` | either |

> ~~~
> ``` in *it*
> ~~~

1. one
   ```
   in a list
   ```
2. two ```not *a* fence```"""


def test_code_is_quoted_as_it_stands(visitor: SiteVisitor) -> None:
    page = visitor.arrive()

    def coded(route: Route) -> None:
        answer = route.fetch()
        said: dict[str, Any] = answer.json()
        hit = said["hits"][0]
        hit["passage"] |= {"text": CODE, "columns": []}
        hit["highlights"] = [
            {"start": CODE.index(words), "end": CODE.index(words) + len(words)}
            for words in ("Write the class *first*.", "self.a = *x* + 1", "`x \\| y`")
        ]
        route.fulfill(response=answer, json=said)

    page.route("**/api/ask", coded)
    visitor.open()
    card = visitor.ask(QUESTION).locator(".card").first
    expect(card.locator("p").nth(1)).to_have_text("Write the class first. See Agile, **kwargss and a`b .")
    blocks = card.locator("pre").evaluate_all("all => all.map(one => one.textContent)")
    assert blocks == [
        "def __init__(self):\n    self.a = *x* + 1\n\n    return [a](b)\n", "``` in *it*\n", "in a list\n",
    ]  # fmt: skip
    expect(card.locator("li")).to_have_text(["one", "two not *a* fence"])
    expect(card.locator("mark")).to_have_text(["Write the class first.", "self.a = *x* + 1", "x | y"])
    visitor.shoot("code")
    accessible(page)


def test_a_table_is_a_table_and_never_leads_with_its_head(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    first = visitor.ask(QUESTION).locator(".card").first
    expect(first.get_by_role("columnheader")).to_have_text(["Reason", "What to write"])
    expect(first.locator("tr").nth(2).locator("td")).to_have_text(["Caring", "Full-time carer for a parent"])
    rows = visitor.ask(RAISE).locator("summary", has_text="How do I explain a gap?")
    for row in rows.all():
        assert "Reason · What to write" not in row.inner_text()


def test_an_answer_is_two_panels_high_and_its_articles_are_named_once(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    turn = visitor.ask("How long should a CV be and how do I explain a gap?")
    box = turn.bounding_box()
    assert box is not None
    assert box["height"] <= 2 * 640
    groups = turn.locator(".group h4 a").evaluate_all("links => links.map((link) => link.firstChild.data)")
    assert len(groups) == len(set(groups))
    assert turn.locator(".group details").count() == 2
    short = turn.locator(".short")
    expect(short.locator("h3")).to_have_text("In short")
    expect(short.locator("p").first).not_to_be_empty()
    numbers = turn.locator(".rank").all_inner_texts()
    assert numbers == [str(number + 1) for number in range(len(numbers))]
    assert set(short.locator(".cite").all_inner_texts()) <= set(numbers)


def test_the_article_of_the_page_comes_first_and_says_so(visitor: SiteVisitor) -> None:
    page = visitor.arrive(page=PAY)
    visitor.open()
    with page.expect_request("**/api/ask") as sent:
        turn = visitor.ask("How do I prepare before I name my figure?")
    assert sent.value.post_data_json["page"] == PAY
    first = turn.locator(".card").first
    expect(first.locator("h4 + p")).to_have_text("Talking about pay")
    expect(first.locator(".tag")).to_have_text("On this page")
    accessible(page)


@pytest.mark.parametrize(
    ("head", "attributes", "sent"),
    [
        ("", {}, "{origin}/{path}"),
        ("<link rel='canonical' href='/pay?p=7'>", {}, "{origin}/pay?p=7"),
        ("", {"page": "/pay"}, "{origin}/pay"),
        ("", {"page": ""}, ""),
        ("", {"page": "javascript:alert(1)"}, ""),
    ],
)
def test_the_page_is_named_without_what_may_be_secret(
    visitor: SiteVisitor, head: str, attributes: dict[str, str], sent: str
) -> None:
    path = len(visitor.site.pages)
    page = visitor.arrive(head=head, **attributes)
    page.evaluate("history.replaceState(null, '', '?token=secret#here')")
    visitor.open()
    with page.expect_request("**/api/ask") as asked:
        visitor.ask(QUESTION)
    assert asked.value.post_data_json["page"] == sent.format(origin=visitor.site.origin, path=path)


def test_keys_open_it_where_they_are_asked_for(visitor: SiteVisitor) -> None:
    page = visitor.arrive(key="k /")
    page.keyboard.press("/")  # a character alone is no command
    expect(visitor.widget.locator(".launcher")).to_have_attribute("aria-expanded", "false")
    page.keyboard.press("Control+k")
    expect(visitor.widget.locator("textarea")).to_be_focused()
    expect(visitor.widget.locator("textarea")).to_have_value("")
    visitor.arrive(keep="0")
    page.keyboard.press("Control+k")
    expect(visitor.widget.locator(".launcher")).to_have_attribute("aria-expanded", "false")


def test_the_full_chat_goes_on_with_the_conversation(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    link = visitor.widget.locator("header a")
    assert urlsplit(link.get_attribute("href") or "").fragment == ""
    visitor.ask(QUESTION)
    visitor.page.evaluate(f"CareerChatbot.ask('{RAISE}', true)")
    expect(visitor.widget.locator(".turn .short")).to_have_count(2)
    talk = json.loads(parse_qs(urlsplit(link.get_attribute("href") or "").fragment)["talk"][0])
    assert talk == {
        "steps": [
            {"kind": "ask", "value": QUESTION, "filters": {}},
            {"kind": "literal", "value": RAISE, "filters": {}},
        ],
        "earlier": False,
    }
    with visitor.context.expect_page() as opened:
        link.click()
    expect(opened.value.locator("#talk .question")).to_have_count(2)


def test_what_is_not_covered_names_people_and_is_told_to_the_editors(visitor: SiteVisitor) -> None:
    page = visitor.arrive(privacy="/privacy")

    def with_people(route: Route) -> None:
        answer = route.fetch()
        said: dict[str, Any] = answer.json()
        said |= {
            "contact": "mailto:jo@site.example",
            "message": said["message"] + "\nUK: 116 123, https://help.example",
        }
        route.fulfill(response=answer, json=said)

    page.route("**/api/ask", with_people)
    visitor.open()
    turn = visitor.ask(OUTSIDE_QUESTION)
    mail = f"mailto:jo@site.example?subject={quote(OUTSIDE_QUESTION)}"
    expect(turn.get_by_role("link", name="jo@site.example")).to_have_attribute("href", mail)
    expect(turn.get_by_role("link", name="https://help.example (New tab)")).to_be_visible()
    expect(visitor.widget.get_by_role("link", name="Privacy")).to_have_attribute(
        "href", f"{visitor.site.origin}/privacy"
    )
    accessible(page)
    with page.expect_response("**/api/feedback") as answered:
        turn.get_by_role("button", name="Tell the editors what is missing").click()
    assert answered.value.request.post_data_json["reasons"] == ["incomplete"]
    expect(turn.get_by_text("Thank you.")).to_be_focused()


def test_the_people_of_the_tag_are_named_where_an_answer_did_not_help(visitor: SiteVisitor) -> None:
    page = visitor.arrive(contact="tel:+4930123", header="accent", color="#8a2f6b")
    visitor.open()
    bar = visitor.widget.locator("header")
    assert bar.evaluate("e => getComputedStyle(e).backgroundColor") == "rgb(138, 47, 107)"
    turn, person = visitor.ask(QUESTION), visitor.widget.get_by_role("link", name="+4930123")
    expect(person).to_have_count(0)
    turn.get_by_role("button", name="No", exact=True).click()
    expect(person).to_have_attribute("href", "tel:+4930123")
    accessible(page)
    visitor.shoot("person")
    expect(visitor.ask(OUTSIDE_QUESTION).get_by_role("link", name="+4930123")).to_be_visible()


def test_of_an_answer_its_summary_is_read_out_and_no_more(visitor: SiteVisitor) -> None:
    visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION)
    expect(visitor.widget.locator(".log")).to_have_attribute("aria-live", "off")
    told = visitor.widget.locator(".unseen[role=status]")
    expect(told).to_have_text(
        "Explain a gap in your CV in one plain line with the dates and the reason. · 3 passages from 2 articles"
    )


@pytest.mark.parametrize("visitor", [PHONE], indirect=True)
def test_the_conversation_has_a_frame_only_for_who_came_to_it_by_tab(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.widget.locator(".launcher").press("Enter")
    log = visitor.widget.locator(".log")
    expect(log).to_be_focused()
    assert log.evaluate("e => getComputedStyle(e).outlineStyle") == "none"
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Tab")
    expect(log).to_be_focused()
    assert log.evaluate("e => getComputedStyle(e).outlineStyle") == "solid"


def test_where_its_other_half_does_not_come_that_is_said_and_tried_again(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    page.route("**/widget-parts.js*", lambda route: route.abort())
    visitor.widget.locator(".launcher").click()
    expect(visitor.widget.get_by_text("The chatbot cannot be reached.")).to_be_visible()
    accessible(page)
    page.unroute("**/widget-parts.js*")
    visitor.widget.locator(".launcher").click()
    visitor.open()
    visitor.ask(QUESTION)
    visitor.errors.clear()  # the browser itself reports the request that failed


def test_an_element_far_down_the_page_loads_nothing_until_it_is_near(visitor: SiteVisitor) -> None:
    far = "<div style='height: 4000px'></div><career-chatbot></career-chatbot>"
    page = visitor.arrive(body=far + visitor.tag())
    page.wait_for_load_state("networkidle")
    assert visitor.asked_of_chatbot() == [f"GET {visitor.chatbot}/widget.js"]
    page.evaluate("scrollTo(0, 4000)")
    expect(visitor.widget.locator(".chip").first).to_be_visible()
