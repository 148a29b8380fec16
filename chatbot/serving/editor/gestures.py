"""What editors do, gesture by gesture: from what was pressed and typed to what the page shows next."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable

from pydantic import ValidationError

from chatbot.answering.answerer import Answerer
from chatbot.editing.build_job import Kind
from chatbot.editing.workspace import Desk
from chatbot.errors import ChatbotError, Conflict, EditRefused
from chatbot.indexing.maintenance import list_kept, rollback
from chatbot.records import Filters
from chatbot.serving.editor import adding, missed, opening, views
from chatbot.serving.editor.panels import (
    Act,
    Gesture,
    Seat,
    Shown,
    Typed,
    conflict_shown,
    notice,
    said_of,
    tongue,
    whole,
    working,
)

log = logging.getLogger(__name__)

SHOWN_HITS = 5


def perform(desk: Desk, seat: Seat, gesture: str, typed: Typed) -> tuple[Seat, Shown]:
    """What a gesture, a Gesture as JSON, does and shows. What cannot be done is said, never raised."""
    try:
        said = _read(gesture)
        act = ACTS[said.act]
    except (json.JSONDecodeError, KeyError, TypeError, AttributeError):
        return seat, _older(typed)
    try:
        seat, shown = act(desk, seat, said, typed)
    except Conflict as error:
        conflict = error  # the name of what was caught ends here
        return seat, safely(lambda: _conflict(desk, said, typed, conflict), typed)
    except (ChatbotError, OSError) as error:
        return seat, _refused(error, typed)
    except ValidationError:
        return seat, _older(typed)
    ended: Shown = {"conflict": {"value": ""}} if said.act in SETTLING else {}
    return seat, {"notice": {"value": ""}} | ended | shown


def _conflict(desk: Desk, said: Gesture, typed: Typed, error: Conflict) -> Shown:
    return conflict_shown(desk, said, typed, error) | notice(said_of(error, tongue(typed)), "problem")


def safely(show: Callable[[], Shown], typed: Typed) -> Shown:
    """What is shown, or why it cannot be."""
    try:
        return show()
    except (ChatbotError, OSError) as error:
        return _refused(error, typed)


def _refused(error: ChatbotError | OSError, typed: Typed) -> Shown:
    t = tongue(typed)
    if isinstance(error, ChatbotError):
        return notice(said_of(error, t), "problem")
    log.warning("an edit failed: %s", error)
    return notice(
        t.tell("The disk refused it: {reason}. Nothing was lost.", reason=error.strerror or str(error)), "problem"
    )


def _older(typed: Typed) -> Shown:
    return notice(tongue(typed).tell("This page is older than the server; load it again."), "problem")


def _read(gesture: str) -> Gesture:
    said = json.loads(gesture)
    parts = {name: str(said.get(name) or "") for name in ("value", "path", "sha256")}
    text = said.get("text")
    # What no encoding holds could not be sent back.
    return Gesture(said["act"], **parts, text=None if text is None else str(text).encode("utf-8", "replace").decode())


def _leave(_: Desk, seat: Seat, __: Gesture, ___: Typed) -> tuple[Seat, Shown]:
    return seat, {}


def _try(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    draft, question = _draft(desk), typed["question"]
    published = desk.bot.answerer.ask(question, SHOWN_HITS, (), Filters())
    tried = draft.ask(question, SHOWN_HITS, (), Filters())
    return seat, {"tried": {"value": views.tried_html(tongue(typed), question, published, tried)}}


def _starting(kind: Kind, *, force: bool = False) -> Act:
    def act(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
        desk.start(kind, force=force)
        return seat, working(desk, typed)

    return act


def _rollback(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    t = tongue(typed)
    if desk.busy:
        raise EditRefused("", "a build is under way already; wait until it has ended")
    served = next((one.generation for one in list_kept(desk.settings) if one.served), "")
    if said.sha256 != served:
        told = t.tell("Somebody else published {name} since this list was shown. Look at it again.", name=served[:8])
        return seat, {**whole(desk, typed), **notice(told, "problem")}
    done = rollback(desk.settings, said.value)
    told = t.tell("Generation {name} is served again.", name=done.generation[:8])
    return seat, {**whole(desk, typed), **notice(told)}


def _draw(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    draft = said.value == "draft"
    if draft:
        _draft(desk)
    drawn, fresh = desk.map(draft=draft)
    return seat, {"map": {"value": views.map_html(tongue(typed), drawn, fresh, draft=draft)}}


def _draft(desk: Desk) -> Answerer:
    """What answers from the draft. Raises EditRefused where there is none."""
    draft = desk.draft()
    if draft is None:
        raise EditRefused("", "there is no draft of the articles as they are now; prepare one first")
    return draft


ACTS: dict[str, Act] = {
    "files": opening.show_files, "open": opening.open_article, "close": opening.close, "check": opening.check,
    "save": opening.save, "delete": opening.delete, "put-back": opening.put_back, "leave": _leave,
    "restore": adding.restore, "preview": adding.preview, "save-new": adding.save_new, "save-over": adding.save_over,
    "upload": adding.upload, "upload-save": adding.upload_save, "upload-over": adding.upload_over,
    "upload-drop": adding.upload_drop, "try": _try, "draft": _starting("draft"), "publish": _starting("publish"),
    "force": _starting("publish", force=True), "verify": _starting("verify"), "rollback": _rollback, "map": _draw,
    "questions": missed.show, "sections": missed.sections, "answered": missed.answered, "write": missed.write,
}  # fmt: skip
SETTLING = frozenset(("open", "close", "save", "delete", "put-back", "leave", "save-new", "save-over", "upload-drop"))
SETTLING |= frozenset(("upload", "upload-save", "upload-over"))
"""What is done with files, after which no conflict is left open."""
