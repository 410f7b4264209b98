"""WhatsApp through Wablas, an Indonesian gateway for numbers that are linked to its servers.

Sources: Wablas' developer pages and its users' code, read 2026.
"""

from __future__ import annotations

import re
from typing import ClassVar, Final
from urllib.parse import urlencode

from turnkeeper.channels.base import Calls, Capabilities, Finding, HttpReply, NotThisProvider, Webhook
from turnkeeper.channels.gateways import (
    Gateway,
    digits_of,
    guessable,
    items_of,
    said_ok,
    truth,
    unreachable,
    webhook_address,
    without_words,
)
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, number, read_object, text
from turnkeeper.channels.wablas.keys import WablasConfig
from turnkeeper.channels.wablas.parse import SCAN, STATUSES, is_ours, received
from turnkeeper.channels.wablas.plain import one_alone
from turnkeeper.model.contents import Audio, Document, Image, Text, Video
from turnkeeper.model.contents import Location as Place
from turnkeeper.model.events import (
    Received,
    SessionStatus,
)
from turnkeeper.model.limits import ContentLimits, MediaLimit
from turnkeeper.model.outbound import Accepted, NotSent, Outbound, Outcome, Rejected, Unknown

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
_DISCONNECTED = re.compile(r"disconnect|not connected|offline", re.IGNORECASE)
_STOPPED = re.compile(r"token|secret|unauthori[sz]ed|expired|quota", re.IGNORECASE)


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
        if (plain := one_alone(request.body)) is not None:
            return plain
        items = items_of(request.body)
        if not any(is_ours(item) for item in items):
            raise NotThisProvider("no field of Wablas' webhooks is in the body")
        return [received(item) for item in items]

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
        return SessionStatus(status=state, works=works, account_id=config.device, mend="" if works else SCAN)

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
    if first and STATUSES.get((text(first.get("status")) or "").lower()) == "failed":
        return Rejected("rejected", "Wablas takes it and says at once that it will not be sent")
    return Accepted(external_id(first.get("id")) if first else None)


def _refused(body: Item, status: int, config: WablasConfig) -> Outcome:
    said = text(body.get("message")) or ""
    words = config.told(said)
    reason = f"Wablas refuses it: {words or f'HTTP {status}'}"
    if _DISCONNECTED.search(said):
        return NotSent(f"{SCAN} ({words})", 60.0, None, "session", "disconnected")
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
        Finding("device", connected, f"the device is {config.told(state) or 'unknown'}", "" if connected else SCAN)
    )
    quota = number(data.get("quota"))
    if quota is not None:
        mend = "" if quota > 0 else "Buy more in the Wablas dashboard, or wait until it is renewed."
        until = config.told(data.get("expired_date"))
        detail = f"{quota:.0f} messages left" + (f", valid until {until}" if until else "")
        found.append(Finding("quota", quota > 0, detail, mend))
    return found
