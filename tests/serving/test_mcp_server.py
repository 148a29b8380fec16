"""The tool over the Model Context Protocol, called by the package's own client."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Coroutine, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from mcp.client import Client

from tests.support.server import Server, start_server
from tests.support.serving_corpus import CV, OUTSIDE_QUESTION, QUESTION

PAY_QUESTION = "How do I ask for a higher salary?"


@pytest.fixture(scope="module")
def tooled(served_folder: Path) -> Iterator[Server]:
    running = start_server(
        served_folder,
        CHATBOT_SERVER__MCP="true",
        CHATBOT_SERVER__HOSTS='["careers.example"]',
        CHATBOT_SITES=json.dumps([{"name": "Write & co", "origins": ["https://own.example"], "topics": ["writing"]}]),
    )
    yield running
    assert running.stop() == 0


@pytest.fixture(scope="module")
def default(served_folder: Path) -> Iterator[Server]:
    """The tool is switched on and nothing else is set."""
    running = start_server(served_folder, CHATBOT_SERVER__MCP="true")
    yield running
    assert running.stop() == 0


def finished(work: Coroutine[Any, Any, Any]) -> Any:
    """The result of a coroutine; in a thread, because the browser tests keep an event loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def calling(server: Server, site: str = "", **arguments: Any) -> Any:
    async with Client(f"{server.url}/mcp" + (f"?site={quote(site)}" if site else "")) as client:
        return await client.call_tool("ask_career_articles", arguments)


def call(server: Server, site: str = "", **arguments: Any) -> Any:
    return finished(calling(server, site, **arguments))


def test_there_is_one_tool_with_a_schema(tooled: Server) -> None:
    async def listing() -> Any:
        async with Client(f"{tooled.url}/mcp") as client:
            return (await client.list_tools()).tools

    (tool,) = finished(listing())
    assert tool.name == "ask_career_articles"
    assert set(tool.input_schema["properties"]) == {"question", "k", "topics"}
    assert tool.input_schema["required"] == ["question"]
    assert "passages" in tool.output_schema["properties"]


def test_passages_come_word_for_word_with_their_sources(tooled: Server) -> None:
    result = call(tooled, question=QUESTION, k=2)
    found = result.structured_content
    assert (result.is_error, found["verdict"], len(found["passages"])) == (False, "answered", 2)
    first = found["passages"][0]
    assert first["text"] in CV
    assert (first["title"], first["updated"], first["passage_id"].partition("#")[0]) == (
        "Writing a CV", "2025-01-15", "cv",
    )  # fmt: skip


def test_a_comparison_says_which_passages_speak_of_which_side(tooled: Server) -> None:
    found = call(tooled, question="compare a CV and a salary").structured_content
    assert [side["label"] for side in found["comparison"]["sides"]] == ["CV", "salary"]
    assert all(
        found["passages"][rank - 1]["title"] == "Writing a CV" for rank in found["comparison"]["sides"][0]["ranks"]
    )
    assert call(tooled, question=QUESTION).structured_content["comparison"] is None


def test_topics_narrow_what_is_found(tooled: Server) -> None:
    found = call(tooled, question=QUESTION, topics=["pay and offers"]).structured_content
    assert {passage["title"] for passage in found["passages"]} <= {"Talking about pay"}


def test_a_site_that_the_address_names_is_answered_from_its_topics_alone(tooled: Server) -> None:
    sites = ["Write & co", "", "https://own.example"] * 4
    pay = {"question": PAY_QUESTION}

    async def together(arguments: dict[str, Any]) -> Any:
        return await asyncio.gather(*(calling(tooled, site, **arguments) for site in sites))

    for arguments in (pay, pay | {"topics": ["pay and offers"]}, {"question": OUTSIDE_QUESTION}):
        answers = [answer.structured_content for answer in finished(together(arguments))]
        for site, answer in zip(sites, answers, strict=True):
            titles = {passage["title"] for passage in answer["passages"]}
            assert ("Talking about pay" in titles) == (not site and arguments["question"] == PAY_QUESTION)
            assert titles <= {"Writing a CV"} or not site
            assert set(answer["nearest_topics"]) <= {"writing"} or not site


def test_an_address_that_names_no_site_is_refused_as_under_api(tooled: Server) -> None:
    for path in ("/mcp", "/api/ask"):
        status, _, body = tooled.post(f"{path}?site=writting", {"question": QUESTION})
        assert (status, "there is no site 'writting'" in json.loads(body)["detail"]) == (404, True)


def test_what_the_articles_do_not_cover_is_said(tooled: Server) -> None:
    found = call(tooled, question=OUTSIDE_QUESTION).structured_content
    assert (found["verdict"], found["passages"]) == ("not_covered", [])


@pytest.mark.parametrize("arguments", [{"question": ""}, {"question": " "}, {"question": "x", "k": 99}, {"k": 3}])
def test_a_call_that_cannot_be_answered_is_an_error_of_the_tool(tooled: Server, arguments: dict[str, Any]) -> None:
    assert call(tooled, **arguments).is_error


def initialise(server: Server, **headers: str) -> int:
    client = {"name": "test", "version": "1"}
    parameters = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": client}
    body = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": parameters}
    return server.post("/mcp", body, Accept="application/json, text/event-stream", **headers)[0]


def test_only_known_hosts_and_no_foreign_page_may_call_it(tooled: Server) -> None:
    assert initialise(tooled) == 200
    assert initialise(tooled, Host="careers.example") == 200
    assert initialise(tooled, Host="rebound.example") == 421
    assert initialise(tooled, Host="127.0.0.1.rebound.example") == 421
    assert initialise(tooled, Origin="https://evil.example") == 403
    assert tooled.get("/mcp")[0] == 405
    assert tooled.get("/healthz", {"Host": "rebound.example"})[0] == 421


@pytest.mark.parametrize(
    "host",
    [
        "rebound.example", "rebound.example:8000", "localhost.rebound.example", "localhost:80.rebound.example", "",
        "rebound.localhost", "127.0.0.1.rebound.example", "127.0.0.2", "[::]", "192.168.1.2:7860",
    ],
)  # fmt: skip
def test_a_name_that_points_to_this_machine_does_not_open_the_tool(default: Server, host: str) -> None:
    here = f"http://{host}"
    assert initialise(default, Host=host) in (400, 421)
    assert initialise(default, Host=host, Origin=here) in (400, 421)
    assert initialise(default, Host=host, Origin=here, **{"Sec-Fetch-Site": "same-origin"}) in (400, 421)
    assert initialise(default, Host=host, **{"X-Forwarded-Host": "localhost", "Forwarded": "host=localhost"}) != 200


@pytest.mark.parametrize("host", ["localhost", "LOCALHOST:1", "127.0.0.1:65535", "[::1]", "[::1]:7860"])
def test_the_names_of_this_machine_open_the_tool(default: Server, host: str) -> None:
    assert initialise(default, Host=host) == 200


def test_what_is_for_everybody_answers_to_every_name_where_none_is_set(default: Server) -> None:
    foreign = {"Host": "rebound.example"}
    for path in ("/healthz", "/api/articles", "/articles"):
        assert default.get(path, foreign)[0] == 200
    assert default.post("/api/ask", {"question": QUESTION}, **foreign)[0] == 200


def test_without_the_setting_there_is_no_tool(server: Server) -> None:
    assert initialise(server) in (404, 405)
    assert json.loads(server.get("/healthz", {"Host": "any.example"})[2]) == {"status": "ok"}
