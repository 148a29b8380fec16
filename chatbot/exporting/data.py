"""An index as files for the script: what every question needs in one, all else in small ones, fetched when used.

base      articles, heads of all passages, questions out of scope, limits of verdicts, the names of all other files
words/    rows of the table, some words and their pairs a file
terms/    what terms add to passages
passages/ a passage a file: text, sentences, vectors of it, of its sentences, of the questions that lead to it
asked/    which passage the very words of a known question lead to
known/    words of an English dictionary, by which what is misspelt is told
lexicon   words of the corpus and how common each is, fetched to mend a word that is not known
next      questions to ask next or while typing

Small files name passages by their slots, which an edit elsewhere does not move, and say nothing of the whole corpus:
so that most of them stay as they are.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import astuple
from itertools import chain
from typing import Any

import numpy as np
import numpy.typing as npt

from chatbot.answering import highlight, in_short
from chatbot.answering.follow_ups import offered
from chatbot.answering.ranking.comparison import names_in
from chatbot.answering.ranking.pins import Pins
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.static.packed import Packed
from chatbot.answering.static.static_index import OPENED, StaticIndex
from chatbot.answering.static.term_lists import Term
from chatbot.answering.suggestions import all_suggestions
from chatbot.answering.understanding.spelling import Lexicon, english
from chatbot.answering.verdict.evidence import KNOWN_SHARE, Thresholds
from chatbot.content.markdown.plain import plain
from chatbot.exporting.shards import Files, gaps, hashes, packed, put, shards, stretches, varints
from chatbot.exporting.static_pages import passage_url
from chatbot.indexing.words.tokens import words
from chatbot.records import Article, Passage

FORMAT = 2
FOLDER = "data"
Slots = npt.NDArray[np.int32]
_WORDS, _TERMS, _KNOWN, _ASKED = 12, 4, 800, 100  # keys a file


def data_files(
    searcher: Searcher, index: StaticIndex, slots: Slots, limits: Thresholds, lexicon: Lexicon
) -> tuple[str, Files]:
    """The path of the base, and all files of an index, the one of the searcher, with the `limits` of its verdicts."""
    files: Files = {}
    told = [_table(index, files), _terms(index, slots, files), _known(files), _asked(searcher, slots, files)]
    paths = [
        put(_passage(index, row, passage), f"{FOLDER}/passages", files)
        for row, passage in enumerate(index.passages(range(len(index))))
    ]
    names = b"".join(bytes.fromhex(path.rpartition("/")[2][:-4]) for path in (*chain(*told), *paths))
    counts = Counter(index.article_of.tolist())
    arrays, outside = index.arrays, index.outside
    head = {
        "format": FORMAT,
        "generation": index.generation,
        "passages": len(index),
        "slots": stretches(slots),
        "dim": index.manifest.dim,
        "opened": OPENED,
        "articles": [_article(one, counts[number]) for number, one in enumerate(searcher.articles)],
        "pins": [
            [number, pin.question, pin.until.isoformat() if pin.until else "", row]
            for number, pin, row in Pins(searcher).placed
        ],
        "rare": index.idf(""),
        "outside": len(outside),
        "scale": index.calibrated.scale.tolist() if index.calibrated else [],
        "limits": astuple(limits),
        "known": index.known_share >= KNOWN_SHARE,
        "files": [len(one) for one in told],
        "lexicon": put(packed(_lexicon(lexicon)), f"{FOLDER}/more", files),
        "next": put(packed(_next(searcher)), f"{FOLDER}/more", files),
    }
    base = packed(
        head,
        arrays.heads.scales,
        arrays.added,
        index.hubs_of_passages,
        outside.scales,
        outside.codes,
        arrays.heads.codes,
        np.frombuffer(names, np.uint8),
    )
    return put(base, FOLDER, files), files


def _table(index: StaticIndex, files: Files) -> list[str]:
    table = index.table
    keys = table.numbers

    def write(some: list[str]) -> bytes:
        rows = np.array([keys[key] for key in some], np.int64)
        weights = [float(table.weights[row]) if row < len(table.weights) else 0.0 for row in rows]
        vectors = table.rows.of_rows(rows)
        return packed(some, np.array(weights, np.float32), vectors.scales, vectors.codes)

    return shards(keys, _WORDS, write, f"{FOLDER}/words", files)


def _terms(index: StaticIndex, slots: Slots, files: Files) -> list[str]:
    terms = dict(index.static_words.terms())
    firsts = slots[np.searchsorted(index.article_of, np.arange(index.article_of[-1] + 1))]

    def write(some: list[str]) -> bytes:
        head, numbers = [], [np.empty(0, np.uint8)]
        for name in some:
            term = terms[name]
            head.append([name, term.idf, term.own, len(term.rows), len(term.articles), float(term.scale)])
            numbers += _term(term, slots, firsts)
        return packed(head, np.concatenate(numbers))

    return shards(terms, _TERMS, write, f"{FOLDER}/terms", files)


def _term(term: Term, slots: Slots, firsts: Slots) -> list[npt.NDArray[np.uint8]]:
    """Rows as slots, an article as that of its first passage, each list ascending with its codes beside it."""
    own = min(term.own, len(term.rows))
    lists = [
        (slots[term.rows[:own]], term.codes[:own]),
        (slots[term.rows[own:]], term.codes[own:]),
        (firsts[term.articles], term.article_codes),
    ]
    ordered = [(places[by], codes[by]) for places, codes in lists for by in (np.argsort(places),)]
    return [varints(gap for places, _ in ordered for gap in gaps(places)), *(codes for _, codes in ordered)]


def _known(files: Files) -> list[str]:
    return shards(english(), _KNOWN, packed, f"{FOLDER}/known", files)


def _asked(searcher: Searcher, slots: Slots, files: Files) -> list[str]:
    """By a hash of 64 bits, since the questions themselves would be the largest part of an export."""
    written: dict[str, set[int]] = {}
    for number, article in enumerate(searcher.articles):
        for question, row in zip(article.questions, searcher.leads(number, article.questions), strict=True):
            written.setdefault(" ".join(words(question)), set()).add(int(slots[row]))

    def write(some: list[str]) -> bytes:
        told = [(*hashes(text), slot) for text in some for slot in sorted(written[text])]
        return packed([], np.array(told, np.uint32))

    return shards(written, _ASKED, write, f"{FOLDER}/asked", files)


def _passage(index: StaticIndex, row: int, passage: Passage) -> bytes:
    text = passage.text
    spans, _ = index.sentences(row)
    wholes = []
    for first, last in highlight.wholes(text, spans.tolist()):
        raw = text[spans[first][0] : spans[last][1]]
        shown = plain(raw)
        least = 0.0 if last > first else highlight.least_coverage(text, tuple(spans[first].tolist()))
        wholes.append([first, last, least, int(in_short.stands_alone(raw, shown)), int(in_short.leans(shown))])
    head = {
        "id": passage.id,
        "headings": passage.headings,
        "start": passage.start,
        "text": text,
        "url": passage_url(passage.url),
        "columns": passage.columns,
        "spans": spans.ravel().tolist(),
        "wholes": wholes,
    }
    if "|" in text:
        head["names"] = names_in(passage)
    asked = slice(int(index.questions.starts[row]), int(index.questions.starts[row + 1]))
    sentences = index.sentence_places(row)
    arrays = index.arrays
    parts = [
        arrays.passages.of_rows(np.array([row])),
        *(
            Packed(each.codes[own], each.scales[own])
            for each, own in ((arrays.questions, asked), (arrays.sentences, sentences))
        ),
    ]
    head["questions"] = len(parts[1])
    scales, codes = (np.concatenate([getattr(part, name) for part in parts]) for name in ("scales", "codes"))
    return packed(head, scales, index.hubs_of_questions[asked], codes)


def _article(article: Article, passages: int) -> dict[str, Any]:
    told: dict[str, Any] = {
        "id": article.id,
        "title": article.title,
        "passages": passages,
        "url": article.url,
        "topics": article.topics,
        "audience": article.audience,
        "country": article.country,
        **{name: day.isoformat() for name in ("published", "updated", "review_by") if (day := getattr(article, name))},
    }
    return {name: value for name, value in told.items() if value}


def _lexicon(lexicon: Lexicon) -> list[list[Any]]:
    """Words to mend to, and in how many passages each is."""
    counts = lexicon.counts
    return [list(lexicon.candidates), [counts.get(word, 0) for word in lexicon.candidates]]


def _next(searcher: Searcher) -> list[list[Any]]:
    """What may be asked next and headings that ask, with the number of the article.

    What may be asked next has besides the row that it leads to and its place among the questions that lead there.
    """
    questions, asked = searcher.index.questions, []
    for number, article in enumerate(searcher.articles):
        places = searcher.question_places(number, offered(article))
        for question, place, row in zip(offered(article), places, questions.rows(places).tolist(), strict=True):
            asked.append([question, number, row, place - int(questions.starts[row])])
    suggested = all_suggestions(searcher.articles, searcher.index.store)
    return [asked, [[one.question, one.article] for one in suggested][len(asked) :]]
