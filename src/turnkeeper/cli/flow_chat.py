"""`turnkeeper flow chat FILE`: a talk in the terminal."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT
from turnkeeper.cli.refusing import refusing_flows

if TYPE_CHECKING:
    from turnkeeper.bots.thinking import Thinking

_LOOKS: dict[str, dict[str, Any]] = {
    "bot": {},
    "note": {"dim": True},
    "trace": {"dim": True},
    "model": {"fg": typer.colors.CYAN},
    "wrong": {"fg": typer.colors.RED},
}
_SIGNS = {"bot": "< ", "note": "# ", "trace": "# ", "model": "! ", "wrong": "# "}


def chat(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A flow's document (JSON).")],
    others: Annotated[
        list[Path] | None, typer.Option("--with", metavar="FILE", help="Another flow that it may go into.")
    ] = None,
    config: Annotated[
        Path | None, typer.Option("--config", "-c", help="Whose models answer; ./turnkeeper.toml if there is one.")
    ] = None,
    bot: Annotated[str | None, typer.Option("--bot", help="The bot whose models answer.")] = None,
    offline: Annotated[bool, typer.Option("--offline", help="Ask no model: type what it would answer.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Say which nodes are passed, and why.")] = False,
) -> None:
    """Talk to a flow. Time passes when you say so (~3h); /help tells what else can be typed."""
    from turnkeeper.app.flow_chat import Chat
    from turnkeeper.app.flow_files import missing, opened, told
    from turnkeeper.app.flow_playing import without_log
    from turnkeeper.testing.virtual_time import run

    with refusing_flows():
        flows = [opened(each) for each in (file, *(others or ()))]
        for each in missing(flows):
            typer.echo(told(each), err=True)
        with _models(config, bot, offline=offline) as thinking, without_log():
            run(Chat(flows, _read, _show, thinking).run(trace=trace))


def _models(config: Path | None, bot: str | None, *, offline: bool) -> AbstractContextManager[Thinking | None]:
    if offline or (config is None and bot is None and not DEFAULT.exists()):
        return nullcontext()
    from turnkeeper.app.flow_models import configured

    return configured(config or DEFAULT, bot)


def _read(prompt: str) -> str | None:
    try:
        if sys.stdin.isatty():
            import readline  # noqa: F401 - lines can be edited, and called back

            return input(prompt)
        return input()
    except EOFError:
        return None


def _show(who: str, words: str) -> None:
    first, *more = words.split("\n")
    lines = [_SIGNS[who] + first, *(f"  {line}" for line in more)]
    text, looks = "\n".join(lines), _LOOKS[who]
    typer.echo(typer.style(text, **looks) if looks else text)
