"""A WAHA server for tests: it plays WhatsApp over HTTP and knows nothing of the program it tests."""

from __future__ import annotations

import re
from base64 import b64encode
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import unquote

from turnkeeper.testing.fake_waha import bodies
from turnkeeper.testing.fake_waha.behaviour import Behaviour, Engine, Fault
from turnkeeper.testing.fake_waha.chats import Chats
from turnkeeper.testing.fake_waha.core import VERSION, Call, Core, Json, Refused, not_found, unprocessable
from turnkeeper.testing.fake_waha.messages import Group, Identity
from turnkeeper.testing.fake_waha.people import Owner, People, Person
from turnkeeper.testing.fake_waha.sends import SENDS, Sends
from turnkeeper.testing.fake_waha.sessions import PNG, SCAN, STOPPED, Session, checked_config
from turnkeeper.testing.fake_waha.webhooks import WebhookSender
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable

    import httpx2

    from turnkeeper.testing.fake_graph.clock import Clock

ME: Final = Identity("15550009999", "88000000000001", "Shop")
_UNAUTHORIZED: Final = {"message": "Unauthorized", "statusCode": 401}


class FakeWaha(Core):
    """One server with one session that is logged in; others are made by the API.

    `hook`: where its webhooks go, as in a session's configuration; None: until somebody configures one.
    """

    def __init__(
        self,
        api_key: str = "waha-key",
        session: str = "default",
        *,
        hook: Json | None = None,
        clock: Clock | None = None,
        seed: int = 0,
        behaviour: Behaviour | None = None,
        client: httpx2.AsyncClient | None = None,
        history: int = 10_000,
    ) -> None:
        super().__init__(behaviour or Behaviour(), clock, seed, history)
        self.api_key = api_key
        self.base_url = ""
        self.down = False
        """The container is gone: connections end without an answer."""
        self.webhooks = WebhookSender(self, client)
        self.session = Session(self, self.webhooks, session, ME, checked_config({"webhooks": [hook] if hook else []}))
        self.session.logged_in, self.session.status = True, "WORKING"
        self.sessions = {session: self.session}
        self.people = People(self, self.session)
        self.owner = Owner(self.people)
        self._sends = Sends(self.people, self.webhooks.client)
        self._chats = Chats(self.people)

    @property
    def engine(self) -> Engine:
        """Whose shapes everything has from now on."""
        return self.behaviour.engine

    @engine.setter
    def engine(self, engine: Engine) -> None:
        self.behaviour.engine = engine

    async def person(self, phone: str | None = None, *, lid: str | None = None, name: str = "Ada") -> Person:
        """Somebody with this phone, this hidden id, or both; made if new."""
        if not phone and not lid:
            raise ValueError("a person needs a phone or a lid")
        return self.people.meet(Identity(phone, lid, name))

    async def group(self, name: str = "Friends") -> Group:
        """A group in which the business and everybody else is."""
        group = Group(f"1203630{len(self.people.groups):011}@g.us", name)
        self.people.groups.append(group)
        return group

    def hook(self, url: str, *events: str, hmac: str | None = None, **more: object) -> None:
        """From now on these events go to an address, and no others anywhere."""
        made: Json = {"url": url, "events": list(events or ("*",)), **more}
        self.session.config = {**self.session.config, "webhooks": [made | ({"hmac": {"key": hmac}} if hmac else {})]}

    def fail_next(self, *faults: Fault) -> None:
        """What the next sends meet."""
        self.faults.extend(faults)

    async def restart(self) -> None:
        """The container starts again: what was to be delivered again is lost, sessions come up as they were."""
        await self.webhooks.forget()
        for session in self.sessions.values():
            if session.status != STOPPED:
                session.restart()

    async def drained(self, within: float = 10.0) -> None:
        """Wait until no webhook is pending."""
        await self.wait_until(lambda: self.webhooks.pending == 0, within)

    async def aclose(self) -> None:
        """Stop everything."""
        await self.stop_tasks()
        await self.webhooks.aclose()

    async def answer(self, request: Request) -> Reply:
        """Answer one request. Raises `NoReply` where a fault asks for silence."""
        call = Call(self.now(), request.method, request.path)
        self.calls.append(call)
        if self.down:
            raise NoReply(closed=True)
        try:
            reply = await self._route(request, call)
        except Refused as refused:
            reply = refused.reply
        call.status = reply.status
        self.changes.happened()
        return reply

    async def _route(self, request: Request, call: Call) -> Reply:
        if request.path == "/ping":
            return Reply.json(200, {"message": "pong"})
        if self.api_key not in (request.headers.get("x-api-key"), request.query.get("x-api-key")):
            raise Refused(401, _UNAUTHORIZED)
        if request.path.startswith("/api/files/"):
            return self._file(request)
        if request.method in ("POST", "PUT") and request.body:
            call.body = bodies.read(request.body)
        query = {**request.query, "accept": request.headers.get("accept", "")}
        for method, pattern, answer in _ROUTES:
            match = pattern.fullmatch(request.path)
            if match is not None and method == request.method:
                found = await answer(self, [unquote(each) for each in match.groups()], call.body or {}, query)
                if isinstance(found, Reply):
                    return found
                return Reply.json(201 if method == "POST" else 200, found)
        raise not_found(f"Cannot {request.method} {request.path}")

    def _file(self, request: Request) -> Reply:
        """By the last part of its address."""
        name = unquote(request.path).rpartition("/")[2]
        for session in self.sessions.values():
            for message in session.messages:
                file = message.file
                if file is not None and file.name == name and file.until is not None and file.until > self.now():
                    return Reply(200, file.data, file.mime)
        raise not_found("File not found")

    def named(self, name: str) -> Session:
        """A session that a call is about; raises Refused."""
        if name not in self.sessions:
            raise unprocessable(f'Session "{name}" does not exist', session=name)
        return self.sessions[name]

    async def working(self, name: str) -> Session:
        """The same, once it works; WAHA waits for that a little."""
        session = self.named(name)
        if not session.works and self.behaviour.session_wait:
            await self.clock.sleep(self.behaviour.session_wait)
        session.must_work()
        return session

    # Sessions.

    async def list_sessions(self, _: list[str], __: Json, query: dict[str, str]) -> list[Json]:
        everything = query.get("all") == "true"
        return [each.shown() for each in self.sessions.values() if everything or each.status != STOPPED]

    async def show_session(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        if path[0] not in self.sessions:
            raise not_found(f"Session {path[0]} not found")
        return self.sessions[path[0]].shown()

    async def show_me(self, path: list[str], _: Json, __: dict[str, str]) -> Json | None:
        session = self.named(path[0])
        return session.who() if session.works else None

    async def make_session(self, _: list[str], body: Json, __: dict[str, str]) -> Json:
        name = body.get("name") or f"session_{self.token(8).lower()}"
        if name in self.sessions:
            raise unprocessable(f"Session '{name}' already exists. Use PUT to update it.")
        session = Session(self, self.webhooks, name, ME, checked_config(body.get("config")))
        self.sessions[name] = session
        if body.get("start", True):
            session.start()
        return session.shown()

    async def put_session(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        await self.show_session(path, body, {})
        session = self.sessions[path[0]]
        session.config = checked_config(body.get("config"))
        if session.status != STOPPED:
            session.restart()
        return session.shown()

    async def do_to_session(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        await self.show_session(path[:1], {}, {})
        session = self.sessions[path[0]]
        {"start": session.start, "stop": session.stop, "restart": session.restart, "logout": session.logout}[path[1]]()
        return session.shown()

    async def show_qr(self, path: list[str], _: Json, query: dict[str, str]) -> Reply:
        session = self.named(path[0])
        if session.status != SCAN:
            raise unprocessable("Can get QR code only in SCAN_QR_CODE status", session=path[0], status=session.status)
        if query.get("format") == "raw":
            return Reply.json(200, {"value": session.qr})
        if query["accept"] == "application/json":
            return Reply.json(200, {"mimetype": "image/png", "data": b64encode(PNG).decode("ascii")})
        return Reply(200, PNG, "image/png")

    async def request_code(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        session = self.named(path[0])
        if session.status != SCAN or not bodies.text(body, "phoneNumber").isdigit():
            raise unprocessable("Can request code only in SCAN_QR_CODE status", session=path[0], status=session.status)
        return {"code": "ABCD-EFGH"}

    # Sends and shows.

    async def send(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        return await self._sends.send(path[0], body, await self.working(bodies.text(body, "session")))

    async def react(self, _: list[str], body: Json, __: dict[str, str]) -> Json:
        return self._sends.react(body, await self.working(bodies.text(body, "session")))

    async def seen(self, _: list[str], body: Json, __: dict[str, str]) -> Json:
        return self._sends.seen(body, await self.working(bodies.text(body, "session")))

    async def typing(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        state = "typing" if path[0] == "start" else "paused"
        return self._sends.presence(body, await self.working(bodies.text(body, "session")), state)

    async def presence(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        session = await self.working(path[0])
        if "chatId" not in body:
            return {"result": True}
        return self._sends.presence(body, session, bodies.text(body, "presence"))

    async def subscribe(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        await self.working(path[0])
        self.people.subscribed.add(self._sends.chat(path[1]).name)
        return {"result": True}

    # Chats.

    async def overview(self, path: list[str], body: Json, query: dict[str, str]) -> list[Json]:
        if body:
            query |= {name: str(value) for name, value in (body.get("pagination") or {}).items()}
            query["ids"] = ",".join((body.get("filter") or {}).get("ids") or ())
        return self._chats.overview(query, await self.working(path[0]))

    async def list_messages(self, path: list[str], _: Json, query: dict[str, str]) -> list[Json]:
        return self._chats.messages(path[1], query, await self.working(path[0]))

    async def show_message(self, path: list[str], _: Json, query: dict[str, str]) -> Json:
        return self._chats.message(path[1], path[2], query, await self.working(path[0]))

    async def edit_message(self, path: list[str], body: Json, _: dict[str, str]) -> Json:
        session = await self.working(path[0])
        return self._sends.edit(self._chats.find(path[1], path[2], session), body)

    async def read_chat(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        return self._chats.read(path[1], await self.working(path[0]))

    async def new_id(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        await self.working(path[0])
        if self.engine == "WEBJS" or not self.behaviour.makes_ids:
            raise unprocessable(f"The method is not available in engine {self.engine}")
        return {"id": self.people.key(from_phone=False)}

    async def lid(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        await self.working(path[0])
        return self._chats.lid(path[1])

    async def lid_of(self, path: list[str], _: Json, __: dict[str, str]) -> Json:
        await self.working(path[0])
        return self._chats.lid_of(path[1])

    async def exists(self, _: list[str], __: Json, query: dict[str, str]) -> Json:
        await self.working(query.get("session", "default"))
        return self._chats.exists(query.get("phone", ""))

    async def version(self, _: list[str], __: Json, ___: dict[str, str]) -> Json:
        return {"version": VERSION, "engine": self.engine, "tier": "CORE", "browser": None}


_S, _C, _M = r"([^/]+)", r"([^/]+)", r"([^/]+)"
_PATHS: Final[tuple[tuple[str, str, Callable[..., Any]], ...]] = (
    ("GET", "/api/sessions/?", FakeWaha.list_sessions),
    ("POST", "/api/sessions/?", FakeWaha.make_session),
    ("GET", f"/api/sessions/{_S}", FakeWaha.show_session),
    ("PUT", f"/api/sessions/{_S}", FakeWaha.put_session),
    ("GET", f"/api/sessions/{_S}/me", FakeWaha.show_me),
    ("POST", f"/api/sessions/{_S}/(start|stop|restart|logout)", FakeWaha.do_to_session),
    ("GET", f"/api/{_S}/auth/qr", FakeWaha.show_qr),
    ("POST", f"/api/{_S}/auth/request-code", FakeWaha.request_code),
    ("POST", f"/api/({'|'.join(SENDS)})", FakeWaha.send),
    ("PUT", "/api/reaction", FakeWaha.react),
    ("POST", "/api/sendSeen", FakeWaha.seen),
    ("POST", "/api/(start|stop)Typing", FakeWaha.typing),
    ("POST", f"/api/{_S}/presence", FakeWaha.presence),
    ("POST", f"/api/{_S}/presence/{_C}/subscribe", FakeWaha.subscribe),
    ("GET", f"/api/{_S}/chats/overview", FakeWaha.overview),
    ("POST", f"/api/{_S}/chats/overview", FakeWaha.overview),
    ("GET", f"/api/{_S}/chats/{_C}/messages", FakeWaha.list_messages),
    ("POST", f"/api/{_S}/chats/{_C}/messages/read", FakeWaha.read_chat),
    ("GET", f"/api/{_S}/chats/{_C}/messages/{_M}", FakeWaha.show_message),
    ("PUT", f"/api/{_S}/chats/{_C}/messages/{_M}", FakeWaha.edit_message),
    ("GET", f"/api/{_S}/new-message-id", FakeWaha.new_id),
    ("GET", f"/api/{_S}/lids/pn/{_C}", FakeWaha.lid_of),
    ("GET", f"/api/{_S}/lids/{_C}", FakeWaha.lid),
    ("GET", "/api/contacts/check-exists", FakeWaha.exists),
    ("GET", "/api/server/version", FakeWaha.version),
)
_ROUTES: Final = tuple((method, re.compile(path), answer) for method, path, answer in _PATHS)
