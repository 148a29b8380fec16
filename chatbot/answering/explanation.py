"""Why an answer is what it is: how the question was read, what decided the verdict, and what made up each score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

from chatbot.answering import highlight
from chatbot.answering.answerer import Answerer, checked
from chatbot.answering.ranking.searcher import spread
from chatbot.answering.understanding import small_talk
from chatbot.answering.understanding.conversation import checked_history
from chatbot.answering.understanding.vocabulary import Added
from chatbot.answering.verdict.evidence import Evidence, Thresholds
from chatbot.records import Filters, Turn, Verdict


@dataclass(frozen=True, slots=True)
class ExplainedHit:
    """A passage, why it was found, and the parts of its score.

    `meaning` and `words` add up to `score`; `cosine` and `sentence` in [-1, 1] are how close the passage and its best
    sentence are to the question, `bm25` >= 0 is its raw lexical score. `sentences` are those that are highlighted.
    """

    rank: int
    passage_id: str
    place: str
    reason: str
    matched: tuple[str, ...]
    score: float
    meaning: float
    words: float
    cosine: float
    sentence: float
    bm25: float
    sentences: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a question.

    `mended` is the question with its spelling mended, `read_as` how it relates to the conversation ("standalone",
    "follow_up", "more", "pick", "change" or "small_talk"), `searched_as` what was searched in the end, `added` what the
    vocabulary added to it, `terms` the stemmed words with their weights. `strength` is the evidence's score that is
    held against the thresholds. `hits` are those that answer, or would if the verdict were another.
    """

    question: str
    mended: str
    read_as: str
    searched_as: str
    added: tuple[Added, ...]
    terms: dict[str, float]
    verdict: Verdict
    confidence: float
    evidence: Evidence | None
    strength: float
    thresholds: Thresholds
    message: str
    hits: tuple[ExplainedHit, ...]

    def to_json(self) -> dict[str, Any]:
        """The explanation as plain JSON values."""
        return asdict(self)


def explain(
    answerer: Answerer, question: str, k: int, history: Sequence[Turn], filters: Filters, *, literal: bool = False
) -> Explanation:
    """What `Answerer.ask` does with a question, step by step. Raises QuestionError."""
    asked = checked(question, k)
    turns = small_talk.without(checked_history(history))
    limits = answerer.judge.thresholds
    kind = None if literal else small_talk.kind_of(asked, opening=not turns)
    if kind:
        reply = small_talk.reply_to(kind)
        nothing: tuple[Any, ...] = ({}, "not_covered", 0.0, None, 0.0, limits, reply, ())
        return Explanation(asked, asked, "small_talk", asked, (), *nothing)
    found = answerer.find(asked, turns, filters, literal=literal)
    query, ranking = found.understood.query, found.ranking
    evidence, strength = answerer.judge.weigh(query, ranking)
    places = spread(answerer.articles_of(ranking), k)
    hits = []
    for place, hit in zip(places, answerer.hits(found, places), strict=True):
        passage, words = hit.passage, float(ranking.words[place])
        hits.append(
            ExplainedHit(
                rank=hit.rank,
                passage_id=passage.id,
                place=" > ".join((passage.title, *passage.headings)),
                reason=hit.reason,
                matched=tuple(highlight.matched_words(query.text, (passage.title, *passage.headings, passage.text))),
                score=hit.score,
                meaning=hit.score - words,
                words=words,
                cosine=hit.cosine,
                sentence=float(ranking.sentences[place]),
                bm25=hit.bm25,
                sentences=tuple(passage.text[one.start : one.end] for one in hit.highlights),
            )
        )
    return Explanation(
        question=asked,
        mended=found.understood.mended,
        read_as=found.understood.reading.kind,
        searched_as=found.understood.reading.searched_as,
        added=found.understood.added,
        terms={term: round(weight, 4) for term, weight in query.weights.items()},
        verdict=found.verdict,
        confidence=found.confidence,
        evidence=evidence,
        strength=strength,
        thresholds=limits,
        message=found.message,
        hits=tuple(hits),
    )
