"""The Gradio application: the visitors' page at /chat and, where a password is set, the editors' page at /edit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from chatbot.serving.chat.document import Document
from chatbot.serving.chat.page import build_page
from chatbot.serving.editor.page import build_editor
from chatbot.serving.web.assets import link

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="robots" content="noindex">
<link rel="icon" href="../favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{page}">
<link rel="stylesheet" href="{css}">
<script src="{js}" defer></script>
"""


def mounted(bot: Chatbot) -> FastAPI:
    """An application that serves the page at /chat and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # With a CORS middleware in its parent Gradio adds none; its own lets every origin in, with credentials.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    app.add_middleware(Document, bot=bot)
    theme = gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"])
    blocks = build_page(bot)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/chat",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        enable_monitoring=False,
        footer_links=[],
        max_file_size=1,
        mcp_server=False,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        theme=theme,
    )
    # Gradio checks that a file named in a request was uploaded by that visitor only once it "has launched", which
    # mounting never says.
    blocks.has_launched = True
    if bot.settings.editor.on:
        mount_editor(app, bot, theme)
    return app


def mount_editor(app: FastAPI, bot: Chatbot, theme: gr.themes.Base) -> None:
    """Serve the page at /edit of an application; the guard in front lets nobody in who is not signed in."""
    blocks = build_editor(bot)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/edit",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        enable_monitoring=False,
        footer_links=[],
        head=HEAD.format(page=link("page.css"), css=link("edit.css"), js=link("edit.js")),
        max_file_size=1,
        mcp_server=False,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        theme=theme,
    )
    blocks.has_launched = True  # see page.py
