"""An exported feed (RSS, Atom) to one article for each entry with its full text."""

from __future__ import annotations

import html
import re
from email.utils import parsedate_to_datetime
from xml.etree.ElementTree import Element, tostring

from lxml import etree

from chatbot.content.archive import parse_xml
from chatbot.content.frontmatter import DATE, FrontMatter, one_line, usable_address
from chatbot.content.markdown import plain, slugify
from chatbot.content.part import Part
from chatbot.content.tree_markdown import to_markdown
from chatbot.content.webpage import parse_html
from chatbot.errors import ContentError

_LEAST = 400
"""Characters of plain text; less is a teaser, or ends like one."""

_CUT_OFF = re.compile(r"(?:\[?(?:…|\.\.\.)\]?|(?:read|continue|learn) (?:more|reading)\W*)\s*$", re.IGNORECASE)
_TAG_NAME = re.compile(r"\{[^{}]*\}")


def read_feed(path: str, data: bytes) -> list[Part]:
    """An entry of the feed a part; its text is empty where the feed holds a teaser only. Raises ContentError."""
    root = parse_xml(path, data)
    kind = _name(root)
    if kind not in {"rss", "rdf", "feed"}:
        raise ContentError(path, f"is XML of a kind that is not read ({kind[:40]}); export it as HTML or as a feed")
    entries = [one for one in root.iter() if _name(one) in {"item", "entry"}]
    if not entries:
        raise ContentError(path, "is a feed without entries; export it with its articles")
    names: set[str] = set()
    parts = []
    for number, entry in enumerate(entries, 1):
        title = one_line(plain(html.unescape(_text(entry, "title"))))
        slug = slugify(title)[:80] if title else f"entry-{number}"
        name = slug if slug not in names else f"{slug}-{number}"
        names.add(name)
        try:
            parts.append(_part(path, entry, title, name))
        except (etree.LxmlError, RecursionError):
            parts.append(Part(FrontMatter(path, {}).beside({"title": title}), "", name))
    return parts


def _part(path: str, entry: Element, title: str, name: str) -> Part:
    link = _link(entry)
    facts = {
        "title": title,
        "url": link,
        "published": _day(_text(entry, "published", "pubdate", "date", "issued")),
        "updated": _day(_text(entry, "updated", "modified")),
    }
    front = FrontMatter(path, {}).beside({key: value for key, value in facts.items() if value})
    source = _content(entry)
    text = to_markdown(parse_html(source), link or None) if source else ""
    words = plain(text)
    return Part(front, "" if len(words) < _LEAST or _CUT_OFF.search(words) else text, name)


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
                found.append(f"<p>{html.escape(child.text or '')}</p>")
            else:
                found.append(child.text or "")
    return max(found, key=len)


def _link(entry: Element) -> str:
    links = [child for child in entry if _name(child) == "link"]
    stated = [one.get("href") or one.text or "" for one in links if one.get("rel", "alternate") == "alternate"]
    stated += [child.text or "" for child in entry if _name(child) == "guid" and child.get("isPermaLink") != "false"]
    return next((one for one in map(one_line, stated) if usable_address(one) and not one.startswith("/")), "")


def _text(entry: Element, *names: str) -> str:
    return next((child.text for name in names for child in entry if _name(child) == name and child.text), "")


def _name(element: Element) -> str:
    return _TAG_NAME.sub("", str(element.tag)).lower()


def _day(value: str) -> str:
    value = one_line(value)
    if DATE.fullmatch(value):
        return value
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError):
        return ""
