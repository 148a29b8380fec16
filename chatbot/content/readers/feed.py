"""An exported feed (RSS, Atom, JSON Feed) to one article for each entry with its full text."""

from __future__ import annotations

import html
import json
import re
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple
from xml.etree.ElementTree import Element, tostring

from lxml import etree

from chatbot.content.markdown.plain import plain, slugify
from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.safe_xml import parse_xml
from chatbot.content.readers.web_page import parse_html
from chatbot.content.source.front_matter import FrontMatter, calendar_day, one_line, usable_address
from chatbot.errors import ContentError

_LEAST = 400
"""Characters of plain text; less is a teaser, or ends like one."""

_CUT_OFF = re.compile(r"(?:\[?(?:…|\.\.\.)\]?|(?:read|continue|learn) (?:more|reading)\W*)\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"\n[ \t\r]*\n")
_JSON_FEED = "https://jsonfeed.org/version/1"
_TAG_NAME = re.compile(r"\{[^{}]*\}")


class _Entry(NamedTuple):
    """What a feed says of one article, each "" where it does not. `source` is its HTML."""

    title: str
    url: str
    published: str
    updated: str
    source: str


def read_feed(path: str, data: bytes) -> list[Part]:
    """An entry of the feed a part; its text is empty where the feed holds a teaser only. Raises ContentError."""
    root = parse_xml(path, data)
    kind = _name(root)
    if kind not in {"rss", "rdf", "feed"}:
        raise ContentError(path, f"is XML of a kind that is not read ({kind[:40]}); export it as HTML or as a feed")
    return _parts(path, [_entry(one) for one in root.iter() if _name(one) in {"item", "entry"}])


def read_json_feed(path: str, data: bytes) -> list[Part]:
    """`read_feed` for JSON Feed, version 1 and 1.1."""
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ContentError(
            path, f"is no JSON that can be read: {one_line(str(error))[:200]}; export it again"
        ) from error
    if not isinstance(feed, dict) or not str(feed.get("version")).startswith(_JSON_FEED):
        raise ContentError(path, "is no JSON Feed, whose version begins with https://jsonfeed.org/version/1; rename it")
    items = feed.get("items")
    return _parts(path, [_item(one) for one in items if isinstance(one, dict)] if isinstance(items, list) else [])


def _parts(path: str, entries: list[_Entry]) -> list[Part]:
    if not entries:
        raise ContentError(path, "is a feed without entries; export it with its articles")
    names: set[str] = set()
    parts = []
    for number, entry in enumerate(entries, 1):
        slug = slugify(entry.title)[:80] if entry.title else f"entry-{number}"
        name = slug if slug not in names else f"{slug}-{number}"
        names.add(name)
        facts = {key: value for key, value in entry._asdict().items() if value and key != "source"}
        try:
            text = _full_text(entry)
        except (etree.LxmlError, RecursionError):
            text = ""
        parts.append(Part(FrontMatter(path, {}).beside(facts), text, name))
    return parts


def _full_text(entry: _Entry) -> str:
    text = to_markdown(parse_html(entry.source), entry.url or None) if entry.source else ""
    words = plain(text)
    return "" if len(words) < _LEAST or _CUT_OFF.search(words) else text


def _entry(entry: Element) -> _Entry:
    return _Entry(
        title=one_line(plain(html.unescape(_text(entry, "title")))),
        url=_link(entry),
        published=_day(_text(entry, "published", "pubdate", "date", "issued")),
        updated=_day(_text(entry, "updated", "modified")),
        source=_content(entry),
    )


def _item(item: dict[str, Any]) -> _Entry:
    said = {key: value for key, value in item.items() if isinstance(value, str)}
    return _Entry(
        title=one_line(plain(said.get("title", ""))),
        url=_address(said.get("url", ""), said.get("id", "")),
        published=_day(said.get("date_published", "")),
        updated=_day(said.get("date_modified", "")),
        source=said.get("content_html") or _paragraphs(said.get("content_text", "")),
    )


def _content(entry: Element) -> str:
    """The longest of what an entry has as content, as HTML."""
    found = [""]
    for child in entry:
        if _name(child) in {"encoded", "content", "description", "summary"}:
            if len(child):
                for one in child.iter():
                    one.tag = _TAG_NAME.sub("", str(one.tag))
                found.append("".join(tostring(one, "unicode", method="html") for one in child))
            elif child.get("type", "html") in {"text", "text/plain"}:
                found.append(_paragraphs(child.text or ""))
            else:
                found.append(child.text or "")
    return max(found, key=len)


def _link(entry: Element) -> str:
    links = [child for child in entry if _name(child) == "link"]
    stated = [one.get("href") or one.text or "" for one in links if one.get("rel", "alternate") == "alternate"]
    stated += [child.text or "" for child in entry if _name(child) == "guid" and child.get("isPermaLink") != "false"]
    return _address(*stated)


def _address(*stated: str) -> str:
    return next((one for one in map(one_line, stated) if usable_address(one) and not one.startswith("/")), "")


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in _BETWEEN.split(text) if part.strip())


def _text(entry: Element, *names: str) -> str:
    return next((child.text for name in names for child in entry if _name(child) == name and child.text), "")


def _name(element: Element) -> str:
    return _TAG_NAME.sub("", str(element.tag)).lower()


def _day(value: str) -> str:
    value = one_line(value)
    if day := calendar_day(value):
        return day.isoformat()
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
