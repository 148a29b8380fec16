"""What a test needs, as one of three marks, and the proof that it needs no more: a plugin of pytest.

A test is `browser` or `index` by the fixtures that it asks for, or where it is marked so by hand; every other test is
`pure`. Tests run in this order, so that what a session has loaded by a heavier test is never taken for a lighter one's.
Of one mark, files whose tests are among the longest come first: begun last, they would be waited for alone.
A `browser` test that fails is run once more, and told as such: a machine that is busy for seconds is no fault of it.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Any

import pytest

MARKS = ("pure", "index", "browser")
FIXTURES = {
    "browser": {"browser"},
    "index": {"served_folder", "encoders", "shipped", "exported", "server", "chatbot"},
}
MODELS_AND_PAGES = ("torch", "transformers", "sentence_transformers", "onnxruntime", "gradio")
CLI, JOB, HINDERED = "chatbot.cli import main", "build_job import main", "tests.support.hindered_build"
MODEL, MILVUS = "onnx_export import main", "milvus run"
STARTED = {"index": (CLI, JOB, HINDERED, MODEL, MILVUS, "-m chatbot", "bin/chatbot"), "browser": ("playwright/driver",)}

# The first begin side by side. One of them builds the index of the shipped articles, and whatever else needs it would
# only wait meanwhile.
LONGEST = (
    "cluster/test_cluster.py",
    "operating/test_dockerfile.py",
    "answering/test_explanation.py",
    "operating/test_distributions.py",
    "operating/test_github_action.py",
    "serving/test_milvus.py",
)

_started: list[tuple[str, str]] = []


def _note_process(event: str, values: tuple[Any, ...]) -> None:
    if event != "subprocess.Popen":
        return
    _, command, _, _ = values
    line = command if isinstance(command, str) else " ".join(map(str, command))
    _started.extend((mark, line) for mark, parts in STARTED.items() if any(part in line for part in parts))


def pytest_configure() -> None:
    sys.addaudithook(_note_process)


def _by_fixtures(item: pytest.Item) -> str:
    asked = set(getattr(item, "fixturenames", ()))
    return next((mark for mark in ("browser", "index") if asked & FIXTURES[mark]), "pure")


@pytest.hookimpl(tryfirst=True)  # before tests are chosen by -m
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    wrong = []
    for item in items:
        by_hand = [mark for mark in MARKS if item.get_closest_marker(mark)]
        least = _by_fixtures(item)
        if len(by_hand) > 1 or any(MARKS.index(mark) < MARKS.index(least) for mark in by_hand):
            wrong.append(f"{item.nodeid} is marked {by_hand}, and its fixtures make it {least}")
        if not by_hand:
            item.add_marker(least)
        if mark_of(item) == "browser":
            item.add_marker(pytest.mark.flaky(reruns=1))
    if wrong:
        raise pytest.UsageError("\n".join(wrong))
    items.sort(key=lambda item: (MARKS.index(mark_of(item)), _turn(item)))


def _turn(item: pytest.Item) -> int:
    """The place of its file among the longest; behind them where it is none."""
    return next((place for place, name in enumerate(LONGEST) if item.path.as_posix().endswith(name)), len(LONGEST))


def mark_of(item: pytest.Item) -> str:
    return next(mark for mark in MARKS if item.get_closest_marker(mark))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol() -> Iterator[None]:
    _started.clear()
    return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Iterator[None]:
    result = yield
    mark = mark_of(item)
    beyond = [line for least, line in _started if MARKS.index(least) > MARKS.index(mark)]
    if mark == "pure":
        beyond += [f"import {name}" for name in MODELS_AND_PAGES if name in sys.modules]
    if beyond:
        pytest.fail(f"a test marked {mark} must not need more: {'; '.join(beyond)}", pytrace=False)
    return result
