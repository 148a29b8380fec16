"""Raw Markdown to plain words and anchors."""

from __future__ import annotations

import pytest

from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.plain import plain, slugify
from tests.support.reading import heading_slugs

PLAIN = [
    ("Some **bold**, _slanted_, `code` and ~~gone~~ words", "Some bold, slanted, code and gone words"),
    ("***all*** of __it__ in snake_case_name 2 * 3 * 4", "all of it in snake_case_name 2 * 3 * 4"),
    ("See [the page](https://example.org/a_(b) 'title') and [more][ref].", "See the page and more."),
    ("[![alt text](a.png)](https://example.org)", "alt text"),
    ("<https://example.org/a> and <b>bold</b><br>line", "https://example.org/a and bold line"),
    ("a < b and c > d", "a < b and c > d"),
    ("Fish &amp; chips \\*not bold\\* 5&nbsp;kg", "Fish & chips *not bold* 5 kg"),
    ("# Heading #\n\nUnder\n-----\n\n* * *\n\nEnd", "Heading\nUnder\nEnd"),
    ("- one\n  - [x] two\n10. three\n> - four", "one\ntwo\nthree\nfour"),
    ("| Role | Pay |\n|:---|---:|\n| a | b |", "Role Pay\na b"),
    ("```python\nx = 1\n```", "x = 1"),
    ("A note[^1].\n\n[^1]: The note.\n\n[ref]: https://example.org", "A note.\nThe note."),
    ("<!-- hidden -->shown<script>bad()</script>", "shown"),
    ("{{< fig >}}{% raw %}{/* x */}\n:::note\nText {#id} {: .c}\n:::", "Text"),
    ("import A from './A'; import B from './B';\n\nText", "Text"),
    ("> [!NOTE]\n> Text", "Text"),
    ("<!-- never closed", "<!-- never closed"),
    ("line one\r\nline two\rline three", "line one\nline two\nline three"),
    ("", ""),
]


@pytest.mark.parametrize(("text", "expected"), PLAIN)
def test_plain(text: str, expected: str) -> None:
    assert plain(text) == expected


SLUGS = [
    ("What does it pay?", "what-does-it-pay"),
    ("C++ & C#: the *end*", "c--c-the-end"),
    ("snake_case and kebab-case", "snake_case-and-kebab-case"),
    ("Größe", "größe"),
    ("👎 Not accepted", "-not-accepted"),
    ("हिन्दी", "हिन्दी"),
    ("👎", "section"),
]


@pytest.mark.parametrize(("heading", "slug"), SLUGS)
def test_slugs_are_those_of_github(heading: str, slug: str) -> None:
    assert slugify(heading) == slug


def test_slugs_of_a_text_are_told_by_line_and_are_unique() -> None:
    text = "# Pay\n\nPay\n---\n\n## Pay-1\n\n> ### Pay\n\n## `Code` [link](x) #\n\n## Own {#mine}\n\n## ![](a.png)\n"
    assert heading_slugs(text) == {
        0: "pay",
        2: "pay-1",
        5: "pay-1-1",
        7: "pay-2",
        9: "code-link",
        11: "mine",
        13: "section",
    }


def test_blocks_cover_everything_but_white_space() -> None:
    text = "Intro\n\n[a]: https://example.org\n\n:::note\nText\n:::\n\n- \n- item\n\n<div>\n<b>x</b>\n</div>\n"
    rest = "".join(" " if any(b.start <= i < b.end for b in blocks(text)) else c for i, c in enumerate(text))
    assert rest.strip() == ""
