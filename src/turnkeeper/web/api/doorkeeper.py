"""Who is at the door: cookies of people, tokens of programs; and how people come in.

A sign-in is a row under the SHA-256 of a random token, which is in the browser's cookie and nowhere else.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from secrets import token_hex, token_urlsafe
from typing import NamedTuple

from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.model.people import Account, Member, Role, SignIn, UserId
from turnkeeper.rules.signing_in import BY_ACCOUNT, BY_ADDRESS, LONGEST, holds, seen_anew
from turnkeeper.store.people import PeopleRecords
from turnkeeper.web.api.access import COOKIE, Identity
from turnkeeper.web.api.attempts import Attempts
from turnkeeper.web.api.origins import client_address, cookie_in, counted_as, is_from_here, is_ours, origin_of
from turnkeeper.web.api.passwords import Passwords
from turnkeeper.web.api.programs import Programs
from turnkeeper.web.api.refusals import Refusal
from turnkeeper.web.api.tokens import Tokens
from turnkeeper.web.asgi import Scope
from turnkeeper.web.webhooks import Headers

DEMO_EMAIL = "demo@localhost"
_LONGEST_AGENT = 300
_WAIT = "too many tries: wait a few minutes"


class Entry(NamedTuple):
    """A sign-in that is to be kept, and the cookie that shows it."""

    sign_in: SignIn
    cookie: str


def digest_of(token: str) -> bytes:
    """What is kept of a token."""
    return sha256(token.encode("utf-8", "replace")).digest()


def new_user_id() -> UserId:
    """An id that nobody has."""
    return UserId(f"u{token_hex(8)}")


@dataclass(frozen=True, slots=True)
class Doorkeeper:
    """The Authenticator port, and what the routes of signing in share. `now` gives unix seconds; `configured` are the
    tokens of the configuration file."""

    people: PeopleRecords
    now: Callable[[], float]
    passwords: Passwords
    configured: Tokens
    programs: Programs
    by_address: Attempts
    by_account: Attempts
    public_url: str = ""
    demo: bool = False

    async def identify(self, scope: Scope) -> Identity | None:
        """By its token, or its cookie; a cookie that holds no more is none. Raises Refusal for a wrong token."""
        found = await self.programs.identify(scope)
        token = "" if found is not None else cookie_in(scope, COOKIE)
        if not token:
            return found
        signed_in = await self.people.signed_in(digest_of(token))
        now = self.now()
        if signed_in is None or not holds(signed_in.sign_in, now):
            return None
        if seen_anew(signed_in.sign_in, now):
            await self.people.seen(signed_in.sign_in.digest, now)
        roles = {each.workspace.workspace_id: each.role for each in signed_in.memberships}
        user = signed_in.user
        return Identity(user.name or user.email, roles, user.id, sign_in=signed_in.sign_in.digest)

    def is_ours(self, scope: Scope) -> bool:
        """Whether a browser says that a page of ours sends this."""
        return is_ours(scope, self.public_url)

    def insist(self, scope: Scope) -> None:
        """Whoever comes in does so by a page of ours, over https where that is how this is reached: elsewhere the
        browser would not keep the cookie. Raises Refusal."""
        if not self.is_ours(scope):
            raise Refusal(403, "this was sent by a page of another site")
        origin = Headers(scope["headers"]).get("origin", "")
        if self.is_secure and origin and not origin.startswith("https://"):
            raise Refusal(403, f"sign in over https, at {origin_of(self.public_url)}")
        if not self.by_address.take(counted_as(client_address(scope))):
            raise Refusal(429, _WAIT)

    @property
    def is_secure(self) -> bool:
        """Whether cookies go over https only."""
        return self.public_url.startswith("https://")

    async def proven(self, email: str, password: str, *, status: int = 401) -> Account:
        """The user whose password this is. Raises Refusal (`status` or 429), in the same time and words whatever is
        wrong."""
        if not self.by_account.take(email):
            raise Refusal(429, _WAIT)
        account = await self.people.account(email)
        fits = await self.passwords.fits(password, account.password if account else None)
        if account is None or not fits or account.disabled_at is not None:
            raise Refusal(status, "the e-mail or the password is wrong")
        self.by_account.forget(email)
        if account.password is not None and self.passwords.is_outdated(account.password):
            await self.people.rehash_password(account.id, account.password, await self.passwords.hashed(password))
        return account

    def entry(self, scope: Scope, user_id: UserId) -> Entry:
        """A new sign-in for this browser: always another token than it had."""
        token = token_urlsafe(32)
        now = self.now()
        agent = Headers(scope["headers"]).get("user-agent", "")[:_LONGEST_AGENT]
        sign_in = SignIn(digest_of(token), user_id, now, now, now + LONGEST, client_address(scope), agent)
        return Entry(sign_in, self._cookie(token, int(LONGEST)))

    @property
    def no_cookie(self) -> str:
        """What takes the cookie back."""
        return self._cookie("", 0)

    def _cookie(self, token: str, seconds: int) -> str:
        secure = "; Secure" if self.is_secure else ""
        return f"{COOKIE}={token}; Path=/; Max-Age={seconds}; HttpOnly; SameSite=Lax{secure}"

    async def enter(self, scope: Scope, user_id: UserId) -> Entry:
        """Sign a user in; the browser's sign-in before this one ends."""
        entry = self.entry(scope, user_id)
        before = cookie_in(scope, COOKIE)
        await self.people.sign_in(entry.sign_in, digest_of(before) if before else None)
        return entry

    async def enter_demo(self, scope: Scope) -> Entry | None:
        """Sign the demo's user in, if this is the demo and a browser on this machine asks for it by its own name."""
        if not self.demo or not is_from_here(scope):
            return None
        account = await self.people.account(DEMO_EMAIL)
        if account is None:
            account = Account(new_user_id(), DEMO_EMAIL, "You", "en", self.now())
            if not await self.people.add_user(account):
                account = await self.people.account(DEMO_EMAIL) or account
            await self.people.put_workspaces({DEFAULT_WORKSPACE: "Demo"}, self.now())
            await self.people.put_member(Member(DEFAULT_WORKSPACE, account.id, Role.OWNER, self.now()))
        return await self.enter(scope, account.id)


def new_doorkeeper(
    people: PeopleRecords,
    now: Callable[[], float],
    configured: Tokens,
    public_url: str = "",
    *,
    demo: bool = False,
    passwords: Passwords | None = None,
) -> Doorkeeper:
    """One with its limits; `passwords`: others than argon2's."""
    return Doorkeeper(
        people,
        now,
        passwords or Passwords(),
        configured,
        Programs(configured, people, now),
        Attempts(BY_ADDRESS, now),
        Attempts(BY_ACCOUNT, now),
        public_url,
        demo,
    )
