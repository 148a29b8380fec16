"""The application that all commands belong to, and the options they share.

Results go to stdout, progress and log to stderr.
"""

from __future__ import annotations

import json
import logging
import sys
import unicodedata
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, TypeVar

import typer

from chatbot.installation import VERSION
from chatbot.records import jsonable
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
_CONFIG = "chatbot.config"
Found = TypeVar("Found")


# Neither moves a cursor nor turns a line around, and scripts and emoji are joined by them.
_HARMLESS = "\n\t\u200c\u200d"
_UNSEEN = {"Cc", "Cf", "Cs", "Zl", "Zp"}


def say(text: str, *, err: bool = False) -> None:
    """Print a line or more. What visitors, articles and names bring along can steer no terminal and hide nothing."""
    typer.echo(visible(text), err=err)


def show(found: Found, text: Callable[[Found], str], *, as_json: bool) -> None:
    """Print what was found as text, or records and plain values as JSON, days as `2026-01-31`."""
    say(json.dumps(found, indent=1, ensure_ascii=False, default=jsonable) if as_json else text(found))


def visible(text: str) -> str:
    """The text with characters that control or format as escapes. JSON stays JSON that says the same."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(_escaped(c) if c not in _HARMLESS and unicodedata.category(c) in _UNSEEN else c for c in text)


def line(text: str) -> str:
    """The text in one line: one that holds line breaks begins no line of its own."""
    return visible(text).replace("\n", "\\n")


def _escaped(char: str) -> str:
    units = char.encode("utf-16-be", "surrogatepass")
    return "".join(f"\\u{units[at : at + 2].hex()}" for at in range(0, len(units), 2))


class _Lines(logging.Formatter):
    """A record a line; only its traceback has more."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 - the name that logging calls
        record.message = line(record.message)
        return super().formatMessage(record)

    def formatException(self, ei: Any) -> str:  # noqa: N802 - the name that logging calls
        return visible(super().formatException(ei))


def example(*lines: str) -> str:
    return "Examples:\n\n" + "\n\n".join(f"`{line}`" for line in lines)


def _say_version(on: bool) -> None:
    if on:
        typer.echo(f"chatbot {VERSION}")
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
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Lines("%(levelname)s %(name)s: %(message)s"))
    logging.basicConfig(level=logging.INFO if verbose else logging.WARNING, handlers=[handler])
    context.meta[_CONFIG] = config
    context.obj = lambda read=config, **more: load_settings(read, corpus_dir=corpus, index_dir=index, **more)


def of_system(error: OSError) -> str:
    """What the system would not do, and where it says so, as a message."""
    where = f"{error.filename}: " if error.filename else ""
    return f"{where}{error.strerror or error}; free space or mend the permissions, then try again"


def config_of(context: typer.Context) -> Path | None:
    """The file of settings that --config names."""
    named: Path | None = context.meta[_CONFIG]
    return named
