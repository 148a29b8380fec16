"""A judged folder or file and some settings to measures: which texts are searched, and what is asked of them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import Chatbot, open_answerer, open_generation
from chatbot.answering.verdict.calibration import OUTSIDE, calibrate
from chatbot.disk import file_digest
from chatbot.errors import JudgedSetError
from chatbot.evaluation.beir import CORPUS, corpus_reader, document_of, read_set
from chatbot.evaluation.measures import Evaluation, evaluate, read_questions, significance
from chatbot.evaluation.quotes import read_gold
from chatbot.evaluation.replay import CONVERSATIONS, Replay, read_conversations, replay
from chatbot.indexing.building.build import build_from
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.publication import ENCODERS, candidates, current
from chatbot.indexing.model.embedder import ModelEmbedder
from chatbot.indexing.model.encoder import QueryEncoder
from chatbot.settings import Settings, load_settings

FOLDER = "evaluations"


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was measured over questions, and over conversations where they were asked for."""

    evaluation: Evaluation
    conversations: Replay | None

    def to_json(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        summary = self.evaluation.to_json()
        return summary | ({"conversations": self.conversations.to_json()} if self.conversations else {})


def assess(
    settings: Settings,
    judged: Path,
    *,
    outside: Sequence[Path] = (),
    conversations: bool = False,
    generation: str | None = None,
    on_step: OnStep = lambda _name, _done, _total: None,
) -> Assessment:
    """Measure the texts of `judged` where it brings some, else the published index or another `generation` of it.

    `outside` are files of questions that nothing answers; without any, those shipped are asked. Raises JudgedSetError,
    and what opening or building an index raises.
    """
    asked_outside = [question for file in outside or (OUTSIDE,) for question in _questions(file)]
    own = judged.is_dir() and (judged / CORPUS).exists()
    answerer = _own(settings, judged, on_step) if own else _published(settings, generation)
    questions = read_set(judged) if judged.is_dir() else read_gold(judged, answerer.store)
    locate = document_of if own else str
    evaluation = evaluate(answerer, questions, locate, asked_outside, on_step)
    if not conversations:
        return Assessment(evaluation, None)
    folder = judged if judged.is_dir() else judged.parent
    if not (folder / CONVERSATIONS).exists():
        raise JudgedSetError(f"there is no {folder / CONVERSATIONS}; add it, or leave --conversations out")
    return Assessment(evaluation, replay(answerer, read_conversations(folder, answerer.store), locate, on_step))


def other_settings(settings: Settings, name: str) -> tuple[Settings, str | None]:
    """What `--compare` names: a settings file, or a kept generation by its name or the beginning of it.

    Raises JudgedSetError where it is neither.
    """
    if Path(name).is_file():
        return load_settings(Path(name)), None
    kept = candidates(settings.index_dir)
    named = [generation for generation in kept if generation.startswith(name)]
    if len(named) != 1:
        names = ", ".join(kept) or "none"
        raise JudgedSetError(f"'{name}' is no settings file and names {len(named)} kept generations; kept are {names}")
    return settings, named[0]


def differences(first: Evaluation, second: Evaluation) -> dict[str, dict[str, float]]:
    """For each measure how far `second` is above `first`, with the p-value of the difference over shared questions."""
    place = {query: number for number, query in enumerate(second.asked)}
    shared = [(number, place[query]) for number, query in enumerate(first.asked) if query in place]
    first_rows, second_rows = [row for row, _ in shared], [row for _, row in shared]
    apart = {}
    for name, values in first.values.items():
        one, two = values[first_rows], second.values[name][second_rows]
        apart[name] = {"difference": round(float((two - one).mean()), 4), "p": round(significance(one, two), 4)}
    return apart


def _own(settings: Settings, judged: Path, on_step: OnStep) -> Answerer:
    digest = file_digest(judged / CORPUS)[:12]
    embedder = ModelEmbedder(settings.model, settings.index_dir / ENCODERS)
    model = hashlib.sha256(embedder.fingerprint.encode()).hexdigest()[:6]
    place = settings.index_dir / FOLDER / f"{judged.resolve().name}-{digest}-{model}"
    apart = settings.model_copy(update={"index_dir": place, "keep_generations": 1})
    build_from(corpus_reader(judged), apart, embedder=embedder, calibrate=calibrate, on_step=on_step)
    return open_answerer(apart, place / current(place), QueryEncoder(embedder.encoder_dir))


def _published(settings: Settings, generation: str | None) -> Answerer:
    if generation:
        return open_generation(settings, settings.index_dir / generation)
    return Chatbot.open(settings).answerer


def _questions(file: Path) -> list[str]:
    try:
        return read_questions(file.read_text(encoding="utf-8").split("\n"))
    except (OSError, UnicodeDecodeError) as error:
        raise JudgedSetError(f"{file} cannot be read: {error}; name a text file with a question a line") from error
