"""`turnkeeper prompt …`: versions of a bot's prompt; what is published is in effect within 5 s on every machine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, HOME, AsJson, Config, Workspace
from turnkeeper.cli.printing import instant, put_json
from turnkeeper.cli.refusing import refusing

if TYPE_CHECKING:
    from turnkeeper.app.prompts import BotPrompts
    from turnkeeper.model.agents import PromptVersion

HELP = "Draft, compare, publish and take back a bot's prompt."
app = typer.Typer(no_args_is_help=True, help=HELP)
Bot = Annotated[str, typer.Argument(metavar="BOT", help="The bot's name in turnkeeper.toml.")]
Number = Annotated[int | None, typer.Option("--version", min=0, help="A version's number; 0: the configured prompt.")]


@app.callback()
def prompt() -> None:
    """Draft, compare, publish and take back a bot's prompt."""


@app.command("list")
def show_all(
    bot: Annotated[str | None, typer.Argument(help="One bot; without it, all.")] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """List the versions of prompts, the newest first."""
    import asyncio

    from turnkeeper.app import prompts
    from turnkeeper.app.configuration import as_it_is

    settings = as_it_is(config)

    async def look() -> list[BotPrompts]:
        return [await prompts.read(settings, workspace, name) for name in ([bot] if bot else prompts.agents(settings))]

    found = asyncio.run(look())
    if as_json:
        put_json([words for each in found for words in each.as_words()])
        return
    for each in found:
        in_effect = "the configured prompt" if each.published is None else f"version {each.published.version}"
        typer.echo(typer.style(each.bot, bold=True) + f"  {in_effect} is in effect")
        for version in each.versions:
            typer.echo("  " + _line(version))
    if not found:
        typer.echo('No bot has a prompt. Add one with kind = "agent".')


def _line(version: PromptVersion) -> str:
    made = instant(version.published_at or version.created_at)
    note = f"  {version.note}" if version.note else ""
    return f"{version.version:>3}  {version.state:<9}  {made}  {len(version.text):,} characters{note}"


@app.command()
def show(
    bot: Bot,
    version: Number = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Print a prompt: the one in effect, or a version."""
    import asyncio
    import json

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.prompts import read

    with refusing():
        found = asyncio.run(read(as_it_is(config), workspace, bot))
        text = found.text(version)
    shown = version if version is not None else found.published.version if found.published else 0
    typer.echo(json.dumps({"bot": bot, "version": shown, "text": text}, ensure_ascii=False) if as_json else text)


@app.command()
def diff(
    bot: Bot,
    version: Number = None,
    against: Annotated[
        int | None, typer.Option("--against", min=0, help="Instead of what is in effect; 0: the configured prompt.")
    ] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
) -> None:
    """Show what a version would change; without --version, the newest draft."""
    import asyncio
    from difflib import unified_diff

    from turnkeeper.app.configuration import as_it_is
    from turnkeeper.app.prompts import read

    with refusing():
        found = asyncio.run(read(as_it_is(config), workspace, bot))
        new = found.newest_draft().version if version is None else version
        before, after = found.text(against), found.text(new)
    old = "in effect" if against is None else f"version {against}"
    for line in unified_diff(before.splitlines(), after.splitlines(), old, f"version {new}", lineterm=""):
        typer.echo(line)


@app.command()
def draft(
    bot: Bot,
    file: Annotated[Path, typer.Argument(help="The text; - for stdin.")],
    note: Annotated[str, typer.Option("--note", help="What it is for.")] = "",
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Keep a new version of a prompt; nobody is told it before it is published."""
    import asyncio

    from turnkeeper.app import prompts
    from turnkeeper.app.configuration import as_it_is

    text = _read(file)
    with refusing():
        kept, unknown = asyncio.run(prompts.draft(as_it_is(config), workspace, bot, text, note))
    if as_json:
        put_json({"bot": bot, "version": kept.version, "unknown": unknown})
        return
    typer.echo(f"kept as version {kept.version}: `turnkeeper prompt publish {bot}` puts it into effect")
    for name in unknown:
        typer.echo(f"{{{{{name}}}}} is no variable: nothing will stand in its place", err=True)


def _read(file: Path) -> str:
    try:
        said = typer.get_binary_stream("stdin").read() if str(file) == "-" else file.read_bytes()
        return said.decode("utf-8")
    except OSError as error:
        raise typer.BadParameter(f"{file}: {error.strerror}", param_hint="FILE") from error
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not text in UTF-8", param_hint="FILE") from error


@app.command()
def publish(
    bot: Bot,
    version: Annotated[int | None, typer.Option("--version", min=1, help="Instead of the newest draft.")] = None,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Put a version into effect, within 5 s on every machine."""
    import asyncio
    import json

    from turnkeeper.app import prompts
    from turnkeeper.app.configuration import as_it_is

    with refusing():
        published = asyncio.run(prompts.publish(as_it_is(config), workspace, bot, version))
    words = {"bot": bot, "version": published.version}
    typer.echo(json.dumps(words) if as_json else f"{bot} is told version {published.version} now")


@app.command()
def back(
    bot: Bot,
    configured: Annotated[bool, typer.Option("--configured", help="Straight to the configured prompt.")] = False,
    config: Config = DEFAULT,
    workspace: Workspace = HOME,
    as_json: AsJson = False,
) -> None:
    """Take a version back: the one that was published before it is in effect again, or the configured prompt."""
    import asyncio
    import json

    from turnkeeper.app import prompts
    from turnkeeper.app.configuration import as_it_is

    with refusing():
        found = asyncio.run(prompts.back(as_it_is(config), workspace, bot, configured=configured))
    number = found.version if found else prompts.CONFIGURED
    told = f"version {number}" if number else "its configured prompt"
    typer.echo(json.dumps({"bot": bot, "version": number}) if as_json else f"{bot} is told {told} again")
