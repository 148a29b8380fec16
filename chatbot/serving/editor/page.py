"""The editors' page: Gradio blocks at /edit, for who is signed in.

Everything that an editor does with articles is one event with what was pressed as JSON; the forms are Gradio's own.
Their texts come with the document.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import gradio as gr

from chatbot.editing.workspace import Desk
from chatbot.serving.editor import views
from chatbot.serving.editor.gestures import perform, safely
from chatbot.serving.editor.panels import Seat, tick, whole

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

SESSION_SECONDS = 4 * 3600
BRIDGE = "desk.connect((gesture) => trigger('act', {gesture: gesture}))"
DONE = "(notice) => desk.done(notice)"
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def _html(name: str, **options: Any) -> gr.HTML:
    options = {"js_on_load": None, **options}
    return gr.HTML(padding=False, apply_default_css=False, elem_id=name, **options)


def _box(name: str, lines: int = 1, **options: Any) -> gr.Textbox:
    return gr.Textbox(elem_id=name, label=name, lines=lines, max_lines=lines, **options)


def _tab(name: str) -> gr.Tab:
    return gr.Tab(name, id=name, elem_id=f"tab-{name}")


def _articles(parts: dict[str, Any]) -> None:
    with gr.Column(elem_id="list") as parts["list"]:
        with gr.Row(elem_id="finding"):
            parts["search"] = _box("search")
            parts["state"] = gr.Radio(list(views.STATES), value="All", elem_id="state")
        parts["files"] = _html("files")
    with gr.Column(elem_id="detail", visible=False) as parts["detail"]:
        parts["opened"] = _html("opened-article")
        with gr.Row(elem_id="beside"):
            with gr.Column(elem_id="writing"):
                parts["text"] = _box("text", 22)
                with gr.Row():
                    parts["keeping"] = _html("keeping")
                    _html("removing")
            parts["cut"] = _html("cut-passages")


def _add(parts: dict[str, Any]) -> None:
    parts["uploads"] = _html("uploading")
    _html("or-write")
    with gr.Row():
        parts["title"], parts["topics"] = _box("title"), _box("topics")
    parts["body"] = _box("body", 12)
    parts["questions"] = _box("questions", 3)
    with gr.Accordion("more", open=False, elem_id="more"):
        for pair in (("url", "aliases"), ("updated", "review_by"), ("audience", "country")):
            with gr.Row():
                for name in pair:
                    parts[name] = _box(name)
    _html("adding")
    parts["drafted"] = _html("drafted")


def _drafting(parts: dict[str, Any]) -> None:
    with _tab("try"):
        _html("drafting")
        parts["question"] = _box("question", submit_btn="Ask")
        parts["tried"] = _html("tried-answers")
    with _tab("publish"):
        parts["publishing"] = _html("publishing")
        parts["plan"] = _html("plan")
    with _tab("history"):
        parts["history"] = _html("generations")
        _html("checking")
    with _tab("map"):
        _html("drawing")
        parts["map"] = _html("picture")


def build_editor(bot: Chatbot) -> gr.Blocks:
    """The blocks of the page, ready to be mounted at /edit."""
    desk, parts = Desk(bot), dict[str, Any]()
    with gr.Blocks(analytics_enabled=False, fill_width=True) as blocks:
        _html("top")
        parts["notice"] = _html("notice")
        _html("trouble", value='<div id="trouble-said" role="alert"></div>')
        _html("unsaved", value='<div id="unsaved-texts"></div>')
        parts["work"], parts["conflict"] = _html("work"), _html("conflict")
        with gr.Tabs(elem_id="tabs", overflow_behavior="wrap"):
            with _tab("articles"):
                _articles(parts)
            with _tab("add"):
                _add(parts)
            with _tab("questions"):
                parts["gaps"] = _html("gaps")
            _drafting(parts)
        parts["timer"] = gr.Timer(1, active=False)
        parts["seat"] = gr.State(Seat(), time_to_live=SESSION_SECONDS)
        parts["language"] = _box("language", visible="hidden")
        bridge = _html("bridge", js_on_load=BRIDGE, visible="hidden")
        _connect(blocks, desk, parts, bridge)
    blocks.state_session_capacity = 50
    return blocks


def _connect(blocks: gr.Blocks, desk: Desk, parts: dict[str, Any], bridge: gr.HTML) -> None:
    boxes = {name: part for name, part in parts.items() if isinstance(part, gr.Textbox | gr.Radio)}
    given = {*boxes.values(), parts["seat"]}
    outputs = list(parts.values())

    def typed(values: dict[Any, Any]) -> dict[str, str]:
        return {name: str(values[box] or "") for name, box in boxes.items()}

    def shown(updates: dict[str, dict[str, Any]]) -> dict[Any, Any]:
        return {parts[name]: gr.update(**properties) for name, properties in updates.items()}

    def act(values: dict[Any, Any], event: gr.EventData) -> dict[Any, Any]:
        seat, updates = perform(desk, values[parts["seat"]], str(getattr(event, "gesture", "")), typed(values))
        return {**shown(updates), parts["seat"]: seat}

    def ask(values: dict[Any, Any]) -> dict[Any, Any]:
        return shown(perform(desk, values[parts["seat"]], '{"act": "try"}', typed(values))[1])

    def find(values: dict[Any, Any]) -> dict[Any, Any]:
        return shown(perform(desk, values[parts["seat"]], '{"act": "files"}', typed(values))[1])

    def look(values: dict[Any, Any]) -> dict[Any, Any]:
        return shown(safely(lambda: tick(desk, typed(values)), typed(values)))

    def load(values: dict[Any, Any]) -> dict[Any, Any]:
        return shown(safely(lambda: whole(desk, typed(values)), typed(values)))

    bridge.act(act, given, outputs, **QUIET).then(None, parts["notice"], None, js=DONE)
    parts["question"].submit(ask, given, outputs, **QUIET).then(None, parts["notice"], None, js=DONE)
    for event in (parts["search"].change, parts["state"].change):
        event(find, given, outputs, trigger_mode="always_last", **QUIET)
    parts["timer"].tick(look, given, outputs, **QUIET)
    blocks.load(load, given, outputs, **QUIET)
