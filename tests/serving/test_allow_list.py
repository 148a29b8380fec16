"""That nothing a visitor names is fetched, copied or believed by Gradio; a real server and a real canary."""

from __future__ import annotations

import json
import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.serving.test_sign_in import sign_in
from tests.support.editors_page import start_editing
from tests.support.server import Server

GESTURE = json.dumps({"step": {"kind": "ask", "value": "How long should a CV be?"}})
CHAT, EDIT = "/chat/gradio_api/run/predict", "/edit/gradio_api/run/predict"


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where Gradio would store what it has fetched."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def guarded(served_folder: Path, cache: Path) -> Iterator[Server]:
    running = start_editing(served_folder, GRADIO_TEMP_DIR=str(cache))
    yield running
    running.stop()


@pytest.fixture(scope="module")
def pages(guarded: Server) -> dict[str, tuple[dict[str, str], dict[str, Any]]]:
    """For the visitors' and the editors' page what its script sends: headers, and a body that is answered."""
    cookie = {"Cookie": sign_in(guarded)[1]["set-cookie"].partition(";")[0]}
    bodies = {}
    for path, headers in ((CHAT, {}), (EDIT, cookie)):
        page = path.partition("gradio_api")[0]
        config = json.loads(guarded.get(f"{page}config", headers)[2])
        handler = next(each for each in config["dependencies"] if each["backend_fn"])
        data = [None] * len(handler["inputs"])
        event = {"gesture": GESTURE if path == CHAT else '{"act": "files"}'}
        bodies[path] = headers, {"data": data, "fn_index": handler["id"], "event_data": event, "session_hash": "abc"}
    return bodies


@pytest.fixture
def canary() -> Iterator[socket.socket]:
    """A server on this machine that nobody has a reason to call."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        listener.settimeout(0.5)
        yield listener


def files(canary: socket.socket) -> list[Any]:
    """What Gradio would take for a file, with the ways in which it may be written."""
    url = f"http://127.0.0.1:{canary.getsockname()[1]}/secret.txt"
    meta = {"_type": "gradio.FileData"}
    plain = {"path": url, "meta": meta}
    return [
        plain,
        {"path": url, "meta": meta, "is_stream": True, "orig_name": "x", "size": 1, "mime_type": "text/plain"},
        {"path": "x", "url": url, "meta": meta},
        {"path": url, "meta": {**meta, "more": 1}},
        {"path": url},
        {"path": "/etc/passwd", "meta": meta},
        [plain],
        {"a": {"b": [[{"c": plain}]]}},
        {"value": plain},
        {"__type__": "update", "value": plain},
        {"video": plain, "subtitles": plain},
        json.dumps(plain),
        url,
    ]


def bodies(sent: dict[str, Any], file: Any) -> Iterator[str]:
    """A body with a file in every place where there can be one."""
    for place in range(len(sent["data"])):
        yield json.dumps({**sent, "data": [*sent["data"][:place], file, *sent["data"][place + 1 :]]})
    yield json.dumps({**sent, "data": [*sent["data"], file]})
    yield json.dumps({**sent, "data": [[file] for _ in sent["data"]], "batched": True})
    yield json.dumps({**sent, "event_data": file})
    yield json.dumps({**sent, "event_data": {"gesture": file}})
    yield json.dumps({**sent, "data": [file], "simple_format": True})
    whole = json.dumps(sent)
    # The same key twice, and one that only looks different.
    yield f'{whole[:-1]}, "data": {json.dumps([file] * len(sent["data"]))}}}'
    yield whole.replace('"data"', '"d\\u0061ta"').replace("null", json.dumps(file), 1)


@pytest.mark.parametrize("path", [CHAT, EDIT])
def test_no_file_that_is_named_is_fetched_or_copied(
    guarded: Server, pages: dict[str, Any], cache: Path, canary: socket.socket, path: str
) -> None:
    headers, sent = pages[path]
    assert guarded.post(path, sent, **headers)[0] == 200
    before = sorted(cache.rglob("*"))
    for file in files(canary):
        for body in bodies(sent, file):
            for way in (path, f"{path}/"):
                status, _, answer = guarded.post(way, body.encode(), **headers)
                # A text is a text wherever it stands, also where it is none of those to choose from.
                assert status in (200, 422) or isinstance(file, str), (body, answer)
                assert "root:" not in answer
    with pytest.raises(TimeoutError):
        canary.accept()
    assert sorted(cache.rglob("*")) == before


def test_only_what_the_pages_send_is_let_through(guarded: Server, pages: dict[str, Any]) -> None:
    for path, (headers, sent) in pages.items():
        for change in (
            {"fn_index": 99}, {"fn_index": None}, {"fn_index": "1"}, {"session_hash": "../x"}, {"session_hash": None},
            {"data": {}}, {"data": None}, {"data": [1] * len(sent["data"])}, {"oauth_token": "x"}, {"event_id": "x"},
            {"event_data": {"gesture": "{}", "target": "x"}}, {"event_data": {"gesture": ["x"]}}, {"event_data": []},
        ):  # fmt: skip
            assert guarded.post(path, {**sent, **change}, **headers)[0] == 422, change
        for body in (b"", b"[]", b"null", b"{", b"\xff", json.dumps([sent]).encode()):
            assert guarded.post(path, body, **headers)[0] == 422


def test_headers_that_only_proxies_write_do_not_change_the_page(guarded: Server) -> None:
    for name in ("X-Forwarded-Host", "X-Gradio-Server", "X-Original-Host"):
        for path in ("/chat/", "/chat/config"):
            status, _, body = guarded.get(path, {name: "evil.example"})
            assert status == 200
            assert "evil.example" not in body


def test_no_saved_state_is_read_by_the_address(guarded: Server) -> None:
    for path in ("/chat/", "/chat/config"):
        plain, asked = (guarded.get(path + query)[2] for query in ("", "?deep_link=x&view=api&__theme=dark"))
        assert re.sub(r'"app_id":\d+', "", asked) == re.sub(r'"app_id":\d+', "", plain)
