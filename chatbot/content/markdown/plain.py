"""Raw Markdown to plain words: for counting words, for reading aloud, for titles and anchors.

Articles come from many systems, so the marks of their dialects (JSX, shortcodes, admonitions, attribute lists) are
known here too. Everything is regular expressions without nested repetition: linear in the length of the text.
"""

from __future__ import annotations

import html
import re
import unicodedata

# What is dropped with everything in it, as (opening, closing).
_DROPPED = (
    *(("<!--", "-->"), ("{{<", ">}}"), ("{{%", "%}}"), ("{%", "%}"), ("{/*", "*/}")),
    *(("<head>", "</head>"), ("<script", "</script>"), ("<style", "</style>"), ("<svg", "</svg>")),
)

_FENCE = re.compile(r"^[ \t>]*(?:`{3,}|~{3,}).*$", re.MULTILINE)
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_BREAKING_TAG = re.compile(
    r"(?<!\\)</?(?:br|p|div|li|ul|ol|td|th|tr|table|h[1-6]|hr|summary|details)\b[^<>]*>", re.IGNORECASE
)
_TAG = re.compile(r"(?<!\\)</?[A-Za-z][^<>]*>|<>|</>")
_TARGET = (
    r"\((?:<[^<>\n]{0,2000}>|(?:[^()\s]|\([^()\s]{0,500}\)){0,2000})(?:\s+(?:\"[^\"]{0,500}\"|'[^']{0,500}'))?\s*\)"
)
_IMAGE = re.compile(r"!\[((?:[^\[\]\\]|\\.){0,2000})\](?:" + _TARGET + r"|\[[^\[\]\n]{0,200}\])?")
_LINK = re.compile(r"\[((?:[^\[\]\\]|\\.|\[[^\[\]]{0,200}\]){0,2000})\](?:" + _TARGET + r"|\[[^\[\]\n]{0,200}\])")
_REFERENCE = re.compile(
    r"""^ {0,3}\[[^\[\]\n^][^\[\]\n]{0,200}\]:[ \t]*\S+[ \t]*(?:"[^"\n]*"|'[^'\n]*'|\([^)\n]*\))?[ \t]*$""",
    re.MULTILINE,
)
_FOOTNOTE = re.compile(r"\[\^[^\[\]\s]{1,50}\]:?")
_ATTRIBUTES = re.compile(r"(?<![ \t])[ \t]*+(?<!\\)\{(?:[:#.][^{}\n]{0,200})\}")
_ADMONITION = re.compile(
    r"^[ \t>]*:::+[ \t]*(?:\w[\w-]*)?|^[ \t>]*!!![ \t]+[\w-]+|^([ \t]*>[ \t]*)\[![A-Za-z]+\]", re.MULTILINE
)
_MODULE_LINE = re.compile(
    r"""^(?:(?:import\s+(?:[\w*{][^;'"\n]*\sfrom\s+)?['"][^'"\n]+['"]\s*;?[ \t]*)+$"""
    r"""|export\s+default\s+(?:function|class|\{|\w+;?[ \t]*$).*$"""
    r"""|export\s+(?:(?:const|let|var)\s+\w+\s*=|(?:function|class)\s+\w+\s*[({]).*$)""",
    re.MULTILINE,
)
_RULE = re.compile(r"^[ \t>]*+(?:[-=*_][ \t]*+)++$|^(?=[^\n]*-)[-:|+> \t]++$", re.MULTILINE)
_LINE_MARKS = re.compile(
    r"^(?:[ \t]*(?:>|[-*+](?=[ \t])|\d{1,9}[.)](?=[ \t])|#{1,6}(?=[ \t]|$)))+(?:[ \t]*\[[ xX]\](?=[ \t]))?",
    re.MULTILINE,
)
_CLOSING_HASHES = re.compile(r"(?<=\S)[ \t]+#+[ \t]*$", re.MULTILINE)
_EMPHASIS = re.compile(r"(?<![\\*])\*+(?=[^\s*])|(?<=[^\s\\*])\*+|(?<![\w\\])_+(?=[^\s_])|(?<=[^\s\\_])_+(?!\w)|~~+|`+")
_ESCAPE = re.compile(r"\\([!-/:-@\[-`{-~])")
_SPACES = re.compile(r"[^\S\n]+")


def plain(text: str) -> str:
    """Raw Markdown as plain words, one line for each line that has any.

    Links and images become their text, HTML tags, emphasis, list marks, table pipes and the marks of other dialects
    go. Never raises.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    text = _FENCE.sub("", _without_dropped(text))
    text = _MODULE_LINE.sub("", _AUTOLINK.sub(r"\1", text))
    text = _TAG.sub("", _BREAKING_TAG.sub(" ", text))
    text = _REFERENCE.sub("", _ADMONITION.sub(r"\1", text))
    text = _LINK.sub(r"\1", _IMAGE.sub(r"\1", text))
    text = _ATTRIBUTES.sub("", _FOOTNOTE.sub("", text))
    text = _CLOSING_HASHES.sub("", _LINE_MARKS.sub("", _RULE.sub("", text)))
    text = _EMPHASIS.sub("", re.sub(r"(?<!\\)\|", " ", text))
    text = html.unescape(_ESCAPE.sub(r"\1", text))
    lines = (_SPACES.sub(" ", line).strip() for line in text.split("\n"))
    return "\n".join(line for line in lines if line)


def has_prose(text: str) -> bool:
    """Whether anything is left to read once markup and images are gone."""
    return any(character.isalnum() for character in plain(_IMAGE.sub("", text)))


def slugify(heading: str) -> str:
    """The anchor of a heading as GitHub forms it: lower case, spaces to hyphens, other punctuation dropped."""
    words = unicodedata.normalize("NFC", heading).strip().lower()
    kept = "".join(c for c in words if c.isalnum() or c in " -_" or unicodedata.category(c).startswith("M"))
    return kept.replace(" ", "-") or "section"


def _without_dropped(text: str) -> str:
    for opening, closing in _DROPPED:
        text = _without(text, opening, closing)
    return text


def _without(text: str, opening: str, closing: str) -> str:
    if opening[:2] not in text and opening.upper() not in text.upper():
        return text
    lower = text.lower() if len(text.lower()) == len(text) else text
    kept, position = [], 0
    while (start := lower.find(opening, position)) >= 0 and (end := lower.find(closing, start)) >= 0:
        if lower[start - 1 : start] == "\\":  # these are words
            end = start
        kept.append(text[position : start if end > start else start + len(opening)])
        position = end + len(closing) if end > start else start + len(opening)
    return "".join(kept) + text[position:]
