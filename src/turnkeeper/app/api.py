"""The API as a configuration has it: what is served under /api/v1, and what its routers work with."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.web.api.lazy import LazyApi
from turnkeeper.web.api.tokens import ApiToken, Tokens

_PROVIDER_WITHIN = 10.0
"""Seconds for each call to an identity provider."""

if TYPE_CHECKING:
    from turnkeeper.config import Settings
    from turnkeeper.engine.wakeups import Wakeups
    from turnkeeper.media.base import MediaStore
    from turnkeeper.model.http import HttpCall, HttpReply
    from turnkeeper.store.base import Store
    from turnkeeper.web.api.backend import Backend
    from turnkeeper.web.api.oidc import Provider
    from turnkeeper.web.asgi import App
    from turnkeeper.web.following import Live


def open_api(
    settings: Settings,
    store: Store,
    now: Callable[[], float],
    wakeups: Wakeups,
    media: MediaStore,
    *,
    demo: bool = False,
    live: Live | None = None,
) -> LazyApi:
    """What answers all of /api/v1 that has no app of its own."""

    def build() -> App:
        from turnkeeper.web.api.site import build_api

        return build_api(open_backend(settings, store, now, wakeups, media, demo=demo, live=live))

    return LazyApi(build)


def open_backend(
    settings: Settings,
    store: Store,
    now: Callable[[], float],
    wakeups: Wakeups,
    media: MediaStore,
    *,
    demo: bool = False,
    live: Live | None = None,
) -> Backend:
    """What the routers work with."""
    from turnkeeper.app.bot_desk import open_desk
    from turnkeeper.app.channel_desk import ConfiguredChannels
    from turnkeeper.app.configuration import sealing_of
    from turnkeeper.app.flow_api import flow_api
    from turnkeeper.app.making import Making
    from turnkeeper.app.talking import open_talk
    from turnkeeper.channels import registry
    from turnkeeper.config.simulated import simulated_bots
    from turnkeeper.web.api.backend import Backend
    from turnkeeper.web.api.doorkeeper import new_doorkeeper

    public_url = str(settings.server.public_url or "").rstrip("/")
    sealing = partial(sealing_of, settings)
    door = new_doorkeeper(store, now, Tokens(tokens(settings), now), public_url, demo=demo)
    return Backend(
        store,
        now,
        wakeups.publish,
        door,
        public_url,
        demo,
        flows=flow_api(settings, store, now),
        desk=open_desk(settings, store, media, now, sealing),
        channels=ConfiguredChannels(Making(settings.path, store, sealing), store, now, settings),
        secrets=lambda: settings.secrets,
        tried=lambda workspace_id: [(bot.id, bot.kind) for bot in simulated_bots(settings, workspace_id)],
        simulated_kinds=registry.kinds(),
        door=door,
        provider=_provider(settings, now),
        talk=open_talk(settings, store, now, wakeups.publish, media),
        live=live,
    )


def _provider(settings: Settings, now: Callable[[], float]) -> Provider | None:
    """The identity provider at which people may sign in; None where there is none."""
    keys = settings.oidc
    if keys is None:
        return None
    from turnkeeper.engine.http import Client as Calling
    from turnkeeper.model.people import Role
    from turnkeeper.web.api.oidc import Client, Provider

    calling = Calling()

    async def fetch(call: HttpCall) -> HttpReply:
        return await calling.call(call, timeout=_PROVIDER_WITHIN)

    secret, workspace_id = keys.client_secret.get_secret_value(), WorkspaceId(keys.workspace)
    known = Client(
        keys.issuer,
        keys.client_id,
        secret,
        keys.name,
        keys.domains,
        workspace_id,
        Role(keys.role),
        keys.assume_verified,
    )
    return Provider(known, fetch, now)


def tokens(settings: Settings) -> list[ApiToken]:
    """Those of the configuration file."""
    return [
        ApiToken(name, keys.token.get_secret_value(), WorkspaceId(keys.workspace), frozenset(keys.scopes))
        for name, keys in settings.api_tokens.items()
    ]
