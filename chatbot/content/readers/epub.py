"""An e-book (EPUB) to front matter and Markdown: its chapters in reading order, without the table of contents."""

from __future__ import annotations

import posixpath
import zipfile
from collections.abc import Iterator
from urllib.parse import unquote
from xml.etree.ElementTree import Element

from lxml import etree

from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.safe_xml import parse_xml
from chatbot.content.readers.web_page import parse_html
from chatbot.content.readers.zip_archive import open_archive, read_member
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.encoding import declared_charset, decode
from chatbot.content.source.front_matter import FrontMatter, one_line, usable_address
from chatbot.errors import ContentError

_CONTAINER = "META-INF/container.xml"
_ENCRYPTION = "META-INF/encryption.xml"
_CHAPTERS = frozenset(("application/xhtml+xml", "text/html", "application/x-dtbook+xml"))
_UNREAD = frozenset(("nav", "toc", "page-list", "landmarks", "cover", "titlepage", "copyright-page", "index"))
_DUBLIN_CORE = "{http://purl.org/dc/elements/1.1/}"


def read_epub(path: str, data: bytes) -> list[Part]:
    """The article in an EPUB file. Raises ContentError where it is damaged or locked to a device."""
    archive = open_archive(path, data)
    container = parse_xml(path, read_member(path, archive, _CONTAINER))
    package_name = next((one.get("full-path", "") for one in container.iter() if one.tag.endswith("}rootfile")), "")
    package = parse_xml(path, read_member(path, archive, package_name))
    locked = _locked(path, archive)
    chapters = []
    for name in _spine(package, posixpath.dirname(package_name)):
        if name in locked:
            raise ContentError(path, "is locked by its publisher (DRM); use a copy without a lock")
        if name in archive.NameToInfo:
            chapters.append(_chapter(path, read_member(path, archive, name)))
    return [Part(FrontMatter(path, {}).beside(_facts(package)), "\n\n".join(filter(None, chapters)))]


def _spine(package: Element, folder: str) -> Iterator[str]:
    """The names of the chapters in reading order; one that points out of the archive names nothing in it."""
    items = {one.get("id"): one for one in package.iter() if one.tag.endswith("}item")}
    for reference in package.iter():
        if reference.tag.endswith("}itemref"):
            item = items.get(reference.get("idref"))
            if item is None or item.get("media-type") not in _CHAPTERS or reference.get("linear") == "no":
                continue
            if "nav" not in (item.get("properties") or "").split():
                yield posixpath.normpath(posixpath.join(folder, unquote(item.get("href", ""))))


def _chapter(path: str, data: bytes) -> str:
    try:
        document = parse_html(decode(path, data, declared_charset(data)))
        for element in list(document.iter()):
            kinds = f"{element.get('epub:type') or ''} {element.get('{http://www.idpf.org/2007/ops}type') or ''}"
            if _UNREAD & set(kinds.split()) and element.tag not in {"html", "body"}:
                element.drop_tree()
            elif element.tag == "a" and "://" not in (element.get("href") or ""):
                element.attrib.pop("href", None)  # leads to another chapter, by a name that is gone
        return to_markdown(document)
    except etree.LxmlError as error:
        raise ContentError(path, f"is damaged: {one_line(str(error))}; save it again") from error
    except RecursionError as error:
        raise ContentError(path, "its elements are nested too deeply; save it again") from error


def _locked(path: str, archive: zipfile.ZipFile) -> set[str]:
    if _ENCRYPTION not in archive.namelist():
        return set()
    root = parse_xml(path, read_member(path, archive, _ENCRYPTION))
    return {unquote(one.get("URI", "")) for one in root.iter() if one.tag.endswith("}CipherReference")}


def _facts(package: Element) -> dict[str, str]:
    def first(name: str) -> str:
        return one_line(next((one.text or "" for one in package.iter(_DUBLIN_CORE + name) if one.text), ""))

    modified = next((one.text or "" for one in package.iter() if one.get("property") == "dcterms:modified"), "")
    facts = {"title": first("title"), "published": first("date"), "updated": one_line(modified), "url": first("source")}
    return {
        key: value
        for key, value in facts.items()
        if value and (key == "title" or calendar_day(value) or (key == "url" and usable_address(value)))
    }
