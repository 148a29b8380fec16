"""How high answers are whose passages are as long as real ones: some of the shipped articles, served."""

from __future__ import annotations

import json
import shutil
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from chatbot.indexing.generation.publication import ENCODERS
from tests.benchmarks.heights import GOLD, WIDE, in_widget, on_page
from tests.support import copies
from tests.support.host_site import PHONE, HostSite
from tests.support.places import ROOT
from tests.support.server import Server, build, start_server

ARTICLES = (
    "at-work/remote-work-in-tech",
    "interviews/machine-learning-interviews",
    "job-search/after-a-layoff",
    "job-search/first-software-job",
    "job-search/networking-and-linkedin",
    "pay-and-offers/negotiating-a-salary",
)
ASKED = 18  # of a dozen, one more or less moved the median of the widget by a twelfth of a panel


@pytest.fixture(scope="module")
def questions() -> list[str]:
    """Judged questions that these articles answer, from all of them alike."""
    judged = [json.loads(line) for line in GOLD.read_text(encoding="utf-8").splitlines()]
    fit = [case["question"] for case in judged if {answer["article"] for answer in case["answers"]} <= {*ARTICLES}]
    return fit[:: len(fit) // ASKED][:ASKED]


@pytest.fixture(scope="module")
def real(tmp_path_factory: pytest.TempPathFactory, encoders: Path, site: HostSite) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("real")
    copies.copy(encoders, folder / "index" / ENCODERS)
    for article in ARTICLES:
        path = folder / "corpus" / f"{article}.md"
        path.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "corpus" / f"{article}.md", path)
    build(folder)
    running = start_server(folder, CHATBOT_SITES=json.dumps([{"origins": [site.origin]}]))
    running.wait_until_ready()
    yield running
    running.stop()


@pytest.mark.parametrize(("options", "screens"), [(WIDE, 1.2), (PHONE, 2)], ids=["wide", "phone"])
def test_an_answer_on_the_page_is_little_more_than_a_screen(
    options: dict[str, object], screens: float, browser: Browser, real: Server, questions: list[str]
) -> None:
    assert statistics.median(on_page(browser, real, questions, **options)) <= screens


def test_an_answer_in_the_widget_is_two_panels(
    browser: Browser, site: HostSite, real: Server, questions: list[str]
) -> None:
    assert statistics.median(in_widget(browser, site, real, questions)) <= 2
