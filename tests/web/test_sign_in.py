"""Signing in over the API: links that work once, passwords, cookies, roles, tokens, and what the audit log keeps."""

import json
from typing import ClassVar

import pytest

from tests.web.desk import DAY, EARLIER, FIRST, HOME, OLGA, OURS, T0, THEIRS, opened
from turnkeeper.model.people import Link, Role, UserId
from turnkeeper.model.policy import RateLimit
from turnkeeper.web.api.attempts import Attempts
from turnkeeper.web.api.doorkeeper import digest_of


async def test_the_first_link_makes_the_owner_and_no_other() -> None:
    async with opened() as desk:
        assert (await desk.ask("GET", "/sign-in")).body == {"begun": False, "provider": None}
        assert (await desk.ask("GET", "/me")).status == 401
        await desk.store.put_link(Link(digest_of(EARLIER), None, T0, T0 + DAY))
        found = await desk.ask("POST", "/sign-in/link", {"token": EARLIER})
        assert (found.status, found.body["kind"]) == (200, "first")
        short = await desk.ask("POST", "/sign-in/first", {"token": EARLIER, **OLGA, "password": "short"})
        assert (short.status, short.body["errors"][0]["where"]) == (422, "password")
        own = await desk.ask("POST", "/sign-in/first", {"token": EARLIER, **OLGA, "password": "Olga@Example.com"})
        assert (own.status, own.body["errors"][0]["level"]) == (422, "email")
        wrong = await desk.ask("POST", "/sign-in/first", {"token": "another-token", **OLGA})
        assert wrong.status == 404
        await desk.begin()
        again = await desk.ask("POST", "/sign-in/first", {"token": FIRST, **OLGA, "email": "eve@example.com"})
        assert again.status == 404
        for token in (FIRST, EARLIER):
            assert (await desk.ask("POST", "/sign-in/link", {"token": token})).status == 404
        me = (await desk.ask("GET", "/me")).body
        assert me["user"]["email"] == "olga@example.com"
        assert [(each["id"], each["role"]) for each in me["workspaces"]] == [("default", "owner")]
        assert (me["demo"], me["has_password"], me["creates_workspaces"]) == (False, True, True)
        assert (await desk.ask("GET", "/sign-in")).body["begun"]


async def test_a_cookie_is_the_servers_alone() -> None:
    async with opened() as desk:
        await desk.begin()
        said = await desk.ask("POST", "/sign-in", {"email": "OLGA@example.com ", "password": OLGA["password"]})
        assert said.status == 200
        name, *flags = said.cookies[0].split("; ")
        assert name.startswith("turnkeeper_session=")
        assert {*flags} == {"Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"}
        assert said.cookie != desk.cookie  # rotated, and the older one has ended
        assert (await desk.ask("GET", "/me")).status == 401
        assert (await desk.ask("GET", "/me", cookie=said.cookie)).status == 200
        assert (await desk.ask("GET", "/me", cookie=digest_of(said.cookie).hex())).status == 401
    async with opened(public_url="https://bot.test/x") as desk:
        await desk.store.put_link(Link(digest_of(FIRST), None, T0, T0 + DAY))
        plain = await desk.ask("POST", "/sign-in/first", {"token": FIRST, **OLGA})
        assert (plain.status, "https://bot.test" in plain.body["detail"]) == (403, True)
        secure = await desk.ask(
            "POST", "/sign-in/first", {"token": FIRST, **OLGA}, headers={"origin": "https://bot.test"}
        )
        assert (secure.status, secure.cookies[0].endswith("; Secure")) == (201, True)


async def test_a_wrong_password_and_an_unknown_user_are_told_the_same() -> None:
    async with opened() as desk:
        await desk.begin()
        wrong = await desk.ask("POST", "/sign-in", {"email": OLGA["email"], "password": "wrong"})
        unknown = await desk.ask("POST", "/sign-in", {"email": "eve@example.com", "password": "wrong"})
        assert (wrong.status, wrong.cookies) == (401, [])
        assert (wrong.status, wrong.body) == (unknown.status, unknown.body)


async def test_who_guesses_has_to_wait() -> None:
    async with opened() as desk:
        await desk.begin()
        guess = {"email": OLGA["email"], "password": "wrong"}
        seen = []
        for n in range(12):
            desk.peer = f"203.0.113.{n}"
            seen.append((await desk.ask("POST", "/sign-in", guess)).status)
        assert seen == [401] * 10 + [429] * 2
        right = {"email": OLGA["email"], "password": OLGA["password"]}
        assert (await desk.ask("POST", "/sign-in", right)).status == 429
        desk.now += 60
        assert (await desk.ask("POST", "/sign-in", right)).status == 200
        desk.peer = "203.0.113.99"
        seen = [(await desk.ask("POST", "/sign-in/link", {"token": "a-token-of-mine"})).status for _ in range(31)]
        assert seen == [404] * 30 + [429]


@pytest.mark.parametrize(
    "headers, taken",
    [
        (OURS, True),
        ({"sec-fetch-site": "same-origin", "host": "inner:80"}, True),
        ({"sec-fetch-site": "same-site"} | OURS, False),
        ({"sec-fetch-site": "cross-site"} | OURS, False),
        (THEIRS, False),
        ({"origin": "null", "host": "bot.test"}, False),
        ({"origin": "http://bot.test:81", "host": "bot.test"}, False),
        ({"host": "bot.test"}, False),
    ],
)
async def test_a_page_of_another_site_changes_nothing(headers: dict[str, str], taken: bool) -> None:
    async with opened() as desk:
        await desk.begin()
        new = {"name": "Olga O.", "language": "id"}
        assert (await desk.ask("PUT", "/me", new, headers=headers)).status == (200 if taken else 403)
        right = {"email": OLGA["email"], "password": OLGA["password"]}
        assert (await desk.ask("POST", "/sign-in", right, headers=headers)).status == (200 if taken else 403)


async def test_signing_out_here_and_everywhere() -> None:
    async with opened() as desk:
        await desk.begin()
        right = {"email": OLGA["email"], "password": OLGA["password"]}
        others = [(await desk.ask("POST", "/sign-in", right, cookie="")).cookie for _ in range(3)]
        listed = (await desk.ask("GET", "/me/sign-ins")).body["items"]
        assert [each["current"] for each in listed].count(True) == 1
        other = next(each["id"] for each in listed if not each["current"])
        assert (await desk.ask("DELETE", f"/me/sign-ins/{other}")).status == 204
        assert (await desk.ask("DELETE", f"/me/sign-ins/{other}")).status == 404
        alive = [each for each in others if (await desk.ask("GET", "/me", cookie=each)).status == 200]
        assert len(alive) == 2
        out = await desk.ask("POST", "/sign-out", cookie=alive[0])
        assert (out.status, out.cookie) == (204, "")
        assert (await desk.ask("GET", "/me", cookie=alive[0])).status == 401
        assert (await desk.ask("POST", "/sign-out/everywhere")).body == {"ended": 2}
        assert [(await desk.ask("GET", "/me", cookie=each)).status for each in (alive[1], desk.cookie)] == [401, 401]


async def test_another_site_takes_no_cookie_back() -> None:
    async with opened() as desk:  # a form that it posts comes without the cookie, and its answer could end it
        said = await desk.ask("POST", "/sign-out", headers=THEIRS, cookie="")
        assert (said.status, said.cookies) == (403, [])


@pytest.mark.parametrize("network, seen", [("2001:db8:1:2", [404] * 30 + [429]), ("2001:db8:1:{}", [404] * 31)])
async def test_who_has_a_network_of_addresses_is_one(network: str, seen: list[int]) -> None:
    async with opened() as desk:
        answers = []
        for n in range(31):
            desk.peer = f"{network.format(n)}::{n}"
            answers.append((await desk.ask("POST", "/sign-in/link", {"token": "a-token-of-mine"})).status)
        assert answers == seen


def test_a_crowd_of_names_hides_nobody_who_has_tried_too_often() -> None:
    tries = Attempts(RateLimit(3, 600.0), lambda: T0)
    assert [tries.take("olga") for _ in range(4)] == [True] * 3 + [False]
    assert all(tries.take(f"nobody-{n}") for n in range(25_000))
    assert not tries.take("olga")


async def test_a_sign_in_ends_by_itself() -> None:
    async with opened() as desk:
        await desk.begin()
        desk.now += 6.9 * DAY
        assert (await desk.ask("GET", "/me")).status == 200
        desk.now += 6.9 * DAY
        assert (await desk.ask("GET", "/me")).status == 200
        desk.now += 7.1 * DAY
        assert (await desk.ask("GET", "/me")).status == 401
        right = {"email": OLGA["email"], "password": OLGA["password"]}
        desk.cookie = (await desk.ask("POST", "/sign-in", right)).cookie
        for _ in range(5):
            desk.now += 5.9 * DAY
            assert (await desk.ask("GET", "/me")).status == 200
        desk.now += 0.6 * DAY
        assert (await desk.ask("GET", "/me")).status == 401  # 30 days, however often it was used


async def test_a_new_password_ends_other_sign_ins() -> None:
    async with opened() as desk:
        await desk.begin()
        right = {"email": OLGA["email"], "password": OLGA["password"]}
        other = (await desk.ask("POST", "/sign-in", right, cookie="")).cookie
        wrong = await desk.ask("PUT", "/me/password", {"current": "no", "password": "battery staple"})
        assert wrong.status == 403
        none = await desk.ask("PUT", "/me/password", {"password": "battery staple"})
        assert none.status == 403
        changed = await desk.ask("PUT", "/me/password", {"current": OLGA["password"], "password": "battery staple"})
        assert changed.status == 204
        assert (await desk.ask("GET", "/me")).status == 200
        assert (await desk.ask("GET", "/me", cookie=other)).status == 401
        assert (await desk.ask("POST", "/sign-in", right)).status == 401
        await desk.store.put_link(
            Link(digest_of("a-lost-password"), UserId((await desk.ask("GET", "/me")).body["user"]["id"]), T0, T0 + DAY)
        )
        found = await desk.ask("POST", "/sign-in/link", {"token": "a-lost-password"})
        assert found.body | {"kind": "password", "email": OLGA["email"]} == found.body
        reset = await desk.ask("POST", "/sign-in/password", {"token": "a-lost-password", "password": "third password"})
        assert reset.status == 200
        assert (await desk.ask("GET", "/me")).status == 401
        assert (await desk.ask("GET", "/me", cookie=reset.cookie)).status == 200
        again = await desk.ask("POST", "/sign-in/password", {"token": "a-lost-password", "password": "third password"})
        assert again.status == 404


async def test_who_is_invited_joins_once_and_as_what_they_are() -> None:
    async with opened(public_url="http://bot.test") as desk:
        await desk.begin()
        invited = await desk.ask("POST", "/invitations", {"email": "Ben@example.com", "role": "agent"})
        assert invited.body["link"].startswith("http://bot.test/sign-in#invitation=")
        token = {"token": invited.body["link"].partition("#invitation=")[2]}
        found = (await desk.ask("POST", "/sign-in/link", token, cookie="")).body
        assert (found["kind"], found["workspace"], found["email"]) == ("invitation", "Shop", "ben@example.com")
        assert (await desk.ask("POST", "/sign-in/invitation", token, cookie="")).status == 422
        given = token | {"name": "Ben", "password": "ben's own words"}
        joined = await desk.ask("POST", "/sign-in/invitation", given, cookie="")
        assert joined.status == 201
        assert (await desk.ask("POST", "/sign-in/invitation", given, cookie="")).status == 404
        listed = (await desk.ask("GET", "/members", cookie=joined.cookie)).body["items"]
        assert [(each["name"], each["role"]) for each in listed] == [("Ben", "agent"), ("Olga", "owner")]
        twice = await desk.ask("POST", "/invitations", {"email": "ben@example.com", "role": "agent"})
        assert twice.status == 409
        made = await desk.ask("POST", "/workspaces", {"id": "cafe", "name": "Café"})
        assert made.status == 201
        asked = await desk.ask("POST", "/invitations?workspace=cafe", {"email": "ben@example.com", "role": "viewer"})
        token = {"token": asked.body["link"].partition("#invitation=")[2]}
        # Whoever finds the link, and even another user, does not become Ben by it.
        assert (await desk.ask("POST", "/sign-in/invitation", token)).status == 401
        assert (
            await desk.ask("POST", "/sign-in/invitation", given | token | {"password": "wrong"}, cookie="")
        ).status == 401
        assert (await desk.ask("POST", "/sign-in/invitation", token, cookie=joined.cookie)).status == 201
        me = (await desk.ask("GET", "/me", cookie=joined.cookie)).body
        assert [(each["id"], each["role"]) for each in me["workspaces"]] == [("default", "agent"), ("cafe", "viewer")]
        late = await desk.ask("POST", "/invitations", {"email": "late@example.com", "role": "agent"})
        desk.now += 8 * DAY
        token = {"token": late.body["link"].partition("#invitation=")[2]}
        assert (await desk.ask("POST", "/sign-in/link", token)).status == 404


async def test_nobody_gives_or_takes_more_than_they_have() -> None:
    async with opened() as desk:
        await desk.begin()
        adam, ann = await desk.join("adam", "admin"), await desk.join("ann", "agent")
        ids = {each["name"]: each["user_id"] for each in (await desk.ask("GET", "/members")).body["items"]}
        tried = [
            await desk.ask("POST", "/invitations", {"email": "x@example.com", "role": "owner"}, cookie=adam),
            await desk.ask("PUT", f"/members/{ids['Olga']}", {"role": "viewer"}, cookie=adam),
            await desk.ask("PUT", f"/members/{ids['Adam']}", {"role": "owner"}, cookie=adam),
            await desk.ask("DELETE", f"/members/{ids['Olga']}", cookie=adam),
            await desk.ask("DELETE", f"/members/{ids['Adam']}", cookie=ann),
            await desk.ask("POST", "/invitations", {"email": "x@example.com", "role": "viewer"}, cookie=ann),
            await desk.ask("GET", "/audit", cookie=ann),
            await desk.ask("GET", "/api-tokens", cookie=ann),
            await desk.ask("POST", "/workspaces", {"id": "mine", "name": "Mine"}, cookie=adam),
            await desk.ask("PUT", "/workspaces/name", {"name": "Mine"}, cookie=adam),
        ]
        assert [each.status for each in tried] == [403] * len(tried)
        assert (await desk.ask("DELETE", f"/members/{ids['Olga']}")).status == 409
        assert (await desk.ask("PUT", f"/members/{ids['Ann']}", {"role": "viewer"}, cookie=adam)).status == 204
        assert (await desk.ask("DELETE", f"/members/{ids['Ann']}", cookie=ann)).status == 204
        assert (await desk.ask("GET", "/members", cookie=ann)).status == 404
        assert [each.role for each in await desk.store.members(HOME)] == [Role.ADMIN, Role.OWNER]


async def test_an_admin_leaves_the_invitations_of_owners_alone() -> None:
    async with opened() as desk:
        await desk.begin()
        adam = await desk.join("adam", "admin")
        oscar = {"email": "oscar@example.com", "role": "owner"}
        link = (await desk.ask("POST", "/invitations", oscar)).body["link"]
        for role in ("viewer", "admin"):
            said = await desk.ask("POST", "/invitations", {**oscar, "role": role}, cookie=adam)
            assert said.status == 403
        assert (await desk.ask("DELETE", "/invitations/Oscar@example.com", cookie=adam)).status == 403
        assert (await desk.ask("DELETE", "/invitations/Oscar@example.com", token="token-of-the-crm")).status == 403
        given = {"token": link.partition("#invitation=")[2]}
        assert (await desk.ask("POST", "/sign-in/link", given)).body["role"] == "owner"
        assert (await desk.ask("POST", "/invitations", {**oscar, "role": "viewer"})).status == 201
        assert (await desk.ask("DELETE", "/invitations/oscar@example.com", cookie=adam)).status == 204
        assert (await desk.ask("DELETE", "/invitations/oscar@example.com", cookie=adam)).status == 404


@pytest.mark.parametrize("how", ["removed", "an agent", "left", "an owner"])
async def test_who_is_no_admin_any_more_leaves_no_tokens(how: str) -> None:
    async with opened() as desk:
        await desk.begin()
        adam = await desk.join("adam", "admin")
        tokens = []
        for name, cookie in (("mine", None), ("crm", adam), ("shop", adam)):
            made = await desk.ask("POST", "/api-tokens", {"name": name, "scopes": ["admin"]}, cookie=cookie)
            tokens.append(made.body["token"])
        ids = {each["name"]: each["user_id"] for each in (await desk.ask("GET", "/members")).body["items"]}
        path = f"/members/{ids['Adam']}"
        if how in ("an agent", "an owner"):
            said = await desk.ask("PUT", path, {"role": how.split()[1]})
        else:
            said = await desk.ask("DELETE", path, cookie=adam if how == "left" else None)
        assert said.status == 204
        seen = [(await desk.ask("GET", "/members", token=each, cookie="")).status for each in tokens]
        assert seen == ([200] * 3 if how == "an owner" else [200, 401, 401])
        ended = sorted(each for each in await desk.noted() if " token.deleted " in each)
        who = "Adam" if how == "left" else "Olga"
        assert ended == ([] if how == "an owner" else [f"{who} token.deleted crm", f"{who} token.deleted shop"])


async def test_nothing_of_another_workspace_is_reached() -> None:
    async with opened() as desk:
        await desk.begin()
        assert (await desk.ask("POST", "/workspaces", {"id": "cafe", "name": "Café"})).status == 201
        ben = await desk.join("ben", "admin")
        theirs = (await desk.ask("POST", "/api-tokens?workspace=cafe", {"name": "theirs", "scopes": ["read"]})).body
        asked = [
            await desk.ask(method, f"{path}?workspace=cafe", body, cookie=ben)
            for method, path, body in [
                ("GET", "/members", None),
                ("GET", "/invitations", None),
                ("POST", "/invitations", {"email": "x@example.com", "role": "agent"}),
                ("GET", "/api-tokens", None),
                ("POST", "/api-tokens", {"name": "x", "scopes": ["read"]}),
                ("GET", "/audit", None),
            ]
        ]
        assert [each.status for each in asked] == [404] * len(asked)
        assert (await desk.ask("DELETE", f"/api-tokens/{theirs['id']}", cookie=ben)).status == 404
        assert "theirs" not in json.dumps((await desk.ask("GET", "/audit", cookie=ben)).body)
        assert (await desk.ask("GET", "/members?workspace=default", token=theirs["token"])).status == 404


async def test_a_token_is_shown_once_and_does_what_it_may() -> None:
    async with opened() as desk:
        await desk.begin()
        made = await desk.ask("POST", "/api-tokens", {"name": "reader", "scopes": ["read"], "days": 1})
        token = made.body["token"]
        assert token.startswith("tk_")
        desk.cookie, olga = "", desk.cookie
        me = await desk.ask("GET", "/me", token=token)
        assert (me.body["user"], me.body["token"], me.body["workspaces"][0]["role"]) == (None, "reader", "viewer")
        assert (await desk.ask("GET", "/members", token=token)).status == 200
        assert (await desk.ask("GET", "/audit", token=token)).status == 403
        assert (await desk.ask("PUT", "/me", {"name": "x", "language": "en"}, token=token)).status == 403
        assert (await desk.ask("GET", "/members", token=f"{token}x")).status == 401
        assert (
            await desk.ask("POST", "/api-tokens", {"name": "x", "scopes": ["read"]}, token="token-of-the-crm")
        ).status == 403
        desk.cookie = olga
        listed = (await desk.ask("GET", "/api-tokens")).body["items"]
        assert [(each["name"], each["configured"]) for each in listed] == [("reader", False), ("crm", True)]
        assert listed[0]["used_at"] == T0
        assert token not in json.dumps(listed)
        desk.now += DAY
        assert (await desk.ask("GET", "/members", token=token, cookie="")).status == 401
        assert (await desk.ask("DELETE", f"/api-tokens/{listed[0]['id']}")).status == 204
        assert (await desk.ask("POST", "/api-tokens", {"name": "x", "scopes": ["everything"]})).status == 422


async def test_what_was_done_is_in_the_log_and_no_secret_is() -> None:
    async with opened() as desk:
        await desk.begin()
        ann = await desk.join("ann", "agent")
        ids = {each["name"]: each["user_id"] for each in (await desk.ask("GET", "/members")).body["items"]}
        invited = await desk.ask("POST", "/invitations", {"email": "ben@example.com", "role": "viewer"})
        await desk.ask("DELETE", "/invitations/ben@example.com")
        made = (await desk.ask("POST", "/api-tokens", {"name": "crm", "scopes": ["answer"]})).body
        await desk.ask("PUT", f"/members/{ids['Ann']}", {"role": "viewer"}, token="token-of-the-crm", cookie="")
        await desk.ask("DELETE", f"/api-tokens/{made['id']}")
        await desk.ask("PUT", "/workspaces/name", {"name": "The shop"})
        await desk.ask("DELETE", f"/members/{ids['Ann']}", cookie=ann)
        assert await desk.noted() == [
            "Olga user.began olga@example.com",
            "Olga member.invited ann@example.com",
            "Ann member.joined ann@example.com",
            "Olga member.invited ben@example.com",
            "Olga member.uninvited ben@example.com",
            "Olga token.created crm",
            "crm member.changed ann@example.com",
            "Olga token.deleted crm",
            "Olga workspace.renamed default",
            "Ann member.removed ann@example.com",
        ]
        whole = json.dumps((await desk.ask("GET", "/audit?limit=100")).body)
        for secret in (made["token"], invited.body["link"].partition("=")[2], OLGA["password"], ann):
            assert secret not in whole
        page = (await desk.ask("GET", "/audit?limit=2&area=member")).body
        assert [each["what"] for each in page["items"]] == ["member.removed", "member.changed"]
        after = (await desk.ask("GET", f"/audit?limit=100&area=member&after={page['next']}")).body
        assert (len(after["items"]), after["next"]) == (4, None)
        assert (await desk.ask("GET", "/audit?after=x")).status == 422


class TestTheDemo:
    """Whoever has a browser on the demo's machine is signed in, and nobody else."""

    HERE: ClassVar = {"host": "127.0.0.1:8088"}

    @pytest.mark.parametrize(
        "peer, headers, signed_in",
        [
            ("127.0.0.1", HERE, True),
            ("127.0.0.1", {"host": "localhost:8088", "sec-fetch-site": "same-origin"}, True),
            ("::1", {"host": "[::1]:8088"}, True),
            ("127.0.0.1", {"host": "evil.test:8088"}, False),  # a page that points its own name at 127.0.0.1
            ("127.0.0.1", {}, False),
            ("127.0.0.1", HERE | {"x-forwarded-for": "203.0.113.7"}, False),  # through a tunnel
            ("127.0.0.1", HERE | {"sec-fetch-site": "cross-site"}, False),
            ("203.0.113.7", HERE, False),
            ("192.168.1.5", HERE, False),
        ],
    )
    async def test_who_is_signed_in(self, peer: str, headers: dict[str, str], signed_in: bool) -> None:
        async with opened(demo=True) as desk:
            desk.peer = peer
            said = await desk.ask("GET", "/me", headers=headers)
            assert (said.status, bool(said.cookies)) == ((200, True) if signed_in else (401, False))

    async def test_by_a_cookie_like_any_other(self) -> None:
        async with opened(demo=True) as desk:
            desk.peer = "127.0.0.1"
            first = await desk.ask("GET", "/me", headers=self.HERE)
            assert first.body["workspaces"] == [{"id": "default", "name": "Demo", "role": "owner"}]
            assert (first.body["demo"], first.body["has_password"]) == (True, False)
            desk.cookie = first.cookie
            again = await desk.ask("GET", "/me", headers=self.HERE)
            assert (again.body, again.cookies) == (first.body, [])
            assert (await desk.ask("GET", "/members", headers=self.HERE, cookie="")).status == 401
            assert (await desk.ask("PUT", "/me", {"name": "x", "language": "en"}, headers=THEIRS)).status == 403
            assert len(await desk.store.users()) == 1

    async def test_not_elsewhere(self) -> None:
        async with opened() as desk:
            desk.peer = "127.0.0.1"
            assert (await desk.ask("GET", "/me", headers=self.HERE)).status == 401
