"""What the editors' page shows of the desk: properties of its components, by the names of the components."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from chatbot.editing.build_job import Refused
from chatbot.editing.corpus_edits import list_trash
from chatbot.editing.listing import Listed
from chatbot.editing.workspace import Desk
from chatbot.indexing.building.report import BuildReport, Plan
from chatbot.indexing.maintenance import list_kept
from chatbot.serving.editor import views

Typed = Mapping[str, str]
Shown = dict[str, dict[str, Any]]
"""Properties of the page's components, by the names of the components."""


@dataclass(frozen=True, slots=True)
class Seat:
    """What one editor has before them: the file that is open with its digest, and files that are not saved yet."""

    path: str = ""
    sha256: str = ""
    staged: tuple[tuple[str, bytes], ...] = ()


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


def notice(text: str, kind: str = "good") -> Shown:
    return {"notice": {"value": views.notice_html(text, kind)}}


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
