"""An identity provider (OpenID Connect): where it sends people, and what it says of those who come back.

Authorization code with PKCE, state and nonce. Its addresses and keys are what its discovery document names, which is
read again after an hour; keys also when a token names one that is not known. Only asymmetric signatures count.
"""

from __future__ import annotations

import base64
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from hmac import compare_digest
from secrets import token_urlsafe
from typing import Any, Literal, NamedTuple
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.ids import DEFAULT_WORKSPACE, WorkspaceId
from turnkeeper.model.people import Role
from turnkeeper.rules.signing_in import email_in

Fetch = Callable[[HttpCall], Awaitable[HttpReply]]
Why = Literal["state", "denied", "provider", "token", "unverified", "uninvited", "disabled"]
_ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519")
_KINDS = ("RSA", "EC", "OKP")
_KEPT = 3600.0
_KEYS_AGAIN = 60.0
"""Seconds: unknown keys are looked for so often at most."""
_LEEWAY = 60
_MOST_KEYS = 50


class NotLetIn(Exception):
    """Nobody came in: `why` is one word, `detail` is for the log."""

    def __init__(self, why: Why, detail: str = "") -> None:
        super().__init__(f"{why}: {detail}")
        self.why = why
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Client:
    """This server, as the provider knows it. `name`: what people call the provider; `domains`: whoever has an e-mail
    there may come uninvited, as `role` in `workspace_id`; `trusts`: its addresses are its users' though it does not
    say so."""

    issuer: str
    client_id: str
    secret: str = field(repr=False)
    name: str
    domains: tuple[str, ...] = ()
    workspace_id: WorkspaceId = DEFAULT_WORKSPACE
    role: Role = Role.AGENT
    trusts: bool = False


class Pending(NamedTuple):
    """What a browser keeps while its person is at the provider: nobody else can come back in their place."""

    state: str
    nonce: str
    verifier: str


class Person(NamedTuple):
    """Who came back, as the provider says."""

    email: str
    name: str


class _Endpoints(msgspec.Struct, frozen=True):
    """What is needed of the discovery document."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Granted(msgspec.Struct, frozen=True):
    id_token: str


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class Provider:
    """The provider, asked through `fetch`; `now` gives unix seconds. Raises NotLetIn."""

    def __init__(self, client: Client, fetch: Fetch, now: Callable[[], float]) -> None:
        self.client = client
        self._fetch = fetch
        self._now = now
        self._endpoints: tuple[_Endpoints, float] | None = None
        self._keys: tuple[_Keys, float] | None = None

    async def begin(self, redirect_uri: str) -> tuple[str, Pending]:
        """Where the person goes, and what their browser keeps meanwhile."""
        pending = Pending(*(token_urlsafe(32) for _ in range(3)))
        challenge = base64.urlsafe_b64encode(sha256(pending.verifier.encode()).digest()).rstrip(b"=").decode()
        query = {
            "response_type": "code",
            "client_id": self.client.client_id,
            "redirect_uri": redirect_uri,
            "scope": "openid email profile",
            "state": pending.state,
            "nonce": pending.nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        at = (await self._found()).authorization_endpoint
        return f"{at}{'&' if urlsplit(at).query else '?'}{urlencode(query)}", pending

    async def finish(self, query: Mapping[str, str], pending: Pending, redirect_uri: str) -> Person:
        """Who came back with this query."""
        if not compare_digest(query.get("state", "").encode(), pending.state.encode()):
            raise NotLetIn("state", "another sign-in was begun")
        if query.get("error") or not query.get("code"):
            raise NotLetIn("denied", query.get("error", "no code")[:200])
        endpoints = await self._found()
        token = await self._granted(endpoints, query["code"], pending.verifier, redirect_uri)
        return self._person(await self._claims(endpoints, token), pending)

    async def _found(self) -> _Endpoints:
        now = self._now()
        if self._endpoints is None or now - self._endpoints[1] >= _KEPT:
            at = f"{self.client.issuer.rstrip('/')}/.well-known/openid-configuration"
            found = await self._read(HttpCall("GET", at), _Endpoints)
            if found.issuer != self.client.issuer:
                raise NotLetIn("provider", "its discovery document names another issuer")
            ours = urlsplit(self.client.issuer).scheme
            for each in (found.authorization_endpoint, found.token_endpoint, found.jwks_uri):
                if urlsplit(each).scheme not in ("https", ours):
                    raise NotLetIn("provider", "its discovery document names an address without https")
            self._endpoints = (found, now)
        return self._endpoints[0]

    async def _granted(self, endpoints: _Endpoints, code: str, verifier: str, redirect_uri: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": redirect_uri,
            "code_verifier": verifier,
        }
        client = self.client
        headers = {"accept": "application/json"}
        if "client_secret_basic" in endpoints.token_endpoint_auth_methods_supported:
            pair = f"{quote(client.client_id, safe='')}:{quote(client.secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret}
        call = HttpCall("POST", endpoints.token_endpoint, headers, form=form)
        granted: _Granted = await self._read(call, _Granted)
        return granted.id_token

    async def _claims(self, endpoints: _Endpoints, token: str) -> Mapping[str, Any]:
        """What the token says, if the provider signed it for us, and it holds now."""
        from joserfc import jwt
        from joserfc.errors import InvalidKeyIdError, JoseError

        keys = await self._known_keys(endpoints, again=False)
        try:
            try:
                read = jwt.decode(token, _key_set(keys), algorithms=_ALGORITHMS)
            except InvalidKeyIdError:
                keys = await self._known_keys(endpoints, again=True)
                read = jwt.decode(token, _key_set(keys), algorithms=_ALGORITHMS)
            jwt.JWTClaimsRegistry(
                int(self._now()),
                _LEEWAY,
                iss={"essential": True, "value": self.client.issuer},
                aud={"essential": True, "value": self.client.client_id},
                exp={"essential": True},
                iat={"essential": True},
                sub={"essential": True},
            ).validate(read.claims)
        except (JoseError, ValueError, TypeError) as error:
            raise NotLetIn("token", f"its token is not good: {type(error).__name__}") from None
        audiences = read.claims["aud"]
        others = isinstance(audiences, list) and len(audiences) > 1
        if (others or "azp" in read.claims) and read.claims.get("azp") != self.client.client_id:
            raise NotLetIn("token", "its token is for another client")
        return read.claims

    async def _known_keys(self, endpoints: _Endpoints, *, again: bool) -> _Keys:
        now = self._now()
        if self._keys is None or now - self._keys[1] >= (_KEYS_AGAIN if again else _KEPT):
            self._keys = (await self._read(HttpCall("GET", endpoints.jwks_uri), _Keys), now)
        return self._keys[0]

    def _person(self, claims: Mapping[str, Any], pending: Pending) -> Person:
        if not compare_digest(str(claims.get("nonce", "")).encode(), pending.nonce.encode()):
            raise NotLetIn("token", "its token is of another sign-in")
        email = email_in(str(claims.get("email", "")))
        verified = claims.get("email_verified")
        if email is None or not (verified in (True, "true") or (verified is None and self.client.trusts)):
            raise NotLetIn("unverified", "it names no e-mail address that it has verified")
        name = " ".join(str(claims.get("name") or email.partition("@")[0]).split())[:100]
        return Person(email, name if name.isprintable() else email)

    async def _read(self, call: HttpCall, kind: type[Any]) -> Any:
        reply = await self._fetch(call)
        if reply.failure or not 200 <= reply.status < 300:
            raise NotLetIn("provider", f"{urlsplit(call.url).path} was answered with {reply.failure or reply.status}")
        try:
            return msgspec.json.decode(reply.body, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError):
            raise NotLetIn("provider", f"{urlsplit(call.url).path} was answered with something else") from None


def _key_set(keys: _Keys) -> Any:
    """The keys that may have signed: a shared secret among them could be anybody's."""
    from joserfc.jwk import KeySet

    fit = [each for each in keys.keys[:_MOST_KEYS] if each.get("kty") in _KINDS and each.get("use", "sig") == "sig"]
    return KeySet.import_key_set({"keys": fit})
