"""Texts in one block are found as those of a list are."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from spellchecker import SpellChecker

from chatbot.answering.understanding.spelling import english
from chatbot.sorted_texts import SortedTexts

TEXTS = st.lists(st.text(alphabet="abä𝐘\ud800 ", max_size=3), max_size=30)


@given(TEXTS, st.text(alphabet="abä ", max_size=3))
def test_every_text_is_found_and_no_other(texts: list[str], other: str) -> None:
    found = SortedTexts(texts)
    assert sorted(found) == sorted(texts)
    assert len(found) == len(texts)
    for text in {*texts, other}:
        assert sorted(found.all(text)) == [place for place, one in enumerate(texts) if one == text]
        assert found.first(text) == (texts.index(text) if text in texts else None)
        assert (text in found) == (text in texts)
    assert 7 not in found


def test_the_dictionary_is_that_of_the_package() -> None:
    assert list(english()) == sorted(SpellChecker(language="en").word_frequency.dictionary, key=str.encode)
