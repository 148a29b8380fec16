"""The document of the chat page: what Gradio makes, in the visitor's language, with nothing that points elsewhere.

Gradio builds its components once, for everybody. Their texts are put in for each visit, so that the starter questions
and the filters are those of the index that is served now.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

import orjson
from markupsafe import Markup
from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.chat.theme import theme_of, tints_of
from chatbot.serving.middleware.guard import PAGE_CSP
from chatbot.serving.middleware.scope import asked_for, language_of, path_of, site_of
from chatbot.serving.web.assets import STYLE, link
from chatbot.serving.web.languages import LANGUAGES, Language
from chatbot.serving.web.templates import View, fill
from chatbot.sites import ORIGIN, Sites, articles_of, frame_ancestors, own_topics, within

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.settings import SiteSettings

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
        self.sites = Sites(bot.settings.sites)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or path_of(scope) != "/chat/":
            await self.app(scope, receive, send)
            return
        response = self._elsewhere(scope)
        if response is None:
            status, body = await _whole(self.app, {**scope, "method": "GET"}, receive)
            response = self._page(body.decode(), scope) if status == 200 else HTMLResponse(body, status)
        await response(scope, receive, send)

    def _elsewhere(self, scope: Scope) -> Response | None:
        """What is said instead of the page: that there is no such site, or which site's page to show in its frame."""
        named = asked_for(scope, "site")
        if site_of(scope) or ORIGIN.fullmatch(named):
            return None  # an origin that is not listed has no rules
        language = language_of(scope, self.bot.settings.page)
        if named:
            return HTMLResponse(fill("no_site.html", View(language), called=named[:200], style=STYLE), 404)
        headers = Headers(scope=scope)
        framing = ORIGIN.match(headers.get("referer", ""))
        if headers.get("sec-fetch-dest") != "iframe" or not framing or self.sites.of(framing[0]) is None:
            return None
        query = QueryParams(scope.get("query_string", b"")).multi_items()
        return RedirectResponse(f"?{urlencode([*query, ('site', framing[0])])}")

    def _page(self, html: str, scope: Scope) -> HTMLResponse:
        site, language = site_of(scope), language_of(scope, self.bot.settings.page)
        headers = {"Content-Language": language.code, "Vary": "Accept-Language"}
        if site:
            headers["Content-Security-Policy"] = f"{PAGE_CSP}; frame-ancestors {frame_ancestors(site)}"
        query = f"?{urlencode({'site': asked_for(scope, 'site')})}" if site else ""
        looks = {"theme": theme_of(scope), "tints": tints_of(scope)}
        return HTMLResponse(self._localised(html, View(language, query=query), site, looks), headers=headers)

    def _localised(self, html: str, view: View, site: SiteSettings | None, looks: dict[str, Any]) -> str:
        title, language = self.bot.settings.page.title, view.language
        description = start_text(language, len(articles_of(site, self.bot.articles())))
        head = fill(
            "head.html",
            view,
            title=title,
            description=description,
            css=link("page.css"),
            scripts=[link(name) for name in SCRIPTS],
            words=as_script({**language.script, "code": language.code, "title": title, "plurals": language.plurals}),
            theme=looks["theme"],
        )
        root = f'<html lang="{language.code}" dir="{language.direction}"'
        # Gradio marks the body as dark, once it is there.
        html = _HTML.sub(f'{root} class="dark"' if looks["theme"] == "dark" else root, html, count=1)
        html = _PREVIEW.sub("", html).replace("</head>", f"{head}</head>", 1)
        first = {"title": title, "heading": heading(language, site), "css": link("page.css"), "tints": looks["tints"]}
        html = html.replace("</body>", f"{fill('first.html', view, **first)}</body>", 1)
        # A function, because a replacement text would be searched for backslashes.
        return _CONFIG.sub(lambda config: as_script(self._filled(config[0], language, site)), html, count=1)

    def _filled(self, config: str, language: Language, site: SiteSettings | None) -> dict[str, Any]:
        told: dict[str, Any] = orjson.loads(config)
        texts = component_texts(self.bot, language, site)
        for component in told["components"]:
            component["props"].update(texts.get(component["props"].get("elem_id"), {}))
        return told


def component_texts(bot: Chatbot, language: Language, site: SiteSettings | None) -> dict[str, dict[str, Any]]:
    """The properties of the page's components that depend on language, articles and site, by element id."""
    page, rtl = bot.settings.page, language.direction == "rtl"
    view = View(language, page.articles_language)
    start: dict[str, Any] = {
        "heading": heading(language, site),
        "text": start_text(language, len(articles_of(site, bot.articles()))),
        "starters": bot.starters(filters=within(site)),
        "foreign": language.foreign(page.articles_language),
    }
    tools: dict[str, Any] = {
        "groups": filter_groups(bot, language, site),
        "reasons": language.reasons.items(),
        "script": language.script,
    }
    return {
        "top": {"value": fill("header.html", view, title=page.title, languages=LANGUAGES.values())},
        "start": {"value": fill("start.html", view, **start)},
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


def filter_groups(
    bot: Chatbot, language: Language, site: SiteSettings | None
) -> list[tuple[str, str, list[tuple[str, str]]]]:
    """What the passages can be limited to: (field, label, values and how they are shown); the most used come first."""
    articles = articles_of(site, bot.articles())
    used = {
        "topics": [topic for article in articles for topic in own_topics(site, article.topics)],
        "audience": [person for article in articles for person in article.audience],
        "countries": [article.country for article in articles if article.country],
    }
    labels = {"topics": "topics", "audience": "audience", "countries": "country"}
    groups = []
    for field, values in used.items():
        by_use = sorted(set(values), key=lambda value: (-values.count(value), value))[:MOST_VALUES]
        # One value that all articles share would narrow nothing.
        if len(by_use) > 1 or (by_use and len(values) < len(articles)):
            groups.append((field, language(labels[field]), [(value, value) for value in by_use]))
    if any(article.updated for article in articles):
        groups.append(("recent", language("freshness"), [("recent", language("recent"))]))
    return groups


def heading(language: Language, site: SiteSettings | None) -> str:
    """What the page begins with: the greeting of a site, where it has one."""
    return (site.greeting if site else "") or language("start_heading")


def start_text(language: Language, articles: int) -> str:
    """One sentence or two that say what the page does with so many articles."""
    return language("start_text", articles=language.count("articles", articles))


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
