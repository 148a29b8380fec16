"""What is not public is left out and named with the reason, in whichever words a file says it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from chatbot.content.readers.registry import READERS, parse
from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.visibility import Due
from chatbot.errors import ContentError
from tests.content.test_formats import FULL

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
HIDDEN = "The Larkspur fellowship opens in May and pays a stipend for half a year."


def withheld(text: str, path: str = "guides/pay.md", now: datetime = NOW) -> str:
    """Why the file is left out as not public, which it is as a whole."""
    parsed = parse(path, text.encode(), "0", now)
    assert (parsed.articles, parsed.left_out) == ((), "")
    return parsed.withheld


def shown(text: str, path: str = "guides/pay.md", now: datetime = NOW) -> str:
    (article,) = parse(path, text.encode(), "0", now).articles
    return article.text


NOT_PUBLIC = """exclude: true|draft: yes|draft: on|Draft: true|DRAFT: 1|EXCLUDE: TRUE|draft: [true]|published: false
    Published: no|published: soon|unlisted: true|hidden: true|private: true|unpublished: true|noindex: true
    noIndex: true|robots: noindex, nofollow|robots: none|publish: false|dg-publish: false|public: false|visible: false
    listed: false|pagefind: false|search: false|search_exclude: true|in_search_index: false|render: false|headless: true
    eleventyExcludeFromCollections: true|status: draft|Status: Draft|status: In review|status: hidden|status: pending
    status: scheduled|visibility: private|visibility: members|access: internal|post_status: trash|tags: [a]\\nstate: wip
    password: letmein|search:\\n  exclude: true|build:\\n  render: never|_build: {list: false}"""
LINES = [line.strip().replace("\\n", "\n") for row in NOT_PUBLIC.split("\n") for line in row.split("|")]


@pytest.mark.parametrize("line", LINES)
def test_what_its_front_matter_says_is_not_public_is_left_out_with_the_reason(line: str) -> None:
    key = line.split("\n")[-2 if line.startswith(("search:\n", "build:\n")) else -1].partition(":")[0]
    for body in (HIDDEN, ""):
        assert withheld(f"---\ntitle: A\n{line}\n---\n{body}").startswith(f"is not public: it says {key}: ")


PUBLIC = """exclude: false|draft:|exclude: ~|draft: no|published: true|publish: true|status: published|status: new
    status: deprecated|visibility: public|robots: index, follow|search: {boost: 2}|build: {render: always}
    password:|hide: [toc]|noindex: 0"""


@pytest.mark.parametrize("line", [line.strip() for row in PUBLIC.split("\n") for line in row.split("|")])
def test_what_says_nothing_of_the_kind_is_shown(line: str) -> None:
    assert shown(f"---\ntitle: A\n{line}\n---\n{HIDDEN}") == HIDDEN


DRAFTS = {
    "YAML": f"---\ndraft: true\n---\n{HIDDEN}",
    "TOML": f"+++\ndraft = true\n+++\n{HIDDEN}",
    "JSON": f'{{\n  "title": "A",\n  "draft": true\n}}\n\n{HIDDEN}',
    "JSON that nests": f'{{"draft": true, "params": {{"a": [null, 1]}}}}\n{HIDDEN}',
    "JSON between fences": f'---json\n{{"draft": true}}\n---\n{HIDDEN}',
    "TOML between dashes": f"---toml\ndraft = true\n---\n{HIDDEN}",
    "Pelican": f"Title: A\nDate: 2026-03-01\nStatus: draft\nTags: a, b\n\n{HIDDEN}",
    "Pelican with one line": f"Status: draft\n\n{HIDDEN}",
    "Logseq": f"title:: A\npublic:: false\n\n- {HIDDEN}",
    "Notion": f"# A\n\nStatus: Draft\nOwner: Ed\n\n{HIDDEN}",
    "a space in front": f" ---\n draft: true\n ---\n{HIDDEN}",
    "a second mark": f"\ufeff\ufeff---\ndraft: true\n---\n{HIDDEN}",
    "a zero-width space": f"\u200b---\ndraft: true\n---\n{HIDDEN}",
    "empty lines": f"\n \n\n---\ndraft: true\n---\n{HIDDEN}",
    "a comment": f"<!-- a\nnote --> <!-- b -->\n---\ndraft: true\n---\n{HIDDEN}",
    "an empty line inside": f"---\n\ndraft: true\n---\n{HIDDEN}",
    "a comment inside": f"---\n# settings\n\ndraft: true\n---\n{HIDDEN}",
}


@pytest.mark.parametrize("kind", DRAFTS)
@pytest.mark.parametrize("suffix", [".md", ".txt", ".mdx"])
def test_a_draft_is_one_however_its_front_matter_is_written(kind: str, suffix: str) -> None:
    assert withheld(DRAFTS[kind], f"a{suffix}").startswith("is not public: it says ")
    assert HIDDEN in shown(DRAFTS[kind].replace("true", "false").replace("raft\n", "one\n").replace(":: f", ":: t"))


UNREADABLE = [
    ('{"title": "A", draft: true}\nText', 1, "the front matter is no JSON"),
    ('{\n"draft": true\n\nText', 4, "the front matter is no JSON"),
    (" ---\n draft: true\n\nText", 1, "is not closed"),
    ("---\n\ndraft: true\nText", 1, "is not closed"),
    ('---json\n{"draft": true\n---\nText', 2, "the front matter is no JSON"),
    ("---\nexpiryDate: someday\n---\nText", 2, "expiryDate is 'someday', which is no date"),
    ("---\npublish_date: 6/1/2026\n---\nText", 2, "publish_date is '6/1/2026', which is no date"),
    ("---\nprivate: perhaps\n---\nText", 2, "private is 'perhaps'; write true or false"),
]


@pytest.mark.parametrize(("text", "line", "reason"), UNREADABLE)
def test_what_looks_like_front_matter_and_cannot_be_read_is_left_out(text: str, line: int, reason: str) -> None:
    with pytest.raises(ContentError, match=reason) as caught:
        parse("a.md", text.encode(), "0", NOW)
    assert caught.value.line == line


TEXTS = [
    "---\n\n# On illness\n\nYou need not name one.\n\n---\n\nAsk afterwards.",
    "---\n\nA rule, and text below it.",
    "---\nA rule directly above a line.\n\nMore.",
    "{curly} words",
    "{{ site.name }} words",
    "Note: this is a sentence.\nAnd another one.",
    "Remember: ask.\nThen: wait.\n\nText",
    "Status: it is what you make of it.\n\nText",
    "# A\n\nTitle: what is in one?\n\nText",
    "```\n<<<<<<< HEAD\na\n=======\nb\n>>>>>>> c\n```",
]


@pytest.mark.parametrize("text", TEXTS)
def test_a_rule_or_a_colon_is_no_front_matter(text: str) -> None:
    parsed = parse("a.txt", text.encode(), "0", NOW)
    assert [article.text for article in parsed.articles] == [text]


@pytest.mark.parametrize("folder", ["_drafts", "blog/_drafts/2026", "drafts", "_Private", "_trash"])
@pytest.mark.parametrize("suffix", [".md", ".html", ".txt"])
def test_what_lies_in_a_folder_of_drafts_is_left_out(folder: str, suffix: str) -> None:
    assert withheld(f"<p>{HIDDEN}</p>", f"{folder}/a{suffix}").startswith("is not public: it lies in the folder ")


def test_a_draft_that_medium_exported_is_left_out_by_its_name() -> None:
    assert "draft_" in withheld(f"<p>{HIDDEN}</p>", "posts/draft_Why-I-left-0123456789ab.html")
    assert shown(HIDDEN, "draft_notes.md") == HIDDEN


PAGE = "<html><head>{}</head><body><main><h1>A</h1><p>" + HIDDEN + "</p></main></body></html>"


@pytest.mark.parametrize(
    "meta",
    [
        '<meta name="robots" content="noindex">',
        '<META NAME="ROBOTS" CONTENT="NOINDEX, NOFOLLOW">',
        '<meta name="googlebot" content="noindex"><meta name="robots" content="index">',
        '<meta name="robots" content="none">',
        '<meta name="status" content="draft">',
    ],
)
def test_a_page_that_asks_search_engines_to_leave_it_out_is_left_out(meta: str) -> None:
    assert withheld(PAGE.format(meta), "a.html").startswith("is not public: it says ")


def test_front_matter_above_a_page_decides_before_its_head() -> None:
    page = PAGE.format('<meta name="robots" content="noindex">')
    assert HIDDEN in shown(f"---\nrobots: index\n---\n{page}", "a.html")
    assert withheld(f"---\ndraft: true\n---\n{PAGE.format('')}", "a.html")
    assert HIDDEN in shown(PAGE.format('<meta name="robots" content="index, follow">'), "a.html")


DUE = [
    ("publishDate: 2026-06-16", "is not public yet: it publishes on 2026-06-16"),
    ("publish_date: Jun 16, 2026", "is not public yet: it publishes on 2026-06-16"),
    ("date: 2026-06-16", "is not public yet: it publishes on 2026-06-16"),
    ("published: 2026-06-15T12:00:01+00:00", "is not public yet: it publishes on 2026-06-15 12:00"),
    ("publishDate: 2026-06-15 09:00 -0800", "is not public yet: it publishes on 2026-06-15 17:00"),
    ("publishDate: 2026-06-15 12:99", "is not public yet: it publishes on 2026-06-16"),
    ("date: 2026-07-01\npublishDate: 2026-06-01", ""),
    ("date: 2026-06-15", ""),
    ("date: 2026-06-15 12:00:00", ""),
    ("expiryDate: 2026-06-15", "is not public any more: it expired on 2026-06-15"),
    ("expiryDate: 2026-06-15T12:00:00Z", "is not public any more: it expired on 2026-06-15 12:00"),
    ("unpublish_date: 2024-05-31", "is not public any more: it expired on 2024-05-31"),
    ("expires: 2026-06-16", ""),
]


@pytest.mark.parametrize(("line", "reason"), DUE)
def test_an_article_has_its_day(line: str, reason: str) -> None:
    parsed = parse("a.md", f"---\n{line}\n---\n{HIDDEN}".encode(), "0", NOW)
    assert (parsed.withheld, bool(parsed.articles)) == (reason, not reason)


def test_what_is_due_is_said_with_its_moment_and_happens_then() -> None:
    text = f"---\npublishDate: 2026-07-01\nexpiryDate: 2026-08-01\n---\n{HIDDEN}".encode()
    begins, ends = datetime(2026, 7, 1, tzinfo=UTC), datetime(2026, 8, 1, tzinfo=UTC)
    before = parse("a.md", text, "0", NOW)
    assert (before.articles, before.due) == ((), Due(begins, "publishes"))
    while_shown = parse("a.md", text, "0", begins)
    assert (len(while_shown.articles), while_shown.due) == (1, Due(ends, "expires"))
    after = parse("a.md", text, "0", ends)
    assert (after.articles, after.due) == ((), None)


def test_a_day_begins_at_midnight_where_the_build_runs() -> None:
    text = f"---\npublishDate: 2026-06-16\n---\n{HIDDEN}".encode()
    east = NOW.astimezone(timezone(timedelta(hours=12)))
    assert (len(parse("a.md", text, "0", NOW).articles), len(parse("a.md", text, "0", east).articles)) == (0, 1)


def test_the_date_that_a_saved_page_or_a_feed_states_holds_nothing_back() -> None:
    page = PAGE.format('<meta property="article:published_time" content="2026-06-16T01:00:00+09:00">')
    assert HIDDEN in shown(page, "a.html")
    item = f"<item><pubDate>Tue, 16 Jun 2026 09:00:00 +0000</pubDate><description>{FULL}</description></item>"
    assert shown(f"<rss version='2.0'><channel>{item}</channel></rss>", "a.xml") == FULL.strip()


def test_the_process_that_reads_files_knows_the_moment_and_tells_what_is_due() -> None:
    data = f"---\npublishDate: 2099-01-01\n---\n{PAGE.format('')}".encode()
    with IsolatedReader(30, 1024, now=NOW) as reader:
        parsed = reader.parse("a.html", data, "0")
    assert (parsed.articles, parsed.due) == ((), Due(datetime(2099, 1, 1, tzinfo=UTC), "publishes"))
    assert parsed.withheld == "is not public yet: it publishes on 2099-01-01"
    with IsolatedReader(30, 1024, now=datetime(2099, 1, 1, tzinfo=UTC)) as reader:
        assert reader.parse("a.html", data, "0").articles


@pytest.mark.parametrize("suffix", [".org", ".rst", ".adoc"])
def test_a_format_that_is_not_read_says_how_to_convert_it(suffix: str) -> None:
    assert suffix not in READERS
    with pytest.raises(ContentError, match=rf"turn it into Markdown, as with pandoc -o article\.md article\{suffix}"):
        parse(f"a{suffix}", b"* Heading", "0", NOW)


MERGE = "# Pay\n\nAsk.\n\n<<<<<<< HEAD\nFirst.\n=======\nLast.\n>>>>>>> branch\n"


@pytest.mark.parametrize("suffix", [".md", ".txt"])
def test_an_unfinished_merge_is_left_out_with_its_line(suffix: str) -> None:
    with pytest.raises(ContentError, match="holds two versions with the marks of an unfinished merge") as caught:
        parse(f"a{suffix}", MERGE.encode(), "0", NOW)
    assert caught.value.line == 5
    assert shown("Ask first.\n\nHeading\n=======\n\nText") == "Ask first.\n\nHeading\n=======\n\nText"
