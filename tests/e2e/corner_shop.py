"""A tiny business server for the phone page: it waits a moment, shows typing, answers once.

It serves the built pages at `/`, the fake with its phone at `/phone`, a webhook, and the moments
that the page lists. It is a stand-in for the real server and knows nothing of it.
"""

import asyncio
import contextlib
import json
import socket
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx2
import uvicorn

from turnkeeper.testing.fake_graph import Behaviour, FakeGraph, FakeNumber

PAGES = Path(__file__).parents[2] / "src/turnkeeper/web/static"
TYPES = {".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml"}
NUMBER = FakeNumber("1000000001", verified_name="Corner shop")
TOKEN = "token-1"
ME = {
    "user": {"id": "u1", "name": "Ada", "email": "", "language": "en"},
    "workspaces": [{"id": "default", "name": "Corner shop", "role": "owner"}],
    "demo": True,
    "version": "0",
}


class CornerShop:
    """`quiet` seconds after the last message come the typing dots, `thinking` later the answer."""

    def __init__(self, *, quiet: float = 1.2, phone: bool = True, moments: bool = True) -> None:
        self.quiet = quiet
        self.thinking = 0.8
        self.answer = "*Yes*, we are open:\n```Sunday 10-16```"
        self.phone = phone
        self.records_moments = moments
        self.moments: list[dict[str, Any]] = []
        self.fake: FakeGraph
        self.url = ""
        self._texts: list[str] = []
        self._last_id = ""
        self._turn = 0
        self._waiting: asyncio.Task[None] | None = None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        path: str = scope["path"]
        if path.startswith("/phone") and self.phone:
            await self.fake({**scope, "root_path": "/phone"}, receive, send)
        elif path == "/webhook":
            await self._webhook(receive)
            await reply(send, 200, b"")
        elif path == "/api/demo/moments" and self.records_moments:
            body = json.dumps({"moments": self.moments}).encode()
            await reply(send, 200, body, "application/json")
        elif path == "/api/v1/me":
            await reply(send, 200 if self.phone else 401, json.dumps(ME).encode(), "application/json")
        else:
            await serve_page(send, path)

    async def _webhook(self, receive: Any) -> None:
        body = b""
        while (message := await receive()).get("more_body") or "body" in message:
            body += message["body"]
            if not message.get("more_body"):
                break
        for entry in json.loads(body)["entry"]:
            for change in entry["changes"]:
                for item in change["value"].get("messages", []):
                    self._received(item)
                for item in change["value"].get("statuses", []):
                    self._note(item["status"], self.answer, self._turn, seq=1)

    def _received(self, item: dict[str, Any]) -> None:
        self._last_id = item["id"]
        self._texts.append(item.get("text", {}).get("body", f"[{item['type']}]"))
        self._note("received", self._texts[-1], self._turn + 1)
        if self._waiting is not None:
            self._waiting.cancel()
        self._waiting = asyncio.create_task(self._respond())

    async def _respond(self) -> None:
        await asyncio.sleep(self.quiet)
        self._turn += 1
        self._note("claimed", f"turn {self._turn}", self._turn, f"{len(self._texts)} taken together")
        read = {"messaging_product": "whatsapp", "status": "read", "message_id": self._last_id}
        await self._post({**read, "typing_indicator": {"type": "text"}})
        began_at = time.time()
        await asyncio.sleep(self.thinking)
        self._note("step", "opening_hours", self._turn, f"{self.thinking:.2f} s", began_at=began_at)
        self._note("committed", f"turn {self._turn}", self._turn)
        self._texts.clear()
        text = {"messaging_product": "whatsapp", "to": "+15551234567", "type": "text"}
        await self._post({**text, "text": {"body": self.answer}})
        self._waiting = None

    async def _post(self, body: dict[str, Any]) -> None:
        url = f"{self.url}/phone/v25.0/1000000001/messages"
        async with httpx2.AsyncClient(trust_env=False) as client:
            await client.post(url, json=body, headers={"Authorization": f"Bearer {TOKEN}"})

    def _note(
        self, kind: str, text: str, turn: int, detail: str | None = None, seq: int | None = None, **more: float
    ) -> None:
        moment = {"at": time.time(), "kind": kind, "turn": turn, "seq": seq, "text": text, **more}
        self.moments.append({**moment, "detail": detail} if detail else moment)


async def reply(send: Any, status: int, body: bytes, kind: str = "text/plain") -> None:
    headers = [
        (b"content-type", kind.encode()),
        (b"content-length", str(len(body)).encode()),
        (b"content-security-policy", b"default-src 'self'; style-src 'self' 'unsafe-inline'"),
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def serve_page(send: Any, path: str) -> None:
    is_page = "." not in path and not path.startswith(("/api", "/phone"))
    file = PAGES / ("index.html" if is_page else path.lstrip("/"))
    if not file.is_file():
        await reply(send, 404, b"not found")
        return
    await reply(send, 200, file.read_bytes(), TYPES[file.suffix])


@contextlib.asynccontextmanager
async def open_shop(shop: CornerShop, port: int = 0) -> AsyncIterator[CornerShop]:
    """Serve the shop on a loopback port until the block ends."""
    with socket.create_server(("127.0.0.1", port)) as listener:
        shop.url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        behaviour = Behaviour(sent_after=0.1, delivered_after=0.3, read_after=0.8)
        shop.fake = FakeGraph("secret", "verify", TOKEN, f"{shop.url}/webhook", [NUMBER], behaviour=behaviour)
        config = uvicorn.Config(shop, log_config=None, access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign]
        serving = asyncio.create_task(server.serve(sockets=[listener]))
        try:
            while not server.started:
                await asyncio.sleep(0.01)
            yield shop
        finally:
            await shop.fake.aclose()
            server.should_exit = True
            await serving
