"""`turnkeeper channel connect`: tell the provider where its webhooks go."""

from typing import Annotated

import typer

from turnkeeper.cli.channel_add import show
from turnkeeper.cli.options import DEFAULT, AsJson, Channel, Config
from turnkeeper.cli.printing import put_json

Url = Annotated[
    str, typer.Option("--url", help="This server as the provider reaches it, instead of server.public_url.")
]


def connect(name: Channel, config: Config = DEFAULT, url: Url = "", as_json: AsJson = False) -> None:
    """Register the channel's webhook at its provider; where there is no call for that, tell what to enter where."""
    import asyncio
    from dataclasses import asdict

    from turnkeeper.app.channels import connect as register
    from turnkeeper.app.configuration import for_channel

    done = asyncio.run(register(for_channel(config, name), name, url))
    broken = [finding for finding in done.findings if not finding.ok]
    if as_json:
        findings = [asdict(each) | {"registered": None} for each in done.findings]
        put_json({"ok": not broken, "findings": findings, "by_hand": done.by_hand})
    for finding in done.findings if not as_json else ():
        show(finding)
    for line in done.by_hand if not as_json else ():
        typer.echo(line)
    raise typer.Exit(1 if broken else 0)
