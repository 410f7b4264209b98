"""`turnkeeper restore`: bring back what `turnkeeper backup` saved."""

from pathlib import Path
from typing import Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.progress import telling


def restore(
    source: Annotated[Path, typer.Argument(help="A file that `turnkeeper backup` wrote.")],
    config: Config = DEFAULT,
    force: Annotated[bool, typer.Option("--force", help="Replace what is in the database.")] = False,
    keep_sending: Annotated[
        bool,
        typer.Option("--keep-sending", help="Do not stop the channels: nothing was sent after the backup (a move)."),
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Bring back a backup. The channels stay stopped until `turnkeeper channel resume`."""
    from turnkeeper.app import backup
    from turnkeeper.config import load
    from turnkeeper.store.backup import BackupError

    settings = load(config, secrets=False)
    try:
        with telling() as tell:
            saved = backup.restore(settings, source, tell, force=force, keep_sending=keep_sending)
    except BackupError as error:
        typer.echo(f"turnkeeper: nothing was restored: {error}", err=True)
        raise typer.Exit(1) from None
    if as_json:
        put_json(saved.as_words())
        return
    pending = saved.pending
    typer.echo(f"restored {saved.manifest.store.ledger.accepted:,} events; the ledger's sums are those of the backup")
    typer.echo("When it was made, {messages} messages, {answers} answers and {timers} timers waited.".format(**pending))
    if saved.stopped:
        typer.echo("Nothing is sent yet, since some of it may have been sent after the backup. For each channel,")
        for name in saved.stopped:
            typer.echo(f"  turnkeeper channel resume {name}")
