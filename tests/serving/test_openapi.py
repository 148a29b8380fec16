"""The OpenAPI document, and what a tester that reads nothing else makes of the server."""

from __future__ import annotations

import json
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.node import NODE
from tests.support.places import ROOT
from tests.support.server import Server, start_server
from tests.support.walkthrough import Block, commands, fetched

API = (ROOT / "docs/api.md").read_text(encoding="utf-8")


def test_every_operation_names_its_errors_as_problems_and_shows_an_example(server: Server) -> None:
    document = json.loads(server.get("/api/openapi.json")[2])
    assert sorted(document["paths"]) == [
        "/api/articles", "/api/articles/{article_id}", "/api/ask", "/api/feedback", "/api/feedback/{key}", "/api/site",
        "/api/suggest",
    ]  # fmt: skip
    for path in document["paths"].values():
        for operation in path.values():
            assert {"4XX", "5XX"} <= operation["responses"].keys()
            assert "422" not in operation["responses"]
    assert "HTTPValidationError" not in document["components"]["schemas"]
    assert document["components"]["schemas"]["AskIn"]["properties"]["question"]["examples"]


def test_schemathesis_finds_nothing(served_folder: Path, tmp_path: Path) -> None:
    server = start_server(served_folder, CHATBOT_JOURNAL__PATH=str(tmp_path / "journal.sqlite"))
    command = [Path(sys.executable).parent / "st", "run", f"{server.url}/api/openapi.json", "--checks", "all"]
    options = ["--max-examples", "5", "--seed", "1", "--phases", "examples,coverage,fuzzing", "--no-color"]
    done = subprocess.run([*command, *options], cwd=tmp_path, capture_output=True, text=True, timeout=600)
    assert server.stop() == 0
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    assert "Tested: 8" in done.stdout


def test_the_python_client_of_the_documentation_works(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    (program,) = re.findall(r"```python\n(.+?)```", API, re.DOTALL)
    exec(compile(program.replace("http://127.0.0.1:7860", server.url), "docs/api.md", "exec"), {})  # noqa: S102
    printed = capsys.readouterr().out.splitlines()
    assert printed[0].startswith("Writing a CV: ")
    assert printed[-1] == "5 articles"


def test_the_script_of_the_documentation_works(server: Server) -> None:
    (script,) = re.findall(r"```js\n(.+?)```", API, re.DOTALL)
    command = [NODE, "--input-type=module", "--eval", script.replace("http://127.0.0.1:7860", server.url)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("Writing a CV: "), done.stderr


def test_the_commands_of_the_documentation_are_answered(server: Server) -> None:
    (block,) = re.findall(r"```console\n(.+?)```", API, re.DOTALL)
    for command, _ in commands(Block("console", block, "")):
        # As shells read it: what has a question mark or an ampersand is in quotes.
        assert not re.search(r"[?&]", re.sub(r"'[^']*'", "", command)), command
        assert json.loads(fetched(shlex.split(command.replace("http://127.0.0.1:7860", server.url))[1:])), command
