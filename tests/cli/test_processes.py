"""The command line as a process: exit codes, and what goes to stdout and what to stderr."""

from __future__ import annotations

import json
import os
import subprocess
import threading
from pathlib import Path

import pytest

from chatbot.cli.serve import _watch
from chatbot.errors import SettingsError
from chatbot.settings import Settings
from tests.support import copies
from tests.support.server import COMMAND

pytestmark = pytest.mark.index


def run(*arguments: str, folder: Path, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    return subprocess.run(
        [*COMMAND, *arguments], cwd=folder, env=environment | variables, capture_output=True, text=True, timeout=600
    )


def test_an_error_ends_with_1_and_its_text_alone(tmp_path: Path) -> None:
    done = run("ask", "anything", folder=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr == f"chatbot: there is no index in {tmp_path / 'index'} yet; run 'chatbot build'\n"


@pytest.mark.parametrize(
    "command", ["status", "ask pay", "history", "rollback", "verify", "prune", "calibrate", "links"]
)
def test_a_folder_that_does_not_exist_is_made_by_no_command_that_needs_an_index(command: str, tmp_path: Path) -> None:
    done = run("--index", "no/such", *command.split(), folder=tmp_path)
    assert (done.returncode, list(tmp_path.iterdir())) == (0 if command == "history" else 1, [])
    if command != "history":
        assert done.stderr == f"chatbot: there is no index in {tmp_path / 'no/such'} yet; run 'chatbot build'\n"


def test_nothing_is_written_about_whoever_asks(tmp_path: Path, served_folder: Path) -> None:
    """ONNX Runtime would number this machine in a file of its user's folder, and tell its maker of its use."""
    home = tmp_path / "home"
    home.mkdir()
    variables = {"HOME": str(home), "XDG_CACHE_HOME": str(home), "TMPDIR": str(home)}
    done = run("--index", str(served_folder / "index"), "ask", "better pay", folder=tmp_path, **variables)
    assert (done.returncode, list(home.iterdir())) == (0, [])


def test_wrong_usage_ends_with_2(tmp_path: Path) -> None:
    assert run("ask", folder=tmp_path).returncode == 2
    assert run("nonsense", folder=tmp_path).returncode == 2


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
def test_what_the_system_will_not_do_is_a_message(tmp_path: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run([*COMMAND, "history"], cwd=tmp_path, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "chatbot: No space left on device; free space or mend the permissions, then try again\n"


def test_a_wrong_setting_is_named(tmp_path: Path) -> None:
    done = run("status", folder=tmp_path, CHATBOT_CORPUSDIR="x")
    assert done.returncode == 1
    assert "CHATBOT_CORPUSDIR is no setting; did you mean 'CHATBOT_CORPUS_DIR'?" in done.stderr


def test_a_build_that_leaves_files_out_ends_with_3_and_names_them(tmp_path: Path, encoders: Path) -> None:
    copies.copy(encoders, tmp_path / "index" / encoders.name)
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "good.md").write_text("# Pay\n\nAsk for better pay before you sign.\n")
    (tmp_path / "corpus" / "bad.md").write_bytes(b"fine\n\xff\n")
    done = run("build", "--json", folder=tmp_path)
    assert done.returncode == 3
    report = json.loads(done.stdout)["changes"]
    assert (report["added"], list(report["left_out"])) == (["good.md"], ["bad.md"])
    assert "line 2" in report["left_out"]["bad.md"]
    (tmp_path / "corpus" / "bad.md").write_text("---\nupdated: soon\n---\nAsk for more than you expect to get.\n")
    done = run("build", folder=tmp_path)
    assert done.returncode == 0
    assert "kept, with a remark:\n  i bad.md: line 2: updated is 'soon', which is no date" in done.stdout


def test_json_from_ask_is_the_answer_and_nothing_else(shipped: dict[str, str], tmp_path: Path) -> None:
    variables = {name: value for name, value in shipped.items() if name.startswith("CHATBOT_")}
    done = run("ask", "How do I become a data engineer?", "-k", "2", "--json", folder=tmp_path, **variables)
    answer = json.loads(done.stdout)
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    assert done.stderr == ""


def test_the_version_is_printed(tmp_path: Path) -> None:
    assert run("--version", folder=tmp_path).stdout.startswith("chatbot 0.")


def test_a_server_that_watches_ends_where_its_builds_could_not_be_judged(served_folder: Path, tmp_path: Path) -> None:
    options = ("--index", str(served_folder / "index"), "--corpus", str(served_folder / "corpus"))
    variables = {"CHATBOT_PUBLISH__QUESTIONS": str(tmp_path / "nope.jsonl")}
    done = run(*options, "serve", "--port", "0", "--watch", folder=tmp_path, **variables)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert str(tmp_path / "nope.jsonl") in done.stderr


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), SettingsError("the model is away")])
def test_a_server_says_when_it_watches_no_more(
    error: Exception, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object) -> None:
        raise error

    monkeypatch.setattr("chatbot.cli.serve.watch_until", fail)
    _watch(Settings(), threading.Event(), None)
    told = capsys.readouterr().err
    assert told.startswith("chatbot: nothing is watched any more: ")
    assert (getattr(error, "strerror", None) or str(error)) in told
