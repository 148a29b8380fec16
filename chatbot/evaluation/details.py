"""What stands behind the means: each question with what it found, and each of the two searches alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import numpy as np

from chatbot.answering.answerer import Answerer
from chatbot.answering.question_trace import Trace
from chatbot.answering.ranking.searcher import CANDIDATES
from chatbot.arrays import Scores
from chatbot.evaluation.beir import JudgedSet
from chatbot.evaluation.measures import Evaluation, Floats, measure
from chatbot.records import Filters

_DEPTH = 10


def by_question(
    answerer: Answerer, judged: JudgedSet, document_of: Callable[[str], str], evaluation: Evaluation
) -> Iterator[dict[str, Any]]:
    """For each question its verdict, its measures and the first ten passages, as plain JSON values.

    Each passage has its `score`, its raw scores in both searches, `cosine` and `bm25`, and the `grade` of its text.
    """
    for number, id_ in enumerate(evaluation.asked):
        trace, grades = _trace(answerer, judged.queries[id_]), judged.qrels[id_]
        ranking = trace.ranking.only(np.arange(len(trace.ranking.rows)) < _DEPTH)
        scores = zip(*(map(float, each) for each in (ranking.scores, ranking.cosines, ranking.bm25)), strict=True)
        yield {
            "id": id_,
            "question": judged.queries[id_],
            "searched_as": trace.understood.reading.searched_as,
            "verdict": trace.verdict,
            "confidence": round(trace.confidence, 4),
            "metrics": {name: round(float(values[number]), 4) for name, values in evaluation.values.items()},
            "relevant": grades,
            "first": [
                {
                    "passage": passage,
                    "grade": grades.get(document_of(passage), 0),
                    **dict(zip(("score", "cosine", "bm25"), (round(one, 4) for one in own), strict=True)),
                }
                for passage, own in zip(answerer.store.ids(ranking.rows), scores, strict=True)
            ],
        }


def legs(
    answerer: Answerer, judged: JudgedSet, document_of: Callable[[str], str], evaluation: Evaluation
) -> dict[str, dict[str, Floats]]:
    """The measures of each search alone, "meaning" by passages' cosine and "words" by BM25, shape (questions,) each."""
    runs: dict[str, dict[str, list[str]]] = {"meaning": {}, "words": {}}
    for id_ in evaluation.asked:
        # The candidates are the best of both searches, so that the best by either score are those of its search.
        ranking = _trace(answerer, judged.queries[id_]).ranking
        for name, scores in (("meaning", ranking.cosines), ("words", ranking.bm25)):
            ids = answerer.store.ids(ranking.rows[_best(scores)])
            runs[name][id_] = list(dict.fromkeys(map(document_of, ids)))
    return {name: measure(run, judged.qrels, evaluation.asked) for name, run in runs.items()}


def _trace(answerer: Answerer, question: str) -> Trace:
    return answerer.trace(question, _DEPTH, (), Filters())


def _best(scores: Scores) -> list[int]:
    order = np.argsort(-scores, kind="stable")[:CANDIDATES]
    return [int(place) for place in order if scores[place] > 0]
