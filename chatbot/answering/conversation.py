"""A question in the light of the conversation: what to search for, without a language model.

`read` looks at the words and finds greetings to a passage ("the second one"), requests for more, and questions that
lean on what came before; those it completes with the words of the topic. Words alone cannot tell "What skills do I
need?" from a new topic, so `settle` looks at the passages: a question that leans on another finds nearer passages once
it is completed, a question that stands by itself does not. How both were measured is in docs/retrieval.md.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from chatbot.errors import QuestionError
from chatbot.indexing.lexical import idf
from chatbot.indexing.tokens import STOP_WORDS, stem, words
from chatbot.records import Turn

Kind = Literal["standalone", "follow_up", "more", "pick", "change"]
Vector = npt.NDArray[np.float32]

MOST_TURNS = 10
MOST_SENT = 100
MOST_CHARACTERS = 1500
MOST_SHOWN = 50
TOPIC_WEIGHT = 0.5
CONTINUITY = 0.15
_OWN_SHARE = 0.7
_TOPIC_WORDS = 12


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question was understood.

    `question` holds the visitor's words to search with, `topic` the words taken over from the conversation ("" where
    none), `searched_as` both, as shown to the visitor. `exclude` are ids of passages already shown, `picked` is the id
    of the passage that was asked for. `independence` is the evidence of the words alone that the question stands by
    itself; see `settle`.
    """

    kind: Kind
    question: str
    topic: str = ""
    exclude: tuple[str, ...] = ()
    picked: str | None = None
    independence: float = 0.0

    @property
    def searched_as(self) -> str:
        """The words that were searched, e.g. "and the salary? (about data engineer)"."""
        return f"{self.question} (about {self.topic})" if self.topic else self.question

    @property
    def embedded(self) -> str:
        """The text to embed."""
        return f"{self.question} ({self.topic})" if self.topic else self.question


def checked_history(history: Sequence[Turn]) -> tuple[Turn, ...]:
    """The last ten turns of a conversation that a client sent, oldest first.

    Raises QuestionError where it is longer than anybody's conversation or a turn is not what this program sends out.
    """
    if len(history) > MOST_SENT:
        raise QuestionError(f"the history has {len(history)} turns, at most {MOST_SENT} are read; send the last ten")
    for place, turn in enumerate(history, start=1):
        if not isinstance(turn, Turn):
            raise QuestionError(f"turn {place} of the history is a {type(turn).__name__}, expected a Turn")
        for name, text in (("question", turn.question), ("searched_as", turn.searched_as)):
            if not isinstance(text, str) or not text.strip() or len(text) > MOST_CHARACTERS:
                raise QuestionError(
                    f"turn {place} of the history: '{name}' must be a text of 1 to {MOST_CHARACTERS} characters"
                )
        if len(turn.shown) > MOST_SHOWN or not all(isinstance(id_, str) for id_ in turn.shown):
            raise QuestionError(f"turn {place} of the history: 'shown' must be at most {MOST_SHOWN} ids of passages")
    return tuple(history[-MOST_TURNS:])


def read(question: str, history: Sequence[Turn], frequency: Callable[[str], int], passages: int) -> Reading:
    """What a question asks for after `history`, by its words.

    `frequency` tells in how many of the corpus's `passages` a stemmed term occurs. The kind is `change` only where the
    visitor announces it; every other question that may lean on the conversation comes back as `follow_up`, completed,
    to be settled by the passages it finds.
    """
    if not history:
        return Reading("standalone", question)
    last = history[-1]
    asked, topic = _parts(last)
    place = _picked(question, last.shown)
    if place is not None:
        return Reading("pick", asked, topic, picked=last.shown[place])
    if _MORE.fullmatch(question.strip()):
        return Reading("more", asked, topic, exclude=_shown_for(last.searched_as, history))
    announced = _ANNOUNCED.match(question)
    if announced and _content(question[announced.end() :]):
        return Reading("change", question[announced.end() :])
    body = _OPENING.sub("", question)
    content = _content(body)
    if not topic:
        topic = _topic(asked, keep_aspects=not content)
    elif not content:  # "why?" leans on all that was just asked
        topic = f"{topic} {_topic(asked, keep_aspects=True)}"
    topic = _without(topic, question)
    if not topic:
        return Reading("change", question)
    return Reading("follow_up", question, topic, independence=_independence(body, content, frequency, passages))


def settle(reading: Reading, raw_cosine: float, completed_cosine: float) -> Reading:
    """A `follow_up` as it came, or as a `change` of topic.

    `raw_cosine` and `completed_cosine` are the best cosines of any passage to the question as typed and as completed.
    A ratio of two cosines, so that it hardly depends on the model. A logistic score, its weights fitted to
    conversations over two corpora, then rounded.
    """
    if reading.kind != "follow_up":
        return reading
    nearness = min(raw_cosine / completed_cosine, 1.2) if completed_cosine > 0 else 1.0
    if reading.independence + 6.0 * nearness - 9.0 <= 0:
        return reading
    return Reading("change", reading.question)


def blend(raw: Vector, completed: Vector) -> Vector:
    """The unit vector to search a completed question with: its own words weigh more than in the completed text.

    Both vectors are unit vectors of shape (dim,).
    """
    mixed = completed + np.float32(_OWN_SHARE) * raw
    unit: Vector = (mixed / max(float(np.linalg.norm(mixed)), 1e-9)).astype(np.float32)
    return unit


def add_topic(own: Mapping[str, float], topic: Mapping[str, float]) -> dict[str, float]:
    """Terms of a question with those of its topic at TOPIC_WEIGHT; a term of both keeps the question's weight."""
    return {**{term: TOPIC_WEIGHT * weight for term, weight in topic.items()}, **own}


def continuity(shown_articles: Sequence[str]) -> dict[str, float]:
    """What passages of articles shown just before gain in score: CONTINUITY times the article's share of what was shown.

    For follow-ups only: visitors who go on asking mostly stay with an article.
    """
    return {
        article: CONTINUITY * shown_articles.count(article) / len(shown_articles) for article in set(shown_articles)
    }


def repaired(reading: Reading, question: str) -> Reading:
    """The same reading for the question after its spelling was mended."""
    return replace(reading, question=question)


_COMPLETED = re.compile(r"(?P<asked>.+) \(about (?P<topic>[^()]+)\)", re.DOTALL)
_OPENING = re.compile(
    r"^(?:(?:ok(?:ay)?|oh|wow|yes|no|hi|hello|thanks|thank you|great|good|cool|interesting|i see|right|well|so|sure|"
    r"got it|please|that'?s (?:fine|ok(?:ay)?|great|good|interesting))\b[\s,.!;:-]*)+",
    re.IGNORECASE,
)
_ANNOUNCED = re.compile(
    r"^(?:(?:ok(?:ay)?|and|so|now|but|well|thanks|thank you|great|alright|right)[\s,.!]+)*(?:now )?"
    r"(?:(?:for )?(?:a |one )?something (?:else|different)|(?:a |an |one |just )?"
    r"(?:different|another|new|other|unrelated|separate) (?:question|topic|subject)|chang(?:e|ing)(?: of)? (?:the )?"
    r"(?:topic|subject)|by the way|btw|on another note|forget (?:that|it))\b[\s,.:;!-]*",
    re.IGNORECASE,
)
_MORE = re.compile(
    r"(?:(?:ok(?:ay)?|yes|thanks|great|please|and|can you|could you)[\s,.!]+)*(?:(?:please )?(?:tell|show|give) me "
    r"(?:some |even )?more(?: (?:about|on|of) (?:it|this|that|them|these|those))?|(?:some |any |even )?more"
    r"(?: (?:results|passages|answers|details?|info(?:rmation)?|like (?:this|that|these|those)))?|(?:show|see|load) more|"
    r"(?:and )?(?:what|anything|something) (?:else|more)(?: is there)?|(?:any )?(?:other|others|further) "
    r"(?:results|passages|answers|ideas)|go on|continue|carry on|keep going|next)(?:[\s,]+(?:please|then))?[\s.!?]*",
    re.IGNORECASE,
)
_ORDINALS = {"first": 0, "1st": 0, "second": 1, "2nd": 1, "third": 2, "3rd": 2, "fourth": 3, "4th": 3, "fifth": 4}
_PICK = re.compile(
    r"(?:(?:ok(?:ay)?|and|yes|please)[\s,.!]+)*(?:(?:can you |could you |please )?(?:show|open|give|tell|read|expand|"
    r"explain|take|see|i mean|i meant|more (?:on|about)|what about|what is|what's)(?: me)?(?: more)?(?: (?:about|on))? )?"
    r"(?:the (?P<ordinal>first|second|third|fourth|fifth|last|1st|2nd|3rd|4th|5th)|(?P<bare>first|second|third|fourth|"
    r"fifth|last)(?= one)|(?:number |no\.? ?|#)(?P<number>[1-9]))(?: (?:one|result|passage|answer|article|hit))?"
    r"(?: (?:again|please|about|in full|then))*[\s.!?]*|(?P<digit>[1-9])[.)]?",
    re.IGNORECASE,
)
_ELLIPTIC = re.compile(r"(?:and|or|but|then|also|what about|how about|what of|why|how|when|where|who|which)\b", re.I)
_LEANING = re.compile(
    r"\b(?:it|its|it's|they|them|theirs|their|they're|this|that|that's|these|those|he|him|his|she|her|hers|ones?|there)\b",
    re.IGNORECASE,
)
_LEANING_AFTER = re.compile(
    r"\b(?:for|of|to|about|with|in|on|from|at|into|by|like|than|without) "
    r"(?:it|that|this|these|those|them|there|one)\b",
    re.IGNORECASE,
)
_CLAUSE = re.compile(r"[,;.?!]|\b(?:and|or|but|if|when|because|so|then|while|than)\b", re.IGNORECASE)
_WORD = re.compile(r"[^\s,;:?!()]+")


def _stems(text: str) -> frozenset[str]:
    return frozenset(stem(word) for word in text.split())


# Words that say how something is asked, not what about.
_GENERIC = _stems(
    """become get start make need want know like tell explain describe give show find found look go going come take use
    used using work help thing way kind type sort example best better good great bad worse difference different compare
    pros cons important main key popular common others another else less least much many long often far big new old
    last next instead also again even still really actually please thanks thank ok okay hi hello yes may might must
    shall people person someone anyone everybody one ones lot bit say said mean happen think thought believe let
    interesting wow oh sorry question info details summary interested heard hear sure well every doing something
    anything everything since per via within without role reason cause purpose same read write try tried see saw
    understand consider recommend suggest advice tip currently today possible able available usually typically
    generally ever year years it its they them their theirs that this these those he him his she her hers there both so
    some any just about dont doesnt didnt isnt arent wont cant"""
)
# What is asked of a job, whichever job it is.
_ASPECTS = _stems(
    """salary pay paid wage earn earnings income compensation median average hours duties duty outlook demand growing
    growth future prospects employment openings education training qualification skill environment conditions
    responsibilities task career job apply begin"""
)


def _content(text: str) -> list[str]:
    return [word for word in words(text) if word not in STOP_WORDS and stem(word) not in _GENERIC]


def _topic(text: str, *, keep_aspects: bool) -> str:
    announced = _ANNOUNCED.match(text)
    tokens = _WORD.findall(text[announced.end() :] if announced else text)
    kept = [(token, _content(token)) for token in tokens]
    content = [(token, found) for token, found in kept if found]
    subjects = [(token, found) for token, found in content if not {stem(word) for word in found} <= _ASPECTS]
    chosen = content if keep_aspects or not subjects else subjects
    return " ".join(re.sub(r"['’]s?$", "", token.strip(".'’\"“”")) for token, _ in chosen)


def _without(topic: str, question: str) -> str:
    own = {stem(word) for word in words(question)}
    fresh = dict.fromkeys(token for token in topic.split() if not {stem(word) for word in words(token)} & own)
    return " ".join(list(fresh)[:_TOPIC_WORDS])


def _parts(turn: Turn) -> tuple[str, str]:
    completed = _COMPLETED.fullmatch(turn.searched_as)
    return (completed["asked"], completed["topic"]) if completed else (turn.searched_as, "")


def _shown_for(searched_as: str, history: Sequence[Turn]) -> tuple[str, ...]:
    shown: dict[str, None] = {}
    for turn in reversed(history):
        if turn.searched_as != searched_as:
            break
        shown.update(dict.fromkeys(turn.shown))
    return tuple(shown)


def _picked(question: str, shown: Sequence[str]) -> int | None:
    match = _PICK.fullmatch(question.strip())
    if not match or not shown:
        return None
    name = (match["ordinal"] or match["bare"] or "").lower()
    digit = match["number"] or match["digit"]
    place = len(shown) - 1 if name == "last" else int(digit) - 1 if digit else _ORDINALS.get(name, 4)
    return place if place < len(shown) else None


def _leans(body: str) -> bool:
    if _LEANING_AFTER.search(body):
        return True
    found = _LEANING.search(body)
    if not found:
        return False
    before = body[: found.start()]
    # In "What are RSUs and how do they vest?" the word that "they" stands for is in the question itself.
    return not (_content(before) and _CLAUSE.search(before))


def _independence(body: str, content: list[str], frequency: Callable[[str], int], passages: int) -> float:
    unseen = idf(0, passages)
    rarity = sum(idf(frequency(stem(word)), passages) / unseen for word in content)
    score = 0.25 * min(len(words(body)), 12) + 0.7 * min(len(content), 5) + min(rarity, 3.0)
    return score - 2.7 * _leans(body) - 0.4 * bool(_ELLIPTIC.match(body))
