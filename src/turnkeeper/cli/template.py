"""`turnkeeper template …`: the messages that a provider reviews beforehand."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json
from turnkeeper.cli.template_send import send

if TYPE_CHECKING:
    from turnkeeper.app.templates import Known, Listed, Pushed

HELP = "List, submit and send templates: messages that WhatsApp reviews beforehand."
app = typer.Typer(no_args_is_help=True, help=HELP)
OfChannel = Annotated[str | None, typer.Option("--channel", help="The channel; the only one needs no name.")]
Country = Annotated[str, typer.Option("--country", help="Two letters: whose price is told, by your rate card.")]
Fresh = Annotated[bool, typer.Option("--fresh", help="Ask the provider first.")]


@app.callback()
def template() -> None:
    """List, submit and send templates: messages that WhatsApp reviews beforehand."""


app.command()(send)


@app.command("list")
def show_all(
    channel: OfChannel = None,
    country: Country = "",
    fresh: Fresh = False,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show every template: its category, status and quality, why it is not sent, what it costs."""
    known = _known(config, channel, country, fresh=fresh)
    if as_json:
        found = [each.as_words() for each in known.templates]
        put_json({"templates": found, "problems": dict(known.problems)})
        return
    _complain(known)
    if not known.templates:
        typer.echo("No template is known. `turnkeeper template push` submits one.")
    for each in known.templates:
        typer.echo(_line(each))


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="The template's name.")],
    channel: OfChannel = None,
    country: Country = "",
    fresh: Fresh = False,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show a template as people see it, in each of its languages, with its parameters in double braces."""
    known = _known(config, channel, country, fresh=fresh)
    found = [each for each in known.templates if each.name == name]
    if as_json:
        put_json([each.as_words() for each in found])
    else:
        _complain(known)
        for each in found:
            typer.echo(f"{_line(each)}\n\n{_indented(each.shown)}\n")
    if not found:
        typer.echo(f"turnkeeper: there is no template {name!r}", err=True)
        raise typer.Exit(1)


@app.command()
def push(
    file: Annotated[Path, typer.Argument(help="TOML, or JSON in the Graph API's form.")],
    channel: OfChannel = None,
    replace: Annotated[bool, typer.Option("--replace", help="Submit another wording of one that is there.")] = False,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Check the templates of a file, and submit them for review. Exit status 1 if one was not."""
    import asyncio

    from turnkeeper.app import templates
    from turnkeeper.app.configuration import as_it_is, for_channel
    from turnkeeper.app.template_files import read_drafts

    drafts = read_drafts(file)
    name = templates.only(as_it_is(config), channel).id
    found = asyncio.run(templates.push(for_channel(config, name), name, drafts, replace=replace))
    if as_json:
        put_json([each.as_words() for each in found])
    else:
        for each in found:
            typer.echo(_pushed(each))
    if any(each.problems for each in found):
        raise typer.Exit(1)


def _known(config: Path, channel: str | None, country: str, *, fresh: bool) -> Known:
    import asyncio

    from turnkeeper.app import templates
    from turnkeeper.app.configuration import as_it_is, for_channel

    settings = for_channel(config, channel or "") if fresh else as_it_is(config)
    return asyncio.run(templates.known(settings, channel, country, fresh=fresh))


def _complain(known: Known) -> None:
    for channel, problem in known.problems.items():
        typer.echo(f"{channel}: {problem}", err=True)


def _line(each: Listed) -> str:
    colour = typer.colors.GREEN if each.status == "approved" else typer.colors.YELLOW
    told = f", quality {each.quality}" if each.quality not in ("", "unknown", "green") else ""
    why = f": {each.why}" if each.why else ""
    status = typer.style(each.status, fg=colour)
    named = typer.style(each.name, bold=True)
    return f"{named} {each.language}  {each.channel}  {each.category}  {status}{why}{told}; price {each.price}"


def _pushed(each: Pushed) -> str:
    named = f"{each.name} {each.language}"
    if each.problems:
        return f"{named}: not submitted\n" + "\n".join(f"  {problem}" for problem in each.problems)
    told = "Meta reviews it, for up to 24 hours" if each.status == "pending" else each.status
    return f"{named}: submitted as {each.category}; {told}"


def _indented(text: str) -> str:
    return "\n".join(f"    {line}" if line else "" for line in text.split("\n"))
