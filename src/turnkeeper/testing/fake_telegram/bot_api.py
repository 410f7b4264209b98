"""The Bot API itself: requests in, replies out, without any socket.

Protocol facts are the Bot API's as of 10.1. It takes what Telegram takes and refuses what Telegram refuses in its
words. Nothing grows without bound but what chats show.
"""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from turnkeeper.testing.fake_telegram import parameters
from turnkeeper.testing.fake_telegram.chats import Chat, Who
from turnkeeper.testing.fake_telegram.core import Core
from turnkeeper.testing.fake_telegram.errors import Refusal
from turnkeeper.testing.fake_telegram.parameters import Parameters
from turnkeeper.testing.fake_telegram.people import Group, Person
from turnkeeper.testing.fake_telegram.sends import Sends
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.fake_telegram.behaviour import Fault

Json = dict[str, Any]
SENDS: Final = "sends"
"""Every method whose name begins with `send`, but for chat actions."""


@dataclass(slots=True)
class Call:
    """One call of a method, and what was answered."""

    at: float
    method: str
    given: Json
    """What it was called with; of files their names."""
    latency: float = 0.0
    status: int | None = None
    """None: nothing was answered."""
    description: str = ""
    """Telegram's words, if it was refused."""
    in_200: bool = False
    """It stood in the answer to a webhook."""

    @property
    def is_send(self) -> bool:
        return self.method.startswith("send") and self.method != "sendChatAction"


class _Gateway(Exception):
    """Something in front of Telegram answers in its place."""

    def __init__(self, status: int) -> None:
        super().__init__(str(status))
        self.status = status


class BotApi(Core):
    """One bot, its chats, and the calls about them."""

    def __init__(self, token: str, **setup: Any) -> None:
        super().__init__(token, **setup)
        self.base_url = ""
        """Where the fake was last reached; empty until then."""
        self.calls: deque[Call] = deque(maxlen=self.history)
        self.sends = Sends(self)
        self._faults: dict[str, deque[Fault]] = {}
        self._people: dict[int, Person] = {}

    async def person(self, user_id: int = 0, *, name: str = "Ada", username: str = "", language: str = "en") -> Person:
        """The person with this id, made if new; without an id the next new one."""
        user_id = user_id or 1001 + len(self._people)
        if user_id not in self._people:
            self._people[user_id] = Person(self, Who(user_id, name, username, language_code=language))
        return self._people[user_id]

    async def group(self, title: str = "Team", *, supergroup: bool = False) -> Group:
        """A new group with the bot in it."""
        number = 5001 + sum(chat.type != "private" for chat in self.chats.values())
        chat_id = -(1_000_000_000_000 + number) if supergroup else -number
        chat = self.chats[chat_id] = Chat(chat_id, "supergroup" if supergroup else "group", title)
        return Group(self, chat)

    def fail_next(self, fault: Fault, times: int = 1, on: str = SENDS) -> None:
        """The next `times` calls of a method (or of every send) meet this fault; `on` "download": fetching a file."""
        self._faults.setdefault(on, deque()).extend([fault] * times)

    def ends_with_caller(self, request: Request) -> bool:
        """Whoever leaves while it waits for updates is not told any."""
        return request.path.endswith("/getUpdates")

    def called(self, method: str) -> list[Call]:
        """Every call of a method so far."""
        return [call for call in self.calls if call.method == method]

    async def answered_in_200(self, body: bytes) -> None:
        """Play a method that the answer to a webhook names; nobody hears what came of it."""
        try:
            values = json.loads(body)
        except ValueError:
            return
        if isinstance(values, dict) and isinstance(values.get("method"), str):
            call = Call(self.clock.now(), values.pop("method"), values, in_200=True)
            await self._answered(call, Parameters(values))

    async def answer(self, request: Request) -> Reply:
        """Answer one request. Raises `NoReply` where a fault asks for silence."""
        self.base_url = request.base_url or self.base_url
        kind, _, rest = unquote(request.path).lstrip("/").partition("/")
        if kind == "file":
            return await self._file(rest)
        method = rest.partition("/")[0]
        call = Call(self.clock.now(), method, {})
        if not kind.startswith("bot") or not method:
            return self._refused(call, Refusal(404, "Not Found"))
        if kind != f"bot{self.token}" or self.behaviour.token_revoked:
            known = kind.removeprefix("bot").partition(":")[0] == str(self.bot.id)
            return self._refused(call, Refusal(401, "Unauthorized") if known else Refusal(404, "Not Found"))
        try:
            given = parameters.read(request)
        except Refusal as refusal:
            return self._refused(call, refusal)
        call.given = given.values | {name: part.filename for name, part in given.files.items()}
        return await self._answered(call, given)

    async def _file(self, rest: str) -> Reply:
        bot, _, path = rest.partition("/")
        if bot != f"bot{self.token}" or self.behaviour.token_revoked:
            return Reply.json(404, Refusal(404, "Not Found").body())
        fault = self._next_fault("download")
        try:
            if fault is not None:
                await self._act_out(fault)
        except Refusal as refusal:
            return Reply.json(refusal.code, refusal.body())
        except _Gateway as gateway:
            return Reply(gateway.status, b"<html>Bad gateway</html>", "text/html")
        reply = self.files.download(path)
        self.changes.happened()
        return reply

    def _refused(self, call: Call, refusal: Refusal) -> Reply:
        self.calls.append(call)
        call.status, call.description = refusal.code, refusal.description
        self.changes.happened()
        return Reply.json(refusal.code, refusal.body())

    async def _answered(self, call: Call, given: Parameters) -> Reply:
        self.calls.append(call)
        try:
            reply = Reply.json(200, {"ok": True, "result": await self._played(call, given)})
        except Refusal as refusal:
            call.description = refusal.description
            reply = Reply.json(refusal.code, refusal.body())
        except _Gateway as gateway:
            reply = Reply(gateway.status, b"<html><body><h1>Bad gateway</h1></body></html>", "text/html")
        except NoReply:
            call.latency = self.clock.now() - call.at
            self.changes.happened()
            raise
        call.status = reply.status
        call.latency = self.clock.now() - call.at
        self.changes.happened()
        return reply

    async def _played(self, call: Call, given: Parameters) -> Any:
        fault = self._next_fault(call.method) or (self._next_fault(SENDS) if call.is_send else None)
        if fault is not None and not fault.taken:
            await self._act_out(fault)
        result = await self._method(call.method, given)
        if fault is not None and fault.taken:
            self.changes.happened()
            await self._act_out(fault)
        if call.is_send and self.behaviour.answer_after:
            await self.clock.sleep(self.behaviour.answer_after)
        return result

    async def _method(self, method: str, given: Parameters) -> Any:
        if method in self.sends.methods:
            return self.sends.methods[method](given)
        match method:
            case "getMe":
                rights = {"can_join_groups": True, "can_read_all_group_messages": self.reads_groups}
                return {**self.bot.json(), **rights, "supports_inline_queries": False}
            case "getUpdates":
                return await self.updates.fetch(given)
            case "setWebhook":
                self.updates.set_webhook(given)
                return True
            case "deleteWebhook":
                self.updates.delete_webhook(given)
                return True
            case "getWebhookInfo":
                return self.updates.webhook_info()
            case "getFile":
                return self.files.locate(given)
        raise Refusal(404, "Not Found: method not found")

    def _next_fault(self, on: str) -> Fault | None:
        waiting = self._faults.get(on)
        return waiting.popleft() if waiting else None

    async def _act_out(self, fault: Fault) -> None:
        """Returns if the call goes on as usual after all."""
        if fault.answer == "error":
            raise Refusal(fault.code, fault.description, **fault.parameters)
        if fault.answer == "gateway":
            raise _Gateway(fault.code)
        if fault.answer == "close":
            raise NoReply(closed=True)
        if fault.hold is None:
            raise NoReply(closed=False)
        await self.clock.sleep(fault.hold)
