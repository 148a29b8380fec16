"""The posts.csv of a Substack export: which of the posts beside it are public, with the titles and dates they lack."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import PurePosixPath

from chatbot.content.readers.contract import Parsed
from chatbot.content.readers.sitemap import PAGES, Page, Sitemap
from chatbot.content.source.dates import calendar_day, stated_moment
from chatbot.content.source.encoding import decode
from chatbot.content.source.front_matter import one_line
from chatbot.content.source.visibility import Due, Visibility
from chatbot.errors import ContentError

_KNOWN_BY = {"post_id", "is_published"}
_PUBLIC = {"is_published": "true", "audience": "everyone"}
_NUMBERED = re.compile(r"\d{5,}\..+")
"""A post's file, `12345678.slug.html`: nothing else is called so."""


def is_posts_csv(path: str) -> bool:
    return PurePosixPath(path).name.lower() == "posts.csv"


def read_posts(path: str, data: bytes, now: datetime) -> Parsed | None:
    """What it says of each post at the moment `now`, and when the next one is public; None where it is another table.

    Raises ContentError where it cannot be read.
    """
    table = csv.DictReader(io.StringIO(decode(path, data), newline=""))
    try:
        if not _KNOWN_BY.issubset(table.fieldnames or ()):
            return None
        rows = [
            {key: one_line(row.get(key) or "") for key in (*_PUBLIC, "post_id", "post_date", "title")} for row in table
        ]
    except csv.Error as error:
        raise ContentError(path, f"is no table that can be read: {error}; export it again") from error
    seen = [(row, _seen(row, now)) for row in rows if row["post_id"]]
    pages = tuple(_page(path, row, one.reason) for row, one in seen)
    return Parsed((), "", Sitemap(pages, ()), due=min((one.due for _, one in seen if one.due), default=None))


def listed_posts(files: Iterable[str], pages: Iterable[Page]) -> dict[str, Page]:
    """For each file of a post that lies in `posts` beside a posts.csv, or beside it itself: what that says of it.

    One that it says nothing of, or that cannot be read, is not public.
    """
    paths = [PurePosixPath(file) for file in files]
    homes = {path.parent for path in paths if is_posts_csv(path.name)}
    rows = {page.file: page for page in sorted(pages, key=lambda page: bool(page.withheld))}
    found = {}
    for path in paths:
        above = (path.parent, *([path.parent.parent] if path.parent.name.lower() == "posts" else []))
        home = next((one for one in above if one in homes), None)
        if home is None or path.suffix.lower() not in PAGES:
            continue
        said = rows.get(_post(home, path.name))
        if said or _NUMBERED.fullmatch(path.name):
            withheld = "is not public: posts.csv beside it does not say that it is"
            found[str(path)] = said or Page("", "", withheld=withheld)
    return found


def _post(home: PurePosixPath, name: str) -> str:
    """A post by the folder of its posts.csv and its number, with which its id and its file's name begin."""
    return str(home / name.partition(".")[0])


def _seen(row: Mapping[str, str], now: datetime) -> Visibility:
    for key, wanted in _PUBLIC.items():
        if row[key].casefold() != wanted:
            return Visibility(f"is not public: posts.csv says {key}: {row[key][:40] or 'nothing'}")
    moment = stated_moment(row["post_date"], now)
    if moment and moment > now:
        due = Due(moment, "publishes")
        return Visibility(
            f"is not public yet: posts.csv says that it {due}", Due(moment, f"publishes {row['post_id'][:80]}")
        )
    return Visibility()


def _page(path: str, row: Mapping[str, str], withheld: str) -> Page:
    day = calendar_day(row["post_date"])
    post = _post(PurePosixPath(path).parent, row["post_id"])
    return Page("", "", row["title"], day.isoformat() if day else "", post, withheld)
