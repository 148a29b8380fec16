"""Who really asks, and under which public path: what a proxy in front says, believed from trusted proxies alone."""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network

from starlette.datastructures import Headers
from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.serving.middleware.routes import find
from chatbot.serving.middleware.scope import REQUEST_ID, TRUSTED

_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
# Some proxies write the port as well: 192.0.2.7:51234, [2001:db8::7]:443.
_PORT = re.compile(r"^(?:\[([^\]]*)\]|([^:]*))(?::\d{1,5})?$")
_PREFIX = re.compile(r"(/[A-Za-z0-9._~-]+)+")


class Forwarded:
    """Sets client, scheme, public path and id of every request.

    X-Forwarded-For, -Proto and -Prefix and X-Request-Id count only where the peer is one of `trusted` (addresses or
    networks). Of several addresses the last that is no trusted proxy is the client: those before it may be invented.
    One that cannot be read ("unknown") is nobody: not trusted, and all such visitors share one allowance. A proxy may
    strip the public path or keep it; with both, the path ends up as ASGI has it, behind `root_path`.
    """

    def __init__(self, app: ASGIApp, trusted: Iterable[str], root_path: str) -> None:
        self.app = app
        self.root_path = root_path
        self._trusted = [ip_network(network, strict=False) for network in trusted]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            peer = _address((scope["client"] or ("",))[0])
            root, said = self.root_path, ""
            if self._trusts(peer):
                if (hops := ",".join(headers.getlist("x-forwarded-for"))).strip():
                    peer = self._client(hops)
                said = headers.get("x-request-id", "")
                # Of several proxies the first is the one that the visitor reached.
                if (scheme := headers.get("x-forwarded-proto", "").partition(",")[0].strip()) in {"http", "https"}:
                    scope["scheme"] = scheme
                if _PREFIX.fullmatch(prefix := headers.get("x-forwarded-prefix", "")):
                    root = prefix
            scope["client"] = (str(peer), 0) if peer else None
            scope[TRUSTED] = peer is not None and (peer.is_loopback or self._trusts(peer))
            scope[REQUEST_ID] = said if _ID.fullmatch(said) else secrets.token_hex(8)
            if root and scope["path"] == root and find(root) is None:
                query = scope["query_string"].decode("latin-1")
                await RedirectResponse(f"{root}/?{query}" if query else f"{root}/")(scope, receive, send)
                return
            _put_behind(scope, root)
        await self.app(scope, receive, send)

    def _client(self, said: str) -> IPv4Address | IPv6Address | None:
        hops = [_address(_PORT.sub(r"\1\2", part.strip())) for part in said.split(",") if part.strip()]
        return next((hop for hop in reversed(hops) if not self._trusts(hop)), hops[0] if hops else None)

    def _trusts(self, address: IPv4Address | IPv6Address | None) -> bool:
        return address is not None and any(address in network for network in self._trusted)


def _address(text: str) -> IPv4Address | IPv6Address | None:
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, IPv6Address) else address


def _put_behind(scope: Scope, root: str) -> None:
    if not root:
        return
    path = scope["path"]
    scope["root_path"] = root
    scope["path"] = path if _keeps(path, root) else root + path
    scope["raw_path"] = scope["path"].encode("ascii", "replace")


def _keeps(path: str, root: str) -> bool:
    """Whether a proxy has left the public path on a path."""
    if not path.startswith(f"{root}/"):
        return False
    # Where the public path is one that is also served, such as /articles, an article may have any path below it.
    route = find(path)
    return route is None or (route.name.endswith("{id}") and find(path.removeprefix(root)) is not None)
