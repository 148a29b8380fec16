"""The visitors' chat page: Gradio blocks, one request per gesture, nothing kept in the browser.

Gradio is imported here and nowhere else. What a visitor asked lives in the session state of the server and is
forgotten an hour after the last question.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

# Gradio reads both while it is imported; without them it reports its start to other machines.
os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
os.environ["HF_HUB_OFFLINE"] = "1"

import gradio as gr
from fastapi import FastAPI
from starlette.middleware.cors import CORSMiddleware

from chatbot.errors import ChatbotError
from chatbot.records import Answer, Turn
from chatbot.serving import cards
from chatbot.serving.assets import link
from chatbot.serving.metrics import count_answer
from chatbot.serving.rates import wait_seconds

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

TITLE = "Career chatbot"
PASSAGES = 5
KEPT_TURNS = 20
SESSION_SECONDS = 3600
SESSIONS = 2000
FONTS = ["-apple-system", "BlinkMacSystemFont", "Segoe UI", "Roboto", "Noto Sans", "Liberation Sans", "sans-serif"]

HEAD = """
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<link rel="icon" href="../favicon.svg" type="image/svg+xml">
<link rel="stylesheet" href="{css}">
<script src="{js}" defer></script>
"""
# A card is plain HTML inside a message. Its buttons reach the server through one listener on the document, which
# raises the event of this otherwise empty component.
BRIDGE = "career.connect((kind, value) => trigger('act', {kind: kind, value: value}))"
SEND = "(text, talk) => { career.wait(); return [text, talk]; }"
DONE = "() => career.done()"


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: what was asked, and the messages as (role, HTML)."""

    turns: tuple[Turn, ...] = ()
    messages: tuple[tuple[str, str], ...] = ()

    def shows(self, question: str, html: str, turn: Turn | None = None) -> Talk:
        """The conversation with one more exchange; the oldest are forgotten."""
        asked = (("user", cards.question_html(question)),) if question else ()
        messages = (*self.messages, *asked, ("assistant", html))
        return Talk((*self.turns, *([turn] if turn else []))[-KEPT_TURNS:], messages[-2 * KEPT_TURNS :])


class Page:
    """The handlers of the page's gestures; each returns what the chat shows, the conversation and the input's text."""

    def __init__(self, bot: Chatbot) -> None:
        self.bot = bot

    def start(self) -> list[dict[str, Any]]:
        return self._shown(Talk())

    def ask(self, text: str, talk: Talk) -> tuple[Any, Talk, str]:
        if not isinstance(text, str) or not text.strip():
            return gr.skip(), talk, ""
        return self._turn(text.strip(), talk)

    def act(self, talk: Talk, event: gr.EventData) -> tuple[Any, Talk, Any]:
        """A button of a card or a chip: `kind` is ask, literal or similar, `value` the question or passage."""
        kind, value = str(getattr(event, "kind", "")), str(getattr(event, "value", ""))
        if kind == "similar":
            return self._similar(value, talk)
        chat, talk, _ = self._turn(value, talk, literal=kind == "literal")
        return chat, talk, gr.skip()

    def forget(self) -> tuple[Any, Talk, str]:
        return self._shown(Talk()), Talk(), ""

    def _turn(self, question: str, talk: Talk, *, literal: bool = False) -> tuple[Any, Talk, str]:
        if wait := wait_seconds():
            talk = talk.shows(question, cards.notice_html(f"That is a lot of questions. Try again in {wait} seconds."))
            return self._shown(talk), talk, question
        try:
            answer = self.bot.ask(question, k=PASSAGES, history=talk.turns, literal=literal)
        except ChatbotError as error:
            talk = talk.shows(question, cards.notice_html(str(error)))
            return self._shown(talk), talk, question
        count_answer(answer)
        talk = talk.shows(question, cards.answer_html(answer), _turn(answer))
        return self._shown(talk), talk, ""

    def _similar(self, passage_id: str, talk: Talk) -> tuple[Any, Talk, Any]:
        try:
            html = cards.similar_html(self.bot.similar(passage_id, k=PASSAGES))
        except ChatbotError as error:
            html = cards.notice_html(str(error))
        passage = self.bot.passage(passage_id)
        talk = talk.shows(f"More like “{passage.title}”" if passage else "", html)
        return self._shown(talk), talk, gr.skip()

    def _shown(self, talk: Talk) -> list[dict[str, Any]]:
        start = cards.start_html(self.bot.starters(), len(self.bot.articles()))
        messages = talk.messages or (("assistant", start),)
        return [{"role": role, "content": _html(html)} for role, html in messages]


def _turn(answer: Answer) -> Turn:
    return Turn(answer.question, answer.searched_as, tuple(hit.passage.id for hit in answer.hits))


def _html(html: str) -> gr.HTML:
    return gr.HTML(html, padding=False, apply_default_css=False, js_on_load=None, render=False)


def build_page(bot: Chatbot) -> gr.Blocks:
    """The blocks of the page, ready to be mounted at /chat."""
    page = Page(bot)
    with gr.Blocks(title=TITLE, analytics_enabled=False, fill_width=True) as blocks:
        with gr.Row(elem_id="bar"):
            gr.HTML(cards.header_html(TITLE), padding=False, apply_default_css=False, js_on_load=None, elem_id="top")
            fresh = gr.Button("New conversation", elem_id="fresh", size="sm")
        talk = gr.State(Talk(), time_to_live=SESSION_SECONDS)
        chat = gr.Chatbot(
            page.start(), elem_id="talk", label="Conversation", show_label=False, container=False, height=None,
            autoscroll=False, buttons=[], feedback_options=None, latex_delimiters=[], render_markdown=False,
            allow_tags=False, group_consecutive_messages=False,
        )  # fmt: skip
        box = gr.Textbox(
            elem_id="box", label="Your question", show_label=False, container=False, lines=1, max_lines=6,
            placeholder="Ask about work and careers", submit_btn="Ask", max_length=1000, autofocus=True,
        )  # fmt: skip
        bridge = gr.HTML(js_on_load=BRIDGE, elem_id="bridge", visible="hidden")
        outputs, quiet = [chat, talk, box], {"queue": False, "show_progress": "hidden", "api_visibility": "private"}
        for event in (
            box.submit(page.ask, [box, talk], outputs, js=SEND, **quiet),
            bridge.act(page.act, [talk], outputs, **quiet),
            fresh.click(page.forget, None, outputs, **quiet),
        ):
            event.then(None, None, None, js=DONE)
    blocks.state_session_capacity = SESSIONS
    return blocks


def mounted(bot: Chatbot) -> FastAPI:
    """An application that serves the page at /chat and nothing else."""
    app = FastAPI(docs_url=None, redoc_url=None, openapi_url=None)
    # With a CORS middleware in its parent Gradio adds none; its own lets every origin in, with credentials.
    app.add_middleware(CORSMiddleware, allow_origins=[])
    blocks = build_page(bot)
    gr.mount_gradio_app(
        app,
        blocks,
        path="/chat",
        app_kwargs={"docs_url": None, "redoc_url": None, "openapi_url": None},
        enable_monitoring=False,
        footer_links=[],
        head=HEAD.format(css=link("page.css"), js=link("page.js")),
        max_file_size=1,
        mcp_server=False,
        run_history=False,
        show_error=False,
        ssr_mode=False,
        theme=gr.themes.Base(font=FONTS, font_mono=["ui-monospace", "monospace"]),
    )
    # Gradio checks that a file named in a request was uploaded by that visitor only once it "has launched", which
    # mounting never says.
    blocks.has_launched = True
    return app
