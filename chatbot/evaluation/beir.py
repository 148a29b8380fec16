"""Judged questions on disk, in the layout of BEIR (Thakur et al., arXiv 2104.08663), and their texts as a corpus.

    corpus.jsonl     {"_id", "title", "text"}, a passage a line; left out where the published index is to be judged
    queries.jsonl    {"_id", "text"}, a question a line
    qrels.tsv        a header line, then question, passage and grade between tabs; a grade of 0 is not relevant

A passage whose `_id` is `article#part` belongs to that article, like the passages of the index; any other is an article
of its own. Lines end with "\n" and nothing else: texts may hold other characters that Python takes for line ends.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chatbot.content.markdown.blocks import is_question
from chatbot.content.passages import embedded_text, split
from chatbot.errors import JudgedSetError
from chatbot.indexing.building.corpus import Corpus
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.model.embedder import Embedder
from chatbot.records import Article, Passage
from chatbot.settings import Settings

CORPUS, QUERIES, QRELS = "corpus.jsonl", "queries.jsonl", "qrels.tsv"
_SPECIAL_TOKENS = 2
_CHARACTERS_PER_TOKEN = 4


@dataclass(frozen=True, slots=True)
class Document:
    """A judged text."""

    id: str
    title: str
    text: str


@dataclass(frozen=True, slots=True)
class JudgedSet:
    """Questions by id, and for each the ids of what was judged with their grades, relevant from 1."""

    name: str
    queries: dict[str, str]
    qrels: dict[str, dict[str, int]]


def read_set(folder: Path) -> JudgedSet:
    """The questions and judgements of a folder. Raises JudgedSetError with file and line."""
    queries = {_text(record, "_id", place): _text(record, "text", place) for place, record in records(folder / QUERIES)}
    qrels: dict[str, dict[str, int]] = {}
    for number, line in _lines(folder / QRELS):
        fields = line.split("\t")
        if number == 1 and fields[-1].strip().lower() == "score":
            continue
        try:
            query, document, grade = fields
            qrels.setdefault(query, {})[document] = int(grade)
        except ValueError:
            raise JudgedSetError(
                f"{folder / QRELS}:{number}: {line[:60]!r} is no judgement; write question id, passage id and a whole "
                "number between tabs"
            ) from None
    judged = {query for query, grades in qrels.items() if any(grade > 0 for grade in grades.values())}
    if not judged & queries.keys():
        raise JudgedSetError(f"{folder}: no question of {QUERIES} has a relevant passage in {QRELS}; check the ids")
    return JudgedSet(folder.name, queries, qrels)


def read_documents(folder: Path) -> list[Document]:
    """The texts of a folder, in the order of the file. Raises JudgedSetError with file and line."""
    return [
        Document(_text(record, "_id", place), str(record.get("title") or ""), str(record.get("text") or ""))
        for place, record in records(folder / CORPUS)
    ]


def corpus_reader(folder: Path) -> Callable[[Settings, Embedder, LocalIndex | None, OnStep], Corpus]:
    """What `build` reads instead of the corpus folder: the texts of a judged set.

    A text that the model can read at once is one passage, as it was judged; a longer one is cut into as few as fit,
    and counts by its best. The id of each passage is `document#n`.
    """

    def read(_settings: Settings, embedder: Embedder, _old: LocalIndex | None, on_step: OnStep) -> Corpus:
        documents = read_documents(folder)
        groups: dict[str, list[Document]] = {}
        for document in documents:
            groups.setdefault(document.id.partition("#")[0], []).append(document)
        articles, passages = [], []
        for done, (id_, members) in enumerate(sorted(groups.items())):
            on_step("reading", done, len(groups))
            texts: list[str] = []
            for document in members:
                shift = sum(len(text) + 2 for text in texts)
                passages += [
                    replace(passage, id=f"{document.id}#{number}", article_id=id_, start=start, end=start + len(text))
                    for number, passage in enumerate(_cut(document, embedder), start=1)
                    for text, start in [(passage.text, passage.start + shift)]
                ]
                texts.append(document.text or document.title)
            articles.append(_article(id_, members[0].title, "\n\n".join(texts)))
        digests = tuple(text_digest(embedded_text(passage)) for passage in passages)
        return Corpus(tuple(articles), tuple(passages), digests, {}, {}, {})

    return read


def document_of(passage_id: str) -> str:
    """The judged text that a passage of `corpus_reader` was cut from."""
    return passage_id.rpartition("#")[0]


def _cut(document: Document, embedder: Embedder) -> list[Passage]:
    article = _article(document.id, document.title, document.text or document.title)
    stripped = article.text.strip()
    start = article.text.find(stripped)
    whole = _whole(article, start, start + len(stripped))
    if not stripped:
        return []
    if embedder.count_tokens(embedded_text(whole)) + _SPECIAL_TOKENS <= embedder.window:
        return [whole]
    title = embedder.count_tokens(embedded_text(replace(whole, text="")))
    size = max(1, embedder.window - _SPECIAL_TOKENS - title)
    cut = split(article, embedder.count_tokens, target_tokens=size, max_tokens=size)
    # Where nothing but markup is found, the beginning stands for the text, as it does wherever models truncate.
    return cut or [_whole(article, start, start + min(len(stripped), _CHARACTERS_PER_TOKEN * size))]


def _whole(article: Article, start: int, end: int) -> Passage:
    return Passage(
        *(f"{article.id}#1", article.id, article.title, (), start, end, article.text[start:end], f"/{article.id}"),
        *((), (), None, None, None),
    )


def _article(id_: str, title: str, text: str) -> Article:
    digest = hashlib.sha256(f"{title}\n{text}".encode()).hexdigest()
    asked = (title,) if is_question(title) else ()
    return Article(id_, id_, title, None, text, (), (), None, None, None, None, asked, digest)


def records(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The JSON objects of a file, each with its place as "file:line". Raises JudgedSetError."""
    for number, line in _lines(path):
        place = f"{path}:{number}"
        try:
            record = json.loads(line)
        except ValueError as error:
            raise JudgedSetError(f"{place}: this is no JSON ({error}); write one object a line") from error
        if not isinstance(record, dict):
            raise JudgedSetError(f"{place}: this is no JSON object; write one object a line")
        yield place, record


def _lines(path: Path) -> list[tuple[int, str]]:
    """The lines that are not empty, each with its number."""
    try:
        with path.open(encoding="utf-8", newline="\n") as file:
            return [(number, line.rstrip("\r\n")) for number, line in enumerate(file, start=1) if line.strip()]
    except FileNotFoundError:
        raise JudgedSetError(
            f"there is no {path}; name a file, or a folder with {QUERIES}, {QRELS} and mostly {CORPUS}"
        ) from None
    except (OSError, UnicodeDecodeError) as error:
        raise JudgedSetError(f"{path} cannot be read: {error}; name a file in UTF-8") from error


def _text(record: dict[str, Any], key: str, place: str) -> str:
    value = record.get(key)
    if not isinstance(value, str) or not value:
        raise JudgedSetError(f"{place}: '{key}' is {value!r}; expected a text")
    return value
