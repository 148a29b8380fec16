"""The chatbot as a tool of other programs: the Model Context Protocol over streamable HTTP, stateless, plain JSON.

Needs the optional package `mcp` (`pip install 'career-chatbot[mcp]'`). The tool hands out passages word for word with
their sources; what the program that asks makes of them is its own.
"""

from __future__ import annotations

import logging
from contextlib import AbstractAsyncContextManager
from contextvars import ContextVar
from datetime import date
from typing import Annotated

import anyio.to_thread
from pydantic import BaseModel, Field
from starlette.types import Receive, Scope, Send

from chatbot.answering.answerer import MOST_CHARACTERS
from chatbot.answering.chatbot import Chatbot
from chatbot.errors import ChatbotError, QuestionError, SettingsError
from chatbot.installation import VERSION, extra
from chatbot.records import Answer, Comparison, Filters, Hit, Verdict
from chatbot.serving.api.schemas import MAX_K
from chatbot.serving.middleware.metrics import count_answer
from chatbot.serving.middleware.problems import UNAVAILABLE
from chatbot.serving.middleware.scope import site_of
from chatbot.settings import SiteSettings
from chatbot.sites import for_site, within

log = logging.getLogger(__name__)
# The site of the request that is being answered: the package hands tools no scope, but runs them in its context.
SITE: ContextVar[SiteSettings | None] = ContextVar("site", default=None)

INSTRUCTIONS = (
    "Passages of career articles, quoted word for word. Quote them exactly, name their title and link to their url. "
    'Where the verdict is "not_covered", the articles do not answer the question: say so.'
)


class Source(BaseModel):
    """A passage and where it stands. A url that begins with a slash is an address of the server that was asked.

    `columns` name the columns of a table whose head stands before `text`.
    """

    text: str
    title: str
    headings: tuple[str, ...]
    url: str
    passage_id: str
    topics: tuple[str, ...]
    country: str | None
    updated: date | None
    columns: tuple[str, ...]


class Sources(BaseModel):
    """The passages that answer, best first; none where the articles do not cover the question.

    `comparison` says of a question that compares ("A or B") which of the passages, counted from 1, speak of which side.
    """

    verdict: Verdict
    confidence: float
    passages: tuple[Source, ...]
    message: str
    nearest_topics: tuple[str, ...]
    generation: str
    comparison: Comparison | None


class Tool:
    """An ASGI application that speaks the protocol at /mcp while it lives."""

    def __init__(self, bot: Chatbot) -> None:
        """Raises SettingsError where the package `mcp` is not installed."""
        try:
            from mcp.server import MCPServer
            from mcp.server.mcpserver.exceptions import ToolError
            from mcp.server.transport_security import TransportSecuritySettings
        except ImportError:
            raise SettingsError(
                f"[server] mcp is true, but the package 'mcp' is missing; run \"{extra('mcp')}\""
            ) from None
        server = MCPServer("career-chatbot", title="Career articles", instructions=INSTRUCTIONS, version=VERSION)

        @server.tool(title="Search career articles", structured_output=True)
        async def ask_career_articles(
            question: Annotated[
                str, Field(min_length=1, max_length=MOST_CHARACTERS, description="A question in plain words.")
            ],
            k: Annotated[int, Field(ge=1, le=MAX_K, description="How many passages at most.")] = 5,
            topics: Annotated[list[str], Field(max_length=50, description="Only articles with one of these.")] = [],  # noqa: B006
        ) -> Sources:
            """Find the passages of career articles that answer a question, word for word, with their sources."""
            site = SITE.get()
            filters = within(site, Filters(topics=tuple(topics)))
            try:
                answer = await anyio.to_thread.run_sync(lambda: bot.ask(question, k=k, filters=filters))
            except QuestionError as error:
                raise ToolError(str(error)) from error
            except ChatbotError as error:
                log.error("the chatbot cannot answer: %s", error)
                raise ToolError(UNAVAILABLE) from None
            await anyio.to_thread.run_sync(count_answer, answer)
            return sources(for_site(site, answer))

        # Hosts and origins are the business of the guard, which sees what a proxy said.
        unguarded = TransportSecuritySettings(enable_dns_rebinding_protection=False)
        self._app = server.streamable_http_app(json_response=True, stateless_http=True, transport_security=unguarded)

    def live(self) -> AbstractAsyncContextManager[object]:
        """What must be entered for as long as requests are answered."""
        return self._app.router.lifespan_context(self._app)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        SITE.set(site_of(scope))
        await self._app(scope, receive, send)


def sources(answer: Answer) -> Sources:
    """What a program needs of an answer."""
    return Sources(
        verdict=answer.verdict,
        confidence=round(answer.confidence, 3),
        passages=tuple(map(_source, answer.hits)),
        message=answer.message,
        nearest_topics=answer.topics,
        generation=answer.generation,
        comparison=answer.comparison,
    )


def _source(hit: Hit) -> Source:
    passage = hit.passage
    return Source(
        text=passage.text,
        title=passage.title,
        headings=passage.headings,
        url=passage.url,
        passage_id=passage.id,
        topics=passage.topics,
        country=passage.country,
        updated=passage.updated,
        columns=passage.columns,
    )
