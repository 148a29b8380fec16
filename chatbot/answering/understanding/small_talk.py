"""Small talk: whole utterances from closed lists, and the fixed sentence that each kind gets.

Only an utterance that is nothing else counts: "hi, how do I negotiate a salary?" is a question. What speaks of despair,
violence or acute illness counts wherever it stands. The lists and the sentences are in `small_talk.toml`.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from functools import cache, lru_cache
from pathlib import Path
from typing import NamedTuple

from chatbot.records import Turn

_LISTS = Path(__file__).with_name("small_talk.toml")
LONGEST = 120
ENDS = re.compile(r"[^\w']+$|^[^\w']+")
PARTS = re.compile(r"[.!?;:…\n]+|,")
_NAMES = re.compile(r"\{([a-z]+)\}")
OPENING = re.compile(
    r"^(?:hi|hello|hey|ok|okay|oh|well|so|and|but|great|cool|yes|no|thanks|thank you|sorry|please|um+|omg|ugh|bot|"
    r"chatbot|ai|(?:(?:can|could|will|would) you |please )?tell me|(?:let|may|can) (?:me|i) know|do you know|"
    r"(?:i (?:want|wanna|need|must|have|gotta|would like|wish)|i'd like)(?: to)? know) "
)
CLOSING = re.compile(
    r" (?:there|bot|chatbot|robot|everyone|all|again|please|now|friend|mate|buddy|dear|sir|madam|man|everybody|exactly|"
    r"then|really|actually|thanks|thank you|anyway|ai|right now)$"
)
LEANING = re.compile(
    r"\b(?:it|this|that)\b(?! (?:bot|chatbot|chat|page|site|thing)| an? (?:real |actual |live )?"
    r"(?:ai|bot|chatbot|robot|machine|human|person)\b)"
)
MANNERS = frozenset(("greeting", "thanks", "goodbye", "agreement"))
GRAVE = ("crisis", "violence", "illness")
"""Kinds that send people to people, and offer nothing else; the first of several decides."""
NOTHING_NEXT = (*GRAVE, "wording", "certainty")
"""Kinds after which no questions to begin with are offered; the last two are about what was just answered."""
ANY_TIME = MANNERS | {"complaint", *NOTHING_NEXT}


class _List(NamedTuple):
    """A kind's sentence, its whole utterances, and what tells a grave kind within any."""

    reply: str
    phrases: re.Pattern[str]
    within: re.Pattern[str]


# With each question of a conversation those before it are read again.
@lru_cache(maxsize=4096)
def kind_of(utterance: str, *, opening: bool = True) -> str | None:
    """What kind of small talk an utterance is; None where any part of it is something else.

    A grave kind decides, or of several parts the last that is more than manners: "Hi! Who are you?" asks who. Unless
    the utterance opens the conversation, "it" and "this" mean what was talked about: "how does it work?" is a question.
    """
    said = _normal(utterance)
    grave = next((kind for kind in GRAVE if lists()[kind].within.search(said)), None)
    return grave or _whole_kind(utterance, opening=opening)


def _whole_kind(utterance: str, *, opening: bool) -> str | None:
    if len(utterance) > LONGEST:
        return None
    if not any(map(str.isalnum, utterance)):
        return "wordless" if utterance.strip() else None
    whole = _kind(_normal(utterance.replace(",", " ")))
    parts = [part for part in map(_normal, PARTS.split(utterance)) if part]
    kinds = [whole] * len(parts) if whole else [_kind(part) for part in parts]
    if not kinds or None in kinds:
        return None
    if not opening and any(
        kind not in ANY_TIME and LEANING.search(part) for kind, part in zip(kinds, parts, strict=True)
    ):
        return None
    grave = [kind for kind in GRAVE if kind in kinds]
    telling = [kind for kind in kinds if kind not in MANNERS]
    return grave[0] if grave else (telling or kinds)[-1]


def without(turns: Sequence[Turn]) -> tuple[Turn, ...]:
    """The turns that were no small talk, which changes no topic."""
    kept: list[Turn] = []
    for turn in turns:
        if turn.shown or not kind_of(turn.question, opening=not kept):
            kept.append(turn)
    return tuple(kept)


def reply_to(kind: str) -> str:
    """The fixed sentence for a kind of small talk."""
    return lists()[kind].reply


def _normal(text: str) -> str:
    return ENDS.sub("", " ".join(text.lower().replace("’", "'").split()))


def _kind(part: str) -> str | None:
    """The kind of one part, what only opens or closes it left aside."""
    while part:
        for kind, each in lists().items():
            if each.phrases.fullmatch(part):
                return kind
        shorter = OPENING.sub("", part) if OPENING.match(part) else CLOSING.sub("", part)
        if shorter == part:
            return None
        part = shorter
    return None


@cache
def lists() -> dict[str, _List]:
    tables = tomllib.loads(_LISTS.read_text(encoding="utf-8"))
    words: dict[str, str] = {}
    for name, pattern in tables.pop("words").items():
        words[name] = _filled(pattern, words)
    kinds = {}
    for kind, table in tables.items():
        phrases, within = (_filled("|".join(table.get(key, ())), words) for key in ("phrases", "within"))
        kinds[kind] = _List(table["reply"], re.compile(phrases), re.compile(rf"\b(?:{within})"))
    return kinds


def _filled(pattern: str, words: Mapping[str, str]) -> str:
    """A pattern with each `{name}` replaced by what it stands for."""
    return _NAMES.sub(lambda name: words[name[1]], pattern)
