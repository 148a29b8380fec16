"""Markdown of several site builders: what their markup becomes, and that lines stay where they are."""

from __future__ import annotations

import time
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content.markdown.plain import plain
from chatbot.content.readers.markdown_files import clean
from chatbot.content.readers.registry import parse
from chatbot.errors import ContentError
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
    ("Ask {% comment %}not\n{% if x %}now{% endif %}\n{%- endcomment -%}first", "Ask \n\nfirst"),
    ("Ask {{% comment %}}not now{{% /comment %}}first", "Ask first"),
    ("Ask\n\n[//]: # (a secret (of ours)\nin two lines)\n[comment]: <> 'another'\n\nfirst", "Ask\n\n\n\n\n\nfirst"),
    ("Ask {# a note #}first {{/* and\none */}}now <%# here %>", "Ask first \nnow "),
    ("Ask %%Maria says\nno%% first", "Ask \n first"),
    ("Be {~~early~>in time~~}{>>why?<<} {++and++} {--not--} {==kind==}", "Be in time and kind"),
    ('!!! warning "Why"\n\n    One.\n\n    Two.\n\nThree.', "**Why**\n\nOne.\n\nTwo.\n\nThree."),
    ('??? tip\n    One.\n\n    !!! note "In"\n        Two.\n\n    Three.', "\nOne.\n\n**In**\nTwo.\n\nThree."),
    (
        '=== "A"\n\n    ```py\n    if x:\n        y\n    ```\n\n=== "B"\n\n    Two.',
        "**A**\n\n```py\nif x:\n    y\n```\n\n**B**\n\nTwo.",
    ),
    ('--8<-- "includes/a.md"\n\nText\n\n--8<--\na.md\nb.md\n--8<--', "\n\nText\n\n\n\n\n"),
    ("Press ++ctrl+s++. :material-information: Keep { .annotate }\n\n*[HR]: Human Resources", "Press ctrl+s. Keep\n\n"),
    (":::{note} Why it pays\n:class: wide\nText\n:::", "**Why it pays**\n\nText\n"),
    ('::: {.callout-tip title="Why"}\nText\n:::', "**Why**\nText\n"),
    (':::: {.columns}\n::: {.column width="50%"}\nLeft\n:::\n::::', "\n\nLeft\n\n"),
    ("```{tip} Shoes\n:class: x\nWear shoes.\n```", "**Shoes**\n\nWear shoes.\n"),
    ("````{note}\nOne\n```python\nx = 1\n```\n````", "\nOne\n```python\nx = 1\n```\n"),
    ("```{toctree}\n:maxdepth: 2\na\nb\n```\nText", "\n\n\n\n\nText"),
    ("{ref}`the panel <panel>` and {term}`pay`", "the panel and pay"),
    ("See [@doe1999, p. 3] H~2~O, x^2^, an^[a note] and [a span]{.x}.", "See H2O, x^2, an (a note) and a span."),
    ("[[Salary talks|pay]] [[Notice]] [[a#b]] [[#c]] ![[x.png|300]]. ==Calm== ^key", "pay Notice a c . Calm"),
    ("- Arrive\n  id:: 64a1\n  collapsed:: true\n\t- {{embed ((64a1))}} Write", "- Arrive\n\n\n\t-  Write"),
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
    "```{code-block} python\n!!! x\n[[a]]\n```",
    "```\n!!! note\n    x\n```\n\n    code",
    "[[1, 2], [3, 4]] and [[x]](https://example.org) and a@b.org, [mail@x.org]",
    "It costs ~5~ to ~10 and C++ or G++ == fine, 100%% and more",
    "Ask: how :: why",
]


WORDS = [
    ("x<y and y>z", "x<y and y>z"),
    ("Dear <Hiring Manager>, the <job title> at <Company>", "Dear <Hiring Manager>, the <job title> at <Company>"),
    ("a List<String> of <b>bold</b> <Ad/> words<br>here", "a List<String> of bold words here"),
    ("<Tip>Ask</Tip> <Card title='x'> first <details open>", "Ask first"),
]


@pytest.mark.parametrize(("text", "words"), WORDS)
def test_what_only_looks_like_a_tag_keeps_its_words(text: str, words: str) -> None:
    assert plain(clean(text)) == words


TEXT = """Dear <Hiring Manager's Name>, <job title> at <Company>
With {{number}} years, {% if x %}, {{< x >}}, <!-- why --> I rose </b> by {#a} <percentage>."""


def test_plain_text_is_no_markup() -> None:
    (found,) = parse("letter.txt", TEXT.encode(), "0").articles
    assert plain(found.text) == TEXT
    assert found.text.replace("\\", "") == TEXT


LONG = "A note of many words. " * 20
NOTED = [
    ("Four weeks[^law], then more[^y].\n\n[^law]: Civil code, section 622.\n[^y]: Two months.",
     "Four weeks (Civil code, section 622), then more (Two months).\n\n\n"),
    ("Four weeks.[^1] Then more.\n\n[^1]: By law.", "Four weeks (By law). Then more.\n\n"),
    ("Weeks [^a][^b]\n\n[^A]: One\n\n[^b]: https://example.org/b", "Weeks (One; https://example.org/b)\n\n\n\n"),
    ("Once[^1], twice[^1].\n\n[^1]: Told\n    on two lines.", "Once (Told on two lines), twice.\n\n\n"),
    (f"Long[^1].\n\n[^1]: {LONG}", f"Long.\n\n{LONG}"),
    ("Two[^1].\n\n[^1]: One.\n\n    Another.\n\nText[^2].", "Two.\n\nOne.\n\nAnother.\n\nText."),
    ("Text.\n\n[^1]: Nobody refers to it.", "Text.\n\nNobody refers to it."),
    ("# Notice[^1]\n\nText\n\n[^1]: A note.", "# Notice\n\nText\n\nA note."),
    ("| Weeks[^1] |\n|---|\n| 4 |\n\n[^1]: a|b", "| Weeks (a\\|b) |\n|---|\n| 4 |\n\n"),
    ("Weeks^[By law, see [here](https://example.org).], so.", "Weeks (By law, see [here](https://example.org)), so."),
    ("Before[^1].\n\n```\na[^1]\n```\n\n[^1]: The `[^x]` note", "Before (The `[^x]` note).\n\n```\na[^1]\n```\n\n"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "resolved"), NOTED)
def test_a_note_is_told_where_it_is_referred_to_or_keeps_its_place_without_a_mark(text: str, resolved: str) -> None:
    assert clean(text) == resolved
    assert clean(text).count("\n") == text.count("\n")


@pytest.mark.parametrize(
    "text", ["Use `a[^1]` and [^0-9] in it", "Escaped\\[^1]", "x ^ [y]", "[^1](https://example.org)"]
)
def test_what_only_looks_like_a_footnote_stays(text: str) -> None:
    assert clean(text) == text


@pytest.mark.parametrize("text", UNCHANGED)
def test_code_and_ordinary_words_stay_as_they_are(text: str) -> None:
    assert clean(text) == text


def test_the_shipped_articles_stay_as_they_are() -> None:
    for path in ROOT.joinpath("corpus").rglob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert clean(text) == text, path.name


PIECES = st.lists(
    st.sampled_from(
        [
            *(text for text, _ in (*CHANGED, *NOTED)),
            *UNCHANGED,
            "[^1]",
            "[^1]: ",
            "^[",
            "<",
            "{%",
            "```",
            "`",
            "\n",
            "\n\n",
            " ",
        ]
    ),
    max_size=8,
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


REDIRECTS = [
    "https://www.google.com/url?q=https%3A%2F%2Fexample.org%2Fpay%3Fa%3D1&sa=D&ust=17",
    "https://www.google.co.uk/url?sa=t&url=https%3A%2F%2Fexample.org%2Fpay%3Fa%3D1&usg=x",
    "https://eur01.safelinks.protection.outlook.com/?url=https%3A%2F%2Fexample.org%2Fpay%3Fa%3D1&data=05",
    "https://duckduckgo.com/l/?uddg=https%3A%2F%2Fexample.org%2Fpay%3Fa%3D1&rut=0",
    "https://www.bing.com/ck/a?!&&p=1&u=a1aHR0cHM6Ly9leGFtcGxlLm9yZy9wYXk_YT0x&ntb=1",
    "https://l.facebook.com/l.php?u=https%3A%2F%2Fexample.org%2Fpay%3Fa%3D1&h=A",
]


@pytest.mark.parametrize("link", REDIRECTS)
@pytest.mark.parametrize("suffix", [".md", ".html"])
def test_a_link_leads_where_a_search_engine_would_have_led(link: str, suffix: str) -> None:
    text = f"See [pay]({link})." if suffix == ".md" else f'<p>See <a href="{link.replace("&", "&amp;")}">pay</a>.</p>'
    (found,) = parse(f"a{suffix}", text.encode(), "0").articles
    assert found.text == "See [pay](https://example.org/pay?a=1)."


@pytest.mark.parametrize(
    "link", ["https://www.google.com/search?q=https://x.org", "https://www.google.com/url?q=javascript:x"]
)
def test_other_links_stay(link: str) -> None:
    (found,) = parse("a.md", f"See [pay]({link}).".encode(), "0").articles
    assert link in found.text


OPENINGS = [
    "{% comment %}",
    "{>>",
    "{~~a",
    "{++",
    "%%",
    "[//]: # (",
    "--8<--\n",
    "[[",
    "!!! x\n    ",
    "=== 'a'\n    ",
    "<a b ",
    "<!--",
]


@pytest.mark.parametrize("opening", [*OPENINGS, "```{tip}\n", "a:: ", "<<<<<<< a\n=======\n", "---\na", "<!-- a -->"])
def test_marks_by_the_thousand_that_are_never_closed_take_no_time(opening: str) -> None:
    text = opening * 10_000
    start = time.process_time()
    clean(text)
    with suppress(ContentError):
        parse("a.md", f">>>>>>> a\n{text} words".encode(), "0")
    assert time.process_time() - start < 10
