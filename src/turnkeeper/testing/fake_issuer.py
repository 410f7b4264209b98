"""An identity provider that lets everybody in: discovery, keys, codes with PKCE, signed tokens. And its mistakes.

Needs the extra `oidc`, whose library signs.
"""

from __future__ import annotations

import base64
import json
import time
from hashlib import sha256
from secrets import token_urlsafe
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, unquote, urlencode

from joserfc import jwk, jwt

from turnkeeper.testing.http import Reply, Request

if TYPE_CHECKING:
    from collections.abc import Callable


class FakeIssuer:
    """One client's. `person` are the claims of whoever signs in; `claims` go over every token's, None takes one away;
    `issuer` is what it calls itself."""

    def __init__(
        self,
        client_id: str = "turnkeeper",
        client_secret: str = "a secret of the client",  # noqa: S107 - it opens nothing
        now: Callable[[], float] = time.time,
    ) -> None:
        self.client_id = client_id
        self.client_secret = client_secret
        self.now = now
        self.base_url = ""
        self.issuer = ""
        self.person: dict[str, Any] = {"sub": "1", "email": "ada@example.com", "email_verified": True, "name": "Ada"}
        self.claims: dict[str, Any] = {}
        self.algorithm = "RS256"
        self.asked: list[str] = []
        self._codes: dict[str, dict[str, str]] = {}
        self.rotate()

    def rotate(self, kind: str = "RSA") -> None:
        """Sign with a new key from now on."""
        kid = token_urlsafe(8)
        is_rsa = kind == "RSA"
        made = jwk.generate_key("RSA", 2048, {"kid": kid}) if is_rsa else jwk.generate_key("EC", "P-256", {"kid": kid})
        self._key: Any = made
        self.algorithm = "RS256" if is_rsa else "ES256"

    async def answer(self, request: Request) -> Reply:
        """Answer one request."""
        self.base_url = request.base_url
        self.issuer = self.issuer or request.base_url
        self.asked.append(request.path)
        match request.method, request.path:
            case "GET", "/.well-known/openid-configuration":
                return Reply.json(200, self._discovery())
            case "GET", "/keys":
                public = {**self._key.as_dict(private=False), "use": "sig"}
                return Reply.json(200, {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "shared"}, public]})
            case "GET", "/authorize":
                return self._authorize(request)
            case "POST", "/token":
                return self._token(request)
        return Reply.json(404, {"error": "not_found"})

    async def aclose(self) -> None:
        """Nothing runs."""

    def _discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.base_url}/authorize",
            "token_endpoint": f"{self.base_url}/token",
            "jwks_uri": f"{self.base_url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "ES256"],
        }

    def _authorize(self, request: Request) -> Reply:
        asked = dict(request.query)
        good = asked.get("client_id") == self.client_id and asked.get("code_challenge_method") == "S256"
        if not good or "openid" not in asked.get("scope", "").split():
            return Reply.json(400, {"error": "invalid_request"})
        code = token_urlsafe(12)
        self._codes[code] = asked
        back = f"{asked['redirect_uri']}?{urlencode({'code': code, 'state': asked['state']})}"
        return Reply(302, b"", headers=(("location", back),))

    def _token(self, request: Request) -> Reply:
        form = dict(parse_qsl(request.body.decode()))
        given = base64.b64decode(request.headers.get("authorization", "").removeprefix("Basic ")).decode()
        if tuple(map(unquote, given.split(":"))) != (self.client_id, self.client_secret):
            return Reply.json(401, {"error": "invalid_client"})
        begun = self._codes.pop(form.get("code", ""), None)
        challenge = base64.urlsafe_b64encode(sha256(form.get("code_verifier", "").encode()).digest()).rstrip(b"=")
        if (
            begun is None
            or challenge.decode() != begun["code_challenge"]
            or form["redirect_uri"] != begun["redirect_uri"]
        ):
            return Reply.json(400, {"error": "invalid_grant"})
        return Reply.json(200, {"token_type": "Bearer", "access_token": "x", "id_token": self.signed(begun["nonce"])})

    def signed(self, nonce: str) -> str:
        """A token of whoever signs in."""
        now = int(self.now())
        told = {"iss": self.issuer, "aud": self.client_id, "iat": now, "exp": now + 300, "nonce": nonce}
        claims = {k: v for k, v in {**told, **self.person, **self.claims}.items() if v is not None}
        if self.algorithm == "none":
            parts = (b'{"alg":"none"}', json.dumps(claims).encode())
            return ".".join(base64.urlsafe_b64encode(each).rstrip(b"=").decode() for each in parts) + "."
        return jwt.encode({"alg": self.algorithm, "kid": self._key.kid}, claims, self._key)
