"""The example that strangers start from: its tests pass, and it runs as a real server."""

import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.real_server import PATIENCE, connect, provider, serving
from turnkeeper.app import load_bots
from turnkeeper.config import load

EXAMPLE = Path(__file__).parents[2] / "examples/quickstart"
SECRETS = {"SHOP_TOKEN": "token", "SHOP_SECRET": "secret", "SHOP_VERIFY": "verify"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the example; nothing is written next to the real one."""
    return Path(shutil.copytree(EXAMPLE, tmp_path / "quickstart", ignore=shutil.ignore_patterns("__pycache__")))


def test_its_configuration_is_complete(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "path", list(sys.path))
    monkeypatch.setattr(sys, "modules", dict(sys.modules))
    settings = load(folder / "turnkeeper.toml", SECRETS)
    assert [bot.stages for bot in load_bots(settings).values()] == [("welcome", "order")]  # type: ignore[attr-defined]


def test_it_answers_as_a_server(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, secret in SECRETS.items():
        monkeypatch.setenv(name, secret)
    settings = folder / "turnkeeper.toml"
    with provider() as running:
        toml = settings.read_text("utf-8").replace("port = 8088", "port = 0")
        there = f'verify_token = "env:SHOP_VERIFY"\napi_base = "{running.base_url}"'
        settings.write_text(toml.replace('verify_token = "env:SHOP_VERIFY"', there), "utf-8")
        with serving(folder) as server:
            connect(running, server)
            person = running.call(running.graph.person("15551234567"))
            running.call(person.write("order 1001, please"))
            running.call(person.next_message(0, within=PATIENCE), timeout=PATIENCE + 5)
            assert person.texts == ["*Found it:* two lamps. Write *cancel* to cancel the order."]
            assert server.stop() == 0


def test_it_can_be_tried_without_an_account(folder: Path) -> None:
    settings = folder / "turnkeeper.toml"
    settings.write_text(settings.read_text("utf-8").replace("port = 8088", "port = 0"), "utf-8")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    there = {"TURNKEEPER_CHANNELS__SHOP__API_BASE": f"http://127.0.0.1:{port}"}
    with serving(folder, **SECRETS, **there) as server:
        script = folder / "try_it.py"
        script.write_text(script.read_text("utf-8").replace("http://127.0.0.1:8088", server.url), "utf-8")
        done = subprocess.run(
            [sys.executable, str(script), str(port)], capture_output=True, text=True, timeout=PATIENCE, check=False
        )
        assert done.stdout.splitlines()[-1:] == ["shop: *Found it:* two lamps. Write *cancel* to cancel the order."], (
            done.stderr
        )
