"""Two workers and a world that does not help: random operations, lost answers, deaths, takeovers, one seed a story.

What a provider saw is kept beside the store, and judged as it happens: rows in order, none twice unless its fate
was unknown. The store is judged through its port.
"""

from collections import defaultdict
from collections.abc import Awaitable, Callable
from dataclasses import replace
from random import Random
from typing import Any

from tests.contracts.world import LEASE, World
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import Inbound, SessionStatus, Status
from turnkeeper.model.ids import ConversationKey, OutboundKey, WorkerId
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown
from turnkeeper.model.policy import Channel, RateLimit
from turnkeeper.store.base import ClaimedSend, ClaimedTurn, Dispatch, Intake, Sent, SessionReport
from turnkeeper.testing.events import SENDS, TURNS, channel, deleted, echo, edited, event, status, text, unnumbered

PEOPLE = ("ada", "bob")
LOST = "lost"
"""The fate of a call whose worker died before it could tell."""


def any_channel(rng: Random) -> Channel:
    turns = replace(
        TURNS,
        overlap=rng.choice(("interrupt", "interrupt", "queue", "drop")),
        gather=rng.random() < 0.8,
        adaptive=rng.random() < 0.3,
        rate_limit=rng.choice((None, None, RateLimit(3, 60.0))),
        reply_expires=rng.choice((86_400.0, 120.0)),
    )
    sends = replace(
        SENDS,
        on_unknown=rng.choice(("wait_then_resend", "resend_once", "never_resend")),
        echo_takes_over=rng.choice((None, 120.0)),
    )
    return channel(turns=turns, sends=sends)


class Chaos:
    """One story. `accepted` counts what the store must know of."""

    def __init__(self, world: World, rng: Random) -> None:
        self.w = world
        self.rng = rng
        self.accepted = 0
        self.workers = {WorkerId("w1"): world.now, WorkerId("w2"): world.now}
        self.beats = dict(self.workers)
        self.born = 2
        self.turns: list[tuple[WorkerId, ClaimedTurn]] = []
        self.sends: list[tuple[WorkerId, ClaimedSend, bool]] = []
        self.heard: list[Inbound] = []
        self.fates: dict[OutboundKey, list[str]] = defaultdict(list)
        self.furthest: dict[ConversationKey, int] = {}
        self.known: list[tuple[str | None, str]] = []
        self.log: list[str] = []

    async def step(self) -> None:
        moves: list[tuple[int, Callable[[], Awaitable[None]]]] = [
            (6, self.hear),
            (5, self.wait),
            (8, self.claim),
            (8, self.work),
            (8, self.send),
            (3, self.beat),
            (1, self.die),
            (1, self.forget),
            (2, self.set_mode),
            (1, self.pause_or_resume),
            (1, self.lose_or_find_the_session),
            (2, self.report),
            (1, self.fire),
        ]
        move = self.rng.choices([m for _, m in moves], [n for n, _ in moves])[0]
        self.log.append(move.__name__)
        try:
            await move()
        except Fenced:
            self.log.append("fenced")

    async def hear(self) -> None:
        rng, of = self.rng, self.rng.choice(PEOPLE)
        old = rng.choice(self.heard) if self.heard else text("first", of=of)
        said = [
            text(rng.choice(("one", "two?", "three")), of=of, at=self.w.now),
            old,
            edited(old, "changed"),
            deleted(old),
            echo("typed", of=of),
            event("payment", "paid", of=of),
            event("reaction", of=of),
            event("operator", "I do", of=of),
            text(rng.choice(("stop", "start")), of=of),
            unnumbered("ok", of=of),
            text("both", addresses=tuple(f"phone:{who}" for who in PEOPLE)),
            text("old", of=of, at=self.w.now - 100_000),
        ]
        weights = [16, 2, 2, 2, 1, 2, 1, 0.4, 0.7, 1, 0.3, 0.5]
        chosen = rng.choices(said, weights, k=rng.choice((1, 1, 2)))
        self.heard += [inbound for inbound in chosen if inbound.kind == "text" and not inbound.from_me]
        taken = await self.w.hear(*chosen)
        assert taken.accepted + taken.duplicates == len(chosen)
        self.accepted += taken.accepted

    async def wait(self) -> None:
        self.w.now += self.rng.choice((0.1, 1, 1, 2.5, 4, 8, 20))

    async def claim(self) -> None:
        worker = self.rng.choice(list(self.workers))
        for claimed in await self.w.claim(worker, self.rng.choice((1, 5)), self.rng.choice(("v1", "v1", "v1", "v2"))):
            if isinstance(claimed, ClaimedTurn):
                assert claimed.events
                assert claimed.conversation.unsent == 0
                self.turns.append((worker, claimed))
            else:
                self.sends.append((worker, claimed, False))

    async def work(self) -> None:
        """One thing that a running turn may do."""
        if not self.turns:
            return
        place = self.rng.randrange(len(self.turns))
        worker, turn = self.turns[place]
        replies = ["a", "b", "c"][: self.rng.choice((0, 1, 1, 2, 3))]
        match self.rng.choice(("begin", "say", *["commit"] * 8, "fail", "put off", "release", "hand over")):
            case "begin":
                await self.w.begin(turn, "book")
                if self.rng.random() < 0.7:
                    await self.w.finish(turn, "book", b"1", effect=True)
                return
            case "say":
                self.follow(worker, await self.w.say_now(turn, "moment"), in_turn=True)
                return
            case "put off":
                del self.turns[place]
                await self.w.put_off(turn, self.rng.choice((1, 30)))
            case "release":
                del self.turns[place]
                await self.w.store.release(turn.run, self.w.now)
            case how:
                del self.turns[place]
                timers = [self.w.timer(turn, 30, follow_up=self.rng.random() < 0.5)] if self.rng.random() < 0.2 else []
                ending = self.w.ending(
                    turn,
                    *replies,
                    failed=how == "fail",
                    handover="asked" if how == "hand over" else None,
                    timers=timers,
                )
                await self.told(worker, lambda: self.w.store.commit(ending))

    async def told(self, worker: WorkerId, ask: Callable[[], Awaitable[Dispatch]], *, in_turn: bool = False) -> None:
        """Ask; the answer may be lost, and then it is asked again, as the engine does."""
        dispatch = await ask()
        if self.rng.random() < 0.2:
            self.log.append("again")
            dispatch = await ask()
        self.follow(worker, dispatch, in_turn=in_turn)

    def follow(self, worker: WorkerId, dispatch: Dispatch, *, in_turn: bool = False) -> None:
        if dispatch.send is not None:
            self.sends.append((worker, dispatch.send, in_turn))

    async def send(self) -> None:
        if not self.sends:
            return
        worker, send, in_turn = self.sends.pop(self.rng.randrange(len(self.sends)))
        outcome = self.call(worker, send)
        if self.rng.random() < 0.05:
            self.fates[send.row.key][-1] = LOST
            return
        sent = Sent(send.row.key, send.row.tries, outcome, send.run, self.rng.choice((1, 20)), self.w.now, in_turn)
        await self.told(worker, lambda: self.w.store.record(sent), in_turn=in_turn)

    def call(self, worker: WorkerId, send: ClaimedSend) -> Outcome:
        """What the provider does, and whether it should ever have been asked."""
        row = send.row
        if self.w.now - self.workers.get(worker, 0.0) >= 0.7 * LEASE or self.w.now - (row.sending_at or 0.0) > 18:
            self.fates[row.key].append("not sent")
            return NotSent("the lease may have lapsed", retry_after=0.0)
        before = self.fates[row.key]
        assert all(fate in ("not sent", "unknown", LOST) for fate in before), f"{row.key} sent again after {before}"
        assert before.count("unknown") + before.count(LOST) <= 1, f"{row.key} sent again after {before}"
        furthest = self.furthest.get(row.conversation, 0)
        assert row.seq >= furthest, f"row {row.seq} sent after row {furthest}"
        self.furthest[row.conversation] = row.seq
        external_id = f"out.{len(self.known)}"
        outcome: Outcome = self.rng.choices(
            (
                Accepted(external_id),
                NotSent("busy"),
                NotSent("not connected", scope="session"),
                Rejected("1", "no"),
                Rejected("190", "token", "stop_channel"),
                Unknown("no answer"),
            ),
            (12, 3, 1, 1, 0.5, 2),
        )[0]
        fates = {Accepted: "accepted", NotSent: "not sent", Rejected: "rejected", Unknown: "unknown"}
        fate = fates[type(outcome)]
        before.append("not sent" if isinstance(outcome, Rejected) and outcome.remedy == "stop_channel" else fate)
        if fate in ("accepted", "unknown"):
            self.known.append((external_id, self.w.tracker(send)))
        return outcome

    async def beat(self) -> None:
        worker = self.rng.choice(list(self.workers))
        holding = [turn.run.key for owner, turn in self.turns if owner == worker]
        holding += [send.run.key for owner, send, _ in self.sends if owner == worker]
        beat = await self.w.beat(worker, holding, reap=True)
        if not beat.alive:
            await self.reborn(worker)
            return
        self.workers[worker] = self.beats[worker] = self.w.now
        owners = {c.owner for c in await self.w.store.recent(10)} - {None}
        dead = [w for w in owners if w is not None and self.w.now - self.beats[w] > LEASE]
        assert not dead, f"{dead} own conversations after a reap"

    async def reborn(self, worker: WorkerId) -> None:
        self.turns = [held for held in self.turns if held[0] != worker]
        self.sends = [held for held in self.sends if held[0] != worker]
        del self.workers[worker]
        self.born += 1
        new = WorkerId(f"w{self.born}")
        await self.w.store.register(new, self.w.now)
        self.workers[new] = self.beats[new] = self.w.now

    async def die(self) -> None:
        """`kill -9`, and a new process in its place."""
        await self.reborn(self.rng.choice(list(self.workers)))

    async def forget(self) -> None:
        """An answer was lost, so nobody runs what is owned."""
        if self.turns and self.rng.random() < 0.5:
            self.turns.pop()

    async def set_mode(self) -> None:
        found = await self.w.store.recent(10)
        if found:
            until = self.rng.choice((None, self.w.now + 10))
            key = self.rng.choice(found).key
            mode = self.rng.choice(("human", "bot", "bot", "bot", "bot", "paused"))
            await self.w.store.set_mode(key, mode, self.w.now, until if mode != "bot" else None)

    async def pause_or_resume(self) -> None:
        where = (self.w.channel.workspace_id, self.w.channel.id)
        if self.rng.random() < 0.3:
            await self.w.store.pause_channel(*where, "token", self.w.now)
        else:
            await self.w.store.resume_channel(*where, self.w.now)

    async def lose_or_find_the_session(self) -> None:
        """A webhook tells of the account, perhaps late."""
        works = self.rng.random() < 0.6
        told = SessionStatus(status="WORKING" if works else "FAILED", works=works)
        at = self.w.now - self.rng.choice((0.0, 0.0, 5.0))
        await self.w.store.take(Intake(sessions=[SessionReport(self.w.channel, told, at)]))

    async def report(self) -> None:
        if not self.known:
            return
        external_id, tracker = self.rng.choice(self.known)
        word: Status = self.rng.choice(("sent", "delivered", "read", "failed"))
        by = self.rng.choice(("id", "tracker"))
        await self.w.report(
            status(word, id=external_id if by == "id" else None, tracker=tracker if by == "tracker" else None)
        )

    async def fire(self) -> None:
        before = await self.w.store.ledger()
        await self.w.fire()
        self.accepted += (await self.w.store.ledger()).accepted - before.accepted

    async def check(self) -> None:
        """What holds after every operation."""
        ledger = await self.w.ledger()
        assert ledger.accepted == self.accepted
        paused = bool(await self.w.store.paused_channels())
        for c in await self.w.store.recent(10):
            assert c.unsent >= 0
            assert c.out_done <= c.out_last
            assert c.done_to <= c.in_last
            if c.owner is not None:
                assert c.due_at is None
                continue
            if c.unsent:
                assert paused or c.due_at is not None, f"{c.id} has unsent rows and is never due"
            elif c.mode == "bot":
                moments = await self.w.store.moments(c.key, 1000)
                waits = any(m.kind == "waiting" and m.seq is not None and m.text != "typed" for m in moments)
                assert not waits or c.due_at is not None, f"{c.id} has waiting events and is never due"

    async def drain(self) -> None:
        """The world becomes kind: everything must end, in one visible state each."""
        for worker in list(self.workers):
            await self.reborn(worker)
        self.w.now += LEASE + 1
        last = WorkerId("last")
        await self.w.store.register(last, self.w.now)
        await self.w.store.beat(last, now=self.w.now, lease=LEASE, holding=frozenset(), reap=True)
        await self.w.store.resume_channel(self.w.channel.workspace_id, self.w.channel.id, self.w.now)
        for c in await self.w.store.recent(10):
            await self.w.store.set_mode(c.key, "bot", self.w.now)
        for _ in range(200):
            if (due := await self.w.store.next_due()) is None:
                break
            self.w.now = max(self.w.now, due)
            await self.fire()
            for claimed in await self.w.claim(last):
                if isinstance(claimed, ClaimedTurn):
                    await self.deliver(last, await self.w.store.commit(self.w.ending(claimed, "fine")))
                else:
                    await self.deliver(last, Dispatch(claimed))
        ledger = await self.w.ledger()
        assert ledger.accepted == self.accepted
        assert (ledger.states["waiting"], ledger.states["running"]) == (0, 0), f"{ledger.states} never end"
        for c in await self.w.store.recent(10):
            assert (c.owner, c.unsent, c.turn_state) == (None, 0, "none")

    async def deliver(self, worker: WorkerId, dispatch: Dispatch) -> None:
        while dispatch.send is not None:
            send = dispatch.send
            self.workers[worker] = self.w.now
            outcome = self.call(worker, send)
            sent = Sent(send.row.key, send.row.tries, outcome, send.run, 1.0, self.w.now)
            dispatch = await self.w.store.record(sent)
            if isinstance(outcome, Rejected) and outcome.remedy == "stop_channel":
                await self.w.store.resume_channel(self.w.channel.workspace_id, self.w.channel.id, self.w.now)


async def tell(world: Any, seed: int, length: int) -> None:
    """One story; what goes wrong names its seed."""
    rng = Random(seed)
    async with world(any_channel(rng)) as w:
        chaos = Chaos(w, rng)
        try:
            for _ in range(length):
                await chaos.step()
                await chaos.check()
            await chaos.drain()
        except BaseException as error:
            error.add_note(f"seed {seed}: {' '.join(chaos.log[-40:])}")
            raise
