"""Builds in a process of their own, and the list of files beside what is published."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from chatbot.answering.chatbot import Chatbot
from chatbot.editing.build_job import Refused, Work
from chatbot.editing.workspace import Desk
from chatbot.errors import EditRefused
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.generation.publication import current
from chatbot.indexing.maintenance import Verified
from chatbot.serving.editor.gestures import perform
from chatbot.serving.editor.panels import Seat, chosen, tick, whole
from chatbot.settings import PublishSettings, Settings
from tests.support import copies

SECONDS = 240.0


@pytest.fixture
def site(served_folder: Path, tmp_path: Path) -> Path:
    copies.copy(served_folder, tmp_path / "site")
    return tmp_path / "site"


def settings_of(site: Path, **more: PublishSettings) -> Settings:
    return Settings(corpus_dir=site / "corpus", index_dir=site / "index", **more)


def test_a_draft_is_published_by_the_next_build_and_a_check_finds_nothing(site: Path) -> None:
    settings = settings_of(site)
    served = current(settings.index_dir)
    (site / "corpus/new.md").write_text("# References\n\nAsk a manager who has seen you work for a reference.\n")
    plan = Work(settings, "draft").wait(SECONDS)
    assert isinstance(plan, Plan)
    assert (plan.changes.added, plan.embed, current(settings.index_dir)) == (("new.md",), 1, served)
    report = Work(settings, "publish").wait(SECONDS)
    assert isinstance(report, BuildReport)
    assert (report.published, report.generation, report.embedded) == (True, plan.generation, 0)
    checked = Work(settings, "verify").wait(SECONDS)
    assert isinstance(checked, Verified)
    assert (checked.damaged, checked.differing, checked.articles) == ({}, {}, 6)


def test_what_cannot_be_built_is_refused_in_words(tmp_path: Path, encoders: Path) -> None:
    (tmp_path / "corpus").mkdir()
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    copies.copy(encoders, settings.index_dir / encoders.name)
    refused = Work(settings, "publish").wait(SECONDS)
    assert isinstance(refused, Refused)
    assert "holds no articles" in refused.message


def test_a_refusal_names_the_questions_and_a_second_yes_publishes(site: Path) -> None:
    quote = "Explain a gap in your CV in one plain line"
    question = {"question": "How do I explain a gap?", "answers": [{"article": "cv", "quote": quote}]}
    (site / "judged.jsonl").write_text(json.dumps(question) + "\n")
    settings = settings_of(site, publish=PublishSettings(questions=site / "judged.jsonl", max_lost_answers=0))
    desk = Desk(Chatbot.open(settings))
    served = desk.bot.generation
    (site / "corpus/cv.md").unlink()
    typed = {"search": "", "state": "All"}
    _, shown = perform(desk, Seat(), '{"act": "publish"}', typed)
    assert shown["timer"] == {"active": True}
    assert desk.work
    assert "under way" in perform(desk, Seat(), '{"act": "draft"}', typed)[1]["notice"]["value"]
    desk.work.wait(SECONDS)
    html = tick(desk, typed)["plan"]["value"]
    assert "How do I explain a gap?" in html
    assert 'data-act="force"' in html
    assert desk.bot.generation == served
    perform(desk, Seat(), '{"act": "force"}', typed)
    desk.work.wait(SECONDS)
    assert "Published." in tick(desk, typed)["notice"]["value"]
    assert desk.bot.generation != served


def test_a_draft_that_is_written_is_shown_with_what_publishing_takes(site: Path) -> None:
    desk, typed = Desk(Chatbot.open(settings_of(site))), {"search": "", "state": "All"}
    (site / "corpus/new.md").write_text("# References\n\nAsk a manager who has seen you work for a reference.\n")
    perform(desk, Seat(), '{"act": "draft"}', typed)
    assert desk.work
    desk.work.wait(SECONDS)
    shown = tick(desk, typed)
    assert "The draft is ready" in shown["notice"]["value"]
    assert "a moment: all is written" in shown["plan"]["value"]
    assert "new.md" in shown["plan"]["value"]


def test_every_file_is_listed_with_how_it_differs(site: Path) -> None:
    desk, corpus = Desk(Chatbot.open(settings_of(site))), site / "corpus"
    assert {one.path: one.state for one in desk.files()} == dict.fromkeys(
        ("cv.md", "interview.md", "money/pay.md", "rtl.md", "zebra.md"), "unchanged"
    )
    (corpus / "cv.md").write_text((corpus / "cv.md").read_text().replace("Writing a CV", "A new CV"))
    (corpus / "rtl.md").unlink()
    (corpus / "cv.html").write_text("<h1>Twin</h1><p>Some text that stands for itself, and a little more of it.</p>")
    (corpus / "bad.md").write_text("---\ntitle: [\n---\ntext")
    (corpus / "hidden.md").write_text("---\ndraft: true\n---\ntext")
    found = {one.path: one for one in desk.files()}
    assert {path: one.state for path, one in found.items()} == {
        "bad.md": "left out",
        "cv.html": "new",
        "cv.md": "left out",
        "hidden.md": "left out",
        "interview.md": "unchanged",
        "money/pay.md": "unchanged",
        "rtl.md": "deleted",
        "zebra.md": "unchanged",
    }
    assert "has the same name as cv.html" in found["cv.md"].reason
    assert found["bad.md"].reason.startswith("line ")
    assert found["money/pay.md"].freshness(date(2026, 1, 1)) == "review"
    assert found["zebra.md"].freshness(date(2026, 6, 1)) == ""
    assert found["zebra.md"].freshness(date(2027, 6, 1)) == "old"
    names = [one.path for one in chosen(tuple(found.values()), {"search": "PAY offers", "state": "All"})]
    assert names == ["money/pay.md"]
    assert [one.path for one in chosen(tuple(found.values()), {"state": "Deleted"})] == ["rtl.md"]


GESTURES = (
    "", "[]", "{}", '{"act": "rm"}', '{"act": 7}', '{"act": "__class__"}', "null", '{"act": "open", "value": {}}',
    '{"act": "upload", "value": "nojson"}', '{"act": "upload", "value": "[{}]"}', '{"act": "restore", "value": "[]"}',
    '{"act": "upload", "value": "[{\\"name\\": \\"a\\", \\"data\\": \\"YQ\\"}]"}',
    '{"act": "answered", "path": "cv.md", "value": "{}"}',
)  # fmt: skip


def test_an_unknown_gesture_is_answered_and_does_nothing(site: Path) -> None:
    desk = Desk(Chatbot.open(settings_of(site)))
    before = sorted((path, path.stat().st_mtime_ns) for path in site.rglob("*"))
    for gesture in GESTURES:
        _, shown = perform(desk, Seat(), gesture, {"search": "", "state": "All"})
        assert "problem" in shown["notice"]["value"]
    assert sorted((path, path.stat().st_mtime_ns) for path in site.rglob("*")) == before


def test_nothing_outside_of_the_corpus_is_opened_changed_or_deleted(site: Path) -> None:
    (site / "secret.md").write_text("# Secret\n\nNobody is to read this.\n")
    desk = Desk(Chatbot.open(settings_of(site)))
    typed = {"search": "", "state": "All", "text": "pwned"}
    for path in ("../secret.md", "/etc/passwd", ".trash/x.md", "cv.md\0"):
        for act in ("open", "save", "delete", "put-back", "upload-over"):
            said = {"act": act, "value": path, "path": path, "sha256": "0" * 64, "text": "pwned"}
            _, shown = perform(desk, Seat(), json.dumps(said), typed)
            assert "problem" in shown["notice"]["value"] or shown["conflict"]["value"]  # a text whose file is gone
            assert "Nobody" not in str(shown)
    assert "Nobody is to read this." in (site / "secret.md").read_text()
    assert "cv.md" in whole(desk, typed)["files"]["value"]


def test_two_builds_are_never_under_way(site: Path) -> None:
    desk = Desk(Chatbot.open(settings_of(site)))
    desk.start("verify")
    with pytest.raises(EditRefused, match="under way"):
        desk.start("draft")
    assert desk.work
    desk.work.wait(SECONDS)
    desk.settle()
    assert desk.verified
