"""The server as a program meets it: a real process on a free port."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import signal
import socket
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
import uvicorn
from playwright.sync_api import Browser
from starlette.types import Receive, Scope, Send

from chatbot.errors import ChatbotError
from chatbot.serving.server import PatientProtocol, address, bind
from chatbot.serving.web.languages import ENGLISH, LANGUAGES
from tests.support.server import COMMAND, Server, start_server
from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit
from tests.support.waiting import eventually


def test_health_and_the_api_answer_before_the_page_is_there(served_folder: Path) -> None:
    server = start_server(served_folder)
    try:
        assert server.get("/healthz")[::2] == (200, '{"status":"ok"}')
        status, headers, body = server.get("/readyz")
        assert (status, headers["retry-after"]) == (503, "1")
        assert "loading" in json.loads(body)["detail"]
        assert server.get("/chat/")[0] == 503
        assert server.post("/api/ask", {"question": QUESTION})[0] == 200
        server.wait_until_ready()
        assert json.loads(server.get("/readyz")[2]) == {
            "status": "ready",
            "generation": (served_folder / "index" / "CURRENT").read_text().strip(),
        }
    finally:
        assert server.stop() == 0


def test_a_question_is_answered_with_the_record_as_json(server: Server) -> None:
    status, headers, body = server.post("/api/ask", {"question": QUESTION, "k": 2})
    answer = json.loads(body)
    assert (status, headers["content-type"]) == (200, "application/json")
    assert answer["question"] == QUESTION
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    assert answer["hits"][0]["passage"]["id"].startswith("cv#")
    assert answer["hits"][0]["passage"]["updated"] == "2025-01-15"
    assert set(answer) == {
        "question", "searched_as", "verdict", "confidence", "hits", "message", "topics", "follow_ups", "generation",
        "took_ms", "message_language", "notice", "in_short", "contact", "read_as", "follows", "comparison",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/question"),
        ({"question": ""}, "/question"),
        ({"question": 7}, "/question"),
        ({"question": "x" * 5000}, "/question"),
        ({"question": "x", "k": 0}, "/k"),
        ({"question": "x", "k": 21}, "/k"),
        ({"question": "x", "colour": "red"}, "/colour"),
        ({"question": "x", "filters": {"updated_since": "yesterday"}}, "/filters/updated_since"),
        ({"question": "x", "history": [{"shown": []}]}, "/history/0/question"),
    ],
)
def test_a_body_that_cannot_be_used_is_named_by_place(server: Server, body: dict[str, object], pointer: str) -> None:
    status, headers, answer = server.post("/api/ask", body)
    problem = json.loads(answer)
    assert (status, headers["content-type"]) == (422, "application/problem+json")
    assert [error["pointer"] for error in problem["errors"]] == [pointer]


def test_a_blank_question_is_refused_with_what_to_do(server: Server) -> None:
    status, _, answer = server.post("/api/ask", {"question": " \n "})
    assert status == 422
    assert "empty" in json.loads(answer)["detail"]


@pytest.mark.parametrize("body", [b"", b"{", b"[1,2", b"\xff\xfe", b'{"question": NaN}', b"null"])
def test_a_malformed_body_is_a_problem_and_no_crash(server: Server, body: bytes) -> None:
    status, headers, _ = server.post("/api/ask", body)
    assert (status, headers["content-type"]) == (422, "application/problem+json")


def test_a_body_that_is_no_json_is_called_so(server: Server) -> None:
    status, _, body = server.post("/api/ask", b'{"question": "pay"')
    assert (status, json.loads(body)["detail"]) == (
        422,
        "the body is no JSON: Expecting ',' delimiter at character 18",
    )
    assert json.loads(body)["errors"][0]["pointer"] == ""  # RFC 6901: the whole document
    assert json.loads(server.post("/api/ask", b"")[2])["detail"] == "the body: is missing; send it"


def test_a_body_over_the_limit_is_refused_by_its_length(server: Server) -> None:
    assert server.post("/api/ask", {"question": "x" * 70_000})[0] == 413


def test_a_body_over_the_limit_is_refused_when_it_hides_its_length(server: Server) -> None:
    place = urlsplit(server.url)
    head = f"POST /api/ask HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Type: application/json\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=30) as connection:
        # The guard cuts the body off, with a word or by hanging up, whichever the client sees first.
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            connection.sendall(f"{head}Transfer-Encoding: chunked\r\n\r\n".encode())
            for _ in range(10):
                connection.sendall(b"2710\r\n" + b"x" * 10_000 + b"\r\n")
            connection.sendall(b"0\r\n\r\n")
        answer = b""
        with contextlib.suppress(ConnectionResetError):
            answer = connection.recv(100)
    assert answer == b"" or answer.split()[1] in (b"400", b"413")
    assert server.get("/healthz")[0] == 200


@pytest.mark.parametrize(
    "path",
    [
        "/chat/gradio_api/upload", "/chat/gradio_api/upload_progress", "/chat/gradio_api/file=/etc/passwd",
        "/chat/file=/etc/passwd", "/chat/gradio_api/proxy=https://example.org", "/chat/gradio_api/component_server",
        "/chat/gradio_api/queue/join", "/chat/gradio_api/queue/data", "/chat/dev/reload", "/chat/login",
        "/chat/openapi.json", "/chat/gradio_api/openapi.json", "/chat/monitoring", "/chat/gradio_api/stream/x/y/z",
        "/chat/gradio_api/call/ask", "/chat/gradio_api/deep_link", "/docs", "/openapi.json", "/unknown",
        "/static/..%2fapp.py", "/static/../app.py", "/articles/..%2f..%2fetc%2fpasswd",
    ],
)  # fmt: skip
def test_what_the_page_does_not_need_does_not_exist(server: Server, path: str) -> None:
    assert server.get(path)[0] == 404
    assert server.post(path, {})[0] in (404, 405)


def test_a_file_named_in_a_request_is_never_read(server: Server, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("canary-7f3a")
    config = json.loads(server.get("/chat/config")[2])
    file = {"path": str(canary), "meta": {"_type": "gradio.FileData"}, "orig_name": "canary.txt", "url": None}
    for dependency in config["dependencies"]:
        data = [file for _ in dependency["inputs"]] or [file]
        body = {"fn_index": dependency["id"], "data": data, "session_hash": "canary", "event_data": file}
        assert "canary-7f3a" not in server.post("/chat/gradio_api/run/predict", body)[2]
    chat = {"role": "user", "content": [{"type": "file", "file": file}], "metadata": None, "options": None}
    body = {"fn_index": 0, "data": [chat, [chat]], "session_hash": "canary"}
    assert "canary-7f3a" not in server.post("/chat/gradio_api/run/predict", body)[2]


def test_a_gradio_call_with_a_file_from_outside_is_refused(server: Server, tmp_path: Path) -> None:
    canary = tmp_path / "canary.txt"
    canary.write_text("canary-7f3a")
    config = json.loads(server.get("/chat/config")[2])
    file = {"path": str(canary), "meta": {"_type": "gradio.FileData"}}
    taking = [found["id"] for found in config["dependencies"] if found["inputs"]]
    assert len(taking) == 2
    for number in taking:
        call = {"fn_index": number, "data": [file], "session_hash": "c"}
        status, _, body = server.post("/chat/gradio_api/run/predict", call)
        assert status >= 400
        assert "canary-7f3a" not in body


def test_security_headers_are_on_every_answer(server: Server) -> None:
    for path in ("/chat/", "/healthz", "/articles/cv", "/unknown", "/api/openapi.json", "/static/none.css"):
        _, headers, _ = server.get(path)
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "strict-origin-when-cross-origin"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]
        assert "access-control-allow-origin" not in headers


def test_files_of_a_page_may_load_and_do_nothing_as_documents(server: Server) -> None:
    headers = server.get("/static/page.css")[1]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["content-security-policy"] == "default-src 'none'"
    assert "permissions-policy" not in headers


def test_another_origin_is_not_let_in(server: Server) -> None:
    for path in ("/chat/", "/chat/config", "/healthz"):
        _, headers, _ = server.get(path, {"Origin": "https://evil.example"})
        assert not [name for name in headers if name.lower().startswith("access-control-")]


def test_files_named_by_their_content_are_kept_by_browsers(server: Server) -> None:
    page = server.get("/chat/")[2]
    asset = re.search(r'"\./(assets/[^"]+\.js)"', page)
    assert asset
    assert server.get(f"/chat/{asset[1]}")[1]["cache-control"] == "public, max-age=31536000, immutable"
    assert server.get("/chat/")[1]["cache-control"] == "no-cache"
    own = re.findall(r'(?:href|src)="\.\.(/static/[^"]+)"', page)
    assert "/static/favicon.svg" in {place.partition("?")[0] for place in own}
    for place in own:
        assert server.get(place)[1]["cache-control"] == "public, max-age=31536000, immutable"


@pytest.mark.parametrize("query", ["", "?v=000000000000", "?v="])
def test_a_file_at_another_address_than_todays_is_asked_for_again(server: Server, query: str) -> None:
    for name in ("page.js", "favicon.svg"):
        status, headers, _ = server.get(f"/static/{name}{query}")
        assert (status, headers["cache-control"]) == (200, "no-cache")
        assert server.get(f"/static/{name}{query}", {"If-None-Match": headers["etag"]})[0] == 304


def test_the_root_leads_to_the_chat_under_any_prefix(server: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=30)
    connection.request("GET", "/")
    answer = connection.getresponse()
    assert (answer.status, answer.headers["location"]) == (307, "chat/")


def test_an_unknown_article_is_a_page_that_says_so(server: Server) -> None:
    status, headers, body = server.get("/articles/none-such")
    assert (status, headers["content-type"]) == (404, "text/html; charset=utf-8")
    assert "none-such" in body


def test_the_article_page_marks_the_cited_passage_and_runs_no_script(server: Server) -> None:
    passage = json.loads(server.post("/api/ask", {"question": QUESTION})[2])["hits"][0]["passage"]["id"]
    status, headers, body = server.get(f"/articles/cv?passage={passage.replace('#', '%23')}")
    assert status == 200
    assert '<p class="cited">Explain a gap in your CV in one plain line' in body
    assert "<p>One page is enough" in body
    assert "script-src" not in headers["content-security-policy"]
    assert headers["content-security-policy"].startswith("default-src 'none'")


LOST = "The passage that this link led to was changed or removed since. This is the article as it is now."


@pytest.mark.parametrize(
    ("query", "notes"),
    [
        ("?passage=cv%2399", [LOST]),
        ("?passage=money/pay%231", [LOST]),
        ("?passage=cv%2399&lang=de", [LANGUAGES["de"]("lost")]),
        ("?passage=cv%231", [ENGLISH("cited") + " "]),
        ("?passage=", []),
        ("", []),
    ],
)
def test_a_link_to_a_passage_that_is_gone_says_so_over_the_article(
    server: Server, query: str, notes: list[str]
) -> None:
    status, _, body = server.get(f"/articles/cv{query}")
    assert (status, re.findall(r'<p class="cited note">([^<]+)', body)) == (200, notes)


def test_an_open_page_holds_no_connection_and_is_no_error_when_the_server_ends(
    served_folder: Path, tmp_path: Path, browser: Browser
) -> None:
    server = start_server(served_folder, tmp_path / "log")
    server.wait_until_ready()
    visit = Visit(browser, server)
    page = visit.open("/chat/")
    page.wait_for_load_state("networkidle")
    assert server.get("/chat/gradio_api/heartbeat/open")[0] == 404
    assert server.stop() == 0
    visit.context.close()
    assert (tmp_path / "log").read_text() == ""


def test_the_server_ends_within_ten_seconds_of_sigterm_whatever_it_waits_for(
    served_folder: Path, tmp_path: Path
) -> None:
    journal = tmp_path / "journal.sqlite"
    server = start_server(served_folder, tmp_path / "log", CHATBOT_JOURNAL__PATH=str(journal))
    place = urlsplit(server.url).netloc.rsplit(":", 1)
    body = json.dumps({"question": QUESTION, "rating": "helpful"})
    head = f"POST /api/feedback HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}"
    with contextlib.closing(sqlite3.connect(journal, isolation_level=None)) as other, contextlib.ExitStack() as waiting:
        other.execute("BEGIN EXCLUSIVE")  # each of them waits for it for ten seconds, one after another
        for _ in range(4):
            connection = waiting.enter_context(socket.create_connection(place, timeout=30))
            connection.sendall(f"{head}\r\n\r\n{body}".encode())
        assert server.get("/healthz")[0] == 200
        began = time.monotonic()
        assert server.stop() == 0
        assert time.monotonic() - began < 10.5
    assert "was cut off" in (tmp_path / "log").read_text()


@pytest.mark.parametrize("told", [signal.SIGTERM, signal.SIGINT, signal.SIGKILL])
def test_workers_answer_beside_the_server_and_end_with_it(
    served_folder: Path, tmp_path: Path, told: signal.Signals
) -> None:
    server = start_server(served_folder, tmp_path / "log", CHATBOT_SERVER__WORKERS="2")
    eventually(lambda: "\nchatbot_workers 2.0\n" in server.get("/metrics")[2])
    own = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    beside = [Path("/proc", number) for number in own.read_text().split()]
    assert len(beside) >= 2
    used = sum(_processor_time(process) for process in beside)
    for number in range(40):
        status, _, body = server.post("/api/ask", {"question": f"{QUESTION} {number}"})
        assert (status, json.loads(body)["hits"][0]["passage"]["id"].split("#")[0]) == (200, "cv")
    assert sum(_processor_time(process) for process in beside) > used + 10
    server.process.send_signal(told)
    assert server.process.wait(30) == (-told if told is signal.SIGKILL else 0)
    eventually(lambda: not any(process.exists() for process in beside), 20)
    assert told is signal.SIGKILL or (tmp_path / "log").read_text() == ""


def _processor_time(process: Path) -> int:
    """Of a process, in hundredths of a second."""
    return sum(map(int, (process / "stat").read_text().rpartition(")")[2].split()[11:13]))


def test_what_the_server_cannot_do_is_told_without_its_paths(served_folder: Path, tmp_path: Path) -> None:
    journal = tmp_path / "journal.sqlite"
    server = start_server(served_folder, tmp_path / "log", CHATBOT_JOURNAL__PATH=str(journal))
    try:
        journal.mkdir()
        status, headers, body = server.post("/api/feedback", {"question": QUESTION, "rating": "helpful"})
        assert (status, headers["retry-after"]) == (503, "5")
        assert json.loads(body)["detail"] == "the chatbot cannot answer at the moment; its log says why"
        assert str(journal) in (tmp_path / "log").read_text()
    finally:
        server.stop()


@pytest.fixture
def read_slowly(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[int, int, float], int]]:
    """Ask a server for so many bytes, read so many of them each tenth of a second, and count what came in the end.

    The server waits half a second for its readers. Nothing is read for so many seconds at first.
    """
    monkeypatch.setattr("chatbot.serving.server.READ_SECONDS", 0.5)

    async def answer(scope: Scope, _: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"x" * int(scope["path"][1:])})

    listener = bind("127.0.0.1", 0)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 2**15)
    running = uvicorn.Server(uvicorn.Config(answer, http=PatientProtocol, lifespan="off", log_config=None))
    thread = threading.Thread(target=running.run, args=([listener],))
    thread.start()

    def read(size: int, part: int, pause: float) -> int:
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2**11)
            connection.settimeout(30)
            connection.connect(listener.getsockname())
            connection.sendall(f"GET /{size} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode())
            came = 0
            time.sleep(pause)
            with contextlib.suppress(ConnectionResetError):
                while got := len(connection.recv(part)):
                    came += got
                    time.sleep(0.1 * got / part)
            return came

    yield read
    running.should_exit = True
    thread.join(30)


@pytest.mark.parametrize("size", [100_000, 5_000_000])
def test_who_reads_nothing_of_an_answer_is_cut_off(read_slowly: Callable[[int, int, float], int], size: int) -> None:
    assert read_slowly(size, 2**16, 2) < size


def test_who_reads_slowly_gets_all_of_an_answer(read_slowly: Callable[[int, int, float], int]) -> None:
    assert read_slowly(600_000, 2**14, 0) > 600_000


def test_a_port_that_is_taken_is_named_with_what_to_do(served_folder: Path, server: Server) -> None:
    port = urlsplit(server.url).port
    done = subprocess.run(
        [*COMMAND, "serve", "--port", str(port)], cwd=served_folder, capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert f"port {port}" in done.stderr
    assert "--port" in done.stderr


def test_a_host_that_is_not_this_machine_is_a_plain_error() -> None:
    for host in ("203.0.113.7", "no-such-name.invalid"):
        with pytest.raises(
            ChatbotError, match=rf"cannot listen on {host}, port 0: .*; set \[server\] host to an address"
        ):
            bind(host, 0)


def test_the_printed_address_is_one_that_a_browser_can_open() -> None:
    for host, shown in (("127.0.0.1", "127.0.0.1"), ("0.0.0.0", "127.0.0.1")):  # noqa: S104
        with bind(host, 0) as listener:
            assert address(listener) == f"http://{shown}:{listener.getsockname()[1]}"
