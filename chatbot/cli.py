"""The command line: thin commands over functions. Results go to stdout, progress and log to stderr."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Callable
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer

from chatbot.errors import ChatbotError, IndexMissing
from chatbot.settings import Settings, load_settings

EXIT_ERROR = 1
EXIT_LEFT_OUT = 3

app = typer.Typer(
    name="chatbot",
    help="Answers career questions with the best passages of real articles, word for word, with their source.",
    epilog="Exit codes: 0 done, 1 error, 2 wrong usage, 3 done but files were left out.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]


def _example(*lines: str) -> str:
    return "Examples:\n\n" + "\n\n".join(f"`{line}`" for line in lines)


def _say_version(on: bool) -> None:
    if on:
        typer.echo(f"chatbot {version('career-chatbot')}")
        raise typer.Exit


@app.callback()
def _common(
    context: typer.Context,
    config: Annotated[Path | None, typer.Option(help="Settings file; default: chatbot.toml where it exists.")] = None,
    corpus: Annotated[Path | None, typer.Option(help="Folder of articles; default: corpus.")] = None,
    index: Annotated[Path | None, typer.Option(help="Folder of the built index; default: index.")] = None,
    verbose: Annotated[bool, typer.Option("--verbose", "-v", help="Say more on stderr.")] = False,
    _version: Annotated[
        bool,
        typer.Option("--version", help="Print the version and end.", is_eager=True, callback=_say_version),
    ] = False,
) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.INFO if verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    context.obj = lambda **more: load_settings(config, corpus_dir=corpus, index_dir=index, **more)


@app.command(epilog=_example("chatbot build", "chatbot --corpus articles --index built build"))
def build(context: typer.Context, as_json: JsonOption = False) -> None:
    """Bring the index up to the articles and publish it; only new text is embedded."""
    from chatbot.cli_output import build_report

    report = _build(context.obj())
    typer.echo(json.dumps(asdict(report), indent=1, ensure_ascii=False) if as_json else build_report(report))
    if report.left_out:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(
    epilog=_example('chatbot ask "Do I need a degree to become a data engineer?"', 'chatbot ask "pay" -k 3 --json')
)
def ask(
    context: typer.Context,
    question: Annotated[str, typer.Argument(help="The question, in quotes.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many passages at most.")] = 5,
    as_json: JsonOption = False,
) -> None:
    """Answer one question from the published index."""
    from chatbot.answering.chatbot import Chatbot
    from chatbot.cli_output import answer_text
    from chatbot.records import to_json

    answer = Chatbot.open(context.obj()).ask(question, k=k)
    typer.echo(json.dumps(to_json(answer), indent=1, ensure_ascii=False) if as_json else answer_text(answer))


@app.command(epilog=_example("chatbot serve", "chatbot serve --port 8000 --open"))
def serve(
    context: typer.Context,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default 127.0.0.1, this machine only.")
    ] = None,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Port; 0 takes any free one; default 7860.")
    ] = None,
    root_path: Annotated[str | None, typer.Option(help="Public path in front, where a proxy strips one.")] = None,
    open_browser: Annotated[bool, typer.Option("--open", help="Open the page in a browser.")] = False,
) -> None:
    """Open the chat page and the API; the index is built first where there is none."""
    from chatbot.answering.chatbot import Chatbot

    said = {"host": host, "port": port, "root_path": root_path}
    settings: Settings = context.obj(server={key: value for key, value in said.items() if value is not None})
    try:
        bot = Chatbot.open(settings)
    except IndexMissing:
        typer.echo("There is no index yet, it is built now.", err=True)
        for path, reason in _build(settings).left_out.items():
            typer.echo(f"left out: {path}: {reason}", err=True)
        bot = Chatbot.open(settings)
    from chatbot.serving.app import run

    run(bot, open_browser=open_browser)


@app.command(epilog=_example("chatbot status", "chatbot status --json"))
def status(context: typer.Context, as_json: JsonOption = False) -> None:
    """Say what is published, and whether the articles have changed since."""
    from chatbot.cli_output import status_text
    from chatbot.indexing.status import read_status

    found = read_status(context.obj())
    typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False) if as_json else status_text(found))


def _build(settings: Settings) -> Any:
    from chatbot.cli_output import Progress
    from chatbot.indexing.build import build as build_index

    with Progress() as on_step:
        return build_index(settings, on_step=on_step)


def main() -> None:
    """Run a command; an error that is meant for people ends it with its text alone."""
    _guarded(app)


def _guarded(command: Callable[[], None]) -> None:
    try:
        command()
    except ChatbotError as error:
        typer.echo(f"chatbot: {error}", err=True)
        raise SystemExit(EXIT_ERROR) from None
    except BrokenPipeError:
        raise SystemExit(0) from None


if __name__ == "__main__":
    main()
