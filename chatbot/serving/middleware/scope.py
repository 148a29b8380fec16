"""What the layers around the application leave in a request for those further inside, and what its address asks for.

A layer writes under a key of the scope; `app.create_app` says in which order they come.
"""

from __future__ import annotations

from contextvars import ContextVar

from starlette.datastructures import Headers, QueryParams
from starlette.types import Scope

from chatbot.serving.web.languages import LANGUAGES, Language, choose
from chatbot.serving.web.templates import View
from chatbot.settings import PageSettings, SiteSettings

# Keys of a scope, and who writes them.
REQUEST_ID = "chatbot.request_id"  # forwarded: the id of the request, a text
TRUSTED = "chatbot.trusted"  # forwarded: whether the client itself is this machine or a trusted proxy
ROUTE = "chatbot.route"  # guard: the Route that the request is for, or None
SITE = "chatbot.site"  # origins: the SiteSettings of the site that the request comes from or names; else not there

# The id of the request that is being answered, for what is logged where no scope is at hand.
REQUEST: ContextVar[str] = ContextVar("request", default="")


def path_of(scope: Scope) -> str:
    """The path of a request behind the public path that a proxy puts in front."""
    return str(scope.get("path", "")).removeprefix(scope.get("root_path", ""))


def asked_for(scope: Scope, name: str) -> str:
    """What the address of a request says of `lang`, `site`, `theme` or `color`, or nothing."""
    return QueryParams(scope.get("query_string", b"")).get(name, "")


def site_of(scope: Scope) -> SiteSettings | None:
    """The site that a request comes from or names, where it is one of the settings."""
    site: SiteSettings | None = scope.get(SITE)
    return site


def language_of(scope: Scope, page: PageSettings) -> Language:
    """The language of a visit: the address's, the site's, the browser's or the setting's, the first that there is."""
    site = site_of(scope)
    return choose(asked_for(scope, "lang") or (site.language if site else ""), _accepted(scope), page.language)


def view_of(scope: Scope, page: PageSettings) -> View:
    """Whom a page is for; its links keep the language and the site that the address asks for, where they exist."""
    language, kept = language_of(scope, page), []
    if asked_for(scope, "lang").lower().split("-")[0] in LANGUAGES:
        kept.append(("lang", language.code))
    if site_of(scope):
        kept.append(("site", asked_for(scope, "site")))
    return View(language, page.articles_language, page.title, tuple(kept), page.contact)


def language_of_browser(scope: Scope, default: str) -> Language:
    """The language of a notice that stands for whatever was asked for: the browser's or the default."""
    return choose("", _accepted(scope), default)


def _accepted(scope: Scope) -> str:
    return Headers(scope=scope).get("accept-language", "")
