"""A question to an answer: what is searched, what is shown, and an honest word where nothing fits."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from operator import itemgetter

import numpy as np

from chatbot.answering import highlight, in_short
from chatbot.answering.follow_ups import FollowUps, offered
from chatbot.answering.ranking import own_page
from chatbot.answering.ranking.pins import Pins
from chatbot.answering.ranking.searcher import NOTHING, PER_ARTICLE, Query, Ranking, Searcher, reach, spread, together
from chatbot.answering.suggestions import LONGEST, Suggestion, Suggestions, can_be_meant, is_question
from chatbot.answering.understanding import foreign_language, small_talk
from chatbot.answering.understanding.conversation import Reading, checked_history, origin
from chatbot.answering.understanding.interpreter import Understanding, Understood
from chatbot.answering.understanding.vocabulary import Vocabulary, read_vocabulary
from chatbot.answering.verdict.evidence import REFUSALS, Evidence
from chatbot.answering.verdict.judge import Judge
from chatbot.arrays import Mask, Rows, Scores, Vectors
from chatbot.errors import QuestionError
from chatbot.indexing.generation.manifest import Manifest
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.model.encoder import QueryEmbedder
from chatbot.records import Answer, Article, Excerpt, Filters, Hit, Notice, Passage, Turn, Verdict, Why

MOST_CHARACTERS = 1000
MOST_HITS = 50
_PER_ARTICLE_OF_MORE = 4
_NEAREST = 10
_COMPARED = 4  # candidates for each passage of an answer, among which one may repeat another
_FEWEST = 3  # to choose from, also where the first seems to answer
_UNSURE = 0.49  # "answered" begins at one half
_MESSAGES: dict[Notice, str] = {
    "": "",
    "uncertain": "These passages come close, but may not answer the question.",
    "not_covered": "The articles do not seem to cover this. You could ask about one of their topics instead.",
    "no_article": "No article fits these filters; take one of them away.",
    "no_more": "That is all the articles have on this; there is nothing more to show.",
    "no_such_passage": "There is no such passage among those just shown. Ask for another one, or ask a question.",
}


_MOST_TOPICS = 10
_ABOUT_THE_CHATBOT = frozenset(("help", "who", "machine", "free", "privacy", "complaint", "wordless"))
_WANTING_PEOPLE = frozenset(("machine", "complaint"))


@dataclass(frozen=True, slots=True)
class People:
    """Who can help where articles do not: the `contact` of the site's people, and help lines with their countries."""

    contact: str = ""
    help_lines: tuple[tuple[str, str], ...] = ()

    def lines(self, countries: Sequence[str]) -> list[str]:
        """The help lines of some countries; all of them where none is named, or none has a line."""
        wanted = {country.casefold() for country in countries}
        own = [line for line in self.help_lines if line[0].casefold() in wanted]
        return [f"{country}: {text}" for country, text in own or self.help_lines]


@dataclass(frozen=True, slots=True)
class Trace:
    """What became of a question, step by step; `Answer` and `Explanation` are two views of it.

    `turns` are the earlier ones that count, `small_talk` its kind where it is nothing else, or empty. `strength` is the
    score of `evidence`, which is None where nothing had to be judged. `places` are those of the ranking that the answer
    shows, `unshown` those that it would show as well if each helped. `pinned` says that the editors chose what comes
    first, `own` is the number of the article on the page whose visitor asks.
    """

    question: str
    turns: tuple[Turn, ...]
    understood: Understood
    ranking: Ranking
    evidence: Evidence | None
    strength: float
    verdict: Verdict
    confidence: float
    notice: Notice
    message: str
    message_language: str = "en"
    small_talk: str = ""
    places: tuple[int, ...] = ()
    unshown: tuple[int, ...] = ()
    pinned: bool = False
    own: int | None = None

    @property
    def follows(self) -> str:
        """The earlier question that this one was completed from, "" where it was not."""
        kind = self.understood.reading.kind
        return origin(self.turns) if kind in ("follow_up", "more", "pick") else ""


@dataclass(frozen=True, slots=True)
class _Marks:
    """Of each highlight of a hit how well its best sentence answers, shape (highlights,), and its unit vector."""

    scores: Scores
    vectors: Vectors


class Answerer:
    """Answers from one generation. Safe to use from several threads."""

    def __init__(
        self,
        searcher: Searcher,
        refusals: float = REFUSALS,
        vocabulary: Vocabulary | None = None,
        language: str = "en",
        people: People = People(),
    ) -> None:
        """`refusals` is the share of covered questions that may be refused. Without a vocabulary, the shipped one.

        `language` is the tag of the articles' language.
        """
        self._searcher = searcher
        self._index = index = searcher.index
        self.judge = Judge(index.lexical_index, index.calibrated, refusals, index.known_share)
        self._understanding = Understanding(searcher, vocabulary or read_vocabulary(), language)
        self._follow_ups = FollowUps(searcher)
        self._people = people
        self._pins = Pins(searcher)

    @property
    def generation(self) -> str:
        return self._index.generation

    @property
    def manifest(self) -> Manifest:
        """What the generation says of itself."""
        return self._index.manifest

    @property
    def embedder(self) -> QueryEmbedder:
        return self._searcher.embedder

    @property
    def store(self) -> Store:
        """The articles and passages."""
        return self._index.store

    @property
    def articles(self) -> tuple[Article, ...]:
        """All articles in the order of their ids, their texts left empty."""
        return self._searcher.articles

    def __len__(self) -> int:
        return len(self._index)

    def ask(
        self,
        question: str,
        k: int,
        history: Sequence[Turn],
        filters: Filters,
        *,
        literal: bool = False,
        page: str = "",
    ) -> Answer:
        """See Chatbot.ask."""
        began = time.perf_counter()
        trace = self.trace(question, k, history, filters, literal=literal, page=page)
        read = self._read(trace, trace.places)
        return Answer(
            question=trace.question,
            searched_as=trace.understood.reading.searched_as,
            verdict=trace.verdict,
            confidence=trace.confidence,
            hits=tuple(hit for hit, _ in read),
            message=trace.message,
            topics=self._topics(trace, filters),
            follow_ups=self._offered(trace, filters),
            generation=self.generation,
            took_ms=(time.perf_counter() - began) * 1000,
            message_language=trace.message_language,
            notice=trace.notice,
            in_short=_in_short(read) if trace.verdict == "answered" else (),
            contact=self._contact(trace),
            read_as=trace.understood.reading.kind,
            follows=trace.follows,
        )

    def trace(
        self,
        question: str,
        k: int,
        history: Sequence[Turn],
        filters: Filters,
        *,
        literal: bool = False,
        page: str = "",
    ) -> Trace:
        """Everything that decides the answer to a question. Raises QuestionError."""
        asked = checked(question, k)
        turns = small_talk.without(checked_history(history))
        kind = None if literal else small_talk.kind_of(asked, opening=not turns)
        if kind:
            query = Query(asked, np.empty(0, np.float32), {})
            understood = Understood(asked, Reading("standalone", asked), query)
            verdict: Verdict = "not_covered"
            nothing = (NOTHING, None, 0.0, verdict, 0.0)
            lines = self._people.lines(filters.countries) if kind in small_talk.GRAVE else []
            message = "\n".join((small_talk.reply_to(kind), *lines))
            return Trace(asked, turns, understood, *nothing, "small_talk", message, small_talk=kind)
        return self._searched(asked, k, turns, filters, literal=literal, page=page)

    def _searched(
        self, asked: str, k: int, turns: tuple[Turn, ...], filters: Filters, *, literal: bool, page: str = ""
    ) -> Trace:
        understood = self._understanding.read(asked, turns, literal=literal)
        reading, query, language = understood.reading, understood.query, understood.foreign
        allowed = self._allowed(reading, filters)
        before = np.array(self._rows_of(reading.exclude), np.int64)
        ranking = self._unshown(query, allowed, before)
        evidence, strength = self.judge.weigh(query, ranking)
        if understood.other:
            other = self._unshown(understood.other, allowed, before)
            if reading.kind == "follow_up":  # what stands by itself is covered or not by its own words
                weighed = self.judge.weigh(understood.other, other)
                evidence, strength = max((evidence, strength), weighed, key=itemgetter(1))
            completed, alone = (ranking, other) if reading.kind == "follow_up" else (other, ranking)
            ranking = together(completed, alone, reading.leaning)
        verdict, confidence = self.judge.verdict(strength)
        verdict, notice = self._noticed(reading, verdict, nothing=not len(ranking.rows))
        message, message_language = _MESSAGES[notice], "en"
        again = reading.kind in ("pick", "more")
        pinned = None if again else self._pins.row(query, allowed, date.today())
        # An editors' question is one by itself, also where the conversation would complete it.
        chosen = self._pins.written((asked, query.text), ranking, allowed) if pinned is None and not again else pinned
        if chosen is not None:
            ranking, verdict, notice, message = self._pins.first(ranking, chosen, query), "answered", "", ""
        elif language and len(ranking.rows):
            # Never answered outright: names in common, or chance, may have found its passages.
            verdict = "uncertain" if verdict == "answered" else verdict
            confidence, notice = min(confidence, _UNSURE), "other_language"
            message, message_language = foreign_language.message_for(language)
        most = _PER_ARTICLE_OF_MORE if reading.kind == "more" else PER_ARTICLE
        repeated = self._searcher.repeated(ranking.rows[: _COMPARED * k], before)
        of = self._index.article_of[ranking.rows]
        found = spread(of, k, most, repeated)
        places = found[: _shown(understood, verdict, ranking.scores[found])]
        own = own_page.article_of(page, (article.url for article in self.articles)) if page else None
        if own is not None and places:
            near = own_page.near(found, of, ranking.scores, own)
            places = list(dict.fromkeys([*places[: int(chosen is not None)], *near, *places]))
        return Trace(
            question=asked,
            turns=turns,
            understood=understood,
            ranking=ranking,
            evidence=evidence,
            strength=strength,
            verdict=verdict,
            confidence=confidence,
            notice=notice,
            message=message,
            message_language=message_language,
            places=tuple(places),
            unshown=tuple(place for place in found if place not in places),
            pinned=pinned is not None,
            own=own,
        )

    def _unshown(self, query: Query, allowed: Mask | None, shown: Rows) -> Ranking:
        ranking = self._searcher.rank(query, allowed)
        return ranking.only(~np.isin(ranking.rows, shown)) if len(shown) else ranking

    def _allowed(self, reading: Reading, filters: Filters) -> Mask | None:
        """The rows that may be found, shape (passages,); None where all may. Filters hold for what is picked, too."""
        allowed = self._searcher.allowed(filters)
        if reading.kind != "pick":
            return allowed
        picked = np.zeros(len(self), np.bool_)
        picked[self._rows_of([reading.picked] if reading.picked else [])] = True
        return picked if allowed is None else picked & allowed

    def _noticed(self, reading: Reading, verdict: Verdict, *, nothing: bool) -> tuple[Verdict, Notice]:
        """The verdict on a question in its conversation and what is told with it, where `nothing` was found or some."""
        if nothing:
            gone = reading.kind == "pick" and not self._rows_of([reading.picked or ""])
            return "not_covered", "no_more" if reading.kind == "more" else "no_such_passage" if gone else "no_article"
        if reading.kind == "pick":
            return "answered", ""
        if reading.kind == "more" and reading.exclude and verdict == "not_covered":
            return verdict, "no_more"
        return verdict, "" if verdict == "answered" else verdict

    def ranked(self, question: str, history: Sequence[Turn] = (), *, literal: bool = False) -> list[str]:
        """The ids of all candidates for a question, best first, before any is left out."""
        turns = small_talk.without(checked_history(history))
        trace = self._searched(checked(question, 1), 1, turns, Filters(), literal=literal)
        return self.store.ids(trace.ranking.rows)

    def similar(self, passage_id: str, k: int, filters: Filters) -> tuple[Hit, ...]:
        """See Chatbot.similar."""
        row = self.store.row(passage_id)
        if row is None:
            raise QuestionError(f"there is no passage {passage_id!r}; name the id of a passage that was shown")
        vector, allowed = self._index.vectors(np.array([row]))[0], self._searcher.allowed(filters)
        rows, cosines = self._index.dense(vector, k + 1, allowed)
        others = [(int(other), float(cosine)) for other, cosine in zip(rows, cosines, strict=True) if other != row][:k]
        passages = self._index.passages(other for other, _ in others)
        hits = []
        for rank, (passage, (_, cosine)) in enumerate(zip(passages, others, strict=True), start=1):
            why = Why((), highlight.closeness(cosine), 0.0)
            hits.append(Hit(rank, passage, cosine, cosine, 0.0, (), why, highlight.reason(why)))
        return tuple(hits)

    def article(self, article_id: str) -> Article | None:
        """One article with its text."""
        return self.store.article(article_id)

    def passage(self, passage_id: str) -> Passage | None:
        """One passage."""
        row = self.store.row(passage_id)
        return None if row is None else self._index.passages([row])[0]

    def starters(self, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.starters."""
        return self._follow_ups.starters(n, filters)

    def suggest(self, text: str, n: int, filters: Filters) -> tuple[str, ...]:
        """See Chatbot.suggest."""
        typed = " ".join(text[:LONGEST].split())
        allowed = self._searcher.allowed(filters)
        articles = None if allowed is None else set(self._index.article_of[allowed].tolist())
        questions = self._suggestions.starting(typed, n, articles)
        if len(questions) < n and can_be_meant(typed):
            query = self._searcher.query(typed)
            ranking = self._searcher.rank(query, allowed)
            if self.judge(query, ranking)[0] != "not_covered":
                near = dict.fromkeys(self._index.article_of[ranking.rows[:10]].tolist())
                questions += self._suggestions.near(typed, near)
        return tuple(dict.fromkeys(questions))[:n]

    @cached_property
    def _suggestions(self) -> Suggestions:
        editors = (Suggestion(question, n) for n, article in enumerate(self.articles) for question in offered(article))
        headings = (
            Suggestion(heading, number)
            for number, path in self._index.store.headings()
            for heading in path
            if is_question(heading)
        )
        return Suggestions(chain(editors, headings))

    def hits(self, trace: Trace, places: Sequence[int]) -> tuple[Hit, ...]:
        """The passages at some places of a ranking, with the sentences that answer and the reason."""
        return tuple(hit for hit, _ in self._read(trace, places))

    def _read(self, trace: Trace, places: Sequence[int]) -> list[tuple[Hit, _Marks]]:
        query, ranking = trace.understood.query, trace.ranking
        weights = {term: weight * self._index.idf(term) for term, weight in query.weights.items()}
        read = []
        passages = self._index.passages(ranking.rows[list(places)])
        for rank, (place, passage) in enumerate(zip(places, passages, strict=True), start=1):
            spans, vectors = self._index.sentences(int(ranking.rows[place]))
            sentences = [passage.text[start:end] for start, end in spans.tolist()]
            coverage = highlight.coverage(sentences, weights)
            scores = highlight.scores(vectors @ query.vector, coverage)
            marked = highlight.choose(passage.text, spans.tolist(), scores, coverage)
            best = [one.sentence for one in marked]
            score, cosine = float(ranking.scores[place]), float(ranking.cosines[place])
            matched = highlight.matched_words(
                query.text, (passage.title, *passage.headings, *passage.columns, *sentences)
            )
            share = float(ranking.words[place]) / score if score > 0 else 0.0
            pinned = trace.pinned and place == 0
            on_page = trace.own == self._index.article_of[ranking.rows[place]]
            why = Why(tuple(matched), highlight.closeness(cosine), min(max(share, 0.0), 1.0), pinned, bool(on_page))
            chosen, reason = tuple(one.highlight for one in marked), highlight.reason(why)
            hit = Hit(rank, passage, score, cosine, float(ranking.bm25[place]), chosen, why, reason)
            read.append((hit, _Marks(scores[best], vectors[best])))
        return read

    def _topics(self, trace: Trace, filters: Filters) -> tuple[str, ...]:
        """The nearest topics, where the passages alone do not answer, and what is covered, where none of them does."""
        if trace.small_talk:
            return self._follow_ups.covered(filters) if trace.small_talk in _ABOUT_THE_CHATBOT else ()
        reading, language = trace.understood.reading, trace.understood.foreign
        if trace.verdict == "answered" or reading.kind in ("more", "pick") or language:
            return ()
        nearest = self._follow_ups.topics(trace.ranking.rows[:_NEAREST])
        if trace.notice != "not_covered":
            return nearest
        return tuple(dict.fromkeys((*nearest, *self._follow_ups.covered(filters))))[:_MOST_TOPICS]

    def _contact(self, trace: Trace) -> str:
        """Where people can be asked, "" where nobody needs to be."""
        wanted = trace.small_talk in _WANTING_PEOPLE if trace.small_talk else trace.verdict != "answered"
        return self._people.contact if wanted else ""

    def _offered(self, trace: Trace, filters: Filters) -> tuple[str, ...]:
        """What could be asked next and was not asked yet."""
        if trace.small_talk:
            before = {turn.question for turn in trace.turns}
            starters = () if trace.small_talk in small_talk.GRAVE else self.starters(6, filters)
            return tuple(question for question in starters if question not in before)[:3]
        rows = trace.ranking.rows
        if trace.notice == "not_covered":
            asked = [turn.question for turn in trace.turns]
            return self._follow_ups.near(rows[:_NEAREST], trace.understood.query.vector, asked)
        shown = {int(row) for row in rows[list(trace.places)]} | set(self._rows(trace.turns))
        said = [text for turn in trace.turns for text in (turn.question, turn.searched_as)]
        return self._follow_ups.after(rows[:_NEAREST], [*said, trace.understood.reading.searched_as], shown)

    def _rows(self, turns: Sequence[Turn]) -> list[int]:
        return self._rows_of(dict.fromkeys(passage for turn in turns for passage in turn.shown))

    def _rows_of(self, passage_ids: Iterable[str]) -> list[int]:
        rows = map(self.store.row, passage_ids)
        return [row for row in rows if row is not None]


def _shown(understood: Understood, verdict: Verdict, scores: Scores) -> int:
    """How many of the passages that were found are shown; who asks for more gets them all."""
    if verdict == "not_covered":
        return 0
    if understood.reading.kind == "more":
        return len(scores)
    return reach(scores, _FEWEST)


def _in_short(read: Sequence[tuple[Hit, _Marks]]) -> tuple[Excerpt, ...]:
    """The sentences of the first hits that together answer."""
    first = read[: in_short.HITS]
    excerpts = [Excerpt(hit.rank, hit.passage.text[one.start : one.end]) for hit, _ in first for one in hit.highlights]
    if not excerpts:
        return ()
    scores, vectors = (np.concatenate([getattr(marks, name) for _, marks in first]) for name in ("scores", "vectors"))
    return in_short.choose(excerpts, scores, vectors)


def checked(question: str, k: int) -> str:
    """The question with its white space put in order. Raises QuestionError where it or k cannot be used."""
    text = " ".join("".join(char if char.isprintable() else " " for char in question).split())
    if not text:
        raise QuestionError("the question is empty; type what you want to know")
    if len(text) > MOST_CHARACTERS:
        raise QuestionError(f"the question has {len(text)} characters, at most {MOST_CHARACTERS} are read; shorten it")
    if not 1 <= k <= MOST_HITS:
        raise QuestionError(f"k is {k}, expected 1 to {MOST_HITS}")
    return text
