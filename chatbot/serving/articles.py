"""Plain pages to find and read articles on; the passage that a link cites is marked. None of them needs a script."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.answering.chatbot import Chatbot
from chatbot.answering.follow_ups import offered
from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.deep_links import article_address
from chatbot.errors import ChatbotError, QuestionError
from chatbot.records import Article, Filters, Hit, Passage
from chatbot.serving.listing import (
    Openings,
    as_markdown,
    by_first_topic,
    canonical,
    described,
    markdown_address,
    text_file,
)
from chatbot.serving.middleware.metrics import count_answer
from chatbot.serving.middleware.rate_limit import charge
from chatbot.serving.middleware.scope import site_of, view_of
from chatbot.serving.web.assets import CSP, STYLE
from chatbot.serving.web.markdown_html import Linked, article_html, place
from chatbot.serving.web.templates import View, by_article, fill
from chatbot.settings import SiteSettings
from chatbot.sites import articles_of, for_site, own_topics, topics_of, within

log = logging.getLogger(__name__)

FEWEST_HEADINGS = 3
FOUND = 10  # passages of a search
RELATED = 3
MOST_QUESTIONS = 4  # of an article's own, at its end
NEAREST = 24  # passages that are looked at for related articles: some are of the article itself
Link = tuple[Article, str | None, str]
"""An article, where it is read as seen from the page, and its first sentence."""


def routes(bot: Chatbot, openings: Openings) -> APIRouter:
    """The list of all articles with its search, and a page for each, also as Markdown."""
    router = APIRouter(include_in_schema=False)

    @router.get("/articles")
    def contents(request: Request, q: str = "", topic: str = "") -> HTMLResponse:
        view, site = view_of(request.scope, bot.settings.page), site_of(request.scope)
        articles = articles_of(site, bot.articles())
        values: dict[str, Any] = {
            "topics": topics_of(site, articles),
            "topic": topic,
            "asked": q.strip()[: MOST_CHARACTERS + 1],
        }
        if values["asked"]:
            # The request has been paid for as a tenth of a question.
            if wait := charge(0.9):
                busy = view.language.script["busy"].format(time=view.language.lasting(wait))
                return _page(list_page((), view, **values, message=busy), view, 429, {"Retry-After": str(wait)})
            return _page(list_page((), view, **values, **_found(bot, values["asked"], view, site)), view)
        about = [one for one in articles if topic.casefold() in map(str.casefold, one.topics)]
        # A topic that none has may have been renamed: all articles then, and no page for whatever somebody writes.
        values["topic"] = topic if about else ""
        groups = [(topic, about)] if about else by_first_topic(site, articles)
        listed = [(name, links_of(group, view, "", openings)) for name, group in groups]
        return _page(list_page(listed, view, **values), view, 404 if topic and not about else 200)

    @router.get("/articles/{article_id:path}")
    def read(request: Request, article_id: str, passage: str = "") -> Response:
        view, site = view_of(request.scope, bot.settings.page), site_of(request.scope)
        # A page for people repeats no host but those that the settings name: anybody can claim one.
        base = str(request.base_url) if bot.settings.server.hosts else _root(article_id)
        article = _article(bot, article_id)
        if article is None:
            if article := _article(bot, article_id.removesuffix(".md")):
                return Response(
                    as_markdown(article, canonical(article, str(request.base_url))), media_type="text/markdown"
                )
            topics = topics_of(site, articles_of(site, bot.articles()))
            return _page(missing_page(article_id, view, topics), view, 404)
        cited = bot.passage(passage) if passage else None
        cited = cited if cited and cited.article_id == article.id else None
        related = links_of(_related(bot, article, site), view, _root(article_id), openings)
        around = Around(base, openings(article.id), related, own_topics(site, article.topics))
        lost = bool(passage) and cited is None
        return _page(article_page(article, cited, view, around, lost=lost, at=article_id), view)

    return router


@dataclass(frozen=True, slots=True)
class Around:
    """What an article's page says beside its text; `base` is the server's public address, `sentences` are its first."""

    base: str = ""
    sentences: tuple[str, ...] = ()
    related: tuple[Link, ...] = ()
    topics: tuple[str, ...] = ()


def article_page(
    article: Article,
    cited: Passage | None,
    view: View,
    around: Around = Around(),
    *,
    lost: bool = False,
    at: str = "",
) -> str:
    """The page as HTML; it needs no script and fetches nothing but the icon.

    `lost` says that the passage which a link leads to is no longer there, `at` where below /articles/ it is read if
    not by its id.
    """
    root = _root(at or article.id)
    slugged = [block for block in blocks(article.text) if block.slug]
    headings = [block for block in slugged if block.title != article.title]
    top_anchor = next((block.slug for block in slugged if block.title == article.title), "")
    body = article_html(
        article, {block.line: block.slug for block in headings}, cited, root, view.language("table"), view.place
    )
    top = [block for block in headings if block.level == min(heading.level for heading in headings)]
    address, description = canonical(article, around.base, _bare(view)), described(around.sentences)
    values = {
        "address": address,
        "anchor": top_anchor,
        "article": article,
        "body": body,
        "cited": cited,
        "contents": top if len(top) >= FEWEST_HEADINGS else [],
        "data": _data(article, address, description, view),
        "description": description,
        "lost": lost,
        "markdown": root + text_file(article) if view.files else markdown_address(article, root),
        "questions": offered(article)[:MOST_QUESTIONS],
        "related": around.related,
        "to_cited": cited.url.partition("#")[2] if cited else "",
        "topics": around.topics,
    }
    return fill("article.html", view, root, style=STYLE, **values)


def list_page(
    groups: Sequence[tuple[str, Sequence[Link]]],
    view: View,
    *,
    topics: Sequence[tuple[str, int]] = (),
    topic: str = "",
    asked: str = "",
    root: str = "",
    **found: Any,
) -> str:
    """The articles in groups, each with a link to where it is read; or what was found for what was `asked`.

    `root` is the relative address of the root, `found` may have a `message` and what else the list says of a question.
    """
    values = {"message": "", "tongue": view.language.code, "lines": (), "contact": "", "found": (), **found}
    return fill(
        "articles.html", view, root, style=STYLE, groups=groups, topics=topics, topic=topic, asked=asked, **values
    )


def missing_page(article_id: str, view: View, topics: Sequence[tuple[str, int]]) -> str:
    """What is shown where no article has this id."""
    return fill("missing.html", view, _root(article_id), article_id=article_id, topics=topics, style=STYLE)


def _article(bot: Chatbot, name: str) -> Article | None:
    """The article of an id, or the one whose `url` is this very place."""
    article = bot.article(name)
    here = (one.id for one in bot.articles() if one.url == f"/articles/{name}")
    return article or bot.article(next(here, ""))


def _found(bot: Chatbot, question: str, view: View, site: SiteSettings | None) -> dict[str, Any]:
    """What the list shows for a question: the passages of its answer by article, and what there is to say."""
    language = view.language
    try:
        answer = for_site(site, bot.ask(question, k=FOUND, filters=within(site)))
    except QuestionError:
        key = "too_long" if len(question) > MOST_CHARACTERS else "unreadable"
        return {"message": language(key, most=str(MOST_CHARACTERS))}
    except ChatbotError as error:
        log.error("the chatbot cannot answer: %s", error)
        return {"message": language("unavailable")}
    count_answer(answer)
    message, *lines = answer.message.split("\n")
    tongue = answer.message_language
    if tongue == "en":
        message, tongue = language.message(message)
    found = by_article(answer.hits)
    return {"message": message, "tongue": tongue, "lines": lines, "contact": answer.contact, "found": found}


def _related(bot: Chatbot, article: Article, site: SiteSettings | None) -> list[Article]:
    listed = {one.id: one for one in bot.articles()}
    return [listed[each] for each in nearest(bot.similar, article.id, within(site)) if each in listed]


def nearest(similar: Callable[[str, int, Filters], Iterable[Hit]], article_id: str, filters: Filters) -> list[str]:
    """The ids of the articles nearest to how one begins."""
    try:
        hits = similar(f"{article_id}#1", NEAREST, filters)
    except QuestionError:
        return []
    near = dict.fromkeys(hit.passage.article_id for hit in hits if hit.passage.article_id != article_id)
    return list(near)[:RELATED]


def links_of(
    articles: Iterable[Article], view: View, root: str, openings: Callable[[str], Sequence[str]]
) -> tuple[Link, ...]:
    """What a list says of each article; `openings` gives its first sentences by its id."""
    links = []
    for article in articles:
        href = view.place(article_address(article.id, article.url), root)
        links.append((article, href, next(iter(openings(article.id)), "")))
    return tuple(links)


def _bare(view: View) -> Linked:
    # The one address of a page is the same in each language.
    return view.files.place if view.files else place


def _data(article: Article, address: str, description: str, view: View) -> dict[str, Any]:
    """The article as schema.org describes one."""
    data = {
        "@context": "https://schema.org",
        "@type": "Article",
        "headline": article.title,
        "description": description,
        "url": address if "://" in address else None,
        "inLanguage": view.articles,
        "keywords": ", ".join(article.topics),
        "datePublished": article.published and article.published.isoformat(),
        "dateModified": article.updated and article.updated.isoformat(),
        "isPartOf": {"@type": "WebSite", "name": view.brand} if view.brand else None,
        "citation": [source.url for source in article.sources],
    }
    return {name: value for name, value in data.items() if value}


def _page(html: str, view: View, status: int = 200, more: dict[str, str] | None = None) -> HTMLResponse:
    headers = {
        "Content-Security-Policy": CSP,
        "Content-Language": view.language.code,
        "Vary": "Accept-Language",
    }
    return HTMLResponse(html, status, headers | (more or {}))


def _root(article_id: str) -> str:
    # Relative, so that the page works under any path that a proxy puts in front.
    return "../" * (article_id.count("/") + 1)
