"""WhatsApp through WhatsApp Center (WhaCenter), an Indonesian gateway for numbers that are linked to its servers.

Source: its users' code, read 2026; little is published. There are no message ids, no statuses and no signatures: a
message is known by what it says, `accepted` is the best that is told, and what was answered is never sent again.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, ClassVar, Final, Literal, final
from urllib.parse import urlencode

from msgspec import Meta
from msgspec.structs import replace
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
    name_of,
    said_ok,
    told,
    truth,
    unreachable,
    webhook_address,
    without_words,
)
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, raw, read_object, text
from turnkeeper.channels.keys import Address, Token
from turnkeeper.channels.shape import Part, Shape, is_number
from turnkeeper.model.contents import Audio, Document, Image, Text, Video
from turnkeeper.model.events import Ignored, Inbound, Media, Received, Referral, SessionStatus, Unreadable
from turnkeeper.model.limits import ContentLimits, MediaLimit
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown

_LARGEST: Final = 16 * 1024 * 1024
"""Not documented: what WhatsApp takes of every kind."""
LIMITS: Final = ContentLimits(
    text=4096,
    caption=1024,
    media={
        "image": MediaLimit(5 * 1024 * 1024, ("image/jpeg", "image/png")),
        "video": MediaLimit(_LARGEST),
        "audio": MediaLimit(_LARGEST),
        "document": MediaLimit(_LARGEST),
    },
)
_TRIES_APART: Final = (1.0, 3.0)
"""Seconds after the first tries that did not connect; from then on the usual backoff."""
_ASIDE: Final = 3.0
"""Seconds for a question beside a send."""
_ADDRESSES: Final = ("url", "link", "mediaUrl", "file")
_REFERRAL: Final = ("source_id", "source_type", "source_url")
_AWAY: Final = re.compile(r"device.{0,20}not (connected|found)", re.IGNORECASE)
_SCAN: Final = "Open the device in the WhatsApp Center dashboard and scan its QR code with the phone."


@final
class WhaCenterKeys(GatewayKeys):
    """A device of WhatsApp Center. Its webhook is /webhooks/NAME/WEBHOOK_SECRET."""

    identity = ("device_id",)
    asked = ("number",)
    kind: Literal["whacenter"] = Field(description="The provider.", examples=['"whacenter"'])
    base_url: Address = Field(
        "https://api.whacenter.com",
        min_length=1,
        description="Where its API is, without /api.",
        examples=['"https://api.whacenter.com"'],
    )
    device_id: Token = Field(
        min_length=1,
        description="The device's id, which is all that authorizes a send.",
        examples=['"env:WHACENTER_DEVICE"'],
    )
    number: str = Field(
        "",
        pattern=r"^(\d{8,20})?$",
        description='The device\'s own number, digits with the country code: webhooks for others are ignored. "": any.',
        examples=['"6281234567890"'],
    )

    @property
    def account_ids(self) -> tuple[str, ...]:
        """The device's number; "" for whichever the address proves."""
        return (self.number,)

    def credentials(self) -> tuple[str, ...]:
        """The device's id."""
        return (self.device_id.get_secret_value(),)


@dataclass(frozen=True, slots=True)
class WhaCenterConfig:
    """One device: one number."""

    device_id: str = field(repr=False)
    webhook_secret: str = field(repr=False)
    base_url: str = "https://api.whacenter.com"
    number: str = ""

    def ask(self, path: str, timeout: float | None = None, **query: str) -> HttpCall:
        """A question about the device; its id is part of the address."""
        asked = urlencode({"device_id": self.device_id, **query})
        return HttpCall("GET", f"{self.url(path)}?{asked}", timeout=timeout)

    def url(self, path: str) -> str:
        """The address of a call."""
        return f"{self.base_url.rstrip('/').removesuffix('/api')}/api/{path}"

    def told(self, words: object) -> str:
        """What WhatsApp Center said, without our secrets."""
        return told(words, self.device_id, self.webhook_secret)


class WhaCenter(Gateway):
    """The ChannelAdapter of kind `whacenter`."""

    kind: ClassVar[str] = "whacenter"
    capabilities: ClassVar[Capabilities] = Capabilities(
        limits=LIMITS, markup="whatsapp", on_unknown="never_resend", fetches_links=True
    )

    def parse(self, request: Webhook, config: WhaCenterConfig) -> list[Received]:
        """Every message of the body, in order; raises NotThisProvider."""
        if (plain := _text_alone(request.body, config.number)) is not None:
            return plain
        items = items_of(request.body)
        if not any(isinstance(item, dict) and "from" in item for item in items):
            raise NotThisProvider("nobody has sent it")
        return [_received(item, config.number) for item in items]

    def send(self, outbound: Outbound, config: WhaCenterConfig) -> Calls[Outcome]:
        """Send one message in one call; after a refusal, ask whether the device is connected."""
        number = next((found for each in outbound.addresses if (found := _number(each))), None)
        if number is None:
            return Rejected("no_address", "the contact has no phone number of at least 8 digits")
        said = _said(outbound)
        if isinstance(said, Rejected):
            return said
        body = {"device_id": config.device_id, "number": number, **said}
        reply = yield HttpCall("POST", config.url("send"), json=body)
        outcome = _outcome(reply, outbound.tries, config)
        if isinstance(outcome, Rejected) and outcome.code == "device":
            return _after_refusal(outcome, (yield config.ask("statusDevice", _ASIDE)), config)
        return outcome

    def session(self, config: WhaCenterConfig) -> Calls[SessionStatus | NotSent]:
        """Whether the device is connected now."""
        reply = yield config.ask("statusDevice")
        state = _state(read_object(reply.body), config)
        if reply.failure or not state:
            return NotSent("WhatsApp Center does not tell the device's state")
        works = state == "connected"
        return SessionStatus(status=state, works=works, account_id=config.number, mend="" if works else _SCAN)

    def health(self, config: WhaCenterConfig) -> Calls[list[Finding]]:
        """Whether it answers, knows the device and has it connected, and where the device's webhooks go."""
        reply = yield config.ask("statusDevice")
        if (broken := unreachable(reply, "WhatsApp Center")) is not None:
            return [broken]
        found = [Finding("api", True, "WhatsApp Center answers"), _device(reply, config)]
        if found[-1].ok:
            addresses = _addresses((yield config.ask("getWebhook")))
            if addresses is not None:
                detail = "WhatsApp Center tells where webhooks go"
                found.append(Finding("address", True, detail, registered=addresses))
        return [*found, *guessable(config)]

    def connect(self, url: str, config: WhaCenterConfig) -> Calls[list[Finding]]:
        """Set the webhook's address and read it back: some ways to set it answer 200 and store nothing."""
        address = webhook_address(url, config.webhook_secret)
        reply = yield config.ask("setWebhook", webhook=address)
        if (broken := unreachable(reply, "WhatsApp Center")) is not None:
            return [broken]
        if address in (_addresses((yield config.ask("getWebhook"))) or ()):
            return [Finding("webhook", True, "set, and read back")]
        mend = "Set it in the WhatsApp Center dashboard."
        return [Finding("webhook", False, "WhatsApp Center has another address than the one that was set", mend)]


class _Ad(Part):
    source_type: str = ""
    source_id: str = ""
    source_url: str = ""


class _Plain(Part, rename={"sender": "from", "name": "pushName"}):
    """What comes most: the words of one person, and nothing else. What is an object here is looked at afterwards, since
    a body that fails to be decoded costs more than one that is decoded twice."""

    sender: str
    message: Annotated[str, Meta(min_length=1)]
    to: str
    timestamp: object
    name: str = ""
    media: object = None
    is_group: object = False
    source: str = ""
    ad_reply: _Ad | None = None


_PLAIN: Final = Shape(_Plain)
_NOTHING: Final = ("", None)
_LATEST: Final = 10**11


def _text_alone(body: bytes, number: str) -> list[Received] | None:
    """The one event of such a body, read the short way (channels.shape); None: it goes the long way."""
    plain = _PLAIN.read(body)
    if plain is None:
        return None
    sent_at = plain.timestamp
    if type(sent_at) is not int or not 0 <= sent_at < _LATEST or plain.is_group is not False:
        return None
    ad = plain.ad_reply
    if plain.media not in _NOTHING or (ad is not None and (ad.source_id or ad.source_type or ad.source_url)):
        return None
    sender, account_id, said = plain.sender, plain.to, plain.message
    if sender in (account_id, number) or not (_is_plain(sender) and _is_plain(account_id)):
        return None
    event = Inbound(
        kind="text",
        account_id=account_id,
        chat_id=sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=plain.name or None,
        timestamp=sent_at or None,
        text=said,
        addresses=(f"phone:{sender}",),
        dedup_key=content_key(account_id, sender, said, "", str(sent_at)),
        dedup_window=DEDUP_WINDOW,
    )
    return [event]


def _is_plain(phone: str) -> bool:
    """Whether a number is written as it is wanted: digits with the country code."""
    return is_number(phone, 20) and len(phone) >= 8 and phone[0] != "0"


def _received(item: object, number: str) -> Received:
    if not isinstance(item, dict):
        return Unreadable(reason="the message is not an object", raw=raw(item))
    to = digits_of(item.get("to"))
    account_id = to or number
    sender = digits_of(item.get("from")) or digits_of(item.get("phone"))
    if truth(item.get("is_group")) or truth(item.get("isGroup")):
        return Ignored(reason="written in a group, whose members are not named", account_id=account_id, raw=raw(item))
    if sender is None:
        return Unreadable(reason="the message names no sender", account_id=account_id, raw=raw(item))
    if sender in (to, number):
        return Ignored(reason="own message", account_id=account_id, raw=raw(item))
    ad = inner(item.get("ad_reply"))
    referral = {key: said for key in _REFERRAL if (said := text(ad.get(key)))} if ad else {}
    file = _media(item.get("media"))
    words, stamp = text(item.get("message")) or "", item.get("timestamp")
    return replace(
        _content(words, file),
        account_id=account_id,
        chat_id=sender,
        sender_id=sender,
        sender_phone=sender,
        sender_name=text(item.get("pushName")) or None,
        timestamp=instant_of(stamp),
        referral=dict[str, object](referral) or None,
        ad=Referral(**referral) if referral else None,
        addresses=(f"phone:{sender}",),
        dedup_key=content_key(account_id, sender, words, file.url if file else "", text(stamp)),
        dedup_window=DEDUP_WINDOW,
    )


def _content(words: str, file: Media | None) -> Inbound:
    if file is not None and file.url:
        kind = kind_of_file(file.url, file.mime)
        if kind == "document" and not file.filename:
            file = replace(file, filename=name_of(file.url) or None)
        return Inbound(kind=kind, text=words or None, media=file)
    return Inbound(kind="text", text=words) if words else Inbound(kind="unsupported")


def _media(value: object) -> Media | None:
    """A file as it is told: an address, or an object (or the first of several) that has one."""
    if not value:
        return None
    first = (listing(value) or [value])[0]
    found = inner(first)
    if found is None:
        url = text(first)
        return Media(url=url.strip()) if url and url.strip() else None
    url = next((url for each in _ADDRESSES if (url := (text(found.get(each)) or "").strip())), "")
    if not url:
        return None
    name = text(found.get("filename")) or text(found.get("fileName"))
    return Media(url=url, mime=text(found.get("mimetype")) or text(found.get("mimeType")), filename=name or None)


def _number(address: str) -> str | None:
    kind, _, value = address.partition(":")
    return digits_of(value) if kind == "phone" else None


def _said(outbound: Outbound) -> Mapping[str, str] | Rejected:
    """What is said, as fields of the call."""
    content = outbound.content
    match content:
        case Text(body=body):
            return {"message": body}
        case Image(file=file, caption=caption) | Document(file=file, caption=caption):
            said = {"message": caption or ""}
        case Video(file=file, caption=caption):
            said = {"message": caption or "", "type": "video"}
        case Audio(file=file):
            said = {"message": "", "type": "audio"}
        case _:
            return Rejected("not_supported", "WhatsApp Center has no such message")
    link = outbound.link_of(file)
    return {**said, "file": link} if link else Rejected("no_link", "the file has no address to fetch it from")


def _outcome(reply: HttpReply, tries: int, config: WhaCenterConfig) -> Outcome:
    """What became of a send. After an answer it is never repeated: what it says may not be what was done."""
    if reply.failure == "not_connected":
        wait = _TRIES_APART[tries - 1] if 0 < tries <= len(_TRIES_APART) else None
        return NotSent("could not connect to WhatsApp Center", wait, code="not_connected")
    unsaid = without_words(reply, "WhatsApp Center")
    body = read_object(reply.body)
    if unsaid is not None or body is None:
        return unsaid or Unknown("WhatsApp Center said nothing")
    if said_ok(body) and 200 <= reply.status < 300:
        return Accepted(external_id((mapping(body.get("data")) or {}).get("id")))
    said = body.get("message")
    code = "device" if _AWAY.search(text(said) or "") else "refused"
    return Rejected(code, f"WhatsApp Center refuses it: {config.told(said) or f'HTTP {reply.status}'}")


def _after_refusal(refused: Rejected, reply: HttpReply, config: WhaCenterConfig) -> Outcome:
    """Not connected, or not known at all? The first ends by itself once somebody scans the code."""
    body = read_object(reply.body)
    state = _state(body, config)
    if not reply.failure and said_ok(body) is False:
        return Rejected("device_unknown", f"{refused.reason}: is device_id right?", "stop_channel")
    if state == "connected":
        return NotSent(refused.reason, 30.0, 3, code="refused")
    return NotSent(_SCAN, 60.0, None, "session", state or "not connected")


def _state(body: Item | None, config: WhaCenterConfig) -> str:
    """The device's state in the provider's word."""
    data = mapping(body.get("data")) if body else None
    return config.told(data.get("status")).lower() if data else ""


def _device(reply: HttpReply, config: WhaCenterConfig) -> Finding:
    body = read_object(reply.body) or {}
    if not said_ok(body):
        words = config.told(body.get("message")) or f"HTTP {reply.status}"
        return Finding("device", False, f"the device is not known: {words}", "Check device_id in the dashboard.")
    number = digits_of((mapping(body.get("data")) or {}).get("nomor"))
    if config.number and number and number != config.number:
        mend = f'Set number = "{number}", or check device_id.'
        return Finding("device", False, f"the device has the number {number}", mend)
    state = _state(body, config)
    connected = state == "connected"
    return Finding("device", connected, f"the device is {state or 'in an unknown state'}", "" if connected else _SCAN)


def _addresses(reply: HttpReply) -> tuple[str, ...] | None:
    """Where the webhooks go; None where that is not told. Which field tells it is documented nowhere."""
    body = read_object(reply.body) if 200 <= reply.status < 300 else None
    if body is None or said_ok(body) is False:
        return None
    values = [*body.values(), *(mapping(body.get("data")) or {}).values()]
    return tuple(value for value in values if isinstance(value, str) and value.startswith("http"))
