"""Signing in and out of the editors' page: a form without a script, a cookie that no script can read."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from chatbot.serving.middleware.rate_limit import Limiter, Rate, network
from chatbot.serving.middleware.sessions import COOKIE, Signing, cookie_of
from chatbot.serving.web.assets import STATIC, style_source
from chatbot.serving.web.templates import View, fill

ATTEMPTS = Rate(10, 600)
STYLE = (STATIC / "sign-in.css").read_text(encoding="utf-8")
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": (
        f"default-src 'none'; style-src {style_source(STYLE)}; img-src 'self'; base-uri 'none'; form-action 'self'; "
        "frame-ancestors 'none'"
    ),
}
_WRONG = "This is not the password."
_WAIT = "Too many attempts from this address. Try again in {} minutes."
_UNSAFE = (
    "Passwords are not asked for here, because this address is not encrypted and anybody on the way could read along. "
    "Open the page over https or on the server itself; where the network is your own, its operator can set "
    "plain_http = true in [editor] of chatbot.toml."
)


def routes(signing: Signing) -> APIRouter:
    """/edit/sign-in and /edit/sign-out. They answer to pages of this server alone; `Origins` sees to that."""
    router, attempts = APIRouter(prefix="/edit", include_in_schema=False), Limiter(ATTEMPTS)

    @router.get("")
    async def to_page(request: Request) -> RedirectResponse:
        return RedirectResponse(f"{_path(request)}/", 303)

    @router.get("/sign-in")
    async def form(request: Request) -> Response:
        if signing.signed_in(request.scope):
            return RedirectResponse("./", 303)
        return _page() if signing.safe(request.scope) else _page(_UNSAFE, 403, closed=True)

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        if not signing.safe(request.scope):
            return _page(_UNSAFE, 403, closed=True)
        wait = attempts.take(network(request.client.host if request.client else ""))
        if wait:
            return _page(_WAIT.format(-(-wait // 60)), 429, wait)
        given = parse_qs((await request.body()).decode("utf-8", "replace"), max_num_fields=10).get("password", [""])
        if not await run_in_threadpool(signing.knows, given[0]):
            return _page(_WRONG, 401)
        answer = RedirectResponse("./", 303, HEADERS)
        safe, path = request.scope["scheme"] == "https", _path(request)
        answer.set_cookie(
            COOKIE, signing.start(), signing.seconds, path=path, secure=safe, httponly=True, samesite="strict"
        )
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        signing.end(cookie_of(request.scope))
        answer = RedirectResponse("sign-in", 303, HEADERS)
        answer.delete_cookie(COOKIE, _path(request), httponly=True, samesite="strict")
        return answer

    return router


def _path(request: Request) -> str:
    return f"{request.scope.get('root_path', '')}/edit"


def _page(problem: str = "", status: int = 200, wait: int = 0, *, closed: bool = False) -> Response:
    html = fill("sign-in.html", View(), problem=problem, closed=closed, style=STYLE)
    return HTMLResponse(html, status, {**HEADERS, "Retry-After": str(wait)} if wait else HEADERS)
