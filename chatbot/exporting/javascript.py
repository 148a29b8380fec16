"""Regular expressions of Python as those of JavaScript that match the very same texts.

Python's classes hold all of Unicode, those of JavaScript mostly ASCII: each is written out. Two differences are left: a
browser knows newer letters than Python does, and where case does not matter U+0345, a Greek accent, is a letter to it.
"""

from __future__ import annotations

import re

_WORD = r"\p{L}\p{N}_"
_CLASSES = {"w": _WORD, "d": r"\p{Nd}", "s": r"\p{White_Space}\x1c-\x1f"}
_EDGES = {
    "b": f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))",
    "B": f"(?:(?<=[{_WORD}])(?=[{_WORD}])|(?<![{_WORD}])(?![{_WORD}]))",
    "A": "^",
    "Z": "$",
}
_PIECE = re.compile(
    r"""
      \\(?P<escaped>.)
    | (?P<class>\[\^?\]?(?:\\.|[^\]\\])*\])
    | \(\?P<(?P<name>\w+)>
    | (?P<group>\((?:\?(?:[:=!]|<[=!]))?(?!\?))
    | (?P<times>(?:[*+?]|\{\d*,?\d*\})\??(?!\+))
    | (?P<plain>[^\\\[({*+?])
    """,
    re.VERBOSE | re.DOTALL,
)
_MEMBER = re.compile(r"\\(?P<escaped>.)|(?P<plain>[^\\])", re.DOTALL)
_SYNTAX = frozenset("^$\\.*+?()[]{}|/")
_OUTSIDE = "\0"  # stands for what is no letter, digit or underscore among the members of a class
_LIKE_I = "iıİ"  # one letter to Python where case does not matter, and three to JavaScript


def javascript(pattern: re.Pattern[str]) -> dict[str, str]:
    """The source and the flags of the expression in JavaScript.

    Raises ValueError for what is not turned: references to groups, possessive ones, inline flags, conditions,
    MULTILINE, ASCII.
    """
    refused = pattern.flags & ~(re.UNICODE | re.IGNORECASE | re.VERBOSE | re.DOTALL)
    if refused:
        raise ValueError(f"the flags {re.RegexFlag(refused)!r} of {pattern.pattern!r} have no counterpart")
    source, place = "", 0
    text = pattern.pattern
    while place < len(text):
        if pattern.flags & re.VERBOSE and (idle := re.compile(r"\s+|#[^\n]*").match(text, place)):
            place = idle.end()
            continue
        piece = _PIECE.match(text, place)
        if not piece or piece["times"] == "{}":
            raise ValueError(f"{text[place : place + 12]!r} in {text!r} has no counterpart")
        source += _turned(piece, pattern.flags)
        place = piece.end()
    return {"source": source, "flags": "iu" if pattern.flags & re.IGNORECASE else "u"}


def _turned(piece: re.Match[str], flags: int) -> str:
    text = str(piece[piece.lastgroup or 0])
    turned = {
        "escaped": lambda: _escaped(text, flags),
        "class": lambda: _class(text, flags),
        "name": lambda: f"(?<{text}>",
        "times": lambda: text.replace("{,", "{0,"),
        "plain": lambda: _plain(text, flags),
    }
    return turned.get(str(piece.lastgroup), lambda: text)()


def _escaped(char: str, flags: int) -> str:
    if char in _EDGES:
        return _EDGES[char]
    if char.lower() in _CLASSES:
        return f"[{'^' if char.isupper() else ''}{_CLASSES[char.lower()]}]"
    if char in "nrtfv":
        return f"\\{char}"
    if char.isalnum():
        raise ValueError(f"\\{char} has no counterpart")
    return _plain(char, flags) if char not in _SYNTAX else f"\\{char}"


def _plain(char: str, flags: int) -> str:
    if char == ".":
        return r"[^]" if flags & re.DOTALL else r"[^\n]"
    if char == "$":
        return r"(?=\n?$)"
    if char in "]}":
        return f"\\{char}"
    return f"[{_LIKE_I}]" if char in _LIKE_I and flags & re.IGNORECASE else char


def _class(text: str, flags: int) -> str:
    negated = text.startswith("[^")
    members = "".join(
        _member(member["escaped"], member[0], text) for member in _MEMBER.finditer(text[1 + negated : -1])
    )
    if flags & re.IGNORECASE and _WORD not in members and bool(re.match(text, "i", re.IGNORECASE)) != negated:
        members += _LIKE_I
    mark = "^" if negated else ""
    if _OUTSIDE not in members:
        return f"[{mark}{members}]"
    members = members.replace(_OUTSIDE, "")
    if negated:
        return f"(?:(?![{members}])[{_WORD}])" if members else f"[{_WORD}]"
    return f"(?:[{members}]|[^{_WORD}])"


def _member(escaped: str | None, written: str, text: str) -> str:
    if not escaped:
        return f"\\{written}" if written in "[]" else written
    if escaped == "W":
        return _OUTSIDE
    if escaped in _CLASSES:
        return _CLASSES[escaped]
    if escaped.isalnum() and escaped not in "nrtfv":
        raise ValueError(f"{written} in {text} has no counterpart")
    return written if escaped.isalpha() or escaped in _SYNTAX or escaped == "-" else escaped
