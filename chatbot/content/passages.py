"""Articles to passages: slices of the article's own text, cut along headings, blocks and sentences."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import cache

from chatbot.content.blocks import Block, Kind, blocks
from chatbot.content.links import article_address, deep_link, has_own_anchors, line_marks_end, page_at, page_link
from chatbot.content.outline import Section, last_subsections, outline
from chatbot.content.packing import Layout, Piece, pack
from chatbot.content.sentences import Span, sentence_spans, strip_span
from chatbot.content.units import PlacedUnit, place_units
from chatbot.records import Article, Passage

Tokens = Callable[[str], int]
"""The number of the model's tokens in a text, special tokens not counted."""

CONTEXT_BYTES = 200
"""Of title and headings in front of a passage. A token is a byte at least, so this bounds their tokens too."""

_SPECIAL_TOKENS = 2
_CHARACTERS_PER_TOKEN = 16


def split(article: Article, tokens: Tokens, *, target_tokens: int, max_tokens: int, window: int = 256) -> list[Passage]:
    """The passages of an article, in order: about `target_tokens` each, never above `max_tokens`.

    `embedded_text` of each fits `window` tokens, two special ones counted. Every piece of prose is in exactly one
    passage; headings only where small sections share one. An article without prose has no passages.
    """

    @cache
    def size(piece: str) -> int:
        # Some models see an endless word as a single unknown token, and it must be cut all the same.
        return max(tokens(piece), len(piece) // _CHARACTERS_PER_TOKEN, 1)

    found = blocks(article.text)
    if article.url and not has_own_anchors(article.path):
        found = [block if block.named else block._replace(slug="") for block in found]
    sections, owners = outline(found, article.title)
    spare = window - _SPECIAL_TOKENS
    rooms = [max(1, min(max_tokens, spare - tokens(_context(article.title, one.path)))) for one in sections]
    placed = place_units(article.text, found, owners, rooms, size)
    pieces = _fitting(article.text, placed, sections, rooms, (min(target_tokens, max_tokens), tokens))
    return [
        _passage(article, number, placed[piece.first : piece.last + 1], sections, piece.section)
        for number, piece in enumerate(pieces, 1)
    ]


def embedded_text(passage: Passage) -> str:
    """What a passage is embedded as: title and headings on one line, then its raw text, which ends it."""
    return _context(passage.title, passage.headings) + passage.text


def sentences(text: str) -> list[Span]:
    """The spans of a passage's sentences, table rows and blocks of code, in order, without the marks in front.

    Headings and spans without a letter or digit are left out.
    """
    spans = (span for block in blocks(text) for span in _readable(text, block))
    return [(start, end) for start, end in spans if any(map(str.isalnum, text[start:end]))]


def _readable(text: str, block: Block) -> Iterator[Span]:
    if block.kind == "text":
        for start, end in sentence_spans(text, block.start, block.end):
            yield line_marks_end(text, start, end), end
    elif block.kind == "table":
        start = block.start
        for line in text[block.start : block.end].splitlines(keepends=True):
            yield strip_span(text, start, start + len(line))
            start += len(line)
    elif block.kind == "code":
        yield strip_span(text, block.start, block.end)


def _fitting(
    text: str, placed: Sequence[PlacedUnit], sections: Sequence[Section], rooms: Sequence[int], aim: tuple[int, Tokens]
) -> list[Piece]:
    target, tokens = aim
    units = [one.unit for one in placed]
    parents, lasts = [section.parent for section in sections], last_subsections(sections)
    pieces: list[Piece] = []
    for share in (1.0, 0.9, 0.75, 0.5, 0.0):
        pieces = pack(Layout(units, parents, lasts, [share * room for room in rooms]), target)
        # The whole can have more tokens than its parts, where a model counts the space between them.
        if all(tokens(text[placed[one.first].start : placed[one.last].end]) <= rooms[one.section] for one in pieces):
            break
    return pieces


def _passage(
    article: Article, number: int, inside: Sequence[PlacedUnit], sections: Sequence[Section], section: int
) -> Passage:
    start, end = strip_span(article.text, inside[0].start, inside[-1].end)
    prose = (line for one in inside for line in _running_words(article.text[one.start : one.end], one.kind))
    address = article_address(article.id, article.url)
    return Passage(
        id=f"{article.id}#{number}",
        article_id=article.id,
        title=article.title,
        headings=sections[section].path,
        start=start,
        end=end,
        text=article.text[start:end],
        url=page_link(address, page_at(article.pages, start))
        if article.pages
        else deep_link(address, sections[inside[0].unit.section].slug, prose),
        topics=article.topics,
        audience=article.audience,
        country=article.country,
        updated=article.updated,
        review_by=article.review_by,
    )


def _running_words(raw: str, kind: Kind) -> list[str]:
    """What stands in one element of the rendered page: a sentence, a cell of a table."""
    if kind == "table":
        return re.split(r"[|\n]", raw)
    return [raw] if kind == "text" else []


def _context(title: str, headings: Sequence[str]) -> str:
    """Title and headings in one line of at most CONTEXT_BYTES: the outermost headings go first."""
    parts = [title, *(heading for heading in headings if heading != title)]
    while len(parts) > 2 and len(" > ".join(parts).encode()) > CONTEXT_BYTES:
        del parts[1]
    if len(" > ".join(parts).encode()) > CONTEXT_BYTES:
        parts = [_clipped(part, CONTEXT_BYTES // len(parts) - len(" > ")) for part in parts]
    return " > ".join(parts) + "\n"


def _clipped(part: str, most: int) -> str:
    kept = part.encode()[:most].decode(errors="ignore")
    return kept if kept == part or " " not in kept else kept.rsplit(" ", 1)[0]
