"""A question in the light of the conversation: what to search for, without a language model.

`read` looks at the words: it knows a passage asked for by its place ("the second one") and a request for more, and
completes a question that may lean on what came before with the words of the topic. Words alone cannot tell "What
skills do I need?" from a new topic, so `settle` looks at how near passages are: a question that leans on another finds
nearer ones once it is completed, a question that stands by itself does not. What was measured is told in
docs/conversation.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from chatbot.answering.understanding import phrases
from chatbot.arrays import Vectors
from chatbot.errors import QuestionError
from chatbot.indexing.model.encoder import Shares
from chatbot.indexing.words.bm25 import idf
from chatbot.indexing.words.tokens import stem, words
from chatbot.records import Kind, Turn

MOST_TURNS = 30
MOST_SENT = 100
MOST_CHARACTERS = 1500
MOST_SHOWN = 50
TOPIC_WEIGHT = 0.5
CONTINUITY = 0.15
OWN_SHARE = 0.7
OWN_TOKENS = 0.5
LEANS_BELOW = 11.5
# From the one to the other a question may be meant either way, and both are searched.
SURELY_ALONE, SURELY_LEANS = -2.0, 4.0
TOPIC_CHARACTERS = 120
COMPLETED = re.compile(r"(?P<question>.+) \(about (?P<topic>[^()]+)\)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question was understood.

    `question` holds the visitor's own words, `topic` those taken over from the conversation ("" where none). `exclude`
    are ids of passages already shown, `picked` is the id of the passage asked for, None where there is none.
    `independence` is what the words alone say for the question standing by itself, in about -6 to 9.5, `leaning` what
    words and passages together say for a follow-up, in about -9 to 18, and `other` the reading that is searched as
    well where that is unsure: the words alone for a `follow_up`, the completed question for a `change`; see `settle`.
    """

    kind: Kind
    question: str
    topic: str = ""
    exclude: tuple[str, ...] = ()
    picked: str | None = None
    independence: float = 0.0
    leaning: float = 0.0
    other: Reading | None = None

    @property
    def searched_as(self) -> str:
        """The words that are searched, for the visitor: "and the salary? (about data engineer)"."""
        return f"{self.question} (about {self.topic})" if self.topic else self.question

    @property
    def embedded(self) -> str:
        """The completed question, to be embedded: "data engineer: the salary?"."""
        return f"{self.topic}: {phrases.without_connection(self.question)}" if self.topic else self.question


def checked_history(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The last thirty turns of the conversation that a client sent, oldest first.

    Raises QuestionError where it is longer than any conversation or a turn is not what this program hands out.
    """
    if len(history) > MOST_SENT:
        raise QuestionError(
            f"the history has {len(history)} turns, at most {MOST_SENT} are taken; send the last {MOST_TURNS}"
        )
    for place, turn in enumerate(history, start=1):
        where = f"turn {place} of the history"
        if not isinstance(turn, Turn):
            raise QuestionError(
                f"{where} is a {type(turn).__name__}, expected a Turn; send the turns as they were given"
            )
        for name, text in (("question", turn.question), ("searched_as", turn.searched_as)):
            if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS:
                raise QuestionError(
                    f"{where}: '{name}' is {str(text)[:40]!r}, expected a text of 1 to {MOST_CHARACTERS} characters; "
                    "send it as it was given, or leave the turn out"
                )
        if len(turn.shown) > MOST_SHOWN or not all(isinstance(passage, str) for passage in turn.shown):
            raise QuestionError(
                f"{where}: 'shown' has {len(turn.shown)} entries, expected at most {MOST_SHOWN} ids of passages; "
                "send the ids of the passages that were shown"
            )
    return tuple(history[-MOST_TURNS:])


def read(question: str, history: Sequence[Turn], frequency: Callable[[str], int], passages: int) -> Reading:
    """What a question asks for after `history` (oldest turn first), by its words.

    `frequency` tells in how many of the corpus's `passages` a stemmed term occurs. A question that may lean on the
    conversation comes back as `follow_up`, completed, and is to be settled by the passages that it finds.
    """
    if not history:
        return Reading("standalone", question)
    last = history[-1]
    before, topic = _parts(last.searched_as)
    place = phrases.place_named(question)
    if place is not None:
        return Reading("pick", before, topic, picked=_picked(place, history))
    if phrases.asks_for_more(question):
        return Reading("more", before, topic, exclude=_shown_for(last.searched_as, history))
    announced = phrases.after_announcement(question)
    if announced:
        return Reading("change", announced)
    body = phrases.without_opening(question)
    own = phrases.subjects(body)
    inherited = _inherited(before, topic, own, leans=phrases.leans(body))
    if phrases.continues(body) and _another(own, inherited):
        inherited = phrases.aspects(before)
    completing = _without(inherited, question)
    if not completing or _unknown(body, own, frequency):
        return Reading("change", question)
    return Reading("follow_up", question, completing, independence=_independence(body, own, frequency, passages))


def origin(reading: Reading, history: Sequence[Turn]) -> str:
    """The earlier question that a reading goes back to, as it was typed; "" where there is none.

    For "more" and picks that is the one asked again, for a follow-up the latest with a word of its topic.
    """
    taken = _subjects(reading.topic)
    same = (turn for turn in history if turn.searched_as == reading.searched_as)
    named = (turn for turn in reversed(history) if taken & _subjects(_parts(turn.searched_as)[0]))
    found = next(named if reading.kind == "follow_up" else same, None) or next(iter(history), None)
    return found.question if found else ""


def _subjects(text: str) -> set[str]:
    return {stem(word) for word in phrases.subjects(text)}


def was_covered(history: Sequence[Turn]) -> bool:
    """Whether anything was shown for what a conversation is about, as far back as its latest topic reaches."""
    for turn in reversed(history):
        if turn.shown:
            return True
        if not _parts(turn.searched_as)[1]:
            return False
    return True


def settle(reading: Reading, raw: float, completed: float) -> Reading:
    """A `follow_up` as it came, or turned into a `change` of topic, each with the `other` way to read it where unsure.

    `raw` and `completed` are the highest cosines of a passage to the question as typed and as completed; their ratio
    hardly depends on the model. A logistic score, fitted to judged conversations and to questions of many kinds asked
    after a turn on another subject, and rounded.
    """
    nearness = min(raw / completed, 1.2) if completed > 0 else 1.0
    leaning = LEANS_BELOW - (reading.independence + 10.0 * nearness)
    alone = Reading("change", reading.question)
    first, other = (reading, alone) if leaning >= 0 else (alone, reading)
    unsure = SURELY_ALONE < leaning < SURELY_LEANS
    return replace(first, leaning=leaning, other=other if unsure else None)


def blend(raw: Vectors, completed: Vectors) -> Vectors:
    """The unit vector of a completed question in which its own words weigh more: completed + 0.7 raw.

    Both are unit vectors of shape (dim,).
    """
    mixed = completed + np.float32(OWN_SHARE) * raw
    unit: Vectors = (mixed / max(float(np.linalg.norm(mixed)), 1e-9)).astype(np.float32)
    return unit


def shared(raw: Shares, completed: Shares) -> Shares:
    """The tokens of a question's own words and those of the completed question, half each."""
    own = ((OWN_TOKENS * share, tokens) for share, tokens in raw)
    rest = (((1 - OWN_TOKENS) * share, tokens) for share, tokens in completed)
    return (*own, *rest)


def add_topic(own: Mapping[str, float], topic: Mapping[str, float]) -> dict[str, float]:
    """Weighted terms of a question with those of its topic at TOPIC_WEIGHT; a term of both keeps its own weight."""
    return {**{term: TOPIC_WEIGHT * weight for term, weight in topic.items()}, **own}


def continuity(shown: Sequence[str]) -> dict[str, float]:
    """What the passages of each article gain in score after a follow-up: CONTINUITY times its share of what was shown.

    `shown` are the ids of the passages of the last turn. Whoever goes on asking mostly stays with an article.
    """
    articles = [_article_of(passage) for passage in shown]
    return {article: CONTINUITY * articles.count(article) / len(articles) for article in dict.fromkeys(articles)}


def _article_of(passage_id: str) -> str:
    return passage_id.rpartition("#")[0]


def _parts(searched_as: str) -> tuple[str, str]:
    completed = COMPLETED.fullmatch(searched_as)
    return (completed["question"], completed["topic"]) if completed else (searched_as, "")


def _unknown(body: str, own: Sequence[str], frequency: Callable[[str], int]) -> bool:
    """Whether a question is about things that the corpus knows nothing of, which no topic of the talk can mend.

    Completed by a topic that is covered, "what is a flarnbuckle?" would be answered by what is known of the topic.
    """
    if phrases.leans(body):
        return False
    if not own:
        return not (phrases.asks(body) or phrases.continues(body))
    known = sum(frequency(stem(word)) > 0 for word in own)
    return known == 0 if phrases.continues(body) else 2 * known < len(own)


def _inherited(before: str, topic: str, own: Sequence[str], *, leans: bool) -> list[str]:
    """What the conversation is about, for a question with words of its `own` after `before`, asked about `topic`."""
    handed_on = topic.split(", ") if topic else []
    if handed_on and own and not all(phrases.aspects(phrase) == phrase.split() for phrase in handed_on):
        # After "and a bootcamp?" it is the bootcamp that "it" stands for.
        replaced = leans and phrases.continues(phrases.without_opening(before))
        named = phrases.topic(before, aspects=False) if replaced else []
        return [*named, *handed_on]
    # "Why?" leans on all that was just asked, "and the salary?" only on what it was asked about.
    asked = phrases.topic(before, aspects=not own)
    return [*asked, *handed_on] if own else [*handed_on, *asked]


def _another(own: Sequence[str], inherited: Sequence[str]) -> bool:
    """Whether a question puts another in the place of what was asked about: a data scientist for a data engineer.

    What was asked of the one is then asked of the other.
    """
    known = {stem(part) for word in inherited for part in words(word)}
    named = [stem(word) for word in own if word not in phrases.aspects(word)]
    return any(word in known for word in named) and any(word not in known for word in named)


def _picked(place: int, history: Sequence[Turn]) -> str | None:
    """The passage at a place of the last list that has it; a list of one is a passage picked from the list before."""
    for turn in reversed(history):
        if turn.searched_as != history[-1].searched_as:
            break
        if turn.shown and place < len(turn.shown) and (len(turn.shown) > 1 or turn is history[0]):
            return turn.shown[place]
    last = history[-1].shown
    return last[place] if last and place < len(last) else None


def _shown_for(searched_as: str, history: Sequence[Turn]) -> tuple[str, ...]:
    shown: dict[str, None] = {}
    for turn in reversed(history):
        if turn.searched_as != searched_as:
            break
        shown.update(dict.fromkeys(turn.shown))
    return tuple(shown)


def _without(inherited: Sequence[str], question: str) -> str:
    """The inherited phrases that say more than the question does, as far as there is room for them."""
    own = {stem(word) for word in words(question)}
    fresh = [phrase for phrase in inherited if not {stem(word) for word in phrases.subjects(phrase)} <= own]
    topic = ""
    for phrase in dict.fromkeys(fresh):
        longer = f"{topic}, {phrase}" if topic else phrase
        if len(longer) > TOPIC_CHARACTERS:
            break
        topic = longer
    return topic


def _independence(body: str, own: Sequence[str], frequency: Callable[[str], int], passages: int) -> float:
    rarity = float(idf([frequency(stem(word)) for word in own], passages).sum() / idf(0, passages))
    score = 0.25 * min(len(words(body)), 12) + 0.7 * min(len(own), 5) + min(rarity, 3.0)
    return score - 2.7 * phrases.leans(body) - 4.2 * phrases.continues(body)
