"""How often somebody may ask: for each client address, and for all visitors of a site together.

The generic cell rate algorithm (ITU-T I.371): one number for each client, the time at which its allowance is whole
again. A client may use its allowance of a period at once and then waits until some of it has come back. Addresses are
kept in memory alone and forgotten when their allowance is whole.
"""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from functools import partial
from ipaddress import IPv6Address, ip_address
from typing import NamedTuple

from starlette.types import ASGIApp, Receive, Scope, Send

from chatbot.serving.middleware.problems import problem
from chatbot.serving.middleware.routes import Route
from chatbot.serving.middleware.scope import ROUTE, site_of
from chatbot.settings import Settings

PERIODS = {"second": 1, "minute": 60, "hour": 3600, "day": 86400}
MOST_CLIENTS = 50_000
GESTURE = "/chat/predict"
# What these cost beside the request is known when they are read.
CHARGED = (GESTURE, "/chat/talk", "/chat/", "/articles")
_wait: ContextVar[int] = ContextVar("wait", default=0)
_take: ContextVar[Callable[[float], int] | None] = ContextVar("take", default=None)


class Rate(NamedTuple):
    """So many questions in a period of so many seconds."""

    questions: int
    seconds: int


def parse(text: str) -> Rate | None:
    """The rate that a setting such as "60/minute" names; None for an empty one, which limits nothing."""
    count, _, period = text.partition("/")
    return Rate(int(count), PERIODS[period]) if text else None


class Limiter:
    """What everybody has left of one rate. Safe to use from several threads."""

    def __init__(self, rate: Rate) -> None:
        self.rate = rate
        self._whole_at: dict[str, float] = {}
        self._lock = threading.Lock()

    def take(self, client: str, cost: float = 1.0, now: float | None = None) -> int:
        """0 where the client may go on, or the seconds until it may, in which case nothing is taken."""
        moment = time.monotonic() if now is None else now
        with self._lock:
            whole_at = max(self._whole_at.pop(client, moment), moment)
            after = whole_at + cost * self.rate.seconds / self.rate.questions
            wait = after - moment - self.rate.seconds
            # Put back at the end, so that the first is the one that asked least lately.
            self._whole_at[client] = whole_at if wait > 1e-9 else after
            if len(self._whole_at) > MOST_CLIENTS:
                self._forget(moment)
        return math.ceil(wait) if wait > 1e-9 else 0

    def give_back(self, client: str, cost: float = 1.0) -> None:
        """Undo a `take` that let the client go on."""
        self.take(client, -cost)

    def _forget(self, moment: float) -> None:
        self._whole_at = {client: at for client, at in self._whole_at.items() if at > moment}
        while len(self._whole_at) > MOST_CLIENTS:
            del self._whole_at[next(iter(self._whole_at))]


def wait_seconds() -> int:
    """How long the visitor whose request is being handled should wait before it asks again; 0 where it may ask.

    For the chat page, which says so in its own words: a refused request would only show as an error there.
    """
    return _wait.get()


def charge(questions: float) -> int:
    """Take more questions from the allowance of the visitor whose request is being handled.

    As `Limiter.take`; what a whole allowance has besides the request itself is the most that is taken.
    """
    take = _take.get()
    return take(questions) if take and questions > 0 else 0


class Purse(NamedTuple):
    """What a request is paid from: the allowance of an address, or that of a site."""

    limiter: Limiter
    client: str
    who: str


class RateLimit:
    """Answers 429 to whoever asks too often; lets the chat page tell it itself."""

    def __init__(self, app: ASGIApp, settings: Settings) -> None:
        self.app = app
        rate = parse(settings.server.rate)
        self._clients = Limiter(rate) if rate else None
        # The page's own words cost work as well; who goes on regardless meets a plain refusal.
        self._gestures = Limiter(Rate(2 * rate.questions, rate.seconds)) if rate else None
        self._sites = {id(site): Limiter(limit) for site in settings.sites if (limit := parse(site.rate))}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        route: Route | None = scope.get(ROUTE)
        if route is None or not (route.cost or route.name in CHARGED) or scope["method"] == "OPTIONS":
            await self.app(scope, receive, send)
            return
        client = network(scope["client"][0] if scope["client"] else "")
        purses = [Purse(self._clients, client, "this address")] if self._clients else []
        if of_site := self._sites.get(id(site_of(scope))):
            purses.append(Purse(of_site, "", "the visitors of this site"))
        wait, who = pay(purses, [route.cost] * len(purses))
        if route.name in CHARGED:
            _take.set(partial(_pay_more, purses, route.cost))
        if wait and route.name == GESTURE and self._gestures and not self._gestures.take(client):
            _wait.set(wait)
            await self.app(scope, receive, send)
            return
        if wait:
            detail = f"too many questions from {who}; try again in {wait} s"
            await problem(429, detail, {"Retry-After": str(wait)})(scope, receive, send)
        else:
            await self.app(scope, receive, send)


def pay(purses: Sequence[Purse], costs: Sequence[float]) -> tuple[int, str]:
    """Take its cost from every purse, or nothing from any where one has too little.

    That one says how long to wait, and who asks too often.
    """
    for place, (purse, cost) in enumerate(zip(purses, costs, strict=True)):
        if wait := purse.limiter.take(purse.client, cost):
            for paid, back in zip(purses[:place], costs, strict=False):
                paid.limiter.give_back(paid.client, back)
            return wait, purse.who
    return 0, ""


def _pay_more(purses: Sequence[Purse], paid: float, questions: float) -> int:
    return pay(purses, [max(min(questions, purse.limiter.rate.questions - paid), 0) for purse in purses])[0]


def network(client: str) -> str:
    """The address, or its /64 where it is IPv6: one household or server owns that many."""
    try:
        address = ip_address(client)
    except ValueError:
        return ""
    return str(int(address) >> 64) if isinstance(address, IPv6Address) else client
