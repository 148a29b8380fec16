"""Every request counted, timed and written to the log by the pattern of its route, whatever becomes of it.

No line of the log holds a question, an address or a path with an id.
"""

from __future__ import annotations

import json
import logging
import time
from datetime import UTC, datetime

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.middleware.metrics import REQUESTS, SECONDS
from chatbot.serving.middleware.problems import UNEXPECTED, problem
from chatbot.serving.middleware.scope import REQUEST, REQUEST_ID, ROUTE

log = logging.getLogger(__name__)
METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
GONE = 499  # the client went away before there was an answer


class JSONLines(logging.Formatter):
    """A record as JSON: when, how grave, who says what, for which request, and the fields of `extra={"fields": …}`."""

    def format(self, record: logging.LogRecord) -> str:
        line = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        if request := REQUEST.get():
            line["request_id"] = request
        line |= getattr(record, "fields", {})
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line)  # in ASCII: a terminal that shows the log obeys no character of it


def write_json() -> None:
    """Let everything that is logged from now on be JSON lines, each request one of them."""
    for handler in logging.getLogger().handlers:
        handler.setFormatter(JSONLines())
    logging.getLogger("chatbot").setLevel(logging.INFO)


class RequestLog:
    """Names the request in the answer's X-Request-Id; see the module."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        began, status, request_id = time.perf_counter(), GONE, scope[REQUEST_ID]
        REQUEST.set(request_id)

        async def sending(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableHeaders(scope=message)["X-Request-Id"] = request_id
            await send(message)

        try:
            await self.app(scope, receive, sending)
        except Exception:
            # What has begun has been answered and logged as an error already.
            if status == GONE:
                log.exception("unexpected error")
                await problem(500, UNEXPECTED)(scope, receive, sending)
        finally:
            _note(scope, status, time.perf_counter() - began)


def _note(scope: Scope, status: int, seconds: float) -> None:
    route = scope.get(ROUTE)
    name = route.name if route else "unknown"
    method = scope["method"] if scope["method"] in METHODS else "other"
    REQUESTS.labels(name, method, status).inc()
    SECONDS.labels(name).observe(seconds)
    if log.isEnabledFor(logging.INFO):
        fields = {"route": name, "method": method, "status": status, "ms": round(seconds * 1000, 1)}
        log.info("%s %s %d", method, name, status, extra={"fields": fields})
