"""What editors write: names that are safe on every machine, and files that are never lost."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import date
from pathlib import Path, PurePosixPath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chatbot.content.readers.registry import READERS, parse
from chatbot.content.source.files import find_files
from chatbot.editing.corpus_edits import (
    LONGEST_STEM,
    TRASH,
    delete,
    file_name,
    list_trash,
    put_back,
    replace,
    write_new,
)
from chatbot.editing.form import Form, compose
from chatbot.errors import Conflict, EditRefused, NameTaken
from tests.support.reading import read_article
from tests.support.recorded_disk import Rename, Sync, record

TEXT = b"# A title\n\nSome text to read.\n"


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    return folder


@pytest.mark.parametrize(
    ("title", "name"),
    [
        ("How to write a CV", "how-to-write-a-cv.md"),
        ("  ../../etc/passwd", "etc-passwd.md"),
        (".hidden", "hidden.md"),
        ("C:\\Windows\\x", "c-windows-x.md"),
        ("a\0b", "a-b.md"),
        ("con", "con-article.md"),
        ("NUL", "nul-article.md"),
        ("COM1", "com1-article.md"),
        ("Gehälter & Zulagen", "gehälter-zulagen.md"),
        ("כתיבת קורות חיים", "כתיבת-קורות-חיים.md"),
        ("नौकरी कैसे खोजें", "नौकरी-कैसे-खोजें.md"),
        ("C++ <script>", "c-script.md"),
    ],
)
def test_a_title_becomes_a_name_that_can_be_read(title: str, name: str) -> None:
    assert file_name(title) == name


@pytest.mark.parametrize("title", ["", " ", "...", "/", "\0", "🙂", "-", "__"])
def test_a_title_without_a_letter_gives_no_name(title: str) -> None:
    with pytest.raises(EditRefused, match="letter or digit"):
        file_name(title)


@pytest.mark.parametrize("suffix", ["", ".exe", ".py", ".md/../x", ".toml", ".\0md"])
def test_a_suffix_that_no_reader_reads_gives_no_name(suffix: str) -> None:
    with pytest.raises(EditRefused, match="not read"):
        file_name("An article", suffix)


@given(st.text(max_size=200), st.sampled_from(sorted(READERS)))
def test_every_name_is_one_visible_part_that_survives_being_named_again(title: str, suffix: str) -> None:
    try:
        name = file_name(title, suffix)
    except EditRefused:
        return
    path = PurePosixPath(name)
    assert path.parts == (name,)
    assert path.suffix == suffix
    assert name.isprintable()
    assert not name.startswith((".", "-", "~"))
    assert not set(name) & set('/\\:*?"<>|\0 ')
    assert len(name.encode()) <= LONGEST_STEM + len("-article") + len(suffix)
    assert file_name(path.stem, suffix) == name


@given(st.text(min_size=1, max_size=60))
def test_a_name_that_was_not_made_safe_is_never_written(name: str) -> None:
    missing = Path("/nonexistent/corpus")
    try:
        safe = file_name(PurePosixPath(name).stem, PurePosixPath(name).suffix) == name
    except EditRefused:
        safe = False
    if not safe:
        with pytest.raises(EditRefused):
            write_new(missing, name, TEXT, 1.0)


@pytest.mark.parametrize(
    "name",
    ["../out.md", "a/b.md", "/etc/x.md", ".x.md", "x.md\0.md", "nul.md", "X.md", "x.py", "x.md/", "..", "a\\b.md", ""],
)
def test_unsafe_names_are_refused_and_nothing_is_written(corpus: Path, name: str) -> None:
    with pytest.raises(EditRefused):
        write_new(corpus, name, TEXT, 1.0)
    assert [path.name for path in corpus.parent.rglob("*")] == ["corpus"]


def test_a_new_article_is_written_whole_and_nothing_is_left_beside_it(corpus: Path) -> None:
    write_new(corpus, "cv.md", TEXT, 1.0)
    assert [path.name for path in corpus.iterdir()] == ["cv.md"]
    assert (corpus / "cv.md").read_bytes() == TEXT


@pytest.mark.parametrize("there", ["cv.md", "CV.md", "cv.html"])
def test_a_new_article_never_takes_the_name_of_another(corpus: Path, there: str) -> None:
    (corpus / there).write_bytes(b"old text")
    with pytest.raises(NameTaken) as refused:
        write_new(corpus, "cv.md", TEXT, 1.0)
    assert refused.value.path == there
    assert (corpus / there).read_bytes() == b"old text"


def test_too_large_and_empty_files_are_refused(corpus: Path) -> None:
    with pytest.raises(EditRefused, match=r"at most 0\.001 are read"):
        write_new(corpus, "cv.md", b"x" * 1001, 0.001)
    with pytest.raises(EditRefused, match="nothing to write"):
        write_new(corpus, "cv.md", b" \n", 1.0)
    assert find_files(corpus) == []


def test_an_edit_keeps_what_was_there_and_can_be_undone(corpus: Path) -> None:
    (corpus / "money").mkdir()
    (corpus / "money/pay.md").write_bytes(TEXT)
    replace(corpus, "money/pay.md", b"new text", digest(TEXT), 1.0)
    assert (corpus / "money/pay.md").read_bytes() == b"new text"
    (kept,) = list_trash(corpus)
    assert (kept.path, kept.fate) == ("money/pay.md", "replaced")
    assert put_back(corpus, kept.key, digest(b"new text")) == "money/pay.md"
    assert (corpus / "money/pay.md").read_bytes() == TEXT
    (undone,) = list_trash(corpus)
    assert (corpus / TRASH / undone.key / "money/pay.md").read_bytes() == b"new text"


def test_what_somebody_else_changed_meanwhile_is_shown_and_not_overwritten(corpus: Path) -> None:
    (corpus / "cv.md").write_bytes(TEXT)
    replace(corpus, "cv.md", b"theirs", digest(TEXT), 1.0)
    (old,) = list_trash(corpus)
    changes: list[tuple[Callable[[], object], bytes | None]] = [
        (lambda: replace(corpus, "cv.md", b"mine", digest(TEXT), 1.0), b"mine"),
        (lambda: replace(corpus, "cv.md", b"mine", "", 1.0), b"mine"),
        (lambda: delete(corpus, "cv.md", digest(TEXT)), None),
        (lambda: put_back(corpus, old.key, digest(TEXT)), TEXT),
        (lambda: put_back(corpus, old.key, ""), TEXT),
    ]
    for change, mine in changes:
        with pytest.raises(Conflict, match="changed by somebody else") as met:
            change()
        assert (met.value.theirs, met.value.mine) == (b"theirs", mine)
    assert (corpus / "cv.md").read_bytes() == b"theirs"
    assert list_trash(corpus) == (old,)


def test_what_somebody_else_deleted_meanwhile_can_be_written_again(corpus: Path) -> None:
    (corpus / "money").mkdir()
    (corpus / "money/pay.md").write_bytes(TEXT)
    delete(corpus, "money/pay.md", digest(TEXT))
    (corpus / "money").rmdir()
    with pytest.raises(Conflict, match="deleted by somebody else") as met:
        replace(corpus, "money/pay.md", b"mine", digest(TEXT), 1.0)
    assert met.value.theirs is None
    with pytest.raises(Conflict):
        put_back(corpus, list_trash(corpus)[0].key, digest(TEXT))
    with pytest.raises(EditRefused):
        delete(corpus, "money/pay.md", "")
    replace(corpus, "money/pay.md", b"mine", "", 1.0)
    assert (corpus / "money/pay.md").read_bytes() == b"mine"


@pytest.mark.parametrize(
    "path", ["../x.md", "/x.md", ".x.md", "a/../x.md", "a\\x.md", "c:x.md", "x.py", "x", "~$x.md", ""]
)
def test_what_is_written_again_is_an_article_inside_the_corpus(corpus: Path, path: str) -> None:
    with pytest.raises(EditRefused):
        replace(corpus, path, b"pwned", "", 1.0)
    assert [path.name for path in corpus.parent.rglob("*")] == ["corpus"]


def test_a_deleted_article_is_no_file_of_the_corpus_and_can_be_put_back(corpus: Path) -> None:
    (corpus / "a").mkdir()
    (corpus / "a/cv.md").write_bytes(TEXT)
    delete(corpus, "a/cv.md", digest(TEXT))
    assert find_files(corpus) == []
    (corpus / "a").rmdir()
    (gone,) = list_trash(corpus)
    assert (gone.path, gone.fate) == ("a/cv.md", "deleted")
    put_back(corpus, gone.key, "")
    assert (corpus / "a/cv.md").read_bytes() == TEXT
    assert list_trash(corpus) == ()


def test_two_deletions_in_one_second_are_two(corpus: Path) -> None:
    for name in ("a.md", "b.md", "c.md"):
        (corpus / name).write_bytes(TEXT)
        delete(corpus, name, digest(TEXT))
    assert sorted(one.path for one in list_trash(corpus)) == ["a.md", "b.md", "c.md"]


def test_putting_back_does_not_take_the_name_of_another_article(corpus: Path) -> None:
    (corpus / "cv.md").write_bytes(TEXT)
    delete(corpus, "cv.md", digest(TEXT))
    (corpus / "cv.html").write_bytes(b"<p>another</p>")
    with pytest.raises(NameTaken):
        put_back(corpus, list_trash(corpus)[0].key, "")


@pytest.mark.parametrize("key", ["", "..", "../..", "20260101T000000Z-1-deleted", "/etc", "a\0b"])
def test_only_what_is_in_the_trash_can_be_put_back(corpus: Path, key: str) -> None:
    with pytest.raises(EditRefused, match="not in the trash"):
        put_back(corpus, key, "")


@pytest.mark.parametrize("path", ["../secret.md", "/etc/passwd", ".trash/x", "cv.md\0", "gone.md", ".", "a/../cv.md"])
def test_only_articles_of_the_corpus_can_be_changed(corpus: Path, path: str) -> None:
    (corpus / "cv.md").write_bytes(TEXT)
    secret = corpus.parent / "secret.md"
    secret.write_bytes(TEXT)
    for change in (
        lambda: replace(corpus, path, b"pwned", digest(TEXT), 1.0),
        lambda: delete(corpus, path, digest(TEXT)),
    ):
        with pytest.raises(EditRefused):
            change()
    assert secret.read_bytes() == TEXT


def test_nothing_is_written_through_links(corpus: Path) -> None:
    outside = corpus.parent / "outside"
    outside.mkdir()
    (outside / "x.md").write_bytes(TEXT)
    (corpus / "link.md").symlink_to(outside / "x.md")
    with pytest.raises(EditRefused, match="is a link"):
        replace(corpus, "link.md", b"pwned", digest(TEXT), 1.0)
    (corpus / "folder").symlink_to(outside)
    with pytest.raises(EditRefused, match="no article"):
        delete(corpus, "folder/x.md", digest(TEXT))
    (corpus / TRASH).symlink_to(outside)
    (corpus / "cv.md").write_bytes(TEXT)
    with pytest.raises(EditRefused, match=r"\.trash: is a link"):
        delete(corpus, "cv.md", digest(TEXT))
    assert (outside / "x.md").read_bytes() == TEXT
    assert [path.name for path in outside.iterdir()] == ["x.md"]
    assert list_trash(corpus) == ()


def test_an_article_is_not_put_back_through_a_folder_that_became_a_link(corpus: Path) -> None:
    (corpus / "a").mkdir()
    (corpus / "a/cv.md").write_bytes(TEXT)
    delete(corpus, "a/cv.md", digest(TEXT))
    (corpus / "a").rmdir()
    (corpus / "a").symlink_to(corpus.parent)
    with pytest.raises(EditRefused, match="is a link now"):
        put_back(corpus, list_trash(corpus)[0].key, "")
    assert not (corpus.parent / "cv.md").exists()


def test_a_form_becomes_an_article_with_all_of_it(corpus: Path) -> None:
    form = Form(
        title='Pay: "how much" \u00e9 # no comment',
        url="https://example.org/pay",
        topics="pay, job search",
        updated="2026-01-31",
        review_by="2027-01-31",
        audience="graduates",
        country="NO",
        questions="Which is better: A or B?\nHow much?",
        aliases="salary, wage",
    )
    write_new(corpus, "pay.md", compose(form, "Text of it.\r\n\r\nMore.").encode(), 1.0)
    article = read_article("pay.md", corpus, 1.0)
    assert article is not None
    assert article.title == form.title
    assert (article.url, article.country, article.text) == (form.url, "NO", "Text of it.\n\nMore.")
    assert (article.topics, article.audience) == (("pay", "job search"), ("graduates",))
    assert (article.updated, article.review_by) == (date(2026, 1, 31), date(2027, 1, 31))
    assert (article.questions, article.aliases) == (("Which is better: A or B?", "How much?"), ("salary", "wage"))


LINE = st.text(st.characters(blacklist_categories=("Cc", "Cs", "Cn", "Co", "Zl", "Zp", "Cf")), max_size=30)


@given(title=LINE, country=LINE, topics=st.lists(LINE, max_size=3), questions=st.lists(LINE, max_size=3))
def test_whatever_is_typed_into_the_form_is_read_back(
    title: str, country: str, topics: list[str], questions: list[str]
) -> None:
    form = Form(title=title, country=country, topics=",".join(topics), questions="\n".join(questions))
    data = compose(form, "The text.").encode()
    (article,) = parse("a.md", data, digest(data)).articles
    assert article.title == (" ".join(title.split()) or "A")
    assert article.country == (" ".join(country.split()) or None)
    assert article.text == "The text."
    cleaned = (" ".join(topic.split()) for line in topics for topic in line.split(","))
    assert article.topics == tuple(dict.fromkeys(filter(None, cleaned)))
    asked = tuple(dict.fromkeys(filter(None, (" ".join(line.split()) for line in questions))))
    assert article.questions[: len(asked)] == asked
    assert set(article.questions[len(asked) :]) <= {article.title}  # where that is a question


def test_a_text_is_on_the_disk_before_it_takes_the_place_of_another(
    corpus: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    touches = record(monkeypatch, corpus)
    write_new(corpus, "a.md", TEXT, 1)
    replace(corpus, "a.md", TEXT + b"More.\n", digest(TEXT), 1)
    renamed = [place for place, touch in enumerate(touches) if touch == Rename(".a.md.new", "a.md")]
    assert [touches[place - 1] for place in renamed] == [Sync(".a.md.new", TEXT), Sync(".a.md.new", TEXT + b"More.\n")]
    # Else the new name may be gone after a power cut, and so may the old text.
    assert [touches[place + 1] for place in renamed] == [Sync(".", None)] * 2
