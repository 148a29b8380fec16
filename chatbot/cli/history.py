"""Commands around what was published: its history, going back, checking it, removing what is old."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from chatbot.cli.app import EXIT_ERROR, EXIT_LEFT_OUT, JsonOption, app, example, line, say, show
from chatbot.errors import counted

if TYPE_CHECKING:
    from chatbot.indexing.maintenance import Kept, Verified


@app.command(epilog=example("chatbot history", "chatbot history --json"))
def history(context: typer.Context, as_json: JsonOption = False) -> None:
    """List the kept generations, the one published last first; * marks the one that is served."""
    from chatbot.indexing.maintenance import list_kept

    kept = list_kept(context.obj())
    show(kept, history_text, as_json=as_json)


@app.command(epilog=example("chatbot rollback", "chatbot rollback 3f9a"))
def rollback(
    context: typer.Context,
    generation: Annotated[
        str | None, typer.Argument(help="The generation, or how its name begins; default: the one before.")
    ] = None,
) -> None:
    """Serve an earlier generation again, after every file of it was checked; the articles stay as they are."""
    from chatbot.indexing.maintenance import rollback as roll_back

    done = roll_back(context.obj(), generation)
    if done.before == done.generation:
        say(f"{done.generation} is served already")
        return
    back = f"'chatbot rollback {done.before}' or " if done.before else ""
    say(f"serving {done.generation} again; {back}'chatbot build' returns to what came after it")


@app.command(epilog=example("chatbot verify", "chatbot verify --json"))
def verify(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check every file of every kept generation, and every passage that is served against the articles."""
    from chatbot.cli.progress import Progress
    from chatbot.indexing.maintenance import check

    with Progress() as on_step:
        found = check(context.obj(), on_step=on_step)
    show(found, verified_text, as_json=as_json)
    if found.damaged:
        raise typer.Exit(EXIT_ERROR)
    if found.differing:
        raise typer.Exit(EXIT_LEFT_OUT)


@app.command(epilog=example("chatbot prune", "chatbot prune --keep 1"))
def prune(
    context: typer.Context,
    keep: Annotated[int | None, typer.Option(help="How many generations stay; default: keep_generations.")] = None,
) -> None:
    """Remove all but the newest generations; the one that is served always stays."""
    from chatbot.indexing.maintenance import remove_old

    removed = remove_old(context.obj(keep_generations=keep))
    say("".join(f"removed {name}\n" for name in removed) + f"{counted(len(removed), 'generation')} removed")


def history_text(kept: Sequence[Kept]) -> str:
    """A generation a line, the one published last first."""
    if not kept:
        return "nothing has been published yet; run 'chatbot build'"
    return "\n".join(
        f"{'*' if one.served else ' '} {one.generation}  {one.published_at}  "
        + (f"{counted(one.articles, 'article')}, {counted(one.passages, 'passage')}, " if one.articles else "")
        + f"{one.size_mb:.1f} MB"
        + (f"  ! {line(one.damage)}" if one.damage else "")
        for one in kept
    )


def verified_text(found: Verified) -> str:
    """What is damaged, what differs, and a line of counts."""
    lines = [f"! {line(reason)}" for reason in found.damaged.values()]
    lines += [f"~ {line(path)}: {line(reason)}" for path, reason in found.differing.items()]
    whole = found.kept - len(found.damaged)
    lines.append(
        f"{whole} of {counted(found.kept, 'kept generation')} {'is' if whole == 1 else 'are'} whole; "
        f"{found.passages} passages of {found.articles - len(found.differing)} articles are what their files say"
        + (f", {counted(len(found.differing), 'article')} differing from {found.generation}" if found.differing else "")
    )
    return "\n".join(lines)
