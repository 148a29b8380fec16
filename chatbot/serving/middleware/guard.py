"""The guard around everything that is served: known routes only, small bodies only, security headers on all answers.

Pure ASGI, so that streams pass through untouched.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from urllib.parse import quote

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.middleware.problems import problem
from chatbot.serving.middleware.routes import MAX_BODY, Route, find, methods
from chatbot.serving.middleware.scope import ROUTE, asked_for, path_of
from chatbot.serving.middleware.sessions import LOCAL_HOSTS, Sessions
from chatbot.serving.web.assets import FOREVER, link

BODY_SECONDS = 10
UPLOAD_SECONDS = 300
_HOST = re.compile(r"([a-z0-9._-]*|\[[0-9a-f:.]+\])(:\d{1,5})?")
FILES = re.compile(r"/(chat|edit)/assets/.+|/static/.+")
# Sixty files make a page: what only documents heed would be a tenth of what a first visit loads.
FILE = {
    "X-Content-Type-Options": "nosniff",
    "Content-Security-Policy": "default-src 'none'",
}
COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "strict-origin-when-cross-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
}
# Gradio's components do not start without eval. Its own document, the editors', has inline scripts, too.
PAGE_CSP = (
    "default-src 'self'; script-src 'self' 'unsafe-eval'; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self'; object-src 'none'; base-uri 'self'; "
    "form-action 'self'"
)
EDIT_CSP = PAGE_CSP.replace("script-src 'self'", "script-src 'self' 'unsafe-inline'") + "; frame-ancestors 'none'"
PLAIN_CSP = (
    "default-src 'none'; style-src 'self'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


class Guard:
    """Refuses what is not needed and adds the headers; see the module."""

    def __init__(
        self,
        app: ASGIApp,
        hosts: Iterable[str],
        frame_ancestors: str,
        sessions: Sessions | None,
        no_editors: str,
    ) -> None:
        """`hosts` are the names to answer to, any where there are none; machine-local names are always among them.

        `frame_ancestors` are the sources whose pages may show the chat page in a frame. Without `sessions` there is no
        editors' page, and `no_editors` says why, where there is more to say than that.
        """
        self.app = app
        self.sessions = sessions
        self.no_editors = no_editors
        self.hosts = frozenset(hosts)
        self.page_csp = f"{PAGE_CSP}; frame-ancestors {frame_ancestors}"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            if scope["type"] == "lifespan":
                await self.app(scope, receive, send)
            return
        path = path_of(scope)
        route = find(path, scope["method"])
        editors = route is not None and bool(route.editors) and self.sessions is None
        route = None if editors else route
        scope[ROUTE] = route
        guarded = _with_headers(send, path, scope["query_string"].decode("latin-1"), self._policy(path))
        if editors and self.no_editors:
            await problem(403, self.no_editors)(scope, receive, guarded)
        elif route is None:
            await problem(404, f"there is nothing at {path}")(scope, receive, guarded)
        elif not (route.takes(scope["method"]) or (route.shared and scope["method"] == "OPTIONS")):
            taken = methods(path)
            detail = f"{path} takes {' and '.join(taken)}, not {scope['method']}"
            await problem(405, detail, {"Allow": ", ".join(taken)})(scope, receive, guarded)
        elif not self._answers_to(Headers(scope=scope).get("host", ""), route):
            detail = "this server does not answer to that host; its owner can add it to [server] hosts in chatbot.toml"
            await problem(421, detail)(scope, receive, guarded)
        elif route.editors == "signed in" and not (self.sessions and self.sessions.signed_in(scope)):
            await _to_sign_in(scope, path)(scope, receive, guarded)
        else:
            # Handlers know GET alone; the server that speaks HTTP sends no body where a HEAD asked.
            told = {**scope, "method": "GET"} if scope["method"] == "HEAD" else scope
            await self._pass(told, receive, guarded, route.largest)

    def _policy(self, path: str) -> str:
        if path.startswith("/chat"):
            return self.page_csp
        return EDIT_CSP if path.startswith("/edit") else PLAIN_CSP

    def _answers_to(self, host: str, route: Route) -> bool:
        found = _HOST.fullmatch(host.lower())
        if not found:
            return False  # Gradio writes the host into its page
        if not (self.hosts or route.local):
            return True
        # A page that makes its own name point to this machine (DNS rebinding) still sends its own name.
        return found[1] in LOCAL_HOSTS or found[1] in self.hosts

    async def _pass(self, scope: Scope, receive: Receive, send: Send, largest: int) -> None:
        headers = Headers(scope=scope)
        if "content-length" not in headers and "transfer-encoding" not in headers:
            await self.app(scope, receive, send)
            return
        length = headers.get("content-length", "0")
        fits = length.isdecimal() and len(length) < 20 and int(length) <= largest
        body = await _body(receive, largest) if fits else largest + 1
        if isinstance(body, bytes):
            await self.app(scope, replayed(body, receive), send)
        elif body:
            detail = f"the body has more than {largest} bytes; at most that many are read"
            await problem(413, detail, {"Connection": "close"})(scope, receive, send)
        else:
            detail = f"the body did not arrive within {_seconds(largest)} s"
            await problem(408, detail, {"Connection": "close"})(scope, receive, send)


def _to_sign_in(scope: Scope, path: str) -> Response:
    if path == "/edit/":
        query = f"?lang={quote(lang)}" if (lang := asked_for(scope, "lang")) else ""
        return RedirectResponse(f"sign-in{query}", 303, {"Cache-Control": "no-store"})
    return problem(401, "this is for editors who are signed in; sign in at /edit/sign-in")


def _seconds(largest: int) -> int:
    return BODY_SECONDS if largest <= MAX_BODY else UPLOAD_SECONDS


async def _body(receive: Receive, largest: int) -> bytes | int:
    """The whole body; or its size as far as it was read where that is too much, and 0 where it took too long."""
    body = bytearray()
    try:
        async with asyncio.timeout(_seconds(largest)):
            while True:
                message = await receive()
                body += message.get("body", b"")
                if len(body) > largest:
                    return len(body)
                if not message.get("more_body", False):
                    return bytes(body)
    except TimeoutError:
        return 0


def replayed(body: bytes, receive: Receive) -> Receive:
    """What hands over a whole body, and what follows it afterwards."""
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def receiving() -> Message:
        return messages.pop() if messages else await receive()

    return receiving


def _with_headers(send: Send, path: str, query: str, policy: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            file = bool(FILES.fullmatch(path)) and message["status"] == 200
            for name, value in (FILE if file else COMMON).items():
                headers[name] = value
            if file and _is_named_by_content(path, query):
                headers["Cache-Control"] = FOREVER
            headers.setdefault("Content-Security-Policy", policy)
            headers.setdefault("Cache-Control", "no-cache")
        await send(message)

    return sending


def _is_named_by_content(path: str, query: str) -> bool:
    """Whether a file that is there has another address after each change: Gradio's own, and ours with today's `v`."""
    name = path.removeprefix("/static/")
    return name == path or link(name, "/") == f"{path}?{query}"
