"""Tasks of a page of docs/, done as it says: its files written, its commands run, what they print compared with it.

A block belongs to the file that the paragraph before it names last; TOML for `chatbot.toml` is taken over key by key.
In a block of commands a line that begins with `$ ` is run, and the lines below it are found in what it prints, in
their order, with `…` for anything.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import tomlkit

from tests.support import copies
from tests.support.server import COMMAND, Server
from tests.support.waiting import eventually

ADDRESS = "http://127.0.0.1:7860"
_BLOCK = re.compile(r"^```(\w+)\n(.+?)^```$", re.M | re.S)


@dataclass(frozen=True)
class Block:
    """A fenced block: its language, its text, and the last name in code of the paragraph before it, or ""."""

    language: str
    text: str
    file: str


def blocks(text: str) -> Iterator[Block]:
    """The fenced blocks of a page or chapter, in order."""
    end = 0
    for found in _BLOCK.finditer(text):
        named = re.findall(r"`([^`\n]+)`", text[end : found.start()].rstrip().rpartition("\n\n")[2])
        yield Block(found[1], found[2], named[-1] if named else "")
        end = found.end()


def chapters(text: str) -> dict[str, str]:
    """The text below each heading of the second level."""
    heads = [*re.finditer(r"^## (.+)\n", text, re.M), None]
    return {
        head[1]: text[head.end() : following.start() if following else len(text)]
        for head, following in pairwise(heads)
        if head
    }


def commands(block: Block) -> list[tuple[str, list[str]]]:
    """Each command of a block without its comment, and the lines that it shows below."""
    found: list[tuple[str, list[str]]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            found.append((re.sub(r"\s+# .*$", "", line[2:]), []))
        elif line.strip():
            assert found, f"{line!r} is below no command"
            found[-1][1].append(line)
    return found


def holds(printed: str, shown: list[str]) -> bool:
    """Whether the lines are among what was printed, in their order."""
    rest = [line.rstrip() for line in printed.splitlines()]
    for line in shown:
        pattern = re.compile(".*".join(map(re.escape, line.rstrip().split("…"))))
        at = next((n for n, one in enumerate(rest) if pattern.fullmatch(one)), None)
        if at is None:
            return False
        rest = rest[at + 1 :]
    return True


class Walkthrough:
    """Somebody who does what a page says, in a folder.

    `encoders`, an exported model, is put into every site that is begun: an export takes as long as many tasks.
    """

    def __init__(self, folder: Path, port: int, encoders: Path | None = None) -> None:
        self.folder = folder
        self.encoders = encoders
        self.url = f"http://127.0.0.1:{port}"
        kept = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
        self.environment = {**kept, "CHATBOT_SERVER__PORT": str(port), "COLUMNS": "100", "NO_COLOR": "1"}
        self.running: list[Server] = []

    def do(self, block: Block) -> None:
        if block.language == "console":
            for command, shown in commands(block):
                printed = self.run(command)
                assert holds(printed, shown), f"$ {command}\n{printed}\ndoes not show\n" + "\n".join(shown)
        elif block.file == "chatbot.toml":
            self.set(block.text)
        else:
            path = self.folder / block.file
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(block.text, encoding="utf-8")

    def set(self, text: str) -> None:
        file = self.folder / "chatbot.toml"
        settings: dict[str, Any] = tomlkit.parse(file.read_text(encoding="utf-8"))
        for key, value in tomlkit.parse(text).items():
            if isinstance(value, dict) and key in settings:
                settings[key].update(value)
            else:
                settings[key] = value
        file.write_text(tomlkit.dumps(settings), encoding="utf-8")

    def run(self, command: str) -> str:
        """What a command prints; a server goes on in the background."""
        program, *arguments = shlex.split(command.replace(ADDRESS, self.url))
        if program == "cd":
            self.folder = (self.folder / arguments[0]).resolve()
            return ""
        if program == "mkdir":
            (self.folder / arguments[0]).mkdir()
            return ""
        if program == "curl":
            return fetched(arguments)
        assert program == "chatbot", f"nothing runs {program} here"
        if arguments[0] == "serve":
            return self.serve(arguments)
        with self._started(arguments, stderr=subprocess.STDOUT) as process:
            try:
                printed, _ = process.communicate(timeout=300)
            finally:
                process.kill()
        assert process.returncode == 0, f"$ {command}\n{printed}"
        if arguments[0] == "init" and self.encoders:
            copies.model(self.encoders, self.folder / arguments[1] / "index")
        return printed

    def serve(self, arguments: list[str]) -> str:
        self.stop()
        process = self._started(arguments, stderr=subprocess.DEVNULL)
        assert process.stdout
        said = process.stdout.readline()
        server = Server(process, self.url)
        self.running.append(server)
        eventually(lambda: server.get("/api/site")[0] == 200, 120)
        return said.replace(self.url, ADDRESS)

    def stop(self) -> None:
        while self.running:
            self.running.pop().stop()

    def _started(self, arguments: list[str], stderr: int) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*COMMAND, *arguments],
            env=self.environment,
            cwd=self.folder,
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
            encoding="utf-8",
        )


def fetched(arguments: list[str]) -> str:
    """What `curl [--json DATA] [--header 'NAME: VALUE'] ADDRESS` prints, once a server that begins is there."""
    headers, data, address = {}, None, ""
    rest = iter(arguments)
    for one in rest:
        if one == "--json":
            data = next(rest).encode()
            headers |= {"Content-Type": "application/json", "Accept": "application/json"}
        elif one == "--header":
            name, _, value = next(rest).partition(": ")
            headers[name] = value
        else:
            address = one
    answers: list[str] = []

    def is_answered() -> bool:
        try:
            with urllib.request.urlopen(urllib.request.Request(address, data, headers), timeout=60) as answer:
                answers.append(answer.read().decode())
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise
        return bool(answers)

    eventually(is_answered, 120)
    return answers[0]


if __name__ == "__main__":
    # For writers: does what chapters of a page say in a copy of a folder, and prints what they print.
    import tempfile

    page, folder, *wanted = sys.argv[1:]
    for title, chapter in chapters(Path(page).read_text(encoding="utf-8")).items():
        if wanted and not any(word in title for word in wanted):
            continue
        print(f"\n===== {title}")
        with tempfile.TemporaryDirectory() as place:
            copy = Path(place) / "my-site"
            shutil.copytree(folder, copy)
            walk = Walkthrough(copy, 7891)
            try:
                for block in blocks(chapter):
                    for command, _ in commands(block) if block.language == "console" else ():
                        try:
                            print(f"$ {command}\n{walk.run(command)[:3000]}")
                        except (AssertionError, OSError) as error:
                            print(f"FAILED {error}")
                    if block.language != "console":
                        walk.do(block)
            finally:
                walk.stop()
