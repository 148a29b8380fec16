"""What the command line prints: reports as plain text, and a progress bar on stderr."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from chatbot.cli.app import counted
from chatbot.indexing.status import Status
from chatbot.insights.journal import Feedback
from chatbot.records import Answer, Hit

WIDTH = 100


def answer_text(answer: Answer) -> str:
    """The passages of an answer, numbered, each with its place and address."""
    blocks = []
    if answer.message:
        blocks.append(textwrap.fill(answer.message, WIDTH))
    if answer.searched_as != answer.question:
        blocks.append(f"Searched as: {answer.searched_as}")
    blocks += [_hit_text(hit) for hit in answer.hits]
    if answer.verdict == "not_covered" and answer.topics:
        blocks.append(f"Nearest topics: {', '.join(answer.topics)}")
    if answer.follow_ups:
        blocks.append("\n".join(("You could ask:", *(f"  - {question}" for question in answer.follow_ups))))
    return "\n\n".join(blocks)


def _hit_text(hit: Hit) -> str:
    passage = hit.passage
    place = " > ".join((passage.title, *passage.headings))
    dated = f"updated {passage.updated}  " if passage.updated else ""
    body = "\n".join(
        textwrap.fill(line, WIDTH, initial_indent="   ", subsequent_indent="   ", break_long_words=False)
        for line in passage.text.splitlines()
    )
    return f"{hit.rank}. {place}\n{body}\n   {dated}{passage.url}"


def status_text(status: Status) -> str:
    """What is published and what has changed since, a fact a line."""
    lines = [
        f"generation   {status.generation}, published {status.published_at}",
        f"articles     {status.articles}",
        f"passages     {status.passages}",
        f"model        {status.model}, {status.dim} dimensions",
        f"size         {status.size_mb:.1f} MB and {status.encoder_mb:.1f} MB for the query encoder",
        f"kept         {counted(len(status.kept), 'generation')}",
        f"left out     {counted(len(status.left_out), 'file')}",
    ]
    lines += [f"  ! {path}: {reason}" for path, reason in status.left_out.items()]
    lines += [f"run out      {one}" for one in status.expired]
    lines.append(f"calibration  {_calibration_line(status.calibration)}")
    changes = status.changes
    lines.append(f"corpus       {changes}" if changes else "corpus       unchanged since")
    return "\n".join(lines)


def _calibration_line(found: dict[str, float]) -> str:
    if not found:
        return "none; run 'chatbot calibrate'"
    return (
        f"refuses {found['false_refusals']:.1%} of questions like the articles' own, shows passages for "
        f"{found['false_answers']:.1%} of those out of scope"
    )


def feedback_text(entries: Sequence[Feedback]) -> str:
    """An entry a paragraph: day, rating and reasons, the question, the passage and the note where there are any."""
    if not entries:
        return "No feedback is kept."
    blocks = []
    for entry in entries:
        reasons = f": {', '.join(entry.reasons)}" if entry.reasons else ""
        lines = [f"{entry.day}  {entry.rating}{reasons}", f"  {entry.question}"]
        lines += [f"  {entry.passage}"] if entry.passage else []
        lines += textwrap.wrap(entry.note, WIDTH, initial_indent="  > ", subsequent_indent="  > ")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


class Progress:
    """A bar on stderr while there is a terminal, nothing otherwise."""

    def __enter__(self) -> Callable[[str, int, int], None]:
        console = Console(stderr=True)
        self._bar = Bar(
            TextColumn("{task.description:<12}"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )
        self._task = self._bar.add_task("", total=1)
        self._bar.start()
        return lambda name, done, total: self._bar.update(self._task, description=name, completed=done, total=total)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._bar.stop()
