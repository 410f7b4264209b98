"""A fake of the Ansari backend: people, threads, and long cited answers that come slowly, piece by piece.

    fake = FakeAnsari("the key")
    with serve_in_thread(fake) as here:          # turnkeeper.testing.loopback; here.base_url
        fake.faults.append(Fault("message", "cut", after=900))

Like the other fakes it depends on nothing else of this project but how fakes are served.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections import deque
from dataclasses import dataclass, field
from datetime import UTC, datetime
from hmac import compare_digest
from typing import TYPE_CHECKING, Any, Final, Literal

from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from collections.abc import AsyncGenerator, Callable

Call = Literal["register", "exists", "thread", "last", "history", "message"]
_ROOT: Final = "/whatsapp/v2"
_CALLS: Final[dict[tuple[str, str], Call]] = {
    ("POST", "/users/register"): "register",
    ("GET", "/users/exists"): "exists",
    ("POST", "/threads"): "thread",
    ("GET", "/threads/last"): "last",
    ("POST", "/messages/process"): "message",
}
_PAGE: Final = b"<!DOCTYPE html><html><body><h1>502 Bad Gateway</h1></body></html>"


@dataclass(frozen=True, slots=True)
class Fault:
    """What goes wrong with the next call of a kind, once.

    `cut`: the connection ends after so many characters of the answer; `stall`: it falls silent there; `hang`: no answer
    at all; `close`: the connection ends without one; `page`: a proxy's web page with status 200; `empty`: 200 and
    nothing; `status`: that status; `lost`: it is done, but nobody is told.
    """

    call: Call
    kind: Literal["cut", "stall", "hang", "close", "page", "empty", "status", "lost"]
    after: int = 0
    status: int = 500


@dataclass(frozen=True, slots=True)
class Asked:
    """A call that was made: its fields, from the query or the body, and when."""

    call: Call
    fields: dict[str, Any]
    at: float
    headers: dict[str, str] = field(repr=False, default_factory=dict)


@dataclass(slots=True)
class Thread:
    """A thread: whose, and what was said in it (role, text, when)."""

    id: str
    phone_num: str
    title: str
    messages: list[tuple[str, str, float]] = field(default_factory=list)


class FakeAnsari:
    """`answers`: what it says next, in order, then `bilingual()` for ever. An answer comes after `first` seconds, in
    pieces of `piece` characters, `pause` seconds apart; what it has done it tells after `takes` seconds. `now`: its
    clock."""

    def __init__(
        self,
        api_key: str,
        *,
        first: float = 0.0,
        pause: float = 0.01,
        piece: int = 400,
        takes: float = 0.0,
        now: Callable[[], float] = time.time,
    ) -> None:
        self.base_url = ""
        self.api_key = api_key
        self.first = first
        self.pause = pause
        self.piece = piece
        self.takes = takes
        self.now = now
        self.answers: deque[str] = deque()
        self.faults: deque[Fault] = deque()
        self.asked: list[Asked] = []
        self.users: dict[str, tuple[str, str]] = {}
        """Id and language by phone number."""
        self.threads: dict[str, Thread] = {}

    def times(self, call: Call) -> int:
        """How often a call was made."""
        return sum(each.call == call for each in self.asked)

    async def aclose(self) -> None:
        """Nothing runs on its own."""

    async def answer(self, request: Request) -> Reply:
        """Answer a request."""
        path = request.path.removeprefix(_ROOT)
        call = _CALLS.get((request.method, path))
        if call is None and request.method == "GET" and path.startswith("/threads/") and path.endswith("/history"):
            call = "history"
        if call is None or not request.path.startswith(_ROOT):
            return _no(404, "Not Found")
        given = request.headers.get("x-whatsapp-api-key", "")
        if not compare_digest(given.encode(), self.api_key.encode()):
            return _no(401, "Invalid API key")
        fields = _fields(request)
        if fields is None:
            return _no(422, "body is not JSON")
        self.asked.append(Asked(call, fields, self.now(), dict(request.headers)))
        fault = self._fault(call)
        if fault is not None and (reply := _instead(fault)) is not None:
            return reply
        told = self._told(call, fields, path, fault)
        await asyncio.sleep(self.takes)
        if fault is not None and fault.kind == "lost":
            raise NoReply(closed=False)
        return told

    def _fault(self, call: Call) -> Fault | None:
        found = next((each for each in self.faults if each.call == call), None)
        if found is not None:
            self.faults.remove(found)
        return found

    def _told(self, call: Call, fields: dict[str, Any], path: str, fault: Fault | None) -> Reply:
        phone = fields.get("phone_num")
        if not isinstance(phone, str) or not phone:
            return _no(422, "phone_num is required")
        match call:
            case "exists":
                return Reply.json(200, {"exists": phone in self.users})
            case "register":
                return self._register(phone, fields.get("preferred_language"))
        if phone not in self.users:
            return _no(404, "no such user")
        match call:
            case "thread":
                return self._thread(phone, fields.get("title"))
            case "last":
                return Reply.json(200, self._last(phone))
            case "history":
                return self._history(path.split("/")[2], phone)
        return self._message(phone, fields, fault)

    def _register(self, phone: str, language: object) -> Reply:
        if phone in self.users or not isinstance(language, str):
            return _no(400, "registration failed")
        self.users[phone] = (f"user-{len(self.users) + 1}", language)
        return Reply.json(200, {"status": "success", "user_id": self.users[phone][0]})

    def _thread(self, phone: str, title: object) -> Reply:
        if not isinstance(title, str):
            return _no(422, "title is required")
        known_as = f"thread-{len(self.threads) + 1}"
        self.threads[known_as] = Thread(known_as, phone, title)
        return Reply.json(200, {"thread_id": known_as})

    def _last(self, phone: str) -> dict[str, Any]:
        own = [each for each in self.threads.values() if each.phone_num == phone]
        if not own:
            return {"thread_id": None, "last_message_time": None}
        last = own[-1]
        at = datetime.fromtimestamp(last.messages[-1][2], UTC).isoformat() if last.messages else None
        return {"thread_id": last.id, "last_message_time": at}

    def _history(self, thread_id: str, phone: str) -> Reply:
        thread = self.threads.get(thread_id)
        if thread is None or thread.phone_num != phone:
            return _no(404, "no such thread")
        said = [{"role": role, "content": text} for role, text, _ in thread.messages]
        return Reply.json(200, {"thread_name": thread.title, "messages": said})

    def _message(self, phone: str, fields: dict[str, Any], fault: Fault | None) -> Reply:
        thread = self.threads.get(str(fields.get("thread_id")))
        said = fields.get("message")
        if thread is None or thread.phone_num != phone:
            return _no(404, "no such thread")
        if not isinstance(said, str) or not said:
            return _no(422, "message is required")
        thread.messages.append(("user", said, self.now()))
        text = self.answers.popleft() if self.answers else bilingual()
        return Reply(200, b"", "text/plain; charset=utf-8", stream=lambda: self._pieces(thread, text, fault))

    async def _pieces(self, thread: Thread, text: str, fault: Fault | None) -> AsyncGenerator[bytes, None]:
        await asyncio.sleep(self.first)
        for start in range(0, len(text), self.piece):
            if fault is not None and start >= fault.after:
                if fault.kind == "stall":
                    await asyncio.Event().wait()
                raise NoReply(closed=True)
            yield text[start : start + self.piece].encode()
            await asyncio.sleep(self.pause)
        thread.messages.append(("assistant", text, self.now()))


def _instead(fault: Fault) -> Reply | None:
    match fault.kind:
        case "hang" | "close":
            raise NoReply(closed=fault.kind == "close")
        case "page":
            return Reply(200, _PAGE, "text/html")
        case "empty":
            return Reply(200, b"", "text/plain")
        case "status":
            return _no(fault.status, "a fault")
    return None


def _fields(request: Request) -> dict[str, Any] | None:
    if not request.body:
        return dict(request.query)
    try:
        found = json.loads(request.body)
    except ValueError:
        return None
    return found if isinstance(found, dict) else None


def _no(status: int, words: str) -> Reply:
    return Reply.json(status, {"detail": words})


_ENGLISH: Final = (
    "Patience is half of faith, and the scholars of every school have written at length about what it asks of us."
)
_ARABIC: Final = "الصبر نصف الإيمان، وقد كتب العلماء من كل المذاهب كثيرا عما يطلبه منا في السراء والضراء."


def bilingual(length: int = 9_000, notes: int = 6, *, without_english: int | None = 3) -> str:
    """An answer as the backend gives them: English and Arabic in turn, `[1]` marks, and a closing list of what they
    stand for in both languages. `without_english`: the note that has Arabic only."""
    listed = [_entry(number, english=number != without_english) for number in range(1, notes + 1)]
    closing = "\n\n**Citations**:\n\n" + "\n\n".join(listed)
    paragraphs = ["## On patience"]
    place, room = 0, length - len(closing)
    while sum(map(len, paragraphs)) + 2 * len(paragraphs) < room:
        place += 1
        said = _ARABIC if place % 3 == 0 else _ENGLISH
        mark = f" [{(place - 1) % notes + 1}]" if place <= notes * 2 else ""
        paragraphs.append(f"**Point {place}.** {said}{mark}")
    return "\n\n".join(paragraphs) + closing


def _entry(number: int, *, english: bool) -> str:
    lines = [f"[{number}] Collection {number}, Book of Manners, {100 + number}:", f"Arabic: {_ARABIC}"]
    return "\n".join([*lines, f"English: {_ENGLISH}"] if english else lines)
