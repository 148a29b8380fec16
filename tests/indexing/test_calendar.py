"""An article whose day comes or goes changes without its file: the next build and a watch notice, and status tells."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chatbot.cli.build import build_text, status_text
from chatbot.editing.listing import Listing
from chatbot.errors import ChatbotError
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.building.watch import watch
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import read_manifest
from chatbot.indexing.generation.publication import current
from chatbot.indexing.status import read_status
from chatbot.settings import Settings, WatchSettings
from tests.content.test_feed import post, wxr
from tests.support.keyword_embedder import KeywordEmbedder

pytestmark = pytest.mark.index
NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
BEGINS, ENDS = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, 9, 30, tzinfo=UTC)
FAIR = "---\npublishDate: 2026-07-01\nexpiryDate: 2026-08-01T09:30:00Z\n---\nThe fair for better pay is in the hall.\n"


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", watch=WatchSettings(poll=True))
    settings.corpus_dir.mkdir()
    (settings.corpus_dir / "pay.md").write_text(
        "# Pay\n\nAsk for better pay when you get an offer.\n", encoding="utf-8"
    )
    (settings.corpus_dir / "fair.md").write_text(FAIR, encoding="utf-8")
    return settings


def run(site: Settings, now: datetime) -> BuildReport:
    return build(site, embedder=KeywordEmbedder(), now=now)


def test_a_build_takes_in_what_has_come_and_leaves_out_what_has_gone_though_no_file_has_changed(site: Settings) -> None:
    before = run(site, NOW)
    assert (before.articles, before.changes.left_out) == (1, {})
    assert before.changes.withheld == {"fair.md": "is not public yet: it publishes on 2026-07-01"}
    assert not run(site, BEGINS - timedelta(seconds=1)).published
    assert plan(site, embedder=KeywordEmbedder(), now=BEGINS).changes.added == ("fair.md",)
    came = run(site, BEGINS)
    assert (came.published, came.changes.added, came.changes.withheld) == (True, ("fair.md",), {})
    assert not run(site, ENDS - timedelta(seconds=1)).published
    gone = run(site, ENDS)
    assert (gone.published, gone.changes.deleted) == (True, ("fair.md",))
    assert gone.changes.withheld == {"fair.md": "is not public any more: it expired on 2026-08-01 09:30"}
    assert not run(site, ENDS + timedelta(days=900)).published
    assert gone.generation != before.generation


def test_a_partial_build_and_a_full_one_give_the_same_generation(site: Settings, tmp_path: Path) -> None:
    run(site, NOW)
    fresh = site.model_copy(update={"index_dir": tmp_path / "fresh"})
    assert run(site, BEGINS).generation == run(fresh, BEGINS).generation
    assert read_manifest(site.index_dir / current(site.index_dir)).due == {"fair.md": (ENDS.isoformat(), "expires")}


def test_an_article_that_stays_keeps_its_day_when_others_change(site: Settings) -> None:
    run(site, BEGINS)
    (site.corpus_dir / "pay.md").write_text("# Pay\n\nAsk for more pay.\n", encoding="utf-8")
    run(site, BEGINS)
    assert run(site, ENDS).changes.deleted == ("fair.md",)


def test_status_says_what_is_waiting_and_what_is_due(site: Settings) -> None:
    run(site, NOW)
    status = read_status(site, NOW)
    assert status.waiting == ("fair.md publishes on 2026-07-01",)
    assert "waiting      fair.md publishes on 2026-07-01" in status_text(status).split("\n")
    assert "  x fair.md: is not public yet: it publishes on 2026-07-01" in status_text(status).split("\n")
    assert "by date" not in status.changes
    assert read_status(site, BEGINS).changes.startswith("1 to appear or to go since, by date")
    run(site, BEGINS)
    assert read_status(site, BEGINS).waiting == ("fair.md expires on 2026-08-01 09:30",)


class Clock:
    """Moments, one for each look of a watch at the files; the watch is stopped behind the last."""

    def __init__(self, *moments: datetime) -> None:
        self.stop = threading.Event()
        self._moments: Iterator[datetime] = iter(moments)
        self.now = next(self._moments)

    def tick(self) -> None:
        moment = next(self._moments, None)
        if moment:
            self.now = moment
        else:
            self.stop.set()


@pytest.mark.parametrize("poll", [True, False])
def test_a_watch_builds_when_a_day_comes(site: Settings, poll: bool) -> None:
    settings = site.model_copy(update={"watch": WatchSettings(poll=poll, poll_seconds=0.1, settle_seconds=0.1)})
    clock = Clock(NOW, NOW, BEGINS - timedelta(seconds=1), BEGINS, BEGINS, ENDS, ENDS)
    builds: list[datetime] = []

    def publish() -> BuildReport:
        builds.append(clock.now)
        return run(settings, clock.now)

    came = list(watch(settings, publish, clock.stop, clock.tick, lambda: clock.now))
    assert builds == [NOW, BEGINS, ENDS]
    assert [(one.changes.added, one.changes.deleted) for one in came if not isinstance(one, ChatbotError)] == [
        (("pay.md",), ()),
        (("fair.md",), ()),
        ((), ("fair.md",)),
    ]


def test_a_build_counts_what_of_an_export_it_leaves_out(site: Settings) -> None:
    export = wxr(post("The talk"), post("A", "draft"), post("B", "inherit", "attachment"))
    (site.corpus_dir / "blog.xml").write_text(export, encoding="utf-8")
    report = run(site, NOW)
    said = "1 of 3 entries are read; not public or no articles are 1 attachment, 1 draft"
    assert (report.changes.left_out, report.changes.withheld["blog.xml"]) == ({}, said)
    assert f"  x blog.xml: {said}" in build_text(report).split("\n")
    index = LocalIndex.open(site.index_dir / report.generation)
    listed = Listing(site, KeywordEmbedder()).list(index.store, report.generation)
    assert {file.path: file.reason for file in listed}["blog.xml"] == said
