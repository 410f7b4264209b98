"""A fake of one device on a Wablas server."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from turnkeeper.testing.fake_gateways.gateway import FakeGateway, Got, Posted
from turnkeeper.testing.http import Request

_LONGEST: Final = 1024
_LARGEST: Final = 2 * 1024 * 1024
_MOST: Final = 100
_ENDINGS: Final = {
    "image": ("jpg", "jpeg", "png"),
    "document": ("doc", "docx", "pdf", "odt", "csv", "ppt", "pptx", "xls", "xlsx", "txt"),
    "video": ("mp4", "3gp"),
    "audio": ("mp3", "ogg", "oga", "aac", "m4a", "amr", "wav"),
}
_FATES: Final = ("sent", "delivered", "read")


class FakeWablas(FakeGateway):
    """`auto_reply`: what answers a webhook is sent to the person who wrote, as Wablas does when told to. `echoes`: what
    the device sends comes back as its own message, under another id."""

    def __init__(self, token: str, secret_key: str, *, device: str = "FAKE01", number: str = "628111000111") -> None:
        super().__init__()
        self.authorization = f"{token}.{secret_key}"
        self.device = device
        self.number = number
        self.tracking_url = ""
        self.device_url = ""
        self.quota = 1000
        self.auto_reply = True
        self.echoes = True
        self.fate_after = 0.05

    async def write(self, phone: str, text: str, **more: Any) -> Posted:
        """Somebody writes to the device."""
        posted = await self.post(self._message(phone, text, **more))
        if self.auto_reply and posted.answer:
            self.person(phone).got.append(Got("text", posted.answer.decode("utf-8", "replace")))
        return posted

    async def send_file(self, phone: str, kind: str, name: str, data: bytes, mime: str, caption: str = "") -> Posted:
        """Somebody sends a file."""
        url = self.put(name, data, mime)
        return await self.write(phone, caption, messageType=kind, file=name, url=url, mimeType=mime)

    async def set_connected(self, connected: bool) -> Posted:
        """The phone comes or goes, and its webhook tells."""
        self.connected = connected
        status = "connected" if connected else "disconnected"
        body = {"deviceId": self.device, "deviceName": "Fake", "sender": self.number, "status": status, "note": ""}
        return await self.post({**body, "timestamp": _now()}, self.device_url or self.webhook_url)

    def _message(self, phone: str, text: str, **more: Any) -> dict[str, Any]:
        return {
            "id": f"3EB0{self.next_id():08X}", "pushName": f"P {phone[-3:]}", "isGroup": False, "group": None,
            "message": text, "phone": phone, "messageType": "text", "file": "", "url": "", "mimeType": "",
            "deviceId": self.device, "sender": self.number, "isFromMe": False,
            "timestamp": _now(), "profileImage": "", **more,
        }  # fmt: skip

    async def told(self, request: Request, fields: Mapping[str, Any]) -> tuple[int, Any]:
        """Answer a call of the API."""
        if request.headers.get("authorization") != self.authorization:
            return 401, _no("Token or secret key is invalid")
        match request.method, request.path.removeprefix("/api/"):
            case "GET", "device/info" if request.query.get("token") == self.authorization.partition(".")[0]:
                status = "connected" if self.connected else "disconnected"
                return 200, {"status": True, "data": {"status": status, "quota": self.quota}}
            case "POST", "device/change-webhook-url":
                self.webhook_url = str(fields.get("webhook_url"))
                return 200, {"status": True, "message": "Webhook updated"}
            case "POST", "device/change-tracking-url":
                self.tracking_url = str(fields.get("tracking_url"))
                return 200, {"status": True, "message": "Tracking updated"}
            case "POST", path if path.startswith("v2/send-"):
                return await self._sent(path.removeprefix("v2/send-"), fields.get("data"))
        return 404, {"message": "Not Found"}

    async def _sent(self, kind: str, items: object) -> tuple[int, Any]:
        if not isinstance(items, list) or not items or len(items) > _MOST:
            return 400, _no("data is required, at most 100 items")
        if not self.connected:
            return 200, _no("Your device is disconnected, please scan the QR code")
        if self.quota < len(items):
            return 200, _no("Your quota is exceeded")
        told = []
        for item in items:
            got = await self._got(kind, item)
            if isinstance(got, str):
                return 200, _no(got)
            self.quota -= 1
            told.append({"id": got.id, "phone": item["phone"], "message": got.text, "status": "pending"})
            if (instead := await self.deliver(item["phone"], got)) is not None:
                return instead
        data = {"device_id": self.device, "quota": self.quota, "messages": told}
        return 200, {"status": True, "message": "Message is pending and waiting to be processed", "data": data}

    async def _got(self, kind: str, item: Any) -> Got | str:
        """What reaches the person, or why nothing does."""
        phone = item.get("phone")
        if not isinstance(phone, str) or not phone.isdigit() or phone.startswith("0") or len(phone) < 8:
            return "phone number is invalid"
        known_as = f"0b{self.next_id():08x}-uuid"
        if kind == "message":
            text = item.get("message")
            if not isinstance(text, str) or not 0 < len(text) <= _LONGEST:
                return f"message is required, at most {_LONGEST} characters"
            return Got("text", text, id=known_as)
        if kind == "location":
            place = item.get("message") or {}
            if not {"name", "address", "latitude", "longitude"} <= set(place):
                return "name, address, latitude and longitude are required"
            return Got("location", f"{place['latitude']},{place['longitude']}", id=known_as)
        if kind not in _ENDINGS:
            return f"unknown type {kind}"
        url = item.get(kind)
        if not isinstance(url, str) or url.rpartition(".")[2].lower() not in _ENDINGS[kind]:
            return f"{kind} must be a link to one of {', '.join(_ENDINGS[kind])}"
        data = await self.fetch(url)
        if data is None or len(data) > _LARGEST:
            return f"the {kind} cannot be fetched, or is larger than 2 MB"
        return Got(kind, item.get("caption", ""), data, known_as)

    def tell(self, phone: str, got: Got) -> None:
        """What becomes of a message, and the device's own view of it."""
        common = {"note": "", "deviceId": self.device, "sender": self.number}
        if self.tracking_url:
            for place, status in enumerate(_FATES, 1):
                body = {"id": got.id, "phone": phone, "status": status, **common}
                self.later(self.fate_after * place, body, self.tracking_url)
        if self.echoes and self.webhook_url:
            self.later(self.fate_after, self._message(phone, got.text, isFromMe="true"), self.webhook_url)


def _no(words: str) -> dict[str, Any]:
    return {"status": False, "message": words}


def _now() -> str:
    """More digits than most clocks have, as Wablas writes it."""
    return f"{datetime.now(UTC):%Y-%m-%dT%H:%M:%S.%f}84Z"
