"""A conversation before Gradio is there, and where it never comes: each gesture brings all its steps along."""

from __future__ import annotations

from typing import TYPE_CHECKING

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from chatbot.serving.chat.conversation import Talk, cost, perform
from chatbot.serving.middleware.problems import problem
from chatbot.serving.middleware.rate_limit import charge
from chatbot.serving.middleware.scope import site_of

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot


def routes(bot: Chatbot) -> APIRouter:
    """The way of page.js to an answer without Gradio."""
    router = APIRouter(include_in_schema=False)

    @router.post("/chat/talk")
    async def talk(request: Request) -> JSONResponse:
        sent = (await request.body()).decode(errors="replace")
        # The request has been paid for as one question.
        if wait := charge(cost(Talk(), sent) - 1):
            return problem(429, f"this address asks too often; try again in {wait} s", {"Retry-After": str(wait)})
        _, messages = await run_in_threadpool(perform, bot, Talk(), sent, site_of(request.scope))
        return JSONResponse({"messages": [{"role": role, "html": html} for role, html in messages]})

    return router
