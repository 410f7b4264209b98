"""A turn's journal without an engine: results go through JSON, a stored one is never computed again."""

from collections import Counter
from collections.abc import Callable
from typing import Any

import msgspec

from turnkeeper.bots.results import Results
from turnkeeper.model.errors import StepChanged


class Crash(BaseException):
    """The worker is gone."""


class Notebook:
    """What a database keeps of a turn's steps, over crashes and attempts."""

    def __init__(self) -> None:
        self.rows: dict[tuple[int, str, int], tuple[bytes, bytes | None]] = {}
        self.ran: list[str] = []
        """Every function that was really run, by its step's name."""

    def attempt(self, number: int = 1, *, crash_after: int | None = None, crash_in: str | None = None) -> "Attempt":
        """`crash_after`: after so many steps were stored; `crash_in`: before that step's result is."""
        return Attempt(self, number, crash_after, crash_in)

    def results(self, name: str) -> list[Any]:
        """What is stored for a name, in order."""
        return [msgspec.json.decode(row[1]) for key, row in self.rows.items() if key[1] == name and row[1] is not None]


class Attempt:
    """The Steps of one attempt."""

    def __init__(self, notebook: Notebook, number: int, crash_after: int | None, crash_in: str | None) -> None:
        self._notebook = notebook
        self._number = number
        self._crash_after = crash_after
        self._crash_in = crash_in
        self._seen: Counter[tuple[str, bool]] = Counter()
        self.spent: list[str] = []

    async def step(
        self, name: str, function: Callable[..., Any], *args: Any, effect: bool = False, spent: bool = False
    ) -> Any:
        self.spent += [name] if spent else []
        self._seen[name, effect] += 1
        key = (0 if effect else self._number, name, self._seen[name, effect])
        results = Results(function)
        digest = results.arguments(args)
        stored = self._notebook.rows.get(key)
        if stored is not None and stored[0] != digest:
            raise StepChanged(name)
        if stored is not None and stored[1] is not None:
            return results.decode(stored[1])
        self._notebook.rows[key] = (digest, None)
        self._notebook.ran.append(name)
        takes_key = "key" in function.__code__.co_varnames[: function.__code__.co_argcount]
        value = await function(*args, **({"key": f"key-{'.'.join(map(str, key))}"} if takes_key else {}))
        if self._crash_in == name:
            raise Crash
        encoded = results.encode(value)
        self._notebook.rows[key] = (digest, encoded)
        if self._crash_after is not None:
            self._crash_after -= 1
            if self._crash_after == 0:
                raise Crash
        return results.decode(encoded)
