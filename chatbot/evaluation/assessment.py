"""A judged folder or file and some settings to measures: which texts are searched, and what is asked of them."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chatbot.answering.answerer import Answerer
from chatbot.answering.chatbot import Chatbot, open_answerer, open_generation
from chatbot.answering.verdict.calibration import OUTSIDE, calibrate
from chatbot.disk import file_digest, size_mb
from chatbot.errors import JudgedSetError
from chatbot.evaluation import details, quotes
from chatbot.evaluation.beir import CORPUS, QRELS, QUERIES, corpus_reader, document_of, read_set
from chatbot.evaluation.measures import Evaluation, Floats, evaluate, significance
from chatbot.evaluation.replay import CONVERSATIONS, Replay, read_conversations, replay
from chatbot.evaluation.usefulness import usefulness
from chatbot.indexing.building.build import build_from
from chatbot.indexing.building.draft import own_embedder
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.publication import candidates, current
from chatbot.indexing.model.encoder import Encoder
from chatbot.indexing.model.weights import fingerprint, locate_model
from chatbot.settings import IndexSettings, Settings, load_settings

FOLDER = "evaluations"
MOST_MB = 200
"""Of indexes of judged texts that are kept; those used least recently go first."""


@dataclass(frozen=True, slots=True)
class Assessment:
    """What was measured over questions, and what else was asked for: conversations, each search alone (`legs`, each
    measure by question), and every question with what it found (`questions`, plain JSON values). `usefulness` is that
    of the module of its name, where the coverage of questions was judged; `unmatched` are the lines of the questions
    that were not asked, since no passage holds their quotes.
    """

    evaluation: Evaluation
    conversations: Replay | None = None
    legs: dict[str, dict[str, Floats]] = field(default_factory=dict)
    questions: tuple[dict[str, Any], ...] = ()
    usefulness: dict[str, Any] | None = None
    unmatched: tuple[int, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The summary as plain JSON values."""
        more = {
            "legs": {
                leg: {name: round(float(values.mean()), 4) for name, values in own.items()}
                for leg, own in self.legs.items()
            },
            "unmatched_lines": list(self.unmatched),
            "usefulness": self.usefulness,
            "conversations": self.conversations and self.conversations.to_json(),
        }
        return self.evaluation.to_json() | {name: value for name, value in more.items() if value}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is measured beside the questions, and whether the index of a folder's own texts is kept."""

    outside: tuple[Path, ...] = ()
    conversations: bool = False
    legs: bool = False
    questions: bool = False
    keep: bool = True


def check(judged: Path, wanted: Wanted) -> None:
    """Whether all that was named is there and can be read, before anything is measured. Raises JudgedSetError."""
    if not judged.exists():
        raise JudgedSetError(
            f"there is no {judged}; name a folder with {QUERIES}, {QRELS} and mostly {CORPUS}, or a file of questions"
        )
    _asked_outside(wanted)
    if judged.is_dir():
        read_set(judged)
    else:
        quotes.read_questions(judged)
    if wanted.conversations and not _conversations(judged).exists():
        raise JudgedSetError(f"there is no {_conversations(judged)}; add it, or leave --conversations out")


def assess(
    settings: Settings,
    judged: Path,
    wanted: Wanted,
    *,
    generation: str | None = None,
    on_step: OnStep,
) -> Assessment:
    """Measure the texts of `judged` where it brings some, else the published index or another `generation` of it.

    Without files of questions outside, those shipped are asked. Raises JudgedSetError, and what opening or building an
    index raises.
    """
    check(judged, wanted)
    if not (judged.is_dir() and (judged / CORPUS).exists()):
        return _assess(_published(settings, generation), judged, wanted, str, on_step)
    place = _place(settings, judged)
    try:
        return _assess(_own(settings, judged, place, on_step), judged, wanted, document_of, on_step)
    finally:
        if not wanted.keep:
            shutil.rmtree(place, ignore_errors=True)
        _make_room(place)


def _assess(
    answerer: Answerer, judged: Path, wanted: Wanted, locate: Callable[[str], str], on_step: OnStep
) -> Assessment:
    own = () if judged.is_dir() else quotes.read_questions(judged)
    questions = quotes.judge(judged, own, answerer.store) if own else read_set(judged)
    evaluation = evaluate(answerer, questions, locate, _asked_outside(wanted), on_step)
    played = None
    if wanted.conversations:
        read = read_conversations(_conversations(judged).parent, answerer.store)
        played = replay(answerer, read, locate, on_step)
    asked = (answerer, questions, locate, evaluation)
    return Assessment(
        evaluation,
        played,
        details.legs(*asked) if wanted.legs else {},
        tuple(details.by_question(*asked)) if wanted.questions else (),
        usefulness(outcomes) if (outcomes := quotes.outcomes(own, answerer)) else None,
        quotes.unmatched(own, answerer.store),
    )


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


def conversation_differences(first: Replay, second: Replay) -> dict[str, dict[str, float]]:
    """As `differences`, over turns in their conversation; nothing where the two indexes judge different turns."""
    pairs = ((name, one, second.together[name]) for name, one in first.together.items())
    return {name: _apart(one, two) for name, one, two in pairs if len(one) == len(two)}


def differences(first: Evaluation, second: Evaluation) -> dict[str, dict[str, float]]:
    """For each measure how far `second` is above `first`, with the p-value of the difference over shared questions."""
    place = {query: number for number, query in enumerate(second.asked)}
    shared = [(number, place[query]) for number, query in enumerate(first.asked) if query in place]
    first_rows, second_rows = [row for row, _ in shared], [row for _, row in shared]
    apart = {}
    for name, values in first.values.items():
        one, two = values[first_rows], second.values[name][second_rows]
        apart[name] = _apart(one, two)
    return apart


def _apart(one: Floats, two: Floats) -> dict[str, float]:
    return {"difference": round(float((two - one).mean()), 4), "p": round(significance(one, two), 4)}


def _conversations(judged: Path) -> Path:
    return (judged if judged.is_dir() else judged.parent) / CONVERSATIONS


def _asked_outside(wanted: Wanted) -> list[str]:
    return [question for file in wanted.outside or (OUTSIDE,) for question in read_outside(file)]


def _make_room(place: Path, most_mb: float = MOST_MB) -> None:
    """Remove indexes of judged texts beside `place`, which stays, until they have at most so many megabytes."""
    if place.exists():
        os.utime(place)
    kept = sorted((one for one in place.parent.glob("*") if one.is_dir()), key=lambda one: -one.stat().st_mtime)
    total = 0.0
    for one in kept:
        total += size_mb(one)
        if total > most_mb and one != place:
            shutil.rmtree(one, ignore_errors=True)


def _place(settings: Settings, judged: Path) -> Path:
    model = hashlib.sha256(fingerprint(locate_model(settings.model)).encode()).hexdigest()[:6]
    digest = file_digest(judged / CORPUS)[:12]
    return settings.index_dir / FOLDER / f"{judged.resolve().name}-{digest}-{model}"


def _own(settings: Settings, judged: Path, place: Path, on_step: OnStep) -> Answerer:
    embedder = own_embedder(settings)
    # In files, wherever the site's own passages are: nobody is served from it.
    apart = settings.model_copy(update={"index_dir": place, "keep_generations": 1, "index": IndexSettings()})
    build_from(corpus_reader(judged), apart, embedder=embedder, calibrate=calibrate, on_step=on_step)
    return open_answerer(apart, place / current(place), Encoder(embedder.encoder_dir))


def _published(settings: Settings, generation: str | None) -> Answerer:
    if generation:
        return open_generation(settings, settings.index_dir / generation)
    return Chatbot.open(settings).answerer


def read_outside(file: Path) -> list[str]:
    """The questions of a text file: one a line, empty lines and lines that begin with # left out."""
    try:
        lines = file.read_text(encoding="utf-8").split("\n")
        return [line.strip() for line in lines if line.strip() and not line.startswith("#")]
    except (OSError, UnicodeDecodeError) as error:
        raise JudgedSetError(f"{file} cannot be read: {error}; name a text file with a question a line") from error
