"""Every command explains itself."""

from __future__ import annotations

import pytest
from typer.main import get_command
from typer.testing import CliRunner

from chatbot.cli import app

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
