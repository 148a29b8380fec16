"""From a folder of files to articles: what is read, what is left out, and the reason given."""

from __future__ import annotations

import hashlib
import os
import socket
from datetime import date
from pathlib import Path

import pytest

from chatbot.content.readers.registry import parse
from chatbot.content.source.files import find_files, read_bytes
from chatbot.errors import ContentError
from chatbot.records import Article
from tests.support.reading import read_article

FULL = """---
title: What a data analyst earns
url: https://example.org/pay
topics: [data, pay and offers]
published: 2026-01-02
updated: 2026-03-04 10:00:00 +0100
review_by: "2027-01-02"
audience:
  - students
country: NO
questions:
  - What does an analyst earn?
  - "Which pays more: industry or research?"
  - Is it enough: really?
aliases: [salary, wage]
sidebar_position: 3
---

# What a data analyst earns

It depends.
"""


def read(text: str | bytes, path: str = "guides/pay.md") -> Article | None:
    found = parse(path, text if isinstance(text, bytes) else text.encode(), "0").articles
    assert len(found) < 2
    return found[0] if found else None


def article(text: str | bytes, path: str = "guides/pay.md") -> Article:
    found = read(text, path)
    assert found is not None
    return found


def refusal(text: str | bytes, path: str = "guides/pay.md") -> tuple[int | None, str]:
    with pytest.raises(ContentError) as caught:
        read(text, path)
    assert caught.value.path == path
    return caught.value.line, caught.value.reason


def test_front_matter_fills_the_article() -> None:
    assert article(FULL) == Article(
        id="guides/pay",
        path="guides/pay.md",
        title="What a data analyst earns",
        url="https://example.org/pay",
        text="# What a data analyst earns\n\nIt depends.",
        topics=("data", "pay and offers"),
        audience=("students",),
        country="NO",
        published=date(2026, 1, 2),
        updated=date(2026, 3, 4),
        review_by=date(2027, 1, 2),
        questions=("What does an analyst earn?", "Which pays more: industry or research?", "Is it enough: really?"),
        aliases=("salary", "wage"),
        sha256="0",
    )


def test_headings_that_are_questions_are_questions_of_their_sections() -> None:
    text = "# What is pay?\n\nA.\n\n## How do I ask?\n\nB.\n\n### Bonus\n\nC.\n\n## كيف أسأل عنه؟\n\nD.\n\n"
    text += "## Why?\n\nE.\n\n    ## Is it code?\n"
    found = article(text)
    assert dict(zip(found.questions, found.sections, strict=True)) == {
        "What is pay?": "",
        "How do I ask?": "How do I ask?",
        "كيف أسأل عنه؟": "كيف أسأل عنه؟",
    }
    found = article(f'---\nquestions:\n  - {{question: "How do I ask?", heading: Bonus}}\n  - what is pay\n---\n{text}')
    assert found.questions == ("How do I ask?", "what is pay", "كيف أسأل عنه؟")
    assert found.sections == ("Bonus", "", "كيف أسأل عنه؟")


def test_an_article_needs_no_front_matter() -> None:
    found = article("Some text.\n")
    assert (found.title, found.url, found.text, found.topics, found.updated) == ("Pay", None, "Some text.", (), None)


def test_toml_front_matter_is_read_alike() -> None:
    found = article('+++\ntitle = "Pay"\ntags = ["a", "b"]\ndate = 2026-01-02T03:04:05Z\ndraft = false\n+++\nText')
    assert (found.title, found.topics, found.published) == ("Pay", ("a", "b"), date(2026, 1, 2))


def test_the_keys_of_other_systems_are_understood() -> None:
    found = article("---\ndate: 2026-1-2\nlast_update:\n  date: 2026-03-04\n  author: x\ncategories: work\n---\nText")
    assert (found.published, found.updated, found.topics) == (date(2026, 1, 2), date(2026, 3, 4), ("work",))


def test_own_keys_come_before_those_of_other_systems() -> None:
    found = article("---\ntags: [a]\ntopics: b, c\ndate: 2026-01-02\npublished: 2026-01-03\n---\nText")
    assert (found.topics, found.published) == (("b", "c"), date(2026, 1, 3))


def test_jekyll_says_published_true() -> None:
    assert article("---\npublished: true\ndate: 2026-01-02\n---\nText").published == date(2026, 1, 2)


@pytest.mark.parametrize("line", ["exclude: false", "draft:", "exclude: ~", "draft: no"])
def test_an_article_that_is_not_excluded_is_read(line: str) -> None:
    assert article(f"---\n{line}\n---\nText").text == "Text"


TITLES = [
    ("Intro\n\n## Two\n\n# The *one*\n\nText", "The one"),
    ("## First\n\n### Second\n\nText", "First"),
    ("---\ntitle: ' spread\n\n  out '\n---\n# One\n\nText", "spread out"),
    ("---\ntitle: 2026\n---\nText", "2026"),
    ("---\ntitle: >-\n  folded\n  text\n---\nText", "folded text"),
    ("Text", "First 90 days in a job"),
]


@pytest.mark.parametrize(("text", "title"), TITLES)
def test_the_title(text: str, title: str) -> None:
    assert article(text, "a/first-90_days-in-a-job.md").title == title


@pytest.mark.parametrize("url", ["https://example.org/a?b=c#d", "http://localhost:80/", "/articles/a", "/"])
def test_usable_urls(url: str) -> None:
    assert article(f"---\nurl: {url}\n---\nText").url == url


BAD_URLS = [
    "javascript:alert(1)",
    "data:text/html,x",
    "//example.org/a",
    "example.org",
    "https://",
    "https://[::1",
    '"https://example.org/a b"',
    '"/a\\tb"',
    '"/a\\u0007b"',
    "/\\example.org",
    "ftp://example.org",
    "[a, b]",
]


@pytest.mark.parametrize("url", BAD_URLS)
def test_other_urls_are_refused_with_their_line(url: str) -> None:
    line, reason = refusal(f"---\ntitle: Pay\nurl: {url}\n---\nText")
    assert line == 3
    assert reason.startswith("url is ")


@pytest.mark.parametrize("key", ["published", "updated", "review_by", "date", "lastmod"])
@pytest.mark.parametrize("day", ["2026-13-01", "01/02/2026", "2026-02-30", "[2026-01-01, 2026-01-02]", "Foo 3, 2026"])
def test_an_article_with_a_wrong_date_is_shown_without_it_and_the_line_is_told(key: str, day: str) -> None:
    parsed = parse("guides/pay.md", f"---\ntitle: Pay\n{key}: {day}\n---\nText".encode(), "0")
    (found,) = parsed.articles
    assert (found.text, found.published, found.updated, found.review_by) == ("Text", None, None, None)
    assert (parsed.left_out, parsed.withheld) == ("", "")
    assert parsed.remark.startswith(f"line 3: {key} is ")
    assert "write it as 2026-01-31; the article is shown without it" in parsed.remark


@pytest.mark.parametrize(
    "day",
    [
        "2026-1-5",
        "2026/01/05",
        "2026.01.05",
        "20260105",
        "Jan 5, 2026",
        "January 5th, 2026",
        "5 January 2026",
        "5. Jan 2026",
        "Mon, 05 Jan 2026 09:00:00 +0000",
        "2026-01-05T23:30:00-08:00",
        "2026-01-05 9:00:00 +0100",
    ],
)
def test_a_date_is_read_as_people_write_it(day: str) -> None:
    assert article(f"---\ndate: '{day}'\n---\nText").published == date(2026, 1, 5)


def test_a_date_that_can_be_one_day_only_is_read_in_either_order() -> None:
    assert article("---\nlast_update:\n  date: 6/25/2026\n  author: Ed\n---\nText").updated == date(2026, 6, 25)
    assert article("---\nlast_update:\n  date: 25.6.2026\n---\nText").updated == date(2026, 6, 25)
    assert article("---\nlast_update:\n  date: 6/6/2026\n---\nText").updated == date(2026, 6, 6)
    assert article("---\nlast_update:\n  date: 6/1/2026\n---\nText").updated is None


@pytest.mark.parametrize(
    ("typed", "meant"),
    [("titel", "title"), ("topcis", "topics"), ("Topic", "topics"), ("review-bye", "review_by"), ("darft", "draft")],
)
def test_a_key_with_a_slip_of_the_pen_is_remarked(typed: str, meant: str) -> None:
    parsed = parse("a.md", f"---\nauthor: Jo\n{typed}: x\n---\nText".encode(), "")
    assert parsed.remark == f"line 3: the key '{typed}' is not read, '{meant}' is; the article is shown without it"


def test_keys_of_other_programs_are_no_slips() -> None:
    keys = "tag category url urls uri source publisher question resources layout subtitle last_updated date description"
    front = "".join(f"{key}: x\n" for key in keys.split() if key not in ("url", "date"))
    assert parse("a.md", f"---\n{front}---\nText".encode(), "").remark == ""


def test_a_slip_beside_the_key_itself_is_another_key() -> None:
    assert parse("a.md", b"---\ntopic: x\ntopics: [y]\n---\nText", "").remark == ""


REFUSED = [
    ("", None, "holds no text"),
    (" \n\n", None, "holds no text"),
    ("---\ntitle: Pay\n---\n\n", None, "holds no text"),
    ("# Only\n\n## headings\n\n<!-- and a comment -->", None, "holds no text"),
    ("---\ntitle: Pay\n\nText", 1, "is not closed"),
    ("\n\n---\ntitle: Pay\n\nText", 3, "is not closed"),
    ("+++\ntitle = 'x'\n---\nText", 1, "is not closed"),
    ("---\njust words\n---\nText", 2, "'key: value'"),
    ("---\n- a\n---\nText", 2, "'key: value'"),
    ("---\ntitle: Pay: how much\n---\nText", 2, "needs quotes"),
    ("---\na: 1\nb: [1, 2\nc: 3\n---\nText", 4, "; close the bracket"),
    ("---\na: 1\nb: {c: How?, d: 1}\n---\nText", 3, "put texts with signs such as ? in quotes"),
    ("---\na: 1\n\tb: 2\n---\nText", 3, "; indent with spaces, not with tabs"),
    ('---\ntitle: "Pay\nb: 2\n---\nText', 4, "; close the quotes"),
    ("---\nauthor: @jo\n---\nText", 2, "; text that begins with such a sign needs quotes"),
    ("---\na: 1\nb: \x07\n---\nText", 3, "remove it"),
    ("+++\na = 1\nb = = 2\n+++\nText", 3, "no TOML"),
    ("---\na: &x [1]\nb: *x\n---\nText", 3, "references"),
    ("---\ntitle:\n  a: b\n---\nText", 2, "title is a mapping"),
    ("---\ntopics:\n  a: b\n---\nText", 2, "topics is a mapping"),
    ("---\ncountry: [US, UK]\n---\nText", 2, "country is a list"),
    ("---\nexclude: maybe\n---\nText", 2, "true or false"),
    ("---\na: " + "[" * 5000 + "\n---\nText", 2, "nested too deeply"),
    ("+++\na = " + "[" * 5000 + "\n+++\nText", 2, "nested too deeply"),
    ("---\na: " + "x" * 300_000 + "\n---\nText", 1, "262,144"),
    (b"one\ntwo\nth\xe9\n", 3, "byte 0xe9 in column 3 is not UTF-8"),
    (b"PK\x03\x04\n\x00\x00", 2, "binary"),
    (b"\xff\xfea\x00b", None, "UTF-16"),
]


@pytest.mark.parametrize(("data", "line", "reason"), REFUSED)
def test_what_cannot_be_read_is_refused_with_line_and_reason(data: str | bytes, line: int | None, reason: str) -> None:
    found = refusal(data)
    assert reason in found[1]
    if line:
        assert found[0] == line


def test_references_that_would_fill_the_memory_are_refused() -> None:
    bomb = "a: &a [x, x, x, x, x, x, x, x, x]\n"
    for name, before in zip("bcdefghi", "abcdefgh", strict=True):
        bomb += f"{name}: &{name} [{', '.join(['*' + before] * 9)}]\n"
    assert refusal(f"---\n{bomb}---\nText")[0] == 3


def test_nothing_in_front_matter_is_executed() -> None:
    assert article("---\ntitle: !!python/name:os.getcwd here\n---\nText").title == "here"
    assert refusal("---\ntitle: !!python/object/apply:os.getcwd []\n---\nText") == (
        2,
        "title is a list; write one text",
    )


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])
def test_marked_encodings_are_read(encoding: str) -> None:
    mark = {"utf-16-le": b"\xff\xfe", "utf-16-be": b"\xfe\xff"}.get(encoding, b"")
    assert article(mark + "---\r\ntitle: Größe\r\n---\r\nÜber".encode(encoding)).title == "Größe"


def test_line_ends_become_newlines() -> None:
    assert article("a\r\nb\rc\n\r\nd").text == "a\nb\nc\n\nd"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


def put(folder: Path, path: str, text: str | bytes = "Text") -> Path:
    file = folder / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(text if isinstance(text, bytes) else text.encode())
    return file


def reason_of(corpus: Path, path: str, max_file_mb: float = 1.0) -> str:
    assert path in find_files(corpus)
    with pytest.raises(ContentError) as caught:
        read_bytes(corpus, path, max_file_mb)
    assert caught.value.path == path
    return caught.value.reason


def test_files_are_found_in_the_order_of_their_paths(corpus: Path) -> None:
    for path in ["b.md", "a/z.txt", "a/b/c.markdown", "B.mdx", "a.md", "README.md", "a-b.MD"]:
        put(corpus, path)
    assert find_files(corpus) == ["B.mdx", "README.md", "a-b.MD", "a.md", "a/b/c.markdown", "a/z.txt", "b.md"]


def test_hidden_files_and_assets_are_passed_over(corpus: Path) -> None:
    for path in [".hidden.md", ".git/x.md", "a/.b/c.md", "cat.PNG", "s.css", "s.js", "d.json", "~$a.docx", "a.md~"]:
        put(corpus, path)
    assert find_files(corpus) == []


@pytest.mark.parametrize(
    ("name", "reason"),
    [
        ("a.odt", r"has \.odt, which is not read; open it where it was made and save it as \.docx"),
        ("a.ZIP", r"is packed \(\.zip\); unpack it"),
        ("LICENSE", r"has no suffix, .* add \.md or \.txt where it is text"),
    ],
)
def test_files_of_other_kinds_are_named_with_the_reason(corpus: Path, name: str, reason: str) -> None:
    put(corpus, name)
    assert find_files(corpus) == [name]
    with pytest.raises(ContentError, match=reason):
        read_article(name, corpus, 1.0)


def test_a_file_is_read_with_its_digest(corpus: Path) -> None:
    put(corpus, "a/b.md", "Text")
    found = read_article("a/b.md", corpus, 1.0)
    assert found is not None
    assert (found.id, found.sha256) == ("a/b", hashlib.sha256(b"Text").hexdigest())


def test_the_same_name_in_two_ways_of_writing_is_one_id(corpus: Path) -> None:
    put(corpus, "caf\u0065\u0301.md")
    put(corpus, "cafe-b.md")
    paths = find_files(corpus)
    assert paths == ["cafe-b.md", "cafe\u0301.md"]
    found = read_article(paths[1], corpus, 1.0)
    assert found is not None
    assert found.id == "caf\u00e9"


def test_a_file_too_large_is_named_with_its_size(corpus: Path) -> None:
    put(corpus, "a.md", b"x" * 2_500_000)
    assert reason_of(corpus, "a.md").startswith("has 2.5 MB, above max_file_mb (1)")
    assert len(read_bytes(corpus, "a.md", 2.5)) == 2_500_000


def test_a_link_inside_the_corpus_is_read(corpus: Path) -> None:
    put(corpus, "a.md", "Text")
    (corpus / "b.md").symlink_to("a.md")
    assert read_bytes(corpus, "b.md", 1.0) == b"Text"


def test_links_that_cannot_be_followed_are_named(corpus: Path, tmp_path: Path) -> None:
    put(tmp_path, "secret.md")
    put(corpus, "folder/a.md")
    for name, target in [
        ("out.md", tmp_path / "secret.md"),
        ("up.md", "../secret.md"),
        ("gone.md", "nowhere.md"),
        ("loop.md", "loop.md"),
        ("outside", tmp_path),
        ("inside", "folder"),
    ]:
        (corpus / name).symlink_to(target)
    assert "out of the corpus folder" in reason_of(corpus, "out.md")
    assert "out of the corpus folder" in reason_of(corpus, "up.md")
    assert "out of the corpus folder" in reason_of(corpus, "outside")
    assert "leads nowhere" in reason_of(corpus, "gone.md")
    assert "link" in reason_of(corpus, "loop.md")
    assert "link to a folder" in reason_of(corpus, "inside")
    assert find_files(corpus).count("folder/a.md") == 1


def test_a_path_out_of_the_corpus_is_refused(corpus: Path, tmp_path: Path) -> None:
    put(tmp_path, "secret.md")
    for path in ["../secret.md", str(tmp_path / "secret.md")]:
        with pytest.raises(ContentError, match="out of the corpus folder"):
            read_bytes(corpus, path, 1.0)


def test_pipes_and_sockets_are_named_and_do_not_hang(corpus: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    os.mkfifo(corpus / "pipe.md")
    monkeypatch.chdir(corpus)
    with socket.socket(socket.AF_UNIX) as one:
        one.bind("socket.md")
        assert "no regular file" in reason_of(corpus, "pipe.md")
        assert "cannot be read" in reason_of(corpus, "socket.md")


def test_a_file_that_vanished_or_may_not_be_read_is_named(corpus: Path) -> None:
    put(corpus, "a.md")
    with pytest.raises(ContentError, match="cannot be read: No such file"):
        read_bytes(corpus, "b.md", 1.0)
    corpus.chmod(0o000)
    user = os.geteuid()
    try:
        if user == 0:
            os.seteuid(65534)
        with pytest.raises(ContentError, match="cannot be read: Permission denied"):
            read_bytes(corpus, "a.md", 1.0)
        assert find_files(corpus) == ["."]
    finally:
        os.seteuid(user)
        corpus.chmod(0o700)


def test_names_that_cannot_be_shown_are_named_in_ascii(corpus: Path) -> None:
    put(corpus, "a\nb.md")
    (Path(os.fsdecode(os.fsencode(corpus) + b"/c\xff.md"))).write_bytes(b"Text")
    reasons = []
    for path in find_files(corpus):
        with pytest.raises(ContentError) as caught:
            read_bytes(corpus, path, 1.0)
        reasons.append(str(caught.value))
    assert reasons == [
        "a\\nb.md: its name holds characters that cannot be shown; rename it",
        "c\\udcff.md: its name holds characters that cannot be shown; rename it",
    ]


ENCODED = [
    ("Ein Café in Zürich zahlt gut.", "cp1252"),
    ("“Smart quotes” and – dashes – are what word processors write into a guide about résumés.", "cp1252"),
    ("Zażółć gęślą jaźń i znajdź pracę w Łodzi.", "cp1250"),
    ("Как написать резюме, чтобы его прочитали: начните с главного и не пишите больше двух страниц.", "koi8_r"),
    ("職務経歴書の書き方について説明します。まずは結論から。", "shift_jis"),
    ("職務経歴書の書き方について説明します。まずは結論から。", "iso2022_jp"),
    ("이력서를 쓰는 방법을 설명합니다. 먼저 회사를 알아보세요.", "cp949"),
    ("Plain words without a byte order mark.", "utf-16-le"),
    ("Plain words without a byte order mark.", "utf-16-be"),
    ("Plain words with a byte order mark.", "utf-32"),
]


@pytest.mark.parametrize(("text", "encoding"), ENCODED)
def test_other_encodings_are_recognised_by_their_letters(text: str, encoding: str) -> None:
    assert article(text.encode(encoding), "a.txt").text == text


UNCLEAR = [("Größe", "mac_roman"), ("Résumé: é", "latin-1"), ("Привет, мир", "cp1251"), ("Größe der Schrift", "cp500")]


@pytest.mark.parametrize(("text", "encoding"), UNCLEAR)
def test_an_encoding_that_is_not_certain_is_refused_rather_than_guessed(text: str, encoding: str) -> None:
    assert "no other encoding is certain; save the file as UTF-8" in refusal(text.encode(encoding), "a.txt")[1]


@pytest.mark.parametrize(
    ("text", "column"),
    [("People’s words, and a caf\udce9.", 28), ("Zażółć gęślą jaźń \udcf3.", 28), ("履歴書の書き方 \udcff", 23)],
)
def test_utf_8_with_a_stray_byte_is_refused_with_its_place(text: str, column: int) -> None:
    line, reason = refusal(f"# Pay\n{text}\n".encode("utf-8", "surrogateescape"))
    assert line == 2
    assert f"in column {column} is not UTF-8" in reason
