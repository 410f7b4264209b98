"""What a channel of a tenant's calls is guarded, at every place where an adapter's calls are made."""

import re
from dataclasses import replace
from pathlib import Path

import pytest

import turnkeeper
from tests.engine.test_downloads import Sink
from tests.engine.test_http import answering, client, reply, serving
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Located, Pause
from turnkeeper.engine.calling import on_behalf
from turnkeeper.model.errors import MediaRefused
from turnkeeper.testing.events import channel

PLAIN = channel()
GUARDED = replace(PLAIN, guarded=True)
SOURCE = Path(turnkeeper.__file__).parent
ADAPTERS_CALL = re.compile(r"[.\w\]\[]+\([^()\n]*\.config\)")
"""A function that is given a channel's settings last."""
NOT_CALLS = (
    "verify(",
    "challenge(",
    "parse(",
    "acknowledgement(",
    "address(",
    "by_hand(",
    "credentials",
    "getattr(",
    "open_",
)


def asking(url: str) -> Calls[list[object]]:
    first = yield HttpCall("GET", url)
    slept = yield Pause(0.0)
    second = yield HttpCall("POST", url, json={})
    return [first, slept, second]


def test_calls_of_a_tenants_channel_are_marked() -> None:
    for who, guarded in ((PLAIN, False), (GUARDED, True)):
        calls = on_behalf(who, asking("http://x"))
        steps, done = [next(calls)], None
        try:
            while True:
                steps.append(calls.send(HttpReply(len(steps))))
        except StopIteration as end:
            done = end.value
        marks = [each.guarded if isinstance(each, HttpCall) else None for each in steps]
        assert marks == [guarded, None, guarded]
        assert done == [HttpReply(1), HttpReply(2), HttpReply(3)]


async def test_a_guarded_call_does_not_reach_the_operators_network() -> None:
    async with serving(answering(reply(b"hello"))) as base, client() as one:
        open_ = await one.play(on_behalf(PLAIN, asking(base)), timeout=5)
        shut = await one.play(on_behalf(GUARDED, asking(base)), timeout=5)
    assert [getattr(each, "status", None) for each in open_] == [200, 0, 200]
    assert [getattr(each, "failure", None) for each in shut] == ["not_connected", None, "not_connected"]


async def test_a_file_of_a_tenants_provider_is_not_fetched_from_the_operators_network() -> None:
    async with serving(answering(reply(b"hello"))) as base, client() as one:
        assert (await one.download(Located(base, trusted=True), Sink(), timeout=5)).status == 200
        with pytest.raises(MediaRefused, match="own network"):
            await one.download(Located(base, trusted=True, guarded=True), Sink(), timeout=5)


def test_no_adapter_is_asked_without_that() -> None:
    forgotten = [
        f"{path.relative_to(SOURCE)}: {line.strip()}"
        for folder in ("engine", "app", "bots", "web")
        for path in (SOURCE / folder).rglob("*.py")
        for line in path.read_text("utf-8").splitlines()
        for found in ADAPTERS_CALL.findall(line)
        if not any(each in found for each in NOT_CALLS) and "on_behalf(" not in line and "channel" in line
    ]
    assert forgotten == []
