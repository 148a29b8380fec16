"""A progress bar on stderr."""

from __future__ import annotations

import sys
from types import TracebackType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

    from chatbot.indexing.building.report import OnStep


class Progress:
    """A bar on stderr while there is a terminal and something to count, nothing otherwise; only then it is loaded."""

    def __enter__(self) -> OnStep:
        self._bar: Bar | None = None
        return self._show if sys.stderr.isatty() else lambda _name, _done, _total: None

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()

    def _show(self, name: str, done: int, total: int) -> None:
        if self._bar is None and total > 1:
            self._bar = _bar()
            self._bar.start()
        if self._bar:
            self._bar.update(self._bar.task_ids[0], description=name, completed=done, total=total)


def _bar() -> Bar:
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (TextColumn("{task.description:<12}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    bar.add_task("", total=1)
    return bar
