"""Switching over: what is posted to the original system's addresses reaches the channel, and nothing else does."""

from pathlib import Path
from typing import Any

import pytest

from tests.web.provider import Site as Provider
from tests.web.provider import envelope, message, signed
from turnkeeper.app.addresses import original_addresses
from turnkeeper.config import Settings, load
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.web.console import Console
from turnkeeper.web.ops import Ops
from turnkeeper.web.originals import Originals
from turnkeeper.web.site import Site

GOOD = envelope(message("hello"))
PATH = "0b1f7c/7f3a9d2e-55aa"
TOML = """
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "t"
app_secret = "s"
verify_token = "v"
original_path = "{path}"
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
"""


def settings(folder: Path, path: str, more: str = "") -> Settings:
    (folder / "turnkeeper.toml").write_text(TOML.format(path=path) + more, "utf-8")
    return load(folder / "turnkeeper.toml")


def site_over(provider: Provider) -> Site:
    originals = Originals(provider.app, {PATH: "/webhooks/shop"})
    ops = Ops(None, provider.counters, lambda: 0.0)  # type: ignore[arg-type]
    return Site(provider.app, ops, Console(Path("none")), None, None, originals)


async def ask(method: str, path: str, headers: dict[str, str]) -> tuple[int, list[str | None]]:
    provider = Provider()
    site = site_over(provider)
    provider.app = site  # type: ignore[assignment]
    answered = await provider.ask(method, path, GOOD, headers)
    return answered[0], provider.store.texts


REQUESTS = [
    ("the original address", "POST", f"/{PATH}", signed(GOOD), 200),
    ("its proof is the adapter's as well", "POST", f"/{PATH}", signed(GOOD, "other"), 401),
    ("another webhook of the device", "POST", "/0b1f7c/7f3a9d2e-55ab", signed(GOOD), 404),
    ("another device", "POST", "/0b1f7d/7f3a9d2e-55aa", signed(GOOD), 404),
    ("one id only", "POST", "/0b1f7c", signed(GOOD), 404),
    ("more behind it", "POST", f"/{PATH}/x", signed(GOOD), 404),
    ("looked at", "GET", f"/{PATH}", {}, 404),
    ("the channel's own", "POST", "/webhooks/shop", signed(GOOD), 200),
    ("not in words of ours", "POST", "/0b1f7c/\udcff", signed(GOOD), 404),
]


@pytest.mark.parametrize("label, method, path, headers, status", REQUESTS, ids=[row[0] for row in REQUESTS])
async def test_what_is_posted_where(label: str, method: str, path: str, headers: dict[str, str], status: int) -> None:
    assert await ask(method, path, headers) == (status, ["hello"] if status == 200 else [])


WRONG = [
    ("one id", "0b1f7c"),
    ("three ids", "a/7f3a9d2e/b"),
    ("a path of ours", "webhooks/7f3a9d2e-55aa"),
    ("a path of the console", "assets/7f3a9d2e-55aa"),
    ("an id that could be guessed", "0b1f7c/1"),
    ("a query", "0b1f7c/7f3a9d2e?x=1"),
]


@pytest.mark.parametrize("label, path", WRONG, ids=[row[0] for row in WRONG])
def test_a_wrong_path_stops_the_start(tmp_path: Path, label: str, path: str) -> None:
    with pytest.raises(ConfigurationError, match="original_path") as wrong:
        settings(tmp_path, path)
    assert path not in str(wrong.value), "it may be a secret"


def test_two_channels_cannot_have_one(tmp_path: Path) -> None:
    second = TOML.format(path=PATH).partition("[bots")[0].replace("shop", "other").replace("1000000001", "1000000009")
    with pytest.raises(ConfigurationError, match=r"channels\.other\.original_path.*channels\.shop"):
        settings(tmp_path, f"/{PATH}/", second)


def test_it_leads_to_the_channels_own_address_with_its_secret(tmp_path: Path) -> None:
    (receiver,) = settings(tmp_path, f"/{PATH}/").receivers
    assert original_addresses([receiver]) == {PATH: "/webhooks/shop"}
    assert PATH not in repr(receiver)
    assert original_addresses([_with_secret(receiver)]) == {PATH: "/webhooks/shop/s3cret"}


def _with_secret(receiver: Any) -> Any:
    from dataclasses import replace

    return replace(receiver, path_secret="s3cret")
