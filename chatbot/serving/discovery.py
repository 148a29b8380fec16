"""What machines read to find the articles: llms.txt, the sitemap, robots.txt and a feed of what is new."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from fastapi import APIRouter, Request, Response
from fastapi.responses import PlainTextResponse

from chatbot.answering.chatbot import Chatbot
from chatbot.records import Article
from chatbot.serving.listing import Openings, by_first_topic, canonical, described, is_read_here, markdown_address
from chatbot.serving.middleware.scope import site_of, view_of
from chatbot.serving.web.templates import View, fill
from chatbot.settings import SiteSettings
from chatbot.sites import articles_of

MOST_ENTRIES = 50
MOST_ADDRESSES = 50_000  # of a sitemap (sitemaps.org)
_NOT_XML = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_BRACKETS = re.compile(r"([\[\]\\])")


def routes(bot: Chatbot, openings: Openings) -> APIRouter:
    """The four files. Addresses in them are those that the request was sent to; `?site=` narrows them."""
    router = APIRouter(include_in_schema=False)

    def asked(request: Request) -> tuple[View, SiteSettings | None, list[Article], str]:
        site = site_of(request.scope)
        view = view_of(request.scope, bot.settings.page)
        return view, site, articles_of(site, bot.articles()), str(request.base_url)

    @router.get("/llms.txt")
    def llms(request: Request) -> Response:
        view, site, articles, base = asked(request)
        lines = [(article, markdown_address(article, base), openings(article.id)) for article in articles]
        return PlainTextResponse(llms_text(view, site, lines))

    @router.get("/sitemap.xml")
    def sitemap(request: Request) -> Response:
        view, _, articles, base = asked(request)
        own = [(canonical(article, base), day_of(article)) for article in articles if is_read_here(article)]
        pages = [(f"{base}chat/", None), (f"{base}articles", None), *own]
        return Response(sitemap_text(view, pages), media_type="application/xml")

    @router.get("/feed.xml")
    def feed(request: Request) -> Response:
        view, _, articles, base = asked(request)
        dated = [(day, article) for article in articles if (day := day_of(article))]
        newest = sorted(dated, key=lambda each: (-each[0].toordinal(), each[1].title.casefold()))[:MOST_ENTRIES]
        entries = [(one, day, canonical(one, base), described(openings(one.id))) for day, one in newest]
        return Response(_xml("feed.xml", view, base=base, entries=entries), media_type="application/atom+xml")

    @router.get("/robots.txt")
    def robots(request: Request) -> Response:
        base, root = str(request.base_url), request.scope.get("root_path", "")
        hidden = [f"Disallow: {root}{path}" for path in ("/*?q=", "/*&q=", "/api/", "/edit")]
        return PlainTextResponse("\n".join(["User-agent: *", *hidden, "", f"Sitemap: {base}sitemap.xml", ""]))

    return router


def day_of(article: Article) -> date | None:
    """The day of an article's latest version, as far as it is known."""
    return article.updated or article.published


def llms_text(view: View, site: SiteSettings | None, lines: Sequence[tuple[Article, str, Sequence[str]]]) -> str:
    """llms.txt of articles, each with the address where a program reads it and its first sentences."""
    language, said = view.language, {article.id: (address, sentences) for article, address, sentences in lines}
    articles = [article for article, _, _ in lines]
    told = [
        f"# {view.brand}",
        "",
        f"> {language('start_text', articles=language.count('articles', len(articles)))}",
    ]
    for topic, group in by_first_topic(site, articles):
        told += ["", f"## {topic or language('articles')}", ""]
        told += [_line(article, *said[article.id]) for article in group]
    return "\n".join(told) + "\n"


def sitemap_text(view: View, pages: Sequence[tuple[str, date | None]]) -> str:
    """A sitemap of whole addresses, each with the day of its latest version; those beyond the limit are left out."""
    return _xml("sitemap.xml", view, pages=pages[:MOST_ADDRESSES])


def _line(article: Article, address: str, sentences: Sequence[str]) -> str:
    said = f": {sentences[0]}" if sentences else ""
    title = _BRACKETS.sub(r"\\\1", article.title)
    return f"- [{title}]({address}){said}"


def _xml(name: str, view: View, **values: object) -> str:
    return _NOT_XML.sub("", fill(name, view, "", **values))
