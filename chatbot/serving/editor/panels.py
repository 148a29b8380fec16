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
from chatbot.errors import ChatbotError, Conflict, EditRefused
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.maintenance import list_kept
from chatbot.serving.editor import views
from chatbot.serving.web.languages import ENGLISH, LANGUAGES, Language

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


def tongue(typed: Typed) -> Language:
    """The language of the page that sends this."""
    return LANGUAGES.get(typed.get("language", ""), ENGLISH)


def said_of(error: ChatbotError, t: Language) -> str:
    """What an error says, in the editor's language where it is about an edit."""
    if not isinstance(error, EditRefused) or not error.path:
        return t.tell(str(error))
    return f"{error.path}: {t.tell(error.reason)}"


def whole(desk: Desk, typed: Typed) -> Shown:
    """Everything that depends on the files or on what is published."""
    desk.settle()
    return {
        **files_shown(desk, typed),
        **plan_shown(desk, typed),
        "history": {"value": views.history_html(tongue(typed), list_kept(desk.settings), desk.verified)},
        "work": {"value": views.work_html(tongue(typed), desk.work)},
        "timer": {"active": desk.busy},
    }


def tick(desk: Desk, typed: Typed) -> Shown:
    """How far a build is; once it has ended, what it gave."""
    if desk.busy:
        return {"work": {"value": views.work_html(tongue(typed), desk.work)}}
    shown = whole(desk, typed)
    return shown | notice(*_said(desk, tongue(typed)))


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
    return {"files": {"value": views.files_html(tongue(typed), files, chosen(files, typed), trash)}}


def plan_shown(desk: Desk, typed: Typed) -> Shown:
    t, stale = tongue(typed), bool(desk.plan) and not desk.draft()
    return {
        "publishing": {"value": views.publishing_html(t, news=desk.news)},
        "plan": {"value": views.plan_html(t, desk.plan, desk.refused, stale=stale)},
    }


def working(desk: Desk, typed: Typed) -> Shown:
    return {"work": {"value": views.work_html(tongue(typed), desk.work)}, "timer": {"active": True}}


def notice(text: str, kind: str = "good", *, saved: str | None = None) -> Shown:
    """`saved` is the path whose text needs no keeping in the browser any more, empty for that of a new article."""
    return {"notice": {"value": views.notice_html(text, kind, saved)}}


def saved(desk: Desk, typed: Typed, path: str, *, kept: str | None = None, more: str = "") -> Shown:
    said = tongue(typed).tell("Saved {path}. Visitors see it once it is published.", path=path)
    return {**plan_shown(desk, typed), **notice(f"{said} {more}".strip(), saved=kept)}


def conflict_shown(desk: Desk, said: Gesture, typed: Typed, error: Conflict) -> Shown:
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
    t, edited = tongue(typed), said.act == "save"
    return {"conflict": {"value": views.conflict_html(t, path, error.reason, rows, (again, other), edited=edited)}}


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


def _said(desk: Desk, t: Language) -> tuple[str, str]:
    outcome = desk.outcome
    if isinstance(outcome, Refused):
        return outcome.message, "problem"
    if isinstance(outcome, Plan):
        if outcome.generation == outcome.served:
            return t.tell("The articles are as they are served; there is nothing to publish."), "good"
        return t.tell("The draft is ready: try questions against it, or publish it."), "good"
    if isinstance(outcome, BuildReport):
        if outcome.published:
            return t.tell("Published. Visitors are answered from it now."), "good"
        return t.tell("Nothing had changed; nothing was published."), "good"
    return (t.tell("Everything was checked; see below.") if outcome else ""), "good"
