"""An explanation is another view of the answer: the same passages, verdict and message, whatever was asked."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from chatbot import Answer, Chatbot, Filters, Settings, Turn
from chatbot.answering.answerer import Answerer
from chatbot.answering.explanation import Explanation, explain
from chatbot.records import Verdict
from tests.support.small_site import small_settings, small_site

EVERYTHING, INTERVIEWS, TOMORROW = Filters(), Filters(topics=("interviews",)), Filters(updated_since=date(2999, 1, 1))
CAREER = ("What does a data engineer do?", "and the salary?")
# The question, what was asked before, whether it is literal, how it is read, and the verdict without filters.
ASKED: list[tuple[str, tuple[str, ...], bool, str, Verdict]] = [
    ("How do I become a data scientist?", (), False, "standalone", "answered"),
    ("How do I become a data scientist?", (), True, "standalone", "answered"),
    ("salry of a data enginer", (), False, "standalone", "answered"),
    ("salry of a data enginer", CAREER, True, "standalone", "uncertain"),
    ("how long does it take?", ("How do I become a data scientist?",), False, "follow_up", "answered"),
    ("tell me more", CAREER, False, "more", "answered"),
    ("tell me more", ("sabbatical", "tell me more", "tell me more"), False, "more", "not_covered"),
    ("the second one", CAREER, False, "pick", "answered"),
    ("the ninth one", CAREER, False, "pick", "not_covered"),
    ("How do I write a cover letter?", CAREER, False, "change", "answered"),
    ("hello", (), False, "small_talk", "not_covered"),
    ("thanks!", CAREER, False, "small_talk", "not_covered"),
    ("I want to die", (), False, "small_talk", "not_covered"),
    ("hello", (), True, "standalone", "not_covered"),
    ("Wie werde ich Data Scientist?", (), False, "standalone", "uncertain"),
    ("¿Debo negociar el salario de mi primera oferta?", CAREER, False, "standalone", "not_covered"),
    ("hedge fund portfolio manager", (), False, "standalone", "uncertain"),
    ("how do I boil an egg", (), False, "standalone", "not_covered"),
]


@pytest.fixture(scope="module")
def bot(shipped: dict[str, str]) -> Chatbot:
    folders = {"corpus_dir": shipped["CHATBOT_CORPUS_DIR"], "index_dir": shipped["CHATBOT_INDEX_DIR"]}
    return Chatbot.open(Settings(**{name: Path(folder) for name, folder in folders.items()}))


def assert_two_views(answer: Answer, explained: Explanation) -> None:
    """That both say the same, and that what is unshown goes on where the answer ends."""
    assert (explained.question, explained.searched_as) == (answer.question, answer.searched_as)
    assert (explained.verdict, explained.confidence) == (answer.verdict, answer.confidence)
    assert explained.message == answer.message
    ranks = [hit.rank for hit in (*explained.hits, *explained.unshown)]
    assert ranks == list(range(1, len(ranks) + 1))
    assert [(hit.rank, hit.passage_id, hit.score, hit.cosine, hit.bm25, hit.reason) for hit in explained.hits] == [
        (hit.rank, hit.passage.id, hit.score, hit.cosine, hit.bm25, hit.reason) for hit in answer.hits
    ]
    assert [(hit.matched, hit.sentences) for hit in explained.hits] == [
        (hit.why.words, tuple(hit.passage.text[mark.start : mark.end] for mark in hit.highlights))
        for hit in answer.hits
    ]


@pytest.mark.parametrize("filters", [EVERYTHING, INTERVIEWS, TOMORROW], ids=["everything", "interviews", "tomorrow"])
@pytest.mark.parametrize(("question", "before", "literal", "read_as", "verdict"), ASKED)
def test_an_explanation_lists_the_passages_of_the_answer(  # noqa: PLR0913, PLR0917 - a question and its conditions
    bot: Chatbot,
    question: str,
    before: tuple[str, ...],
    literal: bool,
    read_as: str,
    verdict: Verdict,
    filters: Filters,
) -> None:
    history: tuple[Turn, ...] = ()
    for asked in before:
        said = bot.ask(asked, k=3, history=history)
        history = (*history, Turn(said.question, said.searched_as, tuple(hit.passage.id for hit in said.hits)))
    for k in (1, 7):
        answer = bot.ask(question, k=k, history=history, filters=filters, literal=literal)
        explained = bot.explain(question, k=k, history=history, filters=filters, literal=literal)
        assert_two_views(answer, explained)
        assert explained.read_as == read_as
        assert filters != EVERYTHING or answer.verdict == verdict
        assert filters != TOMORROW or not (answer.hits or explained.unshown)


def test_the_passages_of_the_page_that_is_read_come_first_in_both(tmp_path: Path) -> None:
    texts = {"a": "Ask for better pay.\n", "b": "With python comes better pay.\n"}
    front = "---\nurl: https://a.example/{}\n---\n\n"
    site = small_site(tmp_path, {f"{name}.md": front.format(name) + text for name, text in texts.items()})
    bot = Chatbot(small_settings(tmp_path), site)
    for name in texts:
        page = f"https://a.example/{name}"
        answer, explained = bot.ask("better pay", page=page), bot.explain("better pay", page=page)
        assert_two_views(answer, explained)
        assert explained.hits[0].passage_id == f"{name}#1"


def test_what_an_uncovered_question_would_be_shown_is_explained(bot: Chatbot) -> None:
    explained = bot.explain("how do I boil an egg", k=3)
    assert ([hit.rank for hit in explained.unshown], explained.hits) == ([1, 2, 3], ())
    assert explained.strength < explained.thresholds.refuse_below


@pytest.mark.parametrize(
    ("question", "also_searched_as"),
    [("should I sign the papers?", "should I sign the papers?"), ("why?", ""), ("why are seas salty?", "")],
)
def test_the_other_reading_of_a_question_is_told(bot: Chatbot, question: str, also_searched_as: str) -> None:
    first = bot.ask("I got laid off last week")
    history = [Turn(first.question, first.searched_as, tuple(hit.passage.id for hit in first.hits))]
    assert bot.explain(question, history=history).also_searched_as == also_searched_as


@pytest.fixture(scope="module")
def pinning(tmp_path_factory: pytest.TempPathFactory) -> Answerer:
    """What answers from two articles, of which one is pinned to a question that the other answers better."""
    pinned = "pinned:\n  - question: Better pay offer\n    heading: Raises\n"
    team = "## First\n\nA team likes to learn python.\n\n## Raises\n\nRemote teams get no interview.\n"
    articles = {
        "pay.md": "## Offers\n\nAsk for better pay when you get an offer from a team.\n",
        "team.md": f"---\ntitle: Team\ntopics: [teams]\n{pinned}---\n\n{team}",
    }
    return small_site(tmp_path_factory.mktemp("pinning"), articles)


@pytest.mark.parametrize(
    ("filters", "pinned"), [(Filters(), True), (Filters(topics=("teams",)), True), (Filters(topics=("other",)), False)]
)
@pytest.mark.parametrize("literal", [False, True])
def test_what_editors_pinned_comes_first_in_both(
    pinning: Answerer, filters: Filters, pinned: bool, literal: bool
) -> None:
    answer = pinning.ask("better pay offer", 3, (), filters, literal=literal)
    explained = explain(pinning, pinning.trace("better pay offer", 3, (), filters, literal=literal))
    assert_two_views(answer, explained)
    assert [hit.why.pinned for hit in answer.hits[:1]] == ([True] if pinned else [])
    assert [hit.reason == "chosen by the editors" for hit in explained.hits[:2]] == [True, False][: len(explained.hits)]


@pytest.mark.parametrize(
    ("question", "filters", "notice"),
    [
        ("How do I become a data scientist?", EVERYTHING, ""),
        ("hedge fund portfolio manager", EVERYTHING, "uncertain"),
        ("how do I boil an egg", EVERYTHING, "not_covered"),
        ("How do I become a data scientist?", TOMORROW, "no_article"),
        ("hello", TOMORROW, "small_talk"),
        ("Wie werde ich Data Scientist?", EVERYTHING, "other_language"),
        ("tell me more", TOMORROW, "no_more"),
        ("the ninth one", EVERYTHING, "no_such_passage"),
        ("the first one", TOMORROW, "no_article"),
    ],
)
def test_what_a_message_is_about_is_a_value(bot: Chatbot, question: str, filters: Filters, notice: str) -> None:
    first = bot.ask("hedge fund portfolio manager", k=3)
    history = [Turn(first.question, first.searched_as, tuple(hit.passage.id for hit in first.hits))]
    answer = bot.ask(question, history=history, filters=filters)
    assert (answer.notice, bool(answer.message)) == (notice, bool(notice))
