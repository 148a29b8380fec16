"""The process that parses complex formats: its limits, and what happens after one is passed."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
from datetime import date
from pathlib import Path

import pytest

from chatbot.content import sandbox
from chatbot.content.readers.registry import parse
from chatbot.content.sandbox import PROGRAM, IsolatedReader
from chatbot.errors import ChatbotError, ContentError
from tests.support.office_files import pdf
from tests.support.waiting import eventually

PAGE = b"<html><head><title>Pay</title><meta name=date content=2026-01-02></head><p>Pay follows skill.</p></html>"

MISBEHAVING = f"""
import os, sys, time
from chatbot.content.readers.registry import READERS
def hang(path, data):
    os.chdir("/proc")
    while True:
        time.sleep(60)
def crash(path, data):
    os.abort()
def fill(path, data):
    return bytearray(8 << 30)
def fail(path, data):
    raise KeyError("no such thing")
def shout(path, data):
    print("noise")
    sys.stdout.flush()
    return READERS[".html"](path, data)
def write(path, data):
    with open(data.decode(), "w") as file:
        file.write("planted")
def secrets(path, data):
    raise ValueError(os.environ.get("CHATBOT_EDIT__PASSWORD"), sorted(os.listdir("/proc/self/fd")))
READERS.update({{f".{{one.__name__}}": one for one in (hang, crash, fill, fail, shout, write, secrets)}})
{PROGRAM}
"""


def test_a_file_is_the_same_article_as_without_a_process() -> None:
    data = pdf([[(700, 20, "Pay"), (650, 10, "Pay follows skill.")]], "/CreationDate (D:20250203)")
    with IsolatedReader(120, 1024) as reader:
        assert reader.parse("a.pdf", data, "x") == parse("a.pdf", data, "x")
        found = reader.parse("a.html", PAGE, "x")
    assert found == parse("a.html", PAGE, "x")
    assert found.articles[0].published == date(2026, 1, 2)


def test_one_process_reads_many_files_and_markdown_needs_none() -> None:
    with IsolatedReader(120, 1024) as reader:
        assert reader.parse("a.md", b"Pay follows skill.", "x").articles[0].text == "Pay follows skill."
        assert reader._process is None
        reader.parse("a.html", PAGE, "x")
        first = reader._process
        reader.parse("b.html", PAGE, "x")
        with pytest.raises(ContentError, match="no PDF that can be read"):
            reader.parse("c.pdf", b"x", "x")
        assert reader._process is first


@pytest.fixture
def suffixes(monkeypatch: pytest.MonkeyPatch) -> None:
    from chatbot.content.readers import registry

    for name in ("hang", "crash", "fill", "fail", "shout", "write", "secrets"):
        monkeypatch.setitem(registry.READERS, f".{name}", registry.READERS[".html"])


def reason(reader: IsolatedReader, path: str, data: bytes = PAGE) -> str:
    with pytest.raises(ContentError) as caught:
        reader.parse(path, data, "x")
    assert caught.value.path == path
    return caught.value.reason


@pytest.mark.usefixtures("suffixes")
def test_a_reader_that_hangs_is_ended_and_the_next_file_is_read() -> None:
    with IsolatedReader(1, 1024, program=MISBEHAVING) as reader:
        assert reason(reader, "a.hang").startswith("takes longer to read than max_seconds_per_file (1)")
    with IsolatedReader(120, 1024, program=MISBEHAVING) as reader:
        assert "made its reader fail" in reason(reader, "a.crash")
        assert reader.parse("a.html", PAGE, "x").articles[0].title == "Pay"


class AtTheLastMoment(threading.Timer):
    """Goes off when it is called off."""

    def cancel(self) -> None:
        self.function()
        super().cancel()


def test_no_file_is_blamed_for_what_ended_the_process_before_it(monkeypatch: pytest.MonkeyPatch) -> None:
    with IsolatedReader(120, 1024) as reader:
        reader.parse("a.html", PAGE, "x")
        with monkeypatch.context() as late:
            late.setattr(threading, "Timer", AtTheLastMoment)
            assert reader.parse("b.html", PAGE, "x").articles  # it was read all the same
        assert reader.parse("c.html", PAGE, "x").articles
        assert reader._process
        reader._process.kill()
        reader._process.wait()
        assert reader.parse("d.html", PAGE, "x").articles


@pytest.mark.parametrize(("program", "code"), [("raise SystemExit(3)", "3"), ("import time; time.sleep(600)", "-9")])
def test_no_file_is_blamed_where_the_process_does_not_start(
    program: str, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sandbox, "_STARTING", 1.0)
    with IsolatedReader(120, 1024, program=program) as reader:
        with pytest.raises(ChatbotError, match=rf"cannot be started \(exit code {code}\)") as caught:
            reader.parse("a.html", PAGE, "x")
        assert not isinstance(caught.value, ContentError)


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux limits the address space")
@pytest.mark.usefixtures("suffixes")
def test_a_reader_that_eats_memory_is_ended_and_the_next_file_is_read() -> None:
    with IsolatedReader(120, 1024, program=MISBEHAVING) as reader:
        assert reason(reader, "a.fill") == "needs more memory than max_memory_mb to be read; split it, or raise that"
        assert reader.parse("a.html", PAGE, "x").articles[0].title == "Pay"


@pytest.mark.usefixtures("suffixes")
def test_a_reader_that_fails_or_prints_harms_nothing() -> None:
    with IsolatedReader(120, 1024, program=MISBEHAVING) as reader:
        assert "KeyError('no such thing')" in reason(reader, "a.fail")
        assert reader.parse("a.shout", PAGE, "x").articles[0].title == "Pay"


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no limit on the size of files")
@pytest.mark.usefixtures("suffixes")
def test_a_reader_cannot_write_files(tmp_path: object) -> None:
    target = f"{tmp_path}/planted.txt"
    with IsolatedReader(120, 1024, program=MISBEHAVING) as reader:
        assert "File too large" in reason(reader, "a.write", target.encode())


ORPHAN = f"""
from chatbot.content.readers.registry import READERS
from chatbot.content.sandbox import IsolatedReader
READERS[".hang"] = READERS[".html"]
with IsolatedReader(3, 1024, program={MISBEHAVING!r}) as reader:
    reader.parse("a.html", {PAGE!r}, "x")
    print(reader._process.pid, flush=True)
    reader.parse(input(), b"", "x")
"""


def is_running(process_id: int) -> bool:
    stat = Path(f"/proc/{process_id}/stat")
    return stat.exists() and stat.read_text().rpartition(")")[2].split()[0] != "Z"


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.parametrize("busy", [False, True])
def test_a_process_whose_build_is_killed_ends_itself(busy: bool) -> None:
    with subprocess.Popen([sys.executable, "-c", ORPHAN], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as parent:
        assert parent.stdin
        assert parent.stdout
        process_id = int(parent.stdout.readline())
        if busy:
            parent.stdin.write(b"a.hang\n")
            parent.stdin.flush()
            eventually(lambda: Path(f"/proc/{process_id}/cwd").readlink() == Path("/proc"))
        assert is_running(process_id)
        parent.kill()
    eventually(lambda: not is_running(process_id))


@pytest.mark.skipif(sys.platform != "linux", reason="processes are looked up in /proc")
@pytest.mark.usefixtures("suffixes")
def test_nothing_is_handed_to_the_process_and_nothing_left_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CHATBOT_EDIT__PASSWORD", "secret")
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setenv("HOME", "/nonexistent")
    with socket.create_server(("127.0.0.1", 0)) as server, IsolatedReader(120, 1024, program=MISBEHAVING) as reader:
        server.set_inheritable(True)
        # Its pipes, what they replaced, and the folder that is being listed.
        assert reason(reader, "a.secrets").startswith("cannot be read: ValueError(None, ['0', '1', '2', '3', '4'])")
        for path, data in (("a.html", PAGE), ("b.pdf", pdf([[(700, 10, "Pay follows skill.")]]))):
            assert reader.parse(path, data, "x").articles
        process = reader._process
        assert process
    assert not Path(f"/proc/{process.pid}").exists()
    assert list(tmp_path.iterdir()) == []


def test_the_process_takes_no_modules_from_the_folder_it_is_started_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "lxml.py").write_text("import sys; sys.exit(1)")
    (tmp_path / "json.py").write_text("import sys; sys.exit(1)")
    monkeypatch.chdir(tmp_path)
    with IsolatedReader(120, 1024) as reader:
        assert reader.parse("a.html", PAGE, "x").articles[0].title == "Pay"
