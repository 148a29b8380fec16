"""Why an answer is what it is: how the question was read, what decided the verdict, and what made up each score."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from chatbot.answering.answerer import Answerer
from chatbot.answering.question_trace import Trace
from chatbot.answering.understanding.vocabulary import Added
from chatbot.answering.verdict.evidence import Evidence, Thresholds
from chatbot.records import Verdict


@dataclass(frozen=True, slots=True)
class ExplainedHit:
    """A passage, why it was found, and the parts of its score.

    `meaning` and `words` add up to `score`; where it speaks of `sides` that the question compares, its meaning gained
    by that. `cosine` and `sentence` in [-1, 1] say how close passage and best sentence are to the question, `asked` how
    close the questions that lead to it are, None where none does; `bm25` >= 0 is its raw lexical score. `sentences` are
    those that are highlighted.
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
    asked: float | None
    bm25: float
    sentences: tuple[str, ...]
    sides: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """What became of a question.

    `mended` is the question with its spelling mended, `read_as` how it relates to the conversation ("standalone",
    "follow_up", "more", "pick", "change" or "small_talk"), `searched_as` what was searched in the end,
    `also_searched_as` the other way to read it that was searched as well ("" where it was sure), `embedded` its own
    words as the model read them, `added` what the vocabulary added, `sides` what the question compares, `terms` the
    stemmed words with their weights. `strength` is the evidence's score that is held against the thresholds. `hits` are
    those of the answer, `unshown` others of the k best that it leaves out, all of them where the verdict is
    "not_covered".
    """

    question: str
    mended: str
    read_as: str
    searched_as: str
    also_searched_as: str
    embedded: str
    added: tuple[Added, ...]
    terms: dict[str, float]
    verdict: Verdict
    confidence: float
    evidence: Evidence | None
    strength: float
    thresholds: Thresholds
    message: str
    hits: tuple[ExplainedHit, ...]
    unshown: tuple[ExplainedHit, ...]
    sides: tuple[str, ...] = ()


def explain(answerer: Answerer, trace: Trace) -> Explanation:
    """What `Answerer.ask` did with a question, step by step."""
    understood = trace.understood
    return Explanation(
        question=trace.question,
        mended=understood.mended,
        read_as="small_talk" if trace.small_talk else understood.reading.kind,
        searched_as=understood.reading.searched_as,
        also_searched_as=understood.reading.other.searched_as if understood.reading.other else "",
        embedded=understood.query.embedded,
        added=understood.added,
        terms={term: round(weight, 4) for term, weight in understood.query.weights.items()},
        verdict=trace.verdict,
        confidence=trace.confidence,
        evidence=trace.evidence,
        strength=trace.strength,
        thresholds=answerer.judge.thresholds,
        message=trace.message,
        hits=_explained(answerer, trace, trace.places, 0),
        unshown=_explained(answerer, trace, trace.unshown, len(trace.places)),
        sides=understood.sides,
    )


def _explained(answerer: Answerer, trace: Trace, places: Sequence[int], before: int) -> tuple[ExplainedHit, ...]:
    hits = []
    labels = trace.understood.sides
    spoken = answerer.sides(trace, places)
    for place, hit, own in zip(places, answerer.hits(trace, places), spoken, strict=True):
        passage, words = hit.passage, float(trace.ranking.words[place])
        hits.append(
            ExplainedHit(
                rank=before + hit.rank,
                passage_id=passage.id,
                place=" > ".join((passage.title, *passage.headings)),
                reason=hit.reason,
                matched=hit.why.words,
                score=hit.score,
                meaning=hit.score - words,
                words=words,
                cosine=hit.cosine,
                sentence=float(trace.ranking.sentences[place]),
                asked=float(asked) if (asked := trace.ranking.asked[place]) > -1 else None,
                bm25=hit.bm25,
                sentences=tuple(passage.text[one.start : one.end] for one in hit.highlights),
                sides=tuple(labels[number] for number in own),
            )
        )
    return tuple(hits)
