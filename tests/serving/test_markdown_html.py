"""Markdown of articles as HTML of cards and reading pages: readable, marked where it answers, and harmless."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.records import Answer, Article, Comparison, Excerpt, Highlight, Hit, Passage, Side, Why
from chatbot.serving.chat.cards import answer_html, question_html
from chatbot.serving.web.languages import ENGLISH
from chatbot.serving.web.markdown_html import article_html, lead, passage_html, place, place_of

TAGS = {
    "p", "a", "i", "em", "strong", "s", "code", "pre", "ul", "ol", "li", "blockquote", "h4", "hr", "br", "mark",
    "div", "table", "caption", "thead", "tbody", "tr", "th", "td",
}  # fmt: skip
ATTRIBUTES = {"href", "target", "rel", "class", "role", "aria-label", "tabindex", "start"}


class Reader(HTMLParser):
    """What a browser would see: tags, attributes, the text, and the text inside <mark>."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: list[str] = []
        self.text = self.marked = ""
        self._marks = 0
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links += [value or "" for name, value in attrs if name == "href"]
        self._marks += tag == "mark"

    def handle_endtag(self, tag: str) -> None:
        self._marks -= tag == "mark"

    def handle_data(self, data: str) -> None:
        self.text += data
        self.marked += data if self._marks else ""


WHY = Why((), "close", 0.0)


def passage(text: str, url: str = "/articles/guide#top", **changes: object) -> Passage:
    values = {
        "id": "guide#1", "article_id": "guide", "title": "Guide", "headings": (), "start": 0, "end": len(text),
        "text": text, "url": url, "topics": (), "audience": (), "country": None, "updated": None, "review_by": None,
    }  # fmt: skip
    return Passage(**(values | changes))


def shown(text: str, *sentences: str) -> str:
    marks = [Highlight(text.index(sentence), text.index(sentence) + len(sentence)) for sentence in sentences]
    return str(passage_html(passage(text), marks, "../")).strip()


def test_a_highlighted_sentence_is_marked() -> None:
    assert shown("First. Second here. Third.", "Second here.") == "<p>First. <mark>Second here.</mark> Third.</p>"


def test_a_mark_that_crosses_emphasis_still_nests() -> None:
    html = shown("Send **the letter today. Then** wait.", "Send **the letter today.")
    assert html == ("<p><mark>Send </mark><strong><mark>the letter today.</mark> Then</strong> wait.</p>")


def test_marks_are_found_in_list_items_quotes_and_cells() -> None:
    text = "- one\n- two is it\n\n> three is it\n\n| a | b |\n|---|---|\n| same | same |"
    assert "<li><mark>two is it</mark></li>" in shown(text, "two is it")
    assert "<p><mark>three is it</mark></p>" in shown(text, "three is it")
    last = text.rindex("same")
    html = str(passage_html(passage(text), [Highlight(last, last + 4)], "../"))
    assert "<td>same</td>\n<td><mark>same</mark></td>" in html


def test_a_mark_over_two_lines_marks_both() -> None:
    assert Reader(shown("One line\nand the next. Rest.", "One line\nand the next.")).marked == "One lineand the next."


def test_emphasis_beside_a_mark_is_still_emphasis() -> None:
    assert shown("_All of it._ Rest.", "_All of it._") == "<p><em><mark>All of it.</mark></em> Rest.</p>"


HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "<svg/onload=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'></iframe>",
    "<style>body{display:none}</style>",
    "<form action='https://evil.example'><input name=q></form>",
    "<a href='javascript:alert(1)'>x</a>",
    "</section></article></div><article class='card'><h3>Fake</h3></article>",
    "<!-- --><script>alert(1)</script>",
    "${alert(1)} {{alert(1)}} `${alert(1)}` {{{x}}} @children",
    r"\u0061\x61 \${alert(1)}",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_html_and_templates_in_an_article_are_shown_as_text(text: str) -> None:
    read = Reader(shown(text))
    assert read.tags <= {"p", "code"}
    assert text.replace("`", "").replace(r"\$", "$") in read.text


@pytest.mark.parametrize(
    "link",
    [
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](javascript&#58;alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "[x](file:///etc/passwd)",
        "[x](blob:https://a/b)",
        "[x](//evil.example/a)",
        "<javascript:alert(1)>",
        "[x]: javascript:alert(1)\n\n[x]",
    ],
)
def test_a_link_that_leads_to_no_web_page_is_no_link(link: str) -> None:
    assert Reader(shown(link)).links == []


def test_links_open_beside_the_conversation_and_relative_ones_resolve_against_the_article() -> None:
    text = "[a](https://example.org/x) [b](#part) [c](other.md#x) [d](/about)"
    assert Reader(shown(text)).links == [
        "https://example.org/x", "../articles/guide#part", "../articles/other#x", "/about",
    ]  # fmt: skip
    read = Reader(str(passage_html(passage("[b](c)", "https://site.example/blog/post#y"), (), "../")))
    assert read.links == ["https://site.example/blog/c"]
    assert 'target="_blank" rel="noopener noreferrer"' in shown(text)


def test_an_image_becomes_its_alternative_text() -> None:
    assert shown("See ![a <b>chart](https://example.org/t.png).") == "<p>See <i>a &lt;b&gt;chart</i>.</p>"


@given(st.text(max_size=60), st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)), max_size=3))
def test_nothing_but_harmless_tags_and_attributes_comes_out(text: str, spans: list[tuple[int, int]]) -> None:
    marks = [Highlight(*sorted(span)) for span in spans]
    read = Reader(str(passage_html(passage(text), marks, "../")))
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES


MARKDOWN = st.lists(
    st.sampled_from(
        ["<", ">", "[", "](", ")", "javascript:", "x", " ", "\n", "`", "*", "_", "&#58;", "!", "# ", "- ", "|", "---",
         "\n\n", "<script>", "onerror=", '"', "'", "${", "}", "\\", "https://a.b/", "> ", "\U00010a7f", "\U00010af0"]
    ),
    max_size=30,
).map("".join)  # fmt: skip


@given(MARKDOWN, st.data())
def test_markdown_made_to_break_out_does_not(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    read = Reader(str(passage_html(passage(text), [Highlight(start, end)], "../")))
    assert read.tags <= TAGS
    assert read.attributes <= ATTRIBUTES
    assert all(link.startswith(("https://", "../", "/", "#")) and not link.startswith("//") for link in read.links)
    assert "\U00010a7f" not in read.text


def test_the_lead_is_the_sentences_that_answer_or_else_the_first_words() -> None:
    text = "Start here. **Ask** for a raise <b>now</b>. End."
    mark = Highlight(12, 43)
    hit = Hit(2, passage(text), 1.0, 0.5, 1.0, (mark,), WHY, "")
    assert lead(hit) == "Ask for a raise now."
    long = passage("word " * 100)
    assert lead(Hit(2, long, 1.0, 0.5, 1.0, (), WHY, "")).endswith("word …")
    assert len(lead(Hit(2, long, 1.0, 0.5, 1.0, (), WHY, ""))) <= 240


def test_a_passage_of_this_server_is_linked_with_its_id_and_place() -> None:
    assert place_of(passage("x", "/articles/guide#part:~:text=x"), "../") == (
        "../articles/guide?passage=guide%231#part:~:text=x"
    )
    assert place_of(passage("x", "https://site.example/a#b"), "../") == "https://site.example/a#b"
    assert place_of(passage("x", "/blog/a#b"), "../") == "/blog/a#b"


@pytest.mark.parametrize("url", ["javascript:alert(1)", "//evil.example", "/\\evil.example", "data:text/html,x", ""])
def test_an_address_that_is_no_web_page_is_not_linked(url: str) -> None:
    assert place(url, "../") is None


def article(text: str) -> Article:
    return Article("a/guide", "a/guide.md", "The guide", None, text, (), (), None, None, None, None, (), "")


def test_an_article_has_its_anchors_and_marks_the_blocks_of_the_cited_passage() -> None:
    text = "# The guide\n\nIntro.\n\n## Part\n\nCited one.\n\n- cited two\n\nNot cited."
    start, end = text.index("Cited"), text.index("\n\nNot")
    html = str(article_html(article(text), {0: "the-guide", 4: "part"}, passage("x", start=start, end=end), "../../"))
    assert html == (
        '<p>Intro.</p>\n<h2 id="part">Part</h2>\n<p class="cited">Cited one.</p>\n'
        '<ul>\n<li class="cited">cited two</li>\n</ul>\n<p>Not cited.</p>\n'
    )


@pytest.mark.parametrize(
    ("days", "words"),
    [(0, "today"), (1, "yesterday"), (12, "12 days ago"), (425, "14 months ago"), (1100, "3 years ago"), (-3, "today")],
)
def test_the_age_of_an_article_is_said_in_the_largest_fitting_unit(days: int, words: str) -> None:
    assert ENGLISH.age(date.today() - timedelta(days=days)) == words


def test_every_field_of_an_answer_is_escaped() -> None:
    evil = '"><img src=x onerror=alert(1)>'
    found = passage("text", title=evil, headings=(evil,), topics=(evil,), country=evil, id=evil)
    why = Why((evil,), "close", 0.5)
    hits = tuple(Hit(rank, found, 1.0, 0.5, 1.0, (), why, evil) for rank in (1, 2))
    answer = Answer(evil, evil + "x", "uncertain", 0.5, hits, evil, (evil,), (evil,), "g", 1.0)
    answer = replace(answer, in_short=(Excerpt(1, evil + " `" + evil + "`"),))
    html = answer_html(answer) + question_html(evil)
    assert "img" not in Reader(html).tags
    assert "onerror" not in Reader(html).attributes
    assert html.count("&lt;img src=x onerror=alert(1)&gt;") >= 12


ROWS = "| Chief | 20 | [a](/b) |\n| Deputy | 10 | |"


def test_the_rest_of_a_table_is_a_table_with_its_columns_marked_as_repeated() -> None:
    columns = ("Role", "Pay | month", "<b>*Other*</b>")
    mark = Highlight(ROWS.index("Deputy"), ROWS.index("Deputy") + 6)
    html = passage_html(passage(ROWS, columns=columns), [mark], "../", "Table", "Repeated")
    assert '<table>\n<caption class="repeated">Repeated</caption>\n<thead>\n<tr>\n<th>Role</th>' in html
    assert "<th>Pay | month</th>\n<th>&lt;b&gt;*Other*&lt;/b&gt;</th>" in html
    assert "<td><mark>Deputy</mark></td>\n<td>10</td>" in html
    assert Reader(html).marked == "Deputy"


def test_only_the_table_that_goes_on_is_marked_as_repeated() -> None:
    text = f"{ROWS}\n\nMore.\n\n| One | Two |\n|---|---|\n| a | b |"
    html = passage_html(passage(text, columns=("Role", "Pay", "Other")), (), "../", "Table", "Repeated")
    assert (html.count("<table>"), html.count("<caption"), html.count("<thead>")) == (2, 1, 2)
    assert "<caption" not in passage_html(passage(text), (), "../", "Table", "Repeated")


@pytest.mark.parametrize("text", ["of it | 20 |\n| Deputy | 10 | |", "> | Chief | 20 | x |\n> | Deputy | 10 | |"])
def test_columns_stand_in_a_line_of_their_own_where_it_is_not_known_what_is_under_them(text: str) -> None:
    html = passage_html(passage(text, columns=("Role", "", "O<")), (), "../", "Table", "Repeated")
    assert html.startswith('<p class="repeated">Repeated: Role · O&lt;</p>')
    assert "<table>" not in html


TABLE = """Intro.

| Role | Hands over | |
|:--|---|---|
| Analyst | reports | x |
| Analytics *engineer* | clean tables | |

End."""
ANALYST = "Role: Analyst — Hands over: reports — x · Role: Analytics engineer — "


@pytest.mark.parametrize(
    ("marked", "said"),
    [
        ("clean tables", "Role: Analytics engineer — Hands over: clean tables"),
        ("| Role | Hands over | |", f"Intro. · {ANALYST}"),
        (
            "reports | x |\n| Analytics *engineer*",
            "Role: Analyst — Hands over: reports — x · Role: Analytics engineer — ",
        ),
        ("Intro.", "Intro."),
        ("x |\n| Analytics *engineer* | clean tables | |\n\nEnd.", "Role: Analyst — "),
    ],
)
@pytest.mark.parametrize("line_end", ["\n", "\r\n"])
def test_a_folded_passage_says_the_row_that_answers_and_never_a_head_alone(
    marked: str, said: str, line_end: str
) -> None:
    text, marked = TABLE.replace("\n", line_end), marked.replace("\n", line_end)
    start = text.index(marked)
    hit = Hit(2, passage(text), 1.0, 1.0, 0.0, (Highlight(start, start + len(marked)),), WHY, "")
    assert lead(hit).startswith(said)


def test_a_row_that_was_cut_says_its_cells_without_names_for_them() -> None:
    hit = Hit(2, passage("of it | 20 |\n| Deputy | 10 | b |", columns=("Role", "Pay", "Other")), 1, 1, 0, (), WHY, "")
    assert lead(hit) == "of it — 20 · Role: Deputy — Pay: 10 — Other: b"


def test_a_folded_passage_names_its_columns_in_the_row_that_answers() -> None:
    hit = Hit(2, passage(ROWS, columns=("Role", "Pay", "&")), 1.0, 1.0, 0.0, (Highlight(0, 24),), WHY, "")
    assert lead(hit) == "Role: Chief — Pay: 20 — &: a"


def compared(*sides: Side, together: tuple[int, ...] = ()) -> str:
    hits = tuple(Hit(rank, passage(f"text {rank}"), 1.0, 0.5, 1.0, (), WHY, "") for rank in (1, 2, 3))
    comparison = Comparison(sides, together)
    return answer_html(Answer("a", "a", "answered", 0.9, hits, "", (), (), "g", 1.0, comparison=comparison))


def test_what_is_compared_stands_under_its_name_and_once() -> None:
    html = compared(Side("<b>A", (2,)), Side("B", (1, 3)))
    one, other = html.split('<section class="side"')[1:]
    assert 'aria-label="&lt;b&gt;A"' in one
    assert '<h4 dir="auto">&lt;b&gt;A</h4>' in one
    assert [html.count(f'data-rank="{rank}" data-passage') for rank in (1, 2, 3)] == [1, 1, 1]
    assert 'data-rank="2" data-passage' in one
    assert other.index('class="card" data-rank="1"') < other.index('class="card row" data-rank="3"')
    assert "Compared:" not in html


def test_what_speaks_of_all_sides_stands_above_those_of_one() -> None:
    html = compared(Side("A", (2,)), Side("B", (3,)), together=(1,))
    assert html.index('class="card" data-rank="1"') < html.index('class="sides"')
    assert html.count('class="card row"') == 2


@pytest.mark.parametrize("sides", [(Side("A", (2, 3)), Side("B", ())), (Side("A", ()), Side("B", ()))])
def test_there_are_no_columns_where_one_side_alone_has_passages_of_its_own(sides: tuple[Side, ...]) -> None:
    html = compared(*sides, together=(1,))
    assert 'class="sides"' not in html
    assert 'Compared: <b dir="auto">A</b> · <b dir="auto">B</b>' in html
    assert html.count("data-passage") == 3


def test_what_is_compared_is_not_named_above_a_passage_that_stands_alone() -> None:
    hit = Hit(1, passage("text"), 1.0, 0.5, 1.0, (), WHY, "")
    comparison = Comparison((Side("A", ()), Side("B", ())), (1,))
    answer = Answer("a", "a", "answered", 0.9, (hit,), "", (), (), "g", 1.0, comparison=comparison)
    assert "Compared:" not in answer_html(answer)


def test_what_stands_in_short_is_plain_and_names_its_card() -> None:
    hits = (Hit(1, passage("text"), 1.0, 0.5, 1.0, (), Why((), "close", 0.5), ""),)
    answer = Answer("a", "a", "answered", 0.9, hits, "", (), (), "g", 1.0, in_short=(Excerpt(1, "- *One* <b>a</b>"),))
    html = answer_html(answer)
    assert '<p dir="auto"><span lang="en">One a</span> <a data-rank="1" aria-label="Passage 1">1</a>' in html
    assert 'class="short"' not in answer_html(replace(answer, in_short=()))
