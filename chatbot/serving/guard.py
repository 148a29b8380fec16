"""The guard around everything that is served: known routes only, small bodies only, security headers on all answers.

Pure ASGI, so that streams pass through untouched. Gradio answers on many more paths than its page needs (uploads,
file downloads, a proxy, developer tools); what is not listed here does not exist.
"""

from __future__ import annotations

import re

from starlette.datastructures import Headers, MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.problems import problem

MAX_BODY = 64 * 1024

# Everything that is served. The page of Gradio works on nothing but its part.
GRADIO_GET = (
    r"/chat/?|/chat/(config|theme\.css|assets/.+|static/.+|gradio_api/(heartbeat/\w+|startup-events|app_id|info))"
)
GRADIO_POST = r"/chat/gradio_api/run/predict/?"
PAGES_GET = r"/|/favicon\.(ico|svg)|/manifest\.json|/static/[\w.-]+|/articles/.+"
HEALTH_GET = r"/healthz|/readyz"
API_GET = r"/api/(articles(/.+)?|suggest|site|openapi\.json)"
API_POST = r"/api/(ask|feedback)"

GET = re.compile(rf"{PAGES_GET}|{HEALTH_GET}|{API_GET}|{GRADIO_GET}")
POST = re.compile(rf"{API_POST}|{GRADIO_POST}")
OPTIONS = re.compile(rf"{API_GET}|{API_POST}")
ALLOWED = {"GET": GET, "HEAD": GET, "POST": POST, "OPTIONS": OPTIONS}
HASHED = re.compile(r"/chat/assets/.+|/static/.+")

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Gradio's page does not start without inline scripts and eval, so escaping is what protects it from markup in articles.
PAGE_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'none'"
)
PLAIN_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class BodyTooLarge(Exception):
    """More bytes arrived than MAX_BODY."""


class Guard:
    """Refuses what is not needed and adds the headers; see the module."""

    def __init__(self, app: ASGIApp, frame_ancestors: str = "'self'") -> None:
        """`frame_ancestors` are the sources whose pages may show the chat page in a frame."""
        self.app = app
        self.page_csp = f"{PAGE_CSP}; frame-ancestors {frame_ancestors}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        pattern = ALLOWED.get(scope["method"])
        guarded = _with_headers(send, path, self.page_csp if path.startswith("/chat") else PLAIN_CSP)
        length = Headers(scope=scope).get("content-length", "0")
        if not any(allowed.fullmatch(path) for allowed in ALLOWED.values()):
            await problem(404, f"there is nothing at {path}")(scope, receive, guarded)
        elif pattern is None or not pattern.fullmatch(path):
            await problem(405, f"{path} does not take {scope['method']}")(scope, receive, guarded)
        elif not length.isdecimal() or int(length) > MAX_BODY:
            await problem(413, f"the body has {length} bytes; at most {MAX_BODY} are read")(scope, receive, guarded)
        else:
            await self._pass(scope, _counted(receive), guarded)

    async def _pass(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            await self.app(scope, receive, send)
        except BodyTooLarge:
            await problem(413, f"the body has more than {MAX_BODY} bytes")(scope, receive, send)


def _counted(receive: Receive) -> Receive:
    total = 0

    async def counting() -> Message:
        nonlocal total
        message = await receive()
        total += len(message.get("body", b""))
        if total > MAX_BODY:
            raise BodyTooLarge
        return message

    return counting


def _with_headers(send: Send, path: str, policy: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in COMMON.items():
                headers[name] = value
            headers.setdefault("Content-Security-Policy", policy)
            if HASHED.fullmatch(path) and message["status"] == 200:
                headers["Cache-Control"] = "public, max-age=31536000, immutable"
            else:
                headers.setdefault("Cache-Control", "no-cache")
        await send(message)

    return sending
