"""The chat page, loaded in the background: importing Gradio takes seconds, and nothing else should wait for it."""

from __future__ import annotations

import asyncio
import inspect
import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from typing import Any

from fastapi import FastAPI
from starlette.responses import HTMLResponse
from starlette.types import Receive, Scope, Send

from chatbot.answering.chatbot import Chatbot
from chatbot.serving.middleware.scope import language_of_browser
from chatbot.serving.web.assets import STYLE
from chatbot.serving.web.templates import View, fill

log = logging.getLogger(__name__)


class LazyPage:
    """An ASGI application that serves a short notice until the page is there, and the page from then on."""

    def __init__(self, bot: Chatbot) -> None:
        self.bot = bot
        self.error: Exception | None = None
        self._app: FastAPI | None = None
        self._stopping = asyncio.Event()

    @property
    def ready(self) -> bool:
        return self._app is not None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if self._app is not None:
            await self._app(scope, receive, send)
            return
        page = self.bot.settings.page
        language = language_of_browser(scope, page.language)
        html = fill("starting.html", View(language, brand=page.title), style=STYLE, title=page.title)
        headers = {"Retry-After": "1", "Cache-Control": "no-store", "Content-Language": language.code}
        await HTMLResponse(html, 503, headers)(scope, receive, send)

    async def live(self) -> None:
        """Build the page, then keep it alive until `stop`."""
        try:
            app = await self._built()
        except Exception as error:
            log.exception("the chat page cannot be built; health checks and the API go on")
            self.error = error
            return
        if app is None:
            return
        async with app.router.lifespan_context(app):
            self._app = app
            await self._stopping.wait()

    def stop(self) -> None:
        self._stopping.set()

    async def _built(self) -> FastAPI | None:
        """The page in an application of its own; None when the server stops before it is there.

        A daemon thread, because a thread of the pool would keep a stopping server waiting until the import is over.
        """
        loop = asyncio.get_running_loop()
        built: asyncio.Future[FastAPI] = loop.create_future()

        def build() -> None:
            try:
                done = partial(built.set_result, _page_app(self.bot))
            except Exception as error:
                done = partial(built.set_exception, error)
            if not loop.is_closed():
                loop.call_soon_threadsafe(done)

        threading.Thread(target=build, name="chat page", daemon=True).start()
        stopping = asyncio.create_task(self._stopping.wait())
        await asyncio.wait((built, stopping), return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        return built.result() if built.done() else None


def _page_app(bot: Chatbot) -> FastAPI:
    # Not at the top: this import is the one that takes seconds.
    with _without_stubs():
        from chatbot.serving.gradio_app import mounted

    return mounted(bot)


@contextmanager
def _without_stubs() -> Iterator[None]:
    """Keep Gradio from comparing type stubs with each of its components, a third of what its import takes.

    It passes over classes that have no file.
    """
    file_of = inspect.getfile

    def of_others(what: Any) -> str:
        if getattr(what, "__module__", "").startswith("gradio."):
            raise OSError("no stubs are wanted")
        return file_of(what)

    inspect.getfile = of_others  # type: ignore[assignment]
    try:
        yield
    finally:
        inspect.getfile = file_of
