"""The document of the chat page: all of it in the visitor's language, usable before a script runs or Gradio is there.

Without scripts its form asks, and the answer comes with the next document. With them page.js asks, and starts Gradio
behind the page; Gradio's components get the same texts. Both are put in for each visit, so that the starter questions
and the filters are those of the index that is served now.
"""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

import orjson
from markupsafe import Markup, escape
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers, QueryParams
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.serving.chat.cards import notice_html
from chatbot.serving.chat.conversation import first_answer
from chatbot.serving.chat.theme import theme_of, tints_of
from chatbot.serving.middleware.guard import PAGE_CSP
from chatbot.serving.middleware.rate_limit import charge
from chatbot.serving.middleware.scope import asked_for, path_of, site_of, view_of
from chatbot.serving.web.assets import STYLE, link
from chatbot.serving.web.languages import LANGUAGES, Language
from chatbot.serving.web.templates import RECENT, ROOT, View, as_script, fill
from chatbot.sites import ORIGIN, Sites, articles_of, frame_ancestors, own_topics, topics_of, within

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.settings import PageSettings, SiteSettings

MOST_VALUES = 24
MOST_TILES = 12
SCRIPTS = ("page.js", "cards.js", "filters.js", "typing.js")
LATER = ("share.js", "saved.js", "aloud.js")  # once the page can be used
KEPT = ("lang", "site", "theme", "color")
CONFIG = re.compile(r"window\.gradio_config = (\{.*?\});</script>", re.DOTALL)
_ASSET = re.compile(r'<(script type="module"|link rel="stylesheet") crossorigin (?:src|href)="([^"]+)"')


class Gradio(NamedTuple):
    """What Gradio's own document starts it with: its configuration, its script and its style sheets."""

    config: dict[str, Any]
    script: str
    styles: list[str]


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
        response = elsewhere(scope, self.bot.settings.page, self.sites)
        if response is None:
            status, body = await whole_of(self.app, scope, receive)
            if status == 200:
                response = await run_in_threadpool(self._page, parts_of(body.decode()), scope)
            else:
                response = HTMLResponse(body, status)
        await response(scope, receive, send)

    def _page(self, gradio: Gradio, scope: Scope) -> HTMLResponse:
        site, view = site_of(scope), view_of(scope, self.bot.settings.page)
        language = view.language
        headers = {"Content-Language": language.code, "Vary": "Accept-Language"}
        if site:
            headers["Content-Security-Policy"] = f"{PAGE_CSP}; frame-ancestors {frame_ancestors(site)}"
        question = next(filter(None, map(str.strip, QueryParams(scope.get("query_string", b"")).getlist("q"))), "")
        too_long = len(question) > MOST_CHARACTERS
        wait = charge(1) if question and not too_long else 0
        page = self.bot.settings.page
        messages: tuple[tuple[str, str], ...] = ()
        if too_long:
            messages = (("assistant", notice_html(language("too_long", most=str(MOST_CHARACTERS)))),)
        elif wait:
            headers["Retry-After"] = str(wait)
            messages = (("assistant", notice_html(language.script["busy"].format(time=language.lasting(wait)))),)
        elif question:
            messages = first_answer(self.bot, question, view, site)
        texts = page_texts(self.bot, view, site)
        for component in gradio.config["components"]:
            component["props"].update(component_texts(texts, view).get(component["props"].get("elem_id"), {}))
        words = {
            **language.script,
            "code": language.code,
            "locale": str(language.locale).replace("_", "-"),
            "title": page.title,
            "plurals": language.plurals,
        }
        html = fill(
            "chat.html",
            view,
            **texts,
            question=question,
            unsent=question if wait or too_long else "",
            messages=messages,
            icon=link("favicon.svg"),
            css=link("page.css"),
            scripts=[link(name) for name in SCRIPTS],
            words=as_script(words),
            later=as_script({"styles": [link("saved.css")], "scripts": [link(name) for name in LATER]}),
            gradio=as_script(gradio._asdict()),
            theme=theme_of(scope),
            tints=tints_of(scope),
            kept={name: value for name in KEPT if (value := asked_for(scope, name))},
        )
        return HTMLResponse(html, 429 if wait else 200, headers)


def elsewhere(scope: Scope, page: PageSettings, sites: Sites) -> Response | None:
    """What is said instead of the page: that there is no such site, or which site's page to show in its frame."""
    named = asked_for(scope, "site")
    if site_of(scope) or ORIGIN.fullmatch(named):
        return None  # an origin that is not listed has no rules
    if named:
        view = view_of(scope, page)
        return HTMLResponse(fill("no_site.html", view, called=named[:200], style=STYLE), 404)
    headers = Headers(scope=scope)
    framing = ORIGIN.match(headers.get("referer", ""))
    if headers.get("sec-fetch-dest") != "iframe" or not framing or sites.of(framing[0]) is None:
        return None
    query = QueryParams(scope.get("query_string", b"")).multi_items()
    return RedirectResponse(f"?{urlencode([*query, ('site', framing[0])])}")


def parts_of(html: str) -> Gradio:
    """What starts Gradio, out of the document that Gradio makes. Raises ValueError where it makes another one."""
    config, assets = CONFIG.search(html), _ASSET.findall(html)
    scripts = [address for tag, address in assets if tag.startswith("script")]
    if not config or len(scripts) != 1:
        raise ValueError(
            "Gradio's document is not the one this page was written for; install the version that is pinned"
        )
    return Gradio(orjson.loads(config[1]), scripts[0], [address for tag, address in assets if tag.startswith("link")])


def page_texts(bot: Chatbot, view: View, site: SiteSettings | None) -> dict[str, Any]:
    """What the parts of the page say: all that depends on language, articles and site."""
    page, language = bot.settings.page, view.language
    articles = articles_of(site, bot.articles())
    return {
        "title": page.title,
        "languages": LANGUAGES.values(),
        "heading": heading(language, site),
        "text": start_text(language, len(articles)),
        "topics": topics_of(site, articles)[:MOST_TILES],
        "linked_text": linked_text(view, len(articles)),
        "starters": bot.starters(filters=within(site)),
        "foreign": language.foreign(page.articles_language),
        "groups": filter_groups(bot, language, site),
        "reasons": language.reasons.items(),
        "retry": language.script["retry"],
    }


def component_texts(texts: dict[str, Any], view: View) -> dict[str, dict[str, Any]]:
    """The properties of Gradio's components, by element id."""
    t, rtl = view.language, view.language.direction == "rtl"
    parts = {"top": "header", "start": "start", "pending": "pending", "sources": "sources", "tools": "tools"}
    return {
        **{name: {"value": fill(f"{template}.html", view, **texts)} for name, template in parts.items()},
        "talk": {"label": t("conversation"), "rtl": rtl},
        "box": {"label": t("question"), "placeholder": t("hint"), "submit_btn": t("ask"), "rtl": rtl},
    }


def filter_groups(
    bot: Chatbot, language: Language, site: SiteSettings | None
) -> list[tuple[str, str, list[tuple[str, str, int]]]]:
    """What the passages can be limited to: (field, label, values); the most used come first.

    A value is what is sent, how it is shown, and the number of articles that name it.
    """
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
            groups.append((field, language(labels[field]), [(value, value, values.count(value)) for value in by_use]))
    days = [day for article in articles if (day := article.updated or article.published)]
    if days:
        recent = sum(day >= date.today() - RECENT for day in days)
        groups.append(("recent", language("freshness"), [("recent", language("recent"), recent)]))
    return groups


def heading(language: Language, site: SiteSettings | None) -> str:
    """What the page begins with: the greeting of a site, where it has one."""
    return (site.greeting if site else "") or language("start_heading")


def start_text(language: Language, articles: int) -> str:
    """One sentence or two that say what the page does with so many articles."""
    return language("start_text", articles=language.count("articles", articles))


def linked_text(view: View, articles: int) -> Markup:
    """As `start_text`, the number of articles a link to their list."""
    listed = Markup('<a href="{}">{}</a>').format(
        f"{ROOT}articles{view.query()}", view.language.count("articles", articles)
    )
    return escape(view.language.words["start_text"]).format(articles=listed)


async def whole_of(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[int, bytes]:
    """Status and body of what an application answers."""
    status, body = 500, bytearray()

    async def keep(message: Message) -> None:
        nonlocal status
        status = message.get("status", status)
        body.extend(message.get("body", b""))

    await app(scope, receive, keep)
    return status, bytes(body)
