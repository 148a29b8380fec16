"""Questions in another language are told by closed lists, and that the articles are in English is said in theirs."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from chatbot import Chatbot, Settings, Turn
from chatbot.answering.understanding.foreign_language import language_of, message_for
from chatbot.records import Answer
from chatbot.serving.chat.cards import answer_html
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.templates import View
from chatbot.settings import PageSettings
from tests.support.places import GOLD


@pytest.mark.parametrize(
    ("question", "language"),
    [
        ("cuanto gana un data scientist", "es"),
        ("Me despidieron ayer, ¿qué hago ahora?", "es"),
        ("Comment préparer un entretien d’embauche ?", "fr"),
        ("Faut-il un master pour devenir data scientist ?", "fr"),
        ("Wie werde ich Data Scientist?", "de"),
        ("Was verdient ein Data Engineer?", "de"),
        ("ما هو مهندس البيانات؟", "ar"),
        ("Come posso diventare data scientist?", "it"),
        ("Como me preparo para uma entrevista de emprego?", "pt"),
        ("сколько зарабатывает data scientist", "und"),
        ("数据科学家的工资是多少", "und"),
        ("چگونه برای مصاحبه آماده شوم؟", "und"),  # Persian, in Arabic script
    ],
)
def test_a_question_in_another_language_is_told(question: str, language: str) -> None:
    assert language_of(question) == language


@pytest.mark.parametrize(
    "question",
    [
        "what is a résumé",
        "Gehalt in Germany",
        "what is a de facto manager",
        "el nino",
        "Los Angeles CA vs Detroit MI salary",
        "salary at El Pollo Loco in Los Angeles",
        "Banco de la Nación",
        "Universidade de São Paulo",
        "internship at Fraunhofer Gesellschaft zur Förderung der angewandten Forschung",
        "Bundesagentur für Arbeit",
        "Médecins Sans Frontières jobs",
        "je ne sais quoi in a cover letter",
        "I don't speak German, wie geht",
        "Come to think of it, come in?",
        "what does 履歴書 mean",
        "α",
        "401(k) & 50 %",
        "",
    ],
)
def test_an_english_question_with_foreign_words_stays_english(question: str) -> None:
    assert language_of(question) is None


def test_no_judged_question_is_taken_for_a_foreign_one() -> None:
    lines = [json.loads(line) for file in GOLD.glob("*.jsonl") for line in file.read_text("utf-8").splitlines()]
    asked = [line["question"] for line in lines if "question" in line]
    asked += [turn["question"] for line in lines for turn in line.get("turns", ())]
    assert len(asked) > 600
    assert [question for question in asked if language_of(question)] == []


def test_every_language_of_the_pages_has_its_sentence_and_others_the_english_one() -> None:
    assert [message_for(code)[1] for code in LANGUAGES] == list(LANGUAGES)
    assert message_for("it") == message_for("und") == message_for("en")


@pytest.fixture(scope="module")
def settings(shipped: dict[str, str]) -> dict[str, Any]:
    return {"corpus_dir": Path(shipped["CHATBOT_CORPUS_DIR"]), "index_dir": Path(shipped["CHATBOT_INDEX_DIR"])}


@pytest.fixture(scope="module")
def bot(settings: dict[str, Any]) -> Chatbot:
    return Chatbot.open(Settings(**settings))


def told(answer: Answer) -> tuple[str, str]:
    return answer.message, answer.message_language


def test_a_foreign_question_is_neither_mended_nor_answered_outright(bot: Chatbot) -> None:
    named = bot.ask("Wie werde ich Data Scientist?")
    assert (named.verdict, named.searched_as, told(named)) == ("uncertain", named.question, message_for("de"))
    assert named.hits[0].passage.article_id == "roles/become-a-data-scientist"
    assert named.confidence < 0.5
    unnamed = bot.ask("¿Debo negociar el salario de mi primera oferta?")
    assert (unnamed.verdict, unnamed.hits, unnamed.topics, told(unnamed)) == ("not_covered", (), (), message_for("es"))
    assert unnamed.follow_ups == bot.starters(3)


def test_a_foreign_question_takes_nothing_over_from_the_conversation(bot: Chatbot) -> None:
    first = bot.ask("What does a data engineer earn?")
    history = [Turn(first.question, first.searched_as, tuple(hit.passage.id for hit in first.hits))]
    answer = bot.ask("et comment je fais ?", history=history)
    assert (answer.searched_as, told(answer)) == (answer.question, message_for("fr"))


def test_an_english_question_is_told_nothing_of_languages(bot: Chatbot) -> None:
    assert told(bot.ask("How do I become a data scientist?")) == ("", "en")


def test_articles_in_another_language_are_asked_in_any(settings: dict[str, Any]) -> None:
    german = Chatbot.open(Settings(**settings, page=PageSettings(articles_language="de-AT")))
    assert german.ask("Wie werde ich Data Scientist?").message_language == "en"
    assert german.ask("cuanto gana un data scientist").message_language == "en"


def test_the_page_marks_the_language_of_the_sentence(bot: Chatbot) -> None:
    html = answer_html(bot.ask("كيف أستعد لمقابلة عمل؟"), View(LANGUAGES["fr"]))
    assert f'<p class="notice reply" lang="ar" dir="auto">{message_for("ar")[0]}</p>' in html


def test_a_greeting_under_filters_is_a_reply_and_no_want_of_articles(bot: Chatbot) -> None:
    assert 'class="answer reply"' in answer_html(bot.ask("hello"), only=["Salary"])
