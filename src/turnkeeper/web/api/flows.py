"""Flows drawn, checked, published and exported, each in its workspace (`drawing.py` has the addresses).

Nothing here knows another workspace: every question to the store names the one that is asked for. What takes long is
done in a thread, since this process accepts webhooks.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

import msgspec

from turnkeeper.flows.checking import check
from turnkeeper.flows.model import Flow
from turnkeeper.flows.moving import Mapped, mapping_problems
from turnkeeper.flows.numbers import numbers
from turnkeeper.flows.problems import Checking, Problem
from turnkeeper.flows.reading import FlowUnreadable, read
from turnkeeper.model.flows import FlowDraft, FlowHead, FlowKey
from turnkeeper.model.ids import BotId, WorkspaceId
from turnkeeper.store.flows import FlowRecords
from turnkeeper.web.api import flow_bodies as bodies
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Answer, answer
from turnkeeper.web.webhooks import Headers

PATH = "/api/v1/flows"
MOST_FLOWS = 1000
"""Flows of a workspace."""
_FRESH = (b"cache-control", b"no-store")
_AGAIN = "the flow was changed meanwhile: read it again"


@dataclass(frozen=True, slots=True)
class Drawable:
    """A bot that is flows. `homes`: where it answers; `fixed`: its flows stand in files; `around`: what is there for
    its flows, of these names, in a workspace."""

    homes: frozenset[WorkspaceId]
    fixed: bool
    around: Callable[[WorkspaceId, frozenset[str]], Awaitable[Checking]]


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: `by` whom, for the flows of which workspace."""

    workspace_id: WorkspaceId
    by: str
    headers: Headers
    query: Mapping[str, str]
    body: bytes


_Handler = Callable[[Asked, FlowHead, Sequence[str]], Awaitable[Answer]]


class FlowsApi:
    """What is behind the addresses. `bots`: those that are flows; `now` gives unix seconds."""

    def __init__(self, store: FlowRecords, bots: Mapping[BotId, Drawable], now: Callable[[], float]) -> None:
        self._store = store
        self._bots = bots
        self._now = now
        self._checking = asyncio.Lock()
        self._routes: dict[tuple[str, str], _Handler] = {
            ("GET", ""): self._read,
            ("PUT", ""): self._replace,
            ("DELETE", ""): self._drop,
            ("POST", "check"): self._check,
            ("POST", "publish"): self._publish,
            ("POST", "unpublish"): self._unpublish,
            ("POST", "back"): self._back,
            ("GET", "versions"): self._versions,
            ("GET", "export"): self._export,
            ("GET", "numbers"): self._numbers,
        }

    async def answered(self, asked: Asked, method: str, name: str = "", what: str = "", *rest: str) -> Answer:
        """The answer to a request for the flows, or for one (`what` of it); raises Refusal."""
        if not name:
            return await (self._list(asked) if method == "GET" else self._create(asked))
        return await self._routes[method, what](asked, await self._named(asked, name), rest)

    async def _named(self, asked: Asked, name: str) -> FlowHead:
        """The flow of that name in the workspace; where several bots have one, `?bot=` says whose."""
        bot = asked.query.get("bot")
        found = [
            each
            for each in await self._store.flows(asked.workspace_id, BotId(bot) if bot else None)
            if each.name == name
        ]
        if len(found) > 1:
            raise Refusal(409, f"several bots have a flow {name!r}: add ?bot={found[0].bot_id} or another")
        if not found:
            raise Refusal(404, f"there is no flow {name[:100]!r}")
        return found[0]

    def _is_fixed(self, bot_id: BotId) -> bool:
        bot = self._bots.get(bot_id)
        return bot is not None and bot.fixed

    def _changeable(self, bot_id: BotId) -> None:
        if self._is_fixed(bot_id):
            raise Refusal(409, f"the flows of {bot_id} stand in files of the server's configuration: change them there")

    def _words(self, head: FlowHead) -> dict[str, Any]:
        return bodies.head_words(head, fixed=self._is_fixed(head.bot_id))

    # The collection.

    async def _list(self, asked: Asked) -> Answer:
        bot = asked.query.get("bot")
        found = await self._store.flows(asked.workspace_id, BotId(bot) if bot else None)
        return _json(200, {"flows": [self._words(each) for each in found]})

    async def _create(self, asked: Asked) -> Answer:
        given = bodies.read_body(asked.body, bodies.Creating)
        key = FlowKey(asked.workspace_id, self._bot_for(asked, given.bot), bodies.name_of(given.document))
        self._changeable(key.bot_id)
        if len(await self._store.flows(asked.workspace_id)) >= MOST_FLOWS:
            raise Refusal(409, f"the workspace has {MOST_FLOWS} flows already: delete some")
        put = await self._store.put_flow(key, bodies.packed(given.document), None, asked.by, self._now())
        if put is None:
            raise Refusal(409, f"{key.bot_id} has a flow {key.name!r} already: change that one, or name this otherwise")
        at = f"{PATH}/{quote(key.name, safe='')}".encode()
        return _json(201, self._words(put), (b"location", at), _tag(put))

    def _bot_for(self, asked: Asked, said: str) -> BotId:
        here = sorted(bot_id for bot_id, bot in self._bots.items() if asked.workspace_id in bot.homes)
        if said:
            if said not in here:
                raise Refusal(
                    422, f"no bot {said!r} of this workspace is flows; there are: {', '.join(here) or 'none'}"
                )
            return BotId(said)
        if len(here) != 1:
            raise Refusal(422, f'say which "bot" it is for; there are: {", ".join(here) or "none"}')
        return here[0]

    # One flow.

    async def _draft(self, head: FlowHead) -> FlowDraft:
        found = await self._store.flow(head.key)
        if found is None:
            raise Refusal(404, f"there is no flow {head.name!r} any more")
        return found

    async def _read(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:  # noqa: ARG002 - a handler
        draft = await self._draft(head)
        return _json(200, self._words(draft) | {"document": msgspec.Raw(draft.document)}, _tag(draft))

    async def _replace(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        self._changeable(head.bot_id)
        if not asked.headers.get("if-match"):
            raise Refusal(
                428, f'send If-Match with the revision that you have changed; the newest is "{head.revision}"'
            )
        revision = bodies.expected(asked.headers)
        document = bodies.read_body(asked.body, dict[str, Any])
        name = bodies.name_of(document)
        if name != head.name:
            raise Refusal(422, f"the document is called {name!r}: a flow keeps its name; create another one instead")
        put = await self._store.put_flow(
            head.key,
            bodies.packed(document),
            head.revision if revision is None else revision,
            asked.by,
            self._now(),
        )
        if put is None:
            raise Refusal(412, _AGAIN)
        return _json(200, self._words(put), _tag(put))

    async def _drop(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:  # noqa: ARG002
        self._changeable(head.bot_id)
        if not await self._store.drop_flow(head.key):
            raise Refusal(409, "the flow is published: unpublish it first")
        return answer(204, b"", _FRESH)

    async def _export(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        said = asked.query.get("version")
        if said is None:
            document = (await self._draft(head)).document
        else:
            document = await self._version_document(head.key, bodies.version_in(said))
        shown = msgspec.json.format(document, indent=2) + b"\n"
        saved = f"attachment; filename*=UTF-8''{quote(head.name, safe='')}.json".encode()
        return answer(200, shown, _FRESH, (b"content-disposition", saved), kind=b"application/json")

    async def _numbers(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        said = asked.query.get("version")
        version = None if said is None else bodies.version_in(said)
        found = await self._store.flow_counts(asked.workspace_id, head.bot_id, head.name)
        told = [each.as_words() for each in numbers(found, version)]
        return _json(200, {"flow": head.name, "bot": head.bot_id, "nodes": told})

    # Publishing.

    async def _check(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        """The draft, or a drawing that comes with the request and is not kept."""
        given = bodies.read_body(asked.body, dict[str, Any])
        document = bodies.packed(given) if given else (await self._draft(head)).document
        found = (await self._examined(head, document))[1]
        told = bodies.wrongs(found)
        return _json(200, {"ok": all(each.level != "error" for each in found), "problems": told})

    async def _publish(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        self._changeable(head.bot_id)
        given = bodies.read_body(asked.body, bodies.Publishing)
        draft = await self._draft(head)
        if bodies.expected(asked.headers) not in (None, draft.revision):
            raise Refusal(412, _AGAIN)
        flow, found = await self._examined(head, draft.document)
        if flow is not None and given.mapping:
            found = [*await self._mapping_problems(head.key, given.mapping, flow), *found]
        if any(each.level == "error" for each in found):
            raise Refusal(422, "the flow is not published: mend what is wrong in it", bodies.wrongs(found))
        mapping = msgspec.json.encode(given.mapping)
        published = await self._store.publish_flow(head.key, draft.revision, mapping, given.note, asked.by, self._now())
        if published is None:
            raise Refusal(412, _AGAIN)
        return _json(201, bodies.version_words(published) | {"warnings": bodies.wrongs(found)})

    async def _examined(self, head: FlowHead, document: bytes) -> tuple[Flow | None, list[Problem]]:
        """The flow of a drawing, and all that is wrong with it. One at a time: drawings may be large."""
        named = frozenset(each.name for each in await self._store.flows(head.workspace_id, head.bot_id))
        bot = self._bots.get(head.bot_id)
        around = Checking(flows=named) if bot is None else await bot.around(head.workspace_id, named)

        def examine() -> tuple[Flow | None, list[Problem]]:
            try:
                flow = read(document)
            except FlowUnreadable as error:
                return None, error.problems
            return flow, check(flow, around)

        async with self._checking:
            return await asyncio.to_thread(examine)

    async def _mapping_problems(self, key: FlowKey, mapping: Mapped, flow: Flow) -> list[Problem]:
        """Of one version after the other: each may be a large drawing."""
        found: list[Problem] = []
        for version, nodes in sorted(mapping.items()):
            kept = await self._store.flow_version(key, version) if 0 < version < 2**31 else None
            async with self._checking:
                older = {} if kept is None else {version: await asyncio.to_thread(read, kept.document, version=version)}
            found += mapping_problems({version: nodes}, flow, older)
        return found

    async def _unpublish(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        return await self._shown(asked, head, None)

    async def _back(self, asked: Asked, head: FlowHead, _: Sequence[str]) -> Answer:
        return await self._shown(asked, head, bodies.read_body(asked.body, bodies.GoingBack).version)

    async def _shown(self, asked: Asked, head: FlowHead, version: int | None) -> Answer:  # noqa: ARG002
        self._changeable(head.bot_id)
        if not await self._store.show_flow(head.key, version):
            raise Refusal(404, f"there is no version {version}")
        return _json(200, self._words(await self._draft(head)))

    async def _versions(self, asked: Asked, head: FlowHead, rest: Sequence[str]) -> Answer:  # noqa: ARG002
        if not rest:
            found = await self._store.flow_versions(head.key)
            told = [bodies.version_words(each) for each in found]
            return _json(200, {"published": head.published, "versions": told})
        version = bodies.version_in(rest[0])
        one = await self._store.flow_version(head.key, version)
        if one is None:
            raise Refusal(404, f"there is no version {version}")
        return _json(200, bodies.version_words(one) | {"document": msgspec.Raw(one.document)})

    async def _version_document(self, key: FlowKey, version: int) -> bytes:
        found = await self._store.flow_version(key, version)
        if found is None:
            raise Refusal(404, f"there is no version {version}")
        return found.document


def _json(status: int, said: object, *headers: tuple[bytes, bytes]) -> Answer:
    return answer(status, msgspec.json.encode(said), _FRESH, *headers, kind=b"application/json")


def _tag(head: FlowHead) -> tuple[bytes, bytes]:
    return (b"etag", f'"{head.revision}"'.encode())
