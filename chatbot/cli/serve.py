"""Commands that open the front doors, or write them as files."""

from __future__ import annotations

import multiprocessing
import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot import catalogues
from chatbot.cli.app import JsonOption, app, example, line, of_system, say, show
from chatbot.cli.build import build_with_progress, make_lean, measure_for, watch_until
from chatbot.errors import ChatbotError, IndexMissing, IndexOutdated, StaticMissing, counted
from chatbot.installation import BUILDING, require

if TYPE_CHECKING:
    from chatbot.answering.chatbot import Chatbot
    from chatbot.exporting.export import Exported
    from chatbot.indexing.building.draft import Measure
    from chatbot.settings import Settings


@app.command(epilog=example("chatbot serve", "chatbot serve --port 8000 --open", "chatbot serve --watch"))
def serve(  # noqa: PLR0913, PLR0917 - an option each
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default 127.0.0.1, this machine only.")
    ] = None,
    port: Annotated[int | None, typer.Option(help="Port; 0 takes any free one; default 7860.")] = None,
    root_path: Annotated[str | None, typer.Option(help="Public path in front, where a proxy strips one.")] = None,
    workers: Annotated[
        int | None, typer.Option(help="Processes that answer beside the server's own; default 0.")
    ] = None,
    lean: Annotated[
        bool | None, typer.Option("--lean", help="Answer without the model, in a third of the memory.")
    ] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
    watch: Annotated[bool, typer.Option("--watch", help="Build whenever an article is saved.")] = False,
) -> None:
    """Open the chat page and the API; the index is built first where there is none, or one of another version.

    With a password set (`chatbot password`), editors work at /edit of the same address.
    """
    said = {"host": host, "port": port, "root_path": root_path, "workers": workers, "lean": lean}
    settings: Settings = context.obj(server={key: value for key, value in said.items() if value is not None})
    if settings.server.lean:
        if watch:
            raise typer.BadParameter(
                "a lean server builds nothing; run 'chatbot watch' beside it", param_hint="--watch"
            )
        os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: each thread of it has buffers
        bot = _lean(settings)
    else:
        bot = _full(settings)
    from chatbot.serving.server import run

    stop = threading.Event()
    if watch:
        watching = (settings, stop, measure_for(settings))
        threading.Thread(target=_watch, args=watching, name="watch", daemon=True).start()
    run(bot, open_browser=open_browser)
    stop.set()


def _watch(settings: Settings, stop: threading.Event, measure: Measure | None) -> None:
    """The server goes on without it."""
    try:
        watch_until(settings, stop, measure)
    except (ChatbotError, OSError) as error:
        told = of_system(error) if isinstance(error, OSError) else str(error)
        say(f"chatbot: nothing is watched any more: {told}; then start the server again", err=True)


def _full(settings: Settings) -> Chatbot:
    from chatbot.answering.chatbot import Chatbot

    try:
        return Chatbot.open(settings, threads=1)
    except (IndexMissing, IndexOutdated) as error:
        if settings.index.store == "milvus":  # servers share it: no one of them is to fill it
            raise
        say(str(error).partition(";")[0], err=True)
        require(*BUILDING)
        if settings.corpus_dir.is_dir():
            say("it is built now; the first time takes about a minute more than later ones", err=True)
        for path, reason in build_with_progress(settings).changes.left_out.items():
            say(line(f"left out: {path}: {reason}"), err=True)
        return Chatbot.open(settings, threads=1)


def _lean(settings: Settings) -> Chatbot:
    """What is missing is made by a process of its own, which has the model and ends with it."""
    from chatbot.answering.understanding.spelling import english

    english()  # first of all: the memory that reading it takes for a moment is used again by what comes after
    from chatbot.answering.chatbot import Chatbot

    try:
        return Chatbot.open(settings)
    except (IndexMissing, StaticMissing) as error:
        say("What a lean server needs is not there yet, it is made now; this takes minutes.", err=True)
        making = multiprocessing.get_context("spawn").Process(target=_make, args=(settings,))
        before = signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
        making.start()
        try:
            making.join()
        finally:  # it would go on alone where this process is ended
            making.terminate()
            signal.signal(signal.SIGTERM, before)
        if making.exitcode:
            raise error
    return Chatbot.open(settings)


def _make(settings: Settings) -> None:
    try:
        make_lean(settings)
    except (ChatbotError, ImportError, OSError) as error:
        say(of_system(error) if isinstance(error, OSError) else str(error), err=True)
        raise SystemExit(1) from error


@app.command(epilog=example("chatbot embed --url https://chat.example.org --site https://example.org"))
def embed(
    context: typer.Context,
    url: Annotated[str | None, typer.Option(help="Public address of the chatbot; default: from the settings.")] = None,
    site: Annotated[str | None, typer.Option(help="Address of the site that is to carry it.")] = None,
    title: Annotated[str, typer.Option(help="Title of the widget.")] = "",
    language: Annotated[str, typer.Option(help="Language of the widget; default: that of the page.")] = "",
) -> None:
    """Print the tag that puts the chatbot on a site, and the settings that let the site ask."""
    from chatbot.serving.widget import base_of, public_url, site_of, tag

    settings: Settings = context.obj()
    if language and language not in catalogues.codes():
        raise typer.BadParameter(f"{language!r} is none of {', '.join(catalogues.codes())}", param_hint="--language")
    asked = site_of(site) if site else None
    known = next((each for each in settings.sites if asked and asked.origins[0] in each.origins), asked)
    options = {
        "title": title or (known.name if known else ""),
        "language": language or (known.language if known else ""),
    }
    say(tag(base_of(url) if url else public_url(settings.server), options))
    if asked and known is asked:
        say("\nAdd to chatbot.toml, and start the server again:\n", err=True)
        say(f'[[sites]]\norigins = ["{asked.origins[0]}"]')
    if not url and not settings.server.hosts:
        say("\nThis address is for this machine alone; name the public one with --url.", err=True)


@app.command(epilog=example("chatbot export site/chat", "chatbot export site/chat --base https://example.org/chat/"))
def export(
    context: typer.Context,
    out: Annotated[Path, typer.Argument(help="The folder to write; it is made where it is missing.")],
    base: Annotated[str, typer.Option(help="The address it will have, for sitemap and robots.txt.")] = "",
    as_json: JsonOption = False,
) -> None:
    """Write the chat as a folder of files, for hosts without a server; nothing where nothing changed."""
    from chatbot.cli.progress import Progress
    from chatbot.exporting.export import export as export_to

    with Progress() as on_step:
        done = export_to(context.obj(), out, base, on_step)
    show(done, lambda done: export_text(done, out), as_json=as_json)


def export_text(done: Exported, out: Path) -> str:
    """What an export to `out` did, and where it did something, how to look at it."""
    changed = f"wrote {done.written}, removed {done.removed}" if done.written or done.removed else "nothing changed"
    told = f"{out}: {counted(done.files, 'file')}, {done.size / 1e6:.1f} MB; {changed}"
    look = f"\nnext: python -m http.server --directory {out} 8000, and open http://localhost:8000/search.html"
    return told + look if done.written else told
