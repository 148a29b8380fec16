"""Two servers behind nginx on a cluster of Milvus, asked all the while, of which one part after the other is killed.

    python -m tests.cluster.trial              (or: make cluster)
    python -m tests.cluster.trial --seconds 0  the short form, which the tests run

Every answer is held against what the same generation answers from its files: whether it is right, and from one
generation alone. Printed are, for each thing that happens, how many questions were asked while it did, how many of
them got no answer, when the last of these was, and the slowest. Ends with 1 where an answer was wrong, where an error
came later than LATE seconds after what caused it, or where there was one that nobody should notice.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from tests.support import serving_corpus
from tests.support.milvus import Cluster
from tests.support.nginx import nginx
from tests.support.server import COMMAND, Server, start_server
from tests.support.waiting import eventually

CLIENTS = 3
RATE = 12.0  # questions a second of all clients together: what breaks is to be seen, not what is too much
LATE = 45.0
# So many right answers in a row, of some eight seconds: a node that was started again comes and goes for a while.
CALM_ANSWERS = 90
QUESTIONS = (
    serving_corpus.QUESTION,
    "How do I ask for a higher salary?",
    "What belongs to the package?",
    "How long should a CV be?",
    "What is a fair wage?",
    "How do I keep bees in winter?",
)
NEW = "# Bees\n\nA hive is kept dry and out of the wind in winter, and it is fed with sugar in the autumn before.\n"
# A question that one server did not answer may be put to the other: it changes nothing.
BEFORE_BOTH = """
location / {
    proxy_pass http://chatbots;
    proxy_next_upstream error timeout non_idempotent;
    proxy_connect_timeout 1s;
}
"""


@dataclass(frozen=True, slots=True)
class Asked:
    """One question, as it was answered: `wrong` says what is not as it should be, "" for an answer or an error."""

    at: float
    seconds: float
    status: int
    generation: str
    wrong: str


@dataclass
class Load:
    """Clients that ask at a bounded rate until they are told to stop."""

    url: str
    expected: dict[str, dict[str, Any]]
    asked: list[Asked] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    @contextmanager
    def going_on(self) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(number,), daemon=True) for number in range(CLIENTS)]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(60)

    def _ask(self, number: int) -> None:
        with httpx.Client(base_url=self.url, timeout=30) as client:
            turn = number
            while not self._stop.wait(CLIENTS / RATE):
                question = QUESTIONS[turn % len(QUESTIONS)]
                turn += 1
                at = time.monotonic()
                try:
                    answer = client.post("/api/ask", json={"question": question})
                    status, told = answer.status_code, answer.json() if answer.status_code == 200 else {}
                except httpx.HTTPError:
                    status, told = 0, {}
                wrong = self._wrong(question, told) if status == 200 else ""
                self.asked.append(Asked(at, time.monotonic() - at, status, told.get("generation", ""), wrong))

    def _wrong(self, question: str, told: dict[str, Any]) -> str:
        known = self.expected.get(told["generation"])
        if known is None:
            return f"of generation {told['generation']}, which nobody published"
        found = essence(told)
        return "" if found == known[question] else f"{question}: {found}, expected {known[question]}"


def essence(answer: dict[str, Any]) -> Any:
    """What an answer says, but for the numbers behind it."""
    return answer["verdict"], [(hit["passage"]["id"], hit["passage"]["text"]) for hit in answer["hits"]]


@dataclass(frozen=True, slots=True)
class Event:
    """What happened from one moment to another, and what clients saw of it."""

    name: str
    questions: int
    errors: int
    last: float  # seconds after it happened, 0.0 where there was no error
    slowest: float
    wrong: tuple[str, ...]

    def __str__(self) -> str:
        seen = f"{self.questions:5} questions, {self.errors:3} errors"
        last = f", the last after {self.last:.1f} s" if self.errors else ""
        return f"{self.name:44}{seen}{last}, the slowest {self.slowest:.1f} s" + "".join(f"\n  {w}" for w in self.wrong)


class Trial:
    """The machines of the trial: one that builds, two that answer, nginx, and the cluster."""

    def __init__(self, folder: Path, stack: ExitStack, index: Path | None = None) -> None:
        """`index` is a built index of the same articles to begin with, so that nothing is embedded twice."""
        self.folder = folder
        self.builder = folder / "builder"
        self.new = self.builder / "corpus" / "bees.md"
        serving_corpus.write(self.builder / "corpus")
        if index:
            shutil.copytree(index, self.builder / "index")
        self.cluster = stack.enter_context(Cluster(folder / "cluster"))
        self.variables = {
            "CHATBOT_INDEX__STORE": "milvus",
            "CHATBOT_MILVUS__URI": self.cluster.uri,
            "CHATBOT_MILVUS__REPLICAS": "2",
            "CHATBOT_MILVUS__SECONDS": "5",
            "CHATBOT_ANSWERS__REMEMBERED": "0",
        }
        # What each generation answers is known before any server can have it: both are built, one is sent.
        self.new.write_text(NEW)
        self.second = self.publish(CHATBOT_INDEX__STORE="files")
        self.new.unlink()
        self.first = self.publish()
        self.servers = [self._serve(number, "0") for number in range(2)]
        stack.callback(self._stop_servers)
        for server in self.servers:
            server.wait_until_ready()
        self.url = stack.enter_context(self._nginx())

    def publish(self, **variables: str) -> str:
        """Build and send; the generation."""
        done = self._run("build", "--json", **variables)
        assert done.returncode in {0, 3}, done.stderr
        generation: str = json.loads(done.stdout)["generation"]
        return generation

    def rollback(self) -> None:
        done = self._run("rollback")
        assert done.returncode == 0, done.stderr

    def expected(self, generation: str) -> dict[str, Any]:
        """What the files of a generation answer to each question."""
        environment = {
            "CHATBOT_INDEX_DIR": str(self.builder / "index"),
            "CHATBOT_CORPUS_DIR": str(self.builder / "corpus"),
        }
        program = (
            "import json, sys\nfrom chatbot.answering.chatbot import open_generation\n"
            "from chatbot.records import Filters, to_json\nfrom chatbot.settings import load_settings\n"
            "settings = load_settings()\nbot = open_generation(settings, settings.index_dir / sys.argv[1], threads=1)\n"
            "told = {q: to_json(bot.ask(q, 5, (), Filters())) for q in json.loads(sys.argv[2])}\n"
            "print(json.dumps(told, default=str))"
        )
        command = [sys.executable, "-c", program, generation, json.dumps(QUESTIONS)]
        done = subprocess.run(command, env=environment | _plain(), capture_output=True, text=True, check=True)
        return {question: essence(answer) for question, answer in json.loads(done.stdout).items()}

    def kill_server(self, number: int) -> None:
        self.servers[number].process.kill()
        self.servers[number].process.wait(30)

    def start_server(self, number: int) -> None:
        """Start a killed server again, on its port."""
        port = self.servers[number].url.rpartition(":")[2]
        self.servers[number] = self._serve(number, port)

    def _serve(self, number: int, port: str) -> Server:
        folder = self.folder / f"server{number}"
        folder.mkdir(exist_ok=True)
        return start_server(folder, folder / "log", CHATBOT_SERVER__PORT=port, **self.variables)

    def _stop_servers(self) -> None:
        for server in self.servers:
            server.process.kill()
            server.process.wait(30)

    def _run(self, *command: str, **variables: str) -> subprocess.CompletedProcess[str]:
        environment = _plain() | self.variables | variables
        return subprocess.run(
            [*COMMAND, *command], cwd=self.builder, env=environment, capture_output=True, text=True, timeout=900
        )

    @contextmanager
    def _nginx(self) -> Iterator[str]:
        folder = self.folder / "nginx"
        folder.mkdir()
        servers = "".join(f"server {one.url.removeprefix('http://')} fail_timeout=2s;" for one in self.servers)
        with nginx(folder, BEFORE_BOTH, f"upstream chatbots {{ {servers} }}") as (_, port):
            yield f"http://127.0.0.1:{port}"


def run(trial: Trial, seconds: float) -> list[Event]:
    """Let one thing after the other happen, each watched for so many seconds at least."""
    expected = {one: trial.expected(one) for one in (trial.first, trial.second)}
    load = Load(trial.url, expected)
    events: list[Event] = []

    def during(name: str, happen: Callable[[], None], generation: str = trial.first) -> None:
        began = time.monotonic()
        happen()
        eventually(answered(generation), LATE + 60)
        time.sleep(seconds)
        seen = [one for one in load.asked if one.at >= began]
        errors = [one for one in seen if one.status != 200]
        # An error that came to an end before what happened next belongs to this.
        last = max((one.at + one.seconds - began for one in errors), default=0.0)
        wrong = tuple(dict.fromkeys(one.wrong for one in seen if one.wrong))
        slowest = max((one.seconds for one in seen), default=0.0)
        events.append(Event(name, len(seen), len(errors), last, slowest, wrong))
        print(events[-1], flush=True)

    def answered(generation: str) -> Callable[[], bool]:
        begun = len(load.asked)

        def recently() -> bool:
            last = load.asked[begun + CLIENTS :][-CALM_ANSWERS:]
            return len(last) == CALM_ANSWERS and {(one.status, one.generation) for one in last} == {(200, generation)}

        return recently

    def published() -> None:
        trial.new.write_text(NEW)
        assert trial.publish() == trial.second

    def proxy_away() -> None:
        trial.cluster.kill("proxy1")
        time.sleep(2)
        trial.cluster.start("proxy1")

    with load.going_on():
        during("nothing happens", lambda: None)
        during("a query node is killed", lambda: trial.cluster.kill("querynode2"))
        during("the query node is back", lambda: trial.cluster.start("querynode2"))
        during("a server is killed", lambda: trial.kill_server(0))
        during("the server is back", lambda: trial.start_server(0))
        during("the proxy of Milvus is away for two seconds", proxy_away)
        during("another generation is published", published, trial.second)
        during("the first is served again", trial.rollback)
    return events


def _plain() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}


def failures(events: list[Event]) -> list[str]:
    """What must not have happened."""
    wrong = [f"{event.name}: {one}" for event in events for one in event.wrong]
    late = [f"{event.name}: an error after {event.last:.1f} s" for event in events if event.last > LATE]
    calm = [f"{event.name}: {event.errors} errors" for event in events if event.name in CALM and event.errors]
    return wrong + late + calm


# Nobody notices these: the other server answers, and an alias is switched in one step.
CALM = (
    "nothing happens",
    "a server is killed",
    "the server is back",
    "another generation is published",
    "the first is served again",
)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--seconds", type=float, default=30.0, help="how long each thing is watched")
    seconds = parser.parse_args().seconds
    with tempfile.TemporaryDirectory(prefix="chatbot-cluster-") as folder, ExitStack() as stack:
        trial = Trial(Path(folder), stack)
        found = failures(run(trial, seconds))
        memory = trial.cluster.memory()
        print(f"memory of the cluster: {sum(memory.values()):.0f} MB, {len(memory)} processes")
    sys.exit("\n".join(found) or 0)


if __name__ == "__main__":
    main()
