"""Sitemaps of the site whose pages are in the corpus: which file an address means, and what it changes."""

from __future__ import annotations

import gzip
from datetime import date
from pathlib import Path

import pytest

from chatbot.content.readers.registry import parse
from chatbot.content.readers.sitemap import Page, Sitemap, listed, read_sitemap
from chatbot.content.sandbox import IsolatedReader
from chatbot.indexing.building.build import build
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.maintenance import check
from chatbot.records import Article
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.reading import refusal

SPACE = "http://www.sitemaps.org/schemas/sitemap/0.9"
SITE = "https://example.org"


def urlset(*pages: str) -> bytes:
    """A sitemap of these pages, each an address under SITE and, behind a space, its lastmod."""
    entries = ""
    for page in pages:
        url, _, changed = page.partition(" ")
        entries += f"<url><loc>\n{SITE}{url}\n</loc>{f'<lastmod>{changed}</lastmod>' if changed else ''}</url>"
    return f'<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="{SPACE}">{entries}</urlset>'.encode()


def index_of(*names: str) -> bytes:
    entries = "".join(f"<sitemap><loc>{SITE}/maps/{name}</loc></sitemap>" for name in names)
    return f'<sitemapindex xmlns="{SPACE}">{entries}</sitemapindex>'.encode()


MEANT = [
    (["pay.md"], ["/pay"], {"pay.md": "/pay"}),
    (["pay.md"], ["/en/guides/pay.html"], {"pay.md": "/en/guides/pay.html"}),
    (["guides/pay.md"], ["/guides/pay/"], {"guides/pay.md": "/guides/pay/"}),
    (["guides/pay.md"], ["/pay"], {}),
    (["pay.md", "guides/pay.md"], ["/guides/pay", "/pay"], {"pay.md": "/pay", "guides/pay.md": "/guides/pay"}),
    (["pay.md"], ["/en/pay", "/de/pay"], {}),
    (["pay.md"], ["/overpay", "/pay/more"], {}),
    (["pay.md", "pay.docx"], ["/pay"], {}),
    (["pay.docx"], ["/pay"], {"pay.docx": "/pay"}),
    (["pay.pdf"], ["/pay"], {}),
    (["pay.pdf"], ["/files/pay.pdf"], {"pay.pdf": "/files/pay.pdf"}),
    (["guides/index.md", "index.html"], ["/guides/", "/"], {"guides/index.md": "/guides/", "index.html": "/"}),
    (["guides/_index.md"], ["/guides/index.html"], {"guides/_index.md": "/guides/index.html"}),
    (["index.md"], ["/guides/index.html"], {}),
    (["Wie viel.md"], ["/Wie%20viel"], {"Wie viel.md": "/Wie%20viel"}),
    (["pay.md"], ["/pay?lang=de"], {}),
    (["pay.md"], ["/pay", "/pay"], {"pay.md": "/pay"}),
    (["feed.xml", "blog.rss"], ["/feed", "/blog"], {}),
]


@pytest.mark.parametrize(("files", "urls", "meant"), MEANT)
def test_an_address_means_the_file_that_its_path_ends_with(
    files: list[str], urls: list[str], meant: dict[str, str]
) -> None:
    found = listed(files, [Page(SITE + url, "") for url in urls])
    assert {file: page.url.removeprefix(SITE) for file, page in found.items()} == meant


def test_the_last_date_of_an_address_counts() -> None:
    pages = [Page(f"{SITE}/pay", day) for day in ("", "2026-02-03", "2025-12-31")]
    assert listed(["pay.md"], pages) == {"pay.md": Page(f"{SITE}/pay", "2026-02-03")}


def test_a_sitemap_is_read_whatever_its_encoding_and_packing() -> None:
    data = urlset("/pay 2026-01-02T03:04:05+00:00", "/team 2026-13", "/gärten")
    pages = (Page(f"{SITE}/pay", "2026-01-02"), Page(f"{SITE}/team", ""), Page(f"{SITE}/gärten", ""))
    utf16 = data.decode().replace("UTF-8", "UTF-16").encode("utf-16")
    for path, written in (("a.xml", data), ("a.xml", utf16), ("b.XML.GZ", gzip.compress(data, mtime=0))):
        assert read_sitemap(path, written) == Sitemap(pages, ())
        with IsolatedReader(120, 1024) as reader:
            assert reader.parse(path, written, "x") == parse(path, written, "x")
    assert read_sitemap("a.xml", b"<rss>urlset</rss>") is None


def test_addresses_that_are_none_are_passed_over() -> None:
    bad = b"<urlset><url><loc>javascript:alert(1)</loc></url><url><loc>/pay</loc></url><url/><x/></urlset>"
    assert read_sitemap("a.xml", bad) == Sitemap((), ())


BAD = [
    (b"no archive", "is damaged: Error -3"),
    (gzip.compress(urlset("/pay"))[:-9], "is damaged: it ends too early"),
    (gzip.compress(b" " * 60_000_000, mtime=0), "unpacks to more than 50 MiB"),
    (gzip.compress(b"<html></html>", mtime=0), "is packed, but no sitemap"),
    (gzip.compress(b'<!DOCTYPE x [<!ENTITY a "b">]><urlset>&a;</urlset>', mtime=0), "declares entities"),
]


@pytest.mark.parametrize(("data", "reason"), BAD)
def test_packed_files_that_are_no_sitemaps_are_refused(data: bytes, reason: str) -> None:
    assert refusal("a.xml.gz", data).startswith(reason)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    (tmp_path / "corpus" / "guides").mkdir(parents=True)
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", max_seconds_per_file=120)
    (site.corpus_dir / "guides" / "pay.md").write_text("## First year\n\nYou learn to ask for pay in your own words.")
    (site.corpus_dir / "guides" / "team.md").write_text(
        "---\nurl: /own\nupdated: 2025-05-05\n---\nA remote team learns."
    )
    return site


def run(site: Settings) -> tuple[BuildReport, KeywordEmbedder]:
    embedder = KeywordEmbedder()
    return build(site, embedder=embedder), embedder


def stored(site: Settings, article_id: str) -> tuple[Article, str]:
    """The published article and the link of its first passage."""
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    found = index.store.article(article_id)
    assert found
    link = index.store.passages_of(article_id)[0][1].url
    index.close()
    return found, link


def test_a_change_of_the_sitemap_changes_addresses_dates_and_links_and_embeds_nothing(site: Settings) -> None:
    without, _ = run(site)
    (site.corpus_dir / "sitemap.xml").write_bytes(urlset("/guides/pay/ 2026-01-02", "/guides/team 2026-01-02", "/x"))
    given, embedder = run(site)
    assert (given.changes.changed, given.changes.left_out, embedder.embedded) == (("guides/pay.md",), {}, [])
    pay, link = stored(site, "guides/pay")
    assert (pay.url, pay.updated) == (f"{SITE}/guides/pay/", date(2026, 1, 2))
    assert link.startswith(f"{SITE}/guides/pay/#first-year:~:text=")
    team, link = stored(site, "guides/team")
    assert (team.url, team.updated, link[:5]) == ("/own", date(2025, 5, 5), "/own#")
    assert run(site)[0].published is False
    assert check(site, embedder=KeywordEmbedder()).differing == {}

    (site.corpus_dir / "sitemap.xml").write_bytes(urlset("/career/guides/pay"))
    moved, embedder = run(site)
    assert (moved.changes.changed, embedder.embedded) == (("guides/pay.md",), [])
    pay, link = stored(site, "guides/pay")
    assert (pay.url, pay.updated, link.partition("#")[0]) == (f"{SITE}/career/guides/pay", None, pay.url)

    (site.corpus_dir / "sitemap.xml").unlink()
    assert run(site)[0].generation == without.generation
    assert stored(site, "guides/pay")[0].url is None


def test_an_index_is_used_where_one_of_its_sitemaps_is_here(site: Settings) -> None:
    (site.corpus_dir / "sitemap_index.xml").write_bytes(index_of("posts.xml", "pages.xml.gz"))
    assert run(site)[0].changes.left_out == {
        "sitemap_index.xml": "lists sitemaps that are not here; put them beside it"
    }
    (site.corpus_dir / "pages.xml").write_bytes(urlset("/guides/pay"))
    assert run(site)[0].changes.left_out == {}
    assert stored(site, "guides/pay")[0].url == f"{SITE}/guides/pay"
