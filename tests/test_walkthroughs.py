"""The five-minute start and every task of the cookbook, done as their pages say."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from tests.conftest import made_once
from tests.support import copies
from tests.support.places import ROOT
from tests.support.walkthrough import Walkthrough, blocks, chapters, holds

START = (ROOT / "docs" / "start.md").read_text(encoding="utf-8")
TASKS = chapters((ROOT / "docs" / "cookbook.md").read_text(encoding="utf-8"))
# A server of Milvus is started by tests/indexing/test_milvus.py and others.
ELSEWHERE = {"Passages in Milvus"}
pytestmark = pytest.mark.index


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        port: int = listening.getsockname()[1]
        return port


def do(text: str, folder: Path, encoders: Path | None = None) -> None:
    """All blocks of a text, in order."""
    walk = Walkthrough(folder, free_port(), encoders)
    try:
        for block in blocks(text):
            walk.do(block)
    finally:
        walk.stop()


@pytest.fixture(scope="session")
def my_site(encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the five-minute start ends with; to make it is to do what that page says."""
    return made_once(tmp_path_factory, "walked", lambda folder: do(START, folder, encoders)) / "my-site"


def test_the_start_ends_with_a_site_of_two_articles(my_site: Path) -> None:
    assert sorted(path.name for path in (my_site / "corpus").iterdir()) == ["asking-for-a-reference.md", "notice.md"]
    assert (my_site / "index" / "CURRENT").exists()


def test_there_are_as_many_tasks_as_are_promised() -> None:
    assert len(TASKS) >= 20
    assert set(TASKS) >= ELSEWHERE


@pytest.mark.parametrize("task", [task for task in TASKS if task not in ELSEWHERE])
def test_a_task_of_the_cookbook_is_done_as_it_says(task: str, my_site: Path, tmp_path: Path) -> None:
    folder = tmp_path / "my-site"
    copies.copy(my_site, folder)
    do(TASKS[task], folder)


def test_what_is_shown_has_to_be_printed_in_its_order() -> None:
    printed = "one\ntwo and more  \nthree\n"
    assert holds(printed, ["one", "two…", "three"])
    assert holds(printed, [])
    assert not holds(printed, ["two"])
    assert not holds(printed, ["three", "one"])
    assert not holds(printed, ["one", "one"])
