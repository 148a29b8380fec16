"""Signing in and out of the editors' page: a form without a script, a cookie that no script can read."""

from __future__ import annotations

from functools import partial
from urllib.parse import parse_qs

from anyio import CapacityLimiter, WouldBlock, to_thread
from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chatbot.serving.middleware.rate_limit import Limiter, Rate, network
from chatbot.serving.middleware.scope import asked_for, view_of
from chatbot.serving.middleware.sessions import COOKIE, Sessions, cookie_of
from chatbot.serving.web.assets import STATIC, style_source
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.templates import fill
from chatbot.settings import PageSettings

# Wrong passwords: of one address, and of all addresses together.
ATTEMPTS, ALL_ATTEMPTS = Rate(10, 600), Rate(100, 600)
MOST_WAITING = 4
BUSY_SECONDS = 5
STYLE = (STATIC / "sign-in.css").read_text(encoding="utf-8")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {style_source(STYLE)}; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
}
_WRONG = "This is not the password."
_WAIT = "Too many attempts. Try again in {time}."
_WAIT_HERE = "Too many attempts from this address. Try again in {time}."
_BUSY = "Too many others are signing in. Try again in a few seconds."
_UNSAFE = (
    "Passwords are not asked for here, because this address is not encrypted and anybody on the way could read along. "
    "Open the page over https or on the server itself; where the network is your own, its operator can set "
    "plain_http = true in [editor] of chatbot.toml."
)


class Tries:
    """Counts wrong passwords: for each address, and for all together, since an attacker may have many."""

    def __init__(self) -> None:
        self._of_address, self._of_all = Limiter(ATTEMPTS), Limiter(ALL_ATTEMPTS)

    def take(self, client: str) -> tuple[int, str]:
        """The seconds until the next try, 0 where it is now and has been counted; and what to say of them."""
        if wait := self._of_address.take(client):
            return wait, _WAIT_HERE
        if wait := self._of_all.take(""):
            self._of_address.give_back(client)
        return wait, _WAIT if wait else ""

    def give_back(self, client: str) -> None:
        """The password was right: that was no try."""
        self._of_address.give_back(client)
        self._of_all.give_back("")


def routes(sessions: Sessions, page: PageSettings) -> APIRouter:
    """/edit/sign-in and /edit/sign-out. They answer to pages of this server alone; `Origins` sees to that."""
    router, tries = APIRouter(prefix="/edit", include_in_schema=False), Tries()
    # A thread of its own: those that all others share must not wait for a hash that is slow on purpose.
    hashing, door = CapacityLimiter(1), CapacityLimiter(1 + MOST_WAITING)

    shown = partial(_page, page)

    @router.get("")
    async def to_page(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{_path(request)}/{_query(request)}", 303)

    @router.get("/sign-in")
    async def form(request: Request) -> Response:
        if sessions.signed_in(request.scope):
            return RedirectResponse(f"./{_query(request)}", 303)
        return shown(request) if sessions.safe(request.scope) else shown(request, _UNSAFE, 403, closed=True)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        if not sessions.safe(request.scope):
            return shown(request, _UNSAFE, 403, closed=True)
        given = parse_qs((await request.body()).decode("utf-8", "replace")).get("password", [""])
        try:
            door.acquire_on_behalf_of_nowait(request)
        except WouldBlock:
            return shown(request, _BUSY, 503, BUSY_SECONDS)
        try:
            client = network(request.client.host if request.client else "")
            wait, told = tries.take(client)
            if wait:
                return shown(request, told, 429, wait)
            if not await to_thread.run_sync(sessions.knows, given[0], limiter=hashing):
                return shown(request, _WRONG, 401)
            tries.give_back(client)
        finally:
            door.release_on_behalf_of(request)
        answer = RedirectResponse(f"./{_query(request)}", 303, HEADERS)
        safe, path = request.scope["scheme"] == "https", _path(request)
        answer.set_cookie(
            COOKIE, sessions.start(), sessions.seconds, path=path, secure=safe, httponly=True, samesite="strict"
        )
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        sessions.end(cookie_of(request.scope))
        answer = RedirectResponse(f"sign-in{_query(request)}", 303, HEADERS)
        answer.delete_cookie(COOKIE, _path(request), httponly=True, samesite="strict")
        return answer

    return router


def _path(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/edit"


def _page(
    page: PageSettings, request: Request, problem: str = "", status: int = 200, wait: int = 0, *, closed: bool = False
) -> Response:
    view = view_of(request.scope, page)
    t = view.language
    told = t.tell(problem, time=t.lasting(-(-wait // 60) * 60))
    html = fill("sign-in.html", view, problem=told, closed=closed, style=STYLE)
    return HTMLResponse(html, status, {**HEADERS, "Retry-After": str(wait)} if wait else HEADERS)


def _query(request: Request) -> str:
    """The language that the address asks for, for the next address."""
    code = asked_for(request.scope, "lang")
    return f"?lang={code}" if code in LANGUAGES else ""
