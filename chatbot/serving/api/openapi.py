"""The OpenAPI document, in which every error is a problem and not what the framework would have sent."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from chatbot.serving.api.schemas import Problem

DESCRIPTION = """Questions in, passages out: word for word what the authors of articles wrote, with their sources.

Every error is a problem document (RFC 9457). Addresses that begin with a slash are on this server.
"""
_CONTENT = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
_ERRORS = {
    "4XX": {"description": "Refused; the detail says why and what to do.", "content": _CONTENT},
    "5XX": {"description": "The server cannot answer now; its log says why.", "content": _CONTENT},
}


def document(app: FastAPI, version: str) -> None:
    """Let the application serve this document under its `openapi_url`."""

    def openapi() -> dict[str, Any]:
        if app.openapi_schema is None:
            schema = get_openapi(title=app.title, version=version, description=DESCRIPTION, routes=app.routes)
            schemas = schema["components"]["schemas"]
            for name in ("HTTPValidationError", "ValidationError"):
                schemas.pop(name, None)
            schemas["Problem"] = Problem.model_json_schema()
            for operation in (operation for path in schema["paths"].values() for operation in path.values()):
                operation["responses"].pop("422", None)
                operation["responses"].update(_ERRORS)
            app.openapi_schema = schema
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]
