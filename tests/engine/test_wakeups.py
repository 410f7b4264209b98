"""Wake-ups reach every process of a machine at once, and a lost one hurts nobody."""

import asyncio
import socket
from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from turnkeeper.engine import wakeups as module
from turnkeeper.engine.wakeups import (
    JoinedWakeups,
    LocalWakeups,
    NotifyWakeups,
    SocketWakeups,
)
from turnkeeper.model.ids import WorkerId, WorkspaceId
from turnkeeper.store.runs import Wake


def wake(name: str, due_at: float | None = 1.0, fenced: str | None = None) -> Wake:
    return Wake(WorkspaceId("default"), name, due_at, WorkerId(fenced) if fenced else None)


class Heard:
    """Collects what a line passes on, and waits for it without sleeping."""

    def __init__(self) -> None:
        self.batches: list[list[Wake]] = []
        self._more = asyncio.Event()

    def __call__(self, wakes: Sequence[Wake]) -> None:
        self.batches.append(list(wakes))
        self._more.set()

    async def until(self, count: int) -> list[Wake]:
        async with asyncio.timeout(5):
            while len(self.all()) < count:
                self._more.clear()
                await self._more.wait()
        return self.all()

    def all(self) -> list[Wake]:
        return [each for batch in self.batches for each in batch]


async def test_local_wakes_of_one_moment_come_together_and_the_newest_counts() -> None:
    heard = Heard()
    line = LocalWakeups()
    await line.start(heard)
    line.publish([wake("a", 1.0), wake("b")])
    line.publish([wake("a", 2.0)])
    line.publish([])
    assert heard.batches == [], "publish never calls back itself"
    assert await heard.until(2) == [wake("a", 2.0), wake("b")]
    assert len(heard.batches) == 1
    await line.close()
    line.publish([wake("c")])
    await asyncio.sleep(0)
    assert len(heard.all()) == 2


async def test_a_fenced_worker_is_told_even_if_a_newer_wake_covers_it() -> None:
    heard = Heard()
    line = LocalWakeups()
    await line.start(heard)
    line.publish([wake("a", 1.0, fenced="w1")])
    line.publish([wake("a", 2.0)])
    assert await heard.until(1) == [wake("a", 2.0, fenced="w1")]


async def test_sockets_reach_every_process_and_oneself(tmp_path: Path) -> None:
    heard = [Heard(), Heard()]
    lines = [SocketWakeups(tmp_path, f"worker-{n}") for n in range(2)]
    web = SocketWakeups(tmp_path, "web")
    for line, ear in zip(lines, heard, strict=True):
        await line.start(ear)
    await web.start(None)
    web.publish([wake("a")])
    lines[0].publish([wake("b", None, "w9")])
    for ear in heard:
        assert sorted(await ear.until(2), key=lambda each: each.conversation_id) == [
            wake("a"),
            wake("b", None, "w9"),
        ]
    for line in [*lines, web]:
        await line.close()
    assert list(tmp_path.iterdir()) == []


async def test_more_than_a_datagram_holds_arrives_whole(tmp_path: Path) -> None:
    heard = Heard()
    worker = SocketWakeups(tmp_path, "worker")
    web = SocketWakeups(tmp_path, "web")
    await worker.start(heard)
    await web.start(None)
    many = [wake(f"c{number:025d}") for number in range(9_000)]
    web.publish(many)
    got = await heard.until(9_000)
    assert {each.conversation_id for each in got} == {each.conversation_id for each in many}
    await web.close()
    await worker.close()


async def test_a_dead_process_is_forgotten_and_a_deaf_one_holds_nobody_up(tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as dead:
        dead.bind(str(tmp_path / "dead.sock"))
    deaf = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    deaf.bind(str(tmp_path / "deaf.sock"))
    heard = Heard()
    worker = SocketWakeups(tmp_path, "worker")
    web = SocketWakeups(tmp_path, "web")
    await worker.start(heard)
    await web.start(None)
    names = [f"c{number}" for number in range(200)]
    for name in names:  # each in a datagram of its own: more than a socket queues
        web.publish([wake(name)])
        await asyncio.sleep(0)
    await heard.until(len(names))
    assert {each.conversation_id for each in heard.all()} == set(names)
    assert not (tmp_path / "dead.sock").exists()
    await web.close()
    await worker.close()
    deaf.close()


async def test_a_process_that_was_busy_gets_what_it_missed(tmp_path: Path) -> None:
    busy = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    busy.setblocking(False)
    busy.bind(str(tmp_path / "busy.sock"))
    web = SocketWakeups(tmp_path, "web")
    await web.start(None)
    names = {f"c{number}" for number in range(500)}
    for name in sorted(names):
        web.publish([wake(name)])
        await asyncio.sleep(0)
    got: set[str] = set()
    async with asyncio.timeout(5):
        while got != names:
            try:
                got |= {each[1] for each in msgspec.msgpack.decode(busy.recv(65_536))}
            except BlockingIOError:
                await asyncio.sleep(0.001)
    await web.close()
    busy.close()


async def test_garbage_on_the_socket_is_let_go(tmp_path: Path) -> None:
    heard = Heard()
    worker = SocketWakeups(tmp_path, "worker")
    await worker.start(heard)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as stranger:
        for datagram in (b"", b"\xc1", b"[1]"):
            stranger.sendto(datagram, str(tmp_path / "worker.sock"))
    worker.publish([wake("a")])
    assert await heard.until(1) == [wake("a")]
    await worker.close()


async def test_publishing_on_a_closed_line_does_nothing(tmp_path: Path) -> None:
    line = SocketWakeups(tmp_path, "web")
    line.publish([wake("a")])
    await line.start(None)
    await line.close()
    line.publish([wake("a")])


class Bus:
    """A database's notifications, heard by all; `broken` raises instead."""

    def __init__(self) -> None:
        self.callbacks: list[Callable[[bytes], None]] = []
        self.payloads: list[bytes] = []
        self.broken = False

    async def notify(self, payload: bytes) -> None:
        if self.broken:
            raise ConnectionError
        self.payloads.append(payload)
        for callback in self.callbacks:
            callback(payload)

    async def listen(self, callback: Callable[[bytes], None]) -> Callable[[], object]:
        self.callbacks.append(callback)

        async def unlisten() -> None:
            self.callbacks.remove(callback)

        return unlisten


async def test_machines_hear_each_other_but_not_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_NOTIFY_EVERY", 0.0)
    bus = Bus()
    here, there = Heard(), Heard()
    one, two = NotifyWakeups(bus, "m1"), NotifyWakeups(bus, "m2")  # type: ignore[arg-type]
    await one.start(here)
    await two.start(there)
    one.publish([wake("a", 1.0)])
    one.publish([wake("a", 3.0), wake("b")])
    assert await there.until(2) == [wake("a", 3.0), wake("b")]
    assert here.all() == []
    assert len(bus.payloads) == 1
    bus.callbacks[0](b"\xc1 not ours")
    await one.close()
    await two.close()
    assert bus.callbacks == []


async def test_letters_stay_below_what_a_notification_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_NOTIFY_EVERY", 0.0)
    bus = Bus()
    there = Heard()
    one, two = NotifyWakeups(bus, "m1"), NotifyWakeups(bus, "m2")  # type: ignore[arg-type]
    await one.start(None)
    await two.start(there)
    one.publish([wake(f"c{number:025d}") for number in range(1_000)])
    assert len(await there.until(1_000)) == 1_000
    assert max(map(len, bus.payloads)) <= 5_900


async def test_a_database_that_is_away_does_not_end_the_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_NOTIFY_EVERY", 0.0)
    bus = Bus()
    there = Heard()
    one, two = NotifyWakeups(bus, "m1"), NotifyWakeups(bus, "m2")  # type: ignore[arg-type]
    line = JoinedWakeups(LocalWakeups(), one)
    await line.start(lambda _: None)
    await two.start(there)
    bus.broken = True
    line.publish([wake("lost")])
    for _ in range(5):
        await asyncio.sleep(0)
    bus.broken = False
    line.publish([wake("heard")])
    assert await there.until(1) == [wake("heard")]
    await line.close()
