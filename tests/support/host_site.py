"""A web site of another origin than the chatbot's, whose pages carry the widget, and somebody who visits it."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Locator, Page

from tests.support.visit import Visitor

ARTICLE = "<main><h1>A site about work</h1><p>Some words.</p><a href='#more'>More</a><p id='more'>End.</p></main>"
PHONE: dict[str, Any] = {"viewport": {"width": 390, "height": 844}, "is_mobile": True, "has_touch": True}
DARK: dict[str, Any] = {"color_scheme": "dark"}

STRICT_CSP = (
    "default-src 'none'; img-src data:; script-src {chatbot}; style-src 'none'; connect-src {chatbot}; "
    "require-trusted-types-for 'script'"
)


class HostSite:
    """Serves pages by path on a free port of this machine until it is closed."""

    def __init__(self) -> None:
        self.pages: dict[str, tuple[str, str]] = {}
        site = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                policy, html = site.pages.get(self.path.partition("?")[0], ("", ""))
                body = html.encode()
                self.send_response(200 if html else 204)
                self.send_header("Content-Type", "text/html; charset=utf-8")
                self.send_header("Content-Length", str(len(body)))
                if policy:
                    self.send_header("Content-Security-Policy", policy)
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.origin = f"http://127.0.0.1:{self._server.server_port}"
        Thread(target=self._server.serve_forever, daemon=True).start()

    def page(self, path: str, body: str, *, head: str = "", policy: str = "", lang: str = "en") -> str:
        """Put a page at a path and return its address."""
        self.pages[path] = (
            policy,
            f'<!doctype html><html lang="{lang}"><head><meta charset="utf-8"><title>A site about work</title>'
            f'<meta name="viewport" content="width=device-width, initial-scale=1">'
            f'<link rel="icon" href="data:,">{head}</head><body>{body}</body></html>',
        )
        return self.origin + path

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


def ask(widget: Locator, question: str) -> Locator:
    """Type a question into an open panel, press Enter, and return the turn with its answer."""
    turns = widget.locator(".log > .turn")
    widget.locator("textarea").fill(question)
    before = turns.count()  # only now: the panel comes a moment after the click
    widget.locator("textarea").press("Enter")
    turn = turns.nth(before)
    turn.locator(".card, .say").first.wait_for()
    return turn


class WidgetVisitor(Visitor):
    """Somebody on a page that carries the widget."""

    @property
    def widget(self) -> Locator:
        return self.page.locator("career-chatbot")

    def ask(self, question: str) -> Locator:
        return ask(self.widget, question)


class SiteVisitor(WidgetVisitor):
    """Somebody with a fresh browser on a page of the site."""

    def __init__(self, browser: Browser, site: HostSite, chatbot: str, **options: Any) -> None:
        super().__init__(browser, **options)
        self.site = site
        self.chatbot = chatbot
        self.own = (site.origin, chatbot, "data:")
        self.page.set_default_timeout(60_000)

    def tag(self, **attributes: str) -> str:
        said = " ".join(f'data-{name.replace("_", "-")}="{value}"' for name, value in attributes.items())
        return f'<script src="{self.chatbot}/widget.js" {said} async></script>'

    def arrive(self, body: str = "", *, head: str = "", policy: str = "", lang: str = "en", **attributes: str) -> Page:
        """Open a page with the tag and wait until the launcher is there."""
        path = f"/{len(self.site.pages)}"
        self.page.goto(
            self.site.page(path, ARTICLE + (body or self.tag(**attributes)), head=head, policy=policy, lang=lang)
        )
        self.page.wait_for_selector("career-chatbot", state="attached")
        return self.page

    def open(self) -> None:
        """Open the panel, unless it is open since an earlier page."""
        if self.widget.locator(".launcher").get_attribute("aria-expanded") != "true":
            self.widget.locator(".launcher").click()
        self.widget.locator("textarea").wait_for()

    def asked_of_chatbot(self) -> list[str]:
        return [request for request in self.requests if self.chatbot in request]

    def shoot(self, name: str, **options: Any) -> None:
        super().shoot(f"widget-{name}", animations="disabled", **options)

    def size(self) -> tuple[int, int]:
        """Width and height of the panel in pixels."""
        box = self.widget.locator(".panel").bounding_box()
        assert box is not None
        return round(box["width"]), round(box["height"])


def accessible(page: Page) -> None:
    """axe-core finds nothing, by WCAG 2.2 A and AA and by best practice."""
    found = Axe().run(page)
    assert found.violations_count == 0, found.generate_report()
