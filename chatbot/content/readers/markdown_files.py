"""Markdown as sites write it (MDX, Docusaurus, Hugo, Jekyll, GitHub) to the Markdown that is shown.

read_markdown          front matter -> clean -> where nothing is left, the texts of the front matter (pages of data)

What a site's generator would act on (imports, components, shortcodes, admonition fences, comments, HTML tags) is taken
out and its words are kept. Lines stay where they are, so that a place in the text is a place in the file. Code is
never touched.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Collection, Iterator, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from chatbot.content.markdown.deep_links import is_markdown
from chatbot.content.markdown.dialects import blocks_in_place, bold, lines_only, without_marks, without_roles
from chatbot.content.markdown.footnotes import without_footnotes
from chatbot.content.markdown.notes import CODE, FENCE, without_notes
from chatbot.content.markdown.plain import has_prose
from chatbot.content.readers.contract import Part
from chatbot.content.source.encoding import decode
from chatbot.content.source.fences import split_loose_front_matter
from chatbot.content.source.files import read_bytes
from chatbot.content.source.front_matter import FrontMatter, one_line
from chatbot.content.source.junk import refuse_conflict
from chatbot.errors import ContentError

_SHORT = 1000
"""Characters of a body that may be nothing but markup around a page of data."""
_MODULE = re.compile(
    r"""^(?:import\s[^\n]*?['"][^'"\n]+['"];?[ \t]*$|import\s*\{[^{}]{0,2000}\}\s*from\s*['"][^'"\n]+['"];?[ \t]*$"""
    r"""|export\s+(?:const|let|var|default|function|class)\b[^\n]*(?:\n(?![ \t]*\n)[^\n]*)*)""",
    re.MULTILINE,
)
# What goes with everything in it. None of it is a regular expression: thousands that are never closed stay cheap.
_DROPPED = (
    ("<!--", "-->"),
    ("{{/*", "*/}}"),
    ("{{- /*", "*/ -}}"),
    ("{/*", "*/}"),
    ("{# ", " #}"),
    ("<%", "%>"),
    ("<script", "</script>"),
    ("<style", "</style>"),
    ("{{<", ">}}"),
    ("{{%", "%}}"),
    ("{%", "%}"),
)
_VARIABLE = re.compile(r"\{\{[\w.|:'\" /-]{1,200}\}\}")
_ATTRIBUTES = re.compile(r"\{:[^{}\n]{0,200}\}")
_ADMONITION = re.compile(
    r"^([ \t>]*):::+[ \t]*(?:[\w-]+(?:\[([^\[\]\n]{1,200})\]|[ \t]+([^\n{}]{1,200}?))?(?:\{[^{}\n]{0,200}\})?)?[ \t]*$",
    re.MULTILINE,
)
_CALLOUT = re.compile(r"^([ \t]*(?:>[ \t]*)+)\[!([A-Za-z]+)\][+-]?[ \t]*([^\n]*)$", re.MULTILINE)
_ANCHOR = re.compile(r"""<a\s[^<>]*?href\s*=\s*["']([^"'<>\s]+)["'][^<>]*>([^<>\n]*?)</a>""", re.IGNORECASE)
_BOLD = re.compile(r"<(strong|b|summary|dt)\b[^<>]*>[ \t]*([^<>\n]*?)[ \t]*</\1>", re.IGNORECASE)
_EMPHASIS = re.compile(r"<(em|i)\b[^<>]*>([^\s<>](?:[^<>\n]*[^\s<>])?)</\1>", re.IGNORECASE)
_CODE_TAG = re.compile(r"<(code|kbd|samp)\b[^<>]*>([^<>`\n]+)</\1>", re.IGNORECASE)
_HEADING = re.compile(r"<h([1-6])\b[^<>]*>[ \t]*([^<>\n]*?)[ \t]*</h\1>", re.IGNORECASE)
_BREAK = re.compile(r"<br\s*/?>[ \t]*", re.IGNORECASE)
_TAG = re.compile(
    r"(?<!\\)</?[A-Za-z][\w.:-]{0,80}(?:\s(?:[^<>{}\"']|\"[^\"]{0,2000}\"|'[^']{0,2000}'"
    r"|\{(?:[^{}]|\{[^{}]{0,500}\}){0,2000}\}){0,2000})?/?>|</?>"
)
_BLOCK = re.compile(
    r"[ \t]*</?(?:[A-Z]|(?:div|p|table|tbody|thead|tr|td|th|ul|ol|li|dl|details|summary|center|aside|section|figure)\b)"
)
_TAG_NAME = re.compile(r"</?([A-Za-z][\w.:-]*)")
_CLOSED = re.compile(r"</([A-Za-z][\w.:-]*)")
_VALUE = re.compile(
    r"""[\w:@.-]+\s*=\s*(?:"[^"]*"|'[^']*'|\{(?:[^{}]|\{[^{}]*\})*\}|[^\s"'>{]+)|\{[^{}]*\}|data-[\w-]+|v-[\w:-]+"""
)
_ELEMENTS = frozenset(
    """a abbr acronym address applet area article aside audio b base basefont bdi bdo bgsound big blink
    blockquote body br button canvas caption center cite code col colgroup data datalist dd del details dfn dialog dir
    div dl dt em embed fieldset figcaption figure font footer form frame frameset g h1 h2 h3 h4 h5 h6 head header hgroup
    hr html i iframe img input ins kbd label legend li link main map mark marquee menu meta meter nav nobr noscript
    object ol optgroup option output p param path picture pre progress q rp rt ruby s samp script search section select
    slot small source span strike strong style sub summary sup svg table tbody td template textarea tfoot th thead time
    title tr track tt u ul use var video wbr""".split()
)
_SWITCHES = frozenset(
    """hidden open disabled checked controls async defer required readonly allowfullscreen itemscope
    reversed autoplay loop muted selected multiple novalidate nowrap noshade playsinline markdown download inert
    default ismap compact autofocus""".split()
)
# What reads as markup though it is words, in a text that has none.
_NO_MARKUP = re.compile(r"(?<!\\)(?:<(?=[A-Za-z/!?])|\{(?=[%/:#]|\{[<%]))")
_BLANK = re.compile(r"^[ \t]+$", re.MULTILINE)
# Keys of a page of data: what heads an entry, and what is its text.
_HEADINGS = ("header", "heading", "title", "name", "question", "q")
_TEXTS = ("line", "text", "body", "content", "answer", "a", "description", "paragraph", "summary")
_LEAST = 80
"""Characters of a text that stands for itself, beside the lists."""


def read_markdown(path: str, data: bytes) -> list[Part]:
    """The article in a Markdown or text file; where it is nothing but markup, the texts of its front matter."""
    front, body = _split(path, decode(path, data))
    text = body.strip("\n").rstrip()
    if len(text) < _SHORT and not has_prose(text):
        text = _data_text(front.values()) or text
    return [Part(front, text)]


def lines_above(corpus_dir: Path, path: str, max_file_mb: float) -> int | None:
    """How many lines of a Markdown file stand above its article's text; None for other formats and files not there."""
    if not is_markdown(path):
        return None
    try:
        whole = decode(path, read_bytes(corpus_dir, path, max_file_mb))
        body = _split(path, whole)[1]
    except ContentError:
        return None
    return whole.count("\n") - body.lstrip("\n").count("\n")


def _split(path: str, whole: str) -> tuple[FrontMatter, str]:
    """The front matter of a file, and the text below it as it is shown."""
    refuse_conflict(path, whole)
    front, body = split_loose_front_matter(path, whole)
    is_text = PurePosixPath(path).suffix.lower() == ".txt"
    return front, _NO_MARKUP.sub(lambda match: f"\\{match[0]}", body) if is_text else clean(body)


def clean(text: str) -> str:
    """The text without its dialect's markup, line for line."""
    text = without_roles(blocks_in_place(without_notes(text)))
    closed = frozenset(_CLOSED.findall(text))
    text = _BLANK.sub("", _outside_code(text, lambda stretch: _without_markup(stretch, closed)))
    return without_footnotes(_fences(text)) if "[^" in text or "^[" in text else text


def _outside_code(text: str, change: Callable[[str], str]) -> str:
    """The text, changed wherever it is neither a fenced block of code nor a span of it."""
    return "".join(stretch if code else _outside_spans(stretch, change) for code, stretch in _fences(text))


def _fences(text: str) -> Iterator[tuple[bool, str]]:
    """The text in stretches, and whether each is a fenced block of code."""
    lines: list[str] = []
    fence = ""
    for line in text.splitlines(keepends=True):
        mark = FENCE.match(line)
        if not fence and mark:
            yield False, "".join(lines)
            lines, fence = [line], mark[1]
        elif fence and line.strip(" \t>\n").startswith(fence) and not line.strip(" \t>\n").strip(fence[0]):
            yield True, "".join([*lines, line])
            lines, fence = [], ""
        else:
            lines.append(line)
    yield bool(fence), "".join(lines)


def _outside_spans(text: str, change: Callable[[str], str]) -> str:
    kept: list[str] = []

    def hidden(match: re.Match[str]) -> str:
        kept.append(match[0])
        return f"\ue000{len(kept) - 1}\ue001"

    text = change(CODE.sub(hidden, text.replace("\ue000", "").replace("\ue001", "")))
    return re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], text)


def _without_markup(text: str, closed: Collection[str]) -> str:
    """A stretch without code; `closed` are the names of the elements that the whole text closes."""
    text = without_marks(text)
    for opening, closing in _DROPPED:
        text = _without(text, opening, closing)
    text = _VARIABLE.sub("", _MODULE.sub(lines_only, text))
    text = _ADMONITION.sub(lambda match: f"{match[1]}{_bold(match[2] or match[3])}", text)
    text = _CALLOUT.sub(lambda match: f"{match[1]}{_bold(match[3] or match[2].capitalize())}  ", text)
    text = _ATTRIBUTES.sub("", text)
    if "<" not in text:
        return text
    text = _to_the_left(text)
    text = _ANCHOR.sub(lambda match: f"[{match[2]}]({match[1]})" if match[2].strip() else "", text)
    text = _HEADING.sub(lambda match: f"{'#' * int(match[1])} {match[2]}" if match[2] else "", text)
    text = _BOLD.sub(lambda match: _bold(match[2]), text)
    text = _CODE_TAG.sub(r"`\2`", _EMPHASIS.sub(r"*\2*", text))
    return _TAG.sub(lambda match: _tag(match[0], closed), _BREAK.sub(" ", text))


def _tag(tag: str, closed: Collection[str]) -> str:
    """Nothing but the line ends of a tag; what only looks like one, as in `x<y and y>z`, stays as its words."""
    named = _TAG_NAME.match(tag)
    attributes = _VALUE.sub(" ", tag[named.end() :].rstrip(">/")).split() if named else []
    name = named[1] if named else ""
    is_tag = (
        tag.startswith("</")
        or tag.endswith("/>")
        or not named
        or (
            (name.lower() in _ELEMENTS or name in closed or "=" in tag)
            and all(one.lower() in _SWITCHES for one in attributes)
        )
    )
    return "\n" * tag.count("\n") if is_tag else f"\\{tag}"


def _without(text: str, opening: str, closing: str) -> str:
    """The text without what stands between these marks, its line ends kept."""
    kept, position = [], 0
    while (start := text.find(opening, position)) >= 0 and (end := text.find(closing, start)) >= 0:
        end += len(closing)
        kept += [text[position:start], "\n" * text.count("\n", start, end)]
        position = end
    return "".join([*kept, text[position:]])


def _to_the_left(text: str) -> str:
    """The text of HTML blocks without its indentation, which would make it code once the tags are gone."""
    lines = text.split("\n")
    inside = False
    for at, line in enumerate(lines):
        inside = bool(line.strip()) and (inside or bool(_BLOCK.match(line)))
        lines[at] = line.lstrip(" \t") if inside else line
    return "\n".join(lines)


def _bold(words: str | None) -> str:
    return bold(html.unescape(words or ""))


def _data_text(values: Mapping[str, Any]) -> str:
    """The lists of entries with a text as Markdown, each under its heading; "" where there are none."""
    texts = [one_line(text) for key in _TEXTS if isinstance(text := values.get(key), str) and len(text) >= _LEAST]
    for value in values.values():
        if isinstance(value, list):
            texts += _entries(value)
    return "\n\n".join(texts)


def _entries(items: list[Any]) -> Iterator[str]:
    heading = ""
    for item in items:
        if not isinstance(item, dict):
            continue
        heading = next((one_line(item[key]) for key in _HEADINGS if isinstance(item.get(key), str)), heading)
        for key in _TEXTS:
            text = one_line(item[key]) if isinstance(item.get(key), str) else ""
            if text:
                if heading:
                    yield f"## {heading}"
                heading = ""
                yield text
