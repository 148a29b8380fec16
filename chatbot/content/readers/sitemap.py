"""Sitemaps (sitemaps.org) of the site whose pages are in the corpus: the address and the date that they give a file."""

from __future__ import annotations

import re
import unicodedata
import zlib
from collections.abc import Iterable, Iterator
from pathlib import PurePosixPath
from typing import NamedTuple
from urllib.parse import unquote, urlsplit

from chatbot.content.markdown.deep_links import MARKDOWN
from chatbot.content.readers.safe_xml import parse_xml, root_name
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.front_matter import one_line, usable_address
from chatbot.errors import ContentError

PACKED = ".xml.gz"
PAGES = (*MARKDOWN, ".html", ".htm", ".xhtml", ".docx", ".epub")
MOST_BYTES = 50 * 1024 * 1024
"""Of one sitemap, unpacked; the protocol allows no more."""

_KINDS = {"urlset", "sitemapindex"}
_WEB = re.compile(r"\.(?:x?html?|php|aspx?|jsp)$", re.IGNORECASE)
_FOLDERS = {"index", "_index", "readme"}

Key = tuple[str, ...]


class Page(NamedTuple):
    """What is said of a page: its address, the days of its last change and its first, `2026-01-31`, and its title.

    Each is "" where it is not stated. `file` is what it is told by where it has no address, as of a post in posts.csv;
    `withheld` says why it is not public.
    """

    url: str
    updated: str
    title: str = ""
    published: str = ""
    file: str = ""
    withheld: str = ""


class Sitemap(NamedTuple):
    """The pages that one lists, as posts.csv does, too; for an index the names of its sitemaps, each without `.gz`."""

    pages: tuple[Page, ...]
    names: tuple[str, ...]


def may_be_sitemap(path: str) -> bool:
    return path.lower().endswith((".xml", PACKED))


def read_sitemap(path: str, data: bytes) -> Sitemap | None:
    """The sitemap in `data`, None where it is other XML. Raises ContentError where it cannot be read."""
    packed = path.lower().endswith(PACKED)
    if packed:
        data = _unpacked(path, data)
    if root_name(data) not in _KINDS:
        if packed:
            raise ContentError(path, "is packed, but no sitemap; unpack it")
        return None
    pages, names = [], []
    for entry in parse_xml(path, data):
        texts = {_name(child.tag): one_line(child.text or "") for child in entry}
        url = texts.get("loc", "")
        if _name(entry.tag) == "sitemap":
            names.append(_unpacked_name(urlsplit(url).path if usable_address(url) else url))
        elif usable_address(url) and not url.startswith("/"):
            day = calendar_day(texts.get("lastmod", ""))
            pages.append(Page(url, day.isoformat() if day else ""))
    return Sitemap(tuple(pages), tuple(names))


def listed(files: Iterable[str], pages: Iterable[Page]) -> dict[str, Page]:
    """For each file that one page alone can be meant by: that page. Several addresses are none, several dates the last.

    An address means the file whose whole path it ends with, the longest where it ends with several, both with or
    without a suffix and `index`. For a PDF the suffix is needed: its links lead to pages that nothing else has.
    """
    owners: dict[Key, set[str]] = {}
    for file in files:
        for key in _file_keys(file):
            owners.setdefault(key, set()).add(file)
    dates_of: dict[str, dict[str, str]] = {}
    for page in (page for page in pages if page.url):
        meant = next((owners[key] for key in _page_keys(page.url) if key in owners), set())
        if len(meant) == 1:
            dates = dates_of.setdefault(next(iter(meant)), {})
            dates[page.url] = max(page.updated, dates.get(page.url, ""))
    return {file: Page(*next(iter(dates.items()))) for file, dates in dates_of.items() if len(dates) == 1}


def unused(path: str, sitemap: Sitemap, others: Iterable[str], used: Iterable[Page]) -> str:
    """Why a sitemap says nothing of the corpus, "" where it does. `others` are the paths of all sitemaps."""
    if sitemap.names:
        local = {_unpacked_name(other) for other in others if other != path}
        return "" if local.intersection(sitemap.names) else "lists sitemaps that are not here; put them beside it"
    known = {(page.url, page.file) for page in used}
    if any((page.url, page.file) in known for page in sitemap.pages):
        return ""
    if path.lower().endswith(".csv"):
        return "names no post of this folder; put its folder posts beside it"
    return "is a sitemap in which no file of this folder is found; put its pages beside it"


def _file_keys(file: str) -> Iterator[Key]:
    path = PurePosixPath(unicodedata.normalize("NFC", file))
    suffix = path.suffix.lower()
    folder = suffix in PAGES and path.stem.lower() in _FOLDERS
    if folder:
        yield path.parent.parts
    if suffix in (*PAGES, ".pdf") and not (folder and len(path.parts) == 1):
        yield path.parts
        if suffix in PAGES:
            yield path.with_suffix("").parts


def _page_keys(url: str) -> Iterator[Key]:
    """The ends of an address's path, the longest first; the empty one is the front page of a site."""
    split = urlsplit(url)
    if split.query or split.fragment:
        return
    parts = tuple(part for part in unicodedata.normalize("NFC", unquote(split.path)).split("/") if part)
    last = _WEB.sub("", parts[-1]) if parts else ""
    bare = (*parts[:-1], last) if parts else ()
    forms = list(dict.fromkeys((parts, bare, parts[:-1] if last == "index" else bare)))
    for longest in range(len(parts), 0, -1):
        for form in forms:
            if len(form) >= longest:
                yield form[-longest:]
    if () in forms:
        yield ()


def _unpacked(path: str, data: bytes) -> bytes:
    unpacker = zlib.decompressobj(wbits=31)
    try:
        whole = unpacker.decompress(data, MOST_BYTES)
    except zlib.error as error:
        raise ContentError(path, f"is damaged: {one_line(str(error))}; save it again") from error
    if unpacker.unconsumed_tail:
        raise ContentError(path, f"unpacks to more than {MOST_BYTES / 2**20:.0f} MiB; split it")
    if not unpacker.eof:
        raise ContentError(path, "is damaged: it ends too early; save it again")
    return whole


def _unpacked_name(path: str) -> str:
    return PurePosixPath(unquote(path)).name.lower().removesuffix(".gz")


def _name(tag: object) -> str:
    return str(tag).rpartition("}")[2].lower()
