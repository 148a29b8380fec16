"""The judged conversations and the questions out of scope are well formed; quotes are in the corpus word for word."""

import json
import re
from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.support import library
from tests.support.places import GOLD, PACKAGE

SHIPPED = PACKAGE / "answering" / "verdict" / "outside.txt"

Record = dict[str, Any]


def records(name: str) -> list[Record]:
    return [json.loads(line) for line in (GOLD / name).read_text(encoding="utf-8").splitlines()]


def normal(question: str) -> str:
    """The question's words, or its very characters where it has none."""
    return " ".join(re.findall(r"\w+", question.lower())) or question


def shipped_questions() -> dict[str, list[str]]:
    sections: dict[str, list[str]] = {}
    section = ""
    for line in filter(None, SHIPPED.read_text(encoding="utf-8").splitlines()):
        if line in {"# far", "# near"}:
            section = line.removeprefix("# ")
        else:
            sections.setdefault(section, []).append(line)
    return sections


CONVERSATIONS = records("conversations.jsonl")
OUT_OF_SCOPE = records("out_of_scope.jsonl")
CALIBRATION = shipped_questions()


def turns() -> Iterator[tuple[str, Record]]:
    for conversation in CONVERSATIONS:
        for number, turn in enumerate(conversation["turns"], start=1):
            yield f"{conversation['id']}, turn {number}", turn


def articles(turn: Record) -> set[str]:
    return {answer["article"] for answer in turn["answers"]}


def test_there_are_enough_conversations_of_two_to_five_turns() -> None:
    assert len(CONVERSATIONS) >= 36
    assert {len(conversation["turns"]) for conversation in CONVERSATIONS} <= {2, 3, 4, 5}


def test_conversations_are_numbered_in_order() -> None:
    assert [each["id"] for each in CONVERSATIONS] == [f"c{n:02}" for n in range(1, len(CONVERSATIONS) + 1)]


def test_every_turn_has_the_documented_fields() -> None:
    assert [place for place, turn in turns() if set(turn) != {"question", "rewrite", "answers", "kind"}] == []


def test_only_the_opening_turn_is_first() -> None:
    for conversation in CONVERSATIONS:
        kinds = [turn["kind"] for turn in conversation["turns"]]

        assert kinds[0] == "first", conversation["id"]
        assert set(kinds[1:]) <= {"follow_up", "more", "pick", "change"}, conversation["id"]


def test_every_kind_of_turn_occurs_several_times() -> None:
    assert min(Counter(turn["kind"] for _, turn in turns()).values()) >= 5


def test_only_picks_may_be_without_an_answer() -> None:
    assert [place for place, turn in turns() if turn["kind"] != "pick" and not turn["answers"]] == []


def test_every_quote_is_found_exactly_once_in_its_article() -> None:
    wrong = [
        (place, answer["quote"])
        for place, turn in turns()
        for answer in turn["answers"]
        if library.articles()[answer["article"]].text.count(answer["quote"]) != 1
    ]

    assert wrong == []


def test_no_wording_repeats_a_question_from_the_front_matter() -> None:
    written = {normal(question) for article in library.articles().values() for question in article.questions}

    repeated = [place for place, turn in turns() if {normal(turn["question"]), normal(turn["rewrite"])} & written]

    assert repeated == []


def test_a_change_of_topic_is_answered_by_other_articles() -> None:
    for conversation in CONVERSATIONS:
        topic: set[str] = set()
        for turn in conversation["turns"]:
            if turn["kind"] == "change":
                assert not articles(turn) & topic, (conversation["id"], turn["question"])
                topic = set()
            topic |= articles(turn)


def test_there_are_enough_questions_out_of_scope_and_half_of_them_sound_near() -> None:
    kinds = Counter(record["kind"] for record in OUT_OF_SCOPE)

    assert set(kinds) == {"far", "near", "small_talk", "meta", "nonsense"}
    assert sum(kinds.values()) >= 120
    assert kinds["near"] >= sum(kinds.values()) / 2


def test_questions_out_of_scope_are_numbered_in_order() -> None:
    assert [each["id"] for each in OUT_OF_SCOPE] == [f"o{n:03}" for n in range(1, len(OUT_OF_SCOPE) + 1)]
    assert all(set(each) == {"id", "question", "kind"} for each in OUT_OF_SCOPE)


def test_the_shipped_list_has_two_sections_with_a_third_of_near_questions() -> None:
    far, near = len(CALIBRATION["far"]), len(CALIBRATION["near"])

    assert set(CALIBRATION) == {"far", "near"}
    assert far + near >= 400
    assert 0.28 <= near / (far + near) <= 0.4


def test_no_question_out_of_scope_is_listed_twice_or_both_shipped_and_judged() -> None:
    asked = [normal(question) for section in CALIBRATION.values() for question in section]
    asked += [normal(record["question"]) for record in OUT_OF_SCOPE]

    assert [question for question, times in Counter(asked).items() if times > 1] == []
