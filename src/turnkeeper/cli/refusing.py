"""How a command ends that cannot do what it was asked: a line on stderr, exit status 1."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import NoReturn

import typer


@contextmanager
def refusing() -> Iterator[None]:
    """What is not there is told in one line."""
    from turnkeeper.app.people import NotThere

    try:
        yield
    except NotThere as error:
        typer.echo(f"turnkeeper: {error}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def refusing_sends(*, as_json: bool) -> Iterator[None]:
    """Why nothing was sent is told with its mend."""
    from turnkeeper.app.trial import Refused
    from turnkeeper.cli.printing import put_json

    try:
        yield
    except Refused as refused:
        if as_json:
            put_json({"ok": False, "end": "refused", "why": refused.why, "mend": refused.mend})
        else:
            typer.echo(f"Nothing was sent: {refused.why}.\n{refused.mend}", err=True)
        raise typer.Exit(1) from None


@contextmanager
def refusing_flows() -> Iterator[None]:
    """Of a file that cannot be used everything that is wrong is told, a line each."""
    from turnkeeper.app.flow_files import NoFile, told
    from turnkeeper.flows.reading import FlowUnreadable

    try:
        yield
    except NoFile as error:
        _end(str(error).splitlines())
    except FlowUnreadable as error:
        _end([told(problem) for problem in error.problems])


def _end(lines: Iterable[str]) -> NoReturn:
    for line in lines:
        typer.echo(f"turnkeeper: {line}", err=True)
    raise typer.Exit(1) from None
