"""What happens in a workspace, as it happens, for everybody who has its pages open.

One look a moment at the inbox for each workspace that somebody follows, however many do. Nobody waits for anybody: a
listener that does not keep up is cut off, and comes again where it was.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Final, NamedTuple, Protocol

import msgspec

from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import InboxRow

EVERY: Final = 0.15
"""Seconds between two looks."""
MOST_BEHIND: Final = 500
"""Changes that are told one by one to whoever comes back; who missed more is told to read anew."""
MOST_LISTENERS: Final = 1000
MOST_OF_ONE: Final = 50
"""Streams of one user or token."""
_MOST_QUEUED: Final = 2000
_AWAY: Final = 1.0
_encode = msgspec.json.Encoder().encode
Told = Callable[[InboxRow], bytes]
"""A row as JSON."""


class Inbox(Protocol):
    """What this needs of the store."""

    async def inbox_since(self, workspace_id: WorkspaceId, seq: int, limit: int) -> list[InboxRow]: ...
    async def inbox_seq(self, workspace_id: WorkspaceId) -> int: ...


class News(NamedTuple):
    """One event. `seq`: of a change that is kept, by which a listener comes back; None: it is told once."""

    event: str
    data: bytes
    seq: int | None = None

    @property
    def as_sent(self) -> bytes:
        """The event as `text/event-stream` has it; JSON has no line breaks."""
        known_as = b"" if self.seq is None else b"id: %d\n" % self.seq
        return b"event: %s\n%sdata: %s\n\n" % (self.event.encode(), known_as, self.data)


class Listener:
    """Somebody (`who`) who follows a workspace; `seq`: what they have been told up to."""

    def __init__(self, workspace_id: WorkspaceId, who: str = "") -> None:
        self.workspace_id = workspace_id
        self.who = who
        self.seq = 0
        self.is_cut = False
        self._queue: deque[News] = deque()
        self._some = asyncio.Event()

    def give(self, news: News) -> None:
        """Queue an event; too many unread ones cut the listener off."""
        if len(self._queue) >= _MOST_QUEUED:
            self.cut()
        if not self.is_cut:
            self._queue.append(news)
            self._some.set()

    def cut(self) -> None:
        """It ends after what it is being told now."""
        self.is_cut = True
        self._queue.clear()
        self._some.set()

    def taken(self) -> list[News]:
        """All that is queued."""
        self._some.clear()
        found, self._queue = list(self._queue), deque()
        return found

    async def next(self, within: float) -> list[News]:
        """What there is to be told, waited for so long; nothing where nothing happens, or it is cut off."""
        if not self._queue and not self.is_cut:
            with suppress(TimeoutError):
                async with asyncio.timeout(within):
                    await self._some.wait()
        found = self.taken()
        new = [each for each in found if each.seq is None or each.seq > self.seq]
        self.seq = max((each.seq for each in new if each.seq is not None), default=self.seq)
        return new


class Live:
    """Everybody who follows a workspace through this process."""

    def __init__(self, store: Inbox, *, every: float = EVERY) -> None:
        self._store = store
        self._every = every
        self._listeners: dict[WorkspaceId, set[Listener]] = {}
        self._looking: dict[WorkspaceId, asyncio.Task[None]] = {}
        self._closed = False

    def publish(self, workspace_id: WorkspaceId, event: str, data: object) -> None:
        """Tell whoever follows the workspace through this process, once: it is not kept."""
        listeners = self._listeners.get(workspace_id)
        if listeners:
            news = News(event, _encode(data))
            for each in list(listeners):
                each.give(news)

    @property
    def is_full(self) -> bool:
        """Whether nobody more may come, or all are leaving."""
        return self._closed or sum(map(len, self._listeners.values())) >= MOST_LISTENERS

    def has_room(self, workspace_id: WorkspaceId, who: str) -> bool:
        """Whether one more may come: no user or token, and no workspace, takes the room of all others."""
        theirs = sum(each.who == who for listeners in self._listeners.values() for each in listeners)
        return theirs < MOST_OF_ONE and len(self._listeners.get(workspace_id, ())) < MOST_LISTENERS // 2

    async def join(self, workspace_id: WorkspaceId, after: int | None, told: Told, who: str = "") -> Listener:
        """Begin to follow, from after a change on (None: from now on). Raises StoreError."""
        listener = Listener(workspace_id, who)
        self._listeners.setdefault(workspace_id, set()).add(listener)
        try:
            newest = await self._store.inbox_seq(workspace_id)
            missed: list[InboxRow] = []
            if after is not None and after < newest:
                missed = await self._store.inbox_since(workspace_id, after, MOST_BEHIND + 1)
        except BaseException:
            self.leave(listener)
            raise
        meanwhile = listener.taken()
        listener.give(News("hello", b"{}", newest) if after is None else News("hello", b"{}"))
        if after is not None and (len(missed) > MOST_BEHIND or after > newest):
            listener.seq = min(newest, after) - 1
            listener.give(News("reset", b"{}", newest))
        else:
            listener.seq = newest - 1 if after is None else after
            for row in missed:
                listener.give(News("conversation", told(row), row.seq))
        for news in meanwhile:
            listener.give(news)
        if workspace_id not in self._looking:
            self._looking[workspace_id] = asyncio.create_task(self._look(workspace_id, newest, told))
        return listener

    def leave(self, listener: Listener) -> None:
        """End following; the last one ends the looking."""
        listeners = self._listeners.get(listener.workspace_id, set())
        listeners.discard(listener)
        if not listeners:
            self._listeners.pop(listener.workspace_id, None)
            looking = self._looking.pop(listener.workspace_id, None)
            if looking is not None:
                looking.cancel()

    async def _look(self, workspace_id: WorkspaceId, seq: int, told: Told) -> None:
        while True:
            try:
                if await self._store.inbox_seq(workspace_id) != seq:
                    rows = await self._store.inbox_since(workspace_id, seq, MOST_BEHIND)
                    seq = rows[-1].seq if rows else seq
                    for row in rows:
                        self._tell(workspace_id, News("conversation", told(row), row.seq))
                    if len(rows) == MOST_BEHIND:
                        continue
            except StoreError:
                await asyncio.sleep(_AWAY)
            await asyncio.sleep(self._every)

    def _tell(self, workspace_id: WorkspaceId, news: News) -> None:
        for each in list(self._listeners.get(workspace_id, ())):
            each.give(news)

    async def close(self) -> None:
        """End every stream: none would end by itself."""
        self._closed = True
        for listeners in list(self._listeners.values()):
            for each in list(listeners):
                each.cut()
        tasks = list(self._looking.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
