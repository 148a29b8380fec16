"""A real `chatbot serve` in a process of its own, and the command that starts it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.waiting import eventually

COMMAND = [sys.executable, "-c", "from chatbot.cli import main; main()"]


@dataclass
class Server:
    """A running `chatbot serve` and the address it printed."""

    process: subprocess.Popen[str]
    url: str

    def get(self, path: str, headers: dict[str, str] | None = None) -> tuple[int, dict[str, str], str]:
        return self.send(urllib.request.Request(self.url + path, headers=headers or {}))

    def post(self, path: str, body: Any, **headers: str) -> tuple[int, dict[str, str], str]:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json", **headers}
        return self.send(urllib.request.Request(self.url + path, data=data, headers=sent))

    def send(self, request: urllib.request.Request) -> tuple[int, dict[str, str], str]:
        try:
            with urllib.request.urlopen(request, timeout=60) as answer:
                return answer.status, dict(answer.headers), answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, dict(error.headers), error.read().decode()

    def wait_until_ready(self, seconds: float = 120) -> None:
        eventually(lambda: self.get("/readyz")[0] == 200, seconds)

    def stop(self) -> int:
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.process.wait(timeout=30)


def start_server(folder: Path, log: Path | None = None, **variables: str) -> Server:
    """Serve the corpus and index of a folder on a free port; returns when the address is printed.

    What goes to stderr is written to `log` where one is named. No rate is set unless a variable does.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
    environment |= {
        "CHATBOT_CORPUS_DIR": str(folder / "corpus"),
        "CHATBOT_INDEX_DIR": str(folder / "index"),
        "CHATBOT_SERVER__PORT": "0",
        "CHATBOT_SERVER__RATE": "",
        **variables,
    }
    options: dict[str, Any] = {"env": environment, "cwd": folder, "text": True, "encoding": "utf-8"}
    with nullcontext() if log is None else log.open("w") as stderr:
        process = subprocess.Popen([*COMMAND, "serve"], stdout=subprocess.PIPE, stderr=stderr, **options)
    assert process.stdout is not None
    url = process.stdout.readline().strip()
    assert url.startswith("http://"), f"the server ended with {process.wait(30)}"
    return Server(process, url)


def build(folder: Path, *options: str) -> None:
    """Index the corpus of a folder into its index."""
    variables = {"CHATBOT_CORPUS_DIR": str(folder / "corpus"), "CHATBOT_INDEX_DIR": str(folder / "index")}
    subprocess.run([*COMMAND, "build", *options], env={**os.environ, **variables}, cwd=folder, check=True, timeout=900)
