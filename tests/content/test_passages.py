"""Where articles are cut, on examples small enough to cut by hand. A token is a word here."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from chatbot.content.passages import CONTEXT_BYTES, embedded_text, sentences, split
from chatbot.records import Article, Passage


def article(text: str, *, title: str = "The title", url: str | None = None, id_: str = "guides/pay") -> Article:
    return Article(
        id=id_,
        path=f"{id_}.md",
        title=title,
        url=url,
        text=text,
        topics=("pay",),
        audience=("students",),
        country="NO",
        published=None,
        updated=date(2026, 1, 2),
        review_by=date(2027, 1, 2),
        questions=(),
        sha256="0",
    )


def cut(text: str, *, target: int = 16, most: int = 20, title: str = "The title") -> list[Passage]:
    tokens = lambda piece: len(piece.split())  # noqa: E731
    return split(article(text, title=title), tokens, target_tokens=target, max_tokens=most)


def texts(text: str, **sizes: int) -> list[str]:
    return [passage.text for passage in cut(text, **sizes)]


def words(count: int, start: int = 1) -> str:
    return " ".join(f"w{number}" for number in range(start, start + count))


def test_sections_are_passages_and_headings_are_their_path() -> None:
    found = cut(f"{words(10)}\n\n## One\n\n{words(12)}\n\n### Deep\n\n{words(14)}\n\n## Two\n\n{words(11)}\n")
    assert [(p.headings, p.text) for p in found] == [
        ((), words(10)),
        (("One",), words(12)),
        (("One", "Deep"), words(14)),
        (("Two",), words(11)),
    ]
    assert [p.id for p in found] == ["guides/pay#1", "guides/pay#2", "guides/pay#3", "guides/pay#4"]


def test_a_passage_carries_what_its_article_says() -> None:
    (passage,) = cut("Some text that says a little.")
    assert (passage.article_id, passage.title, passage.topics) == ("guides/pay", "The title", ("pay",))
    assert (passage.audience, passage.country) == (("students",), "NO")
    assert (passage.updated, passage.review_by) == (date(2026, 1, 2), date(2027, 1, 2))


def test_a_heading_skipping_levels_still_has_its_parents() -> None:
    found = cut(f"## One\n\n#### Deep\n\n{words(12)}\n\n### Less\n\n{words(12)}\n")
    assert [p.headings for p in found] == [("One", "Deep"), ("One", "Less")]


def test_a_first_heading_that_repeats_the_title_is_no_passage_and_no_path() -> None:
    found = cut(f"# The Title\n\n{words(10)}\n\n## Part\n\n{words(10)}\n")
    assert [(p.headings, p.text) for p in found] == [((), words(10)), (("Part",), words(10))]
    assert found[0].url.startswith("/articles/guides/pay#the-title:~:text=")


def test_headings_alone_are_no_passages() -> None:
    assert cut("# One\n\n## Two\n\n### Three\n") == []


def test_an_empty_article_has_no_passages() -> None:
    assert cut("") == []
    assert cut(" \n\n") == []


def test_a_little_too_much_becomes_two_halves() -> None:
    sentences_ = [f"Sentence{number} holds words." for number in range(1, 8)]
    assert texts(" ".join(sentences_)) == [" ".join(sentences_[:3]), " ".join(sentences_[3:])]


def test_paragraphs_are_cut_between_rather_than_inside() -> None:
    one, two = f"A{words(5)}. B{words(5)}.", f"C{words(4)}. D{words(6)}."
    assert texts(f"{one}\n\n{two}") == [f"{one}\n\n{two}"]
    assert texts(f"{one}\n\n{two}\n\n{one}") == [one, f"{two}\n\n{one}"]
    assert texts(f"{words(12)}\n\n{words(14)}") == [words(12), words(14)]


def test_a_leftover_line_joins_its_neighbour() -> None:
    assert texts(f"{words(15)}\n\n{words(2)}") == [f"{words(15)}\n\n{words(2)}"]


def test_small_sections_share_a_passage_with_their_headings() -> None:
    together = f"### Hourly\n\n{words(2)}\n\n### Daily\n\n{words(3)}\n\n### Yearly\n\n{words(2)}"
    small, more = cut(f"## Pay\n\n{together}\n\n## More\n\n{words(12)}")
    assert small.text == together
    assert small.headings == ("Pay",)
    assert small.url.startswith("/articles/guides/pay#hourly")
    assert more.headings == ("More",)


def test_a_small_introduction_goes_with_the_first_section_below_it() -> None:
    first, second = cut(f"{words(2)}\n\n## One\n\n{words(12)}\n\n## Two\n\n{words(12)}")
    assert (first.headings, first.text) == ((), f"{words(2)}\n\n## One\n\n{words(12)}")
    assert (second.headings, second.text) == (("Two",), words(12))


def test_sections_of_some_size_are_not_put_together() -> None:
    assert texts(f"## One\n\n{words(8)}\n\n## Two\n\n{words(8)}") == [words(8), words(8)]


def test_small_sections_of_different_chapters_are_not_put_together() -> None:
    found = cut(f"## A\n\n### A1\n\n{words(12)}\n\n### A2\n\n{words(2)}\n\n## B\n\n### B1\n\n{words(14)}")
    assert [(p.headings, p.text) for p in found] == [
        (("A",), f"### A1\n\n{words(12)}\n\n### A2\n\n{words(2)}"),
        (("B", "B1"), words(14)),
    ]


def test_small_chapters_share_a_passage_that_begins_with_a_chapter() -> None:
    (found,) = cut(f"## A\n\n### A1\n\n{words(2)}\n\n## B\n\n### B1\n\n{words(2)}")
    assert (found.headings, found.text) == ((), f"## A\n\n### A1\n\n{words(2)}\n\n## B\n\n### B1\n\n{words(2)}")


TABLE = "| Role | Pay |\n|---|---|\n" + "\n".join(f"| r{n} | p{n} |" for n in range(1, 4))


def test_a_table_that_fits_is_not_cut() -> None:
    assert len(TABLE.split()) == 21
    assert texts(f"{words(15)}\n\n{TABLE}\n\n{words(15)}", target=20, most=25) == [words(15), TABLE, words(15)]


def test_a_table_that_does_not_fit_is_cut_at_rows() -> None:
    rows = [f"| role{n} | pay{n} |" for n in range(1, 9)]
    found = texts("\n".join(["| Role | Pay |", "|---|---|", *rows]), target=16, most=20)
    assert "\n".join(found).split("\n") == ["| Role | Pay |", "|---|---|", *rows]
    assert len(found) == 4
    assert found[0].startswith("| Role | Pay |\n|---|---|\n| role1 | pay1 |")


def test_a_table_that_is_cut_keeps_the_names_of_its_columns() -> None:
    rows = [f"| role{n} | pay{n} |" for n in range(1, 9)]
    found = cut("\n".join(["| **Role** | [Pay](/pay) |", "|---|---|", *rows]))
    assert [passage.columns for passage in found] == [(), *[("Role", "Pay")] * 3]
    assert found[1].text == "| role2 | pay2 |\n| role3 | pay3 |"
    assert embedded_text(found[1]) == f"The title\nRole | Pay\n{found[1].text}"


@pytest.mark.parametrize("head", ["| | |", "Role | Pay", "> | Role | Pay |", "|Role|Pay"])
def test_columns_are_named_however_the_table_is_written(head: str) -> None:
    mark = "> " * head.startswith(">")
    rows = [f"{mark}| role{n} | pay{n} |" for n in range(1, 9)]
    found = cut("\n".join([head, f"{mark}|---|---|", *rows]))
    assert len(found) > 2
    assert {passage.columns for passage in found[1:]} == {() if head == "| | |" else ("Role", "Pay")}


def test_what_follows_a_table_or_stands_in_one_that_is_not_cut_has_no_columns() -> None:
    rows = "\n".join(f"| role{n} | pay{n} |" for n in range(1, 9))
    found = cut(f"| Role | Pay |\n|---|---|\n{rows}\n\n{words(18)}\n\n| One | Two |\n|---|---|\n| a | b |")
    assert [passage.columns for passage in found[-2:]] == [(), ()]


def test_the_names_of_columns_take_a_third_of_a_passage_at_most() -> None:
    long = " ".join(f"longword{n}" for n in range(29))
    table = "\n".join([f"| Role | {long} |", "|---|---|", *(f"| role{n} | pay{n} |" for n in range(40))])
    found = cut(table, target=40, most=50)
    assert {passage.columns[0] for passage in found[2:]} == {"Role"}
    assert {passage.columns[1][-11:] for passage in found[2:]} == {"longword11…"}
    assert all(len(embedded_text(passage).split()) <= 52 for passage in found)


def test_columns_that_have_no_room_are_not_repeated() -> None:
    head, line = "|".join(f" c{n} " for n in range(30)), "|---" * 30
    rows = "\n".join("|".join(f" {n}x{m} " for m in range(30)) for n in range(5))
    assert {passage.columns for passage in cut(f"|{head}|\n{line}|\n{rows}")} == {()}


def test_code_that_fits_is_not_cut() -> None:
    code = "```python\n" + "\n".join(f"line {n}" for n in range(1, 8)) + "\n```"
    assert texts(f"{words(14)}\n\n{code}\n\n{words(14)}") == [words(14), code, words(14)]


def test_code_that_does_not_fit_is_cut_at_lines() -> None:
    lines = [f"line {n} of code" for n in range(1, 12)]
    found = texts("\n".join(["```python", *lines, "```"]))
    assert "\n".join(found).split("\n") == ["```python", *lines, "```"]
    assert found[0].startswith("```python\nline 1 of code\n")
    assert found[-1].endswith("line 11 of code\n```")


def test_a_list_is_cut_at_items() -> None:
    items = [f"- {words(5, start)}" for start in range(1, 31, 5)]
    found = texts("\n".join(items))
    assert found == ["\n".join(items[:3]), "\n".join(items[3:])]


def test_a_line_that_announces_a_list_stays_with_it() -> None:
    items = "\n".join(f"- {words(3, start)}" for start in range(1, 13, 3))
    assert texts(f"{words(12)}\n\nThe tools are:\n\n{items}") == [words(12), f"The tools are:\n\n{items}"]


def test_a_bold_line_begins_a_passage_and_never_ends_one() -> None:
    question = "**What is the pay?**"
    assert texts(f"{words(13)}\n\n{question}\n\n{words(13)}") == [words(13), f"{question}\n\n{words(13)}"]


def test_a_quote_is_one_passage_with_its_marks() -> None:
    assert texts("> Said by\n> somebody wise\n>\n> and kind.") == ["> Said by\n> somebody wise\n>\n> and kind."]


def test_a_sentence_too_long_is_cut_at_clauses() -> None:
    clauses = [f"{words(6, start)}," for start in range(1, 37, 6)]
    found = texts(" ".join(clauses))
    assert " ".join(found) == " ".join(clauses)
    assert all(piece.endswith(",") for piece in found)


def test_words_without_any_stop_are_cut_between_words() -> None:
    found = texts(words(100))
    assert " ".join(found) == words(100)
    assert all(10 <= len(piece.split()) <= 20 for piece in found)


@pytest.mark.parametrize("character", ["a", "字", "😀", "e\u0301", "."])
def test_a_line_of_100_kb_without_a_space_is_cut(character: str) -> None:
    line = character * (100_000 // len(character)) + " end."
    found = texts(line)
    assert "".join(found).replace(" ", "") == line.replace(" ", "")
    assert max(map(len, found)) <= 20 * 16
    assert not any(piece.startswith("\u0301") for piece in found)


def test_chinese_sentences_are_cut_though_no_space_follows() -> None:
    text = "".join(f"这是第{n}句话，很短。" for n in range(10))
    found = split(article(text), len, target_tokens=30, max_tokens=40)
    assert "".join(p.text for p in found) == text
    assert all(p.text.endswith("。") for p in found)


@pytest.mark.parametrize(
    "markup",
    [
        "import Ad from './Ad';\nimport { List } from \"./List\"",
        "export const meta = { title: 'x' }",
        "<Ad kind='banner' />",
        "<Tabs>\n  <TabItem\n    value='a'\n  />\n</Tabs>",
        "<!-- a comment of several words -->",
        "<!--\nover\n\nlines\n-->",
        "{{< youtube abc >}}",
        '{{% include "x.md" %}}',
        "{% include toc.html %}",
        "{/* an MDX comment */}",
        ":::note",
        ":::",
        "![a picture](cat.png)",
        "[![badge](b.svg)](https://example.org)",
        "<img src='cat.png' alt='a cat'>",
        "***",
        "[ref]: https://example.org 'a title'",
        "[//]: # (Version:1.0.0)",
        "- [One](#one)\n- [Two](#two)\n  - [Three](#three)",
        "<script>\nlet words = 1;\n</script>",
        "<style>\np { color: red }\n</style>",
        "<head>\n<title>The page</title>\n</head>",
        "<br/>",
        "{: .lead }",
        "&nbsp;",
    ],
)
def test_markup_without_prose_is_no_passage(markup: str) -> None:
    assert texts(markup) == []
    assert texts(f"{markup}\n\n{words(12)}\n\n{markup}") == [words(12)]


@pytest.mark.parametrize(
    "prose",
    [
        "import duties rose from 3 to 5 in 'one year'",
        "export managers sell abroad",
        ":::tip Bring a pen",
        "<b>Bold</b> words",
        "a < b and b > c",
        "{curly} words",
        "![picture](cat.png) with a caption",
        "<https://example.org/page>",
        "[link](https://example.org)",
    ],
)
def test_prose_that_looks_like_markup_is_a_passage(prose: str) -> None:
    assert texts(prose) == [prose]


def test_scaffolding_around_prose_is_trimmed() -> None:
    assert texts(":::note\nBring a pen.\n:::") == ["Bring a pen."]
    assert texts("<aside class='x'>\n<img src='a.png'>\nBring a pen.\n</aside>") == ["Bring a pen."]
    assert texts("<figcaption>The <b>new</b> office.</figcaption>") == ["The <b>new</b> office."]


def test_large_markup_is_not_carried_along() -> None:
    markup = "<div>" + "<img src='a.png' alt='no'>" * 40 + "</div>"
    assert texts(f"{words(3)}\n\n{markup}\n\n{words(3)}") == [words(3), words(3)]


def test_a_paragraph_marked_as_a_heading_is_not_lost() -> None:
    long = words(60)
    assert len(long) > 200
    assert " ".join(texts(f"{long}\n---\n\n{words(12)}")).startswith("w1 w2")


def test_a_heading_inside_a_list_or_quote_is_text() -> None:
    assert texts("> ## Said\n> something") == ["> ## Said\n> something"]


LINKS = [
    (None, "", "/articles/guides/pay#:~:text=Pay%20rises%20with%20skill"),
    (None, "## What pays?\n\n", "/articles/guides/pay#what-pays:~:text=Pay%20rises%20with%20skill"),
    ("https://a.example/p", "## Pay\n\n", "https://a.example/p#pay:~:text=Pay%20rises%20with%20skill"),
    ("https://a.example/p#own", "## Pay\n\n", "https://a.example/p#own:~:text=Pay%20rises%20with%20skill"),
    ("/jobs/p", "## Größe\n\n", "/jobs/p#gr%C3%B6%C3%9Fe:~:text=Pay%20rises%20with%20skill"),
]


@pytest.mark.parametrize(("url", "heading", "link"), LINKS)
def test_a_link_leads_to_heading_and_words(url: str | None, heading: str, link: str) -> None:
    made = split(article(heading + "Pay rises with skill.", url=url), len, target_tokens=160, max_tokens=200)
    assert [p.url for p in made] == [link]


def test_an_article_id_is_percent_encoded_in_its_address() -> None:
    made = split(article("Pay rises.", id_="50% more/é?"), len, target_tokens=160, max_tokens=200)
    assert made[0].url == "/articles/50%25%20more/%C3%A9%3F"


FRAGMENTS = [
    ("Well-paid, kind and fair", "Well%2Dpaid%2C%20kind%20and%20fair"),
    ("Kind & fair: three words more", "fair%3A%20three%20words%20more"),
    ("**SQL:** join [three tables](https://example.org), group", "SQL%3A%20join%20three%20tables%2C%20group"),
    ("- [ ] Ask for more pay", "Ask%20for%20more%20pay"),
    ("Two words", None),
    ("Don't \"quote\" it's", None),
    ("> quoted words of somebody\n> wise", "quoted%20words%20of%20somebody%20wise"),
    ("one two three four five six seven eight nine ten", "one%20two%20three%20four%20five%20six%20seven%20eight"),
    ("| a cell | of three short words |\n|---|---|\n| x | y |", "of%20three%20short%20words"),
    ("```\nsome code of a program\n```", None),
    ("A claim[^1] with a note", None),
    ("Three plain words | and more of them", "Three%20plain%20words"),
    ("Now it is! The second sentence has enough words", "The%20second%20sentence%20has%20enough%20words"),
]


@pytest.mark.parametrize(("text", "fragment"), FRAGMENTS)
def test_the_words_of_a_link_are_plain_and_from_one_element(text: str, fragment: str | None) -> None:
    (passage,) = cut(text)
    assert passage.url == "/articles/guides/pay" + (f"#:~:text={fragment}" if fragment else "")


def test_repeated_headings_have_numbered_anchors() -> None:
    found = cut(f"## Pay\n\n{words(12)}\n\n## Pay\n\n{words(12)}\n\n## Pay\n\n{words(12)}")
    assert [p.url.split("#")[1].split(":~:")[0] for p in found] == ["pay", "pay-1", "pay-2"]


def test_what_is_embedded_has_title_and_headings_in_front() -> None:
    (passage,) = cut(f"## Pay\n\n### Hourly\n\n{words(12)}")
    assert embedded_text(passage) == f"The title > Pay > Hourly\n{words(12)}"


def test_an_absurd_title_or_heading_is_shortened_rather_than_the_text() -> None:
    title, heading = "word " * 300, "heading " * 24
    found = cut(f"## {heading}\n\n### Inner\n\n{words(18)}", title=title.strip())
    assert [p.text for p in found] == [words(18)]
    context = embedded_text(found[0]).removesuffix(words(18))
    assert len(context.encode()) <= CONTEXT_BYTES + 1
    assert context.endswith("> Inner\n")
    assert context.startswith("word word")


def test_short_answers_under_headings_of_their_own_stand_for_themselves() -> None:
    found = cut("\n\n".join(f"## Question {n}\n\n{words(18)}" for n in range(3)), target=100, most=150)
    assert [passage.headings for passage in found] == [("Question 0",), ("Question 1",), ("Question 2",)]


def test_an_introduction_that_is_too_little_takes_no_more_than_the_next_section_along() -> None:
    found = cut(f"{words(11)}\n\n## One\n\n{words(18)}\n\n## Two\n\n{words(32)}", target=100, most=150)
    assert [passage.headings for passage in found] == [(), ("Two",)]


def test_tokens_that_are_more_together_than_apart_still_fit() -> None:
    spaces_count = lambda piece: len(piece.split()) + 3 * piece.count(" ")  # noqa: E731
    found = split(article("One. " * 60), spaces_count, target_tokens=16, max_tokens=20)
    assert all(spaces_count(p.text) <= 20 for p in found)
    assert " ".join(p.text for p in found) == ("One. " * 60).strip()


SENTENCES = [
    ("One is here. Two is there! Three?", ["One is here.", "Two is there!", "Three?"]),
    ("Ask e.g. Dr. Smith, i.e. the boss. Then go.", ["Ask e.g. Dr. Smith, i.e. the boss.", "Then go."]),
    (
        "The U.S. Bureau says 3.5 in v1.2. See Node.js vs. Deno.",
        ["The U.S. Bureau says 3.5 in v1.2.", "See Node.js vs. Deno."],
    ),
    ("See No. 5 and Fig. 2. No. That is wrong.", ["See No. 5 and Fig. 2.", "No.", "That is wrong."]),
    ("Wait... what? Yes… no. So.", ["Wait... what?", "Yes… no.", "So."]),
    ("“Really?” she asked. “Yes.” He left.", ["“Really?” she asked.", "“Yes.”", "He left."]),
    ("**Bold.** Then *it.* Next (so.) Last.", ["**Bold.**", "Then *it.*", "Next (so.)", "Last."]),
    ("It was 2020. The year.", ["It was 2020.", "The year."]),
    ("Met J. K. Rowling, Ph.D. and left.", ["Met J. K. Rowling, Ph.D. and left."]),
    ("第一句。第二句！「第三句？」第四", ["第一句。", "第二句！", "「第三句？」", "第四"]),
    ("क्या हाल है? ठीक है। अच्छा।", ["क्या हाल है?", "ठीक है।", "अच्छा।"]),
    ("One line  \nanother line\\\nthird", ["One line", "another line", "third"]),
    ("- One item\n- Two. Has two.\n  1. nested", ["One item", "Two.", "Has two.", "nested"]),
    ("> A quote\n> goes on. Ends.", ["A quote\n> goes on.", "Ends."]),
    ("| A | B |\n|---|---|\n| c | d |", ["| A | B |", "| c | d |"]),
    ("## Heading\n\nText here.\n\n***\n\n- \n", ["Text here."]),
    ("```python\nprint(1)\nprint(2)\n```", ["```python\nprint(1)\nprint(2)\n```"]),
    ("- [x] done\n- [ ] to do", ["done", "to do"]),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), SENTENCES)
def test_sentences(text: str, expected: list[str]) -> None:
    assert [text[start:end] for start, end in sentences(text)] == expected


def test_a_passage_of_a_pdf_leads_to_the_page_that_it_begins_on() -> None:
    """Page 2 begins within the first passage, page 3 with the second, and page 4 within the third."""
    parts = [words(16, start) for start in (1, 101, 201)]
    text = "\n\n".join(parts)
    pages = (0, text.index("w9"), text.index("w101"), text.index("w216"))
    pdf = replace(article(text), path="guides/pay.pdf", pages=pages)
    found = split(pdf, lambda piece: len(piece.split()), target_tokens=16, max_tokens=20)
    assert [passage.text for passage in found] == parts
    assert [passage.url.partition("#")[2] for passage in found] == ["page=1", "page=3", "page=3"]


def test_a_sentence_begins_with_its_words_whatever_space_stands_behind_a_mark() -> None:
    text = ">\xa0Pay follows skill."
    ((start, end),) = sentences(text)
    assert text[start:end] == "Pay follows skill."
