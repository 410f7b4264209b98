"""`turnkeeper contact …`: where a person's conversation stands, and what bots keep of them, to see and to erase."""

from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See a person's conversation and what bots keep of them; erase it.")
What = Annotated[str, typer.Argument(metavar="CONVERSATION|CHANNEL", help="A conversation's id, or a channel.")]
Address = Annotated[
    str | None, typer.Argument(help="After a channel: a phone number with its country's code, or kind:id.")
]
OfBot = Annotated[str | None, typer.Option("--bot", help="Only what this bot keeps.")]


@app.callback()
def contact() -> None:
    """See and erase what bots keep of a person."""


@app.command()
def show(
    what: What,
    address: Address = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show where a person's conversation stands: who answers, whether a person is wanted, until when anything may be
    sent."""
    import asyncio
    import json

    from turnkeeper.app.people import Named, standing
    from turnkeeper.config import load

    with refusing():
        found = asyncio.run(standing(load(config, secrets=False), Named(what, address, workspace)))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
        return
    found["window"] = _window_in_words(found["window"])
    found["escalation"] = _escalation_in_words(found["escalation"])
    for name, value in found.items():
        typer.echo(f"{name:13} {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _day(at: float) -> str:
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def _window_in_words(window: dict[str, object] | None) -> str:
    if window is None:
        return "unknown: its channel is not configured here"
    closes_at = window["closes_at"]
    if not isinstance(closes_at, float):
        return "always open" if window["open"] else "closed: they have never written"
    at = _day(closes_at)
    return f"open until {at}" if window["open"] else f"closed since {at}: only templates go"


def _escalation_in_words(escalation: dict[str, object] | None) -> str:
    if escalation is None:
        return "none"
    since = escalation["since"]
    at = _day(since) if isinstance(since, float) else "unknown"
    return f"{escalation['state']} since {at}: {escalation['reason']}"


@app.command()
def consent(
    what: What,
    address: Address = None,
    give: Annotated[str | None, typer.Option("--give", metavar="PURPOSE", help="They said yes to it.")] = None,
    withdraw: Annotated[
        str | None, typer.Option("--withdraw", metavar="PURPOSE", help="They said no to it; '*': to everything.")
    ] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show what a person has agreed to be sent, or note what they told you."""
    import asyncio
    import json

    from turnkeeper.app import people
    from turnkeeper.config import load

    if give is not None and withdraw is not None:
        raise typer.BadParameter("--give and --withdraw are two commands")
    with refusing():
        settings, named = load(config, secrets=False), people.Named(what, address, workspace)
        if (purpose := give or withdraw) is not None:
            found = [asyncio.run(people.set_consent(settings, named, purpose, give is not None))]
        else:
            found = asyncio.run(people.consents(settings, named))
    if as_json:
        typer.echo(json.dumps(found, ensure_ascii=False))
    elif not found:
        typer.echo("this person has said neither yes nor no to anything")
    for record in [] if as_json else found:
        word = "given" if record["granted"] else "withdrawn"
        typer.echo(f"{record['purpose']}: {word} {_day(record['at'])} ({record['source']})")


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
