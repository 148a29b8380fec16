"""Passages that a visitor of the chat page saves, in a real Chromium."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit

KEY = "career-chatbot-saved"
PAY = "How do I ask for a higher salary?"
PHONE = {"viewport": {"width": 390, "height": 844}, "has_touch": True, "color_scheme": "dark"}
NARROW = {"viewport": {"width": 320, "height": 640}, "has_touch": True}
REFUSED = "Storage.prototype.setItem = () => { throw new DOMException('no', 'QuotaExceededError'); };"
BLOCKED = """for (const name of ['localStorage', 'sessionStorage'])
  Object.defineProperty(window, name, { get() { throw new DOMException('no', 'SecurityError'); } });"""


def save(page: Page, place: int = 0) -> str:
    """Save or take out a passage of the page; returns its id."""
    card = page.locator("article.card").nth(place)
    card.hover()
    card.locator(".deeds summary").click()
    card.locator(".act.save").click()
    return str(card.get_attribute("data-passage"))


def opened(page: Page) -> None:
    page.locator(".keepsakes").click()
    expect(page.locator("#saved")).to_be_visible()


def stored(page: Page) -> list[dict[str, object]]:
    return list(json.loads(page.evaluate(f"localStorage.getItem('{KEY}')") or "[]"))


def two_saved(visit: Visit) -> Page:
    page = visit.open()
    visit.ask(QUESTION)
    save(page)
    visit.ask(PAY)
    first = page.locator("section.answer").last.locator("article.card").first
    first.locator(".deeds summary").click()
    first.locator(".act.save").click()
    expect(page.locator(".keepsakes b")).to_have_text("2")
    return page


def test_a_passage_is_saved_on_the_device_alone_and_only_once_that_was_asked(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    assert page.evaluate("localStorage.length") == 0
    expect(page.locator(".keepsakes")).to_be_hidden()
    visit.requests.clear()
    saved = save(page)
    expect(page.locator(".keepsakes")).to_have_text("Saved 1")
    expect(page.locator("article.card").first.locator(".act.save")).to_have_text("Remove from saved")
    assert [one["id"] for one in stored(page)] == [saved]
    assert visit.requests == []
    page.reload()
    page.wait_for_selector(".ready", state="attached")
    expect(page.locator(".keepsakes")).to_have_text("Saved 1")
    save(page)
    expect(page.locator(".keepsakes")).to_be_hidden()
    assert page.evaluate("localStorage.length") == 0


def test_what_was_saved_stays_as_it_was_and_leads_to_its_place(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    card = page.locator("article.card").first
    words = card.locator(".passage").inner_text()
    href = card.locator(".act.open").evaluate("link => link.href")
    save(page)
    opened(page)
    item = page.locator("#saved li").first
    item.locator("summary").click()
    assert item.locator(".passage").inner_text().split() == words.split()
    assert item.locator("table tr").count() == card.locator(".passage table tr").count()
    assert item.locator(".act.open").evaluate("link => link.href") == href
    expect(item.locator(".facts")).to_contain_text("Article updated 15 January 2025")
    expect(item.locator(".facts")).to_contain_text(f"Question: \u2068{QUESTION}\u2069")
    changed = stored(page)
    changed[0]["text"] = [["p", "What it said then."]]
    changed[0]["saved"] = "2025-02-03T10:00:00Z"
    page.evaluate("([key, value]) => localStorage.setItem(key, value)", [KEY, json.dumps(changed)])
    page.keyboard.press("Escape")
    expect(page.locator(".keepsakes")).to_be_focused()
    opened(page)
    expect(page.locator("#saved .lead")).to_have_text("What it said then.")
    expect(page.locator("#saved .facts")).to_contain_text("Saved 3 February 2025")


@pytest.mark.parametrize("visit", [{}, PHONE, NARROW], indirect=True, ids=["wide", "phone", "narrow"])
def test_passages_are_compared_side_by_side(visit: Visit, request: pytest.FixtureRequest) -> None:
    page = two_saved(visit)
    page.evaluate(f"""() => {{
        const kept = JSON.parse(localStorage.getItem('{KEY}'));
        kept[0].text.unshift(['h5', 'Of two sections']);
        localStorage.setItem('{KEY}', JSON.stringify(kept));
    }}""")
    opened(page)
    visit.shoot(f"saved-{request.node.callspec.id}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("#compare").click()
    expect(page.locator("#saved .told")).to_have_text("Tick two or more passages to compare them.")
    for box in page.locator("#saved input").all():
        box.check()
    page.locator("#compare").click()
    columns = page.locator("#saved .compared article")
    expect(columns.first.locator(".passage h4")).to_have_text("Of two sections")
    expect(columns.locator("h3")).to_have_text(["Talking about pay", "Writing a CV"])
    boxes = [column.bounding_box() or {} for column in columns.all()]
    assert (boxes[0]["y"] == boxes[1]["y"]) == (request.node.callspec.id == "wide")
    assert page.evaluate(
        "document.querySelector('#saved .body').scrollWidth <= document.querySelector('#saved').offsetWidth"
    )
    visit.shoot(f"compare-{request.node.callspec.id}")
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    page.locator("#list").click()
    expect(page.locator("#compare")).to_be_focused()
    expect(page.locator("#saved li")).to_have_count(2)


def test_what_is_removed_can_be_put_back_in_its_place(visit: Visit) -> None:
    page = two_saved(visit)
    before = stored(page)
    opened(page)
    page.get_by_role("button", name="Remove: Talking about pay").click()
    assert stored(page) == before[1:]
    undo = page.get_by_role("button", name="Undo")
    expect(undo).to_be_focused()
    undo.press("Enter")
    assert stored(page) == before
    expect(page.locator("#saved .remove").first).to_be_focused()


def test_what_is_saved_is_taken_along_as_markdown_word_for_word(visit: Visit, tmp_path: Path) -> None:
    page = two_saved(visit)
    opened(page)
    with page.expect_download() as download:
        page.locator("#export").click()
    download.value.save_as(tmp_path / "saved.md")
    text = (tmp_path / "saved.md").read_text(encoding="utf-8")
    assert text.startswith("# Saved passages from Career chatbot\n\n## [Talking about pay › How do I ask")
    assert f"]({'<'}{visit.server.url}/articles/cv?passage=" in text
    assert "\n> Explain a gap in your CV in one plain line with the dates and the reason." in text
    assert f"\nQuestion: {QUESTION}\n" in text


def test_clearing_what_is_kept_forgets_it_too(visit: Visit) -> None:
    page = visit.open()
    visit.ask(QUESTION)
    save(page)
    page.locator(".menu summary").click()
    page.get_by_role("button", name="Clear what is kept").click()
    expect(page.locator(".keepsakes")).to_be_hidden()
    assert page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    expect(page.locator("article.card").first.locator(".act.save")).to_have_text("Save", use_inner_text=False)


@pytest.mark.parametrize("trouble", [REFUSED, BLOCKED], ids=["full", "blocked"])
def test_a_browser_that_keeps_nothing_says_so_and_goes_on(visit: Visit, trouble: str) -> None:
    visit.page.add_init_script(trouble)
    page = visit.open()
    visit.ask(QUESTION)
    save(page)
    expect(page.locator("#trouble")).to_contain_text("This could not be saved")
    expect(page.locator(".keepsakes")).to_be_hidden()
    visit.ask(PAY)
    expect(page.locator("#talk .question")).to_have_count(2)


@pytest.mark.parametrize(
    "kept",
    [
        "not json",
        '{"a": 1}',
        '[null, 7, {"id": "x"}]',
        '[{"id": "x", "title": "<img src=x onerror=window.pwned=1>", "href": "javascript:window.pwned=2", "saved": "x",'
        ' "text": [["script", "window.pwned=3"], ["p", "<b onclick=window.pwned=4>one</b>"], 5, {"p": 6}]}]',
    ],
)
def test_what_was_forged_in_the_browser_is_text_or_nothing(visit: Visit, kept: str) -> None:
    page = visit.open()
    page.evaluate("([key, kept]) => localStorage.setItem(key, kept)", [KEY, kept])
    visit.open()
    visit.ask(QUESTION)
    if page.locator(".keepsakes").is_visible():
        opened(page)
        assert page.locator("#saved :is(script, img, a[href])").count() == 0
        page.keyboard.press("Escape")
    assert page.evaluate("window.pwned") is None
    save(page)
    expect(page.locator(".keepsakes")).to_be_visible()
