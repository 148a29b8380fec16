"""Every request counted, timed and written to the log by the pattern of its route, whatever becomes of it."""

from __future__ import annotations

import logging
import time

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.metrics import REQUESTS, SECONDS
from chatbot.serving.problems import problem
from chatbot.serving.scope import REQUEST, REQUEST_ID, ROUTE

log = logging.getLogger(__name__)

METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
GONE = 499  # the client went away before there was an answer


class Observed:
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
                await problem(500, "something went wrong on the server; its log says what")(scope, receive, sending)
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
