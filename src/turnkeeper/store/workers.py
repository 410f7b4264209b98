"""The workers that live on one database: their heartbeats, and the tasks of which each is one process's alone."""

from __future__ import annotations

from typing import NamedTuple, Protocol

from turnkeeper.model.ids import ConversationKey, WorkerId


class Beat(NamedTuple):
    """A heartbeat's answer. `alive` False: declared dead, take a new identity. `clock`: the database's."""

    alive: bool
    released: int
    clock: float


class Vitals(NamedTuple):
    """How the workers are. `due`: conversations that wait for one now, the first of them since `oldest_due_at`;
    `clock`: the database's, if it has one."""

    workers: int
    due: int
    clock: float | None = None
    oldest_due_at: float | None = None


class Sole(Protocol):
    """A task that one process does, and no other on this database, as long as `holds` and until `release`."""

    async def holds(self) -> bool:
        """Ask whether it is still so. Whoever does not ask for 15 s may lose it to another process."""

    async def release(self) -> None:
        """Leave it to others; never raises."""


class WorkerRecords(Protocol):
    """The part of the store that knows who works."""

    async def register(self, worker_id: WorkerId, now: float) -> None:
        """Announce a worker."""

    async def beat(
        self, worker_id: WorkerId, *, now: float, lease: float, holding: frozenset[ConversationKey] | None, reap: bool
    ) -> Beat:
        """Live on; free what dead workers owned (if `reap`), and what this one owns and does not hold.

        `holding` None: not asked, because a claim is under way.
        """

    async def retire(self, worker_id: WorkerId, now: float) -> int:
        """Sign off: frees all that the worker owned; how many."""

    async def sole(self, task: str) -> Sole | None:
        """Be the only process that does a task, by any name; None while another one is. A process that dies, or a
        machine that vanishes, holds nothing any more."""

    async def vitals(self, now: float, since: float) -> Vitals:
        """Count the workers that have beaten `since`, and the conversations that are due."""
