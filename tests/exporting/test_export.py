"""`chatbot export`: what it writes, what it leaves alone, what it refuses."""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from chatbot.exporting.export import _WEB, export
from chatbot.serving.web.languages import ENGLISH
from chatbot.serving.web.templates import _TEMPLATES
from chatbot.settings import Settings
from tests.support.server import COMMAND


def run_export(served_folder: Path, out: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = [*COMMAND, "export", str(out), *options]
    return subprocess.run(command, cwd=served_folder, capture_output=True, text=True, check=False, timeout=600)


def times(out: Path) -> dict[str, int]:
    return {path.relative_to(out).as_posix(): path.stat().st_mtime_ns for path in out.rglob("*") if path.is_file()}


def test_nothing_is_written_where_nothing_changed(served_folder: Path, exported: Path, tmp_path: Path) -> None:
    out = tmp_path / "chat"
    shutil.copytree(exported, out)
    before = times(out)
    done = run_export(served_folder, out)
    assert (done.returncode, times(out)) == (0, before)
    assert re.search(r"\d+ files, \d+\.\d MB; nothing changed$", done.stdout.strip())


def test_what_differs_alone_is_written_and_what_is_old_goes(
    served_folder: Path, exported: Path, tmp_path: Path
) -> None:
    out = tmp_path / "chat"
    shutil.copytree(exported, out)
    told = json.loads((out / "files.json").read_text())
    lost = next(path for path in sorted(told["files"]) if path.startswith("data/passages/"))
    (out / lost).unlink()
    (out / "data" / "old.bin").write_bytes(b"old")
    (out / "own.txt").write_text("the owner's")
    (out / "files.json").write_text(json.dumps({"key": "another", "files": told["files"] | {"data/old.bin": ""}}))
    before = times(out)

    done = run_export(served_folder, out, "--json")

    assert done.returncode == 0, done.stderr
    said = json.loads(done.stdout)
    after = times(out)
    # The same articles and model give the same bytes.
    assert {path for path in after if after[path] != before.get(path)} == {lost, "files.json"}
    assert (said["written"], said["removed"]) == (2, 1)
    assert ("data/old.bin" in after, "own.txt" in after) == (False, True)
    assert (out / lost).read_bytes() == (exported / lost).read_bytes()


def test_another_folder_is_not_written_to(served_folder: Path, tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    done = run_export(served_folder, tmp_path)
    assert (done.returncode, [path.name for path in tmp_path.iterdir()]) == (1, ["thesis.txt"])
    assert "is not empty and holds no export" in done.stderr
    (tmp_path / "files.json").write_text('{"key": "", "files": {"../../away": ""}}')
    assert run_export(served_folder, tmp_path).returncode == 1


@pytest.mark.index
@pytest.mark.parametrize("base", ["example.org", "ftp://example.org/", "https://", "https://example.org/?a=b"])
def test_a_base_that_is_no_address_is_refused(base: str, tmp_path: Path) -> None:
    done = run_export(tmp_path, tmp_path / "chat", "--base", base)
    assert (done.returncode, (tmp_path / "chat").exists()) == (1, False)
    assert f"'{base}' is no address of a folder; write --base https://example.org/chat/" in done.stderr


@pytest.mark.index
def test_without_an_index_it_is_said_what_to_do(tmp_path: Path) -> None:
    done = run_export(tmp_path, tmp_path / "chat")
    assert (done.returncode, (tmp_path / "chat").exists()) == (1, False)
    assert "chatbot build" in done.stderr


def test_every_file_is_listed_with_its_digest(exported: Path) -> None:
    listed = json.loads((exported / "files.json").read_text())["files"]
    there = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert set(listed) == there - {"files.json"}
    for path, integrity in listed.items():
        digest = hashlib.sha256((exported / path).read_bytes()).digest()
        assert integrity == f"sha256-{base64.b64encode(digest).decode()}"
    for path in there:
        named = re.fullmatch(r"data/(?:\w+/)?([0-9a-f]{12})\.bin", path)
        assert not path.startswith("data/") or (
            named and hashlib.sha256((exported / path).read_bytes()).hexdigest()[:12] == named[1]
        )


def test_scripts_evaluate_nothing_and_name_nobody_else(exported: Path) -> None:
    for path in [*exported.glob("engine/*/*.js"), *exported.glob("*.js")]:
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"\beval\b|new Function|WebAssembly|innerHTML|document\.cookie", text), path.name
        assert set(re.findall(r"https?://[\w.]+", text)) <= {"http://www.w3.org"}, path.name


def test_related_articles_are_linked(exported: Path) -> None:
    page = (exported / "articles/cv.html").read_text(encoding="utf-8")
    assert re.search(r'<section class="related".+?<a href="\.\./articles/\w', page, re.DOTALL)


def test_an_export_follows_the_day_and_what_its_pages_are_made_of(
    served_folder: Path, exported: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings = Settings(corpus_dir=served_folder / "corpus", index_dir=served_folder / "index")
    out = tmp_path / "chat"
    shutil.copytree(exported, out)
    assert export(settings, out).written == 0
    own = [page for page in out.glob("articles/*.html") if page.name != "index.html"]
    assert not [page for page in own if ENGLISH("due") in page.read_text(encoding="utf-8")]
    monkeypatch.setattr("chatbot.exporting.export.overdue", lambda _: True)
    monkeypatch.setitem(_TEMPLATES.globals, "overdue", lambda _: True)
    assert export(settings, out).written > len(own)
    assert all(ENGLISH("due") in page.read_text(encoding="utf-8") for page in own)
    shutil.copytree(_WEB, tmp_path / "web")
    monkeypatch.setattr("chatbot.exporting.export._WEB", tmp_path / "web")
    assert export(settings, out).written == 0
    (tmp_path / "web/templates/article.html").write_text("another")
    assert export(settings, out).written == 1  # the list alone: templates are not read from there
