"""The editors' page: Gradio blocks at /edit, for who is signed in.

Everything that an editor does with articles is one event with what was pressed as JSON; the forms are Gradio's own.
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import gradio as gr

from chatbot.editing.workspace import Desk
from chatbot.serving.editor import views
from chatbot.serving.editor.gestures import perform, safely
from chatbot.serving.editor.panels import Seat, tick, whole
from chatbot.serving.web.templates import View, fill

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.settings import Settings

SESSION_SECONDS = 4 * 3600
STATES = ["All", "New", "Changed", "Deleted", "Left out", "Look again"]
BRIDGE = "desk.connect((gesture) => trigger('act', {gesture: gesture}))"
DONE = "(notice) => desk.done(notice)"
QUIET: dict[str, Any] = {"queue": False, "show_progress": "hidden", "api_visibility": "private"}


def _html(name: str | None, value: str = "", **options: Any) -> gr.HTML:
    options = {"js_on_load": None, **options}
    return gr.HTML(value, padding=False, apply_default_css=False, elem_id=name, **options)


def _box(name: str, label: str, **options: Any) -> gr.Textbox:
    return gr.Textbox(label=label, elem_id=name, **{"max_lines": options.get("lines", 1), **options})


def _buttons(name: str, *buttons: tuple[str, str, str, str]) -> gr.HTML:
    """Buttons of act, label, class and what is asked for first."""
    return _html(name, fill("edit/buttons.html", View(), buttons=buttons))


def _articles(parts: dict[str, Any]) -> None:
    with gr.Column(elem_id="list") as parts["list"]:
        with gr.Row(elem_id="finding"):
            parts["search"] = _box("search", "Search", placeholder="Title, file or topic")
            parts["state"] = gr.Radio(STATES, value="All", label="Show", elem_id="state")
        parts["files"] = _html("files")
    with gr.Column(elem_id="detail", visible=False) as parts["detail"]:
        parts["opened"] = _html("opened-article")
        parts["text"] = _box("text", "The file, with what describes it at the top", lines=22)
        with gr.Row():
            parts["keeping"] = _buttons("keeping", ("save", "Save", "primary", ""), ("check", "Preview", "", ""))
            sure = "Delete this article? It can be put back, and visitors lose it only once this is published."
            _buttons("removing", ("delete", "Delete", "danger", sure))
        parts["checked"] = _html("checked")


def _add(parts: dict[str, Any]) -> None:
    parts["uploads"] = _html("uploading", views.uploads_html(()))
    _html(None, "<h2>Or write one</h2>")
    with gr.Row():
        parts["title"] = _box("title", "Title", placeholder="As a reader would ask for it")
        parts["topics"] = _box("topics", "Topics", placeholder="Between commas")
    parts["body"] = _box("body", "Text, in Markdown: ## before a heading, - before a point", lines=12)
    parts["questions"] = _box("questions", "Questions that it answers, one a line", lines=3)
    with gr.Accordion("More about the article", open=False, elem_id="more"):
        with gr.Row():
            parts["url"] = _box("url", "Address on your site", placeholder="https://")
            parts["aliases"] = _box("aliases", "Other names of its subject", placeholder="Between commas")
        with gr.Row():
            parts["updated"] = _box("updated", "Updated", placeholder="2026-01-31")
            parts["review_by"] = _box("review_by", "Look at it again by", placeholder="2027-01-31")
        with gr.Row():
            parts["audience"] = _box("audience", "Audience", placeholder="Between commas")
            parts["country"] = _box("country", "Country", placeholder="Only where it holds for one")
    _buttons("adding", ("save-new", "Save", "primary", ""), ("preview", "Preview", "", ""))
    parts["drafted"] = _html("drafted")


def _drafting(parts: dict[str, Any]) -> None:
    with gr.Tab("Try", id="try"):
        _html(None, fill("edit/try.html", View()))
        parts["question"] = _box("question", "Question", placeholder="Ask both, side by side", submit_btn="Ask both")
        parts["tried"] = _html("tried-answers")
    with gr.Tab("Publish", id="publish"):
        sure = "Publish the articles as they are now? Visitors see them at once; you can go back under History."
        _buttons("publishing", ("draft", "Prepare a draft", "", ""), ("publish", "Publish", "primary", sure))
        parts["plan"] = _html("plan")
    with gr.Tab("History", id="history"):
        parts["history"] = _html("generations")
        _buttons("checking", ("verify", "Check everything", "", ""))
    with gr.Tab("Map", id="map"):
        _html(None, fill("edit/draw.html", View()))
        parts["map"] = _html("picture")


def build_editor(bot: Chatbot) -> gr.Blocks:
    """The blocks of the page, ready to be mounted at /edit."""
    desk, parts = Desk(bot), dict[str, Any]()
    with gr.Blocks(title=f"Editors · {bot.settings.page.title}", analytics_enabled=False, fill_width=True) as blocks:
        header = fill(
            "edit/header.html", View(), title=bot.settings.page.title, installation=_installation(bot.settings)
        )
        _html("top", header)
        parts["notice"] = _html("notice")
        _html("trouble", '<div id="trouble-said" role="alert"></div>')
        _html("unsaved", '<div id="unsaved-texts"></div>')
        parts["work"], parts["conflict"] = _html("work"), _html("conflict")
        with gr.Tabs(elem_id="tabs"):
            with gr.Tab("Articles", id="articles"):
                _articles(parts)
            with gr.Tab("Add", id="add"):
                _add(parts)
            _drafting(parts)
        parts["timer"] = gr.Timer(1, active=False)
        parts["seat"] = gr.State(Seat(), time_to_live=SESSION_SECONDS)
        bridge = _html("bridge", js_on_load=BRIDGE, visible="hidden")
        _connect(blocks, desk, parts, bridge)
    blocks.state_session_capacity = 50
    return blocks


def _installation(settings: Settings) -> str:
    """What tells the texts of this installation from another's that was at the same address."""
    return hashlib.sha256(f"{settings.corpus_dir.resolve()}\0{settings.index_dir.resolve()}".encode()).hexdigest()[:16]


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
        return shown(safely(lambda: tick(desk, typed(values))))

    def load(values: dict[Any, Any]) -> dict[Any, Any]:
        return shown(safely(lambda: whole(desk, typed(values))))

    bridge.act(act, given, outputs, **QUIET).then(None, parts["notice"], None, js=DONE)
    parts["question"].submit(ask, given, outputs, **QUIET).then(None, parts["notice"], None, js=DONE)
    for event in (parts["search"].change, parts["state"].change):
        event(find, given, outputs, trigger_mode="always_last", **QUIET)
    parts["timer"].tick(look, given, outputs, **QUIET)
    blocks.load(load, given, outputs, **QUIET)
