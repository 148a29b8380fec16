"""The HTML of the conversation: what was asked, the passages that were found, and what to ask next."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from chatbot.answering.answerer import NO_ARTICLE
from chatbot.records import Answer, Article, Hit, Passage
from chatbot.serving.language import ENGLISH, Language
from chatbot.serving.render import lead_html, passage_html, place_of

ROOT = "../"  # the chat page lives at /chat/
_REASON = re.compile(
    r"(?:Contains (?P<words>“.+”); )?(?P<closeness>very close|close|loosely related) in meaning"
    r"(?: \(words (?P<lexical>\d+)%, meaning (?P<semantic>\d+)%\))?",
    re.IGNORECASE,
)
_QUOTED = re.compile("“(.+?)”")
_CLOSENESS = {"very close": "very_close", "close": "close", "loosely related": "loose"}


@dataclass(frozen=True, slots=True)
class View:
    """Whom the HTML is for: the language of the page's own words, and that of the articles as a language tag.

    `query` keeps a language that the address asks for in links between own pages: "?lang=fr", or empty.
    """

    language: Language = ENGLISH
    articles: str = "en"
    query: str = ""


def answer_html(answer: Answer, view: View = View(), only: Sequence[str] = ()) -> str:
    """An answer as one section: heading, how it was searched, message, cards, and chips to go on with.

    `only` names the filters that it was limited by.
    """
    # A reply to "hello" or "thanks" has nothing to show and nothing to apologise for.
    nothing_fits = bool(only) and answer.message == NO_ARTICLE
    reply = not (answer.hits or answer.topics or nothing_fits)
    kind = "reply" if reply else answer.verdict
    message, tongue = answer.message, answer.message_language
    if tongue == "en":
        message, tongue = view.language.message(message)
    heading = _heading(answer, view.language, only, reply=reply)
    values: dict[str, Any] = {"heading": heading, "message": message, "tongue": tongue, "only": only, "kind": kind}
    return fill("answer.html", view, answer=answer, **values)


def similar_html(hits: Sequence[Hit], view: View = View()) -> str:
    """The passages close to another one."""
    return fill("similar.html", view, hits=hits)


def question_html(question: str, step: str = "") -> str:
    """What the visitor wrote, as text; `step` is what the page sends to ask it again, as JSON."""
    return str(Markup('<p class="question" dir="auto" data-step="{}">{}</p>').format(step, question))


def notice_html(text: str) -> str:
    """A message to the visitor instead of an answer."""
    return str(Markup('<p class="notice problem" tabindex="-1">{}</p>').format(text))


def busy_html(seconds: int) -> str:
    """What tells the page, and not the visitor, that it has to wait; the page says so over the input."""
    return str(Markup('<p class="notice problem busy" data-wait="{}"></p>').format(seconds))


def why(reason: str, language: Language) -> str:
    """The reason of a hit in the page's language, or as it is where it cannot be read."""
    found = _REASON.fullmatch(reason)
    if not found:
        return reason
    closeness = language(_CLOSENESS[found["closeness"].lower()])
    if not found["words"]:
        return closeness[:1].upper() + closeness[1:]
    shares = {name: language.share(int(found[name] or 0) / 100) for name in ("lexical", "semantic")}
    words = language("comma").join(language("quoted", word=word) for word in _QUOTED.findall(found["words"]))
    return language("contains", words=words, closeness=closeness, **shares)


def overdue(read: Article | Passage) -> bool:
    """Whether an article should have been looked at again by now."""
    return read.review_by is not None and read.review_by < date.today()


def fill(name: str, view: View, root: str = ROOT, **values: Any) -> str:
    """A template with its values; everything that is not Markup is escaped."""
    own = {"root": root, "query": view.query, "t": view.language, "tongue_of_articles": view.articles}
    return _TEMPLATES.get_template(name).render(**own, **values)


def _heading(answer: Answer, language: Language, only: Sequence[str], *, reply: bool) -> str:
    if reply:
        return language("reply")
    if not answer.hits:
        return language("nothing_fits" if only and not answer.topics else "not_covered")
    passages = language.count("passages", len(answer.hits))
    articles = language.count("articles", len({hit.passage.article_id for hit in answer.hits}))
    return language("found", passages=passages, articles=articles)


_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_TEMPLATES.globals.update(lead=lead_html, overdue=overdue, passage_html=passage_html, place_of=place_of, why=why)
