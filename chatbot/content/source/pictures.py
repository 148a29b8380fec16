"""Pictures and files written into a text as `data:` addresses: they go, what is said of them stays.

One photo is a megabyte of letters that are no language, so they go before anything measures or parses the text. Lines
stay where they are.
"""

from __future__ import annotations

import re

NOTHING = "data:,"
"""The address of a picture whose data is gone."""

_HEAD = re.compile(r"data:(?:[\w.+-]+/[\w.+-]+)?(?:;[\w.+-]+(?:=[\w.+-]+)?)*+,", re.IGNORECASE)
# A long value may be wrapped, as in mail; then each further line is nothing but data.
_BASE64 = re.compile(
    r"(?:[A-Za-z0-9+/=_-]|%[0-9A-Fa-f]{2}|\s*\n[ \t]*(?=[A-Za-z0-9+/]{20,}={0,2}[ \t]*(?:\n|\Z|[\"')>])"
    r"|[A-Za-z0-9+/]*={0,2}[\"')>]))*+"
)
_UNBROKEN = re.compile(r"[^\s()<>\"']*+")
_LEAST = 20
"""Characters of data; what is shorter is an example in prose."""

_DEFINITION = re.compile(r"^ {0,3}\[([^\[\]\n]{1,200})\]:[ \t]*<?data:,\n*>?[^\n]*$", re.MULTILINE)
_USE = re.compile(r"(!?)\[([^\[\]\n]{0,2000})\](?:\[([^\[\]\n]{0,200})\])?(?![\[(:])")
_INLINE = re.compile(r"(!?)\[([^\[\]\n]{0,2000})\]\(<?data:,(\n*)>?(?:\s*(?:\"[^\"\n]*\"|'[^'\n]*'))?\s*\)")
_IMAGE = re.compile(r"<img\b(?=[^<>]*\ssrc\s*=\s*[\"']?data:,)[^<>]*>", re.IGNORECASE)
_ALT = re.compile(r"""\salt\s*=\s*(?:"([^"<>]*)"|'([^'<>]*)')""", re.IGNORECASE)


def without_data(text: str) -> str:
    """The text with `data:,` for every address that holds its data itself."""
    kept, position = [], 0
    for head in _HEAD.finditer(text):
        if head.start() < position:
            continue
        end = _end(text, head)
        if end - head.end() >= _LEAST:
            kept += [text[position : head.start()], NOTHING, "\n" * text.count("\n", head.start(), end)]
            position = end
    return "".join([*kept, text[position:]])


def _end(text: str, head: re.Match[str]) -> int:
    quote = text[head.start() - 1 : head.start()]
    if quote in {'"', "'"} and (closing := text.find(quote, head.end())) >= 0:
        return closing
    payload = _BASE64 if ";base64" in head[0].lower() else _UNBROKEN
    return payload.match(text, head.end()).end()  # type: ignore[union-attr]  # it matches nothing, too


def without_pictures(text: str) -> str:
    """Markdown without such data: of a picture its alternative text is left, of a link its words."""
    text = without_data(text)
    if NOTHING not in text:
        return text
    defined = {one[1].casefold() for one in _DEFINITION.finditer(text)}
    text = _DEFINITION.sub(lambda match: "\n" * match[0].count("\n"), text)
    if defined:
        text = _USE.sub(lambda match: _shown(match, defined), text)
    text = _INLINE.sub(lambda match: _named(match[1], match[2]) + match[3], text)
    return _IMAGE.sub(_tag, text)


def _shown(use: re.Match[str], defined: set[str]) -> str:
    name = use[3] or use[2]
    return _named(use[1], use[2] if use[3] else "" if use[1] else use[2]) if name.casefold() in defined else use[0]


def _named(mark: str, words: str) -> str:
    return f"![{words}]()" if mark and words.strip() else words.strip()


def _tag(tag: re.Match[str]) -> str:
    alt = _ALT.search(tag[0])
    words = " ".join((alt[1] or alt[2] or "").split()) if alt else ""
    return _named("!", words.replace("[", "").replace("]", "")) + "\n" * tag[0].count("\n")
