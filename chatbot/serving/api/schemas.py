"""What programs send and get, with examples: the schema under /api/openapi.json is made of these."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.answering.understanding.conversation import MOST_CHARACTERS as EARLIER_CHARACTERS
from chatbot.answering.understanding.conversation import MOST_SENT, MOST_SHOWN
from chatbot.insights.journal import Rating, Reason

MAX_K = 20
MOST_SUGGESTIONS = 10
_SEEN = r"[^\s\x00-\x20\x7f-\xa0]"
# A question has a character that is seen: one that only looks empty is refused before it is searched.
Question = Annotated[str, Field(min_length=1, max_length=MOST_CHARACTERS, pattern=_SEEN)]
EarlierQuestion = Annotated[str, Field(min_length=1, max_length=EARLIER_CHARACTERS, pattern=_SEEN)]
# What its sender makes up, so that nobody else knows it.
Key = Annotated[str, Field(min_length=16, max_length=64, pattern=r"^[0-9A-Za-z-]+$")]
# The address of a page of a site, or nothing.
Page = Annotated[str, Field(max_length=2000, pattern=r"^$|^https?://[^\s/?#]+[^\s]*$")]
Values = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


def _number(value: Any) -> Any:
    if isinstance(value, str | bool):
        raise ValueError("expected a number")
    return value


def _text(value: Any) -> Any:
    if not (value is None or isinstance(value, str | date)):
        raise ValueError("expected a day such as 2026-11-24")
    return value


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnIn(Strict):
    """An earlier question of the conversation, as the answer to it reported it."""

    question: EarlierQuestion
    searched_as: Annotated[str, Field(max_length=EARLIER_CHARACTERS, pattern=rf"^$|{_SEEN}")] = ""
    shown: Annotated[tuple[str, ...], Field(max_length=MOST_SHOWN)] = ()


class FiltersIn(Strict):
    """What the passages are limited to; an empty field limits nothing."""

    topics: Values = ()
    audience: Values = ()
    countries: Values = ()
    updated_since: Annotated[date | None, BeforeValidator(_text)] = None


class AskIn(Strict):
    """A question. `literal` searches for exactly what is written: no completion, no repair.

    `page` is the address of the page that the visitor reads: passages of the article with that `url` come first.
    """

    question: Annotated[Question, Field(examples=["How do I explain a gap in my CV?"])]
    k: Annotated[int, Field(ge=1, le=MAX_K), BeforeValidator(_number)] = 5
    history: Annotated[tuple[TurnIn, ...], Field(max_length=MOST_SENT)] = ()
    filters: FiltersIn = FiltersIn()
    literal: Annotated[bool, Field(strict=True)] = False
    page: Annotated[Page, Field(examples=["https://example.org/pay"])] = ""


class SuggestIn(Strict):
    """What is typed so far, and how many questions at most."""

    q: Annotated[str, Field(max_length=MOST_CHARACTERS, examples=["how do i ask"])] = ""
    n: Annotated[int, Field(ge=1, le=MOST_SUGGESTIONS), BeforeValidator(_number)] = 5


class FeedbackIn(Strict):
    """What a visitor thinks of an answer, or of one passage of it. Who it is is not asked and not kept.

    Addresses and numbers that tell a person are taken out of `question` and `note` before they are stored. By a `key`,
    which is not stored, it can be taken back.
    """

    question: Annotated[Question, Field(examples=["How do I explain a gap in my CV?"])]
    passage_id: Annotated[str, Field(min_length=1, max_length=500)] | None = None
    rating: Rating
    reasons: Annotated[tuple[Reason, ...], Field(max_length=6, examples=[["outdated"]])] = ()
    note: Annotated[str, Field(max_length=1000, examples=["The form was replaced this year."])] = ""
    key: Annotated[Key, Field(examples=["1804289383-846930886-1681692777-1714636915"])] | None = None


class ArticleOut(BaseModel):
    """An article of the corpus, without its text. `questions` are what it answers, by its editor."""

    id: Annotated[str, Field(examples=["roles/data-engineer-career"])]
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


class SourceOut(BaseModel):
    """Where facts of an article come from."""

    title: str
    url: str
    year: int | None


class WholeArticleOut(ArticleOut):
    """An article with its text in Markdown, the anchors of its headings, and where its facts come from."""

    text: str
    headings: tuple[Anchor, ...]
    sources: tuple[SourceOut, ...]


class SuggestionsOut(BaseModel):
    """Questions that the articles answer, the likeliest first."""

    suggestions: Annotated[tuple[str, ...], Field(examples=[["How do I explain a gap in my CV?"]])]


class SiteOut(BaseModel):
    """What the page that asks is told: its rules, questions to start with, the language tag of the articles.

    `contact` is the address of people who can be asked instead, or empty.
    """

    name: str
    language: str
    greeting: str
    topics: tuple[str, ...]
    starters: tuple[str, ...]
    articles_language: str
    contact: str


class Problem(BaseModel):
    """What went wrong (RFC 9457): `title` names the status, `detail` says what is wrong and what to do next."""

    type: str
    title: str
    status: int
    detail: str
