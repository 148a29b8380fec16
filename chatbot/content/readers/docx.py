"""A Word document (DOCX) to front matter and Markdown. Macros, comments, deleted text and pictures stay behind."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import mammoth

from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.main_content import drop
from chatbot.content.readers.safe_xml import parse_xml
from chatbot.content.readers.web_page import parse_html
from chatbot.content.readers.zip_archive import open_archive, read_member
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.front_matter import FrontMatter, one_line
from chatbot.errors import ContentError

_CORE = "docProps/core.xml"
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
            io.BytesIO(data), style_map=_STYLES, convert_image=mammoth.images.img_element(lambda _: {"src": ""})
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


def _without_back_links(document: Any) -> Any:
    for link in list(document.iter("a")):
        if link.text_content().strip() == "↑":
            drop(link)
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
