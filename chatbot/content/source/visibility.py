"""What is not public, by the word of the file itself: drafts, what is hidden or private, and what has its day.

Each site builder and each system that exports has its own words for it; whichever a file says counts, whatever reads
the file. A word that cannot be read keeps an article out, too: rather one article too few than a secret told.
"""

from __future__ import annotations

import re
from datetime import datetime
from pathlib import PurePosixPath
from typing import NamedTuple

from chatbot.content.source.dates import calendar_day, stated_moment
from chatbot.content.source.front_matter import FrontMatter, Value, one_line
from chatbot.errors import ContentError


class Due(NamedTuple):
    """When an article is to appear or to go, by the clock and not by a change of its file."""

    moment: datetime
    event: str

    def __str__(self) -> str:
        clock = "" if self.moment.time().isoformat() == "00:00:00" else f" {self.moment:%H:%M}"
        return f"{self.event} on {self.moment:%Y-%m-%d}{clock}"


class Visibility(NamedTuple):
    """Why an article is not public, "" where it is, and what will change that by itself."""

    reason: str = ""
    due: Due | None = None


_TRUE_HIDES = """exclude draft unlisted hidden private unpublished noindex headless protected trashed deleted
    searchexclude excludefromsearch eleventyexcludefromcollections""".split()
_FALSE_HIDES = """published publish dgpublish public visible listed searchable pagefind insearchindex render
    routable search""".split()
_WORDS = ("status", "state", "poststatus", "visibility", "access", "robots")
_NOT_PUBLIC = frozenset(
    """draft drafts hidden private pending unpublished trash trashed future scheduled unlisted internal inherit wip skip
    auto-draft in-progress in-review review todo idea planned confidential restricted password protected members paid
    tiers noindex deleted never""".split()
)
_PUBLISHES = ("publishdate", "publishon", "publishat", "publish", "embargo", "embargountil")
_DATED = ("published", "date")
_EXPIRES = ("expirydate", "expires", "expireson", "expiresat", "expirationdate", "expiry", "unpublishdate")
_FOLDERS = {"_drafts", "drafts", "_draft", "_private", "_unpublished", "_trash"}
_PASSWORDS = ("password", "postpassword")


def hidden_by_path(path: str) -> str:
    """Why a file is not public because of where it lies or how it is called; "" where nothing says so."""
    place = PurePosixPath(path)
    folder = next((part for part in place.parts[:-1] if part.lower() in _FOLDERS), "")
    if folder:
        return f"is not public: it lies in the folder {folder}"
    # Medium exports drafts beside the posts, told apart by their names alone.
    if place.name.lower().startswith("draft_") and place.suffix.lower() in {".html", ".htm"}:
        return "is not public: its name begins with draft_, as that of a draft that Medium exported"
    return ""


def visibility(front: FrontMatter, now: datetime) -> Visibility:
    """Whether what a file says of itself lets it be seen at the moment `now`, which has a time zone.

    Raises ContentError where that cannot be told.
    """
    stated = _hiding(front)
    if stated:
        key, value = stated
        return Visibility(f"is not public: it says {key}: {value}")
    begins = _begins(front, now)
    if begins and begins > now:
        due = Due(begins, "publishes")
        return Visibility(f"is not public yet: it {due}", due)
    ends = _moment(front, _EXPIRES, now)
    if ends and ends <= now:
        return Visibility(f"is not public any more: it {Due(ends, 'expired')}")
    return Visibility("", Due(ends, "expires") if ends else None)


def _hiding(front: FrontMatter) -> tuple[str, str] | None:
    """The key, and its value, that keeps an article from being seen."""
    for key in _TRUE_HIDES:
        if front.flag(key):
            return _written(front, key), "true"
    for key in _FALSE_HIDES:
        if front.truth(key) is False:
            return _written(front, key), "false"
    for key in _PASSWORDS:
        if (stated := front.stated(key)) and stated.value:
            return _written(front, key), "…"
    published = front.stated("published")
    value = published.value if published and front.truth("published") is None else ""
    if isinstance(value, str) and value and not any(map(str.isdigit, value)):  # "soon", "after the announcement"
        return _written(front, "published"), one_line(value)[:40]
    return _hiding_word(front) or _hiding_inside(front)


def _hiding_word(front: FrontMatter) -> tuple[str, str] | None:
    for key in _WORDS:
        stated = front.stated(key)
        values = stated.value if stated and isinstance(stated.value, list) else [stated.value] if stated else []
        for value in (one for one in values if isinstance(one, str)):
            words = re.split(r"[,;]", value.casefold())
            if any("-".join(word.split()) in _NOT_PUBLIC for word in words) or (key, value) == ("robots", "none"):
                return _written(front, key), one_line(value)[:40]
    return None


def _hiding_inside(front: FrontMatter) -> tuple[str, str] | None:
    """What mappings say: `search: {exclude: true}` of MkDocs, `build: {render: never}` of Hugo."""
    search = _mapping(front.stated("search"))
    if FrontMatter("", {key: Value(value, 0) for key, value in search.items()}).truth("exclude"):
        return "search", "exclude: true"
    for key in ("build", "_build"):
        inner = _mapping(front.stated(key))
        for name in ("render", "list"):
            if str(inner.get(name, "")).casefold() in {"never", "false"}:
                return _written(front, key), f"{name}: {inner[name]}"
    return None


def _mapping(stated: Value | None) -> dict[str, object]:
    return stated.value if stated and isinstance(stated.value, dict) else {}


def _begins(front: FrontMatter, now: datetime) -> datetime | None:
    """When an article is to appear: on the day that it names for that, else on that of its date.

    Of dates, only those that the file itself states count: what a saved page or a feed says of its day was public.
    """
    if begins := _moment(front, _PUBLISHES, now):
        return begins
    for key in _DATED:
        stated = front.stated(key)
        if stated and stated.line and isinstance(stated.value, str) and calendar_day(stated.value):
            return stated_moment(stated.value, now)
    return None


def _moment(front: FrontMatter, keys: tuple[str, ...], now: datetime) -> datetime | None:
    for key in keys:
        stated = front.stated(key)
        if not stated or not stated.value or front.truth(key) is not None:
            continue
        moment = stated_moment(stated.value, now) if isinstance(stated.value, str) else None
        if moment is None:
            shown = repr(stated.value)[:80]
            raise ContentError(
                front.path,
                f"{_written(front, key)} is {shown}, which is no date that is certain; write it as 2026-01-31",
                stated.line,
            )
        return moment
    return None


def _written(front: FrontMatter, key: str) -> str:
    """The key as the file writes it."""
    stated = front.stated(key)
    return next((name for name, value in front.items() if value is stated), key)
