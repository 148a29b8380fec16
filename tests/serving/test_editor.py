"""The editors' page in a real Chromium: from signing in to publishing and going back."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from chatbot.content.source.files import find_files
from tests.support.editors_page import PASTE, WORD, WORD_READ, clean, fill, press, sign_in, tab, told
from tests.support.host_site import PHONE
from tests.support.server import Server
from tests.support.visit import Visit, visiting

QUESTION = "Whom should I ask for a reference?"
TITLE = 'Asking for a reference <img src=x onerror="window.pwned=20">'
TEXT = """## Whom should I ask for a reference?

Ask somebody for a reference who has seen you work: a manager, a teacher. <script>window.pwned=21</script>
${window.pwned=22} <svg onload=window.pwned=24>

## What if they say no?

Thank them and ask somebody else, because a lukewarm reference hurts more than none. {{window.pwned=23}}
"""
NAME = "asking-for-a-reference-img-src-x-onerror-window-pwned-20.md"


@pytest.fixture
def desk(browser: Browser, editing: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    with visiting(Visit(browser, editing, **getattr(request, "param", {}))) as visitor:
        visitor.page.set_default_timeout(120_000)
        sign_in(visitor.page, editing)
        yield visitor


def first_article(server: Server) -> str:
    status, _, body = server.post("/api/ask", {"question": QUESTION})
    assert status == 200
    hits = json.loads(body)["hits"]
    return hits[0]["passage"]["article_id"] if hits else ""


def paste(page: Page, edited: Path) -> None:
    tab(page, "Add")
    clean(page)
    for name, text in (("title", TITLE), ("topics", "references"), ("body", TEXT), ("questions", QUESTION)):
        fill(page, name, text)
    press(page, "preview")
    page.wait_for_selector("#drafted .passages li")
    assert page.locator("#drafted .passages li").count() == 1
    assert NAME in page.locator("#drafted").inner_text()
    assert not (edited / "corpus" / NAME).exists()
    clean(page, "add")
    press(page, "save-new")
    told(page, f"Saved {NAME}")
    assert (edited / "corpus" / NAME).read_text().endswith(TEXT)


def try_on_draft(page: Page) -> None:
    tab(page, "Publish")
    press(page, "draft")
    told(page, "The draft is ready")
    assert NAME in page.locator("#plan .diff").inner_text()
    clean(page, "publish")
    tab(page, "Try")
    fill(page, "question", QUESTION)
    page.get_by_role("button", name="Ask both").click()
    page.wait_for_selector("#tried-answers .columns")
    published, draft = page.locator("#tried-answers .columns > section").all()
    assert TITLE in draft.locator(".hits li").first.inner_text()
    assert "new here" in draft.locator(".hits li").first.inner_text()
    assert TITLE not in published.inner_text()
    clean(page, "try")
    tab(page, "Map")
    page.get_by_role("button", name="Draw the draft").click()
    page.wait_for_selector("#picture svg path.fresh")
    assert page.locator("#picture figure > svg path.fresh").count() == 1
    clean(page, "map")


def delete(page: Page) -> None:
    tab(page, "Articles")
    page.locator("#files button.text", has_text="Asking for a reference").click()
    page.wait_for_selector("#opened")
    assert "window.pwned=23" in page.locator("#cut-passages").inner_text()
    clean(page, "article")
    press(page, "delete", sure=True)
    told(page, "Deleted")
    clean(page)


def test_an_article_is_pasted_tried_published_found_taken_back_and_deleted(
    desk: Visit, editing: Server, edited: Path
) -> None:
    page, article = desk.page, NAME.removesuffix(".md")
    clean(page, "articles")
    paste(page, edited)
    assert first_article(editing) != article
    try_on_draft(page)
    assert first_article(editing) != article
    tab(page, "Publish")
    press(page, "publish", sure=True)
    told(page, "Published.")
    assert first_article(editing) == article
    tab(page, "History")
    assert page.locator("#generations tbody tr").count() == 2
    clean(page, "history")
    press(page, "rollback", sure=True)
    told(page, "is served again")
    assert first_article(editing) != article
    delete(page)
    assert NAME not in find_files(edited / "corpus")
    assert len(list((edited / "corpus/.trash").rglob(NAME))) == 1


def test_an_article_is_opened_changed_and_the_earlier_version_put_back(desk: Visit, edited: Path) -> None:
    page, file = desk.page, edited / "corpus/cv.md"
    before = file.read_text()
    fill(page, "search", "writing a cv")
    page.wait_for_function("document.querySelectorAll('#files tbody tr').length === 1")
    press(page, "open")
    page.wait_for_selector("#text textarea")
    assert page.input_value("#text textarea") == before
    fill(page, "text", "---\ntitle: [\n---\nbroken")
    press(page, "check")
    page.wait_for_selector("#cut-passages .problem")
    assert "line 3" in page.locator("#cut-passages .problem").inner_text()
    fill(page, "text", before.replace("One page is enough", "A single page is enough"))
    press(page, "save")
    told(page, "Saved cv.md")
    assert "A single page is enough" in file.read_text()
    press(page, "close")
    page.wait_for_selector("#files .state.changed")
    page.locator("#files summary").click()
    page.locator("#files .plain li", has_text="cv.md").locator("button").click()
    page.locator("dialog button", has_not_text="Cancel").click()
    told(page, "Put cv.md back")
    assert file.read_text() == before


def test_files_are_uploaded_with_a_preview_and_replace_nothing_unasked(desk: Visit, edited: Path) -> None:
    page, corpus = desk.page, edited / "corpus"
    tab(page, "Add")
    old = (corpus / "cv.md").read_bytes()
    page.set_input_files(
        "#chosen",
        [
            {
                "name": "../../Job Fairs.HTML",
                "mimeType": "text/html",
                "buffer": b"<h1>Job fairs</h1><p>Go early, and " * 9,
            },
            {"name": "cv.md", "mimeType": "text/markdown", "buffer": b"# CV\n\nAnother text about a CV.\n"},
            {"name": "CV.md", "mimeType": "text/markdown", "buffer": b"# CV\n\nA third text.\n"},
            {"name": "empty.md", "mimeType": "text/markdown", "buffer": b"---\ntitle: nothing\n---\n"},
            {"name": "x.exe", "mimeType": "x/y", "buffer": b"MZ"},
        ],
    )
    told(page, "CV.md: gets the name of another that was chosen, cv.md; rename it")
    told(page, "x.exe: files with .exe are not read")
    assert page.locator("#uploading .staged > li").count() == 3
    assert "cannot be used" in page.locator("#uploading .staged > li").nth(2).inner_text()
    clean(page, "uploads")
    page.get_by_role("button", name="Discard empty.md").click()
    expect(page.locator("#uploading .staged > li")).to_have_count(2)
    page.get_by_role("button", name="Add job-fairs.html").click()
    told(page, "Saved job-fairs.html")
    assert (corpus / "job-fairs.html").exists()
    assert (corpus / "cv.md").read_bytes() == old
    press(page, "upload-over", sure=True)
    told(page, "Saved cv.md")
    assert b"Another text" in (corpus / "cv.md").read_bytes()
    many = [{"name": f"n{number}.md", "mimeType": "text/markdown", "buffer": b"# N\n\nText.\n"} for number in range(52)]
    page.set_input_files("#chosen", many)
    told(page, "2 files are left over, 50 go at a time")
    expect(page.locator("#uploading .staged > li")).to_have_count(50)
    assert {path.suffix for path in corpus.rglob("*.*") if path.is_file()} == {".html", ".md"}


def test_a_file_that_is_gone_since_it_was_chosen_is_named(desk: Visit, tmp_path: Path) -> None:
    page, gone = desk.page, tmp_path / "gone.md"
    tab(page, "Add")
    gone.write_text("# Gone\n\nText.\n")
    wait = "addEventListener('change', (event) => event.stopImmediatePropagation(), { capture: true, once: true })"
    page.evaluate(wait)
    page.set_input_files("#chosen", gone)
    gone.unlink()
    page.locator("#chosen").dispatch_event("change")
    told(page, "gone.md cannot be read. Choose it again.")
    assert page.locator("#chosen").input_value() == ""


def test_a_paste_of_a_word_processor_is_taken_and_kept_like_what_is_typed(desk: Visit) -> None:
    page = desk.page
    tab(page, "Add")
    page.focus("#body textarea")
    assert page.evaluate(PASTE, [WORD, "words"]) is True
    expect(page.locator("#body textarea")).to_have_value(WORD_READ)
    press(page, "preview")
    told(page, "needs a title")
    assert WORD_READ[:9] in page.evaluate("JSON.stringify(Object.values(localStorage))")


@pytest.mark.parametrize("desk", [PHONE, PHONE | {"color_scheme": "dark"}], indirect=True, ids=["phone", "dark"])
def test_every_tab_fits_a_phone(desk: Visit, request: pytest.FixtureRequest) -> None:
    page, kind = desk.page, request.node.callspec.id
    for name in ("Articles", "Add", "Questions", "Try", "Publish", "History", "Map"):
        tab(page, name)
        if name == "Map":
            press(page, "map")
            page.wait_for_selector("#picture svg")
        clean(page, f"{name.lower()}-{kind}")


def test_signing_out_leads_back_to_the_form(desk: Visit) -> None:
    page = desk.page
    assert page.evaluate("document.cookie") == ""
    page.get_by_role("button", name="Sign out").click()
    page.wait_for_selector("#password")
    clean(page)
    page.goto(f"{desk.server.url}/edit/")
    page.wait_for_selector("#password")


@pytest.mark.parametrize("desk", [{}, {"locale": "ar"}], indirect=True, ids=["English", "Arabic"])
def test_what_visitors_missed_becomes_a_question_of_a_section(
    desk: Visit, editing: Server, edited: Path, request: pytest.FixtureRequest
) -> None:
    page, kind = desk.page, request.node.callspec.id
    question = f"May I print my CV on blue paper? {kind}"
    told = {"question": question, "passage_id": None, "rating": "unhelpful", "reasons": ["incomplete"]}
    assert editing.post("/api/feedback", told | {"note": "a" * 1000})[0] == 204
    page.click("#tab-questions-button")
    asked = page.locator("#gaps .gap", has_text=kind)
    asked.locator("[data-act=sections]").click()
    page.wait_for_selector("#gaps .sections li")
    assert page.locator("#gaps .sections").evaluate("e => getComputedStyle(e).direction") == (
        "rtl" if kind == "Arabic" else "ltr"
    )
    clean(page, f"questions-{kind}")
    answers = page.locator("#gaps [data-act=answered]").first
    path = answers.get_attribute("data-path") or ""
    answers.click()
    page.wait_for_selector(f"#notice :text('{path}')")
    assert f'"{question}"' in (edited / "corpus" / path).read_text()
    asked.locator("[data-act=write]").click()
    expect(page.locator("#questions textarea")).to_have_value(re.compile(re.escape(question)), timeout=60_000)
    assert page.locator("#title input").is_visible()


def test_publishing_is_quiet_until_something_differs(desk: Visit, edited: Path) -> None:
    page = desk.page
    (edited / "corpus" / "fresh.md").write_text("# Fresh\n\nSomething that nobody has read yet.\n")
    page.reload()
    page.wait_for_selector("#files .state.new")
    tab(page, "Publish")
    assert page.locator("[data-act=publish].primary").is_enabled()
    press(page, "publish", sure=True)
    told(page, "Published.")
    quiet = page.locator("[data-act=publish]:not(.primary)")
    assert quiet.is_disabled()
    assert "Nothing to publish" in page.locator(f"#{quiet.get_attribute('aria-describedby')}").inner_text()
