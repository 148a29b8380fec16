"""A tree of HTML elements as Markdown: headings with their anchors, lists, tables, quotes, code, links, emphasis.

Whatever else an element is stays behind: no scripts, no styles, no images but what is said of one that is written into
the page, no addresses but of web pages and mail.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import zip_longest
from typing import Any
from urllib.parse import urljoin

from chatbot.content.markdown.escape import code_span, escaped, escaped_start
from chatbot.content.source.pictures import NOTHING

_HEADINGS = {"h1": 1, "h2": 2, "h3": 3, "h4": 4, "h5": 5, "h6": 6}
_BLOCKS = frozenset(
    """address article aside blockquote body center dd details dir div dl dt fieldset figcaption figure footer form h1
    h2 h3 h4 h5 h6 header hgroup hr html li main nav ol p pre section summary table tbody td tfoot th thead tr ul
    caption""".split()
)
_NOTHING = frozenset(
    """script style noscript template iframe object embed svg math canvas audio video button input select textarea head
    title link meta img picture source area map colgroup col rp rt""".split()
)
_EMPHASIS = {"strong": "**", "b": "**", "em": "*", "i": "*", "del": "~~", "s": "~~", "strike": "~~"}
_ANCHOR = re.compile(r"[\w.:-]{1,200}")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[^\s<>()\\]+", re.IGNORECASE)
_RELATIVE = re.compile(r"(?![a-z][a-z0-9+.-]*:|//|#|\?)[^\s<>()\\:]+", re.IGNORECASE)
_LATER = {"data-src", "data-srcset", "data-lazy-src", "srcset", "loading"}
"""Attributes of a picture that is fetched later, whose data holds its place."""
_MOST_COLUMNS = 30


def to_markdown(root: Any, base: str | None = None) -> str:
    """The content of `root` as Markdown. Relative links are resolved against `base`, if there is one."""
    return "\n\n".join(_blocks(root, base)).strip()


def _blocks(element: Any, base: str | None) -> Iterator[str]:
    """The blocks of an element's content."""
    run: list[str] = []
    if element.text:
        run.append(escaped(element.text))
    for child in element:
        tag = child.tag if isinstance(child.tag, str) else ""
        if tag in _BLOCKS or (tag not in _NOTHING and tag and _holds_blocks(child)):
            yield from _paragraphs(run)
            run = []
            yield from _block(child, tag, base)
        else:
            run.append(_inline(child, base))
        if child.tail:
            run.append(escaped(child.tail))
    yield from _paragraphs(run)


def _holds_blocks(element: Any) -> bool:
    return any(child.tag in _BLOCKS for child in element.iterdescendants())


def _paragraphs(run: Iterable[str]) -> Iterator[str]:
    for part in re.split(r"\n[ \t]*\n\s*", "".join(run)):
        lines = [" ".join(line.split()) for line in part.split("\n")]
        text = "\n".join(line for line in lines if line)
        if text:
            yield escaped_start(text)


def _block(element: Any, tag: str, base: str | None) -> Iterator[str]:
    if tag in _HEADINGS:
        yield from _heading(element, tag, base)
    elif tag in {"ul", "ol", "dir"}:
        yield from _list(element, tag == "ol", base)
    elif tag == "table":
        yield from _table(element, base)
    elif tag == "pre":
        yield from _code(element)
    elif tag == "blockquote":
        text = "\n\n".join(_blocks(element, base))
        if text:
            yield "\n".join(f"> {line}".rstrip() for line in text.split("\n"))
    elif tag in {"dt", "summary"}:
        text = _line(element, base)
        if text:
            yield text if text.startswith("**") else f"**{text}**"
    elif tag != "hr":
        yield from _blocks(element, base)


def _heading(element: Any, tag: str, base: str | None) -> Iterator[str]:
    if _holds_blocks(element) and any(child.tag in {"p", "ul", "ol", "table"} for child in element.iterdescendants()):
        yield from _blocks(element, base)
        return
    text = re.sub(r"\*\*|~~", "", _line(element, None))
    if text:
        anchor = _anchor(element)
        yield f"{'#' * _HEADINGS[tag]} {text}" + (f" {{#{anchor}}}" if anchor else "")


def _anchor(heading: Any) -> str:
    """The page's own anchor of a heading: on it, in it, or on the section that it opens."""
    names = [heading.get("id"), *(one.get("id") or one.get("name") for one in heading.iter("a", "span"))]
    parent, before = heading.getparent(), heading.getprevious()
    if parent is not None and before is None and not (parent.text or "").strip() and parent.tag in {"section", "div"}:
        names.append(parent.get("id"))
    return next((name for name in names if name and _ANCHOR.fullmatch(name)), "")


def _list(element: Any, ordered: bool, base: str | None) -> Iterator[str]:
    items: list[str] = []
    loose = False
    for child in element:
        if not isinstance(child.tag, str) or child.tag in _NOTHING:
            continue
        parts = list(_blocks(child, base) if child.tag == "li" else _wrapped(child, base))
        if parts:
            loose = loose or sum(not _is_list(part) for part in parts) > 1
            mark = f"{len(items) + 1}. " if ordered else "- "
            text = "".join(
                part if not at else ("\n" if _is_list(part) and not loose else "\n\n") + part
                for at, part in enumerate(parts)
            )
            items.append(mark + text.replace("\n", "\n" + " " * len(mark)))
    if items:
        joined = ("\n\n" if loose else "\n").join(items)
        yield re.sub(r"[ \t]+$", "", joined, flags=re.MULTILINE)


def _wrapped(element: Any, base: str | None) -> Iterator[str]:
    """A child of a list that is no item, such as a list directly in a list."""
    yield from _block(element, element.tag, base) if element.tag in _BLOCKS else _paragraphs([_inline(element, base)])


def _is_list(text: str) -> bool:
    return bool(re.match(r"(?:-|\d+\.) ", text))


def _code(element: Any) -> Iterator[str]:
    for line_break in element.iter("br"):
        line_break.text = "\n"
    text = "".join(element.itertext()).strip("\n").rstrip()
    if text:
        fence = "`" * max(3, 1 + max((len(run) for run in re.findall(r"`+", text)), default=0))
        yield f"{fence}\n{text}\n{fence}"


def _table(element: Any, base: str | None) -> Iterator[str]:
    rows = [row for row in element.iter("tr") if next(row.iterancestors("table")) is element]
    foot = [row for row in rows if row.getparent().tag == "tfoot"]
    head = [row for row in rows if row.getparent().tag == "thead"]
    body = [row for row in rows if row not in foot and row not in head]
    for caption in element.iterchildren("caption"):
        yield from _blocks(caption, base)
    if not _is_data([_cells(row) for row in head + body]):
        for row in rows:
            for cell in _cells(row):
                yield from _blocks(cell, base)
        return
    lines = [[text for cell in _cells(row) for text in _cell(cell, base)] for row in body]
    heads = _grid(head, base)
    columns = zip_longest(*heads, fillvalue="")
    top = [[" ".join(dict.fromkeys(filter(None, names))) for names in columns]] if heads else []
    while not top and len(lines) > 2 and sum(map(bool, lines[0])) < 2:
        yield from filter(None, [" ".join(lines.pop(0)).strip()])
    lines = [line for line in top + lines if any(line)]
    width = max((len(line) for line in lines), default=0)
    even = [[*line, *[""] * (width - len(line))] for line in lines]
    used = [at for at in range(width) if any(line[at] for line in even)]
    table = [[line[at] for at in used] for line in even]
    if used:
        table.insert(1, ["---"] * len(used))
        yield "\n".join(f"| {' | '.join(line)} |" for line in table)
    for row in foot:
        for cell in _cells(row):
            yield from _blocks(cell, base)


def _cells(row: Any) -> list[Any]:
    return [cell for cell in row if cell.tag in {"td", "th"}]


def _grid(rows: list[Any], base: str | None) -> list[list[str]]:
    """The rows of a table's head, what spans several repeated in each."""
    grid: list[list[str]] = [[] for _ in rows]
    taken: dict[tuple[int, int], str] = {}
    for down, row in enumerate(rows):
        for cell in _cells(row):
            while (down, len(grid[down])) in taken:
                grid[down].append(taken[down, len(grid[down])])
            texts = _cell(cell, base)
            for below in range(down + 1, min(down + _span(cell, "rowspan"), len(rows))):
                taken.update({(below, len(grid[down]) + right): texts[0] for right in range(len(texts))})
            grid[down] += [texts[0]] * len(texts)
        while (down, len(grid[down])) in taken:
            grid[down].append(taken[down, len(grid[down])])
    return grid


def _is_data(cells: list[list[Any]]) -> bool:
    """Whether a table shows data rather than arranging a page."""
    if sum(len(row) > 1 for row in cells) < 2:
        return False
    layout = {"table", "h1", "h2", "h3", "h4", "ul", "ol", "pre", "blockquote"}
    flat = [cell for row in cells for cell in row]
    if any(cell.tag == "th" for cell in flat):
        return not any(child.tag == "table" for cell in flat for child in cell.iterdescendants())
    return not any(child.tag in layout for cell in flat for child in cell.iterdescendants())


def _cell(cell: Any, base: str | None) -> list[str]:
    """The text of a cell, and an empty one for each further column that it spans."""
    text = " ".join(" ".join(_blocks(cell, base)).split()).replace("|", "\\|")
    return [text] + [""] * (_span(cell, "colspan") - 1)


def _span(cell: Any, name: str) -> int:
    value = cell.get(name) or ""
    return min(int(value), _MOST_COLUMNS) if re.fullmatch(r"[1-9]\d{0,3}", value) else 1


def _line(element: Any, base: str | None) -> str:
    return " ".join(_inline_content(element, base).split())


def _inline(element: Any, base: str | None) -> str:
    tag = element.tag if isinstance(element.tag, str) else ""
    if tag == "img" and element.get("src") == NOTHING and not set(element.keys()) & _LATER:
        return f"![{escaped(element.get('alt') or '')}]()" if (element.get("alt") or "").strip() else ""
    if not tag or tag in _NOTHING:
        return ""
    if tag == "br":
        return "\n"
    if tag in {"code", "kbd", "samp", "tt"}:
        return code_span("".join(element.itertext()))
    text = _inline_content(element, base)
    if tag == "a":
        return _link(element, text, base)
    mark = _EMPHASIS.get(tag, "")
    return _around(text, mark, mark) if mark and "\n" not in text.strip() and mark[0] not in text else text


def _inline_content(element: Any, base: str | None) -> str:
    parts = [escaped(element.text or "")]
    for child in element:
        parts += [_inline(child, base), escaped(child.tail or "")]
    return "".join(parts)


def _around(text: str, opening: str, closing: str) -> str:
    """The marks directly around the words, white space outside."""
    words = text.strip()
    if not any(map(str.isalnum, words)):
        return text
    before, after = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    return f"{before}{opening}{words}{closing}{after}"


def _link(element: Any, text: str, base: str | None) -> str:
    href = (element.get("href") or "").strip()
    if base and href and not href.startswith("#"):
        try:
            href = urljoin(base, href)
        except ValueError:
            href = ""
    usable = _ADDRESS.fullmatch(href) or _RELATIVE.fullmatch(href)
    if not usable or "\n" in text.strip() or "](" in text:
        return text
    return _around(text, "[", f"]({href})")
