"""Telling the workers of a conversation whose time has moved, without anybody polling.

A lost wake-up is harmless: workers look for due conversations now and then anyway. So nothing here
waits, retries for long or raises; what cannot be delivered is let go.
"""

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, runtime_checkable

import msgspec

from turnkeeper.store.runs import Wake

OnWakes = Callable[[Sequence[Wake]], None]

_PER_DATAGRAM = 256
_KEPT = 10_000
_RETRY = 0.002
_RETRIES = 6
"""Doubling: a process that takes nothing for an eighth of a second finds its work by looking."""
_NOTIFY_EVERY = 0.01
_NOTIFY_BYTES = 5_900
"""PostgreSQL takes 7,999 bytes of text; base64 adds a third."""


class Wakeups(Protocol):
    """A process's line to all workers, itself included if it listens."""

    def publish(self, wakes: Sequence[Wake]) -> None:
        """Pass wakes on; returns at once. What is queued meanwhile goes out together."""

    async def start(self, on_wakes: OnWakes | None) -> None:
        """Open the line. `on_wakes` gets what all publish; None: this process only publishes."""

    async def close(self) -> None:
        """Close the line; what is queued is let go."""


class LocalWakeups:
    """Within one process."""

    def __init__(self) -> None:
        self._on_wakes: OnWakes | None = None
        self._queued: dict[tuple[str, str], Wake] = {}
        self._handle: asyncio.Handle | None = None

    def publish(self, wakes: Sequence[Wake]) -> None:
        """Queue for this turn of the event loop."""
        if not wakes or self._on_wakes is None:
            return
        _queue(self._queued, wakes)
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._flush)

    async def start(self, on_wakes: OnWakes | None) -> None:
        """Pass wakes to `on_wakes` from now on."""
        self._on_wakes = on_wakes

    async def close(self) -> None:
        """Pass nothing on any more."""
        self._on_wakes = None
        if self._handle is not None:
            self._handle.cancel()

    def _flush(self) -> None:
        self._handle = None
        wakes = list(self._queued.values())
        self._queued.clear()
        if self._on_wakes is not None:
            self._on_wakes(wakes)


@dataclass(slots=True)
class _Peer:
    """Another process, and what it has not taken yet."""

    path: str
    behind: dict[tuple[str, str], Wake] = field(default_factory=dict)
    retry: asyncio.TimerHandle | None = None
    tries: int = 0


class SocketWakeups:
    """Between the processes of one machine: a datagram socket each, in a private directory."""

    def __init__(self, directory: Path, name: str) -> None:
        self._directory = directory
        self._path = str(directory / f"{name}.sock")
        self._local = LocalWakeups()
        self._socket: socket.socket | None = None
        self._queued: dict[tuple[str, str], Wake] = {}
        self._handle: asyncio.Handle | None = None
        self._peers: dict[str, _Peer] = {}

    def publish(self, wakes: Sequence[Wake]) -> None:
        """Tell this process and every other one."""
        if not wakes or self._socket is None:
            return
        self._local.publish(wakes)
        _queue(self._queued, wakes)
        if self._handle is None:
            self._handle = asyncio.get_running_loop().call_soon(self._flush)

    async def start(self, on_wakes: OnWakes | None) -> None:
        """Bind this process's socket if it listens."""
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.setblocking(False)
        await self._local.start(on_wakes)
        if on_wakes is None:
            return
        _remove(self._path)
        self._socket.bind(self._path)
        asyncio.get_running_loop().add_reader(self._socket, self._read, self._socket, on_wakes)

    async def close(self) -> None:
        """Unbind."""
        await self._local.close()
        if self._handle is not None:
            self._handle.cancel()
        for peer in self._peers.values():
            if peer.retry is not None:
                peer.retry.cancel()
        if self._socket is not None:
            asyncio.get_running_loop().remove_reader(self._socket)
            self._socket.close()
            self._socket = None
            _remove(self._path)

    def _flush(self) -> None:
        self._handle = None
        wakes = list(self._queued.values())
        self._queued.clear()
        for path in self._others():
            peer = self._peers.setdefault(path, _Peer(path))
            if peer.retry is None:
                self._send(peer, wakes)
            else:
                _queue(peer.behind, wakes)

    def _send(self, peer: "_Peer", wakes: Sequence[Wake]) -> None:
        """Send to one process. One that does not keep up is offered the rest again a little later."""
        for start in range(0, len(wakes), _PER_DATAGRAM):
            datagram = msgspec.msgpack.encode(wakes[start : start + _PER_DATAGRAM])
            try:
                if self._socket is not None:
                    self._socket.sendto(datagram, peer.path)
            except BlockingIOError:
                if peer.tries < _RETRIES:
                    _queue(peer.behind, wakes[start:])
                    delay = _RETRY * 2.0**peer.tries
                    peer.retry = asyncio.get_running_loop().call_later(delay, self._again, peer)
                    peer.tries += 1
                else:
                    peer.tries = 0
                return
            except OSError as error:
                if isinstance(error, ConnectionRefusedError):  # its process has ended
                    _remove(peer.path)
                self._peers.pop(peer.path, None)
                return
        peer.tries = 0

    def _again(self, peer: "_Peer") -> None:
        peer.retry = None
        wakes = list(peer.behind.values())
        peer.behind.clear()
        self._send(peer, wakes)

    def _others(self) -> list[str]:
        """The sockets in the directory but ours: processes come and go."""
        try:
            with os.scandir(self._directory) as entries:
                paths = [entry.path for entry in entries if entry.name.endswith(".sock")]
        except OSError:
            return []
        return [path for path in paths if path != self._path]

    @staticmethod
    def _read(own: socket.socket, on_wakes: OnWakes) -> None:
        wakes: dict[tuple[str, str], Wake] = {}
        for _ in range(64):
            try:
                _queue(wakes, _decoder.decode(own.recv(65_536)))
            except (BlockingIOError, InterruptedError):
                break
            except (OSError, msgspec.MsgspecError):
                continue
        if wakes:
            on_wakes(list(wakes.values()))


@runtime_checkable
class Notifications(Protocol):
    """What a store that spans machines adds to the store port."""

    async def notify(self, payload: bytes) -> None:
        """Tell all machines, this one included; outside any transaction."""

    async def listen(self, callback: Callable[[bytes], None]) -> Callable[[], Awaitable[None]]:
        """Call back for each payload; what is returned ends it."""


class NotifyWakeups:
    """Between machines, through the database: one notification for all that came in 10 ms."""

    def __init__(self, notifications: Notifications, machine: str) -> None:
        self._notifications = notifications
        self._machine = machine
        self._queued: dict[tuple[str, str], Wake] = {}
        self._task: asyncio.Task[None] | None = None
        self._unlisten: Callable[[], Awaitable[None]] | None = None
        self._open = False

    def publish(self, wakes: Sequence[Wake]) -> None:
        """Queue for the next notification."""
        if not wakes or not self._open:
            return
        _queue(self._queued, wakes)
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._notify_all())

    async def start(self, on_wakes: OnWakes | None) -> None:
        """Listen for what other machines publish; this one's own takes a shorter way."""
        self._open = True
        if on_wakes is None:
            return

        def heard(payload: bytes) -> None:
            try:
                machine, wakes = _letter_decoder.decode(payload)
            except msgspec.MsgspecError:
                return
            if machine != self._machine:
                on_wakes(wakes)

        self._unlisten = await self._notifications.listen(heard)

    async def close(self) -> None:
        """Stop listening."""
        self._open = False
        if self._task is not None:
            self._task.cancel()
        if self._unlisten is not None:
            await self._unlisten()

    async def _notify_all(self) -> None:
        try:
            while self._queued:
                await asyncio.sleep(_NOTIFY_EVERY)
                wakes = list(self._queued.values())
                self._queued.clear()
                for payload in self._letters(wakes):
                    await self._notifications.notify(payload)
        except Exception:  # noqa: BLE001 - a lost wake-up is harmless, a dead publisher is not
            self._queued.clear()
        finally:
            self._task = None

    def _letters(self, wakes: Sequence[Wake]) -> Iterable[bytes]:
        payload = msgspec.msgpack.encode((self._machine, wakes))
        if len(payload) <= _NOTIFY_BYTES or len(wakes) == 1:
            return [payload]
        half = len(wakes) // 2
        return [*self._letters(wakes[:half]), *self._letters(wakes[half:])]


class JoinedWakeups:
    """Several lines as one: sockets on this machine, notifications to the others."""

    def __init__(self, *lines: Wakeups) -> None:
        self._lines = lines

    def publish(self, wakes: Sequence[Wake]) -> None:
        """On every line."""
        for line in self._lines:
            line.publish(wakes)

    async def start(self, on_wakes: OnWakes | None) -> None:
        """Open every line."""
        for line in self._lines:
            await line.start(on_wakes)

    async def close(self) -> None:
        """Close every line."""
        for line in self._lines:
            await line.close()


_decoder = msgspec.msgpack.Decoder(list[Wake])
_letter_decoder = msgspec.msgpack.Decoder(tuple[str, list[Wake]])


def _remove(path: str) -> None:
    with suppress(OSError):
        Path(path).unlink()


def _key(wake: Wake) -> tuple[str, str]:
    return wake.workspace_id, wake.conversation_id


def _queue(queued: dict[tuple[str, str], Wake], wakes: Iterable[Wake]) -> None:
    """Keep the newest of each conversation, but never lose that a worker was fenced."""
    for wake in wakes:
        key = _key(wake)
        before = queued.get(key)
        if before is not None and before.fenced is not None and wake.fenced is None:
            wake = msgspec.structs.replace(wake, fenced=before.fenced)
        elif before is None and len(queued) >= _KEPT:
            continue
        queued[key] = wake
