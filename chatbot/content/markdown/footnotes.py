"""Footnotes of Markdown (`[^1]`, `^[inline]`) as words: a short note in parentheses where it is referred to.

Whoever sees a passage alone sees the note with the sentence it belongs to. Lines stay where they are.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

LONGEST_NOTE = 300
"""Characters of a note that is put into a sentence; a longer one, or one of several paragraphs, stays at its place."""

_DEFINITION = re.compile(r" {0,3}\[\^([^\[\]\s]{1,50})\]:[ \t]*")
_BLOCK_START = re.compile(r"[ \t]*(?:#{1,6}[ \t]|[-*+>|][ \t]|\d{1,9}[.)][ \t]|$)")
_INDENTED = re.compile(r"(?: {4}|\t)(?=\S)")
_MARKS = re.compile(
    r"(?P<code>(?P<ticks>`+)(?!`)(?:[^`\n]|(?!(?P=ticks)(?!`))`){0,2000}(?P=ticks)(?!`))"
    r"|(?P<before>[ \t]{0,9})(?P<stop>[.,;:!?…]{0,3})(?<!\\)"
    r"(?:(?P<marks>(?:\[\^[^\[\]\s]{1,50}\])+)(?![(\[])"
    r"|\^\[(?P<inline>(?:[^\[\]\n]|\n(?![ \t]*\n)|\[[^\[\]\n]{0,200}\]){1,500})\](?!\())"
)
_PIPE, _ESCAPED_PIPE = re.compile(r"(?<!\\)\|"), r"\\|"
_LABEL_OR_CODE = re.compile(r"(`[^`]*`)|\[\^[^\[\]]+\]")
_LABEL = re.compile(r"\[\^([^\[\]]+)\]")


def without_footnotes(stretches: Iterable[tuple[bool, str]]) -> str:
    """The text with its notes as words, from stretches that are each code, which is left alone, or not."""
    kept = list(stretches)
    notes = _Notes()
    for code, stretch in kept:
        if not code:
            notes.collect(stretch)
    texts = [stretch if code else notes.told(stretch) for code, stretch in kept]
    return "".join(text if code else notes.placed(text) for (code, _), text in zip(kept, texts, strict=True))


@dataclass(slots=True)
class _Notes:
    """The notes of a text by their labels, lower case; `told_of` are those that a sentence has now."""

    short: dict[str, str] = field(default_factory=dict)
    known: set[str] = field(default_factory=set)
    told_of: set[str] = field(default_factory=set)

    def collect(self, text: str) -> None:
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if match := _DEFINITION.match(line):
                end = _end(lines, at)
                label, note = match[1].lower(), " ".join([line[match.end() :], *lines[at + 1 : end]])
                self.known.add(label)
                note = " ".join(_LABEL_OR_CODE.sub(r"\1", note).split())
                if 0 < len(note) <= LONGEST_NOTE and not _goes_on(lines, end):
                    self.short.setdefault(label, _told(note))

    def told(self, text: str) -> str:
        """The text with its marks replaced; definitions stay."""

        def replaced(match: re.Match[str]) -> str:
            first = text.rfind("\n", 0, match.start()) + 1
            line = text[first : text.find("\n", match.end()) % (len(text) + 1)]
            if match["code"] or _DEFINITION.match(line):
                return match[0]
            if match["inline"]:
                return _in_sentence([_told(match["inline"])], match["stop"], line)
            labels = [label.lower() for label in _LABEL.findall(match["marks"])]
            attached = match["stop"] or not (match["before"] or match.start() == first)
            if not attached and not self.known.intersection(labels):
                return match[0]  # brackets that somebody wrote as such
            fresh = [] if line.lstrip().startswith("#") else self._first_told(labels)
            return _in_sentence(fresh, match["stop"], line)

        return _MARKS.sub(replaced, text)

    def _first_told(self, labels: list[str]) -> list[str]:
        fresh = [label for label in labels if label in self.short and label not in self.told_of]
        self.told_of.update(fresh)
        return [self.short[label] for label in dict.fromkeys(fresh)]

    def placed(self, text: str) -> str:
        """The text without the definitions that a sentence has now, and the marks of the others."""
        lines = text.split("\n")
        for at, line in enumerate(lines):
            if match := _DEFINITION.match(line):
                end, label = _end(lines, at), match[1].lower()
                lines[at] = line[match.end() :]
                if label in self.told_of:
                    lines[at:end] = [""] * (end - at)
                while _goes_on(lines, end):
                    lines[end + 1] = _INDENTED.sub("", lines[end + 1])
                    end += 2
        return "\n".join(lines)


def _told(note: str) -> str:
    """A note as it stands in parentheses: one sentence without its stop."""
    return note if ". " in note else note.rstrip(".")


def _end(lines: list[str], at: int) -> int:
    """Behind the last line of the paragraph that a definition begins."""
    end = at + 1
    while end < len(lines) and not _BLOCK_START.match(lines[end]) and not _DEFINITION.match(lines[end]):
        end += 1
    return end


def _goes_on(lines: list[str], end: int) -> bool:
    """Whether another paragraph of the note stands behind its blank line."""
    return end + 1 < len(lines) and not lines[end].strip() and bool(_INDENTED.match(lines[end + 1]))


def _in_sentence(notes: list[str], stop: str, line: str) -> str:
    if not notes:
        return stop
    said = "; ".join(notes)
    return f" ({_PIPE.sub(_ESCAPED_PIPE, said) if '|' in line else said}){stop}"
