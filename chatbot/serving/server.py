"""The socket that the server listens on, and the moment when it does."""

from __future__ import annotations

import asyncio
import signal
import socket
import webbrowser

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatbot.answering.chatbot import Chatbot
from chatbot.errors import ChatbotError
from chatbot.serving.app import create_app
from chatbot.serving.middleware.request_log import write_json

HEAD_SECONDS = 10
# An open page keeps one connection busy for as long as it is open; this is how long a stop waits for it, in seconds.
STOP_SECONDS = 3
MOST_CONNECTIONS = 2000


class Server(uvicorn.Server):  # type: ignore[misc]
    """Prints its address as one line when it answers, and opens a browser there if asked to."""

    def __init__(self, config: uvicorn.Config, url: str, *, open_browser: bool) -> None:
        super().__init__(config)
        self.url = url
        self.open_browser = open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.url, flush=True)  # noqa: T201 - the address is the command's result
            if self.open_browser:
                webbrowser.open(self.url)


class PatientProtocol(H11Protocol):  # type: ignore[misc]
    """HTTP/1.1 that waits for the head of a request for HEAD_SECONDS and no longer, however slowly it drips in."""

    _deadline: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(transport)
        self._expect_head()

    def data_received(self, data: bytes) -> None:
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect_head()
        else:
            self._got_head()

    def connection_lost(self, exc: Exception | None) -> None:
        self._got_head()
        super().connection_lost(exc)

    def _expect_head(self) -> None:
        if self._deadline is None:
            self._deadline = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _got_head(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises ChatbotError when the address cannot be used."""
    try:
        (family, *_, place), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(place[:2], family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while ")[0]  # which repeats the address
        raise ChatbotError(
            f"cannot listen on {host}, port {port}: {reason}; stop what uses it, or choose another with --port "
            "(0 takes any free port)"
        ) from error


def address(listener: socket.socket) -> str:
    """The address that a browser on this machine opens."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def run(bot: Chatbot, *, open_browser: bool = False) -> None:
    """Serve where the settings say until SIGTERM or Ctrl-C; print one line with the address as soon as it answers.

    Port 0 takes any free port. One worker, because a conversation lives in the memory of the process. Raises
    ChatbotError when the address cannot be used.
    """
    settings = bot.settings.server
    if settings.log == "json":
        write_json()
    listener = bind(settings.host, settings.port)
    config = uvicorn.Config(
        create_app(bot),
        http=PatientProtocol,
        ws="none",
        timeout_graceful_shutdown=STOP_SECONDS,
        limit_concurrency=MOST_CONNECTIONS,
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
    )
    # Once it has stopped, uvicorn raises the signal again for whoever had a handler before: a clean stop ends with 0.
    for stop in (signal.SIGTERM, signal.SIGINT):
        signal.signal(stop, lambda *_: None)
    Server(config, address(listener), open_browser=open_browser).run(sockets=[listener])
