"""`turnkeeper timer …`: what is to come in conversations, to see and to cancel."""

from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, Address, AsJson, Config, What, Workspace
from turnkeeper.cli.printing import instant, listing, put_json
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See and cancel what is to come: reminders, follow-ups, sequences.")


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
    import time

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named
    from turnkeeper.app.timers import listed

    with refusing():
        named = None if what is None else Named(what, address, workspace)
        found = asyncio.run(listed(as_it_is(config), named, workspace, limit))
    now = time.time()
    listing(found, lambda each: _line(each, now), nothing="no timer is set", as_json=as_json)


def _line(timer: dict[str, Any], now: float) -> str:
    from turnkeeper.app.link import ago

    due_at = timer["due_at"]
    when = f"in {ago(due_at - now)}" if due_at > now else f"due for {ago(now - due_at)}"
    until = ", until the contact writes" if timer["follow_up"] else ""
    return (
        f"{instant(due_at)}  {when}  {timer['name']}{until}  ({timer['channel']}, conversation {timer['conversation']})"
    )


@app.command()
def cancel(
    what: What,
    address: Address = None,
    name: Annotated[str | None, typer.Option("--name", help="Only timers of this name.")] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Take back the timers of a conversation; what has fired stays."""
    import asyncio

    from turnkeeper.app import timers
    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named

    with refusing():
        settings = as_it_is(config)
        count = asyncio.run(timers.cancel(settings, Named(what, address, workspace), name))
    if as_json:
        put_json({"cancelled": count})
        return
    typer.echo(f"cancelled {count} {'timer' if count == 1 else 'timers'}")
