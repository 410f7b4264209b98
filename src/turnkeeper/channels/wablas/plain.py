"""Texts of single people, and ticks: what comes most, read the short way (channels.shape)."""

from __future__ import annotations

from typing import Final, Literal

from turnkeeper.channels.gateways import digits_of, instant_of
from turnkeeper.channels.shape import Id, Part, Shape
from turnkeeper.channels.wablas.parse import STATUSES
from turnkeeper.model.events import DeliveryUpdate, Inbound, Received


class _Message(
    Part,
    rename={
        "name": "pushName", "in_group": "isGroup", "kind": "messageType", "mime": "mimeType", "device": "deviceId",
        "ours": "isFromMe", "picture": "profileImage",
    },
):  # fmt: skip
    id: Id
    phone: Id
    message: str
    kind: Literal["text"]
    device: Id
    timestamp: str
    ours: Literal[False]
    in_group: Literal[False]
    group: None = None
    name: str | None = None
    sender: str = ""
    file: str = ""
    url: str = ""
    mime: str = ""
    picture: str = ""


class _Tick(Part, rename={"device": "deviceId"}):
    id: Id
    device: Id
    status: Literal["pending", "sent", "delivered", "received", "read"]
    phone: str = ""
    note: str = ""
    sender: str = ""


_MESSAGE: Final = Shape(_Message)
_TICK: Final = Shape(_Tick)


def one_alone(body: bytes) -> list[Received] | None:
    """The one event of such a body; None: it goes the long way."""
    return _tick(body) if b'"message' not in body else _text(body)


def _tick(body: bytes) -> list[Received] | None:
    tick = _TICK.read(body)
    if tick is None:
        return None
    update = DeliveryUpdate(
        status=STATUSES[tick.status],
        account_id=tick.device,
        message_id=tick.id,
        recipient_id=digits_of(tick.phone),
    )
    return [update]


def _text(body: bytes) -> list[Received] | None:
    message = _MESSAGE.read(body)
    sender = digits_of(message.phone) if message is not None else None
    if message is None or sender is None:
        return None
    event = Inbound(
        kind="text",
        account_id=message.device,
        message_id=message.id,
        chat_id=sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=message.name or None,
        timestamp=instant_of(message.timestamp),
        text=message.message,
        addresses=(f"phone:{sender}",),
        dedup_key=f"{message.device}:{message.id}",
    )
    return [event]
