"""The server as an operator meets it: proxies, rates, metrics, logs and slow clients; a real process."""

from __future__ import annotations

import http.client
import itertools
import json
import re
import socket
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests.support.server import Server, start_server
from tests.support.serving_corpus import QUESTION

UNTRUSTED = "127.0.0.2"  # this machine by another address, which is no trusted proxy
RATE = 5


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("log") / "stderr"


@pytest.fixture(scope="module")
def operated(served_folder: Path, log: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server with a low rate, JSON lines, and a site with a lower rate for all its visitors."""
    config = tmp_path_factory.mktemp("operated") / "chatbot.toml"
    config.write_text('[[sites]]\norigins = ["https://slow.example"]\nrate = "2/hour"\n')
    running = start_server(
        served_folder,
        log,
        CHATBOT_CONFIG=str(config),
        CHATBOT_SERVER__RATE=f"{RATE}/hour",
        CHATBOT_SERVER__LOG="json",
        CHATBOT_SERVER__TRUSTED_PROXIES='["127.0.0.1"]',
        CHATBOT_JOURNAL__KEEP_DAYS="0",
    )
    yield running
    assert running.stop() == 0


def send(
    server: Server, method: str, path: str, headers: dict[str, str] | None = None, *, source: str = "127.0.0.1"
) -> tuple[int, dict[str, str], str]:
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60, source_address=(source, 0))
    body = json.dumps({"question": QUESTION}) if method == "POST" else None
    connection.request(method, path, body, {"Content-Type": "application/json", **(headers or {})})
    answer = connection.getresponse()
    return answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read().decode()


def ask(server: Server, visitor: str, source: str = "127.0.0.1", **headers: str) -> int:
    return send(server, "POST", "/api/ask", {"X-Forwarded-For": visitor, **headers}, source=source)[0]


def test_a_visitor_that_asks_too_often_is_told_when_to_come_back(operated: Server) -> None:
    assert [ask(operated, "192.0.2.1") for _ in range(RATE + 1)] == [200] * RATE + [429]
    status, headers, body = send(operated, "POST", "/api/ask", {"X-Forwarded-For": "192.0.2.1"})
    assert (status, headers["content-type"]) == (429, "application/problem+json")
    assert 0 < int(headers["retry-after"]) <= 3600 / RATE
    assert headers["retry-after"] in json.loads(body)["detail"]
    assert ask(operated, "192.0.2.2") == 200
    assert send(operated, "GET", "/healthz", {"X-Forwarded-For": "192.0.2.1"})[0] == 200


def test_a_page_of_all_articles_costs_as_much_as_a_question(operated: Server) -> None:
    sent = {"X-Forwarded-For": "192.0.2.60"}
    statuses = [send(operated, "GET", "/api/articles?limit=200", sent)[0] for _ in range(RATE + 1)]
    assert statuses == [200] * RATE + [429]


def test_an_untrusted_peer_cannot_pass_for_somebody_else(operated: Server) -> None:
    statuses = [ask(operated, f"198.51.100.{number}", UNTRUSTED) for number in range(RATE + 1)]
    assert statuses == [200] * RATE + [429]


def test_an_address_that_a_visitor_puts_in_front_does_not_count(operated: Server) -> None:
    statuses = [ask(operated, f"198.51.100.{number}, 192.0.2.3") for number in range(RATE + 1)]
    assert statuses == [200] * RATE + [429]
    assert ask(operated, "not an address, 192.0.2.3:80, 127.0.0.1") == 429


def test_the_visitors_of_a_site_share_its_rate_and_read_the_refusal(operated: Server) -> None:
    origin = {"Origin": "https://slow.example"}
    assert [ask(operated, f"192.0.2.{number}", **origin) for number in range(10, 13)] == [200, 200, 429]
    _, headers, _ = send(operated, "POST", "/api/ask", {"X-Forwarded-For": "192.0.2.13", **origin})
    assert headers["access-control-allow-origin"] == "https://slow.example"
    assert "retry-after" in headers["access-control-expose-headers"]
    assert ask(operated, "192.0.2.14") == 200


def test_metrics_count_requests_and_verdicts_and_name_the_index(operated: Server, served_folder: Path) -> None:
    ask(operated, "192.0.2.20")
    status, headers, body = send(operated, "GET", "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    generation = (served_folder / "index" / "CURRENT").read_text().strip()
    assert f'chatbot_index_info{{generation="{generation}"}} 1.0' in body
    assert re.search(r'^chatbot_requests_total{method="POST",route="/api/ask",status="200"} [1-9]', body, re.MULTILINE)
    assert re.search(r'^chatbot_answers_total{verdict="answered"} [1-9]', body, re.MULTILINE)
    assert re.search(r'^chatbot_request_seconds_bucket{le="10.0",route="/api/ask"} [1-9]', body, re.MULTILINE)
    assert "chatbot_articles 5.0" in body
    assert "process_resident_memory_bytes" in body
    assert "gap" not in body


def test_metrics_are_not_shown_to_visitors(operated: Server) -> None:
    assert send(operated, "GET", "/metrics", {"X-Forwarded-For": "192.0.2.1"})[0] == 404
    assert send(operated, "GET", "/metrics", {"X-Forwarded-For": "127.0.0.1, 192.0.2.1"})[0] == 404
    for said in ("192.0.2.1:51234", "[2001:db8::1]:443", "unknown", "_hidden", "127.0.0.1, unknown", ","):
        assert send(operated, "GET", "/metrics", {"X-Forwarded-For": said})[0] == 404


def test_visitors_that_the_proxy_does_not_name_share_an_allowance_of_their_own(operated: Server) -> None:
    said = itertools.cycle(("unknown", "_hidden", "nonsense"))
    assert [ask(operated, next(said)) for _ in range(RATE + 1)] == [200] * RATE + [429]
    assert [ask(operated, f"192.0.2.50:{port}") for port in range(RATE + 1)] == [200] * RATE + [429]
    assert ask(operated, "192.0.2.51:1") == 200


def test_unknown_paths_and_methods_make_no_new_series(operated: Server) -> None:
    for method, path in (("GET", "/x-7f3a"), ("BREW", "/api/ask"), ("DELETE", "/articles/cv")):
        assert send(operated, method, path)[0] in (404, 405)
    body = send(operated, "GET", "/metrics")[2]
    assert 'method="GET",route="unknown",status="404"' in body
    assert 'method="other",route="/api/ask",status="405"' in body
    assert "7f3a" not in body


def test_the_log_is_json_with_route_and_request_id_and_nothing_personal(operated: Server, log: Path) -> None:
    sent = {"X-Request-Id": "abc-12345", "X-Forwarded-For": "192.0.2.30"}
    assert send(operated, "GET", "/articles/cv?passage=cv%231", sent)[1]["x-request-id"] == "abc-12345"
    assert send(operated, "GET", "/api/suggest?q=secret-question", sent)[0] == 200
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    (line,) = [line for line in lines if line.get("request_id") == "abc-12345" and line["route"] == "/articles/{id}"]
    assert (line["level"], line["method"], line["status"]) == ("info", "GET", 200)
    assert line["ms"] > 0
    text = log.read_text()
    assert "192.0.2." not in text
    assert "secret-question" not in text
    assert QUESTION not in text


@pytest.mark.parametrize("said", ["short", "x" * 65, "with space 1", "semi;colon;", 'quote"quote"'])
def test_a_malformed_request_id_is_replaced(operated: Server, said: str) -> None:
    given = send(operated, "GET", "/healthz", {"X-Request-Id": said})[1]["x-request-id"]
    assert re.fullmatch(r"[0-9a-f]{16}", given)


def test_a_request_id_of_an_untrusted_peer_is_replaced(operated: Server) -> None:
    assert send(operated, "GET", "/healthz", {"X-Request-Id": "abc-12345"}, source=UNTRUSTED)[1]["x-request-id"] != (
        "abc-12345"
    )


def test_a_refused_origin_is_logged_once_with_the_lines_to_add(operated: Server, log: Path) -> None:
    for _ in range(3):
        assert send(operated, "GET", "/api/site", {"Origin": "https://other.example"})[0] == 403
    refused = [line for line in log.read_text().splitlines() if "https://other.example" in line]
    assert len(refused) == 1
    assert 'origins = ["https://other.example"]' in json.loads(refused[0])["message"]


def test_clients_that_drip_are_let_go_and_others_are_served_meanwhile(operated: Server) -> None:
    place = urlsplit(operated.url).netloc.rsplit(":", 1)
    silent, head, body = (socket.create_connection(place, timeout=40) for _ in range(3))
    began = time.monotonic()
    head.sendall(b"GET /healthz HTTP/1.1\r\nHost: x\r\n")
    body.sendall(b"POST /api/ask HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
    for number in range(4):
        time.sleep(1)
        head.sendall(f"X-Drip-{number}: 1\r\n".encode())
        body.sendall(b" ")
        assert send(operated, "GET", "/healthz")[0] == 200
    assert silent.recv(100) == b""
    assert head.recv(100) == b""
    assert body.recv(100).startswith(b"HTTP/1.1 408 ")
    assert time.monotonic() - began < 35
    for connection in (silent, head, body):
        connection.close()


REFUSED = {
    "GET /nothing HTTP/1.1\r\nHost: x": 404,
    "POST /edit/sign-in HTTP/1.1\r\nHost: x": 404,
    "PUT /api/ask HTTP/1.1\r\nHost: x": 405,
    "POST /healthz HTTP/1.1\r\nHost: x": 405,
    "POST /api/ask HTTP/1.1\r\nHost: <x>": 421,
}


def refused(server: Server, head: str) -> socket.socket:
    """A connection on which a request was refused whose body goes on."""
    connection = socket.create_connection(urlsplit(server.url).netloc.rsplit(":", 1), timeout=40)
    connection.sendall(f"{head}\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n".encode())
    assert connection.recv(65536).startswith(f"HTTP/1.1 {REFUSED[head]} ".encode())
    return connection


def closed(connection: socket.socket, sent: bytes) -> bool:
    """Whether the server has left a connection, on which more is sent to it."""
    try:
        connection.sendall(sent)
        connection.setblocking(False)
        while part := connection.recv(65536):
            assert not part.startswith(b"HTTP/1.1 200")
        return True
    except BlockingIOError:
        connection.setblocking(True)
        return False
    except OSError:
        return True


@pytest.mark.parametrize("head", REFUSED)
def test_the_body_of_a_refused_request_ends_the_connection_when_it_is_large(operated: Server, head: str) -> None:
    chunk = b"4000\r\n" + b"x" * 0x4000 + b"\r\n"
    with refused(operated, head) as connection:
        chunks = next(number for number in range(10_000) if closed(connection, chunk))
    assert chunks * len(chunk) < 64e6  # some of it lies in the buffers of both ends


def test_the_body_of_a_refused_request_ends_the_connection_when_it_drips(operated: Server) -> None:
    began, dripping = time.monotonic(), [refused(operated, head) for head in REFUSED]
    while dripping:
        time.sleep(1)
        dripping = [connection for connection in dripping if not closed(connection, b"1\r\nx\r\n")]
        assert time.monotonic() - began < 25


def test_who_still_sends_is_not_cut_off_before_the_answer_is_read(operated: Server) -> None:
    """A reset drops what the other end has not read yet: nginx, which asks without keeping, told its own 502 then."""
    head = "POST /nothing HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 20000000\r\n\r\n"
    with socket.create_connection(urlsplit(operated.url).netloc.rsplit(":", 1), timeout=40) as connection:
        connection.sendall(head.encode())
        for _ in range(20):
            connection.sendall(b"x" * 1_000_000)
        answer = b"".join(iter(lambda: connection.recv(65536), b""))
    assert answer.startswith(b"HTTP/1.1 404 ")
    assert answer.endswith(b"}")


def test_a_small_body_that_nobody_wants_does_not_end_the_connection(operated: Server) -> None:
    connection = http.client.HTTPConnection(urlsplit(operated.url).netloc, timeout=60)
    for path, status in (("/nothing", 404), ("/healthz", 405), ("/nothing", 404)):
        connection.request("POST", path, "x" * 1000)
        answer = connection.getresponse()
        assert (answer.status, answer.read()[:1]) == (status, b"{")
        kept = connection.sock
    connection.request("GET", "/healthz")
    assert connection.getresponse().status == 200
    assert connection.sock is kept


def test_a_public_path_works_whether_a_proxy_strips_it_or_keeps_it(operated: Server) -> None:
    for path in ("/healthz", "/careers/chat/healthz"):
        assert send(operated, "GET", path, {"X-Forwarded-Prefix": "/careers/chat"})[0] == 200
    assert send(operated, "GET", "/careers/chat/healthz")[0] == 404
    assert send(operated, "GET", "/x/healthz", {"X-Forwarded-Prefix": "/x"}, source=UNTRUSTED)[0] == 404
    for prefix in ("//evil.example", "/x/../..", "x", "/a\tb"):
        assert send(operated, "GET", "/healthz", {"X-Forwarded-Prefix": prefix})[0] == 200


def test_programs_that_play_the_page_are_stopped_as_well(operated: Server) -> None:
    operated.wait_until_ready()
    sent = {"Content-Type": "application/json", "X-Forwarded-For": "192.0.2.40"}
    body = json.dumps({"fn_index": 0, "data": [QUESTION, None], "session_hash": "often"})
    statuses = []
    for _ in range(2 * RATE + RATE + 1):
        connection = http.client.HTTPConnection(urlsplit(operated.url).netloc, timeout=60)
        connection.request("POST", "/chat/gradio_api/run/predict", body, sent)
        statuses.append(connection.getresponse().status)
    assert 429 not in statuses[:-1]
    assert statuses[-1] == 429
