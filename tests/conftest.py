"""What the tests of the server and its pages share: one real index, one real server process, one real browser."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from filelock import FileLock
from hypothesis import settings
from playwright.sync_api import Browser, sync_playwright

from chatbot.indexing.generation.publication import ENCODERS
from tests.support import chromium, copies, serving_corpus
from tests.support.editors_page import start_editing
from tests.support.host_site import HostSite, SiteVisitor
from tests.support.places import ROOT
from tests.support.server import COMMAND, Server, build, start_server
from tests.support.visit import Visit, visiting

pytest_plugins = ["tests.support.marks"]

# How long an example takes says more of the machine than of the code, and the first one loads what the others use.
settings.register_profile("test", deadline=None)
settings.load_profile("test")
# For `make check`: a fifth of the usual examples.
settings.register_profile("check", settings.get_profile("test"), max_examples=20)


def made_once(factory: pytest.TempPathFactory, name: str, make: Callable[[Path], None]) -> Path:
    """A folder of this process's own with what `make` writes into one; of several workers only the first makes it."""
    own = factory.mktemp(name)
    run = factory.getbasetemp().parent if "PYTEST_XDIST_WORKER" in os.environ else factory.getbasetemp()
    made = run / f"{name}-made"
    with FileLock(run / f"{name}.lock"):
        if made.exists():
            copies.copy(made, own)
        else:
            make(own)
            copies.copy(own, made)
    return own


@pytest.fixture(scope="session")
def served_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a corpus, the index that was built from it, and what was fitted to that.

    For a fit the model reads 20,000 words: once here, and not for each test that exports or serves without the model.
    """

    def make(folder: Path) -> None:
        serving_corpus.write(folder / "corpus")
        build(folder, "--lean")

    return made_once(tmp_path_factory, "served", make)


@pytest.fixture(scope="session")
def encoders(served_folder: Path) -> Path:
    """The exported model, to be put into the index folder of a test that builds with it: an export takes long."""
    return served_folder / "index" / ENCODERS


@pytest.fixture(scope="session")
def shipped(encoders: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The environment in which the shipped articles are served from an index in a folder of their own."""

    def environment(folder: Path) -> dict[str, str]:
        variables = {"CHATBOT_CORPUS_DIR": str(ROOT / "corpus"), "CHATBOT_INDEX_DIR": str(folder / "index")}
        return {**os.environ, **variables}

    def make(folder: Path) -> None:
        copies.copy(encoders, folder / "index" / ENCODERS)
        subprocess.run([*COMMAND, "build"], env=environment(folder), cwd=ROOT, check=True, timeout=900)

    return environment(made_once(tmp_path_factory, "shipped", make))


@pytest.fixture(scope="session")
def exported(served_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The export of the served folder, for tests that change nothing in it."""

    def make(folder: Path) -> None:
        subprocess.run([*COMMAND, "export", str(folder / "chat")], cwd=served_folder, check=True, timeout=600)

    return made_once(tmp_path_factory, "exported", make) / "chat"


@pytest.fixture(scope="session")
def server(served_folder: Path) -> Iterator[Server]:
    """The server that most tests share."""
    running = start_server(served_folder)
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    path = chromium.find()
    assert path, "the browser tests need Chromium: run 'python -m tests.support.chromium'"
    with sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=path, args=chromium.flags())
        yield running
        running.close()


@pytest.fixture
def visit(browser: Browser, server: Server, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A visitor; `@pytest.mark.parametrize("visit", [options], indirect=True)` sets the browser's options."""
    with visiting(Visit(browser, server, **getattr(request, "param", {}))) as visitor:
        yield visitor


@pytest.fixture(scope="session")
def site() -> Iterator[HostSite]:
    """A web site whose pages carry the widget."""
    running = HostSite()
    yield running
    running.close()


@pytest.fixture(scope="session")
def chatbot(served_folder: Path, site: HostSite) -> Iterator[Server]:
    """A server whose settings list the site."""
    sites = json.dumps([{"origins": [site.origin]}])
    running = start_server(served_folder, CHATBOT_SITES=sites, CHATBOT_SERVER__RATE="")
    yield running
    running.stop()


@pytest.fixture
def visitor(browser: Browser, site: HostSite, chatbot: Server, request: pytest.FixtureRequest) -> Iterator[SiteVisitor]:
    """Somebody on the site; `@pytest.mark.parametrize("visitor", [options], indirect=True)` sets their browser."""
    with visiting(SiteVisitor(browser, site, chatbot.url, **getattr(request, "param", {}))) as here:
        yield here


@pytest.fixture(scope="module")
def edited(served_folder: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A corpus and index of a module's own, since its tests change them."""
    copy = tmp_path_factory.mktemp("edited")
    copies.copy(served_folder, copy)
    return copy


@pytest.fixture(scope="module")
def editing(edited: Path) -> Iterator[Server]:
    """A server with the editors' page of that corpus."""
    running = start_editing(edited)
    yield running
    running.stop()
