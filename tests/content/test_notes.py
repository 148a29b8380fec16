"""What writers left for one another in Markdown, and pictures written as data: both go, and lines stay."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content.readers.markdown_files import clean
from chatbot.content.readers.registry import parse

LEFT_OUT = [
    ("Breathe. %%Maria says no%% Then answer.", "Breathe. Then answer."),
    ("%%\nPrivate: the client\n\ncomplained.\n%%\n\nShown", "\n\n\n\n\n\nShown"),
    ("%% kanban:settings\n```\n{}\n```\n%%\nShown", "\n\n\n\n\nShown"),
    ("Arrive {~~early~>ten minutes early~~}.", "Arrive ten minutes early."),
    ("{++Greet {>>who?<<} everybody++}{>>Sam: gone by May<<}. {--Never mention pay.--} {==Be kind==}.", None),
    ("{--\n* one\n* two\n--}\nShown", "\n\n\n\nShown"),
    ("Pay <del>falls</del><ins>rises</ins>, ~~not~~ <s>never</s> surely", "Pay rises, surely"),
    ("A <!-- two\n```\nlines\n```\n--> b", "A \n\n\n\n b"),
    ("Shown\n\n<!-- never closed\n\nrest", "Shown\n\n\n\n"),
    ("[//]: # (ask Dana)\n[comment]: <> (and Jo)\nShown", "\n\nShown"),
    ("{% comment %}\nask Dana\n{%- endcomment -%}Shown {{!-- a --}}and {{-- b --}}here", "\n\nShown and here"),
    ("::: notes\nSay hello\n\n::: x\nto all\n:::\n:::\nShown", "\n\n\n\n\n\n\nShown"),
    ("::: {.notes}\nSay hello\n:::\nShown", "\n\n\nShown"),
    ("::: {.content-hidden}\nSay hello\n:::\nShown", "\n\n\nShown"),
    ('<aside class="fragment notes">Say\nhello</aside>Shown', "\nShown"),
    ("<template>\n<p>a</p>\n</template>Shown", "\n\nShown"),
    ('<div hidden>\n<div>a</div>\n</div>Shown <span style="color:red;display: none">b</span>here', "\n\nShown here"),
    ("<div style={{display: 'none'}}>a</div>Shown", "Shown"),
    (
        'Pay<sup><a href="#cmnt1" id="cmnt_ref1">[a]</a></sup> rises\n\n<a href="#cmnt_ref1" id="cmnt1">[a]</a>No\nno',
        "Pay rises\n\n\n",
    ),
    ("Pay[[a]](#cmnt1){#cmnt_ref1} rises\n\n[[a]](#cmnt_ref1){#cmnt1}No", "Pay rises\n\n"),
]


@pytest.mark.parametrize(("text", "shown"), LEFT_OUT)
def test_what_writers_left_for_one_another_is_no_text(text: str, shown: str | None) -> None:
    assert clean(text) == ("Greet everybody. Be kind." if shown is None else shown)


SHOWN = [
    "We are 100%% sure, and 50%% of them are, too",
    "`%% of it` and `{--x--}` and `~~gone~~`",
    "~~~\n%% a %%\n~~~\n\n```\n{++i++}\n<!-- a -->\n```",
    "Use {++i} and {i++}, {--verbose} and {quiet--}, {~~text~~}",
    "a -- b ++ c == d ~~ e, {>> f, %% g, 2~3",
    "[Interviewer]: # one asks, [x]: see below",
    "{%% and \\%% a %%",
]


@pytest.mark.parametrize("text", SHOWN)
def test_words_and_code_that_only_look_like_it_stay(text: str) -> None:
    assert clean(text) == text


def test_what_a_link_or_a_button_opens_and_what_readers_are_told_stays() -> None:
    assert clean('[More](#pay)\n<div id="pay" hidden>Words</div>') == "[More](#pay)\nWords"
    assert clean(":::note\nWords\n:::") == "\nWords\n"
    assert clean('<aside class="footnotes">Words</aside>') == "Words"
    assert clean('<div hidden="until-found">Words</div>') == "Words"


def test_thousands_of_notes_that_never_end_are_read_at_once() -> None:
    for mark in (
        "{++",
        "{++}",
        "{>>",
        "%%a ",
        "~~a ",
        "<!--a ",
        "<del>a",
        "<a hidden>x",
        "\n%%",
        "~~b\n\n",
        "<s>a</s><s>",
    ):
        assert clean(mark * 30_000).count("\n") == (mark * 30_000).count("\n")


DATA = "iVBORw0KGgoAAAANSUhEUgAAAAUA/+" * 9
WRAPPED = f"{DATA[:76]}\n{DATA[:76]}\nAAA="
PICTURES = [
    (f"Pay ![the range](data:image/png;base64,{DATA}) rises", "Pay ![the range]() rises"),
    (f'![the range](<data:image/png;base64,{DATA}> "Pay")', "![the range]()"),
    (f"![][image1]\n\nPay ![a b][image1]\n\n[image1]: <data:image/png;base64,{DATA}>", "\n\nPay ![a b]()\n\n"),
    (f'<img alt="the range" width="3" src="data:image/png;base64,{WRAPPED}">Pay', "![the range]()\n\nPay"),
    (f'<img src="data:image/png;base64,{DATA}"/>Pay', "Pay"),
    ('<div style="background:url(\'data:image/svg+xml;utf8,<svg width="1"></svg>       \')">\nPay\n</div>', "\nPay\n"),
    (f"[My CV](data:application/pdf;base64,{DATA})", "My CV"),
]


@pytest.mark.parametrize(("text", "shown"), PICTURES)
def test_of_a_picture_written_as_data_its_description_is_left(text: str, shown: str) -> None:
    assert clean(text) == shown


def test_examples_of_such_addresses_and_code_stay() -> None:
    for text in (
        "A data:image/png;base64, prefix",
        "`data:image/png;base64," + DATA + "`",
        "[Pay]: is a name, [image1]",
    ):
        assert clean(text) == text


def test_a_picture_of_millions_of_letters_costs_no_article() -> None:
    picture = f"![the range](data:image/png;base64,{DATA * 9000})"
    assert len(picture) > 2_000_000
    (found,) = parse("pay.md", f"# Pay\n\n{picture}\n\nName a range first.".encode(), "0").articles
    assert found.text == "# Pay\n\n![the range]()\n\nName a range first."


PIECES = st.lists(st.sampled_from([*(text for text, _ in [*LEFT_OUT, *PICTURES]), *SHOWN, "{++", "%%", "```", "\n"]))


@given(PIECES)
def test_lines_stay_where_they_are(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    assert clean(text).count("\n") == text.count("\n")
