"""Links that lead through a search engine's or a mail program's own address, put back to where they lead."""

from __future__ import annotations

import base64
import re
from urllib.parse import parse_qs, urlsplit

from chatbot.content.source.front_matter import usable_address

_LINK = re.compile(
    r"https?://(?:[\w-]+\.)*"
    r"(?:google(?:\.[a-z]{2,3}){1,2}/url|safelinks\.protection\.outlook\.com/|duckduckgo\.com/l/|bing\.com/ck/a"
    r"|facebook\.com/l\.php|linkedin\.com/(?:redir/redirect|safety/go)|youtube\.com/redirect|reddit\.com/"
    r"|slack-redir\.net/link)\?[^\s<>()\"'\\]+",
    re.IGNORECASE,
)
_KEYS = ("q", "url", "uddg", "u", "target")


def unwrapped(text: str) -> str:
    """The text, in which such links are the addresses that they lead to."""
    return _LINK.sub(lambda match: _target(match[0]), text) if "://" in text else text


def _target(link: str) -> str:
    try:
        stated = parse_qs(urlsplit(link.replace("&amp;", "&")).query)
    except ValueError:
        return link
    for key in _KEYS:
        for value in stated.get(key, ()):
            target = _decoded(value)
            if target.lower().startswith(("http://", "https://")) and usable_address(target):
                return target.translate({ord("("): "%28", ord(")"): "%29", ord("<"): "%3C", ord(">"): "%3E"})
    return link


def _decoded(value: str) -> str:
    """The address, which Bing writes as base64 behind a1."""
    if not value.startswith("a1"):
        return value
    try:
        return base64.urlsafe_b64decode(value[2:] + "=" * (-len(value[2:]) % 4)).decode()
    except ValueError:
        return value
