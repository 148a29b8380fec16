"""Building: what is taken over, what is published, and that a partial build equals a full one."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from chatbot.content.sandbox import IsolatedReader
from chatbot.errors import CorpusIndexError, IndexLocked, NothingToIndex, SettingsError
from chatbot.indexing.building.build import build
from chatbot.indexing.building.report import BuildReport
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import candidates, current, history, writing
from chatbot.settings import Settings
from tests.support.keyword_embedder import KeywordEmbedder


@pytest.fixture
def site(tmp_path: Path) -> Settings:
    (tmp_path / "corpus").mkdir()
    return Settings(corpus_dir=tmp_path / "corpus", index_dir=tmp_path / "index", keep_generations=3)


def write(site: Settings, name: str, text: str) -> None:
    path = site.corpus_dir / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")


def article(topic: str, *sections: str, more: str = "") -> str:
    body = "\n\n".join(
        f"## About {section}\n\nWhat to know of {section} when you {topic}. " * 2 for section in sections
    )
    return f"---\ntitle: On {topic}\n{more}---\n\n{body}\n"


def run(site: Settings, embedder: KeywordEmbedder | None = None) -> BuildReport:
    return build(site, embedder=embedder or KeywordEmbedder())


def opened(site: Settings) -> LocalIndex:
    return LocalIndex.open(site.index_dir / current(site.index_dir))


def test_the_first_build_publishes_every_article(site: Settings) -> None:
    write(site, "b.md", article("learn", "pay"))
    write(site, "a/c.txt", "Remote teams learn to write things down.")
    report = run(site)
    assert (report.published, report.changes.added, report.changes.changed, report.changes.deleted) == (
        True,
        ("a/c.txt", "b.md"),
        (),
        (),
    )
    index = opened(site)
    assert index.generation == report.generation == current(site.index_dir)
    assert [article.id for article in index.store.articles()] == ["a/c", "b"]
    assert len(index) == report.passages == report.embedded


def test_every_passage_is_a_slice_of_its_article(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay", "remote", "team"))
    run(site)
    index = opened(site)
    for passage in index.passages(range(len(index))):
        found = index.store.article(passage.article_id)
        assert found is not None
        assert found.text[passage.start : passage.end] == passage.text


def test_a_second_build_of_the_same_corpus_does_nothing(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    first = run(site)
    embedder = KeywordEmbedder()
    second = run(site, embedder)
    assert (second.published, second.generation, second.changes.unchanged) == (False, first.generation, 1)
    assert embedder.embedded == []
    assert len(history(site.index_dir)) == 1


def test_only_the_text_that_changed_is_embedded(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay", "remote", "team"))
    write(site, "b.md", article("offer", "degree"))
    run(site)
    write(site, "a.md", article("learn", "pay", "python", "team"))
    embedder = KeywordEmbedder()
    report = run(site, embedder)
    assert (report.changes.changed, report.changes.unchanged) == (("a.md",), 1)
    assert report.embedded == len(embedder.embedded)
    assert all("python" in text for text in embedder.embedded)


def test_a_renamed_article_is_not_embedded_again(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    run(site)
    (site.corpus_dir / "a.md").rename(site.corpus_dir / "z.md")
    report = run(site)
    assert (report.changes.renamed, report.changes.added, report.changes.deleted) == ((("a.md", "z.md"),), (), ())
    assert report.embedded == 0


def test_a_deleted_article_is_gone_from_everything(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    write(site, "b.md", "Zebras interview zebras.")
    run(site)
    assert opened(site).frequency("zebra") == 1
    (site.corpus_dir / "b.md").unlink()
    run(site)
    index = opened(site)
    assert index.frequency("zebra") == 0
    assert index.store.article("b") is None
    assert {passage.article_id for passage in index.passages(range(len(index)))} == {"a"}


def test_files_that_cannot_be_used_are_named_and_the_rest_is_published(site: Settings) -> None:
    write(site, "good.md", article("learn", "pay"))
    (site.corpus_dir / "bad.md").write_bytes(b"---\ntitle: x\n---\nfine\n\xff\xfe broken\n")
    write(site, "empty.md", "")
    report = run(site)
    assert sorted(report.changes.left_out) == ["bad.md", "empty.md"]
    assert "line 5" in report.changes.left_out["bad.md"]
    assert report.changes.added == ("good.md",)


def test_a_file_that_is_left_out_is_not_parsed_again_until_it_changes(
    site: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(site, "a.md", article("learn", "pay"))
    write(site, "b.md", "---\ntitle: [\n---\nText")
    write(site, "c.pdf", "no PDF")
    write(site, "a.txt", "The same name as another.")
    left_out = run(site).changes.left_out
    parsed: list[str] = []
    parse = IsolatedReader.parse
    monkeypatch.setattr(
        IsolatedReader, "parse", lambda self, path, *more: parsed.append(path) or parse(self, path, *more)
    )
    write(site, "d.md", article("offer", "degree"))
    assert run(site).changes.left_out == left_out
    assert parsed == ["a.txt", "d.md"]
    (site.corpus_dir / "a.md").unlink()
    write(site, "b.md", "Text")
    assert run(site).changes.left_out == {"c.pdf": left_out["c.pdf"]}


def test_a_corpus_without_a_usable_article_leaves_the_old_index(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    before = run(site).generation
    write(site, "a.md", "")
    with pytest.raises(NothingToIndex, match=r"none of the 1 files .* can be used \(a\.md: "):
        run(site)
    assert current(site.index_dir) == before


def test_a_missing_corpus_folder_is_said_so(site: Settings) -> None:
    site.corpus_dir.rmdir()
    with pytest.raises(SettingsError, match="does not exist"):
        run(site)
    site.corpus_dir.write_text("not a folder")
    with pytest.raises(SettingsError, match="is no folder"):
        run(site)


def test_two_builds_at_once_are_refused(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    with writing(site.index_dir, create=True), pytest.raises(IndexLocked, match="another process is building"):
        run(site)


def test_a_disk_that_refuses_is_an_error_with_its_place(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    site.index_dir.write_text("a file where the folder should be")
    with pytest.raises(CorpusIndexError, match="the index cannot be written"):
        run(site)


def test_only_the_newest_generations_are_kept(site: Settings) -> None:
    generations = []
    for number in range(5):
        write(site, "a.md", article("learn", f"pay {number}"))
        generations.append(run(site).generation)
    assert candidates(site.index_dir) == generations[:1:-1]
    assert sorted(path.name for path in site.index_dir.iterdir() if len(path.name) == 16) == sorted(generations[2:])


def test_going_back_to_an_earlier_corpus_publishes_the_kept_generation(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay"))
    first = run(site).generation
    write(site, "b.md", article("offer", "team"))
    run(site)
    (site.corpus_dir / "b.md").unlink()
    embedder = KeywordEmbedder()
    assert (run(site, embedder).generation, current(site.index_dir)) == (first, first)
    assert embedder.embedded == []
    assert [entry.generation for entry in history(site.index_dir)][-1] == first


def test_other_passage_sizes_give_another_generation(site: Settings) -> None:
    write(site, "a.md", article("learn", "pay", "team"))
    first = run(site).generation
    smaller = site.model_copy(update={"passages": site.passages.model_copy(update={"target_tokens": 40})})
    assert run(smaller).generation != first


names = st.sampled_from(["a.md", "b.md", "c/d.md", "e.txt"])
section = st.sampled_from(["pay", "remote", "degree", "python", "team", "offer"])
more = st.builds(
    lambda questions, aliases: f"questions: {questions}\naliases: {aliases}\n",
    st.lists(section.map("What about {}?".format), max_size=3),
    st.lists(st.sampled_from(["wage", "salary", "team", "crew"]), max_size=2),
)
edit = st.one_of(
    st.tuples(st.just("write"), names, st.lists(section, min_size=1, max_size=4), st.just("") | more),
    st.tuples(st.sampled_from(["delete", "rename", "spoil"]), names, st.just([]), st.just("")),
    st.tuples(
        st.just("list"), names, st.lists(st.sampled_from(["/a", "/c/d", "/e.html", "/x/a/"]), max_size=3), st.just("")
    ),
)


@pytest.mark.index
@hypothesis_settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(edit, min_size=1, max_size=3), min_size=1, max_size=4))
def test_a_partial_build_equals_a_full_one_after_any_edits(
    tmp_path_factory: pytest.TempPathFactory, rounds: list[list[tuple[str, str, list[str], str]]]
) -> None:
    folder = tmp_path_factory.mktemp("site")
    site = Settings(corpus_dir=folder / "corpus", index_dir=folder / "index")
    write(site, "always.md", article("learn", "pay", "team"))
    for edits in rounds:
        for kind, name, sections, front in edits:
            path = site.corpus_dir / name
            if kind == "write":
                write(site, name, article("learn", *sections, more=front))
            elif kind == "list":
                pages = "".join(
                    f"<url><loc>https://x.org{url}</loc><lastmod>2026-01-0{len(sections)}</lastmod></url>"
                    for url in sections
                )
                write(site, "sitemap.xml", f"<urlset>{pages}</urlset>")
            elif kind == "spoil":
                path.parent.mkdir(exist_ok=True)
                path.write_bytes(b"\xff\xfe\x00 not text")
            elif path.exists():
                path.unlink() if kind == "delete" else path.rename(path.with_name(f"new-{path.name}"))
        run(site)
    fresh = site.model_copy(update={"index_dir": folder / "fresh"})
    run(fresh)
    partial, full = opened(site), opened(fresh)
    assert partial.generation == full.generation
    for file in full.manifest.files:
        one, other = (s.index_dir / full.generation / file for s in (site, fresh))
        assert one.read_bytes() == other.read_bytes(), file
    shutil.rmtree(folder)


def test_vectors_of_sentences_belong_to_their_sentences(site: Settings) -> None:
    write(site, "a.md", "Python is one thing that helps. A degree is quite another one, they say.")
    run(site)
    index = opened(site)
    (passage,) = index.passages([0])
    spans, vectors = index.sentences(0)
    embedder = KeywordEmbedder()
    assert [passage.text[start:end] for start, end in spans] == [
        "Python is one thing that helps.",
        "A degree is quite another one, they say.",
    ]
    for (start, end), vector in zip(spans, vectors, strict=True):
        own = embedder.embed_query(passage.text[start:end]) + embedder.embed_query(passage.title)
        assert vector == pytest.approx(own / np.linalg.norm(own), abs=1 / 127)
    assert index.vectors(np.array([0]))[0] == pytest.approx(embedder.embed_query("python degree"), abs=1e-3)
