"""What the scripts of an export need of the rules by which questions are understood, as one JSON object.

The Python modules are the one source: nothing here is written twice. Forms and lists of words are texts with spaces
between the words, which pack well.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Set
from types import ModuleType
from typing import Any

from chatbot.answering.ranking import formulas
from chatbot.answering.understanding import (
    comparison,
    conversation,
    foreign_language,
    phrases,
    small_talk,
    spelling,
    vocabulary,
)
from chatbot.answering.understanding.vocabulary import Form, Vocabulary
from chatbot.exporting.javascript import javascript
from chatbot.indexing.words import tokens

# The constants of each module that the scripts use, under their own names.
_CONSTANTS: dict[ModuleType, str] = {
    tokens: "UNSEEN TOKEN NUMBER_MARKS DOTTED JOINED PAIR STOP_WORDS",
    formulas: "STOP_WEIGHT",
    small_talk: "LONGEST ENDS PARTS OPENING CLOSING LEANING MANNERS GRAVE NOTHING_NEXT ANY_TIME",
    foreign_language: "FEWEST WORD",
    spelling: (
        "SHORTEST LONGEST LONG MARGIN NAME COMMON ABBREVIATION BASE ENDINGS VERBAL PREFIXES LEARNED BRITISH BEGINS "
        "WORD LETTERS VOWELS SOUNDS BESIDE"
    ),
    vocabulary: "BESIDE INSTEAD",
    phrases: (
        "OPENING NEW_TOPIC MORE PLACES PICK CONTINUING CONNECTION ASKING LEANING LEANING_AFTER CLAUSE TOKEN VERB "
        "DOUBLING BREAKS MODIFIERS ENDINGS WHEN EDGES GENERIC ASPECTS"
    ),
    conversation: (
        "MOST_TURNS TOPIC_WEIGHT CONTINUITY OWN_SHARE LEANS_BELOW SURELY_ALONE SURELY_LEANS TOPIC_CHARACTERS COMPLETED"
    ),
    comparison: (
        "MOST LONGEST LONGEST_LISTED LONGEST_CLAUSE SENTENCE ASIDE QUOTES VERSUS LIST OR BETWEEN THAN CHOOSES ASKS "
        "FRAME VERB DETERMINER LAST_DETERMINER FOR_ALL SHARED LISTED ASKED_AFTER LISTING NO_SIDE NUMBERS"
    ),
}


def rules(words: Vocabulary) -> dict[str, Any]:
    """The rules with a site's vocabulary, of values that JSON has."""
    found: dict[str, Any] = {
        module.__name__.rpartition(".")[2]: {name: _plain(getattr(module, name)) for name in names.split()}
        for module, names in _CONSTANTS.items()
    }
    found["small_talk"]["kinds"] = {
        kind: {"reply": each.reply, "phrases": javascript(each.phrases)}
        | ({"within": javascript(each.within)} if kind in small_talk.GRAVE else {})
        for kind, each in small_talk.lists().items()
    }
    found["foreign_language"]["languages"] = {code: _language(code) for code in foreign_language.languages()}
    found["foreign_language"]["MESSAGE"] = foreign_language.MESSAGE
    found["vocabulary"] |= _vocabulary(words)
    return found


def _plain(value: Any) -> Any:
    """A constant as JSON has it: sets of words as a text, sorted, so that the same rules are the same bytes."""
    if isinstance(value, re.Pattern):
        return javascript(value)
    if isinstance(value, Set):
        return " ".join(sorted("".join(sorted(member)) if isinstance(member, Set) else member for member in value))
    if isinstance(value, tuple):
        return [_plain(member) for member in value]
    return value


def _language(code: str) -> dict[str, Any]:
    language = foreign_language.languages()[code]
    lists = {name: _plain(getattr(language, name)) for name in ("telling", "common", "shared", "letters", "others")}
    message, tongue = foreign_language.message_for(code)
    return {name: value for name, value in lists.items() if value} | ({"message": message} if tongue == code else {})


def _vocabulary(words: Vocabulary) -> dict[str, Any]:
    """Groups of forms that all stand for each other, in their order, what some forms stand for beside these, and what
    words are short for.
    """
    groups: list[list[Form]] = []
    beside: dict[str, str] = {}
    done: dict[Form, int] = {}
    for form, others in words.also.items():
        if form not in done:
            group = _group(form, words)
            groups += [group] if len(group) > 1 else []
            done |= dict.fromkeys(group, len(group) - 1)
        if others[done[form] :]:
            beside[" ".join(form)] = _joined(others[done[form] :])
    spoken = {word for form in words.also for word in form} | {
        word for others in words.also.values() for form in others for word in form
    }
    return {
        "groups": [_joined(group) for group in groups],
        "beside": beside,
        "longest": words.longest,
        "short": dict(words.short),
        "unwritten": _plain(spoken - words.words),
        "written": _plain(words.words - spoken),
    }


def _group(form: Form, words: Vocabulary) -> list[Form]:
    """The longest group that a form begins: each of its forms stands first of all for the others, in one order."""
    others = words.also[form]
    for size in range(len(others), 0, -1):
        group = [form, *others[:size]]
        if all(words.also.get(one, ())[:size] == tuple(other for other in group if other != one) for one in group):
            return group
    return [form]


def _joined(forms: Iterable[Form]) -> str:
    return "|".join(" ".join(form) for form in forms)
