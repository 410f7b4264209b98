"""How a command ends that cannot do what it was asked: a line on stderr, exit status 1."""

from collections.abc import Iterator
from contextlib import contextmanager

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
