"""What a bot in Python knows of a contact: read from the records, written with the turn."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from turnkeeper.bots.results import NotStorable
from turnkeeper.engine.answer import Records

LONGEST = 4_000
"""Bytes of one fact, as JSON."""
MOST = 100
"""Facts that one turn may write."""
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,63}")


class Facts:
    """Facts of the contact by name, across all of their conversations with this bot.

        budget = await turn.facts.get("budget")
        turn.facts.set("budget", 200)

    What is set is seen at once by this turn, and kept when it commits: a turn that fails leaves none.
    """

    def __init__(self, records: Records) -> None:
        self._records = records
        self._learned: dict[str, Any] = {}

    async def all(self) -> dict[str, Any]:
        """Every fact."""
        known = {name: value for name, value in (await self._records.facts()).items() if not name.startswith("_")}
        return {name: value for name, value in {**known, **self._learned}.items() if value is not None}

    async def get(self, name: str, default: Any = None) -> Any:
        """One fact, or the default."""
        return (await self.all()).get(name, default)

    def set(self, name: str, value: Any) -> None:
        """Keep a fact. Raises ValueError for a name that is none, NotStorable for what is too long or no JSON."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not a fact's name: letters, digits and underscores, a letter first")
        if name not in self._learned and len(self._learned) >= MOST:
            raise ValueError(f"a turn keeps at most {MOST} facts")
        self._learned[name] = _as_json(name, value)

    def forget(self, name: str) -> None:
        """Erase a fact, if there is one."""
        self.set(name, None)

    @property
    def learned(self) -> Mapping[str, Any]:
        """What this turn leaves, for `Answer.facts`; None forgets."""
        return dict(self._learned)


def _as_json(name: str, value: Any) -> Any:
    """The value as it will be read again."""
    try:
        encoded = msgspec.json.encode(value)
    except (TypeError, ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise NotStorable(f"fact {name}: it cannot be kept as JSON: {error}") from error
    if len(encoded) > LONGEST:
        raise NotStorable(f"fact {name}: {len(encoded)} bytes of JSON are more than {LONGEST}")
    return msgspec.json.decode(encoded)
