"""The chat as a page with the widget in it: that of an export, and of a server that answers without the model."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, Response

from chatbot.answering.chatbot import Chatbot
from chatbot.serving.articles import Link, links_of
from chatbot.serving.chat.document import elsewhere
from chatbot.serving.listing import Openings, by_first_topic
from chatbot.serving.middleware.scope import site_of, view_of
from chatbot.serving.web.assets import STYLE, link, style_source
from chatbot.serving.web.templates import ROOT, View, fill
from chatbot.sites import Sites, articles_of, frame_ancestors, topics_of

POLICY = (
    f"default-src 'none'; script-src 'self'; style-src 'self' {style_source(STYLE)}; img-src 'self' data:; "
    "connect-src 'self'; base-uri 'none'; form-action 'self'"
)
Groups = Sequence[tuple[str, Sequence[Link]]]


def routes(bot: Chatbot, openings: Openings) -> APIRouter:
    """The visitors' page at /chat/."""
    router, sites = APIRouter(include_in_schema=False), Sites(bot.settings.sites)

    @router.get("/chat/")
    def chat(request: Request) -> Response:
        view, site = view_of(request.scope, bot.settings.page), site_of(request.scope)
        if other := elsewhere(request.scope, bot.settings.page, sites):
            return other
        articles = articles_of(site, bot.articles())
        groups = [(name, links_of(group, view, ROOT, openings)) for name, group in by_first_topic(site, articles)]
        html = search_html(
            *(view, groups, topics_of(site, articles), len(articles)),
            root=ROOT,
            style=STYLE,
            sheet=link("search.css"),
            script=link("search.js"),
            only=site.topics if site else (),
        )
        framed = frame_ancestors(site) if site else sites.frame_ancestors
        headers = {"Content-Language": view.language.code, "Vary": "Accept-Language"}
        headers["Content-Security-Policy"] = f"{POLICY}; frame-ancestors {framed}"
        return HTMLResponse(html, headers=headers)

    return router


def search_html(  # noqa: PLR0913 - a page has many parts
    view: View,
    groups: Groups,
    topics: Sequence[tuple[str, int]],
    articles: int,
    *,
    root: str,
    sheet: str,
    script: str,
    style: str = "",
    only: Sequence[str] = (),
) -> str:
    """The page as HTML. Without scripts it is the list of the articles, by the first of their topics.

    `sheet` and `script` are addresses, `only` the topics that questions are limited to, all without any.
    """
    language = view.language
    values: dict[str, Any] = {
        "text": language("start_text", articles=language.count("articles", articles)),
        "foreign": language.foreign(view.articles),
    }
    return fill(
        "search.html",
        view,
        root,
        **values,
        groups=groups,
        topics=topics,
        sheet=sheet,
        script=script,
        style=style,
        only="|".join(only),
    )
