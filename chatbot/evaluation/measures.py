"""How good the answers are: judged questions to measures with confidence intervals.

The measures are those of trec_eval, computed by ir_measures. A passage counts for the judged text that it was cut from,
a text by its best passage.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.answering.answerer import Answerer
from chatbot.answering.verdict.calibration import auroc
from chatbot.evaluation.beir import JudgedSet
from chatbot.indexing.building.report import OnStep
from chatbot.installation import require
from chatbot.records import Filters

MEASURES = ("nDCG@10", "MRR@10", "R@5", "R@10", "R@100")
REFUSED = 0.05
_RESAMPLES = 2000
_WARM_UP = 5
Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Abstention:
    """How well confidence tells answerable questions from those outside.

    `auroc` is the chance that an answerable question gets more confidence than another one. `false_answers` is the
    share of those outside that would be answered if `REFUSED` of the answerable ones were refused. `refused` and
    `uncertain` are the shares of answerable questions with these verdicts, `answered` is the share of those outside
    that were answered without reserve.
    """

    answerable: int
    outside: int
    auroc: float
    false_answers: float
    refused: float
    uncertain: float
    answered: float


@dataclass(frozen=True, slots=True)
class Evaluation:
    """What was measured. `values` gives each measure per question, in the order of `asked` (ids of questions)."""

    set: str
    generation: str
    passages: int
    asked: tuple[str, ...]
    values: dict[str, Floats]
    abstention: Abstention | None
    latencies_ms: Floats

    def to_json(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        return {
            "set": self.set,
            "generation": self.generation,
            "queries": len(self.asked),
            "passages": self.passages,
            "metrics": {name: _rounded(values.mean()) for name, values in self.values.items()},
            "ci95": {name: [_rounded(end) for end in interval(values)] for name, values in self.values.items()},
            "abstention": abstention_json(self.abstention),
            "latency_ms": {f"p{q}": _rounded(np.percentile(self.latencies_ms, q)) for q in (50, 95)},
        }


def evaluate(
    answerer: Answerer,
    judged: JudgedSet,
    document_of: Callable[[str], str],
    outside: Sequence[str] = (),
    on_step: OnStep = lambda _name, _done, _total: None,
) -> Evaluation:
    """Ask every question of a set that has a relevant text, and those `outside`, which the corpus does not answer.

    `document_of` gives the judged id for the id of a passage. Questions of the set without a relevant text count as
    outside. Latency is that of a whole answer, one question at a time.
    """
    answerable = {query for query, grades in judged.qrels.items() if any(grade > 0 for grade in grades.values())}
    asked = tuple(query for query in judged.queries if query in answerable)
    outside = [*outside, *(text for query, text in judged.queries.items() if query not in answerable)]
    for query in asked[:_WARM_UP]:
        answerer.ask(judged.queries[query], 10, (), Filters())
    run: dict[str, list[str]] = {}
    latencies, known, unknown = [], [], []
    for done, query in enumerate(asked):
        on_step("asking", done, len(asked) + len(outside))
        began = time.perf_counter()
        answer = answerer.ask(judged.queries[query], 10, (), Filters())
        latencies.append((time.perf_counter() - began) * 1000)
        known.append((answer.verdict, answer.confidence))
        ranked = answerer.ranked(judged.queries[query])
        run[query] = list(dict.fromkeys(document_of(passage) for passage in ranked))
    for done, question in enumerate(outside, start=len(asked)):
        on_step("asking", done, len(asked) + len(outside))
        answer = answerer.ask(question, 1, (), Filters())
        unknown.append((answer.verdict, answer.confidence))
    values = measure(run, judged.qrels, asked)
    abstention = measure_abstention(known, unknown) if unknown else None
    return Evaluation(
        judged.name, answerer.generation, len(answerer), asked, values, abstention, np.array(latencies, np.float64)
    )


def measure(run: dict[str, list[str]], qrels: dict[str, dict[str, int]], asked: Sequence[str]) -> dict[str, Floats]:
    """Each measure for each question of `asked`, shape (questions,); `run` gives documents best first."""
    require("ir_measures")
    import ir_measures
    from ir_measures import RR, R, nDCG

    scored = {query: {document: -float(rank) for rank, document in enumerate(run[query])} for query in asked}
    kept = {query: qrels[query] for query in asked}
    names = dict(zip((nDCG @ 10, RR @ 10, R @ 5, R @ 10, R @ 100), MEASURES, strict=True))
    place = {query: number for number, query in enumerate(asked)}
    values = {name: np.zeros(len(asked)) for name in MEASURES}
    for measured in ir_measures.iter_calc(list(names), kept, scored):
        values[names[measured.measure]][place[measured.query_id]] = measured.value
    return values


def measure_abstention(known: Sequence[tuple[str, float]], unknown: Sequence[tuple[str, float]]) -> Abstention:
    """Verdicts and confidences of answerable questions and of those outside, both at least one."""
    answerable, outside = np.array([c for _, c in known]), np.array([c for _, c in unknown])
    threshold = np.quantile(answerable, REFUSED)
    return Abstention(
        answerable=len(known),
        outside=len(unknown),
        auroc=auroc(answerable, outside),
        false_answers=float(np.mean(outside >= threshold)),
        refused=float(np.mean([verdict == "not_covered" for verdict, _ in known])),
        uncertain=float(np.mean([verdict == "uncertain" for verdict, _ in known])),
        answered=float(np.mean([verdict == "answered" for verdict, _ in unknown])),
    )


def interval(values: Floats) -> tuple[float, float]:
    """The 95 % bootstrap percentile interval of a mean over questions (Sakai, SIGIR 2006), with a fixed seed."""
    rows = np.random.default_rng(0).integers(0, len(values), (_RESAMPLES, len(values)))
    low, high = np.quantile(values[rows].mean(axis=1), [0.025, 0.975])
    return float(low), float(high)


def significance(first: Floats, second: Floats) -> float:
    """The p-value of a paired randomisation test on the difference of two means, two-sided.

    Smucker, Allan and Carterette, "A comparison of statistical significance tests for information retrieval
    evaluation" (CIKM 2007).
    """
    differences = second - first
    signs = np.random.default_rng(0).choice([-1.0, 1.0], (_RESAMPLES * 5, len(differences)))
    extreme = np.abs((signs * differences).mean(axis=1)) >= abs(differences.mean()) - 1e-12
    return float((extreme.sum() + 1) / (len(extreme) + 1))


def abstention_json(abstention: Abstention | None) -> dict[str, Any] | None:
    """Plain JSON values, None where no other questions were asked."""
    if abstention is None:
        return None
    return {
        "answerable": abstention.answerable,
        "others": abstention.outside,
        "AUROC": _rounded(abstention.auroc),
        "false_answers_at_5pct_refused": _rounded(abstention.false_answers),
        "refused": _rounded(abstention.refused),
        "uncertain": _rounded(abstention.uncertain),
        "answered_others": _rounded(abstention.answered),
    }


def _rounded(value: Any) -> float:
    return round(float(value), 4)
