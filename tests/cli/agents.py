"""A configuration with an agent in it."""

from pathlib import Path

from click.testing import Result
from typer.testing import CliRunner

from turnkeeper.cli.commands import app
from turnkeeper.config import Settings, load

TOML = """
[database]
url = "sqlite:///data.db"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "token-1"
app_secret = "secret-1"
verify_token = "verify-1"
[providers.router]
kind = "openrouter"
api_key = "key-1"
[bots.assistant]
kind = "agent"
prompt = "file:prompt.md"
models = ["router/some/model"]
facts = { size = "text" }
[bots.coded]
kind = "python"
entry = "my_bot:bot"
"""


def configured(folder: Path) -> Settings:
    (folder / "turnkeeper.toml").write_text(TOML, "utf-8")
    (folder / "prompt.md").write_text("You help.\n", "utf-8")
    return load(folder / "turnkeeper.toml")


def run(settings: Settings, *arguments: str, stdin: str | None = None) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(settings.path)], input=stdin)
