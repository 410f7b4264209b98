"""`turnkeeper payment …`: what people were asked to pay, and what became of it."""

from collections.abc import Sequence
from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, Address, AsJson, Config, Workspace
from turnkeeper.cli.printing import instant, listing, put_json
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See payments, and ask their provider what became of them.")
Id = Annotated[str, typer.Argument(metavar="PAYMENT", help="Our id of it, or the provider's.")]


@app.callback()
def payment() -> None:
    """See payments, and ask their provider what became of them."""


@app.command("list")
def show_all(
    what: Annotated[
        str | None, typer.Argument(metavar="[CONVERSATION|CHANNEL]", help="Only of this person's conversation.")
    ] = None,
    address: Address = None,
    state: Annotated[list[str] | None, typer.Option("--state", help="Only in this state; may be given again.")] = None,
    limit: Annotated[int, typer.Option("--limit", "-n", min=1, help="At most so many, the newest first.")] = 50,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Show the newest payments."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.payments import listed
    from turnkeeper.app.people import Named

    _known(state or ())
    with refusing():
        named = None if what is None else Named(what, address, workspace)
        found = asyncio.run(listed(as_it_is(config), named, workspace, limit, state or ()))
    nothing = f"no payment is {' or '.join(state)}" if state else "nobody was asked for money"
    listing(found, _line, nothing=nothing, as_json=as_json)


def _known(states: Sequence[str]) -> None:
    from typing import get_args

    from turnkeeper.model.payments import PaymentState

    for state in states:
        if state not in get_args(PaymentState):
            known = ", ".join(get_args(PaymentState))
            raise typer.BadParameter(f"{state} is none of {known}", param_hint="--state")


def _line(found: dict[str, Any]) -> str:
    test = "  test" if found["mode"] == "test" else ""
    wrong = f"  {found['reason']}" if found["reason"] else ""
    who = f"({found['channel']}, conversation {found['conversation']})"
    return (
        f"{instant(found['created_at'])}  {found['payment']}  {found['name']}  {found['shown']}  {found['state']}{test}"
        f"{wrong}  {who}"
    )


@app.command()
def show(id_: Id, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Show a payment whole."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.payments import one

    with refusing():
        _print(asyncio.run(one(as_it_is(config), id_)), as_json=as_json)


@app.command()
def check(id_: Id, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Ask the provider what became of a payment; what is new acts as its webhook would."""
    import asyncio

    from turnkeeper.app.payments import checked
    from turnkeeper.config import load

    with refusing():
        _print(asyncio.run(checked(load(config), id_)), as_json=as_json)


def _print(found: dict[str, Any], *, as_json: bool) -> None:
    if as_json:
        put_json(found)
        return
    for name, value in found.items():
        if value is not None:
            typer.echo(f"{name}: {instant(value) if name.endswith('_at') else value}")
