"""Every test says what it needs by one of three marks; the plugin that checks it is run over tests that need more."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.marks import FIXTURES, LONGEST, MARKS, mark_of
from tests.support.places import ROOT

FEIGNED = """
import os, subprocess, sys, types
import pytest

@pytest.fixture(scope="session")
def shipped():
    subprocess.run([sys.executable, "-c", "pass # from chatbot.cli import main"], check=True)

@pytest.fixture(scope="session")
def browser():
    subprocess.run([sys.executable, "-c", "pass # playwright/driver"], check=True)

"""
LOADS = "sys.modules['onnxruntime'] = types.ModuleType('onnxruntime')"
STARTS = "subprocess.run([sys.executable, '-c', 'pass # from chatbot.cli import main'], check=True)"
BROWSES = "subprocess.run([sys.executable, '-c', 'pass # playwright/driver'], check=True)"


def outcome(folder: Path, tests: str, *options: str) -> str:
    """What pytest prints of tests that are run with the plugin alone."""
    (folder / "test_feigned.py").write_text(FEIGNED + tests)
    command = [sys.executable, "-m", "pytest", "-p", "tests.support.marks", "-p", "no:cacheprovider", "-c", os.devnull]
    done = subprocess.run(
        [*command, "-v", "-rN", "-Wignore", "--rootdir", folder, *options, folder],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    return done.stdout + done.stderr


def test_a_browser_test_alone_is_run_once_more(tmp_path: Path) -> None:
    tests = """
asked = []
def fails(name, times):
    asked.append(name)
    assert asked.count(name) > times
def test_once(): fails("pure", 1)
@pytest.mark.browser
def test_once_in_a_browser(): fails("browser", 1)
@pytest.mark.browser
def test_twice_in_a_browser(): fails("again", 2)
"""
    told = outcome(tmp_path, tests)
    assert "2 failed, 1 passed, 2 rerun" in told
    assert "test_once_in_a_browser PASSED" in told


def test_a_test_that_needs_more_than_its_mark_says_fails(tmp_path: Path) -> None:
    tests = f"""
def test_starts(): {STARTS}
def test_browses(): {BROWSES}
@pytest.mark.index
def test_browses_by_hand(): {BROWSES}
def test_loads(): {LOADS}
"""
    told = outcome(tmp_path, tests)
    assert "4 failed" in told
    assert told.count("a test marked pure must not need more: ") == 3
    assert told.count("a test marked index must not need more: ") == 1
    assert "must not need more: import onnxruntime\n" in told


def test_a_mark_below_what_the_fixtures_need_and_a_second_mark_are_refused(tmp_path: Path) -> None:
    tests = """
@pytest.mark.pure
def test_pure(shipped): pass
@pytest.mark.index
def test_index(browser): pass
@pytest.mark.index
@pytest.mark.browser
def test_both(): pass
"""
    told = outcome(tmp_path, tests)
    assert "test_pure is marked ['pure'], and its fixtures make it index\n" in told
    assert "test_index is marked ['index'], and its fixtures make it browser\n" in told
    assert "test_both is marked ['index', 'browser'], and its fixtures make it pure\n" in told


def test_marks_follow_from_fixtures_and_light_tests_run_first(tmp_path: Path) -> None:
    tests = f"""
def test_browser(browser): {BROWSES}
def test_index(shipped): {STARTS}; {LOADS}
@pytest.mark.index
def test_by_hand(): {STARTS}
def test_pure(): pass
"""
    told = outcome(tmp_path, tests)
    order = ["test_pure PASSED", "test_index PASSED", "test_by_hand PASSED", "test_browser PASSED"]
    places = [told.find(line) for line in order]
    assert -1 not in places, told
    assert places == sorted(places)
    assert "1 passed, 3 deselected" in outcome(tmp_path, tests, "-m", "pure")


def test_of_one_mark_the_longest_files_run_first(tmp_path: Path) -> None:
    assert [name for name in LONGEST if not (ROOT / "tests" / name).is_file()] == []
    for name in ("answering/test_short.py", *LONGEST[:4]):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("import pytest\n@pytest.mark.index\ndef test_it(): pass\n")
    told = outcome(tmp_path, "def test_pure(): pass", "--import-mode=importlib")
    order = ["test_feigned.py::test_pure", *LONGEST[:4], "answering/test_short.py"]
    places = [told.find(name) for name in order]
    assert -1 not in places, told
    assert places == sorted(places)


def test_every_test_of_this_session_has_one_mark(request: pytest.FixtureRequest) -> None:
    for item in request.session.items:
        assert [mark for mark in MARKS if item.get_closest_marker(mark)] == [mark_of(item)]


def test_every_fixture_of_the_plugin_exists(request: pytest.FixtureRequest) -> None:
    for name in {name for names in FIXTURES.values() for name in names}:
        assert request._fixturemanager.getfixturedefs(name, request.node), name
