"""What a new index does to judged questions: each is asked of the index that is served and of the new one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import log2

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.errors import JudgedSetError, ModelError, SettingsError
from chatbot.evaluation.quotes import JudgedQuestion, quoted, read_questions
from chatbot.indexing.building.draft import Measure
from chatbot.indexing.building.report import Effect, Judged
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import ENCODERS
from chatbot.indexing.model.embedder import Embedder
from chatbot.indexing.model.encoder import Encoder, QueryEmbedder
from chatbot.records import Filters, Passage
from chatbot.settings import Settings

_DEPTH = 10


@dataclass(frozen=True, slots=True)
class Side:
    """An index and what answers from it."""

    index: LocalIndex
    answerer: Answerer


@dataclass(frozen=True, slots=True)
class _Seen:
    """What one index made of a question, and whether it holds an answer."""

    first: Passage | None
    ndcg: float
    answered: bool


def measure_for(settings: Settings) -> Measure | None:
    """What `build` needs to judge a new index, None where the settings name no questions. Raises SettingsError."""
    questions = judged_questions(settings)
    if not questions:
        return None
    read_vocabulary(settings.vocabulary)  # what is wrong with it is said before anything is embedded
    return lambda old, new, embedder: effect(
        questions, _old_side(old, embedder, settings), side(new, embedder, settings)
    )


def judged_questions(settings: Settings) -> tuple[JudgedQuestion, ...]:
    """Those of the file that the settings name, none where they name no file. Raises SettingsError."""
    file = settings.publish.questions
    if file is None:
        return ()
    if not file.is_file():
        raise SettingsError(
            f"publish.questions cannot be used: there is no file {file}; name the file of judged questions, or take "
            "the setting away"
        )
    try:
        return read_questions(file)
    except JudgedSetError as error:
        raise SettingsError(f"publish.questions cannot be used: {error}; mend the file, or take it away") from error


def effect(questions: Sequence[JudgedQuestion], old: Side | None, new: Side) -> Effect:
    """Ask every question of both."""
    before = [_look(old, one) if old else None for one in questions]
    after = [_look(new, one) for one in questions]
    moved, lost, found, worse = [], [], [], []
    for one, then, now in zip(questions, before, after, strict=True):
        if then is None:
            continue
        judged = Judged(one.question, _place(then.first), _place(now.first), then.ndcg, now.ndcg)
        if not _same(then.first, now.first):
            moved.append(judged)
        if then.ndcg > 0 and now.ndcg == 0:
            lost.append(judged)
        if then.ndcg == 0 and now.ndcg > 0:
            found.append(judged)
        if now.ndcg < then.ndcg - 1e-9:
            worse.append(judged)
    return Effect(
        questions=len(questions),
        ndcg_before=_mean([seen.ndcg for seen in before if seen]) if old else None,
        ndcg_after=_mean([seen.ndcg for seen in after]),
        moved=tuple(moved),
        lost=tuple(lost),
        found=tuple(found),
        worse=tuple(sorted(worse, key=lambda one: one.ndcg_after - one.ndcg_before)),
        unmatched=tuple(one.line for one, now in zip(questions, after, strict=True) if one.quotes and not now.answered),
    )


def ndcg(shown: Sequence[str], answering: set[str]) -> float:
    """The normalised discounted cumulative gain of ids in order, each of them answering or not, in [0, 1].

    Järvelin and Kekäläinen, "Cumulated gain-based evaluation of IR techniques" (2002), with binary gains.
    """
    gain = sum(1 / log2(place + 1) for place, id_ in enumerate(shown[:_DEPTH], 1) if id_ in answering)
    ideal = sum(1 / log2(place + 1) for place in range(1, min(len(answering), _DEPTH) + 1))
    return gain / ideal if ideal else 0.0


def side(index: LocalIndex, embedder: QueryEmbedder, settings: Settings) -> Side:
    """An index that is asked with the model it was built with, and answers as visitors are answered."""
    return Side(index, answer_from(Searcher(index, embedder), settings))


def _old_side(index: LocalIndex | None, embedder: Embedder, settings: Settings) -> Side | None:
    if index is None or index.manifest.encoder == embedder.fingerprint:
        return side(index, embedder, settings) if index else None
    try:
        encoder = Encoder(settings.index_dir / ENCODERS / index.manifest.encoder)
    except ModelError:
        return None  # nobody can ask it any more
    return side(index, encoder, settings)


def _look(asked: Side, one: JudgedQuestion) -> _Seen:
    trace = asked.answerer.trace(one.question, _DEPTH, (), Filters())
    found = (*trace.places, *trace.unshown) if trace.places else ()
    passages = asked.index.passages(trace.ranking.rows[list(found)])
    answering = set(quoted(one.quotes, asked.index.store))
    gain = ndcg([passage.id for passage in passages], answering)
    return _Seen(passages[0] if passages else None, gain, bool(answering))


def _same(one: Passage | None, other: Passage | None) -> bool:
    """Whether two first passages are the same place: the same words, or the same headings of the same article."""
    if one is None or other is None:
        return one is other
    return one.text == other.text or (one.article_id, one.headings) == (other.article_id, other.headings)


def _place(passage: Passage | None) -> str | None:
    return " > ".join((passage.title, *passage.headings)) if passage else None


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else 0.0
