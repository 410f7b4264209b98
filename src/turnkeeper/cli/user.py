"""`turnkeeper user …`: who may use the console."""

from collections.abc import Coroutine
from enum import StrEnum
from typing import Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.printing import instant, listing, put_json
from turnkeeper.cli.refusing import refusing

app = typer.Typer(no_args_is_help=True, help="See who may use the console, invite people, and let them in again.")
Email = Annotated[str, typer.Argument(metavar="EMAIL", help="Their e-mail address.")]


class As(StrEnum):
    """What somebody is to be."""

    VIEWER = "viewer"
    AGENT = "agent"
    ADMIN = "admin"
    OWNER = "owner"


@app.callback()
def user() -> None:
    """See who may use the console, invite people, and let them in again."""


@app.command("list")
def show(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Show everybody, and where they are members."""
    from turnkeeper.app.users import listed
    from turnkeeper.config import load

    found = _done(listed(load(config, secrets=False)))
    listing(found, _line, nothing="nobody has signed up: `turnkeeper serve` prints a link", as_json=as_json)


@app.command()
def invite(
    email: Email,
    role: Annotated[As, typer.Option(help="What they are to be.")] = As.AGENT,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Print a link by which somebody joins a workspace, once, within 7 days."""
    import time

    from turnkeeper.app import users
    from turnkeeper.config import load
    from turnkeeper.model.people import Role

    found = users.invite(load(config, secrets=False), email, Role(role.value), workspace, time.time())
    _put_link(_done(found), "joins", as_json=as_json)


@app.command()
def link(email: Email, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Print a link by which somebody sets a new password, once, within 24 hours."""
    import time

    from turnkeeper.app import users
    from turnkeeper.config import load

    _put_link(_done(users.link(load(config, secrets=False), email, time.time())), "sets a password", as_json=as_json)


@app.command()
def disable(email: Email, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Sign somebody out everywhere, and let them in no more."""
    _set(email, config, disabled=True, as_json=as_json)


@app.command()
def enable(email: Email, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Let somebody in again who was disabled."""
    _set(email, config, disabled=False, as_json=as_json)


def _set(email: str, config: Any, *, disabled: bool, as_json: bool) -> None:
    import time

    from turnkeeper.app import users
    from turnkeeper.config import load

    found = _done(users.disable(load(config, secrets=False), email, time.time(), disabled=disabled))
    if as_json:
        put_json(found)
        return
    typer.echo(f"{found['email']} may {'not ' if disabled else ''}sign in")


def _done(work: Coroutine[Any, Any, Any]) -> Any:
    import asyncio

    with refusing():
        return asyncio.run(work)


def _put_link(found: dict[str, Any], does: str, *, as_json: bool) -> None:
    if as_json:
        put_json(found)
        return
    typer.echo(f"Whoever opens this {does} as {found['email']}; it works once, until {instant(found['expires_at'])}:")
    typer.echo(found["link"])


def _line(found: dict[str, Any]) -> str:
    homes = ", ".join(f"{role} in {workspace}" for workspace, role in found["workspaces"].items())
    ended = "  (disabled)" if found["disabled_at"] is not None else ""
    return f"{found['email']}  {found['name']}  {homes or 'a member nowhere'}{ended}"
