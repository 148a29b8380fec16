"""The HTML of the conversation: what was asked, the passages that were found, and what to ask next."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chatbot.records import Answer, Hit, Passage
from chatbot.serving.render import lead_html, passage_html, place_of

ROOT = "../"  # the chat page lives at /chat/


def answer_html(answer: Answer) -> str:
    """An answer as one section: heading, how it was searched, message, cards, and chips to go on with."""
    articles = len({hit.passage.article_id for hit in answer.hits})
    return fill("answer.html", answer=answer, heading=_heading(answer, articles))


def similar_html(hits: Sequence[Hit]) -> str:
    """The passages close to another one."""
    return fill("similar.html", hits=hits)


def start_html(starters: Sequence[str], count: int) -> str:
    """What an empty conversation shows: what to expect, and questions to start with."""
    return fill("start.html", starters=starters, count=count)


def header_html(title: str) -> str:
    """The page's heading."""
    return fill("header.html", title=title)


def question_html(question: str) -> str:
    """What the visitor wrote, as text."""
    return str(Markup('<p class="question" dir="auto">{}</p>').format(question))


def notice_html(text: str) -> str:
    """A message to the visitor instead of an answer."""
    return str(Markup('<p class="notice problem" role="status">{}</p>').format(text))


def age(day: date) -> str:
    """How long ago a day was, in the largest unit that fits: "today", "12 days ago", "14 months ago", "3 years ago"."""
    days = (date.today() - day).days
    if days < 1:
        return "today"
    if days < 60:
        return "yesterday" if days == 1 else f"{days} days ago"
    months = round(days / 30.44)
    return f"{months} months ago" if months < 24 else f"{months // 12} years ago"


def _heading(answer: Answer, articles: int) -> str:
    if not answer.hits:
        return "Not covered by the articles"
    passages = "1 passage" if len(answer.hits) == 1 else f"{len(answer.hits)} passages"
    source = "1 article" if articles == 1 else f"{articles} articles"
    return f"{passages} from {source}"


def _overdue(passage: Passage) -> bool:
    return passage.review_by is not None and passage.review_by < date.today()


def day(value: date) -> str:
    """A date in words: 23 November 2026."""
    return f"{value.day} {value:%B %Y}"


def fill(name: str, root: str = ROOT, **values: Any) -> str:
    """A template with its values; everything that is not Markup is escaped."""
    return _TEMPLATES.get_template(name).render(root=root, **values)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(
    age=age, day=day, lead=lead_html, overdue=_overdue, passage_html=passage_html, place_of=place_of
)
