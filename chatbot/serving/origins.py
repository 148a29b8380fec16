"""Which other sites may ask: the origins of `[[sites]]`, checked on every route before anything is done.

A page of this server may use all of it; where its address names a site in `?site=`, the rules of that site hold. A page
of a listed site may use what lies under /api/. Anybody else's page is refused with the lines that would let it in,
readable in its own console: the refusal tells nothing that the page does not know. Programs outside of browsers send no
origin and are not concerned.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence

from starlette.datastructures import Headers, MutableHeaders, QueryParams
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.errors import SettingsError
from chatbot.serving.allowed import Route
from chatbot.serving.guard import ROUTE
from chatbot.serving.problems import problem
from chatbot.settings import SiteSettings

log = logging.getLogger(__name__)

SITE = "chatbot.site"  # where the scope of a request keeps the settings of the site that it comes from
ORIGIN = re.compile(r"https?://(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?")
SAFE = frozenset(("GET", "HEAD"))
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "86400",
}
READABLE = "retry-after, x-request-id"
MOST_LOGGED = 1000


class Sites:
    """The sites of the settings, by origin and by name."""

    def __init__(self, sites: Sequence[SiteSettings]) -> None:
        """Raises SettingsError where two have one name."""
        self._named = {site.name: site for site in sites if site.name}
        twice = [site.name for site in sites if site.name and self._named[site.name] is not site]
        if twice:
            raise SettingsError(f"two [[sites]] have the name {twice[0]!r}; give each a name of its own, or none")
        self._exact = {origin: site for site in sites for origin in site.origins if "*" not in origin}
        self._wildcards = [
            (origin.partition("*")[0], origin.partition("*")[2], site)
            for site in sites
            for origin in site.origins
            if "*" in origin
        ]
        #: What the page's policy says about frames: this server, and the pages that are listed.
        self.frame_ancestors = frame_ancestors(*sites)

    def named(self, text: str) -> SiteSettings | None:
        """The site that has a name, or that an origin belongs to."""
        return self._named.get(text) or self.of(text)

    def of(self, origin: str) -> SiteSettings | None:
        """The site of an origin as a browser sends it; an exact origin goes before a wildcard."""
        if not ORIGIN.fullmatch(origin):
            return None
        if origin in self._exact:
            return self._exact[origin]
        for scheme, rest, site in self._wildcards:
            if origin.startswith(scheme) and origin.endswith(rest) and len(origin) > len(scheme) + len(rest):
                return site
        return None


class Origins:
    """Refuses what comes from the page of a site that is not listed; answers preflights; see the module."""

    def __init__(self, app: ASGIApp, sites: Sites) -> None:
        self.app = app
        self.sites = sites
        self._logged: set[str] = set()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        origin = headers.get("origin")
        route: Route = scope[ROUTE]
        own = origin is None or _own(origin, headers, scope)
        if own and (named := self.sites.named(QueryParams(scope["query_string"]).get("site", ""))):
            scope[SITE] = named
        if route.shared or route.public:
            send = _varying(send, "*" if route.public else _echo(origin))
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
        elif origin is None:
            await self._without_origin(scope, receive, send)
        elif route.public or own:
            await self.app(scope, receive, send)
        elif route.shared and (site := self.sites.of(origin)):
            scope[SITE] = site
            await self.app(scope, receive, send)
        else:
            await self._refuse(origin, route.shared)(scope, receive, send)

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Browsers name the origin of whatever may change something; one that hides it is not let in."""
        crossing = Headers(scope=scope).get("sec-fetch-site", "none") not in {"same-origin", "none"}
        if crossing and scope["method"] not in SAFE:
            await problem(403, "a page of another site sent this without saying which it is")(scope, receive, send)
        else:
            await self.app(scope, receive, send)

    def _refuse(self, origin: str, shared: bool) -> Response:
        shown = origin[:200].encode("ascii", "backslashreplace").decode()
        if not shared and self.sites.of(origin):
            return problem(403, f"pages of {shown} may use what lies under /api/, not this", origin=shown)
        if shown not in self._logged and len(self._logged) < MOST_LOGGED:
            self._logged.add(shown)
            log.warning("refused origin %r; to let it in, add to chatbot.toml: %s", shown, _lines(shown, "  "))
        if not ORIGIN.fullmatch(origin):
            return problem(403, f"the origin {shown!r} is not one that can be listed", origin=shown)
        lines = _lines(shown, "\n")
        detail = f"pages of {shown} may not ask this chatbot; these lines in its chatbot.toml let them in:\n{lines}"
        return problem(403, detail, origin=shown, add=lines)


def frame_ancestors(*sites: SiteSettings) -> str:
    """The sources whose pages may show the chat page of these sites in a frame."""
    return " ".join(("'self'", *(origin for site in sites for origin in site.origins)))


def _lines(origin: str, between: str) -> str:
    return f'[[sites]]{between}origins = ["{origin}"]'


def _own(origin: str, headers: Headers, scope: Scope) -> bool:
    """Whether a page of this very server asks. A browser says so itself where the connection is safe."""
    if said := headers.get("sec-fetch-site"):
        return said == "same-origin"
    return origin == f"{scope['scheme']}://{headers.get('host', '')}"


def _echo(origin: str | None) -> str | None:
    return origin if origin and ORIGIN.fullmatch(origin) else None


def _varying(send: Send, origin: str | None) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            headers.add_vary_header("Origin")
            if origin:
                headers["Access-Control-Allow-Origin"] = origin
                headers["Access-Control-Expose-Headers"] = READABLE
        await send(message)

    return sending
