"""Pinned answers: which question they are for, which passage they put first, and until when."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.explanation import ExplainedHit, explain
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.content.readers.registry import parse
from chatbot.errors import ContentError
from chatbot.indexing.status import read_status
from chatbot.records import Answer, Filters, Pin
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.reading import read_article
from tests.support.small_site import small_site

TODAY = date.today()
PAY = "---\ntitle: Pay\n---\n\n## Offers\n\nAsk for better pay when you get an offer from a team.\n"
TEAM = "## First\n\nA team likes to learn python.\n\n## Raises\n\nRemote teams get no interview.\n"


def ask(folder: Path, question: str, pinned: str = "", filters: Filters = Filters()) -> Answer:
    team = f"---\ntitle: Team\ntopics: [teams]\n{pinned}---\n\n{TEAM}"
    return small_site(folder, {"pay.md": PAY, "team.md": team}).ask(question, 5, (), filters)


def pin(question: str, **more: object) -> str:
    return f"pinned:\n  - question: {question}\n" + "".join(f"    {key}: {value}\n" for key, value in more.items())


def first(answer: Answer) -> tuple[str, str]:
    return answer.hits[0].passage.id, answer.hits[0].reason


def test_without_a_pin_the_best_passage_is_first(tmp_path: Path) -> None:
    assert first(ask(tmp_path, "better pay offer"))[0] == "pay#1"


@pytest.mark.parametrize("question", ["Better pay: offer?", "the offer, better pay"])
def test_a_pinned_question_gets_the_editors_passage_first(tmp_path: Path, question: str) -> None:
    answer = ask(tmp_path, question, pin("Better pay offer", heading="Raises", until=TODAY))
    assert (answer.hits[0].passage.article_id, answer.hits[0].reason) == ("team", "chosen by the editors")
    assert "Remote teams" in answer.hits[0].passage.text
    assert [hit.rank for hit in answer.hits] == list(range(1, len(answer.hits) + 1))
    assert [hit.score for hit in answer.hits] == sorted((hit.score for hit in answer.hits), reverse=True)
    assert answer.verdict == "answered"
    assert len({hit.passage.id for hit in answer.hits}) == len(answer.hits)


def test_a_pinned_question_and_a_visitors_are_read_alike(tmp_path: Path) -> None:
    site = small_site(tmp_path, {"pay.md": PAY, "team.md": f"---\ntitle: Team\n{pin('wfh and pay')}---\n\n{TEAM}"})
    (tmp_path / "own.toml").write_text('[short]\nwfh = "remote"\n')
    told = Answerer(Searcher(site._index, KeywordEmbedder()), vocabulary=read_vocabulary(tmp_path / "own.toml"))
    assert first(told.ask("pay and wfh", 5, (), Filters()))[1] == "chosen by the editors"


def test_another_question_is_not_touched(tmp_path: Path) -> None:
    assert first(ask(tmp_path, "better pay offer", pin("learn python in an interview")))[0] == "pay#1"


def test_a_pin_that_has_run_out_does_nothing_and_is_reported(tmp_path: Path) -> None:
    yesterday = TODAY - timedelta(days=1)
    assert first(ask(tmp_path, "better pay offer", pin("Better pay offer", until=yesterday)))[0] == "pay#1"
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    said = (f"team.md: 'Better pay offer' was pinned until {yesterday}",)
    assert read_status(settings).expired == said


def test_filters_keep_a_pinned_passage_away_like_any_other(tmp_path: Path) -> None:
    answer = ask(tmp_path, "better pay offer", pin("Better pay offer"), Filters(topics=("other",)))
    assert answer.hits == ()


@pytest.mark.parametrize("question", ["Better pay offer", "the offer, better pay"])
def test_of_two_articles_that_pin_a_question_filters_leave_the_other(tmp_path: Path, question: str) -> None:
    pinned = pin("Better pay offer")
    articles = {f"{name}.md": f"---\ntitle: {name}\ntopics: [{name}]\n{pinned}---\n\nRemote {name}.\n" for name in "ab"}
    site = small_site(tmp_path, articles)
    for name in "ab":
        answer = site.ask(question, 5, (), Filters(topics=(name,)))
        assert first(answer) == (f"{name}#1", "chosen by the editors")


def test_a_pinned_passage_that_no_search_finds_is_measured_like_one_that_is_found(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    team = f"---\ntitle: Team\n{pin('Better pay offer', heading='Raises')}---\n\n{TEAM}"
    site = small_site(tmp_path, {"pay.md": PAY, "team.md": team})

    def pinned() -> ExplainedHit:
        return explain(site, site.trace("better pay for no team", 5, (), Filters())).hits[0]

    monkeypatch.setattr("chatbot.answering.ranking.pins.ALIKE", 0.5)
    found = pinned()
    monkeypatch.setattr("chatbot.answering.ranking.searcher.CANDIDATES", 1)
    alone = pinned()
    assert alone.passage_id == found.passage_id
    assert (alone.cosine, alone.sentence, alone.asked) == (found.cosine, found.sentence, None)
    assert (alone.bm25, alone.words) == (pytest.approx(found.bm25), 0.0)
    assert alone.sentence != alone.cosine


@pytest.mark.parametrize(
    ("pinned", "reason"),
    [
        ("pinned:\n  - until: 2027-01-31\n", "a pinned answer has no question"),
        ("pinned:\n  - question: x\n    until: soon\n", "until is 'soon', which is no date"),
        (
            "pinned:\n  - question: x\n    unitl: 2027-01-31\n",
            "has the key 'unitl'; known are question, until, heading",
        ),
    ],
)
def test_a_pin_that_cannot_be_read_is_named(tmp_path: Path, pinned: str, reason: str) -> None:
    (tmp_path / "a.md").write_text(f"---\n{pinned}---\nText.\n")
    with pytest.raises(ContentError, match=reason):
        read(tmp_path)


def test_a_heading_of_a_pin_that_is_not_there_is_remarked() -> None:
    front = "---\npinned:\n  - question: Who pays?\n    heading: {}\n---\n## Pay\n\nText.\n"
    remarks = [parse("a.md", front.format(heading).encode(), "").remark for heading in ("pay", "Pensions")]
    assert remarks[0] == ""
    assert remarks[1].startswith("has no section 'Pensions', which a question names; write one of its headings")


def test_a_pin_of_one_question_may_be_one_line(tmp_path: Path) -> None:
    (tmp_path / "a.md").write_text("---\npinned: Who pays?\n---\nText.\n")
    assert read(tmp_path) == (Pin("Who pays?", None, None),)


def read(folder: Path) -> tuple[Pin, ...]:
    article = read_article("a.md", folder, 1)
    assert article
    return article.pins
