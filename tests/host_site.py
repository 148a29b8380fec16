"""A web site of another origin than the chatbot's, whose pages carry the widget."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

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
