"""Refusals as a page for people: who opens an address in a browser is told in words, and programs get the problem."""

from __future__ import annotations

import re

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.answering.chatbot import Chatbot
from chatbot.serving.middleware.problems import ProblemResponse
from chatbot.serving.middleware.scope import language_of_browser, path_of, site_of
from chatbot.serving.web.assets import CSP, STYLE
from chatbot.serving.web.templates import View, fill
from chatbot.sites import articles_of, topics_of

_FOR_PROGRAMS = re.compile(r"/(api|mcp|metrics|healthz|readyz)(/.*)?")
# These may be shown in a frame, or are open to nobody else; what the guard says of them holds for a refusal, too.
_OWN_POLICY = re.compile(r"/(chat|edit)(/.*)?")


class ErrorPages:
    """Answers a browser that opens a page with a page where the application answers with a problem."""

    def __init__(self, app: ASGIApp, bot: Chatbot) -> None:
        self.app = app
        self.bot = bot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _opens_page(scope):
            await self.app(scope, receive, send)
            return
        begun: Message | None = None
        body = bytearray()

        async def sending(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start" and _is_problem(message):
                begun = message
            elif begun is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))
                if not message.get("more_body", False):
                    page = await run_in_threadpool(self._page, scope, begun, bytes(body))
                    await page(scope, receive, send)

        await self.app(scope, receive, sending)

    def _page(self, scope: Scope, begun: Message, body: bytes) -> HTMLResponse:
        said, status, path = orjson.loads(body), begun["status"], path_of(scope)
        page, site = self.bot.settings.page, site_of(scope)
        language = language_of_browser(scope, page.language)
        view = View(language, page.articles_language, page.title)
        headers = MutableHeaders(raw=list(begun["headers"]))
        wait = headers.get("retry-after", "")
        until = language.lasting(int(wait)) if wait.isdecimal() else ""
        root = "../" * (path.count("/") - 1)
        topics = topics_of(site, articles_of(site, self.bot.articles())) if status == 404 else []
        html = fill(
            "refused.html", view, root, style=STYLE, status=status, until=until, detail=said["detail"], topics=topics
        )
        for name in ("content-type", "content-length"):
            del headers[name]
        headers.update({"Content-Language": language.code, "Vary": "Accept, Accept-Language"})
        if not _OWN_POLICY.fullmatch(path):
            headers["Content-Security-Policy"] = CSP
        return HTMLResponse(html, status, dict(headers))


def _opens_page(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or _FOR_PROGRAMS.fullmatch(path_of(scope)):
        return False
    return "text/html" in Headers(scope=scope).get("accept", "")


def _is_problem(message: Message) -> bool:
    headers = Headers(raw=message["headers"])
    return headers.get("content-type") == ProblemResponse.media_type and "content-encoding" not in headers
