"""What programs send and get, with examples: the schema under /api/openapi.json is made of these."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from chatbot.insights.journal import Rating, Reason

MAX_K = 20
MAX_TURNS = 50
Text = Annotated[str, Field(max_length=4000)]
Values = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnIn(Strict):
    """An earlier question of the conversation, as the answer to it reported it."""

    question: Text
    searched_as: Text = ""
    shown: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class FiltersIn(Strict):
    """What the passages are limited to; an empty field limits nothing."""

    topics: Values = ()
    audience: Values = ()
    countries: Values = ()
    updated_since: date | None = None


class AskIn(Strict):
    """A question. `literal` searches for exactly what is written: no completion, no repair."""

    question: Annotated[str, Field(min_length=1, max_length=4000, examples=["How do I explain a gap in my CV?"])]
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 5
    history: Annotated[tuple[TurnIn, ...], Field(max_length=MAX_TURNS)] = ()
    filters: FiltersIn = FiltersIn()
    literal: bool = False


class FeedbackIn(Strict):
    """What a visitor thinks of an answer, or of one passage of it. Who it is is not asked and not kept.

    Addresses and numbers that tell a person are taken out of `question` and `note` before they are stored.
    """

    question: Annotated[str, Field(min_length=1, max_length=1000, examples=["How do I explain a gap in my CV?"])]
    passage_id: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    rating: Rating
    reasons: Annotated[tuple[Reason, ...], Field(max_length=6, examples=[["outdated"]])] = ()
    note: Annotated[str, Field(max_length=1000, examples=["The form was replaced this year."])] = ""


class ArticleOut(BaseModel):
    """An article of the corpus, without its text. `questions` are what it answers, by its editor."""

    id: Annotated[str, Field(examples=["tech-cv-that-gets-read"])]
    title: str
    url: str | None
    topics: tuple[str, ...]
    audience: tuple[str, ...]
    country: str | None
    published: date | None
    updated: date | None
    review_by: date | None
    questions: tuple[str, ...]


class ArticlesOut(BaseModel):
    """Some articles in the order of their ids, and how many there are in all."""

    total: int
    articles: tuple[ArticleOut, ...]


class Anchor(BaseModel):
    """A heading: its level, the anchor of its link, and the line of the text that it stands on, from 0."""

    title: str
    level: int
    anchor: str
    line: int


class WholeArticleOut(ArticleOut):
    """An article with its text in Markdown, and the anchors of its headings."""

    text: str
    headings: tuple[Anchor, ...]


class SuggestionsOut(BaseModel):
    """Questions that the articles answer, the likeliest first."""

    suggestions: Annotated[tuple[str, ...], Field(examples=[["How do I explain a gap in my CV?"]])]


class SiteOut(BaseModel):
    """What the page that asks is told about itself: its rules, and questions to start with."""

    name: str
    language: str
    greeting: str
    topics: tuple[str, ...]
    starters: tuple[str, ...]


class Problem(BaseModel):
    """What went wrong (RFC 9457): `title` names the status, `detail` says what is wrong and what to do next."""

    type: str
    title: str
    status: int
    detail: str
