"""What the editors' page shows of the desk: properties of its components, by the names of the components."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chatbot.editing.build_job import Refused
from chatbot.editing.comparison import compare
from chatbot.editing.corpus_edits import list_trash
from chatbot.editing.listing import Listed
from chatbot.editing.workspace import Desk
from chatbot.errors import Conflict
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.maintenance import list_kept
from chatbot.serving.editor import views

Typed = Mapping[str, str]
Shown = dict[str, dict[str, Any]]
"""Properties of the page's components, by the names of the components."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A file that was chosen and is not saved yet: under which name, and beside which article with which digest."""

    name: str
    data: bytes
    there: str = ""
    sha256: str = ""


@dataclass(frozen=True, slots=True)
class Seat:
    """What one editor has before them that the page does not hold by itself."""

    staged: tuple[Staged, ...] = ()


@dataclass(frozen=True, slots=True)
class Gesture:
    """What was pressed: an act and its value, on a file as the page showed it.

    `path` is of the file, `sha256` its digest when it was shown, empty where nothing was there. `text` is what was
    typed before and not saved, where an article is opened that has such a text.
    """

    act: str
    value: str = ""
    path: str = ""
    sha256: str = ""
    text: str | None = None


Act = Callable[[Desk, Seat, Gesture, Typed], tuple[Seat, Shown]]


def whole(desk: Desk, typed: Typed) -> Shown:
    """Everything that depends on the files or on what is published."""
    desk.settle()
    return {
        **files_shown(desk, typed),
        **plan_shown(desk),
        "history": {"value": views.history_html(list_kept(desk.settings), desk.verified)},
        "work": {"value": views.work_html(desk.work)},
        "timer": {"active": desk.busy},
    }


def tick(desk: Desk, typed: Typed) -> Shown:
    """How far a build is; once it has ended, what it gave."""
    if desk.busy:
        return {"work": {"value": views.work_html(desk.work)}}
    shown = whole(desk, typed)
    return shown | notice(*_said(desk))


def chosen(files: Sequence[Listed], typed: Typed) -> list[Listed]:
    """The files that the search and the filter keep."""
    wanted, state, today = typed.get("search", "").casefold().split(), typed.get("state", "All"), date.today()
    return [
        one
        for one in files
        if (state in {"All", one.state.capitalize()} or (state == "Look again" and one.freshness(today)))
        and all(word in f"{one.title} {one.path} {' '.join(one.topics)}".casefold() for word in wanted)
    ]


def files_shown(desk: Desk, typed: Typed) -> Shown:
    files = desk.files()
    trash = list_trash(desk.settings.corpus_dir)
    return {"files": {"value": views.files_html(files, chosen(files, typed), trash)}}


def plan_shown(desk: Desk) -> Shown:
    return {"plan": {"value": views.plan_html(desk.plan, desk.refused, stale=bool(desk.plan) and not desk.draft())}}


def working(desk: Desk) -> Shown:
    return {"work": {"value": views.work_html(desk.work)}, "timer": {"active": True}}


def notice(text: str, kind: str = "good", *, saved: str | None = None) -> Shown:
    """`saved` is the path whose text needs no keeping in the browser any more, empty for that of a new article."""
    return {"notice": {"value": views.notice_html(text, kind, saved)}}


def saved(desk: Desk, path: str, *, kept: str | None = None, more: str = "") -> Shown:
    said = f"Saved {path}. Visitors see it once it is published."
    return {**plan_shown(desk), **notice(f"{said} {more}".strip(), saved=kept)}


def conflict_shown(desk: Desk, said: Gesture, error: Conflict) -> Shown:
    """Both versions of a file that is not what it was when it was shown, and how to go on."""
    gone, path = error.theirs is None, error.path
    texts = [None if data is None else comparable(desk, path, data) for data in (error.theirs, error.mine)]
    # What is gone, and what deletes, has no lines of its own.
    missing = [text is None and data is not None for text, data in zip(texts, (error.theirs, error.mine), strict=True)]
    rows = None if any(missing) else compare(texts[0] or "", texts[1] or "")
    keep, leave = _WAYS[said.act]
    again = {"act": said.act, "value": said.value, "path": said.path, "label": keep}
    again["sha256"] = "" if error.theirs is None else hashlib.sha256(error.theirs).hexdigest()
    other = {"act": leave, "value": said.value if leave == "upload-drop" else path, "label": _LEAVE[leave]}
    if gone:
        other |= {"act": "close" if leave == "open" else leave, "label": "Leave it deleted"}
    return {
        "conflict": {"value": views.conflict_html(path, error.reason, rows, again, other, edited=said.act == "save")}
    }


def comparable(desk: Desk, path: str, data: bytes) -> str | None:
    """A file as text: its own, or that of its articles where it is of another format; None where it has neither."""
    text = desk.text(path, data)
    return text if text is not None else "\n".join(a.text for a, _ in desk.preview(path, data).articles) or None


_WAYS = {
    "save": ("Keep mine", "open"),
    "delete": ("Delete it all the same", "open"),
    "put-back": ("Put it back all the same", "leave"),
    "save-over": ("Keep mine", "leave"),
    "upload-over": ("Keep mine", "upload-drop"),
}
_LEAVE = {"open": "Take theirs", "upload-drop": "Take theirs", "leave": "Leave theirs"}


def _said(desk: Desk) -> tuple[str, str]:
    outcome = desk.outcome
    if isinstance(outcome, Refused):
        return outcome.message, "problem"
    if isinstance(outcome, Plan):
        if outcome.generation == outcome.served:
            return "The articles are as they are served; there is nothing to publish.", "good"
        return "The draft is ready: try questions against it, or publish it.", "good"
    if isinstance(outcome, BuildReport):
        published = "Published. Visitors are answered from it now."
        return (published if outcome.published else "Nothing had changed; nothing was published."), "good"
    return ("Everything was checked; see below." if outcome else ""), "good"
