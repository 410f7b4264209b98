"""Signing in at an identity provider: who comes in, and by which of its mistakes nobody does."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest

from tests.web.desk import DAY, FIRST, HOME, T0, Desk, Said, opened
from turnkeeper.engine.http import Client as Calling
from turnkeeper.model.http import HttpCall, HttpReply
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import Invitation, Link, Role
from turnkeeper.testing.fake_issuer import FakeIssuer
from turnkeeper.testing.http import Request
from turnkeeper.testing.loopback import running
from turnkeeper.web.api.doorkeeper import digest_of
from turnkeeper.web.api.oidc import Client

ISSUER = "https://login.test"
BOT = "https://bot.test"
PATH = "/sign-in/provider"
ADA = "ada@example.com"
CAFE = WorkspaceId("cafe")


@pytest.fixture(scope="module")
def signer() -> FakeIssuer:
    """Its keys take a moment to make."""
    return FakeIssuer()


class World:
    """A desk, its provider in the same process, and a browser between them."""

    def __init__(self, desk: Desk, issuer: FakeIssuer) -> None:
        self.desk = desk
        self.issuer = issuer

    async def goes(self, to: str = f"{PATH}?next=/settings/account") -> tuple[str, str]:
        """The browser goes to the provider and comes back: the query of that, and its cookie."""
        began = await self.desk.ask("GET", to)
        assert began.status == 303
        assert began.cookies[0].endswith("Path=/api/v1/sign-in/provider; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
        asked = urlsplit(began.location)
        request = Request("GET", asked.path, dict(parse_qsl(asked.query)), {}, b"", ISSUER)
        said = await self.issuer.answer(request)
        assert said.status == 302, said.body
        back = urlsplit(dict(said.headers)["location"])
        assert f"{back.scheme}://{back.netloc}{back.path}" == f"{BOT}/api/v1{PATH}/callback"
        return back.query, began.cookies[0].partition(";")[0].partition("=")[2]

    async def comes(self, query: str, pending: str) -> Said:
        """The provider sends the browser back."""
        return await self.desk.ask("GET", f"{PATH}/callback?{query}", pending=pending, cookie="")

    async def signs_in(self) -> Said:
        return await self.comes(*await self.goes())


@asynccontextmanager
async def at_the_provider(issuer: FakeIssuer, **client: Any) -> AsyncIterator[World]:
    issuer.person = {"sub": "1", "email": "Ada@example.com", "email_verified": True, "name": "Ada"}
    issuer.claims, issuer.issuer, issuer.now, issuer.asked = {}, ISSUER, lambda: T0, []

    async def fetch(call: HttpCall) -> HttpReply:
        body = "&".join(f"{k}={v}" for k, v in (call.form or {}).items()).replace("/", "%2F").replace(":", "%3A")
        path = urlsplit(call.url).path
        said = await issuer.answer(Request(call.method, path, {}, call.headers, body.encode(), ISSUER))
        return HttpReply(said.status, said.body)

    known = Client(ISSUER, "turnkeeper", issuer.client_secret, "Company", **client)
    async with opened(public_url=BOT, client=known, fetch=fetch) as desk:
        await desk.store.put_workspaces({HOME: "Shop"}, T0)
        yield World(desk, issuer)


async def invited(desk: Desk, email: str = "ada@example.com", role: Role = Role.ADMIN) -> None:
    await desk.store.put_invitation(Invitation(HOME, email, role, b"i", "Olga", T0, T0 + DAY))


async def test_who_was_invited_comes_in_and_again(signer: FakeIssuer) -> None:
    async with at_the_provider(signer) as w:
        assert (await w.desk.ask("GET", "/sign-in")).body["provider"] == "Company"
        await invited(w.desk)
        said = await w.signs_in()
        assert (said.status, said.location) == (303, "/settings/account")
        assert said.cookies[0].startswith("turnkeeper_provider=; Path=/api/v1/sign-in/provider; Max-Age=0")
        me = (await w.desk.ask("GET", "/me", cookie=said.cookie)).body
        assert (me["user"]["email"], me["user"]["name"], me["has_password"]) == ("ada@example.com", "Ada", False)
        assert [each["role"] for each in me["workspaces"]] == ["admin"]
        again = await w.signs_in()
        assert (await w.desk.ask("GET", "/me", cookie=again.cookie)).body["user"]["id"] == me["user"]["id"]
        assert w.issuer.asked.count("/.well-known/openid-configuration") == 1
        # Without a password there is none to guess.
        body = {"email": "ada@example.com", "password": ""}
        assert (await w.desk.ask("POST", "/sign-in", body, headers={"origin": BOT})).status == 401


async def test_a_user_whom_somebody_else_made_is_taken_over(signer: FakeIssuer) -> None:
    """Whoever invites has the link too, and so may have set the password of somebody else's e-mail."""
    async with at_the_provider(signer) as w:
        desk, ours = w.desk, {"origin": BOT}
        await desk.store.put_invitation(
            Invitation(CAFE, ADA, Role.ADMIN, digest_of("seen by eve too"), "Eve", T0, T0 + DAY)
        )
        await desk.store.put_workspaces({CAFE: "Café"}, T0)
        eves = {"email": ADA, "password": "eve eve eve"}
        given = {"token": "seen by eve too", "name": "Ada?", "password": eves["password"]}
        joined = await desk.ask("POST", "/sign-in/invitation", given, headers=ours)
        assert joined.status == 201, joined.body
        eve = joined.cookie
        assert (await desk.ask("GET", "/me", cookie=eve)).status == 200
        await invited(desk)
        ada = (await w.signs_in()).cookie
        me = (await desk.ask("GET", "/me", cookie=ada)).body
        assert ([each["id"] for each in me["workspaces"]], me["has_password"]) == (["default", "cafe"], False)
        assert (await desk.ask("GET", "/me", cookie=eve)).status == 401
        assert (await desk.ask("POST", "/sign-in", eves, headers=ours)).status == 401
        for workspace in ("default", "cafe"):
            lines = (await desk.ask("GET", f"/audit?workspace={workspace}", cookie=ada)).body["items"]
            assert [each["what"] for each in lines if each["what"] == "user.proven"] == ["user.proven"]
        await desk.ask("PUT", "/me/password", {"password": "ada's own words"}, cookie=ada, headers=ours)
        await w.signs_in()  # from now on the user is theirs
        mine = {"email": ADA, "password": "ada's own words"}
        assert (await desk.ask("POST", "/sign-in", mine, headers=ours)).status == 200


async def test_the_first_owner_keeps_their_password_at_the_provider(signer: FakeIssuer) -> None:
    async with at_the_provider(signer) as w:
        await w.desk.store.put_link(Link(digest_of(FIRST), None, T0, T0 + DAY))
        owner = {"email": ADA, "name": "Ada", "password": "correct horse"}
        await w.desk.ask("POST", "/sign-in/first", {"token": FIRST, **owner}, headers={"origin": BOT})
        me = (await w.desk.ask("GET", "/me", cookie=(await w.signs_in()).cookie)).body
        assert me["has_password"]


@pytest.mark.parametrize(
    "domains, email, why",
    [
        ((), "eve@example.com", "uninvited"),
        (("example.com",), "eve@example.com", None),
        (("example.com",), "eve@example.com.evil.test", "uninvited"),
        (("example.com",), "eve@sub.example.com", "uninvited"),
        (("example.com",), "eve@ple.com", "uninvited"),
    ],
)
async def test_a_domain_is_let_in_uninvited(
    signer: FakeIssuer, domains: tuple[str, ...], email: str, why: str | None
) -> None:
    async with at_the_provider(signer, domains=domains, role=Role.VIEWER) as w:
        w.issuer.person |= {"email": email}
        said = await w.signs_in()
        assert said.location == ("/settings/account" if why is None else f"/sign-in?refused={why}")
        assert [each.role for each in await w.desk.store.members(HOME)] == ([] if why else [Role.VIEWER])


@pytest.mark.parametrize(
    "claims, why",
    [
        ({"email_verified": False}, "unverified"),
        ({"email_verified": None}, "unverified"),
        ({"email": None}, "unverified"),
        ({"email": "not an address"}, "unverified"),
        ({"nonce": "of another sign-in"}, "token"),
        ({"nonce": None}, "token"),
        ({"iss": "https://evil.test"}, "token"),
        ({"aud": "another client"}, "token"),
        ({"aud": ["turnkeeper", "another client"]}, "token"),
        ({"aud": ["turnkeeper", "another client"], "azp": "turnkeeper"}, None),
        ({"azp": "another client"}, "token"),
        ({"exp": int(T0) - 61}, "token"),
        ({"exp": None}, "token"),
        ({"sub": None}, "token"),
        ({}, None),
    ],
)
async def test_what_its_token_has_to_say(signer: FakeIssuer, claims: dict[str, Any], why: str | None) -> None:
    async with at_the_provider(signer) as w:
        await invited(w.desk)
        w.issuer.claims = claims
        said = await w.signs_in()
        assert said.location == ("/settings/account" if why is None else f"/sign-in?refused={why}")
        assert len(said.cookies) == (2 if why is None else 1)


async def test_only_its_own_signature_counts(signer: FakeIssuer) -> None:
    other = FakeIssuer()
    async with at_the_provider(signer) as w:
        await invited(w.desk)
        assert (await w.signs_in()).location == "/settings/account"
        keys = w.issuer._key
        w.issuer._key = other._key  # signs with a key that nobody has seen
        w.issuer.answer, kept = other_keys(w.issuer, keys), w.issuer.answer  # type: ignore[method-assign]
        assert (await w.signs_in()).location == "/sign-in?refused=token"
        w.issuer.answer = kept  # type: ignore[method-assign]
        assert (await w.signs_in()).location == "/sign-in?refused=token"  # new keys, but they were asked for just now
        w.desk.now += 61
        w.issuer.now = lambda: T0 + 61
        assert (await w.signs_in()).location == "/settings/account"
        w.issuer.algorithm = "none"
        assert (await w.signs_in()).location == "/sign-in?refused=token"
        w.issuer.rotate("EC")
        w.desk.now += 61
        w.issuer.now = lambda: T0 + 122
        assert (await w.signs_in()).location == "/settings/account"
        w.issuer.rotate()


def other_keys(issuer: FakeIssuer, keys: Any) -> Any:
    """The issuer, which still tells its older keys."""
    plain = issuer.answer

    async def answer(request: Request) -> Any:
        now, issuer._key = issuer._key, keys if request.path == "/keys" else issuer._key
        try:
            return await plain(request)
        finally:
            issuer._key = now

    return answer


async def test_nobody_comes_back_in_anothers_place(signer: FakeIssuer) -> None:
    async with at_the_provider(signer) as w:
        await invited(w.desk)
        query, pending = await w.goes()
        other_query, other_pending = await w.goes()
        assert (await w.comes(query, "")).location == "/sign-in?refused=state"
        assert (await w.comes(query, other_pending)).location == "/sign-in?refused=state"
        assert (await w.comes("error=access_denied&state=" + pending.partition("~")[0], pending)).location == (
            "/sign-in?refused=denied"
        )
        # The code was made for another browser's challenge.
        mixed = other_query.replace(other_pending.partition("~")[0], pending.partition("~")[0])
        assert (await w.comes(mixed, pending)).location == "/sign-in?refused=provider"
        assert (await w.comes(query, pending)).location == "/settings/account"
        assert (await w.comes(query, pending)).location == "/sign-in?refused=provider"  # a code works once


@pytest.mark.parametrize("wanted", ["https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "x"])
async def test_one_only_ever_goes_to_a_page_of_ours(signer: FakeIssuer, wanted: str) -> None:
    async with at_the_provider(signer) as w:
        await invited(w.desk)
        said = await w.comes(*await w.goes(f"{PATH}?next={wanted}"))
        assert said.location == "/"


async def test_who_is_disabled_stays_out(signer: FakeIssuer) -> None:
    async with at_the_provider(signer) as w:
        await invited(w.desk)
        await w.signs_in()
        account = await w.desk.store.account("ada@example.com")
        assert account is not None
        await w.desk.store.disable(account.id, T0)
        assert (await w.signs_in()).location == "/sign-in?refused=disabled"


@pytest.mark.parametrize("change", ["issuer", "away", "http"])
async def test_a_provider_that_is_not_itself(signer: FakeIssuer, change: str) -> None:
    async with at_the_provider(signer) as w:
        if change == "issuer":
            w.issuer.issuer = "https://another.test"
        elif change == "away":
            w.issuer.answer = gone  # type: ignore[method-assign]
        else:
            plain = w.issuer._discovery
            w.issuer._discovery = lambda: plain() | {"token_endpoint": "http://login.test/token"}  # type: ignore[method-assign]
        try:
            assert (await w.desk.ask("GET", PATH)).location == "/sign-in?refused=provider"
        finally:
            for name in ("answer", "_discovery"):
                w.issuer.__dict__.pop(name, None)


async def gone(_: Request) -> Any:
    from turnkeeper.testing.http import Reply

    return Reply(502, b"<html>")


async def test_over_real_sockets(signer: FakeIssuer) -> None:
    """The same through the shared client, as the server makes its calls."""
    async with running(FakeIssuer(now=lambda: T0)) as here:
        calling = Calling()

        async def fetch(call: HttpCall) -> HttpReply:
            return await calling.call(call, timeout=5)

        client = Client(here.base_url, "turnkeeper", here.fake.client_secret, "Company")
        async with opened(public_url="http://bot.test", client=client, fetch=fetch) as desk:
            await desk.store.put_workspaces({HOME: "Shop"}, T0)
            await invited(desk)
            began = await desk.ask("GET", PATH)
            sent = await calling.call(HttpCall("GET", began.location), timeout=5)
            back = urlsplit(sent.headers["location"])
            pending = began.cookies[0].partition(";")[0].partition("=")[2]
            said = await desk.ask("GET", f"{PATH}/callback?{back.query}", pending=pending)
            assert (await desk.ask("GET", "/me", cookie=said.cookie)).body["user"]["email"] == "ada@example.com"
        await calling.close()


async def test_without_a_provider_there_is_no_such_way() -> None:
    async with opened() as desk:
        assert (await desk.ask("GET", PATH)).status == 404
        assert (await desk.ask("GET", f"{PATH}/callback?code=x&state=y")).status == 404


async def test_whoever_comes_back_is_counted_by_their_address(signer: FakeIssuer) -> None:
    """A cookie that somebody made up has this server ask the provider, each time."""
    async with at_the_provider(signer) as w:
        seen = [(await w.comes("code=x&state=a", "a~b~c~2f")).status for _ in range(32)]
        assert seen == [303] * 30 + [429] * 2
        assert w.issuer.asked.count("/token") == 30
        w.desk.now += 61
        w.issuer.now = lambda: T0 + 61
        assert (await w.comes("code=x&state=a", "a~b~c~2f")).status == 303
