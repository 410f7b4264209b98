"""`turnkeeper voice …`: what is heard in a voice note, and what a bot makes of it."""

import typer

from turnkeeper.cli.voice_report import report
from turnkeeper.cli.voice_transcribe import transcribe

HELP = "Hear voice notes without a channel."
app = typer.Typer(no_args_is_help=True, help=HELP)


@app.callback()
def voice() -> None:
    """Hear voice notes without a channel."""


for command in (transcribe, report):
    app.command()(command)
