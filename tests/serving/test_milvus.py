"""A server whose passages are in a real Milvus answers as one with files does, follows, and outlives its failures."""

from __future__ import annotations

import json
import os
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from unittest.mock import ANY

import pytest
from playwright.sync_api import Browser

from tests.support import copies
from tests.support.host_site import HostSite, SiteVisitor
from tests.support.milvus import Standalone
from tests.support.server import COMMAND, Server, start_server
from tests.support.serving_corpus import QUESTION
from tests.support.visit import Visit
from tests.support.waiting import eventually

QUESTIONS = (QUESTION, "higher salary", "What belongs to the package?", "gap", "How do I keep bees in winter?")
LIMIT = 2.0
# A machine that is busy for seconds is no fault of it.
pytestmark = pytest.mark.flaky(reruns=1)
UNAVAILABLE = "The chatbot cannot answer at the moment; please try again soon."


@dataclass
class Installation:
    """A machine that builds, a Milvus, and a server that has nothing but the settings."""

    builder: Path
    variables: dict[str, str]
    milvus: Standalone
    server: Server

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        """A command where the articles are."""
        environment = {name: value for name, value in os.environ.items() if not name.startswith("CHATBOT_")}
        return subprocess.run(
            [*COMMAND, *command], cwd=self.builder, env=environment | self.variables, capture_output=True, text=True,
            timeout=600,
        )  # fmt: skip

    def ask(self, question: str) -> tuple[int, dict[str, str], Any]:
        status, headers, body = self.server.post("/api/ask", {"question": question})
        return status, headers, json.loads(body)

    def works(self) -> bool:
        return self.ask("How do I plan a career?")[0] == 200


@pytest.fixture(scope="module")
def installed(served_folder: Path, site: HostSite, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    folder = tmp_path_factory.mktemp("with-milvus")
    builder, elsewhere = folder / "builder", folder / "elsewhere"
    copies.copy(served_folder, builder)
    elsewhere.mkdir()
    with Standalone(folder / "milvus") as milvus:
        variables = {
            "CHATBOT_INDEX__STORE": "milvus",
            "CHATBOT_MILVUS__URI": milvus.uri,
            "CHATBOT_MILVUS__SECONDS": str(LIMIT),
            "CHATBOT_ANSWERS__REMEMBERED": "0",
        }
        made = Installation(builder, variables, milvus, None)  # type: ignore[arg-type]
        done = made.run("build")
        assert done.returncode in {0, 3}, done.stderr
        sites = json.dumps([{"origins": [site.origin]}])
        made.server = start_server(elsewhere, CHATBOT_SITES=sites, **variables)
        made.server.wait_until_ready()
        yield made
        assert made.server.stop() == 0


def nearly(value: Any) -> Any:
    """What equals a value whose numbers may differ a little, and what it took at will."""
    if isinstance(value, dict):
        return {key: ANY if key == "took_ms" else nearly(each) for key, each in value.items()}
    if isinstance(value, list):
        return [nearly(each) for each in value]
    return pytest.approx(value, abs=1e-5) if isinstance(value, float) else value


@pytest.mark.index
def test_it_answers_as_a_server_with_files_does(installed: Installation, server: Server) -> None:
    for question in QUESTIONS:
        status, _, found = installed.ask(question)
        expected = json.loads(server.post("/api/ask", {"question": question})[2])
        assert (status, found) == (200, nearly(expected))
    for path in ("/api/articles", "/api/articles/cv", "/articles/cv", "/api/suggest?q=how+do", "/llms.txt"):
        found, expected = (one.get(path)[2].replace(one.url, "") for one in (installed.server, server))
        assert found == expected, path


@pytest.mark.index
def test_a_publish_and_a_rollback_reach_servers_by_themselves(installed: Installation) -> None:
    before = installed.ask(QUESTION)[2]["generation"]
    new = installed.builder / "corpus" / "bees.md"
    new.write_text("# Bees\n\nA hive is kept dry and out of the wind in winter, and it is fed with sugar.\n")
    assert installed.run("build").returncode in {0, 3}
    question = "How do I keep bees in winter?"
    eventually(lambda: installed.ask(question)[2]["generation"] != before, 60)
    assert installed.ask(question)[2]["hits"][0]["passage"]["article_id"] == "bees"
    done = installed.run("rollback")
    assert done.returncode == 0, done.stderr
    eventually(lambda: installed.ask(question)[2]["generation"] == before, 60)
    new.unlink()


@pytest.mark.index
def test_milvus_away_is_told_calmly_and_found_again(installed: Installation) -> None:
    installed.milvus.kill("standalone")
    try:
        status, headers, told = installed.ask("What does a manager look for?")
        assert (status, int(headers["retry-after"]) > 0) == (503, True)
        assert told["detail"] == "the chatbot cannot answer at the moment; its log says why"
        ready = json.loads(installed.server.get("/readyz")[2])
        assert (ready["status"], ready["index"]) == ("ready", "away")
        assert "chatbot_index_away 1.0" in installed.server.get("/metrics")[2]
        assert installed.server.get("/healthz")[0] == 200
        for path in ("/api/articles", "/articles", "/llms.txt", "/sitemap.xml", "/chat/"):  # what is no text is here
            assert installed.server.get(path)[0] == 200, path
        assert installed.server.get("/articles/cv")[0] == 503
    finally:
        installed.milvus.start("standalone")
    eventually(installed.works, 120)
    assert "index" not in json.loads(installed.server.get("/readyz")[2])


@pytest.mark.index
def test_a_milvus_that_hangs_holds_nobody_for_long(installed: Installation) -> None:
    """One question waits for as long as the settings say; others hear at once that it cannot be asked."""
    eventually(installed.works, 120)
    installed.milvus.pause("standalone")
    try:
        began = time.monotonic()
        assert installed.ask("What is a fair wage?")[0] == 503
        first = time.monotonic() - began
        began = time.monotonic()
        assert [installed.ask(f"What is a fair wage number {n}?")[0] for n in range(5)] == [503] * 5
        others = time.monotonic() - began
        assert installed.server.get("/healthz")[0] == 200
    finally:
        installed.milvus.resume("standalone")
    eventually(installed.works, 120)
    assert first < 3 * LIMIT  # of both searches of a question
    assert others < LIMIT + 1


def test_page_and_widget_say_it_in_calm_words(browser: Browser, site: HostSite, installed: Installation) -> None:
    eventually(installed.works, 120)
    visit, visitor = Visit(browser, installed.server), SiteVisitor(browser, site, installed.server.url)
    visit.open()
    visitor.arrive()
    visitor.open()
    installed.milvus.kill("standalone")
    try:
        visit.ask("Which questions may I ask back?")
        assert UNAVAILABLE in visit.page.locator("#talk").inner_text()
        visit.shoot("milvus-away")
        assert UNAVAILABLE in visitor.ask("Which questions may I ask back?").inner_text()
        visitor.shoot("milvus-away")
    finally:
        installed.milvus.start("standalone")
    eventually(installed.works, 120)
    visit.ask("How do I explain a gap?")
    assert visit.page.locator("#talk .card").count() > 0
    visit.context.close()
    visitor.context.close()
