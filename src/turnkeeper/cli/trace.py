"""`turnkeeper trace`: a turn told whole, as JSON."""

from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, Address, Config, Workspace
from turnkeeper.cli.refusing import refusing

Turn = Annotated[
    str, typer.Argument(metavar="TURN", help="CONVERSATION/NO, or CHANNEL/NO with an address; the newest without NO.")
]


def trace(turn: Turn, address: Address = None, config: Config = DEFAULT, workspace: Workspace = HOME) -> None:
    """Print a turn as JSON: what was heard, each attempt's steps, what models took, what was sent. Holds messages."""
    import asyncio
    import json

    import msgspec

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named
    from turnkeeper.app.turn_trace import traced

    what, _, number = turn.partition("/")
    if "/" in turn and not (number.isascii() and number.isdigit() and 0 < int(number) < 2**31):
        raise typer.BadParameter(f"{number!r} is not the number of a turn", param_hint="TURN")
    with refusing():
        settings = as_it_is(config)
        found = asyncio.run(traced(settings, Named(what, address, workspace), int(number) if number else None))
    typer.echo(json.dumps(msgspec.to_builtins(found), ensure_ascii=False, indent=2))
