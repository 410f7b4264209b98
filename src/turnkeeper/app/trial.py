"""A message to try a channel with: through the store, the workers and the provider, until the tick comes back.

It goes the way of an operator's message, so that what is seen is the whole path; the conversation stays with whoever
has it. Where it cannot get through, that is told before anything is sent.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from secrets import token_hex
from typing import Literal

from turnkeeper import app
from turnkeeper.app.channel_checkup import to_resume
from turnkeeper.app.database import existing
from turnkeeper.app.naming import address_of
from turnkeeper.channels.base import Capabilities
from turnkeeper.config import Settings
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.speaking import CannotSay, Speaker, Speech
from turnkeeper.model.contents import Reply, Template
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.policy import Channel
from turnkeeper.rules import window
from turnkeeper.store.base import Moment, Store

_EVERY = 0.2
"""Seconds between two looks."""
_ORDER = ("accepted", "sent", "delivered", "read")
_ENDS = ("failed", "expired", "cancelled", "unknown")
_SEEN = {*_ORDER, *_ENDS, "sending", "not_sent"}
_LOOKED_BACK = 200


class Refused(TurnkeeperError):
    """Nothing was sent, because it would not arrive; `mend` says what to do first."""

    def __init__(self, why: str, mend: str) -> None:
        super().__init__(f"{why}. {mend}")
        self.why = why
        self.mend = mend


@dataclass(frozen=True, slots=True)
class Seen:
    """A stage that the message reached, `seconds` after it was put in; `last`: nothing more is waited for."""

    stage: str
    seconds: float
    detail: str = ""
    last: Literal["", "arrived", "failed", "late"] = ""


async def send(settings: Settings, name: str, to: str, content: Reply, wait: float) -> AsyncIterator[Seen]:
    """Each stage as it is reached. Raises Refused, ConfigurationError, StoreError."""
    channel = settings.receiver(name).channel
    address = address_of(channel, to)
    async with existing(settings) as store:
        await examine(store, channel, address, content, settings.workers.lease)
        async for seen in put(store, channel, address, content, wait):
            yield seen


async def put(store: Store, channel: Channel, address: str, content: Reply, wait: float) -> AsyncIterator[Seen]:
    """Say it, and tell each stage as it is reached, for at most `wait` seconds. Raises Refused, StoreError."""
    began_at = time.time()
    speaker = Speaker(store, {channel.kind: app.adapter(channel.kind)}, SystemClock())
    known_as = f"command:{token_hex(8)}"
    try:
        said = await speaker.say(channel, address, [content], known_as=known_as, by="command")
    except CannotSay as error:
        raise Refused(str(error), "Say it in another way.") from None
    conversation = await store.conversation(said.key)
    assert conversation is not None
    ahead = conversation.unsent - len(said.rows)
    async for seen in _followed(store, said, ahead, _capabilities(channel).confirms, began_at, wait):
        yield seen


def _capabilities(channel: Channel) -> Capabilities:
    return app.adapter(channel.kind).capabilities


async def examine(store: Store, channel: Channel, address: str, content: Reply, lease: float) -> None:
    """Whether anything would come of it."""
    if channel.elsewhere is not None:
        mend = "Try it where server.environment says so."
        raise Refused(f"{channel.id} is for {channel.elsewhere}, and left alone here", mend)
    for workspace_id, channel_id, reason, _ in await store.paused_channels():
        if (workspace_id, channel_id) == (channel.workspace_id, channel.id):
            raise Refused(f"nothing is sent on {channel.id}: {reason}", to_resume(channel, reason))
    now = time.time()
    vitals = await store.vitals(now, now - 2 * lease)
    if not vitals.workers:
        raise Refused("no worker is alive", "Start the server: `turnkeeper serve`.")
    if isinstance(content, Template) or channel.sends.window is None:
        return
    known = await store.find(channel.workspace_id, channel.id, address)
    if known is None or not window.is_open(known, channel.sends, now):
        hours = f"{channel.sends.window / 3600:g} hours"
        mend = "Write to the number from that phone first, or send a template (--template NAME)."
        raise Refused(f"this person has not written within {hours}, so only a template may be sent", mend)


async def _followed(
    store: Store, said: Speech, before: int, confirms: str, began_at: float, wait: float
) -> AsyncIterator[Seen]:
    """Look at the last row until it arrived, failed, or the time is over. `before`: rows that go first."""
    told: dict[str, None] = {}
    ahead = "" if before <= 0 else "1 more goes first" if before == 1 else f"{before:,} more go first"
    yield Seen("queued", 0.0, ahead)
    while True:
        reached = await _moments(store, said)
        for moment in reached:
            if moment.kind not in told:
                told[moment.kind] = None
                last = _last(moment.kind, confirms)
                yield Seen(moment.kind, max(0.0, moment.at - began_at), moment.detail or "", last)
                if last:
                    return
        if time.time() - began_at >= wait:
            yield Seen(_stuck_at(reached), time.time() - began_at, last="late")
            return
        await asyncio.sleep(_EVERY)


async def _moments(store: Store, said: Speech) -> list[Moment]:
    """What the message's last row tells, the earliest first."""
    last = said.rows[-1].seq
    return [each for each in await store.moments(said.key, _LOOKED_BACK) if each.seq == last and each.kind in _SEEN]


def _last(kind: str, confirms: str) -> Literal["", "arrived", "failed"]:
    if kind in _ENDS:
        return "failed"
    return "arrived" if kind in _ORDER and _ORDER.index(kind) >= _ORDER.index(confirms) else ""


def _stuck_at(reached: list[Moment]) -> str:
    return reached[-1].kind if reached else "queued"


def advice(seen: Seen, name: str) -> str:
    """What to do about a message that did not arrive in time."""
    if seen.stage in ("accepted", "sent"):
        return (
            "The provider took it and has told nothing since: is the phone on? If its messages reach the bot, wait; "
            "if not, the provider's webhooks do not reach this server: `turnkeeper doctor`."
        )
    if seen.stage == "queued":
        return "No worker has sent it yet; it stays in the outbox. `turnkeeper doctor` looks at each link."
    return f"It stays in the outbox and is tried again. `turnkeeper doctor` looks at each link of {name}."


def as_words(stages: list[Seen]) -> dict[str, object]:
    """For JSON."""
    ok = bool(stages) and stages[-1].last == "arrived"
    told = [{"stage": each.stage, "seconds": round(each.seconds, 2), "detail": each.detail} for each in stages]
    return {"ok": ok, "end": stages[-1].last if stages else "", "stages": told}
