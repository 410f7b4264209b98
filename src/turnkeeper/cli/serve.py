"""`turnkeeper serve`: the server."""

from enum import StrEnum
from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, Config


class Role(StrEnum):
    """What this machine runs."""

    ALL = "all"
    WEB = "web"
    WORKER = "worker"


_FIRST = """\
Nobody has signed up yet. Whoever opens this link, once and within 24 hours, owns this server:
{}"""


def serve(
    config: Config = DEFAULT,
    role: Annotated[Role, typer.Option(help="What this machine runs.")] = Role.ALL,
) -> None:
    """Run the server: accept webhooks, take turns, send."""
    import asyncio
    import time

    from turnkeeper.app import load_bots
    from turnkeeper.app.configuration import whole
    from turnkeeper.app.database import migrate_store
    from turnkeeper.app.launch import become_server
    from turnkeeper.app.stops import resume_refused
    from turnkeeper.app.telemetry import require_extras
    from turnkeeper.app.users import first_link, make_workspaces
    from turnkeeper.config import load

    settings = load(config)
    require_extras(settings)
    if role is not Role.WEB:
        load_bots(settings)  # one that cannot be imported stops the start here, not in a worker
    asyncio.run(migrate_store(settings))
    settings = asyncio.run(whole(settings))
    if not settings.channels:
        typer.echo(f"turnkeeper: no channel is configured in {config}: nothing will be received", err=True)
    for channel in settings.channels:
        if channel.elsewhere:
            here = settings.server.environment or "without a name"
            typer.echo(
                f"turnkeeper: channel {channel.id} is for environment {channel.elsewhere}, and this one is {here}: "
                "its webhooks are ignored, and nothing is sent on it",
                err=True,
            )
    if role is not Role.WEB:
        resumed, stopped = asyncio.run(resume_refused(settings))
        for name, reason in resumed:
            typer.echo(f"turnkeeper: channel {name} sends again; it had been stopped by {_code(reason)}", err=True)
        for name, reason in stopped:
            mend = f"replace its token, or run `turnkeeper channel resume {name}`"
            typer.echo(f"turnkeeper: channel {name} sends nothing, stopped by {_code(reason)}; {mend}", err=True)
    token = asyncio.run(make_workspaces(settings, time.time())) if role is not Role.WORKER else None
    become_server(settings, role.value, aside=_FIRST.format(first_link(settings, token)) if token else "")


def _code(reason: str) -> str:
    """The error's code: the rest is the provider's words, which may quote what people write."""
    return f"error {reason.partition(':')[0]}"
