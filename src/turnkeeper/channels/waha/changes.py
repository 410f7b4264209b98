"""What happens to messages and between them: ticks, emojis, edits, deletions, votes, typing, calls -> events.

Source: WAHA's documentation of events and its schema, and bodies of its engines, read 2026.
"""

from __future__ import annotations

from hashlib import blake2b

from msgspec.structs import replace

from turnkeeper.channels.json_values import Item, external_id, listing, mapping, raw, text
from turnkeeper.channels.waha.ids import MessageId, addresses_of, is_group, read_chat, read_message_id
from turnkeeper.channels.waha.messages import (
    Around,
    Malformed,
    Nobodys,
    Talk,
    event_of,
    read_content,
    seconds,
    whom,
)
from turnkeeper.channels.waha.particulars import Particulars
from turnkeeper.model.events import Choice, DeliveryUpdate, Inbound, Reaction, Received, Status

_ACKS: dict[object, Status] = {-1: "failed", 0: "pending", 1: "sent", 2: "delivered", 3: "read", 4: "played"}
_ACK_NAMES: dict[object, Status] = {
    "ERROR": "failed", "PENDING": "pending", "SERVER": "sent", "DEVICE": "delivered", "READ": "read",
    "PLAYED": "played",
}  # fmt: skip
_WRITING = frozenset({"typing", "recording"})
_NO_DATA = Particulars(None)


def read_ack(payload: Item, around: Around) -> list[Received]:
    """`message.ack` and `message.ack.group`: how far one of our messages came."""
    message_id = read_message_id(payload.get("id"))
    if message_id is None:
        raise Nobodys("ack without a message id")
    ours = payload.get("fromMe") is True if "fromMe" in payload else message_id.from_me is not False
    if not ours:
        raise Nobodys("ack of a message that came in")
    ack, name = payload.get("ack"), payload.get("ackName")
    status = _ACKS.get(ack) if isinstance(ack, int) and not isinstance(ack, bool) else None
    status = status or (_ACK_NAMES.get(name) if isinstance(name, str) else None)
    if status is None:
        raise Nobodys(f"ack {text(name) or text(ack) or 'without a status'}"[:100])
    chat = message_id.chat or read_chat(payload.get("to")) or read_chat(payload.get("from"))
    participant = read_chat(payload.get("participant")) or message_id.participant
    return [
        DeliveryUpdate(
            status=status,
            account_id=around.account_id,
            message_id=message_id.whole,
            message_key=message_id.key,
            recipient_id=chat,
            timestamp=seconds(payload.get("timestamp")) or around.at,
            error="WhatsApp did not take the message (ack ERROR)" if status == "failed" else None,
            is_group=is_group(chat),
            participant_id=participant if is_group(chat) else None,
            chat_id=chat,
        )
    ]


def read_reaction(payload: Item, around: Around) -> list[Received]:
    """`message.reaction`. Its id may be that of the message under which it stands."""
    reaction = mapping(payload.get("reaction")) or {}
    target = read_message_id(reaction.get("messageId"))
    if target is None:
        raise Malformed("reaction to no message")
    emoji = text(reaction.get("text")) or ""
    found = Inbound(kind="reaction", reaction=Reaction(target.whole, emoji), target_message_key=target.key)
    known = [target.key, emoji, payload.get("timestamp"), payload.get("from"), payload.get("participant")]
    return [_about(payload, around, found, "r:", known)]


def read_edit(payload: Item, around: Around) -> list[Received]:
    """`message.edited`: the message as it is now."""
    target = read_message_id(payload.get("editedMessageId"))
    if target is None:
        raise Malformed("edit of no message")
    new = read_content(payload, read_message_id(payload.get("id")), Particulars(payload.get("_data")))
    found = replace(new, kind="edited", target_message_id=target.whole, target_message_key=target.key)
    return [_about(payload, around, found, "e:", [target.key, payload.get("body"), payload.get("timestamp")])]


def read_revoke(payload: Item, around: Around) -> list[Received]:
    """`message.revoked`: `after` is what stands in the message's place, `before` what was there, if it is known."""
    after, before = mapping(payload.get("after")), mapping(payload.get("before"))
    message = after or before
    target = read_message_id(payload.get("revokedMessageId")) or read_message_id((before or {}).get("id"))
    if message is None or target is None:
        raise Malformed("deletion of no message")
    found = Inbound(kind="deleted", target_message_id=target.whole, target_message_key=target.key)
    bare = {name: value for name, value in message.items() if name != "replyTo"}
    return [_about(bare, around, found, "d:", [target.key])]


def read_vote(payload: Item, around: Around) -> list[Received]:
    """`poll.vote`: what is chosen now, all of it."""
    vote, poll = mapping(payload.get("vote")), mapping(payload.get("poll")) or {}
    if vote is None:
        raise Malformed("vote without a vote")
    chosen = [option for each in listing(vote.get("selectedOptions")) or () if (option := text(each))]
    target = read_message_id(poll.get("id"))
    found = Inbound(
        kind="poll_vote",
        text=", ".join(chosen),
        choice=Choice(chosen[0], chosen[0]) if len(chosen) == 1 else None,
        target_message_id=target.whole if target else None,
        target_message_key=target.key if target else None,
    )
    known = [target.key if target else None, chosen, vote.get("timestamp"), vote.get("from"), vote.get("participant")]
    return [_about(vote, around, found, "v:", known)]


def read_call(payload: Item, around: Around) -> list[Received]:
    """`call.received`, `call.accepted`, `call.rejected`: one call, told up to three times."""
    caller = read_chat(payload.get("from"))
    known = external_id(payload.get("id"))
    talk = Talk(caller, caller, addresses_of([caller]), from_me=False)
    if not talk.addresses:
        raise Malformed("the call names nobody")
    message_id = MessageId(known, known) if known else None
    found = Inbound(kind="call", details={"video": True} if payload.get("isVideo") is True else None)
    return [event_of(payload, message_id, talk, _NO_DATA, around, found, f"c:{known}" if known else "")]


def read_presence(payload: Item, around: Around) -> list[Received]:
    """`presence.update`: only that somebody writes to us is of use, and only between two. Told as often as it happens:
    each is an event of its own."""
    chat = read_chat(payload.get("id"))
    if chat is None:
        raise Malformed("presence of nobody")
    if is_group(chat):
        raise Nobodys("presence in a group")
    states = [
        each.get("lastKnownPresence") for each in listing(payload.get("presences")) or () if isinstance(each, dict)
    ]
    if not _WRITING.intersection(filter(None, map(text, states))):
        raise Nobodys("presence")
    talk = Talk(chat, chat, addresses_of([chat]), from_me=False)
    known = _key("t:", [chat, around.event_id, around.at])
    return [event_of({}, None, talk, _NO_DATA, around, Inbound(kind="typing"), known)]


def _about(payload: Item, around: Around, found: Inbound, mark: str, known: list[object]) -> Inbound:
    """An event of its own about a message, known by what it says."""
    message_id = read_message_id(payload.get("id"))
    data = Particulars(payload.get("_data"))
    talk = whom(payload, message_id, data, around)
    event = event_of(payload, message_id, talk, data, around, found, _key(mark, known))
    if event.message_key == event.target_message_key:  # told under the id of the message that it is about
        return replace(event, message_key=None)
    return event


def _key(mark: str, known: list[object]) -> str:
    return mark + blake2b(raw(known), digest_size=16).hexdigest()
