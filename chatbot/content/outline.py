"""The tree of an article's headings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from chatbot.content.blocks import Block


class Section(NamedTuple):
    """Numbered in document order from 0, the article itself. `parent` is a number, `path` runs from the outermost."""

    parent: int
    level: int
    path: tuple[str, ...]
    slug: str


def outline(found: Sequence[Block], title: str) -> tuple[list[Section], list[int]]:
    """The sections, and for every block the number of its section; a heading belongs to the one it opens.

    A first heading that repeats the title opens no section.
    """
    sections = [Section(0, 0, (), "")]
    owners: list[int] = []
    current = 0
    for block in found:
        if block.kind == "heading":
            if len(sections) == 1 and block.title.casefold() == title.casefold():
                sections[0] = sections[0]._replace(slug=block.slug)
            else:
                while sections[current].level >= block.level:
                    current = sections[current].parent
                sections.append(Section(current, block.level, (*sections[current].path, block.title), block.slug))
                current = len(sections) - 1
        owners.append(current)
    return sections, owners


def last_subsections(sections: Sequence[Section]) -> list[int]:
    """For every section the number of the last one inside it, itself included."""
    last = list(range(len(sections)))
    for number in range(len(sections) - 1, 0, -1):
        parent = sections[number].parent
        last[parent] = max(last[parent], last[number])
    return last
