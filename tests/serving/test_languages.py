"""The catalogues of the pages: complete, in step with each other, and right about plurals, dates and choice."""

from __future__ import annotations

import string
import tomllib
from datetime import date, timedelta
from pathlib import Path
from typing import get_args

import pytest

from chatbot.answering import answerer
from chatbot.answering.highlight import reason
from chatbot.answering.understanding import small_talk
from chatbot.insights.journal import REASONS
from chatbot.serving.web.languages import ENGLISH, LANGUAGES, choose
from chatbot.serving.web.templates import why
from chatbot.settings import PageSettings

OTHERS = sorted(LANGUAGES.keys() - {"en"})
TABLES = ("words", "script", "reasons", "messages")


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def fixed_messages() -> list[str]:
    lists = tomllib.loads(Path(small_talk.__file__).with_name("small_talk.toml").read_text(encoding="utf-8"))
    constants = [answerer.NO_ARTICLE, answerer._NO_MORE, answerer._NO_SUCH_PLACE, *answerer._MESSAGES.values()]
    return [text for text in [*constants, *(table["reply"] for table in lists.values())] if text]


@pytest.mark.parametrize("code", OTHERS)
@pytest.mark.parametrize("table", TABLES)
def test_every_catalogue_has_the_keys_and_placeholders_of_the_english_one(code: str, table: str) -> None:
    english, other = getattr(ENGLISH, table), getattr(LANGUAGES[code], table)
    assert list(other.keys() ^ english.keys()) == []
    assert {key: placeholders(text) for key, text in other.items()} == {
        key: placeholders(text) for key, text in english.items()
    }
    assert all(text.strip() for text in other.values())


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_plural_has_the_forms_of_its_language(code: str) -> None:
    language = LANGUAGES[code]
    wanted = {*language.locale.plural_form.tags, "other"}
    assert {key: set(forms) for key, forms in language.plurals.items()} == dict.fromkeys(ENGLISH.plurals, wanted)


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_fixed_sentence_of_an_answer_is_translated(code: str) -> None:
    for text in fixed_messages():
        translated, tongue = LANGUAGES[code].message(text)
        assert tongue == code
        assert (translated == text) == (code == "en")


def test_feedback_offers_the_reasons_that_the_journal_takes() -> None:
    assert set(ENGLISH.reasons) == set(REASONS)


def test_the_setting_offers_the_languages_that_there_are() -> None:
    assert set(get_args(PageSettings.model_fields["language"].annotation)) == set(LANGUAGES)


@pytest.mark.parametrize(
    ("code", "counts"),
    [
        ("en", ["1 passage", "2 passages"]),
        ("fr", ["1 passage", "2 passages"]),
        ("ar", ["مقطع واحد", "مقطعان"]),
        ("de", ["1 Stelle", "2 Stellen"]),
    ],
)
def test_counts_take_the_form_that_fits(code: str, counts: list[str]) -> None:
    assert [LANGUAGES[code].count("passages", n) for n in (1, 2)] == counts


@pytest.mark.parametrize(
    ("code", "ages"),
    [
        ("de", ["heute", "gestern", "vor 12 Tagen", "vor 14 Monaten", "vor 3 Jahren"]),
        ("es", ["hoy", "ayer", "hace 12 días", "hace 14 meses", "hace 3 años"]),
        ("fr", ["aujourd’hui", "hier", "il y a 12 jours", "il y a 14 mois", "il y a 3 ans"]),
    ],
)
def test_ages_are_said_in_the_language(code: str, ages: list[str]) -> None:
    days = [0, 1, 12, 425, 1100]
    assert [LANGUAGES[code].age(date.today() - timedelta(each)) for each in days] == ages


def test_a_date_is_written_as_the_language_writes_it() -> None:
    day = date(2026, 11, 3)
    assert [LANGUAGES[code].day(day) for code in ("en", "de", "fr")] == [
        "3 November 2026", "3. November 2026", "3 novembre 2026",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("wanted", "accepted", "default", "code"),
    [
        ("fr", "de", "es", "fr"),
        ("FR-ca", "", "en", "fr"),
        ("", "de-AT,de;q=0.9,en;q=0.8", "es", "de"),
        ("", "pt;q=1, fr;q=0.3, es;q=0.7", "en", "es"),
        ("", "de;q=0, pt", "es", "es"),
        ("xx", "", "ar", "ar"),
        ("<script>", "\0;;q=9,,=", "en", "en"),
    ],
)
def test_the_address_decides_then_the_browser_then_the_site(
    wanted: str, accepted: str, default: str, code: str
) -> None:
    assert choose(wanted, accepted, default).code == code


def test_why_a_passage_is_here_is_said_in_the_language() -> None:
    german = LANGUAGES["de"]
    assert why(reason(["pay", "rise"], 0.7, 0.4), german) == (
        "Enthält „pay“, „rise“; inhaltlich sehr nah (Wörter 40\xa0%, Bedeutung 60\xa0%)"
    )
    assert why(reason([], 0.45, 0.0), german) == "Inhaltlich nah"
    assert why(reason(["pay"], 0.1, 1.0), ENGLISH) == (
        "Contains “pay”; loosely related in meaning (words 100%, meaning 0%)"
    )
    assert why("something new", german) == "something new"


@pytest.mark.parametrize(
    ("code", "articles", "said"),
    [
        ("de", "en-GB", "sind auf Englisch; fragen Sie am besten auch auf Englisch."),
        ("fr", "de", "sont en allemand ; mieux vaut aussi poser vos questions en allemand."),
        ("es", "fr", "están en francés; lo mejor es preguntar también en francés."),
        ("ar", "en", "باللغة الإنجليزية"),
        ("en", "zh-Hant", "are in Chinese; questions work best in Chinese, too."),
        ("en", "qqq", "are in qqq; questions work best in qqq, too."),
        ("en", "en-US", ""),
        ("de", "de", ""),
    ],
)
def test_a_page_of_another_language_says_what_the_articles_are_written_in(code: str, articles: str, said: str) -> None:
    told = LANGUAGES[code].foreign(articles)
    assert said in told
    assert bool(told) == bool(said)
