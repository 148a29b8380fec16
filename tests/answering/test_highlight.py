"""Which sentences of a passage are marked: the best, and none that says nothing by itself."""

from __future__ import annotations

import numpy as np
import pytest

from chatbot.answering import highlight
from chatbot.content.passages import sentences

NOTE = 'Say this: "I have an offer. It is higher. Can you match it?" Then wait quietly.'


def marked(text: str, best: str, coverage: float = 0.0, also: str = "") -> list[str]:
    """What is marked where the sentence that begins with `best` scores 1, the one with `also` 0.95, all others 0.5."""
    spans = sentences(text)
    said = [text[start:end].lstrip("| ") for start, end in spans]
    assert any(one.startswith(best) for one in said)
    scores = [1.0 if one.startswith(best) else 0.95 if also and one.startswith(also) else 0.5 for one in said]
    shares = np.full(len(spans), coverage, np.float32)
    chosen = highlight.choose(text, spans, np.array(scores, np.float32), shares)
    return [text[one.highlight.start : one.highlight.end] for one in chosen]


def test_the_best_is_marked_and_another_that_comes_close_in_the_order_of_the_text() -> None:
    assert marked("Ask now. Wait. Go home.", "Go", also="Ask") == ["Ask now.", "Go home."]
    assert marked("Ask now. Wait. Go home.", "Go") == ["Go home."]


def test_the_best_is_marked_however_far_it_is() -> None:
    text = "Ask now. Wait. Go home."
    spans, scores = sentences(text), np.array([-0.3, -0.1, -0.2], np.float32)
    (only,) = highlight.choose(text, spans, scores, np.zeros(3, np.float32))
    assert text[only.highlight.start : only.highlight.end] == "Wait."


def test_the_first_sentence_of_a_passage_comes_before_one_that_is_as_close() -> None:
    cosines, coverage = np.array([0.4, 0.45, 0.49], np.float32), np.array([0.1, 0.1, 0.1], np.float32)
    assert highlight.scores(cosines, coverage) == pytest.approx([0.51, 0.48, 0.52])
    assert len(highlight.scores(cosines[:0], coverage[:0])) == 0


@pytest.mark.parametrize(
    "pointer",
    [
        "More on leave is under [parents and carers](/articles/parents).",
        "See [its page](https://a.example).",
        "For the rest see [the tools](/a), [a first job](/b) with more around it, and [the long way](/c) to the end.",
    ],
)
def test_a_sentence_that_leads_elsewhere_is_not_marked(pointer: str) -> None:
    assert marked(f"Pack these. {pointer} Go home.", pointer[:3], also="Pack") == ["Pack these."]
    told = "Read the [rules of the tribunal](https://a.example) for the dates, the forms and the fees that it asks for."
    assert marked(f"Pack these. {told} Go home.", "Read") == [told]


@pytest.mark.parametrize("ending", [":", ":**", "："])
def test_a_sentence_that_ends_in_a_colon_is_not_marked(ending: str) -> None:
    bold = "**" * ending.endswith("**")
    assert marked(f"Pack these.\n\n{bold}Before you go{ending}\n\n- the lease\n", f"{bold}Before", also="Pack") == [
        "Pack these."
    ]


@pytest.mark.parametrize("best", ["Say", "It is", "Can you"])
def test_a_quotation_is_marked_as_a_whole(best: str) -> None:
    assert marked(NOTE, best) == [NOTE.removesuffix(" Then wait quietly.")]


@pytest.mark.parametrize(
    ("quoted", "best"),
    [("„Ich bleibe. Danke.“ Dann warten.", "„Ich"), ("« Je reste. Merci. » Puis attendre.", "« Je")],
)
def test_so_are_those_of_other_languages(quoted: str, best: str) -> None:
    (found,) = marked(quoted, best)
    assert quoted.startswith(found)
    assert {"“", "»"} & set(found)


def test_half_a_quotation_is_not_marked() -> None:
    assert marked('Go home. Say "I have an offer.\n\nIt is higher."', "Say", also="Go") == ["Go home."]
    assert marked('- Say "I have an offer.\n- Go home.', "Say", also="Go") == ["Go home."]


ROWS = "Two towns compare so.\n\n| Item | Oslo |\n|---|---|\n| Rent | 9 |\n| Food | 4 |\n"


def test_a_row_is_marked_where_the_words_of_the_question_name_it() -> None:
    assert marked(ROWS, "Rent", coverage=0.1) == ["| Rent | 9 |"]
    assert marked(ROWS, "Rent", coverage=0.09) == ["Two towns compare so."]


@pytest.mark.parametrize("row", ["| Item | Oslo |\n|---|---|\n", "Item | Oslo\r\n:--|--:\r\n"])
def test_the_head_of_a_table_is_never_marked(row: str) -> None:
    assert marked(row + "| Rent | 9 |\n", "Item", coverage=0.5) == ["| Rent | 9 |"]


def test_nothing_is_marked_where_nothing_can_be_understood_by_itself() -> None:
    assert marked("| Rent | 9 |\n|---|---|\n| Food | 4 |\n", "Food", coverage=0.0) == []
    assert highlight.choose("", [], np.empty(0, np.float32), np.empty(0, np.float32)) == ()
