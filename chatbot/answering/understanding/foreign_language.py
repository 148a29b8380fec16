"""Questions that are plainly in another language than English: by their script, or by closed lists of function words.

One foreign word makes no foreign question: "what is a résumé?", "Gehalt in Germany", "Los Angeles vs Las Vegas". The
lists are in `foreign_language.toml`; docs/conversation.md says what was measured.
"""

from __future__ import annotations

import re
import tomllib
import unicodedata
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from chatbot import catalogues
from chatbot.indexing.words.tokens import STOP_WORDS, words

MESSAGE = "The articles are in English, so it is best to ask in English, too."
_LISTS = Path(__file__).with_name("foreign_language.toml")
FEWEST = 2
WORD = re.compile(r"(?<!['’])\b(?:[cdjlmnst]|qu)['’](?=\w)|[^\W\d_]+(?:['’][^\W\d_]+)*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class _Language:
    """The words, or else the letters, that a language is told by; see `foreign_language.toml`."""

    telling: frozenset[str]
    common: frozenset[str]
    shared: frozenset[str]
    letters: re.Pattern[str] | None
    others: re.Pattern[str] | None

    def writes(self, text: str) -> bool:
        return bool(self.letters and self.letters.search(text) and not (self.others and self.others.search(text)))


def in_english(tag: str) -> bool:
    """Whether the tag of a language, such as "en-GB", is one of English."""
    return tag.partition("-")[0].lower() == "en"


def language_of(question: str) -> str | None:
    """The code of the language that a question is plainly in, "und" for one not told apart; None if it may be English.

    Most of its letters are not Latin, or it has at least two different function words of a language, one of them none
    that names have, and more of them than English ones.
    """
    text = unicodedata.normalize("NFKC", question)
    if not text.isascii():
        letters = [char for char in text if char.isalpha()]
        latin = sum(unicodedata.name(char, "").startswith("LATIN") for char in letters)
        if len(letters) >= FEWEST and 2 * latin < len(letters):
            return next((code for code, language in languages().items() if language.writes(text)), "und")
    # Capitals are abbreviations: LA, MI, SE.
    typed = {word for word in WORD.findall(text) if not word.isupper() or text.isupper()}
    own = {word.lower().replace("’", "'") for word in typed}
    english = STOP_WORDS.intersection(words(text))
    most, likeliest = FEWEST - 1, None
    for code, language in languages().items():
        telling = len(own & language.telling)
        count = telling + len(own & language.common)
        if telling and count > max(most, len(english - language.shared)):
            most, likeliest = count, code
    return likeliest


def message_for(language: str) -> tuple[str, str]:
    """What a question in a language is told, and the code of the language that it is told in: English where need be."""
    if language not in catalogues.codes():
        return MESSAGE, "en"
    return catalogues.tables(language)["messages"][MESSAGE], language


@cache
def languages() -> dict[str, _Language]:
    return {code: _language(**table) for code, table in tomllib.loads(_LISTS.read_text(encoding="utf-8")).items()}


def _language(telling: str = "", common: str = "", shared: str = "", letters: str = "", others: str = "") -> _Language:
    return _Language(
        frozenset(telling.split()),
        frozenset(common.split()),
        frozenset(shared.split()),
        re.compile(f"[{letters}]") if letters else None,
        re.compile(f"[{others}]") if others else None,
    )
