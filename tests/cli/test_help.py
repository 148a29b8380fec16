"""Every command explains itself."""

from __future__ import annotations

import gc

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from chatbot.cli import COLLECT_AFTER, app, main

COMMANDS = sorted(get_command(app).commands)  # type: ignore[attr-defined]


def test_there_are_commands() -> None:
    assert {"build", "ask", "explain", "serve", "status", "watch", "init", "doctor"} <= set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself_with_an_example(command: str) -> None:
    done = CliRunner().invoke(app, [command, "--help"], prog_name="chatbot")
    assert done.exit_code == 0
    assert f"chatbot {command}" in done.stdout
    assert "Example" in done.stdout
    assert "\x1b[" not in done.stdout


def test_a_command_leaves_little_to_the_collector_and_nothing_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.argv", ["chatbot", "--version"])
    before, frozen = gc.get_threshold(), gc.get_freeze_count()
    try:
        with pytest.raises(SystemExit):
            main()
        assert gc.get_threshold()[0] == COLLECT_AFTER > before[0]
        assert gc.get_freeze_count() > frozen
    finally:
        gc.unfreeze()
        gc.set_threshold(*before)
