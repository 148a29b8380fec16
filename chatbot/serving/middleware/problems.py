"""Errors as RFC 9457 problem details: one shape for everything that a program may be told."""

from __future__ import annotations

import logging
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse

from chatbot.answering.answerer import checked
from chatbot.errors import ChatbotError, IndexAway, QuestionError
from chatbot.settings_errors import EXPECTED

log = logging.getLogger(__name__)

UNAVAILABLE = "the chatbot cannot answer at the moment; its log says why"
UNEXPECTED = "something went wrong on the server; its log says what"
# What the schema says by a regular expression, in words.
_WORDS = {
    "string_pattern_mismatch": "this is empty; write at least one letter, digit or sign",
    "model_attributes_type": "expected a JSON object, sent with the header Content-Type: application/json",
    "missing": "is missing; send it",
    "extra_forbidden": "is no field of the body; /api/openapi.json lists those that are",
}


class ProblemResponse(JSONResponse):
    media_type = "application/problem+json"


def problem(status: int, detail: str, headers: dict[str, str] | None = None, **more: Any) -> ProblemResponse:
    """The response for an error: `title` names the status, `detail` says what is wrong and what to do next."""
    content = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": detail, **more}
    return ProblemResponse(content, status, headers)


def install(app: FastAPI) -> None:
    """Answer every error of the app as problem details."""
    app.add_exception_handler(QuestionError, _question)
    app.add_exception_handler(ChatbotError, _unavailable)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _unexpected)


async def _question(_: Request, error: Exception) -> ProblemResponse:
    return problem(422, str(error))


async def _unavailable(_: Request, error: Exception) -> ProblemResponse:
    # What is wrong names files and settings, which are the operator's. That a server is away has been logged, once.
    if not isinstance(error, IndexAway):
        log.error("the chatbot cannot answer: %s", error)
    return problem(503, UNAVAILABLE, {"Retry-After": "5"})


async def _invalid(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, RequestValidationError)  # noqa: S101 - what the handler is registered for
    broken = [fault for fault in error.errors() if fault["type"] == "json_invalid"]
    if broken:
        wrong = f"is no JSON: {broken[0]['ctx']['error']} at character {broken[0]['loc'][-1]}"
        return problem(422, f"the body {wrong}", errors=[{"pointer": "", "detail": wrong}])
    errors = [
        {
            "pointer": "".join(f"/{part}" for part in fault["loc"][1:]),
            "detail": _said(fault),
        }
        for fault in error.errors()
    ]
    detail = "; ".join(f"{told['pointer'] or 'the body'}: {told['detail']}" for told in errors)
    return problem(422, detail, errors=errors)


def _said(fault: dict[str, Any]) -> str:
    """What is wrong and what was expected: of a question, a number and a setting in the same words everywhere."""
    kind, value = fault["type"], fault["input"]
    if fault["loc"] == ("body", "question") and isinstance(value, str):
        try:
            checked(value, 1)
        except QuestionError as error:
            return str(error)
    expected = EXPECTED.get(kind, "").format_map(fault.get("ctx", {}))
    said = _WORDS.get(kind) or expected or fault["msg"].removeprefix("Value error, ")
    if expected and isinstance(value, int | float):
        return f"{fault['loc'][-1]} is {value}, {said}"
    return said + _length(fault)


def _length(fault: dict[str, Any]) -> str:
    """How long a text is that is too long, since nobody counts characters."""
    return f", it has {len(fault['input'])}" if fault["type"] == "string_too_long" else ""


async def _http(_: Request, error: Exception) -> ProblemResponse:
    assert isinstance(error, HTTPException)  # noqa: S101 - what the handler is registered for
    return problem(error.status_code, error.detail, dict(error.headers or {}))


async def _unexpected(_: Request, error: Exception) -> ProblemResponse:
    log.exception("unexpected error", exc_info=error)
    return problem(500, UNEXPECTED)
