"""The document of the chat page: what Gradio makes, in the visitor's language, with nothing that points elsewhere.

Gradio builds its components once, for everybody. Their texts are put in for each visit, so that the starter questions
and the filters are those of the index that is served now.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs

import orjson
from markupsafe import Markup
from starlette.datastructures import Headers
from starlette.responses import HTMLResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.assets import link
from chatbot.serving.cards import View, fill
from chatbot.serving.language import LANGUAGES, Language, choose

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

MOST_VALUES = 24
SCRIPTS = ("page.js", "cards.js", "typing.js")
_CONFIG = re.compile(r"(?<=window\.gradio_config = )\{.*?\}(?=;</script>)", re.DOTALL)
_PREVIEW = re.compile(r'<meta\s+(?:property|name)="(?:og|twitter):[^>]*>\s*')
_HTML = re.compile(r'<html\s+lang="en"')


class Document:
    """Wraps the application of Gradio; see the module. Everything but the document passes through untouched."""

    def __init__(self, app: ASGIApp, bot: Chatbot) -> None:
        self.app = app
        self.bot = bot

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path = scope.get("path", "").removeprefix(scope.get("root_path", ""))
        if scope["type"] != "http" or path != "/chat/":
            await self.app(scope, receive, send)
            return
        status, body = await _whole(self.app, {**scope, "method": "GET"}, receive)
        if status != 200:
            await HTMLResponse(body, status)(scope, receive, send)
            return
        language = self._language(scope)
        headers = {"Content-Language": language.code, "Vary": "Accept-Language"}
        await HTMLResponse(self._localised(body.decode(), language), headers=headers)(scope, receive, send)

    def _language(self, scope: Scope) -> Language:
        query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
        accepted = Headers(scope=scope).get("accept-language", "")
        return choose(query.get("lang", [""])[0], accepted, self.bot.settings.page.language)

    def _localised(self, html: str, language: Language) -> str:
        title = self.bot.settings.page.title
        description = start_text(self.bot, language)
        head = fill(
            "head.html",
            View(language),
            title=title,
            description=description,
            css=link("page.css"),
            scripts=[link(name) for name in SCRIPTS],
            words=as_script({**language.script, "code": language.code, "title": title, "plurals": language.plurals}),
        )
        html = _HTML.sub(f'<html lang="{language.code}" dir="{language.direction}"', html, count=1)
        html = _PREVIEW.sub("", html).replace("</head>", f"{head}</head>", 1)
        html = html.replace(
            "</body>", f"{fill('first.html', View(language), title=title, css=link('page.css'))}</body>", 1
        )
        # A function, because a replacement text would be searched for backslashes.
        return _CONFIG.sub(lambda found: as_script(self._filled(found[0], language)), html, count=1)

    def _filled(self, config: str, language: Language) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(config)
        texts = component_texts(self.bot, language)
        for component in told["components"]:
            component["props"].update(texts.get(component["props"].get("elem_id"), {}))
        return told


def component_texts(bot: Chatbot, language: Language) -> dict[str, dict[str, Any]]:
    """The properties of the page's components that depend on the language and on the articles, by element id."""
    page, rtl = bot.settings.page, language.direction == "rtl"
    view = View(language, page.articles_language)
    starters: dict[str, Any] = {"starters": bot.starters(), "count": len(bot.articles())}
    tools: dict[str, Any] = {
        "groups": filter_groups(bot, language),
        "reasons": language.reasons.items(),
        "script": language.script,
    }
    return {
        "top": {"value": fill("header.html", view, title=page.title, languages=LANGUAGES.values())},
        "start": {"value": fill("start.html", view, **starters)},
        "tools": {"value": fill("tools.html", view, retry=language.script["retry"], **tools)},
        "sources": {"value": fill("sources.html", view)},
        "talk": {"label": language("conversation"), "rtl": rtl},
        "box": {
            "label": language("question"),
            "placeholder": language("hint"),
            "submit_btn": language("ask"),
            "rtl": rtl,
        },
    }


def filter_groups(bot: Chatbot, language: Language) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the passages can be limited to: (field, label, values and how they are shown); the most used come first."""
    articles = bot.articles()
    found = {
        "topics": [topic for article in articles for topic in article.topics],
        "audience": [person for article in articles for person in article.audience],
        "countries": [article.country for article in articles if article.country],
    }
    labels = {"topics": "topics", "audience": "audience", "countries": "country"}
    groups = []
    for field, values in found.items():
        by_use = sorted(set(values), key=lambda value: (-values.count(value), value))[:MOST_VALUES]
        # One value that all articles share would narrow nothing.
        if len(by_use) > 1 or (by_use and len(values) < len(articles)):
            groups.append((field, language(labels[field]), [(value, value) for value in by_use]))
    if any(article.updated for article in articles):
        groups.append(("recent", language("freshness"), [("recent", language("recent"))]))
    return groups


def start_text(bot: Chatbot, language: Language) -> str:
    """One sentence or two that say what the page does."""
    return language("start_text", articles=language.count("articles", len(bot.articles())))


def as_script(value: Any) -> Markup:
    """A value as JSON that can stand inside a script element."""
    text = orjson.dumps(value).decode()
    for character in "<>&'\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Markup(text)  # noqa: S704 - nothing is left that could end the element


async def _whole(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, bytes]:
    status, body = 500, bytearray()

    async def keep(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return status, bytes(body)
