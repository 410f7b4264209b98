"""`turnkeeper backup`: everything that the server keeps, into one file, while it serves."""

from pathlib import Path
from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.progress import telling


def backup(
    target: Annotated[Path, typer.Argument(help="The file to write (.tar, or .tar.gz), or a folder for it.")],
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Save the database, the media and what is spooled into one file, while the server goes on."""
    from turnkeeper.app.backup import back_up
    from turnkeeper.config import load
    from turnkeeper.store.backup import BackupError

    settings = load(config, secrets=False)
    try:
        with telling() as tell:
            saved = back_up(settings, target, tell)
    except BackupError as error:
        typer.echo(f"turnkeeper: nothing was saved: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        put_json(saved.as_words())
        return
    words = saved.as_words()
    typer.echo(f"saved {words['accepted']:,} events and {words['files']:,} files in {saved.path}, and read it back")
    if saved.manifest.spool == "in use":
        typer.echo("the spool is the running server's and moves into the database by itself; it was left out")
