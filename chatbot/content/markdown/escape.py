"""Plain text as Markdown: what would be read as a mark is escaped."""

from __future__ import annotations

import re

UNSEEN = re.compile("[\u00ad\u200b\ufeff\u2060]")
"""Characters that are not seen and mean nothing: soft hyphens, and others that say where a line may end."""
_SPACES = re.compile(r"[^\S\n]+")
_MARKUP = re.compile(
    r"[\\`]|\*(?=\S)|(?<=\S)\*|(?<!\w)_(?=\S)|(?<=\S)_(?!\w)|<(?=[A-Za-z/!?])|&(?=#?\w+;)|~(?=~)|(?<=\])\("
)
_LINE_START = re.compile(r"^(?:(#{1,6}|[-+>])(?=\s|$)|(>|[-=]{2,}$|:::|\+\+\+$)|(\d{1,9})([.)])(?=\s|$))", re.MULTILINE)


def escaped_start(text: str) -> str:
    """The text without a line that begins as a heading, a list item, a quote or a rule would."""
    return _LINE_START.sub(_quoted_start, text)


def escaped(text: str) -> str:
    """Plain text as Markdown, on one line."""
    text = _SPACES.sub(" ", UNSEEN.sub("", text).replace("\n", " ").replace("\r", " "))
    return _MARKUP.sub(lambda match: f"\\{match[0]}", text)


def code_span(text: str) -> str:
    """The text as code, between as many backticks as it takes."""
    text = " ".join(text.split())
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
    space = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{fence}{space}{text}{space}{fence}"


def _quoted_start(match: re.Match[str]) -> str:
    return f"{match[3]}\\{match[4]}" if match[3] else f"\\{match[0]}"
