"""PDF, DOCX, EPUB and feeds as articles, and files that are made to do harm."""

from __future__ import annotations

import json
import struct
from datetime import date
from pathlib import Path

import pytest

from chatbot.content.passages import split
from chatbot.content.readers.registry import parse
from chatbot.content.source.files import find_files
from chatbot.errors import ContentError
from chatbot.records import Article, Passage
from chatbot.serving.web.markdown_html import article_html
from tests.support.office_files import archive, docx, epub, pdf, word_paragraph, word_table
from tests.support.reading import heading_slugs, refusal


def article(path: str, data: bytes) -> Article:
    (found,) = parse(path, data, "0").articles
    return found


def cut(found: Article) -> list[Passage]:
    return split(found, lambda text: len(text.split()), target_tokens=12, max_tokens=40)


def lines(top: float, size: float, *texts: str) -> list[tuple[float, float, str]]:
    return [(top - 1.2 * size * number, size, text) for number, text in enumerate(texts)]


HEAD, FOOT = "Guides for careers", "Page {} of 3"
PAPER = [
    [
        (800, 8, HEAD),
        (700, 24, "What an analyst earns"),
        *lines(650, 10, "An analyst earns more with skills that", "are rare than with years of experi-", "ence alone."),
        *lines(590, 10, "Ask for the range before the first talk,", "and say your number as late as you", "can, be-"),
        (30, 8, FOOT.format(1)),
    ],
    [
        (800, 8, HEAD),
        *lines(750, 10, "cause it binds you."),
        (700, 16, "The first year"),
        *lines(670, 10, "• Look up three sources", "• Write the number down"),
        *lines(600, 10, "2 + 2 is *four*, and #1 is no heading."),
        (30, 8, FOOT.format(2)),
    ],
    [
        (800, 8, HEAD),
        *lines(750, 10, "The last page says that pay follows skill, and that", "is all."),
        (30, 8, FOOT.format(3)),
    ],
]
INFO = "/Title (What an analyst earns) /CreationDate (D:20250203040506Z) /ModDate (D:20260104)"

PAPER_TEXT = """# What an analyst earns

An analyst earns more with skills that are rare than with years of experience alone.

Ask for the range before the first talk, and say your number as late as you can, because it binds you.

## The first year

- Look up three sources
- Write the number down

2 + 2 is \\*four\\*, and #1 is no heading.

The last page says that pay follows skill, and that is all."""


def test_a_pdf_becomes_headings_paragraphs_and_lists_without_running_heads() -> None:
    found = article("guides/pay.pdf", pdf(PAPER, INFO))
    assert found.text == PAPER_TEXT
    assert (found.id, found.title) == ("guides/pay", "What an analyst earns")
    assert (found.published, found.updated) == (date(2025, 2, 3), date(2026, 1, 4))


def test_a_passage_of_a_pdf_leads_to_its_page() -> None:
    found = article("guides/pay.pdf", pdf(PAPER))
    assert [found.text[start:][:8] for start in found.pages] == ["# What a", "## The f", "The last"]
    pages = {passage.text[:8]: passage.url for passage in cut(found)}
    assert pages["An analy"] == "/articles/guides/pay#page=1"
    assert pages["- Look u"] == "/articles/guides/pay#page=2"
    assert pages["The last"] == "/articles/guides/pay#page=3"


def test_the_reading_page_has_an_anchor_for_every_page_of_a_pdf() -> None:
    found = article("guides/pay.pdf", pdf(PAPER))
    html = article_html(found, heading_slugs(found.text), None, "../../")
    places = [
        html.index(part)
        for part in ('id="page=1"', "An analyst", 'id="page=2"', "first year", 'id="page=3"', "The last")
    ]
    assert places == sorted(places)


def test_the_title_that_a_pdf_states_counts_where_its_first_page_agrees() -> None:
    assert article("pay.pdf", pdf(PAPER, "/Title (Microsoft Word - draft3.docx)")).title == "What an analyst earns"
    assert article("pay.pdf", pdf([lines(700, 10, "Pay follows skill.")])).title == "Pay"


NOTES = " ".join(
    f"<< /Type /Annot /Subtype /{kind} /Rect [72 600 300 640] /Contents (HIDDEN) /T (Dana) /DA (/F1 10 Tf) >>"
    for kind in ("Text", "Popup", "FreeText", "Highlight")
)


@pytest.mark.parametrize(("stated", "day"), [("20260131", date(2026, 1, 31)), ("20260230", None), ("2026", None)])
def test_a_day_that_a_pdf_states_counts_where_the_calendar_has_it(stated: str, day: date | None) -> None:
    found = article("pay.pdf", pdf(PAPER, f"/CreationDate (D:{stated}) /ModDate (D:{stated})"))
    assert (found.published, found.updated) == (day, day)


def test_what_is_stuck_on_the_pages_of_a_pdf_is_no_text() -> None:
    assert article("pay.pdf", pdf(PAPER, INFO, annotations=NOTES)).text == PAPER_TEXT


LOCKED = f"/Encrypt << /Filter /Standard /V 1 /R 2 /P -4 /O <{'11' * 32}> /U <{'22' * 32}> >> /ID [<00> <00>]"


def test_pdfs_that_hold_no_text_to_read_are_refused_with_the_reason() -> None:
    assert refusal("a.pdf", pdf(PAPER, trailer=LOCKED)) == "is protected by a password; save it without one"
    assert "as scans do" in refusal("a.pdf", pdf([[], []]))
    assert "is no PDF that can be read" in refusal("a.pdf", b"<html>")
    assert "is no PDF that can be read" in refusal("a.pdf", b"")
    assert "without a meaning" in refusal("a.pdf", pdf([lines(700, 10, "\x03\x04\x05 \x06\x07 ab")]))


def test_a_pdf_that_is_cut_off_is_read_or_refused() -> None:
    whole = pdf(PAPER)
    for end in range(0, len(whole), 97):
        try:
            assert article("a.pdf", whole[:end]).text
        except ContentError as error:
            assert error.reason


DOCUMENT = (
    word_paragraph("What pays", "T")
    + word_paragraph("Rare skills pay &amp; years do not.")
    + word_paragraph("The first year", "H2")
    + '<w:p><w:hyperlink r:id="r1"><w:r><w:t>A source</w:t></w:r></w:hyperlink><w:r><w:rPr><w:b/></w:rPr>'
    "<w:t xml:space='preserve'> to read</w:t></w:r><w:del><w:r><w:delText>no more</w:delText></w:r></w:del></w:p>"
    + word_table([["Title", "Pay"], ["Analyst", "50"]])
)


def test_a_word_document_becomes_markdown_without_its_macros_and_deleted_text() -> None:
    found = article("pay.docx", docx(DOCUMENT))
    assert found.text == (
        "# What pays\n\nRare skills pay & years do not.\n\n## The first year\n\n"
        "[A source](https://example.org/) **to read**\n\n| Title | Pay |\n| --- | --- |\n| Analyst | 50 |"
    )
    assert (found.title, found.published, found.updated) == ("What pays", date(2025, 1, 2), date(2026, 2, 3))


HIDING = """<w:style w:type="character" w:styleId="Note"><w:name w:val="Note"/><w:rPr><w:vanish/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Mine"><w:basedOn w:val="Note"/></w:style>
<w:style w:type="paragraph" w:styleId="Aside"><w:name w:val="Aside"/><w:rPr><w:vanish w:val="1"/></w:rPr></w:style>
<w:style w:type="character" w:styleId="Plain"><w:basedOn w:val="Note"/><w:rPr><w:vanish w:val="0"/></w:rPr></w:style>"""


MINE, PLAIN, OFF = '<w:rStyle w:val="Mine"/>', '<w:rStyle w:val="Plain"/>', '<w:vanish w:val="false"/>'


def word_run(text: str, properties: str = "") -> str:
    return f"<w:r><w:rPr>{properties}</w:rPr><w:t xml:space='preserve'>{text}</w:t></w:r>"


def test_what_word_does_not_print_stays_behind() -> None:
    body = (
        f"<w:p>{word_run('Shown')}{word_run(' HIDDEN', '<w:vanish/>')}{word_run(' HIDDEN', MINE)}"
        f"{word_run(' as well', OFF)}{word_run(' here', PLAIN)}</w:p>"
        f"<w:p><w:pPr><w:pStyle w:val='Aside'/></w:pPr>{word_run('HIDDEN')}"
        f"<w:hyperlink r:id='r1'>{word_run('HIDDEN')}</w:hyperlink></w:p>"
        f"<w:p><w:moveFrom>{word_run('HIDDEN')}</w:moveFrom><w:moveTo>{word_run('Moved here.')}</w:moveTo>"
        f"<w:ins>{word_run(' Added.')}</w:ins><w:del><w:r><w:delText>HIDDEN</w:delText></w:r></w:del>"
        "<w:commentRangeStart w:id='1'/><w:commentRangeEnd w:id='1'/><w:r><w:commentReference w:id='1'/></w:r></w:p>"
    )
    space = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
    styles = f'<?xml version="1.0"?><w:styles xmlns:w="{space}">{HIDING}</w:styles>'
    note = f"<w:comment w:id='1' w:author='Dana'><w:p>{word_run('HIDDEN')}</w:p></w:comment>"
    comments = f'<?xml version="1.0"?><w:comments xmlns:w="{space}">{note}</w:comments>'
    data = docx(body, {"word/styles.xml": styles, "word/comments.xml": comments})
    assert article("pay.docx", data).text == "Shown as well here\n\nMoved here. Added."


CHAPTERS = {
    "one.xhtml": "<section id='one'><h1>The search</h1><p>Write to people before you write to companies.</p></section>"
    "<p><a href='two.xhtml#x'>Go on</a><script>steal()</script></p>",
    "two%20more.xhtml": "<h1>The talk</h1><p>Bring three stories that you can tell in two minutes each.</p>",
}


def test_a_book_is_read_in_the_order_of_its_spine_without_its_contents_page() -> None:
    data = epub(
        CHAPTERS, {"OPS/two more.xhtml": "<html><body><h1>The talk</h1><p>Bring three stories.</p></body></html>"}
    )
    found = article("book.epub", data)
    assert found.text == (
        "# The search {#one}\n\nWrite to people before you write to companies.\n\nGo on\n\n"
        "# The talk\n\nBring three stories."
    )
    assert (found.title, found.published, found.updated) == ("A career book", date(2024, 5, 6), date(2025, 6, 7))


def test_a_book_that_is_locked_to_a_device_is_refused() -> None:
    lock = '<encryption xmlns="x"><e:CipherReference xmlns:e="y" URI="OPS/one.xhtml"/></encryption>'
    assert "DRM" in refusal("book.epub", epub(CHAPTERS, {"META-INF/encryption.xml": lock}))


def test_names_that_lead_out_of_an_archive_lead_nowhere() -> None:
    chapters = {
        "../../../../etc/passwd": "<p>no</p>",
        "/etc/passwd": "<p>no</p>",
        "one.xhtml": "<p>The only words here.</p>",
    }
    data = epub(chapters, {"../../../../tmp/planted.txt": "planted"})
    assert article("book.epub", data).text.endswith("The only words here.")
    assert "root:" not in article("book.epub", data).text


FULL = "Bring three stories that you can tell in two minutes each. " * 8
RSS = f"""<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"><channel>
<title>Careers</title><item><title>The talk</title><link>https://example.org/talk</link>
<pubDate>Tue, 03 Feb 2026 10:00:00 +0000</pubDate><description>Short.</description>
<content:encoded><![CDATA[<h2>Before</h2><p>{FULL}</p><script>steal()</script><a href="/more">More</a>]]>
</content:encoded></item>
<item><title>The talk</title><description>{FULL}</description></item>
<item><title>A teaser</title><description>{FULL} Read more</description></item></channel></rss>"""
ATOM = f"""<?xml version="1.0"?><feed xmlns="http://www.w3.org/2005/Atom"><entry><title>Pay</title>
<link rel="self" href="https://example.org/self"/><link href="https://example.org/pay"/>
<updated>2026-01-02T00:00:00Z</updated><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p><b>Ask</b>
first. {FULL}</p></div></content></entry></feed>"""


def test_every_entry_of_a_feed_with_its_full_text_is_an_article() -> None:
    parsed = parse("blog.xml", RSS.encode(), "0")
    first, second = parsed.articles
    assert (first.id, first.title, first.url) == ("blog/the-talk", "The talk", "https://example.org/talk")
    assert first.published == date(2026, 2, 3)
    assert first.text == f"## Before\n\n{FULL.strip()}\n\n[More](https://example.org/more)"
    assert (second.id, second.text) == ("blog/the-talk-2", FULL.strip())
    assert parsed.left_out == "1 of 3 entries hold no full text, such as 'A teaser'; export them in full"


def test_an_atom_feed_is_read_alike() -> None:
    found = article("blog.atom", ATOM.encode())
    assert (found.id, found.url, found.updated) == ("blog/pay", "https://example.org/pay", date(2026, 1, 2))
    assert found.text == f"**Ask** first. {FULL.strip()}"


JSON = {
    "version": "https://jsonfeed.org/version/1.1",
    "items": [
        {"id": "https://example.org/pay", "title": "Pay & more", "content_html": f"<h2>Ask</h2><p>{FULL}</p>"},
        {"id": "2", "content_text": f"{FULL}\n\n<b> is {FULL}", "date_published": "2026-01-02T03:04:05Z", "tags": [1]},
        {"id": "3", "title": "A teaser", "content_text": "Short.", "date_modified": "2026-02-31"},
        None,
    ],
}


def test_a_json_feed_is_read_alike() -> None:
    parsed = parse("blog/feed.json", json.dumps(JSON).encode(), "0")
    first, second = parsed.articles
    assert (first.id, first.title, first.url) == ("blog/feed/pay--more", "Pay & more", "https://example.org/pay")
    assert first.text == f"## Ask\n\n{FULL.strip()}"
    assert (second.id, second.url, second.published) == ("blog/feed/entry-2", None, date(2026, 1, 2))
    assert second.text == f"{FULL.strip()}\n\n\\<b> is {FULL.strip()}"
    assert parsed.left_out == "1 of 3 entries hold no full text, such as 'A teaser'; export them in full"


def test_other_json_is_named_as_what_it_is_and_is_no_article_elsewhere(tmp_path: Path) -> None:
    assert refusal("feed.json", b'{"version": "1"}').startswith("is no JSON Feed")
    assert refusal("feed.json", b"[" * 100_000).startswith("is no JSON that can be read: ")
    empty = b'{"version": "https://jsonfeed.org/version/1", "items": {}}'
    assert refusal("feed.json", empty).startswith("is a feed without entries")
    for name in ("feed.json", "package.json", "Site.ghost.2026-11-26-10-00-00 (1).json", "ghost.json"):
        (tmp_path / name).write_text("{}")
    assert find_files(tmp_path) == ["Site.ghost.2026-11-26-10-00-00 (1).json", "feed.json"]


XML = [
    ("<rss><channel/></rss>", "is a feed without entries"),
    ("<rss><channel><item><title>A</title><description>Short</description></item></channel></rss>", "1 of 1 entries"),
    ("<project/>", "is XML of a kind that is not read (project)"),
    ("<rss>\n<channel>", "is no well-formed XML"),
    ("", "is no well-formed XML"),
]


@pytest.mark.parametrize(("text", "reason"), XML)
def test_other_xml_is_named_as_what_it_is(text: str, reason: str) -> None:
    assert reason in refusal("a.xml", text.encode())


BOMB = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">' + "".join(
    f'<!ENTITY {name} "{f"&{before};" * 10}">' for name, before in zip("bcdefghij", "abcdefghi", strict=True)
)
OUTSIDE = '<!DOCTYPE x [<!ENTITY j SYSTEM "file:///etc/passwd">'


@pytest.mark.parametrize("entities", [BOMB, OUTSIDE], ids=["bomb", "outside"])
def test_entities_are_refused_in_every_format(entities: str) -> None:
    feed = f"{entities}]><rss><channel><item><title>A</title><description>&j;</description></item></channel></rss>"
    assert refusal("a.xml", feed.encode()) == "declares entities, which are not read; remove them"
    container = f'{entities}]><container><rootfile full-path="&j;"/></container>'
    assert "entities" in refusal("a.epub", epub(CHAPTERS, {"META-INF/container.xml": container}))
    styles = f"{entities}]><x>&j;</x>"
    assert "entities" in refusal("a.docx", docx("", {"word/styles.xml": styles}))
    assert "entities" in refusal("a.docx", docx("", {"word/styles.xml": styles.encode("utf-16")}))


def test_archives_that_unpack_without_measure_are_refused() -> None:
    zeros = "0" * 30_000_000
    assert "packed into almost nothing" in refusal("a.docx", docx("", {"word/media/x.xml": zeros}))
    many = archive({f"{number}": "" for number in range(10_001)})
    assert "10,001 files" in refusal("a.epub", many)


def test_an_archive_that_lies_about_its_sizes_is_refused() -> None:
    whole = bytearray(docx(word_paragraph("Words")))
    at = whole.index(b"PK\x01\x02")
    whole[at + 24 : at + 28] = struct.pack("<I", 900_000_000)
    assert "unpacks to" in refusal("a.docx", bytes(whole)) or "packed into" in refusal("a.docx", bytes(whole))


@pytest.mark.parametrize("path", ["a.docx", "a.epub"])
def test_damaged_archives_are_refused(path: str) -> None:
    whole = docx(DOCUMENT) if path == "a.docx" else epub(CHAPTERS)
    assert "is damaged" in refusal(path, b"no archive")
    assert "protected by a password" in refusal(path, b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600)
    assert refusal(path, archive({"other.txt": "x"}))
    for at in range(0, len(whole), 131):
        broken = whole[:at] + bytes([whole[at] ^ 0xFF]) + whole[at + 1 :]
        try:
            parse(path, broken, "0")
        except ContentError as error:
            assert error.reason


JUNK = [
    ("iVBORw0KGgoAAAANSUhEUgAAAAUA" * 400, "unbroken strings"),
    ("!function(e,t){for(var n=0;n<t.length;n++)e[t[n]]=t[n+1];return(e)}" * 60, "a long row of words"),
    ("3.14 2.72 1.41 0.58 " * 200, "figures and signs"),
    ("pay skill year office talk story source number people word " * 60, "a long row of words"),
    ("The same sentence over and over. " * 5000, "repeats itself"),
    ("One sentence. " * 200_000, "at most 2,000,000 are read"),
    ("ab\ufffd\ufffdcd\ufffd " * 40, "without a meaning"),
]


@pytest.mark.parametrize(("text", "reason"), JUNK)
def test_what_is_no_language_is_refused(text: str, reason: str) -> None:
    assert reason in refusal("a.md", text.encode())


LANGUAGE = [
    "| a | b |\n| --- | --- |\n" + "| Analyst | 50,000 |\n" * 80,
    "- [One](https://x.org/" + "a" * 300 + ")\n",
    "如何写一份好的简历首先要了解公司" * 40,
]


@pytest.mark.parametrize("text", LANGUAGE)
def test_tables_addresses_and_writing_without_spaces_are_language(text: str) -> None:
    assert article("a.md", text.encode()).text
