"""Tables of Markdown: the cells of a row, and what the columns are called."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import zip_longest

from chatbot.content.markdown.escape import escaped
from chatbot.content.markdown.plain import plain

_PIPE = re.compile(r"(?<!\\)\|")
_PIPE_ESCAPED = "\\|"
_LINE_END = re.compile(r"\r\n?|\n")
_QUOTE = re.compile(r"[ \t>]*")
_LINE = re.compile(r"([^\r\n]*)(?:\r\n?|\n|$)")
_RULE = re.compile(r"[ \t>]*\|?[ \t]*:?-+:?[ \t]*(?:\|[ \t]*:?-+:?[ \t]*)*\|?[ \t]*")


def cells(line: str) -> list[str]:
    """The cells of one row as raw Markdown; pipes at its ends are optional."""
    found = [cell.strip() for cell in _PIPE.split(_QUOTE.sub("", line, count=1).rstrip())]
    return found[not found[0] : len(found) - (len(found) > 1 and not found[-1])]


def column_names(table: str) -> tuple[str, ...]:
    """The plain names in the head of a table, one a column; none where the head names no column."""
    names = tuple(" ".join(plain(cell).split()) for cell in cells(_LINE_END.split(table, maxsplit=1)[0]))
    return names if any(any(map(str.isalnum, name)) for name in names) else ()


def rows_start(text: str, start: int, end: int) -> int:
    """Where the first row below the head begins, of a table that is `text[start:end]`; its end where there is none."""
    for _ in range(2):
        line_end = _LINE_END.search(text, start, end)
        start = line_end.end() if line_end else end
    return start


def head(columns: Sequence[str], rows: str) -> str:
    """The head of a table with these columns, to be put in front of `rows`; nothing where it would not fit.

    A row that was cut in the middle no longer says which of its cells are left.
    """
    first = _LINE_END.split(rows, maxsplit=1)[0]
    if len(cells(first)) != len(columns) or first.startswith(">"):
        return ""
    return f"| {' | '.join(escaped(name).replace('|', _PIPE_ESCAPED) for name in columns)} |\n{'|-' * len(columns)}|\n"


def named(columns: Sequence[str]) -> str:
    """The names of columns as one line of words, which ends; nothing where there are none."""
    return " | ".join(columns) + "\n" if columns else ""


def rows(text: str, columns: Sequence[str] = ()) -> Iterator[tuple[int, int, str]]:
    """The lines of the tables in a text, as (start, end, what it says in plain words).

    A row says "Role: Analyst — Hands over: clean tables"; what it stands under, the head and its rule, says nothing by
    itself. `columns` are the names of those of a table that the text begins in the middle of.
    """
    names: Sequence[str] | None = columns or None
    lines = list(_LINE.finditer(text))
    for line, below in zip_longest(lines, lines[1:]):
        if not _PIPE.search(line[1]):
            names = None
        elif below and _PIPE.search(below[1]) and _RULE.fullmatch(below[1]):
            names = column_names(line[1])
            yield *line.span(1), ""
        elif names is not None:
            values = [" ".join(plain(cell).split()) for cell in cells(line[1])]
            yield *line.span(1), "" if _RULE.fullmatch(line[1]) else _row(names, values)


def _row(names: Sequence[str], values: Sequence[str]) -> str:
    # A row that was cut in the middle no longer says which of its cells are left.
    named = names if len(names) == len(values) else ("",) * len(values)
    return " — ".join(f"{name}: {value}" if name else value for name, value in zip(named, values, strict=True) if value)
