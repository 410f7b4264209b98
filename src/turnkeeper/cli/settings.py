"""`turnkeeper settings`: every key of turnkeeper.toml."""

import typer


def settings() -> None:
    """Print every setting with its default and meaning, as Markdown."""
    from turnkeeper.config.reference import as_markdown

    typer.echo(as_markdown(), nl=False)
