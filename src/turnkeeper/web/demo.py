"""What only `turnkeeper demo` serves: the phone, and the moments of its conversation."""

import time
from collections.abc import Callable, Sequence
from typing import Protocol
from urllib.parse import parse_qs

import msgspec

from turnkeeper.model.conversation import Conversation
from turnkeeper.model.errors import StoreError
from turnkeeper.model.ids import ChannelId, ConversationKey, WorkspaceId
from turnkeeper.store.base import Moment
from turnkeeper.web.api.origins import is_asked_by_a_safe_name
from turnkeeper.web.asgi import Answer, App, Receive, Scope, Send, answer, send_answer

PHONE = "/phone"
MOMENTS = "/api/demo/moments"
RESUME = "/api/demo/resume"
_SHOWN = 300
_PEOPLE = 100
_BY_ANOTHER_NAME = answer(421, b"open the demo as localhost, or by the machine's address\n")
_REPORTED = ("sent", "delivered", "read", "played")


class Stories(Protocol):
    """What this needs of the store."""

    async def recent(self, limit: int) -> list[Conversation]:
        """The conversations in which something happened last."""

    async def moments(self, key: ConversationKey, limit: int) -> list[Moment]:
        """What happened in a conversation lately, oldest first."""

    async def paused_channels(self) -> list[tuple[WorkspaceId, ChannelId, str, float]]:
        """Channels that are stopped: workspace, channel, reason, since."""

    async def resume_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
        """Send on it again; False if it was not stopped."""


class Demo:
    """An ASGI app: the fake provider under /phone, and the moments of a conversation.

    `?of=` names an address of the person, as the engine writes it; without one it is who wrote last. A POST to
    `resume` does what an operator does once a refused token is good again.
    """

    def __init__(self, phone: App, store: Stories, clock: Callable[[], float] = time.time) -> None:
        self._phone = phone
        self._store = store
        self._clock = clock

    def has(self, path: str) -> bool:
        """Whether a path is served here."""
        return path in (MOMENTS, RESUME, PHONE) or path.startswith(f"{PHONE}/")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request. Nobody signs in here, so a page of another site must not get in by a name of its own."""
        if not is_asked_by_a_safe_name(scope):
            await send_answer(send, _BY_ANOTHER_NAME)
        elif scope["path"] == MOMENTS:
            asked = parse_qs(scope.get("query_string", b"").decode("latin-1"))
            await send_answer(send, await self._moments(asked.get("of", [])))
        elif scope["path"] == RESUME:
            await send_answer(send, await self._resume(scope))
        else:
            await self._phone({**scope, "root_path": PHONE}, receive, send)

    async def _moments(self, addresses: Sequence[str]) -> Answer:
        try:
            lately = [each for each in await self._store.recent(_PEOPLE) if _is_of(each, addresses)]
            found = await self._store.moments(lately[0].key, _SHOWN) if lately else []
            stopped = [reason for _, _, reason, _ in await self._store.paused_channels()]
        except StoreError:
            return answer(503, b'{"error":"the database is away"}', kind=b"application/json")
        told = {"moments": [_shown(moment) for moment in _in_order(found)], "stopped": next(iter(stopped), None)}
        return answer(200, msgspec.json.encode(told), (b"cache-control", b"no-store"), kind=b"application/json")

    async def _resume(self, scope: Scope) -> Answer:
        # A page of another site can post a form here, but not with this type.
        if scope["method"] != "POST" or (b"content-type", b"application/json") not in scope["headers"]:
            return answer(405, b'{"error":"POST application/json"}', kind=b"application/json")
        try:
            for workspace_id, channel_id, _, _ in await self._store.paused_channels():
                await self._store.resume_channel(workspace_id, channel_id, self._clock())
        except StoreError:
            return answer(503, b'{"error":"the database is away"}', kind=b"application/json")
        return answer(200, b'{"stopped":null}', kind=b"application/json")


def _shown(moment: Moment) -> dict[str, object]:
    shown: dict[str, object] = {
        "at": moment.at,
        "kind": moment.kind,
        "turn": moment.turn_no,
        "seq": moment.seq,
        "text": moment.text,
    }
    more = {"detail": moment.detail, "began_at": moment.began_at}
    return shown | {name: value for name, value in more.items() if value is not None}


def _is_of(conversation: Conversation, addresses: Sequence[str]) -> bool:
    return not addresses or not {*addresses}.isdisjoint(conversation.addresses.split("\n"))


def _in_order(moments: list[Moment]) -> list[Moment]:
    """Providers tell whole seconds: what is reported of a message comes after it was taken, and that after its try."""
    since: dict[int | None, float] = {}
    for moment in moments:
        if moment.kind == "accepted" or (moment.kind in _REPORTED and moment.began_at is not None):
            since[moment.seq] = max(moment.at, moment.began_at or moment.at)
    placed = []
    for moment in moments:
        floor = since.get(moment.seq) if moment.kind in ("accepted", *_REPORTED) else None
        placed.append(moment if floor is None else moment._replace(at=max(moment.at, floor)))
    return sorted(placed, key=lambda moment: (moment.at, moment.kind in _REPORTED))
