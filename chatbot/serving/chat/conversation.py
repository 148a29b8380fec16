"""What a visitor does on the page, and the conversation that it leads to.

A conversation is the list of its steps: doing them again on today's index gives it back. That is how a page goes on
after the server was restarted, and all that a browser keeps of it.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.errors import ChatbotError, IndexAway, QuestionError
from chatbot.records import Answer, Filters, Turn
from chatbot.serving.chat.cards import answer_html, busy_html, earlier_html, notice_html, question_html, similar_html
from chatbot.serving.middleware.metrics import count_answer
from chatbot.serving.web.languages import ENGLISH, LANGUAGES, Language
from chatbot.serving.web.templates import RECENT, View
from chatbot.sites import for_site, shows, within

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.settings import SiteSettings

log = logging.getLogger(__name__)

PASSAGES = 5
MOST_STEPS = 50
MOST_TURNS = 30  # of a conversation lead on to the next question
REPLAYED = 0.25  # what a question costs that is answered again only to be shown
Messages = tuple[tuple[str, str], ...]
Values = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Chosen(Part):
    """The filters that the visitor has set; `recent` stands for "updated in the last year"."""

    topics: Values = ()
    audience: Values = ()
    countries: Values = ()
    recent: bool = False

    def __bool__(self) -> bool:
        return self != Chosen()

    def labels(self, language: Language) -> list[str]:
        """What the filters are called."""
        return [*self.topics, *self.audience, *self.countries, *([language("recent")] if self.recent else [])]

    def filters(self) -> Filters:
        since = date.today() - RECENT if self.recent else None
        return Filters(self.topics, self.audience, self.countries, since)


class Step(Part):
    """A question, one to be searched literally, or a passage whose like is wanted; `value` is the text or the id."""

    kind: Literal["ask", "literal", "similar"]
    value: Annotated[str, Field(max_length=10_000)]
    filters: Chosen = Chosen()


class Gesture(Part):
    """What the page sends: the new step, or none to get the conversation back or to begin a new one.

    `steps` are those that the page goes on from; `earlier` says that there were others before them. Where the server
    remembers other steps, or none, they are done again.
    """

    step: Step | None = None
    steps: Annotated[tuple[Step, ...], Field(max_length=MOST_STEPS)] = ()
    earlier: bool = False
    language: Annotated[str, Field(max_length=20)] = "en"


@dataclass(frozen=True, slots=True)
class Talk:
    """A conversation: its steps, its turns, for follow-ups, its exchanges as (question, answer) in HTML.

    `earlier` says that there were others before them.
    """

    steps: tuple[Step, ...] = ()
    turns: tuple[Turn, ...] = ()
    exchanges: tuple[tuple[str, str], ...] = ()
    earlier: bool = False

    def after(self, step: Step, asked: str, html: str, turn: Turn | None = None) -> Talk:
        """The conversation with one more exchange; the oldest are forgotten."""
        return Talk(
            steps=(*self.steps, step)[-MOST_STEPS:],
            turns=(*self.turns, *([turn] if turn else []))[-MOST_TURNS:],
            exchanges=(*self.exchanges, (asked, html))[-MOST_STEPS:],
            earlier=self.earlier or len(self.steps) == MOST_STEPS,
        )

    def messages(self, language: Language) -> Messages:
        """All that is shown, as (role, HTML), with a word on what is no longer shown where there is any."""
        word = [("assistant", earlier_html(language("earlier", most=str(MOST_STEPS))))] if self.earlier else []
        return (*word, *(said for asked, html in self.exchanges for said in (("user", asked), ("assistant", html))))

    def goes_on(self, gesture: Gesture) -> bool:
        """Whether this is what a gesture goes on from."""
        return (self.steps, self.earlier) == (gesture.steps, gesture.earlier)


def cost(talk: Talk, sent: str) -> float:
    """What a gesture costs, in questions: a question that is answered again costs less than a new one."""
    try:
        gesture = Gesture.model_validate_json(sent)
    except ValidationError:
        return 0.0
    return REPLAYED * (0 if talk.goes_on(gesture) else len(gesture.steps)) + (gesture.step is not None)


def perform(
    bot: Chatbot, talk: Talk, sent: str, site: SiteSettings | None = None, wait: int = 0
) -> tuple[Talk, Messages]:
    """The conversation after a gesture, which comes as JSON, on the page of a site, or on the one for everybody.

    Whatever it says, what comes back can be shown, and the site may ask about it. Who has to `wait`, in seconds, is
    told so, and nothing is asked.
    """
    try:
        gesture = Gesture.model_validate_json(sent)
    except ValidationError:
        return talk, (*talk.messages(ENGLISH), ("assistant", notice_html(ENGLISH("unreadable"))))
    page = bot.settings.page
    view = View(LANGUAGES.get(gesture.language, ENGLISH), page.articles_language, contact=page.contact)
    if wait:
        return talk, (*talk.messages(view.language), ("assistant", busy_html(wait)))
    if not talk.goes_on(gesture):
        talk = Talk(earlier=gesture.earlier)
        for step in gesture.steps:
            talk = _after(bot, talk, step, view, site, again=True)
    if gesture.step:
        talk = _after(bot, talk, gesture.step, view, site)
    return talk, talk.messages(view.language)


def first_answer(bot: Chatbot, question: str, view: View, site: SiteSettings | None = None) -> Messages:
    """The messages of a conversation that begins with a question of at most MOST_CHARACTERS."""
    return _after(bot, Talk(), Step(kind="ask", value=question), view, site).messages(view.language)


def _after(bot: Chatbot, talk: Talk, step: Step, view: View, site: SiteSettings | None, *, again: bool = False) -> Talk:
    language, sent = view.language, step.model_dump_json(exclude_defaults=True)
    asked, filters = question_html(step.value, sent), within(site, step.filters.filters())
    try:
        if step.kind == "similar":
            passage = bot.passage(step.value)
            if passage is None or not shows(site, passage):
                raise QuestionError("no such passage")
            asked = question_html(language("similar_to", title=passage.title), sent)
            return talk.after(step, asked, similar_html(bot.similar(step.value, PASSAGES, filters), view))
        literal = step.kind == "literal"
        answer = bot.ask(step.value, k=PASSAGES, history=talk.turns, filters=filters, literal=literal)
        answer = for_site(site, answer)
    except QuestionError:
        key = "gone" if step.kind == "similar" else "too_long" if len(step.value) > MOST_CHARACTERS else "unreadable"
        return talk.after(step, asked, notice_html(language(key, most=str(MOST_CHARACTERS))))
    except ChatbotError as error:
        if not isinstance(error, IndexAway):  # which has been logged, once
            log.error("the chatbot cannot answer: %s", error)
        return talk.after(step, asked, notice_html(language("unavailable")))
    if not again:
        count_answer(answer)
    return talk.after(step, asked, answer_html(answer, view, step.filters.labels(language)), _turn(answer))


def _turn(answer: Answer) -> Turn:
    return Turn(answer.question, answer.searched_as, tuple(hit.passage.id for hit in answer.hits))
