"""What of a request reaches Gradio: what its pages themselves send, written anew.

Gradio follows much of what a request says: a file named in the data of an event is fetched or copied, wherever it lies,
and headers that proxies write are believed from everybody. So the body of an event is read here, and Gradio gets one
that was made of what was understood; of the address it gets the path, and of the headers those that it needs.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.serving.middleware.guard import replayed
from chatbot.serving.middleware.problems import problem
from chatbot.serving.middleware.scope import path_of

HEADERS = frozenset(
    (b"host", b"accept", b"accept-encoding", b"accept-language", b"if-modified-since", b"if-none-match", b"range")
)
EVENT = "/gradio_api/run/predict"
Event = tuple[bool, ...]
"""For each input of a handler whether it is state, which the server keeps and no request brings along."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)


class Pressed(Part):
    """What a page's script says of what was done: JSON again, for the handler to read."""

    gesture: str


class Sent(Part):
    """The body of an event as the pages send it: texts, and numbers of what belongs to the page."""

    data: Annotated[tuple[str | None, ...], Field(max_length=100, strict=False)]
    event_data: Pressed | str | None = None
    fn_index: int
    trigger_id: int | None = None
    session_hash: Annotated[str, Field(pattern=r"^\w{1,64}$")]

    def fits(self, event: Event | None) -> bool:
        """Whether this is for a handler with these inputs."""
        if event is None or len(event) != len(self.data):
            return False
        return all(value is None for value, state in zip(self.data, event, strict=True) if state)


class AllowList:
    """Stands around Gradio; see the module."""

    def __init__(self, app: ASGIApp, events: Mapping[str, Mapping[int, Event]]) -> None:
        """`events` are the handlers of each page, by the page's path, such as "/chat", and by their numbers."""
        self.app = app
        self.events = events

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = [(name, value) for name, value in scope["headers"] if name in HEADERS]
        told = {**scope, "query_string": b"", "headers": headers}
        if scope["method"] == "GET":
            await self.app(told, replayed(b"", receive), send)
            return
        page, event, rest = path_of(scope).rstrip("/").partition(EVENT)
        if page not in self.events or not event or rest:
            await problem(404, f"there is nothing at {path_of(scope)}")(scope, receive, send)
            return
        # The guard in front hands over the whole of a body at once.
        body = _understood((await receive()).get("body", b""), self.events[page])
        if body is None:
            await problem(422, "this is not what the page sends; load it again")(scope, receive, send)
            return
        headers += (b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))
        await self.app(told, replayed(body, receive), send)


def _understood(body: bytes, events: Mapping[int, Event]) -> bytes | None:
    """What Gradio may read instead of a body; None where its page would not have sent that."""
    try:
        sent = Sent.model_validate_json(body)
    except ValidationError:
        return None
    return sent.model_dump_json().encode() if sent.fits(events.get(sent.fn_index)) else None
