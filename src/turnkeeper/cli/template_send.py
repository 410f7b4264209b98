"""`turnkeeper template send`: a template to one person, through the running server."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.refusing import refusing_sends

if TYPE_CHECKING:
    from turnkeeper.app.templates import Ready
    from turnkeeper.app.trial import Seen
    from turnkeeper.config import Settings

Channel = Annotated[str, typer.Argument(metavar="CHANNEL", help="The channel's name in turnkeeper.toml.")]
To = Annotated[str, typer.Argument(help="A phone number with its country's code, or kind:id.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The template's name.")]
Language = Annotated[str, typer.Option("--language", help="Its language, where it has several.")]
Body = Annotated[list[str] | None, typer.Option("--body", help="A value of the body; in order.")]
Named = Annotated[list[str] | None, typer.Option("--named", help="A value by its name: --named who=Ana.")]
Header = Annotated[str, typer.Option("--header", help="Words, a file's address, or latitude,longitude,name,address.")]
Button = Annotated[list[str] | None, typer.Option("--button", help="A value of a button that takes one; in order.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Show it and its price, and send nothing.")]
Wait = Annotated[float, typer.Option("--wait", min=1.0, max=600.0, help="Seconds to wait for the tick.")]
NoWait = Annotated[bool, typer.Option("--no-wait", help="Do not wait: it is in the outbox.")]


def send(
    channel: Channel,
    to: To,
    name: Name,
    language: Language = "",
    body: Body = None,
    named: Named = None,
    header: Header = "",
    button: Button = None,
    dry_run: DryRun = False,
    wait: Wait = 60.0,
    no_wait: NoWait = False,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Send a template to one person, in order with the rest of the conversation. Exit status 1 if it did not arrive."""
    import asyncio

    from turnkeeper.app.configuration import as_it_is

    settings = as_it_is(config)
    given = {"body": body or [], "named": _pairs(named or []), "header": header, "buttons": button or []}
    told = 0.0 if no_wait else wait
    with refusing_sends(as_json=as_json):
        ready, stages = asyncio.run(
            _sent(settings, channel, to, name, language, given, dry_run=dry_run, wait=told, quiet=as_json)
        )
    done = dry_run or no_wait or stages[-1].last == "arrived"
    if as_json:
        put_json(_as_words(ready, stages, ok=done))
    elif not dry_run and not done:
        typer.echo(typer.style("It did not arrive.", fg=typer.colors.RED))
    raise typer.Exit(0 if done else 1)


def _pairs(given: list[str]) -> dict[str, str]:
    pairs = [each.partition("=") for each in given]
    if wrong := next((pair[0] for pair in pairs if not pair[1]), None):
        raise typer.BadParameter(f"{wrong!r} is no name=value", param_hint="--named")
    return {name: value for name, _, value in pairs}


async def _sent(
    settings: Settings,
    name: str,
    to: str,
    template: str,
    language: str,
    given: dict[str, Any],
    *,
    dry_run: bool,
    wait: float,
    quiet: bool,
) -> tuple[Ready, list[Seen]]:
    from turnkeeper.app import templates, trial
    from turnkeeper.app.database import existing
    from turnkeeper.app.naming import address_of
    from turnkeeper.cli.channel_try import told_stage

    channel = templates.only(settings, name)
    address = address_of(channel, to)
    stages: list[Seen] = []
    async with existing(settings) as store:
        ready = await templates.prepare(settings, store, channel, address, template, language, **given)
        if not quiet:
            typer.echo(f"{ready.shown or f'[template {template}: nothing is known of it]'}\n\nprice: {ready.price}")
        if dry_run:
            return ready, stages
        await trial.examine(store, channel, address, ready.template, settings.workers.lease)
        async for seen in trial.put(store, channel, address, ready.template, wait):
            stages.append(seen)
            if not quiet and seen.last != "late":
                typer.echo(told_stage(seen))
            if not wait:
                break
    return ready, stages


def _as_words(ready: Ready, stages: list[Seen], *, ok: bool) -> dict[str, object]:
    from turnkeeper.app import trial

    told = {"shown": ready.shown, "price": ready.price, "status": ready.status}
    return {**trial.as_words(stages), "ok": ok, **told}
