"""The usual pattern, as teams write it: FastAPI, Redis `SET NX`, BackgroundTasks.

The 200 is given while the work lives in memory; a message is known for five minutes; a lock of 30 s keeps a
conversation's turns apart. Run by uvicorn with the same loop and the same HTTP parser as ours.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import redis.asyncio as redis
from fastapi import BackgroundTasks, FastAPI, HTTPException, Request
from pydantic import BaseModel, Field

from benchmarks.traffic import PATH, SECRET


class Text(BaseModel):
    """`text` of a message."""

    body: str


class Message(BaseModel):
    """One of `messages[]`."""

    id: str
    sender: str = Field(alias="from")
    timestamp: str
    type: str
    text: Text | None = None


class Profile(BaseModel):
    """`profile` of a contact."""

    name: str


class Contact(BaseModel):
    """One of `contacts[]`."""

    profile: Profile
    wa_id: str


class Metadata(BaseModel):
    """Which number it came to."""

    display_phone_number: str
    phone_number_id: str


class Value(BaseModel):
    """What changed."""

    messaging_product: str
    metadata: Metadata
    contacts: list[Contact] = []
    messages: list[Message] = []


class Change(BaseModel):
    """One of `changes[]`."""

    field: str
    value: Value


class Entry(BaseModel):
    """One of `entry[]`."""

    id: str
    changes: list[Change]


class Payload(BaseModel):
    """A webhook's body."""

    object: str
    entry: list[Entry]


class Turns:
    """What happens after the 200: wait, lock, session, history, model, send."""

    def __init__(
        self,
        store: redis.Redis,
        model: Callable[[str, list[str]], Awaitable[str]],
        send: Callable[[str, str], Awaitable[None]],
        window: float,
    ) -> None:
        self._store = store
        self._model = model
        self._send = send
        self._window = window

    async def handle(self, contact: str, message_id: str, text: str) -> None:
        """Answer, unless a newer message came during the wait."""
        store = self._store
        await store.rpush(f"pending:{contact}", text)
        await store.set(f"latest:{contact}", message_id, ex=300)
        if self._window:
            await asyncio.sleep(self._window)
            if await store.get(f"latest:{contact}") != message_id:
                return
        while not await store.set(f"lock:{contact}", message_id, nx=True, ex=30):  # noqa: ASYNC110 - as it is done
            await asyncio.sleep(0.05)
        try:
            await self._turn(contact)
        finally:
            await store.delete(f"lock:{contact}")

    async def _turn(self, contact: str) -> None:
        store = self._store
        pending = list(map(str, await store.lrange(f"pending:{contact}", 0, -1)))
        if not pending:
            return
        await store.ltrim(f"pending:{contact}", len(pending), -1)
        session = json.loads(await store.get(f"session:{contact}") or "{}")
        history = list(map(str, await store.lrange(f"history:{contact}", -10, -1)))
        answer = await self._model("\n".join(pending), history)
        await self._send(contact, answer)
        session["turns"] = session.get("turns", 0) + 1
        await store.rpush(f"history:{contact}", *pending, answer)
        await store.ltrim(f"history:{contact}", -20, -1)
        await store.set(f"session:{contact}", json.dumps(session), ex=86_400)


def open_redis(url: str) -> redis.Redis:
    """A client whose callers wait for a free connection, instead of failing."""
    return redis.Redis(
        connection_pool=redis.BlockingConnectionPool.from_url(
            url, max_connections=64, timeout=None, decode_responses=True
        )
    )


async def _echo(text: str, history: list[str]) -> str:  # noqa: ARG001 - a model's
    return "told: " + text


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    app.state.redis = open_redis(os.environ["REDIS_URL"])
    app.state.client = httpx2.AsyncClient()
    url = f"{os.environ.get('API_BASE', '')}/v25.0/1000000001/messages"

    async def send(contact: str, text: str) -> None:
        content: dict[str, Any] = {"messaging_product": "whatsapp", "to": contact, "type": "text"}
        content["text"] = {"body": text}
        answer = await app.state.client.post(url, json=content, headers={"authorization": "Bearer token"})
        answer.raise_for_status()

    app.state.turns = Turns(app.state.redis, _echo, send, float(os.environ.get("WINDOW", "4")))
    yield
    await app.state.client.aclose()
    await app.state.redis.aclose()


app = FastAPI(lifespan=_lifespan)


@app.post(PATH)
async def webhook(request: Request, background: BackgroundTasks) -> dict[str, str]:
    """Prove, parse, note each message once, answer 200, work afterwards."""
    content = await request.body()
    expected = "sha256=" + hmac.new(SECRET.encode(), content, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
        raise HTTPException(401)
    payload = Payload.model_validate_json(content)
    for entry in payload.entry:
        for change in entry.changes:
            for message in change.value.messages:
                if await request.app.state.redis.set(f"seen:{message.id}", "1", nx=True, ex=300):
                    text = message.text.body if message.text else ""
                    background.add_task(request.app.state.turns.handle, message.sender, message.id, text)
    return {"status": "ok"}
