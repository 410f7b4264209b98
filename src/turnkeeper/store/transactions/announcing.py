"""Telling others: what one transaction announces, and what that does to the conversations' escalations.

It is written where the conversations are saved, so that nothing is told that did not happen, and nothing happens
untold. Where nobody wants to know, nothing is made; but whenever somebody else answers, colleagues are told.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from turnkeeper.model.colleagues import Handover, Mover
from turnkeeper.model.conversation import Conversation, Mode
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.model.subscriptions import Announcement, Escalation
from turnkeeper.store.announcements import Settled
from turnkeeper.store.rows import Rows

_LONGEST_TEXT = 4096
_LONGEST_REASON = 1000
_encode = msgspec.json.Encoder().encode


class Announcer:
    """What is gathered to be written with the conversations. `now`: the transaction's instant, where it is known."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._announced: list[Announcement] = []
        self._escalated: dict[ConversationKey, Escalation] = {}
        self._taken: set[ConversationKey] = set()
        self._returned: set[ConversationKey] = set()
        self._movers: dict[ConversationKey, tuple[Mover, str]] = {}
        self._handovers: list[Handover] = []
        self.now = 0.0

    def add(
        self, conversation: Conversation, event: str, data: Mapping[str, object], now: float, text: str | None = None
    ) -> None:
        """Tell whoever wants to know. `text`: what a person wrote, for those who may see it."""
        wanting = self._directory.wanting(conversation.workspace_id, event)
        if not wanting:
            return
        channel = self._directory.channel(conversation.workspace_id, conversation.channel_id)
        for each in wanting:
            shown = {"text": text[:_LONGEST_TEXT]} if text and each.texts and not _keeps_nothing(channel) else {}
            body = {
                "channel": conversation.channel_id,
                "contact": {"id": conversation.contact_id, "addresses": conversation.addresses.split("\n")},
                "data": {**data, **shown},
            }
            self._announced.append(
                Announcement(conversation.workspace_id, each.name, conversation.id, 0, event, _encode(body), now, now)
            )

    def escalate(self, conversation: Conversation, reason: str, turn_no: int, now: float) -> None:
        """The conversation needs a person."""
        said = reason[:_LONGEST_REASON]
        key = conversation.key
        self._escalated[key] = Escalation(key.workspace_id, key.id, "open", said, turn_no, now)
        self.add(conversation, "conversation.escalated", {"reason": said, "turn": turn_no}, now)

    def moves(self, key: ConversationKey, by: Mover, name: str = "") -> None:
        """Whose doing it is if somebody else answers from now on; `name`: a colleague's."""
        self._movers[key] = (by, name)

    def person_answers(self, key: ConversationKey) -> None:
        """Whoever was wanted is there."""
        self._taken.add(key)

    def moved(self, before: Conversation, after: Conversation) -> None:
        """Somebody else answers, or the contact wants messages no more, or again."""
        now = self.now or after.contact_at or 0.0
        if before.mode != after.mode:
            self._handovers.append(self._handover(before, after, now))
        if before.mode != after.mode and Mode.HUMAN in (before.mode, after.mode):
            over = after.mode == Mode.HUMAN
            self.add(after, "conversation.handed_over" if over else "conversation.returned", {}, now)
            if not over:
                self._returned.add(after.key)
        if before.opted_out != after.opted_out:
            self.add(after, "contact.opted_out" if after.opted_out else "contact.opted_in", {}, now)

    def _handover(self, before: Conversation, after: Conversation, now: float) -> Handover:
        """The line of it. What nobody has said is the phone's doing, or time's."""
        if before.mode_until is not None and before.mode_until <= now and after.mode == Mode.BOT:
            return Handover(*after.key, 0, before.mode_until, after.mode, None, "timer", "", "")
        escalated = self._escalated.get(after.key)
        by, name = self._movers.pop(after.key, ("bot" if escalated else "phone", ""))
        forgets = _keeps_nothing(self._directory.channel(after.workspace_id, after.channel_id))
        reason = "" if escalated is None or forgets else escalated.reason
        return Handover(*after.key, 0, now, after.mode, after.mode_until, by, name, reason)

    async def write(self, rows: Rows) -> None:
        """Write what was gathered."""
        if self._escalated:
            await rows.open_escalations([self._escalated[key] for key in sorted(self._escalated)])
        if self._taken:
            await rows.take_escalations(sorted(self._taken), self.now)
        if self._returned:
            await rows.close_escalations(sorted(self._returned), self.now)
        if self._announced:
            await rows.add_announcements(self._announced)
        if self._handovers:
            await rows.add_handovers(self._handovers)
        self._announced, self._escalated, self._taken, self._returned = [], {}, set(), set()
        self._handovers = []


def _keeps_nothing(channel: Channel | None) -> bool:
    return channel is None or channel.turns.erases


async def settle(rows: Rows, settled: Settled) -> None:
    """Keep what came of a try. The conversation is held, so that one that is added meanwhile is not left behind."""
    await rows.lock([settled.announcement.key])
    await rows.settle_announcement(settled)
