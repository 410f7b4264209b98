"""`turnkeeper init`: a configuration and a bot to start from."""

from pathlib import Path
from typing import Annotated

import typer

STARTER = Path(__file__).parent / "starter"
FILES = ("turnkeeper.toml", "my_bot.py")


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path(),
) -> None:
    """Write turnkeeper.toml and my_bot.py to start from; never overwrites."""
    taken = [name for name in FILES if (folder / name).exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name in FILES:
            if name not in taken:
                with (folder / name).open("x", encoding="utf-8") as file:
                    file.write((STARTER / name).read_text("utf-8"))
                typer.echo(f"wrote {folder / name}")
    except OSError as error:
        typer.echo(f"turnkeeper: cannot write to {folder}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    for name in taken:
        typer.echo(f"kept {folder / name}: it is there already", err=True)
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder}, "
    typer.echo(f"Next: {there}set the three secrets in the environment, then run `turnkeeper doctor`.")
