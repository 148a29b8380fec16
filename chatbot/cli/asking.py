"""Commands that answer questions."""

from __future__ import annotations

import difflib
import json
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import JsonOption, app, example
from chatbot.errors import QuestionError
from chatbot.records import Filters, Turn

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

Question = Annotated[str, typer.Argument(help="The question, in quotes.")]
Most = Annotated[int, typer.Option("-k", min=1, max=50, help="How many passages at most.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only articles on this topic; may be repeated.")]
Audiences = Annotated[list[str] | None, typer.Option("--audience", help="Only articles for these readers.")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="Only articles for this country, or for all.")]
Since = Annotated[
    datetime | None, typer.Option("--since", formats=["%Y-%m-%d"], help="Only articles updated on that day or later.")
]
After = Annotated[list[str] | None, typer.Option("--after", help="What was asked before, oldest first.")]
Literal = Annotated[bool, typer.Option("--literal", help="Search these very words: complete and mend nothing.")]


@app.command(
    epilog=example(
        'chatbot ask "Do I need a degree to become a data engineer?"',
        'chatbot ask "pay" -k 3 --json',
        'chatbot ask "How do I prepare?" --topic interviews --since 2026-01-01',
        'chatbot ask "how long does it take?" --after "How do I become a data scientist?"',
    )
)
def ask(  # noqa: PLR0913, PLR0917 - an option each
    context: typer.Context,
    question: Question,
    k: Most = 5,
    topic: Topics = None,
    audience: Audiences = None,
    country: Countries = None,
    since: Since = None,
    after: After = None,
    literal: Literal = False,
    as_json: JsonOption = False,
) -> None:
    """Answer one question from the published index."""
    from chatbot.answering.chatbot import Chatbot
    from chatbot.cli.output import answer_text
    from chatbot.records import to_json

    bot = Chatbot.open(context.obj())
    filters = _filters(bot, topic, audience, country, since)
    answer = bot.ask(question, k=k, history=_history(bot, after or ()), filters=filters, literal=literal)
    typer.echo(json.dumps(to_json(answer), indent=1, ensure_ascii=False) if as_json else answer_text(answer))


@app.command(
    epilog=example(
        'chatbot explain "machin lerning carrer"',
        'chatbot explain "and the pay?" --after "What does a data engineer do?" --json',
    )
)
def explain(  # noqa: PLR0913, PLR0917 - an option each
    context: typer.Context,
    question: Question,
    k: Most = 5,
    topic: Topics = None,
    audience: Audiences = None,
    country: Countries = None,
    since: Since = None,
    after: After = None,
    literal: Literal = False,
    as_json: JsonOption = False,
) -> None:
    """Say how a question is read, what decides whether it is covered, and why each passage is found."""
    from chatbot.answering.chatbot import Chatbot
    from chatbot.cli.explanation import explanation_text

    bot = Chatbot.open(context.obj())
    filters = _filters(bot, topic, audience, country, since)
    found = bot.explain(question, k=k, history=_history(bot, after or ()), filters=filters, literal=literal)
    typer.echo(json.dumps(found.to_json(), indent=1, ensure_ascii=False) if as_json else explanation_text(found))


def _history(bot: Chatbot, asked: Sequence[str]) -> tuple[Turn, ...]:
    """The turns of a conversation that asked these questions."""
    history: tuple[Turn, ...] = ()
    for question in asked:
        answer = bot.ask(question, history=history)
        history = (*history, Turn(question, answer.searched_as, tuple(hit.passage.id for hit in answer.hits)))
    return history


def _filters(
    bot: Chatbot,
    topics: Sequence[str] | None,
    audience: Sequence[str] | None,
    countries: Sequence[str] | None,
    since: datetime | None,
) -> Filters:
    articles = bot.articles()
    _known("topic", topics or (), [topic for article in articles for topic in article.topics])
    _known("audience", audience or (), [one for article in articles for one in article.audience])
    _known("country", countries or (), [article.country for article in articles if article.country])
    day = since.date() if since else None
    return Filters(tuple(topics or ()), tuple(audience or ()), tuple(countries or ()), day)


def _known(name: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    """Raises QuestionError for a value that no article has."""
    names = {value.casefold(): value for value in there}
    for value in wanted:
        if value.casefold() in names:
            continue
        if not names:
            raise QuestionError(f"--{name} {value!r} cannot be met: no article names a {name}; leave the option out")
        close = difflib.get_close_matches(value.casefold(), sorted(names), n=3, cutoff=0.4)
        nearest = ", ".join(repr(names[key]) for key in close or sorted(names)[:8])
        raise QuestionError(f"--{name} {value!r} is the {name} of no article; the nearest are {nearest}")
