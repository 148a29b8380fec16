"""Behind Debian's nginx with the very snippet of the documentation, which strips the public path, and a variant that
keeps it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urljoin

import httpx
import pytest
from playwright.sync_api import Browser, expect

from chatbot.serving.middleware.routes import LARGEST_EDIT
from chatbot.settings import Settings
from tests.support import copies
from tests.support.editors_page import sign_in, start_editing
from tests.support.nginx import nginx
from tests.support.places import ROOT
from tests.support.server import Server
from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit
from tests.support.waiting import eventually

SNIPPET = (ROOT / "docs/deploying/nginx.conf").read_text(encoding="utf-8")
LOG_FORMAT = (ROOT / "docs/deploying/nginx-log.conf").read_text(encoding="utf-8")


@pytest.fixture(scope="module", params=["strips", "keeps"])
def proxied(
    server: Server, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    """Nginx in front of the server; its address with the public path."""
    with behind_nginx(server, tmp_path_factory.mktemp(f"nginx-{request.param}"), request.param) as running:
        yield running


@contextmanager
def behind_nginx(server: Server, folder: Path, way: str) -> Iterator[Server]:
    assert SNIPPET.count("http://127.0.0.1:7860/;") == 1
    upstream = f"{server.url}/;" if way == "strips" else f"{server.url};"
    edit = f"{server.url}/edit;" if way == "strips" else f"{server.url};"
    snippet = SNIPPET.replace("http://127.0.0.1:7860/;", upstream).replace("http://127.0.0.1:7860/edit;", edit)
    assert "7860/" not in snippet
    assert snippet.count("/var/log/nginx/") == 1
    snippet = snippet.replace("/var/log/nginx/", f"{folder}/")
    icon = "location = /favicon.ico { return 204; }  # of the site around, which browsers ask for\n"
    with nginx(folder, icon + snippet, LOG_FORMAT) as (process, port):
        yield Server(process, f"http://127.0.0.1:{port}/careers")


def test_a_visitor_asks_under_the_public_path(proxied: Server, browser: Browser) -> None:
    visit = Visit(browser, proxied)
    page = visit.open("/chat/")
    visit.ask(QUESTION)
    assert "Explain a gap in your CV in one plain line" in page.locator("#talk").inner_text()
    link = page.locator("#talk a[href*='/articles/cv']").first.get_attribute("href")
    assert link
    page.goto(urljoin(page.url, link))
    assert page.locator("h1").inner_text() == "Writing a CV"
    visit.context.close()
    assert visit.foreign() == [], "a request left the public path"
    assert visit.errors == []


def test_the_api_and_the_health_checks_answer_under_the_public_path(proxied: Server) -> None:
    assert json.loads(proxied.post("/api/ask", {"question": QUESTION})[2])["verdict"] == "answered"
    assert json.loads(proxied.get("/healthz")[2]) == {"status": "ok"}
    assert json.loads(proxied.get("/readyz")[2])["status"] == "ready"
    assert proxied.get("/api/articles/money/pay")[0] == 200


def test_the_root_and_the_path_without_a_slash_lead_to_the_chat(proxied: Server) -> None:
    for path in ("", "/"):
        status, _, body = proxied.get(path)
        assert (status, 'id="gradio"' in body) == (200, True)


def test_metrics_are_not_shown_through_the_proxy(proxied: Server) -> None:
    assert proxied.get("/metrics")[0] == 404


def test_the_request_id_of_the_proxy_is_taken_over(proxied: Server) -> None:
    assert re.fullmatch(r"[0-9a-f]{32}", proxied.get("/healthz")[1]["X-Request-Id".lower()])


def test_what_does_not_exist_does_not_exist_behind_a_proxy_either(proxied: Server) -> None:
    paths = ["/chat/gradio_api/upload", "/chat/gradio_api/file=/etc/passwd", "/../healthz", "/api/../metrics"]
    assert [proxied.get(path)[0] for path in paths] == [404, 404, 404, 404]


def test_the_unit_for_systemd_names_commands_that_exist() -> None:
    unit = Path(ROOT / "docs/deploying/career-chatbot.service").read_text()
    assert re.search(r"^ExecStart=\S+/chatbot serve$", unit, re.MULTILINE)
    assert int(re.findall(r"TimeoutStopSec=(\d+)", unit)[0]) > 10


def test_only_what_editors_send_may_be_large(proxied: Server) -> None:
    answer = httpx.post(f"{proxied.url}/api/ask", content=b"x" * 1_000_000, timeout=120)
    assert answer.status_code == 413
    assert "<center>nginx" in answer.text


def test_what_visitors_ask_stands_in_no_log(proxied: Server, browser: Browser) -> None:
    visit = Visit(browser, proxied)
    page = visit.open("/chat/?q=zanzibar+first")
    visit.settle()
    assert page.url.endswith("/careers/chat/#q=zanzibar+first")
    visit.ask("zanzibar second")
    with page.expect_response("**/api/suggest*"):
        page.locator("#box textarea").press_sequentially("zanzibar third")
    page.goto("about:blank")
    visit.open("/chat/#q=zanzibar+fourth")
    visit.settle()
    page.evaluate("location.hash = 'q=zanzibar+fifth'")
    page.wait_for_function("document.querySelectorAll('#talk .question').length === 4")
    visit.settle()
    page.goto(f"{proxied.url}/embed/preview")
    page.locator("career-chatbot .launcher").click()
    page.locator("career-chatbot textarea").fill("zanzibar sixth")
    page.locator("career-chatbot textarea").press("Enter")
    page.locator("career-chatbot .turn :is(.card, .say)").first.wait_for()
    visit.context.close()
    assert [request for request in visit.requests if "zanzibar" in request.partition("?q=")[0].partition("#")[0]] == []
    assert len([request for request in visit.requests if "zanzibar" in request.partition("#")[0]]) == 1
    turn = {"question": "zanzibar", "searched_as": "zanzibar", "shown": ["x" * 300] * 50}
    assert proxied.post("/api/ask", {"question": "zanzibar seventh", "history": [turn]})[0] in (200, 422)
    assert proxied.post("/api/ask", {"question": "zanzibar " * 9000})[0] == 413
    assert proxied.post("/api/suggest", {"q": "zanzibar"})[0] == 200
    assert proxied.get("/api/suggest?q=zanzibar", {"Referer": "https://zanzibar.example/?q=zanzibar"})[0] == 200
    folder = Path(proxied.process.args[2]).parent  # type: ignore[index, arg-type]
    # nginx writes a line once it has let go of the connection
    eventually(lambda: '"GET /careers/api/suggest" 200' in (folder / "careers.log").read_text(), seconds=60)
    log = (folder / "careers.log").read_text()
    assert log.count('"POST /careers/api/suggest" 200') >= 2
    assert log.count('"POST /careers/api/ask" ') >= 3
    assert "too large body" in (folder / "error.log").read_text()
    files = [path for path in folder.rglob("*") if path.is_file()]
    assert [path.name for path in files if "zanzibar" in path.read_text()] == []
    assert "buffered to a temporary file" not in (folder / "error.log").read_text()


def test_editors_upload_as_much_as_is_said(browser: Browser, served_folder: Path, tmp_path: Path) -> None:
    """A file of exactly `max_file_mb`, beside a text that is open and was typed."""
    folder = tmp_path / "served"
    copies.copy(served_folder, folder)
    running = start_editing(folder)
    with behind_nginx(running, tmp_path, "strips") as proxied:
        for _ in range(3):
            signed_out = httpx.post(
                f"{proxied.url}/edit/gradio_api/run/predict", content=b"x" * 20_000_000, timeout=120
            )
            assert signed_out.status_code == 401
            assert "sign in at" in signed_out.json()["detail"]
        visit = Visit(browser, proxied)
        page = visit.page
        sign_in(page, proxied)
        page.locator("#files button[data-value='cv.md']").click()
        page.fill("#text textarea", "é" * 1_000_000)
        page.get_by_role("tab", name="Add", exact=True).click()
        text = b"# Job fairs\n\nGo early, and talk to whoever looks bored.\n\n<!-- %b -->\n"
        file = tmp_path / "job-fairs.md"
        size = int(Settings().max_file_mb * 1_000_000)
        file.write_bytes(text % (b"x" * (size - len(text) + 2)))
        assert file.stat().st_size == size
        page.set_input_files("#chosen", file)
        page.get_by_role("button", name="Add job-fairs.md").click(timeout=240_000)
        expect(page.locator("#notice")).to_contain_text("Saved job-fairs.md", timeout=240_000)
        visit.context.close()
    running.stop()
    assert (folder / "corpus/job-fairs.md").read_bytes() == file.read_bytes()
    assert visit.errors == []


def test_the_proxy_takes_from_editors_what_the_chatbot_takes() -> None:
    edit = SNIPPET[SNIPPET.index("location /careers/edit") :]
    allowed = int(re.findall(r"client_max_body_size (\d+)m;", edit)[0]) * 2**20
    assert allowed == LARGEST_EDIT > 20e6 * 4 / 3
