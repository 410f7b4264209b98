"""`turnkeeper flow …`: for those who draw flows: check a file, draw it, talk to it, play scripts with it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from turnkeeper.cli.flow_chat import chat
from turnkeeper.cli.flow_numbers import numbers
from turnkeeper.cli.flow_schedules import schedules
from turnkeeper.cli.options import AsJson
from turnkeeper.cli.printing import put, put_json
from turnkeeper.cli.refusing import refusing_flows

if TYPE_CHECKING:
    from turnkeeper.app.flow_drawing import Format
    from turnkeeper.app.flow_files import Checked
    from turnkeeper.app.flow_playing import Outcome

app = typer.Typer(no_args_is_help=True, help="Check, draw and play flows from files.")
Flow = Annotated[Path, typer.Argument(metavar="FILE", help="A flow's document (JSON).")]
Output = Annotated[Path | None, typer.Option("--output", "-o", help="Write it there instead of printing it.")]
Others = Annotated[
    list[Path] | None, typer.Option("--with", metavar="FILE", help="Another flow that it may go into; may be repeated.")
]
_SIGNS = {"-": typer.colors.RED, "+": typer.colors.GREEN}
_DRAWS: dict[str, Format] = {"": "svg", ".svg": "svg", ".mmd": "mermaid", ".md": "mermaid"}
_COLOURS = {"error": typer.colors.RED, "warning": typer.colors.YELLOW}


@app.callback()
def flow() -> None:
    """Check, draw and play flows from files."""


app.command()(chat)
app.command()(numbers)
app.command()(schedules)


@app.command()
def check(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="Flows; several may call each other.")],
    as_json: AsJson = False,
) -> None:
    """Say what is wrong in flows, where, and how to mend it; exits with 1 where there are errors."""
    from turnkeeper.app.flow_files import examined

    with refusing_flows():
        found = examined(files)
    if as_json:
        put_json([each.as_words() for each in found])
    else:
        for each in found:
            _tell(each)
    if any(each.errors for each in found):
        raise typer.Exit(1)


def _tell(checked: Checked) -> None:
    from turnkeeper.app.flow_files import told

    warnings = len(checked.problems) - checked.errors
    parts = [_count(checked.errors, "error"), _count(warnings, "warning")]
    nodes = "" if checked.flow is None else f" ({_count(len(checked.flow.nodes), 'node')})"
    typer.echo(typer.style(str(checked.file), bold=True) + f"{nodes}: {', '.join(filter(None, parts)) or 'fine'}")
    for problem in checked.problems:
        typer.echo("  " + typer.style(problem.level.ljust(8), fg=_COLOURS.get(problem.level)) + told(problem))


def _count(count: int, what: str) -> str:
    return f"{count} {what}{'s' if count != 1 else ''}" if count else ""


@app.command()
def nodes(
    types: Annotated[list[str] | None, typer.Argument(metavar="[TYPE…]", help="Some types; without any, all.")] = None,
) -> None:
    """Tell what nodes there are, their fields and their exits (in Markdown)."""
    from turnkeeper.flows.nodes import TYPES
    from turnkeeper.flows.reference import as_markdown

    for each in types or ():
        if each not in TYPES:
            raise typer.BadParameter(f"{each} is none of {', '.join(TYPES)}", param_hint="TYPE")
    typer.echo(as_markdown(*(types or ())), nl=False)


@app.command()
def draw(
    file: Flow,
    output: Output = None,
    form: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="svg or mermaid; else as the output's ending.")
    ] = None,
) -> None:
    """Draw a flow as a picture (SVG), or as text for Mermaid."""
    from turnkeeper.app.flow_drawing import drawn
    from turnkeeper.app.flow_files import opened

    wanted = _format(form, output)
    with refusing_flows():
        text = drawn(opened(file), wanted)
    put(text, output)


def _format(form: str | None, output: Path | None) -> Format:
    ending = "" if output is None else output.suffix.lower()
    if form is None and ending in _DRAWS:
        return _DRAWS[ending]
    if form is None:
        raise typer.BadParameter(f"{output}: .svg and .mmd can be drawn, or say --format", param_hint="--output")
    for known in ("svg", "mermaid"):
        if form == known:
            return known
    raise typer.BadParameter(f"{form} is none of svg, mermaid", param_hint="--format")


@app.command()
def run(
    file: Flow,
    scripts: Annotated[list[Path], typer.Argument(metavar="SCRIPT…", help="Conversations as plain text.")],
    expect: Annotated[bool, typer.Option("--expect", help="Exit with 1 where a bot answers something else.")] = False,
    trace: Annotated[bool, typer.Option("--trace", help="Say which nodes were passed, and why.")] = False,
    others: Others = None,
    as_json: AsJson = False,
) -> None:
    """Play scripts with a flow, each from the beginning, and print what was said; hours in them pass at once."""
    from turnkeeper.app.flow_files import missing, opened, told
    from turnkeeper.app.flow_playing import outcome

    with refusing_flows():
        flows = [opened(each) for each in (file, *(others or ()))]
        for problem in missing(flows):
            typer.echo(told(problem), err=True)
        outcomes = [outcome(flows, script, trace=trace) for script in scripts]
    if as_json:
        put_json([each.as_words() for each in outcomes])
    else:
        for each in outcomes:
            _show(each, expect=expect, several=len(outcomes) > 1)
    if any(each.played.problems or (expect and each.differs) for each in outcomes):
        raise typer.Exit(1)


def _show(outcome: Outcome, *, expect: bool, several: bool) -> None:
    if several:
        typer.echo(f"# {outcome.file}")
    if expect and outcome.differs:
        for line in outcome.differs:
            typer.echo(typer.style(line, fg=_SIGNS.get(line[:1])))
    else:
        typer.echo(outcome.transcript, nl=False)
    for problem in outcome.played.problems:
        typer.echo(f"{outcome.file}: {problem}", err=True)
    if expect:
        typer.echo(f"{outcome.file}: {'not ' if outcome.differs else ''}as expected", err=True)


@app.command("import")
def import_(
    file: Annotated[Path, typer.Argument(metavar="ORIGINAL", help="A flow of the original platform (JSON).")],
    output: Output = None,
    name: Annotated[str, typer.Option("--name", help="What it is called; else as it was.")] = "",
    provider: Annotated[str, typer.Option("--provider", help="Whom its models are asked at, of turnkeeper.toml.")] = "",
    language: Annotated[str, typer.Option("--language", help="In which its texts are.")] = "id",
    fallback: Annotated[
        str | None, typer.Option("--fallback", help="What is said where no model answers; else the original's.")
    ] = None,
) -> None:
    """Make a flow of one of the original's; what cannot be mapped is named on stderr, with its node."""
    from turnkeeper.app.flow_files import converted, told, written

    with refusing_flows():
        made = converted(file, name=name, provider=provider, language=language, fallback=fallback)
    for note in made.notes:
        typer.echo(typer.style(f"{note.level.ljust(8)}", fg=_COLOURS.get(note.level)) + told(note), err=True)
    if made.document is None:
        raise typer.Exit(1)
    put(written(made.document), output)
