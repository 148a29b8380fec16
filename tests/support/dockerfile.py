"""A Dockerfile carried out without containers: each stage is a folder that stands for `/`, its commands run on this
machine with the paths of that folder.

What differs from an image: the base is this machine with its Python and nothing of its environment, all runs as whoever
runs the tests, and `--chown` does nothing. A stage may be lent packages of the tests' environment.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import string
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path

from dockerfile_parse import DockerfileParser

from tests.support.lent import lend
from tests.support.places import ROOT

# How pip finds packages here; a setting of its own would be one of the image, too.
_PASSED = re.compile(r"PIP_(INDEX_URL|EXTRA_INDEX_URL|FIND_LINKS|CERT|DEFAULT_TIMEOUT)|\w+_(proxy|PROXY)|SSL_CERT_\w+")
_PATH = re.compile(r"(?<![\w.:/$-])(?=/(?:opt|srv|src|tmp|index)\b)")


@dataclass
class Stage:
    """What a stage has come to. `root` is the folder that stands for `/`."""

    root: Path
    environment: dict[str, str]
    folder: str = "/"
    user: str = ""
    entrypoint: list[str] = field(default_factory=list)
    command: list[str] = field(default_factory=list)
    healthcheck: list[str] = field(default_factory=list)
    volumes: list[str] = field(default_factory=list)
    ports: list[int] = field(default_factory=list)
    ran: list[str] = field(default_factory=list)

    def at(self, path: str) -> Path:
        return self.root / Path("/", self.folder, path).relative_to("/")

    def here(self, text: str) -> str:
        """The text with its paths below the root."""
        return _PATH.sub(str(self.root).rstrip("/"), text)

    def value(self, text: str) -> str:
        return string.Template(self.here(text)).safe_substitute(self.environment)


def instructions(dockerfile: Path) -> list[tuple[str, str]]:
    """Each instruction with what stands behind it, in their order, without comments."""
    parser = DockerfileParser(fileobj=dockerfile.open("rb"))
    return [(one["instruction"], one["value"]) for one in parser.structure if one["instruction"] != "COMMENT"]


def build(
    dockerfile: Path,
    context: dict[str, Path],
    folder: Path,
    arguments: dict[str, str],
    lent: dict[str, list[str]],
) -> dict[str, Stage]:
    """All stages by name, below `folder`. `context` gives the files of COPY by the names that they have there.

    `lent` gives the requirements that pip finds satisfied in the environment of a stage.
    """
    stages: dict[str, Stage] = {}
    stage = Stage(folder, {})
    for instruction, value in instructions(dockerfile):
        if instruction == "FROM":
            base, _, name = value.split()
            stage = stages[name] = _derived(stages[base], folder / name) if base in stages else _fresh(folder / name)
        elif instruction == "ARG":
            name, _, default = value.partition("=")
            stage.environment[name] = arguments.get(name, default)
        elif instruction == "COPY":
            _copy(stage, stages, context, value.split())
        elif instruction == "RUN":
            _run(stage, value)
            if value.startswith("python -m venv "):
                lend(stage.at(value.split()[-1]), lent.get(stage.root.name, ()))
        else:
            _set(stage, instruction, value)
    return stages


def _fresh(root: Path) -> Stage:
    (root / "tmp").mkdir(parents=True)
    (root / "python").mkdir()
    python = root / "python" / "python"
    python.write_text(f'#!/bin/sh\nexec "{sys._base_executable}" "$@"\n')  # type: ignore[attr-defined]
    python.chmod(0o755)
    passed = {name: value for name, value in os.environ.items() if _PASSED.fullmatch(name)}
    path = f"{python.parent}:/usr/local/bin:/usr/bin:/bin"
    return Stage(root, {**passed, "PATH": path, "HOME": f"{root}/tmp", "TMPDIR": f"{root}/tmp", "LANG": "C.UTF-8"})


def _derived(base: Stage, root: Path) -> Stage:
    _transfer(base.root, root, base.root, root)
    made = Stage(**{**vars(base), "root": root, "ran": []})
    made.environment = {name: value.replace(f"{base.root}/", f"{root}/") for name, value in base.environment.items()}
    return made


def _transfer(source: Path, target: Path, old: Path, new: Path) -> None:
    """A folder by links, which take no time; scripts of a virtual environment name its place and are written anew."""
    shutil.copytree(source, target, symlinks=True, copy_function=os.link, dirs_exist_ok=True)
    for path in [*target.rglob("bin/*"), *target.rglob("pyvenv.cfg")]:
        if path.is_file() and not path.is_symlink() and f"{old}/".encode() in (data := path.read_bytes()):
            mode = path.stat().st_mode
            path.unlink()
            path.write_bytes(data.replace(f"{old}/".encode(), f"{new}/".encode()))
            path.chmod(mode)


def _copy(stage: Stage, stages: dict[str, Stage], context: dict[str, Path], words: list[str]) -> None:
    options = dict(word[2:].split("=", 1) for word in words if word.startswith("--"))
    *names, target = [word for word in words if not word.startswith("--")]
    if "from" in options:
        (name,), other = names, stages[options["from"]]
        _transfer(other.at(name), stage.at(target), other.root, stage.root)
        return
    for name in names:
        if context[name].is_dir():
            shutil.copytree(context[name], stage.at(target), ignore=shutil.ignore_patterns("__pycache__"))
        else:
            stage.at(target).mkdir(parents=True, exist_ok=True)
            shutil.copy(context[name], stage.at(target) / name)


def _run(stage: Stage, command: str) -> None:
    done = subprocess.run(
        ["sh", "-c", stage.here(command)],
        cwd=stage.at("."),
        env=stage.environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=600,
    )
    assert done.returncode == 0, f"RUN {command}\n{done.stdout[-4000:]}"
    stage.ran.append(command)


def _set(stage: Stage, instruction: str, value: str) -> None:
    if instruction == "ENV":
        for pair in value.split():
            name, _, said = pair.partition("=")
            stage.environment[name] = stage.value(said)
    elif instruction == "WORKDIR":
        stage.folder = value
        stage.at(".").mkdir(parents=True, exist_ok=True)
    elif instruction == "USER":
        stage.user = value
    elif instruction == "ENTRYPOINT":
        stage.entrypoint, stage.command = json.loads(value), []
    elif instruction == "CMD":
        stage.command = json.loads(value)
    elif instruction == "HEALTHCHECK":
        stage.healthcheck = json.loads(value.partition("CMD ")[2])
    elif instruction == "VOLUME":
        stage.volumes = [*stage.volumes, value]
    elif instruction == "EXPOSE":
        stage.ports = [*stage.ports, int(value)]
    else:
        raise AssertionError(f"{instruction} is not known here: teach it")


def declared(dockerfile: Path = ROOT / "Dockerfile") -> Stage:
    """What the last stage declares, itself and by the stages that it begins with; nothing is run or copied."""
    bases: dict[str, list[tuple[str, str]]] = {}
    lines: list[tuple[str, str]] = []
    for instruction, value in instructions(dockerfile):
        if instruction == "FROM":
            base, _, name = value.split()
            lines = bases[name] = list(bases.get(base, []))
        elif instruction not in {"ARG", "COPY", "RUN", "WORKDIR"}:
            lines.append((instruction, value))
    stage = Stage(Path("/"), {"PATH": "/usr/bin"})
    for instruction, value in lines:
        _set(stage, instruction, value)
    return stage
