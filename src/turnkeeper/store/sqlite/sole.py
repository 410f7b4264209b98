"""Tasks that one process does: a lock on a file beside the database, which ends with the process however it ends."""

from __future__ import annotations

import fcntl
import os
from hashlib import blake2b


def named(task: str) -> str:
    """What ends the name of a task's file."""
    return "sole-" + blake2b(task.encode(), digest_size=6).hexdigest()


class FileSole:
    """A task that is ours; `file` None: of a database in memory, which no other process knows."""

    def __init__(self, file: int | None, tasks: set[str], task: str) -> None:
        self._file = file
        self._tasks = tasks
        self._task = task
        self._held = True
        tasks.add(task)

    @classmethod
    def taken(cls, path: str | None, tasks: set[str], task: str) -> FileSole | None:
        """The task, if nobody else has it; `tasks`: those that this store holds."""
        if task in tasks:
            return None
        if path is None:
            return cls(None, tasks, task)
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            return None
        return cls(file, tasks, task)

    async def holds(self) -> bool:
        """Nobody can take it away."""
        return self._held

    async def release(self) -> None:
        """Leave it to others. The file stays: whoever removed it could remove another's lock."""
        if self._held:
            self._held = False
            self._tasks.discard(self._task)
        file, self._file = self._file, None
        if file is not None:
            os.close(file)
