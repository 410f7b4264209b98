"""`turnkeeper channel add`: ask for a channel's settings, check them at the provider, write them."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, Config

if TYPE_CHECKING:
    from pathlib import Path

    from turnkeeper.app.adding import Draft, Question
    from turnkeeper.channels.base import Finding
    from turnkeeper.config import Settings

Name = Annotated[str, typer.Argument(metavar="[NAME]", help="What to call it, in addresses too. Asked for if missing.")]
Kind = Annotated[str, typer.Option("--kind", help="The provider. Asked for if missing.")]
Bot = Annotated[str, typer.Option("--bot", help="The bot that answers; the only one if there is one.")]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="KEY=VALUE", help="A setting. Secrets best as KEY=env:NAME or KEY=file:PATH."),
]
Scripted = Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing: for scripts.")]
Unchecked = Annotated[bool, typer.Option("--unchecked", help="Do not ask the provider whether it works.")]
Plain = Annotated[bool, typer.Option("--plain", help="Write typed secrets into the file itself.")]


def add(
    name: Name = "",
    kind: Kind = "",
    bot: Bot = "",
    given: Given = None,
    scripted: Scripted = False,
    unchecked: Unchecked = False,
    plain: Plain = False,
    config: Config = DEFAULT,
) -> None:
    """Add a channel to turnkeeper.toml: asks for its settings, checks them at the provider, writes them."""
    from turnkeeper.app import adding
    from turnkeeper.app.configuration import as_it_is

    settings = as_it_is(config)
    values = _pairs(given or ())
    kind = _kind(kind, scripted=scripted)
    named = "What to call the channel; part of its webhook's address."
    name = name or _asked("NAME", named, adding.free_name(settings, kind), scripted=scripted)
    adding.check_name(settings, name)
    bot = bot or _bot(settings, scripted=scripted)
    for question in adding.questions(kind):
        if question.key not in values and not scripted:
            values[question.key] = _answer(question)
    draft = adding.drafted(name, kind, bot, values, plain=plain)
    together = adding.read_together(config, draft)
    if not unchecked and not _works(together, name) and not _anyway(scripted=scripted):
        typer.echo("Nothing was written.", err=True)
        raise typer.Exit(1)
    _save(config, draft)
    _tell_next(together, draft)


def _pairs(given: Iterable[str]) -> dict[str, str]:
    pairs = {}
    for each in given:
        key, equals, value = each.partition("=")
        if not equals or not key.strip():
            raise typer.BadParameter(f"{each!r} is not KEY=VALUE", param_hint="--set")
        pairs[key.strip()] = value.strip()
    return pairs


def _kind(kind: str, *, scripted: bool) -> str:
    from turnkeeper.channels import registry
    from turnkeeper.model.errors import ConfigurationError

    known = ", ".join(registry.kinds())
    kind = kind or _asked("--kind", f"The provider: {known}.", "", scripted=scripted)
    try:
        registry.find(kind)
    except ConfigurationError as error:
        raise typer.BadParameter(str(error), param_hint="--kind") from error
    return kind


def _bot(settings: "Settings", *, scripted: bool) -> str:
    bots = list(settings.bots)
    if len(bots) == 1:
        return bots[0]
    return _asked("--bot", f"The bot that answers: {', '.join(bots)}.", "", scripted=scripted)


def _asked(option: str, meaning: str, default: str, *, scripted: bool) -> str:
    if scripted:
        raise typer.BadParameter(f"is needed: {meaning}", param_hint=option)
    typer.echo(meaning)
    answer: str = typer.prompt(option.lstrip("-").lower(), default=default or None)
    return answer.strip()


def _answer(question: "Question") -> str:
    """What is typed for a key; nothing for a default."""
    typer.echo(f"\n{question.meaning}" + (f" For example: {question.example}" if question.example else ""))
    if question.made:
        typer.echo("Leave it empty, and one is made up.")
    elif question.secret:
        typer.echo("What you type is not shown; env:NAME or file:PATH say where it is kept.")
    needed = question.default is None and not question.made
    answer: str = typer.prompt(
        question.key,
        default=None if needed else question.default or "",
        hide_input=question.secret,
        show_default=bool(question.default) and not question.secret,
    )
    answer = answer.strip()
    return "" if answer == question.default else answer


def _works(settings: "Settings", name: str) -> bool:
    """Ask the provider, and show what it says."""
    import asyncio

    from turnkeeper.app import adding

    typer.echo("\nAsking the provider ...")
    findings = asyncio.run(adding.examine(settings, name))
    if not findings:
        typer.echo("This kind of channel has no way to ask.")
    for finding in findings:
        show(finding)
    return all(finding.ok for finding in findings)


def show(finding: "Finding") -> None:
    """One thing that a provider told, with its mend."""
    colour = typer.colors.GREEN if finding.ok else typer.colors.RED
    mark = typer.style("ok    " if finding.ok else "BROKEN", fg=colour)
    typer.echo(f"{mark}  {finding.link}: {finding.detail}")
    if finding.mend and not finding.ok:
        typer.echo(f"        {finding.mend}")


def _anyway(*, scripted: bool) -> bool:
    return not scripted and typer.confirm("\nWrite it all the same?", default=False)


def _save(config: "Path", draft: "Draft") -> None:
    from turnkeeper.app import adding

    try:
        written = adding.save(config, draft)
    except OSError as error:
        typer.echo(f"turnkeeper: cannot write {error.filename}: {error.strerror}", err=True)
        raise typer.Exit(1) from None
    for path in written:
        typer.echo(f"wrote {path}")


def _tell_next(settings: "Settings", draft: "Draft") -> None:
    start = "Start the server again (`turnkeeper serve`): it reads the file at its start."
    typer.echo(f"\n{start}\nThen `turnkeeper channel connect {draft.name}` registers its webhook, and")
    typer.echo(f"`turnkeeper channel test {draft.name} TO` sends a message and waits for its tick.")
    if not settings.server.public_url:
        typer.echo("Set server.public_url before: the address under which the provider reaches this server.")
