"""`turnkeeper doctor`: which link of a set-up is broken, and the mend."""

from typing import TYPE_CHECKING

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from turnkeeper.app.link import Link

_MARKS = {"ok": "ok     ", "broken": "BROKEN ", "unknown": "unknown", "warning": "warning"}
_COLOURS = {"ok": typer.colors.GREEN, "broken": typer.colors.RED, "warning": typer.colors.YELLOW}


def doctor(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Examine each link of the set-up and name the first that is broken; exit 1 if one is."""
    import asyncio
    import logging

    from turnkeeper.app.checkup import examine

    before = logging.root.manager.disable
    logging.disable(logging.CRITICAL)  # the findings say it
    try:
        links = asyncio.run(examine(config))
    finally:
        logging.disable(before)
    first = next((link for link in links if link.state == "broken"), None)
    if as_json:
        words = [link.as_words() for link in links]
        shown = {"ok": first is None, "broken": first and first.link, "links": words}
        put_json(shown)
    else:
        _show(links, first)
    raise typer.Exit(0 if first is None else 1)


def _show(links: "Sequence[Link]", first: "Link | None") -> None:
    width = max(len(link.link) for link in links)
    for link in links:
        colour = _COLOURS.get(link.state)
        mark = typer.style(_MARKS[link.state], fg=colour)
        typer.echo(f"{mark}  {link.link:<{width}}  {link.detail}")
    for link in links:
        if link.state == "warning":
            typer.echo(f"\nBefore long: {link.link}: {link.mend}")
    if first is None:
        typer.echo("\nNothing is broken.")
    else:
        typer.echo(f"\nBroken: {first.link}: {first.detail}")
        typer.echo(f"Mend:   {first.mend}")
