"""What the API's routers work with, wired by the app."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from turnkeeper.store.base import Store
from turnkeeper.store.runs import Wake
from turnkeeper.web.api.access import Authenticator
from turnkeeper.web.api.bot_ports import Desk
from turnkeeper.web.api.flows import FlowsApi


@dataclass(frozen=True, slots=True)
class Backend:
    """`now` gives unix seconds; `publish` wakes the workers; `public_url` is where people find this, without a slash
    at the end, empty where nobody said; `demo`: this is `turnkeeper demo`."""

    store: Store
    now: Callable[[], float]
    publish: Callable[[Sequence[Wake]], None]
    authenticator: Authenticator
    public_url: str = ""
    demo: bool = False
    flows: FlowsApi | None = None
    desk: Desk | None = None
    secrets: Callable[[], Collection[str]] = tuple
    """Those that are taken out of whatever might quote them."""


def backend(request: Request) -> Backend:
    """The backend of the app that answers a request."""
    return cast(Backend, request.app.state.backend)


Behind = Annotated[Backend, Depends(backend)]
