"""action.yml, and the workflow that uses it: checked by GitHub's schemas, and run on a repository of articles."""

from __future__ import annotations

import json
import os
import re
import shutil
import stat
import subprocess
import sys
import sysconfig
from pathlib import Path
from typing import Any

import pytest

from tests.support import copies, github_steps
from tests.support.github_steps import Runner
from tests.support.places import ROOT
from tests.support.serving_corpus import CV, PAY

ACTION = ROOT / "action.yml"
WORKFLOW = ROOT / "docs" / "github-action" / "chatbot.yml"
PAGE = (ROOT / "docs" / "github-action.md").read_text(encoding="utf-8")
STEPS = github_steps.read(ACTION)["runs"]["steps"]
GAP = "How do I explain a gap?"
QUOTE = "Explain a gap in your CV in one plain line with the dates and the reason."
QUESTION = {
    "question": "what do I write about months without work",
    "answers": [{"article": "cv", "quote": QUOTE}],
}
# Stands for GitHub's own command, which nothing answers here: keeps what it is told, and knows one comment.
GH = """#!/bin/sh
printf '%s\\n' "$*" >> "$GH_TOLD"
for word; do case "$word" in body=@*) cp "${word#body=@}" "$GH_TOLD.body" ;; esac; done
case "$*" in *--jq*) cat "$GH_KNOWN" 2>/dev/null || true ;; esac
"""


def test_the_action_and_the_workflow_are_as_github_wants_them() -> None:
    assert github_steps.faults(ACTION, "github-actions") == []
    assert github_steps.faults(WORKFLOW, "github-workflows") == []
    assert github_steps.unpinned(ACTION) == []


def test_nothing_that_a_pull_request_names_gets_into_a_script() -> None:
    """An expression in a script is put into it as text; in the environment it is a value."""
    for script in github_steps.scripts(ACTION):
        assert "${{" not in script
        subprocess.run(["bash", "-n", "-c", script], check=True)
    assert all(step["shell"] == "bash" for step in STEPS if "run" in step)


def test_what_expressions_name_is_declared() -> None:
    text = ACTION.read_text(encoding="utf-8")
    assert set(re.findall(r"\binputs\.([\w-]+)", text)) == set(github_steps.read(ACTION)["inputs"])
    written = {
        (step["id"], name)
        for step in STEPS
        for name in re.findall(r'echo "(\w+)=.*>> "\$GITHUB_OUTPUT"', step.get("run", ""))
    }
    assert set(re.findall(r"\bsteps\.(\w+)\.outputs\.(\w+)", text)) == written


def test_the_workflow_names_inputs_of_the_action_and_takes_no_more_rights_than_it_needs() -> None:
    workflow, inputs = github_steps.read(WORKFLOW), github_steps.read(ACTION)["inputs"]
    used = [step for job in workflow["jobs"].values() for step in job["steps"] if "YOU/" in step["uses"]]
    assert len(used) == 2
    assert all(set(step["with"]) <= set(inputs) for step in used)
    assert "pull_request_target" not in workflow["on"]
    assert workflow["permissions"] == {"contents": "read"}
    assert workflow["jobs"]["judge"]["permissions"] == {"contents": "read", "pull-requests": "write"}
    assert set(re.findall(r"^\| `([\w-]+)` \|", PAGE, re.M)) == {*inputs, *github_steps.read(ACTION)["outputs"]}


@pytest.mark.parametrize(
    ("upload", "uploads"),
    [("static", ["site"]), ("pages", ["site"]), ("index", ["index"]), ("nothing", [])],
)
def test_what_was_asked_for_is_uploaded(upload: str, uploads: list[str]) -> None:
    outputs = {"site": "site", "index": "index"}
    context = {"inputs": {"upload": upload}, "steps": {"publish": {"outputs": outputs}}}
    steps = [step for step in STEPS if "/upload-" in step.get("uses", "")]
    taken = [step for step in steps if github_steps.value(step["if"], context)]
    assert [github_steps.filled(step["with"]["path"], context) for step in taken] == uploads
    assert ["pages" in step["uses"] for step in taken] == [upload == "pages"] * len(uploads)


def git(folder: Path, *words: str) -> str:
    command = ["git", "-c", "user.name=a", "-c", "user.email=a@b.example", "-c", "init.defaultBranch=main", *words]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


@pytest.fixture
def origin(tmp_path: Path) -> Path:
    """A repository of articles on a server: two articles in a folder of it, and a judged question."""
    folder = tmp_path / "origin"
    (folder / "site" / "corpus").mkdir(parents=True)
    (folder / "site" / "corpus" / "cv.md").write_text(CV)
    (folder / "site" / "corpus" / "pay.md").write_text(PAY)
    (folder / "site" / "questions.jsonl").write_text(json.dumps(QUESTION))
    git(folder, "init", "--quiet")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "--message", "Two articles")
    return folder


def changed(origin: Path, name: str, text: str | None) -> None:
    path = origin / "site" / "corpus" / name
    path.unlink() if text is None else path.write_text(text)
    git(origin, "add", "--all")
    git(origin, "commit", "--quiet", "--message", "Change")


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the action's install step leaves behind, made by that step.

    The environment sees the packages of this one, which spares a gigabyte; what is missing is installed.
    """
    folder = tmp_path_factory.mktemp("machine")
    action, environment = folder / "action", folder / "temp" / "career-chatbot" / "environment"
    more = ("corpus", "index", "tests", "docs", "build", "dist", ".*", "*.egg-info", "__pycache__")
    shutil.copytree(ROOT, action, ignore=shutil.ignore_patterns(*more))
    python = folder / "bin" / "python3"
    python.parent.mkdir()
    python.write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n')  # type: ignore[attr-defined]
    python.chmod(0o755)
    subprocess.run([python, "-m", "venv", environment], check=True)
    (packages,) = environment.glob("lib/python3*/site-packages")
    (packages / "zz_main.pth").write_text(sysconfig.get_path("purelib"))
    runner = machine(folder, folder, {"github": {"action_path": action}})
    ((code, said),) = runner.run(STEPS, ("Install",))
    assert code == 0, said
    assert runner.path == [str(environment / "bin")]
    return folder


def machine(folder: Path, workspace: Path, context: dict[str, Any]) -> Runner:
    passed = {name: value for name, value in os.environ.items() if re.match(r"PIP_|\w+_proxy$|SSL_", name)}
    path = f"{folder}/bin:/usr/local/bin:/usr/bin:/bin"
    return Runner(folder, workspace, context, {**passed, "PATH": path, "HOME": str(folder), "LANG": "C.UTF-8"})


@pytest.fixture
def runner(origin: Path, installed: Path, encoders: Path, tmp_path: Path) -> Runner:
    """A machine with the action installed, the cache of an earlier run, and no checkout yet."""
    folder = tmp_path / "machine"
    copies.model(encoders, folder / "temp" / "career-chatbot" / "index")
    (folder / "bin").mkdir()
    command = folder / "bin" / "gh"
    command.write_text(GH)
    command.chmod(command.stat().st_mode | stat.S_IXUSR)
    inputs = {name: one.get("default", "") for name, one in github_steps.read(ACTION)["inputs"].items()}
    repository = {"repository": "we/articles", "event_name": "push", "event": {}}
    made = machine(
        folder,
        tmp_path / "checkout",
        {
            "inputs": {**inputs, "folder": "site", "questions": "questions.jsonl", "upload": "nothing"},
            "github": repository,
        },
    )
    made.environment |= {"GH_TOLD": str(folder / "told"), "GH_KNOWN": str(folder / "known")}
    made.environment["GITHUB_REPOSITORY"] = "we/articles"
    made.path = [str(installed / "temp" / "career-chatbot" / "environment" / "bin")]
    return made


def after_install(runner: Runner, origin: Path) -> list[tuple[int, str]]:
    """All steps on a shallow checkout, as actions/checkout makes it, of what the server has now."""
    git(origin.parent, "clone", "--quiet", "--depth=1", f"file://{origin}", str(runner.workspace))
    return runner.run([step for step in STEPS if step.get("name") != "Install"])


def pull_request(runner: Runner, origin: Path, fork: str = "we/articles") -> None:
    event = {"number": 7, "base": {"sha": git(origin, "rev-parse", "HEAD")}, "head": {"repo": {"full_name": fork}}}
    runner.context["github"] |= {"event_name": "pull_request", "event": {"pull_request": event}}


def told(runner: Runner) -> list[str]:
    path = runner.folder / "told"
    return path.read_text().splitlines() if path.exists() else []


def test_a_pull_request_that_loses_an_answer_says_which(runner: Runner, origin: Path) -> None:
    pull_request(runner, origin)
    runner.context["inputs"] |= {"upload": "static", "base-url": "https://example.org/chat/"}
    changed(origin, "cv.md", CV.replace(GAP, "How wide is a margin?").replace(QUOTE, ""))
    done = after_install(runner, origin)
    assert [code for code, _ in done] == [0, 0, 0, 0], done[-1][1]
    asked, sent = told(runner)
    assert asked.startswith("api --paginate repos/we/articles/issues/7/comments --jq")
    assert sent.startswith("api --silent --method POST repos/we/articles/issues/7/comments")
    comment = (runner.folder / "told.body").read_text()
    assert comment == runner.summary()
    assert comment.startswith("<!-- career-chatbot -->\n### What this does to the chatbot\n")
    assert re.search(r"\*\*1 judged question:\*\* nDCG@10 [01]\.\d+ → 0\.000", comment)
    assert "**1 question lost the answer**\n\n- `what do I write about months without work`" in comment
    assert "- changed `cv.md`" in comment
    site = Path(runner.context["steps"]["publish"]["outputs"]["site"])
    assert "https://example.org/chat/" in (site / "sitemap.xml").read_text()


def test_a_second_push_to_a_pull_request_changes_the_comment(runner: Runner, origin: Path) -> None:
    pull_request(runner, origin)
    (runner.folder / "known").write_text("11\n12\n")
    changed(origin, "new.md", "# Notice\n\nA notice period is what you work after you resign.\n")
    assert [code for code, _ in after_install(runner, origin)] == [0, 0, 0, 0]
    assert told(runner)[1].startswith("api --silent --method PATCH repos/we/articles/issues/comments/12 ")
    assert "- added `new.md`" in (runner.folder / "told.body").read_text()
    assert runner.context["steps"]["publish"]["outputs"].keys() == {"index"}


def test_a_pull_request_from_a_fork_has_the_summary_alone(runner: Runner, origin: Path) -> None:
    pull_request(runner, origin, fork="somebody/articles")
    changed(origin, "empty.md", "")
    done = after_install(runner, origin)
    assert [code for code, _ in done] == [0, 0, 0], done[-1][1]
    assert told(runner) == []
    assert "**1 file not used**\n\n- `empty.md`" in runner.summary()
    assert "::warning::some files were left out" in done[-1][1]


def test_what_the_limits_forbid_fails_once_the_report_is_there(runner: Runner, origin: Path) -> None:
    (origin / "site" / "chatbot.toml").write_text(
        '[publish]\nquestions = "questions.jsonl"\nmax_lost_answers = 0\n', encoding="utf-8"
    )
    changed(origin, "cv.md", CV)
    pull_request(runner, origin)
    runner.context["inputs"]["questions"] = ""
    changed(origin, "cv.md", None)
    done = after_install(runner, origin)
    assert [code for code, _ in done] == [0, 0, 0, 1], done[-1][1]
    assert "max_lost_answers" in done[-1][1]
    assert "**It would not be published:** `1 judged questions would lose" in (runner.folder / "told.body").read_text()
    assert "publish" in runner.context["steps"]
    assert not runner.context["steps"]["publish"]["outputs"]


def test_the_first_push_has_nothing_before_it(runner: Runner, origin: Path) -> None:
    runner.context["github"]["event"] = {"before": "0" * 40}
    done = after_install(runner, origin)
    assert [code for code, _ in done] == [0, 0, 0], done[-1][1]
    assert "::notice::there is nothing to compare with" in done[0][1]
    assert re.search(r"\*\*1 judged question:\*\* nDCG@10 \d\.\d{3}\n", runner.summary())


def test_settings_that_cannot_be_read_are_said_and_nothing_is_reported(runner: Runner, origin: Path) -> None:
    (origin / "site" / "chatbot.toml").write_text("[publish", encoding="utf-8")
    changed(origin, "cv.md", CV)
    pull_request(runner, origin)
    changed(origin, "pay.md", None)
    done = after_install(runner, origin)
    assert [code for code, _ in done] == [0, 1]
    assert "::warning::what was there before could not be built" in done[0][1]
    assert "chatbot.toml" in done[1][1]
    assert told(runner) == []
