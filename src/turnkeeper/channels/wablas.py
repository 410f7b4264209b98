"""WhatsApp through Wablas, an Indonesian gateway for numbers that are linked to its servers.

Sources: Wablas' developer pages and its users' code, read 2026. What the pages leave open (captions, places, errors)
is read leniently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Final, Literal
from urllib.parse import urlencode

from pydantic import Field

from turnkeeper.channels.base import Calls, Capabilities, Finding, HttpCall, HttpReply, NotThisProvider, Webhook
from turnkeeper.channels.gateways import (
    DEDUP_WINDOW,
    Gateway,
    GatewayKeys,
    content_key,
    digits_of,
    guessable,
    inner,
    instant_of,
    items_of,
    kind_of_file,
    said_ok,
    told,
    truth,
    unreachable,
    webhook_address,
    without_words,
)
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, number, raw, read_object, text
from turnkeeper.channels.keys import Address, Token
from turnkeeper.model.events import (
    DeliveryUpdate,
    EventKind,
    Ignored,
    Inbound,
    Location,
    Media,
    Received,
    SessionStatus,
    Status,
    Unreadable,
)
from turnkeeper.model.limits import ContentLimits, MediaLimit
from turnkeeper.model.outbound import (
    Accepted,
    Audio,
    Document,
    Image,
    NotSent,
    Outbound,
    Outcome,
    Rejected,
    Text,
    Unknown,
    Video,
)
from turnkeeper.model.outbound import Location as Place

_LARGEST: Final = 2 * 1024 * 1024
_OFFICE: Final = "application/vnd.openxmlformats-officedocument"
_DOCUMENTS: Final = (
    "application/msword",
    f"{_OFFICE}.wordprocessingml.document",
    "application/pdf",
    "application/vnd.oasis.opendocument.text",
    "text/csv",
    "application/vnd.ms-powerpoint",
    f"{_OFFICE}.presentationml.presentation",
    "application/vnd.ms-excel",
    f"{_OFFICE}.spreadsheetml.sheet",
    "text/plain",
)
LIMITS: Final = ContentLimits(
    text=1024,
    caption=1024,
    media={
        "image": MediaLimit(_LARGEST, ("image/jpeg", "image/jpg", "image/png")),
        "video": MediaLimit(_LARGEST),
        "audio": MediaLimit(_LARGEST),
        "document": MediaLimit(_LARGEST, _DOCUMENTS),
    },
    location=True,
)
_KINDS: Mapping[str, EventKind] = {
    "text": "text", "image": "image", "document": "document", "video": "video", "audio": "audio", "voice": "voice",
    "sticker": "sticker", "location": "location",
}  # fmt: skip
_STATUSES: Mapping[str, Status] = {
    "pending": "pending",
    "sent": "sent",
    "delivered": "delivered",
    "received": "delivered",
    "read": "read",
    **dict.fromkeys(("cancel", "canceled", "cancelled", "reject", "rejected", "failed"), "failed"),
}
_SESSIONS: Final = ("connected", "disconnected")
_COORDINATES = re.compile(r"(-?\d{1,3}\.\d{1,15})\s*,\s*(-?\d{1,3}\.\d{1,15})")
_SCAN: Final = "Open the device in the Wablas dashboard and scan its QR code with the phone."
_DISCONNECTED = re.compile(r"disconnect|not connected|offline", re.IGNORECASE)
_STOPPED = re.compile(r"token|secret|unauthori[sz]ed|expired|quota", re.IGNORECASE)


class WablasKeys(GatewayKeys):
    """A device of Wablas. Its webhook, tracking and device addresses are /webhooks/NAME/WEBHOOK_SECRET."""

    identity = ("token",)
    kind: Literal["wablas"] = Field(description="The provider.", examples=['"wablas"'])
    base_url: Address = Field(
        min_length=1, description="The server that the device is on.", examples=['"https://jogja.wablas.com"']
    )
    token: Token = Field(
        min_length=1, description="The device's token, from its settings.", examples=['"env:WABLAS_TOKEN"']
    )
    secret_key: Token = Field(
        min_length=1, description="The device's secret key, made in its settings.", examples=['"env:WABLAS_KEY"']
    )
    device: str = Field(
        "",
        max_length=64,
        description='The device\'s id as its webhooks name it: those of others are ignored. "": any.',
        examples=['"A0HDJU"'],
    )

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The device's id; "" for whichever the address proves."""
        return (self.device,)

    def credentials(self) -> tuple[str, ...]:
        """Token and key."""
        return (self.token.get_secret_value(), self.secret_key.get_secret_value())


@dataclass(frozen=True, slots=True)
class WablasConfig:
    """One device: one number."""

    base_url: str
    token: str = field(repr=False)
    secret_key: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    device: str = ""

    def call(
        self, method: Literal["GET", "POST"], path: str, body: object = None, timeout: float | None = None
    ) -> HttpCall:
        """A call of the API."""
        headers = {"authorization": f"{self.token}.{self.secret_key}"}
        return HttpCall(method, f"{self.base_url.rstrip('/')}/api/{path}", headers, body, timeout)

    def told(self, words: object) -> str:
        """What Wablas said, without our secrets."""
        return told(words, self.token, self.secret_key, self.webhook_secret)


class Wablas(Gateway):
    """The ChannelAdapter of kind `wablas`."""

    kind: ClassVar[str] = "wablas"
    capabilities: ClassVar[Capabilities] = Capabilities(
        limits=LIMITS,
        markup="whatsapp",
        on_unknown="never_resend",
        fetches_links=True,
        confirms="delivered",
    )

    def parse(self, request: Webhook, config: WablasConfig) -> list[Received]:  # noqa: ARG002 - the port's
        """A message, a message's fate or the device's state, told apart by their fields; raises NotThisProvider."""
        items = items_of(request.body)
        if not any(_is_ours(item) for item in items):
            raise NotThisProvider("no field of Wablas' webhooks is in the body")
        return [_received(item) for item in items]

    def send(self, outbound: Outbound, config: WablasConfig) -> Calls[Outcome]:
        """Send one message in one call. Taken means queued: tracking webhooks tell the rest."""
        recipient = _recipient(outbound.addresses)
        if recipient is None:
            return Rejected("no_address", "the contact has no phone number")
        said = _said(outbound)
        if isinstance(said, Rejected):
            return said
        path, fields = said
        data = {**recipient, **fields, "ref_id": outbound.tracker}
        reply = yield config.call("POST", f"v2/{path}", {"data": [data]})
        return _outcome(reply, config)

    def session(self, config: WablasConfig) -> Calls[SessionStatus | NotSent]:
        """Whether the device is connected now."""
        reply = yield config.call("GET", f"device/info?{urlencode({'token': config.token})}")
        state = _state(read_object(reply.body), config)
        if reply.failure or not state:
            return NotSent("Wablas does not tell the device's state")
        works = state == "connected"
        return SessionStatus(status=state, works=works, account_id=config.device, mend="" if works else _SCAN)

    def health(self, config: WablasConfig) -> Calls[list[Finding]]:
        """Whether the server answers, takes the token, and has the device connected."""
        reply = yield config.call("GET", f"device/info?{urlencode({'token': config.token})}")
        return [*_health(reply, config), *guessable(config)]

    def connect(self, url: str, config: WablasConfig) -> Calls[list[Finding]]:
        """Set the addresses of the webhooks for messages and for their fates."""
        address = webhook_address(url, config.webhook_secret)
        found: list[Finding] = []
        for name, path in (("webhook", "change-webhook-url"), ("tracking", "change-tracking-url")):
            reply = yield config.call("POST", f"device/{path}", {f"{name}_url": address})
            outcome = _outcome(reply, config)
            ok = isinstance(outcome, Accepted)
            detail = "set" if ok else getattr(outcome, "reason", "")
            mend = "" if ok else f"Set the device's {name} URL in the Wablas dashboard."
            found.append(Finding(name, ok, detail, mend))
        return found


def _is_ours(item: object) -> bool:
    return isinstance(item, dict) and ("deviceId" in item or ("phone" in item and ("message" in item or "id" in item)))


def _received(item: object) -> Received:
    if not isinstance(item, dict) or not _is_ours(item):
        return Unreadable(reason="neither a message, a message's fate nor a device's state", raw=raw(item))
    account_id = external_id(item.get("deviceId")) or ""
    status = (text(item.get("status")) or "").strip().lower()
    if "messageType" not in item and "message" not in item:
        if "deviceName" in item or status in _SESSIONS:
            return _session(item, account_id, status)
        if "status" in item:
            return _tracked(item, account_id, status)
    return _message(item, account_id)


def _session(item: Item, account_id: str, status: str) -> Received:
    if not status:
        return Unreadable(reason="the device's state is missing", account_id=account_id, raw=raw(item))
    works = status == "connected"
    at = instant_of(item.get("timestamp"))
    return SessionStatus(
        status=status[:100], works=works, account_id=account_id, timestamp=at, mend="" if works else _SCAN
    )


def _tracked(item: Item, account_id: str, status: str) -> Received:
    message_id = external_id(item.get("id"))
    known = _STATUSES.get(status)
    if message_id is None:
        return Unreadable(reason="the status names no message", account_id=account_id, raw=raw(item))
    if known is None:
        reason = f"unknown status {status[:40]!r}"
        return Ignored(reason=reason, account_id=account_id, message_id=message_id, raw=raw(item))
    note = (text(item.get("note")) or "").strip()
    return DeliveryUpdate(
        status=known,
        account_id=account_id,
        message_id=message_id,
        recipient_id=digits_of(item.get("phone")),
        error=(note or f"Wablas says {status}")[:300] if known == "failed" else None,
    )


def _message(item: Item, account_id: str) -> Received:
    message_id = external_id(item.get("id"))
    if truth(item.get("isFromMe")):
        # Also what we sent ourselves comes back, under other ids: nobody could tell it from the owner's words.
        return Ignored(reason="own message", account_id=account_id, message_id=message_id, raw=raw(item))
    group = inner(item.get("group")) or {}
    is_group = truth(item.get("isGroup"))
    chat = external_id(item.get("phone"))
    sender = digits_of(group.get("sender")) if is_group else digits_of(chat)
    if sender is None or chat is None:
        reason = "the message names no sender"
        return Unreadable(reason=reason, account_id=account_id, message_id=message_id, raw=raw(item))
    return Inbound(
        **_content(item),
        account_id=account_id,
        message_id=message_id,
        chat_id=chat if is_group else sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=text(item.get("pushName")) or None,
        timestamp=instant_of(item.get("timestamp")),
        is_group=is_group,
        mentions_us=is_group and _names(item.get("message"), item.get("sender")),
        addresses=(f"phone:{sender}",),
        dedup_key=f"{account_id}:{message_id}" if message_id else _content_key(item, account_id, chat, sender),
        dedup_window=0.0 if message_id else DEDUP_WINDOW,
    )


def _content_key(item: Item, *whose: str) -> str:
    return content_key(*whose, *(text(item.get(name)) for name in ("message", "url", "timestamp")))


def _names(words: object, number: object) -> bool:
    """Whether a text of a group's names the device: WhatsApp writes a mention as @ and the number."""
    ours = digits_of(number)
    return ours is not None and f"@{ours}" in (text(words) or "")


def _content(item: Item) -> dict[str, Any]:
    """What the message says. The caption of a file is documented nowhere; it comes as `message`."""
    words = text(item.get("message")) or None
    if item.get("messageType") == "text":
        return {"kind": "text", "text": words or ""}
    url = (text(item.get("url")) or "").strip()
    mime = text(item.get("mimeType")) or None
    kind = _KINDS.get((text(item.get("messageType")) or "").strip().lower())
    if kind is None and not item.get("messageType"):
        kind = kind_of_file(url, mime) if url else "text"
    if kind is None:
        details = {"type": (text(item.get("messageType")) or "")[:64]}
        return {"kind": "unsupported", "text": words, "details": details}
    if kind == "text":
        return {"kind": kind, "text": words or ""}
    if kind == "location":
        return {"kind": kind, "text": words, "location": _location(item, words or "")}
    name = text(item.get("file")) or None
    file = Media(url=url, mime=mime, filename=name) if url else None
    caption = None if words in (name, url) else words
    return {"kind": kind, "text": caption, "media": file, "media_unavailable": file is None}


def _location(item: Item, words: str) -> Location | None:
    """How a place is carried is documented nowhere: in fields, or as numbers in the text."""
    place = inner(item.get("location")) or item
    latitude, longitude = number(place.get("latitude")), number(place.get("longitude"))
    if (latitude is None or longitude is None) and (found := _COORDINATES.search(words)):
        latitude, longitude = float(found[1]), float(found[2])
    if latitude is None or longitude is None or abs(latitude) > 90 or abs(longitude) > 180:
        return None
    return Location(latitude, longitude, text(place.get("name")) or None, text(place.get("address")) or None)


def _recipient(addresses: tuple[str, ...]) -> dict[str, object] | None:
    for address in addresses:
        kind, _, value = address.partition(":")
        if kind == "phone" and (phone := digits_of(value)):
            return {"phone": phone}
        if kind == "group" and value:
            return {"phone": value, "isGroup": "true"}
    return None


def _said(outbound: Outbound) -> tuple[str, dict[str, object]] | Rejected:
    """The call that says a content, and its fields."""
    content = outbound.content
    match content:
        case Text(body=body):
            return "send-message", {"message": body}
        case Place(latitude=latitude, longitude=longitude, name=name, address=address):
            place = {"name": name or "", "address": address or "", "latitude": latitude, "longitude": longitude}
            return "send-location", {"message": place}
        case (
            Image(file=file, caption=caption) | Video(file=file, caption=caption) | Document(file=file, caption=caption)
        ):
            said = {"caption": caption} if caption else {}
        case Audio(file=file):
            said = {}
        case _:
            return Rejected("not_supported", "Wablas has no such message")
    link = outbound.link_of(file)
    if link is None:
        return Rejected("no_link", "Wablas fetches files, and this one has no address")
    kind = type(content).__name__.lower()
    return f"send-{kind}", {kind: link, **said}


def _outcome(reply: HttpReply, config: WablasConfig) -> Outcome:
    """What became of a call: `status` in the body decides, for a refusal comes with HTTP 200 too."""
    if reply.status == 429:
        return NotSent("too many calls", 60.0, None, "number", "http_429")
    unsaid = without_words(reply, "Wablas")
    body = read_object(reply.body)
    if unsaid is not None or body is None:
        return unsaid or Unknown("Wablas said nothing")
    if said_ok(body) and 200 <= reply.status < 300:
        return _taken(body)
    return _refused(body, reply.status, config)


def _taken(body: Item) -> Outcome:
    data = body.get("data")
    found = listing(data) or listing((mapping(data) or {}).get("messages")) or []
    first = mapping(found[0]) if found else None
    if first and _STATUSES.get((text(first.get("status")) or "").lower()) == "failed":
        return Rejected("rejected", "Wablas takes it and says at once that it will not be sent")
    return Accepted(external_id(first.get("id")) if first else None)


def _refused(body: Item, status: int, config: WablasConfig) -> Outcome:
    said = text(body.get("message")) or ""
    words = config.told(said)
    reason = f"Wablas refuses it: {words or f'HTTP {status}'}"
    if _DISCONNECTED.search(said):
        return NotSent(f"{_SCAN} ({words})", 60.0, None, "session", "disconnected")
    if status in (401, 403) or _STOPPED.search(said):
        return Rejected("account", reason, "stop_channel")
    if status == 408:
        return Unknown(reason)
    if status >= 500:
        return NotSent(reason, limit=4, code=f"http_{status}")
    return Rejected("refused", reason)


def _state(body: Item | None, config: WablasConfig) -> str:
    """The device's state in Wablas' word; where in the answer it stands is not documented."""
    data = mapping(body.get("data")) if body else None
    inside = mapping((data or {}).get("whatsapp")) or {}
    return config.told((data or {}).get("status") or inside.get("status")).lower() if body else ""


def _health(reply: HttpReply, config: WablasConfig) -> list[Finding]:
    body = read_object(reply.body) or {}
    if (broken := unreachable(reply, "Wablas")) is not None:
        return [broken]
    found = [Finding("api", True, "Wablas answers")]
    data = mapping(body.get("data")) or {}
    state = _state(body, config)
    if not truth(body.get("status")) and not state:
        mend = "Check token and secret_key in the device's settings."
        return [*found, Finding("token", False, f"the token is refused: {config.told(body.get('message'))}", mend)]
    found.append(Finding("token", True, "the token is accepted"))
    connected = state == "connected"
    found.append(
        Finding("device", connected, f"the device is {config.told(state) or 'unknown'}", "" if connected else _SCAN)
    )
    quota = number(data.get("quota"))
    if quota is not None:
        mend = "" if quota > 0 else "Buy more in the Wablas dashboard, or wait until it is renewed."
        until = config.told(data.get("expired_date"))
        detail = f"{quota:.0f} messages left" + (f", valid until {until}" if until else "")
        found.append(Finding("quota", quota > 0, detail, mend))
    return found
