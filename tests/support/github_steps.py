"""The steps of a workflow or an action as GitHub's runner takes them: expressions are filled in, `run` goes to bash.

Steps that use another action are passed over, since they are not here.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml
from check_jsonschema.builtin_schemas import get_builtin_schema
from jsonschema.validators import validator_for

from tests.support.places import ROOT

_EXPRESSION = re.compile(r"\$\{\{\s*(.+?)\s*\}\}")
_TOKEN = re.compile(r"'(?:[^']|'')*'|[\w-]+(?:\.[\w-]+)*|==|!=|&&|\|\||[()!]")
_WORDS = {"&&": "and", "||": "or", "!": "not", "true": "True", "false": "False", "==": "==", "!=": "!="}
DIGEST = re.compile(r"[\w./-]+@[0-9a-f]{40}")


def read(path: Path) -> dict[str, Any]:
    """A file of YAML; its key `on` is the word, which YAML 1.1 takes for true."""
    return {"on" if key is True else key: value for key, value in yaml.safe_load(path.read_text("utf-8")).items()}


def faults(path: Path, schema: str) -> list[str]:
    """What GitHub's schema of that name has against a file."""
    wanted = get_builtin_schema(f"vendor.{schema}")
    return [f"{path.name}: {error.message}" for error in validator_for(wanted)(wanted).iter_errors(read(path))]


def unpinned(path: Path) -> list[str]:
    """What a file uses that is named by something that can move, or without the version beside it."""
    lines = re.findall(r"^\s*(?:- )?uses: (.+)$", path.read_text("utf-8"), re.M)
    return [line for line in lines if not re.fullmatch(DIGEST.pattern + r" # v[\d.]+", line)]


def scripts(path: Path) -> list[str]:
    """Every `run` of a workflow or an action."""
    found = read(path)
    jobs = [found["runs"]] if "runs" in found else list(found["jobs"].values())
    return [step["run"] for job in jobs for step in job["steps"] if "run" in step]


def value(expression: str, context: Mapping[str, Any]) -> Any:
    """What an expression comes to; a name that the context lacks is empty, as it is on GitHub."""

    def word(token: str) -> str:
        if token.startswith("'"):
            return repr(token[1:-1].replace("''", "'"))
        return _WORDS.get(token) or ({"(": "(", ")": ")"}.get(token, f"look({token!r})"))

    def look(name: str) -> Any:
        here: Any = context
        for part in name.split("."):
            here = here.get(part, "") if isinstance(here, Mapping) else ""
        return here

    return eval(" ".join(map(word, _TOKEN.findall(expression))), {"look": look})  # noqa: S307 - made of these words alone


def filled(text: str, context: Mapping[str, Any]) -> str:
    def said(match: re.Match[str]) -> str:
        found = value(match[1], context)
        return str(found).lower() if isinstance(found, bool) else str(found)

    return _EXPRESSION.sub(said, text)


@dataclass
class Runner:
    """A job on a machine of its own: `folder` holds what the runner gives it, `workspace` is the checkout."""

    folder: Path
    workspace: Path
    context: dict[str, Any]
    environment: dict[str, str]
    path: list[str] = field(default_factory=list)
    passed_over: list[str] = field(default_factory=list)

    def run(self, steps: list[dict[str, Any]], names: tuple[str, ...] = ()) -> list[tuple[int, str]]:
        """Take all steps, or those of these names, in order until one fails: exit code and output of each."""
        done = []
        self.context.setdefault("steps", {})
        for step in steps:
            if names and step.get("name") not in names:
                continue
            if not value(str(step.get("if", "true")), self.context):
                continue
            if "uses" in step:
                self.passed_over.append(step["uses"].partition("@")[0])
                continue
            done.append(self._bash(step))
            if done[-1][0]:
                break
        return done

    def summary(self) -> str:
        return (self.folder / "summary").read_text("utf-8")

    def _bash(self, step: dict[str, Any]) -> tuple[int, str]:
        told = {name: self.folder / name for name in ("output", "path", "summary")}
        for name in ("output", "path"):
            told[name].write_text("")
        environment = {
            **self.environment,
            **{name: filled(str(said), self.context) for name, said in step.get("env", {}).items()},
            "PATH": os.pathsep.join([*self.path, self.environment["PATH"]]),
            "RUNNER_TEMP": str(self.folder / "temp"),
            "GITHUB_ACTION_PATH": str(self.context["github"].get("action_path", ROOT)),
            "GITHUB_WORKSPACE": str(self.workspace),
            "GITHUB_OUTPUT": str(told["output"]),
            "GITHUB_PATH": str(told["path"]),
            "GITHUB_STEP_SUMMARY": str(told["summary"]),
        }
        command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", filled(step["run"], self.context)]
        options: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
        ran = subprocess.run(command, cwd=self.workspace, env=environment, timeout=600, **options)
        self.path = [*reversed(told["path"].read_text().split()), *self.path]
        outputs = dict(line.split("=", 1) for line in told["output"].read_text().splitlines())
        self.context["steps"][step.get("id", step.get("name", ""))] = {"outputs": outputs}
        return ran.returncode, ran.stdout
