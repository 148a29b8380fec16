"""The words of the corpus as they are written."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.indexing.words.word_counts import count_words, read_words, write_words


def test_a_word_counts_once_a_passage_and_only_plain_letters_count() -> None:
    counted = count_words([["data", "data", "c++", "401k", "ai"], ["data", "science"]])
    assert counted == {"data": 2, "science": 1}


def test_words_come_back_as_they_were_written_without_those_that_are_gone(tmp_path: Path) -> None:
    write_words({"science": 1, "data": 2, "gone": 0}, tmp_path / "words.txt")
    assert (tmp_path / "words.txt").read_text() == "data\t2\nscience\t1\n"
    assert read_words(tmp_path / "words.txt") == {"data": 2, "science": 1}


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "words.txt").write_text("data two\n")
    with pytest.raises(ValueError, match="unpack"):
        read_words(tmp_path / "words.txt")
