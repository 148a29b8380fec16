"""What editors do, gesture by gesture: from what was pressed and typed to what the page shows next."""

from __future__ import annotations

import base64
import hashlib
import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import PurePosixPath

import orjson

from chatbot.answering.answerer import Answerer
from chatbot.editing import corpus_edits
from chatbot.editing.build_job import Kind
from chatbot.editing.form import FIELDS, Form, compose
from chatbot.editing.listing import Preview
from chatbot.editing.workspace import Desk
from chatbot.errors import ChatbotError, EditRefused
from chatbot.indexing.maintenance import rollback
from chatbot.records import Filters
from chatbot.serving.editor import views
from chatbot.serving.editor.panels import Seat, Shown, Typed, files_shown, notice, plan_shown, whole, working

log = logging.getLogger(__name__)

SHOWN_HITS = 5
MOST_UPLOADED = 50
Act = Callable[[Desk, Seat, str, Typed], tuple[Seat, Shown]]


def perform(desk: Desk, seat: Seat, gesture: str, typed: Typed) -> tuple[Seat, Shown]:
    """What a gesture, JSON with `act` and `value`, does and shows. What cannot be done is said, never raised."""
    try:
        said = orjson.loads(gesture)
        act, value = ACTS[said["act"]], str(said.get("value") or "")
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return seat, notice("this page is older than the server; load it again", "problem")
    try:
        seat, shown = act(desk, seat, value, typed)
    except ChatbotError as error:
        return seat, notice(str(error), "problem")
    except OSError as error:
        log.warning("an edit failed: %s", error)
        return seat, notice(f"the disk refused it: {error.strerror or error}; nothing was lost", "problem")
    return seat, {"notice": {"value": ""}} | shown


def _show_files(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    return seat, files_shown(desk, typed)


def _open(desk: Desk, seat: Seat, path: str, _: Typed) -> tuple[Seat, Shown]:
    one = next((one for one in desk.files() if one.path == path and one.state != "deleted"), None)
    if one is None:
        raise EditRefused("", "this file is gone; somebody may have deleted it")
    data, text = desk.read(path)
    seat = replace(seat, path=path, sha256=hashlib.sha256(data).hexdigest())
    html = views.article_html(one, desk.preview(path, data), editable=text is not None)
    return seat, {
        "list": {"visible": False},
        "detail": {"visible": True},
        "opened": {"value": html},
        "text": {"value": text or "", "visible": text is not None},
        "keeping": {"visible": text is not None},
        "checked": {"value": ""},
    }


def _close(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    shown: Shown = {"list": {"visible": True}, "detail": {"visible": False}, "checked": {"value": ""}}
    return replace(seat, path="", sha256=""), {**shown, **files_shown(desk, typed)}


def _check(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    read = desk.preview(seat.path, typed["text"].encode())
    return seat, {"checked": {"value": views.preview_html(read, note="Not saved yet")}}


def _save(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    data, settings = typed["text"].encode(), desk.settings
    corpus_edits.replace(settings.corpus_dir, seat.path, data, seat.sha256, settings.max_file_mb)
    path = seat.path
    seat, shown = _open(desk, seat, path, typed)
    return seat, {**shown, **_saved(desk, path)}


def _delete(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    path = seat.path
    corpus_edits.delete(desk.settings.corpus_dir, path, seat.sha256)
    seat, shown = _close(desk, seat, "", typed)
    done = f"Deleted {path}. It can be put back below; visitors lose it once this is published."
    return seat, {**shown, **plan_shown(desk), **notice(done)}


def _put_back(desk: Desk, seat: Seat, key: str, typed: Typed) -> tuple[Seat, Shown]:
    path = corpus_edits.put_back(desk.settings.corpus_dir, key)
    return seat, {**files_shown(desk, typed), **plan_shown(desk), **notice(f"Put {path} back.")}


def _preview_new(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    name, data = _written(typed)
    note = f"Will be saved as {name}"
    return seat, {"drafted": {"value": views.preview_html(desk.preview(name, data), note=note)}}


def _save_new(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    name, data = _written(typed)
    read = desk.preview(name, data)
    if not read.articles:
        return seat, {"drafted": {"value": views.preview_html(read, note="Not saved")}}
    there = _there(desk, name)
    if there:
        note = f"{there} is there already. Choose another title, or replace it."
        button = ("save-over", there, f"Replace {there}")
        return seat, {"drafted": {"value": views.preview_html(read, note=note, act=button)}}
    corpus_edits.write_new(desk.settings.corpus_dir, name, data, desk.settings.max_file_mb)
    return seat, _added(desk, name, typed)


def _save_over(desk: Desk, seat: Seat, path: str, typed: Typed) -> tuple[Seat, Shown]:
    _replace(desk, path, _written(typed)[1])
    return seat, _added(desk, path, typed)


def _upload(desk: Desk, seat: Seat, value: str, _: Typed) -> tuple[Seat, Shown]:
    staged = []
    for sent in orjson.loads(value)[:MOST_UPLOADED]:
        path = PurePosixPath(str(sent["name"]).replace("\\", "/"))
        data = base64.b64decode(sent["data"])
        try:
            staged.append((corpus_edits.file_name(path.stem, path.suffix), data))
        except EditRefused as error:
            raise EditRefused(path.name[:80], error.reason) from error
    seat = replace(seat, staged=tuple(dict(staged).items()))
    return seat, _uploads(desk, seat)


def _upload_save(desk: Desk, seat: Seat, name: str, typed: Typed) -> tuple[Seat, Shown]:
    data = _staged(seat, name)
    corpus_edits.write_new(desk.settings.corpus_dir, name, data, desk.settings.max_file_mb)
    return _unstaged(desk, seat, name, name, typed)


def _upload_over(desk: Desk, seat: Seat, name: str, typed: Typed) -> tuple[Seat, Shown]:
    there = _there(desk, name)
    if PurePosixPath(there).suffix.lower() != PurePosixPath(name).suffix:
        raise EditRefused(name, f"cannot replace {there or 'it'}, which has another format; delete that first")
    _replace(desk, there, _staged(seat, name))
    return _unstaged(desk, seat, name, there, typed)


def _try(desk: Desk, seat: Seat, _: str, typed: Typed) -> tuple[Seat, Shown]:
    draft, question = _draft(desk), typed["question"]
    published = desk.bot.answerer.ask(question, SHOWN_HITS, (), Filters())
    tried = draft.ask(question, SHOWN_HITS, (), Filters())
    return seat, {"tried": {"value": views.tried_html(question, published, tried)}}


def _starting(kind: Kind, *, force: bool = False) -> Act:
    def act(desk: Desk, seat: Seat, _: str, __: Typed) -> tuple[Seat, Shown]:
        desk.start(kind, force=force)
        return seat, working(desk)

    return act


def _rollback(desk: Desk, seat: Seat, name: str, typed: Typed) -> tuple[Seat, Shown]:
    if desk.busy:
        raise EditRefused("", "a build is under way; wait until it has ended")
    done = rollback(desk.settings, name)
    return seat, {**whole(desk, typed), **notice(f"Generation {done.generation[:8]} is served again.")}


def _draw(desk: Desk, seat: Seat, value: str, _: Typed) -> tuple[Seat, Shown]:
    draft = value == "draft"
    if draft:
        _draft(desk)
    drawn, fresh = desk.map(draft=draft)
    return seat, {"map": {"value": views.map_html(drawn, fresh, draft=draft)}}


ACTS: dict[str, Act] = {
    "files": _show_files, "open": _open, "close": _close, "check": _check, "save": _save, "delete": _delete,
    "put-back": _put_back, "preview": _preview_new, "save-new": _save_new, "save-over": _save_over, "upload": _upload,
    "upload-save": _upload_save, "upload-over": _upload_over, "try": _try, "draft": _starting("draft"),
    "publish": _starting("publish"), "force": _starting("publish", force=True), "verify": _starting("verify"),
    "rollback": _rollback, "map": _draw,
}  # fmt: skip


def _draft(desk: Desk) -> Answerer:
    """What answers from the draft. Raises EditRefused where there is none."""
    draft = desk.draft()
    if draft is None:
        raise EditRefused("", "there is no draft of the articles as they are now; prepare one first")
    return draft


def _written(typed: Typed) -> tuple[str, bytes]:
    """Name and content of what the form holds."""
    if not typed["title"].strip():
        raise EditRefused("", "the article needs a title; its file is named by it")
    form = Form(**{name: typed[name] for name in FIELDS})
    return corpus_edits.file_name(typed["title"]), compose(form, typed["body"]).encode()


def _there(desk: Desk, name: str) -> str:
    """The path of the file that a new one of this name would clash with, or nothing."""
    return next((one.path for one in desk.files() if one.state != "deleted" and _clash(one.path, name)), "")


def _clash(path: str, name: str) -> bool:
    return corpus_edits.identity(path) == corpus_edits.identity(name)


def _replace(desk: Desk, path: str, data: bytes) -> None:
    old = hashlib.sha256(desk.read(path)[0]).hexdigest()
    corpus_edits.replace(desk.settings.corpus_dir, path, data, old, desk.settings.max_file_mb)


def _staged(seat: Seat, name: str) -> bytes:
    if name not in dict(seat.staged):
        raise EditRefused(name, "is not here any more; choose the file again")
    return dict(seat.staged)[name]


def _unstaged(desk: Desk, seat: Seat, name: str, path: str, typed: Typed) -> tuple[Seat, Shown]:
    """A file that was chosen is kept at a path now and not among the chosen any more."""
    seat = replace(seat, staged=tuple(one for one in seat.staged if one[0] != name))
    return seat, {**_added(desk, path, typed, clear=False), **_uploads(desk, seat)}


def _added(desk: Desk, path: str, typed: Typed, *, clear: bool = True) -> Shown:
    emptied: Shown = {name: {"value": ""} for name in (*FIELDS, "body", "drafted")} if clear else {}
    return {**emptied, **files_shown(desk, typed), **_saved(desk, path)}


def _saved(desk: Desk, path: str) -> Shown:
    return {**plan_shown(desk), **notice(f"Saved {path}. Visitors see it once it is published.")}


def _uploads(desk: Desk, seat: Seat) -> Shown:
    reads: list[tuple[Preview, str]] = [(desk.preview(name, data), _there(desk, name)) for name, data in seat.staged]
    return {"uploads": {"value": views.uploads_html(reads)}}
