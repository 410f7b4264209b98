"""What the API's routers work with, wired by the app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

import msgspec
from fastapi import Depends, Request

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Actor
from turnkeeper.store.base import Store
from turnkeeper.store.runs import Wake
from turnkeeper.web.api.access import Authenticator
from turnkeeper.web.api.bot_ports import Desk
from turnkeeper.web.api.channel_ports import ChannelDesk
from turnkeeper.web.api.doorkeeper import Doorkeeper
from turnkeeper.web.api.flows import FlowsApi
from turnkeeper.web.api.oidc import Provider
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.talk_ports import Talk
from turnkeeper.web.following import Live


@dataclass(frozen=True, slots=True)
class Backend:
    """`now` gives unix seconds; `publish` wakes the workers; `public_url` is where people find this, without a slash
    at the end, empty where nobody said; `demo`: this is `turnkeeper demo`; `door`: how people sign in."""

    store: Store
    now: Callable[[], float]
    publish: Callable[[Sequence[Wake]], None]
    authenticator: Authenticator
    public_url: str = ""
    demo: bool = False
    flows: FlowsApi | None = None
    desk: Desk | None = None
    channels: ChannelDesk | None = None
    secrets: Callable[[], Collection[str]] = tuple
    """Those that are taken out of whatever might quote them."""
    tried: Callable[[WorkspaceId], Sequence[tuple[str, str]]] | None = None
    """The bots that can be tried in a workspace: their ids and kinds."""
    simulated_kinds: Sequence[str] = ()
    """The kinds of channels on which."""
    door: Doorkeeper | None = None
    provider: Provider | None = None
    """Where people may sign in beside their passwords."""
    talk: Talk | None = None
    live: Live | None = None
    beat: float = 15.0
    """Seconds between two signs of life of a stream."""

    async def note(
        self, workspace_id: WorkspaceId, actor: Actor, what: str, about: str, details: Mapping[str, object]
    ) -> None:
        """Write a line of the audit log; routers do so by `Access.note`. Raises StoreError."""
        await self.store.note(workspace_id, actor, what, about, msgspec.json.encode(details), self.now())


def backend(request: Request) -> Backend:
    """The backend of the app that answers a request."""
    return cast(Backend, request.app.state.backend)


Behind = Annotated[Backend, Depends(backend)]


def doorkeeper(behind: Behind) -> Doorkeeper:
    """How people sign in here."""
    if behind.door is None:
        raise Refusal(404, "nobody signs in here")
    return behind.door


Door = Annotated[Doorkeeper, Depends(doorkeeper)]
