"""A trial message that nobody sends, and how people are named."""

import time
from dataclasses import replace
from pathlib import Path

import pytest

from turnkeeper import app
from turnkeeper.app import trial
from turnkeeper.app.database import migrate_store
from turnkeeper.cli.init import FILES, STARTER
from turnkeeper.config import Settings, load
from turnkeeper.model.contents import Template, Text
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.ids import WorkerId
from turnkeeper.store.base import Store

HELLO = Template("hello", "en")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in FILES:
        (tmp_path / name).write_text((STARTER / name).read_text("utf-8"), "utf-8")
    return load(tmp_path / "turnkeeper.toml", secrets=False)


async def stages(settings: Settings, content: Text | Template = HELLO, wait: float = 0.3) -> list[trial.Seen]:
    return [each async for each in trial.send(settings, "shop", "15551234567", content, wait)]


async def store_of(settings: Settings) -> Store:
    await migrate_store(settings)
    store = app.open_store(settings.database_url, settings.directory())
    await store.open()
    return store


async def test_without_a_worker_nothing_is_put_in(settings: Settings) -> None:
    store = await store_of(settings)
    try:
        with pytest.raises(trial.Refused, match=r"no worker is alive.*turnkeeper serve"):
            await stages(settings)
        assert await store.traffic() == []
    finally:
        await store.close()


async def test_what_nobody_sends_is_late_and_stays(settings: Settings) -> None:
    store = await store_of(settings)
    try:
        await store.register(WorkerId("busy"), time.time())
        seen = await stages(settings)
        assert [(each.stage, each.last) for each in seen] == [("queued", ""), ("queued", "late")]
        assert "No worker has sent it" in trial.advice(seen[-1], "shop")
        again = await stages(settings)
        assert again[0].detail == "1 more goes first"
        assert [each.unsent for each in await store.traffic()] == [2]
        with pytest.raises(trial.Refused, match="only a template"):
            await stages(settings, Text("hi"))
    finally:
        await store.close()


NAMED = [
    ("+1 (555) 123-4567", "phone:15551234567"),
    ("15551234567", "phone:15551234567"),
    ("user:GB.1", "user:GB.1"),
    ("chat:-100", "chat:-100"),
]


@pytest.mark.parametrize("written, address", NAMED)
def test_who_is_meant(settings: Settings, written: str, address: str) -> None:
    assert trial.address_of(settings.channels[0], written) == address


@pytest.mark.parametrize("written, address", [("42", "chat:42"), ("-100", "chat:-100"), ("@ada", None), ("", None)])
def test_telegram_knows_people_by_their_chats(settings: Settings, written: str, address: str | None) -> None:
    channel = replace(settings.channels[0], kind="telegram")
    if address is not None:
        assert trial.address_of(channel, written) == address
    else:
        with pytest.raises(ConfigurationError, match="names nobody"):
            trial.address_of(channel, written)


@pytest.mark.parametrize("written", ["ada", "", "123", "٣٣٣٣٣٣٣٣"])
def test_a_name_is_no_address(settings: Settings, written: str) -> None:
    with pytest.raises(ConfigurationError, match="names nobody on shop"):
        trial.address_of(settings.channels[0], written)


def test_advice_for_each_place_where_a_message_may_hang() -> None:
    told = {stage: trial.advice(trial.Seen(stage, 1.0, last="late"), "shop") for stage in ("queued", "sent", "sending")}
    assert len(set(told.values())) == 3
    assert all("turnkeeper doctor" in words for words in told.values())
