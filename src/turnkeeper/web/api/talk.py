"""The conversation that a request is about, and who asks. What is not the workspace's is not there."""

from __future__ import annotations

from dataclasses import dataclass

from turnkeeper.channels.base import Capabilities
from turnkeeper.model.colleagues import Colleague
from turnkeeper.model.conversation import Conversation
from turnkeeper.model.ids import ConversationId, ConversationKey
from turnkeeper.model.policy import Channel
from turnkeeper.rules import answering, modes
from turnkeeper.store.thread import Header
from turnkeeper.web.api.access import Access
from turnkeeper.web.api.backend import Backend
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.talk_ports import Talk

NOWHERE = "there is no such conversation"


@dataclass(frozen=True, slots=True)
class Asked:
    """A conversation that a request is about, as it is now. `channel`: None where it is configured no more."""

    talk: Talk
    header: Header
    conversation: Conversation
    channel: Channel | None

    @property
    def key(self) -> ConversationKey:
        """The conversation's."""
        return self.conversation.key

    @property
    def capabilities(self) -> Capabilities | None:
        """What its channel can do."""
        return None if self.channel is None else self.talk.adapters[self.channel.kind].capabilities

    def reachable(self) -> Channel:
        """The channel, to send on; raises Refusal."""
        if self.channel is None:
            raise Refusal(409, f"the channel {self.conversation.channel_id} is no longer configured")
        return self.channel


def talk_of(behind: Backend) -> Talk:
    """Raises Refusal where nothing can be said here."""
    if behind.talk is None:
        raise Refusal(404, NOWHERE)
    return behind.talk


def key_of(access: Access, conversation_id: str) -> ConversationKey:
    """Never of another workspace. Raises Refusal for what no id holds, nor any text of PostgreSQL's."""
    if "\x00" in conversation_id:
        raise Refusal(404, NOWHERE)
    return ConversationKey(access.workspace_id, ConversationId(conversation_id))


async def asked(behind: Backend, access: Access, conversation_id: str) -> Asked:
    """The conversation that an address names; raises Refusal where there is none."""
    talk, now = talk_of(behind), behind.now()
    header = await behind.store.header(key_of(access, conversation_id), now - answering.SEEN)
    if header is None:
        raise Refusal(404, NOWHERE)
    current = modes.lapse(header.conversation, now)
    return Asked(talk, header, current, talk.channel(access.workspace_id, current.channel_id))


def colleague(access: Access) -> Colleague:
    """Who asks, as colleagues see them."""
    identity = access.identity
    return Colleague(identity.name if identity.user_id is None else identity.user_id, identity.name)
