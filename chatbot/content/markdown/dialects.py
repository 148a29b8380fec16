"""Marks of Markdown's dialects beside HTML and components: what they mean is kept, what they are is taken out.

blocks_in_place        indented and fenced blocks of MkDocs, MyST and Quarto become plain paragraphs, line for line
without_marks          what stands in a line: wiki links, properties, citations, comments, keys, icons

Lines stay where they are. Neither looks into code that stays code.
"""

from __future__ import annotations

import re

_COMMENT_BLOCK = re.compile(r"\{\{?[%<]-?\s*(end|/\s*)?comment\b[^%>\n]{0,200}[%>]\}\}?")
_SNIPPET_BLOCK = re.compile(r"^[ \t]*-+8<-+[ \t]*$.*?^[ \t]*-+8<-+[ \t]*$", re.MULTILINE | re.DOTALL)
_SNIPPET = re.compile(r"^[ \t]*;?-+8<-+(?:[ \t]+[^\n]*)?$", re.MULTILINE)
_ABBREVIATION = re.compile(r"^\*\[[^\[\]\n]{1,100}\]:[^\n]*$", re.MULTILINE)
_PROPERTY = re.compile(
    r"^[ \t]*(?:-[ \t]+)?(?:id|collapsed|title|tags|alias|public|icon|type|template|template-including-parent|heading"
    r"|background-color|created-at|updated-at|exclude-from-graph-view|filters|logseq\.[\w.-]+|card-[\w-]+|hl-[\w-]+"
    r"|ls-type|status|rating|created|modified|author|source|parent|related|up|next|prev|publish|draft)::"
    r"(?:[ \t][^\n]*)?$",
    re.MULTILINE,
)
_MACRO = re.compile(r"\{\{(?:embed|query|renderer|video|youtube|tweet|function|namespace)\b[^{}\n]{0,500}\}\}")
_BLOCK_REFERENCE = re.compile(r"\(\([0-9a-fA-F-]{36}\)\)|(?<=\S)[ \t]+\^[\w-]{1,60}[ \t]*$", re.MULTILINE)
_EMBED = re.compile(r"!\[\[[^\[\]\n]{1,300}\]\]")
_WIKI_LINK = re.compile(r"(?<![\[!\\])\[\[([^\[\]|\n]{1,300})(?:\\?\|([^\[\]\n]{1,300}))?\]\](?![\]\(])")
_CITATION = re.compile(r"[ \t]?\[(?:[^\[\]\n@]{0,80}[ ;])?-?@\w[\w:.#$%&+?<>~/-]{0,100}[^\[\]\n]{0,300}\](?![\(\[:])")
_SPAN = re.compile(r"(?<![\]!])\[([^\[\]\n]{1,500})\]\{[.#][^{}\n]{0,200}\}")
_CLASSES = re.compile(r"[ \t]*\{[ \t]*\.[A-Za-z][^{}\n]{0,200}\}|(?<=\))\{[ \t]*[\w-]+=[^{}\n]{0,200}\}")
_KEYS = re.compile(r"(?<![\w+])\+\+([\w\"'-]+(?:\+[\w\"'-]+)*)\+\+(?![\w+])")
_ICON = re.compile(r":(?:material|fontawesome|octicons|simple)-[\w-]{1,80}:[ \t]?")
_LOW = re.compile(r"(?<=[A-Za-z0-9)])~([\w+-]{1,10})~(?!~)")
_HIGH = re.compile(r"(?<=[A-Za-z0-9)])\^([\w+-]{1,10})\^")
_MARKED = re.compile(r"(?<![=\w])==(?=[^\s=])([^=\n]{1,500})(?<=\S)==(?![=\w])")
_ROLE = re.compile(
    r"\{(?:ref|term|doc|numref|eq|any|abbr|download|index|class|func|meth|mod|std:[a-z]+|py:[a-z]+)\}`([^`\n]{1,300})`"
)
_ROLE_TARGET = re.compile(r"[ \t]*<[^<>]*>$")

_INDENTED = re.compile(
    r"""(?P<indent>[ \t]*)(?:(?:!!!|\?\?\?\+?)[ \t]+[\w-]+(?:[ \t]+[\w-]+)*|===[!+]?(?=[ \t]+["']))"""
    r"""(?:[ \t]+(?:"(?P<double>[^"\n]*)"|'(?P<single>[^'\n]*)'))?[ \t]*"""
)
_FENCE = re.compile(r"[ \t>]*(?:[-*+][ \t]+|\d+[.)][ \t]+)?(?P<fence>`{3,}|~{3,})(?P<info>[^\n]*)")
_DIRECTIVE = re.compile(r"[ \t]*\{(?P<name>[A-Za-z][\w:-]*)\}[ \t]*(?P<title>[^\n]*?)[ \t]*")
_OPTION = re.compile(r"[ \t>]*:[\w-]+:(?:[ \t][^\n]*)?")
_TITLED = frozenset(
    """admonition attention caution danger dropdown error hint important note seealso tip warning todo topic sidebar
    card grid-item-card tab-item tab-set tab details exercise solution proof theorem definition example
    remark""".split()
)
_UNTITLED = frozenset("figure margin epigraph pull-quote aside div grid grid-item table list-table rubric".split())
_NO_WORDS = frozenset(
    """toctree image bibliography raw eval-rst include literalinclude contents tableofcontents index embed iframe video
    youtube button-link button-ref glossary-link only mermaid figure-md""".split()
)
_COLON_FENCE = re.compile(
    r"^(?P<indent>[ \t>]*):::+[ \t]*\{(?P<inside>[^{}\n]{0,300})\}"
    r"[ \t]*(?P<title>[^\n{}:]{0,200}?)[ \t]*(?::::*)?[ \t]*$"
    r"(?P<options>(?:\n[ \t>]*:[\w-]+:(?:[ \t][^\n]*)?$)*)",
    re.MULTILINE,
)
_TITLE = re.compile(r"""(?:^|\s)title\s*=\s*(?:"([^"\n]*)"|'([^'\n]*)')""")


def blocks_in_place(text: str) -> str:
    """The text with the bodies of indented blocks moved to the left, and directives of MyST without their fences."""
    if "!!!" in text or "???" in text or "===" in text:
        text = _without_indentation(text)
    return _without_directives(text) if re.search(r"(?:`{3}|~{3})[ \t]*\{", text) else text


def without_marks(text: str) -> str:
    """The text, in which no code is, without the marks that stand in its lines."""
    text = _without_comments(text)
    for lost in (
        _SNIPPET_BLOCK,
        _SNIPPET,
        _ABBREVIATION,
        _PROPERTY,
        _MACRO,
        _BLOCK_REFERENCE,
        _EMBED,
        _CITATION,
        _ICON,
    ):
        text = lost.sub(lines_only, text)
    text = _COLON_FENCE.sub(_colon_fence, text)
    text = _CLASSES.sub("", _SPAN.sub(r"\1", text))
    text = _WIKI_LINK.sub(_wiki_link, text)
    return _MARKED.sub(r"\1", _HIGH.sub(r"^\1", _LOW.sub(r"\1", _KEYS.sub(r"\1", text))))


def without_roles(text: str) -> str:
    """The text, in which code is, with references of MyST as their words."""
    return _ROLE.sub(lambda match: _ROLE_TARGET.sub("", match[1]), text) if "}`" in text else text


def bold(words: str | None) -> str:
    """A title in a line of its own."""
    words = (words or "").strip()
    return f"**{words}**" if words and "*" not in words else words


def _without_comments(text: str) -> str:
    """What stands between `{{< comment >}}` and its end; comments of other dialects are notes."""
    kept, position, opened = [], 0, -1
    for mark in _COMMENT_BLOCK.finditer(text):
        if not mark[1] and opened < 0:
            opened = mark.start()
        elif mark[1] and opened >= 0:
            kept += [text[position:opened], "\n" * text.count("\n", opened, mark.end())]
            position, opened = mark.end(), -1
    return "".join([*kept, text[position:]])


def _wiki_link(match: re.Match[str]) -> str:
    """The words of a link between notes: its own, else the name of the note or of the heading in it."""
    page, _, heading = match[1].partition("#")
    return (match[2] or page or heading.lstrip("#^")).strip()


def _colon_fence(match: re.Match[str]) -> str:
    inside, title = match["inside"].strip(), match["title"]
    if inside[:1].isalpha() and re.fullmatch(r"[\w:-]+", inside):
        title = title if inside in _TITLED else ""
    elif named := _TITLE.search(inside):
        title = named[1] or named[2]
    return match["indent"] + bold(title) + "\n" * match["options"].count("\n")


def _without_indentation(text: str) -> str:
    """What stands four columns behind the mark of its block, at the place of the mark."""
    lines: list[str] = []
    inside: list[int] = []
    fence = ""
    for line in text.split("\n"):
        width = len(line) - len(line.lstrip(" "))
        while inside and line.strip() and width < inside[-1] + 4 and not line.startswith("\t"):
            inside.pop()
            fence = ""
        shown = re.sub(r"^(?: {4}|\t)" + f"{{0,{len(inside)}}}", "", line) if inside else line
        opening = _INDENTED.fullmatch(shown) if not fence else None
        if opening:
            inside.append(width)
            shown = opening["indent"] + bold(opening["double"] or opening["single"])
        fence = _fence_after(shown, fence)
        lines.append(shown)
    return "\n".join(lines)


def _fence_after(line: str, fence: str) -> str:
    """The fence that is open behind a line, where this one was open before it."""
    mark = _FENCE.match(line)
    if not fence:
        return mark["fence"] if mark and not ("`" in mark["info"] and mark["fence"][0] == "`") else ""
    return "" if mark and mark["fence"].startswith(fence) and not mark["info"].strip() else fence


def _without_directives(text: str) -> str:
    lines: list[str] = []
    opened: list[tuple[str, str]] = []  # each fence, and what becomes of what stands in it
    options = False
    for line in text.split("\n"):
        mark = _FENCE.match(line)
        fence, kind = opened[-1] if opened else ("", "prose")
        closes = bool(fence and mark and mark["fence"].startswith(fence) and not mark["info"].strip())
        options = options and bool(_OPTION.fullmatch(line))
        if closes:
            opened.pop()
            lines.append(line if kind == "code" else "")
        elif mark and kind == "prose":
            kind, shown = _opened(line, mark["info"])
            opened.append((mark["fence"], kind))
            options = kind == "prose"
            lines.append(shown)
        else:
            lines.append("" if options or kind == "lost" else line)
    return "\n".join(lines)


def _opened(line: str, info: str) -> tuple[str, str]:
    """What becomes of what a fence holds, and of the line that opens it."""
    directive = _DIRECTIVE.fullmatch(info)
    name = directive["name"].lower() if directive else ""
    if directive and name in _TITLED:
        return "prose", bold(directive["title"])
    if name in _UNTITLED:
        return "prose", ""
    return ("lost", "") if name in _NO_WORDS else ("code", line)


def lines_only(match: re.Match[str]) -> str:
    """What a match is replaced by so that no line behind it moves."""
    return "\n" * match[0].count("\n")
