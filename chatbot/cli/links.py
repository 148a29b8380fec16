"""The command that looks links up."""

from __future__ import annotations

import json
from dataclasses import asdict

import typer

from chatbot.cli.app import EXIT_LEFT_OUT, JsonOption, app, example


@app.command(epilog=example("chatbot links", "chatbot links --json"))
def links(context: typer.Context, as_json: JsonOption = False) -> None:
    """Check that passages' deep links and links between articles lead where they say; nothing is fetched."""
    from chatbot.indexing.generation.local_index import LocalIndex
    from chatbot.indexing.generation.publication import current
    from chatbot.operating.link_check import check_links

    settings = context.obj()
    index = LocalIndex.open(settings.index_dir / current(settings.index_dir))
    found = check_links(index, settings)
    index.close()
    if as_json:
        typer.echo(json.dumps(asdict(found), indent=1, ensure_ascii=False))
    else:
        for one in found.broken:
            place = f"{one.path}:{one.line}" if one.line else one.path
            typer.echo(f"{place}: {one.link}: {one.reason}")
        counts = f"{found.passages} deep links and {found.links} links of {found.articles} articles"
        typer.echo(f"{counts}: {len(found.broken)} broken")
    if found.broken:
        raise typer.Exit(EXIT_LEFT_OUT)
