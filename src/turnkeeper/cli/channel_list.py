"""`turnkeeper channel list`: every channel and where it stands."""

from typing import TYPE_CHECKING

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json

if TYPE_CHECKING:
    from turnkeeper.app.channels import Standing


def show_all(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Show every channel: its account and bot, whether it sends, when it was last heard, and what waits."""
    import asyncio

    from turnkeeper.app.channels import standings
    from turnkeeper.app.configuration import as_it_is

    found = asyncio.run(standings(as_it_is(config)))
    if as_json:
        put_json([each.as_words() for each in found])
    elif not found:
        typer.echo("No channel is configured. `turnkeeper channel add` adds one.")
    else:
        _show(found)


def _show(found: "list[Standing]") -> None:
    import time

    now = time.time()
    for each in found:
        typer.echo(typer.style(each.name, bold=True) + f"  {each.kind} {each.account}".rstrip() + f", bot {each.bot}")
        typer.echo(f"  {_sending(each, now)}; {_traffic(each, now)}")
        typer.echo(f"  webhook {each.webhook}" if each.webhook else "  events are fetched, no webhook is needed")


def _sending(each: "Standing", now: float) -> str:
    from turnkeeper.app.link import ago

    if each.environment is not None:
        return f"left alone here: it is for {each.environment}"
    if each.paused is None:
        return typer.style("sends", fg=typer.colors.GREEN)
    since = f" for {ago(now - each.paused_at)}" if each.paused_at is not None else ""
    return typer.style(f"PAUSED{since}: {each.paused}", fg=typer.colors.RED)


def _traffic(each: "Standing", now: float) -> str:
    from turnkeeper.app.link import ago

    if each.conversations is None:
        return "no database to look in"
    heard = "no message yet" if each.heard_at is None else f"last message {ago(now - each.heard_at)} ago"
    return f"{heard}, {each.conversations:,} conversations, {each.waiting:,} messages wait"
