"""Both distributions: what is in them, and docs/installing.md carried out with them, far from the repository.

What each needs, and nothing else, is lent from where the tests have it; that pip finds it is seen by the Dockerfile.
"""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from playwright.sync_api import Browser, expect

from chatbot.errors import NotInstalled
from chatbot.indexing.generation.manifest import FORMAT
from chatbot.indexing.generation.publication import ENCODERS, current
from chatbot.installation import BUILDING, VERSION, require
from tests.support import copies, serving_corpus
from tests.support.distributions import SOURCES, build_all
from tests.support.lent import lend
from tests.support.manifests import alter
from tests.support.places import CORPUS, PACKAGE, ROOT
from tests.support.server import Server
from tests.support.visit import Visit

PAGE = (ROOT / "docs" / "installing.md").read_text(encoding="utf-8")
BLOCKS = [re.findall(r"^\$ (.+)$", block, re.M) for block in re.findall(r"```console\n(.+?)```", PAGE, re.S)]
BEGIN, PUBLISH, LIBRARY, TOOLS, SERVE, UPGRADE = BLOCKS
PASSED = re.compile(r"PIP_\w+|\w+_(proxy|PROXY)|SSL_CERT_\w+")


@dataclass(frozen=True)
class Built:
    """The files of one distribution; `folder` holds those of both."""

    folder: Path
    wheel: Path
    archive: Path

    def names(self) -> set[str]:
        with zipfile.ZipFile(self.wheel) as packed:
            return {name for name in packed.namelist() if ".dist-info/" not in name}

    def read(self, name: str) -> bytes:
        with zipfile.ZipFile(self.wheel) as packed:
            return packed.read(name)

    def metadata(self) -> str:
        return self.read(f"{self.wheel.name.rpartition('-py3')[0]}.dist-info/METADATA").decode()

    def requirements(self, extra: str = "") -> set[str]:
        """What it needs by itself, or with an extra beyond that."""
        lines = self.metadata().split("\n\n")[0]
        found = map(Requirement, re.findall(r"^Requires-Dist: (.+)$", lines, re.M))
        return {
            f"{one.name}{one.specifier}"
            for one in found
            if (one.marker.evaluate({"extra": extra}) if one.marker else not extra)
        }


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> tuple[Built, Built]:
    """The distribution with everything, and the one for servers."""
    folder = tmp_path_factory.mktemp("dist")
    archive, wheel, lean_archive, lean_wheel = build_all(folder)
    return Built(folder, wheel, archive), Built(folder, lean_wheel, lean_archive)


def of_the_tree() -> dict[str, bytes]:
    files = [path for path in PACKAGE.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    return {f"chatbot/{path.relative_to(PACKAGE).as_posix()}": path.read_bytes() for path in files}


def test_wheels_hold_what_the_tree_has(both: tuple[Built, Built]) -> None:
    whole, lean = both
    package = of_the_tree()
    articles = [path for path in CORPUS.rglob("*.md") if ".trash" not in path.parts]
    library = {f"chatbot/library/{path.relative_to(CORPUS).as_posix()}": path.read_bytes() for path in articles}
    assert {name: whole.read(name) for name in whole.names()} == package | library
    assert {name: lean.read(name) for name in lean.names()} == package
    assert {Path(name).suffix for name in package} >= {".toml", ".html", ".js", ".css", ".txt", ".svg", ".typed"}


def test_a_source_archive_holds_what_a_wheel_is_built_from(both: tuple[Built, Built]) -> None:
    for built, more in zip(both, ({"setup.py", "corpus"}, set()), strict=True):
        with tarfile.open(built.archive) as packed:
            names = {name.split("/")[1] for name in packed.getnames() if "/" in name}
        assert names >= {"LICENSE", "README.md", "chatbot", "pyproject.toml"} | more


def test_what_only_builds_need_is_the_one_difference_in_what_they_need(both: tuple[Built, Built]) -> None:
    whole, lean = both
    assert whole.requirements() == lean.requirements() | lean.requirements("build")
    assert not lean.requirements() & lean.requirements("build")
    for extra in ("mcp", "milvus"):
        assert whole.requirements(extra) == lean.requirements(extra)
    building = {Requirement(line).name.replace("-", "_") for line in lean.requirements("build")}
    assert set(BUILDING) <= building
    assert {"sentence-transformers", "faiss-cpu", "gradio"} <= {Requirement(one).name for one in whole.requirements()}


def test_the_version_and_what_is_said_of_both_is_said_once(both: tuple[Built, Built]) -> None:
    for built in both:
        assert f"-{VERSION}" in built.wheel.name
    files = [tomllib.loads((ROOT / place / "pyproject.toml").read_text()) for place in (".", ".serve")]
    alike = ("requires-python", "license", "classifiers", "scripts")
    assert [files[0]["project"][name] for name in alike] == [files[1]["project"][name] for name in alike]
    assert files[0]["tool"]["setuptools"] == files[1]["tool"]["setuptools"]


def test_what_a_package_index_shows_leads_nowhere_but_to_the_web(both: tuple[Built, Built]) -> None:
    for built in both:
        head, _, shown = built.metadata().partition("\n\n")
        assert "Description-Content-Type: text/markdown" in head.splitlines()
        assert shown.startswith("# career-chatbot")
        assert not re.search(r"\]\((?!https?://)|<img|srcset|<picture", shown)
    assert "docs/installing.md" in both[0].metadata()
    assert "(https://www.sbert.net)" in both[0].metadata()


def test_other_times_modes_and_litter_give_the_same_bytes(both: tuple[Built, Built], tmp_path: Path) -> None:
    root = tmp_path / "root"
    root.mkdir()
    for name in SOURCES:
        if (ROOT / name).is_dir():
            shutil.copytree(ROOT / name, root / name, symlinks=True, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(ROOT / name, root / name)
    for number, path in enumerate(path for path in root.rglob("*") if path.is_file() and not path.is_symlink()):
        path.chmod(0o600 if number % 2 else 0o775)
        os.utime(path, (1_700_000_000 + number, 1_700_000_000 + number))
    for litter in ("chatbot/__pycache__/x.pyc", "build/lib/chatbot/gone.py", ".serve/build/lib/chatbot/gone.py"):
        (root / litter).parent.mkdir(parents=True, exist_ok=True)
        (root / litter).write_text("")
    mask = os.umask(0o077)
    try:
        again = {path.name: path.read_bytes() for path in build_all(tmp_path / "dist", root)}
    finally:
        os.umask(mask)
    assert again == {path.name: path.read_bytes() for built in both for path in (built.archive, built.wheel)}


def test_a_package_that_is_missing_is_named_with_what_to_run() -> None:
    require("json", "packaging")
    with pytest.raises(NotInstalled, match=r"no-such and none-either, not installed here; run 'pip install car"):
        require("no_such", "json", "none_either")


def test_only_commands_of_tools_that_need_not_be_here_are_not_carried_out() -> None:
    assert {command.split()[0] for command in TOOLS} == {"pipx", "uv", "uvx"}
    assert BEGIN[-1] == SERVE[-1] == UPGRADE[-1] == "chatbot serve"


@dataclass
class Sitting:
    """Somebody at a shell who types what a page says. What they install needs what `lent` comes to, and has it."""

    folder: Path
    environment: dict[str, str]
    lent: set[str]
    said: dict[str, str] = field(default_factory=dict)

    @classmethod
    def begin(cls, folder: Path, *distributions: Built) -> Sitting:
        programs = folder / "programs"
        programs.mkdir()
        (programs / "python3").symlink_to(Path(sys.executable).resolve())
        environment = {name: value for name, value in os.environ.items() if PASSED.fullmatch(name)}
        environment |= {"PATH": f"{programs}:/usr/bin:/bin", "HOME": str(folder), "LANG": "C.UTF-8"}
        environment |= {"PIP_FIND_LINKS": str(distributions[0].folder), "PIP_NO_INDEX": "1", "PIP_COMPILE": "0"}
        return cls(folder, environment, set().union(*(one.requirements() for one in distributions)))

    def type(self, *commands: str, code: int = 0) -> None:
        """Run commands one after the other and keep what each says."""
        for command in commands:
            words = shlex.split(command)
            if words[0] == "cd":
                self.folder /= words[1]
            elif words[0] == ".":
                self.environment["PATH"] = f"{(self.folder / words[1]).parent}:{self.environment['PATH']}"
            else:
                done = self.run(*words)
                assert done.returncode == code, done.stdout + done.stderr
                self.said[command] = done.stdout + done.stderr
                if words[1:3] == ["-m", "venv"]:
                    lend(self.folder / words[3], self.lent)

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        program = shutil.which(words[0], path=self.environment["PATH"]) or words[0]
        return subprocess.run(
            [program, *words[1:]], cwd=self.folder, env=self.environment, capture_output=True, text=True, timeout=600
        )

    def serve(self, log: Path) -> Server:
        """`chatbot serve`, on any port that is free, as soon as it answers."""
        program = shutil.which("chatbot", path=self.environment["PATH"])
        assert program
        with log.open("w") as errors:
            process = subprocess.Popen(
                [program, "serve"],
                cwd=self.folder,
                env={**self.environment, "CHATBOT_SERVER__PORT": "0"},
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
            )
        assert process.stdout
        url = process.stdout.readline().strip()
        assert url.startswith("http://"), log.read_text()
        server = Server(process, url)
        server.wait_until_ready()
        return server

    def place_of_the_package(self) -> Path:
        """Where the program finds the package, also with what a folder brings along."""
        done = self.run("python", "-c", "import chatbot; print(chatbot.__file__)")
        return Path(done.stdout.strip()).parent


@pytest.fixture(scope="module")
def newcomer(
    both: tuple[Built, Built], encoders: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sitting, Server]]:
    """Who has followed the page up to the first server; the model was exported before."""
    sitting = Sitting.begin(tmp_path_factory.mktemp("newcomer"), both[0])
    for command in BEGIN[:-1]:
        sitting.type(command)
        if command.startswith("cd "):
            copies.copy(encoders, sitting.folder / "index" / ENCODERS)
    server = sitting.serve(sitting.folder / "serve.log")
    yield sitting, server
    server.stop()


@pytest.fixture(scope="module")
def operator(
    both: tuple[Built, Built], served_folder: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Sitting, Server]]:
    """Who serves an index that was built elsewhere."""
    sitting = Sitting.begin(tmp_path_factory.mktemp("operator"), both[1])
    copies.copy(served_folder / "index", sitting.folder / "index")
    sitting.type(*SERVE[:-1])
    server = sitting.serve(sitting.folder / "serve.log")
    yield sitting, server
    server.stop()


@pytest.mark.index
def test_a_newcomer_is_told_what_to_do_next_and_nothing_that_is_wrong(newcomer: tuple[Sitting, Server]) -> None:
    sitting, _ = newcomer
    assert not sitting.place_of_the_package().is_relative_to(ROOT)
    told = sitting.said["chatbot init my-site"].splitlines()
    assert (told[0], told[-1]) == ("wrote my-site/chatbot.toml", "next: cd my-site && chatbot serve")
    found = sitting.said["chatbot doctor"]
    assert "PROBLEM" not in found
    assert re.search(rf"^ok +packages +career-chatbot {re.escape(VERSION)} and \d+ packages it needs$", found, re.M)
    first, second = (sitting.folder / "serve.log").read_text().splitlines()[:2]
    assert first == f"there is no index in {sitting.folder / 'index'} yet"
    assert second.startswith("it is built now")


@pytest.mark.index
def test_the_commands_of_the_page_work_one_after_the_other(newcomer: tuple[Sitting, Server]) -> None:
    sitting, _ = newcomer
    sitting.type(*PUBLISH, *LIBRARY)
    assert "Ask somebody who has seen you work" in sitting.said[PUBLISH[-1]]
    begun = {path.relative_to(sitting.folder / "my-library/corpus"): path.read_bytes() for path in library(sitting)}
    assert begun == {path.relative_to(CORPUS): path.read_bytes() for path in CORPUS.rglob("*.md")}
    told = sitting.said[LIBRARY[0]].splitlines()
    assert told[-2:] == [
        f"and {len(begun) - 2} more articles below my-library/corpus",
        "next: cd my-library && chatbot serve",
    ]
    (number,) = re.findall(r"begins with the (\d+) articles", PAGE)
    assert int(number) == len(begun)


def library(sitting: Sitting) -> list[Path]:
    return list((sitting.folder / "my-library" / "corpus").rglob("*.md"))


@pytest.mark.index
def test_an_upgrade_builds_an_index_of_another_format_anew_and_says_so_once(
    newcomer: tuple[Sitting, Server], tmp_path: Path
) -> None:
    sitting, _ = newcomer
    generation = current(sitting.folder / "index")
    alter(sitting.folder / "index" / generation, format=FORMAT - 1)
    sitting.type(*UPGRADE[:-1])
    other = f"generation {generation} has format {FORMAT - 1}, this version reads {FORMAT}"
    for said in ([other, "it is built now"], []):
        server = sitting.serve(tmp_path / "serve.log")
        assert json.loads(server.get("/readyz")[2])["generation"] == generation
        server.stop()
        told = (tmp_path / "serve.log").read_text().splitlines()
        assert len(told) == len(said)
        assert all(line.startswith(beginning) for line, beginning in zip(told, said, strict=True))


def asked_in_a_browser(browser: Browser, server: Server, question: str, answer: str) -> None:
    visitor = Visit(browser, server)
    page = visitor.open()
    visitor.ask(question)
    expect(page.locator("#talk .bot-row").last).to_contain_text(answer)
    visitor.context.close()
    assert (visitor.foreign(), visitor.errors) == ([], [])


@pytest.mark.browser
def test_a_newcomers_first_question_is_answered(newcomer: tuple[Sitting, Server], browser: Browser) -> None:
    _, server = newcomer
    asked_in_a_browser(browser, server, "Whom should I ask for a reference?", "who has seen you work")


@pytest.mark.browser
def test_an_operators_visitors_are_answered(operator: tuple[Sitting, Server], browser: Browser) -> None:
    _, server = operator
    asked_in_a_browser(browser, server, serving_corpus.QUESTION, "in one plain line with the dates")


@pytest.mark.index
def test_a_server_has_nothing_that_only_builds_need_and_nothing_is_wrong_with_that(
    operator: tuple[Sitting, Server],
) -> None:
    sitting, server = operator
    assert not sitting.place_of_the_package().is_relative_to(ROOT)
    names = [*BUILDING, "scipy", "transformers", "ir_measures"]
    program = f"import importlib.util as u; print([n for n in {names} if u.find_spec(n)])"
    assert sitting.run("python", "-c", program).stdout == "[]\n"
    found = [line.split(maxsplit=2) for line in sitting.said["chatbot doctor"].splitlines()]
    states = {name: state for state, name, _ in found}
    assert "corpus" not in states
    assert {state for name, state in states.items() if name != "port"} <= {"ok", "warning"}
    assert [states[name] for name in ("packages", "model", "index")] == ["ok"] * 3
    assert server.post("/api/ask", {"question": serving_corpus.QUESTION})[0] == 200


@pytest.mark.index
@pytest.mark.parametrize("command", ["build", "build --dry-run", "export out", "evaluate questions.jsonl", "serve"])
def test_what_a_server_cannot_do_is_told_with_what_to_install(
    command: str, operator: tuple[Sitting, Server], tmp_path: Path
) -> None:
    sitting, _ = operator
    here = Sitting(tmp_path if command == "serve" else sitting.folder, sitting.environment, set())
    # What a machine that builds has fitted can be exported here as well.
    shutil.rmtree(sitting.folder / "index" / "static", ignore_errors=True)
    answers = [{"article": "cv", "quote": "Explain a gap in your CV in one plain line"}]
    judged = {"question": serving_corpus.QUESTION, "answers": answers}
    (sitting.folder / "questions.jsonl").write_text(json.dumps(judged) + "\n")
    done = here.run("chatbot", *command.split())
    assert (done.returncode, done.stdout) == (1, "")
    assert "career-chatbot-serve serves an index that was built elsewhere, and lacks what this needs: " in done.stderr
    assert done.stderr.endswith("run \"pip install 'career-chatbot-serve[build]'\" to do it here\n")


@pytest.mark.index
def test_the_shipped_articles_are_not_on_a_server(operator: tuple[Sitting, Server]) -> None:
    sitting, _ = operator
    done = sitting.run("chatbot", "init", "site", "--with-library")
    assert (done.returncode, "run 'pip install career-chatbot' in an environment of its own" in done.stderr) == (
        1,
        True,
    )


@pytest.mark.index
def test_both_in_one_environment_are_a_problem(both: tuple[Built, Built], tmp_path: Path) -> None:
    sitting = Sitting.begin(tmp_path, *both)
    sitting.type("python3 -m venv env", ". env/bin/activate", "pip install career-chatbot career-chatbot-serve")
    sitting.type("chatbot init site", "cd site")
    sitting.type("chatbot doctor", code=1)
    assert (
        "PROBLEM  packages  career-chatbot and career-chatbot-serve are both installed"
        in sitting.said["chatbot doctor"]
    )
