"""The visitors' chat page: Gradio blocks, one request per gesture, nothing kept in the browser unless it is wanted.

Gradio is imported here first. What a visitor asked lives in the session state of the server and is
forgotten an hour after the last question.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

# Gradio reads both while it is imported; without them it reports its start to other machines.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from chatbot.serving.cards import busy_html
from chatbot.serving.document import Document
from chatbot.serving.editor import mount_editor
from chatbot.serving.gestures import MOST_CHARACTERS, Talk, perform, searches
from chatbot.serving.rates import charge, wait_seconds
from chatbot.serving.scope import site_of

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

SESSION_SECONDS = 3600
SESSIONS = 2000
FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]
# A card is plain HTML inside a message. What is done with it, and what is typed, reaches the server through the event
# of this otherwise empty component.
BRIDGE = "career.connect((gesture) => trigger('act', {gesture: gesture}))"
TYPED = "(text) => career.ask(text)"
DONE = "() => career.done()"


def build_page(bot: Chatbot) -> gr.Blocks:
    """The blocks of the page, ready to be mounted at /chat; their texts come with the document."""

    def act(talk: Talk, request: gr.Request, event: gr.EventData) -> tuple[list[dict[str, Any]], Talk]:
        messages, gesture = talk.messages, str(getattr(event, "gesture", ""))
        # The request has been paid for as one question.
        if wait := wait_seconds() or charge(searches(talk, gesture) - 1):
            messages = (*messages, ("assistant", busy_html(wait)))
        else:
            # Gradio sends what the address of the page asks for along with every gesture, `?site=` among it.
            talk = perform(bot, talk, gesture, site_of(request.request.scope) if request.request else None)
            messages = talk.messages
        return [{"role": role, "content": _html(html)} for role, html in messages], talk

    with gr.Blocks(title=bot.settings.page.title, analytics_enabled=False, fill_width=True) as blocks:
        for name in ("top", "start"):
            gr.HTML(padding=False, apply_default_css=False, js_on_load=None, elem_id=name)
        talk = gr.State(Talk(), time_to_live=SESSION_SECONDS)
        chat = gr.Chatbot(
            elem_id="talk", show_label=False, container=False, height=None, autoscroll=False, buttons=[],
            feedback_options=None, latex_delimiters=[], render_markdown=False, allow_tags=False,
            group_consecutive_messages=False,
        )  # fmt: skip
        for name in ("sources", "tools"):
            gr.HTML(padding=False, apply_default_css=False, js_on_load=None, elem_id=name)
        box = gr.Textbox(
            elem_id="box", show_label=False, container=False, lines=1, max_lines=1, submit_btn="Ask",
            max_length=MOST_CHARACTERS,
        )  # fmt: skip
        bridge = gr.HTML(js_on_load=BRIDGE, elem_id="bridge", visible="hidden")
        box.submit(None, box, None, js=TYPED, api_visibility="private")
        done = bridge.act(
            act,
            talk,
            [chat, talk],
            queue=False,
            show_progress="hidden",
            trigger_mode="multiple",
            api_visibility="private",
        )
        done.then(None, None, None, js=DONE)
    blocks.state_session_capacity = SESSIONS
    return blocks


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


def _html(html: str) -> gr.HTML:
    return gr.HTML(html, padding=False, apply_default_css=False, js_on_load=None, render=False)
