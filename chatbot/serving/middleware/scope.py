"""What the layers around the application leave in a request for those further inside."""

from __future__ import annotations

from contextvars import ContextVar

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from chatbot.serving.web.languages import Language, choose
from chatbot.settings import PageSettings, SiteSettings

ROUTE = "chatbot.route"  # where the scope keeps which route a request is for
REQUEST_ID = "chatbot.request_id"  # where the scope keeps the id of a request
TRUSTED = "chatbot.trusted"  # whether the client itself is this machine or a trusted proxy
SITE = "chatbot.site"  # where the scope of a request keeps the settings of the site that it comes from
REQUEST: ContextVar[str] = ContextVar("request", default="")  # the id of the request that is being answered


def site_of(scope: Scope) -> SiteSettings | None:
    """The site that a request comes from or names."""
    found: SiteSettings | None = scope.get(SITE)
    return found


def asked_for(scope: Scope, name: str) -> str:
    """What the address of a request says of `lang` or `site`, or nothing."""
    return QueryParams(scope.get("query_string", b"")).get(name, "")


def language_of(scope: Scope, page: PageSettings) -> Language:
    """The language of a visit: the address's, the site's, the browser's or the setting's, the first that there is."""
    site = site_of(scope)
    wanted = asked_for(scope, "lang") or (site.language if site else "")
    return choose(wanted, Headers(scope=scope).get("accept-language", ""), page.language)
