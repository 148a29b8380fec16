"""A form filled in by an editor to a Markdown article with front matter."""

from __future__ import annotations

from dataclasses import dataclass, fields

import yaml

_LISTS = {"topics": ",", "audience": ",", "questions": "\n", "aliases": ","}


@dataclass(frozen=True, slots=True)
class Form:
    """What the fields hold, as typed. Topics, audience and aliases stand between commas, questions one a line."""

    title: str = ""
    url: str = ""
    topics: str = ""
    updated: str = ""
    review_by: str = ""
    audience: str = ""
    country: str = ""
    questions: str = ""
    aliases: str = ""


FIELDS = tuple(field.name for field in fields(Form))


def compose(form: Form, text: str) -> str:
    """The article as a file: the fields that are filled in, then the text. Any value survives being read again."""
    values: dict[str, str | list[str]] = {}
    for name in FIELDS:
        typed = " ".join(getattr(form, name).split()) if name != "questions" else form.questions
        if name in _LISTS:
            parts = [" ".join(part.split()) for part in typed.split(_LISTS[name])]
            if entries := [part for part in parts if part]:
                values[name] = entries
        elif typed:
            values[name] = typed
    body = text.replace("\r\n", "\n").replace("\r", "\n").strip("\n")
    if not values:
        return body + "\n"
    # Wide, so that a long question stays on its line; no anchors, which the reader refuses.
    front = yaml.dump(values, Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=10_000)
    return f"---\n{front}---\n{body}\n"


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True
