"""`turnkeeper channel …`: adding and connecting channels, trying them, stopping and resuming what they send."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer

from turnkeeper.channels import registry
from turnkeeper.channels.base import NotThisProvider, Webhook
from turnkeeper.cli.channel_add import add
from turnkeeper.cli.channel_connect import connect
from turnkeeper.cli.channel_list import show_all
from turnkeeper.cli.channel_try import try_out
from turnkeeper.cli.options import DEFAULT, Channel, Config
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.events import words

HELP = "Add, connect, try, list, stop and resume channels; look at what a provider sends."
app = typer.Typer(no_args_is_help=True, help=HELP)


@app.callback()
def channel() -> None:
    """Add, connect, try, list, stop and resume channels; look at what a provider sends."""


app.command()(add)
app.command("list")(show_all)
app.command()(connect)
app.command("test")(try_out)


@app.command()
def parse(
    kind: Annotated[str, typer.Argument(help="The kind of channel, as in turnkeeper.toml.")],
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="One webhook body each. None: stdin, one body or one on each line."),
    ] = None,
) -> None:
    """Print what webhook bodies mean: one JSON object for each event."""
    try:
        registered = registry.find(kind)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="KIND") from error
    config = _blank(registered.config_type)
    refused = False
    for name, body in _bodies(files or []):
        try:
            received = registered.adapter.parse(Webhook({}, body), config)
        except NotThisProvider as error:
            refused = True
            typer.echo(f"{name}: not a body of {kind}: {error}", err=True)
            continue
        label = {"file": name} if len(files or ()) > 1 else {}
        for event in received:
            sys.stdout.buffer.write(msgspec.json.encode({**label, **words(event)}) + b"\n")
    sys.stdout.flush()
    if refused:
        raise typer.Exit(1)


@app.command()
def pause(name: Channel, config: Config = DEFAULT) -> None:
    """Send nothing on a channel any more, until it is resumed. Messages are still accepted, and answered later."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.stops import pause_channel

    done = asyncio.run(pause_channel(as_it_is(config), name))
    typer.echo(
        f"nothing is sent on {name} until `turnkeeper channel resume {name}`" if done else f"{name} is stopped already"
    )


@app.command()
def resume(name: Channel, config: Config = DEFAULT) -> None:
    """Send on a channel again, in order, whatever had stopped it."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.stops import resume_channel

    done = asyncio.run(resume_channel(as_it_is(config), name))
    typer.echo(f"{name} sends again" if done else f"{name} was not stopped")


def _blank(config_type: type[Any]) -> Any:
    """Settings to parse with: nothing is verified or sent."""
    required = [f.name for f in fields(config_type) if f.default is f.default_factory is MISSING]
    return config_type(**dict.fromkeys(required, ""))


def _bodies(files: list[Path]) -> Iterator[tuple[str, bytes]]:
    for file in files:
        try:
            body = file.read_bytes()
        except OSError as error:
            raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
        yield str(file), body
    if not files:
        yield from _from_stdin(sys.stdin.buffer.read())


def _from_stdin(given: bytes) -> Iterator[tuple[str, bytes]]:
    lines = [(n, line) for n, line in enumerate(given.splitlines(), 1) if line.strip()]
    if len(lines) > 1 and not _is_json(given):
        yield from ((f"stdin line {n}", line) for n, line in lines)
    else:
        yield "stdin", given


def _is_json(given: bytes) -> bool:
    try:
        msgspec.json.decode(given)
    except (ValueError, RecursionError):
        return False
    return True
