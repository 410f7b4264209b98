"""The prompts as a process knows them now: published versions, and files that are followed.

One task asks for them all every 2 s, so that a change is in effect within 5 s on every machine and a turn asks
nobody. What cannot be read leaves what was known: a database that is away, a file that has gone.

    prompts = Prompts(store, files={BotId("assistant"): Path("prompt.md")})
    await prompts.look()                      # before the first turn
    task = asyncio.create_task(prompts.run())  # beside the worker, until it is cancelled
    found = prompts.find(work.channel.workspace_id, BotId("assistant"))
    told = settings.prompt if found is None else found.text
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

import structlog

from turnkeeper.model.agents import PromptVersion
from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import BotId, WorkspaceId

_log = structlog.get_logger("turnkeeper.prompts")
EVERY = 2.0
"""Seconds between two looks."""
LARGEST = 1 << 20
"""Bytes of a file."""

_Mark = tuple[int, int, int, int]


class Published(Protocol):
    """Where published prompts are; a store is."""

    async def published_prompts(self) -> Sequence[PromptVersion]:
        """The published version of every bot that has one, over all workspaces."""


class Prompts:
    """What bots are told. `files`: of bots whose configured prompt is a file, where it is."""

    def __init__(self, store: Published, files: Mapping[BotId, Path] | None = None) -> None:
        self._store = store
        self._published: dict[tuple[WorkspaceId, BotId], PromptVersion] = {}
        self._followed = [_Followed(bot_id, path) for bot_id, path in (files or {}).items()]

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:
        """What the bot is told now: the published version; else the file that is followed, as version 0.

        None: what the configuration said at the start holds."""
        found = self._published.get((workspace_id, bot_id))
        if found is not None:
            return found
        text = next((each.text for each in self._followed if each.bot_id == bot_id), None)
        return None if text is None else PromptVersion(workspace_id, bot_id, 0, text, "published", 0.0)

    async def run(self) -> None:
        """Look every 2 s, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()

    async def look(self) -> None:
        """Take over what has changed; never raises."""
        for each in self._followed:
            each.look()
        try:
            found = await self._store.published_prompts()
        except StoreError:
            return
        except Exception:  # noqa: BLE001 - whoever looks no more would keep to an old prompt for ever
            _log.exception("looking for prompts ended with an error of our own")
            return
        self._take({(prompt.workspace_id, prompt.bot_id): prompt for prompt in found})

    def _take(self, published: dict[tuple[WorkspaceId, BotId], PromptVersion]) -> None:
        before, self._published = self._published, published
        for key in sorted(before.keys() | published.keys()):
            was, now = before.get(key), published.get(key)
            if was != now:
                _log.info("prompt changed", workspace=key[0], bot=key[1], version=now.version if now else 0)


class _Followed:
    """One file, read again when it has changed."""

    def __init__(self, bot_id: BotId, path: Path) -> None:
        self.bot_id = bot_id
        self.text: str | None = None
        self._path = path
        self._mark: _Mark | str | None = None

    def look(self) -> None:
        mark = self._found()
        if mark == self._mark:
            return
        known, self._mark = self._mark, mark
        if not isinstance(mark, str):
            mark = self._read() or mark
        if isinstance(mark, str):
            _log.warning("a prompt's file cannot be followed; its last text stays", bot=self.bot_id, why=mark)
        elif known is not None:
            _log.info("prompt changed", bot=self.bot_id, version=0)

    def _found(self) -> _Mark | str:
        try:
            found = self._path.stat()
        except OSError as error:
            return error.strerror or type(error).__name__
        return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)

    def _read(self) -> str | None:
        """Why not, where it cannot be read."""
        try:
            with self._path.open("rb") as file:
                said = file.read(LARGEST + 1)
            text = said.decode("utf-8")
        except OSError as error:
            return error.strerror or type(error).__name__
        except UnicodeDecodeError:
            return "it is not text in UTF-8"
        if len(said) > LARGEST:
            return "it is larger than 1 MB"
        if not text.strip():
            return "it is empty"
        self.text = text.rstrip("\r\n")
        return None
