"""Commands that answer questions, and the answers as plain text."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import WIDTH, JsonOption, app, example, line, show
from chatbot.content.markdown.plain import plain
from chatbot.content.markdown.tables import named
from chatbot.errors import QuestionError, nearest
from chatbot.records import Filters, Turn

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.answering.explanation import ExplainedHit, Explanation
    from chatbot.records import Answer, Comparison, Excerpt, Hit


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise typer.BadParameter(f"{text!r} is no day; expected one such as 2026-01-31") from None


Question = Annotated[list[str], typer.Argument(help="The question; in quotes where it has marks.")]
Most = Annotated[int, typer.Option("-k", help="How many passages at most, 1 to 50.")]
Topics = Annotated[list[str] | None, typer.Option("--topic", help="Only articles on this topic; may be repeated.")]
Audiences = Annotated[list[str] | None, typer.Option("--audience", help="Only articles for these readers.")]
Countries = Annotated[list[str] | None, typer.Option("--country", help="Only articles for this country, or for all.")]
Since = Annotated[
    date | None,
    typer.Option("--since", parser=_day, metavar="YYYY-MM-DD", help="Only articles updated on that day or later."),
]
After = Annotated[list[str] | None, typer.Option("--after", help="What was asked before, oldest first.")]
Literal = Annotated[bool, typer.Option("--literal", help="Search these very words: complete and mend nothing.")]
_READ_AS = {
    "standalone": "a question of its own",
    "follow_up": "goes on with what was asked before",
    "more": "asks for more of what was asked before",
    "pick": "asks for one of the passages just shown",
    "change": "begins another topic",
    "small_talk": "small talk, which gets a fixed reply",
}


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

    bot = Chatbot.open(context.obj())
    filters = _filters(bot, topic, audience, country, since)
    history = _history(bot, after or ())
    answer = bot.ask(" ".join(question), k=k, history=history, filters=filters, literal=literal)
    show(answer, answer_text, as_json=as_json)


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

    bot = Chatbot.open(context.obj())
    filters = _filters(bot, topic, audience, country, since)
    history = _history(bot, after or ())
    explanation = bot.explain(" ".join(question), k=k, history=history, filters=filters, literal=literal)
    show(explanation, explanation_text, as_json=as_json)


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
    since: date | None,
) -> Filters:
    articles = bot.articles()
    _known("topic", topics or (), [topic for article in articles for topic in article.topics])
    _known("audience", audience or (), [one for article in articles for one in article.audience])
    _known("country", countries or (), [article.country for article in articles if article.country])
    return Filters(tuple(topics or ()), tuple(audience or ()), tuple(countries or ()), since)


def _known(name: str, wanted: Sequence[str], there: Sequence[str]) -> None:
    """Raises QuestionError for a value that no article has."""
    names = set(map(str.casefold, there))
    for value in wanted:
        if value.casefold() in names:
            continue
        if not names:
            raise QuestionError(f"--{name} {value!r} cannot be met: no article names a {name}; leave the option out")
        raise QuestionError(f"--{name} {value!r} is the {name} of no article; the nearest are {nearest(value, there)}")


def answer_text(answer: Answer) -> str:
    """What answers in short, and the passages of an answer, numbered, each with its place and address."""
    blocks = []
    if answer.message:
        blocks.append("\n".join(textwrap.fill(part, WIDTH) for part in answer.message.splitlines()))
    if answer.searched_as != answer.question:
        blocks.append(f"Searched as: {line(answer.searched_as)}")
    if answer.in_short:
        blocks.append("\n".join(("In short:", *map(_excerpt_text, answer.in_short))))
    if answer.comparison:
        blocks.append(_comparison_text(answer.comparison))
    blocks += [_hit_text(hit) for hit in answer.hits]
    if answer.verdict == "not_covered" and answer.topics:
        blocks.append(textwrap.fill(f"Topics of the articles: {', '.join(answer.topics)}", WIDTH))
    if answer.follow_ups:
        blocks.append("\n".join(("You could ask:", *(f"  - {question}" for question in answer.follow_ups))))
    if answer.contact:
        blocks.append(f"Ask a person: {answer.contact.removeprefix('mailto:')}")
    return "\n\n".join(blocks)


def _excerpt_text(excerpt: Excerpt) -> str:
    text = f"{' '.join(plain(excerpt.text).split())} [{excerpt.rank}]"
    return textwrap.fill(text, WIDTH, initial_indent="  ", subsequent_indent="  ", break_long_words=False)


def _comparison_text(comparison: Comparison) -> str:
    together = [("More than one", comparison.together)] if comparison.together else []
    own = [(side.label, side.ranks) for side in comparison.sides if side.ranks]
    return "\n".join(
        ("Compared:", *(f"  {line(label)}: {', '.join(map(str, ranks))}" for label, ranks in together + own))
    )


def _hit_text(hit: Hit) -> str:
    passage = hit.passage
    place = " > ".join((passage.title, *passage.headings))
    dated = f"updated {passage.updated}  " if passage.updated else ""
    columns = [f"(columns repeated from above) {named(passage.columns).strip()}"] if passage.columns else []
    body = "\n".join(
        textwrap.fill(line, WIDTH, initial_indent="   ", subsequent_indent="   ", break_long_words=False)
        for line in (*columns, *passage.text.splitlines())
    )
    return f"{hit.rank}. {place}\n{body}\n   {dated}{passage.url}"


def explanation_text(explanation: Explanation) -> str:
    """How a question was read, the verdict with its evidence, and each passage with the parts of its score."""
    lines = [f"asked        {line(explanation.question)}"]
    if explanation.mended != explanation.question:
        lines.append(f"mended       {line(explanation.mended)}")
    lines += [f"read as      {_READ_AS[explanation.read_as]}", f"searched as  {line(explanation.searched_as)}"]
    if explanation.also_searched_as:
        lines.append(f"and also as  {line(explanation.also_searched_as)}")
    if explanation.embedded not in ("", explanation.mended):
        lines.append(f"model reads  {line(explanation.embedded)}")
    if explanation.sides:
        lines.append(f"compares     {' | '.join(map(line, explanation.sides))}")
    lines += [f"vocabulary   {added.words} = {', '.join(added.forms)}" for added in explanation.added]
    if explanation.terms:
        lines.append(f"words        {', '.join(f'{term} {weight:.2g}' for term, weight in explanation.terms.items())}")
    lines.append(f"verdict      {explanation.verdict.replace('_', ' ')}, confidence {explanation.confidence:.2f}")
    if explanation.evidence:
        limits, evidence = explanation.thresholds, explanation.evidence
        lines += [
            f"evidence     {explanation.strength:.2f}; refused below {limits.refuse_below:.2f}, "
            f"answered from {limits.answer_from:.2f}",
            f"             best meaning {evidence.meaning:.3f}, best words {evidence.words:.2f}, "
            f"nearness to questions out of scope {evidence.astray:.3f}"
            + (f", to known ones {evidence.known:.3f}" if evidence.known > -1 else ""),
        ]
    if explanation.message:
        lines.append(
            textwrap.fill(explanation.message, WIDTH, initial_indent="message      ", subsequent_indent=" " * 13)
        )
    left_out = "Not shown, too far behind the first:" if explanation.hits else "Would be shown if it were covered:"
    parts = ["\n".join(lines), *map(_explained_hit_text, explanation.hits), *[left_out] * bool(explanation.unshown)]
    return "\n\n".join((*parts, *map(_explained_hit_text, explanation.unshown)))


def _explained_hit_text(hit: ExplainedHit) -> str:
    asked = "" if hit.asked is None else f"known questions {hit.asked:.3f}, "
    lines = [
        f"{hit.rank}. {hit.place}  [{hit.passage_id}]",
        f"   {hit.reason}",
        f"   matched words  {', '.join(hit.matched) or 'none'}",
        *([f"   speaks of      {' | '.join(map(line, hit.sides))}"] if hit.sides else []),
        f"   score          {hit.score:.3f} = meaning {hit.meaning:.3f} + words {hit.words:.3f}",
        f"   raw            cosine {hit.cosine:.3f}, best sentence {hit.sentence:.3f}, {asked}BM25 {hit.bm25:.2f}",
    ]
    for sentence in hit.sentences:
        text = " ".join(sentence.split())
        lines.append(textwrap.fill(text, WIDTH, initial_indent="   > ", subsequent_indent="     "))
    return "\n".join(lines)
