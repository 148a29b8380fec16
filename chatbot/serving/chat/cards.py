"""The HTML of the conversation: what was asked, the passages that were found, and what to ask next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple
from urllib.parse import quote

from markupsafe import Markup

from chatbot.records import Answer, Hit
from chatbot.serving.web.languages import Language
from chatbot.serving.web.templates import View, fill


def answer_html(answer: Answer, view: View = View(), only: Sequence[str] = ()) -> str:
    """An answer as one section: heading, how it was searched, message, cards, and chips to go on with.

    `only` names the filters that it was limited by; a passage shows those of them that its article carries.
    """
    # A reply to "hello" or "thanks" has nothing to show and nothing to apologise for.
    filtered = bool(only) and answer.notice in ("no_article", "not_covered")
    reply = answer.notice == "small_talk" or not (answer.hits or answer.topics or filtered)
    kind = "reply" if reply else answer.verdict
    message, *lines = answer.message.split("\n")
    tongue = answer.message_language
    if tongue == "en":
        message, tongue = view.language.message(message)
    if filtered and answer.notice == "not_covered":
        # What no passage behind the filters covers, others may.
        message, tongue = view.language("beyond_filters"), view.language.code
    heading = _heading(answer, view.language, only, reply=reply)
    values: dict[str, Any] = {"heading": heading, "message": message, "tongue": tongue, "only": only, "kind": kind}
    person = person_link(answer.contact or view.contact, answer.question)
    return fill("answer.html", view, answer=answer, lines=lines, person=person, **values, **arranged(answer)._asdict())


class Arranged(NamedTuple):
    """The hits of an answer as they stand: one in full, those on each side of a comparison, and the rest."""

    first: Hit | None
    sides: list[tuple[str, list[Hit]]]
    rest: list[Hit]


def arranged(answer: Answer) -> Arranged:
    """Sides stand beside one another where there are two that have hits of their own; no hit stands in two places."""
    named = answer.comparison.sides if answer.comparison else ()
    sides = [(side.label, [answer.hits[rank - 1] for rank in side.ranks]) for side in named if side.ranks]
    if len(sides) < 2:
        sides = []
    beside = [hit for _, hits in sides for hit in hits]
    first, *others = answer.hits or (None,)
    return Arranged(
        None if first in beside else first, sides, [hit for hit in others if hit is not None and hit not in beside]
    )


def similar_html(hits: Sequence[Hit], view: View) -> str:
    """The passages close to another one."""
    return fill("similar.html", view, hits=hits, person=view.contact)


def person_link(contact: str, question: str) -> str:
    """The address of people to ask; a mail to them has the question as its subject."""
    if not contact.startswith("mailto:"):
        return contact
    return f"{contact}{'&' if '?' in contact else '?'}subject={quote(question, safe='')}"


def question_html(question: str, step: str = "") -> str:
    """What the visitor wrote, as a heading; `step` is what the page sends to ask it again, as JSON."""
    return str(Markup('<h2 class="question" dir="auto" data-step="{}">{}</h2>').format(step, question))


def notice_html(text: str) -> str:
    """A message to the visitor instead of an answer."""
    return str(Markup('<p class="notice problem" tabindex="-1">{}</p>').format(text))


def earlier_html(text: str) -> str:
    """What stands above a conversation whose first questions are no longer shown."""
    return str(Markup('<p class="notice earlier">{}</p>').format(text))


def busy_html(seconds: int) -> str:
    """What tells the page, and not the visitor, that it has to wait; the page says so over the input."""
    return str(Markup('<p class="notice problem busy" data-wait="{}"></p>').format(seconds))


def _heading(answer: Answer, language: Language, only: Sequence[str], *, reply: bool) -> str:
    if reply:
        return language("reply")
    if not answer.hits:
        nothing_fits = answer.notice == "no_article"
        return language(("nothing_fits" if nothing_fits else "not_covered_filtered") if only else "not_covered")
    passages = language.count("passages", len(answer.hits))
    articles = language.count("articles", len({hit.passage.article_id for hit in answer.hits}))
    return language("found", passages=passages, articles=articles)
