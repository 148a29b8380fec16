"""Whatever a file holds, it gives articles whose passages are slices of them, or a reason."""

from __future__ import annotations

import gzip
import json
from pathlib import PurePosixPath

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatbot.content.passages import sentences, split
from chatbot.content.readers.registry import parse
from chatbot.errors import ContentError
from tests.content.test_sitemap import index_of, urlset
from tests.content.test_substack import row, table
from tests.support.office_files import archive, docx, epub, pdf

fuzzed = settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))

TAGS = "a b article main nav p div span table tr td ul li pre code h1 h2 script style svg math template br img".split()
PIECES = st.one_of(
    st.text(max_size=30),
    st.sampled_from([f"<{tag}>" for tag in TAGS] + [f"</{tag}>" for tag in TAGS]),
    st.sampled_from(
        "---|+++|```|:::tip|{{< x >}}|{% raw %}|<!--|-->|]]>|<![CDATA[|&#x110000;|&amp|\0|\ufeff|| a | b |\n| - | - |"
        "|[a](b|![x]( |> > > |- [ ] |1. |# A {#a}|***|$$|import x from 'y'|title: a|url: /x|- - - ? : |\t|\r\n|\n\n"
        '|<a href="x" id=\'|<p hidden>|<meta name=date content=2026-99-99>|<title>|<base href="//x">|\u2028|é|你好。'
        "|Pay follows skill, they say. ".split("|")
    ),
)
TEXTS = st.lists(PIECES, max_size=25).map("".join)


def check(path: str, data: bytes) -> None:
    try:
        articles = parse(path, data, "0").articles
    except ContentError as error:
        assert error.path == path
        assert error.reason
        return
    for article in articles:
        assert article.text.strip()
        assert article.id.startswith(str(PurePosixPath(path).with_suffix("")))
        for passage in split(article, lambda text: len(text.split()), target_tokens=20, max_tokens=30):
            assert article.text[passage.start : passage.end] == passage.text
            assert all(0 <= start < end <= len(passage.text) for start, end in sentences(passage.text))


@fuzzed
@given(TEXTS, st.sampled_from(["a.md", "a.txt", "a.mdx", "a.html", "a.xml", "feed.json", "a.xml.gz", "posts.csv"]))
def test_text_of_any_kind(text: str, path: str) -> None:
    data = text.encode("utf-8", "surrogatepass")
    check(path, gzip.compress(data) if path.endswith(".gz") else data)


@fuzzed
@given(TEXTS, TEXTS, st.sampled_from(["---", "+++"]))
def test_front_matter_of_any_kind(keys: str, body: str, fence: str) -> None:
    check("a.md", f"{fence}\n{keys}\n{fence}\n{body}".encode("utf-8", "replace"))


STARTS = {"pdf": b"%PDF-1.7\n", "docx": b"PK\3\4", "epub": b"PK\3\4", "xml.gz": b"\x1f\x8b\x08"}


@fuzzed
@given(st.binary(max_size=200), st.sampled_from("md html xml pdf docx epub xml.gz json".split()))
def test_bytes_of_any_kind(data: bytes, suffix: str) -> None:
    check(f"feed.{suffix}", data)
    check(f"feed.{suffix}", STARTS.get(suffix, b"") + data)


VERSION = "https://jsonfeed.org/version/1.1"
WHOLE = {
    "a.docx": docx("<w:p><w:r><w:t>Pay follows skill.</w:t></w:r></w:p>"),
    "a.epub": epub({"one.xhtml": "<p>Pay follows skill.</p>"}),
    "a.pdf": pdf([[(700, 20, "Pay"), (650, 10, "Pay follows skill.")]]),
    "a.xml": urlset("/pay 2026-01-02"),
    "b.xml": index_of("a.xml"),
    "a.xml.gz": gzip.compress(urlset("/pay")),
    "feed.json": json.dumps({"version": VERSION, "items": [{"content_text": "a " * 300}]}).encode(),
    "a.ghost.2026-11-26.json": json.dumps({"db": [{"data": {"posts": [{"title": "Pay", "html": "a"}]}}]}).encode(),
    "posts.csv": table(row("12345.pay", "Pay")).encode(),
}


@fuzzed
@given(st.sampled_from(sorted(WHOLE)), st.integers(0, 10_000), st.binary(max_size=8), st.integers(0, 8))
def test_real_files_with_damage_anywhere(path: str, at: int, put_in: bytes, cut_out: int) -> None:
    whole = WHOLE[path]
    at %= len(whole)
    check(path, whole[:at] + put_in + whole[at + cut_out :])


NAMES = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=12)


@fuzzed
@given(st.dictionaries(NAMES, TEXTS, max_size=4), TEXTS)
def test_archives_with_anything_in_them(members: dict[str, str], body: str) -> None:
    named: dict[str, str | bytes] = {name: encodable(text) for name, text in members.items()}
    for path in ("a.docx", "a.epub"):
        check(path, archive(named))
    check("a.docx", docx(encodable(body), named))
    check("a.epub", epub({"one.xhtml": encodable(body)}, named))


def encodable(text: str) -> str:
    return text.encode("utf-8", "replace").decode()


FIELDS = st.sampled_from(["id", "url", "title", "content_html", "content_text", "date_published", "items"])
VALUES = st.recursive(
    st.none() | st.integers() | TEXTS,
    lambda one: st.lists(one, max_size=3) | st.dictionaries(FIELDS, one, max_size=4),
)


@fuzzed
@given(VALUES)
def test_json_feeds_with_anything_in_them(items: object) -> None:
    check("feed.json", json.dumps({"version": VERSION, "items": items}).encode())
    check("feed.json", json.dumps({"version": VERSION, "items": [items]}).encode())
