"""The table of what exists and the routes of the real application are one list, told twice."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from starlette.routing import BaseRoute, Mount
from starlette.routing import Route as Handler

from chatbot import Chatbot, Settings
from chatbot.serving.app import create_app
from chatbot.serving.middleware.routes import ROUTES, Route
from chatbot.settings import EditorSettings, ServerSettings
from tests.support.server import Server

# What answers here is Gradio, in an application of its own that is mounted when it is there.
GRADIO = {
    "/chat/", "/chat/theme.css", "/chat/assets/x", "/chat/static/x", "/chat/config", "/chat/gradio_api/startup-events",
    "/chat/gradio_api/app_id", "/chat/gradio_api/info", "POST /chat/gradio_api/run/predict",
}  # fmt: skip
GRADIO |= {path.replace("/chat/", "/edit/") for path in GRADIO}
PASSWORD = SecretStr("x" * 12)
# What is another text with each request.
CHANGING = ("/metrics", "/chat/gradio_api/startup-events")
# A value for each parameter of a path that may not be any.
VALUES = {"key": "0123456789-abcdefghij", "language": "de", "article_id:path": "money/pay"}


@pytest.fixture(scope="module")
def app(served_folder: Path) -> FastAPI:
    """The application with everything that settings can switch on, without the layers around it."""
    settings = Settings(
        corpus_dir=served_folder / "corpus",
        index_dir=served_folder / "index",
        server=ServerSettings(mcp=True),
        editor=EditorSettings(password=PASSWORD),
    )
    layer = create_app(Chatbot.open(settings))
    while not isinstance(layer, FastAPI):
        layer = layer.app  # type: ignore[attr-defined]
    return layer


def answered(handlers: Iterable[BaseRoute]) -> Iterator[str]:
    """An example of each path that has a handler, with its method: "POST /api/ask"."""
    for handler in handlers:
        included = getattr(handler, "original_router", None)
        if included is not None:
            yield from answered(included.routes)
        elif isinstance(handler, Mount) and handler.path:
            yield f"GET {handler.path}/x"
        elif isinstance(handler, Handler):
            path = re.sub(r"{(.+?)}", lambda name: VALUES[name[1]], handler.path)
            # Who may GET may HEAD.
            yield from (f"{method} {path}" for method in sorted((handler.methods or set()) - {"HEAD"}))


def listed(example: str, route: Route) -> bool:
    method, _, path = example.partition(" ")
    return bool(route.pattern.fullmatch(path)) and route.takes(method)


def unlisted(examples: set[str]) -> set[str]:
    """Those of the examples that the table does not let through."""
    return {example for example in examples if not any(listed(example, route) for route in ROUTES)}


def unanswered(examples: set[str]) -> set[str]:
    """The lines of the table that none of the examples is for."""
    idle = [route for route in ROUTES if not any(listed(example, route) for example in examples)]
    return {f"{route.method} {route.pattern.pattern}" for route in idle}


@pytest.fixture(scope="module")
def examples(app: FastAPI) -> set[str]:
    gradio = {path if " " in path else f"GET {path}" for path in GRADIO}
    return {*answered(app.router.routes), *gradio}


def test_every_route_of_the_application_is_in_the_table(examples: set[str]) -> None:
    assert unlisted(examples) == set()


def test_every_line_of_the_table_has_a_route_of_its_own(examples: set[str]) -> None:
    assert unanswered(examples) == set()


def test_a_route_that_is_missing_on_either_side_is_named(examples: set[str]) -> None:
    assert unlisted({*examples, "GET /new", "PUT /api/ask"}) == {"GET /new", "PUT /api/ask"}
    assert unanswered(examples - {"GET /embed/preview", "POST /edit/sign-in", "POST /mcp"}) == {
        "GET /embed/preview", "POST /edit/sign-in", "POST /mcp",
    }  # fmt: skip


def test_a_head_gets_what_a_get_would_but_for_the_body(server: Server, examples: set[str]) -> None:
    gets = (example.removeprefix("GET ") for example in sorted(examples) if example.startswith("GET "))
    more = ("/static/page.css", "/articles/cv", "/articles?q=pay", "/unknown")
    paths = [*(path for path in gets if not path.startswith("/edit")), *more]
    connection = http.client.HTTPConnection(urlsplit(server.url).netloc, timeout=60)
    found = {}
    for path in paths:
        told = []
        for method in ("GET", "HEAD"):
            connection.request(method, path)
            answer = connection.getresponse()
            body = answer.read()
            assert method == "GET" or body == b""
            own = {name.lower(): value for name, value in answer.getheaders()}
            for name in ("date", "x-request-id", *(("content-length",) if path in CHANGING else ())):
                own.pop(name, None)
            told.append((answer.status, own))
        assert told[0] == told[1], path
        found[path] = told[0][0]
    assert [path for path, status in found.items() if status >= 400] == [
        "/chat/assets/x", "/chat/static/x", "/static/x", "/unknown",
    ]  # fmt: skip
