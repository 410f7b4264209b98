"""The options that several commands share."""

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The configuration file.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]
Channel = Annotated[str, typer.Argument(metavar="NAME", help="The channel's name in turnkeeper.toml.")]
DEFAULT = Path("turnkeeper.toml")
What = Annotated[str, typer.Argument(metavar="CONVERSATION|CHANNEL", help="A conversation's id, or a channel.")]
Address = Annotated[
    str | None, typer.Argument(help="After a channel: a phone number with its country's code, or kind:id.")
]
Workspace = Annotated[str, typer.Option("--workspace", help="The workspace.")]
HOME = "default"
