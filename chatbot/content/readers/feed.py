"""An exported feed (RSS, Atom, JSON Feed, also an export of Ghost) to one article for each entry with its full text.

RSS and Atom are parsed by feedparser, which reads what is no well-formed XML, too. What feeds get wrong most often
(stray ampersands, HTML's entities, control characters, encodings) is mended before, so that its strict parser reads
them; tags that are never closed are left to its loose one. It gets bytes in memory and nothing to open or fetch.

Its own cleaning of HTML is off: what of an entry's HTML is read is decided where it is decided for web pages
(`html_to_markdown`), by what a person sees rather than by what a browser may run, and links are resolved there, too.
"""

from __future__ import annotations

import html
import io
import json
import re
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import feedparser
from lxml import etree

from chatbot.content.markdown.plain import plain, slugify
from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.safe_xml import parse_xml, refuse_entities, root_name
from chatbot.content.readers.web_page import parse_html
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.encoding import declared_charset, decode
from chatbot.content.source.front_matter import FrontMatter, one_line, usable_address
from chatbot.content.source.site_exports import from_classic_editor, from_ghost, unwanted
from chatbot.errors import ContentError

_LEAST = 400
"""Characters of plain text; less is a teaser, or ends like one."""

_CUT_OFF = re.compile(r"(?:\[?(?:…|\.\.\.)\]?|(?:read|continue|learn) (?:more|reading)\W*)\s*$", re.IGNORECASE)
_BETWEEN = re.compile(r"\n[ \t\r]*\n")
_JSON_FEED = "https://jsonfeed.org/version/1"
_POSTS_OF_GHOST = ("db", 0, "data", "posts")
_KINDS = {"rss", "rdf", "feed"}
_AS_UTF8 = {"content-type": "application/xml; charset=utf-8"}
_NO_CHARACTER = re.compile("[\0-\x08\x0b\x0c\x0e-\x1f\ufffd-\uffff]")
_CDATA = re.compile(r"<!\[CDATA\[.*?\]\]>", re.DOTALL)
_REFERENCE = re.compile(
    rf"{_CDATA.pattern}|&(?:#(?:[xX][0-9a-fA-F]{{1,20}}|[0-9]{{1,20}});?|[A-Za-z][A-Za-z0-9]{{0,31}};)?", re.DOTALL
)
_DECLARATION = re.compile(r"[^<]*(?:<\?xml[^>]*>)?")
_ENTRY_TAG = re.compile(r"<(?:item|entry)[\s>]", re.IGNORECASE)
_MARKUP = re.compile(r"</[a-z][^<>]*>|<br", re.IGNORECASE)


class _Entry(NamedTuple):
    """What a feed says of one article, each "" where it does not. Links in `source`, its HTML, begin at `base`.

    `unwanted` says in a word what an entry is that is no article for everybody.
    """

    title: str
    url: str
    published: str
    updated: str
    source: str
    base: str
    unwanted: str = ""


def read_feed(path: str, data: bytes) -> list[Part]:
    """An entry of the feed a part; its text is empty where the feed holds a teaser only. Raises ContentError."""
    kind = root_name(data)
    if kind not in _KINDS:
        parse_xml(path, data)  # where it is no XML at all, this says so
        raise ContentError(path, f"is XML of a kind that is not read ({kind[:40]}); export it as HTML or as a feed")
    refuse_entities(path, data)
    text = _mended(decode(path, data, declared_charset(data)))
    feed = _parsed(path, text)
    if not feed.entries or (feed.bozo and len(_ENTRY_TAG.findall(_CDATA.sub("", text))) > len(feed.entries)):
        parse_xml(path, text.encode())  # what is broken hides entries; this says where
    return _parts(path, [_entry(entry, atom=feed.version.startswith("atom")) for entry in feed.entries])


def read_json_feed(path: str, data: bytes) -> list[Part]:
    """`read_feed` for JSON Feed, version 1 and 1.1, and for what Ghost exports."""
    try:
        feed = json.loads(data)
    except (ValueError, RecursionError) as error:
        raise ContentError(
            path, f"is no JSON that can be read: {one_line(str(error))[:200]}; export it again"
        ) from error
    posts = _inside(feed, *_POSTS_OF_GHOST)
    if posts is None and not str(_inside(feed, "version")).startswith(_JSON_FEED):
        version = f"whose version begins with {_JSON_FEED}"
        raise ContentError(path, f"is no JSON Feed, {version}, and no export of Ghost; rename it")
    items, entry = (_inside(feed, "items"), _item) if posts is None else (posts, _post)
    return _parts(path, [entry(one) for one in items if isinstance(one, dict)] if isinstance(items, list) else [])


def _mended(text: str) -> str:
    """The text, place for place, without a declaration of the encoding that it had and what no XML may hold."""
    text = _DECLARATION.sub(lambda above: re.sub(r"[^\n]", " ", above[0]), text, count=1)
    return _NO_CHARACTER.sub(" ", _REFERENCE.sub(_reference, text))


def _reference(reference: re.Match[str]) -> str:
    """A reference to a character that XML knows and allows; a lone ampersand stands for itself."""
    return reference[0] if reference[0].startswith("<") else html.escape(html.unescape(reference[0]))


def _parsed(path: str, text: str) -> Any:
    try:  # bytes alone would be tried as the name of a file, a text as an address
        source = io.BytesIO(text.encode())
        return feedparser.parse(source, response_headers=_AS_UTF8, resolve_relative_uris=False, sanitize_html=False)
    except (MemoryError, RecursionError):
        raise
    except Exception as error:  # the library takes what it reads for granted; what it raises is told by the damage
        raise ContentError(path, f"is a damaged feed ({one_line(repr(error))[:99]}); export it again") from error


def _parts(path: str, entries: list[_Entry]) -> list[Part]:
    if not entries:
        raise ContentError(path, "is a feed without entries; export it with its articles")
    names: set[str] = set()
    parts = []
    for number, entry in enumerate(entries, 1):
        slug = slugify(entry.title)[:80] if entry.title else f"entry-{number}"
        name = slug if slug not in names else f"{slug}-{number}"
        names.add(name)
        stated = {"title": entry.title, "url": entry.url, "published": entry.published, "updated": entry.updated}
        facts = {key: value for key, value in stated.items() if value}
        try:
            text = "" if entry.unwanted else _full_text(entry)
        except (etree.LxmlError, RecursionError):
            text = ""
        parts.append(Part(FrontMatter(path, {}).beside(facts), text, name, (), entry.unwanted))
    return parts


def _full_text(entry: _Entry) -> str:
    text = to_markdown(parse_html(entry.source), entry.base or None) if entry.source else ""
    words = plain(text)
    return "" if len(words) < _LEAST or _CUT_OFF.search(words) else text


def _entry(entry: Any, *, atom: bool) -> _Entry:
    said = {key: value for key, value in entry.items() if isinstance(value, str)}
    links = [link.get("href", "") for link in entry.get("links", ()) if link.get("rel") == "alternate"]
    url = _address(*links, "" if atom else said.get("link", ""))
    published, updated = _day(said.get("published", "")), _day(said.get("updated", ""))
    if not atom and not published:  # Dublin Core has one date
        published, updated = updated, ""
    source, base = _content(entry)
    if "wp_post_type" in said or "wp_status" in said:
        source = from_classic_editor(source)
    title = one_line(plain(html.unescape(said.get("title", ""))))
    return _Entry(title, url, published, updated, source, base or url, unwanted(entry))


def _item(item: dict[str, Any]) -> _Entry:
    said = {key: value for key, value in item.items() if isinstance(value, str)}
    url = _address(said.get("url", ""), said.get("id", ""))
    return _Entry(
        title=one_line(plain(said.get("title", ""))),
        url=url,
        published=_day(said.get("date_published", "")),
        updated=_day(said.get("date_modified", "")),
        source=said.get("content_html") or _paragraphs(said.get("content_text", "")),
        base=url,
        unwanted=unwanted(item),
    )


def _post(post: dict[str, Any]) -> _Entry:
    """A post or a page of Ghost. What its editors alone can read, without `html`, is no full text."""
    said = {key: value for key, value in post.items() if isinstance(value, str)}
    url = _address(said.get("canonical_url", ""))
    return _Entry(
        title=one_line(said.get("title", "")),
        url=url,
        published=_day(said.get("published_at", "")),
        updated=_day(said.get("updated_at", "")),
        source=from_ghost(said.get("html", "")),
        base=url,
        unwanted=unwanted({**post, "status": said.get("status") or "draft"}),
    )


def _inside(value: Any, *keys: str | int) -> Any:
    """What lies under these keys, one inside the other; None where there is nothing."""
    for key in keys:
        try:
            value = value[key]
        except (LookupError, TypeError):
            return None
    return value


def _content(entry: Any) -> tuple[str, str]:
    """The longest of what an entry has as content, as HTML, and the address that its links are relative to."""
    contents = [*entry.get("content", ()), entry.get("summary_detail") or {}]
    longest = max(contents, key=lambda content: len(content.get("value", "")))
    value = longest.get("value", "")
    is_plain = longest.get("type") == "text/plain" and not _MARKUP.search(value)
    return _paragraphs(value) if is_plain else value, _address(longest.get("base") or "")


def _address(*stated: str) -> str:
    return next((one for one in map(one_line, stated) if usable_address(one) and not one.startswith("/")), "")


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{html.escape(part)}</p>" for part in _BETWEEN.split(text) if part.strip())


def _day(value: str) -> str:
    value = one_line(value)
    if day := calendar_day(value):
        return day.isoformat()
    try:
        return parsedate_to_datetime(value).date().isoformat()
    except (ValueError, TypeError, IndexError, OverflowError):
        return ""
