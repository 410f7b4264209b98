"""`turnkeeper bot …`: which bots there are, and what the code of one does, as a picture."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put, put_json
from turnkeeper.cli.refusing import refusing

if TYPE_CHECKING:
    from turnkeeper.app.drawing import Format

app = typer.Typer(no_args_is_help=True, help="See the bots, and draw one from its code.")
_SUFFIXES: dict[str, "Format"] = {".svg": "svg", ".mmd": "mermaid", ".md": "mermaid", ".json": "json"}


@app.callback()
def bot() -> None:
    """See the bots, and draw one from its code."""


@app.command("list")
def show(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """List the bots: their kinds, what they are made of, their stages."""
    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.drawing import listed

    found = listed(as_it_is(config))
    if as_json:
        put_json(found)
        return
    for each in found:
        typer.echo(typer.style(each["bot"], bold=True) + "  " + _line(each))
    if not found:
        typer.echo("No bot is configured.")


def _line(told: dict[str, Any]) -> str:
    parts = [told["kind"], told["of"], f"stages: {', '.join(told['stages'])}" if told["stages"] else None]
    parts.append(f"answers {', '.join(told['channels'])}" if told["channels"] else "answers no channel")
    return "  ".join(filter(None, [*parts, told["problem"]]))


@app.command()
def draw(
    name: Annotated[
        str | None, typer.Argument(metavar="[NAME]", help="The bot's name in turnkeeper.toml; the only one without.")
    ] = None,
    output: Annotated[Path | None, typer.Option("--output", "-o", help="Write it there; .svg, .mmd or .json.")] = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="svg, mermaid or json; else as FILE's ending.")
    ] = None,
    config: Config = DEFAULT,
) -> None:
    """Draw the stages of a bot in Python, read from its code: nothing of it is run but its import."""
    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.drawing import drawn

    wanted = _format(form, output)
    with refusing():
        text = drawn(as_it_is(config), name, wanted)
    put(text, output)


def _format(form: str | None, output: Path | None) -> "Format":
    if form is None:
        return _SUFFIXES.get(output.suffix.lower(), "svg") if output is not None else "svg"
    for known in ("svg", "mermaid", "json"):
        if form == known:
            return known
    raise typer.BadParameter(f"{form} is none of svg, mermaid, json", param_hint="--format")
