"""Channels over the API: told as they stand, made, changed and deleted; no secret leaves."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from tests.web.api_client import HOME, ApiClient
from turnkeeper.app.channel_desk import ConfiguredChannels
from turnkeeper.app.errand import Errand
from turnkeeper.app.making import Making
from turnkeeper.config import load
from turnkeeper.config.sealing import Sealing
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.store.base import Intake, SessionReport
from turnkeeper.web.api.channel_ports import TooMany

NOW = 1_800_000_000.0
FILE = """
[server]
public_url = "https://bot.example.com"
[bots.assistant]
kind = "python"
entry = "my_bot:bot"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "token-hush"
app_secret = "secret-hush"
verify_token = "verify-hush"
[channels.elsewhere]
kind = "telegram"
bot = "assistant"
token = "33333333:ccccccccccccccccccccccccccccccccccc"
updates = "polling"
workspace = "cafe"
"""
TOKEN = "22222222:bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
TELEGRAM: dict[str, Any] = {"name": "line", "kind": "telegram", "bot": "assistant", "settings": {"token": TOKEN}}


class Asking:
    """Errands without a child: what was asked is kept."""

    def __init__(self) -> None:
        self.asked: list[Errand] = []
        self.too_many = False

    async def run(self, errand: Errand) -> AsyncIterator[bytes]:
        if self.too_many:
            raise TooMany("try again")
        self.asked.append(errand)
        yield b'{"link":"token","state":"ok","detail":"it works","mend":""}\n'
        yield b'{"link":"webhook","state":"broken","detail":"none","mend":"Connect it."}\n'


class Console(ApiClient):
    def __init__(self, folder: Path) -> None:
        path = folder / "turnkeeper.toml"
        path.write_text(FILE, "utf-8")
        self.asking = Asking()

        def desk(store: Any) -> ConfiguredChannels:
            made = ConfiguredChannels(Making(path, store, lambda: Sealing(["k" * 32])), store, lambda: NOW, load(path))
            made._errands = self.asking  # type: ignore[assignment]
            return made

        super().__init__(lambda: NOW, channels=desk)

    async def listed(self, by: str = "admin") -> dict[str, Any]:
        return {each["id"]: each for each in (await self.get("/channels", by=by)).body["items"]}


@pytest.fixture
def console(tmp_path: Path) -> Console:
    return Console(tmp_path)


async def test_channels_are_told_as_they_stand(console: Console) -> None:
    await console.open()
    await console.store.pause_channel(HOME, ChannelId("shop"), "190: the token is refused", NOW - 60)
    found = await console.listed()
    assert list(found) == ["shop"]
    shop = found["shop"]
    assert (shop["source"], shop["state"], shop["applied"]) == ("file", "paused", True)
    assert shop["pause"] == {"reason": "190: the token is refused", "at": NOW - 60, "ends_by_itself": False}
    assert shop["webhook"] == "https://bot.example.com/webhooks/shop"
    assert (shop["account"], shop["can"]) == ("1000000001", ["connect", "templates", "health"])
    assert (shop["unsent"], shop["waiting"], shop["received"], shop["last_at"]) == (0, 0, 0, None)
    assert list(await console.listed(by="cafe")) == ["elsewhere"]


async def test_a_channel_is_made_changed_and_deleted(console: Console) -> None:
    made = await console.send("POST", "/channels", TELEGRAM)
    assert (made.status, made.body) == (201, {"name": "line"})
    told = (await console.get("/channels/line")).body
    assert (told["source"], told["state"], told["applied"], told["revision"]) == ("console", "applying", False, 1)
    settings = {each["name"]: each for each in told["settings"]}
    assert (settings["token"]["secret"], settings["token"]["value"]) == (True, True)
    assert settings["secret_token"]["value"] is True  # made up, since none was given
    assert settings["updates"]["value"] == "webhook"
    changed = await console.send(
        "PATCH", "/channels/line", {"revision": 1, "set": {"updates": "polling", "niche": "lamps"}, "unset": []}
    )
    assert changed.status == 204
    told = (await console.get("/channels/line")).body
    assert (told["webhook"], told["revision"]) == (None, 2)
    late = await console.send("PATCH", "/channels/line", {"revision": 1, "set": {"niche": "beds"}})
    assert late.status == 409
    assert (await console.send("DELETE", "/channels/line")).status == 422
    assert (await console.send("DELETE", "/channels/line?confirm=line")).status == 204
    assert list(await console.listed()) == ["shop"]


async def test_no_secret_is_ever_told(console: Console) -> None:
    await console.send("POST", "/channels", TELEGRAM)
    said = [await console.get(path) for path in ("/channels", "/channels/shop", "/channels/line", "/channels/kinds")]
    row = (await console.store.all_configured())[0]
    for text in (*(each.text for each in said), row.document.decode()):
        assert "hush" not in text
        assert TOKEN not in text
        assert "k" * 32 not in text
    assert json.loads(row.document)["token"]["sealed"]


async def test_a_secret_that_is_not_named_stays(console: Console) -> None:
    await console.send("POST", "/channels", TELEGRAM)
    await console.send("PATCH", "/channels/line", {"revision": 1, "set": {"niche": "lamps"}})
    await console.send("POST", "/channels/line/check", {"set": {"niche": "beds"}})
    (asked,) = console.asking.asked
    assert asked.settings is not None
    assert (asked.settings["token"], asked.settings["niche"]) == (TOKEN, "beds")


@pytest.mark.parametrize(
    "change, where",
    [
        ({"settings": {}}, "token"),
        ({"settings": {"token": "nonsense"}}, "token"),
        ({"settings": {"token": "env:HOME"}}, "token"),
        ({"settings": {"token": TOKEN, "api_base": "http://169.254.169.254"}}, "api_base"),
        ({"bot": "nobody"}, "bot"),
        ({"kind": "pigeon"}, "kind"),
    ],
)
async def test_what_will_not_do_is_said_with_its_place(console: Console, change: dict[str, Any], where: str) -> None:
    for path in ("/channels", "/channels/check"):
        said = await console.send("POST", path, {**TELEGRAM, **change})
        assert said.status == 422
        assert [each["where"] for each in said.body["errors"]] == [where]
        assert said.body["errors"][0]["mend"]
    assert console.asking.asked == []


async def test_a_name_that_is_taken_gets_something_added(console: Console) -> None:
    for name in ("shop", "elsewhere"):
        said = await console.send("POST", "/channels", {**TELEGRAM, "name": name})
        assert said.status == 201
        assert said.body["name"].startswith(f"{name}-")
        await console.send("DELETE", f"/channels/{said.body['name']}?confirm={said.body['name']}")


async def test_what_the_file_says_is_not_changed_here(console: Console) -> None:
    for method, path, body in (
        ("PATCH", "/channels/shop", {"revision": 1, "set": {"niche": "x"}}),
        ("DELETE", "/channels/shop?confirm=shop", None),
        ("POST", "/channels/shop/check", {"set": {"niche": "x"}}),
    ):
        said = await console.send(method, path, body)
        assert (said.status, "turnkeeper.toml" in said.body["detail"]) == (409, True)


ROUTES: list[tuple[str, str, object]] = [
    ("POST", "/channels", TELEGRAM),
    ("POST", "/channels/check", TELEGRAM),
    ("PATCH", "/channels/shop", {"revision": 1}),
    ("DELETE", "/channels/shop?confirm=shop", None),
    ("POST", "/channels/shop/check", {}),
    ("POST", "/channels/shop/connect", {}),
    ("POST", "/channels/shop/qr", None),
    ("POST", "/channels/shop/pairing-code", {"phone": "+15550001111"}),
    ("POST", "/channels/shop/pause", {}),
    ("POST", "/channels/shop/resume", None),
    ("POST", "/channels/shop/test-message", {"to": "+15550001111", "text": "hi"}),
]


@pytest.mark.parametrize("method, path, body", ROUTES)
async def test_whoever_is_no_admin_changes_and_asks_nothing(
    console: Console, method: str, path: str, body: object
) -> None:
    for who in ("viewer", "agent"):
        assert (await console.send(method, path, body, by=who)).status == 403
    if "/shop" in path:
        assert (await console.send(method, path, body, by="cafe")).status == 404
    assert console.asking.asked == []
    assert await console.store.paused_channels() == []


async def test_what_a_provider_tells_comes_line_by_line(console: Console) -> None:
    for path, body, asked in (
        ("/channels/check", TELEGRAM, {"do": "check", "name": "line"}),
        ("/channels/shop/check", {}, {"do": "check", "name": "shop", "settings": None}),
        ("/channels/shop/connect", {"url": "https://other.example.com"}, {"do": "connect", "url": "https://other.example.com"}),
        ("/channels/shop/test-message", {"to": "+1555", "text": "hi"}, {"do": "test", "to": "+1555", "text": "hi"}),
    ):  # fmt: skip
        said = await console.send("POST", path, body)
        assert (said.status, said.headers[b"content-type"]) == (200, b"application/x-ndjson")
        assert [json.loads(line)["link"] for line in said.text.splitlines()] == ["token", "webhook"]
        errand = console.asking.asked[-1]
        assert {name: getattr(errand, name) for name in asked} == asked
        assert errand.workspace == HOME
    assert (await console.send("POST", "/channels/shop/qr")).status == 409  # it is not logged in by a phone


async def test_nothing_is_begun_by_a_link_that_somebody_follows(console: Console) -> None:
    """A GET comes with the cookie from any site, and is asked for no Origin."""
    for method, path, _ in ROUTES:
        if method == "POST" and "/shop/" in path:
            assert (await console.get(path)).status == 405, path


async def test_as_many_as_there_may_be_are_asked(console: Console) -> None:
    console.asking.too_many = True
    assert (await console.send("POST", "/channels/shop/check", {})).status == 429


async def test_a_channel_is_stopped_and_goes_on(console: Console) -> None:
    assert (await console.send("POST", "/channels/shop/pause", {"reason": "holiday"})).status == 204
    pause = (await console.listed())["shop"]["pause"]
    assert pause["reason"] == "stopped by hand by admin: holiday"
    assert (await console.send("POST", "/channels/shop/resume")).status == 204
    assert (await console.listed())["shop"]["pause"] is None


async def test_an_account_that_is_logged_out_is_told(console: Console) -> None:
    waha = {"base_url": "https://waha.example.com", "api_key": "the-key"}
    made = {"name": "wa", "kind": "waha", "bot": "assistant", "settings": waha}
    assert (await console.send("POST", "/channels", made)).status == 201
    desk = console.app.state.backend.channels
    settings = await desk._making.settings()
    channel = settings.receiver("wa").channel
    report = SessionReport(channel, SessionStatus(status="SCAN_QR_CODE", works=False), NOW)
    await console.store.take(Intake(sessions=[report]))
    desk._began = settings  # by now the server works with it
    wa = (await console.listed())["wa"]
    assert (wa["state"], wa["login"]["status"]) == ("logged_out", "SCAN_QR_CODE")
    assert wa["can"] == ["connect", "pair", "code", "health"]


async def test_other_credentials_let_a_refused_channel_go_on(console: Console) -> None:
    await console.send("POST", "/channels", TELEGRAM)
    desk = console.app.state.backend.channels
    channel = (await desk._making.settings()).receiver("line").channel
    await console.store.pause_channel(WorkspaceId("default"), channel.id, "401: Unauthorized", NOW)

    async def refused() -> dict[tuple[WorkspaceId, ChannelId], str]:
        return {(HOME, ChannelId("line")): channel.credentials}

    console.store.refused_credentials = refused  # type: ignore[method-assign]
    await console.send("PATCH", "/channels/line", {"revision": 1, "set": {"niche": "x"}})
    assert (await console.listed())["line"]["pause"] is not None
    other = TOKEN.replace("b", "d")
    await console.send("PATCH", "/channels/line", {"revision": 2, "set": {"token": other}})
    assert (await console.listed())["line"]["pause"] is None


async def test_the_forms_say_what_each_kind_needs(console: Console) -> None:
    kinds = {each["kind"]: each for each in (await console.get("/channels/kinds", by="viewer")).body["items"]}
    assert sorted(kinds) == ["telegram", "wablas", "waha", "whacenter", "whatsapp_cloud"]
    fields = {each["key"]: each for each in kinds["waha"]["fields"]}
    assert "kind" not in fields
    assert "workspace" not in fields
    told = {key: (fields[key]["shape"], fields[key]["asked"], fields[key]["made"]) for key in ("base_url", "api_key")}
    assert told == {"base_url": ("address", True, False), "api_key": ("secret", True, False)}
    assert (fields["hmac_key"]["made"], fields["watch_typing"]["shape"]) == (True, "switch")
    assert fields["groups"]["choices"] == ["ignore", "mention", "all"]
    assert (fields["send_limit"]["shape"], fields["owner_numbers"]["shape"]) == ("duration", "list")
    assert not any("env:" in each["example"] for kind in kinds.values() for each in kind["fields"])
