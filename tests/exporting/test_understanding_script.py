"""understanding.js reads questions as Python reads them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import pytest

from chatbot.answering.ranking.formulas import term_weights
from chatbot.answering.ranking.searcher import Query
from chatbot.answering.understanding import (
    comparison,
    conversation,
    foreign_language,
    phrases,
    small_talk,
    spelling,
)
from chatbot.answering.understanding.interpreter import Understanding, Understood
from chatbot.answering.understanding.vocabulary import read_vocabulary, widened
from chatbot.exporting.rules import rules
from chatbot.indexing.words.tokens import words
from chatbot.records import Turn
from tests.support import node, odd_texts
from tests.support.places import ROOT
from tests.support.twin_index import SCRIPT, Twin

VOCABULARY = read_vocabulary()
CALLS = f"""{SCRIPT}
const plain = (value) => {{
  if (value instanceof Set) return [...value].sort();
  if (value instanceof Map) return Object.fromEntries(value);
  if (ArrayBuffer.isView(value)) return [...value];
  if (Array.isArray(value)) return value.map(plain);
  if (!value || typeof value !== "object") return value ?? null;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, plain(each)]));
}};
export default async ({{ rules, calls, twin: given }}, from) => {{
  const text = await from("text.js"), understanding = await from("understanding.js");
  understanding.init(rules);
  const index = given && twin(given, text), answers = [];
  for (const [name, ...values] of calls) {{
    const answer = await understanding[name](...values.map((value) => value === "INDEX" ? index : value));
    answers.push(plain(answer));
  }}
  return {{ answers, calls: index?.calls }};
}};"""


@pytest.fixture(scope="module")
def twin() -> Twin:
    return Twin()


def called(calls: list[list[Any]], twin: Twin | None = None) -> list[Any]:
    given = {"rules": rules(VOCABULARY), "calls": calls, "twin": twin.for_script() if twin else None}
    answers: list[Any] = node.run(CALLS, given)["answers"]
    return answers


def same(name: str, texts: list[str], expected: Any, *values: Any, twin: Twin | None = None) -> None:
    answers = called([[name, text, *values] for text in texts], twin)
    assert len(texts) > 100
    wrong = [(text, got, expected(text)) for text, got in zip(texts, answers, strict=True) if got != expected(text)]
    assert wrong == []


def texts() -> list[str]:
    return [*odd_texts.asked(), *odd_texts.odd(1500)]


def by_code_units(stems: frozenset[str]) -> list[str]:
    return sorted(stems, key=lambda term: term.encode("utf-16-be"))


def utterances() -> list[str]:
    """Small talk: what stands in the tests of it, and its own words in any order."""
    source = (ROOT / "tests" / "answering" / "test_small_talk.py").read_text(encoding="utf-8")
    quoted = [piece for piece in source.split('"')[1::2] if "\n" not in piece]
    lists = (ROOT / "chatbot" / "answering" / "understanding" / "small_talk.toml").read_text(encoding="utf-8")
    said = [piece.replace("(", " ").replace(")", " ").replace("?", "").replace("|", " ") for piece in lists.split('"')]
    chance = random.Random(3)  # noqa: S311
    spoken = " ".join(said).split()
    return [*quoted, *said, *(" ".join(chance.choices(spoken, k=chance.randint(1, 7))) for _ in range(3000))]


@pytest.mark.parametrize("opening", [True, False])
def test_small_talk_is_of_the_same_kind(opening: bool) -> None:
    same("kindOf", [*utterances(), *texts()], lambda text: small_talk.kind_of(text, opening=opening), opening)


def test_replies_are_the_same() -> None:
    kinds = list(small_talk.lists())
    assert called([["replyTo", kind] for kind in kinds]) == [small_talk.reply_to(kind) for kind in kinds]


def test_the_language_is_the_same() -> None:
    languages = foreign_language.languages()
    spoken = [
        " ".join(random.Random(seed).choices([*language.telling, *language.common, "Java", "IT", "US", "job"], k=4))  # noqa: S311
        for language in languages.values()
        if language.telling
        for seed in range(200)
    ]
    written = [
        "我怎么才能成为程序员",
        "プログラマーになるには",
        "как стать",
        "πώς γίνομαι",
        "ما هو الراتب",
        "چطور",
        "개발자",
        "कैसे",
    ]
    same(
        "languageOf",
        [*texts(), *utterances(), *spoken, *map(str.upper, spoken), *written],
        foreign_language.language_of,
    )
    codes = [*languages, "und", "xx"]
    expected = [list(foreign_language.message_for(code)) for code in codes]
    assert called([["messageFor", code] for code in codes]) == expected


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("subjects", phrases.subjects),
        ("aspects", phrases.aspects),
        ("leans", phrases.leans),
        ("asksForMore", phrases.asks_for_more),
        ("placeNamed", phrases.place_named),
        ("afterAnnouncement", phrases.after_announcement),
    ],
)
def test_phrases_say_the_same(name: str, expected: Any) -> None:
    same(name, [*texts(), *utterances(), *said_of_hits()], expected)


@pytest.mark.parametrize("aspects", [True, False])
def test_topics_are_the_same(aspects: bool) -> None:
    same("topic", texts(), lambda text: phrases.topic(text, aspects=aspects), aspects)


def said_of_hits() -> list[str]:
    parts = (
        "the|show me|what about|number|#|no. |and|ok,|tell me more about|give me|any|something else|btw|forget it",
        "first|second|last|3|4th|1st|one|more|others|another|examples|next|new question:|different topic",
        "one|please|result|about this|?|!|.|again|then|tips|salary|how do I code",
    )
    return [f"{a} {b} {c}" for a in parts[0].split("|") for b in parts[1].split("|") for c in parts[2].split("|")]


def comparisons() -> list[str]:
    source = (ROOT / "tests" / "answering" / "test_comparison.py").read_text(encoding="utf-8")
    quoted = [piece for piece in source.split('"')[1::2] if "\n" not in piece]
    names = (
        "data engineer|a CV|resume|AWS|Azure|learn Python|Java, C++|MERN, .NET|a master's|(maybe) bootcamp|Ph.D.|pay"
    )
    joins = " or | vs. |, or | versus | better than | pays more than a |, which is better than | and | compared to "
    starts = "|should I choose |is it better to |difference between |compare |how do I tell between |Which pays more, "
    ends = "|?| for a beginner?|, which one is best| in 2024"
    chance = random.Random(4)  # noqa: S311
    made = [
        "".join(
            chance.choice(part.split("|"))
            for part in (starts, names, joins, names, joins, names, ends)[: 4 + 3 * (at % 2)]
        )
        for at in range(3000)
    ]
    alike = [
        "a resume or resumes?",
        "data engineer or data engineers?",
        "pies or pie?",
        "cities or city?",
        "CV or resume?",
    ]
    return [*quoted, *made, *alike]


def test_sides_and_their_forms_are_the_same() -> None:
    asked = [*texts(), *comparisons()]
    same("sidesOf", asked, lambda text: list(comparison.sides(text, VOCABULARY)))
    sides = [found for text in asked if (found := comparison.sides(text, VOCABULARY))]
    assert len(sides) > 300
    for found, ways in zip(sides, called([["formsOf", list(found)] for found in sides]), strict=True):
        expected = comparison.forms(found, VOCABULARY)
        assert ways == [[by_code_units(way) for way in side] for side in expected], found


def misspelt() -> Iterator[str]:
    """Words with one or two slips, as they are typed and as names."""
    chance = random.Random(5)  # noqa: S311
    known = [word for word in "\n".join(odd_texts.asked()).lower().split() if word.isalpha() and len(word) > 3]
    for word in chance.sample(known, 600):
        typed = list(word)
        for _ in range(chance.randint(1, 2)):
            place = chance.randrange(len(typed))
            typed[place : place + 1] = chance.choice([[], [typed[place]] * 2, [chance.choice("aeistxn")]])
        slipped = "".join(typed) or word
        yield chance.choice(
            [slipped, slipped.capitalize(), slipped.upper(), f"the {slipped.capitalize()} of {slipped}"]
        )


def test_spelling_is_mended_in_the_same_way(twin: Twin) -> None:
    lexicon = spelling.lexicon(twin.words, spelling.whole_words(twin.embedder.vocabulary) | VOCABULARY.words)
    rare = (ROOT / "tests" / "gold" / "rare_words.txt").read_text(encoding="utf-8").split()
    joined = ["machinelearning", "Datascience jobs", "softwareengineer", "interviewquestions", "dataframes", "retitled"]
    asked = [*texts(), *misspelt(), *rare, *joined]
    same("repair", asked, lambda text: spelling.repair(text, lexicon), "INDEX", twin=twin)


def test_what_is_spelt_well_asks_for_no_lexicon(twin: Twin) -> None:
    asked = ["How do I become a data scientist without experience?", "What is AWS?", "What about résumés and C++?"]
    given = {"rules": rules(VOCABULARY), "twin": twin.for_script()}
    done = node.run(CALLS, given | {"calls": [["repair", question, "INDEX"] for question in asked]})
    assert done == {"answers": asked, "calls": {"lexicon": 0, "english": 0}}


def test_vocabulary_widens_in_the_same_way(twin: Twin) -> None:
    forms = [" ".join(form) for form in VOCABULARY.also]
    asked = [*texts(), *forms, *(f"what {one}s for {other}" for one, other in pairwise(forms))]
    script = CALLS.replace(
        "export default",
        "const widen = async (text, t, u, index) => {\n"
        "  return u.widened(t.weights(text), t.words(text), index); };\nexport default",
    ).replace("await understanding[name](", "await widen(values[0], text, understanding, index); plain(")
    given = {"rules": rules(VOCABULARY), "twin": twin.for_script(), "calls": [["widened", text] for text in asked]}
    for text, (wider, added) in zip(asked, node.run(script, given)["answers"], strict=True):
        expected, words_added = widened(term_weights(text), words(text), VOCABULARY, twin.frequency)
        assert wider == pytest.approx(expected, abs=1e-12), text
        assert added == [{"words": one.words, "forms": list(one.forms)} for one in words_added], text


def test_words_are_spelt_out_in_the_same_way() -> None:
    shortened = [f"{word}s {word.upper()} or {word.capitalize()}: {long}" for word, long in VOCABULARY.short.items()]
    plural = [f"{one}s/{other}?" for one, other in pairwise(VOCABULARY.short)]
    asked = [*texts(), *shortened, *plural, *map(str.upper, plural), "constructor __proto__ toStrings"]
    same("speltOut", asked, VOCABULARY.spelt_out)


def conversations(twin: Twin) -> Iterator[tuple[str, list[Turn]]]:
    """Those that were judged, and such of questions by chance; what each turn showed is by chance too."""
    chance = random.Random(6)  # noqa: S311
    reader = Understanding(twin, VOCABULARY, "en")  # type: ignore[arg-type]
    said = [*said_of_hits(), *odd_texts.odd(300, seed=7)[20:]]
    leaning = [turn["question"] for line in odd_texts.gold() for turn in line.get("turns", [])[1:]]
    judged = [[turn["question"] for turn in line["turns"]] for line in odd_texts.gold() if "turns" in line]
    pools = [odd_texts.asked(), leaning, leaning, said]
    made = [[chance.choice(chance.choice(pools)) for _ in range(chance.randint(2, 6))] for _ in range(250)]
    # A list of one at the start of a conversation is a list, later it is a passage that was picked.
    yield "the first one", [Turn("pay", "pay", tuple(twin.ids[:1])), Turn("first", "pay", tuple(twin.ids[1:2]))]
    for talk in [*judged, *made]:
        turns: list[Turn] = []
        for question in filter(str.strip, talk):
            yield question, list(turns)
            found = reader.read(question, small_talk.without(turns), literal=False)
            # A first turn that showed nothing has no last passage.
            shown = tuple(chance.choices(twin.ids[:60], k=chance.choice([0, 1, 1, 2, 3, 5] if turns else [1, 1, 3])))
            turns.append(Turn(question, found.reading.searched_as, shown))


def told(found: Understood) -> dict[str, Any]:
    return {
        "mended": found.mended,
        "reading": read(found.reading),
        "query": query(found.query),
        "added": [{"words": one.words, "forms": list(one.forms)} for one in found.added],
        "other": query(found.other) if found.other else None,
        "foreign": found.foreign,
        "sides": list(found.sides),
        "forms": [[by_code_units(way) for way in side] for side in found.forms],
    }


def read(reading: conversation.Reading) -> dict[str, Any]:
    return {
        "kind": reading.kind,
        "question": reading.question,
        "topic": reading.topic,
        "exclude": list(reading.exclude),
        "picked": reading.picked,
        "independence": pytest.approx(reading.independence, abs=1e-9),
        "leaning": pytest.approx(reading.leaning, abs=1e-5),
        "other": read(reading.other) if reading.other else None,
        "searchedAs": reading.searched_as,
    }


def query(found: Query) -> dict[str, Any]:
    return {
        "text": found.text,
        "vector": pytest.approx([float(value) for value in found.vector], abs=1e-6),
        "weights": pytest.approx(dict(found.weights), abs=1e-12),
        "favoured": pytest.approx(dict(found.favoured), abs=1e-12),
    }


def as_sent(turns: list[Turn] | tuple[Turn, ...]) -> list[dict[str, Any]]:
    return [{"question": turn.question, "searched_as": turn.searched_as, "shown": list(turn.shown)} for turn in turns]


def test_conversations_are_read_in_the_same_way(twin: Twin) -> None:
    asked = list(conversations(twin))
    reader = Understanding(twin, VOCABULARY, "en")  # type: ignore[arg-type]
    kept = called([["without", as_sent(turns)] for _, turns in asked])
    assert kept == [as_sent(small_talk.without(turns)) for _, turns in asked]
    calls = [["understand", question, left, "INDEX", False] for (question, _), left in zip(asked, kept, strict=True)]
    kinds = set()
    for (question, turns), got in zip(asked, called(calls, twin), strict=True):
        expected = reader.read(question, small_talk.without(turns), literal=False)
        kinds.add((expected.reading.kind, expected.other is not None))
        assert got == told(expected), (question, turns)
    assert kinds >= {("follow_up", True), ("follow_up", False), ("change", True), ("change", False)}
    assert kinds >= {("more", False), ("pick", False), ("standalone", False)}


@pytest.mark.parametrize("literal", [True, False])
def test_questions_are_read_in_the_same_way(twin: Twin, literal: bool) -> None:
    asked = [text for text in [*odd_texts.asked(), *odd_texts.odd(300)] if text.strip()]
    reader = Understanding(twin, VOCABULARY, "en-GB")  # type: ignore[arg-type]
    for text, got in zip(
        asked, called([["understand", text, [], "INDEX", literal] for text in asked], twin), strict=True
    ):
        assert got == told(reader.read(text, (), literal=literal)), text
