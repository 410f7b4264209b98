"""`turnkeeper migrate`: bring the database up to date. `serve` does it by itself."""

import typer

from turnkeeper.cli.options import DEFAULT, Config


def migrate(config: Config = DEFAULT) -> None:
    """Bring the database up to date (serve does this by itself)."""
    import asyncio

    from turnkeeper.app.database import migrate_store
    from turnkeeper.config import load

    names = asyncio.run(migrate_store(load(config, secrets=False)))
    for name in names:
        typer.echo(f"applied {name}")
    if not names:
        typer.echo("the database is up to date")
