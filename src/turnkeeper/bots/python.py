"""Bots written in Python: stages are functions, the session says which one a turn starts in."""

from __future__ import annotations

import hashlib
import importlib
import inspect
import sys
from collections.abc import Awaitable, Callable
from copy import copy
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from turnkeeper.bots.turn import Turn
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.model.errors import ConfigurationError

if TYPE_CHECKING:
    from turnkeeper.bots.library import Library
    from turnkeeper.bots.thinking import Thinking

Stage = Callable[[Turn], Awaitable[None]]


class Bot:
    """A bot of stages.

    `version` changes with the source of the module that defines the bot, unless given: a turn that was begun
    by other code is never resumed half-way.
    """

    def __init__(self, name: str, *, version: str | None = None) -> None:
        self.name = name
        self._stages: dict[str, Stage] = {}
        self._first: str | None = None
        self._version = version
        self._thinking: Thinking | None = None
        self._library: Library | None = None

    @property
    def version(self) -> str:
        """What the bot's code is known by."""
        if self._version is None:
            self._version = _source_digest(list(self._stages.values()))
        return self._version

    @property
    def stages(self) -> tuple[str, ...]:
        """The names of the stages, in the order in which they were written."""
        return tuple(self._stages)

    def stage(self, name: str, *, first: bool = False) -> Callable[[Stage], Stage]:
        """Register a stage; one is `first`, where a new session starts."""

        def register(function: Stage) -> Stage:
            if name in self._stages:
                raise ValueError(f"stage {name!r} is defined twice")
            if first and self._first is not None:
                raise ValueError(f"{self._first!r} is the first stage already, {name!r} cannot be too")
            self._stages[name] = function
            if first:
                self._first = name
            return function

        return register

    def with_thinking(self, thinking: Thinking) -> Bot:
        """The same bot with models to ask: `turn.ask`."""
        bot = copy(self)
        bot._thinking = thinking
        return bot

    def with_library(self, library: Library | None) -> Bot:
        """The same bot with something to look things up in: `turn.look_up`."""
        bot = copy(self)
        bot._library = library
        return bot

    async def answer(self, work: Work) -> Answer:
        """Run the stage that the session is in; a stage that is gone is set aside, not raised."""
        turn = Turn(work, self._thinking, self._library)
        trace = None
        name = turn.stage or self._first
        if name not in self._stages:
            trace = f"stage {name!r} set aside: the bot has {', '.join(self._stages) or 'none'}"
            name = turn.stage = self._first
        if name is None:
            raise ConfigurationError(f"bots.{self.name}", "no stage is the first", "write @bot.stage(..., first=True)")
        turn.stage = name
        await self._stages[name](turn)
        return turn.answer(trace)


def load(entry: str, folder: Path, key: str = "entry") -> Bot:
    """The bot that `module:name` names; modules are looked for in `folder` first. Raises ConfigurationError."""
    bot = named(entry, folder, key, 'write, for example, "my_bot:bot"')
    if not isinstance(bot, Bot):
        module_name, _, attribute = entry.partition(":")
        found = "nothing" if bot is None else f"a {type(bot).__name__}"
        raise ConfigurationError(key, f"{entry!r} is {found}", f'write {attribute} = Bot("…") in {module_name}')
    if bot._first is None:
        raise ConfigurationError(key, f"{entry!r} has no first stage", "write @bot.stage(..., first=True)")
    return bot


def named(entry: str, folder: Path, key: str, mend: str) -> object:
    """What `module:name` names, None where the module has no such name. Raises ConfigurationError."""
    module_name, _, attribute = entry.partition(":")
    if not module_name or not attribute:
        raise ConfigurationError(key, f"{entry!r} is not module:name", mend)
    return getattr(_module(module_name, folder, key), attribute, None)


def _module(name: str, folder: Path, key: str) -> ModuleType:
    path = str(folder.resolve())
    if path not in sys.path:
        sys.path.insert(0, path)
    try:
        return importlib.import_module(name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{name}.".startswith(f"{error.name}."):
            raise ConfigurationError(key, f"{name} needs {error.name}", f"install {error.name}") from error
        raise ConfigurationError(key, f"there is no module {name}", _where(name, folder)) from error
    except (Exception, SystemExit) as error:  # whatever somebody's module does when it is imported
        problem = f"{name} cannot be imported: {type(error).__name__}: {error}"
        raise ConfigurationError(key, problem, f"mend {name}") from error


def _where(name: str, folder: Path) -> str:
    plain = name.removesuffix(".py").replace("/", ".")
    if plain != name:
        return f"write {plain}:…, a module's name instead of a file's"
    return f"put {name.replace('.', '/')}.py into {folder} or install it"


def _source_digest(functions: list[Stage]) -> str:
    digest = hashlib.blake2b(digest_size=8)
    for source in sorted({_source(inspect.unwrap(function)) for function in functions}):
        digest.update(source)
    return digest.hexdigest()


def _source(function: Stage) -> bytes:
    """The file that a stage is written in; its own code where there is none (a shell, a notebook)."""
    try:
        return Path(inspect.getsourcefile(function) or "").read_bytes()
    except (OSError, TypeError):
        code = getattr(function, "__code__", None)
        return repr((code.co_code, code.co_names)).encode() if code is not None else repr(type(function)).encode()
