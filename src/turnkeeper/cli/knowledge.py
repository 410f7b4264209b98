"""`turnkeeper knowledge …`: the documents that bots look things up in."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from turnkeeper.cli.options import DEFAULT, AsJson, Config
from turnkeeper.cli.printing import put_json

if TYPE_CHECKING:
    from turnkeeper.app.documents import Listed
    from turnkeeper.engine.searching import Search
    from turnkeeper.model.knowledge import DocumentRow

HELP = "Add, list, search and remove the documents that bots look things up in."
app = typer.Typer(no_args_is_help=True, help=HELP)
Base = Annotated[str | None, typer.Option("--base", help="Its name in turnkeeper.toml; the only one needs none.")]
_SHOWN = 300


@app.callback()
def knowledge() -> None:
    """Add, list, search and remove the documents that bots look things up in."""


@app.command()
def add(
    files: Annotated[
        list[Path], typer.Argument(help="Markdown, text, HTML, PDF or DOCX.", exists=True, dir_okay=False)
    ],
    base: Base = None,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Add files to a base, or replace those of the same name. Exit status 1 if one was refused."""
    import asyncio

    from turnkeeper.app import documents
    from turnkeeper.app.configuration import as_it_is

    settings = as_it_is(config)
    name = documents.chosen(settings, base)
    with _progress() as tell:
        rows = asyncio.run(documents.add(settings, name, files, tell))
    if as_json:
        put_json([_row_words(row) for row in rows])
    else:
        for row in rows:
            typer.echo(_line(row))
    if any(row.state == "refused" for row in rows):
        raise typer.Exit(1)


@app.command("list")
def show_all(config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """List every base and its documents, and why one was refused."""
    import asyncio

    from turnkeeper.app import documents
    from turnkeeper.app.configuration import as_it_is

    found = asyncio.run(documents.listed(as_it_is(config)))
    if as_json:
        put_json([_base_words(each) for each in found])
        return
    if not found:
        typer.echo("There is no base yet. Add [knowledge.NAME] to the configuration.")
    for each in found:
        follows = f"follows {each.folder}" if each.folder else "no folder"
        vectors = f", {each.base.passages - each.base.without_vector:,} with vectors" if each.embeddings else ""
        typer.echo(typer.style(each.name, bold=True) + f"  {follows}, {_passages(each.base.passages)}{vectors}")
        for row in each.documents:
            typer.echo(f"  {_line(row)}")


@app.command()
def search(
    question: Annotated[str, typer.Argument(help="As a person would ask it.")],
    base: Base = None,
    most: Annotated[int, typer.Option(min=1, max=50, help="How many passages.")] = 5,
    config: Config = DEFAULT,
    as_json: AsJson = False,
) -> None:
    """Show what is found for a question: passages, how well they fit, and where they are from."""
    import asyncio

    from turnkeeper.app import documents
    from turnkeeper.config import load

    settings = load(config)
    found = asyncio.run(documents.search(settings, documents.chosen(settings, base), question, most))
    _show_json(found) if as_json else _show(found)


@app.command()
def sync(base: Base = None, config: Config = DEFAULT, as_json: AsJson = False) -> None:
    """Read what is new or changed in the folders now, instead of waiting for the server. Without --base, all."""
    import asyncio

    from turnkeeper.app import documents
    from turnkeeper.config import load

    settings = load(config)
    names = list(settings.knowledge) if base is None and settings.knowledge else [documents.chosen(settings, base)]
    with _progress() as tell:
        found = asyncio.run(documents.sync(settings, names, tell))
    if as_json:
        put_json(
            [
                {"base": each.name, **each.stepped._asdict(), "vectors": each.vectors, "told": each.told}
                for each in found
            ]
        )
        return
    for each in found:
        done = ", ".join(f"{count:,} {what}" for what, count in each.stepped._asdict().items())
        typer.echo(f"{each.name}: {done}" + (f", {each.vectors:,} vectors" if each.vectors else ""))
        if each.told:
            typer.echo(f"{each.name}: no more vectors: {each.told}", err=True)


@app.command()
def remove(
    documents: Annotated[list[str], typer.Argument(help="As `turnkeeper knowledge list` names them.")],
    base: Base = None,
    config: Config = DEFAULT,
) -> None:
    """Forget documents. What is still in the folder comes back: delete it there."""
    import asyncio

    from turnkeeper.app import documents as kept
    from turnkeeper.app.configuration import as_it_is

    settings = as_it_is(config)
    name = kept.chosen(settings, base)
    count = asyncio.run(kept.remove(settings, name, documents))
    typer.echo(f"{count} removed from {name}")
    if count < len(set(documents)):
        raise typer.Exit(1)


def _passages(number: int) -> str:
    return f"{number:,} passage{'' if number == 1 else 's'}"


def _line(row: DocumentRow) -> str:
    if row.state == "refused":
        return typer.style(f"{row.key}  REFUSED: {row.reason}", fg=typer.colors.RED)
    return f"{row.key}  “{row.title}”, {_passages(row.passages)}, {row.size:,} bytes, {row.origin}"


def _show(found: Search) -> None:
    for told in found.told:
        typer.echo(f"turnkeeper: {told}", err=True)
    if not found.found:
        typer.echo("Nothing was found.")
    from turnkeeper.bots.library import source_of

    for number, each in enumerate(found.found, 1):
        text = " ".join(each.passage.text.split())
        shown = text if len(text) <= _SHOWN else f"{text[:_SHOWN].rstrip()}…"
        typer.echo(typer.style(f"{number}. {source_of(each.passage)}", bold=True))
        typer.echo(f"   {each.passage.key}, covers {each.covered:.0%}, score {each.score:.2f}\n   {shown}")


def _show_json(found: Search) -> None:
    import msgspec

    from turnkeeper.bots.library import found as as_found

    put_json({"found": msgspec.to_builtins([as_found(each) for each in found.found]), "told": list(found.told)})


def _row_words(row: DocumentRow) -> dict[str, Any]:
    import msgspec

    words: dict[str, Any] = msgspec.to_builtins(row)
    return {name: value for name, value in words.items() if name not in ("workspace_id", "base", "digest")}


def _base_words(each: Listed) -> dict[str, Any]:
    return {
        "base": each.name,
        "workspace": each.workspace,
        "folder": each.folder,
        "embeddings": each.embeddings,
        "passages": each.base.passages,
        "without_vector": each.base.without_vector if each.embeddings else None,
        "documents": [_row_words(row) for row in each.documents],
    }


@contextmanager
def _progress() -> Iterator[Callable[[str, int, int], None]]:
    """A bar on a terminal, else a line a second."""
    if not sys.stderr.isatty():
        from turnkeeper.cli.progress import telling

        with telling() as tell:
            yield tell
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("", total=None)
        yield lambda what, done, total: bar.update(task, description=what, completed=done, total=total)
