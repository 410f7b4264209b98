"""`turnkeeper model …`: what providers offer and until when, and whether the bots' models answer."""

from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json

if TYPE_CHECKING:
    from turnkeeper.app.model_checkup import Offer, Tried
    from turnkeeper.config import Settings

HELP = "See which models there are and until when; try those that bots ask."
app = typer.Typer(no_args_is_help=True, help=HELP)
Name = Annotated[str, typer.Argument(metavar="[PROVIDER]", help="A provider's name in turnkeeper.toml; all of them.")]
Model = Annotated[str, typer.Argument(metavar="[PROVIDER/MODEL]", help="One model; all that bots ask.")]


@app.callback()
def model() -> None:
    """See which models there are and until when; try those that bots ask."""


@app.command("list")
def show_all(provider: Name = "", config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """List the models that providers offer: those that bots ask first, then those that end soonest."""
    import asyncio

    from turnkeeper.config import load_for

    settings = load_for(config, provider, section="providers")
    found, failed = asyncio.run(_listed(settings, [provider] if provider else list(settings.providers)))
    if as_json:
        told = {"models": [each.as_words() for each in found], "failed": failed}
        put_json(told)
    else:
        _show_offers(found)
        for name, why in failed.items():
            typer.echo(typer.style(f"{name}: {why}", fg=typer.colors.RED), err=True)
    raise typer.Exit(1 if failed else 0)


async def _listed(settings: "Settings", names: list[str]) -> "tuple[list[Offer], dict[str, str]]":
    from turnkeeper.app.model_checkup import offers
    from turnkeeper.llm.base import ModelError

    found, failed = [], {}
    for name in names:
        try:
            found += await offers(settings, name)
        except ModelError as error:
            failed[name] = error.shown
    return found, failed


def _show_offers(found: "list[Offer]") -> None:
    import time

    from turnkeeper.app.model_checkup import SOON, day

    if not found:
        typer.echo("No models. [providers.NAME] tables in turnkeeper.toml say whom to ask.")
        return
    width = min(60, max(len(f"{each.provider}/{each.model.name}") for each in found))
    soon = time.time() + SOON
    for each in found:
        name, at = f"{each.provider}/{each.model.name}", each.model.ends_at
        ends = "" if at is None else f"ends {day(at)}"
        if at is not None and at <= soon:
            ends = typer.style(ends, fg=typer.colors.RED if each.bots else typer.colors.YELLOW)
        bots = f"asked by {', '.join(each.bots)}" if each.bots else ""
        typer.echo(f"{name:<{width}}  {'  '.join(filter(None, [ends, bots, each.model.title]))}".rstrip())


@app.command("test")
def try_out(model: Model = "", config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Ask each model that bots ask one small question; exit 1 if one gave no answer. It costs a little."""
    import asyncio

    from turnkeeper.config import load_for

    settings = load_for(config, model.partition("/")[0], section="providers")
    tried = asyncio.run(_tried(settings, model, quiet=as_json))
    failed = [each for each in tried if not each.ok]
    if as_json:
        told = {"ok": not failed, "models": [each.as_words() for each in tried]}
        put_json(told)
    elif not tried:
        typer.echo("No bot asks a model.")
    raise typer.Exit(1 if failed else 0)


async def _tried(settings: "Settings", only: str, *, quiet: bool) -> "list[Tried]":
    from turnkeeper.app.model_checkup import try_models

    tried = []
    async for each in try_models(settings, only):
        tried.append(each)
        if not quiet:
            _show_tried(each)
    return tried


def _show_tried(each: "Tried") -> None:
    mark = typer.style("ok    ", fg=typer.colors.GREEN) if each.ok else typer.style("FAILED", fg=typer.colors.RED)
    cost = "" if each.cost is None else f", ${each.cost:.6f}"
    tokens = "" if each.tokens is None else f", {each.tokens} tokens"
    typer.echo(f"{mark}  {each.model}  {each.seconds:.1f} s{tokens}{cost}: {each.detail}")
    if not each.ok:
        typer.echo(f"        {each.mend}")
