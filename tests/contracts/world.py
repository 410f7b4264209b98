"""A store with a clock in hand: the verbs in which the suite tells its stories. Only the port is used."""

from collections.abc import Sequence
from itertools import count
from typing import Any

import msgspec
from msgspec.structs import replace

from turnkeeper.model.contents import Text
from turnkeeper.model.conversation import Conversation, EventRow, OutboundRow, SessionRow, StepRow, TimerRow
from turnkeeper.model.events import DeliveryUpdate, Inbound
from turnkeeper.model.ids import ConversationKey, WorkerId, tracker_for
from turnkeeper.model.outbound import Accepted, Outcome
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import (
    Arrival,
    Claimed,
    ClaimedSend,
    ClaimedTurn,
    Dispatch,
    Intake,
    Ledger,
    PutOff,
    Report,
    Sent,
    StepKey,
    Store,
    Taken,
    TurnCommit,
)
from turnkeeper.store.runs import Wake
from turnkeeper.store.workers import Beat
from turnkeeper.testing.events import ADA, Channels, text

T0 = 1_800_000_000.0
W1 = WorkerId("w1")
W2 = WorkerId("w2")
LEASE = 3.0


def contents(*replies: str) -> list[bytes]:
    return [msgspec.json.encode(Text(reply)) for reply in replies]


def said(row: OutboundRow) -> str:
    return msgspec.json.decode(row.content, type=Text).body


def words(events: Sequence[EventRow]) -> list[str | None]:
    return [msgspec.json.decode(event.body, type=Inbound).text for event in events]


class World:
    """`now` moves only when a test moves it."""

    def __init__(self, store: Store, directory: Channels, channel: Channel) -> None:
        self.store = store
        self.directory = directory
        self.channel = channel
        self.now = T0
        self.sent: list[str] = []
        self.calls: list[float] = []
        self._ids = count(1)

    async def start(self) -> None:
        for worker in (W1, W2):
            await self.store.register(worker, self.now)

    async def hear(self, *events: Inbound | str, channel: Channel | None = None) -> Taken:
        """One webhook, now."""
        channel = channel or self.channel
        arrivals = [Arrival(channel, text(e, at=self.now) if isinstance(e, str) else e, self.now) for e in events]
        return await self.store.take(Intake(arrivals))

    async def report(self, *updates: DeliveryUpdate, channel: Channel | None = None) -> Taken:
        return await self.store.take(Intake(reports=[Report(channel or self.channel, u, self.now) for u in updates]))

    async def until_due(self) -> None:
        due = await self.store.next_due()
        assert due is not None, "nothing is ever due"
        self.now = max(self.now, due)

    async def claim(self, worker: WorkerId = W1, limit: int = 100, version: str = "v1") -> list[Claimed]:
        return await self.store.claim(worker, limit, self.now, {"assistant": version})

    async def turn(self, worker: WorkerId = W1, version: str = "v1") -> ClaimedTurn:
        """Wait for what is due next, which must be one turn."""
        await self.until_due()
        (claimed,) = await self.claim(worker, version=version)
        assert isinstance(claimed, ClaimedTurn)
        return claimed

    async def send(self, worker: WorkerId = W1) -> ClaimedSend:
        """Wait for what is due next, which must be one send."""
        await self.until_due()
        (claimed,) = await self.claim(worker)
        assert isinstance(claimed, ClaimedSend)
        return claimed

    async def commit(self, turn: ClaimedTurn, *replies: str, **more: Any) -> Dispatch:
        return await self.store.commit(self.ending(turn, *replies, **more))

    def ending(self, turn: ClaimedTurn, *replies: str, **more: Any) -> TurnCommit:
        key = turn.run.key
        session = more.pop("session", SessionRow(key.workspace_id, key.id, saved_at=self.now))
        return TurnCommit(turn.run, turn.turn.no, contents(*replies), session, self.now, **more)

    async def put_off(self, turn: ClaimedTurn, seconds: float) -> float | None:
        return await self.store.put_off(PutOff(turn.run, turn.turn.no, "a trace", self.now + seconds, self.now))

    async def record(
        self, send: ClaimedSend, outcome: Outcome | None = None, *, backoff: float = 1.0, in_turn: bool = False
    ) -> Dispatch:
        """Record an outcome; Accepted, under an id of its own, unless said."""
        if outcome is None:
            self.sent.append(said(send.row))
            self.calls.append(max(self.now, send.row.call_at or 0.0))
            outcome = Accepted(f"out.{next(self._ids)}")
        sent = Sent(send.row.key, send.row.tries, outcome, send.run, backoff, self.now, in_turn)
        return await self.store.record(sent)

    async def deliver(self, dispatch: Dispatch) -> float | None:
        """Send until the store gives no more."""
        while dispatch.send is not None:
            dispatch = await self.record(dispatch.send)
        return dispatch.due_at

    async def answer(self, *replies: str) -> ClaimedTurn:
        """A whole turn: waited for, claimed, committed, sent."""
        turn = await self.turn()
        await self.deliver(await self.commit(turn, *replies))
        return turn

    async def until_idle(self, worker: WorkerId = W1) -> None:
        """Run whatever is due, now or later; each turn answers with what it was told."""
        for _ in range(100):
            if await self.store.next_due() is None:
                return
            await self.until_due()
            await self.store.fire_timers(self.now, 10)
            for claimed in await self.claim(worker):
                if isinstance(claimed, ClaimedTurn):
                    told = " ".join(word or "-" for word in words(claimed.events))
                    await self.deliver(await self.commit(claimed, f"re: {told}"))
                else:
                    await self.deliver(Dispatch(claimed))
        raise AssertionError("it never comes to rest")

    def effect(self, turn: ClaimedTurn, name: str, occurrence: int = 1) -> StepKey:
        return StepKey(turn.turn.no, 0, name, occurrence)

    def step(self, turn: ClaimedTurn, name: str, result: bytes | None, *, effect: bool = False) -> StepRow:
        key = turn.run.key
        attempt = 0 if effect else turn.turn.attempt
        done_at = None if result is None else self.now
        return StepRow(
            key.workspace_id, key.id, turn.turn.no, attempt, name, 1, "args", effect, self.now, result, done_at
        )

    async def begin(self, turn: ClaimedTurn, name: str) -> StepRow | None:
        return await self.store.begin_effect(turn.run, self.effect(turn, name), "args", self.now)

    async def finish(self, turn: ClaimedTurn, name: str, result: bytes, *, effect: bool = False) -> None:
        await self.store.finish_step(turn.run, self.step(turn, name, result, effect=effect))

    async def say_now(self, turn: ClaimedTurn, *replies: str, occurrence: int = 1) -> Dispatch:
        step = replace(self.step(turn, "say_now", b"null", effect=True), occurrence=occurrence)
        return await self.store.say_now(turn.run, step, contents(*replies), self.now)

    def timer(
        self,
        turn: ClaimedTurn,
        seconds: float,
        *,
        follow_up: bool = False,
        name: str = "later",
        known_as: str | None = None,
        late: float | None = None,
    ) -> TimerRow:
        key = turn.run.key
        due_at = self.now + seconds
        too_late_at = None if late is None else due_at + late
        details = {"name": name} if too_late_at is None else {"name": name, "too_late_at": too_late_at}
        event = Inbound(
            kind="timer",
            text=name,
            addresses=(f"phone:{ADA}",),
            dedup_key=f"timer:{key.id}:{known_as or name}",
            details=details,
        )
        body = msgspec.json.encode(event)
        return TimerRow(
            key.workspace_id, key.id, known_as or name, turn.channel.id, due_at, follow_up, body, name, too_late_at
        )

    async def fire(self) -> list[Wake]:
        return await self.store.fire_timers(self.now, 100)

    async def mode(self, mode: str, until: float | None = None, of: str = ADA) -> Wake | None:
        return await self.store.set_mode((await self.conversation(of)).key, mode, self.now, until)

    async def beat(
        self, worker: WorkerId = W1, holding: Sequence[ConversationKey] | None = (), *, reap: bool = False
    ) -> Beat:
        held = None if holding is None else frozenset(holding)
        return await self.store.beat(worker, now=self.now, lease=LEASE, holding=held, reap=reap)

    async def die(self, *, other: WorkerId = W2) -> Beat:
        """Every worker but this one is never heard of again, and it notices."""
        await self.store.beat(other, now=self.now, lease=LEASE, holding=None, reap=False)
        self.now += LEASE + 0.1
        return await self.store.beat(other, now=self.now, lease=LEASE, holding=None, reap=True)

    async def conversation(self, of: str = ADA) -> Conversation:
        address = of if ":" in of else f"phone:{of}"
        found = await self.store.find(self.channel.workspace_id, self.channel.id, address)
        assert found is not None
        return found

    async def states(self) -> dict[str, int]:
        """The ledger's states that are not zero; `dropped: why` for what was dropped."""
        ledger = await self.ledger()
        told = {state: n for state, n in ledger.states.items() if n}
        return told | {f"dropped: {why}": n for why, n in ledger.dropped.items() if n}

    async def ledger(self) -> Ledger:
        ledger = await self.store.ledger()
        assert sum(ledger.states.values()) + sum(ledger.dropped.values()) == ledger.accepted
        return ledger

    async def moments(self, of: str = ADA) -> list[tuple[str, str]]:
        key = (await self.conversation(of)).key
        return [(moment.kind, moment.text) for moment in await self.store.moments(key, 1000)]

    def tracker(self, send: ClaimedSend) -> str:
        return tracker_for(send.row.key)
