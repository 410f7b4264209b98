"""Flows as they are kept: drafts, published versions, and how many people came by which node."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from turnkeeper.model.ids import BotId, ChannelId, ContactId, ConversationId, WorkspaceId


class FlowKey(NamedTuple):
    """A flow is one of a bot's, by name."""

    workspace_id: WorkspaceId
    bot_id: BotId
    name: str


class FlowHead(msgspec.Struct, frozen=True):
    """A flow without its drawing. `revision` counts changes of the draft; `published`: the version in which people
    begin it now, None: in none. `changed_by`: a token's name, or `FILE`."""

    workspace_id: WorkspaceId
    bot_id: BotId
    name: str
    revision: int
    changed_at: float
    changed_by: str
    published: int | None

    @property
    def key(self) -> FlowKey:
        """What names it."""
        return FlowKey(self.workspace_id, self.bot_id, self.name)


class FlowDraft(FlowHead, frozen=True):
    """A flow as it is drawn now: `document` is JSON, which need not be right yet."""

    document: bytes


class VersionHead(msgspec.Struct, frozen=True):
    """A version that was published once, without its drawing. `version` counts from 1 and is never used again.

    `mapping`: where people inside older versions were moved, as JSON: version to node to node.
    """

    workspace_id: WorkspaceId
    bot_id: BotId
    name: str
    version: int
    published_at: float
    published_by: str
    note: str
    mapping: bytes


class FlowVersion(VersionHead, frozen=True):
    """A version with its drawing. Never changed, and kept as long as anybody may be inside."""

    document: bytes


class Counted(NamedTuple):
    """A node that was entered (`exit` is ""), or left by an exit."""

    flow: str
    version: int
    node: str
    exit: str = ""


class FlowCount(NamedTuple):
    """How often."""

    counted: Counted
    times: int


class ScheduleKey(NamedTuple):
    """Times at which one of a bot's flows begins for each contact with a tag; `local`: by each contact's own clock."""

    workspace_id: WorkspaceId
    bot_id: BotId
    flow: str
    cron: str
    tag: str
    local: bool


class Schedule(msgspec.Struct, frozen=True):
    """How far it is: `due_at` is its next time, or the one that it has come to; `reached`: the last contact, in order,
    who has been looked at for this time, "" for none."""

    workspace_id: WorkspaceId
    bot_id: BotId
    flow: str
    cron: str
    tag: str
    local: bool
    due_at: float
    reached: str = ""

    @property
    def key(self) -> ScheduleKey:
        """What names it."""
        return ScheduleKey(self.workspace_id, self.bot_id, self.flow, self.cron, self.tag, self.local)


class Tagged(NamedTuple):
    """A contact with a tag, where they are now. `time_zone`: the fact of that name, as JSON."""

    contact_id: ContactId
    conversation_id: ConversationId
    channel_id: ChannelId
    addresses: str
    opted_out: bool
    time_zone: bytes | None


class TaggedPage(NamedTuple):
    """Some of the contacts with a tag, in order; `last`: up to which contact it goes, "" for all."""

    contacts: list[Tagged]
    last: str


FILE = "file"
"""Who changed a flow that stands in a file beside the configuration."""
TAGS = "tags"
"""The fact that holds a contact's tags."""
SCHEDULE = "schedule:"
"""What the names of the timers begin with by which a flow's times come to a contact; the flow's name follows."""
