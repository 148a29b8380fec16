"""Everything that is served, in one table. Gradio answers on many more paths than its page needs (uploads, downloads, a
proxy, developer tools); what is not listed here does not exist. Each route of the application has a line of its own.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

MAX_BODY = 64 * 1024
LARGEST_EDIT = 32 * 1024 * 1024  # 20 MB of files as text


@dataclass(frozen=True, slots=True)
class Route:
    """A path that exists.

    `name` stands for it in logs and metrics. `cost` is what a request takes from the rate, in questions. Pages of
    listed sites may use what is `shared`, pages of any site may load what is `public`. What is `local` answers to the
    names of this machine and to the hosts of the settings, and to no other. What is for `editors` exists only where a
    password is set, and but for signing in answers only to who is signed in. `largest` is the most bytes of a body.
    """

    name: str
    pattern: re.Pattern[str]
    method: str = "GET"
    cost: float = 0.0
    shared: bool = False
    public: bool = False
    local: bool = False
    editors: Literal["", "sign in", "signed in"] = ""
    largest: int = MAX_BODY

    def takes(self, method: str) -> bool:
        return method == self.method or (method == "HEAD" and self.method == "GET")


def _get(name: str, pattern: str, cost: float = 0.0) -> Route:
    return Route(name, re.compile(pattern), cost=cost)


def _api(name: str, pattern: str, method: str = "GET", cost: float = 0.1) -> Route:
    return Route(name, re.compile(pattern), method, cost, shared=True)


def _edit(name: str, pattern: str, method: str = "GET", largest: int = MAX_BODY) -> Route:
    return Route(name, re.compile(pattern), method, editors="signed in", largest=largest)


ROUTES = (
    # for programs and the widget
    _api("/api/ask", r"/api/ask", "POST", 1.0),
    _api("/api/suggest", r"/api/suggest"),
    _api("/api/suggest", r"/api/suggest", "POST"),
    _api("/api/feedback", r"/api/feedback", "POST", 1.0),
    Route("/api/feedback/{key}", re.compile(r"/api/feedback/[^/]+"), "DELETE", 1.0),
    _api("/api/site", r"/api/site"),
    _api("/api/articles", r"/api/articles", cost=1.0),
    _api("/api/articles/{id}", r"/api/articles/.+"),
    _api("/api/openapi.json", r"/api/openapi\.json", cost=0.0),
    Route("/widget.js", re.compile(r"/widget\.js"), public=True),
    Route("/widget-parts.js", re.compile(r"/widget-parts\.js"), public=True),
    Route("/widget/{language}.json", re.compile(r"/widget/[a-z]{2}\.json"), public=True),
    Route("/mcp", re.compile(r"/mcp"), "POST", 1.0, local=True),
    # for people
    _get("/", r"/"),
    _get("/articles", r"/articles", cost=0.1),
    _get("/articles/{id}", r"/articles/.+", cost=0.1),
    _get("/llms.txt", r"/llms\.txt", cost=0.1),
    _get("/sitemap.xml", r"/sitemap\.xml", cost=0.1),
    _get("/feed.xml", r"/feed\.xml", cost=0.1),
    _get("/robots.txt", r"/robots\.txt"),
    _get("/embed", r"/embed"),
    _get("/embed", r"/embed/preview"),
    _get("/static/{file}", r"/static/[\w.-]+"),
    _get("/favicon", r"/favicon\.ico"),
    _get("/favicon", r"/favicon\.svg"),
    _get("/manifest.json", r"/manifest\.json"),
    _get("/manifest.json", r"/chat/manifest\.json"),
    _get("/chat/", r"/chat"),
    _get("/chat/", r"/chat/"),
    Route("/chat/talk", re.compile(r"/chat/talk"), "POST", 1.0),
    # what the page of Gradio works on
    _get("/chat/{file}", r"/chat/(theme\.css|(assets|static)/.+)"),
    _get("/chat/config", r"/chat/(config|gradio_api/(startup-events|app_id|info))"),
    Route("/chat/predict", re.compile(r"/chat/gradio_api/run/predict/?"), "POST", 1.0),
    # for editors, where a password is set
    Route("/edit", re.compile(r"/edit"), editors="sign in"),
    Route("/edit/sign-in", re.compile(r"/edit/sign-in"), editors="sign in"),
    Route("/edit/sign-in", re.compile(r"/edit/sign-in"), "POST", editors="sign in"),
    Route("/edit/sign-out", re.compile(r"/edit/sign-out"), "POST", editors="sign in"),
    _edit("/edit/", r"/edit/"),
    _edit("/edit/{file}", r"/edit/(theme\.css|(assets|static)/.+)"),
    _edit("/edit/config", r"/edit/(config|gradio_api/(startup-events|app_id|info))"),
    _edit("/edit/predict", r"/edit/gradio_api/run/predict/?", "POST", LARGEST_EDIT),
    # for operators
    _get("/healthz", r"/healthz"),
    _get("/readyz", r"/readyz"),
    _get("/metrics", r"/metrics"),
)


def find(path: str, method: str = "") -> Route | None:
    """The route of a path, as it stands behind the public path that a proxy puts in front.

    Where several share the path it is the one that takes the method, or else the first.
    """
    here = [route for route in ROUTES if route.pattern.fullmatch(path)]
    return next((route for route in here if route.takes(method)), here[0] if here else None)


def methods(path: str) -> list[str]:
    """What may be done at a path, without the HEAD that every GET allows."""
    return [route.method for route in ROUTES if route.pattern.fullmatch(path)]
