"""Front matter: the keys above an article's text, in YAML between `---` or TOML between `+++`.

Every value is read as text, whatever it looks like: `country: NO` is Norway, and a date is checked by us, with its
line. Nothing in it is executed, repeated by reference or nested without bound.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import yaml

from chatbot.errors import ContentError
from chatbot.records import Pin

LONGEST = 256 * 1024
"""Characters of front matter."""

_OPENING = re.compile(r"\s*^(---|\+\+\+)[ \t]*\n", re.MULTILINE)
DATE = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ]\s*\d{1,2}:\d{2}.*)?")
_ADDRESS = re.compile(r"(?:https?://|/(?!/))[^\s\x00-\x1f\x7f\\]*", re.IGNORECASE)
_TRUTH = {"true": True, "yes": True, "on": True, "false": False, "no": False, "off": False}
_ABSENT = {"", "~", "null", "Null", "NULL"}


class Value(NamedTuple):
    """A value and the line of the file it stands on, counted from 1."""

    value: Any
    line: int


class FrontMatter:
    """The keys of one file, with the conversions that articles need. Each raises ContentError naming the line."""

    def __init__(self, path: str, values: dict[str, Value]) -> None:
        self._path = path
        self._values = values

    def text(self, key: str) -> str | None:
        """One line of text, or None where the key is absent or empty. A list of one counts as its item."""
        stated = self._values.get(key)
        if not stated:
            return None
        value = stated.value[0] if isinstance(stated.value, list) and len(stated.value) == 1 else stated.value
        if not isinstance(value, str):
            raise self._error(stated, f"{key} is a {'list' if isinstance(value, list) else 'mapping'}; write one text")
        return one_line(value) or None

    def texts(self, key: str, *, commas: bool = False) -> tuple[str, ...]:
        """A list of texts without repeats; a single text is a list of one, or of several between `commas`."""
        stated = self._values.get(key)
        if not stated:
            return ()
        value = stated.value
        if isinstance(value, str):
            value = value.split(",") if commas else [value]
        if isinstance(value, dict):
            raise self._error(stated, f"{key} is a mapping; write a list")
        return tuple(dict.fromkeys(item for item in map(_item, value) if item))

    def pins(self) -> tuple[Pin, ...]:
        """What stands under `pinned`: mappings of `question` and, if wanted, `until` and `heading`."""
        stated = self._values.get("pinned")
        if not stated or not stated.value:
            return ()
        items = stated.value if isinstance(stated.value, list) else [stated.value]
        pins = []
        for item in items:
            inner = FrontMatter(
                self._path, {key: Value(value, stated.line) for key, value in self._pairs(stated, item)}
            )
            question = inner.text("question")
            if not question:
                raise self._error(stated, "a pinned answer has no question; write - question: ... under pinned")
            pins.append(Pin(question, inner.day("until"), inner.text("heading")))
        return tuple(pins)

    def _pairs(self, stated: Value, item: Any) -> list[tuple[str, Any]]:
        pairs = list(item.items()) if isinstance(item, dict) else [("question", item)]
        unknown = [key for key, _ in pairs if key not in {"question", "until", "heading"}]
        if unknown:
            raise self._error(
                stated, f"a pinned answer has the key {_shown(unknown[0])}; known are question, until, heading"
            )
        return pairs

    def day(self, *keys: str) -> date | None:
        """The first of these keys that is present, as a calendar date; a time behind it is ignored."""
        for key in keys:
            stated = self._values.get(key)
            value = stated.value.get("date") if stated and isinstance(stated.value, dict) else stated and stated.value
            if not stated or not value:
                continue
            if isinstance(value, str) and (day := calendar_day(value)):
                return day
            raise self._error(stated, f"{key} is {_shown(value)}, which is no date; write it as 2026-01-31")
        return None

    def flag(self, key: str) -> bool:
        """True or False; absent is False."""
        stated = self._values.get(key)
        if stated and stated.value and self.truth(key) is None:
            raise self._error(stated, f"{key} is {_shown(stated.value)}; write true or false")
        return self.truth(key) or False

    def truth(self, key: str) -> bool | None:
        """True or False where the value says so, else None."""
        stated = self._values.get(key)
        return _TRUTH.get(stated.value.lower()) if stated and isinstance(stated.value, str) else None

    def address(self, key: str) -> str | None:
        """An http(s) address or a path on this site that begins with a single slash."""
        stated, value = self._values.get(key), self.text(key)
        if not stated or value is None:
            return None
        if not usable_address(value):
            raise self._error(
                stated, f"{key} is {_shown(value)}; write a whole http(s) address, or a path with a single / in front"
            )
        return value

    def values(self) -> dict[str, Any]:
        """Every key with its value: texts, lists and mappings."""
        return {key: stated.value for key, stated in self._values.items()}

    def beside(self, facts: Mapping[str, str]) -> FrontMatter:
        """These keys, and `facts` for those that the file does not set itself."""
        return FrontMatter(self._path, {key: Value(value, 1) for key, value in facts.items()} | self._values)

    def _error(self, stated: Value, reason: str) -> ContentError:
        return ContentError(self._path, reason, stated.line)


def split_front_matter(path: str, text: str) -> tuple[FrontMatter, str]:
    """The front matter of a file and the text below it. Raises ContentError where it is open-ended or unreadable."""
    opening = _OPENING.match(text)
    if not opening:
        return FrontMatter(path, {}), text
    above = text.count("\n", 0, opening.start(1)) + 1
    closing = re.compile(r"^(?:---|\.\.\.)[ \t]*$" if opening[1] == "---" else r"^\+\+\+[ \t]*$", re.MULTILINE)
    end = closing.search(text, opening.end())
    if not end:
        raise ContentError(path, f"the front matter is not closed; put a line with {opening[1]} below it", above)
    source = text[opening.end() : end.start()]
    if len(source) > LONGEST:
        raise ContentError(
            path, f"the front matter has {len(source):,} characters; at most {LONGEST:,} are read; shorten it", above
        )
    read = _yaml if opening[1] == "---" else _toml
    return FrontMatter(path, read(path, source, above + 1)), text[end.end() :]


def calendar_day(value: str) -> date | None:
    """The day of a date as `2026-01-31`, whatever time stands behind it; None for anything else."""
    match = DATE.fullmatch(value.strip())
    try:
        return date(int(match[1]), int(match[2]), int(match[3])) if match else None
    except ValueError:
        return None


def usable_address(value: str) -> bool:
    """Whether it is an http(s) address or a path on this site that begins with a single slash."""
    try:
        return bool(_ADDRESS.fullmatch(value) and (value.startswith("/") or urlsplit(value).hostname))
    except ValueError:
        return False


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
        reason = f"the front matter is no YAML: {error.problem or error.context}; text with a colon needs quotes"
        raise ContentError(path, reason, first_line + mark.line if mark else first_line) from error
    except yaml.reader.ReaderError as error:
        line = first_line + source.count("\n", 0, error.position)
        raise ContentError(
            path, f"the front matter holds the character {error.character!r}; remove it", line
        ) from error
    except RecursionError as error:
        raise ContentError(path, "the front matter is nested too deeply; make it simpler", first_line) from error


def _plain_value(node: Any) -> Any:
    if isinstance(node, yaml.SequenceNode):
        return [_plain_value(item) for item in node.value]
    if isinstance(node, yaml.MappingNode):
        return {str(key.value): _plain_value(value) for key, value in node.value if isinstance(key, yaml.ScalarNode)}
    return "" if not node.style and node.value in _ABSENT else str(node.value)


def _toml(path: str, source: str, first_line: int) -> dict[str, Value]:
    try:
        values = tomllib.loads(source)
    except (tomllib.TOMLDecodeError, ValueError) as error:
        place = re.search(r"line (\d+)", str(error))
        line = first_line + int(place[1]) - 1 if place else first_line
        raise ContentError(path, f"the front matter is no TOML: {error}; correct that line", line) from error
    except RecursionError as error:
        raise ContentError(path, "the front matter is nested too deeply; make it simpler", first_line) from error
    lines = {match[1]: source.count("\n", 0, match.start()) for match in re.finditer(r"^\W*([\w-]+)", source, re.M)}
    return {key: Value(_as_text(value), first_line + lines.get(key, 0)) for key, value in values.items()}


def _as_text(value: Any) -> Any:
    if isinstance(value, list):
        return [_as_text(item) for item in value]
    if isinstance(value, dict):
        return {key: _as_text(item) for key, item in value.items()}
    return str(value).lower() if isinstance(value, bool) else str(value)


def _item(value: Any) -> str:
    if isinstance(value, dict):
        # "- Which is better: A or B?" is a mapping to YAML and a question to its writer.
        pairs = [(key, item) for key, item in value.items() if isinstance(item, str)]
        return one_line(f"{pairs[0][0]}: {pairs[0][1]}") if len(value) == len(pairs) == 1 else ""
    return one_line(value) if isinstance(value, str) else ""


def _shown(value: Any) -> str:
    return repr(value if len(str(value)) <= 80 else f"{str(value)[:77]}...")
