"""A webhook body of WAHA -> what it tells. One body is one event of one session.

Source: WAHA's documentation of events and webhooks, its schema, and bodies of its engines, read 2026.
"""

from __future__ import annotations

from collections.abc import Callable

from turnkeeper.channels.base import NotThisProvider
from turnkeeper.channels.json_values import Item, decode, external_id, listing, mapping, raw, text
from turnkeeper.channels.waha import changes
from turnkeeper.channels.waha.ids import own_ids, read_message_id
from turnkeeper.channels.waha.messages import Around, Malformed, Nobodys, read_message, seconds
from turnkeeper.channels.waha.sessions import session_status
from turnkeeper.model.events import Ignored, Received, SessionStatus, Unreadable

Reader = Callable[[Item, Around], list[Received]]
_IGNORED_RAW = 1000
"""Bytes kept of what we leave alone."""


def parse_body(body: bytes, session: str, base_url: str) -> list[Received]:
    """Everything that a body tells; raises NotThisProvider if it cannot be WAHA's.

    `session` is whose it is where it does not say; `base_url` is named to the operator.
    """
    root = mapping(decode(body))
    event = root.get("event") if root else None
    if root is None or not isinstance(event, str) or not event:
        raise NotThisProvider("the body names no event")
    around = around_of(root, session)
    if event == "session.status":
        return [_session(root, around, base_url)]
    reader = _READERS.get(event)
    payload = mapping(root.get("payload"))
    if reader is None:
        return [_ignored(f"event {event[:100]}", root.get("payload"), around)]
    if payload is None:
        return [Unreadable(reason="the event has no payload", account_id=around.account_id, raw=raw(root))]
    return read(reader, payload, around)


def around_of(root: Item, session: str) -> Around:
    """What an envelope says of itself."""
    me = mapping(root.get("me"))
    own = own_ids(me.get("id"), me.get("lid"), me.get("jid")) if me else ()
    return Around(
        external_id(root.get("session")) or session,
        own,
        seconds(root.get("timestamp")),
        external_id(root.get("id")),
    )


def read(reader: Reader, payload: Item, around: Around) -> list[Received]:
    """What a reader makes of a payload: always something, whatever stands in it."""
    try:
        return reader(payload, around)
    except Malformed as problem:
        known = _whole_id(payload)
        return [Unreadable(reason=str(problem), account_id=around.account_id, message_id=known, raw=raw(payload))]
    except Nobodys as why:
        return [_ignored(str(why), payload, around)]


def messages(payload: Item, around: Around) -> list[Received]:
    """The reader of `message` and `message.any`, and of each message in a chat."""
    return [read_message(payload, around)]


def _whole_id(payload: object) -> str | None:
    found = read_message_id(payload.get("id")) if isinstance(payload, dict) else None
    return found.whole if found else None


def _ignored(reason: str, payload: object, around: Around) -> Ignored:
    """What comes all the time and says nothing (who is online) is kept without its body, once."""
    cut = b"" if reason.startswith("presence") else raw(payload)[:_IGNORED_RAW]
    known = None if reason.startswith("presence") else _whole_id(payload)
    return Ignored(reason=reason, account_id=around.account_id, message_id=known, raw=cut)


def _session(root: Item, around: Around, base_url: str) -> SessionStatus | Unreadable:
    payload = mapping(root.get("payload")) or {}
    status = text(payload.get("status"))
    if not status:
        return Unreadable(reason="the session has no status", account_id=around.account_id, raw=raw(root))
    history = [each for each in listing(payload.get("statuses")) or () if isinstance(each, dict)]
    at = around.at or (seconds(history[-1].get("timestamp")) if history else None)
    return session_status(status, around.account_id, base_url, at)


_READERS: dict[str, Reader] = {
    "message": messages,
    "message.any": messages,
    "message.ack": changes.read_ack,
    "message.ack.group": changes.read_ack,
    "message.reaction": changes.read_reaction,
    "message.edited": changes.read_edit,
    "message.revoked": changes.read_revoke,
    "poll.vote": changes.read_vote,
    "presence.update": changes.read_presence,
    "call.received": changes.read_call,
    "call.accepted": changes.read_call,
    "call.rejected": changes.read_call,
}
