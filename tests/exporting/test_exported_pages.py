"""The pages of an export as files: where they lie, where their links lead, and what they let a browser fetch."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import quote, unquote, urljoin, urlsplit

import pytest
from lxml import html

from chatbot.exporting.static_pages import pages, passage_url
from chatbot.records import Article, Source
from chatbot.serving import widget
from chatbot.serving.web.languages import LANGUAGES
from chatbot.serving.web.templates import topic_file
from chatbot.settings import PageSettings, Settings

BASE = "https://user.example/repo/chat/"
SETTINGS = Settings()


def article(name: str, text: str = "## A part\n\nSome words.\n", **values: Any) -> Article:
    fields: dict[str, Any] = dict.fromkeys(("url", "country", "published", "updated", "review_by"))
    fields |= {"topics": ("job search",), "audience": (), "questions": ()}
    return Article(
        **{"id": name, "path": f"{name}.md", "title": name, "text": text, "sha256": "0" * 64} | fields | values
    )


ARTICLES = [
    article("cv", "See [pay](money/pay.md#a-part), [it](index.md) and [the site](away.md#x).\n\n## A part\n\nWords.\n"),
    article("money/pay", topics=("pay & offers", "C++"), sources=(Source("A report", "https://report.example/a"),)),
    article("index", "See [the CV](cv.md).\n", topics=("C#", "Job Search")),
    article("é ?#", topics=(), questions=("What is it?",)),
    article("named", url="/articles/other/place"),
    article("away", url="https://away.example/page"),
]


def linked(path: str, content: bytes) -> list[str]:
    """What the links and assets of a page name, as addresses."""
    return [urljoin(BASE + quote(path), str(href)) for _, _, href, _ in html.document_fromstring(content).iterlinks()]


def test_every_link_leads_to_a_file_and_every_anchor_to_a_place() -> None:
    made = pages(ARTICLES, SETTINGS, related={"cv": ["money/pay", "away"]}) | widget.files()
    for path, content in made.items():
        if not path.endswith(".html"):
            continue
        noscript = b"".join(re.findall(b"<noscript>(.+?)</noscript>", content, re.DOTALL)) or b"<p></p>"
        for address in {*linked(path, content), *linked(path, noscript)}:
            if not address.startswith(BASE):
                assert address.startswith(("https://away.example/", "https://report.example/"))
                continue
            parts = urlsplit(address.removeprefix(BASE))
            assert unquote(parts.path) in made, f"{path} leads to {address}"
            if parts.fragment and not parts.fragment.startswith("q="):
                there = html.document_fromstring(made[unquote(parts.path)])
                assert parts.fragment in there.xpath("//@id"), f"{path} leads to {address}"


def test_articles_without_a_site_are_read_here_and_the_others_there() -> None:
    made = pages(ARTICLES, SETTINGS)
    read = {path for path in made if path.startswith("articles/") and path.endswith(".html")}
    names = {"cv", "money/pay", "index_", "é ?#", "other/place", "index"}
    assert read == {f"articles/{name}.html" for name in names}
    assert {path.removesuffix(".txt") + ".html" for path in made if path.endswith(".txt") and path != "llms.txt"} == (
        read - {"articles/index.html"}
    )
    cv = made["articles/cv.html"].decode()
    assert 'href="../articles/money/pay.html#a-part"' in cv
    assert 'href="https://away.example/page#x"' in cv
    assert 'href="../articles/index_.html"' in cv
    assert 'href="https://report.example/a"' in made["articles/money/pay.html"].decode()
    assert "search.html#q=What+is+it%3F" in made["articles/é ?#.html"].decode()


@pytest.mark.parametrize(
    ("url", "file"),
    [
        ("/articles/cv", "articles/cv.html"),
        ("/articles/money/pay#a-part:~:text=one%20two", "articles/money/pay.html#a-part:~:text=one%20two"),
        ("/articles/index", "articles/index_.html"),
        ("/articles/Index_#x", "articles/Index__.html#x"),
        ("/articles/a/index", "articles/a/index.html"),
        ("/articles/%C3%A9%20%3F%23", "articles/%C3%A9%20%3F%23.html"),
        ("/articles/../../etc/passwd", "articles/_/_/etc/passwd.html"),
        ("/articles/%2E%2E/x?y", "articles/_/x.html"),
        ("/elsewhere/cv", "/elsewhere/cv"),
        ("https://example.org/articles/cv#gap", "https://example.org/articles/cv#gap"),
    ],
)
def test_the_address_of_a_passage_is_that_of_its_file(url: str, file: str) -> None:
    assert passage_url(url) == file


def test_no_file_lies_outside_of_the_folder() -> None:
    hostile = [article("x", url="/articles/../../x"), article("y", url="/articles//etc/passwd")]
    for path in pages(hostile, SETTINGS):
        assert not PurePosixPath(path).is_absolute()
        assert ".." not in PurePosixPath(path).parts


def test_the_same_articles_give_the_same_bytes_in_any_order() -> None:
    assert pages(ARTICLES, SETTINGS, BASE) == pages(ARTICLES[::-1], SETTINGS, BASE)
    assert list(pages(ARTICLES, SETTINGS)) == sorted(pages(ARTICLES, SETTINGS))


def test_a_style_that_changes_has_another_name() -> None:
    assets = [path for path in pages(ARTICLES, SETTINGS) if path.endswith((".css", ".js", ".svg"))]
    assert len(assets) == 4
    assert all(re.fullmatch(r"\w+\.[0-9a-f]{12}\.\w+", name) for name in assets)


def test_topics_that_differ_have_files_that_differ() -> None:
    assert topic_file("Pay and Offers") == topic_file("pay and offers") == "topics/pay-and-offers.html"
    names = ["C", "C++", "C#", "a b", "a-b", "a  b", "שכר", "../x", "..", "é"]
    files = [topic_file(name) for name in names]
    assert len(set(files)) == len(names)
    assert all(re.fullmatch(r"topics/[a-z0-9-]+\.html", file) for file in files)
    page = pages(ARTICLES, SETTINGS)["topics/job-search.html"].decode()
    assert all(f'">{name}</a>' in page for name in ("cv", "index"))


def test_pages_allow_nothing_inline_and_nobody_else() -> None:
    for path, content in pages(ARTICLES, SETTINGS, BASE).items():
        if not path.endswith(".html"):
            continue
        page = html.document_fromstring(content)
        (policy,) = page.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
        assert policy.startswith("default-src 'none'; style-src 'self'; ")
        assert ("script-src" in policy) == (path in ("search.html", "index.html"))
        assert page.xpath("//style | //@style | //form | //iframe | //@*[starts-with(name(), 'on')]") == []
        assert {one.get("type") for one in page.xpath("//script[not(@src)]")} <= {"application/ld+json"}


def test_machines_get_whole_addresses_where_one_is_given() -> None:
    without, made = pages(ARTICLES, SETTINGS), pages(ARTICLES, SETTINGS, BASE.rstrip("/"))
    assert "sitemap.xml" not in without
    assert "robots.txt" not in without
    assert "](articles/cv.txt)" in without["llms.txt"].decode()
    assert f"]({BASE}articles/cv.txt)" in made["llms.txt"].decode()
    assert "](https://away.example/page)" in made["llms.txt"].decode()
    found = re.findall("<loc>(.+?)</loc>", made["sitemap.xml"].decode())
    assert all(unquote(one.removeprefix(BASE)) in made for one in found)
    assert f"Sitemap: {BASE}sitemap.xml\n" in made["robots.txt"].decode()
    assert f'<link rel="canonical" href="{BASE}articles/cv.html">' in made["articles/cv.html"].decode()
    assert all(one.startswith((BASE, "data:")) for one in linked("404.html", made["404.html"]))
    assert made["articles/cv.txt"].decode().startswith("# cv\n")


@pytest.mark.parametrize("code", LANGUAGES)
def test_the_pages_speak_every_language(code: str) -> None:
    settings = Settings(page=PageSettings(language=code, title="<Jobs> & more"))
    made = pages([replace(ARTICLES[0], title="<b>A</b>")], settings)
    page = html.document_fromstring(made["search.html"])
    assert (page.get("lang"), page.get("dir")) == (code, LANGUAGES[code].direction)
    assert page.xpath("//h1")[0].text_content() == "<Jobs> & more"
    assert LANGUAGES[code]("no_script") in made["search.html"].decode()


def test_the_files_of_the_widget_are_whole() -> None:
    files = widget.files()
    assert set(files) == {
        "widget.js",
        "widget-parts.js",
        *(f"widget/{code}.json" for code in LANGUAGES if code != "en"),
    }
    assert b"$PARTS" not in files["widget.js"]
