"""Who uses the API: bearer tokens, compared in constant time; who guesses is slowed down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import RateLimit
from turnkeeper.web.api.attempts import Attempts
from turnkeeper.web.api.origins import client_address, counted_as
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Scope
from turnkeeper.web.webhooks import Headers

REFUSALS = RateLimit(20, 60.0)
"""Wrong tokens of one address that are answered with 401; then it is told to wait."""


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program that may use the API for one workspace."""

    name: str
    token: str = field(repr=False)
    workspace_id: WorkspaceId
    scopes: frozenset[str]


class Tokens:
    """Those of the configuration file. `now` gives unix seconds."""

    def __init__(self, tokens: Sequence[ApiToken], now: Callable[[], float]) -> None:
        self._tokens = [(sha256(each.token.encode()).digest(), each) for each in tokens]
        self._wrong = Attempts(REFUSALS, now)

    def configured(self, digest: bytes) -> ApiToken | None:
        """Whose token this is the SHA-256 of; takes the same time whatever it is."""
        found = None
        for known, token in self._tokens:
            if compare_digest(known, digest):
                found = token
        return found

    def of(self, workspace_id: WorkspaceId) -> list[ApiToken]:
        """The tokens of a workspace."""
        return [each for _, each in self._tokens if each.workspace_id == workspace_id]

    def refusal(self, scope: Scope) -> Refusal:
        """What whoever shows a wrong token is told: 401, or to wait (429)."""
        if not self._wrong.take(counted_as(client_address(scope))):
            return Refusal(429, "too many wrong tokens: wait a minute")
        return Refusal(401, "the token is missing or wrong: send Authorization: Bearer TOKEN")


def shown(scope: Scope) -> bytes | None:
    """The SHA-256 of the bearer token of a request; None where it shows none."""
    scheme, _, token = Headers(scope["headers"]).get("authorization", "").partition(" ")
    return sha256(token.strip().encode("utf-8", "replace")).digest() if scheme.lower() == "bearer" else None
