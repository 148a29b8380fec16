"""Builds for people who watch them: each runs in a process of its own and says how far it is.

A server so keeps its memory free of what embeds passages, and goes on answering. The process is told what to do in one
line of JSON and says each step and its outcome in another.
"""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import threading
import time
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import TypeAdapter

from chatbot.answering.verdict.calibration import calibrate
from chatbot.errors import ChatbotError, PublishRefused
from chatbot.evaluation.effect import measure_for
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.maintenance import Verified, check
from chatbot.settings import Settings

log = logging.getLogger(__name__)

Kind = Literal["draft", "publish", "verify"]
_PROGRAM = "from chatbot.editing.build_job import main; main()"
_EVERY = 0.2  # seconds between two words about one step


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing was published, or it could not be done; `questions` are the judged ones that got worse."""

    message: str
    questions: tuple[str, ...] = ()


Outcome = Plan | BuildReport | Verified | Refused
_OUTCOMES: dict[str, TypeAdapter[Any]] = {
    "draft": TypeAdapter(Plan),
    "publish": TypeAdapter(BuildReport),
    "verify": TypeAdapter(Verified),
    "refused": TypeAdapter(Refused),
}


class Work:
    """A draft, a publication or a check, under way or over. Safe to look at from several threads."""

    def __init__(self, settings: Settings, kind: Kind, *, force: bool = False) -> None:
        """`force` publishes even what the settings forbid."""
        self.kind = kind
        self.began = time.monotonic()
        self.step, self.done, self.total = "starting", 0, 1
        self.outcome: Outcome | None = None
        # Neither the password nor its hash is needed there.
        told = {"kind": kind, "force": force, "settings": settings.model_dump(mode="json", exclude={"editor"})}
        self._over = threading.Event()
        threading.Thread(target=self._follow, args=(json.dumps(told),), name=f"{kind} work", daemon=True).start()

    @property
    def running(self) -> bool:
        return not self._over.is_set()

    def wait(self, seconds: float) -> Outcome | None:
        """The outcome, or None where it takes longer."""
        self._over.wait(seconds)
        return self.outcome

    def _follow(self, told: str) -> None:
        try:
            command = [sys.executable, "-c", _PROGRAM]
            with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
                assert process.stdin  # noqa: S101 - a pipe
                assert process.stdout  # noqa: S101 - a pipe
                process.stdin.write(told + "\n")
                process.stdin.close()
                for line in process.stdout:
                    self._hear(json.loads(line))
        except (OSError, ValueError) as error:
            log.exception("a %s cannot be followed", self.kind)
            self.outcome = Refused(f"the {self.kind} could not be followed: {error}; the server's log says more")
        finally:
            self.outcome = self.outcome or Refused(f"the {self.kind} ended without a word; the server's log says why")
            self._over.set()

    def _hear(self, said: dict[str, Any]) -> None:
        if "step" in said:
            self.step, self.done, self.total = said["step"], said["done"], said["total"]
        else:
            ((kind, value),) = said.items()
            self.outcome = _OUTCOMES[kind].validate_python(value)


def main() -> None:
    """What runs in the process: one line of JSON from stdin, then lines of JSON to stdout."""
    told = json.loads(sys.stdin.readline())
    kind: Kind = told["kind"]
    said: dict[str, Any]
    try:
        said = {kind: asdict(_do(kind, Settings(**told["settings"]), force=told["force"]))}
    except PublishRefused as error:
        said = {"refused": asdict(Refused(str(error), error.questions))}
    except ChatbotError as error:
        said = {"refused": asdict(Refused(str(error)))}
    _say(said)


def _do(kind: Kind, settings: Settings, *, force: bool) -> Plan | BuildReport | Verified:
    on_step = _Steps()
    if kind == "verify":
        return check(settings, on_step=on_step)
    measure = measure_for(settings)
    if kind == "draft":
        return plan(settings, calibrate=calibrate, measure=measure, draft=True, on_step=on_step)
    return build(settings, calibrate=calibrate, measure=measure, force=force, on_step=on_step)


class _Steps:
    """Says every step once, and how far it is a few times a second."""

    def __init__(self) -> None:
        self._step, self._said = "", 0.0

    def __call__(self, step: str, done: int, total: int) -> None:
        now = time.monotonic()
        if step != self._step or now - self._said >= _EVERY:
            self._step, self._said = step, now
            _say({"step": step, "done": done, "total": total})


def _say(said: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(said) + "\n")
    sys.stdout.flush()
