"""An editor's own judged questions: each with quotes from articles, which outlive any way of cutting passages.

A line of the file is `{"question": "…", "answers": [{"article": "id", "quote": "…"}]}`. A passage answers when it holds
at least half of a quote.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.errors import JudgedSetError
from chatbot.evaluation.beir import JudgedSet, records
from chatbot.indexing.generation.passage_store import Store


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article, named by its id, as they stand in its text."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question and the quotes that answer it; `id` is its own or the number of its line."""

    id: str
    question: str
    quotes: tuple[Quote, ...]


def read_questions(file: Path) -> tuple[JudgedQuestion, ...]:
    """The questions of a file. Raises JudgedSetError with file and line."""
    questions = []
    for place, record in records(file):
        question, answers = record.get("question"), record.get("answers")
        if not isinstance(question, str) or not isinstance(answers, list) or not answers:
            missing = "question" if not isinstance(question, str) else "list of answers"
            raise JudgedSetError(
                f"{place}: this is no judged question: it has no {missing}; expected "
                '{"question": "...", "answers": [{"article": "...", "quote": "..."}]}'
            )
        id_ = str(record.get("id", place.rpartition(":")[2]))
        questions.append(JudgedQuestion(id_, question, tuple(to_quote(answer, place) for answer in answers)))
    if not questions:
        raise JudgedSetError(f"{file} holds no judged questions; write some, one a line")
    return tuple(questions)


def to_quote(answer: Any, place: str) -> Quote:
    """An entry of `answers`; `place` is named where it cannot be used. Raises JudgedSetError."""
    try:
        quote = Quote(str(answer["article"]), str(answer["quote"]))
    except (TypeError, KeyError):
        quote = Quote("", "")
    if not quote.article or not quote.text:
        raise JudgedSetError(f"{place}: an answer is {answer!r}; expected its 'article' and a 'quote' from it")
    return quote


def read_gold(file: Path, store: Store) -> JudgedSet:
    """The questions of a file, judged against the passages of an index. Raises JudgedSetError with file and line.

    Questions whose quotes are no longer in the articles have no judgement.
    """
    questions = read_questions(file)
    answering = {one.id: quoted(one.quotes, store) for one in questions}
    qrels = {id_: dict.fromkeys(passages, 1) for id_, passages in answering.items() if passages}
    if not qrels:
        raise JudgedSetError(f"{file}: none of its quotes is in a published article; check article ids and quotes")
    return JudgedSet(file.stem, {one.id: one.question for one in questions}, qrels)


def quoted(quotes: Iterable[Quote], store: Store) -> list[str]:
    """The ids of the passages that hold at least half of one of these quotes of their article, none twice."""
    passages: dict[str, None] = {}
    for quote in quotes:
        article = store.article(quote.article)
        start = article.text.find(quote.text) if article else -1
        if start < 0:
            continue
        end = start + len(quote.text)
        for _, passage, _ in store.passages_of(quote.article):
            if 2 * (min(end, passage.end) - max(start, passage.start)) >= len(quote.text):
                passages[passage.id] = None
    return list(passages)
