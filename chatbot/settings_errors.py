"""What is wrong with a value of the settings, and what was expected, in words."""

from __future__ import annotations

import difflib
from collections.abc import Collection, Mapping, Sequence
from typing import Any

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

_EXPECTED = {
    "int_parsing": "expected a whole number",
    "int_type": "expected a whole number",
    "int_from_float": "expected a whole number",
    "float_parsing": "expected a number",
    "float_type": "expected a number",
    "bool_parsing": "expected true or false",
    "bool_type": "expected true or false",
    "string_type": 'expected a text in quotes, such as "..."',
    "tuple_type": 'expected a list, such as ["..."]',
    "model_type": "expected a table with settings of its own",
    "literal_error": "expected {expected}",
    "greater_than": "expected more than {gt}",
    "greater_than_equal": "expected at least {ge}",
    "less_than": "expected less than {lt}",
    "less_than_equal": "expected at most {le}",
    "too_short": "expected at least {min_length} in the list",
}
# Values of these are never shown.
_UNSHOWN = ("editor", "milvus")


def nearest(name: str, known: Collection[str]) -> str:
    """The end of a message about an unknown name: the one that may have been meant, or all that there are."""
    close = difflib.get_close_matches(name, sorted(known), n=1)
    return f"; did you mean '{close[0]}'?" if close else f"; known are {', '.join(sorted(known))}"


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
    if kind == "value_error" and isinstance(problem["input"], dict):
        # Settings that do not go together, which the message names: a table may hold what nobody is to read.
        said = problem["msg"].removeprefix("Value error, ")
        return f"[{name}]: {said}" if loc else said
    shown = "not shown" if name.startswith(_UNSHOWN) else repr(problem["input"])
    context: Mapping[str, Any] = problem.get("ctx", {})
    said = _EXPECTED.get(kind, "").format_map(context) or problem["msg"].removeprefix("Value error, ")
    return f"setting '{name}' is {shown}: {said}"


def _fields(model: type[BaseModel], loc: Sequence[int | str]) -> Collection[str]:
    """The names of the settings in the table at a place; an entry of a list counts as the table it holds."""
    for part in loc:
        if isinstance(part, int):
            continue
        annotation = model.model_fields[part].annotation
        inner = [kind for kind in (annotation, *getattr(annotation, "__args__", ())) if isinstance(kind, type)]
        model = next(kind for kind in inner if issubclass(kind, BaseModel))
    return model.model_fields.keys()
