"""What strangers write is shown in a terminal and steers none, forges no line and hides nothing."""

from __future__ import annotations

import ast
import json
import logging
import os
import sys
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from chatbot.__main__ import main
from chatbot.cli.app import app, line, visible
from chatbot.cli.build import build_text, status_text
from chatbot.indexing.building.build import build
from chatbot.indexing.status import read_status
from chatbot.insights.journal import Feedback, open_journal, today
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.places import PACKAGE

HOSTILE = "\x1b[2J\x1b]0;owned\x07 \x9b31m \u202egnp.exe\u2066 \u200b\U000e0041\r\x7f\u2028"
HOSTILE += "\n2026-01-01  helpful\n  All is well\udce9"
UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def unseen(text: str) -> set[str]:
    return {c for c in text if unicodedata.category(c) in UNSEEN} - set("\n\t\u200c\u200d")


@given(st.text(st.characters() | st.sampled_from(HOSTILE)))
def test_nothing_is_hidden_and_json_says_the_same(text: str) -> None:
    assert unseen(visible(text)) == set()
    assert "\n" not in line(text)
    assert json.loads(visible(json.dumps({"note": text}, ensure_ascii=False))) == json.loads(json.dumps({"note": text}))


def test_words_in_any_script_and_emoji_stay_as_they_are() -> None:
    for text in ("Größe – “ok”…", "می‌خواهم", "👩‍💻 🏳️‍🌈", "你好\tworld\nnext", "é e\u0301"):
        assert visible(text) == text


def test_ctrl_c_shows_no_traceback_while_the_commands_are_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    class Interrupted:
        @property
        def main(self) -> None:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "chatbot.cli", Interrupted())
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 130


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (["serve", "--port", "80000"], "setting 'server.port' is 80000: expected at most 65535"),
        (["serve", "--workers", "-1"], "setting 'server.workers' is -1: expected at least 0"),
        (["prune", "--keep", "0"], "setting 'keep_generations' is 0: expected at least 1"),
    ],
)
def test_an_option_out_of_range_is_told_as_its_setting_is(
    command: list[str], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert str(CliRunner().invoke(app, command).exception) == said


def test_a_visitors_note_forges_no_entry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    note = HOSTILE.replace("\udce9", "")
    for name in [name for name in os.environ if name.startswith("CHATBOT_")]:
        monkeypatch.delenv(name)
    monkeypatch.chdir(tmp_path)
    open_journal(Settings()).add(Feedback(today(), "0" * 16, note, note, "unhelpful", (), note))
    told = CliRunner().invoke(app, ["feedback"]).stdout
    assert unseen(told) == set()
    assert [one for one in told.splitlines() if one[:1].isdigit()] == [f"{today()}  unhelpful"]
    assert "\\u001b[2J" in told
    assert "\\u202e" in told
    (entry,) = json.loads(CliRunner().invoke(app, ["feedback", "--json"]).stdout)
    assert entry["note"] == note
    assert unseen(CliRunner().invoke(app, ["feedback", "--json"]).stdout) == set()


def test_titles_and_names_steer_nothing(tmp_path: Path) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", model="keywords")
    site.corpus_dir.mkdir()
    (site.corpus_dir / "good.md").write_text("# Pay\n\nAsk for pay.\n")
    (site.corpus_dir / "bad\x1b[2J\nname.md").write_text("A team.\n")
    (site.corpus_dir / "worse.md").write_text('---\nurl: "\\u001b[2J\\u202e"\n---\nA team.\n')
    told = build_text(build(site, embedder=KeywordEmbedder())) + status_text(read_status(site))
    assert unseen(visible(told)) == set()
    assert "name.md" not in [one.lstrip()[:7] for one in told.splitlines()]
    told = CliRunner().invoke(app, ["--corpus", str(site.corpus_dir), "--index", str(site.index_dir), "doctor"]).stdout
    assert unseen(told) == set()
    assert "bad\\u001b[2J\\nname.md" in told


def test_a_record_of_the_log_is_one_line(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    root, before = logging.getLogger(), list(logging.getLogger().handlers)
    root.handlers.clear()
    try:
        CliRunner().invoke(app, ["--index", str(tmp_path), "history"])
        (handler,) = root.handlers
        record = logging.LogRecord("chatbot", logging.WARNING, "", 0, "refused %s", (HOSTILE,), None)
        told = handler.format(record)
    finally:
        root.handlers[:] = before
    assert told.startswith("WARNING chatbot: refused \\u001b[2J")
    assert "\n" not in told
    assert unseen(told) == set()


@pytest.mark.parametrize("path", sorted((PACKAGE / "cli").glob("*.py")), ids=lambda path: path.name)
def test_every_command_prints_through_the_one_door(path: Path) -> None:
    calls = [node for node in ast.walk(ast.parse(path.read_text("utf-8"))) if isinstance(node, ast.Call)]
    printed = [
        ast.unparse(call.func) for call in calls if ast.unparse(call.func) in {"typer.echo", "print", "typer.secho"}
    ]
    assert printed == (["typer.echo"] * 2 if path.name == "app.py" else [])
