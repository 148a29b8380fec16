"""Lines as they are laid out on pages, put together to paragraphs, headings and lists again."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import pairwise
from statistics import median
from typing import NamedTuple

from chatbot.content.markdown.escape import escaped, escaped_start

_EDGE_LINES = 3
"""Lines at the top and the bottom of a page among which running heads and page numbers are looked for."""

_LARGER = 1.12
_LONGEST_HEADING = 150
_LEVELS = 4
_WIDE_GAP = 1.35
_SHORT = 0.85

_DIGITS = re.compile(r"\d+")
_PAGE_NUMBER = re.compile(
    r"(?:page|seite|p\.)?\s*[-–|]?\s*(?:\d{1,4}|[ivxlc]{1,6})\s*[-–|]?(?:\s*(?:/|of|von)\s*\d{1,4})?", re.I
)
_BULLET = re.compile(r"([•‣▪◦●○■–\x80-\x9f\ue000-\uf8ff-]|\d{1,3}[.)])\s+(?=\S)|[•▪●■\ue000-\uf8ff](?=\S)")
_SENTENCE_END = re.compile(r"[.!?:;…][\"'”’)\]]*$")
_HYPHEN = re.compile(r"(?<=[^\W\d_])[-\u00ad\u2010]$")


class Line(NamedTuple):
    """A line on a page: its text, the height of its letters, and where it is, in points from the lower left."""

    text: str
    size: float
    bottom: float
    left: float
    right: float


class LaidOut(NamedTuple):
    """Markdown, the offsets in it where pages begin, and the largest heading of the first page."""

    text: str
    pages: tuple[int, ...]
    title: str


class _Block(NamedTuple):
    lines: list[Line]
    page: int
    level: int
    mark: str


def lay_out(pages: Sequence[Sequence[Line]]) -> LaidOut:
    """The text of all pages. A paragraph may run from one page on to the next."""
    cleaned = _without_running_heads(pages)
    sizes = Counter[float]()
    for line in (line for page in cleaned for line in page):
        sizes[line.size] += len(line.text)
    body = sizes.most_common(1)[0][0] if sizes else 0.0
    larger = sorted({line.size for page in cleaned for line in page if _is_larger(line, body)}, reverse=True)
    ranks = _ranks(larger)
    blocks = [block for number, page in enumerate(cleaned) for block in _blocks(page, number, body, ranks)]
    return _written(_joined(blocks), len(pages))


def _is_larger(line: Line, body: float) -> bool:
    return line.size > _LARGER * body and len(line.text) <= _LONGEST_HEADING and any(map(str.isalpha, line.text))


def _ranks(larger: Sequence[float]) -> dict[float, int]:
    """The heading level of each size, sizes that differ by little alike."""
    ranks: dict[float, int] = {}
    level, before = 0, 0.0
    for size in larger:
        level += not before or size < before / 1.05
        before = size
        ranks[size] = min(level, _LEVELS)
    return ranks


def _without_running_heads(pages: Sequence[Sequence[Line]]) -> list[list[Line]]:
    """The pages without the lines that repeat at their edges, digits not counted, and without page numbers."""
    seen = Counter(key for page in pages for key in {_key(line) for line in _edges(page)})
    least = max(2, len(pages) // 4)
    size = median(line.size for page in pages for line in page) if any(pages) else 0.0
    cleaned = []
    for page in pages:
        running = {
            line
            for line in _edges(page)
            if (seen[_key(line)] >= least and not _is_larger(line, size))
            or (len(pages) > 1 and _PAGE_NUMBER.fullmatch(line.text))
        }
        cleaned.append([line for line in page if line not in running])
    return cleaned


def _edges(page: Sequence[Line]) -> list[Line]:
    by_height = sorted(page, key=lambda line: -line.bottom)
    return [*by_height[:_EDGE_LINES], *by_height[-_EDGE_LINES:]]


def _key(line: Line) -> str:
    return _DIGITS.sub("#", line.text.casefold())


def _blocks(page: Sequence[Line], number: int, body: float, ranks: dict[float, int]) -> Iterator[_Block]:
    gaps = [
        above.bottom - below.bottom for above, below in pairwise(page) if 0 < above.bottom - below.bottom < 5 * body
    ]
    usual = median(gaps) if gaps else 1.2 * body
    block: _Block | None = None
    for line in page:
        level, mark, text = _role(line, body, ranks)
        same = block and (_goes_on(block, line, level, usual) or not _is_parted(block, line, level, usual))
        if block and same and not mark:
            block.lines.append(line)
            continue
        if block:
            yield block
        block = _Block([line._replace(text=text)], number, level, mark)
    if block:
        yield block


def _role(line: Line, body: float, ranks: dict[float, int]) -> tuple[int, str, str]:
    """The level of a heading or 0, the Markdown mark of a list item or "", and the text behind it."""
    level = ranks.get(line.size, 0) if _is_larger(line, body) else 0
    bullet = _BULLET.match(line.text)
    numbered = bool(bullet and bullet[1] and bullet[1][0].isdigit())
    if not bullet or (level and numbered):  # "1. Pay" may well be a heading
        return level, "", line.text
    return 0, f"{bullet[1]} " if numbered else "- ", line.text[bullet.end() :]


def _goes_on(block: _Block, line: Line, level: int, usual: float) -> bool:
    """Whether the line goes on in the middle of a sentence, whatever its letters."""
    above = block.lines[-1]
    near = above.bottom - line.bottom < 2.5 * usual and (not block.level or level == block.level)
    return near and line.text[:1].islower() and not _SENTENCE_END.search(above.text)


def _is_parted(block: _Block, line: Line, level: int, usual: float) -> bool:
    """Whether a new paragraph begins with this line."""
    above = block.lines[-1]
    gap = above.bottom - line.bottom
    if level != block.level:
        return True
    if block.level:
        return gap > 2 * usual or line.size != above.size
    if gap > _WIDE_GAP * usual or (gap < -usual and _SENTENCE_END.search(above.text)):
        return True
    widest = max(one.right for one in block.lines)
    short = above.right - above.left < _SHORT * (widest - min(one.left for one in block.lines)) and len(block.lines) > 1
    indented = line.left > above.left + 0.5 * line.size and not block.mark and len(block.lines) > 1
    return bool(_SENTENCE_END.search(above.text)) and (short or indented)


def _joined(blocks: Sequence[_Block]) -> list[_Block]:
    """Paragraphs that a page ends in the middle of a sentence go on with the next page's first."""
    joined: list[_Block] = []
    for block in blocks:
        before = joined[-1] if joined else None
        if (
            before
            and before.page < block.page
            and not (before.level or block.level or block.mark)
            and not _SENTENCE_END.search(before.lines[-1].text)
            and block.lines[0].text[:1].islower()
        ):
            joined[-1] = before._replace(lines=[*before.lines, *block.lines])
        else:
            joined.append(block)
    return joined


def _written(blocks: Sequence[_Block], pages: int) -> LaidOut:
    parts: list[str] = []
    starts: dict[int, int] = {}
    position = 0
    title = ""
    listed = False
    for block in blocks:
        words = _words([line.text for line in block.lines])
        if not any(map(str.isalnum, words)):
            continue
        prose = len(words) > _LONGEST_HEADING or (len(words) > _LONGEST_HEADING / 2 and _SENTENCE_END.search(words))
        start = "#" * block.level + " " if block.level and not prose else block.mark
        between = ("\n" if listed and block.mark else "\n\n") if parts else ""
        text = start + (escaped(words) if start else escaped_start(escaped(words)))
        title = title or (words if start == "# " and block.page == 0 else "")
        listed = bool(block.mark)
        starts.setdefault(block.page, position + len(between))
        parts += [between, text]
        position += len(between) + len(text)
    offsets, offset = [], 0
    for page in range(pages):
        offset = starts.get(page, offset)
        offsets.append(offset)
    return LaidOut("".join(parts), tuple(offsets), title)


def _words(lines: Sequence[str]) -> str:
    """Lines as one, words put together that were parted at the end of a line."""
    words = ""
    for line in lines:
        hyphen = _HYPHEN.search(words)
        parted = hyphen and line[:1].islower()
        words = f"{words[: hyphen.start()]}{line}" if hyphen and parted else f"{words} {line}".strip()
    return words.replace("\u00ad", "")
