"""What somebody sees who opens an address that is refused, and what a program is told at the same address."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect

from tests.support.server import Server, start_server
from tests.support.visit import Visit

BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}


@pytest.fixture(scope="module")
def strict(served_folder: Path) -> Iterator[Server]:
    """A server that lets an address read ten articles an hour."""
    running = start_server(served_folder, CHATBOT_SERVER__RATE="1/hour")
    yield running
    running.stop()


@pytest.mark.parametrize("path", ["/nowhere", "/deep/down/nowhere", "/chat/nowhere"])
def test_an_address_that_is_not_there_is_a_page_that_leads_on(visit: Visit, path: str) -> None:
    page = visit.open("/articles")
    answer = page.goto(visit.server.url + path)
    assert answer
    assert answer.status == 404
    expect(page.locator("h1")).to_have_text("There is nothing at this address")
    assert page.evaluate("getComputedStyle(document.querySelector('main')).maxWidth") == "720px"
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
    visit.shoot(f"refused{path.replace('/', '-')}")
    page.get_by_role("link", name="Articles").click()
    expect(page).to_have_url(f"{visit.server.url}/articles")
    visit.errors.clear()  # the browser itself reports the 404


def test_who_reads_too_fast_is_told_how_long_to_wait_in_their_language(strict: Server) -> None:
    seen = [strict.get("/articles/cv", BROWSER | {"Accept-Language": "de"}) for _ in range(11)]
    assert [status for status, _, _ in seen] == [200] * 10 + [429]
    _, headers, html = seen[-1]
    assert int(headers["retry-after"]) > 300
    assert (headers["content-language"], headers["content-type"]) == ("de", "text/html; charset=utf-8")
    assert "Zu viele Fragen in kurzer Zeit. In 6 Minuten geht es weiter." in html
    assert "frame-ancestors 'self'" in headers["content-security-policy"]
    assert json.loads(strict.get("/articles/cv")[2])["status"] == 429


@pytest.mark.parametrize("path", ["/api/articles/nowhere", "/api/nowhere", "/api/ask"])
def test_programs_get_a_problem_whatever_they_accept(server: Server, path: str) -> None:
    status, headers, body = server.get(path, BROWSER)
    assert headers["content-type"] == "application/problem+json"
    assert json.loads(body)["status"] == status


def test_what_is_refused_for_another_reason_says_it_and_keeps_its_headers(server: Server) -> None:
    status, headers, html = server.get("/edit/sign-out", BROWSER | {"Host": "<b>"})
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    status, headers, html = server.get("/chat/gradio_api/run/predict", BROWSER)
    assert (status, headers["allow"]) == (405, "POST")
    assert "/chat/gradio_api/run/predict takes POST, not GET" in html
    assert "no-cache" in headers["cache-control"]
