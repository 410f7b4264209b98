"""`turnkeeper secret …`: the key that seals the secrets of what is made in the console."""

from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json

HELP = "The key that seals secrets entered in the console."
app = typer.Typer(no_args_is_help=True, help=HELP)
Only = Annotated[bool, typer.Option("--reseal", help="Make no key: seal anew with the first of those that there are.")]


@app.callback()
def secret() -> None:
    """The key that seals secrets entered in the console."""


@app.command()
def rotate(config: Config = DEFAULT, reseal: Only = False, as_json: AsJson = False) -> None:
    """Make a new key and seal every secret anew with it. The old one stays in the file until you take it out."""
    import asyncio
    from dataclasses import asdict

    from turnkeeper.app import rotating
    from turnkeeper.config import load

    settings = load(config, secrets=False)
    if not reseal:
        rotating.new_key(settings)
    done = asyncio.run(rotating.reseal(settings))
    if as_json:
        put_json(asdict(done))
    else:
        typer.echo(f"Key {done.key_id} seals from now on; {done.sealed:,} documents were sealed anew with it.")
        for each in done.closed:
            typer.echo(f"No key of ours opens {each}: enter its secrets again.", err=True)
        typer.echo("Older keys may go once every machine has the new one and was started again.")
    raise typer.Exit(1 if done.closed else 0)
