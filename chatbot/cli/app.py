"""The application that all commands belong to, and the options they share.

Results go to stdout, progress and log to stderr.
"""

from __future__ import annotations

import logging
import sys
from importlib.metadata import version
from pathlib import Path
from typing import Annotated

import typer

from chatbot.settings import load_settings

EXIT_ERROR = 1
EXIT_LEFT_OUT = 3
app = typer.Typer(
    name="chatbot",
    help="Answers career questions with the best passages of real articles, word for word, with their source.",
    epilog="Exit codes: 0 done, 1 error, 2 wrong usage, 3 done but files were left out or differ.",
    no_args_is_help=True,
    add_completion=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON instead of text.")]
WIDTH = 100


def example(*lines: str) -> str:
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


def counted(number: int, thing: str) -> str:
    """A number and what it counts: "1 article", "2 articles"."""
    return f"{number} {thing}{'' if number == 1 else 's'}"
