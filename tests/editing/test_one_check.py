"""What the editors' page promises of a file is what a build does with it, whatever a reader alone cannot know."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chatbot.cli.build import build_text, plan_text, status_text
from chatbot.editing.listing import Listing
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.status import read_status
from chatbot.serving.editor.views import plan_html, preview_html
from chatbot.serving.web.languages import ENGLISH
from chatbot.settings import Settings
from tests.content.test_substack import row, table
from tests.support.keyword_embedder import KeywordEmbedder

PROSE = "You learn to ask for pay before you learn to work in a remote team. " * 8
COPY = PROSE.strip().removesuffix("team.") + "group."
LONG = "\n\n".join(f"## Part {n}\n\n{PROSE}" for n in range(30))
FEED = f"""<rss><channel><item><title>Pay</title><description>{PROSE}</description></item>
<item><title>Teaser</title><description>Short</description></item></channel></rss>"""
ENTRIES = "".join(f"<item><title>Part {n}</title><description>{PROSE}</description></item>" for n in range(30))
HEAD = "---\nreview_by: soon\n---\n"  # of a page, which is read in a process of its own
ELSEWHERE = "<urlset><url><loc>https://site.example/elsewhere</loc></url></urlset>"
INDEX = "<sitemapindex><sitemap><loc>https://site.example/{}</loc></sitemap></sitemapindex>"

POST, ROW = f"<p>{PROSE}</p>", row("12345.pay", "Pay")
DRAFT = {"posts.csv": table(row("12345.pay", "Pay", said="false,everyone"))}

# The file, what is beside it, the settings, and the reason; "" where nothing of the file is left out.
CASES: dict[str, tuple[str, str, dict[str, str], dict[str, Any], str]] = {
    "no text to show": ("one.md", "# A heading\n\n## Another\n", {}, {}, "holds no text"),
    "a picture alone": ("one.md", "# A heading\n\n![](picture.png)\n", {}, {}, "holds no text"),
    "the name of another": ("pay.md", PROSE, {"pay.html": f"<p>{PROSE}</p>"}, {}, "has the same name as pay.html"),
    "the name of one after it": ("pay.html", f"<p>{PROSE}</p>", {"pay.md": PROSE}, {}, ""),
    "the name of one that is left out": ("pay.md", PROSE, {"pay.html": "<p></p>"}, {}, ""),
    "the name of an entry": ("news/pay.md", PROSE, {"news.xml": FEED}, {}, "has the same name as news.xml"),
    "an entry of the name of another": (
        "news.xml",
        FEED,
        {"news/pay.md": PROSE},
        {},
        "1 of 2 entries hold no full text, such as 'Teaser'",
    ),
    "too many passages": ("one.md", LONG, {}, {"max_passages_per_file": 10}, "above max_passages_per_file (10)"),
    "too many in all entries": (
        "one.xml",
        f"<rss><channel>{ENTRIES}</channel></rss>",
        {},
        {"max_passages_per_file": 10},
        "above max_passages_per_file (10)",
    ),
    "as many passages as may be": ("one.md", LONG, {}, {"max_passages_per_file": 30}, ""),
    "too large": ("one.md", LONG, {}, {"max_file_mb": 0.01}, "above max_file_mb (0.01)"),
    "a sitemap of other pages": ("sitemap.xml", ELSEWHERE, {}, {}, "is a sitemap in which no file of this folder"),
    "a sitemap of one file": ("sitemap.xml", ELSEWHERE, {"elsewhere.md": PROSE}, {}, ""),
    "an index of sitemaps elsewhere": (
        "all.xml",
        INDEX.format("pages.xml"),
        {},
        {},
        "lists sitemaps that are not here",
    ),
    "a copy of another": (
        "pay (Jo's conflicted copy 2026-03-02).md",
        COPY,
        {"pay.md": PROSE},
        {},
        "is a copy of pay.md",
    ),
    "part two of another": ("pay 2.md", "Interviews end with an offer. " * 9, {"pay.md": PROSE}, {}, ""),
    "a copy for another country": ("pay (1).md", f"---\ncountry: UK\n---\n{COPY}", {"pay.md": PROSE}, {}, ""),
    "a copy of what is gone": ("pay (1).md", COPY, {}, {}, ""),
    "a copy of a copy": ("pay - Copy (2).md", COPY, {"pay - Copy.md": PROSE}, {}, "is a copy of pay - Copy.md"),
    "what has a copy": ("pay.md", COPY, {"pay-DESKTOP-7Q2.md": PROSE}, {}, ""),
    "a post that is published": ("posts/12345.pay.html", POST, {"posts.csv": table(ROW)}, {}, ""),
    "a post that is not": ("posts/12345.pay.html", POST, DRAFT, {}, "posts.csv says is_published: false"),
    "a post that is not and is too large": (
        "posts/12345.pay.html",
        POST,
        DRAFT,
        {"max_file_mb": 0.0004},
        "above max_f",
    ),
    "the name of a post that is not": (
        "posts/12345.pay.md",
        PROSE,
        {**DRAFT, "posts/12345.pay.htm": POST},
        {},
        "says is",
    ),
    "a post that is not named": ("posts/12345.pay.html", POST, {"posts.csv": table()}, {}, "does not say that it is"),
    "posts.csv of other posts": ("posts.csv", table(ROW), {}, {}, "names no post of this folder"),
    "posts.csv of one post": ("posts.csv", table(ROW), {"posts/12345.pay.html": POST}, {}, ""),
    "a date that may be two": ("one.md", f"---\nupdated: 6/1/2026\n---\n{PROSE}", {}, {}, "is shown without it"),
    "an index of sitemaps that are here": (
        "all.xml",
        INDEX.format("pages.xml"),
        {"pages.xml": ELSEWHERE, "elsewhere.md": PROSE},
        {},
        "",
    ),
}


@pytest.mark.parametrize(("path", "text", "beside", "limits", "reason"), CASES.values(), ids=CASES)
def test_preview_list_dry_run_and_build_agree(
    tmp_path: Path, path: str, text: str, beside: dict[str, str], limits: dict[str, Any], reason: str
) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", **limits)
    write(site, {"degree.md": "# Degree\n\nLearn python without a degree.\n"})
    build(site, embedder=KeywordEmbedder())
    write(site, beside)
    listing = Listing(site, KeywordEmbedder())
    promised = [previewed(site, listing, path, text)]
    write(site, {path: text})
    promised += [previewed(site, listing, path, text), listed(site, listing, path)]
    planned = plan(site, embedder=KeywordEmbedder()).changes
    built = build(site, embedder=KeywordEmbedder()).changes
    promised += [previewed(site, listing, path, text), listed(site, listing, path), listed(site, None, path)]
    done = (path in built.added, (built.left_out | built.withheld | built.remarks).get(path, ""))
    assert planned == built
    assert promised == [done] * 6
    assert reason in done[1]
    assert bool(reason) == bool(done[1])


def test_what_an_article_is_kept_without_is_a_remark_wherever_it_is_told(tmp_path: Path) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", model="keywords")
    files = {"pay.md": f"---\nupdated: 6/1/2026\n---\n{PROSE}", "page.html": f"{HEAD}<p>{PROSE}</p>", "bad.md": ""}
    write(site, files)
    planned, built = (one(site, embedder=KeywordEmbedder()) for one in (plan, build))
    again, status = build(site, embedder=KeywordEmbedder()), read_status(site)
    told = [planned.changes, built.changes, again.changes, status]
    assert [sorted(one.remarks) for one in told] == [["page.html", "pay.md"]] * 4
    assert [list(one.left_out) for one in told] == [["bad.md"]] * 4
    heading = "Kept, with a remark <small>2</small>"
    assert heading in plan_html(ENGLISH, planned, None, stale=False)
    for text in (plan_text(planned), build_text(built), build_text(again)):
        assert "kept, with a remark:\n  i page.html: line " in text
    assert "remarks      on 2 articles\n  i page.html: line " in status_text(status)
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    listing = Listing(site, KeywordEmbedder())
    listed_now = listing.list(index.store, index.generation)
    index.close()
    for path in ("pay.md", "page.html"):
        shown = preview_html(ENGLISH, listing.preview(path, files[path].encode(), listed_now))
        assert ("Kept, with a remark: <bdi>line " in shown, "left out" in shown) == (True, False)
    assert "It cannot be used" in preview_html(ENGLISH, listing.preview("bad.md", b"", listed_now))
    assert "Partly left out" in preview_html(ENGLISH, listing.preview("news.xml", FEED.encode(), listed_now))


def test_a_limit_that_was_lowered_counts_for_what_is_published(tmp_path: Path) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    write(site, {"degree.md": "# Degree\n\nLearn python without a degree.\n", "long.md": LONG})
    build(site, embedder=KeywordEmbedder())
    lowered = site.model_copy(update={"max_passages_per_file": 10})
    left_out = plan(lowered, embedder=KeywordEmbedder()).changes.left_out
    assert "above max_passages_per_file (10)" in left_out["long.md"]
    assert listed(lowered, None, "long.md") == (False, left_out["long.md"])


def write(site: Settings, files: dict[str, str]) -> None:
    for path, text in files.items():
        (site.corpus_dir / path).parent.mkdir(parents=True, exist_ok=True)
        (site.corpus_dir / path).write_text(text, encoding="utf-8")


def previewed(site: Settings, listing: Listing, path: str, text: str) -> tuple[bool, str]:
    """Whether a preview promises an article, and what it says is left out."""
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    read = listing.preview(path, text.encode(), listing.list(index.store, index.generation))
    index.close()
    return bool(read.articles), "" if "gives other files" in read.problem else read.problem


def listed(site: Settings, listing: Listing | None, path: str) -> tuple[bool, str]:
    """The same of the list of files; without a listing, of one that has read nothing yet."""
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    files = (listing or Listing(site, KeywordEmbedder())).list(index.store, index.generation)
    index.close()
    (file,) = [file for file in files if file.path == path]
    return file.state != "left out", "" if "gives other files" in file.reason else file.reason
