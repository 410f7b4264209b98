"""`turnkeeper channel test`: send a message on a channel and wait for its tick."""

from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Channel, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.refusing import refusing_sends

if TYPE_CHECKING:
    from turnkeeper.app.trial import Seen
    from turnkeeper.config import Settings
    from turnkeeper.model.contents import Reply

To = Annotated[str, typer.Argument(help="A phone number with its country's code, a chat's id, or kind:id.")]
Said = Annotated[str, typer.Option("--text", help="What to say.")]
Named = Annotated[str, typer.Option("--template", help="A template's name, where only one may be sent.")]
Language = Annotated[str, typer.Option("--language", help="The template's language.")]
Values = Annotated[list[str] | None, typer.Option("--value", help="A value of the template's body; in order.")]
Wait = Annotated[float, typer.Option("--wait", min=1.0, max=600.0, help="Seconds to wait for the tick.")]

_SHOWN = {
    "queued": "put into the outbox",
    "sending": "a worker sends it",
    "not_sent": "not sent yet",
    "accepted": "the provider took it",
    "sent": "sent ✓",
    "delivered": "delivered ✓✓",
    "read": "read ✓✓",
    "failed": "refused",
    "unknown": "its fate is unknown",
}


def try_out(
    name: Channel,
    to: To,
    text: Said = "A test of Turnkeeper's.",
    template: Named = "",
    language: Language = "en_US",
    value: Values = None,
    wait: Wait = 60.0,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Send a message through the running server, and show each stage until it arrived. Exit 1 if it did not."""
    import asyncio

    from turnkeeper.app import trial
    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.model.contents import Template

    settings = as_it_is(config)
    content: Reply = Template(template, language, tuple(value or ())) if template else text
    with refusing_sends(as_json=as_json):
        stages = asyncio.run(_watch(settings, name, to, content, wait, quiet=as_json))
    if as_json:
        put_json(trial.as_words(stages))
    else:
        _end(stages[-1], name)
    raise typer.Exit(0 if stages[-1].last == "arrived" else 1)


async def _watch(
    settings: "Settings", name: str, to: str, content: "Reply", wait: float, *, quiet: bool
) -> "list[Seen]":
    from turnkeeper.app import trial

    stages = []
    async for seen in trial.send(settings, name, to, content, wait):
        stages.append(seen)
        if not quiet and seen.last != "late":
            typer.echo(told_stage(seen))
    return stages


def told_stage(seen: "Seen") -> str:
    """A stage, as a line."""
    detail = f": {seen.detail}" if seen.detail else ""
    return f"{seen.seconds:6.1f} s  {_SHOWN.get(seen.stage, seen.stage)}{detail}"


def _end(seen: "Seen", name: str) -> None:
    from turnkeeper.app import trial

    match seen.last:
        case "arrived":
            typer.echo(typer.style(f"{name} works: the message arrived.", fg=typer.colors.GREEN))
        case "failed":
            typer.echo(typer.style("It did not arrive.", fg=typer.colors.RED) + " `turnkeeper doctor` tells more.")
        case _:
            typer.echo(f"No tick within {seen.seconds:.0f} s. {trial.advice(seen, name)}")
