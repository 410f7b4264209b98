"""`turnkeeper timer …`: what is to come in conversations, to see and to cancel."""

from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See and cancel what is to come: reminders, follow-ups, sequences.")
Address = Annotated[
    str | None, typer.Argument(help="After a channel: a phone number with its country's code, or kind:id.")
]


@app.callback()
def timer() -> None:
    """See and cancel what is to come: reminders, follow-ups, sequences."""


@app.command("list")
def show(
    what: Annotated[
        str | None, typer.Argument(metavar="[CONVERSATION|CHANNEL]", help="Only of a conversation, or of a channel.")
    ] = None,
    address: Address = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the next first.")] = 50,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show the next timers."""
    import asyncio
    import json
    import time

    from turnkeeper.app.people import Named
    from turnkeeper.app.timers import listed
    from turnkeeper.config import load

    with refusing():
        named = None if what is None else Named(what, address, workspace)
        found = asyncio.run(listed(load(config, secrets=False), named, workspace, limit))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif not found:
        typer.echo("no timer is set")
    for each in [] if as_json else found:
        typer.echo(_line(each, time.time()))


def _line(timer: dict[str, Any], now: float) -> str:
    from datetime import UTC, datetime

    from turnkeeper.app.link import ago

    due_at = timer["due_at"]
    when = f"in {ago(due_at - now)}" if due_at > now else f"due for {ago(now - due_at)}"
    day = datetime.fromtimestamp(due_at, UTC).strftime("%Y-%m-%d %H:%M UTC")
    until = ", until the contact writes" if timer["follow_up"] else ""
    return f"{day}  {when}  {timer['name']}{until}  ({timer['channel']}, conversation {timer['conversation']})"


@app.command()
def cancel(
    what: Annotated[str, typer.Argument(metavar="CONVERSATION|CHANNEL", help="A conversation's id, or a channel.")],
    address: Address = None,
    name: Annotated[str | None, typer.Option("--name", help="Only timers of this name.")] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Take back the timers of a conversation; what has fired stays."""
    import asyncio
    import json

    from turnkeeper.app import timers
    from turnkeeper.app.people import Named
    from turnkeeper.config import load

    with refusing():
        settings = load(config, secrets=False)
        count = asyncio.run(timers.cancel(settings, Named(what, address, workspace), name))
    plural = "timer" if count == 1 else "timers"
    typer.echo(json.dumps({"cancelled": count}) if as_json else f"cancelled {count} {plural}")
