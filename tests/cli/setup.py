"""A set-up in which every link holds, to break one at a time."""

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber, running_fake_graph

TOML = """
[server]
port = {port}
public_url = "https://bot.example.com"
[database]
url = "sqlite:///data.db"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "file:token.txt"
app_secret = "secret"
verify_token = "verify"
api_base = "{api_base}"
[bots.assistant]
kind = "python"
entry = "{entry}:bot"
"""
BOT = """
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    await turn.reply("hello")
"""


@dataclass
class SetUp:
    """A folder with a configuration, and the provider that it names."""

    folder: Path
    graph: FakeGraph

    @property
    def config(self) -> Path:
        return self.folder / "turnkeeper.toml"

    def change(self, old: str, new: str) -> None:
        """Break something in the configuration."""
        text = self.config.read_text("utf-8")
        assert old in text
        self.config.write_text(text.replace(old, new), "utf-8")


@contextlib.asynccontextmanager
async def set_up(folder: Path, port: int) -> AsyncIterator[SetUp]:
    number = FakeNumber("1000000001", waba_id="2000000001")
    hook = "https://bot.example.com/webhooks/shop"
    graph = FakeGraph("secret", "verify", "token", hook, [number])
    async with running_fake_graph(graph) as running:
        entry = f"bot_{folder.name.replace('-', '_')}"  # modules are imported once a process
        text = TOML.format(port=port, api_base=running.base_url, entry=entry)
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        (folder / f"{entry}.py").write_text(BOT, "utf-8")
        (folder / "token.txt").write_text("token\n", "utf-8")
        yield SetUp(folder, graph)
