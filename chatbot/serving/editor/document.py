"""The document of the editors' page: Gradio's own, with its texts in the language of the visit."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

import orjson
from babel import Locale
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.serving.chat.document import CONFIG, whole_of
from chatbot.serving.editor import views
from chatbot.serving.middleware.scope import path_of, view_of
from chatbot.serving.web.templates import View, as_script, fill

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.settings import Settings


class EditorDocument:
    """Wraps the application of Gradio. Everything but the document passes through untouched."""

    def __init__(self, app: ASGIApp, bot: Chatbot) -> None:
        self.app = app
        self.bot = bot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) != "/edit/":
            await self.app(scope, receive, send)
            return
        status, body = await whole_of(self.app, scope, receive)
        response = HTMLResponse(body, status)
        if status == 200:
            response = self._page(body.decode(), scope)
        await response(scope, receive, send)

    def _page(self, html: str, scope: Scope) -> HTMLResponse:
        settings, view = self.bot.settings, view_of(scope, self.bot.settings.page)
        t = view.language
        found = CONFIG.search(html)
        if not found:
            raise ValueError("Gradio's document is not the one this page was written for; install the pinned version")
        config = orjson.loads(found[1])
        config["title"] = f"{t.tell('Editors')} · {settings.page.title}"
        texts = component_texts(settings, view)
        for component in config["components"]:
            component["props"].update(texts.get(component["props"].get("elem_id"), {}))
        words = f"window.gradio_config = {as_script(config)};window.editing = {as_script(t.edit)};</script>"
        html = html[: found.start()] + words + html[found.end() :]
        html = html.replace('lang="en"', f'lang="{t.code}" dir="{t.direction}"', 1)
        return HTMLResponse(html, headers={"Content-Language": t.code, "Vary": "Accept-Language"})


def component_texts(settings: Settings, view: View) -> dict[str, dict[str, Any]]:
    """The properties of Gradio's components that are words, by element id."""
    t, rtl = view.language, _right_to_left(settings.page.articles_language)

    def html(template: str, **values: Any) -> dict[str, Any]:
        return {"value": fill(f"edit/{template}.html", view, **values)}

    def buttons(*each: tuple[str, str, str, str]) -> dict[str, Any]:
        return html("buttons", buttons=each)

    def box(label: str, placeholder: str = "", **more: Any) -> dict[str, Any]:
        return {"label": label, "placeholder": placeholder, "rtl": rtl, **more}

    tabs = {
        "articles": t.tell("Articles"), "add": t.tell("Add"), "questions": t.tell("Questions"), "try": t.tell("Try"),
        "publish": t.tell("Publish"), "history": t.tell("History"), "map": t.tell("Map"),
    }  # fmt: skip
    commas = t.tell("Between commas")
    delete = t.tell("Delete this article? It can be put back, and visitors lose it only once this is published.")
    return {
        **{f"tab-{name}": {"label": label} for name, label in tabs.items()},
        "language": {"value": t.code},
        "top": html("header", title=settings.page.title, installation=installation(settings)),
        "search": box(t.tell("Search"), t.tell("Title, file or topic")),
        "state": {"label": t.tell("Show"), "choices": [(t.tell(state), state) for state in views.STATES]},
        "text": box(t.tell("The file, with what describes it at the top")),
        "keeping": buttons(("save", t.tell("Save"), "primary", ""), ("check", t.tell("Preview"), "", "")),
        "removing": buttons(("delete", t.tell("Delete"), "danger", delete)),
        "uploading": {"value": views.uploads_html(t, ())},
        "or-write": html("heading", text=t.tell("Or write one")),
        "title": box(t.tell("Title"), t.tell("As a reader would ask for it")),
        "topics": box(t.tell("Topics"), commas),
        "body": box(t.tell("Text, in Markdown: ## before a heading, - before a point")),
        "questions": box(t.tell("Questions that it answers, one a line")),
        "more": {"label": t.tell("More about the article")},
        "url": box(t.tell("Address on your site"), "https://", rtl=False),
        "aliases": box(t.tell("Other names of its subject"), commas),
        "updated": box(t.tell("Updated"), "2026-01-31", rtl=False),
        "review_by": box(t.tell("Look at it again by"), "2027-01-31", rtl=False),
        "audience": box(t.tell("Audience"), commas),
        "country": box(t.tell("Country"), t.tell("Only where it holds for one")),
        "adding": buttons(("save-new", t.tell("Save"), "primary", ""), ("preview", t.tell("Preview"), "", "")),
        "drafting": html("try"),
        "question": box(t.tell("Question"), t.tell("Ask both, side by side"), submit_btn=t.tell("Ask both")),
        "checking": buttons(("verify", t.tell("Check everything"), "", "")),
        "drawing": html("draw"),
    }  # fmt: skip


def installation(settings: Settings) -> str:
    """What tells the texts of this installation from another's that was at the same address."""
    return hashlib.sha256(f"{settings.corpus_dir.resolve()}\0{settings.index_dir.resolve()}".encode()).hexdigest()[:16]


def _right_to_left(tag: str) -> bool:
    """Whether a language is written from right to left; what nobody knows is not."""
    try:
        return Locale.parse(tag, sep="-").text_direction == "rtl"
    except ValueError:
        return False
