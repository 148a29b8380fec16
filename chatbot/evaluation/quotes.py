"""An editor's own judged questions: each with quotes from articles, which outlive any way of cutting passages.

A line of the file is `{"question": "…", "answers": [{"article": "id", "quote": "…"}]}`. A passage answers when it holds
at least half of a quote. A line may say whether the articles cover its question, `"coverage": "partly"`, and name
quotes that only help, `"helps": […]`; one that is not covered needs no answers. See `usefulness`.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.answering.answerer import Answerer
from chatbot.errors import JudgedSetError
from chatbot.evaluation.beir import JudgedSet, records
from chatbot.evaluation.usefulness import COVERAGES, Coverage, Outcome, outcome
from chatbot.indexing.generation.passage_index import PassageStore
from chatbot.records import Filters


@dataclass(frozen=True, slots=True)
class Quote:
    """Words of an article, named by its id, as they stand in its text."""

    article: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedQuestion:
    """A question and the quotes that answer it; `id` is its own or the number of its `line`, counted from 1.

    `helps` are quotes that help without answering. `coverage` is None where it was not judged.
    """

    id: str
    question: str
    quotes: tuple[Quote, ...]
    helps: tuple[Quote, ...] = ()
    coverage: Coverage | None = None
    line: int = 0


def read_questions(file: Path) -> tuple[JudgedQuestion, ...]:
    """The questions of a file. Raises JudgedSetError with file and line."""
    questions = []
    for place, record in records(file):
        question, answers = record.get("question"), record.get("answers")
        helps, coverage = record.get("helps") or [], record.get("coverage")
        if coverage not in {None, *COVERAGES}:
            raise JudgedSetError(f"{place}: coverage is {coverage!r}; expected one of {', '.join(COVERAGES)}")
        if not isinstance(question, str) or not isinstance(answers, list) or not (answers or coverage):
            missing = "question" if not isinstance(question, str) else "list of answers"
            raise JudgedSetError(
                f"{place}: this is no judged question: it has no {missing}; expected "
                '{"question": "...", "answers": [{"article": "...", "quote": "..."}]}'
            )
        line = place.rpartition(":")[2]
        id_ = str(record.get("id", line))
        said, helpful = (tuple(to_quote(one, place) for one in each) for each in (answers, helps))
        questions.append(JudgedQuestion(id_, question, said, helpful, coverage, int(line)))
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


def read_gold(file: Path, store: PassageStore) -> JudgedSet:
    """The questions of a file, judged against the passages of an index. Raises JudgedSetError with file and line."""
    return judge(file, read_questions(file), store)


def judge(file: Path, questions: Sequence[JudgedQuestion], store: PassageStore) -> JudgedSet:
    """The questions of a file, judged against the passages of an index.

    Questions whose quotes are no longer in the articles have no judgement. Raises JudgedSetError where none has one.
    """
    answering = {one.id: quoted(one.quotes, store) for one in questions}
    qrels = {id_: dict.fromkeys(passages, 1) for id_, passages in answering.items() if passages}
    if not qrels:
        raise JudgedSetError(f"{file}: none of its quotes is in a published article; check article ids and quotes")
    return JudgedSet(file.stem, {one.id: one.question for one in questions}, qrels)


def unmatched(questions: Iterable[JudgedQuestion], store: PassageStore) -> tuple[int, ...]:
    """The lines of the questions that have quotes, none of which a passage holds."""
    return tuple(one.line for one in questions if one.quotes and not quoted(one.quotes, store))


def outcomes(questions: Iterable[JudgedQuestion], answerer: Answerer) -> list[Outcome]:
    """What is said to the questions whose coverage was judged, at most five passages each."""
    found = []
    for one in questions:
        if one.coverage:
            answer = answerer.ask(one.question, 5, (), Filters())
            shown = [hit.passage.id for hit in answer.hits]
            answering, helping = (quoted(quotes, answerer.store) for quotes in (one.quotes, one.helps))
            # Where nothing answers as a whole, what was named as an answer is what helps.
            whole = answering if one.coverage == "covered" else []
            said = (answer.verdict, answer.confidence)
            found.append(outcome(one.coverage, said, shown, whole, [*answering, *helping]))
    return found


def quoted(quotes: Iterable[Quote], store: PassageStore) -> list[str]:
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
