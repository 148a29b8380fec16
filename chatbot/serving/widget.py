"""The widget that other sites carry: its script, the words of its languages, and the page where it is tried."""

from __future__ import annotations

import gzip
import hashlib
import re
from collections.abc import Mapping
from functools import cache
from html import escape
from string import ascii_letters
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import urlsplit

import orjson
from fastapi import APIRouter, Request
from pydantic import ValidationError
from starlette.responses import HTMLResponse, Response

from chatbot.errors import SettingsError
from chatbot.serving.middleware.problems import problem
from chatbot.serving.web.assets import FOREVER, STATIC, link
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.templates import View, fill
from chatbot.settings import ServerSettings, SiteSettings

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot

ASK = "Ask a question"
UNREACHABLE = "The chatbot cannot be reached."
# A new version reaches every site within ten minutes; a page that names the version in `?v=` may keep it for good.
SHORT = "public, max-age=600, stale-while-revalidate=86400"
CSP = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; frame-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
)


def routes(bot: Chatbot) -> APIRouter:
    """The files of the widget, which any page may load, and the playground."""
    router = APIRouter(include_in_schema=False)

    @router.get("/widget.js")
    async def script(request: Request) -> Response:
        return _answer(_script(), request)

    @router.get("/widget-parts.js")
    async def parts(request: Request) -> Response:
        return _answer(_parts(), request)

    @router.get("/widget/{language}.json")
    async def words(request: Request, language: str) -> Response:
        if language not in LANGUAGES or language == "en":  # whose words are in the script
            return problem(404, f"there is nothing at /widget/{language}.json")
        return _answer(_words(language), request)

    @router.get("/embed")
    def playground() -> HTMLResponse:
        topics = sorted({topic for article in bot.articles() for topic in article.topics})
        files = {"style": link("embed.css", ""), "script": link("embed.js", "")}
        page = fill("embed.html", View(), topics=topics, languages=LANGUAGES.values(), **files)
        return HTMLResponse(page, headers={"Content-Security-Policy": CSP})

    @router.get("/embed/preview")
    def preview() -> HTMLResponse:
        page = fill("preview.html", View(), style=link("embed.css"), script=link("preview.js"))
        return HTMLResponse(page, headers={"Content-Security-Policy": CSP})

    return router


def tag(url: str, options: Mapping[str, str]) -> str:
    """The HTML that puts the widget on a page.

    `url` is the chatbot's public address, `options` are the widget's attributes without `data-`; empty ones are left
    out. Where scripts are off, a plain link leads to the chat page.
    """
    base = escape(url.rstrip("/"))
    said = "".join(f' data-{name}="{escape(value)}"' for name, value in options.items() if value)
    label = escape(options.get("launcher-label") or ASK)
    script = f'<script src="{base}/widget.js"{said} async></script>'
    return f'{script}\n<noscript><a href="{base}/chat/">{label}</a></noscript>'


def files() -> dict[str, bytes]:
    """The widget as files by path, for hosts without a server: its script, what that loads, and the words of languages.

    They find each other from wherever they lie together; `?v=` in an address says nothing to such a host.
    """
    words = {f"widget/{code}.json": _words(code).content for code in LANGUAGES if code != "en"}
    return {"widget.js": _script().content, "widget-parts.js": _parts().content, **words}


def site_of(address: str) -> SiteSettings:
    """The site of an address such as `https://example.org/about`: its origin. Raises SettingsError for others."""
    parts = urlsplit(address if "//" in address else f"https://{address}")
    try:
        return SiteSettings(origins=(f"{parts.scheme}://{parts.netloc}".lower(),))
    except ValidationError as error:
        raise SettingsError(f"{address!r} is no address of a site; expected one such as https://example.org") from error


def base_of(address: str) -> str:
    """The public address of a chatbot, with its path if it has one. Raises SettingsError for what is none."""
    parts = urlsplit(address)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise SettingsError(f"{address!r} is no address of a chatbot; expected one such as https://chat.example.org")
    return address.rstrip("/")


def public_url(server: ServerSettings) -> str:
    """The address that browsers reach the chatbot at, as far as the settings tell."""
    if server.hosts:
        return f"https://{server.hosts[0]}{server.root_path}"
    return f"http://{server.host}:{server.port}{server.root_path}"


def version() -> str:
    """What `?v=` of /widget.js names: it changes with every change of the file."""
    return _script().digest


def parts_version() -> str:
    """What `?v=` of /widget-parts.js names."""
    return _parts().digest


# Comments, spaces and long names are for who reads the file here, not for every visitor of every site.
_UNREAD = re.compile(r"^(?:/\*[^*]*\*/\n| *//.*\n| +)", re.MULTILINE)
_LITERAL = re.compile(
    r"""("(?:\\.|[^"\\])*"|'[^']*'|`(?:\\.|[^`\\])*`"""
    r"""|(?:(?<=[(=,:?|&] )|(?<=\()|(?<=return ))/(?:\\.|\[(?:\\.|[^]\\])*]|[^/\\\n[])+/)"""
)
_SPACED = re.compile(r" ?([=<>!&|?:,;{}()+*]+) ?")
_BROKEN = re.compile(r"(?<=[{};,(\n])\n")  # every statement ends in a semicolon or a block
_RULE = re.compile(r"(?<=[{};,])\n")  # the lines of a style sheet
_PRIVATE = re.compile(r"#([a-z]\w*)\b")


def packed(source: str) -> str:
    """A script that says the same in fewer characters: no comments, no spaces but in literals, short private names."""
    parts = _LITERAL.split(_UNREAD.sub("", source))
    parts[::2] = [_BROKEN.sub("", _SPACED.sub(r"\1", code)).replace(";}", "}") for code in parts[::2]]
    names = sorted(set(re.findall(r"\.#([a-z]\w*)", "".join(parts))))
    letters = ascii_letters + "$_"
    short = {name: f"#{letters[number % 54]}{'$' * (number // 54)}" for number, name in enumerate(names)}
    return "".join(
        part if part.startswith(('"', "'")) else _PRIVATE.sub(lambda found: short.get(found[1], found[0]), part)
        for part in (_RULE.sub("", part) if part.startswith("`") else part for part in parts)
    )


class File(NamedTuple):
    """What is served: its content, plain and compressed, and a digest of it."""

    media_type: str
    content: bytes
    packed: bytes
    digest: str


@cache
def _script() -> File:
    launchers = {
        code: (language.widget[ASK], language.direction, language.widget[UNREACHABLE])
        for code, language in LANGUAGES.items()
    }
    source = packed((STATIC / "widget.js").read_text(encoding="utf-8"))
    source = source.replace("$LANGUAGES", orjson.dumps(launchers).decode()).replace("$PARTS", parts_version())
    return _made("text/javascript", source.encode())


@cache
def _parts() -> File:
    """What the script loads with the first click."""
    return _made("text/javascript", packed((STATIC / "widget-parts.js").read_text(encoding="utf-8")).encode())


@cache
def _words(language: str) -> File:
    return _made("application/json", orjson.dumps(LANGUAGES[language].widget))


def _made(media_type: str, content: bytes) -> File:
    return File(media_type, content, gzip.compress(content, 9, mtime=0), hashlib.sha256(content).hexdigest()[:12])


def _answer(file: File, request: Request) -> Response:
    headers = {
        "Cache-Control": FOREVER if request.query_params.get("v") == file.digest else SHORT,
        "Cross-Origin-Resource-Policy": "cross-origin",
        "ETag": f'W/"{file.digest}"',
        "Vary": "Accept-Encoding",
    }
    if file.digest in request.headers.get("if-none-match", ""):
        return Response(status_code=304, headers=headers)
    if "gzip" not in request.headers.get("accept-encoding", ""):
        return Response(file.content, headers=headers, media_type=file.media_type)
    return Response(file.packed, headers={**headers, "Content-Encoding": "gzip"}, media_type=file.media_type)
