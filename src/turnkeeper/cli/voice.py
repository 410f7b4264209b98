"""`turnkeeper voice …`: what is heard in a voice note."""

import typer

from turnkeeper.cli.voice_transcribe import transcribe

HELP = "Hear voice notes without a channel."
app = typer.Typer(no_args_is_help=True, help=HELP)


@app.callback()
def voice() -> None:
    """Hear voice notes without a channel."""


app.command()(transcribe)
