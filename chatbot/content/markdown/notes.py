"""What writers of Markdown leave for one another, which no reader is shown: comments, edits that wait, speaker notes.

without_notes          one pass from the left: whatever opens first, code or note, holds what stands in it

Known are HTML comments, hidden and struck-through text, comments of Obsidian (`%%`), Liquid, Handlebars and Blade,
CriticMarkup, link definitions that lead nowhere (`[//]: # (...)`), speaker notes of Pandoc and reveal.js, and comments
of a Google document. Edits are taken as accepted. Lines stay where they are.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from chatbot.content.source.pictures import without_pictures

FENCE = re.compile(r"^[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(`{3,}(?=[^`\n]*$)|~{3,})", re.MULTILINE)
CODE = re.compile(r"(`+)(?!`)(?:[^`\n]|(?!\1(?!`))`){0,2000}\1(?!`)")

_OPENING = re.compile(
    FENCE.pattern.replace("(`{3", "(?P<fence>`{3") + r"|(?P<code>`+)"
    r"|(?P<comment><!--|\{\{!--|\{\{--|\{%-?[ \t]*comment[ \t]*-?%\})"
    r"|(?P<critic>\{(?:>>|--|\+\+|~~|==))"
    r"|(?<![%{\d\\])(?P<percent>%%)(?![%}])"
    r"|(?<![~\\{])(?P<struck>~~)(?![\s~])"
    r"|(?P<nowhere>^ {0,3}\[[^\[\]\n]{1,200}\]:[ \t]*(?:\#|<\#?>)[ \t]+"
    r"(?:\((?:[^()\n]|\\[()]|\([^()\n]*\)|\n(?![ \t]*\n))*\)|\"(?:[^\"\n]|\n(?![ \t]*\n))*\""
    r"|'(?:[^'\n]|\n(?![ \t]*\n))*')[ \t]*$)"
    r"|(?P<div>^[ \t>]*:{3,}[ \t]*(?:notes|\{[^{}\n]*\.(?:notes|content-hidden(?![^{}\n]*(?:when|unless)-))(?![\w-])"
    r"[^{}\n]*\})[ \t]*:*[ \t]*$)"
    r"|(?P<margin>^[ \t]*(?:<sup>)?(?:<a\b[^<>\n]*\#cmnt_ref\d|\[\\?\[\w{1,3}\\?\]\]\(\#cmnt_ref\d))"
    r"|(?P<mark>(?:<sup>)?(?:<a\b[^<>\n]*\#cmnt\d[^<>\n]*>[^<>\n]*</a>"
    r"|\[\\?\[\w{1,3}\\?\]\]\(\#cmnt\d+\)(?:\{[^{}\n]*\})?)(?:</sup>)?)"
    r"|<(?P<tag>[A-Za-z][\w-]*)(?=[\s/>])[^<>]{0,2000}>",
    re.MULTILINE,
)
_CLOSINGS = {"<!--": "-->", "{{!--": "--}}", "{{--": "--}}"}
_CRITIC = {"{>>": "<<}", "{--": "--}", "{++": "++}", "{~~": "~~}", "{==": "==}"}
_LIQUID_END = re.compile(r"\{%-?[ \t]*endcomment[ \t]*-?%\}")
_PERCENT_END = re.compile(r"(?<![%\\])%%(?!%)")
_STRUCK_END = re.compile(r"(?<![\s~\\])~~(?!~)")
_BLANK_LINE = re.compile(r"\n[ \t>]*(?=\n|\Z)")
_DIV = re.compile(r"^[ \t>]*:{3,}[ \t]*([^\s:][^\n]*)?", re.MULTILINE)

_UNSHOWN = frozenset(("template", "del", "s", "strike"))
_VOID = frozenset("area base br col embed hr img input link meta param source track wbr".split())
_HIDDEN = re.compile(
    r"""\shidden(?:\s*=\s*["'](?!until-found)|(?=[\s/>]))|\saria-hidden\s*=\s*["']?true"""
    r"""|\sstyle\s*=[^<>]*?(?:display\s*:\s*["']?none|visibility\s*:\s*["']?hidden)""",
    re.IGNORECASE,
)
_SPEAKER = re.compile(r"""\sclass\s*=\s*["'](?:[^"'<>]*\s)?notes[\s"']""", re.IGNORECASE)
_OPENED = re.compile(r"""(?:\#|\saria-controls\s*=\s*["']?)([\w.:-]+)""", re.IGNORECASE)
_ID = re.compile(r"""\sid\s*=\s*["']?([^\s"'<>]+)""", re.IGNORECASE)
_MOST_MISFITS = 100
_SIGNS = ("<", "{", "%%", "~~", ":::", "]: ", "#cmnt", "data:")


class _Stretch(NamedTuple):
    """`text[start:end]`, in whose place `shown` stands."""

    start: int
    end: int
    shown: str = ""


def without_notes(text: str) -> str:
    """The text that readers are meant to see; pictures written as data go too. Code is never touched."""
    if not any(sign in text for sign in _SIGNS):
        return text
    return _Scan(_outside_code(text) if "data:" in text else text).shown()


def _outside_code(text: str) -> str:
    kept, position = [], 0
    for start, end in _code(text):
        kept += [without_pictures(text[position:start]), text[start:end]]
        position = end
    return "".join([*kept, without_pictures(text[position:])])


def _code(text: str) -> Iterator[tuple[int, int]]:
    position = 0
    while opening := _CODE_OPENING.search(text, position):
        position = code_end(text, opening)
        yield opening.start(), position


_CODE_OPENING = re.compile(FENCE.pattern.replace("(`{3", "(?P<fence>`{3") + "|(?P<code>`+)", re.MULTILINE)


def code_end(text: str, opening: re.Match[str]) -> int:
    """Where the code ends that this match of a `fence` or of backticks opens."""
    fence = opening["fence"]
    if not fence:
        span = CODE.match(text, opening.start())
        return span.end() if span else opening.end()
    closing = re.compile(rf"^[ \t>]*{fence[0]}{{{len(fence)},}}[ \t>]*$", re.MULTILINE).search(text, opening.end())
    return closing.end() if closing else len(text)


class _Scan:
    def __init__(self, text: str) -> None:
        self.text = text
        # Thousands of marks that are never closed stay cheap: which are not, and from where to where a paragraph goes.
        self.unclosed: set[str] = set()
        self.dry: dict[re.Pattern[str], int] = {}
        self.misfits: Counter[str] = Counter()
        self.paragraph = (0, -1)

    def shown(self) -> str:
        kept, position, last = [], 0, ""
        for one in self._stretches():
            lines = self.text.count("\n", one.start, one.end) - one.shown.count("\n")
            between, instead = self.text[position : one.start], one.shown + "\n" * lines
            kept += [between, instead]
            position, last = one.end, (last + between + instead)[-1:]
            if not instead and last in {" ", ""} and self.text.startswith(" ", position):
                position += 1
        return "".join([*kept, self.text[position:]])

    @cached_property
    def opened(self) -> frozenset[str]:
        """The names that a link or a button of the text opens."""
        return frozenset(_OPENED.findall(self.text))

    def _stretches(self) -> Iterator[_Stretch]:
        position = 0
        while opening := _OPENING.search(self.text, position):
            if opening["fence"] or opening["code"]:
                position = code_end(self.text, opening)
                continue
            stretch = self._note(opening)
            if stretch:
                yield stretch
            position = stretch.end if stretch else opening.end()

    def _note(self, opening: re.Match[str]) -> _Stretch | None:
        start, kind = opening.start(), opening.lastgroup
        if kind == "margin":
            return _Stretch(start, self._paragraph_end(opening.end()))
        if kind == "div":
            return _Stretch(start, self._div_end(opening.end()))
        if kind in {"nowhere", "mark"}:
            return _Stretch(start, opening.end())
        read = {"comment": self._comment, "critic": self._edit, "tag": self._element}.get(kind or "", self._paired)
        return read(opening)

    def _comment(self, opening: re.Match[str]) -> _Stretch | None:
        mark = opening["comment"]
        if mark == "<!--" and (empty := re.compile("-?>").match(self.text, opening.end())):
            return _Stretch(opening.start(), empty.end())
        if mark.startswith("{%"):
            end = self._search(_LIQUID_END, opening.end(), len(self.text))
        else:
            end = self._find(_CLOSINGS[mark], opening.end())
        if end < 0 and mark == "<!--" and self._begins_a_line(opening.start()):
            end = len(self.text)  # as every reader of Markdown takes it
        return _Stretch(opening.start(), end) if end >= 0 else None

    def _edit(self, opening: re.Match[str]) -> _Stretch | None:
        closing = _CRITIC[opening["critic"]]
        end = self._find(closing, opening.end())
        inside = self.text[opening.end() : end - len(closing)] if end >= 0 else ""
        if end < 0:
            return None
        if closing != "<<}" and not _is_balanced(inside):
            self._misfit(closing)
            return None
        if closing == "~~}":
            _, arrow, inside = inside.partition("~>")
            if not arrow:
                return None
        shown = "" if closing in {"<<}", "--}"} else _Scan(inside).shown()
        return _Stretch(opening.start(), end, shown)

    def _element(self, opening: re.Match[str]) -> _Stretch | None:
        name, whole = opening["tag"].lower(), opening[0]
        if name in _VOID or whole.endswith("/>"):
            return None
        named = _ID.search(whole)
        hidden = bool(_HIDDEN.search(whole)) and not (named and named[1] in self.opened)
        if not (hidden or name in _UNSHOWN or (name == "aside" and _SPEAKER.search(whole))):
            return None
        end = self._element_end(name, opening.end())
        return _Stretch(opening.start(), end) if end >= 0 else None

    def _element_end(self, name: str, position: int) -> int:
        if name in self.unclosed:  # not every one of them is closed, so that the first end counts
            return self._search(re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE), position, len(self.text))
        depth = 1
        for tag in re.compile(rf"<(/?){re.escape(name)}(?=[\s/>])", re.IGNORECASE).finditer(self.text, position):
            depth += -1 if tag[1] else 1
            if not depth:
                return self.text.find(">", tag.end()) + 1 or -1
        self.unclosed.add(name)
        return self._element_end(name, position)

    def _paired(self, opening: re.Match[str]) -> _Stretch | None:
        """A comment of Obsidian, which is a block of its own at the start of a line, or what is struck through."""
        closing = _STRUCK_END if opening["struck"] else _PERCENT_END
        block = bool(opening["percent"]) and self._begins_a_line(opening.start())
        limit = len(self.text) if block else self._paragraph_end(opening.end())
        end = self._search(closing, opening.end(), limit)
        return _Stretch(opening.start(), end) if end >= 0 else None

    def _div_end(self, position: int) -> int:
        depth = 1
        for fence in _DIV.finditer(self.text, position):
            depth += 1 if fence[1] else -1
            if not depth:
                return fence.end()
        return len(self.text)

    def _begins_a_line(self, position: int) -> bool:
        return not self.text[self.text.rfind("\n", 0, position) + 1 : position].strip(" \t>")

    def _paragraph_end(self, position: int) -> int:
        first, last = self.paragraph
        if not first <= position <= last:
            blank = _BLANK_LINE.search(self.text, position)
            self.paragraph = (position, blank.start() if blank else len(self.text))
        return self.paragraph[1]

    def _misfit(self, closing: str) -> None:
        self.misfits[closing] += 1
        if self.misfits[closing] > _MOST_MISFITS:
            self.unclosed.add(closing)

    def _find(self, closing: str, position: int) -> int:
        found = -1 if closing in self.unclosed else self.text.find(closing, position)
        if found < 0:
            self.unclosed.add(closing)
        return found + len(closing) if found >= 0 else -1

    def _search(self, closing: re.Pattern[str], position: int, limit: int) -> int:
        if position < self.dry.get(closing, 0):
            return -1
        found = closing.search(self.text, position, limit)
        if not found:
            self.dry[closing] = limit
        return found.end() if found else -1


def _is_balanced(text: str) -> bool:
    """Whether no brace is closed that was not opened: `{++i} and {i++}` is no insertion."""
    depth = 0
    for sign in re.findall("[{}]", text):
        depth += 1 if sign == "{" else -1
        if depth < 0:
            return False
    return True
