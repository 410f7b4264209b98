"""`turnkeeper text …`: looking at what a text becomes on a channel."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="See what a text becomes on a channel.")


class To(StrEnum):
    """Where a text can be rendered for."""

    WHATSAPP = "whatsapp"
    TELEGRAM = "telegram"
    PLAIN = "plain"


@app.callback()
def text() -> None:
    """See what a text becomes on a channel."""


@app.command()
def render(
    to: Annotated[To, typer.Option(help="The platform whose markup and counting to use.")],
    file: Annotated[Path | None, typer.Argument(help="Markdown to read; none or -: stdin.")] = None,
    limit: Annotated[int, typer.Option(min=20, help="The longest part, as the platform counts.")] = 4096,
    numbered: Annotated[bool, typer.Option("--numbered", help="End each of several parts in (1/3).")] = False,
) -> None:
    """Print the parts that a text in Markdown is sent in, as one JSON object: {"parts": ["…", …]}."""
    import msgspec

    from turnkeeper.text.rendering import render as rendered

    parts = rendered(_read(file), to.value, limit, numbered=numbered)
    typer.echo(msgspec.json.encode({"parts": parts}))


def _read(file: Path | None) -> str:
    if file is None or str(file) == "-":
        return typer.get_binary_stream("stdin").read().decode("utf-8", "replace")
    try:
        return file.read_bytes().decode("utf-8", "replace")
    except OSError as error:
        problem = f"{file}: {error.strerror}. Name a file that can be read, or - for stdin."
        raise typer.BadParameter(problem, param_hint="FILE") from error
