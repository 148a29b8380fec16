"""What an attacker would try against the server; a real process, raw bytes where a client would tidy them up."""

from __future__ import annotations

import importlib.util
import json
import re
import socket
from pathlib import Path
from urllib.parse import quote, urlsplit

import pytest

from chatbot.serving.middleware.routes import find
from tests.support.server import Server
from tests.support.serving_corpus import HOSTILE_QUESTION, QUESTION

XSS = [
    "<script>window.pwned=1</script>", "<img src=x onerror=window.pwned=1>", "${window.pwned=1}", "{{window.pwned=1}}",
    "<svg/onload=window.pwned=1>", "</title><script>window.pwned=1</script>", "javascript:window.pwned=1",
    "'-window.pwned-'", '"><script>window.pwned=1</script>', "\\u003cscript\\u003e", "<!--<script>", "]]><script>",
]  # fmt: skip


def raw(server: Server, request: bytes) -> bytes:
    """Everything that the server sends back for these bytes until it closes or falls silent."""
    with socket.create_connection(urlsplit(server.url).netloc.rsplit(":", 1), timeout=60) as connection:
        connection.sendall(request)
        connection.settimeout(2)
        received = b""
        try:
            while part := connection.recv(65536):
                received += part
        except TimeoutError:
            pass
        return received


def get(path: str, headers: str = "", method: str = "GET") -> bytes:
    return f"{method} {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n{headers}\r\n".encode("latin-1")


def test_markup_in_articles_is_data_in_the_api_and_text_on_the_reading_page(server: Server) -> None:
    status, headers, body = server.post("/api/ask", {"question": HOSTILE_QUESTION})
    assert (status, headers["content-type"], headers["x-content-type-options"]) == (200, "application/json", "nosniff")
    passages = [hit["passage"] for hit in json.loads(body)["hits"] if hit["passage"]["article_id"] == "zebra"]
    text = json.loads(server.get("/api/articles/zebra")[2])["text"]
    assert passages
    assert all(text[passage["start"] : passage["end"]] == passage["text"] for passage in passages)
    _, headers, page = server.get("/articles/zebra")
    text = page.partition("<article>")[2].partition('<section class="asking"')[0]
    assert not re.search(r"<(script|img|iframe|form|input|svg)\b|<[^>]+\son\w+=|=.?javascript:", text, re.IGNORECASE)
    assert not re.search("<(img src=x|b onclick|svg|iframe)|</title>.*</title>", page, re.IGNORECASE | re.DOTALL)
    assert page.count("<style>") == 1
    assert "feeds the zebras every morning" in page
    assert headers["content-security-policy"].startswith("default-src 'none'")


@pytest.mark.parametrize("text", XSS)
def test_what_is_sent_never_comes_back_as_markup(server: Server, text: str) -> None:
    for path in (
        f"/articles/{quote(text, safe='')}",
        f"/articles/cv?passage={quote(text)}",
        f"/{quote(text, safe='')}",
    ):
        status, headers, body = server.get(path)
        assert status in (200, 404)
        if headers["content-type"].startswith("text/html"):
            assert text not in body.replace("&amp;", "&") or not re.search(r"[<>\"']", text)
            assert "<script" not in re.sub(r'<script type="application/ld\+json">[^<]*</script>', "", body)
        else:
            assert headers["content-type"] in ("application/json", "application/problem+json")
        assert headers["x-content-type-options"] == "nosniff"
    answer = server.post("/api/ask", {"question": text, "history": [{"question": text, "shown": [text]}]})
    assert (answer[0], answer[1]["content-type"]) == (200, "application/json")
    said = {"question": text, "rating": "unhelpful", "passage_id": text, "note": text}
    assert server.post("/api/feedback", said)[1]["content-type"] == "application/problem+json"


@pytest.mark.parametrize("root", ["/articles/", "/static/", "/api/articles/", "/chat/static/", "/chat/assets/", "/"])
@pytest.mark.parametrize(
    "way",
    [
        "../../../../../../etc/passwd", "..%2f..%2f..%2f..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "....//....//....//etc/passwd", "..%5c..%5c..%5cetc%5cpasswd", "%2fetc%2fpasswd", "//etc/passwd",
        "..%252f..%252fetc%252fpasswd", "%c0%ae%c0%ae/etc/passwd", "..%00/etc/passwd", "file:///etc/passwd",
    ],
)  # fmt: skip
def test_no_path_leads_out(server: Server, root: str, way: str) -> None:
    answer = raw(server, get(root + way))
    assert re.match(rb"HTTP/1\.1 (404|400|403|307)", answer), answer[:80]
    assert b"root:" not in answer
    assert b"daemon" not in answer


def test_every_route_of_gradio_that_the_page_does_not_need_is_gone(server: Server) -> None:
    package = importlib.util.find_spec("gradio")
    assert package
    assert package.origin
    source = (Path(package.origin).parent / "routes.py").read_text(encoding="utf-8")
    written = re.findall(r"@\w+\.(?:get|post|put|delete|head|api_route|route)\(\s*f?\"(/[^\"]*)\"", source)
    written = [re.sub(r"\{[^}]*\}", "x", path) for path in written]
    paths = {prefix + path for path in written for prefix in ("", "/gradio_api")}
    assert {"/gradio_api/upload", "/gradio_api/file=x", "/gradio_api/queue/join"} <= paths, sorted(paths)
    unknown = {path for path in paths if find(f"/chat{path}") is None}
    assert len(unknown) > 20
    for path in unknown:
        for method in ("GET", "POST", "PUT", "DELETE"):
            assert b" 404 " in raw(server, get(f"/chat{path}", "Content-Length: 0\r\n", method))[:20], path


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "get", "POSTX"])
def test_a_method_that_a_route_does_not_take_is_refused(server: Server, method: str) -> None:
    for path in ("/api/ask", "/articles/cv", "/chat/", "/healthz"):
        answer = raw(server, get(path, "Content-Length: 0\r\n", method))
        assert answer.startswith(b"HTTP/1.1 405 "), answer[:60]
        assert b"\r\nallow: " in answer.lower()


def test_a_method_cannot_be_smuggled_in_a_header(server: Server) -> None:
    for name in ("X-HTTP-Method-Override", "X-Method-Override", "X-HTTP-Method"):
        assert server.get("/api/ask", {name: "POST"})[0] == 405
    assert server.get("/healthz", {"X-Original-URL": "/metrics", "X-Rewrite-URL": "/metrics"})[2] == '{"status":"ok"}'


@pytest.mark.parametrize(
    "kind",
    ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "application/xml", ""],
)
def test_a_body_that_is_not_declared_as_json_is_not_read_as_json(server: Server, kind: str) -> None:
    body = json.dumps({"question": QUESTION}).encode()
    assert server.post("/api/ask", body, **{"Content-Type": kind})[0] in (415, 422)


@pytest.mark.parametrize(
    "framing",
    [
        "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 4\r\nContent-Length: 5\r\n",
        "Transfer-Encoding: chunked, identity\r\n", "Content-Length: -1\r\n", "Content-Length: 1e3\r\n",
        "Transfer-Encoding: xchunked\r\n", "Content-Length: 99999999999999999999\r\n",
    ],
)  # fmt: skip
def test_a_body_whose_length_is_ambiguous_is_refused(server: Server, framing: str) -> None:
    answer = raw(server, get("/api/ask", f"Content-Type: application/json\r\n{framing}", "POST") + b"0\r\n\r\n")
    assert re.match(rb"HTTP/1\.1 (400|413|422|501) ", answer), answer[:80]
    assert answer.count(b"HTTP/1.1 ") == 1


def test_nothing_sent_becomes_a_header(server: Server) -> None:
    for path in ("/articles/x%0d%0aX-Pwned:%201", "/%0d%0aX-Pwned:%201", "/api/articles/x%0aX-Pwned:1"):
        answer = raw(server, get(path, "Origin: https://a.example\tX-Pwned: 1\r\nX-Request-Id: a%0d%0aX-Pwned: 1\r\n"))
        head = answer.partition(b"\r\n\r\n")[0].lower()
        assert b"\nx-pwned" not in head
    assert b"set-cookie" not in raw(server, get("/chat/"))[:4000].lower()


def test_the_host_that_a_client_invents_is_not_repeated(server: Server) -> None:
    for path in ("/", "/chat", "/articles/cv", "/api/ask/", "/static"):
        answer = raw(server, get(path).replace(b"Host: localhost", b"Host: rebound.example"))
        assert b"rebound.example" not in answer, path


NEIGHBOURS = [
    {"Origin": "https://evil.example.org"},
    {"Origin": "https://example.org"},
    {"Origin": "https://chat.example.org.evil.example"},
    {"Origin": "https://evilchat.example.org"},
    {"Origin": "https://sub.chat.example.org"},
    {"Origin": "https://chat.example.org:8443"},
    {"Origin": "http://chat.example.org"},
    {"Origin": "null"},
    {"Sec-Fetch-Site": "same-site"},
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "anything"},
    *({"Origin": "https://evil.example.org", "Sec-Fetch-Site": said} for said in ("same-site", "cross-site", "none")),
    # The address is that of this server, but the browser knows that the page is not.
    *({"Origin": "https://chat.example.org", "Sec-Fetch-Site": said} for said in ("same-site", "cross-site", "none")),
]


@pytest.mark.parametrize("sent", NEIGHBOURS, ids=lambda sent: " ".join(sent.values()))
def test_a_page_on_a_neighbouring_name_is_another_site(server: Server, sent: dict[str, str]) -> None:
    here = {"Host": "chat.example.org", "X-Forwarded-Proto": "https"}
    assert server.post("/api/ask", {"question": QUESTION}, **here, **sent)[0] == 403
    assert server.post("/chat/gradio_api/run/predict", {}, **here, **sent)[0] == 403


def test_a_page_of_this_server_is_known_by_its_own_address_or_by_the_browsers_word(server: Server) -> None:
    here = {"Host": "chat.example.org", "X-Forwarded-Proto": "https"}
    for sent in ({"Origin": "https://chat.example.org"}, {"Sec-Fetch-Site": "same-origin"}, {"Sec-Fetch-Site": "none"}):
        assert server.post("/api/ask", {"question": QUESTION}, **here, **sent)[0] == 200


@pytest.mark.parametrize("host", ['x"><script>', "x y", "x/../y", "x@evil.example", "x:port", "x:123456", "[::1"])
def test_a_host_that_is_none_is_refused(server: Server, host: str) -> None:
    answer = raw(server, get("/chat/").replace(b"Host: localhost", f"Host: {host}".encode()))
    assert re.match(rb"HTTP/1\.1 (400|421) ", answer), answer[:60]


def test_deeply_nested_and_enormous_values_are_refused(server: Server) -> None:
    assert server.post("/api/ask", b'{"question": ' + b"[" * 30_000 + b"]" * 30_000 + b"}")[0] in (400, 422)
    assert server.post("/api/ask", b'{"question": "x", "k": ' + b"9" * 5000 + b"}")[0] in (400, 422)
    assert server.post("/api/ask", {"question": "x", "history": [{"question": "y"}] * 101})[0] == 422
    assert server.get("/healthz")[0] == 200


def test_words_that_mean_something_to_a_database_are_words(server: Server) -> None:
    for text in ("'; DROP TABLE passages; --", '" OR 1=1', "%' UNION SELECT sql FROM sqlite_master --"):
        assert server.post("/api/ask", {"question": text})[0] == 200
        assert server.get("/api/articles?topic=" + text.replace(" ", "%20").replace('"', "%22"))[0] == 200
    assert json.loads(server.get("/api/articles")[2])["total"] == 5
