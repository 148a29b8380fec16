"""Words that mean the same to somebody looking for an article: the shipped file, and a site's own added to it.

`vocabulary.toml` explains its format at its top. A form is compared as whole words in the singular or the plural, never
by its stem, which would make *programme* and *programmer* one word.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from chatbot.answering.understanding.foreign_language import in_english
from chatbot.errors import SettingsError
from chatbot.indexing.words.tokens import stem, words

SHIPPED = Path(__file__).with_name("vocabulary.toml")
_TABLES = ("same", "expand", "short")
_NO_PLURAL = ("ss", "us", "is")
_WORD = re.compile(r"[^\W_]+(?:\.[^\W_]+)*")  # "node.js" is one
_PLACE = re.compile(r"\(at line (\d+), column \d+\)")

# How much a word counts that the vocabulary added: beside a word that the corpus has, and instead of one it lacks.
BESIDE = 0.2
INSTEAD = 0.6

Form = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Match:
    """A form that a question contains, as words[start:end], and the forms that are looked for as well."""

    start: int
    end: int
    forms: tuple[Form, ...]


@dataclass(frozen=True, slots=True)
class Added:
    """Words of a question, and the forms that the vocabulary added for them."""

    words: str
    forms: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Vocabulary:
    """For each form, a tuple of normalised words, the forms that are looked for as well.

    `longest` is the number of words of the longest form; `words` are those of all forms as they are written. `short`
    gives for short words what they are short for; one in capitals is not the same in small letters.
    """

    also: Mapping[Form, tuple[Form, ...]]
    longest: int
    words: frozenset[str]
    short: Mapping[str, str]

    def spelt_out(self, question: str) -> str:
        """A question for the model to read: what words are short for stands before them, "a data science / DS job".

        Each word once, and none whose long form is there. Where several words are all in capitals, these tell nothing.
        """
        lower = question.lower()
        shouted = " " in question and question == question.upper()
        told: set[str] = set()

        def longer(word: re.Match[str]) -> str:
            written = word[0].lower() if shouted else word[0]
            one = written.removesuffix("s")
            form = next((form for form in (written, written.lower(), one, one.lower()) if form in self.short), "")
            long = self.short.get(form, "")
            if not long or long in told or long.lower() in lower:
                return word[0]
            told.add(long)
            return f"{long} / {word[0]}"

        return _WORD.sub(longer, question)

    def matches(self, question: Sequence[str]) -> Iterator[Match]:
        """The forms in the words of a question from left to right, the longest first, none inside another."""
        singular = [_singular(word) for word in question]
        start = 0
        while start < len(singular):
            for end in range(min(start + self.longest, len(singular)), start, -1):
                forms = self.also.get(tuple(singular[start:end]))
                if forms:
                    yield Match(start, end, forms)
                    start = end
                    break
            else:
                start += 1


def widened(
    weights: Mapping[str, float], question: Sequence[str], vocabulary: Vocabulary, frequency: Callable[[str], int]
) -> tuple[dict[str, float], tuple[Added, ...]]:
    """The weighted terms of a question with those that the vocabulary adds, and what was added.

    `question` holds its normalised words, `frequency` tells in how many passages a term occurs. The words of an added
    form share one weight; a form that has a word of which the corpus knows nothing is left out.
    """
    wider = dict(weights)
    added = []
    for match in vocabulary.matches(question):
        own = [stem(word) for word in question[match.start : match.end]]
        base = min(weights.get(term, 1.0) for term in own)
        factor = base * (BESIDE if all(map(frequency, own)) else INSTEAD)
        forms = []
        for form in match.forms:
            terms = {stem(word) for word in form}
            if not all(map(frequency, terms)):
                continue
            forms.append(" ".join(form))
            for term in terms - weights.keys():
                wider[term] = max(wider.get(term, 0.0), factor / len(terms) ** 0.5)
        if forms:
            added.append(Added(" ".join(question[match.start : match.end]), tuple(forms)))
    return wider, tuple(added)


def read_vocabulary(own: Path | None = None, language: str = "en") -> Vocabulary:
    """The shipped vocabulary with a site's own file added.

    Where both have a form in [same], the groups become one. `language` is the tag of the articles' language: what is
    shipped as [short] is left out where that is not English, since "EM" is no engineering manager elsewhere. Raises
    SettingsError with file and line.
    """
    return _read(own, own.stat().st_mtime_ns if own and own.is_file() else None, in_english(language))


@lru_cache(maxsize=4)
def _read(own: Path | None, _changed: int | None, english: bool) -> Vocabulary:
    groups: list[list[Form]] = []
    group_of: dict[Form, list[Form]] = {}
    one_way: dict[Form, list[Form]] = {}
    written: set[str] = set()
    short: dict[str, str] = {}
    for path in (SHIPPED, *([own] if own else [])):
        same, expand, shortened = _tables(path)
        if path == SHIPPED and not english:
            shortened = {}
        short |= shortened
        written.update(f"{word.lower()}s" for word in shortened)
        expand = [*expand, *([word, long] for word, long in shortened.items() if word == word.lower())]
        written.update(word for texts in (*same, *expand) for text in texts for word in words(text))
        for texts in same:
            _join([form_of(text) for text in texts], groups, group_of)
        for key, *others in expand:
            one_way.setdefault(form_of(key), []).extend(map(form_of, others))
    also: dict[Form, tuple[Form, ...]] = {}
    for form in dict.fromkeys([*group_of, *one_way]):
        found = [*group_of.get(form, ()), *one_way.get(form, ())]
        also[form] = tuple(other for other in dict.fromkeys(found) if other != form)
    return Vocabulary(also, max(map(len, also), default=0), frozenset(written), short)


def _join(forms: Sequence[Form], groups: list[list[Form]], group_of: dict[Form, list[Form]]) -> None:
    joined = list(dict.fromkeys(form for known in forms for form in group_of.get(known, [known])))
    groups.append(joined)
    group_of.update((form, joined) for form in joined)


def _tables(path: Path) -> tuple[list[list[str]], list[list[str]], dict[str, str]]:
    try:
        text = path.read_text(encoding="utf-8")
        tables = tomllib.loads(text)
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"vocabulary {path} cannot be read: {error}; name an existing file in UTF-8") from error
    except tomllib.TOMLDecodeError as error:
        place = _PLACE.search(str(error))
        where = f"{path}:{place[1]}" if place else str(path)
        raise SettingsError(
            f"{where}: {_PLACE.sub('', str(error)).strip()}; mend this line of the vocabulary"
        ) from error
    lines = text.split("\n")
    for table in tables:
        if table not in _TABLES:
            raise SettingsError(
                f"{path}:{_line(lines, table)}: '{table}' is no table; write [same], [expand] or [short]"
            )
    same, expand = (_entries(path, lines, tables.get(table, {})) for table in ("same", "expand"))
    return same, expand, _shortened(path, lines, tables.get("short", {}))


def _entries(path: Path, lines: Sequence[str], table: Any) -> list[list[str]]:
    entries = []
    for key, others in table.items() if isinstance(table, dict) else ():
        where = f"{path}:{_line(lines, key)}"
        if not isinstance(others, list) or not others or not all(isinstance(other, str) for other in others):
            raise SettingsError(f'{where}: {key} = {others!r} is no list of forms; write {key} = ["other word"]')
        for text in (key, *others):
            if not form_of(text):
                raise SettingsError(f"{where}: the form {text!r} has no letter or digit; write a word, or leave it out")
        entries.append([key, *others])
    return entries


def _shortened(path: Path, lines: Sequence[str], table: Any) -> dict[str, str]:
    for word, long in table.items() if isinstance(table, dict) else ():
        where = f"{path}:{_line(lines, word)}"
        if not isinstance(long, str) or not form_of(long):
            raise SettingsError(f'{where}: {word} = {long!r} is no text; write {word} = "what it is short for"')
        if not _WORD.fullmatch(word):
            raise SettingsError(f"{where}: {word!r} is not one word; write letters and digits, or a line of [expand]")
    return dict(table)


def _line(lines: Sequence[str], name: str) -> int:
    """The line of a key or table, counted from 1; 1 where it is written in another way."""
    written = re.compile(rf"""\s*\[*["']?{re.escape(name)}["']?\s*[=\]]""")
    return next((number for number, line in enumerate(lines, start=1) if written.match(line)), 1)


def form_of(text: str) -> Form:
    """A form as it is compared: normalised words in the singular."""
    return tuple(_singular(word) for word in words(text))


def _singular(word: str) -> str:
    if len(word) < 3 or not word.endswith("s") or word.endswith(_NO_PLURAL):
        return word
    if word.endswith("ies") and len(word) > 4:
        return f"{word[:-3]}y"
    return word[:-2] if word.endswith(("ches", "shes", "xes", "zes")) else word[:-1]
