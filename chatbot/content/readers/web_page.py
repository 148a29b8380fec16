"""A web page to front matter and Markdown: its main content, and what its head says about it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

from lxml import etree, html

from chatbot.content.elements.confluence import read_macros, storage_format
from chatbot.content.elements.folded import unfold
from chatbot.content.elements.unseen import drop_unseen
from chatbot.content.markdown.escape import escaped
from chatbot.content.markdown.plain import plain
from chatbot.content.readers.contract import Part
from chatbot.content.readers.html_to_markdown import to_markdown
from chatbot.content.readers.main_content import main_content
from chatbot.content.source.dates import calendar_day
from chatbot.content.source.encoding import declared_charset, decode
from chatbot.content.source.fences import split_front_matter
from chatbot.content.source.front_matter import one_line, usable_address
from chatbot.content.source.pictures import without_data
from chatbot.errors import ContentError

_LD_CHARACTERS = 200_000
_SITE_NAME = re.compile(r"\s+(?:[|·•»–—-]|::?)\s+")
_PUBLISHED = (
    "article:published_time",
    "datepublished",
    "dc.date.issued",
    "dcterms.created",
    "dc.date",
    "date",
    "pubdate",
)
_UPDATED = ("article:modified_time", "og:updated_time", "datemodified", "dcterms.modified", "last-modified", "revised")
_ROBOTS = ("robots", "googlebot", "bingbot")
_FIRST_HEADING = re.compile(r"^# ", re.MULTILINE)
_ANSWERING = {"FAQPage", "QAPage"}
_ENOUGH = 80
"""Letters and digits of an answer by which it is found in the page's own text."""
_SHORT = 20
"""An answer of fewer ("Yes.") is told only where its question is, too."""
_LONGEST_KICKER = 300


def read_web_page(path: str, data: bytes) -> list[Part]:
    """The article in an HTML file. Front matter above the page wins over the page's own head."""
    text = decode(path, data, declared_charset(data))
    front, source = split_front_matter(path, text)
    try:
        document = parse_html(source)
        facts = _facts(document)
        own = front.address("url") or facts.get("url")
        answered = _answers(document)
        text = _without_kicker(to_markdown(main_content(document), own))
        return [Part(front.beside(facts), _with_answers(text, answered))]
    except (etree.LxmlError, ValueError) as error:
        raise ContentError(path, f"cannot be read as HTML: {one_line(str(error))}; save the page again") from error
    except RecursionError as error:
        raise ContentError(path, "its elements are nested too deeply; save the page again") from error


def parse_html(source: str) -> Any:
    """The tree of a page or of a piece of one as its readers see it, with every answer unfolded.

    Nothing in it is fetched or run. Raises lxml.etree.LxmlError.
    """
    parser = html.HTMLParser(encoding="utf-8", remove_comments=True, remove_pis=True, no_network=True)
    data = without_data(storage_format(source)).replace("\0", "").encode("utf-8", "replace")
    try:
        document = html.document_fromstring(data, parser)
        body = next(document.iter("body"), document)
        read_macros(body)
        unfold(body)
        drop_unseen(body)
        return document
    except etree.ParserError:  # nothing but comments, or nothing at all
        return html.document_fromstring(b"<html></html>", parser)


def _facts(document: Any) -> dict[str, str]:
    named: dict[str, str] = {}
    for meta in document.iter("meta"):
        name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
        named.setdefault(name.lower(), one_line(meta.get("content") or ""))
    for time in document.iter("time"):
        named.setdefault((time.get("itemprop") or "").lower(), one_line(time.get("datetime") or ""))
    named = {**_linked_data(document), **{key: value for key, value in named.items() if key and value}}
    canonical = [
        link.get("href") or "" for link in document.iter("link") if "canonical" in (link.get("rel") or "").lower()
    ]
    url = next((one for one in [*canonical, named.get("og:url", "")] if usable_address(one) and one[0] != "/"), "")
    facts = {
        "title": _title(document, named),
        "url": url,
        "published": _day(named, _PUBLISHED),
        "updated": _day(named, _UPDATED),
        "robots": next(
            (named[key] for key in _ROBOTS if "noindex" in named.get(key, "").lower()), named.get("robots", "")
        ),
        "status": named.get("status", ""),  # of a page that Pelican is to make
    }
    return {key: value for key, value in facts.items() if value}


def _title(document: Any, named: dict[str, str]) -> str:
    headings = [text for heading in document.iter("h1") if (text := one_line(heading.text_content()))]
    stated = named.get("og:title") or one_line(next((title.text or "" for title in document.iter("title")), ""))
    site = named.get("og:site_name", "")
    names = [name for name in _SITE_NAME.split(stated) if name.casefold() != site.casefold()]
    agreeing = next((heading for heading in headings if heading.casefold() in stated.casefold()), "")
    if agreeing or (len(headings) == 1 and not named.get("og:title")):
        return agreeing or headings[0]
    return stated if named.get("og:title") and not site else (names[0] if names else "")


def _linked_data(document: Any) -> dict[str, str]:
    dates: dict[str, str] = {}
    for entry in _linked_entries(document):
        for key in ("datePublished", "dateModified"):
            if isinstance(entry.get(key), str):
                dates.setdefault(key.lower(), entry[key])
    return dates


def _linked_entries(document: Any) -> Iterator[dict[str, Any]]:
    for script in document.iter("script"):
        if (script.get("type") or "").lower() == "application/ld+json" and len(script.text or "") <= _LD_CHARACTERS:
            try:
                value = json.loads(script.text or "")
            except (ValueError, RecursionError):
                continue
            yield from _entries(value)


def _answers(document: Any) -> list[tuple[str, str]]:
    """The questions of a FAQPage or QAPage in the page's linked data with their answers as Markdown."""
    pairs = []
    for entry in _linked_entries(document):
        kinds = entry.get("@type")
        if _ANSWERING & set(kinds if isinstance(kinds, list) else [kinds]):
            for question in _objects(entry.get("mainEntity")):
                answers = [*_objects(question.get("acceptedAnswer")), *_objects(question.get("suggestedAnswer"))]
                text = next((one["text"] for one in answers if isinstance(one.get("text"), str) and one["text"]), "")
                asked = question.get("name")
                if isinstance(asked, str) and asked.strip() and text:
                    pairs.append((one_line(plain(_as_markdown(asked))), _as_markdown(text)))
    return pairs


def _as_markdown(text: str) -> str:
    """A text of linked data, which may hold tags, as Markdown."""
    return to_markdown(parse_html(text))


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in (value if isinstance(value, list) else [value]) if isinstance(one, dict)]


def _with_answers(text: str, answered: list[tuple[str, str]]) -> str:
    """The text and those answers that it does not hold itself, each under its question."""
    known = _letters(plain(text))
    missing = [
        f"## {escaped(asked)}\n\n{answer}"
        for asked, answer in answered
        if answer and not _is_told(_letters(asked), _letters(plain(answer)), known)
    ]
    return "\n\n".join(filter(None, [text, *missing]))


def _is_told(asked: str, answer: str, known: str) -> bool:
    return answer[:_ENOUGH] in known and (len(answer) >= _SHORT or asked in known)


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text.casefold()))


def _entries(value: Any) -> Iterator[dict[str, Any]]:
    for entry in value if isinstance(value, list) else [value]:
        if isinstance(entry, dict):
            yield entry
            graph = entry.get("@graph")
            yield from (one for one in graph if isinstance(one, dict)) if isinstance(graph, list) else ()


def _day(named: dict[str, str], keys: tuple[str, ...]) -> str:
    return next((named[key] for key in keys if calendar_day(named.get(key, ""))), "")


def _without_kicker(text: str) -> str:
    """The text from its first main heading on, where only a line or two (a rubric, a breadcrumb) stand above it."""
    first = _FIRST_HEADING.search(text)
    above = text[: first.start()] if first else ""
    return text[len(above) :] if len(above) <= min(_LONGEST_KICKER, len(text) / 3) and "\n#" not in above else text
