"""What is wrong with an installation, in plain words: each check by itself, so that one failure hides no other."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from packaging.requirements import Requirement

from chatbot.answering.understanding.vocabulary import read_vocabulary
from chatbot.disk import file_digest
from chatbot.errors import ChatbotError, IndexMissing, counted, nearest
from chatbot.evaluation.effect import judged_questions
from chatbot.evaluation.quotes import unmatched
from chatbot.indexing.building.freshness import corpus_digests
from chatbot.indexing.building.report import unmatched_text
from chatbot.indexing.generation.manifest import Manifest, verify
from chatbot.indexing.generation.passage_store import Store
from chatbot.indexing.generation.publication import ENCODERS, current, history, served
from chatbot.indexing.model.weights import BUNDLED_SHA256, locate_model
from chatbot.indexing.status import read_status
from chatbot.insights.journal import FILE
from chatbot.installation import LEAN, VERSION, WHOLE, distributions, extra, serves_only
from chatbot.settings import BUNDLED_MODEL, Settings
from chatbot.sites import Sites

State = Literal["ok", "warning", "problem"]

_OLDEST = (3, 11)
_LITTLE_GB, _TOO_LITTLE_GB = 2.0, 0.3
# Later than any clock that is right can show less than: the day this check was written, in seconds since 1970.
_WRITTEN = 1_795_478_400


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what it looked at, how that is, and what to do where it is not well."""

    name: str
    state: State
    found: str
    advice: str = ""


def examine(settings: Settings) -> tuple[Finding, ...]:
    """Every check. Nothing is changed; whatever a check raises becomes its finding."""
    checks: dict[str, Callable[[Settings], Iterator[Finding]]] = {
        "python": _python,
        "packages": _packages,
        "model": _model,
        "corpus": _corpus,
        "index": _index,
        "milvus": _milvus,
        "words": _vocabulary,
        "questions": _questions,
        "folders": _folders,
        "journal": _journal,
        "disk": _disk,
        "port": _port,
        "clock": _clock,
        "sites": _sites,
    }
    found: list[Finding] = []
    for name, check in checks.items():
        try:
            found += check(settings)
        except (ChatbotError, OSError) as error:
            what, _, advice = str(error).partition("; ")
            found.append(Finding(name, "problem", what, advice or "mend it and run 'chatbot doctor' again"))
    return tuple(found)


def _python(_: Settings) -> Iterator[Finding]:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < _OLDEST:
        yield Finding("python", "problem", f"Python {found}", "install Python 3.11 or newer")
    else:
        yield Finding("python", "ok", f"Python {found}")


def _packages(_: Settings) -> Iterator[Finding]:
    installed = distributions()
    if len(installed) > 1:
        advice = f"run 'pip uninstall {WHOLE} {LEAN}', and install one of them"
        yield Finding("packages", "problem", f"{WHOLE} and {LEAN} are both installed, with the same files", advice)
    elif not installed:
        found = f"the source of {WHOLE} {VERSION} is run from its folder, and is not installed"
        yield Finding("packages", "warning", found, "run 'pip install -c constraints.txt -e .' there")
    else:
        yield _requirements(installed[0])


def _requirements(installed: Distribution) -> Finding:
    name = installed.metadata["Name"]
    wrong, count = [], 0
    for line in installed.requires or ():
        wanted = Requirement(line)
        if wanted.marker and not wanted.marker.evaluate({"extra": ""}):
            continue
        count += 1
        try:
            found = version(wanted.name)
            if not wanted.specifier.contains(found, prereleases=True):
                wrong.append(f"{wanted.name} is {found}, expected {wanted.specifier}")
        except PackageNotFoundError:
            wrong.append(f"{wanted.name} is not installed")
    if wrong:
        editable = '"editable": true' in (installed.read_text("direct_url.json") or "")
        again = "pip install -c constraints.txt -e ." if editable else f"pip install {name}"
        return Finding("packages", "problem", "; ".join(wrong), f"run '{again}' again")
    found = f"{name} {VERSION} and {count} packages it needs"
    if serves_only():
        found += ", to serve an index that was built elsewhere"
        return Finding("packages", "ok", found, f'run "{extra("build")}" to build here')
    return Finding("packages", "ok", found)


def _model(settings: Settings) -> Iterator[Finding]:
    if serves_only():
        yield Finding("model", "ok", "not needed here: an index brings along what questions are embedded with")
        return
    if settings.model != BUNDLED_MODEL and not Path(settings.model).expanduser().is_dir():
        advice = "name a folder to be sure that it never has to be fetched"
        yield Finding("model", "warning", f"{settings.model} is a name on the model hub", advice)
        return
    folder = locate_model(settings.model)
    weights = folder / "model.safetensors"
    known = weights.is_file() and file_digest(weights) == BUNDLED_SHA256
    yield Finding(
        "model", "ok", f"{settings.model}" + (", its digest is the published one" if known else f" in {folder}")
    )


def _takes_from_milvus(settings: Settings) -> bool:
    """Whether this machine takes from Milvus what another one builds."""
    return settings.index.store == "milvus" and not settings.corpus_dir.is_dir() and served(settings.index_dir) is None


def _corpus(settings: Settings) -> Iterator[Finding]:
    if _takes_from_milvus(settings) or (serves_only() and not settings.corpus_dir.is_dir()):
        return
    files = corpus_digests(settings)
    unreadable = [path for path, digest in files.items() if not digest]
    if not files:
        yield Finding(
            "corpus", "problem", f"{settings.corpus_dir} holds no articles", "put Markdown or other articles there"
        )
    elif unreadable:
        found = f"{len(unreadable)} of {len(files)} files cannot be read: {', '.join(unreadable[:3])}"
        yield Finding("corpus", "warning", found, "'chatbot build' names the reason of each")
    else:
        yield Finding("corpus", "ok", f"{counted(len(files), 'file')} in {settings.corpus_dir}")


def _index(settings: Settings) -> Iterator[Finding]:
    if _takes_from_milvus(settings):
        return
    build = "bring the folder from where the articles are built" if serves_only() else "run 'chatbot build'"
    try:
        name = current(settings.index_dir)
    except IndexMissing:
        yield Finding("index", "warning", f"there is none in {settings.index_dir} yet", build)
        return
    manifest = verify(settings.index_dir / name)
    if manifest.model != settings.model:
        found = f"generation {name} was built with model '{manifest.model}', the settings name '{settings.model}'"
        yield Finding("index", "problem", found, f"{build}, or set model back")
        return
    if not (settings.index_dir / ENCODERS / manifest.encoder).is_dir():
        yield Finding("index", "problem", "the encoder is missing", build)
        return
    status = read_status(settings)
    counts = f"{counted(status.articles, 'article')}, {counted(status.passages, 'passage')}"
    found = f"generation {name} is whole: {counts}"
    if status.changes and not (serves_only() and not settings.corpus_dir.is_dir()):
        yield Finding("index", "warning", f"{found}; {status.changes.partition(';')[0]}", build)
    else:
        yield Finding("index", "ok", found)
    yield from _alike(manifest, status.alike)


def _milvus(settings: Settings) -> Iterator[Finding]:
    if settings.index.store != "milvus":
        return
    from chatbot.indexing.milvus.connection import connection_to
    from chatbot.indexing.milvus.reading import served_by

    milvus = connection_to(settings.milvus, "answering")
    there, built = served_by(milvus.ask, settings.milvus.collection), served(settings.index_dir)
    found = f"Milvus {milvus.version} at {settings.milvus.uri} serves " + (
        f"generation {there}" if there else "nothing"
    )
    if there is None or (built and there != built):
        yield Finding("milvus", "warning", found, "run 'chatbot build' where the articles are")
    else:
        yield Finding("milvus", "ok", found)


def _alike(manifest: Manifest, alike: tuple[str, ...]) -> Iterator[Finding]:
    if alike:
        advice = "an answer shows one of each; merge them and delete the other, or name another country or audience"
        yield Finding("alike", "warning", f"say nearly the same: {_first_three(alike)}", advice)
    copies = [f"{path} of {one.copy_of}" for path, one in manifest.left_out.items() if one.copy_of]
    if copies:
        yield Finding("copies", "warning", f"left out as copies: {_first_three(copies)}", "merge and delete them")


def _first_three(names: Sequence[str]) -> str:
    return "; ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")


def _vocabulary(settings: Settings) -> Iterator[Finding]:
    if settings.vocabulary:
        read_vocabulary(settings.vocabulary)
        yield Finding("words", "ok", f"{settings.vocabulary} can be read")


def _questions(settings: Settings) -> Iterator[Finding]:
    questions = () if _takes_from_milvus(settings) else judged_questions(settings)
    if not questions:
        return
    try:
        with closing(Store(settings.index_dir / current(settings.index_dir) / "passages.sqlite")) as store:
            lines = unmatched(questions, store)
    except (IndexMissing, sqlite3.Error):  # the index says so itself
        lines = ()
    if lines:
        advice = "correct article ids and quotes there"
        found = f"{settings.publish.questions}: {unmatched_text(lines, len(questions))}"
        yield Finding("questions", "warning", found, advice)
    else:
        yield Finding("questions", "ok", f"{settings.publish.questions} can be read")


def _folders(settings: Settings) -> Iterator[Finding]:
    folder = _there(settings.index_dir)
    if _writable(folder):
        yield Finding("folders", "ok", f"{settings.index_dir} can be written")
    else:
        advice = f"give the user that builds the right to write {folder}, or set index_dir to another folder"
        yield Finding("folders", "problem", f"{folder} cannot be written", advice)


def _journal(settings: Settings) -> Iterator[Finding]:
    """The journal itself is left alone: to open it would move one of an earlier version."""
    if not settings.journal.keep_days:
        return
    path = settings.journal.path or settings.index_dir.parent / FILE
    folder = _there(path.parent)
    if path.is_dir():
        advice = f"name a file in it, such as {path / FILE}, as [journal] path"
        yield Finding("journal", "problem", f"{path} is a folder", advice)
    elif _writable(folder) and (not path.exists() or os.access(path, os.W_OK)):
        yield Finding("journal", "ok", f"{path} can be written")
    else:
        advice = f"give the user that serves the right to write {folder}, or name another place in [journal] path"
        yield Finding("journal", "problem", f"{path} cannot be written, so that feedback is refused", advice)


def _there(folder: Path) -> Path:
    """The folder, or the nearest one above it that is there."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder


def _writable(folder: Path) -> bool:
    return folder.is_dir() and os.access(folder, os.W_OK | os.X_OK)


def _disk(settings: Settings) -> Iterator[Finding]:
    folder = settings.index_dir if settings.index_dir.exists() else Path()
    free = shutil.disk_usage(folder).free / 1e9
    state: State = "problem" if free < _TOO_LITTLE_GB else "warning" if free < _LITTLE_GB else "ok"
    advice = "" if state == "ok" else "free some: a build writes a whole index beside the old one"
    yield Finding("disk", state, f"{free:.1f} GB free", advice)


def _port(settings: Settings) -> Iterator[Finding]:
    from chatbot.serving.server import bind

    host, port = settings.server.host, settings.server.port
    try:
        bind(host, port).close()
        yield Finding("port", "ok", f"{host}, port {port} is free")
    except ChatbotError as error:
        found, _, advice = str(error).partition("; ")
        if getattr(error.__cause__, "errno", None) == errno.EADDRINUSE:
            yield Finding("port", "warning", found, f"fine where that is this chatbot; otherwise {advice}")
        else:
            yield Finding("port", "problem", found, advice)


def _clock(settings: Settings) -> Iterator[Finding]:
    now = time.time()
    last = history(settings.index_dir)[-1:]
    shown = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now))
    if now < _WRITTEN or (last and last[0].at > shown):
        since = f"earlier than the last build ({last[0].at})" if last and last[0].at > shown else "before this version"
        yield Finding("clock", "warning", f"{shown} UTC, {since}", "set the clock; expiry dates go by it")
    else:
        yield Finding("clock", "ok", f"{shown} UTC")


def _sites(settings: Settings) -> Iterator[Finding]:
    """Nothing where no other site may ask, or where the index, which says so itself, cannot be read."""
    Sites(settings.sites)
    try:
        with closing(Store(settings.index_dir / current(settings.index_dir) / "passages.sqlite")) as store:
            topics = [topic for article in store.articles() for topic in article.topics]
    except (IndexMissing, sqlite3.Error):
        return
    for site in settings.sites:
        called = site.name or site.origins[0]
        unknown = [topic for topic in site.topics if topic.casefold() not in map(str.casefold, topics)]
        for topic in unknown:
            near = nearest(topic, topics) or "none: no article has topics"
            found = f"{called}: no article has the topic {topic!r}"
            yield Finding("sites", "warning", found, f"the nearest are {near}")
        if not unknown:
            yield Finding("sites", "ok", f"{called}: {', '.join(site.topics) or 'all topics'}")
