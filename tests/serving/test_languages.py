"""The catalogues of the pages: complete, in step with each other, and right about plurals, dates and choice."""

from __future__ import annotations

import re
import string
import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest
from babel import Locale

from chatbot import catalogues
from chatbot.answering import answerer
from chatbot.answering.highlight import reason
from chatbot.answering.understanding import foreign_language, small_talk
from chatbot.insights.journal import Reason
from chatbot.records import Why
from chatbot.serving.web.languages import ENGLISH, LANGUAGES, choose
from chatbot.serving.web.templates import why
from tests.support.places import PACKAGE, ROOT

OTHERS = sorted(LANGUAGES.keys() - {"en"})
WIDGET = (PACKAGE / "serving" / "web" / "static" / "widget-parts.js").read_text(encoding="utf-8")


def texts(table: dict[str, Any], name: str) -> Iterator[tuple[str, str]]:
    """Every text of a table with its place, such as `words.fresh` or `plurals.passages.one`."""
    for key, value in table.items():
        if isinstance(value, dict):
            yield from texts(value, f"{name}.{key}".lstrip("."))
        else:
            yield f"{name}.{key}", value


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def forms(language: Locale, english: dict[str, Any]) -> dict[str, Any]:
    """The English tables with the plural forms that another language has."""
    plurals = {key: dict.fromkeys({*language.plural_form.tags, "other"}, "{n}") for key in english["plurals"]}
    return {**english, "plurals": plurals}


def faults(code: str, catalogue: dict[str, Any]) -> list[str]:
    """The places of a catalogue where a text is missing, empty, left over or has other placeholders than in English."""
    own = dict(texts(catalogue, ""))
    english = dict(texts(forms(Locale.parse(code), catalogues.tables("en")), ""))
    wrong = [place for place in own.keys() & english.keys() if not own[place].strip()]
    for place in own.keys() & english.keys():
        # The forms for one, for two and for none may say it in words.
        allowed = [placeholders(english[place])] + ([set()] if place.startswith("plurals") else [])
        wrong += [f"{place}: placeholders"] if placeholders(own[place]) not in allowed else []
    return sorted([*wrong, *english.keys() - own.keys(), *(f"{place}: left over" for place in own.keys() - english)])


def forgotten(code: str) -> list[str]:
    """The places besides its catalogue where a language has to be named and is not."""
    lists = tomllib.loads((PACKAGE / "answering/understanding/foreign_language.toml").read_text(encoding="utf-8"))
    told = Locale.parse(code).get_language_name("en") or code
    places = {
        f"answering/understanding/foreign_language.toml: no [{code}] by which its questions are told": (
            code == "en" or code in lists
        ),
        f"docs/visitors.md: no {told} (`{code}`)": (
            f"{told} (`{code}`)" in (ROOT / "docs" / "visitors.md").read_text(encoding="utf-8")
        ),
    }
    return [place for place, named in places.items() if not named]


def fixed_messages() -> list[str]:
    lists = tomllib.loads(Path(small_talk.__file__).with_name("small_talk.toml").read_text(encoding="utf-8"))
    constants = [foreign_language.MESSAGE, *answerer.MESSAGES.values()]
    replies = [table["reply"] for kind, table in lists.items() if kind != "words"]
    return [text for text in [*constants, *replies] if text]


@pytest.mark.parametrize("code", LANGUAGES)
def test_nothing_is_missing_in_a_catalogue(code: str) -> None:
    assert faults(code, catalogues.tables(code)) == []


@pytest.mark.parametrize("code", LANGUAGES)
def test_no_place_forgets_a_language(code: str) -> None:
    assert forgotten(code) == []


def test_what_is_missing_in_a_catalogue_is_named_with_its_place() -> None:
    german = {name: dict(table) for name, table in catalogues.tables("de").items()}
    del german["words"]["fresh"], german["messages"][foreign_language.MESSAGE], german["widget"]["Copy"]
    german["plurals"]["passages"] = {"one": "eine Stelle"}
    german["script"] |= {"busy": "Zu viele Fragen.", "retry": " ", "new": "Neu"}
    assert faults("de", german) == sorted([
        "words.fresh", f"messages.{foreign_language.MESSAGE}", "widget.Copy", "plurals.passages.other",
        "script.busy: placeholders", "script.retry", "script.new: left over",
    ])  # fmt: skip
    assert faults("ar", {**catalogues.tables("ar"), "plurals": catalogues.tables("de")["plurals"]}) == sorted(
        f"plurals.{key}.{form}" for key in ENGLISH.plurals for form in ("zero", "two", "few", "many")
    )
    assert len(forgotten("nl")) == 2


def test_every_text_of_the_pages_is_shown_somewhere() -> None:
    sources = [path for path in (PACKAGE / "serving").rglob("*") if path.suffix in {".html", ".js", ".py"}]
    sources += [PACKAGE / "records.py"]  # the values of a reason are keys
    written = "\n".join(path.read_text(encoding="utf-8") for path in sources)
    keys = [*ENGLISH.words, *ENGLISH.script, *ENGLISH.plurals]
    assert [key for key in keys if not re.search(rf"""["'.\[]{key}\b""", written)] == []


def test_the_catalogues_hold_every_text_of_the_widget_and_no_other() -> None:
    said = set(re.findall(r'#(?:t|named)\([^;`]*?"([A-Z{][^"]+)"', WIDGET))
    said |= set(re.findall(r'[?:] "([A-Z{][^"]+)"', WIDGET[WIDGET.index("  dressed(") :]))
    said |= set(re.findall(r'"([^"]+)"', WIDGET.partition("const REASONS = ")[2].partition(";")[0]))
    # The launcher's text stands in the script for every language; verdicts come from the server.
    messages = {"Ask a question", answerer.MESSAGES["uncertain"], answerer.MESSAGES["not_covered"]}
    # A time zone and a method are never shown.
    assert said - {"UTC", "POST"} | messages == set(ENGLISH.widget)
    assert all(key == text for key, text in ENGLISH.widget.items())


@pytest.mark.parametrize("code", LANGUAGES)
def test_every_fixed_sentence_of_an_answer_is_translated(code: str) -> None:
    for text in fixed_messages():
        translated, tongue = LANGUAGES[code].message(text)
        assert tongue == code
        assert (translated == text) == (code == "en")


def test_feedback_offers_the_reasons_that_the_journal_takes() -> None:
    assert set(ENGLISH.reasons) == set(get_args(Reason))


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
    assert why(Why(("pay", "rise"), "very_close", 0.4), german) == ("Trifft „pay“, „rise“; inhaltlich sehr nah")
    assert why(Why((), "close", 0.0), german) == "Inhaltlich nah"
    assert why(Why(("pay",), "close", 0.4, pinned=True), german) == "Von der Redaktion ausgewählt"


@pytest.mark.parametrize(
    ("found", "said", "exactly"),
    [
        (Why(("pay",), "loose", 1.0), "Matches “pay”; loosely related in meaning", " (words 100%, meaning 0%)"),
        (
            Why(tuple("abcde"), "close", 0.26),
            "Matches “a”, “b”, “c”, “d”; close in meaning",
            " (words 26%, meaning 74%)",
        ),
        (Why((), "very_close", 0.0), "Very close in meaning", ""),
        (Why(("pay",), "loose", 0.5, pinned=True), "Chosen by the editors", ""),
    ],
)
def test_the_page_says_what_programs_read_without_its_figures(found: Why, said: str, exactly: str) -> None:
    assert why(found, ENGLISH) == said
    assert reason(found).casefold().replace("contains", "matches") == f"{said}{exactly}".casefold()


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
