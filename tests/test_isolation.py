"""The process that parses complex formats: its limits, and what happens after one is passed."""

from __future__ import annotations

import sys
from datetime import date

import pytest

from chatbot.content.isolation import PROGRAM, IsolatedReader
from chatbot.content.readers import parse
from chatbot.errors import ContentError
from tests.office_files import pdf

PAGE = b"<html><head><title>Pay</title><meta name=date content=2026-01-02></head><p>Pay follows skill.</p></html>"

MISBEHAVING = f"""
import os, sys, time
from chatbot.content import readers
def hang(path, data):
    while True:
        time.sleep(1)
def crash(path, data):
    os.abort()
def fill(path, data):
    return bytearray(8 << 30)
def fail(path, data):
    raise KeyError("no such thing")
def shout(path, data):
    print("noise")
    sys.stdout.flush()
    return readers._page(path, data)
def write(path, data):
    with open(data.decode(), "w") as file:
        file.write("planted")
readers.READERS.update({{f".{{one.__name__}}": one for one in (hang, crash, fill, fail, shout, write)}})
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
        assert reader.process_id is None
        reader.parse("a.html", PAGE, "x")
        first = reader.process_id
        reader.parse("b.html", PAGE, "x")
        with pytest.raises(ContentError, match="no PDF that can be read"):
            reader.parse("c.pdf", b"x", "x")
        assert reader.process_id == first


@pytest.fixture
def suffixes(monkeypatch: pytest.MonkeyPatch) -> None:
    from chatbot.content import readers

    for name in ("hang", "crash", "fill", "fail", "shout", "write"):
        monkeypatch.setitem(readers.READERS, f".{name}", readers.READERS[".html"])


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
