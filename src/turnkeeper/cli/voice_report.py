"""`turnkeeper voice report`: what a bot would make of a voice note, without a channel."""

from __future__ import annotations

import sys
from contextlib import redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.voice_transcribe import progress

if TYPE_CHECKING:
    from turnkeeper.bots.reporting import Reported
    from turnkeeper.model.voice import Heard


def report(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A sound file.", exists=True, dir_okay=False)],
    schema: Annotated[str, typer.Option("--schema", help="`module:Class`, as mr_voice:Report.")],
    bot: Annotated[str, typer.Option("--bot", help="Whose models and transcribers; the schema's own bot.")] = "",
    only: Annotated[str, typer.Option("--with", help="Another transcriber than the bot's.")] = "",
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Make the report of a voice note, as the bot does: transcribers, models, layout. It costs what a note costs.

    Exit status 1 if there was neither a transcript nor an answer of a model, or nothing to hear.
    """
    import asyncio

    from turnkeeper.app import reporting, transcribing
    from turnkeeper.config import load_for

    load_for(config, only, section="transcribers")
    settings = load_for(config, "", section="providers")
    model = reporting.schema_of(schema, settings.folder)
    whose = reporting.reporter(settings, schema, bot)
    names = [only] if only else reporting.transcribers_of(whose)
    with progress() as tell, redirect_stdout(sys.stderr):  # what is logged is no report
        heard = asyncio.run(transcribing.heard(settings, file, names, tell=tell))
    if not heard.text:
        typer.echo(f"{file.name}: {reporting.unheard(whose, heard)}", err=True)
        raise typer.Exit(1)
    with redirect_stdout(sys.stderr):
        made = asyncio.run(reporting.made(settings, whose, model, heard.transcript))
    _show_json(heard, made) if as_json else _show(heard, made)
    raise typer.Exit(0 if made.texts else 1)


def _show(heard: Heard, made: Reported) -> None:
    from turnkeeper.text.rendering import render

    for told in (*heard.told, *made.problems):
        typer.echo(f"turnkeeper: {told}", err=True)
    for text in made.texts:
        titles = [line for line in text.splitlines() if line.startswith("#")]
        for title in titles:
            typer.echo(typer.style("".join(render(title, "plain", 4096)), bold=True))
        rest = "\n".join(line for line in text.splitlines() if line not in titles)
        typer.echo("\n".join(render(rest, "plain", 100_000)) + "\n")
    if not made.texts:
        typer.echo("There was neither a transcript nor an answer of a model.", err=True)


def _show_json(heard: Heard, made: Reported) -> None:
    import msgspec

    told = {
        "values": dict(made.values),
        "transcript": msgspec.to_builtins(heard.transcript),
        "complete": made.read and not made.problems,
        "told": [*heard.told, *made.problems],
    }
    put_json(told)
