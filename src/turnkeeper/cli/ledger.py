"""`turnkeeper ledger`: where every accepted event stands."""

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json


def ledger(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Show where every accepted event stands; the states sum to the accepted."""
    import asyncio

    from turnkeeper.app.database import read_ledger
    from turnkeeper.config import load
    from turnkeeper.model.conversation import EventState

    found = asyncio.run(read_ledger(load(config, secrets=False)))
    plain = [str(state) for state in EventState if state is not EventState.DROPPED]
    states: dict[str, object] = {state: found.states.get(state, 0) for state in plain}
    if as_json:
        whole = {
            "accepted": found.accepted,
            "duplicates": found.duplicates,
            "states": states | {"dropped": dict(sorted(found.dropped.items()))},
            "media_refused": dict(sorted(found.refused.items())),
        }
        put_json(whole)
        return
    if not found.accepted:
        typer.echo("Nothing has been accepted yet. Write to one of your channels, then look again.")
        return
    _show(found.accepted, found.duplicates, states, found.dropped)
    for reason, count in sorted(found.refused.items()):
        typer.echo(f"Files refused, {reason}: {count:,}")


def _show(accepted: int, duplicates: int, states: dict[str, object], dropped: dict[str, int]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(show_footer=True)
    table.add_column("state", footer="accepted")
    table.add_column("events", footer=f"{accepted:,}", justify="right")
    for state, count in states.items():
        table.add_row(state, f"{count:,}", style=None if count else "dim")
    for reason, count in sorted(dropped.items()):
        table.add_row(f"dropped: {reason}", f"{count:,}")
    console = Console()
    console.print(table)
    console.print(f"Delivered again and counted apart: {duplicates:,}")
