"""An editor's own judged questions: each with quotes from articles, which outlive any way of cutting passages.

A line of the file is `{"question": "…", "answers": [{"article": "id", "quote": "…"}]}`. A passage answers when it holds
at least half of a quote.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from chatbot.answering.judged import JudgedSet, records
from chatbot.errors import JudgedSetError
from chatbot.indexing.store import Store


def read_gold(file: Path, store: Store) -> JudgedSet:
    """The questions of a file, judged against the passages of an index. Raises JudgedSetError with file and line.

    Questions whose quotes are no longer in the articles have no judgement.
    """
    queries: dict[str, str] = {}
    qrels: dict[str, dict[str, int]] = {}
    for place, record in records(file):
        question, answers = record.get("question"), record.get("answers", [])
        if not isinstance(question, str) or not isinstance(answers, list):
            raise JudgedSetError(f"{place}: expected a 'question' and a list of 'answers' with article and quote")
        id_ = str(record.get("id", len(queries) + 1))
        queries[id_] = question
        found = {passage: 1 for answer in answers for passage in quoted(answer, store, place)}
        if found:
            qrels[id_] = found
    if not qrels:
        raise JudgedSetError(f"{file}: none of its quotes is in a published article; check article ids and quotes")
    return JudgedSet(file.stem, queries, qrels)


def quoted(answer: Any, store: Store, place: str) -> list[str]:
    """The ids of the passages that hold at least half of a quote."""
    try:
        article_id, quote = str(answer["article"]), str(answer["quote"])
    except (TypeError, KeyError):
        raise JudgedSetError(
            f"{place}: an answer is {answer!r}; expected its 'article' and a 'quote' from it"
        ) from None
    article = store.article(article_id)
    start = article.text.find(quote) if article and quote else -1
    if start < 0:
        return []
    end = start + len(quote)
    return [
        passage.id
        for _, passage, _ in store.passages_of(article_id)
        if min(end, passage.end) - max(start, passage.start) >= len(quote) / 2
    ]
