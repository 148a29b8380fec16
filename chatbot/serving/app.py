"""The server: one application around one chatbot, with the page, the articles and the API.

The API and the health checks answer at once. The page follows when Gradio, whose import takes seconds, is there.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager

import uvicorn
from fastapi import FastAPI
from fastapi.responses import FileResponse, HTMLResponse, JSONResponse, RedirectResponse
from starlette.middleware.gzip import GZipMiddleware
from starlette.staticfiles import StaticFiles

from chatbot.answering.chatbot import Chatbot
from chatbot.insights.journal import Journal, open_journal
from chatbot.serving import api, problems
from chatbot.serving.article import CSP, article_page, missing_page
from chatbot.serving.assets import STATIC
from chatbot.serving.guard import Guard
from chatbot.serving.lazy import LazyPage
from chatbot.serving.listening import Server, address, bind
from chatbot.serving.origins import Origins, Sites

# An open page keeps one connection busy for as long as it is open; this is how long a stop waits for it, in seconds.
STOP_SECONDS = 3

MANIFEST = {
    "name": "Career chatbot",
    "short_name": "Careers",
    "start_url": "chat/",
    "display": "standalone",
    "icons": [{"src": "favicon.svg", "sizes": "any", "type": "image/svg+xml"}],
}


def create_app(bot: Chatbot) -> FastAPI:
    """Everything that is served for this chatbot."""
    page, journal, sites = LazyPage(bot), open_journal(bot.settings), Sites(bot.settings.sites)
    app = FastAPI(
        title="Career chatbot",
        lifespan=_lifespan(page, journal),
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
    )
    problems.install(app)
    app.include_router(api.routes(bot, journal))
    _add_health(app, bot, page)
    _add_pages(app, bot)
    app.mount("", page)
    app.add_middleware(GZipMiddleware, compresslevel=5)
    app.add_middleware(Origins, sites=sites)
    app.add_middleware(Guard, frame_ancestors=sites.frame_ancestors)
    return app


def run(bot: Chatbot, *, open_browser: bool = False) -> None:
    """Serve where the settings say until SIGTERM or Ctrl-C; print one line with the address as soon as it answers.

    Port 0 takes any free port. One worker, because a conversation lives in the memory of the process. Raises
    ChatbotError when the address cannot be used.
    """
    settings = bot.settings.server
    listener = bind(settings.host, settings.port)
    config = uvicorn.Config(
        create_app(bot),
        root_path=settings.root_path,
        timeout_graceful_shutdown=STOP_SECONDS,
        log_level="warning",
        access_log=False,
        server_header=False,
    )
    # Once it has stopped, uvicorn raises the signal again for whoever had a handler before: a clean stop ends with 0.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    Server(config, address(listener), open_browser=open_browser).run(sockets=[listener])


def _lifespan(page: LazyPage, journal: Journal) -> Callable[[FastAPI], AbstractAsyncContextManager[None]]:
    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(page.live())
        yield
        page.stop()
        await task
        journal.close()

    return lifespan


def _add_health(app: FastAPI, bot: Chatbot, page: LazyPage) -> None:
    @app.get("/healthz", include_in_schema=False)
    async def healthz() -> dict[str, str]:
        return {"status": "ok"}

    @app.get("/readyz", include_in_schema=False)
    async def readyz() -> JSONResponse:
        if page.ready:
            return JSONResponse({"status": "ready", "generation": bot.generation})
        if page.error is not None:
            return problems.problem(503, "the chat page cannot be built; the server's log says why")
        return problems.problem(503, "the chat page is loading; try again in a second", {"Retry-After": "1"})


def _add_pages(app: FastAPI, bot: Chatbot) -> None:
    @app.get("/", include_in_schema=False)
    async def home() -> RedirectResponse:
        # Relative, so that it works under any path that a proxy puts in front.
        return RedirectResponse("chat/")

    @app.get("/articles/{article_id:path}", include_in_schema=False)
    def read(article_id: str, passage: str = "") -> HTMLResponse:
        article = bot.article(article_id)
        if article is None:
            return HTMLResponse(missing_page(article_id), 404, {"Content-Security-Policy": CSP})
        cited = bot.passage(passage) if passage else None
        if cited is not None and cited.article_id != article_id:
            cited = None
        return HTMLResponse(article_page(article, cited), headers={"Content-Security-Policy": CSP})

    @app.get("/manifest.json", include_in_schema=False)
    @app.get("/chat/manifest.json", include_in_schema=False)
    async def manifest() -> JSONResponse:
        return JSONResponse(MANIFEST, media_type="application/manifest+json")

    @app.get("/favicon.ico", include_in_schema=False)
    @app.get("/favicon.svg", include_in_schema=False)
    async def favicon() -> FileResponse:
        return FileResponse(STATIC / "favicon.svg", media_type="image/svg+xml")

    app.mount("/static", StaticFiles(directory=STATIC))
