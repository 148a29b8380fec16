"""What editors do with articles that are new: written in the form, or uploaded."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import PurePosixPath

from pydantic import Base64Bytes, TypeAdapter

from chatbot.editing import corpus_edits
from chatbot.editing.form import FIELDS, Form, compose
from chatbot.editing.workspace import Desk
from chatbot.errors import EditRefused, NameTaken
from chatbot.serving.editor import views
from chatbot.serving.editor.panels import (
    Gesture,
    Seat,
    Shown,
    Staged,
    Typed,
    files_shown,
    notice,
    said_of,
    saved,
    tongue,
)

MOST_UPLOADED = 50


@dataclass(frozen=True, slots=True)
class _Chosen:
    name: str
    data: Base64Bytes


_CHOSEN, _FIELDS = TypeAdapter(list[_Chosen]), TypeAdapter(dict[str, str | None])


def restore(_: Desk, seat: Seat, said: Gesture, __: Typed) -> tuple[Seat, Shown]:
    """Fill the form with what was typed before and not saved."""
    typed = _FIELDS.validate_json(said.value)
    return seat, {name: {"value": typed.get(name) or ""} for name in (*FIELDS, "body")}


def preview(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    name, data = _written(typed)
    t = tongue(typed)
    note = t.tell("Will be saved as {path}", path=name)
    return seat, {"drafted": {"value": views.preview_html(t, desk.preview(name, data), note=note)}}


def save_new(desk: Desk, seat: Seat, _: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    name, data = _written(typed)
    t, read = tongue(typed), desk.preview(name, data)
    if not read.articles:
        return seat, {"drafted": {"value": views.preview_html(t, read, note=t.tell("Not saved"))}}
    there, sha256 = _beside(desk, name)
    if there:
        note = t.tell("{path} is there already. Choose another title, or replace it.", path=there)
        return seat, {"drafted": {"value": views.preview_html(t, read, note=note, over=(there, sha256))}}
    corpus_edits.write_new(desk.settings.corpus_dir, name, data, desk.settings.max_file_mb)
    return seat, _added(desk, name, typed)


def save_over(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    _replace(desk, said, _written(typed)[1])
    return seat, _added(desk, said.path, typed)


def upload(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    chosen, staged, refused = _CHOSEN.validate_json(said.value), dict[str, Staged](), []
    for sent in chosen[:MOST_UPLOADED]:
        path, data = PurePosixPath(sent.name.replace("\\", "/")), sent.data
        try:
            name = corpus_edits.file_name(path.stem, path.suffix)
        except EditRefused as error:
            refused.append(EditRefused(path.name[:80], error.reason))
            continue
        if name in staged and staged[name].data != data:
            reason = f"gets the name of another that was chosen, {name}; rename it, and choose it again"
            refused.append(EditRefused(path.name[:80], reason))
            continue
        staged[name] = Staged(name, data, *_beside(desk, name))
    if more := chosen[MOST_UPLOADED:]:
        reason = f"{len(more)} files are left over, {MOST_UPLOADED} go at a time; choose them once these are added"
        refused.append(EditRefused("", reason))
    seat, t = Seat(tuple(staged.values())), tongue(typed)
    said_so = notice(" ".join(said_of(error, t) for error in refused), "problem") if refused else {}
    return seat, {**_uploads(desk, seat, typed), **said_so}


def upload_save(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    one = _staged(seat, said.value)
    try:
        corpus_edits.write_new(desk.settings.corpus_dir, one.name, one.data, desk.settings.max_file_mb)
    except NameTaken as error:
        again = Staged(one.name, one.data, *_beside(desk, one.name))
        seat = Seat(tuple(again if other is one else other for other in seat.staged))
        return seat, {**_uploads(desk, seat, typed), **notice(said_of(error, tongue(typed)), "problem")}
    return _unstaged(desk, seat, one, one.name, typed)


def upload_over(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    one = _staged(seat, said.value)
    if PurePosixPath(said.path).suffix.lower() != PurePosixPath(one.name).suffix:
        raise EditRefused(one.name, f"cannot replace {said.path}, which has another format; delete that first")
    _replace(desk, said, one.data)
    return _unstaged(desk, seat, one, said.path, typed)


def upload_drop(desk: Desk, seat: Seat, said: Gesture, typed: Typed) -> tuple[Seat, Shown]:
    seat = Seat(tuple(one for one in seat.staged if one.name != said.value))
    return seat, _uploads(desk, seat, typed)


def _written(typed: Typed) -> tuple[str, bytes]:
    """Name and content of what the form holds."""
    if not typed["title"].strip():
        raise EditRefused("", "the article needs a title; its file is named by it")
    form = Form(**{name: typed[name] for name in FIELDS})
    name = corpus_edits.file_name(typed["title"])
    try:
        return name, compose(form, typed["body"]).encode()
    except UnicodeEncodeError as error:
        sign = ascii(error.object[error.start])
        raise EditRefused(name, f"holds {sign}, which is no text; take it out and save again") from error


def _beside(desk: Desk, name: str) -> tuple[str, str]:
    """The path of the file that a new one of this name would clash with, and its digest; or nothing."""
    path = next((one.path for one in desk.files() if one.state != "deleted" and _clash(one.path, name)), "")
    return path, corpus_edits.digest_of(desk.settings.corpus_dir, path) if path else ""


def _clash(path: str, name: str) -> bool:
    return corpus_edits.identity(path) == corpus_edits.identity(name)


def _replace(desk: Desk, said: Gesture, data: bytes) -> None:
    corpus_edits.replace(desk.settings.corpus_dir, said.path, data, said.sha256, desk.settings.max_file_mb)


def _staged(seat: Seat, name: str) -> Staged:
    one = next((one for one in seat.staged if one.name == name), None)
    if one is None:
        raise EditRefused(name, "is not here any more; choose the file again")
    return one


def _unstaged(desk: Desk, seat: Seat, one: Staged, path: str, typed: Typed) -> tuple[Seat, Shown]:
    """A file that was chosen is kept at a path now and not among the chosen any more."""
    seat = Seat(tuple(other for other in seat.staged if other.name != one.name))
    return seat, {**files_shown(desk, typed), **saved(desk, typed, path), **_uploads(desk, seat, typed)}


def _added(desk: Desk, path: str, typed: Typed) -> Shown:
    emptied: Shown = {name: {"value": ""} for name in (*FIELDS, "body", "drafted")}
    return {**emptied, **files_shown(desk, typed), **saved(desk, typed, path, kept="")}


def _uploads(desk: Desk, seat: Seat, typed: Typed) -> Shown:
    reads = [(desk.preview(one.name, one.data), one.there, one.sha256) for one in seat.staged]
    return {"uploads": {"value": views.uploads_html(tongue(typed), reads)}}
