"""The widget that other sites carry: its script and the words of its languages."""

from __future__ import annotations

import gzip
import hashlib
from functools import cache
from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from chatbot.serving.assets import STATIC

LANGUAGES = ("ar", "de", "es", "fr")
# A new version reaches every site within ten minutes; a page that names the version in `?v=` may keep it for good.
SHORT = "public, max-age=600, stale-while-revalidate=86400"
FOREVER = "public, max-age=31536000, immutable"


def routes() -> APIRouter:
    """The files of the widget; what they hold is public, so any page may load them."""
    router = APIRouter(include_in_schema=False)

    @router.api_route("/widget.js", methods=["GET", "HEAD"])
    async def script(
        v: Annotated[str, Query()] = "",
        accept_encoding: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        return _file("widget.js", v, accept_encoding, if_none_match)

    @router.api_route("/widget/{language}.json", methods=["GET", "HEAD"])
    async def words(
        language: str,
        accept_encoding: Annotated[str, Header()] = "",
        if_none_match: Annotated[str, Header()] = "",
    ) -> Response:
        if language not in LANGUAGES:
            return Response(status_code=404)
        return _file(f"widget.{language}.json", "", accept_encoding, if_none_match)

    return router


def version() -> str:
    """What `?v=` of /widget.js names: it changes with every change of the file."""
    return _packed("widget.js")[0]


@cache
def _packed(name: str) -> tuple[str, bytes, bytes]:
    content = (STATIC / name).read_bytes()
    return hashlib.sha256(content).hexdigest()[:12], content, gzip.compress(content, 9, mtime=0)


def _file(name: str, v: str, accept_encoding: str, if_none_match: str) -> Response:
    digest, content, packed = _packed(name)
    headers = {
        "Cache-Control": FOREVER if v == digest else SHORT,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'W/"{digest}"',
        "Vary": "Accept-Encoding",
    }
    if digest in if_none_match:
        return Response(status_code=304, headers=headers)
    if "gzip" in accept_encoding:
        content, headers["Content-Encoding"] = packed, "gzip"
    media_type = "text/javascript" if name.endswith(".js") else "application/json"
    return Response(content, headers=headers, media_type=media_type)
