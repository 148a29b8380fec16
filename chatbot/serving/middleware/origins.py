"""Which other sites may ask: the origins of `[[sites]]`, checked on every route before anything is done.

A page of this server may use all of it; where its address names a site in `?site=`, the rules of that site hold. A page
of a listed site may use what lies under /api/. Anybody else's page is refused with the lines that would let it in,
readable in its own console: the refusal tells nothing that the page does not know. Programs outside of browsers send no
origin and are not concerned.
"""

from __future__ import annotations

import logging

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from chatbot.serving.middleware.problems import problem
from chatbot.serving.middleware.routes import Route
from chatbot.serving.middleware.scope import ROUTE, SITE, asked_for
from chatbot.sites import ORIGIN, Sites

log = logging.getLogger(__name__)
PREFLIGHT = {
    "Access-Control-Allow-Methods": "GET, HEAD, POST",
    "Access-Control-Allow-Headers": "content-type",
    "Access-Control-Max-Age": "86400",
}
READABLE = "retry-after, x-request-id"
MOST_LOGGED = 1000


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
        unknown = own and self._note_named(scope)
        if route.shared or route.public:
            send = _varying(send, "*" if route.public else _echo(origin))
        if scope["method"] == "OPTIONS":
            await Response(status_code=204, headers=PREFLIGHT)(scope, receive, send)
        elif unknown and route.cost:
            await problem(404, f"there is no site {unknown[:200]!r}; leave it out, or name one of [[sites]]")(
                scope, receive, send
            )
        elif origin is None:
            await self._without_origin(scope, receive, send)
        elif route.public or own:
            await self.app(scope, receive, send)
        elif route.shared and (site := self.sites.of(origin)):
            scope[SITE] = site
            await self.app(scope, receive, send)
        else:
            await self._refuse(origin, route.shared)(scope, receive, send)

    def _note_named(self, scope: Scope) -> str:
        """Note the site that the address names in `?site=`; returns a name that no site has."""
        named = asked_for(scope, "site")
        if site := self.sites.named(named):
            scope[SITE] = site
        # An origin that is not listed has no rules: the widget names that of its page, whatever the settings say.
        return "" if site or ORIGIN.fullmatch(named) else named

    async def _without_origin(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Browsers name the origin of whatever may change something; one that hides it is not let in."""
        crossing = Headers(scope=scope).get("sec-fetch-site", "none") not in {"same-origin", "none"}
        if crossing and scope["method"] != "GET":
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
