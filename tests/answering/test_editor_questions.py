"""`questions` and `aliases` in front matter: what they find, and that they are never shown as text of the passage."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chatbot import Chatbot, Settings
from chatbot.answering.follow_ups import offered
from chatbot.answering.ranking.searcher import Searcher
from chatbot.content.readers.registry import parse
from chatbot.errors import ContentError
from chatbot.evaluation.effect import side
from chatbot.indexing.building.build import build
from chatbot.indexing.generation.calibration_data import text_digest
from chatbot.indexing.generation.editor_questions import Sections, sections
from chatbot.indexing.generation.hubs import Texts, hubness
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.records import Answer, Filters, Turn
from tests.support.keyword_embedder import KeywordEmbedder
from tests.support.small_site import small_settings

PAY = "---\ntitle: Pay\n---\n\n## Offers\n\nAsk for better pay when you get an offer.\n"
TEAM = """## Joining

A team likes people who learn python and say so at the interview, wherever they are.

## Leaving

People leave a remote team because nobody there would learn a thing about them.
"""


class Site:
    def __init__(self, folder: Path) -> None:
        self.settings = small_settings(folder)
        self.settings.corpus_dir.mkdir()
        (self.settings.corpus_dir / "pay.md").write_text(PAY)
        self.embedder = KeywordEmbedder()

    def publish(self, **more: list[str] | list[dict[str, str]]) -> LocalIndex:
        lines = "".join(f"{key}: {json.dumps(values)}\n" for key, values in more.items())
        (self.settings.corpus_dir / "team.md").write_text(f"---\ntitle: Team\n{lines}---\n\n{TEAM}")
        report = build(self.settings, embedder=self.embedder)
        return LocalIndex.open(self.settings.index_dir / report.generation)

    def ask(self, index: LocalIndex, question: str, *turns: Turn, filters: Filters = Filters()) -> Answer:
        return side(index, self.embedder, self.settings).answerer.ask(question, 5, turns, filters)

    def leads(self, question: str, heading: str = "") -> str:
        """The heading of the passage that a question of the article leads to."""
        index = self.publish(questions=[{"question": question, "heading": heading} if heading else question])
        row = int(np.flatnonzero(np.diff(index.questions.starts))[0])
        return index.passages([row])[0].headings[0]


@pytest.fixture
def site(tmp_path: Path) -> Site:
    return Site(tmp_path)


def test_an_alias_finds_its_article(site: Site) -> None:
    assert site.publish().frequency("squad") == 0
    index = site.publish(aliases=["squad", "crew"])
    assert site.ask(index, "squad").hits[0].passage.id == "team#1"
    scores = index.lexical({"squad": 1.0}).of(np.arange(len(index)))
    assert [passage.article_id for passage in index.passages(np.flatnonzero(scores))] == ["team", "team"]
    assert index.lexical({"squad": 1.0}).highest(1)[0][0] == index.store.row("team#1")


def test_an_alias_is_a_word_that_questions_are_mended_to(site: Site) -> None:
    assert "squad" not in site.publish().words
    assert site.publish(aliases=["squad"]).words["squad"] == 1
    assert "squad" not in site.publish().words


def test_a_question_lifts_the_passage_nearest_to_it(site: Site) -> None:
    question, vague = "Is a remote team a reason to go?", "a remote team: reason to go, go, go"
    plain = site.publish()
    led = site.publish(questions=[question])
    row = led.store.row("team#2")
    vector = site.embedder.embed_query(question)
    before, after = (each.known.closeness(vector).of(np.arange(len(each))) for each in (plain, led))
    assert after[row] == pytest.approx(1.0, abs=1e-3)
    assert before.tolist() == [-1.0, -1.0, -1.0]
    assert np.flatnonzero(before != after).tolist() == [row]
    gain = [site.ask(index, vague).hits[0] for index in (plain, led)]
    assert [hit.passage.id for hit in gain] == ["team#2", "team#2"]
    assert gain[1].score > gain[0].score


def test_a_known_question_is_not_embedded_again_and_a_changed_one_gives_another_generation(site: Site) -> None:
    first = site.publish(questions=["How do I learn python?"])
    site.embedder.asked.clear()
    second = site.publish(questions=["How do I learn python?", "Who leaves?"])
    assert site.embedder.asked.count("How do I learn python?") == 0
    assert site.embedder.asked.count("Who leaves?") == 1
    assert first.generation != second.generation
    assert first.embeddings[:].tobytes() == second.embeddings[:].tobytes()


def test_how_close_each_question_is_to_the_others_stands_beside_it(site: Site) -> None:
    index = site.publish(
        questions=["Who leaves a remote team?", "How do I learn python?", "remote team", "python team"]
    )
    digests = [digest.tobytes() for digest in index.questions.digests]
    hubs = hubness(Texts(digests, index.questions.vectors))
    assert index.questions.hubs.tolist() == hubs.tolist()
    assert hubs[0, 0] != hubs[-1, 0]


def test_a_build_tells_how_many_new_questions_it_has_embedded(site: Site) -> None:
    site.publish(questions=["How do I learn python?"])
    team = site.settings.corpus_dir / "team.md"
    asked = [f"Who leaves team {number}?" for number in range(600)]
    team.write_text(team.read_text().replace("python?", 'python?", "' + '", "'.join(asked)))
    steps: list[tuple[str, int, int]] = []
    build(site.settings, embedder=site.embedder, on_step=lambda *step: steps.append(step))
    assert [step for step in steps if step[0] == "questions"] == [("questions", done, 600) for done in (512, 600)]


def test_highlights_are_sentences_of_the_passage(site: Site) -> None:
    index = site.publish(questions=["Is a remote team a reason to go?", "remote team"], aliases=["squad"])
    for question in ("Is a remote team a reason to go?", "remote team", "squad"):
        for hit in site.ask(index, question).hits:
            text = hit.passage.text
            assert hit.highlights
            assert all(text[mark.start : mark.end].endswith(".") for mark in hit.highlights), question
            assert all(mark.end - mark.start > 20 for mark in hit.highlights)


def test_the_questions_of_each_article_are_found_among_those_of_all(site: Site) -> None:
    """Those of the second article begin where the first one's end."""
    pay, team = ["What is an offer?", "Is better pay asked for?"], ["Who is liked?", "Why do people leave?"]
    (site.settings.corpus_dir / "pay.md").write_text(PAY.replace("Pay\n", f"Pay\nquestions: {json.dumps(pay)}\n", 1))
    index = site.publish(questions=team)
    searcher = Searcher(index, site.embedder)
    for number, questions in enumerate((pay, team)):
        led = searcher.leads(number, questions)
        assert index.article_of[led].tolist() == [number] * 2
        digests = index.questions.digests[searcher.question_places(number, questions)]
        assert [digest.tobytes() for digest in digests] == [text_digest(question) for question in questions]


def test_a_section_begins_with_its_first_passage(site: Site) -> None:
    pay, joining, leaving = site.publish().passages(range(3))
    sections_of = Sections([pay, joining, joining, leaving])
    assert [sections_of.begins(heading) for heading in ("joining!", "Leaving", "Nowhere")] == [1, 3, None]


@pytest.mark.parametrize("question", ["How did you leave?", "Joining, or leaving?", "Who is leaving here?"])
def test_a_question_leads_to_the_heading_that_says_it_and_not_to_what_is_near(site: Site, question: str) -> None:
    near = "python interview"
    assert site.leads(f"{question} {near}") == "Joining"
    assert site.leads(question) == ("Joining" if "Joining" in question else "Leaving")


def test_a_question_leads_to_the_section_that_it_names(site: Site) -> None:
    assert site.leads("Learn python for the interview", "leaving") == "Leaving"


def test_a_section_that_is_not_there_is_told_and_the_question_tied_by_meaning(site: Site) -> None:
    assert site.leads("Learn python for the interview", "Pensions") == "Joining"
    changes = build(site.settings, embedder=site.embedder).changes
    assert changes.remarks["team.md"].startswith("has no section 'Pensions', which a question names; write one of")
    assert site.leads("Learn python for the interview", "LEAVING?") == "Leaving"
    assert "team.md" not in build(site.settings, embedder=site.embedder).changes.remarks


def test_a_question_with_another_key_is_named() -> None:
    text = "---\nquestions:\n  - question: Who?\n    section: Pay\n---\nWords of a text.\n"
    with pytest.raises(ContentError, match="'section'; known are question, questions, heading"):
        parse("a.md", text.encode(), "")


def test_questions_of_one_section_are_named_together() -> None:
    group = "  - heading: Pay\n    questions:\n      - Which: A or B?\n      - Who?\n"
    text = f"---\nquestions:\n  - What?\n{group}  - heading: Leave\n    questions: When?\n---\nWords of a text.\n"
    article = parse("a.md", text.encode(), "").articles[0]
    assert article.questions == ("What?", "Which: A or B?", "Who?", "When?")
    assert article.sections == ("", "Pay", "Pay", "Leave")
    assert offered(article) == ("What?", "Which: A or B?", "When?")


def test_a_question_with_a_colon_is_no_mapping() -> None:
    text = "---\nquestions:\n  - Which is better: A or B?\n  - question: Who?\n---\nWords of a text.\n"
    article = parse("a.md", text.encode(), "").articles[0]
    assert (article.questions, article.sections) == (("Which is better: A or B?", "Who?"), ())


def test_an_editors_question_asked_word_for_word_is_answered_by_its_section_first(site: Site) -> None:
    question = "Python for a better pay offer?"
    index = site.publish(questions=[{"question": question, "heading": "Leaving"}])
    plain = site.ask(index, "python for a better pay offer, or not")
    first = site.ask(index, "python, for a better pay offer").hits[0]
    assert plain.hits[0].passage.id == "pay#1"
    assert (first.passage.id, first.why.pinned) == ("team#2", False)
    before = Turn("how to learn python", "how to learn python", ("team#1",))
    assert site.ask(index, question, before).hits[0].passage.id == "team#2"
    assert site.ask(index, question, filters=Filters(topics=("none",))).hits == ()


def test_a_question_of_two_articles_is_answered_by_the_nearer_one(site: Site) -> None:
    question = "Is a remote team a reason to go?"
    (site.settings.corpus_dir / "pay.md").write_text(PAY.replace("title: Pay", f"title: Pay\nquestions: [{question}]"))
    assert site.ask(site.publish(questions=[question]), question).hits[0].passage.id == "team#2"


_EVERY = 14  # a dozen of each article; to ask them all takes ten minutes


def test_the_shipped_articles_answer_their_own_questions_by_the_right_section_first(shipped: dict[str, str]) -> None:
    folders = {"corpus_dir": Path(shipped["CHATBOT_CORPUS_DIR"]), "index_dir": Path(shipped["CHATBOT_INDEX_DIR"])}
    bot = Chatbot.open(Settings(**folders))
    known = [
        (question, article.id, heading)
        for article in bot.articles()
        for question, heading in zip(article.questions, article.sections, strict=True)
    ]
    asked = known[::_EVERY]
    assert len(asked) > 2500
    wrong = []
    for question, article_id, heading in asked:
        hits = bot.ask(question, k=1).hits
        if not hits or hits[0].passage.article_id != article_id or heading not in sections(hits[0].passage):
            wrong.append((question, article_id, heading))
    assert len(wrong) <= 0.01 * len(asked), wrong
