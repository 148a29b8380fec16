"""Every command and example of the README, run on the shipped articles."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from chatbot.settings import Settings
from tests.benchmarks.peers import NAMES, with_table
from tests.support.places import ROOT
from tests.support.reading import read_article

README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMANDS = re.findall(r"^\$ \.venv/bin/chatbot (.+)$", README, re.MULTILINE)


def run(arguments: list[str], environment: dict[str, str]) -> str:
    command = [sys.executable, "-m", "chatbot", *arguments]
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_the_readme_shows_commands() -> None:
    assert len(COMMANDS) == 5


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_of_the_readme_works(command: str, shipped: dict[str, str]) -> None:
    assert run(shlex.split(command), shipped).strip()


def test_the_table_of_figures_is_as_the_benchmark_writes_it() -> None:
    rows = {
        name: {"nDCG@10": 0.9 - n / 10, "R@10": 0.95, "p50_ms": 10.0 + n, "cold_s": 1.25, "memory_mb": 300.0 + n}
        for n, name in enumerate(NAMES)
    }
    written = with_table(README, rows)
    assert "\n| **career-chatbot** | **.900** | **.950** | **10 ms** | **1.2 s** | **300 MB** |\n| sentence" in written
    assert "\n| Chroma | .700 | **.950** | 12 ms | **1.2 s** | 302 MB |\n" in written
    table = [line for line in README.split("\n") if line.startswith("| ") and " MB" in line]
    assert sorted(line.split(" | ")[0].removeprefix("| ") for line in table) == sorted(NAMES.values())
    kept = [line for line in README.split("\n") if line not in table]
    assert [line for line in kept if line not in written.split("\n")] == []
    assert len(written.split("\n")) == len(README.split("\n"))


def test_the_python_example_prints_hits(shipped: dict[str, str]) -> None:
    (program,) = re.findall(r"```python\n(.+?)```", README, re.DOTALL)
    done = subprocess.run([sys.executable, "-c", program], env=shipped, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("1 ")
    assert 3 <= len(done.stdout.splitlines()) <= 5


def test_the_example_article_can_be_read(tmp_path: Path) -> None:
    (text,) = re.findall(r"```markdown\n(.+?)```", README, re.DOTALL)
    (tmp_path / "example.md").write_text(text)
    article = read_article("example.md", tmp_path, 1.0)
    assert article is not None
    assert (article.title, article.topics, len(article.questions)) == ("Asking for a reference", ("job search",), 1)


def test_the_make_targets_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"^    make ([a-z]+)$", README, re.MULTILINE)) == {"chat", "test"} <= targets


def test_the_settings_of_the_readme_exist_with_their_defaults() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `(CHATBOT_\w+)` \| `([^`]+)`", README, re.MULTILINE)
    assert len(rows) == 4
    for name, variable, default in rows:
        assert variable == f"CHATBOT_{name.upper()}"
        assert str(getattr(Settings(), name)) == default


def test_asking_needs_neither_torch_nor_gradio(shipped: dict[str, str]) -> None:
    program = (
        "import sys; from chatbot import Chatbot; Chatbot.open().ask('How much does a data engineer earn?');"
        "print([name for name in ('torch', 'transformers', 'sentence_transformers', 'gradio') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], env=shipped, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
