"""Calibrating the generation that is served, and what editors should know about the result."""

from __future__ import annotations

from contextlib import closing
from dataclasses import dataclass, replace

import numpy as np

from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.verdict import evidence
from chatbot.answering.verdict.calibration import calibrate, figures, outside_lines
from chatbot.answering.verdict.judge import Judge
from chatbot.indexing.generation.calibration_data import Calibrated, array_names, store
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import ENCODERS, current, writing
from chatbot.indexing.model.encoder import Encoder
from chatbot.settings import Settings

_EDITORS = 200


@dataclass(frozen=True, slots=True)
class CalibrationReport:
    """What a calibration found, at the share of `refusals` that the settings allow.

    `refused` are those of `asked` editors' questions that would not be answered; `let_through` are questions out of
    scope that would, the likeliest first. `figures` are those of `calibration.figures`. `stored` is False where the
    generation was calibrated like this already.
    """

    generation: str
    stored: bool
    refusals: float
    figures: dict[str, float]
    asked: int
    refused: tuple[str, ...]
    let_through: tuple[str, ...]


def recalibrate(settings: Settings) -> CalibrationReport:
    """Calibrate the generation that is served and store the result in it.

    Raises IndexMissing, IndexDamaged, IndexLocked while another process builds, ModelError.
    """
    with writing(settings.index_dir):
        name = current(settings.index_dir)
        with closing(LocalIndex.open(settings.index_dir / name)) as index:
            encoder = Encoder(settings.index_dir / ENCODERS / index.manifest.encoder)
            calibrated = calibrate(index, encoder)
            stored = index.calibrated is None or not _equal(index.calibrated, calibrated)
            report = _report(calibrated, Searcher(index, encoder), settings.answers.refusals, stored=stored)
        if stored:
            store(settings.index_dir, name, calibrated)
            if settings.index.store == "milvus":
                from chatbot.indexing.milvus.sending import serve_from_milvus

                serve_from_milvus(settings, name)
    return report


def _report(calibrated: Calibrated, searcher: Searcher, refusals: float, *, stored: bool) -> CalibrationReport:
    judge = Judge(searcher.index, calibrated, refusals)
    editors = [question for article in searcher.articles for question in article.questions]
    editors = list(dict.fromkeys(editors[:: max(1, len(editors) // _EDITORS)]))
    through = []
    for place, row in enumerate(calibrated.outside):
        # A line is the nearest of all lines to itself, which no visitor's question is.
        without = Judge(searcher.index, replace(calibrated, outside=np.delete(calibrated.outside, place)), refusals)
        confidence = _confidence(without, searcher, outside_lines()[row])
        if confidence is not None:
            through.append((confidence, outside_lines()[row]))
    return CalibrationReport(
        generation=searcher.index.generation,
        stored=stored,
        refusals=refusals,
        figures=figures(
            calibrated.elsewhere,
            calibrated.own,
            calibrated.beyond,
            refusals,
            known=searcher.index.known_share >= evidence.KNOWN_SHARE,
        ),
        asked=len(editors),
        refused=tuple(text for text in editors if _confidence(judge, searcher, text) is None),
        let_through=tuple(text for _, text in sorted(through, reverse=True)),
    )


def _confidence(judge: Judge, searcher: Searcher, question: str) -> float | None:
    """The confidence with which passages would be shown, None where they would not."""
    query = searcher.query(question)
    verdict, confidence = judge(query, searcher.rank(query))
    return None if verdict == "not_covered" else confidence


def _equal(one: Calibrated, other: Calibrated) -> bool:
    # The tokens follow from the texts, whose digests are among the arrays.
    return all(np.array_equal(getattr(one, name), getattr(other, name)) for name in array_names())
