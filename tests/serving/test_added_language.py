"""A further language is two files: a copy of the package that has them speaks it, without a change of its code."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.answering.understanding.foreign_language import MESSAGE
from tests.conftest import Server, start_server
from tests.support.places import PACKAGE

WORDS = {
    'language = "English"': 'language = "עברית"',
    'articles = "Articles"': 'articles = "מאמרים"',
    f'"{MESSAGE}" = "{MESSAGE}"': f'"{MESSAGE}" = "המאמרים באנגלית."',
    '"Ask a question" = "Ask a question"': '"Ask a question" = "שאל שאלה"',
    '"Copy" = "Copy"': '"Copy" = "העתק"',
}


@pytest.fixture(scope="module")
def speaking(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package and Hebrew, which has letters of its own and is written from the right."""
    folder = tmp_path_factory.mktemp("speaking")
    shutil.copytree(PACKAGE, folder / "chatbot", ignore=shutil.ignore_patterns("__pycache__"))
    languages = folder / "chatbot/serving/web/languages"
    catalogue = (languages / "en.toml").read_text(encoding="utf-8")
    for english, hebrew in WORDS.items():
        assert catalogue.count(f"\n{english}\n") == 1
        catalogue = catalogue.replace(f"\n{english}\n", f"\n{hebrew}\n")
    (languages / "he.toml").write_text(catalogue, encoding="utf-8")
    with (folder / "chatbot/answering/understanding/foreign_language.toml").open("a", encoding="utf-8") as lists:
        lists.write('\n[he]\nletters = "\\u05D0-\\u05EA"\n')
    return folder


@pytest.fixture(scope="module")
def hebrew(served_folder: Path, speaking: Path) -> Iterator[Server]:
    running = start_server(served_folder, PYTHONPATH=str(speaking), CHATBOT_PAGE__LANGUAGE="he")
    yield running
    running.stop()


def test_the_pages_speak_it_and_offer_it(hebrew: Server) -> None:
    _, headers, page = hebrew.get("/articles")
    assert headers["content-language"] == "he"
    assert '<html lang="he" dir="rtl">' in page
    assert "<h1>מאמרים</h1>" in page
    hebrew.wait_until_ready()
    page = hebrew.get("/chat/?lang=de")[2]
    assert "עברית" in page  # among the languages that a visitor can choose
    assert '<html lang="he" dir="rtl"' in hebrew.get("/chat/?lang=he")[2]


def test_the_widget_and_its_playground_speak_it(hebrew: Server) -> None:
    launchers = json.loads(re.findall(r"\bLANGUAGES *= *(\{.*?\});", hebrew.get("/widget.js")[2])[0])
    assert launchers["he"][:2] == ["שאל שאלה", "rtl"]
    assert json.loads(hebrew.get("/widget/he.json")[2])["Copy"] == "העתק"
    assert '<option value="he">עברית</option>' in hebrew.get("/embed")[2]


def test_a_question_in_it_is_told_and_answered_in_it(hebrew: Server) -> None:
    answer = json.loads(hebrew.post("/api/ask", {"question": "כמה מרוויח מהנדס נתונים?"})[2])
    assert (answer["message_language"], answer["message"]) == ("he", "המאמרים באנגלית.")


@pytest.mark.index
def test_the_settings_and_the_command_take_it_and_name_it(speaking: Path, tmp_path: Path) -> None:
    def run(*arguments: str) -> str:
        program = f"import sys; sys.path.insert(0, {str(speaking)!r}); from chatbot.cli import main; main()"
        done = subprocess.run([sys.executable, "-c", program, *arguments], capture_output=True, text=True, cwd=tmp_path)
        return done.stdout + done.stderr

    assert 'data-language="he"' in run("embed", "--language", "he")
    assert "he" in run("embed", "--language", "xx").partition("none of")[2]
    (tmp_path / "chatbot.toml").write_text('[page]\nlanguage = "xx"\n')
    said = run("doctor")
    assert "setting 'page.language' is 'xx': expected 'ar', 'de', 'en', 'es', 'fr' or 'he'" in " ".join(said.split())
    assert "Traceback" not in said
