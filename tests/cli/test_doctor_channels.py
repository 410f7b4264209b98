"""The doctor's look at a channel's webhook from both ends: where the provider sends, and what the server takes."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.test_doctor import site_of
from tests.support.programs import free_port
from tests.web.serving import serving
from turnkeeper.app import channel_checkup
from turnkeeper.app.channel_checkup import examine_channel, judge_registered
from turnkeeper.app.database import migrate_store
from turnkeeper.app.reaching import judge_public_url
from turnkeeper.channels.base import Finding
from turnkeeper.config import Receiver, Settings, load
from turnkeeper.engine.http import Client

HOOK = "hook-0123456789abcdef"
TOML = """
[server]
port = {port}
public_url = "https://bot.example.com"
[channels.center]
kind = "whacenter"
bot = "assistant"
device_id = "device-0123456789"
webhook_secret = "hook-0123456789abcdef"
original_path = "dev-1/hook-0001"
[channels.desk]
kind = "telegram"
bot = "assistant"
token = "42:abcdefghij"
secret_token = "a-secret-of-the-tests"
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
"""


def configured(folder: Path, *changes: tuple[str, str], port: int = 8088) -> Settings:
    text = TOML.format(port=port)
    for old, new in changes:
        assert old in text
        text = text.replace(old, new)
    (folder / "turnkeeper.toml").write_text(text, "utf-8")
    return load(folder / "turnkeeper.toml")


def receiver(settings: Settings, name: str) -> Receiver:
    return next(each for each in settings.receivers if each.channel.id == name)


OURS = "https://bot.example.com/webhooks"
REGISTERED: list[tuple[str, str, Sequence[str], str, str]] = [
    ("ours", "desk", [f"{OURS}/desk"], "ok", f"{OURS}/desk"),
    ("ours among others", "desk", ["https://old.example.com/x", f"{OURS}/desk"], "ok", f"{OURS}/desk"),
    ("that of all bots", "desk", [f"{OURS}/telegram"], "ok", f"{OURS}/telegram"),
    ("none", "desk", [], "broken", "no webhook of this channel"),
    ("another server's", "desk", ["https://u:p@old.example.com/h/s3"], "broken", "to https://old.example.com/…, not"),
    ("another channel's", "desk", [f"{OURS}/shop"], "broken", "not to https://bot.example.com/webhooks/desk"),
    ("with its secret", "center", [f"{OURS}/center/{HOOK}"], "ok", f"{OURS}/center/[secret]"),
    ("with another secret", "center", [f"{OURS}/center/hook-old"], "broken", f"not to {OURS}/center/[secret]"),
    ("without its secret", "center", [f"{OURS}/center"], "broken", f"not to {OURS}/center/[secret]"),
    ("of all gateways", "center", [f"{OURS}/whacenter"], "broken", f"not to {OURS}/center/[secret]"),
    ("the original system's", "center", ["https://bot.example.com/dev-1/hook-0001"], "ok", "of the original system"),
]  # fmt: skip


@pytest.mark.parametrize("label, name, urls, state, said", REGISTERED, ids=[row[0] for row in REGISTERED])
def test_where_the_provider_sends(
    tmp_path: Path, label: str, name: str, urls: Sequence[str], state: str, said: str
) -> None:
    settings = configured(tmp_path)
    link = judge_registered(receiver(settings, name), settings, urls)
    assert (link.link, link.state) == (f"channel {name}: registered", state)
    assert said in link.detail
    assert state == "ok" or f"turnkeeper channel connect {name}" in link.mend
    assert not [secret for secret in (HOOK, "hook-old", "s3", "u:p", "hook-0001") if secret in link.detail]


def test_without_a_public_url_nobody_can_tell(tmp_path: Path) -> None:
    settings = configured(tmp_path, ('public_url = "https://bot.example.com"', ""))
    assert judge_registered(receiver(settings, "desk"), settings, [f"{OURS}/desk"]).state == "unknown"


async def links(settings: Settings, name: str, *, running: bool = True) -> dict[str, str]:
    client = Client()
    try:
        found = await examine_channel(receiver(settings, name), settings, client, running=running)
    finally:
        await client.close()
    assert all(link.mend for link in found if link.state != "ok" and link.state != "unknown")
    return {link.link.partition(": ")[2]: link.state for link in found}


async def test_what_the_running_server_takes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async def health(*_: object) -> list[Finding]:
        return [Finding("token", True, "it is known", registered=(f"{OURS}/desk",))]

    monkeypatch.setattr(channel_checkup, "ask_health", health)
    port = free_port()
    settings = configured(tmp_path, port=port)
    assert await links(settings, "desk", running=False) == {"token": "ok", "registered": "ok", "address": "unknown"}
    async with serving(site_of(settings.path), port):
        assert await links(settings, "desk") == {"token": "ok", "registered": "ok", "address": "ok"}
        assert (await links(settings, "center"))["address"] == "ok"
        changed = configured(tmp_path, (HOOK, "hook-that-is-another"), ("[channels.desk]", "[channels.bot]"), port=port)
        assert (await links(changed, "center"))["address"] == "broken"
        assert (await links(changed, "bot"))["address"] == "broken"
        polled = configured(tmp_path, ("secret_token =", 'updates = "polling"\nsecret_token ='), port=port)
        assert await links(polled, "desk") == {"token": "ok"}, "nobody has to reach us"


LOCAL = ("https://bot.example.com", "http://turnkeeper:8088")
URLS = [
    ("a name of the local network, and so is the provider's", [LOCAL], "ok"),
    ("a provider outside", [LOCAL, ("http://localhost:1", "https://api.example.com")], "broken"),
    ("none, and one provider has to reach us", [('public_url = "https://bot.example.com"', "")], "unknown"),
]


@pytest.mark.parametrize("label, changes, state", URLS, ids=[row[0] for row in URLS])
def test_who_needs_a_public_address(tmp_path: Path, label: str, changes: list[tuple[str, str]], state: str) -> None:
    polled = ("secret_token =", 'updates = "polling"\nsecret_token =')
    local = ("[channels.desk]", 'base_url = "http://localhost:1"\n[channels.desk]')
    assert judge_public_url(configured(tmp_path, polled, local, *changes)).state == state


def test_whoever_only_fetches_needs_none(tmp_path: Path) -> None:
    polled = ("secret_token =", 'updates = "polling"\nsecret_token =')
    settings = configured(tmp_path, polled, ('public_url = "https://bot.example.com"', ""))
    assert judge_public_url(replace(settings, receivers=(receiver(settings, "desk"),))).state == "ok"


PAUSES = [("session SCAN_QR_CODE: Scan it.", "goes on by itself"), ("190: dead", "turnkeeper channel resume desk")]


@pytest.mark.parametrize("reason, mend", PAUSES)
async def test_what_a_stopped_channel_waits_for(tmp_path: Path, reason: str, mend: str) -> None:
    settings = configured(tmp_path)
    await migrate_store(settings)
    desk = receiver(settings, "desk").channel
    async with channel_checkup.opened(settings) as store:
        await store.pause_channel(desk.workspace_id, desk.id, reason, 1.0)
    found = await channel_checkup.examine_traffic(settings, readable=True)
    (link,) = [link for link in found if link.link == "channel desk: sending"]
    assert (link.state, link.detail) == ("broken", f"nothing is sent: {reason}")
    assert mend in link.mend
