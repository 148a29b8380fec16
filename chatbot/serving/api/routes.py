"""The chatbot for programs: questions in, answers out, as JSON."""

from __future__ import annotations

import os
from datetime import date
from functools import partial
from typing import Annotated, Any

import orjson
from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, HTTPException, Path, Query, Request, Response

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.answering.chatbot import Chatbot
from chatbot.content.markdown.blocks import blocks
from chatbot.insights.journal import Feedback, Journal, today
from chatbot.records import Answer, Article, Filters, Turn
from chatbot.serving.api import schemas
from chatbot.serving.middleware.metrics import FEEDBACK, count_answer
from chatbot.serving.middleware.scope import site_of
from chatbot.settings import SiteSettings
from chatbot.sites import articles_of, for_site, shows, within

MOST_ARTICLES = 200
MOST_KEYS = 10_000
STARTERS = 4
OWN = SiteSettings(origins=("http://localhost",))  # the rules of this server's own pages: none


class JSON(Response):
    """Records and plain values as JSON; dates become ISO strings."""

    media_type = "application/json"

    def render(self, content: Any) -> bytes:
        return orjson.dumps(content)


def routes(bot: Chatbot, journal: Journal) -> APIRouter:
    """The routes under /api."""
    router = APIRouter(prefix="/api")
    _add_asking(router, bot)
    _add_articles(router, bot)
    _add_feedback(router, bot, journal)
    return router


def _add_asking(router: APIRouter, bot: Chatbot) -> None:
    # More questions at once than there are cores only take the interpreter from each other: the slowest waits longer.
    at_once = CapacityLimiter(os.cpu_count() or 1)

    @router.post("/ask", response_model=Answer, summary="Ask a question")
    async def ask(request: Request, body: schemas.AskIn) -> JSON:
        """The passages that answer, best first, or an honest "not covered"."""
        site = site_of(request.scope)
        history = [Turn(turn.question, turn.searched_as or turn.question, turn.shown) for turn in body.history]
        filters = within(site, Filters(**body.filters.model_dump()))
        asked = partial(
            bot.ask, body.question, k=body.k, history=history, filters=filters, literal=body.literal, page=body.page
        )
        answer = await to_thread.run_sync(asked, limiter=at_once)
        await to_thread.run_sync(count_answer, answer)
        return JSON(for_site(site, answer))

    @router.get("/suggest", response_model=schemas.SuggestionsOut, summary="Questions while typing")
    async def suggest(
        request: Request,
        q: Annotated[
            str, Query(max_length=MOST_CHARACTERS, description="What is typed so far.", examples=["how do i ask"])
        ] = "",
        n: Annotated[int, Query(ge=1, le=schemas.MOST_SUGGESTIONS, description="How many at most.")] = 5,
    ) -> JSON:
        """Questions that the articles answer and that the text may become. Servers on the way may log it; see POST."""
        return await suggested(request, q, n)

    @router.post("/suggest", response_model=schemas.SuggestionsOut, summary="Questions while typing, in no log")
    async def suggest_unlogged(request: Request, body: schemas.SuggestIn) -> JSON:
        """As GET, with what is typed in the body."""
        return await suggested(request, body.q, body.n)

    async def suggested(request: Request, q: str, n: int) -> JSON:
        typed = partial(bot.suggest, q, n, within(site_of(request.scope)))
        return JSON({"suggestions": await to_thread.run_sync(typed, limiter=at_once)})

    @router.get("/site", response_model=schemas.SiteOut, summary="The rules of the page that asks")
    def site(request: Request) -> JSON:
        """Language, greeting and topics that the settings give the site, questions to start with, whom to ask."""
        rules = site_of(request.scope) or OWN
        starters = bot.starters(STARTERS, within(rules))
        told = rules.model_dump(include={"name", "language", "greeting", "topics"})
        page = bot.settings.page
        told |= {"starters": starters, "articles_language": page.articles_language, "contact": page.contact}
        return JSON(told)


def _add_articles(router: APIRouter, bot: Chatbot) -> None:
    @router.get("/articles", response_model=schemas.ArticlesOut, summary="List the articles")
    def articles(
        request: Request,
        topic: Annotated[str, Query(max_length=200, description="Only articles with this topic.")] = "",
        offset: Annotated[int, Query(ge=0, le=10**9)] = 0,
        limit: Annotated[int, Query(ge=1, le=MOST_ARTICLES)] = 50,
    ) -> JSON:
        """The articles in the order of their ids, without their texts."""
        listed = [
            article
            for article in articles_of(site_of(request.scope), bot.articles())
            if not topic or _has(article, topic)
        ]
        return JSON({"total": len(listed), "articles": [_summary(each) for each in listed[offset : offset + limit]]})

    @router.get("/articles/{article_id:path}", response_model=schemas.WholeArticleOut, summary="Read an article")
    def article(
        request: Request, article_id: Annotated[str, Path(examples=["job-search/tech-cv-that-gets-read"])]
    ) -> JSON:
        """One article with its text in Markdown and the anchors of its headings."""
        asked = bot.article(article_id)
        if asked is None or not shows(site_of(request.scope), asked):
            raise HTTPException(404, f"there is no article {article_id!r}; GET /api/articles lists them")
        told = {"text": asked.text, "headings": _headings(asked), "sources": asked.sources}
        return JSON(_summary(asked) | told)


def _add_feedback(router: APIRouter, bot: Chatbot, journal: Journal) -> None:
    # Which entry a key takes back, of the latest: nothing in the journal says which entries have one sender.
    sent = dict[str, tuple[int, date]]()

    @router.post("/feedback", status_code=204, response_class=Response, summary="Say whether an answer helped")
    def feedback(body: schemas.FeedbackIn) -> Response:
        """Kept without anything about the sender, for as long as the settings say."""
        if body.passage_id is not None and bot.passage(body.passage_id) is None:
            raise HTTPException(404, f"there is no passage {body.passage_id!r}; name one that an answer showed")
        said = (body.question, body.passage_id, body.rating, tuple(dict.fromkeys(body.reasons)), body.note)
        feedback = Feedback(today(), bot.generation, *said)
        number = journal.add(feedback)
        if body.key and number and body.key not in sent:
            sent[body.key] = (number, feedback.day)
            for oldest in list(sent)[:-MOST_KEYS]:
                sent.pop(oldest, None)
        FEEDBACK.labels(body.rating).inc()
        return Response(status_code=204)

    @router.delete("/feedback/{key}", status_code=204, response_class=Response, summary="Take feedback back")
    def take_back(key: Annotated[schemas.Key, Path(description="What was sent with it.")]) -> Response:
        """It is gone from the journal. Keys are known until the server ends, the latest of them."""
        entry = sent.get(key)
        if entry is None:
            raise HTTPException(404, "no feedback has this key; it was taken back, or the server was started since")
        journal.take_back(*entry)
        sent.pop(key, None)
        return Response(status_code=204)


def _has(article: Article, topic: str) -> bool:
    return topic.casefold() in {each.casefold() for each in article.topics}


def _summary(article: Article) -> dict[str, Any]:
    return {name: getattr(article, name) for name in schemas.ArticleOut.model_fields}


def _headings(article: Article) -> list[dict[str, Any]]:
    return [
        {"title": block.title, "level": block.level, "anchor": block.slug, "line": block.line}
        for block in blocks(article.text)
        if block.slug
    ]
