"""Sessions: logged in or not, their webhooks, and what WhatsApp keeps for them while they do not work."""

from __future__ import annotations

import base64
from collections import deque
from typing import TYPE_CHECKING, Any

from turnkeeper.testing.fake_waha import shapes
from turnkeeper.testing.fake_waha.core import Json, bad_request, unprocessable

if TYPE_CHECKING:
    import asyncio

    from turnkeeper.testing.fake_waha.core import Core
    from turnkeeper.testing.fake_waha.messages import File, Identity, Message
    from turnkeeper.testing.fake_waha.webhooks import WebhookSender

WORKING, STOPPED, STARTING, SCAN, FAILED = "WORKING", "STOPPED", "STARTING", "SCAN_QR_CODE", "FAILED"
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
_POLICIES = ("constant", "linear", "exponential")


class Session:
    """One of a server's sessions. `me`: whose phone scans its code."""

    def __init__(self, core: Core, webhooks: WebhookSender, name: str, me: Identity, config: Json) -> None:
        self.core = core
        self.name = name
        self.me = me
        self.config = config
        self.status = STOPPED
        self.logged_in = False
        self.statuses: deque[Json] = deque(maxlen=20)
        self.messages: deque[Message] = deque(maxlen=core.history)
        self.qr = ""
        self._webhooks = webhooks
        self._held: list[tuple[Message, tuple[str, ...]]] = []
        self._task: asyncio.Task[None] | None = None

    @property
    def works(self) -> bool:
        """Whether it sends and receives."""
        return self.status == WORKING

    def shown(self) -> Json:
        """As the API shows it."""
        return {
            "name": self.name,
            "status": self.status,
            "config": self.config,
            "me": self.who() if self.works else None,
            "engine": {"engine": self.core.behaviour.engine},
            "presence": None,
            "timestamps": {"activity": int(self.core.now() * 1000)},
        }

    def who(self) -> Json:
        """The account."""
        told: Json = {"id": f"{self.me.phone}@c.us", "pushName": self.me.name}
        if self.me.lid:
            told["lid"] = f"{self.me.lid}@lid"
        return {**told, "jid": f"{self.me.phone}:12@s.whatsapp.net"}

    # What may be done with it.

    def start(self) -> None:
        """Nothing, if it runs already."""
        if self.status in (STOPPED, FAILED):
            self._run(self._starting())

    def stop(self) -> None:
        """Keeps the login."""
        if self.status != STOPPED:
            self._run(None)
            self.become(STOPPED)

    def restart(self) -> None:
        """Stop, and start."""
        self._run(None)
        self.become(STOPPED)
        self._run(self._starting())

    def logout(self) -> None:
        """Forgets the login; one that ran asks for a scan."""
        ran = self.status != STOPPED
        self.logged_in = False
        self._run(None)
        self.become(STOPPED)
        if ran:
            self._run(self._starting())

    def scan(self) -> None:
        """The owner scans the code with the phone."""
        if self.status == SCAN:
            self.logged_in = True
            self._run(None)
            self.become(WORKING)

    def lose(self, status: str = FAILED, *, logged_out: bool = False) -> None:
        """The connection breaks; `logged_out`: the owner removed the device, and a scan is needed."""
        self._run(None)
        self.logged_in = self.logged_in and not logged_out
        if status == SCAN:
            self.logged_in = False
            self._run(self._scanning())
        else:
            self.become(status)

    def recover(self) -> None:
        """The connection is back by itself."""
        self._run(None)
        self.logged_in = True
        self.become(WORKING)

    def _run(self, work: Any) -> None:
        if self._task is not None:
            self._task.cancel()
        self._task = None if work is None else self.core.start(work)

    async def _starting(self) -> None:
        self.become(STARTING)
        await self.core.clock.sleep(self.core.behaviour.start_takes)
        if self.logged_in:
            self.become(WORKING)
        else:
            await self._scanning()

    async def _scanning(self) -> None:
        for life in self.core.behaviour.qr_lives:
            self.qr = f"2@{self.core.token(24)}"
            self.become(SCAN)
            await self.core.clock.sleep(life)
        self.become(FAILED)

    def become(self, status: str) -> None:
        """Tell of a new state; of a code, of every new one."""
        self.status = status
        self.statuses.append({"status": status, "timestamp": int(self.core.now() * 1000)})
        self.core.changes.happened()
        payload = {"name": self.name, "status": status, "statuses": list(self.statuses)[-3:], "data": None}
        self.tell("session.status", payload)
        if status == WORKING:
            self._let_in()

    # What it tells.

    def tell(self, event: str, payload: Json) -> None:
        """An event to every webhook that asks for it."""
        behaviour = self.core.behaviour
        hooks = [each for each in self.config.get("webhooks") or () if {event, "*"} & set(each["events"])]
        if not hooks:
            return
        envelope: Json = {"id": self.core.event_id()} if behaviour.envelope_ids else {}
        envelope |= {
            "timestamp": int(self.core.now() * 1000),
            "event": event,
            "session": self.name,
            "metadata": self.config.get("metadata") or {},
            "me": self.who() if self.logged_in else None,
            "payload": payload,
            "environment": shapes.environment(behaviour.engine),
        }
        if behaviour.engine != "GOWS":
            envelope["engine"] = behaviour.engine
        for hook in hooks:
            self._webhooks.put(envelope, hook)

    def said(self, message: Message, *events: str) -> None:
        """A message came into a chat: WhatsApp keeps it for a session that does not work."""
        if self.works:
            self._keep(message, events)
        else:
            self._held.append((message, events))

    def _let_in(self) -> None:
        held, self._held = self._held, []
        for message, events in held:
            self._keep(message, events if self.core.behaviour.tells_missed else ())

    def _keep(self, message: Message, events: tuple[str, ...]) -> None:
        self.messages.append(message)
        self.core.changes.happened()
        for event in events:
            self.tell(event, self.message(message))

    def message(self, message: Message, *, download: bool | None = None) -> Json:
        """A message as the engine shows it. `download`: fetch its file now; None: as the server is set."""
        wanted = self.core.behaviour.downloads if download is None else download
        media = self.media(message.file) if message.file is not None and wanted else None
        return shapes.message(message, self.me, self.core.behaviour.engine, media)

    def media(self, file: File) -> Json:
        """Fetch a file, and tell where it is."""
        behaviour = self.core.behaviour
        file.until = self.core.now() + behaviour.file_lifetime if behaviour.file_lifetime else float("inf")
        url = f"{behaviour.own_address}/api/files/{self.name}/{file.name}"
        return {"url": url, "mimetype": file.mime, "filename": file.filename, "s3": None}

    def find(self, key: str) -> Message | None:
        """A message by its key, or by its whole id."""
        parts = key.split("_")
        key = parts[2] if len(parts) > 2 else key
        return next((each for each in self.messages if each.key == key), None)

    def must_work(self) -> None:
        """Raises Refused, as WAHA does."""
        if not self.works:
            error = f"Session status is not as expected. Try again later or restart the session. Status: {self.status}"
            raise unprocessable(error, session=self.name, status=self.status, expected=[WORKING])


def checked_config(config: Any) -> Json:
    """A session's configuration; raises Refused."""
    if config is None:
        return {}
    if not isinstance(config, dict):
        raise bad_request("config must be an object")
    for place, hook in enumerate(config.get("webhooks") or ()):
        where = f"config.webhooks.{place}"
        if not isinstance(hook, dict) or not str(hook.get("url", "")).startswith(("http://", "https://")):
            raise bad_request(f"{where}.url must be a URL address")
        if not isinstance(hook.get("events"), list) or not all(isinstance(each, str) for each in hook["events"]):
            raise bad_request(f"{where}.events must be an array")
        if unknown := [each for each in hook["events"] if each not in EVENTS]:
            raise bad_request(f"each value in {where}.events must be one of the known events, not {unknown[0]}")
        if (hook.get("retries") or {}).get("policy", "constant") not in _POLICIES:
            raise bad_request(f"{where}.retries.policy must be one of {', '.join(_POLICIES)}")
    return config


EVENTS = frozenset({
    "*", "session.status", "message", "message.any", "message.reaction", "message.ack", "message.ack.group",
    "message.waiting", "message.edited", "message.revoked", "group.v2.join", "group.v2.leave", "group.v2.update",
    "group.v2.participants", "group.join", "group.leave", "presence.update", "poll.vote", "poll.vote.failed",
    "chat.archive", "call.received", "call.accepted", "call.rejected", "label.upsert", "label.deleted",
    "label.chat.added", "label.chat.deleted", "event.response", "event.response.failed", "engine.event",
    "state.change",
})  # fmt: skip
