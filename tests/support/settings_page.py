"""docs/settings.md, made from chatbot/settings.py: `python -m tests.support.settings_page` writes it."""

from __future__ import annotations

import ast
import inspect
import json
import types
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Literal, Union, get_args, get_origin

from pydantic import AfterValidator, BaseModel, SecretStr
from pydantic.fields import FieldInfo

from chatbot import catalogues
from chatbot import settings_kinds as kinds
from chatbot.settings import ENV_PREFIX, Settings, SiteSettings
from tests.support.places import ROOT

PAGE = ROOT / "docs" / "settings.md"
HEAD = """# Settings

Made from `chatbot/settings.py`, which is also what checks them.

A setting comes from `chatbot.toml` in the folder you are in, or from the file that `--config` or `CHATBOT_CONFIG`
names; then from the environment; then from the command line. Later ones win. In the file, a place is relative to the
file itself. In the environment, lists and tables are written as JSON. A name that is no setting is an error with the
nearest one that is, in the file and among variables that begin with `CHATBOT_`.

Below each name stands its variable.
"""
COLUMNS = "| setting | default | values | what it does |\n|---|---|---|---|\n"
KINDS = {
    str: "text",
    int: "a whole number",
    float: "a number",
    bool: "`true`, `false`",
    Path: "a place",
    SecretStr: "text",
}
# What the values of a kind of ours are, in words.
OURS = {
    kinds.Origin: "an origin",
    kinds.Network: "an address or a network",
    kinds.Line: "1 to 200 characters",
    kinds.Rate: '`"60/minute"`; also `second`, `hour`, `day`',
    kinds.LanguageCode: ", ".join(f"`{code}`" for code in catalogues.codes()),
    kinds.MilvusAddress: "`http(s)://`, `tcp://`, `unix://`",
    kinds.Contact: "`http(s)://`, `mailto:`, `tel:`",
}
CHECKED = {mark.func: words for kind, words in OURS.items() for mark in get_args(kind)[1:]}


def texts(group: type[BaseModel]) -> dict[str, str]:
    """What stands below each setting of a table."""
    (body,) = ast.parse(inspect.getsource(group)).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, text in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(text, ast.Expr) and isinstance(text.value, ast.Constant):
            found[ast.unparse(field.target)] = " ".join(str(text.value.value).split())
    return found


def limits(marks: list[Any]) -> str:
    """From and to, of numbers and of lengths, in words."""
    said = {}
    for mark in marks:
        for name in ("ge", "gt", "le", "min_length", "max_length"):
            if hasattr(mark, name):
                said[name] = f"{getattr(mark, name):,}"
    if "max_length" in said:
        return f"{said.get('min_length', '0')} to {said['max_length']} characters"
    if "min_length" in said:
        return "not empty"
    words = {"ge": "from {}", "gt": "above {}", "le": "to {}"}
    return " ".join(words[name].format(value) for name, value in said.items())


def values(annotation: Any, marks: list[Any]) -> str:
    """Which values a setting takes, in words."""
    origin, inside = get_origin(annotation), get_args(annotation)
    checks = [CHECKED.get(mark.func, KINDS[str]) for mark in marks if isinstance(mark, AfterValidator)]
    if checks:
        said = checks[0]
    elif origin is Literal:
        said = ", ".join(f'`"{one}"`' for one in inside)
    elif origin in (Union, types.UnionType):
        said = next(values(one, marks) for one in inside if one is not type(None))
    elif origin is tuple:
        said = f"a list, {'at least one, ' if marks else ''}each {values(inside[0], [])}"
    elif origin is dict:
        said = "a table of texts"
    elif hasattr(annotation, "__metadata__"):
        said = values(inside[0], list(annotation.__metadata__))
    else:
        within = limits([part for mark in marks for part in getattr(mark, "metadata", [mark])])
        said = KINDS[annotation] + (f", {within}" if within else "")
    return said


def default(field: FieldInfo) -> str:
    value = field.default
    if field.is_required():
        return "must be set"
    if value is None or value == {}:
        return ""
    if isinstance(value, tuple):
        value = list(value)
    return f"`{json.dumps(str(value) if isinstance(value, Path) else value)}`"


def rows(group: type[BaseModel], prefix: str) -> Iterator[str]:
    said = texts(group)
    for name, field in group.model_fields.items():
        if isinstance(field.default, BaseModel) or name == "sites":
            continue
        variable = f"<br>`{prefix}{name.upper()}`" if prefix else ""
        cells = [f"`{name}`{variable}", default(field), values(field.annotation, field.metadata), said[name]]
        yield "| " + " | ".join(cells) + " |\n"


def page() -> str:
    """The whole text of docs/settings.md."""
    made = [HEAD, "\n## At the top\n\n", COLUMNS, *rows(Settings, ENV_PREFIX)]
    for name, field in Settings.model_fields.items():
        group = type(field.default) if isinstance(field.default, BaseModel) else None
        prefix, heading = f"{ENV_PREFIX}{name.upper()}__", f"[{name}]"
        if name == "sites":
            group, prefix, heading = SiteSettings, "", "[[sites]]"
        if group is not None:
            about = " ".join(inspect.cleandoc(group.__doc__ or "").split())
            made += [f"\n## `{heading}`\n\n{about}"]
            made += ["" if prefix else f" As a variable, `{ENV_PREFIX}SITES`, they are a JSON list of objects."]
            made += ["\n\n", COLUMNS, *rows(group, prefix)]
    return "".join(made)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
