"""The Hugging Face Space of docs/deploying/space: its front matter, its settings, and app.py as a Space runs it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
import yaml
from packaging.requirements import Requirement

from chatbot.settings import load_settings
from tests.support import copies, serving_corpus
from tests.support.places import ROOT
from tests.support.server import Server
from tests.support.serving_corpus import QUESTION

SPACE = ROOT / "docs" / "deploying" / "space"
# huggingface.co/docs/hub/spaces-config-reference: each field that a Space of this kind may have, with what it takes.
COLOUR = "red|yellow|green|blue|indigo|purple|pink|gray"
FIELDS = {
    "title": r".+",
    "emoji": r"[^\w\s]+",
    "colorFrom": COLOUR,
    "colorTo": COLOUR,
    "sdk": "gradio|docker|static",
    "sdk_version": r"\d+\.\d+\.\d+",
    "python_version": r"3\.\d+(\.\d+)?",
    "app_file": r".+\.py",
    "suggested_hardware": "cpu-basic|cpu-upgrade",
    "startup_duration_timeout": r"\d+[mh]",
    "short_description": r".{1,60}",
    "license": r"[a-z0-9.-]+",
    "pinned": "True|False",
}


def front_matter() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load((SPACE / "README.md").read_text(encoding="utf-8").split("---\n")[1])
    return found


def dependency(name: str) -> Requirement:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (line,) = re.findall(rf'^    "({name}[=<>~!][^"]*)"', text, re.M)
    return Requirement(line)


def test_the_front_matter_has_the_fields_that_are_documented() -> None:
    wrong = {name: said for name, said in front_matter().items() if not re.fullmatch(FIELDS.get(name, ""), str(said))}
    assert wrong == {}
    assert {"title", "emoji", "colorFrom", "colorTo", "sdk", "sdk_version", "app_file"} <= front_matter().keys()


def test_the_space_gets_the_gradio_and_the_python_that_the_package_wants() -> None:
    said = front_matter()
    assert dependency("gradio").specifier.contains(said["sdk_version"])
    assert tuple(map(int, said["python_version"].split("."))) >= (3, 11)
    assert (SPACE / said["app_file"]).is_file()


def test_the_release_is_the_one_of_this_repository() -> None:
    (line,) = [one for one in (SPACE / "requirements.txt").read_text().splitlines() if not one.startswith("#")]
    assert Requirement(line).url == f"git+https://github.com/YOU/career-chatbot@v{version('career-chatbot')}"


def test_it_listens_where_a_space_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in os.environ if name.startswith("CHATBOT_")]:
        monkeypatch.delenv(name)
    settings = load_settings(SPACE / "chatbot.toml")
    assert (settings.server.host, settings.server.port) == ("0.0.0.0", 7860)  # noqa: S104
    assert settings.journal.keep_days == 0


@pytest.fixture(scope="module")
def space(encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """app.py in a folder as a Space has it, started elsewhere, with what Spaces put into the environment."""
    folder = tmp_path_factory.mktemp("space")
    shutil.copytree(SPACE, folder / "app")
    serving_corpus.write(folder / "app" / "corpus")
    copies.copy(encoders, folder / "app" / "index" / encoders.name)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    environment |= {
        "SYSTEM": "spaces",
        "SPACE_ID": "you/career-chatbot",
        "SPACE_HOST": "you-career-chatbot.hf.space",
        "GRADIO_SERVER_NAME": "0.0.0.0",  # noqa: S104
        "GRADIO_SERVER_PORT": "7860",
        "CHATBOT_SERVER__PORT": "0",  # 7860 may be taken here
    }
    process = subprocess.Popen(
        [sys.executable, folder / "app" / "app.py"], cwd=folder, env=environment, stdout=subprocess.PIPE, text=True
    )
    assert process.stdout
    url = process.stdout.readline().strip()
    assert url.startswith("http://127.0.0.1:"), process.wait(30)
    running = Server(process, url)
    running.wait_until_ready()
    yield running
    assert running.stop() == 0


@pytest.mark.index
def test_the_space_answers(space: Server) -> None:
    status, _, body = space.post("/api/ask", {"question": QUESTION})
    assert status == 200
    assert '"verdict":"answered"' in body


@pytest.mark.index
def test_hugging_face_may_show_it_in_a_frame_and_nobody_else(space: Server) -> None:
    status, headers, page = space.get("/", {"Host": "you-career-chatbot.hf.space"})
    assert status == 200
    assert "<h1" in page
    policy = dict(re.findall(r"([\w-]+) ([^;]+)", headers["content-security-policy"]))
    assert policy["frame-ancestors"].split() == ["'self'", "https://huggingface.co"]
    assert "x-frame-options" not in headers


@pytest.mark.index
def test_a_visitor_in_the_frame_gets_an_answer(space: Server) -> None:
    """What the page in the frame sends: its own origin, which is the one of the Space."""
    host = "you-career-chatbot.hf.space"
    status, _, body = space.post("/api/ask", {"question": QUESTION}, Host=host, Origin=f"http://{host}")
    assert (status, '"hits":[{' in body) == (200, True)
