"""`turnkeeper flow schedules`: what a bot's flows begin by the clock, when next, and for how many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.refusing import refusing

if TYPE_CHECKING:
    from turnkeeper.app.flow_schedules import Coming


def schedules(
    bot: Annotated[str, typer.Argument(help="A bot that is flows.")],
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show which flows begin by the clock, when next, and for how many contacts."""
    import asyncio
    import json

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.flow_schedules import coming

    with refusing():
        found = asyncio.run(coming(as_it_is(config), workspace, bot))
    if as_json:
        typer.echo(json.dumps([each.as_words() for each in found], ensure_ascii=False))
    elif not found:
        typer.echo("no flow begins by the clock")
    for each in [] if as_json else found:
        typer.echo(_line(each))


def _line(coming: Coming) -> str:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    day = datetime.fromtimestamp(coming.at, ZoneInfo(coming.zone)).strftime("%a %Y-%m-%d %H:%M")
    whose = "where each contact is" if coming.key.local else coming.zone
    who = f"{coming.contacts:,} contact{'s' if coming.contacts != 1 else ''} with {coming.key.tag!r}"
    return f"{day} {whose}  {coming.key.flow}  ({coming.key.cron}) for {who}"
