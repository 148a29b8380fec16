"""What makes the repository trusted: workflows, forms, licences, the list of what it stands on."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from chatbot.cli import app
from tests.support import github_steps, licences
from tests.support.github_steps import read
from tests.support.places import ROOT

GITHUB = ROOT / ".github"
FORMS = sorted(path for path in (GITHUB / "ISSUE_TEMPLATE").glob("*.yml") if path.name != "config.yml")
WORKFLOWS = sorted((GITHUB / "workflows").glob("*.yml"))
RELEASE = read(GITHUB / "workflows" / "release.yml")
TARGETS = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.M))


def test_everything_is_as_github_wants_it() -> None:
    wanted: list[tuple[Path, str]] = [(path, "github-issue-forms") for path in FORMS]
    wanted += [(path, "github-workflows") for path in WORKFLOWS]
    wanted += [(GITHUB / "ISSUE_TEMPLATE" / "config.yml", "github-issue-config")]
    wanted += [(GITHUB / "dependabot.yml", "dependabot")]
    assert [fault for path, schema in wanted for fault in github_steps.faults(path, schema)] == []
    assert (len(FORMS), len(WORKFLOWS)) == (3, 2)


@pytest.mark.parametrize("path", WORKFLOWS, ids=lambda path: path.name)
def test_a_workflow_runs_what_cannot_move_and_has_the_rights_it_needs(path: Path) -> None:
    assert github_steps.unpinned(path) == []
    assert read(path)["permissions"] == {"contents": "read"}
    for script in github_steps.scripts(path):
        assert "${{" not in script
        subprocess.run(["bash", "-n", "-c", script], check=True)


def test_an_action_has_one_digest_everywhere() -> None:
    files = [ROOT / "action.yml", *WORKFLOWS]
    used = {line for path in files for line in re.findall(r"uses: (\S+@\S+)", path.read_text())}
    names = [line.partition("@")[0] for line in used]
    assert sorted(names) == sorted(set(names))


def test_ci_is_what_runs_everywhere_else() -> None:
    (job,) = read(GITHUB / "workflows" / "ci.yml")["jobs"].values()
    assert [step["run"] for step in job["steps"] if "run" in step] == [".ci/run"]
    assert (ROOT / ".ci" / "run").stat().st_mode & 0o100


def test_a_release_is_checked_before_it_is_built_and_published_last() -> None:
    jobs = RELEASE["jobs"]
    made = [step["run"].split()[1] for step in jobs["build"]["steps"] if step.get("run", "").startswith("make ")]
    assert made == ["audit", "sbom", "wheel"]
    assert {"audit", "sbom"} <= TARGETS
    assert (jobs["pypi"]["needs"], jobs["github"]["needs"]) == ("build", "pypi")
    assert jobs["pypi"]["permissions"] == {"id-token": "write"}, "it signs, and holds no password"
    assert "permissions" not in jobs["build"]


@pytest.mark.parametrize(("tag", "code"), [("v{}", 0), ("{}", 1), ("v{}.1", 1)])
def test_a_tag_that_is_not_the_version_is_no_release(tag: str, code: int, tmp_path: Path) -> None:
    (script,) = [
        one for one in github_steps.scripts(GITHUB / "workflows" / "release.yml") if 'GITHUB_REF_NAME" !=' in one
    ]
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    python = tmp_path / ".venv" / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n')
    python.chmod(0o755)
    environment = {"GITHUB_REF_NAME": tag.format(version("career-chatbot")), "PATH": "/usr/bin:/bin"}
    done = subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path, env=environment, capture_output=True, text=True)
    assert done.returncode == code, done.stderr
    assert ("::error::the tag is" in done.stdout) == bool(code)


def test_the_forms_ask_for_commands_that_exist() -> None:
    commands = set(get_command(app).commands)  # type: ignore[attr-defined]
    texts = [path.read_text(encoding="utf-8") for path in FORMS]
    named = {word for text in texts for word in re.findall(r"`chatbot (\w+)", text)}
    assert {"doctor", "explain"} == named <= commands


def test_contributors_are_told_of_commands_that_exist() -> None:
    text = "".join((ROOT / name).read_text() for name in ("CONTRIBUTING.md", "SECURITY.md", "docs/licences.md"))
    named = set(re.findall(r"(?:`|\$ )make (\w+)", text))
    assert {"chat", "check", "test", "format", "licences", "sbom", "audit"} == named <= TARGETS


@pytest.mark.parametrize("name", ["CONTRIBUTING.md", "SECURITY.md", "CODE_OF_CONDUCT.md"])
def test_what_a_page_links_to_is_there(name: str) -> None:
    text = (ROOT / name).read_text(encoding="utf-8")
    links = [link.partition("#")[0] for link in re.findall(r"\]\(([^)]+)\)", text)]
    assert [link for link in links if not (ROOT / link).exists()] == []
    assert max(map(len, text.split("\n"))) <= 120


def test_every_licence_is_known_and_permissive_or_argued_for() -> None:
    said = {name: expression for name, expression, _ in licences.rows()}
    assert [name for name, expression in said.items() if not expression] == []
    others = {name for name, expression in said.items() if not licences.permissive(expression)}
    assert others <= set(licences.ARGUED)
    assert others >= set(licences.ARGUED) - {"axe-playwright-python"}, "argued for, and not needed any more"


def test_the_list_of_licences_is_that_of_what_is_installed() -> None:
    text = licences.PAGE.read_text(encoding="utf-8")
    assert licences.page(text) == text, "run 'make licences'"


def test_nothing_runs_that_is_not_pinned() -> None:
    names = {licences.canonicalize_name(name) for name in licences.pinned()}
    assert licences.running() - names <= {"setuptools"}


@pytest.mark.parametrize(
    ("expression", "permissive"),
    [
        ("MIT", True),
        ("", False),
        ("GPL-3.0", False),
        ("MIT AND GPL-3.0", False),
        ("MIT OR GPL-3.0", True),
        ("MPL-2.0 AND (Apache-2.0 OR MIT)", False),
        ("Apache-2.0 AND Apache-2.0 WITH LLVM-exception AND BSD-2-Clause", True),
        ("Apache-2.0 WITH Something", False),
        ("MIT-something", False),
    ],
)
def test_an_expression_is_permissive_where_all_that_it_asks_is(expression: str, permissive: bool) -> None:
    assert licences.permissive(expression) == permissive


def test_a_licence_is_found_however_it_is_written(monkeypatch: pytest.MonkeyPatch) -> None:
    from email.message import Message

    def said(*pairs: tuple[str, str]) -> str | None:
        known = Message()
        for name, value in pairs:
            known.add_header(name, value)
        monkeypatch.setattr(licences, "metadata", lambda _: known)
        return licences.licence("some")

    assert said(("License-Expression", "MIT OR X"), ("License", "BSD")) == "MIT OR X"
    assert said(("License", "Apache 2.0")) == "Apache-2.0"
    assert said(("License", "All of it\nin words"), ("Classifier", "License :: OSI Approved :: ISC License")) == "ISC"
    assert said(("License", "MPL-2.0 AND MIT")) == "MPL-2.0 AND MIT"
    assert said(("License", "my own"), ("Classifier", "Topic :: Work")) == ""
    assert said() == ""


@pytest.fixture(scope="module")
def tools(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What `make` installs beside the project for its releases."""
    folder = tmp_path_factory.mktemp("tools") / "environment"
    command = ["make", f"{folder}/.installed", f"TOOLS={folder}", f"PYTHON={sys.executable}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


@pytest.mark.index
def test_the_list_for_programs_has_all_that_is_installed(tools: Path, tmp_path: Path) -> None:
    """Of the environment of the tests."""
    out = tmp_path / "sbom.json"
    command = ["make", "sbom", f"VENV={sys.prefix}", f"TOOLS={tools}", f"SBOM={out}"]
    installed = ["--old-file", f"{sys.prefix}/.installed"]
    done = subprocess.run([*command, *installed], cwd=ROOT, capture_output=True, text=True, timeout=600)
    assert done.returncode == 0, done.stdout + done.stderr
    found: dict[str, Any] = json.loads(out.read_text())
    assert (found["bomFormat"], found["metadata"]["component"]["name"]) == ("CycloneDX", "career-chatbot")
    names = {licences.canonicalize_name(one["name"]) for one in found["components"]}
    wanted = {licences.canonicalize_name(name) for name in licences.pinned() if licences.licence(name) is not None}
    assert wanted - names == set()
    assert not {"cyclonedx-bom", "pip-audit"} & names, "the tools are no part of what they describe"


@pytest.mark.index
def test_an_audit_that_reaches_nobody_does_not_pass(tools: Path) -> None:
    """Behind a proxy that leads nowhere."""
    nowhere = dict.fromkeys(("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY"), "http://127.0.0.1:9")
    environment = {**os.environ, **nowhere, "no_proxy": "", "NO_PROXY": ""}
    command = ["make", "audit", f"TOOLS={tools}"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode != 0
    assert "then nothing was checked" in done.stderr
