"""What waits on this machine while the database is away: intakes as they were parsed, each with its first time.

An entry names its channels and holds none of their settings: those count that hold when it is moved on.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import blake2b
from typing import NamedTuple, Protocol

import msgspec

from turnkeeper.model.events import DeliveryUpdate, Inbound, SessionStatus
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.model.templates import TemplateNews
from turnkeeper.store.base import Arrival, Intake, Report, SessionReport, Stray

GONE = "channel not configured any more"
REFUSED = "failed to be taken"
NOT_READ = "an entry of the spool could not be read"


class SpoolEntry(NamedTuple):
    """One webhook's intake, encoded; entries are numbered in the order in which they came."""

    no: int
    body: bytes


class Spool(Protocol):
    """An ordered, durable queue on this machine. Raises StoreUnavailable."""

    count: int
    """Entries that were found when it was opened."""
    size: int
    """Bytes of them."""

    async def open(self) -> None:
        """Make or find it; one process has it at a time."""

    async def add(self, body: bytes) -> None:
        """Append an entry; durable when this returns."""

    async def first(self) -> list[SpoolEntry]:
        """As many of the oldest entries as are moved on together."""

    async def drop(self, entries: Sequence[SpoolEntry]) -> None:
        """Forget entries that the store has."""

    async def close(self) -> None:
        """Let it go; what waits stays."""


class _Arrival(msgspec.Struct, frozen=True, array_like=True):
    workspace_id: WorkspaceId
    channel_id: ChannelId
    event: Inbound
    received_at: float


class _Report(msgspec.Struct, frozen=True, array_like=True):
    workspace_id: WorkspaceId
    channel_id: ChannelId
    update: DeliveryUpdate
    received_at: float


class _Session(msgspec.Struct, frozen=True, array_like=True):
    workspace_id: WorkspaceId
    channel_id: ChannelId
    status: SessionStatus
    received_at: float


class _Entry(msgspec.Struct, frozen=True, array_like=True):
    arrivals: list[_Arrival]
    reports: list[_Report]
    strays: list[Stray]
    sessions: list[_Session] = []
    templates: tuple[TemplateNews, ...] = ()


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(_Entry)


def encode(intake: Intake) -> bytes:
    """An intake as an entry's body."""
    return _encoder.encode(
        _Entry(
            [_Arrival(a.channel.workspace_id, a.channel.id, a.event, a.received_at) for a in intake.arrivals],
            [_Report(r.channel.workspace_id, r.channel.id, r.update, r.received_at) for r in intake.reports],
            list(intake.strays),
            [_Session(s.channel.workspace_id, s.channel.id, s.status, s.received_at) for s in intake.sessions],
            tuple(intake.templates),
        )
    )


def decode(body: bytes, directory: Directory, home: WorkspaceId) -> Intake:
    """The intake of an entry, with today's channels. What cannot be placed any more becomes a stray.

    `home`: where a body goes that cannot even be read.
    """
    try:
        entry = _decoder.decode(body)
    except msgspec.MsgspecError:
        return Intake(strays=[_stray(home, "", "unreadable", NOT_READ, body, 0.0)])
    arrivals: list[Arrival] = []
    reports: list[Report] = []
    strays = list(entry.strays)
    for each in entry.arrivals:
        channel = directory.channel(each.workspace_id, each.channel_id)
        if channel is not None:
            arrivals.append(Arrival(channel, each.event, each.received_at))
        else:
            strays.append(_gone(each, each.event))
    for report in entry.reports:
        channel = directory.channel(report.workspace_id, report.channel_id)
        if channel is not None:
            reports.append(Report(channel, report.update, report.received_at))
        else:
            strays.append(_gone(report, report.update))
    named = ((directory.channel(each.workspace_id, each.channel_id), each) for each in entry.sessions)
    sessions = [SessionReport(channel, each.status, each.received_at) for channel, each in named if channel is not None]
    return Intake(arrivals, reports, strays, sessions, entry.templates)


def merged(intakes: Sequence[Intake]) -> Intake:
    """Several intakes as one, in their order."""
    return Intake(
        [arrival for intake in intakes for arrival in intake.arrivals],
        [report for intake in intakes for report in intake.reports],
        [stray for intake in intakes for stray in intake.strays],
        [session for intake in intakes for session in intake.sessions],
        [news for intake in intakes for news in intake.templates],
    )


def single(intake: Intake) -> list[Intake]:
    """An intake's items, each as one of its own, in the order in which they are taken."""
    return [
        *(Intake(arrivals=[arrival]) for arrival in intake.arrivals),
        *(Intake(reports=[report]) for report in intake.reports),
        *(Intake(strays=[stray]) for stray in intake.strays),
        *(Intake(sessions=[session]) for session in intake.sessions),
        *(Intake(templates=[news]) for news in intake.templates),
    ]


def refused(intake: Intake) -> Intake:
    """Items that the store does not take for a reason of their own: kept whole, where they are seen."""
    strays = [_refused(a.channel, a.event, a.received_at) for a in intake.arrivals]
    strays += [_refused(r.channel, r.update, r.received_at) for r in intake.reports]
    strays += [stray._replace(state="unreadable", reason=REFUSED) for stray in intake.strays]
    return Intake(strays=strays)


def _gone(named: _Arrival | _Report, item: Inbound | DeliveryUpdate) -> Stray:
    raw = msgspec.json.encode(item)
    return _stray(named.workspace_id, named.channel_id, "ignored", GONE, raw, named.received_at)


def _refused(channel: Channel, item: Inbound | DeliveryUpdate, received_at: float) -> Stray:
    return _stray(channel.workspace_id, channel.id, "unreadable", REFUSED, msgspec.json.encode(item), received_at)


def _stray(
    workspace_id: WorkspaceId, channel_id: str, state: str, reason: str, raw: bytes, received_at: float
) -> Stray:
    key = "spool:" + blake2b(raw, digest_size=16).hexdigest()
    return Stray(
        workspace_id, channel_id, "ignored" if state == "ignored" else "unreadable", reason, key, raw, received_at
    )
