"""What is wrong with a value of the settings, and what was expected, in words."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

EXPECTED = {  # by the types of Pydantic's errors, with the names of their context
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": 'expected a text in quotes, such as "..."',
    "path_type": 'expected the name of a file or folder in quotes, such as "..."',
    "string_too_short": "expected {min_length} or more characters",
    "string_too_long": "expected at most {max_length} characters",
    "finite_number": "expected a number",
    "tuple_type": 'expected a list, such as ["..."]',
    "dict_type": 'expected a table, such as {{ name = "..." }}',
    "model_type": "expected a table with settings of its own",
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "too_short": "expected at least {min_length} in the list",
}
# Values of these are never shown; a table as a whole holds those of its settings.
_UNSHOWN = {"editor", "editor.password", "editor.password_hash", "milvus", "milvus.token", "milvus.uri"}


def nearest(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the one that may have been meant, or all that there are."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(sorted(known))}"


def tables(settings: type[BaseModel]) -> dict[str, type[BaseModel]]:
    """The tables of the file, but for those that stand in a list."""
    kinds = {name: field.annotation for name, field in settings.model_fields.items()}
    return {name: kind for name, kind in kinds.items() if isinstance(kind, type) and issubclass(kind, BaseModel)}


def belonging(name: str, settings: type[BaseModel]) -> str:
    """The one table that has a setting of this name, or ""."""
    found = [table for table, kind in tables(settings).items() if name in kind.model_fields]
    return found[0] if len(found) == 1 else ""


def shown(name: str, value: object) -> str:
    """A value as messages have it; `name` is a setting's, or as much of its variable as follows the prefix."""
    return (
        "not shown"
        if name.lower().replace("__", ".") in _UNSHOWN
        else repr(str(value) if isinstance(value, Path) else value)
    )


def explained(error: ValidationError, settings: type[BaseModel]) -> str:
    """Every problem of an error, with the setting's value and what was expected; `settings` is the outer model."""
    problems = error.errors()
    deeper = {problem["loc"][:-1] for problem in problems if problem["loc"]}
    # A list whose only entry is wrong is reported as empty as well.
    told = [problem for problem in problems if not (problem["type"] == "too_short" and problem["loc"] in deeper)]
    return "; ".join(_sentence(problem, settings) for problem in told)


def _sentence(problem: ErrorDetails, settings: type[BaseModel]) -> str:
    kind, loc = problem["type"], problem["loc"]
    name = ".".join(map(str, loc))
    if kind == "extra_forbidden":
        return f"'{name}' is no setting{nearest(str(loc[-1]), _fields(settings, loc[:-1]))}"
    if kind == "missing":
        return f"setting '{name}' is missing"
    context: Mapping[str, Any] = problem.get("ctx", {})
    # A secret's length is counted as a list's is.
    kind = f"string_{kind}" if kind in {"too_short", "too_long"} and isinstance(problem["input"], str) else kind
    said = EXPECTED.get(kind, "").format_map(context) or problem["msg"].removeprefix("Value error, ")
    if kind == "value_error" and isinstance(problem["input"], dict):
        # Settings that do not go together, which the message names: a table may hold what nobody is to read.
        return f"[{name}]: {said}" if loc else said
    if kind == "tuple_type" and isinstance(problem["input"], dict) and len(loc) == 1:
        said = f"expected a list of tables, each begun by [[{name}]]"
    return f"setting '{name}' is {shown(name, problem['input'])}: {said}"


def _fields(model: type[BaseModel], loc: Sequence[int | str]) -> Collection[str]:
    """The names of the settings in the table at a place; an entry of a list counts as the table it holds."""
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        inner = [kind for kind in (annotation, *getattr(annotation, "__args__", ())) if isinstance(kind, type)]
        model = next(kind for kind in inner if issubclass(kind, BaseModel))
    return model.model_fields.keys()
