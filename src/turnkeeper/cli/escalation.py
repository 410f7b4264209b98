"""`turnkeeper escalation …`: conversations that need a person."""

from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, Address, AsJson, Config, What, Workspace
from turnkeeper.cli.printing import listing, put_json
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See which conversations need a person, and give them back.")


@app.callback()
def escalation() -> None:
    """See which conversations need a person, and give them back."""


@app.command("list")
def show(
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the oldest first.")] = 50,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show the conversations that need a person, or have one."""
    import asyncio
    import time

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.escalations import listed

    with refusing():
        found = asyncio.run(listed(as_it_is(config), workspace, limit))
    now = time.time()
    listing(found, lambda each: _line(each, now), nothing="nobody is wanted", as_json=as_json)


@app.command()
def close(
    what: What,
    address: Address = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Give a conversation back to the bot."""
    import asyncio
    import time

    from turnkeeper.app import escalations
    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named

    with refusing():
        settings = as_it_is(config)
        found = asyncio.run(escalations.close(settings, Named(what, address, workspace), time.time()))
    if as_json:
        put_json(found)
        return
    typer.echo(f"{found['conversation']} is the bot's again")


def _line(found: dict[str, Any], now: float) -> str:
    from turnkeeper.app.link import ago

    numbers = [each.removeprefix("phone:") for each in found["addresses"] if each.startswith("phone:")]
    who = f"+{numbers[0]}" if numbers else next(iter(found["addresses"]), "somebody")
    since = ago(now - (found["taken_at"] or found["opened_at"]))
    return f"{found['state']} for {since}  {who} on {found['channel']}  {found['reason']}  ({found['conversation']})"
