"""How commands show what they found: as JSON for programs or in lines for people, instants in UTC."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import typer


def put_json(found: Any) -> None:
    """What was found, as JSON in one line."""
    import json

    typer.echo(json.dumps(found, ensure_ascii=False))


def listing(
    found: Sequence[dict[str, Any]], line: Callable[[dict[str, Any]], str], *, nothing: str, as_json: bool
) -> None:
    """Print all that was found, a line each; `nothing` where that is nothing."""
    if as_json:
        put_json(found)
    elif not found:
        typer.echo(nothing)
    for each in [] if as_json else found:
        typer.echo(line(each))


def instant(at: float) -> str:
    """An instant to the minute."""
    from datetime import UTC, datetime

    return f"{datetime.fromtimestamp(at, UTC):%Y-%m-%d %H:%M} UTC"


def put(text: str, output: Path | None) -> None:
    """Print a text, or write it to a file."""
    if output is None:
        typer.echo(text, nl=False)
        return
    try:
        output.write_text(text, "utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{output}: {error.strerror}", param_hint="--output") from error
