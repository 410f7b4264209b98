"""A fake of one device of WhatsApp Center."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from turnkeeper.testing.fake_gateways.gateway import FakeGateway, Got, Posted
from turnkeeper.testing.http import Request

_UNKNOWN = {"status": False, "message": "device not connected or not found", "data": []}


class FakeWhaCenter(FakeGateway):
    """Like the real one, it says yes to numbers that do not exist, and loses the message."""

    def __init__(self, device_id: str, *, number: str = "628111000222") -> None:
        super().__init__()
        self.device_id = device_id
        self.number = number
        self.registered = ""
        self.lost: list[str] = []
        """Numbers that nobody has."""

    async def write(self, phone: str, text: str, media: Any = "", **more: Any) -> Posted:
        """Somebody writes to the device."""
        body = {
            "pushName": f"P {phone[-3:]}", "from": phone, "to": self.number, "message": text, "media": media,
            "is_group": False, "source": "WHACENTER", **more,
        }  # fmt: skip
        return await self.post(body, self.registered or self.webhook_url)

    async def send_file(self, phone: str, name: str, data: bytes, mime: str, caption: str = "") -> Posted:
        """Somebody sends a file."""
        return await self.write(phone, caption, {"url": self.put(name, data, mime)})

    async def told(self, request: Request, fields: Mapping[str, Any]) -> tuple[int, Any]:
        """Answer a call of the API: fields may be in the query too."""
        fields = {**request.query, **fields}
        path = request.path.removeprefix("/api/")
        if path == "setWebhook" and request.method != "GET":
            return 200, {"status": True, "message": "success"}  # and nothing is stored
        if fields.get("device_id") != self.device_id:
            return 200, _UNKNOWN
        match path:
            case "statusDevice":
                status = "CONNECTED" if self.connected else "NOT CONNECTED"
                data = {"status": status, "nomor": self.number, "nama": "Fake", "qr": ""}
                return 200, {"status": True, "message": "success get device status", "data": data}
            case "setWebhook":
                self.registered = fields.get("webhook", "")
                return 200, {"status": True, "message": "success"}
            case "getWebhook":
                return 200, {"status": True, "data": {"webhook": self.registered}}
            case "send":
                return await self._sent(fields)
        return 404, {"message": "Not Found"}

    def tell(self, phone: str, got: Got) -> None:
        """WhatsApp Center never says what became of a message."""

    async def _sent(self, fields: dict[str, Any]) -> tuple[int, Any]:
        if not self.connected:
            return 200, _UNKNOWN
        number, text = str(fields.get("number", "")), fields.get("message")
        if not number or not isinstance(text, str) or not (text or fields.get("file")):
            return 400, {"status": False, "message": "number and message are required", "data": []}
        if fields.get("type") not in (None, "video", "audio"):
            return 400, {"status": False, "message": "type is video or audio", "data": []}
        file = await self.fetch(fields["file"]) if fields.get("file") else None
        if fields.get("file") and file is None:
            return 200, {"status": False, "message": "file cannot be fetched", "data": []}
        known_as = self.next_id()
        if not (number.isascii() and number.isdigit()) or number.startswith("0"):
            self.lost.append(number)
        else:
            kind = fields.get("type") or ("file" if file is not None else "text")
            if (instead := await self.deliver(number, Got(kind, text, file, str(known_as)))) is not None:
                return instead
        return 200, {"status": True, "message": "message sent", "data": {"id": known_as}}
