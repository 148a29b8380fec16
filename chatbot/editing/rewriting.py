"""A file of text that an editor changed: its bytes as they were, but for the change."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import zip_longest
from pathlib import PurePosixPath

from chatbot.content.markdown.deep_links import MARKDOWN
from chatbot.content.source.encoding import (
    Decoded,
    codec_of,
    declared_charset,
    declared_place,
    decode_whole,
    with_newlines,
)
from chatbot.errors import ContentError, EditRefused

PAGES = (".html", ".htm", ".xhtml")
TEXT = (*MARKDOWN, *PAGES)
"""Suffixes of files that can be edited as text."""
_LINE = re.compile(r"[^\r\n]*(?:\r\n|[\r\n])|[^\r\n]+")
_LINE_OF_BYTES = re.compile(_LINE.pattern.encode())


@dataclass(frozen=True, slots=True)
class Rewritten:
    """The bytes of a file with another text, and the encodings that it was in and is in now."""

    data: bytes
    before: str
    now: str


def read_text(path: str, data: bytes) -> str:
    """The text of a file as its reader reads it, with newlines as line ends. Raises ContentError."""
    return with_newlines(_decoded(path, data).text)


def rewrite(path: str, data: bytes, text: str) -> Rewritten:
    """The file in `data` with another text.

    Encoding, byte order mark and line ends stay, and so do the bytes of every line that was not changed. Where the
    text does not fit in the encoding, or would not be read in it again, the file becomes UTF-8; a page then declares
    that. Raises ContentError where `data` cannot be read, EditRefused where no encoding holds the text.
    """
    old, text = _decoded(path, data), with_newlines(text)
    if text == with_newlines(old.text):
        return Rewritten(data, old.encoding, old.encoding)
    for encoding, mark, wanted in _choices(path, data, old, text):
        try:
            # A kept "\r" before a new "\n" would be one line end: then all lines end alike.
            alike = wanted.replace("\n", _line_end(old)).encode(encoding)
            for body in (b"".join(_lines(data, old, encoding, wanted)), alike):
                if read_text(path, mark + body) == wanted:
                    return Rewritten(mark + body, old.encoding, encoding)
        except (UnicodeEncodeError, ContentError):
            continue
    place = next((place for place, character in enumerate(text) if _is_no_text(character)), 0)
    line = text.count("\n", 0, place) + 1
    raise EditRefused(path, f"line {line} holds {text[place]!a}, which is no text; take it out and save again")


def _decoded(path: str, data: bytes) -> Decoded:
    return decode_whole(path, data, declared_charset(data) if _is_page(path) else None)


def _is_page(path: str) -> bool:
    return PurePosixPath(path).suffix.lower() in PAGES


def _is_no_text(character: str) -> bool:
    return character in "\0\x1b" or "\ud800" <= character <= "\udfff"


def _choices(path: str, data: bytes, old: Decoded, text: str) -> Iterator[tuple[str, bytes, str]]:
    """Encodings with byte order mark and text: what the page declares now, what the file is in, UTF-8."""
    typed = text.encode("utf-8", "replace")
    declared = declared_charset(typed) if _is_page(path) and not old.mark else None
    if declared and declared != declared_charset(data) and (codec := codec_of(declared)):
        yield codec, b"", text
    yield old.encoding, old.mark, text
    place = declared_place(typed) if declared else None
    yield "utf-8", b"", (typed[: place.start] + b"utf-8" + typed[place.stop :]).decode() if place else text


def _lines(data: bytes, old: Decoded, encoding: str, text: str) -> Iterator[bytes]:
    """The lines of the text as bytes: as they are in the file, where they stand there."""
    there = _LINE.findall(old.text)
    kept = _pieces(data[len(old.mark) :], there, old.encoding) if encoding == old.encoding else None
    kept = kept or [line.encode(encoding) for line in there]
    ends, end = _ends(there), _line_end(old)
    lines = _LINE.findall(text)
    matcher = SequenceMatcher(None, [with_newlines(line) for line in there], lines)
    for tag, first, last, start, stop in matcher.get_opcodes():
        if tag == "equal":
            yield from kept[first:last]
            continue
        for line, own in zip_longest(lines[start:stop], ends[first:last][: stop - start], fillvalue=""):
            yield line.replace("\n", own or end).encode(encoding)


def _ends(lines: list[str]) -> list[str]:
    return [line[len(line.rstrip("\r\n")) :] for line in lines]


def _line_end(old: Decoded) -> str:
    """How most lines of a text end."""
    common = Counter(filter(None, _ends(_LINE.findall(old.text)))).most_common(1)
    return common[0][0] if common else "\n"


def _pieces(data: bytes, lines: list[str], encoding: str) -> list[bytes] | None:
    """The bytes of each line. Some encodings write one text in several ways; None where their lines cannot be told."""
    written = [line.encode(encoding) for line in lines]
    if b"".join(written) == data:
        return written
    found: list[bytes] = _LINE_OF_BYTES.findall(data)
    try:
        return found if [line.decode(encoding) for line in found] == lines else None
    except UnicodeDecodeError:
        return None
