"""Programs as the API knows them: by the tokens of the configuration file, and those made in the console."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Protocol

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import IssuedToken, TokenId, role_of
from turnkeeper.web.api.tokens import ApiToken, shown

if TYPE_CHECKING:
    from turnkeeper.web.api.access import Identity
    from turnkeeper.web.api.tokens import Tokens
    from turnkeeper.web.asgi import Scope

_USED_EVERY = 60.0
"""Seconds: a token's last use is written down so often at most."""


class Issued(Protocol):
    """What this needs of the store."""

    async def api_token(self, digest: bytes) -> IssuedToken | None:
        """The token that a program shows."""

    async def used_api_token(self, workspace_id: WorkspaceId, token_id: TokenId, at: float) -> None:
        """A token was used."""


class Programs:
    """The Authenticator port for tokens alone. `now` gives unix seconds."""

    def __init__(self, tokens: Tokens, issued: Issued | None = None, now: Callable[[], float] = lambda: 0.0) -> None:
        self._tokens = tokens
        self._issued = issued
        self._now = now

    async def identify(self, scope: Scope) -> Identity | None:
        """By the token that it shows. Whoever has a right one is never told to wait, whatever others do."""
        from turnkeeper.web.api.access import Identity

        if not any(name == b"authorization" for name, _ in scope["headers"]):
            return None
        digest = shown(scope)
        token = None if digest is None else self._tokens.configured(digest) or await self._made(digest)
        if token is None:
            raise self._tokens.refusal(scope)
        role = role_of(token.scopes)
        roles = {} if role is None else {token.workspace_id: role}
        return Identity(token.name, roles, home=token.workspace_id, scopes=token.scopes)

    async def _made(self, digest: bytes) -> ApiToken | None:
        """A token that was made in the console, if it has not expired."""
        found = None if self._issued is None else await self._issued.api_token(digest)
        now = self._now()
        if found is None or self._issued is None or (found.expires_at is not None and found.expires_at <= now):
            return None
        if found.used_at is None or now - found.used_at >= _USED_EVERY:
            await self._issued.used_api_token(found.workspace_id, found.id, now)
        return ApiToken(found.name, "", found.workspace_id, frozenset(found.scopes))

    def is_ours(self, _: Scope) -> bool:
        """No browser sends a token by itself."""
        return True
