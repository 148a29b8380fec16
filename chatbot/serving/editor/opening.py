"""What editors do with articles that are there: open, change, delete, put back."""

from __future__ import annotations

import hashlib
from dataclasses import replace

from chatbot.editing import corpus_edits
from chatbot.editing.listing import Listed, Preview
from chatbot.editing.rewriting import Rewritten, rewrite
from chatbot.editing.workspace import Desk
from chatbot.errors import Conflict, ContentError, EditRefused
from chatbot.serving.editor import views
from chatbot.serving.editor.panels import (
    Gesture,
    Seat,
    Shown,
    Typed,
    conflict_shown,
    files_shown,
    notice,
    plan_shown,
    saved,
    tongue,
)


def show_files(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    return seat, files_shown(desk, typed)


def open_article(desk: Desk, seat: Seat, said: Gesture, shown_with: Typed) -> tuple[Seat, Shown]:
    """Show a file; what was typed into it before and not saved takes the place of its text."""
    one, data, digest = _found(desk, said)
    text = None if data is None else desk.text(one.path, data)
    typed = None if said.text == text else said.text
    read = desk.preview(one.path, data) if data is not None else Preview(one.path, (), one.reason)
    shown: Shown = {}
    if typed is not None and said.sha256 != digest:
        what = "deleted" if one.state == "deleted" else "changed"
        error = Conflict(one.path, f"was {what} by somebody else since you began to type", data, typed.encode())
        shown = conflict_shown(desk, replace(said, act="save", path=one.path), shown_with, error)
    editable = text is not None or typed is not None
    t = tongue(shown_with)
    html = views.article_html(t, one, read, digest, editable=editable, unsaved=typed is not None)
    return seat, {
        "list": {"visible": False},
        "detail": {"visible": True},
        "opened": {"value": html},
        "text": {"value": (text if typed is None else typed) or "", "visible": editable},
        "keeping": {"visible": editable},
        "cut": {"value": views.cut_html(t, one, read)},
        **shown,
    }


def close(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    shown: Shown = {"list": {"visible": True}, "detail": {"visible": False}, "cut": {"value": ""}}
    return seat, {**shown, "opened": {"value": ""}, **files_shown(desk, typed)}


def check(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    t = tongue(typed)
    read = desk.preview(said.path, _rewritten(desk, said.path, typed["text"]).data)
    return seat, {"cut": {"value": views.preview_html(t, read, note=t.tell("Not saved yet"))}}


def save(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    path, settings = said.path, desk.settings
    new = _rewritten(desk, path, typed["text"])
    corpus_edits.replace(settings.corpus_dir, path, new.data, said.sha256, settings.max_file_mb)
    seat, shown = open_article(desk, seat, Gesture("open", path), typed)
    told = "It is {now} now: not all of it fits in {before}, which it was."
    more = tongue(typed).tell(told, now=new.now, before=new.before) if new.now != new.before else ""
    return seat, {**shown, **saved(desk, typed, path, kept=path, more=more)}


def delete(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    try:
        corpus_edits.delete(desk.settings.corpus_dir, said.path, said.sha256)
    except Conflict as error:
        shown_before = typed["text"].encode("utf-8", "replace")
        raise Conflict(error.path, error.reason, error.theirs, shown_before or None) from error
    seat, shown = close(desk, seat, said, typed)
    told = "Deleted {path}. It can be put back below; visitors lose it once this is published."
    done = tongue(typed).tell(told, path=said.path)
    return seat, {**shown, **plan_shown(desk, typed), **notice(done, saved=said.path)}


def put_back(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    path = corpus_edits.put_back(desk.settings.corpus_dir, said.value, said.sha256)
    return seat, {
        **files_shown(desk, typed),
        **plan_shown(desk, typed),
        **notice(tongue(typed).tell("Put {path} back.", path=path)),
    }


def _found(desk: Desk, said: Gesture) -> tuple[Listed, bytes | None, str]:
    """A file with its bytes and its digest; no bytes where it cannot be read, since it can be deleted all the same."""
    path = said.value
    one = next((one for one in desk.files() if one.path == path and one.state != "deleted"), None)
    if one is None:
        if said.text is None:
            raise EditRefused("", "this file is gone; somebody may have deleted it")
        return Listed(path, "deleted", (), "", (), 0, None, None, "", "was deleted by somebody else"), None, ""
    try:
        data, _ = desk.read(one.path)
    except ContentError:
        return one, None, corpus_edits.digest_of(desk.settings.corpus_dir, one.path)
    return one, data, hashlib.sha256(data).hexdigest()


def _rewritten(desk: Desk, path: str, text: str) -> Rewritten:
    """The file that is there with this text; where none is there any more, one in UTF-8."""
    there = any(one.path == path and one.state != "deleted" for one in desk.files())
    return rewrite(path, desk.read(path)[0] if there else b"", text)
