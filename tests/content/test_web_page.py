"""From a web page to an article: what is kept of it, what is dropped, and what its head says."""

from __future__ import annotations

from datetime import date

import pytest

from chatbot.content.passages import split
from chatbot.content.readers.registry import parse
from chatbot.errors import ContentError
from chatbot.records import Article, Passage

PAGE = """<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>What an analyst earns | Example Careers</title>
<meta property="og:site_name" content="Example Careers">
<link rel="canonical" href="https://example.org/pay">
<meta property="article:published_time" content="2025-03-04T10:00:00Z">
<script type="application/ld+json">{"@graph": [{"@type": "Article", "dateModified": "2026-01-02"}]}</script>
<style>p { color: red }</style></head>
<body>
<div id="cookie-banner"><p>We use cookies to improve your experience on every single page of ours, honestly.</p></div>
<header><a href="/">Example Careers</a></header>
<nav><ul><li><a href="/a">Home</a></li><li><a href="/b">Jobs</a></li></ul></nav>
<main>
<div class="breadcrumb"><a href="/">Home</a> &gt; <a href="/pay">Pay</a></div>
<h1>What an analyst earns</h1>
<p>An analyst earns <strong>more</strong> with <a href="/skills">skills that are rare</a> than with years alone.</p>
<h2 id="first-year">The first year <a href="#first-year">¶</a></h2>
<p>Ask for a range before the first talk, and say your own number as late as you can.</p>
<ul><li>Look up three sources</li><li>Write the number down<ol><li>before</li><li>after</li></ol></li></ul>
<section id="later"><h2>Later years</h2>
<table><thead><tr><th rowspan="2">Title</th><th colspan="2">Pay</th></tr><tr><th>low</th><th>high</th></tr></thead>
<tbody><tr><td>Analyst</td><td>50</td><td>70</td></tr><tr><td>Senior | lead</td><td>70</td><td>90</td></tr></tbody>
<tfoot><tr><td colspan="3">Source: a survey</td></tr></tfoot></table>
<pre><code>pay = base * 1.1
print(pay)</code></pre></section>
<h2>Unnamed</h2><p>2. is no list, # no heading and *stars* no emphasis, nor is a_b_c or &lt;b&gt; a tag.</p>
<script>alert("no")</script>
<div class="related-posts"><h3>Read on</h3><ul><li><a href="/x">One</a></li><li><a href="/y">Two</a></li></ul></div>
</main>
<aside>Subscribe!</aside>
<footer><p>© Example Careers, all rights reserved, and a long line of words that nobody reads to its end.</p></footer>
</body></html>"""

TEXT = """# What an analyst earns

An analyst earns **more** with [skills that are rare](https://example.org/skills) than with years alone.

## The first year {#first-year}

Ask for a range before the first talk, and say your own number as late as you can.

- Look up three sources
- Write the number down
  1. before
  2. after

## Later years {#later}

| Title | Pay low | Pay high |
| --- | --- | --- |
| Analyst | 50 | 70 |
| Senior \\| lead | 70 | 90 |

Source: a survey

```
pay = base * 1.1
print(pay)
```

## Unnamed

2\\. is no list, # no heading and \\*stars\\* no emphasis, nor is a_b_c or \\<b> a tag."""


def article(html: str | bytes, path: str = "guides/pay.html") -> Article:
    (found,) = parse(path, html if isinstance(html, bytes) else html.encode(), "0").articles
    return found


def cut(found: Article) -> list[Passage]:
    return split(found, lambda text: len(text.split()), target_tokens=16, max_tokens=200)


def page(body: str, head: str = "") -> str:
    return f"<html><head>{head}</head><body>{body}</body></html>"


def test_a_page_becomes_its_main_content_as_markdown() -> None:
    assert article(PAGE).text == TEXT


def test_the_head_of_a_page_fills_the_article() -> None:
    found = article(PAGE)
    assert (found.id, found.title, found.url) == ("guides/pay", "What an analyst earns", "https://example.org/pay")
    assert (found.published, found.updated) == (date(2025, 3, 4), date(2026, 1, 2))


def test_front_matter_above_a_page_wins() -> None:
    found = article("---\ntitle: Pay\nurl: /pay\ntopics: [pay]\npublished: 2020-01-01\n---\n" + PAGE)
    assert (found.title, found.url, found.topics) == ("Pay", "/pay", ("pay",))
    assert (found.published, found.updated) == (date(2020, 1, 1), date(2026, 1, 2))
    assert parse("a.html", ("---\nexclude: true\n---\n" + PAGE).encode(), "0").articles == ()


def test_links_lead_to_the_page_s_own_anchors_only() -> None:
    anchors = dict.fromkeys(
        p.url.removeprefix("https://example.org/pay").partition(":~:")[0] for p in cut(article(PAGE))
    )
    assert list(anchors) == ["#", "#first-year", "#later"]


def test_without_an_address_links_lead_to_the_anchors_of_the_reading_page() -> None:
    found = article(PAGE.replace('<link rel="canonical" href="https://example.org/pay">', ""))
    anchors = dict.fromkeys(p.url.removeprefix("/articles/guides/pay#").partition(":~:")[0] for p in cut(found))
    assert list(anchors) == ["what-an-analyst-earns", "first-year", "later", "unnamed"]


def test_passages_are_slices_of_the_page_s_text() -> None:
    found = article(PAGE)
    assert all(found.text[p.start : p.end] == p.text for p in cut(found))


def test_tabs_that_links_open_are_content_and_hidden_notes_are_not() -> None:
    tabs = """<div role="main"><ul><li><a href="#one">One</a></li><li><a href="#two">Two</a></li></ul>
    <div id="one"><article><h2>Work</h2><p>People in this job work in offices, at home and now and then abroad.</p>
    </article></div><div id="two" style="display: none"><article><h2>Pay</h2>
    <p>People in this job earn what they ask for, within the range that they know.</p></article></div>
    <div style="display:none"><div id="note"><p>This note explains a word of the table above at some length.</p></div>
    </div></div>"""
    assert article(page(tabs)).text == (
        "## Work\n\nPeople in this job work in offices, at home and now and then abroad.\n\n"
        "## Pay\n\nPeople in this job earn what they ask for, within the range that they know."
    )


def test_the_densest_part_is_the_content_where_a_page_names_none() -> None:
    body = """<div><a href="/">Home</a><a href="/jobs">Jobs</a></div><table><tr><td>left</td><td><div id="x">
    <font size=2>The first paragraph of a very old page, laid out with a table.<br><br>The second one, which is
    long enough to be read as running text.</font></div></td></tr></table>"""
    assert article(page(body)).text == (
        "The first paragraph of a very old page, laid out with a table.\n\n"
        "The second one, which is long enough to be read as running text."
    )


TITLES = [
    ("<title>Pay - Site</title>", "<h1>Pay</h1>", "Pay"),
    ("<title>Pay | Site</title>", "", "Pay"),
    ("<title>Site : Pay</title><meta property='og:site_name' content='site'>", "", "Pay"),
    (
        "<title>x</title><meta property='og:title' content='Pay &amp; offers'>",
        "<h1>Site</h1><h1>Menu</h1>",
        "Pay & offers",
    ),
    ("", "<h1> Pay <em>well</em></h1>", "Pay well"),
    ("", "", "Pay"),
]


@pytest.mark.parametrize(("head", "heading", "title"), TITLES)
def test_the_title(head: str, heading: str, title: str) -> None:
    assert article(page(f"{heading}<p>Some words that are long enough to be read as text.</p>", head)).title == title


def test_dates_and_addresses_that_make_no_sense_are_passed_over() -> None:
    head = """<link rel=canonical href="javascript:alert(1)"><meta property="og:url" content="/pay">
    <meta name=date content="last spring"><script type="application/ld+json">[[[{"datePublished": 3}</script>"""
    found = article(page("<p>Some words</p>", head))
    assert (found.url, found.published, found.updated) == (None, None, None)


@pytest.mark.parametrize("encoding", ["utf-8", "cp1252", "shift_jis", "utf-16"])
def test_a_page_is_read_in_the_encoding_it_names(encoding: str) -> None:
    text = "Überstunden kosten" if encoding != "shift_jis" else "職務経歴書の書き方"
    assert article(page(f"<p>{text}</p>", f"<meta charset={encoding}>").encode(encoding)).text == text


def test_a_page_that_is_not_in_the_encoding_it_names_is_refused() -> None:
    with pytest.raises(ContentError, match="byte 0xfc in column 3 is not UTF-8; save the file as UTF-8"):
        article(b"<meta charset=utf-8>\n<p\xfc>")


ACTIVE = [
    "<script>steal()</script>",
    "<img src=x onerror=steal()>",
    "<svg onload=steal()><text>steal</text></svg>",
    "<iframe srcdoc='<p>steal</p>'></iframe>",
    "<a href='javascript:steal()'>steal</a>",
    "<object data='steal.swf'>steal</object>",
    "<noscript>steal</noscript>",
    "<template><p>steal</p></template>",
    "<form><input value=steal><button>steal</button></form>",
    "<math><mtext>steal</mtext></math>",
    "<!-- steal -->",
    "<?php steal() ?>",
]


@pytest.mark.parametrize("markup", ACTIVE)
def test_nothing_active_is_left_of_a_page(markup: str) -> None:
    assert (
        article(page(f"{markup}<p>The words of the article are here.</p>")).text == "The words of the article are here."
    )


def test_external_entities_are_not_read() -> None:
    source = '<!DOCTYPE html [<!ENTITY x SYSTEM "file:///etc/passwd">]><html><body><p>Words &x; here</p></body></html>'
    assert "root:" not in article(source, "a.xhtml").text


def test_elements_nested_without_end_are_read_or_refused() -> None:
    for tag in ("div", "b", "ul><li", "blockquote", "table><tr><td"):
        try:
            assert "Words" in article(page(f"<{tag}>" * 50_000 + "Words")).text
        except ContentError as error:
            assert "nested" in error.reason or "HTML" in error.reason or "no text" in error.reason


def test_a_huge_span_makes_no_huge_table() -> None:
    found = article(page("<table><tr><th colspan=9999>A</th><th>B</th></tr><tr><td>1</td><td>2</td></tr></table>"))
    assert len(found.text) < 500


@pytest.mark.parametrize("html", ["", "<html></html>", "<!-- only -->", page("<nav><a href=/>Home</a></nav>")])
def test_a_page_without_text_is_refused(html: str) -> None:
    with pytest.raises(ContentError, match="holds no text"):
        article(html)
