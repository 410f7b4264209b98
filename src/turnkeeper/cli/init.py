"""`turnkeeper init`: a configuration and a bot to start from."""

from pathlib import Path
from typing import Annotated

import typer

STARTER = Path(__file__).parent / "starter"
FILES = ("turnkeeper.toml", "my_bot.py")
_BOT = "[bots.assistant]"
"""Where the part of the file begins that is another for an agent."""


def init(
    folder: Annotated[Path, typer.Argument(help="Where to write them.")] = Path(),
    agent: Annotated[bool, typer.Option("--agent", help="A prompt and models instead of a bot in Python.")] = False,
) -> None:
    """Write turnkeeper.toml and my_bot.py (or prompt.md) to start from; never overwrites."""
    files = _agent() if agent else {name: (STARTER / name).read_text("utf-8") for name in FILES}
    taken = [name for name in files if (folder / name).exists()]
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in files.items():
            if name not in taken:
                with (folder / name).open("x", encoding="utf-8") as file:
                    file.write(text)
                typer.echo(f"wrote {folder / name}")
    except OSError as error:
        typer.echo(f"turnkeeper: cannot write to {folder}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    for name in taken:
        typer.echo(f"kept {folder / name}: it is there already", err=True)
    there = "" if folder.resolve() == Path.cwd() else f"cd {folder}, "
    secrets = "four" if agent else "three"
    typer.echo(f"Next: {there}set the {secrets} secrets in the environment, then run `turnkeeper doctor`.")


def _agent() -> dict[str, str]:
    """The starter with an agent in place of the bot."""
    shared = (STARTER / FILES[0]).read_text("utf-8").partition(_BOT)[0]
    return {
        FILES[0]: shared + (STARTER / "agent.toml").read_text("utf-8"),
        "prompt.md": (STARTER / "prompt.md").read_text("utf-8"),
    }
