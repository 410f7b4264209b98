"""Bots as they are drafted: an agent with the draft of its prompt, a flow as it is drawn, a function as its code is.

Each is made anew, so that nothing it does reaches what turns use: tools are stood for, no flow's call is made, nobody
listens.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple, cast

from turnkeeper import app
from turnkeeper.config.bots import AgentKeys
from turnkeeper.config.flows import FlowKeys
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.flows import FixedShelf
from turnkeeper.engine.rehearsals import CannotRehearse
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.model.voice import NOBODY, Heard

if TYPE_CHECKING:
    from collections.abc import Callable

    from turnkeeper.app.answering import Answering
    from turnkeeper.config import BotSettings, Settings
    from turnkeeper.engine.answer import Bot
    from turnkeeper.flows.model import Flow
    from turnkeeper.llm.toolbox import Tool
    from turnkeeper.model.agents import PromptVersion
    from turnkeeper.model.flows import FlowDraft
    from turnkeeper.store.base import Store

    Find = Callable[[WorkspaceId, BotId], PromptVersion | None]


class Drafted(NamedTuple):
    """A bot as it is drafted; `told`: what of it is a draft."""

    bot: Bot
    told: str


class Drafts:
    """The drafts of one process's bots."""

    def __init__(self, settings: Settings, store: Store, answering: Answering) -> None:
        self._settings = settings
        self._store = store
        self._answering = answering

    async def of(self, workspace_id: WorkspaceId, bot_id: BotId, stands_for: Callable[[Tool], Tool]) -> Drafted:
        """A bot with what is drafted of it. Raises CannotRehearse, ConfigurationError, StoreError."""
        bot = self._settings.bots.get(bot_id)
        if bot is None:
            raise CannotRehearse(f"there is no bot {bot_id!r} any more")
        if isinstance(bot.keys, RemoteKeys):
            raise CannotRehearse(f"{bot_id} asks a backend of its own, which has no draft and would do what it is told")
        prompts: Find = self._answering.prompts.find
        told = "the code as it is now"
        shelf = None
        if isinstance(bot.keys, AgentKeys):
            prompts, told = await self._prompt(workspace_id, bot_id)
        if isinstance(bot.keys, FlowKeys):
            flows = await self.flows(workspace_id, bot_id)
            default = self._default(bot_id)
            shelf, told = FixedShelf(flows, default), _counted(len(flows))
        minds = self._answering.minds.rehearsing(_Found(prompts), stands_for)
        made = app.load_bot(self._settings, bot, cast("Any", NoCalls()), minds, _deaf, self._answering.paying, shelf)
        if made is None:
            raise CannotRehearse(f"{bot_id} is of a kind that cannot be run again")
        return Drafted(made, told)

    def kind(self, bot_id: BotId) -> str:
        """Of a bot; "" for one that is not there."""
        bot = self._settings.bots.get(bot_id)
        return "" if bot is None else bot.kind

    async def flows(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[Flow]:
        """A bot's flows as they are drawn. Raises CannotRehearse for one that cannot be read."""
        found: list[Flow] = []
        for draft in await self._drawn(workspace_id, bot_id):
            try:
                found.append(read(draft.document, version=draft.published or 1))
            except FlowUnreadable as error:
                raise CannotRehearse(f"the draft of the flow {draft.name} cannot be read: {error}") from None
        return found

    async def documents(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[bytes]:
        """The same as they are kept, the one first that begins where no other does. Raises CannotRehearse."""
        default = self._default(bot_id)
        drawn = await self._drawn(workspace_id, bot_id)
        return [draft.document for draft in sorted(drawn, key=lambda draft: draft.name != default)]

    async def _drawn(self, workspace_id: WorkspaceId, bot_id: BotId) -> list[FlowDraft]:
        names = None if self._answering.flows is None else self._answering.flows.shelf.chosen(bot_id).names
        heads = await self._store.flows(workspace_id, bot_id)
        wanted = [head.key for head in heads if names is None or head.name in names]
        found = [draft for key in wanted if (draft := await self._store.flow(key)) is not None]
        if not found:
            raise CannotRehearse(f"{bot_id} has no flow")
        return found

    def _default(self, bot_id: BotId) -> str:
        return "" if self._answering.flows is None else self._answering.flows.shelf.chosen(bot_id).default

    async def _prompt(self, workspace_id: WorkspaceId, bot_id: BotId) -> tuple[Find, str]:
        """The newest version where it is a draft; else what is in effect."""
        newest = next(iter(await self._store.prompts(workspace_id, bot_id)), None)
        if newest is not None and newest.state == "draft":
            return (lambda _, __: newest), f"the draft of the prompt (version {newest.version})"
        published = self._answering.prompts.find(workspace_id, bot_id)
        known = published is not None and published.version
        version = f"version {published.version}" if published is not None and known else "as it is configured"
        return self._answering.prompts.find, f"the prompt in effect, {version}: there is no newer draft"


def _counted(flows: int) -> str:
    return "1 flow as it is drawn now" if flows == 1 else f"{flows} flows as they are drawn now"


class _Found:
    """A PromptSource of a function."""

    def __init__(self, find: Find) -> None:
        self._find = find

    def find(self, workspace_id: WorkspaceId, bot_id: BotId) -> PromptVersion | None:
        """What the function says."""
        return self._find(workspace_id, bot_id)


class _Deaf:
    """Ears that hear nothing: what was heard then stands with the messages."""

    async def hear(self, *_: object, **__: object) -> Heard:
        """Nobody."""
        return Heard(None, NOBODY, ("nobody listens in a rehearsal",))


def _deaf(_: BotSettings) -> _Deaf:
    return _Deaf()


class NoCalls:
    """A client that reaches nobody."""

    async def call(self, call: HttpCall, *, timeout: float, guarded: bool = False) -> HttpReply:  # noqa: ARG002, ASYNC109
        """It could not be reached."""
        return HttpReply(failure="not_connected")

    async def refuse_internal(self, address: str) -> None:
        """Nothing is reached, so nothing is refused."""
