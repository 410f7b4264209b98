"""What single people send, and ticks: what comes most, read the short way (channels.shape).

Short is only the way to who wrote where; what a message holds is read as ever.
"""

from __future__ import annotations

from typing import Final

from msgspec.structs import replace

from turnkeeper.channels.gateways import digits_of, instant_of
from turnkeeper.channels.shape import Id, Part, Shape
from turnkeeper.channels.wablas.parse import STATUSES, read_content
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
    kind: str
    device: Id
    timestamp: str
    ours: object
    in_group: object
    group: object = None
    name: str | None = None
    sender: str = ""
    file: str = ""
    url: str = ""
    mime: str = ""
    picture: str = ""


class _Tick(Part, rename={"device": "deviceId"}):
    id: Id
    device: Id
    status: str
    phone: str = ""
    note: str = ""
    sender: str = ""


_MESSAGE: Final = Shape(_Message)
_TICK: Final = Shape(_Tick)


def one_alone(body: bytes) -> list[Received] | None:
    """The one event of such a body; None: it goes the long way."""
    return _tick(body) if b'"message' not in body else _sent(body)


def _tick(body: bytes) -> list[Received] | None:
    tick = _TICK.read(body)
    status = STATUSES.get(tick.status) if tick is not None else None
    if tick is None or status is None or status == "failed":
        return None
    update = DeliveryUpdate(
        status=status,
        account_id=tick.device,
        message_id=tick.id,
        recipient_id=digits_of(tick.phone),
    )
    return [update]


def _sent(body: bytes) -> list[Received] | None:
    message = _MESSAGE.read(body)
    if message is None or message.ours is not False or message.in_group is not False:
        return None
    sender = digits_of(message.phone)
    if sender is None or message.group is not None:
        return None
    event = replace(
        Inbound(kind="text", text=message.message) if message.kind == "text" else _carried(message),
        account_id=message.device,
        message_id=message.id,
        chat_id=sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=message.name or None,
        timestamp=instant_of(message.timestamp),
        addresses=(f"phone:{sender}",),
        dedup_key=f"{message.device}:{message.id}",
    )
    return [event]


def _carried(message: _Message) -> Inbound:
    item = {
        "messageType": message.kind, "message": message.message,
        "file": message.file, "url": message.url, "mimeType": message.mime,
    }  # fmt: skip
    return read_content(item)
