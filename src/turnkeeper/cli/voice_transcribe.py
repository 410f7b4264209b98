"""`turnkeeper voice transcribe`: what the transcribers hear in a file, as in a note that a person sends."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.model.voice import Heard, Transcript


def transcribe(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A voice note.", exists=True, dir_okay=False)],
    only: Annotated[str, typer.Option("--with", help="One transcriber; without it, all, one after the other.")] = "",
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Print what is said in a file, and when. Without [transcribers], the built-in one hears it (English).

    Exit status 1 if nothing was heard.
    """
    import asyncio

    from turnkeeper.app import transcribing

    settings = _settings(config, only)
    names = [only] if only else transcribing.names(settings)
    with progress() as tell, redirect_stdout(sys.stderr):  # what is logged is no transcript
        heard = asyncio.run(transcribing.heard(settings, file, names, tell=tell))
    _show_json(heard) if as_json else _show(file, heard)
    raise typer.Exit(0 if heard.transcript is not None and heard.transcript.text else 1)


def _settings(config: Path, only: str) -> Settings:
    """The built-in transcriber needs no configuration."""
    from turnkeeper.config import load_for, loads

    if config == DEFAULT and not config.exists():
        return loads("", config)
    return load_for(config, only, section="transcribers")


def _show(file: Path, heard: Heard) -> None:
    for told in heard.told:
        typer.echo(f"turnkeeper: {told}", err=True)
    transcript = heard.transcript
    if transcript is None or not transcript.text:
        typer.echo(f"{file.name}: {_WHY.get(heard.reason, heard.reason)}", err=True)
        return
    if not transcript.spoken:
        typer.echo(transcript.text)
    for each in transcript.spoken:
        speaker = typer.style(f"{each.speaker}: ", bold=True) if each.speaker else ""
        typer.echo(f"{_clock(each.start)}  {speaker}{each.text}")
    typer.echo(_summary(transcript), err=True)


_WHY = {
    "": "no words were heard in it",
    "no_words": "no words were heard in it",
    "unavailable": "nobody could transcribe it",
    "empty": "there is no sound in it",
    "not_audio": "it is not a sound file",
    "damaged": "it is too damaged to be heard",
    "silent": "it is silent",
    "too_long": "it is too long",
    "too_large": "it is too large",
    "language": "nobody who was asked knows its language",
}


def _summary(transcript: Transcript) -> str:
    language = f", {transcript.language}" if transcript.language else ""
    return f"{_clock(transcript.seconds)} min{language}, heard by {transcript.heard_by}"


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes}:{rest:02}"


def _show_json(heard: Heard) -> None:
    import msgspec

    reason = heard.reason or ("no_words" if not heard.text else "")
    told = {"transcript": heard.transcript, "reason": reason, "told": heard.told}
    typer.echo(msgspec.json.encode(told))


@contextmanager
def progress() -> Iterator[Callable[[float, float], None]]:
    """A bar on a terminal, else a line a second."""
    if not sys.stderr.isatty():
        from turnkeeper.cli.progress import telling

        with telling() as tell:
            yield lambda done, total: tell("heard", round(done), round(total))
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("hearing"), BarColumn(), TextColumn("{task.percentage:.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
