"""Front matter: the keys above an article's text: YAML between `---`, TOML between `+++`, JSON, or lines of keys.

Every value is read as text, whatever it looks like: `country: NO` is Norway, and a date is checked by us, with its
line. Nothing in it is executed, repeated by reference or nested without bound.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Collection, ItemsView, Iterator, Mapping
from datetime import date
from itertools import takewhile
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from chatbot.content.source.dates import stated_day
from chatbot.errors import ContentError
from chatbot.records import Pin, Source

_ADDRESS = re.compile(r"(?:https?://|/(?!/))[^\s\x00-\x1f\x7f\\]*", re.IGNORECASE)
_TRUTH = dict.fromkeys(("true", "yes", "on", "1", "y", "t"), True) | dict.fromkeys(
    ("false", "no", "off", "0", "n", "f"), False
)
_STEPS = {
    "'\\t'": "indent with spaces, not with tabs",
    "expected ',' or": "close the bracket, and put texts with signs such as ? in quotes",
    "unexpected end of stream": "close the quotes",
    "cannot start any token": "text that begins with such a sign needs quotes",
}
"""What to do about what is wrong, by words that the parser of YAML says it with."""
_ABSENT = {"", "~", "null", "Null", "NULL"}


class Value(NamedTuple):
    """A value and the line of the file it stands on, counted from 1; 0 where the file says it in another place."""

    value: Any
    line: int


class FrontMatter:
    """The keys of one file, with the conversions that articles need. Each raises ContentError naming the line.

    `last_update`, `lastUpdate` and `Last-Update` are one key.
    """

    def __init__(self, path: str, values: dict[str, Value]) -> None:
        self.path = path
        self._values = values
        self._folded: dict[str, Value] = {}
        for key, value in values.items():
            self._folded.setdefault(folded(key), value)

    def stated(self, key: str) -> Value | None:
        """What stands under a key, None where it is absent."""
        return self._folded.get(folded(key))

    def text(self, key: str) -> str | None:
        """One line of text, or None where the key is absent or empty. A list of one counts as its item."""
        stated = self.stated(key)
        if not stated:
            return None
        value = stated.value[0] if isinstance(stated.value, list) and len(stated.value) == 1 else stated.value
        if not isinstance(value, str):
            raise self._error(stated, f"{key} is a {'list' if isinstance(value, list) else 'mapping'}; write one text")
        return one_line(value) or None

    def texts(self, key: str, *, commas: bool = False) -> tuple[str, ...]:
        """A list of texts without repeats; a single text is a list of one, or of several between `commas`."""
        stated = self.stated(key)
        if not stated:
            return ()
        value = stated.value
        if isinstance(value, str):
            value = value.split(",") if commas else [value]
        if isinstance(value, dict):
            raise self._error(stated, f"{key} is a mapping; write a list")
        return tuple(dict.fromkeys(item for item in map(_item, value) if item))

    def questions(self) -> dict[str, str]:
        """What stands under `questions`: each question with the heading that answers it, or "".

        Each is a text, or a mapping of `heading` to `question` or to a list, `questions`.
        """
        stated = self._values.get("questions")
        if not stated or not isinstance(stated.value, list):
            return dict.fromkeys(self.texts("questions"), "")
        found: dict[str, str] = {}
        for item in stated.value:
            mapping = item if isinstance(item, dict) and {"question", "questions"} & item.keys() else {}
            if unknown := [key for key in mapping if key not in {"question", "questions", "heading"}]:
                known = "question, questions, heading"
                raise self._error(stated, f"a question has the key {_shown(unknown[0])}; known are {known}")
            several = mapping.get("questions") or []
            asked = [mapping.get("question"), *(several if isinstance(several, list) else [several])]
            for question in filter(None, map(_item, asked if mapping else [item])):
                found.setdefault(question, _item(mapping.get("heading")))
        return found

    def pins(self) -> tuple[Pin, ...]:
        """What stands under `pinned`: mappings of `question` and, if wanted, `until` and `heading`."""
        pins = []
        for stated, item in self._listed("pinned"):
            inner = FrontMatter(self.path, {key: Value(value, stated.line) for key, value in self._pairs(stated, item)})
            question = inner.text("question")
            if not question:
                raise self._error(stated, "a pinned answer has no question; write - question: ... under pinned")
            pins.append(Pin(question, inner.day("until"), inner.text("heading")))
        return tuple(pins)

    def sources(self) -> Iterator[Source | ContentError]:
        """What stands under `sources`: mappings of `title`, `url` and, where it has one, `year`; or addresses alone.

        In the place of what cannot be used stands the error that says why.
        """
        for stated, item in self._listed("sources"):
            values = item if isinstance(item, dict) else {"url": item, "title": item}
            title, url, year = (_text(values.get(key)) for key in ("title", "url", "year"))
            if not url.startswith(("http://", "https://")) or not usable_address(url):
                yield self._error(stated, f"a source has the url {_shown(url)}; write a whole http(s) address")
            elif year and not re.fullmatch(r"1[5-9]\d\d|20\d\d", year):
                yield self._error(stated, f"a source has the year {_shown(year)}; write it as 2026, or leave it out")
            else:
                yield Source(title or url, url, int(year) if year else None)

    def _listed(self, key: str) -> Iterator[tuple[Value, Any]]:
        """What the key states and, in turn, each thing in its list; a thing that stands alone is a list of one."""
        stated = self.stated(key)
        if stated and stated.value:
            for item in stated.value if isinstance(stated.value, list) else [stated.value]:
                yield stated, item

    def _pairs(self, stated: Value, item: Any) -> list[tuple[str, Any]]:
        pairs = list(item.items()) if isinstance(item, dict) else [("question", item)]
        unknown = [key for key, _ in pairs if key not in {"question", "until", "heading"}]
        if unknown:
            raise self._error(
                stated, f"a pinned answer has the key {_shown(unknown[0])}; known are question, until, heading"
            )
        return pairs

    def day(self, *keys: str) -> date | None:
        """The first of these keys that is present, as a calendar date; a time behind it is ignored.

        Raises ContentError where it is no date, or may be two.
        """
        for key in keys:
            stated = self.stated(key)
            value = stated.value.get("date") if stated and isinstance(stated.value, dict) else stated and stated.value
            if not stated or not value:
                continue
            if isinstance(value, str) and (day := stated_day(value)):
                return day
            raise self._error(
                stated, f"{key} is {_shown(value)}, which is no date that is certain; write it as 2026-01-31"
            )
        return None

    def flag(self, key: str) -> bool:
        """True or False; absent is False."""
        stated = self.stated(key)
        if stated and stated.value and self.truth(key) is None:
            raise self._error(stated, f"{key} is {_shown(stated.value)}; write true or false")
        return self.truth(key) or False

    def truth(self, key: str) -> bool | None:
        """True or False where the value says so, else None."""
        stated = self.stated(key)
        value = stated.value if stated else None
        value = value[0] if isinstance(value, list) and len(value) == 1 else value
        return _TRUTH.get(value.strip().lower()) if isinstance(value, str) else None

    def address(self, key: str) -> str | None:
        """An http(s) address or a path on this site that begins with a single slash."""
        stated, value = self.stated(key), self.text(key)
        if not stated or value is None:
            return None
        if not usable_address(value):
            raise self._error(
                stated, f"{key} is {_shown(value)}; write a whole http(s) address, or a path with a single / in front"
            )
        return value

    def slips(self, known: Collection[str], other: Collection[str]) -> Iterator[ContentError]:
        """For each key that is none of `other` and one slip of the pen away from one of `known`, an error with both."""
        for key, stated in self._values.items():
            if folded(key) in other:
                continue
            meant = next((name for name in known if _slip(folded(key), folded(name)) and not self.stated(name)), None)
            if meant:
                yield self._error(stated, f"the key {_shown(key)} is not read, '{meant}' is")

    def items(self) -> ItemsView[str, Value]:
        """The keys as the file writes them, with what stands under them."""
        return self._values.items()

    def values(self) -> dict[str, Any]:
        """Every key with its value: texts, lists and mappings."""
        return {key: stated.value for key, stated in self._values.items()}

    def beside(self, facts: Mapping[str, str]) -> FrontMatter:
        """These keys, and `facts` for those that the file does not set itself."""
        return FrontMatter(
            self.path, {key: Value(value, 0) for key, value in facts.items() if not self.stated(key)} | self._values
        )

    def _error(self, stated: Value, reason: str) -> ContentError:
        return ContentError(self.path, reason, stated.line)


def usable_address(value: str) -> bool:
    """Whether it is an http(s) address or a path on this site that begins with a single slash."""
    try:
        return bool(_ADDRESS.fullmatch(value) and (value.startswith("/") or urlsplit(value).hostname))
    except ValueError:
        return False


def _slip(typed: str, meant: str) -> bool:
    """Whether one letter more, less or other, or two that changed places, make the one word of the other."""
    same = len(list(takewhile(lambda pair: pair[0] == pair[1], zip(typed, meant, strict=False))))
    one, other = typed[same:], meant[same:]
    swapped = one[:2] == other[1::-1] and one[2:] == other[2:]
    return typed != meant and (swapped or one[1:] == other or one == other[1:] or one[1:] == other[1:])


def one_line(text: str) -> str:
    """The text in one line without control characters."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


class _Loader(yaml.BaseLoader):
    """Texts, lists and mappings only; references are refused, since a few lines of them can fill the memory."""

    def compose_node(self, parent: yaml.Node | None, index: int) -> yaml.Node | None:
        if self.check_event(yaml.AliasEvent):
            mark = self.peek_event().start_mark  # type: ignore[no-untyped-call]
            raise yaml.composer.ComposerError(None, None, "references (*name) are not read", mark)
        return super().compose_node(parent, index)


def _yaml(path: str, source: str, first_line: int) -> dict[str, Value]:
    try:
        loader = _Loader(source)
        root = loader.get_single_node()
        if root is None:
            return {}
        if not isinstance(root, yaml.MappingNode):
            raise ContentError(path, "the front matter is no list of 'key: value' lines; write such lines", first_line)
        return {
            str(key.value): Value(_plain_value(value), first_line + key.start_mark.line)
            for key, value in root.value
            if isinstance(key, yaml.ScalarNode)
        }
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        problem = error.problem or error.context or ""
        step = next((step for sign, step in _STEPS.items() if sign in problem), "text with a colon needs quotes")
        reason = f"the front matter is no YAML: {problem}; {step}"
        raise ContentError(path, reason, first_line + mark.line if mark else first_line) from error
    except yaml.reader.ReaderError as error:
        line = first_line + source.count("\n", 0, error.position)
        raise ContentError(
            path, f"the front matter holds the character {error.character!r}; remove it", line
        ) from error
    except (ValueError, OverflowError) as error:  # an escape of a character that there is not
        raise ContentError(
            path, f"the front matter is no YAML: {one_line(str(error))}; correct it", first_line
        ) from error


def _plain_value(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return "" if not node.style and node.value in _ABSENT else str(node.value)


def _toml(path: str, source: str, first_line: int) -> dict[str, Value]:
    try:
        values = {key: _as_text(value) for key, value in tomllib.loads(source).items()}
    except ValueError as error:
        place = re.search(r"line (\d+)", str(error))
        line = first_line + int(place[1]) - 1 if place else first_line
        raise ContentError(path, f"the front matter is no TOML: {error}; correct that line", line) from error
    lines = {match[1]: source.count("\n", 0, match.start()) for match in re.finditer(r"^\W*([\w-]+)", source, re.M)}
    return {key: Value(value, first_line + lines.get(key, 0)) for key, value in values.items()}


def _json(path: str, source: str, first_line: int) -> dict[str, Value]:
    try:
        values = json.loads(source)
    except ValueError as error:
        raise ContentError(path, f"the front matter is no JSON: {error}; correct that line", first_line) from error
    return values_of(values, source, first_line) if isinstance(values, dict) else {}


def values_of(values: dict[str, Any], source: str, first_line: int) -> dict[str, Value]:
    def line_of(key: str) -> int:
        return first_line + source.count("\n", 0, max(0, source.find(json.dumps(key, ensure_ascii=False))))

    return {key: Value(_as_text(value), line_of(key)) for key, value in values.items()}


_PARSERS = {"yaml": _yaml, "toml": _toml, "json": _json}


def parse_keys(path: str, language: str, source: str, first_line: int) -> dict[str, Value]:
    """The keys of front matter in "yaml", "toml" or "json". Raises ContentError naming the line."""
    try:
        return _PARSERS[language](path, source, first_line)
    except RecursionError as error:
        raise ContentError(path, "the front matter is nested too deeply; make it simpler", first_line) from error


def folded(key: str) -> str:
    return key.casefold().replace("_", "").replace("-", "").replace(" ", "")


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    if value is None:
        return ""
    return str(value).lower() if isinstance(value, bool) else str(value)


def _text(value: Any) -> str:
    return one_line(value) if isinstance(value, str) else ""


def _item(value: Any) -> str:
    if isinstance(value, dict):
        # "- Which is better: A or B?" is a mapping to YAML and a question to its writer.
        pairs = [(key, item) for key, item in value.items() if isinstance(item, str)]
        return one_line(f"{pairs[0][0]}: {pairs[0][1]}") if len(value) == len(pairs) == 1 else ""
    return one_line(value) if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    return repr(value if len(str(value)) <= 80 else f"{str(value)[:77]}...")
