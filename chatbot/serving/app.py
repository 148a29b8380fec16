"""The server: one application around one chatbot, with the page, the articles and the API.

The API and the health checks answer at once. The page follows when Gradio, whose import takes seconds, is there.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, nullcontext

from fastapi import FastAPI, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response
from starlette.middleware.gzip import GZipMiddleware
from starlette.routing import Route
from starlette.staticfiles import StaticFiles
from starlette.types import ASGIApp

from chatbot.answering.chatbot import Chatbot
from chatbot.insights.journal import Journal, open_journal
from chatbot.installation import VERSION
from chatbot.serving import articles, discovery, search_page, widget
from chatbot.serving.api import routes as api
from chatbot.serving.api.mcp_server import Tool
from chatbot.serving.api.openapi import document
from chatbot.serving.chat import turns
from chatbot.serving.editor import sign_in
from chatbot.serving.listing import Openings
from chatbot.serving.loading import LazyPage
from chatbot.serving.middleware import problems
from chatbot.serving.middleware.error_pages import ErrorPages
from chatbot.serving.middleware.forwarded import Forwarded
from chatbot.serving.middleware.guard import Guard
from chatbot.serving.middleware.metrics import CONTENT_TYPE, MissedQuestions, exposition
from chatbot.serving.middleware.origins import Origins
from chatbot.serving.middleware.rate_limit import RateLimit
from chatbot.serving.middleware.request_log import RequestLog
from chatbot.serving.middleware.scope import TRUSTED
from chatbot.serving.middleware.sessions import Sessions
from chatbot.serving.web.assets import STATIC
from chatbot.sites import Sites

NO_EDITORS = "this server answers without the model; editors work where 'chatbot serve' runs without --lean"
MANIFEST = {
    "start_url": "chat/",
    "display": "standalone",
    "icons": [{"src": "favicon.svg", "sizes": "any", "type": "image/svg+xml"}],
}


def create_app(bot: Chatbot) -> ASGIApp:
    """Everything that is served for this chatbot, with the guards around it, the outermost last."""
    server, sites = bot.settings.server, Sites(bot.settings.sites)
    sessions = Sessions(bot.settings.editor) if bot.settings.editor.on and not server.lean else None
    app: ASGIApp = GZipMiddleware(_application(bot, sessions), compresslevel=5)
    app = RateLimit(app, bot.settings)
    app = Origins(app, sites)
    app = Guard(app, server.hosts, sites.frame_ancestors, sessions, NO_EDITORS if server.lean else "")
    app = ErrorPages(app, bot)
    app = RequestLog(app)
    return Forwarded(app, server.trusted_proxies, server.root_path)


def _application(bot: Chatbot, sessions: Sessions | None) -> FastAPI:
    page = None if bot.settings.server.lean else LazyPage(bot)
    journal = open_journal(bot.settings)
    tool = Tool(bot) if bot.settings.server.mcp else None
    app = FastAPI(
        title="Career chatbot",
        lifespan=_lifespan(page, journal, tool),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    problems.install(app)
    document(app, VERSION)
    app.include_router(api.routes(bot, journal))
    app.include_router(widget.routes(bot))
    if sessions:
        app.include_router(sign_in.routes(sessions, bot.settings.page))
    _add_health(app, bot, page)
    openings = Openings(bot)
    app.include_router(articles.routes(bot, openings))
    app.include_router(discovery.routes(bot, openings))
    app.include_router(turns.routes(bot) if page else search_page.routes(bot, openings))
    _add_pages(app, bot.settings.page.title)
    if tool:
        app.router.routes.append(Route("/mcp", tool, methods=["POST"]))
    if page:
        app.mount("", page)
    if bot.settings.journal.questions:
        app.add_middleware(MissedQuestions, journal=journal)
    return app


def _lifespan(
    page: LazyPage | None, journal: Journal, tool: Tool | None
) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(page.live()) if page else None
        journal.forget_as_days_pass()
        async with tool.live() if tool else nullcontext():
            yield
        if page and task:
            page.stop()
            await task
        journal.close()

    return lifespan


def _add_health(app: FastAPI, bot: Chatbot, page: LazyPage | None) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        if page is None or page.ready:
            # Ready all the same: a proxy that took every server away for it could show no visitor calm words.
            away = {"index": "away"} if bot.away else {}
            return JSONResponse({"status": "ready", "generation": bot.generation, **away})
        if page.error is not None:
            return problems.problem(503, "the chat page cannot be built; the server's log says why")
        return problems.problem(503, "the chat page is loading; try again in a second", {"Retry-After": "1"})

    @app.get("/metrics", include_in_schema=False)
    def metrics(request: Request) -> Response:
        if not (request.scope[TRUSTED] or bot.settings.server.open_metrics):
            return problems.problem(404, "there is nothing at /metrics for this address")
        return Response(exposition(bot), media_type=CONTENT_TYPE)


def _add_pages(app: FastAPI, title: str) -> None:
    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        # Relative, so that it works under any path that a proxy puts in front.
        return RedirectResponse("chat/")

    @app.get("/chat", include_in_schema=False)
    async def chat(request: Request) -> RedirectResponse:
        # Gradio would name the host that the client claims to have asked.
        return RedirectResponse(f"chat/?{request.url.query}" if request.url.query else "chat/")

    @app.get("/manifest.json", include_in_schema=False)
    @app.get("/chat/manifest.json", include_in_schema=False)
    async def manifest() -> JSONResponse:
        return JSONResponse({"name": title, "short_name": title, **MANIFEST}, media_type="application/manifest+json")

    @app.get("/favicon.ico", include_in_schema=False)
    @app.get("/favicon.svg", include_in_schema=False)
    async def favicon() -> FileResponse:
        return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")

    app.mount("/static", StaticFiles(directory=STATIC))
