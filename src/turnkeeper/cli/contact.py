"""`turnkeeper contact …`: where a person's conversation stands, and what bots keep of them, to see and to erase."""

from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, Address, AsJson, Config, What, Workspace
from turnkeeper.cli.printing import instant, listing, put_json
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See a person's conversation and what bots keep of them; erase it.")
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

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named, standing

    with refusing():
        found = asyncio.run(standing(as_it_is(config), Named(what, address, workspace)))
    if as_json:
        put_json(found)
        return
    found["window"] = _window_in_words(found["window"])
    found["escalation"] = _escalation_in_words(found["escalation"])
    for name, value in found.items():
        typer.echo(f"{name:13} {_plain(value)}")


def _plain(value: object) -> str:
    if isinstance(value, list):
        return ", ".join(value)
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def _window_in_words(window: dict[str, object] | None) -> str:
    if window is None:
        return "unknown: its channel is not configured here"
    closes_at = window["closes_at"]
    if not isinstance(closes_at, float):
        return "always open" if window["open"] else "closed: they have never written"
    at = instant(closes_at)
    return f"open until {at}" if window["open"] else f"closed since {at}: only templates go"


def _escalation_in_words(escalation: dict[str, object] | None) -> str:
    if escalation is None:
        return "none"
    since = escalation["since"]
    at = instant(since) if isinstance(since, float) else "unknown"
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

    from turnkeeper.app import people
    from turnkeeper.app.configuration import as_it_is

    if give is not None and withdraw is not None:
        raise typer.BadParameter("--give and --withdraw are two commands")
    with refusing():
        settings, named = as_it_is(config), people.Named(what, address, workspace)
        if (purpose := give or withdraw) is not None:
            found = [asyncio.run(people.set_consent(settings, named, purpose, give is not None))]
        else:
            found = asyncio.run(people.consents(settings, named))
    nothing = "this person has said neither yes nor no to anything"
    listing(found, _consent, nothing=nothing, as_json=as_json)


def _consent(found: dict[str, Any]) -> str:
    word = "given" if found["granted"] else "withdrawn"
    return f"{found['purpose']}: {word} {instant(found['at'])} ({found['source']})"


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

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.people import Named, known_facts

    with refusing():
        found = asyncio.run(known_facts(as_it_is(config), Named(what, address, workspace), bot))
    listing(found, _fact, nothing="nothing is known of this person", as_json=as_json)


def _fact(found: dict[str, Any]) -> str:
    import json

    value = json.dumps(found["value"], ensure_ascii=False)
    return f"{found['name']} = {value}  (bot {found['bot']}, turn {found['turn']})"


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
    from turnkeeper.app.configuration import as_it_is

    with refusing():
        settings = as_it_is(config)
        count = asyncio.run(people.forget(settings, people.Named(what, address, workspace), bot, fact))
    typer.echo(json.dumps({"forgotten": count}) if as_json else f"forgot {count} {'fact' if count == 1 else 'facts'}")
