"""What editors type outlives a request that fails, a session that ends, a page that is left, and another editor."""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Error, Page, Route, StorageState, expect

from chatbot.editing.corpus_edits import TRASH, list_trash
from tests.support.editors_page import (
    clean,
    fill,
    give_password,
    load,
    press,
    sign_in,
    start_editing,
    tab,
    told,
)
from tests.support.host_site import PHONE
from tests.support.server import Server
from tests.support.visit import Visit

PREDICT = "**/gradio_api/run/predict*"
MINE = "Mine of it, typed with care.\n"
THEIRS = "Theirs of it <img src=x onerror=window.pwned=1>.\n"


@pytest.fixture
def file(edited: Path) -> Iterator[Path]:
    """The article that is edited, as it was at first."""
    file = edited / "corpus/cv.md"
    before = file.read_bytes()
    yield file
    file.write_bytes(before)
    shutil.rmtree(edited / "corpus" / TRASH, ignore_errors=True)


@pytest.fixture(scope="module")
def session(browser: Browser, editing: Server) -> StorageState:
    """One session for all tests: who signs in too often has to wait."""
    visitor = Visit(browser, editing)
    sign_in(visitor.page, editing)
    kept = visitor.context.storage_state()
    visitor.context.close()
    return kept


@pytest.fixture
def visit(browser: Browser, editing: Server, session: StorageState, request: pytest.FixtureRequest) -> Iterator[Visit]:
    visitor = Visit(browser, editing, storage_state=session, **getattr(request, "param", {}))
    visitor.page.set_default_timeout(60_000)
    load(visitor.page, editing)
    yield visitor
    visitor.context.close()
    assert [said for said in visitor.errors if "Failed to load resource" not in said] == []


def open_article(page: Page, path: str = "cv.md") -> None:
    page.locator(f"#files button[data-act=open][data-value='{path}']").click()
    page.wait_for_selector(f"#opened-article [data-path='{path}']")


def begin(page: Page, file: Path, text: str = MINE) -> str:
    """Open the article and type under it; what is in the box then."""
    open_article(page, file.name)
    box = page.locator("#text textarea")
    expect(box).to_have_value(re.compile("Writing a CV"))
    box.press("Control+End")
    page.keyboard.insert_text(text)
    return box.input_value()


def answer(page: Page, label: str) -> None:
    page.locator("dialog button", has_text=label).click()


def again(page: Page, server: Server) -> None:
    """Load the page again, although it asks."""
    page.once("dialog", lambda dialog: dialog.accept())
    load(page, server)


def go_on(page: Page, name: str = "cv.md") -> None:
    page.locator("#unsaved button.text", has_text=name).first.click()


def stored(page: Page) -> list[str]:
    keys: list[str] = page.evaluate("Object.keys(localStorage).filter((key) => key.startsWith('career-chatbot-edit'))")
    return [key.rpartition(":")[2] for key in keys]


def answering(status: int) -> Callable[[Route], None]:
    return lambda route: route.fulfill(status=status, body="no")


def test_a_request_that_fails_keeps_what_was_typed_and_is_tried_again(visit: Visit, file: Path) -> None:
    page = visit.page
    text = begin(page, file)
    page.route(PREDICT, lambda route: route.abort())
    press(page, "save")
    expect(page.locator("#trouble-said")).to_contain_text("cannot be reached")
    expect(page.locator("#text textarea")).to_have_value(text)
    clean(page, "unreachable")
    page.unroute(PREDICT)
    for status, said in ((500, "could not do this"), (413, "more than the server")):
        page.route(PREDICT, answering(status))
        press(page, "save")
        expect(page.locator("#trouble-said")).to_contain_text(said)
        expect(page.locator("#text textarea")).to_have_value(text)
        page.unroute(PREDICT)
    page.get_by_role("button", name="Try again").click()
    told(page, "Saved cv.md")
    assert file.read_text() == text
    expect(page.locator("#trouble-said")).to_be_empty()
    assert stored(page) == []


def test_a_session_that_ended_is_begun_again_in_another_tab(visit: Visit, file: Path) -> None:
    page = visit.page
    text = begin(page, file)
    visit.context.clear_cookies()
    press(page, "save")
    expect(page.locator("#trouble-said")).to_contain_text("Your session has ended")
    clean(page, "session-ended")
    with visit.context.expect_page() as opening:
        page.get_by_role("link", name="Sign in in another tab").click()
    other = opening.value
    give_password(other)
    other.close()
    page.get_by_role("button", name="Try again").click()
    told(page, "Saved cv.md")
    assert file.read_text() == text


def test_a_server_that_was_started_again_takes_what_was_typed_before(
    browser: Browser, edited: Path, file: Path
) -> None:
    first = start_editing(edited)
    visit = Visit(browser, first)
    page = visit.page
    sign_in(page, first)
    text = begin(page, file)
    first.stop()
    press(page, "save")
    expect(page.locator("#trouble-said")).to_contain_text("cannot be reached")
    port = first.url.rpartition(":")[2]
    second = start_editing(edited, CHATBOT_SERVER__PORT=port)
    page.get_by_role("button", name="Try again").click()
    expect(page.locator("#trouble-said")).to_contain_text("Your session has ended")
    other = visit.context.new_page()
    sign_in(other, second)
    page.get_by_role("button", name="Try again").click()
    told(page, "Saved cv.md")
    visit.context.close()
    second.stop()
    assert file.read_text() == text


@pytest.mark.parametrize(
    "visit", [{}, PHONE, PHONE | {"color_scheme": "dark"}], indirect=True, ids=["", "phone", "dark"]
)
def test_leaving_an_article_asks_and_what_was_typed_can_wait(
    visit: Visit, file: Path, request: pytest.FixtureRequest
) -> None:
    page, kind = visit.page, request.node.callspec.id
    text = begin(page, file)
    press(page, "close")
    answer(page, "Cancel")
    expect(page.locator("#text textarea")).to_have_value(text)
    press(page, "close")
    clean(page, f"leaving-{kind}")
    answer(page, "Keep it for later")
    page.wait_for_selector("#files table:visible")
    expect(page.locator("#unsaved")).to_contain_text("cv.md")
    clean(page, f"unsaved-{kind}")
    go_on(page)
    expect(page.locator("#text textarea")).to_have_value(text)
    expect(page.locator("#opened-article")).to_contain_text("did not save")
    clean(page, f"unsaved-article-{kind}")
    press(page, "close")
    answer(page, "Discard it")
    page.wait_for_selector("#files table:visible")
    expect(page.locator("#unsaved-texts")).to_be_empty()
    assert (stored(page), file.read_text() == text) == ([], False)


def test_a_page_that_is_left_asks_and_brings_back_what_was_typed(visit: Visit, editing: Server, file: Path) -> None:
    page, asked = visit.page, list[str]()
    text = begin(page, file)

    def stay(dialog: Dialog) -> None:
        asked.append(dialog.type)
        dialog.dismiss()

    page.once("dialog", stay)
    with pytest.raises(Error, match="ERR_ABORTED"):
        page.goto(f"{editing.url}/edit/")
    expect(page.locator("#text textarea")).to_have_value(text)
    again(page, editing)
    assert asked == ["beforeunload"]
    go_on(page)
    expect(page.locator("#text textarea")).to_have_value(text)
    press(page, "save")
    told(page, "Saved cv.md")
    assert (file.read_text(), stored(page)) == (text, [])
    fill(page, "text", text + "more")
    assert stored(page) == ["cv.md"]
    fill(page, "text", text)  # as it is on the disk: there is nothing to lose
    assert stored(page) == []


def test_a_new_article_that_was_not_saved_is_in_its_form_again(visit: Visit, editing: Server) -> None:
    page = visit.page
    tab(page, "Add")
    fill(page, "title", "Half an article")
    fill(page, "body", MINE)
    again(page, editing)
    expect(page.locator("#unsaved")).to_contain_text("a new article")
    page.locator("#unsaved button.text", has_text="a new article").first.click()
    expect(page.locator("#title :is(input, textarea)")).to_have_value("Half an article")
    expect(page.locator("#body textarea")).to_have_value(MINE)
    clean(page, "unsaved-new")
    page.locator("#unsaved button[data-forget]").click()
    answer(page, "Discard it")
    expect(page.locator("#title :is(input, textarea)")).to_have_value("")
    assert stored(page) == []


def test_signing_out_asks_and_leaves_nothing_in_the_browser(visit: Visit, editing: Server, file: Path) -> None:
    page = visit.page
    visit.context.clear_cookies()  # of the session that the others go on with
    sign_in(page, editing)
    begin(page, file)
    assert stored(page) == ["cv.md"]
    page.get_by_role("button", name="Sign out").click()
    answer(page, "Cancel")
    assert stored(page) == ["cv.md"]
    page.get_by_role("button", name="Sign out").click()
    answer(page, "Sign out all the same")
    page.wait_for_selector("#password")
    assert page.evaluate("localStorage.length") == 0


def meet(page: Page, file: Path, act: str = "save") -> None:
    """Meet what another editor saved meanwhile."""
    file.write_text(file.read_text() + THEIRS)
    press(page, act)
    page.wait_for_selector("#conflict .versions")


@pytest.mark.parametrize(
    "visit", [{}, PHONE, PHONE | {"color_scheme": "dark"}], indirect=True, ids=["", "phone", "dark"]
)
def test_both_versions_are_shown_and_mine_can_be_kept(
    visit: Visit, file: Path, edited: Path, request: pytest.FixtureRequest
) -> None:
    page = visit.page
    text = begin(page, file)
    meet(page, file)
    assert "Theirs of it <img" in "".join(page.locator("#conflict td:first-child").all_inner_texts())
    assert "Mine of it" in "".join(page.locator("#conflict td:last-child").all_inner_texts())
    clean(page, f"conflict-{request.node.callspec.id}")
    assert THEIRS in file.read_text()
    page.get_by_role("button", name="Keep mine").click()
    told(page, "Saved cv.md")
    assert file.read_text() == text
    (kept,) = list_trash(edited / "corpus")
    assert THEIRS in (edited / "corpus" / TRASH / kept.key / "cv.md").read_text()
    expect(page.locator("#conflict .conflict")).to_have_count(0)


def test_theirs_can_be_taken_or_worked_into_mine(visit: Visit, file: Path) -> None:
    page = visit.page
    text = begin(page, file)
    meet(page, file)
    fill(page, "text", text + THEIRS)
    file.write_text(file.read_text() + "And more.\n")  # what was not seen yet is not overwritten either
    press(page, "save")
    expect(page.locator("#conflict")).to_contain_text("And more.")
    page.get_by_role("button", name="Take theirs").click()
    answer(page, "Take theirs")
    expect(page.locator("#text textarea")).to_have_value(file.read_text())
    assert (stored(page), "And more." in file.read_text()) == ([], True)
    begin_again = file.read_text() + MINE
    fill(page, "text", begin_again)
    meet(page, file)
    fill(page, "text", begin_again + THEIRS)
    press(page, "save")
    told(page, "Saved cv.md")
    assert file.read_text() == begin_again + THEIRS


def test_a_text_that_waited_meets_what_was_saved_meanwhile(visit: Visit, editing: Server, file: Path) -> None:
    page = visit.page
    text = begin(page, file)
    again(page, editing)
    file.write_text(file.read_text() + THEIRS)
    go_on(page)
    page.wait_for_selector("#conflict .versions")
    expect(page.locator("#text textarea")).to_have_value(text)
    again(page, editing)
    file.unlink()
    go_on(page)
    expect(page.locator("#conflict")).to_contain_text("deleted by somebody else")
    expect(page.locator("#text textarea")).to_have_value(text)
    page.get_by_role("button", name="Keep mine").click()
    told(page, "Saved cv.md")
    assert file.read_text() == text


def test_deleting_and_putting_back_meet_it_too(visit: Visit, file: Path, edited: Path) -> None:
    page, old = visit.page, file.read_text()
    open_article(page)
    file.write_text(old + THEIRS)
    press(page, "delete", sure=True)
    expect(page.locator("#conflict")).to_contain_text("Theirs of it")
    assert file.exists()
    page.get_by_role("button", name="Delete it all the same").click()
    told(page, "Deleted cv.md")
    assert not file.exists()
    page.locator("#files summary").click()
    file.write_text(old)
    press(page, "put-back")
    expect(page.locator("#conflict")).to_contain_text("Theirs of it")
    assert file.read_text() == old
    page.get_by_role("button", name="Put it back all the same").click()
    told(page, "Put cv.md back")
    assert file.read_text() == old + THEIRS


def test_an_upload_replaces_only_what_was_there_when_it_was_shown(visit: Visit, file: Path) -> None:
    page, mine = visit.page, "# CV\n\nAnother text about a CV.\n"
    chosen = {"name": "cv.md", "mimeType": "text/markdown", "buffer": mine.encode()}
    for way, text in (("Take theirs", None), ("Keep mine", mine)):
        tab(page, "Add")
        page.set_input_files("#chosen", [])
        page.set_input_files("#chosen", [chosen])
        page.wait_for_selector("#uploading [data-act=upload-over]")
        file.write_text(file.read_text() + THEIRS)
        theirs = file.read_text()
        press(page, "upload-over", sure=True)
        page.wait_for_selector("#conflict .versions")
        assert file.read_text() == theirs
        page.get_by_role("button", name=way).click()
        expect(page.locator("#uploading .staged")).to_have_count(0)
        assert file.read_text() == (text or theirs)


def test_a_form_replaces_only_what_was_there_when_it_was_shown(visit: Visit, file: Path) -> None:
    page = visit.page
    tab(page, "Add")
    fill(page, "title", "CV")
    fill(page, "body", MINE * 9)
    press(page, "save-new")
    page.wait_for_selector("#drafted [data-act=save-over]")
    file.write_text(file.read_text() + THEIRS)
    press(page, "save-over", sure=True)
    page.wait_for_selector("#conflict .versions")
    assert THEIRS in file.read_text()
    page.get_by_role("button", name="Keep mine").click()
    told(page, "Saved cv.md")
    assert file.read_text().endswith(MINE)
    assert stored(page) == []


def test_a_browser_that_keeps_nothing_still_asks(
    browser: Browser, editing: Server, session: StorageState, file: Path
) -> None:
    visit = Visit(browser, editing, storage_state=session)
    visit.context.add_init_script("Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})")
    page = visit.page
    page.set_default_timeout(60_000)
    load(page, editing)
    text = begin(page, file)
    press(page, "close")
    answer(page, "Keep it for later")
    page.wait_for_selector("#files table:visible")
    go_on(page)
    expect(page.locator("#text textarea")).to_have_value(text)
    visit.context.close()


def test_an_article_in_an_old_encoding_is_opened_changed_and_deleted(visit: Visit, edited: Path) -> None:
    page, file = visit.page, edited / "corpus/old.html"
    words = "<meta charset=shift_jis>\r\n<h1>給料</h1>\r\n<p>words of it, and more of them.</p>"
    file.write_bytes(words.encode("cp932"))
    fill(page, "search", "old.html")
    page.wait_for_function("document.querySelectorAll('#files tbody tr').length === 1")
    open_article(page, "old.html")
    expect(page.locator("#text textarea")).to_have_value(words.replace("\r\n", "\n"))
    fill(page, "text", words.replace("\r\n", "\n").replace("words", "other words"))
    press(page, "save")
    told(page, "Saved old.html")
    assert file.read_bytes() == words.replace("words", "other words").encode("cp932")
    fill(page, "text", words.replace("\r\n", "\n") + "Łódź")
    press(page, "save")
    told(page, "It is utf-8 now: not all of it fits in cp932")
    press(page, "delete", sure=True)
    told(page, "Deleted old.html")
    assert not file.exists()


def test_a_file_that_cannot_be_read_is_opened_with_its_reason_and_deleted(visit: Visit, edited: Path) -> None:
    page, corpus = visit.page, edited / "corpus"
    (corpus / "broken.md").write_bytes(b"# Gr\xf6\xdfe\n")
    (corpus / "huge.md").write_bytes(b"x" * 20_000_001)
    for name, reason in (("broken.md", "is not UTF-8"), ("huge.md", "above max_file_mb")):
        fill(page, "search", name)
        page.wait_for_function("document.querySelectorAll('#files tbody tr').length === 1")
        open_article(page, name)
        assert reason in page.locator("#opened-article").inner_text()
        assert not page.locator("#text textarea").is_visible()
        press(page, "delete", sure=True)
        told(page, f"Deleted {name}")
        assert not (corpus / name).exists()


def test_texts_of_another_installation_at_the_address_stay_their_own(visit: Visit, editing: Server) -> None:
    page = visit.page
    key = "career-chatbot-edit:0123456789abcdef:/edit/:cv.md"
    page.evaluate("key => localStorage.setItem(key, JSON.stringify({text: 'foreign', sha256: ''}))", key)
    load(page, editing)
    open_article(page)
    expect(page.locator("#text textarea")).to_have_value(re.compile("Writing a CV"))
    expect(page.locator("#unsaved-texts")).to_be_empty()
