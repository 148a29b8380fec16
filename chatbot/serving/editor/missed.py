"""What editors do about what visitors missed: look at it, write an article, name the section that answers."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

import orjson
from pydantic import TypeAdapter

from chatbot.answering.answerer import Answerer
from chatbot.content.markdown.deep_links import is_markdown
from chatbot.editing import corpus_edits
from chatbot.editing.answered import with_question
from chatbot.editing.rewriting import rewrite
from chatbot.editing.workspace import Desk
from chatbot.errors import Conflict, EditRefused, QuestionError
from chatbot.insights.gaps import gaps_in
from chatbot.records import Filters, Hit, Passage
from chatbot.serving.editor import views
from chatbot.serving.editor.panels import Gesture, Seat, Shown, Typed, files_shown, saved, tongue
from chatbot.serving.editor.views import Place, Section

SECTIONS = 4


@dataclass(frozen=True, slots=True)
class _Answered:
    question: str
    heading: str


_ANSWERED = TypeAdapter(_Answered)


def show(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    return seat, questions_shown(desk, typed)


def sections(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    """Show the sections that come nearest to a question below it."""
    return seat, questions_shown(desk, typed, said.value)


def answered(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    """Add a question to those that a section answers."""
    told, path = _ANSWERED.validate_json(said.value), said.path
    data, text = desk.read(path)
    if text is None:
        raise EditRefused(path, "takes no questions; only Markdown has a place for them")
    new = rewrite(path, data, with_question(path, text, told.question, told.heading))
    try:
        digest = hashlib.sha256(data).hexdigest()
        corpus_edits.replace(desk.settings.corpus_dir, path, new.data, digest, desk.settings.max_file_mb)
    except Conflict as error:
        raise EditRefused(path, "was changed by somebody else at the same moment; try again") from error
    return seat, {**questions_shown(desk, typed), **files_shown(desk, typed), **saved(desk, typed, path)}


def write(_: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    """Put a question into the form for a new article, beside what stands there."""
    lines = [line for line in typed["questions"].splitlines() if line.strip() and line.strip() != said.value]
    return seat, {"questions": {"value": "\n".join((*lines, said.value))}}


def questions_shown(desk: Desk, typed: Typed, asked: str = "") -> Shown:
    """What visitors missed, with the sections that come nearest to the question `asked`, where one is."""
    answerer, gaps = desk.bot.answerer, gaps_in(desk.journal)
    paths = {article.id: article.path for article in answerer.articles}
    known = {question: Place(one.title, one.path) for one in answerer.articles for question in one.questions}
    passages = {one.passage: answerer.passage(one.passage) for one in gaps.disliked}
    html = views.questions_html(
        tongue(typed),
        gaps,
        {id_: Place(_name(found), paths[found.article_id]) if found else Place(id_) for id_, found in passages.items()},
        known,
        (asked, [_section(hit, asked, paths[hit.passage.article_id]) for hit in _nearest(answerer, asked)]),
        counted=desk.settings.journal.questions,
    )
    return {"gaps": {"value": html}}


def _nearest(answerer: Answerer, question: str) -> list[Hit]:
    """The best passage of each section that comes near; none where it cannot be asked."""
    try:
        found = answerer.ask(question, 2 * SECTIONS, (), Filters(), literal=True).hits if question else ()
    except QuestionError:
        return []
    best: dict[tuple[str, tuple[str, ...]], Hit] = {}
    for hit in found:
        best.setdefault((hit.passage.article_id, hit.passage.headings), hit)
    return list(best.values())[:SECTIONS]


def _section(hit: Hit, question: str, path: str) -> Section:
    heading = hit.passage.headings[-1] if hit.passage.headings else ""
    said = orjson.dumps({"question": question, "heading": heading}).decode()
    return Section(_name(hit.passage), path, hit=hit, said=said, takes=is_markdown(path))


def _name(passage: Passage) -> str:
    return " › ".join((passage.title, *passage.headings))
