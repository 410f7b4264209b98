"""From a configuration to running processes."""

import os
import tempfile
from collections.abc import Sequence
from pathlib import Path

from turnkeeper import app
from turnkeeper.app.configuration import SIGNS, needed
from turnkeeper.app.plan import ChildPlan, Plan
from turnkeeper.app.supervisor import become, command
from turnkeeper.config import Settings
from turnkeeper.model.errors import ConfigurationError

_BEYOND_A_TURN = 10.0
"""Seconds that a worker's loop may stand still beyond the longest turn."""
_WEB_STALL = 60.0
_LONGEST_FOLDER = 88


def become_server(
    settings: Settings,
    role: str,
    *,
    demo: bool = False,
    say: str = "Turnkeeper is ready on {url}",
    browse: bool = False,
    remove: Sequence[str] = (),
    aside: str = "",
) -> None:
    """Replace this process by the supervisor of a server. Does not return.

    `aside` is said after `say`, and is no argument of the process: other users of the machine could read it there.
    """
    if role != "all" and settings.database_url.startswith(app.SQLITE):
        raise ConfigurationError(
            "--role",
            "SQLite serves one machine, which needs the web process and the workers",
            "Leave it out, or set database.url to a PostgreSQL database.",
        )
    runtime = _runtime_folder()
    become(
        Plan(
            children=_children(settings, role, runtime, demo=demo),
            host=settings.server.host if role != "worker" else None,
            port=settings.server.port,
            drain=settings.server.drain,
            remove=[runtime, *remove],
            say=say if role != "worker" else "Turnkeeper's workers are ready",
            browse=browse,
        ),
        aside,
    )


def _runtime_folder() -> str:
    """A private folder (0700) for the processes' sockets, whose addresses may have 107 bytes."""
    made = tempfile.mkdtemp(prefix="turnkeeper-")
    if len(os.fsencode(made)) <= _LONGEST_FOLDER:
        return made
    Path(made).rmdir()
    return tempfile.mkdtemp(prefix="turnkeeper-", dir="/tmp")


def _children(settings: Settings, role: str, runtime: str, *, demo: bool) -> list[ChildPlan]:
    def child(kind: str, name: str, stall: float, *, listens: bool = False) -> ChildPlan:
        run = command("turnkeeper.app.child", kind, str(settings.path), runtime, name)
        return ChildPlan(name, run, stall, listens, wanted=SIGNS.get(kind, ""), rests=not needed(kind, settings))

    children = []
    if role != "worker":
        children.append(child("demo-web" if demo else "web", "web", _WEB_STALL, listens=True))
    if role != "web":
        stall = settings.longest_turn + _BEYOND_A_TURN
        names = (f"worker-{number}" for number in range(1, settings.workers.count + 1))
        children.extend(child("worker", name, stall) for name in names)
        children.append(child("poller", "poller", _WEB_STALL))
        children.append(child("librarian", "librarian", _WEB_STALL))
    return children
