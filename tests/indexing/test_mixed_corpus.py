"""A corpus of every format, built: what is indexed, what is left out, and that nothing is read twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from chatbot.content.sandbox import IsolatedReader
from chatbot.indexing.building.build import build, plan
from chatbot.indexing.building.freshness import check
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.manifest import verify
from chatbot.indexing.generation.publication import current
from chatbot.indexing.status import alike_in, read_status
from chatbot.operating.doctor import _alike
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.office_files import docx, epub, pdf, word_paragraph

PROSE = "You learn to ask for pay before you learn to work in a remote team. " * 8
FEED = f"""<rss><channel><item><title>Pay</title><description>{PROSE}</description></item>
<item><title>Team</title><description>{PROSE}</description></item>
<item><title>Teaser</title><description>Short</description></item></channel></rss>"""


def test_every_format_is_built_and_an_unchanged_file_is_not_read_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    files: dict[str, str | bytes] = {
        "a.md": PROSE,
        "b.html": f"<main><h1>Pay</h1><p>{PROSE}</p></main>",
        "c.pdf": pdf([[(700, 10, "You learn to ask for pay.")], [(700, 10, "A remote team learns to write.")]]),
        "d.docx": docx(word_paragraph(PROSE)),
        "e.epub": epub({"one.xhtml": f"<p>{PROSE}</p>"}),
        "f.xml": FEED,
        "g.pdf": b"broken",
        "h.md": "---\nexclude: true\n---\n" + PROSE,
        "sitemap.xml": "<urlset/>",
    }
    for name, data in files.items():
        (corpus / name).write_bytes(data if isinstance(data, bytes) else data.encode())
    site = Settings(corpus_dir=corpus, index_dir=tmp_path / "index", max_seconds_per_file=120)
    first = build(site, embedder=KeywordEmbedder())
    assert first.changes.left_out == {
        "f.xml": "1 of 3 entries hold no full text, such as 'Teaser'; export them in full",
        "g.pdf": "is no PDF that can be read, or a damaged one; export it again",
        "sitemap.xml": "is a sitemap in which no file of this folder is found; put its pages beside it",
    }
    index = LocalIndex.open(site.index_dir / current(site.index_dir))
    assert [one.id for one in index.store.articles()] == ["a", "b", "c", "d", "e", "f/pay", "f/team"]
    paper = index.store.article("c")
    assert paper is not None
    assert paper.pages == (0, len("You learn to ask for pay.\n\n"))
    index.close()

    read: list[str] = []
    parse = IsolatedReader.parse
    monkeypatch.setattr(
        IsolatedReader, "parse", lambda self, path, *rest: (read.append(path), parse(self, path, *rest))[1]
    )
    second = build(site, embedder=KeywordEmbedder())
    assert (second.generation, second.published, second.changes.left_out) == (
        first.generation,
        False,
        first.changes.left_out,
    )
    assert read == []
    (corpus / "a.md").write_text(PROSE + "One more.")
    third = build(site, embedder=KeywordEmbedder())
    assert (third.changes.changed, third.changes.left_out) == (("a.md",), first.changes.left_out)
    assert read == ["sitemap.xml", "a.md"]


def test_an_article_of_absurdly_many_passages_is_left_out(tmp_path: Path) -> None:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.md").write_text("You learn to ask for pay.")
    (tmp_path / "corpus" / "b.md").write_text("\n\n".join(f"## Part {n}\n\n{PROSE}" for n in range(30)))
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", max_passages_per_file=10)
    left_out = build(site, embedder=KeywordEmbedder()).changes.left_out
    assert "above max_passages_per_file (10); split it, or raise that" in left_out["b.md"]
    raised = site.model_copy(update={"max_passages_per_file": 100})
    assert build(raised, embedder=KeywordEmbedder()).changes.left_out == {}


def test_a_limit_below_what_a_file_gives_is_noticed_and_no_other(tmp_path: Path) -> None:
    site = Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", model="keywords")
    site.corpus_dir.mkdir()
    (site.corpus_dir / "a.md").write_text(f"# Short\n\n{PROSE}")
    entries = "".join(f"<item><title>Part {n}</title><description>{PROSE}</description></item>" for n in range(12))
    (site.corpus_dir / "b.xml").write_text(f"<rss><channel>{entries}</channel></rss>")
    assert build(site, embedder=KeywordEmbedder()).passages == 13
    enough, few = (site.model_copy(update={"max_passages_per_file": limit}) for limit in (12, 11))
    for settings, noticed in ((enough, False), (few, True)):
        assert (check(settings, KeywordEmbedder()).unchanged is None) == noticed
        assert ("other settings" in read_status(settings).changes) == noticed
        assert plan(settings, embedder=KeywordEmbedder()).changes.deleted == (("b.xml",) if noticed else ())
    report = build(few, embedder=KeywordEmbedder())
    assert (report.published, report.embedded, report.changes.deleted) == (True, 0, ("b.xml",))
    assert "above max_passages_per_file (11)" in report.changes.left_out["b.xml"]
    assert check(few, KeywordEmbedder()).unchanged
    assert build(site, embedder=KeywordEmbedder()).changes.added == ("b.xml",)


def test_a_copy_is_left_out_while_what_it_was_made_of_is_there_and_is_not_changed(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    names = ["dress (Jo's conflicted copy 2026-03-02)", "dress 2", "dress-DESKTOP-7Q2", "dress"]
    for name in names:
        (corpus / f"{name}.md").write_text(PROSE)
    (corpus / "dress 3.md").write_text("# Part three\n\nAn offer for python work. " + "Interviews end. " * 9)
    site = Settings(corpus_dir=corpus, index_dir=tmp_path / "index")
    first = build(site, embedder=KeywordEmbedder())
    said = "is a copy of dress.md and says nearly the same; merge them and delete one"
    assert first.changes.left_out == {f"{name}.md": said for name in sorted(names[:-1])}
    assert first.articles == 2
    assert not build(site, embedder=KeywordEmbedder()).published
    (corpus / "dress.md").write_text("# Dress\n\nAnother text of python and pay altogether, for interviews and more.\n")
    changed = build(site, embedder=KeywordEmbedder())
    assert changed.articles == 3
    assert set(changed.changes.left_out.values()) == {said.replace("dress.md", "dress 2.md")}
    (corpus / "dress.md").write_text(PROSE)
    back = build(site, embedder=KeywordEmbedder())
    assert (back.generation, back.changes.left_out) == (first.generation, first.changes.left_out)


def test_status_and_doctor_name_copies_and_articles_that_say_nearly_the_same(tmp_path: Path) -> None:
    corpus = tmp_path / "corpus"
    corpus.mkdir()
    for name, text in {"pay.md": PROSE, "pay (1).md": PROSE, "wages.md": f"# Wages\n\n{PROSE}"}.items():
        (corpus / name).write_text(text)
    (corpus / "norway.md").write_text(f"---\ncountry: NO\n---\n{PROSE}")
    site = Settings(corpus_dir=corpus, index_dir=tmp_path / "index")
    build(site, embedder=KeywordEmbedder())
    folder = site.index_dir / current(site.index_dir)
    assert alike_in(folder) == ("pay and wages (82% the same)",)
    found = list(_alike(verify(folder), alike_in(folder)))
    assert [(one.name, one.state, one.found) for one in found] == [
        ("alike", "warning", "say nearly the same: pay and wages (82% the same)"),
        ("copies", "warning", "left out as copies: pay (1).md of pay.md"),
    ]
