"""`turnkeeper demo`: everything on a temporary SQLite, with a phone to write on."""

from typing import Annotated

import typer

_CONFIG = """\
[server]
port = {port}
drain = "5s"
log_level = "warning"
log_format = "text"
[database]
url = "sqlite:///demo.db"
[channels.phone]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "{token}"
app_secret = "{secret}"
verify_token = "{verify}"
api_base = "http://127.0.0.1:{port}/phone"
echo_takes_over = "1m"
[bots.assistant]
kind = "python"
entry = "turnkeeper.app.demo_bot:bot"
rate_limit = "30/minute"
knowledge = ["turnkeeper"]
{voice}
[knowledge.turnkeeper]
folder = {knowledge}
"""
_SAY = """\
Turnkeeper's demo is ready. Open {url} and write three short messages in a row.
Everything is real but the phone: HTTP, signatures, processes, database. Ctrl-C ends it and cleans up."""


def demo(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 takes a free one.")] = 8088,
    browser: Annotated[bool, typer.Option(help="Open the page.")] = True,
) -> None:
    """Try everything on a temporary database: opens a page that looks like a phone."""
    import asyncio
    import json
    import shutil
    import tempfile
    import time
    from pathlib import Path
    from secrets import token_hex

    import turnkeeper.app
    from turnkeeper.app.database import migrate_store
    from turnkeeper.app.launch import become_server
    from turnkeeper.app.users import make_workspaces
    from turnkeeper.config import load

    port = _usable(port)
    folder = Path(tempfile.mkdtemp(prefix="turnkeeper-demo-"))
    try:
        config = folder / "turnkeeper.toml"
        secrets = {name: token_hex(16) for name in ("token", "secret", "verify")}
        knowledge = json.dumps(str(Path(turnkeeper.app.__file__).with_name("demo_knowledge")), ensure_ascii=False)
        config.write_text(_CONFIG.format(port=port, knowledge=knowledge, voice=_voice(), **secrets), "utf-8")
        settings = load(config, {})
        asyncio.run(migrate_store(settings))
        asyncio.run(make_workspaces(settings, time.time()))
        become_server(
            settings,
            "all",
            demo=True,
            say=_SAY,
            browse=browser and _has_display(),
            remove=[str(folder)],
        )
    finally:  # reached only if the server could not be started
        shutil.rmtree(folder, ignore_errors=True)


def _usable(port: int) -> int:
    """The port, found free; the demo writes it into addresses before anything listens."""
    import socket

    try:
        with socket.create_server(("127.0.0.1", port)) as probe:
            found: int = probe.getsockname()[1]
            return found
    except OSError as error:
        why = (error.strerror or str(error)).partition(" (while")[0]  # Python adds the address
        typer.echo(f"turnkeeper: cannot listen on port {port} ({why}). Try --port 0.", err=True)
        raise typer.Exit(1) from None


def _voice() -> str:
    """Who hears voice notes: the built-in one, where the extra is installed."""
    from importlib.util import find_spec

    return 'transcribe = ["builtin"]' if find_spec("av") and find_spec("moonshine_voice") else ""


def _has_display() -> bool:
    import os
    import sys

    if sys.platform != "linux":
        return True
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))
