"""Whom an answer sends to people: help lines, the site's contact, and what is offered where nothing is covered."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chatbot.answering.follow_ups import NEAR, FollowUps
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.understanding.small_talk import reply_to
from chatbot.cli.ask import answer_text
from chatbot.errors import SettingsError
from chatbot.evaluation.effect import side
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Answer, Filters, Turn
from chatbot.serving.chat.cards import answer_html
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.templates import View
from chatbot.settings import PageSettings, PassageSettings, Settings, load_settings
from tests.support.keyword_embedder import KeywordEmbedder

PAY = """---
title: Pay
topics: [money]
questions: ["How do I ask for better pay?", "Can I learn python?"]
---

## Offers

Ask for better pay when you get an offer.
"""
TEAM = "---\ntitle: Team\ntopics: [people, money]\n---\n\n## Joining\n\nA team likes people who learn python.\n"
LINES = {"Germany": "0800 111 0 111", "Spain": "https://example.org/<024>"}


class Site:
    def __init__(self, folder: Path) -> None:
        self.settings = Settings(
            corpus_dir=folder / "corpus",
            index_dir=folder / "index",
            passages=PassageSettings(target_tokens=32, max_tokens=48),
            page=PageSettings(contact="mailto:advice@example.org"),
            help_lines=LINES,
        )
        self.settings.corpus_dir.mkdir()
        (self.settings.corpus_dir / "pay.md").write_text(PAY)
        (self.settings.corpus_dir / "team.md").write_text(TEAM)
        self.generation = build(self.settings, embedder=KeywordEmbedder()).generation

    def ask(self, question: str, *turns: Turn, filters: Filters = Filters(), plain: bool = False) -> Answer:
        index = LocalIndex.open(self.settings.index_dir / self.generation)
        settings = self.settings.model_copy(update={"page": PageSettings(), "help_lines": {}} if plain else {})
        return side(index, KeywordEmbedder(), settings).answerer.ask(question, 5, turns, filters)


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Site:
    return Site(tmp_path_factory.mktemp("site"))


@pytest.mark.parametrize(
    ("question", "kind"),
    [
        ("I want to end it all because of work", "crisis"),
        ("my boss hit me", "violence"),
        ("I have depression", "illness"),
    ],
)
def test_who_needs_people_is_told_the_help_lines_and_nothing_else(site: Site, question: str, kind: str) -> None:
    answer = site.ask(question)
    lines = ["Germany: 0800 111 0 111", "Spain: https://example.org/<024>"]
    assert answer.message.split("\n") == [reply_to(kind), *lines]
    assert (answer.hits, answer.topics, answer.follow_ups, answer.contact) == ((), (), (), "")
    assert site.ask(question, plain=True).message == reply_to(kind)
    assert "Germany: 0800 111 0 111\nSpain" in answer_text(answer)


def test_of_the_help_lines_those_of_the_countries_asked_for_come_alone(site: Site) -> None:
    told = [site.ask("I want to die", filters=Filters(countries=(one,))).message for one in ("SPAIN", "Chile")]
    assert ["Germany" in message for message in told] == [False, True]


def test_the_page_says_the_sentence_in_its_language_and_the_help_lines_as_they_are(site: Site) -> None:
    html = answer_html(site.ask("I want to die"), View(LANGUAGES["de"]))
    assert "Krisentelefon" in html
    assert '<li dir="auto">Germany: 0800 111 0 111</li>' in html
    assert 'href="https://example.org/' in html
    assert "<024>" not in html


def test_talk_about_the_chatbot_names_what_the_articles_cover(site: Site) -> None:
    answer = site.ask("what can I ask you about")
    assert (answer.notice, answer.topics) == ("small_talk", ("money", "people"))
    assert site.ask("who are you", filters=Filters(topics=("people",))).topics == ("people", "money")
    assert site.ask("hello").topics == ()
    assert "Themen der Artikel" in answer_html(answer, View(LANGUAGES["de"]))
    for question in ("can I speak to a real person?", "I want to talk to a human"):
        assert site.ask(question).contact == "mailto:advice@example.org"
    assert answer.contact == ""


def test_what_is_not_covered_offers_no_far_question_and_names_what_is_covered(site: Site) -> None:
    far = site.ask("remote degree flarnbuckle")
    assert (far.notice, far.follow_ups, set(far.topics)) == ("not_covered", (), {"money", "people"})


def test_only_near_questions_are_offered_the_nearest_first_and_none_twice(site: Site) -> None:
    searcher = Searcher(LocalIndex.open(site.settings.index_dir / site.generation), KeywordEmbedder())
    pay, learn = "How do I ask for better pay?", "Can I learn python?"

    def near(text: str, *asked: str) -> tuple[str, ...]:
        return FollowUps(searcher).after(np.arange(2), searcher.query(text).vector, asked, least=NEAR)

    # Cosines to the two: .89 and .32, which is too far, .71 and .5, .53 and .19, .71 and .5, 0 and 0.
    assert near("pay pay learn") == (pay,)
    assert near("pay learn") == (pay, learn)
    assert near("pay pay learn degree degree degree", pay) == ()
    assert near("pay learn", pay) == (learn,)
    assert near("degree") == ()


def test_what_is_offered_leads_to_what_was_found_and_not_shown(site: Site) -> None:
    searcher = Searcher(LocalIndex.open(site.settings.index_dir / site.generation), KeywordEmbedder())

    def after(found: list[int], shown: list[int]) -> tuple[str, ...]:
        return FollowUps(searcher).after(np.array(found), searcher.query("pay learn").vector, (), shown)

    # Both questions lead to the passage of the first article, none to that of the second.
    assert after([0, 1], [1]) == ("How do I ask for better pay?", "Can I learn python?")
    assert after([0, 1], [0]) == after([1], []) == ()


def test_after_talk_about_an_answer_no_questions_to_begin_with_are_offered(site: Site) -> None:
    assert site.ask("hello").follow_ups
    assert [site.ask(said).follow_ups for said in ("shorter please", "are you sure?")] == [(), ()]


def test_what_leans_on_a_topic_that_nothing_was_shown_for_is_not_answered_outright(site: Site) -> None:
    before = "how do I become a welder"
    found, refused = (site.ask("and the better pay offer?", Turn(before, before, shown)) for shown in (("pay#1",), ()))
    assert found.searched_as == refused.searched_as == "and the better pay offer? (about welder)"
    assert (found.verdict, refused.verdict) == ("answered", "uncertain")
    assert refused.confidence < 0.5 <= found.confidence


def test_what_may_not_be_answered_names_the_contact(site: Site) -> None:
    far = site.ask("remote degree flarnbuckle")
    assert far.contact == "mailto:advice@example.org"
    assert "Ask a person: advice@example.org" in answer_text(far)
    html = answer_html(far, View(LANGUAGES["fr"]))
    assert "Demander à une personne" in html
    assert 'href="mailto:advice@example.org?subject=remote%20degree%20flarnbuckle"' in html
    assert '<p class="contact"><a' in html
    assert site.ask("How do I ask for better pay?").contact == ""
    bare = site.ask("remote degree flarnbuckle", plain=True)
    assert (bare.contact, "Ask a person" in answer_text(bare), "contact" in answer_html(bare)) == ("", False, False)


@pytest.mark.parametrize("value", ["javascript:alert(1)", "advice@example.org", "https://", "mailto:@", "mailto:a@"])
def test_a_contact_is_an_address_that_can_be_followed(value: str) -> None:
    with pytest.raises(SettingsError, match=r"setting 'page.contact' is .*expected an address such as 'https://"):
        load_settings(page={"contact": value})
    assert load_settings(page={"contact": "https://example.org/ask?a=1"}).page.contact.startswith("https://")


def test_a_help_line_is_one_line() -> None:
    with pytest.raises(SettingsError, match=r"help_lines.*expected a line of 1 to 200 characters"):
        load_settings(help_lines={"Germany": "a\nb"})
