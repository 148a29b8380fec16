"""Markdown of several site builders: what their markup becomes, and that lines stay where they are."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content.readers.markdown_files import clean
from chatbot.content.readers.registry import parse
from tests.support.places import ROOT

CHANGED = [
    ("import Tabs from '@theme/Tabs';\n\nText", "\n\nText"),
    ("import {\n  A,\n  B,\n} from './x';\nText", "\n\n\n\nText"),
    ("export const rate = {\n  a: 1,\n};\n\nText", "\n\n\n\nText"),
    ("<Tabs>\n<TabItem value=\"a\" label={'A > B'}>\n\n    Words\n\n</TabItem>\n</Tabs>", "\n\n\n    Words\n\n\n"),
    ("Pay {/* a note */}rises", "Pay rises"),
    ("A <!-- two\nlines --> b", "A \n b"),
    (":::tip\n\nAsk first.\n\n:::", "\n\nAsk first.\n\n"),
    (":::note[Why it pays]\nText\n:::", "**Why it pays**\nText\n"),
    (":::warning Mind this {#x}\nText\n:::", "**Mind this**\nText\n"),
    ("> [!TIP]\n> Ask first.", "> **Tip**  \n> Ask first."),
    ('!!! note "Why"\n\nText', "**Why**\n\nText"),
    ('Pay {{< figure src="x.png" >}} rises', "Pay  rises"),
    ("{{% notice tip %}}\nAsk\n{{% /notice %}}", "\nAsk\n"),
    ("{% include nav.html %}\nText {{ site.name }}\n{: .lead}", "\nText \n"),
    ("<details>\n<summary>Why?</summary>\n\nBecause.\n\n</details>", "\n**Why?**\n\nBecause.\n\n"),
    (
        '<div align="center">\n      <h2>Pay</h2>\n      It <b>rises</b> with <em>skill</em>.\n</div>',
        "\n## Pay\nIt **rises** with *skill*.\n",
    ),
    ('See <a href="https://example.org/a">this</a><br/>now', "See [this](https://example.org/a) now"),
    ("<script>\nsteal()\n</script>\nText", "\n\n\nText"),
    ('<img src="x.png" alt="y" />\nText', "\nText"),
    ("Press <kbd>Ctrl</kbd>", "Press `Ctrl`"),
]


@pytest.mark.parametrize(("text", "cleaned"), CHANGED)
def test_markup_of_a_dialect_goes_and_its_words_stay(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


UNCHANGED = [
    "```jsx\nimport A from 'a';\n<Tabs>{x}</Tabs>\n```",
    "~~~\n{{< x >}}\n:::tip\n~~~\n\nText",
    "Use `<Tabs>` and `{{ x }}` and ``a ` <b>``.",
    "a < b and c > d, 3 <4, x<y",
    "<https://example.org/> and <me@example.org>",
    "import duties are paid by importers",
    "Export managers earn more.",
    "{curly} words and [brackets] {#anchor}",
]


@pytest.mark.parametrize("text", UNCHANGED)
def test_code_and_ordinary_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


def test_the_shipped_articles_stay_as_they_are() -> None:
    for path in ROOT.joinpath("corpus").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert clean(text) == text, path.name


PIECES = st.lists(
    st.sampled_from([*(text for text, _ in CHANGED), *UNCHANGED, "<", "{%", "```", "`", "\n", "\n\n", " "]), max_size=8
)


@given(PIECES)
def test_lines_stay_where_they_are(pieces: list[str]) -> None:
    text = "\n".join(pieces)
    assert clean(text).count("\n") == text.count("\n")


def test_a_page_whose_words_are_in_its_front_matter_is_read() -> None:
    data = """---
title: A talk
guests: [nick]
clips:
- name: No text
transcript:
- header: How to begin
- line: Write to people first.
  who: A
- line: Then to companies.
- header: How to end
- line: Say thank you.
---

{% include transcript.html %}
"""
    (found,) = parse("talk.md", data.encode(), "0").articles
    assert (
        found.text
        == "## How to begin\n\nWrite to people first.\n\nThen to companies.\n\n## How to end\n\nSay thank you."
    )
