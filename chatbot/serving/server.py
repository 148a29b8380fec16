"""The socket that the server listens on, and the moment when it does."""

from __future__ import annotations

import asyncio
import errno
import logging
import math
import os
import signal
import socket
import threading
import webbrowser
from collections.abc import Callable
from types import FrameType
from typing import Any

import h11
import uvicorn
from uvicorn.protocols.http.h11_impl import H11Protocol

from chatbot.answering.chatbot import Chatbot
from chatbot.errors import ChatbotError
from chatbot.serving.app import create_app
from chatbot.serving.middleware.guard import BODY_SECONDS
from chatbot.serving.middleware.request_log import write_json
from chatbot.serving.middleware.routes import LARGEST_EDIT

log = logging.getLogger(__name__)

HEAD_SECONDS = 10
# Of an answer that waits to be read so much has to go within such a time, or else all of it.
READ_SECONDS = 60
LEAST_READ = 16 * 1024
# Who is cut off while sending hears of that instead of the reason, and a proxy makes a 502 of it: nobody is at once.
UNREAD = LARGEST_EDIT
# How long a stop waits for what is being answered, and when it ends whatever is left.
STOP_SECONDS = 3
LAST_SECONDS = 9
MOST_CONNECTIONS = 2000


class Server(uvicorn.Server):  # type: ignore[misc]
    """Prints its address as one line when it answers, and opens a browser there if asked to.

    `stopping` is called when it is told to stop.
    """

    def __init__(self, config: uvicorn.Config, url: str, stopping: Callable[[], None], *, open_browser: bool) -> None:
        super().__init__(config)
        self.url = url
        self.stopping = stopping
        self.open_browser = open_browser

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            print(self.url, flush=True)  # noqa: T201 - the address is the command's result
            if self.open_browser:
                webbrowser.open(self.url)

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if not self.should_exit:
            # A thread, because whatever keeps the process from ending may keep the event loop from turning.
            last = threading.Timer(LAST_SECONDS, _end)
            last.daemon = True
            last.start()
            self.stopping()
        super().handle_exit(sig, frame)


def _end() -> None:
    log.warning("the server did not end within %d s of being told to; what was left was cut off", LAST_SECONDS)
    os._exit(0)


class PatientProtocol(H11Protocol):  # type: ignore[misc]
    """HTTP/1.1 that waits for the head of a request for HEAD_SECONDS and no longer, however slowly it drips in.

    A body that nobody read, because the request was refused before, may have UNREAD bytes and BODY_SECONDS to end,
    also where the connection is not kept. Who reads less than LEAST_READ of an answer in READ_SECONDS is cut off.
    """

    _deadline: asyncio.TimerHandle | None = None
    _reader: asyncio.TimerHandle | None = None
    _expected = ""
    _unread = 0

    def connection_made(self, transport: asyncio.Transport) -> None:
        super().connection_made(_LingeringTransport(transport, self._sends))
        transport.set_write_buffer_limits(0)  # what stays below any limit would be kept for good
        self._expect("head", HEAD_SECONDS)

    def data_received(self, data: bytes) -> None:
        if not self.transport.is_closing():
            super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._expect("head", HEAD_SECONDS)
        elif self.conn.our_state in {h11.DONE, h11.CLOSED}:
            self._expect("rest", BODY_SECONDS)
            self._unread += len(data)
            if self._unread > UNREAD:
                self.transport.close()
        else:
            self._expect("")

    def pause_writing(self) -> None:
        super().pause_writing()
        self._wait_for_reader()

    def resume_writing(self) -> None:
        super().resume_writing()
        self._end_waiting()

    def connection_lost(self, exc: Exception | None) -> None:
        self._expect("")
        self._end_waiting()
        super().connection_lost(exc)

    def _wait_for_reader(self, before: float = math.inf) -> None:
        left = self.transport.get_write_buffer_size()
        if left > before - LEAST_READ:
            self.transport.abort()
        else:
            self._reader = self.loop.call_later(READ_SECONDS, self._wait_for_reader, left)

    def _end_waiting(self) -> None:
        if self._reader is not None:
            self._reader.cancel()

    def _sends(self) -> bool:
        """Whether a body is still arriving; it has so long from now on."""
        sends = self.conn.their_state is h11.SEND_BODY and self._expected != "rest"
        if sends:
            self._expect("rest", BODY_SECONDS)
        return sends

    def _expect(self, what: str, seconds: float = 0) -> None:
        """Wait so long for a part of a request from when it was first expected; nothing where there is none."""
        if what == self._expected:
            return
        if self._deadline is not None:
            self._deadline.cancel()
        self._expected, self._unread = what, 0
        self._deadline = self.loop.call_later(seconds, self.transport.close) if what else None


class _LingeringTransport:
    """A transport that ends only its own side when it is closed during a body; closed again, it ends both.

    A socket that is closed with bytes unread is reset, and a reset may overtake the answer.
    """

    def __init__(self, transport: asyncio.Transport, sends: Callable[[], bool]) -> None:
        self._transport = transport
        self._sends = sends
        self._ended = False

    def __getattr__(self, name: str) -> Any:
        return getattr(self._transport, name)

    def is_closing(self) -> bool:
        return self._ended or self._transport.is_closing()

    def close(self) -> None:
        if self.is_closing() or not self._sends():
            self._transport.close()
        else:
            self._transport.write_eof()
            self._transport.resume_reading()
        self._ended = True


def bind(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes any free one. Raises ChatbotError when the address cannot be used."""
    try:
        (family, *_, place), *_ = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
        return socket.create_server(place[:2], family=family, backlog=2048)
    except OSError as error:
        reason = (error.strerror or str(error)).partition(" (while ")[0]  # which repeats the address
        raise ChatbotError(f"cannot listen on {host}, port {port}: {reason}; {_instead(error)}") from error


def _instead(error: OSError) -> str:
    if isinstance(error, socket.gaierror) or error.errno == errno.EADDRNOTAVAIL:
        return "set [server] host to an address of this machine: 127.0.0.1 for itself alone, 0.0.0.0 for all of its own"
    if error.errno == errno.EACCES:
        return "choose a port above 1023 with --port, and let a proxy have this one"
    return "stop what uses it, or choose another with --port (0 takes any free port)"


def address(listener: socket.socket) -> str:
    """The address that a browser on this machine opens."""
    host, port = listener.getsockname()[:2]
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def run(bot: Chatbot, *, open_browser: bool = False) -> None:
    """Serve where the settings say until SIGTERM or Ctrl-C; print one line with the address as soon as it answers.

    Port 0 takes any free port. Raises ChatbotError when the address cannot be used.
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
    bot.start_workers(settings.workers)
    try:
        Server(config, address(listener), bot.close, open_browser=open_browser).run(sockets=[listener])
    finally:
        bot.close()
