"""The door: the published index as a folder for any host of files."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path, PurePosixPath
from typing import Any

from chatbot.answering.answerer import MESSAGES
from chatbot.answering.chatbot import static_answerer
from chatbot.answering.ranking.searcher import Searcher
from chatbot.answering.static.part import StaticPart
from chatbot.answering.understanding.spelling import lexicon, whole_words
from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.disk import replace_whole
from chatbot.errors import ExportRefused
from chatbot.exporting.data import FOLDER, FORMAT, data_files
from chatbot.exporting.making import static_part
from chatbot.exporting.rules import rules
from chatbot.exporting.shards import Files, packed, put
from chatbot.exporting.static_pages import pages
from chatbot.indexing.building.report import OnStep
from chatbot.indexing.generation.local_index import LocalIndex
from chatbot.indexing.generation.publication import current
from chatbot.installation import VERSION
from chatbot.records import Filters
from chatbot.serving.articles import nearest
from chatbot.serving.web.assets import STATIC, integrity
from chatbot.serving.web.templates import overdue
from chatbot.serving.widget import files as widget_files
from chatbot.serving.widget import packed as shortened
from chatbot.settings import Settings

MANIFEST, LIST = "manifest.json", "files.json"
_ADDRESS = re.compile(r"https?://[^\s/?#]+(/[^\s?#]*)?")
_ENGINE = Path(__file__).with_name("engine")
_WEB = STATIC.parent


@dataclass(frozen=True, slots=True)
class Exported:
    """What an export did: how many files it has and their bytes, how many of them were written and removed."""

    generation: str
    files: int
    size: int
    written: int
    removed: int


def export(
    settings: Settings, out: Path, base: str = "", on_step: OnStep = lambda _name, _done, _total: None
) -> Exported:
    """Bring `out` up to what is published; `base` is the address at which it will lie, for what needs whole addresses.

    Nothing is written where nothing changed. The manifest comes last, so that a folder always works. Raises
    ExportRefused where `out` holds something else or `base` is no address, IndexMissing, IndexDamaged, ModelError,
    SettingsError or OSError.
    """
    base = _address(base)
    before = _files_of(out)
    generation = current(settings.index_dir)
    with closing(LocalIndex.open(settings.index_dir / generation)) as index:
        key = _key(settings, index, base)
        if before is not None and before.get("key") == key and all((out / path).is_file() for path in before["files"]):
            sizes = [(out / path).stat().st_size for path in before["files"]]
            return Exported(generation, len(sizes), sum(sizes), 0, 0)
        files = _all_files(settings, index, static_part(settings, index, on_step), base)
    on_step("writing", 0, 1)
    listed = {path: integrity(content) for path, content in sorted(files.items())}
    old = (before or {"files": {}})["files"]
    # What is killed on the way is known for an export, and brought to its end by the next one.
    out.mkdir(parents=True, exist_ok=True)
    replace_whole(out / LIST, _json({"key": "", "files": {**old, **listed}}), durable=False)
    files[LIST] = _json({"key": key, "files": listed})
    written = _write(out, files)
    removed = [path for path in old if path not in files]
    for path in removed:
        (out / path).unlink(missing_ok=True)
    return Exported(generation, len(files), sum(map(len, files.values())), written, len(removed))


def _all_files(settings: Settings, generation: LocalIndex, part: StaticPart, base: str) -> Files:
    index = part.over(generation)
    answerer = static_answerer(index, settings)
    vocabulary = read_vocabulary(settings.vocabulary, settings.page.articles_language)
    words = lexicon(index.words, whole_words(index.table.vocabulary) | vocabulary.words)
    path, files = data_files(Searcher(index, index.table), index, part.slots, answerer.judge.thresholds, words)
    texts = [whole for article in answerer.articles if (whole := answerer.article(article.id))]
    near = {one.id: nearest(answerer.similar, one.id, Filters()) for one in texts}
    files |= pages(texts, settings, base, near) | widget_files()
    told: dict[str, Any] = {
        "name": settings.page.title,
        "language": "",
        "greeting": "",
        "topics": [],
        "articles_language": settings.page.articles_language,
        "contact": settings.page.contact,
        "help_lines": list(settings.help_lines.items()),
    }
    ruled = put(packed(rules(vocabulary) | {"messages": MESSAGES}), FOLDER, files)
    engine = _engine()
    files |= engine
    entry = next(path for path in engine if path.endswith("/engine.js"))
    manifest = {"format": FORMAT, "generation": index.generation, "engine": entry, "base": path, "rules": ruled}
    files[MANIFEST] = _json(manifest | {"site": told})
    return files


@cache
def _engine() -> Files:
    """The scripts in a folder that their content names, shortened."""
    scripts = {path.name: shortened(path.read_text(encoding="utf-8")).encode() for path in _ENGINE.glob("*.js")}
    whole = b"".join(content for _, content in sorted(scripts.items()))
    return {f"engine/{_digest(whole)}/{name}": content for name, content in sorted(scripts.items())}


def _key(settings: Settings, index: LocalIndex, base: str) -> str:
    """What decides the bytes of an export: pages say on which day an article was due, and change with a checkout."""
    said = settings.model_dump(mode="json", include={"page", "help_lines", "answers"})
    vocabulary = settings.vocabulary.read_text(encoding="utf-8") if settings.vocabulary else ""
    scripts = sorted(_engine())
    web = _digest(b"".join(path.read_bytes() for path in sorted(_WEB.rglob("*.*")) if path.suffix != ".pyc"))
    due = [article.id for article in index.store.articles() if overdue(article)]
    about = (index.generation, index.manifest.calibration)
    parts = [FORMAT, VERSION, *about, base, said, vocabulary, scripts, web, due]
    return hashlib.sha256(_json(parts)).hexdigest()


def _address(base: str) -> str:
    """The address of a folder, with a slash at its end. Raises ExportRefused."""
    if base and not _ADDRESS.fullmatch(base):
        raise ExportRefused(f"'{base}' is no address of a folder; write --base https://example.org/chat/")
    return f"{base.rstrip('/')}/" if base else ""


def _files_of(out: Path) -> dict[str, Any] | None:
    """What an earlier export left in a folder, None where it is empty or not there. Raises ExportRefused."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return None
    try:
        told: dict[str, Any] = json.loads((out / LIST).read_text(encoding="utf-8"))
        if all(_inside(path) for path in told["files"]):
            return told
    except (OSError, ValueError, KeyError, TypeError):
        pass
    raise ExportRefused(
        f"{out} is not empty and holds no export: {LIST} is missing or unreadable; name a folder that is new or empty"
    )


def _inside(path: str) -> bool:
    parts = PurePosixPath(path).parts
    return bool(parts) and ".." not in parts and not path.startswith("/")


def _write(out: Path, files: Mapping[str, bytes]) -> int:
    """Write what differs, the manifest and the list last."""
    written = 0
    for path in sorted(files, key=lambda path: (path in (MANIFEST, LIST), path)):
        place, content = out / path, files[path]
        if place.is_file() and place.stat().st_size == len(content) and place.read_bytes() == content:
            continue
        place.parent.mkdir(parents=True, exist_ok=True)
        replace_whole(place, content, durable=False)
        written += 1
    return written


def _digest(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()[:12]


def _json(values: Mapping[str, Any] | Iterable[Any]) -> bytes:
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode()
