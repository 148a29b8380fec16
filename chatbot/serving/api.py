"""The chatbot for programs: questions in, answers out, as JSON."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from fastapi import APIRouter
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from chatbot.answering.chatbot import Chatbot
from chatbot.records import Answer, Filters, Turn, to_json

MAX_K = 20
MAX_TURNS = 50
Text = Annotated[str, Field(max_length=4000)]
Values = Annotated[tuple[Annotated[str, Field(max_length=200)], ...], Field(max_length=50)]


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class TurnIn(Strict):
    """An earlier question of the conversation, as the answer to it reported it."""

    question: Text
    searched_as: Text = ""
    shown: Annotated[tuple[str, ...], Field(max_length=100)] = ()


class FiltersIn(Strict):
    """What the passages are limited to; an empty field limits nothing."""

    topics: Values = ()
    audience: Values = ()
    countries: Values = ()
    updated_since: date | None = None


class AskIn(Strict):
    """A question. `literal` searches for exactly what is written: no completion, no repair."""

    question: Annotated[str, Field(min_length=1, max_length=4000, examples=["How do I explain a gap in my CV?"])]
    k: Annotated[int, Field(ge=1, le=MAX_K)] = 5
    history: Annotated[tuple[TurnIn, ...], Field(max_length=MAX_TURNS)] = ()
    filters: FiltersIn = FiltersIn()
    literal: bool = False


def routes(bot: Chatbot) -> APIRouter:
    """The routes under /api."""
    router = APIRouter(prefix="/api")

    @router.post("/ask", response_model=Answer, summary="Ask a question")
    def ask(body: AskIn) -> JSONResponse:
        """The passages that answer, best first, or an honest "not covered"."""
        history = [Turn(turn.question, turn.searched_as or turn.question, turn.shown) for turn in body.history]
        filters = Filters(**body.filters.model_dump())
        answer = bot.ask(body.question, k=body.k, history=history, filters=filters, literal=body.literal)
        return JSONResponse(to_json(answer))

    return router
