"""Plain pages to read articles on, for corpora that have no site of their own; the cited passage is marked."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import urlencode

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse

from chatbot.answering.chatbot import Chatbot
from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.deep_links import article_address
from chatbot.records import Article, Passage
from chatbot.serving.middleware.scope import asked_for, language_of, site_of
from chatbot.serving.web.assets import CSP, STYLE
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.markdown_html import article_html, place, with_query
from chatbot.serving.web.templates import View, fill
from chatbot.sites import articles_of

FEWEST_HEADINGS = 3


def routes(bot: Chatbot) -> APIRouter:
    """The list of all articles, and a page for each."""
    router = APIRouter(include_in_schema=False)

    @router.get("/articles")
    def contents(request: Request) -> HTMLResponse:
        view = _view(bot, request)
        return _page(list_page(articles_of(site_of(request.scope), bot.articles()), view), view)

    @router.get("/articles/{article_id:path}")
    def read(request: Request, article_id: str, passage: str = "") -> HTMLResponse:
        view, article = _view(bot, request), _article(bot, article_id)
        if article is None:
            return _page(missing_page(article_id, view), view, 404)
        cited = bot.passage(passage) if passage else None
        cited = cited if cited and cited.article_id == article.id else None
        return _page(article_page(article, cited, view, lost=bool(passage) and cited is None, at=article_id), view)

    return router


def _article(bot: Chatbot, name: str) -> Article | None:
    """The article of an id, or the one whose `url` is this very place."""
    article = bot.article(name)
    here = (one.id for one in bot.articles() if one.url == f"/articles/{name}")
    return article or bot.article(next(here, ""))


def article_page(article: Article, cited: Passage | None, view: View, *, lost: bool = False, at: str = "") -> str:
    """The page as HTML; it needs no script and fetches nothing but the icon.

    `lost` says that the passage which a link leads to is no longer there, `at` where below /articles/ it is read if
    not by its id.
    """
    root = _root(at or article.id)
    slugged = [block for block in blocks(article.text) if block.slug]
    headings = [block for block in slugged if block.title != article.title]
    top_anchor = next((block.slug for block in slugged if block.title == article.title), "")
    body = article_html(
        article, {block.line: block.slug for block in headings}, cited, root, view.language("table"), view.query
    )
    top = [block for block in headings if block.level == min(heading.level for heading in headings)]
    contents = top if len(top) >= FEWEST_HEADINGS else []
    place_of_cited = cited.url.partition("#")[2] if cited else ""
    values = {
        "anchor": top_anchor,
        "article": article,
        "body": body,
        "cited": cited,
        "contents": contents,
        "lost": lost,
        "to_cited": place_of_cited,
    }
    return fill("article.html", view, root, style=STYLE, **values)


def list_page(articles: Iterable[Article], view: View) -> str:
    """All articles by title, each with a link to where it is read."""
    places = ((article, place(article_address(article.id, article.url), "")) for article in articles)
    listed = [(article, href and with_query(href, "", view.query)) for article, href in places]
    listed.sort(key=lambda each: each[0].title.casefold())
    return fill("articles.html", view, "", listed=listed, style=STYLE)


def missing_page(article_id: str, view: View) -> str:
    """What is shown where no article has this id."""
    return fill("missing.html", view, _root(article_id), article_id=article_id, style=STYLE)


def _page(html: str, view: View, status: int = 200) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": CSP,
        "Content-Language": view.language.code,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, status, headers)


def _view(bot: Chatbot, request: Request) -> View:
    page = bot.settings.page
    language, query = language_of(request.scope, page), {}
    if asked_for(request.scope, "lang").lower().split("-")[0] in LANGUAGES:
        query["lang"] = language.code
    if site_of(request.scope):
        query["site"] = asked_for(request.scope, "site")
    return View(language, page.articles_language, f"?{urlencode(query)}" if query else "")


def _root(article_id: str) -> str:
    # Relative, so that the page works under any path that a proxy puts in front.
    return "../" * (article_id.count("/") + 1)
