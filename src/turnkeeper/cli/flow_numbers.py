"""`turnkeeper flow numbers`: how many people came by each node of a bot's flows, and how they left."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.refusing import refusing

if TYPE_CHECKING:
    from turnkeeper.app.flow_numbers import Named

_WIDTHS = (28, 9, 9, 9)


def numbers(
    bot: Annotated[str, typer.Argument(help="A bot that is flows.")],
    flow: Annotated[str | None, typer.Argument(help="One of its flows; without it, all.")] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Count who entered each node, waits there, gave up, and left by which exit, by version."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.flow_numbers import read_numbers

    with refusing():
        found = asyncio.run(read_numbers(as_it_is(config), workspace, bot, flow))
    if as_json:
        words = [{**each.numbers.as_words(), "title": each.title} for each in found]
        put_json(words)
    elif not found:
        typer.echo("nobody has been there yet")
    else:
        _show(found)


def _show(found: list[Named]) -> None:
    told = None
    for each in found:
        of = each.numbers
        if told != (of.flow, of.version):
            told = (of.flow, of.version)
            typer.echo(typer.style(f"{of.flow}, version {of.version}", bold=True))
            typer.echo(_row("node", "entered", "waiting", "gave up") + "left by")
        left = ", ".join(f"{by} {times:,}" for by, times in sorted(of.left.items(), key=lambda way: (-way[1], way[0])))
        typer.echo(_row(each.title, f"{of.entered:,}", f"{of.waiting:,}", f"{of.gave_up:,}") + left)


def _row(name: str, *figures: str) -> str:
    shown = name if len(name) < _WIDTHS[0] else f"{name[: _WIDTHS[0] - 2]}…"
    return (
        "  "
        + shown.ljust(_WIDTHS[0])
        + "".join(each.rjust(w) for each, w in zip(figures, _WIDTHS[1:], strict=True))
        + "  "
    )
