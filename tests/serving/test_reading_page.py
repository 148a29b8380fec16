"""The page that an article is read on: by its id or by the address it states, with its sources."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from chatbot.answering.chatbot import Chatbot, answer_from
from chatbot.answering.ranking.searcher import Searcher
from chatbot.content.readers.registry import parse
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.records import Source
from chatbot.serving.articles import routes
from chatbot.serving.listing import Openings
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder

NOTICE = """---
title: Handing in your notice
url: /articles/notice
topics: [leaving]
sources:
  - title: Notice periods, <office> of labor
    url: https://labor.example/notice
    year: 2025
  - https://labor.example/leave
---
## How?

Learn to hand in your notice in writing. [Pay](/articles/pay) comes before it.
"""


@pytest.fixture
def visitor(tmp_path: Path) -> TestClient:
    settings = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index")
    (settings.corpus_dir / "leaving" / "soon").mkdir(parents=True)
    (settings.corpus_dir / "leaving" / "soon" / "notice.md").write_text(NOTICE)
    (settings.corpus_dir / "pay.md").write_text("# Pay\n\nAsk for better pay when you get an offer.\n")
    build(settings, embedder=KeywordEmbedder())
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    app = FastAPI()
    bot = Chatbot(settings, answer_from(Searcher(index, KeywordEmbedder()), settings))
    app.include_router(routes(bot, Openings(bot)))
    return TestClient(app)


def links(html: str) -> list[str]:
    return [part.partition('"')[0] for part in html.split('href="')[1:]]


def test_an_article_is_read_by_its_id_and_at_the_address_that_it_states(visitor: TestClient) -> None:
    by_id, stated = visitor.get("/articles/leaving/soon/notice"), visitor.get("/articles/notice")
    assert (by_id.status_code, stated.status_code) == (200, 200)
    assert visitor.get("/articles/leaving/notice").status_code == 404
    for page, root in ((by_id, "../../../"), (stated, "../")):
        assert "<h1" in page.text
        assert f"{root}articles/pay" in links(page.text)
    cited = visitor.get("/articles/notice", params={"passage": "leaving/soon/notice#1"})
    assert "The passage that answered your question is marked." in cited.text
    assert "Back to your answer" in cited.text
    assert "Back to your answer" not in stated.text
    for page, root in ((by_id, "../../../"), (stated, "../")):
        assert f'rel="canonical" href="{root}articles/notice"' in page.text


def test_sources_stand_below_the_article(visitor: TestClient) -> None:
    page = visitor.get("/articles/notice")
    below = page.text.partition('id="evidence"')[2].partition("</section>")[0]
    assert ">Sources</h2>" in below
    assert links(below) == [
        "https://labor.example/notice", "https://labor.example/leave",
    ]  # fmt: skip
    assert "Notice periods, &lt;office&gt; of labor</a> (2025)" in below
    assert 'id="evidence"' not in visitor.get("/articles/pay").text


def test_sources_are_read_with_title_address_and_year() -> None:
    article = parse("notice.md", NOTICE.encode(), "").articles[0]
    assert article.sources == (
        Source("Notice periods, <office> of labor", "https://labor.example/notice", 2025),
        Source("https://labor.example/leave", "https://labor.example/leave", None),
    )


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("{title: Law, url: labor.example}", "a source has the url 'labor.example'; write a whole http(s) address"),
        ("javascript:alert(1)", "a source has the url 'javascript:alert(1)'; write a whole http(s) address"),
        ("{title: Law}", "a source has the url ''; write a whole http(s) address"),
        ("{url: https://labor.example, year: soon}", "a source has the year 'soon'; write it as 2026, or leave it out"),
        (
            "{url: https://labor.example, year: 20255}",
            "a source has the year '20255'; write it as 2026, or leave it out",
        ),
    ],
)
def test_a_source_that_is_none_is_noted_and_the_others_are_kept(source: str, reason: str) -> None:
    text = f"---\nsources: [{source}, https://kept.example]\n---\nWords of a text.\n"
    parsed = parse("a.md", text.encode(), "")
    assert parsed.remark == f"line 2: {reason}; the article is shown without it"
    assert [one.url for one in parsed.articles[0].sources] == ["https://kept.example"]


def test_a_topic_that_no_article_has_is_not_found_and_all_are_listed(visitor: TestClient) -> None:
    known, unknown = visitor.get("/articles?topic=Leaving"), visitor.get("/articles?topic=whatever+you+write")
    assert (known.status_code, unknown.status_code) == (200, 404)
    assert '<h1 dir="auto" lang="en">Leaving</h1>' in known.text
    assert "whatever" not in unknown.text
    assert "articles/pay" in links(unknown.text)
    assert "articles/pay" not in links(known.text)


def test_no_page_repeats_a_host_that_a_client_claims(visitor: TestClient) -> None:
    for path in ("/articles", "/articles?topic=leaving", "/articles/pay", "/articles/none", "/articles/notice"):
        assert "evil" not in visitor.get(path, headers={"Host": "evil.example"}).text
