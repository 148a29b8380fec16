"""The vocabulary: forms that stand for each other, how they are found in a question, and a site's own file."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.answering.answerer import Answerer
from chatbot.answering.explanation import explain
from chatbot.answering.understanding.vocabulary import Match, Vocabulary, form_of, read_vocabulary, widened
from chatbot.cli.ask import explanation_text
from chatbot.errors import SettingsError
from chatbot.indexing.words.tokens import words
from chatbot.records import Filters
from tests.support.small_site import small_site


def own(folder: Path, text: str) -> Vocabulary:
    path = folder / "own.toml"
    path.write_text(text, encoding="utf-8")
    return read_vocabulary(path)


def added(question: str, vocabulary: Vocabulary) -> set[str]:
    return {" ".join(form) for match in vocabulary.matches(words(question)) for form in match.forms}


def test_forms_of_a_group_stand_for_each_other() -> None:
    shipped = read_vocabulary()
    assert added("how long should my CV be", shipped) == {"resume", "curriculum vitae"}
    assert added("two-page résumés", shipped) >= {"cv", "curriculum vitae"}


def test_an_expansion_goes_one_way(tmp_path: Path) -> None:
    vocabulary = own(tmp_path, '[expand]\nxyzzy = ["magic word", "spell"]\n')
    assert added("what is xyzzy?", vocabulary) == {"magic word", "spell"}
    assert added("plugh", vocabulary) == set()
    assert "xyzzy" not in added("a magic word", vocabulary)


def test_british_and_american_spellings_meet() -> None:
    shipped = read_vocabulary()
    assert "behavioral interview" in added("behavioural interview", shipped)
    assert added("organizing my work", shipped) >= {"organising"}


def test_programme_and_programmer_are_two_words() -> None:
    assert "programmer" not in added("a training programme", read_vocabulary())


def test_the_longest_form_wins_and_none_is_found_inside_it(tmp_path: Path) -> None:
    vocabulary = own(tmp_path, '[same]\nqux = ["foo", "bar baz foo"]\n')
    (match,) = vocabulary.matches(words("the bar baz foos please"))
    assert match == Match(1, 4, (("qux",), ("foo",)))


def test_forms_are_compared_in_the_singular_and_without_accents_or_hyphens() -> None:
    assert form_of("Résumés") == ("resume",)
    assert form_of("self-taught") == ("self", "taught")
    assert form_of("universities boxes classes status") == ("university", "box", "classe", "status")


def test_the_own_file_adds_to_a_shipped_group(tmp_path: Path) -> None:
    vocabulary = own(tmp_path, '[same]\ncv = ["lebenslauf"]\n')
    assert added("Lebenslauf", vocabulary) == {"cv", "resume", "curriculum vitae"}


def test_added_words_weigh_less_beside_a_word_of_the_corpus_than_instead_of_one(tmp_path: Path) -> None:
    vocabulary = own(tmp_path, '[same]\nfrob = ["two words", "unknown"]\n')
    frequency = {"frob": 3, "two": 5, "word": 5}

    beside, told = widened({"frob": 1.0}, ["frob"], vocabulary, lambda term: frequency.get(term, 0))
    instead, _ = widened({"frob": 1.0}, ["frob"], vocabulary, lambda term: 0 if term == "frob" else 5)

    assert beside == {"frob": 1.0, "two": pytest.approx(0.2 / 2**0.5), "word": pytest.approx(0.2 / 2**0.5)}
    assert [(each.words, each.forms) for each in told] == [("frob", ("two word",))]
    assert instead["unknown"] == pytest.approx(0.6)


@pytest.mark.parametrize(
    ("question", "read"),
    [
        ("is a DS job boring, ds people?", "is a data science / DS job boring, ds people?"),
        ("SWEs and devs", "software engineer / SWEs and developer / devs"),
        ("data science (DS) or ML", "data science (DS) or machine learning / ML"),
        ("does IT pay?", "does information technology / IT pay?"),
        ("OPT?", "work permit after studies / OPT?"),
        ("does it pay us?", "does it pay us?"),
        ("SHOULD I OPT FOR IT AT UNI", "SHOULD I OPT FOR IT AT university / UNI"),
        ("node.js, ms/msc", "node.js, master's degree / ms/msc"),
        ("adsl, an MLS team", "adsl, an MLS team"),
    ],
)
def test_the_model_reads_what_words_are_short_for(question: str, read: str) -> None:
    assert read_vocabulary().spelt_out(question) == read


def test_what_words_are_short_for_is_searched_too_unless_capitals_alone_are_meant(tmp_path: Path) -> None:
    vocabulary = own(tmp_path, '[short]\nxyz = "magic spell"\nTHE = "thermal engine"\nds = "dry stone"\n')
    assert added("xyzs of the world", vocabulary) == {"magic spell"}
    assert {"xyz", "xyzs"} <= vocabulary.words
    assert vocabulary.spelt_out("xyzs, THE DS") == "magic spell / xyzs, thermal engine / THE dry stone / DS"


def test_english_short_forms_are_left_out_of_other_languages(tmp_path: Path) -> None:
    (tmp_path / "own.toml").write_text('[short]\nAG = "Aktiengesellschaft"\n')
    german = read_vocabulary(tmp_path / "own.toml", "de-AT")
    assert german.spelt_out("Die EM einer AG in der IT") == "Die EM einer Aktiengesellschaft / AG in der IT"
    assert "data science" not in added("DS", german)


def test_answers_depend_on_what_the_model_reads(tmp_path: Path) -> None:
    site = small_site(tmp_path, {"a.md": "# A\n\nOffices are far away."})
    capitals = own(tmp_path, '[short]\nXYZ = "remote"\n')
    assert Answerer(site._searcher, vocabulary=capitals).state != site.state


def test_a_question_is_ranked_as_the_model_reads_it(tmp_path: Path) -> None:
    articles = {"a.md": "# A\n\nOffices are far away.", "b.md": "# B\n\nA remote desk is near."}
    site = small_site(tmp_path, articles)
    assert site.ranked("what about wfh")[0] == "a#1"
    (tmp_path / "own.toml").write_text('[short]\nwfh = "remote"\n')
    told = Answerer(site._searcher, vocabulary=read_vocabulary(tmp_path / "own.toml"))
    assert told.ranked("what about wfh")[0] == "b#1"
    explained = explain(told, told.trace("what about wfh", 1, (), Filters()))
    assert explained.embedded == "what about remote / wfh"
    assert "\nmodel reads  what about remote / wfh\n" in explanation_text(explained)
    plain = explain(told, told.trace("what about offices", 1, (), Filters()))
    assert "model reads" not in explanation_text(plain)


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ('[same]\ncv = ["resume"]\ncv = ["again"]\n', 3),
        ('[same]\nok = ["fine"]\nbad = "no list"\n', 3),
        ("[same]\n\nempty = []\n", 3),
        ('[expand]\na1 = ["b"]\nb1 = ["?!"]\n', 3),
        ('[same]\na1 = ["b"]\n\n[other]\nc = ["d"]\n', 4),
        ('[short]\na1 = "good"\nb1 = ["a list"]\n', 3),
        ('[short]\na1 = "?!"\n', 2),
        ('[short]\n"two words" = "not one"\n', 2),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, text: str, line: int) -> None:
    with pytest.raises(SettingsError, match=rf"own\.toml:{line}: "):
        own(tmp_path, text)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match=r"gone\.toml cannot be read"):
        read_vocabulary(tmp_path / "gone.toml")
