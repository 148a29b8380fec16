"""The chat page of Gradio: its blocks, one request per gesture, nothing kept in the browser before it is used.

What a visitor asked lives in the session state of the server and is forgotten an hour after the last question.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from chatbot.serving.chat.conversation import Talk, cost, perform
from chatbot.serving.middleware.rate_limit import charge, wait_seconds
from chatbot.serving.middleware.scope import site_of

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

SESSION_SECONDS = 3600
SESSIONS = 2000
# A card is plain HTML inside a message. What is done with it, and what is typed, reaches the server through the event
# of this otherwise empty component.
BRIDGE = "career.connect((gesture) => trigger('act', {gesture: gesture}))"
TYPED = "(text) => career.ask(text)"
DONE = "() => career.done()"


def build_page(bot: Chatbot) -> gr.Blocks:
    """The blocks of the page, ready to be mounted at /chat; their texts come with the document."""

    def act(talk: Talk, request: gr.Request, event: gr.EventData) -> tuple[list[dict[str, Any]], Talk]:
        gesture = str(getattr(event, "gesture", ""))
        # The request has been paid for as one question.
        wait = wait_seconds() or charge(cost(talk, gesture) - 1)
        # Gradio sends what the address of the page asks for along with every gesture, `?site=` among it.
        site = site_of(request.request.scope) if request.request else None
        talk, messages = perform(bot, talk, gesture, site, wait)
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
        for name in ("pending", "sources", "tools"):
            gr.HTML(padding=False, apply_default_css=False, js_on_load=None, elem_id=name)
        box = gr.Textbox(
            elem_id="box", show_label=False, container=False, lines=1, max_lines=5, submit_btn="Ask",
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


def _html(html: str) -> gr.HTML:
    return gr.HTML(html, padding=False, apply_default_css=False, js_on_load=None, render=False)
