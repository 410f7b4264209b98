"""Who uses the API: bearer tokens, compared in constant time; who guesses is slowed down."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.policy import RateLimit
from turnkeeper.rules.rate_limit import admit
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.asgi import Scope
from turnkeeper.web.webhooks import Headers

REFUSALS = RateLimit(20, 60.0)
"""Wrong tokens of one address that are answered with 401; then it is told to wait."""
_MOST_ADDRESSES = 10_000


@dataclass(frozen=True, slots=True)
class ApiToken:
    """A program that may use the API for one workspace."""

    name: str
    token: str = field(repr=False)
    workspace_id: WorkspaceId
    scopes: frozenset[str]


class Tokens:
    """All tokens. `now` gives unix seconds."""

    def __init__(self, tokens: Sequence[ApiToken], now: Callable[[], float]) -> None:
        self._tokens = [(sha256(each.token.encode()).digest(), each) for each in tokens]
        self._now = now
        self._refused: dict[str, float] = {}

    def find(self, scope: Scope, wanted: str) -> ApiToken:
        """Whose token a request shows. Raises Refusal: 401 or 429 for a wrong one, 403 for one that may not do what is
        wanted. Whoever has a right one is never told to wait, whatever others do."""
        found = self.known(scope)
        if wanted not in found.scopes:
            raise Refusal(403, f"this token is not good for {wanted}: add it to api_tokens.{found.name}.scopes")
        return found

    def known(self, scope: Scope) -> ApiToken:
        """The same, whatever it may do."""
        headers = Headers(scope["headers"])
        scheme, _, shown = headers.get("authorization", "").partition(" ")
        digest = sha256(shown.strip().encode("utf-8", "replace")).digest()
        found = None
        for known, token in self._tokens:
            if compare_digest(known, digest):
                found = token
        if found is None or scheme.lower() != "bearer":
            self._refuse(scope)
            raise Refusal(401, "the token is missing or wrong: send Authorization: Bearer TOKEN")
        return found

    def _refuse(self, scope: Scope) -> None:
        address = (scope.get("client") or ("",))[0]
        now = self._now()
        answered, tat = admit(REFUSALS, tat=self._refused.get(address), now=now)
        if not answered:
            raise Refusal(429, "too many wrong tokens: wait a minute")
        if len(self._refused) >= _MOST_ADDRESSES:
            self._refused = {each: until for each, until in self._refused.items() if until > now}
            if len(self._refused) >= _MOST_ADDRESSES:
                self._refused.clear()
        self._refused[address] = tat or now
