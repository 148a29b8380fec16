"""The widget on pages that change under it: hydration, a second one, old libraries, languages, themes."""

from __future__ import annotations

import json

import pytest
from playwright.sync_api import Route, expect

from tests.support.host_site import PHONE, SiteVisitor, accessible
from tests.support.serving_corpus import QUESTION

SECOND = "How do I ask for a higher salary?"
# What React 18 does with a whole document in which it finds an element that it did not render: it takes the root of the
# document away, whatever is in it, and puts up its own.
RECOVER = """() => {
  const [lang, html] = [document.documentElement.lang, document.createElement('html')];
  html.append(document.head.cloneNode(true), document.body.cloneNode(true));
  document.removeChild(document.documentElement);
  html.lang = lang;
  document.append(html);
}"""
DARK = "!!document.querySelector('career-chatbot').shadowRoot.querySelector('.root.dark')"


def test_it_comes_back_to_a_page_that_puts_up_its_whole_document_anew(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    visitor.ask(QUESTION)
    page.evaluate(RECOVER)
    expect(visitor.widget).to_have_count(1)
    expect(visitor.widget.locator(".asked")).to_be_visible()
    expect(visitor.widget.locator(".asked")).to_have_text(QUESTION)
    visitor.ask(SECOND)
    page.evaluate("document.documentElement.lang = 'de'")
    expect(visitor.widget.locator(".launcher")).to_have_attribute("aria-label", "Frage stellen")
    page.evaluate("CareerChatbot.destroy()")
    page.evaluate("new Promise((go) => setTimeout(go, 100))")
    assert visitor.widget.count() == 0


def test_a_page_that_takes_it_away_again_and_again_is_left_alone(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    back = page.evaluate(
        """async () => {
          let back = 0;
          for (let round = 0; round < 20; round += 1) {
            document.querySelector('career-chatbot')?.remove();
            await new Promise((go) => setTimeout(go, 20));
            back += document.querySelectorAll('career-chatbot').length;
          }
          return back;
        }"""
    )
    assert back == 5


def test_it_is_not_there_while_the_page_is_still_loading(visitor: SiteVisitor) -> None:
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    visitor.page.route("**/late.png", hold)
    head = """<script>addEventListener('DOMContentLoaded', () => setTimeout(() => {
      window.foreign = document.querySelectorAll('html > :not(head, body)').length; }));</script>"""
    path = visitor.site.page("/late", f"<img src='late.png' alt=''>{visitor.tag().replace('async', '')}", head=head)
    visitor.page.goto(path, wait_until="domcontentloaded")
    visitor.page.wait_for_function("window.foreign !== undefined")
    assert visitor.page.evaluate("window.foreign") == 0
    # What never ends loading does not keep it away for good.
    expect(visitor.widget.locator(".launcher")).to_be_visible()
    assert visitor.page.evaluate("document.readyState") == "interactive"
    held[0].fulfill(status=204)


def test_two_on_a_page_are_two_conversations_and_stay_so(visitor: SiteVisitor) -> None:
    tags = visitor.tag(title="Pay") + visitor.tag(title="CVs", position="bottom-left")
    page = visitor.arrive(body=tags)
    expect(visitor.widget).to_have_count(2)
    first, second = (page.locator(f"career-chatbot[data-title={title}]") for title in ("Pay", "CVs"))
    for widget, question in ((first, SECOND), (second, QUESTION)):
        widget.locator(".launcher").click()
        widget.locator("textarea").fill(question)
        widget.locator("textarea").press("Enter")
        widget.locator(".card").first.wait_for()
    page.reload()
    for widget, question in ((first, SECOND), (second, QUESTION)):
        expect(widget.locator(".asked")).to_have_text([question])
    visitor.shoot("two")


def test_two_that_are_alike_do_not_share_a_conversation(visitor: SiteVisitor) -> None:
    page = visitor.arrive(body="<career-chatbot></career-chatbot><career-chatbot></career-chatbot>" + visitor.tag())
    first, second = visitor.widget.nth(0), visitor.widget.nth(1)
    first.locator("textarea").fill(QUESTION)
    first.locator("textarea").press("Enter")
    first.locator(".card").first.wait_for()
    page.reload()
    expect(first.locator(".asked")).to_have_count(1)
    expect(second.locator("textarea")).to_be_visible()
    expect(second.locator(".asked")).to_have_count(0)


@pytest.mark.parametrize("visitor", [{}, PHONE], indirect=True, ids=["desktop", "phone"])
@pytest.mark.parametrize(
    "style", ["transform: translateX(0)", "filter: grayscale(1)", "contain: layout", "perspective: 100px"]
)
def test_what_a_page_does_to_its_root_does_not_move_it(visitor: SiteVisitor, style: str) -> None:
    page = visitor.arrive(head=f"<style>html, body {{ {style} }} main {{ min-height: 4000px }}</style>")
    expect(visitor.widget.locator(".launcher")).to_be_in_viewport(ratio=1)
    page.evaluate("scrollTo(0, 2000)")
    visitor.open()
    expect(visitor.widget.locator(".panel")).to_be_in_viewport(ratio=1)
    accessible(page)


def test_what_old_libraries_add_to_every_object_does_not_reach_the_chatbot(visitor: SiteVisitor) -> None:
    patched = """<script>
      Array.prototype.toJSON = function () { return `[${[...this].join()}]`; };
      for (const type of [Object, String]) type.prototype.toJSON = function () { return 'patched'; };
      Object.prototype.each = () => {};
      Object.prototype.hidden = 'hidden';
    </script>"""
    page = visitor.arrive(head=patched, topics="job search|writing")
    visitor.open()
    with page.expect_request("**/api/ask") as sent:
        turn = visitor.ask(QUESTION)
    assert json.loads(sent.value.post_data or "")["filters"] == {"topics": ["job search", "writing"]}
    expect(turn.locator(".card").first).to_be_visible()
    visitor.ask(QUESTION)
    page.reload()
    visitor.open()
    expect(visitor.widget.locator(".asked")).to_have_count(2)


def test_it_follows_the_language_of_the_page(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    launcher, box = visitor.widget.locator(".launcher"), visitor.widget.locator("textarea")
    page.evaluate("document.documentElement.lang = 'fr'")
    expect(launcher).to_have_text("Poser une question")
    visitor.open()
    expect(box).to_have_attribute("placeholder", "Votre question")
    visitor.ask(QUESTION)
    box.fill(SECOND)
    page.evaluate("document.documentElement.lang = 'ar'")
    expect(box).to_have_attribute("placeholder", "سؤالك")
    expect(launcher).to_have_attribute("aria-label", "اطرح سؤالاً")
    expect(box).to_have_value(SECOND)
    expect(visitor.widget.locator(".asked")).to_have_text([QUESTION])
    expect(visitor.widget.locator(".panel")).to_have_count(1)
    visitor.shoot("language-changed")
    page.evaluate("document.documentElement.lang = 'en'")
    expect(box).to_have_attribute("placeholder", "Your question")
    accessible(page)


@pytest.mark.parametrize(
    ("dark", "light"),
    [
        ("html.dataset.theme = 'dark'", "html.dataset.theme = 'light'"),
        ("html.classList.add('dark')", "html.classList.remove('dark')"),
        ("body.className = 'page theme-dark'", "body.className = 'page has-dark-header'"),
        ("body.dataset.mdColorScheme = 'slate'", "body.dataset.mdColorScheme = 'default'"),
        ("html.dataset.bsTheme = 'dark'", "delete html.dataset.bsTheme"),
        ("html.style.colorScheme = 'dark'", "html.style.colorScheme = 'light dark'"),
    ],
)
def test_it_follows_the_theme_of_the_page(visitor: SiteVisitor, dark: str, light: str) -> None:
    page = visitor.arrive()
    parts = "const [html, body] = [document.documentElement, document.body];"
    assert page.evaluate(DARK) is False
    page.evaluate(f"{parts} {dark}")
    page.wait_for_function(DARK)
    page.evaluate(f"{parts} {light}")
    page.wait_for_function(f"!{DARK}")
    page.evaluate(f"{parts} {dark}; document.querySelector('career-chatbot').dataset.theme = 'light'")
    page.wait_for_function(f"!{DARK}")


@pytest.mark.parametrize("visitor", [{"color_scheme": "dark"}], indirect=True)
@pytest.mark.parametrize("light", ["html.dataset.theme = 'light'", "html.style.colorScheme = 'light'"])
def test_a_light_page_is_light_in_a_dark_system(visitor: SiteVisitor, light: str) -> None:
    page = visitor.arrive()
    assert page.evaluate(DARK) is True
    page.evaluate(f"const html = document.documentElement; {light}")
    page.wait_for_function(f"!{DARK}")


def test_questions_are_answered_in_the_order_in_which_they_are_asked(visitor: SiteVisitor) -> None:
    page = visitor.arrive()
    visitor.open()
    held: list[Route] = []

    def hold(route: Route) -> None:
        held.append(route)

    page.route("**/api/ask", hold)
    box, asked = visitor.widget.locator("textarea"), visitor.widget.locator(".asked")
    for number, question in enumerate((QUESTION, SECOND, "How long?"), 1):
        box.press_sequentially(question)
        box.press("Enter")
        expect(asked).to_have_count(number)
        expect(box).to_have_value("")
    visitor.widget.get_by_role("button", name="Cancel").last.click()
    expect(visitor.widget.locator(".say", has_text="Cancelled.")).to_be_visible()
    visitor.shoot("in-order")
    assert len(held) == 1
    with page.expect_request(lambda request: SECOND in (request.post_data or "")) as sent:
        held[0].continue_()
    assert [turn["question"] for turn in sent.value.post_data_json["history"]] == [QUESTION]
    while len(held) < 2:
        page.wait_for_timeout(20)
    held[1].continue_()
    expect(visitor.widget.locator(".turn", has_text=SECOND).locator(".card").first).to_be_visible()


@pytest.mark.parametrize(
    "visitor", [{}, PHONE | {"color_scheme": "dark"}], indirect=True, ids=["desktop", "phone-dark"]
)
def test_a_text_above_the_limit_is_told_and_kept(visitor: SiteVisitor, request: pytest.FixtureRequest) -> None:
    page = visitor.arrive()
    visitor.open()
    box, note = visitor.widget.locator("textarea"), visitor.widget.locator(".note")
    text = "My gap was long. " * 70
    box.focus()
    page.keyboard.insert_text(text)
    expect(note).to_have_text("1189 characters; at most 1000 can be sent. Please shorten the text.")
    visitor.shoot(f"too-long-{request.node.callspec.id}")
    accessible(page)
    box.press("Enter")
    expect(box).to_have_value(text)
    expect(visitor.widget.locator(".asked")).to_have_count(0)
    box.fill(QUESTION)
    expect(note).to_have_text("Quoted word for word. Nothing is generated.")
    visitor.ask(QUESTION)
