"""A Word document (DOCX) to front matter and Markdown.

Macros, comments, hidden text, text that was deleted or moved away and pictures stay behind.
"""

from __future__ import annotations

import io
import re
import zipfile
from typing import Any
from xml.etree.ElementTree import Element, tostring

import mammoth
from defusedxml.ElementTree import fromstring

from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.safe_xml import parse_xml
from chatbot.content.readers.web_page import parse_html
from chatbot.content.readers.zip_archive import open_archive, read_member
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.front_matter import FrontMatter, one_line
from chatbot.errors import ContentError

_CORE = "docProps/core.xml"
_WORD_STYLES = "word/styles.xml"
_TEXT = re.compile(r"word/(?:document|footnotes|endnotes)\d*\.xml")
_NOT_PRINTED = re.compile(rb"[:<](?:vanish|moveFrom)\b")
_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_STYLES = """
p[style-name='Title'] => h1:fresh
p[style-name='Subtitle'] => p:fresh
p[style-name='Quote'] => blockquote > p:fresh
p[style-name='Intense Quote'] => blockquote > p:fresh
"""
_KEYS = {
    "{http://purl.org/dc/elements/1.1/}title": "title",
    "{http://purl.org/dc/terms/}created": "published",
    "{http://purl.org/dc/terms/}modified": "updated",
}


def read_docx(path: str, data: bytes) -> list[Part]:
    """The article in a DOCX file: headings, lists, tables, quotes, links and notes. Raises ContentError."""
    archive = open_archive(path, data)
    for name in archive.namelist():
        if name.endswith((".xml", ".rels")):
            member = read_member(path, archive, name).replace(b"\0", b"")
            if b"<!DOCTYPE" in member or b"<!ENTITY" in member:
                raise ContentError(path, "declares entities, which are not read; save it again with a word processor")
    try:
        made = mammoth.convert_to_html(
            _as_printed(archive),
            style_map=_STYLES,
            convert_image=mammoth.images.img_element(lambda _: {"src": ""}),
        )
        text = to_markdown(_without_back_links(parse_html(made.value)))
    except RecursionError as error:
        raise ContentError(path, "its elements are nested too deeply; save it again") from error
    except MemoryError:
        raise
    except Exception as error:  # the library takes what it reads for granted; what it raises is told by the damage
        reason = f"is no Word document that can be read, or a damaged one ({one_line(repr(error))[:99]}); save it again"
        raise ContentError(path, reason) from error
    return [Part(FrontMatter(path, {}).beside(_facts(path, archive)), text)]


def _as_printed(archive: zipfile.ZipFile) -> io.BytesIO:
    """The document without what Word does not print: hidden text, and what was moved away from its place."""
    styles: frozenset[str] = frozenset()
    if _WORD_STYLES in archive.namelist():
        styles = _hiding_styles(fromstring(archive.read(_WORD_STYLES)))
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED) as printed:
        for name in archive.namelist():
            member = archive.read(name) if name.endswith((".xml", ".rels")) else b""  # a damaged picture costs nothing
            if _TEXT.fullmatch(name) and (styles or _NOT_PRINTED.search(member)):
                root = fromstring(member)
                _drop_hidden(root, styles)
                member = tostring(root)
            printed.writestr(name, member)
    made.seek(0)
    return made


def _hiding_styles(root: Element) -> frozenset[str]:
    """The ids of the styles whose text is hidden, by themselves or by one that they are based on."""
    styles = {one.get(f"{_W}styleId", ""): one for one in root.iter(f"{_W}style")}

    def hides(name: str, above: frozenset[str]) -> bool:
        style = styles.get(name)
        if style is None or name in above:
            return False
        stated = _hides(style.find(f"{_W}rPr"))
        based = style.find(f"{_W}basedOn")
        return stated if stated is not None else based is not None and hides(_value(based), above | {name})

    return frozenset(name for name in styles if hides(name, frozenset()))


def _hides(properties: Element | None) -> bool | None:
    """Whether these properties hide text; None where they do not say."""
    mark = properties.find(f"{_W}vanish") if properties is not None else None
    return None if mark is None else _value(mark).lower() not in {"0", "false", "off"}


def _value(element: Element) -> str:
    return element.get(f"{_W}val", "")


def _drop_hidden(root: Element, styles: frozenset[str]) -> None:
    for parent in list(root.iter()):
        style = parent.find(f"{_W}pPr/{_W}pStyle") if parent.tag == f"{_W}p" else None
        hidden = style is not None and _value(style) in styles
        for run in list(parent.iter(f"{_W}r")) if parent.tag == f"{_W}p" else ():
            properties = run.find(f"{_W}rPr")
            named = run.find(f"{_W}rPr/{_W}rStyle")
            stated = _hides(properties)
            if stated if stated is not None else hidden or (named is not None and _value(named) in styles):
                for child in [one for one in run if one is not properties]:
                    run.remove(child)
        for away in parent.findall(f"{_W}moveFrom"):
            parent.remove(away)


def _without_back_links(document: Any) -> Any:
    for link in list(document.iter("a")):
        if link.text_content().strip() == "↑":
            link.drop_tree()
    return document


def _facts(path: str, archive: zipfile.ZipFile) -> dict[str, str]:
    if _CORE not in archive.namelist():
        return {}
    facts = {
        _KEYS[child.tag]: one_line(child.text or "")
        for child in parse_xml(path, read_member(path, archive, _CORE))
        if child.tag in _KEYS
    }
    return {key: value for key, value in facts.items() if value and (key == "title" or calendar_day(value))}
