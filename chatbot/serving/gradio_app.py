"""The Gradio application: the visitors' page at /chat and, where a password is set, the editors' page at /edit."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from chatbot.serving.allow_list import AllowList, Event
from chatbot.serving.chat.document import Document
from chatbot.serving.chat.page import build_page
from chatbot.serving.editor.document import EditorDocument
from chatbot.serving.editor.page import build_editor
from chatbot.serving.web.assets import link

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
EDIT_HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="../favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{page}">
<link rel="stylesheet" href="{css}">
<script src="{js}" defer></script>
<script src="{paste}" defer></script>
"""

_LOOKED_FOR_WORK_EVERY = 0.01  # seconds

OPTIONS: dict[str, Any] = {
    "app_kwargs": {"docs_url": None, "redoc_url": None, "openapi_url": None},
    "enable_monitoring": False,
    "footer_links": [],
    "max_file_size": 1,
    "mcp_server": False,
    "run_history": False,
    "show_error": False,
    "ssr_mode": False,
}


def mounted(bot: Chatbot) -> FastAPI:
    """An application that serves the visitors' page at /chat and, where there are editors, theirs at /edit.

    The guard in front lets nobody in at /edit who is not signed in.
    """
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # With a CORS middleware in its parent Gradio adds none; its own lets every origin in, with credentials.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    events: dict[str, dict[int, Event]] = {}
    app.add_middleware(AllowList, events=events)
    app.add_middleware(Document, bot=bot)
    events["/chat"] = _mount(app, build_page(bot), "/chat")
    if bot.settings.editor.on:
        app.add_middleware(EditorDocument, bot=bot)
        head = EDIT_HEAD.format(page=link("page.css"), css=link("edit.css"), js=link("edit.js"), paste=link("paste.js"))
        events["/edit"] = _mount(app, build_editor(bot), "/edit", head)
    return app


def _mount(app: FastAPI, blocks: gr.Blocks, path: str, head: str | None = None) -> dict[int, Event]:
    """Mount a page; returns what its handlers take, by their numbers."""
    theme = gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"])
    gr.mount_gradio_app(app, blocks, path=path, head=head, theme=theme, **OPTIONS)
    # Gradio checks that a file named in a request was uploaded by that visitor only once it "has launched", which
    # mounting never says.
    blocks.has_launched = True
    # Else every open page holds a connection for as long as it is open, which tells Gradio nothing but when to forget:
    # what is kept of a session goes by its time and by the number of sessions.
    blocks.config["connect_heartbeat"] = False
    # Gradio looks for work a thousand times a second, which takes a twentieth of a core while nobody asks anything.
    blocks._queue.sleep_when_free = _LOOKED_FOR_WORK_EVERY
    handlers = (handler for handler in blocks.fns.values() if handler.fn)
    return {handler._id: tuple(part.stateful for part in handler.inputs) for handler in handlers}
