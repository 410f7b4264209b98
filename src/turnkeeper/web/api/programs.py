"""Programs as the API knows them: by the tokens of the configuration file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from turnkeeper.model.people import role_of

if TYPE_CHECKING:
    from turnkeeper.web.api.access import Identity
    from turnkeeper.web.api.tokens import Tokens
    from turnkeeper.web.asgi import Scope


class Programs:
    """The Authenticator port for tokens alone."""

    def __init__(self, tokens: Tokens) -> None:
        self._tokens = tokens

    async def identify(self, scope: Scope) -> Identity | None:
        """By the token that it shows."""
        from turnkeeper.web.api.access import Identity

        if not any(name == b"authorization" for name, _ in scope["headers"]):
            return None
        token = self._tokens.known(scope)
        role = role_of(token.scopes)
        roles = {} if role is None else {token.workspace_id: role}
        return Identity(token.name, roles, home=token.workspace_id, scopes=token.scopes)

    def is_ours(self, _: Scope) -> bool:
        """No browser sends a token by itself."""
        return True
