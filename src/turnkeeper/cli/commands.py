"""Every command, one line each. A command's file imports what it needs when it runs."""

import sys
from typing import Annotated

import typer

from turnkeeper import __version__
from turnkeeper.cli.backup import backup
from turnkeeper.cli.bot import app as bot
from turnkeeper.cli.contact import app as contact
from turnkeeper.cli.demo import demo
from turnkeeper.cli.doctor import doctor
from turnkeeper.cli.escalation import app as escalation
from turnkeeper.cli.flow import app as flow
from turnkeeper.cli.init import init
from turnkeeper.cli.knowledge import app as knowledge
from turnkeeper.cli.ledger import ledger
from turnkeeper.cli.migrate import migrate
from turnkeeper.cli.model import app as model
from turnkeeper.cli.payment import app as payment
from turnkeeper.cli.prompt import app as prompt
from turnkeeper.cli.restore import restore
from turnkeeper.cli.secret import app as secret
from turnkeeper.cli.serve import serve
from turnkeeper.cli.settings import settings
from turnkeeper.cli.template import app as template
from turnkeeper.cli.text import app as text
from turnkeeper.cli.timer import app as timer
from turnkeeper.cli.trace import trace
from turnkeeper.cli.user import app as user
from turnkeeper.cli.voice import app as voice

app = typer.Typer(
    name="turnkeeper",
    help="Keeps the turns in AI conversations on WhatsApp and Telegram.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,  # rich would double the time of --help
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"turnkeeper {__version__}")
        raise typer.Exit


@app.callback()
def turnkeeper(
    version: Annotated[bool, typer.Option("--version", callback=_show_version, is_eager=True, help="Show it.")] = False,
) -> None:
    """Keeps the turns in AI conversations on WhatsApp and Telegram."""


for command in (init, demo, doctor, migrate, serve, ledger, trace, backup, restore, settings):
    app.command()(command)
app.add_typer(bot, name="bot")
app.add_typer(flow, name="flow")
app.add_typer(text, name="text")
app.add_typer(model, name="model")
app.add_typer(prompt, name="prompt")
app.add_typer(contact, name="contact")
app.add_typer(knowledge, name="knowledge")
app.add_typer(voice, name="voice")
app.add_typer(template, name="template")
app.add_typer(timer, name="timer")
app.add_typer(payment, name="payment")
app.add_typer(escalation, name="escalation")
app.add_typer(user, name="user")
app.add_typer(secret, name="secret")


def _add_channel() -> None:
    """Its parser brings the adapters with it: imported only when it is asked for."""
    if "channel" in sys.argv:
        from turnkeeper.cli.channel import app as channel
    else:
        channel = typer.Typer()
    app.add_typer(channel, name="channel", help="Add, connect, try and list channels.")


_add_channel()
