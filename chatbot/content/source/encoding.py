"""The bytes of a file as text, whatever encoding they are in; what is not certain is refused rather than guessed."""

from __future__ import annotations

import codecs
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from charset_normalizer import CharsetMatch, from_bytes

from chatbot.errors import ContentError

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_CHARSET = re.compile(
    rb"""<meta[^>]{0,200}?charset\s*=\s*["']?\s*([\w:.-]{2,40})|<\?xml[^>]{0,100}encoding=["']([\w:.-]{2,40})""", re.I
)
_HEAD_BYTES = 4096
_SINGLE_BYTE = """cp1250 cp1251 cp1252 cp1253 cp1254 cp1255 cp1256 cp1257 cp1258 cp874 iso8859_2 iso8859_5 iso8859_7
iso8859_9 iso8859_15 koi8_r koi8_u mac_roman""".split()
_EAST_ASIAN = "gb18030 big5 big5hkscs euc_jp cp932 cp949 iso2022_jp".split()
_WIDE = ["utf_16_le", "utf_16_be"]
# Pages that say "latin-1" are read as Windows' superset of it, by every browser (WHATWG Encoding, names and labels).
_AS_BROWSERS_READ = {
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "shift_jis": "cp932",
    "gb2312": "gb18030",
    "gbk": "gb18030",
}
_NAMES = frozenset("utf-8 utf-16 utf-16-le utf-16-be utf-32 cp1252 gb18030 big5 euc_jp cp932 cp949 euc_kr".split())

_RIVAL_COHERENCE = 0.02
_RIVAL_CHAOS = 0.05
_LEAST_EAST_ASIAN = 0.3


@dataclass(frozen=True, slots=True)
class Decoded:
    """A text with the line ends of its file, and what its bytes were read as.

    `encoding` names a codec of Python that writes no byte order mark; `mark` is the one that the file has, or empty.
    """

    text: str
    encoding: str
    mark: bytes = b""


def decode(path: str, data: bytes, declared: str | None = None) -> str:
    """The text in `data` with newlines as line ends; see `decode_whole`, which also says what it raises."""
    return with_newlines(decode_whole(path, data, declared).text)


def decode_whole(path: str, data: bytes, declared: str | None = None) -> Decoded:
    """The text in `data` and its encoding.

    A byte order mark decides, then UTF-8 where it fits, then the encoding that the file has `declared`, then the one
    that its letters speak for. Raises ContentError with line and column where no encoding is certain or a NUL is left.
    """
    whole = _decoded(path, data, declared)
    if "\0" in whole.text:
        above = with_newlines(whole.text[: whole.text.index("\0")])
        raise ContentError(path, "is binary: it holds NUL bytes; export it as text", above.count("\n") + 1)
    return whole


def with_newlines(text: str) -> str:
    """The text with newlines as line ends."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def declared_charset(data: bytes) -> str | None:
    """The encoding that the head of a page names."""
    place = declared_place(data)
    return data[place].decode() if place else None


def declared_place(data: bytes) -> slice | None:
    """Where in a page its encoding is named."""
    named = _CHARSET.search(data[:_HEAD_BYTES])
    return slice(*(named.span(1) if named[1] else named.span(2))) if named else None


def codec_of(name: str) -> str | None:
    """The codec by which an encoding that a file declares is read, None where it is not one that is."""
    try:
        encoding = codecs.lookup(name).name
    except LookupError:
        return None
    encoding = _AS_BROWSERS_READ.get(encoding, encoding)
    known = encoding.replace("-", "_") in {*_SINGLE_BYTE, *_EAST_ASIAN} or encoding in _NAMES
    return encoding if known else None


def _decoded(path: str, data: bytes, declared: str | None) -> Decoded:
    mark, marked = next(((mark, codec) for mark, codec in _MARKS if data.startswith(mark)), (b"", None))
    if not marked and b"\0" in data and (wide := _detected(data)) is not None:
        return wide
    try:
        if marked or b"\x1b$" not in data:  # Japanese mail and old pages are plain bytes with escapes
            return Decoded(data[len(mark) :].decode(marked or "utf-8"), marked or "utf-8", mark)
        problem = UnicodeDecodeError("utf-8", data, data.index(b"\x1b$"), data.index(b"\x1b$") + 1, "escape")
    except UnicodeDecodeError as error:
        error.start += len(mark)
        problem = error
    if not marked:
        read = _declared(data, declared) if declared else _detected(data)
        if read is not None:
            return read
    raise _refused(path, data, problem, marked, declared)


def _declared(data: bytes, name: str) -> Decoded | None:
    codec = codec_of(name)
    if codec is None:
        return _detected(data)
    try:
        return Decoded(data.decode(codec), codec)
    except UnicodeDecodeError:
        return None


def _detected(data: bytes) -> Decoded | None:
    if len(data) % 2 if b"\0" in data else _is_broken_utf8(data):
        return None
    encodings = _WIDE if b"\0" in data else [*_SINGLE_BYTE, *_EAST_ASIAN]
    matches = list(from_bytes(data, cp_isolation=encodings))
    if not matches:
        return None
    best, text = matches[0], str(matches[0])
    if not _is_sound(best, text) or _rivals(best, text, matches[1:]):
        return None
    # Where several give this text, the one that most files are in holds what is added to it best.
    western = best.encoding in _SINGLE_BYTE and data.decode("cp1252", "replace") == text
    return Decoded(text, "cp1252" if western else best.encoding)


def _is_broken_utf8(data: bytes) -> bool:
    """Whether bytes that are no UTF-8 hold at least as many characters of it, beyond ASCII, as bytes that are none.

    Letters of other encodings hardly ever stand beside each other as the bytes of one character of UTF-8 do.
    """
    read = data.decode("utf-8", "surrogateescape")
    stray = sum("\udc80" <= char <= "\udcff" for char in read)
    return 0 < stray <= sum(char > "\x7f" for char in read) - stray


def _is_sound(match: CharsetMatch, text: str) -> bool:
    if match.encoding in _SINGLE_BYTE:
        return True
    letters = [c for c in text if c.isalpha()]
    if match.encoding in _WIDE:
        return bool(letters) and all(c.isprintable() or c.isspace() for c in text)
    return sum(map(_is_east_asian, letters)) >= _LEAST_EAST_ASIAN * len(letters) > 0


def _rivals(best: CharsetMatch, text: str, others: Sequence[CharsetMatch]) -> bool:
    """Whether another encoding is as likely and gives another text."""
    return any(
        other.coherence >= best.coherence - _RIVAL_COHERENCE
        and other.chaos <= best.chaos + _RIVAL_CHAOS
        and str(other) != text
        and _is_sound(other, str(other))
        for other in others
    )


def _is_east_asian(character: str) -> bool:
    return unicodedata.east_asian_width(character) in {"W", "F"}


def _refused(
    path: str, data: bytes, problem: UnicodeDecodeError, marked: str | None, declared: str | None
) -> ContentError:
    line = data.count(b"\n", 0, problem.start) + 1
    column = problem.start - (data.rfind(b"\n", 0, problem.start) + 1) + 1
    name = re.sub("-[lb]e$", "", marked or declared or "utf-8").upper()
    place = f"byte {data[problem.start]:#04x} in column {column}" if problem.start < len(data) else "its end"
    unsure = "" if marked or declared else " and no other encoding is certain"
    shown = re.sub(r"[^\w.-]", "?", name)[:40]
    return ContentError(path, f"{place} is not {shown}{unsure}; save the file as UTF-8", line)
