"""What Milvus keeps of a generation: one collection of passages, one of files; and one of files for each encoder.

Their names begin with that of the settings and two underscores, which no site's name has in it, and the settings' name
alone is an alias of the passages that are served. Passages, a row each:

    row          the passage's row, the primary key
    article      the position of its article
    topics, audience, country, day
                 what filters look at, in lower case; an article for everybody has the audience "", one without a date
                 the day 0
    hub          how close it is to passages at large
    vector       float32 (dim,), the unit row of `embeddings.npy`
    words        sparse, by term: what it and its article add to a question's score, but for the question's weight;
                 where the server has no sparse vectors, `lexical/` is among the files instead
    passage      the rest of the passage, as JSON
    sentences    spans, scales and codes of its sentences, in base64

Files, a row for each piece: `id` ("NAME NUMBER"), `name`, `part`, `data` in base64. They are a generation of its own
kind, whose manifest names them: those that a server reads, which are small beside the passages.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.arrays import Vectors
from chatbot.errors import CorpusIndexError
from chatbot.indexing.generation.vectors import FLAT_LIMIT
from chatbot.records import Article, Filters, Passage

LONGEST = 65_535  # bytes of a text field
PIECE = 48_000  # bytes of a file in a row: 64,000 in base64
ARTICLES, HEADINGS = "articles.sqlite", "headings.json"
LIST = "list of files"
TEXTS = "articles/"
# What Milvus has in its own way, or the two files above stand for.
_KEPT_THERE = ("passages.sqlite", "embeddings.npy", "hubs.npy", "vectors.faiss", "sentences/")
_WORDS = "lexical/"
_WEIGHTS = ("terms.txt", "first_rows.npy", "passage_starts.npy", "article_starts.npy")
_MOST_TAGS = 4096


def passages_in(collection: str, generation: str) -> str:
    """The collection of a generation's passages."""
    return f"{collection}__passages_{generation}"


def files_in(collection: str, generation: str) -> str:
    """The collection of a generation's files."""
    return f"{collection}__files_{generation}"


def encoder_in(collection: str, encoder: str) -> str:
    """The collection of an encoder's files."""
    return f"{collection}__encoder_{encoder}"


def read_name(collection: str, name: str) -> tuple[str, str]:
    """What a collection holds, "passages", "files" or "encoder", and of which; "" for one that is not of these."""
    found = re.fullmatch(rf"{collection}__(passages|files|encoder)_([0-9a-f]{{16}})", name)
    return (found[1], found[2]) if found else ("", "")


def read_by_servers(files: Iterable[str], *, sparse: bool) -> list[str]:
    """Those files of a generation that a server reads; `sparse` says that Milvus has its words."""
    weights = {f"{_WORDS}{name}" for name in _WEIGHTS}
    read = [name for name in files if not name.startswith(_KEPT_THERE)]
    return [name for name in read if not (sparse and name.startswith(_WORDS)) or name in weights]


def files_of(folder: Path) -> Iterator[tuple[str, bytes]]:
    """The files of a folder by their paths inside it."""
    for path in sorted(folder.rglob("*")):
        if path.is_file():
            yield path.relative_to(folder).as_posix(), path.read_bytes()


def pieces(name: str, data: bytes) -> list[dict[str, Any]]:
    """A file as rows for Milvus."""
    return [
        {
            "id": f"{name} {part}",
            "name": name,
            "part": part,
            "data": base64.b64encode(data[first : first + PIECE]).decode(),
            "nothing": [0.0, 0.0],
        }
        for part, first in enumerate(range(0, max(len(data), 1), PIECE))
    ]


@dataclass(frozen=True, slots=True)
class Kept:
    """A passage as Milvus gives it: everything but its words."""

    vector: Vectors
    hub: float
    passage: dict[str, Any]
    spans: npt.NDArray[np.int32]
    scales: npt.NDArray[np.float32]
    codes: npt.NDArray[np.int8]


FIELDS = ("row", "hub", "vector", "passage", "sentences")


def schema(dim: int, *, sparse: bool) -> Any:
    """That of a collection of passages."""
    from pymilvus import DataType, MilvusClient

    made = MilvusClient.create_schema(auto_id=False)
    made.add_field("row", DataType.INT64, is_primary=True)
    made.add_field("article", DataType.INT64)
    for name in ("topics", "audience"):
        tags = {"max_capacity": _MOST_TAGS, "max_length": LONGEST}
        made.add_field(name, DataType.ARRAY, element_type=DataType.VARCHAR, **tags)
    made.add_field("country", DataType.VARCHAR, max_length=LONGEST)
    made.add_field("day", DataType.INT64)
    made.add_field("hub", DataType.FLOAT)
    made.add_field("vector", DataType.FLOAT_VECTOR, dim=dim)
    if sparse:
        made.add_field("words", DataType.SPARSE_FLOAT_VECTOR)
    made.add_field("passage", DataType.VARCHAR, max_length=LONGEST)
    made.add_field("sentences", DataType.VARCHAR, max_length=LONGEST)
    return made


def file_schema() -> Any:
    """That of a collection of files."""
    from pymilvus import DataType, MilvusClient

    made = MilvusClient.create_schema(auto_id=False)
    made.add_field("id", DataType.VARCHAR, is_primary=True, max_length=4096)
    made.add_field("name", DataType.VARCHAR, max_length=4096)
    made.add_field("part", DataType.INT64)
    made.add_field("data", DataType.VARCHAR, max_length=LONGEST)
    made.add_field("nothing", DataType.FLOAT_VECTOR, dim=2)  # a collection cannot be without
    return made


def indexes(total: int, *, sparse: bool) -> Any:
    """Those of a collection of so many passages: exact up to as many as on one machine."""
    from pymilvus import MilvusClient

    made = MilvusClient.prepare_index_params()
    if total <= FLAT_LIMIT:
        made.add_index("vector", index_type="FLAT", metric_type="IP")
    else:
        made.add_index("vector", index_type="HNSW", metric_type="IP", params={"M": 32, "efConstruction": 200})
    if sparse:
        every = {"drop_ratio_build": 0.0}
        made.add_index("words", index_type="SPARSE_INVERTED_INDEX", metric_type="IP", params=every)
    return made


def file_indexes() -> Any:
    """Those of a collection of files."""
    from pymilvus import MilvusClient

    made = MilvusClient.prepare_index_params()
    made.add_index("nothing", index_type="FLAT", metric_type="IP")
    return made


def tags(article: Article) -> dict[str, Any]:
    """What filters look at."""
    day = article.updated or article.published
    return {
        "topics": [topic.casefold() for topic in article.topics],
        "audience": [one.casefold() for one in article.audience] or [""],
        "country": (article.country or "").casefold(),
        "day": day.toordinal() if day else 0,
    }


def condition(filters: Filters) -> str:
    """What `answering.ranking.searcher.keeps` asks of an article, as an expression of Milvus; "" for nothing."""
    asked = []
    if filters.topics:
        asked.append(f"array_contains_any(topics, {_quoted(filters.topics)})")
    if filters.audience:
        asked.append(f"array_contains_any(audience, {_quoted(('', *filters.audience))})")
    if filters.countries:
        asked.append(f"country in {_quoted(('', *filters.countries))}")
    if filters.updated_since:
        asked.append(f"day >= {filters.updated_since.toordinal()}")
    return " and ".join(asked)


def packed(passage: Passage, digest: bytes) -> str:
    """What is a passage's own, as JSON; the rest is its article's. Raises CorpusIndexError where it is too long."""
    own = {name: getattr(passage, name) for name in ("headings", "start", "end", "text", "url", "columns")}
    return _fitting(json.dumps({**own, "digest": digest.hex()}, ensure_ascii=False), passage, "text")


def unpacked(values: dict[str, Any], article: Article, number: int) -> Passage:
    """The passage of an article again; `number` counts from 1."""
    return Passage(
        id=f"{article.id}#{number}",
        article_id=article.id,
        title=article.title,
        headings=tuple(values["headings"]),
        start=values["start"],
        end=values["end"],
        text=values["text"],
        url=values["url"],
        topics=article.topics,
        audience=article.audience,
        country=article.country,
        updated=article.updated,
        review_by=article.review_by,
        columns=tuple(values["columns"]),
    )


def packed_sentences(
    spans: npt.NDArray[np.int32], scales: npt.NDArray[np.float32], codes: npt.NDArray[np.int8], passage: Passage
) -> str:
    """The three arrays of a passage's sentences in base64. Raises CorpusIndexError where they are too long."""
    whole = spans.astype("<i4").tobytes() + scales.astype("<f4").tobytes() + codes.tobytes()
    return _fitting(base64.b64encode(whole).decode(), passage, "sentences")


def kept(entity: dict[str, Any], dim: int) -> Kept:
    """What an entity of Milvus with FIELDS says."""
    whole = base64.b64decode(entity["sentences"])
    count = len(whole) // (dim + 12)
    return Kept(
        vector=np.array(entity["vector"], np.float32),
        hub=float(entity["hub"]),
        passage=json.loads(entity["passage"]),
        spans=np.frombuffer(whole, "<i4", 2 * count).reshape(count, 2),
        scales=np.frombuffer(whole, "<f4", count, 8 * count),
        codes=np.frombuffer(whole, np.int8, dim * count, 12 * count).reshape(count, dim),
    )


def _fitting(text: str, passage: Passage, what: str) -> str:
    size = len(text.encode())
    if size > LONGEST:
        raise CorpusIndexError(
            f"the {what} of passage {passage.id} take {size} bytes, and Milvus takes {LONGEST} in one place; "
            "lower passages.max_tokens in the settings, or break the passage up in its article"
        )
    return text


def _quoted(values: Sequence[str]) -> str:
    return json.dumps([value.casefold() for value in values], ensure_ascii=False)
