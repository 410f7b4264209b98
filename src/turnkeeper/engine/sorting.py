"""What a provider told, sorted by where it goes: mailboxes, rows that were sent, the state of a channel, or nowhere.

The same for webhooks and for whatever else brings events: what was missed, what was polled.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hashlib import blake2b

import msgspec

from turnkeeper.model.events import (
    DeliveryUpdate,
    Ignored,
    Inbound,
    Received,
    SessionStatus,
    TemplateReport,
    Unreadable,
)
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.model.templates import TemplateNews
from turnkeeper.store.base import Arrival, Intake, Report, SessionReport, Stray

NOT_OURS = "number not configured here"
_LONGEST_REASON = 200

Item = Inbound | DeliveryUpdate | Ignored | Unreadable


def sorted_out(received: Sequence[Received], own: Mapping[str, Channel], first: Channel, now: float) -> Intake:
    """Each item to its channel, of `own` by account id; what belongs to none of these is kept as ignored, at `first`'s
    workspace. "" among them is a channel whose address proves all that comes there to be its own."""
    arrivals: list[Arrival] = []
    reports: list[Report] = []
    strays: list[Stray] = []
    sessions: list[SessionReport] = []
    templates: list[TemplateNews] = []
    for each in received:
        channel = own.get(each.account_id) or own.get("")
        item = _told(each) if isinstance(each, SessionStatus | TemplateReport) else each
        if channel is not None and channel.elsewhere is not None:
            strays.append(_elsewhere(item, channel, now))
        elif isinstance(item, Inbound) and channel is not None:
            arrivals.append(Arrival(channel, item, now))
        elif isinstance(item, DeliveryUpdate) and channel is not None:
            reports.append(Report(channel, item, now))
        else:
            if isinstance(each, SessionStatus) and channel is not None:
                sessions.append(SessionReport(channel, each, now))
            if isinstance(each, TemplateReport):  # of an account, which channels of several workspaces may share
                templates += [TemplateNews(workspace_id, each, now) for workspace_id in _workspaces(own)]
            strays.append(_stray(item, channel, first, now))
    return Intake(arrivals, reports, strays, sessions, templates)


def _workspaces(own: Mapping[str, Channel]) -> list[WorkspaceId]:
    """Those of the channels that the request may concern."""
    return list(dict.fromkeys(channel.workspace_id for channel in own.values() if channel.elsewhere is None))


def _told(item: SessionStatus | TemplateReport) -> Ignored:
    """Concerns the account and nobody's mailbox."""
    if isinstance(item, SessionStatus):
        reason = f"session {item.status}"
    else:
        news = item.status or item.quality or item.category or item.reason
        reason = f"template {item.name} {item.language}: {news}"[:_LONGEST_REASON]
    return Ignored(reason=reason, account_id=item.account_id, raw=msgspec.json.encode(item))


def _stray(item: Item, channel: Channel | None, first: Channel, now: float) -> Stray:
    """What goes into no mailbox. Its key is its content's, so that it counts once."""
    raw = item.raw if isinstance(item, Ignored | Unreadable) else msgspec.json.encode(item)
    reason = item.reason if isinstance(item, Ignored | Unreadable) else NOT_OURS
    if channel is None and isinstance(item, Ignored) and item.account_id:
        reason = f"{NOT_OURS}: {reason}"
    return Stray(
        workspace_id=(channel or first).workspace_id,
        channel_id=channel.id if channel is not None else "",
        state="unreadable" if isinstance(item, Unreadable) else "ignored",
        reason=reason,
        dedup_key=_stray_key(item, raw),
        raw=raw,
        received_at=now,
    )


def _stray_key(item: Item, raw: bytes) -> str:
    named = f"{type(item).__name__}\0{item.account_id}\0{item.message_id}\0".encode("utf-8", "surrogatepass")
    return "stray:" + blake2b(named + raw, digest_size=16).hexdigest()


def _elsewhere(item: Item, channel: Channel, now: float) -> Stray:
    """What concerns another environment is counted here; what people wrote there is not kept here."""
    raw = item.raw if isinstance(item, Ignored | Unreadable) else msgspec.json.encode(item)
    reason = f"for environment {channel.elsewhere}"
    return Stray(channel.workspace_id, channel.id, "ignored", reason, _stray_key(item, raw), b"", now)
