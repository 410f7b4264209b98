"""`turnkeeper contact …`: what bots keep of a person, to see and to erase."""

from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See and erase what bots keep of a person.")
What = Annotated[str, typer.Argument(metavar="CONVERSATION|CHANNEL", help="A conversation's id, or a channel.")]
Address = Annotated[
    str | None, typer.Argument(help="After a channel: a phone number with its country's code, or kind:id.")
]
OfBot = Annotated[str | None, typer.Option("--bot", help="Only what this bot keeps.")]


@app.callback()
def contact() -> None:
    """See and erase what bots keep of a person."""


@app.command()
def facts(
    what: What,
    address: Address = None,
    bot: OfBot = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show what is known of a person, and which turn learned it."""
    import asyncio
    import json

    from turnkeeper.app.people import Named, known_facts
    from turnkeeper.config import load

    with refusing():
        found = asyncio.run(known_facts(load(config, secrets=False), Named(what, address, workspace), bot))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif not found:
        typer.echo("nothing is known of this person")
    for fact in [] if as_json else found:
        value = json.dumps(fact["value"], ensure_ascii=False)
        typer.echo(f"{fact['name']} = {value}  (bot {fact['bot']}, turn {fact['turn']})")


@app.command()
def forget(
    what: What,
    address: Address = None,
    fact: Annotated[str | None, typer.Option("--fact", help="Only the fact of this name.")] = None,
    bot: OfBot = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Erase what is known of a person; what was said stays."""
    import asyncio
    import json

    from turnkeeper.app import people
    from turnkeeper.config import load

    with refusing():
        settings = load(config, secrets=False)
        count = asyncio.run(people.forget(settings, people.Named(what, address, workspace), bot, fact))
    typer.echo(json.dumps({"forgotten": count}) if as_json else f"forgot {count} {'fact' if count == 1 else 'facts'}")
