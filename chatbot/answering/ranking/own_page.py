"""Passages of the article that stands on the page whose visitor asks: pure functions over addresses and places."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import lru_cache
from urllib.parse import parse_qsl, urlsplit

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Scores

_NEAR = 0.5


def article_of(page: str, urls: Iterable[str | None]) -> int | None:
    """The number of the article whose address in `urls` is that of a page, None where none is.

    Scheme, `www.`, a slash at the end and the part after `#` make no difference, nor does what the page's query has
    more than the article's. Addresses without a host are no pages of other sites.
    """
    host, path, query = _parts(page)
    best, most = None, -1
    for number, url in enumerate(urls):
        own_host, own_path, own_query = _parts(url or "")
        if host and (own_host, own_path) == (host, path) and own_query <= query and len(own_query) > most:
            best, most = number, len(own_query)
    return best


def near(places: Sequence[int], articles: npt.NDArray[np.int64], scores: Scores, own: int) -> list[int]:
    """Those of some places of a ranking that are of the article `own` and have at least half of the best one's score.

    What answers something else is not shown first because of where it stands. `articles` and `scores` give those of
    each place of the ranking, best first.
    """
    return [place for place in places if articles[place] == own and scores[place] >= _NEAR * scores[places[0]]]


# Those of all articles are compared with each page.
@lru_cache(maxsize=16_384)
def _parts(url: str) -> tuple[str, str, frozenset[tuple[str, str]]]:
    """Host, path and query of an address; the host is empty where it is none of a page."""
    try:
        parts = urlsplit(url)
        host = parts.hostname if parts.scheme in ("http", "https") else ""
    except ValueError:
        host = ""
    if not host:
        return "", "", frozenset()
    return host.removeprefix("www."), parts.path.rstrip("/"), frozenset(parse_qsl(parts.query, keep_blank_values=True))
