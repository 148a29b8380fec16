"""Commands around an installation: begin one, examine it, its links, its editors' password, what its visitors said."""

from __future__ import annotations

import shlex
import textwrap
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import (
    EXIT_ERROR,
    EXIT_LEFT_OUT,
    WIDTH,
    JsonOption,
    app,
    config_of,
    example,
    line,
    say,
    show,
    visible,
)
from chatbot.settings import settings_file

if TYPE_CHECKING:
    from chatbot.insights.gaps import Gap, Gaps
    from chatbot.insights.journal import Feedback
    from chatbot.operating.backup import Backup
    from chatbot.operating.doctor import Finding
    from chatbot.operating.link_check import CheckedLinks

_SHOWN = 5
_SIGNS = {"ok": "ok      ", "warning": "warning ", "problem": "PROBLEM "}


@app.command(epilog=example("chatbot init my-site", "chatbot init my-site --with-library"))
def init(
    folder: Annotated[Path, typer.Argument(help="The folder to start in; it is made where it is missing.")],
    with_library: Annotated[
        bool, typer.Option("--with-library", help="Begin with the shipped articles in place of the example.")
    ] = False,
) -> None:
    """Start a site of your own: settings, one example article, a place for the index; nothing is replaced."""
    from chatbot.operating.new_site import start_site

    written = start_site(folder, with_library=with_library)
    for path in written[:_SHOWN]:
        say(f"wrote {path}")
    if written[_SHOWN:]:
        say(f"and {len(written) - _SHOWN} more articles below {folder / 'corpus'}")
    say(f"next: {_go_to(folder)}chatbot serve")


def _go_to(folder: Path) -> str:
    return "" if folder.resolve() == Path.cwd() else f"cd {shlex.quote(str(folder))} && "


@app.command(epilog=example("chatbot doctor", "chatbot doctor --json"))
def doctor(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check the installation, the articles and the index, and say what to do about what is wrong."""
    from chatbot.operating.doctor import examine

    found = examine(context.obj())
    show(found, doctor_text, as_json=as_json)
    if any(one.state == "problem" for one in found):
        raise typer.Exit(EXIT_ERROR)


@app.command(epilog=example("chatbot links", "chatbot links --json"))
def links(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check that passages' deep links and links between articles lead where they say; nothing is fetched."""
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import current
    from chatbot.operating.link_check import check_links

    settings = context.obj()
    with closing(LocalIndex.open(settings.index_dir / current(settings.index_dir))) as index:
        found = check_links(index, settings)
    show(found, links_text, as_json=as_json)
    if found.broken:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(epilog=example("chatbot backup site.tar.gz", "chatbot backup site.tar.gz --index"))
def backup(
    context: typer.Context,
    archive: Annotated[Path, typer.Argument(help="The file to write; it must not be there yet.")],
    index: Annotated[bool, typer.Option("--index", help="Put the index in, too, which can be built again.")] = False,
) -> None:
    """Write settings, articles with their trash, and feedback to one file, read back before it has its name."""
    from chatbot.operating.backup import back_up

    done = back_up(context.obj(), archive, settings_file(config_of(context)), index=index)
    say(f"wrote {archive}, {done.size / 1e6:.1f} MB: {_held(done)}")


@app.command(epilog=example("chatbot restore site.tar.gz", "chatbot restore site.tar.gz --force"))
def restore(
    context: typer.Context,
    archive: Annotated[Path, typer.Argument(help="A file that 'chatbot backup' wrote.")],
    force: Annotated[bool, typer.Option("--force", help="Replace files that are there.")] = False,
) -> None:
    """Put back what a backup holds, after all of it was verified; nothing that is there is replaced unasked."""
    from chatbot.operating.backup import restore as put_back

    done = put_back(context.obj, archive, settings_file(config_of(context)), force=force)
    say(f"restored {_held(done)}" + ("" if done.index else "; run 'chatbot build' to publish the articles"))


def _held(done: Backup) -> str:
    parts = [f"{done.files} files", f"{done.corpus} of them articles and what lies beside"]
    parts += ["feedback" if done.journal else "no feedback", "the index" if done.index else "no index"]
    return ", ".join(parts)


_GIVEN = typer.Option("--password", help="Better typed.")


@app.command(epilog=example("chatbot password", "chatbot password --print"))
def password(
    context: typer.Context,
    given: Annotated[str | None, _GIVEN] = None,
    only_print: Annotated[bool, typer.Option("--print", help="Print the lines; change no file.")] = False,
) -> None:
    """Set the password that opens the editors' page at /edit, as a hash in chatbot.toml; all else in it stays."""
    from chatbot.errors import SettingsError
    from chatbot.operating.password import set_hash
    from chatbot.serving.middleware.sessions import hash_password

    if given is None:
        # On stderr, so that printed lines stand alone.
        given = str(typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True))
    if not 10 <= len(given) <= 1000:
        raise SettingsError(f"the password has {len(given)} characters; choose one of 10 to 1000")
    hashed = hash_password(given)
    if only_print:
        say(f'[editor]\npassword_hash = "{hashed}"')
    else:
        say(set_hash(settings_file(config_of(context)), hashed))


@app.command(epilog=example("chatbot feedback", "chatbot feedback --unhelpful --json", "chatbot feedback --summary"))
def feedback(
    context: typer.Context,
    unhelpful: Annotated[bool, typer.Option("--unhelpful", help="Only what did not help.")] = False,
    summary: Annotated[
        bool, typer.Option("--summary", help="What visitors missed, counted, as on the editors' page.")
    ] = False,
    as_json: JsonOption = False,
) -> None:
    """List what visitors said about answers, newest first, or count what they missed."""
    from chatbot.insights.gaps import gaps_in
    from chatbot.insights.journal import open_journal

    journal = open_journal(context.obj())
    if summary:
        gaps = gaps_in(journal)
        show(gaps, gaps_text, as_json=as_json)
        return
    kept = journal.entries()
    shown = [entry for entry in kept if not unhelpful or entry.rating == "unhelpful"]
    show(shown, lambda entries: feedback_text(entries, journal.path), as_json=as_json)


def doctor_text(found: Sequence[Finding]) -> str:
    """A check a line, with what to do where something is wrong."""
    advised = ((one, f"; {one.advice}" if one.advice else "") for one in found)
    return "\n".join(f"{_SIGNS[one.state]} {one.name:<9} {line(one.found + advice)}" for one, advice in advised)


def links_text(found: CheckedLinks) -> str:
    """A broken link a line, and a line of counts."""
    placed = ((one, f"{one.path}:{one.line}" if one.line else one.path) for one in found.broken)
    lines = [line(f"{place}: {one.link}: {one.reason}") for one, place in placed]
    counts = f"{found.passages} deep links and {found.links} links of {found.articles} articles"
    return "\n".join([*lines, f"{counts}: {len(found.broken)} broken"])


def feedback_text(entries: Sequence[Feedback], path: Path) -> str:
    """What was found in the file at `path`.

    An entry a paragraph: day, rating and reasons, the question, the passage and the note where there are any.
    """
    if not entries:
        there = "holds none" if path.exists() else "does not exist"
        return f"No feedback is kept: {path.absolute()} {there}; [journal] path names another file."
    blocks = []
    for entry in entries:
        reasons = f": {', '.join(entry.reasons)}" if entry.reasons else ""
        lines = [f"{entry.day}  {entry.rating}{reasons}", f"  {line(entry.question)}"]
        lines += [f"  {line(entry.passage)}"] if entry.passage else []
        lines += textwrap.wrap(visible(entry.note), WIDTH, initial_indent="  > ", subsequent_indent="  > ")
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks)


def gaps_text(gaps: Gaps) -> str:
    """What visitors missed: three headings, each with what was counted below it, a line each, the most frequent first.

    Other wordings stand below a question, reasons and notes below a passage or a question.
    """
    disliked = [
        f"{one.unhelpful:>5}  {line(one.passage)} (helped {one.helpful})"
        + "".join(f"\n       {count} {reason}" for reason, count in one.reasons)
        + _below((*one.questions, *(f"> {note}" for note in one.notes)))
        for one in gaps.disliked
    ]
    parts = (
        ("Missing, as visitors told", list(map(_gap_text, gaps.told))),
        ("Passages that did not help", disliked),
        ("Questions that were not covered or uncertain", list(map(_gap_text, gaps.asked))),
    )
    return "\n\n".join("\n".join((heading, *(found or ["       none"]))) for heading, found in parts)


def _gap_text(gap: Gap) -> str:
    texts = (*gap.others, *(f"> {note}" for note in gap.notes))
    return f"{gap.count:>5}  {line(gap.question)} (last {gap.last})" + _below(texts)


def _below(texts: Sequence[str]) -> str:
    return "".join(f"\n       {line(text)}" for text in texts)
