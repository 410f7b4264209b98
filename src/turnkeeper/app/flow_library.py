"""Flows in files beside the configuration: read and checked at the start, followed while the server runs.

Each change of a file is published as a version, as over the API, so that whoever is inside finishes on theirs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import structlog

from turnkeeper import __version__
from turnkeeper.app.link import Link
from turnkeeper.config.errors import ConfigurationErrors, nearest
from turnkeeper.config.flows import FlowKeys
from turnkeeper.config.payments import paid_through
from turnkeeper.config.tools import McpToolKeys
from turnkeeper.engine.flows import EVERY, Chosen, FixedShelf, Flows, Shelf
from turnkeeper.flows.checking import check
from turnkeeper.flows.problems import Checking, Problem
from turnkeeper.flows.reading import LARGEST, FlowUnreadable, read
from turnkeeper.model.errors import ConfigurationError, StoreError
from turnkeeper.model.flows import FILE, FlowDraft, FlowKey

if TYPE_CHECKING:
    from turnkeeper.app.models import Minds
    from turnkeeper.bots.flow.bot import FlowBot
    from turnkeeper.bots.flow.calling import Calls
    from turnkeeper.bots.paying import Paying
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.engine.clock import Clock
    from turnkeeper.flows.model import Flow
    from turnkeeper.model.ids import BotId
    from turnkeeper.model.limits import ContentLimits
    from turnkeeper.store.base import Store

_log = structlog.get_logger("turnkeeper.flows")
_TRIES = 5


@dataclass(frozen=True, slots=True)
class FlowFile:
    """One file that holds a flow. `document`: JSON without what does not count in it."""

    path: Path
    document: bytes
    flow: Flow
    warnings: tuple[Problem, ...] = ()


def flow_bots(settings: Settings) -> Iterator[tuple[BotSettings, FlowKeys]]:
    """The bots that are flows."""
    for bot in settings.bots.values():
        if isinstance(bot.keys, FlowKeys):
            yield bot, bot.keys


def around(settings: Settings, bot: BotSettings, flows: frozenset[str]) -> Checking:
    """What is there around the flows of a bot."""
    from turnkeeper import app

    kinds = {each.kind for each in settings.channels if each.bot_id == bot.id}
    limits = [app.adapter(kind).capabilities.limits for kind in sorted(kinds)]
    keys = bot.keys
    named = keys.tools if isinstance(keys, FlowKeys) else ()
    from_server = any(isinstance(settings.tools.get(name), McpToolKeys) for name in named)
    paid = paid_through(keys, settings.payments)
    return Checking(
        flows=flows,
        tools=None if from_server else frozenset(name.rpartition(":")[2] for name in named),
        payments=frozenset() if paid is None else frozenset({paid}),
        text_limit=min((each.text for each in limits), default=None),
        button_limit=min((each.buttons.title for each in limits if each.buttons), default=None),
        part_limits=_part_limits(limits),
        models=frozenset(each.model for each in keys.models) if isinstance(keys, FlowKeys) else None,
    )


def _part_limits(limits: Sequence[ContentLimits]) -> dict[str, int]:
    """The shortest of the channels that have lists, or buttons, at all."""
    found: list[tuple[str, int]] = []
    for each in limits:
        if (buttons := each.buttons) is not None:
            found += [("header", buttons.header), ("footer", buttons.footer)]
        if (listed := each.list) is not None:
            found += [("header", listed.header), ("footer", listed.footer), ("button", listed.button)]
            found += [("row", listed.row_title), ("description", listed.row_description)]
            found.append(("section", listed.section_title))
    return {place: min(most for other, most in found if other == place) for place, _ in found}


def read_files(settings: Settings, bot: BotSettings, keys: FlowKeys) -> list[FlowFile]:
    """A bot's flows. Raises ConfigurationError that names file, node and mend, or ConfigurationErrors if several."""
    errors: list[ConfigurationError] = []
    found: list[FlowFile] = []
    for name in keys.flows:
        try:
            found.append(_read(settings.folder / name))
        except ConfigurationErrors as several:
            errors += several.errors
        except ConfigurationError as error:
            errors.append(error)
    names: dict[str, Path] = {}
    for file in found:
        if names.setdefault(file.flow.name, file.path) != file.path:
            problem = f"holds the flow {file.flow.name!r}, as {names[file.flow.name].name} does"
            errors.append(ConfigurationError(file.path.name, problem, 'Give it another "name".'))
    if not errors and keys.default and keys.flows and keys.default not in names:
        mend = nearest(keys.default, list(names))
        errors.append(ConfigurationError(f"bots.{bot.id}.default", f"there is no flow {keys.default!r}", mend))
    if not errors:
        there = around(settings, bot, frozenset(names))
        found = [_checked(file, there, errors) for file in found]
    if errors:
        raise errors[0] if len(errors) == 1 else ConfigurationErrors(errors)
    return found


def _read(path: Path) -> FlowFile:
    try:
        with path.open("rb") as file:
            raw = file.read(LARGEST + 1)
    except OSError as error:
        why = f"the file cannot be read ({error.strerror})"
        raise ConfigurationError(path.name, why, "Put the flow's JSON there.") from None
    try:
        flow = read(raw)
        if not flow.name.strip():
            raise FlowUnreadable([Problem("", "the flow has no name", 'Add "name".')])
    except FlowUnreadable as error:
        raise ConfigurationErrors([_told(path, each) for each in error.problems]) from None
    return FlowFile(path, msgspec.json.encode(msgspec.json.decode(raw)), flow)


def _checked(file: FlowFile, there: Checking, errors: list[ConfigurationError]) -> FlowFile:
    problems = check(file.flow, there)
    errors += [_told(file.path, each) for each in problems if each.level == "error"]
    warnings = tuple(each for each in problems if each.level != "error")
    return FlowFile(file.path, file.document, file.flow, warnings)


def _told(path: Path, problem: Problem) -> ConfigurationError:
    at = f"{path.name}, {problem.where}" if problem.where else path.name
    return ConfigurationError(at, problem.what, problem.mend or "Mend the flow.")


class FlowFiles:
    """The files of all bots, published as they are and as they change."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._settings = settings
        self._store = store
        self._clock = clock
        self._marks: dict[BotId, tuple[object, ...]] = {}

    def chosen(self) -> dict[BotId, Chosen]:
        """Which flows each bot has. Raises ConfigurationError."""
        found: dict[BotId, Chosen] = {}
        for bot, keys in flow_bots(self._settings):
            names = [file.flow.name for file in read_files(self._settings, bot, keys)]
            found[bot.id] = Chosen(keys.default or (names[0] if names else ""), frozenset(names) if names else None)
        return found

    async def look(self) -> None:
        """Publish what has changed. What is wrong with a file is logged, and its last version stays."""
        for bot, keys in flow_bots(self._settings):
            mark = tuple(_mark(self._settings.folder / name) for name in keys.flows)
            if mark == self._marks.get(bot.id, ()):
                continue
            try:
                await self._publish_all(bot, read_files(self._settings, bot, keys))
            except ConfigurationError as error:
                _log.warning("a flow's file will not do; what was published stays", bot=bot.id, why=str(error))
            except StoreError:
                continue
            self._marks[bot.id] = mark

    async def _publish_all(self, bot: BotSettings, files: Sequence[FlowFile]) -> None:
        homes = {each.workspace_id for each in self._settings.channels_here if each.bot_id == bot.id}
        for file in files:
            _warn(file)
            for workspace_id in sorted(homes):
                await self._publish(FlowKey(workspace_id, bot.id, file.flow.name), file.document)

    async def _publish(self, key: FlowKey, document: bytes) -> None:
        """Unless it is so already. Several workers may be about to: whoever comes too late looks again."""
        for _ in range(_TRIES):
            there = await self._store.flow(key)
            if await self._is_published(there, document):
                return
            now = self._clock.now()
            put = await self._store.put_flow(key, document, there.revision if there else None, FILE, now)
            # Who has changed the draft is alone with it; but it may have been published before it was changed.
            if put is None or await self._is_published(put, document):
                continue
            if await self._store.publish_flow(key, put.revision, b"{}", "", FILE, now):
                return

    async def _is_published(self, flow: FlowDraft | None, document: bytes) -> bool:
        if flow is None or flow.published is None:
            return False
        version = await self._store.flow_version(flow.key, flow.published)
        return version is not None and version.document == document


def _mark(path: Path) -> object:
    try:
        found = path.stat()
    except OSError as error:
        return error.strerror
    return (found.st_mtime_ns, found.st_ctime_ns, found.st_size, found.st_ino)


def _warn(file: FlowFile) -> None:
    for each in file.warnings:
        _log.warning("a flow could be better", file=file.path.name, node=each.where, what=each.what, mend=each.mend)


class FollowedFlows:
    """The flows of all bots, from files and from the database. `look` once before the first turn; then `run`.

    Raises ConfigurationError for files that will not do."""

    def __init__(self, settings: Settings, store: Store, clock: Clock) -> None:
        self._files = FlowFiles(settings, store, clock)
        self.shelf = Flows(store, self._files.chosen())

    async def look(self) -> None:
        """Publish what has changed in files, and take over what has been published."""
        await self._files.look()
        await self.shelf.look()

    async def run(self) -> None:
        """Look every 2 s, for ever."""
        while True:
            await asyncio.sleep(EVERY)
            await self.look()


def flow_bot(
    settings: Settings,
    bot: BotSettings,
    keys: FlowKeys,
    minds: Callable[[], Minds],
    shelf: Shelf | None,
    client: Calls | None,
    paying: Paying | None,
) -> FlowBot:
    """The bot of these settings. Without `shelf` only its files are looked at. Raises ConfigurationError."""
    from turnkeeper.bots.flow.bot import FlowBot
    from turnkeeper.bots.offering import Replies

    if shelf is None:
        read_files(settings, bot, keys)
        shelf = FixedShelf(())
    asks = bool(keys.models or keys.tools)
    return FlowBot(
        bot.id,
        shelf,
        thinking=minds().thinking(bot, keys) if asks else None,
        library=minds().library(keys) if keys.knowledge else None,
        own_words=Replies(keys.fixed_reply, keys.handover_reply, keys.offer_buttons),
        paying=paying,
        client=client,
        trusted=bool(keys.flows),
        release=__version__,
    )


def examine_flows(settings: Settings, bot: BotSettings, keys: FlowKeys) -> Link:
    """Whether the flows of a bot that can be made could be better."""
    files = read_files(settings, bot, keys)
    warnings = [f"{file.path.name}, {each.where}: {each.what}" for file in files for each in file.warnings]
    name = f"bot {bot.id}"
    if warnings:
        more = f", and {len(warnings) - 1} more" if len(warnings) > 1 else ""
        return Link(name, "ok", f"its flows can be run, and could be better: {warnings[0]}{more}")
    right = "its flow is right" if len(files) == 1 else f"its {len(files)} flows are right"
    return Link(name, "ok", right if files else "its flows are those that are published over the API")
