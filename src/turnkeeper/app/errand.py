"""A short-lived child that asks a channel's provider for the web process, which makes no call itself.

It reads one errand (JSON) on its input, and writes what it finds out as lines of JSON, as it finds it. Secrets come by
the input and out of the database, never by the command line.
"""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from turnkeeper.app.configuration import documents, kept
from turnkeeper.app.database import existing
from turnkeeper.app.link import PATIENCE, Link
from turnkeeper.config import load
from turnkeeper.config.stored import Document
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.http import Client
from turnkeeper.model.configured import ConfiguredKey
from turnkeeper.model.errors import ConfigurationError, StoreError
from turnkeeper.model.ids import WorkspaceId

if TYPE_CHECKING:
    from turnkeeper.channels.base import Finding
    from turnkeeper.config import Receiver, Settings

Line = dict[str, object]
_LOOK_EVERY = 2.0
_PAIRING = 240.0
"""Seconds: six codes, and some patience."""
_NO_TICK = 60.0


class Errand(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be found out of a channel. `settings`: the table that is tried instead of the one that counts;
    `url`: this server as the provider reaches it."""

    config: str
    workspace: str
    name: str
    do: Literal["check", "connect", "pair", "code", "test"]
    settings: dict[str, Any] | None = None
    url: str = ""
    phone: str = ""
    to: str = ""
    text: str = ""
    template: str = ""
    language: str = ""
    values: list[str] = []


def main() -> int:
    """Do the errand that comes on the input."""
    errand = msgspec.json.decode(sys.stdin.buffer.read(), type=Errand)
    asyncio.run(_do(errand))
    return 0


async def _do(errand: Errand) -> None:
    try:
        settings = await _settings(errand)
        receiver = settings.receiver(errand.name)
        if receiver.channel.workspace_id != errand.workspace:
            raise ConfigurationError(f"channels.{errand.name}", "is not configured", "Look at the list of channels.")
        async for line in _DO[errand.do](errand, receiver, settings):
            _put(line)
    except ConfigurationError as error:
        _put({"error": error.problem, "where": error.key, "mend": error.mend})
    except StoreError as error:
        _put({"error": str(error), "mend": "Try again in a moment."})


def _put(line: Mapping[str, object]) -> None:
    sys.stdout.buffer.write(msgspec.json.encode(line) + b"\n")
    sys.stdout.buffer.flush()


async def _settings(errand: Errand) -> Settings:
    """The configuration as it is now, with the table that is tried."""
    settings = load(Path(errand.config))
    key = ConfiguredKey(WorkspaceId(errand.workspace), "channel", errand.name)
    async with existing(settings) as store:
        found = documents(settings, (await kept(store)).rows)
    if errand.settings is not None:
        found = [*(each for each in found if each.key != key), Document(key, 0, errand.settings)]
    settings = load(Path(errand.config), documents=found)
    for error in settings.problems.get(key, ()):
        raise error
    return settings


async def _check(errand: Errand, receiver: Receiver, settings: Settings) -> AsyncIterator[Line]:
    """The doctor's links; of a table that does not count yet, those to the provider only."""
    from turnkeeper.app.channel_checkup import ask_health, examine_channel

    client = Client()
    try:
        if errand.settings is not None:
            for finding in await ask_health(receiver.channel, client):
                if finding.registered is None:
                    yield _of_finding(finding)
            return
        for link in await examine_channel(receiver, settings, client, running=True):
            yield _of_link(link, receiver)
    finally:
        await client.close()


def _of_link(link: Link, receiver: Receiver) -> Line:
    told: Line = dict(link.as_words())
    told["link"] = link.link.removeprefix(f"channel {receiver.channel.id}: ")
    return told


def _of_finding(finding: Finding) -> Line:
    state = "ok" if finding.ok else "broken"
    return {"link": finding.link, "state": state, "detail": finding.detail, "mend": finding.mend}


async def _connect(errand: Errand, receiver: Receiver, settings: Settings) -> AsyncIterator[Line]:
    """Register the webhook, or tell what a person does."""
    from turnkeeper.app.channels import connect

    done = await connect(settings, receiver.channel.id, errand.url)
    for finding in done.findings:
        yield _of_finding(finding)
    if done.by_hand:
        yield {"by_hand": list(done.by_hand)}


async def _pair(_: Errand, receiver: Receiver, __: Settings) -> AsyncIterator[Line]:
    """Codes to scan, until the account is logged in."""
    from turnkeeper import app

    adapter: Any = app.adapter(receiver.channel.kind)
    client, until, last = Client(), time.monotonic() + _PAIRING, None
    try:
        while time.monotonic() < until:
            calls = on_behalf(receiver.channel, adapter.pair(receiver.channel.config))
            found = await client.play(calls, timeout=2 * PATIENCE)
            if found != last:
                last = found
                yield asdict(found)
            if found.works:
                return
            await asyncio.sleep(_LOOK_EVERY)
    finally:
        await client.close()


async def _code(errand: Errand, receiver: Receiver, _: Settings) -> AsyncIterator[Line]:
    """A code that is typed into the phone."""
    from turnkeeper import app

    adapter: Any = app.adapter(receiver.channel.kind)
    client = Client()
    try:
        calls = on_behalf(receiver.channel, adapter.pairing_code(errand.phone, receiver.channel.config))
        yield asdict(await client.play(calls, timeout=2 * PATIENCE))
    finally:
        await client.close()


async def _test(errand: Errand, receiver: Receiver, settings: Settings) -> AsyncIterator[Line]:
    """A message, and each stage that it reaches."""
    from turnkeeper.app import trial
    from turnkeeper.model.contents import Reply, Template

    content: Reply = errand.text
    if errand.template:
        content = Template(errand.template, errand.language, tuple(errand.values))
    try:
        async for seen in trial.send(settings, receiver.channel.id, errand.to, content, _NO_TICK):
            yield asdict(seen)
    except trial.Refused as error:
        yield {"error": error.why, "mend": error.mend}


_DO = {"check": _check, "connect": _connect, "pair": _pair, "code": _code, "test": _test}

if __name__ == "__main__":
    sys.exit(main())
