"""Saying something outside any turn: a command's template, a notice to the team, an operator's words.

It takes the conversation's mailbox like everything else (an event of kind `operator`), and is put into the outbox in
the transaction that accepts it: made once under its key, sent in order, never beside the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from turnkeeper.channels.base import ChannelAdapter
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.rendering import rendered
from turnkeeper.engine.templates import TemplateLookup
from turnkeeper.model.contents import Content, Refused, Reply, words_of
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Arrival, Intake, Store
from turnkeeper.store.runs import Wake
from turnkeeper.store.speaking import Spoken

_content = msgspec.json.Decoder(Content).decode


class CannotSay(TurnkeeperError):
    """It could not be sent as it is, so nothing was put into the outbox; says why."""


class Speech(NamedTuple):
    """What became of it: its conversation, and its rows in the order of sending. `is_new`: it had not been said
    before under this key."""

    key: ConversationKey
    rows: Sequence[OutboundRow]
    is_new: bool


class Speaker:
    """Says things on channels. `publish`: wakes workers; without it they find it within a second."""

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, ChannelAdapter[object]],
        clock: Clock,
        publish: Callable[[Sequence[Wake]], None] | None = None,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._clock = clock
        self._publish = publish
        self._templates = TemplateLookup(store, clock)

    async def say(
        self,
        channel: Channel,
        address: str,
        replies: Sequence[Reply],
        *,
        known_as: str,
        takes_over: bool = False,
        by: str = "",
        by_hand: bool = False,
    ) -> Speech:
        """Put it into the conversation of an address (as in Inbound), made where there is none; durable when this
        returns, and said once however often it is repeated with the same `known_as`.

        `takes_over`: from here on a person answers, not the bot. `by`: who says it, kept with it; `by_hand`: a person
        typed it, so it is no Markdown. Raises CannotSay for what would fail, and StoreUnavailable.
        """
        contents = await self._contents(channel, replies, by_hand=by_hand)
        event = _event(address, contents, known_as, takes_over=takes_over, by=by)
        taken = await self._store.take(Intake([Arrival(channel, event, self._clock.now())]))
        if self._publish is not None and taken.wakes:
            self._publish(taken.wakes)
        spoken = await self.spoken(channel, known_as)
        assert spoken is not None, "what was taken is there"
        return Speech(spoken.key, spoken.rows, is_new=taken.accepted > 0)

    async def spoken(self, channel: Channel, known_as: str) -> Spoken | None:
        """How far it is; None: it was never said."""
        return await self._store.spoken(channel.workspace_id, channel.id, _key(known_as))

    async def _contents(self, channel: Channel, replies: Sequence[Reply], *, by_hand: bool) -> list[Content]:
        """As the channel writes them. Raises CannotSay."""
        known = await self._templates.definitions(channel, replies)
        said = rendered(replies, self._adapters[channel.kind].capabilities, templates=known, by_hand=by_hand)
        contents = [_content(each) for each in said.contents]
        for content in contents:
            if isinstance(content, Refused):
                raise CannotSay(content.reason)
        if not any(words_of(content).strip() for content in contents):
            raise CannotSay("there is nothing to say")
        return contents


def _event(address: str, contents: Sequence[Content], known_as: str, *, takes_over: bool, by: str) -> Inbound:
    details: dict[str, object] = {
        "takes_over": takes_over,
        "contents": [msgspec.to_builtins(each) for each in contents],
        **({"by": by} if by else {}),
    }
    text = "\n\n".join(map(words_of, contents))
    return Inbound(kind="operator", text=text, addresses=(address,), dedup_key=_key(known_as), details=details)


def _key(known_as: str) -> str:
    return f"say:{known_as}"
