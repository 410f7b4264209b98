"""What no process imports before it is ready: libraries of models take seconds, and tens of megabytes each."""

import subprocess
import sys
from pathlib import Path

CONFIG = """
[providers.router]
kind = "openrouter"
api_key = "key"
[providers.claude]
kind = "anthropic"
api_key = "key"
[providers.gemini]
kind = "google"
api_key = "key"
[knowledge.help]
embeddings = "router/vectors"
[bots.helper]
kind = "agent"
prompt = "Help."
models = ["gemini/flash", "claude/haiku", "router/openai/gpt"]
knowledge = ["help"]
"""

CHILD = """
import asyncio, importlib, sys
from pathlib import Path

def heavy():
    names = ("pydantic_ai", "openai", "anthropic", "google.genai", "genai_prices", "mcp", "av", "numpy", "fastapi")
    return [name for name in names if name in sys.modules]

for module in ("cli", "cli.doctor", "app.checkup", "app.web_process", "app.poller_process", "app.librarian_process",
               "app.worker_process"):
    importlib.import_module(f"turnkeeper.{module}")
    print(module, heavy())

from turnkeeper import app
from turnkeeper.app.library import Providers, shelves
from turnkeeper.app.models import AsConfigured, opened
from turnkeeper.config import load
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.watching import Watch

settings = load(Path(sys.argv[1]))
clock = SystemClock()
minds = opened(settings, clock, AsConfigured(), app.open_store(settings.database_url, settings.directory()),
               Watch(clock))
print("bots", list(app.load_bots(settings, minds=minds)), heavy())
providers = Providers(settings)
print("shelves", len(shelves(settings, providers.find)), providers.find("router") is not None, heavy())
asyncio.run(minds.close())
"""


def test_no_process_needs_a_models_library_to_be_ready(tmp_path: Path) -> None:
    path = tmp_path / "turnkeeper.toml"
    path.write_text(CONFIG, "utf-8")
    command = [sys.executable, "-c", CHILD, str(path)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, timeout=60)
    told = done.stdout.splitlines()
    assert [line.partition(" ")[0] for line in told[-3:]] == ["app.worker_process", "bots", "shelves"]
    assert "helper" in told[-2]
    assert not [line for line in told if not line.endswith(" []")]
