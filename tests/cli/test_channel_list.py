"""`turnkeeper channel list` and `connect`, for kinds with and without secrets in their addresses."""

import asyncio
import json
import time
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from turnkeeper.app.channels import connect as registered
from turnkeeper.app.database import migrate_store
from turnkeeper.app.stops import pause_channel
from turnkeeper.channels.base import HttpCall, HttpReply
from turnkeeper.cli.channel import app
from turnkeeper.config import Settings, load
from turnkeeper.engine.http import Client
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.store.base import Arrival, Intake
from turnkeeper.testing.events import text

TOML = """
[server]
public_url = "https://bot.example.com/"
environment = "production"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "token-1"
app_secret = "secret-1"
verify_token = "verify-1"
[channels.center]
kind = "whacenter"
bot = "assistant"
device_id = "device-0123456789"
webhook_secret = "hook-0123456789abcdef"
[channels.desk]
kind = "telegram"
bot = "assistant"
environment = "staging"
token = "42:abcdefghij"
updates = "polling"
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
"""
SECRETS = ("token-1", "secret-1", "verify-1", "device-0123456789", "hook-0123456789abcdef", "abcdefghij")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "turnkeeper.toml").write_text(TOML, "utf-8")
    return load(tmp_path / "turnkeeper.toml")


def run(settings: Settings, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--config", str(settings.path)])


async def heard(settings: Settings) -> None:
    from turnkeeper.app import open_store

    store = open_store(settings.database_url, settings.directory())
    await store.open()
    now = time.time()
    await store.take(Intake([Arrival(settings.channels[0], text("hi", at=now), now - 600)]))
    await store.close()


def test_before_there_is_a_database(settings: Settings) -> None:
    shown = run(settings, "list")
    assert shown.exit_code == 0
    assert shown.stdout.count("no database to look in") == 3
    assert not (settings.folder / "turnkeeper.db").exists()


def test_where_each_channel_stands(settings: Settings) -> None:
    asyncio.run(migrate_store(settings))
    asyncio.run(heard(settings))
    asyncio.run(pause_channel(settings, "center"))
    told: list[dict[str, Any]] = json.loads(run(settings, "list", "--json").stdout)
    known = ("name", "account", "state", "environment", "webhook", "paused", "conversations", "waiting")
    assert [tuple(each[key] for key in known) for each in told] == [
        ("shop", "1000000001", "ok", None, "https://bot.example.com/webhooks/shop", None, 1, 0),
        ("center", "", "paused", None, "https://bot.example.com/webhooks/center/[secret]", "stopped by hand", 0, 0),
        ("desk", "42", "elsewhere", "staging", None, None, 0, 0),
    ]
    assert told[0]["heard_at"] < time.time() - 500
    shown = run(settings, "list")
    for line in ("last message 10 minutes ago", "PAUSED for 0 seconds: stopped by hand", "it is for staging"):
        assert line in shown.stdout
    assert not [secret for secret in SECRETS if secret in shown.stdout + json.dumps(told)]


def test_none_configured(tmp_path: Path) -> None:
    (tmp_path / "turnkeeper.toml").write_text("", "utf-8")
    assert "turnkeeper channel add" in run(load(tmp_path / "turnkeeper.toml"), "list").stdout


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> list[HttpCall]:
    """The calls that were made, each answered well."""
    calls: list[HttpCall] = []

    async def call(self: object, call: HttpCall, **_: object) -> HttpReply:
        calls.append(call)
        body = {"ok": True, "status": True, "success": True, "result": True, "data": {"webhook": calls[0].url}}
        return HttpReply(200, json.dumps(body).encode())

    monkeypatch.setattr(Client, "call", call)
    return calls


def test_the_provider_is_told_the_address_with_its_secret(settings: Settings, provider: list[HttpCall]) -> None:
    done = run(settings, "connect", "center", "--url", "https://other.example.com")
    assert "https%3A%2F%2Fother.example.com%2Fwebhooks%2Fcenter%2Fhook-0123456789abcdef" in provider[0].url
    assert not [secret for secret in SECRETS if secret in done.stdout]


def test_where_events_are_fetched_no_address_is_needed(settings: Settings, provider: list[HttpCall]) -> None:
    text = settings.path.read_text("utf-8").replace('public_url = "https://bot.example.com/"', "")
    settings.path.write_text(text, "utf-8")
    assert run(settings, "connect", "desk").exit_code == 0
    assert [call.url.rpartition("/")[2] for call in provider] == ["deleteWebhook"]
    with pytest.raises(ConfigurationError, match=r"server\.public_url: is needed"):
        asyncio.run(registered(load(settings.path), "center"))


def test_a_provider_that_refuses_and_a_channel_that_is_not_there(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def call(self: object, call: HttpCall, **_: object) -> HttpReply:
        return HttpReply(401, b'{"ok": false, "error_code": 401, "description": "Unauthorized"}')

    monkeypatch.setattr(Client, "call", call)
    done = run(settings, "connect", "desk")
    assert (done.exit_code, "BROKEN" in done.stdout) == (1, True)
    told = json.loads(run(settings, "connect", "desk", "--json").stdout)
    assert (told["ok"], told["by_hand"]) == (False, [])
    assert "Did you mean" in str(run(settings, "connect", "centre").exception)


class ByHand:
    """An adapter whose provider has to be told by a person."""

    def by_hand(self, url: str, _: object) -> list[str]:
        return ["In the dashboard, under Webhooks:", url]


@pytest.mark.parametrize("adapter, said", [(object(), "Enter this address"), (ByHand(), "In the dashboard")])
def test_without_a_call_for_it_a_person_is_told_what_to_enter(
    settings: Settings, monkeypatch: pytest.MonkeyPatch, adapter: object, said: str
) -> None:
    monkeypatch.setattr("turnkeeper.app.adapter", lambda _: adapter)
    done = run(settings, "connect", "center")
    assert done.exit_code == 0
    assert said in done.stdout
    assert "https://bot.example.com/webhooks/center/hook-0123456789abcdef" in done.stdout


def test_the_secrets_of_other_channels_need_not_be_there(settings: Settings, provider: list[HttpCall]) -> None:
    text = settings.path.read_text("utf-8").replace('"token-1"', '"env:NOT_SET_HERE"')
    settings.path.write_text(text, "utf-8")
    run(settings, "connect", "center")
    assert provider
    assert "NOT_SET_HERE is not set" in str(run(settings, "connect", "shop").exception)
