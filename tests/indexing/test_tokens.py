from __future__ import annotations

import pytest

from chatbot.indexing.words.tokens import content_words, terms, words


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("C++ and C# or F#", ["c++", "and", "c#", "or", "f#"]),
        (".NET, Node.js", [".net", "nodejs"]),
        ("my 401(k) or 401k", ["my", "401k", "or", "401k"]),
        ("3D in 2026", ["3d", "in", "2026"]),
        ("$170,000 at 40% and £3.5", ["170000", "at", "40", "and", "3.5"]),
        ("Résumés naïve ﬁrst", ["resumes", "naive", "first"]),
        ("the company's don’t", ["the", "company", "dont"]),
        ("in the U.S. only", ["in", "the", "us", "only"]),
        ("UX/UI", ["ux", "ui", "uxui"]),
        ("R&D", ["r", "d", "rd"]),
        ("state-of-the-art", ["state", "of", "the", "art"]),
        ("snake_case", ["snake", "case"]),
        ("nego\u00adti\u200bated \ufeffpay\u2060", ["negotiated", "pay"]),
        ("   \n\t —…!", []),
    ],
)
def test_words_keep_the_names_that_people_search_for(text: str, expected: list[str]) -> None:
    assert words(text) == expected


def test_terms_meet_across_inflections_and_accents() -> None:
    assert terms("preparing résumés for careers") == terms("prepare resume for career")


def test_terms_keep_order_repetition_and_stop_words() -> None:
    assert terms("The data, more of the data") == ["the", "data", "more", "of", "the", "data"]


def test_content_words_leave_stop_words_out() -> None:
    assert content_words("How should I prepare for the interviews?") == ["prepare", "interviews"]
