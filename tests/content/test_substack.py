"""A Substack export: posts.csv says which of the posts beside it are public, and what they are called."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from chatbot.content.readers.registry import parse
from chatbot.content.readers.substack import listed_posts
from chatbot.content.sandbox import IsolatedReader
from chatbot.content.source.visibility import Due
from chatbot.editing.listing import Listing
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.indexing.maintenance import check
from chatbot.indexing.status import read_status
from chatbot.records import Article
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.reading import refusal

NOW = datetime(2026, 6, 15, 12, tzinfo=UTC)
SOON = datetime(2026, 7, 1, 8, tzinfo=UTC)
HEAD = "post_id,post_date,is_published,email_sent_at,inbox_sent_at,type,audience,title,subtitle,podcast_url"
TEXT = "<p>You learn to ask for pay before you learn to work in a remote team.</p>"


def row(post: str, title: str, *, day: str = "2026-01-02T08:00:00.000Z", said: str = "true,everyone") -> str:
    published, _, audience = said.partition(",")
    return f'{post},{day},{published},,,newsletter,{audience},"{title}","A line,\nand another",'


def table(*rows: str) -> str:
    return "\n".join([HEAD, *rows, ""])


PUBLIC = {
    "true,everyone": "",
    "TRUE,Everyone": "",
    "false,everyone": "is not public: posts.csv says is_published: false",
    ",everyone": "is not public: posts.csv says is_published: nothing",
    "true,only_paid": "is not public: posts.csv says audience: only_paid",
    "true,founding": "is not public: posts.csv says audience: founding",
    "true,": "is not public: posts.csv says audience: nothing",
}


@pytest.mark.parametrize("said", PUBLIC)
def test_only_what_is_published_for_everyone_is_public(said: str) -> None:
    listed = parse("a/posts.csv", table(row("12345.pay", "Pay, and more", said=said)).encode(), "0", NOW).sitemap
    assert listed
    (page,) = listed.pages
    assert (page.title, page.published, page.withheld) == ("Pay, and more", "2026-01-02", PUBLIC[said])


def test_a_day_to_come_is_waited_for() -> None:
    rows = [row("12345.pay", "Pay", day="2026-07-02"), row("12346.team", "Team", day=SOON.isoformat())]
    data = table(*rows).encode()
    parsed = parse("posts.csv", data, "0", NOW)
    assert parsed.due == Due(SOON, "publishes 12346.team")
    assert parsed.sitemap
    withheld = [page.withheld for page in parsed.sitemap.pages]
    assert withheld[1] == "is not public yet: posts.csv says that it publishes on 2026-07-01 08:00"
    with IsolatedReader(120, 1024, now=NOW) as reader:
        assert reader.parse("posts.csv", data, "0") == parsed


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"name,age\nJo,7\n", "has .csv, which is not read"),
        (b"", "has .csv, which is not read"),
        (f'{HEAD}\n1,"{"x" * 140_000}"\n'.encode(), "is no table that can be read: field larger than"),
    ],
)
def test_other_tables_are_named_as_what_they_are(data: bytes, reason: str) -> None:
    assert refusal("posts.csv", data).startswith(reason)


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", max_seconds_per_file=120)
    (site.corpus_dir / "mail" / "posts").mkdir(parents=True)
    (site.corpus_dir / "always.md").write_text("# Degree\n\nLearn python without a degree.\n")
    (site.corpus_dir / "mail" / "posts" / "12345.pay.html").write_text(TEXT + "<h1>A range</h1><p>An offer.</p>")
    (site.corpus_dir / "mail" / "posts" / "12346.team.html").write_text(f"<title>Teams</title>{TEXT}")
    return site


def run(site: Settings, *rows: str, now: datetime = NOW) -> BuildReport:
    (site.corpus_dir / "mail" / "posts.csv").write_text(table(*rows))
    return build(site, embedder=KeywordEmbedder(), now=now)


def stored(site: Settings, post: str) -> Article | None:
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    found = index.store.article(f"mail/posts/{post}")
    index.close()
    return found


PAY, TEAM = "mail/posts/12345.pay.html", "mail/posts/12346.team.html"


def test_a_change_of_posts_csv_alone_takes_effect_with_the_next_build(site: Settings) -> None:
    first = run(site, row("12345.pay", "Ask for it"), row("12346.team", "Ours", said="false,everyone"))
    assert first.changes.withheld == {TEAM: "is not public: posts.csv says is_published: false"}
    assert first.changes.left_out == {}
    pay = stored(site, "12345.pay")
    assert pay
    assert (pay.title, pay.published, stored(site, "12346.team")) == ("Ask for it", date(2026, 1, 2), None)
    assert not build(site, embedder=KeywordEmbedder(), now=NOW).published
    assert check(site, embedder=KeywordEmbedder()).differing == {}

    second = run(site, row("12345.pay", "Ask again", day="2026-02-03"), row("12346.team", "Ours"))
    assert (second.changes.changed, second.changes.added, second.changes.withheld) == ((PAY,), (TEAM,), {})
    pay, team = stored(site, "12345.pay"), stored(site, "12346.team")
    assert pay
    assert team
    assert (pay.title, pay.published) == ("Ask again", date(2026, 2, 3))
    assert (team.title, team.published) == ("Teams", date(2026, 1, 2))

    third = run(site, row("12345.pay", "Ask again", day="2026-02-03", said="true,only_paid"), row("12346.team", "Ours"))
    assert (third.changes.deleted, third.changes.withheld) == (
        (PAY,),
        {PAY: "is not public: posts.csv says audience: only_paid"},
    )
    back = run(site, row("12345.pay", "Ask for it"), row("12346.team", "Ours", said="false,everyone"))
    assert back.generation == first.generation

    (site.corpus_dir / "mail" / "posts.csv").unlink()
    build(site, embedder=KeywordEmbedder(), now=NOW)
    pay = stored(site, "12345.pay")
    assert pay
    assert (pay.title, pay.published) == ("A range", None)


def test_a_post_appears_when_its_day_comes_though_no_file_has_changed(site: Settings) -> None:
    rows = [row("12345.pay", "Ask"), row("12346.team", "Ours", day=SOON.isoformat())]
    assert list(run(site, *rows).changes.withheld) == [TEAM]
    assert read_status(site, NOW).waiting == ("mail/posts.csv publishes 12346.team on 2026-07-01 08:00",)
    assert plan(site, embedder=KeywordEmbedder(), now=SOON).changes.added == (TEAM,)


UNSAID = "is not public: posts.csv beside it does not say that it is"


@pytest.mark.parametrize("data", [table(row("999999.other", "Other")).encode(), b"broken", b"\xff\xfe\0\0"])
def test_a_post_of_which_posts_csv_says_nothing_is_not_public(site: Settings, data: bytes) -> None:
    (site.corpus_dir / "mail" / "posts.csv").write_bytes(data)
    (site.corpus_dir / "mail" / "12347.flat.html").write_text(TEXT)
    (site.corpus_dir / "mail" / "posts" / "about.html").write_text(TEXT)
    withheld = build(site, embedder=KeywordEmbedder(), now=NOW).changes.withheld
    assert withheld == dict.fromkeys(("mail/12347.flat.html", PAY, TEAM), UNSAID)


def test_of_two_rows_of_a_post_the_one_that_withholds_it_counts() -> None:
    rows = [row("12345.pay", "Pay", said="false,everyone"), row("12345.pay", "Pay")]
    listed = parse("posts.csv", table(*rows).encode(), "0", NOW).sitemap
    assert listed
    found = listed_posts(["posts.csv", "posts/12345.pay.html"], listed.pages)
    assert found["posts/12345.pay.html"].withheld == "is not public: posts.csv says is_published: false"


def test_the_editors_see_titles_and_what_is_not_public(site: Settings) -> None:
    new = "mail/posts/12348.new.html"
    rows = (row("12348.new", "New"), row("12345.pay", "Ask"))
    run(site, *rows)
    (site.corpus_dir / new).write_text(TEXT)
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    listing = Listing(site, KeywordEmbedder())
    files = {file.path: file for file in listing.list(index.store, index.generation)}
    assert (files[new].state, files[new].title, files[new].updated) == ("new", "New", date(2026, 1, 2))
    assert (files[PAY].state, files[TEAM].state, files[TEAM].reason) == ("unchanged", "left out", UNSAID)
    (site.corpus_dir / "mail" / "posts.csv").write_text(table(rows[0], row("12345.pay", "Ask", said="false,everyone")))
    files = {file.path: file for file in listing.list(index.store, index.generation)}
    assert (files[PAY].state, files[PAY].reason) == ("left out", "is not public: posts.csv says is_published: false")
    index.close()
