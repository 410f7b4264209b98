"""Who uses the console: users, sign-ins, links, members, tokens and the audit log: the same in every store."""

import asyncio
from hashlib import sha256
from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.people import (
    Account,
    Actor,
    Colleague,
    Invitation,
    IssuedToken,
    Link,
    Member,
    Role,
    SignIn,
    TokenId,
    UserId,
    Workspace,
)
from turnkeeper.store.base import Store
from turnkeeper.store.people import AuditWanted

HOME, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
DAY = 86_400.0
OLGA = Account(UserId("u1"), "olga@example.com", "Olga", "en", T0, password="hash of olga's")
BEN = Account(UserId("u2"), "ben@example.com", "Ben", "id", T0 + 5, password="hash of ben's")


def digest(of: str) -> bytes:
    return sha256(of.encode()).digest()


def sign_in(of: str, who: Account = OLGA, at: float = T0) -> SignIn:
    return SignIn(digest(of), who.id, at, at, at + 30 * DAY, "203.0.113.7", "a browser")


def invitation(of: str, email: str = BEN.email, workspace: WorkspaceId = HOME, role: Role = Role.AGENT) -> Invitation:
    return Invitation(workspace, email, role, digest(of), "Olga", T0, T0 + 7 * DAY)


async def begun(store: Store) -> None:
    """Olga owns `default`, signed in by the cookie `c1`."""
    await store.put_workspaces({HOME: "Default"}, T0)
    await store.put_link(Link(digest("first"), None, T0, T0 + DAY))
    assert await store.begin(digest("first"), OLGA, sign_in("c1"))


async def with_ben(store: Store, role: Role = Role.AGENT) -> None:
    await begun(store)
    await store.add_user(BEN)
    await store.put_member(Member(HOME, BEN.id, role, T0 + 5))


async def homes(store: Store, cookie: str) -> list[tuple[str, str]]:
    found = await store.signed_in(digest(cookie))
    assert found is not None
    return [(each.workspace.workspace_id, each.role.value) for each in found.memberships]


async def test_the_first_link_makes_one_owner(world: OpenWorld) -> None:
    async with world() as w:
        assert not await w.store.has_users()
        await w.store.put_workspaces({HOME: "Default", CAFE: "Café"}, T0)
        for name, until in (("late", T0), ("first", T0 + DAY), ("other", T0 + DAY)):
            await w.store.put_link(Link(digest(name), None, T0 - DAY, until))
        assert not await w.store.begin(digest("late"), OLGA, sign_in("c1"))
        assert not await w.store.begin(digest("nobody's"), OLGA, sign_in("c1"))
        assert await w.store.linked(digest("first"), T0) == (Link(digest("first"), None, T0 - DAY, T0 + DAY), None)
        assert await w.store.begin(digest("first"), OLGA, sign_in("c1"))
        assert not await w.store.begin(digest("first"), BEN, sign_in("c2", BEN))
        assert not await w.store.begin(digest("other"), BEN, sign_in("c2", BEN))
        assert await homes(w.store, "c1") == [("default", "owner"), ("cafe", "owner")]
        assert [user for user, _ in await w.store.users()] == [OLGA.user]
        assert await w.store.signed_in(digest("c2")) is None


async def test_two_who_begin_at_once_are_one_owner(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        await w.store.put_link(Link(digest("one"), None, T0, T0 + DAY))
        await w.store.put_link(Link(digest("two"), None, T0, T0 + DAY))
        made = await asyncio.gather(
            w.store.begin(digest("one"), OLGA, sign_in("c1")), other.begin(digest("two"), BEN, sign_in("c2", BEN))
        )
        assert sorted(made) == [False, True]
        assert len(await w.store.users()) == 1


async def test_whose_e_mail_it_is_takes_the_user_over_once(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.sign_in(sign_in("b1", BEN))
        await w.store.put_link(Link(digest("l1"), BEN.id, T0, T0 + DAY))
        assert await w.store.prove(BEN.id, T0 + 9)
        found = await w.store.account_of(BEN.id)
        assert found is not None
        assert (found.password, found.proven_at) == (None, T0 + 9)
        assert (await w.store.signed_in(digest("b1")), await w.store.linked(digest("l1"), T0)) == (None, None)
        await w.store.set_password(BEN.id, "ben's own", None)
        await w.store.sign_in(sign_in("b2", BEN))
        assert not await w.store.prove(BEN.id, T0 + 10)
        found = await w.store.account_of(BEN.id)
        assert found is not None
        assert (found.password, found.proven_at) == ("ben's own", T0 + 9)
        assert await homes(w.store, "b2") == [("default", "agent")]
        assert await homes(w.store, "c1") == [("default", "owner")]  # and nobody else's sign-in ended
        assert not await w.store.prove(UserId("nobody"), T0)


async def test_a_password_set_by_a_link_proves_it_too(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.put_link(Link(digest("l1"), BEN.id, T0, T0 + DAY))
        assert await w.store.reset_password(digest("l1"), "ben's own", sign_in("b1", BEN, T0 + 7)) is not None
        found = await w.store.account_of(BEN.id)
        assert found is not None
        assert found.proven_at == T0 + 7
        assert not await w.store.prove(BEN.id, T0 + 8)
        assert await homes(w.store, "b1") == [("default", "agent")]


async def test_a_sign_in_ends_as_it_should(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.sign_in(sign_in("c2", at=T0 + 1))
        await w.store.sign_in(sign_in("b1", BEN, T0 + 2))
        await w.store.seen(digest("c1"), T0 + 9)
        await w.store.seen(digest("c1"), T0 + 8)
        assert [each.seen_at for each in await w.store.sign_ins(OLGA.id)] == [T0 + 9, T0 + 1]
        await w.store.sign_in(sign_in("c3", at=T0 + 3), digest("c2"))
        assert await w.store.signed_in(digest("c2")) is None
        assert await w.store.sign_out_everywhere(OLGA.id, digest("c3")) == 1
        assert await homes(w.store, "c3") == [("default", "owner")]
        await w.store.sign_out(digest("c3"))
        assert await w.store.signed_in(digest("c3")) is None
        assert (await w.store.signed_in(digest("b1"))) is not None
        await w.store.sign_in(sign_in("b2", BEN, T0 + 31 * DAY))  # what has expired goes
        assert [each.digest for each in await w.store.sign_ins(BEN.id)] == [digest("b2")]


async def test_a_new_password_ends_other_sign_ins_and_links(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.sign_in(sign_in("b1", BEN))
        await w.store.sign_in(sign_in("b2", BEN))
        await w.store.put_link(Link(digest("lost"), BEN.id, T0, T0 + DAY))
        await w.store.set_password(BEN.id, "newer", digest("b2"))
        assert [each.digest for each in await w.store.sign_ins(BEN.id)] == [digest("b2")]
        assert await w.store.linked(digest("lost"), T0) is None
        found = await w.store.account(BEN.email)
        assert (found and found.password) == "newer"
        await w.store.rehash_password(BEN.id, "older", "of an older one")
        await w.store.rehash_password(BEN.id, "newer", "stronger")
        found = await w.store.account_of(BEN.id)
        assert (found and found.password) == "stronger"
        assert (await w.store.signed_in(digest("c1"))) is not None


async def test_a_lost_password_is_set_by_a_link_once(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.sign_in(sign_in("b1", BEN))
        await w.store.put_link(Link(digest("older"), BEN.id, T0, T0 + DAY))
        await w.store.put_link(Link(digest("lost"), BEN.id, T0 + 1, T0 + DAY))
        assert await w.store.linked(digest("older"), T0) is None
        found = await w.store.linked(digest("lost"), T0)
        assert found is not None
        assert found[1] == BEN.user
        begun_now = sign_in("b2", OLGA, T0 + 2)
        assert await w.store.reset_password(digest("lost"), "newer", begun_now) == BEN.user
        assert [each.digest for each in await w.store.sign_ins(BEN.id)] == [digest("b2")]
        assert await w.store.reset_password(digest("lost"), "again", sign_in("b3", BEN)) is None
        await w.store.put_link(Link(digest("late"), BEN.id, T0, T0 + DAY))
        assert await w.store.reset_password(digest("late"), "late", sign_in("b3", BEN, T0 + DAY)) is None
        found_now = await w.store.account(BEN.email)
        assert (found_now and found_now.password) == "newer"


async def test_who_is_disabled_is_nobody(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.sign_in(sign_in("b1", BEN))
        await w.store.disable(BEN.id, T0 + 9)
        assert await w.store.signed_in(digest("b1")) is None
        await w.store.sign_in(sign_in("b2", BEN))
        assert await w.store.signed_in(digest("b2")) is None
        await w.store.put_link(Link(digest("lost"), BEN.id, T0, T0 + DAY))
        assert await w.store.reset_password(digest("lost"), "newer", sign_in("b3", BEN)) is None
        await w.store.put_invitation(invitation("i", workspace=HOME))
        assert await w.store.accept(digest("i"), BEN, None, T0) is None
        await w.store.disable(BEN.id, None)
        found = await w.store.account(BEN.email)
        assert found == BEN
        await w.store.set_profile(BEN.id, "Benedict", "en")
        assert [(each.name, each.role) for each in await w.store.members(HOME)] == [
            ("Benedict", Role.AGENT),
            ("Olga", Role.OWNER),
        ]


async def test_a_workspace_keeps_an_owner(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        assert not await w.store.set_role(HOME, OLGA.id, Role.ADMIN)
        assert not await w.store.set_role(HOME, OLGA.id, None)
        assert await w.store.set_role(HOME, BEN.id, Role.OWNER)
        assert await w.store.set_role(HOME, OLGA.id, Role.VIEWER)
        assert not await w.store.set_role(HOME, BEN.id, None)
        assert not await w.store.set_role(HOME, UserId("nobody"), Role.OWNER)
        assert not await w.store.set_role(CAFE, OLGA.id, Role.OWNER)
        assert await w.store.members(HOME) == [
            Colleague(BEN.id, "Ben", BEN.email, Role.OWNER, T0 + 5, None),
            Colleague(OLGA.id, "Olga", OLGA.email, Role.VIEWER, T0, None),
        ]
        assert await w.store.set_role(HOME, OLGA.id, None)
        assert await homes(w.store, "c1") == []


async def test_two_owners_who_leave_at_once_are_one_who_stays(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        await with_ben(w.store, Role.OWNER)
        left = await asyncio.gather(w.store.set_role(HOME, OLGA.id, None), other.set_role(HOME, BEN.id, None))
        assert sorted(left) == [False, True]
        assert len(await w.store.members(HOME)) == 1


async def test_workspaces_that_nobody_is_in_are_the_owners_of_default(world: OpenWorld) -> None:
    async with world() as w:
        await with_ben(w.store)
        await w.store.put_workspaces({HOME: "another name", CAFE: "Café"}, T0 + 1)
        assert await homes(w.store, "c1") == [("default", "owner"), ("cafe", "owner")]
        assert await w.store.set_role(HOME, BEN.id, Role.OWNER)
        await w.store.put_workspaces({CAFE: "Café"}, T0 + 2)  # somebody is in it
        assert [each.user_id for each in await w.store.members(CAFE)] == [OLGA.id]
        bar = Workspace(WorkspaceId("bar"), "Bar", T0 + 3)
        assert await w.store.add_workspace(bar, BEN.id)
        assert not await w.store.add_workspace(bar, OLGA.id)
        assert [each.user_id for each in await w.store.members(bar.workspace_id)] == [BEN.id]
        await w.store.rename_workspace(bar.workspace_id, "A bar")
        assert [each.name for each in await w.store.workspaces()] == ["Default", "A bar", "Café"]


async def test_an_invitation_makes_a_member_once(world: OpenWorld) -> None:
    async with world() as w:
        await begun(w.store)
        await w.store.put_invitation(invitation("older"))
        await w.store.put_invitation(invitation("newer", role=Role.ADMIN))
        await w.store.put_invitation(invitation("theirs", workspace=CAFE))
        assert await w.store.invited(digest("older"), T0) is None
        assert await w.store.invited(digest("newer"), T0 + 7 * DAY) is None
        found = await w.store.invited(digest("newer"), T0)
        assert found == (invitation("newer", role=Role.ADMIN), Workspace(HOME, "Default", T0))
        assert await w.store.accept(digest("newer"), OLGA, None, T0) is None  # not the one who was invited
        stranger = Account(UserId("u9"), BEN.email, "Ben", "en", T0)
        assert await w.store.accept(digest("newer"), stranger, sign_in("b1"), T0) == stranger.user
        assert await homes(w.store, "b1") == [("default", "admin")]
        assert await w.store.accept(digest("newer"), stranger, None, T0) is None
        assert await w.store.invitations(HOME) == []
        # Somebody else may not become who is there already.
        assert await w.store.accept(digest("theirs"), BEN, None, T0) is None
        assert [each.workspace_id for each in await w.store.invitations_of(BEN.email, T0)] == [CAFE]


async def test_an_invitation_is_taken_back(world: OpenWorld) -> None:
    async with world() as w:
        await begun(w.store)
        await w.store.put_invitation(invitation("i"))
        assert not await w.store.drop_invitation(CAFE, BEN.email)
        assert await w.store.invitations(HOME) == [invitation("i")]
        assert await w.store.invitations(CAFE) == []
        assert await w.store.drop_invitation(HOME, BEN.email)
        assert await w.store.accept(digest("i"), BEN, None, T0) is None


async def test_tokens_are_one_workspaces(world: OpenWorld) -> None:
    async with world() as w:
        await begun(w.store)
        token = IssuedToken(
            HOME, TokenId("t1"), digest("t"), "crm", ("read", "flows"), "Olga", T0, None, T0 + DAY, OLGA.id
        )
        await w.store.add_api_token(token)
        assert await w.store.api_token(digest("t")) == token
        assert await w.store.api_token(digest("another")) is None
        await w.store.used_api_token(CAFE, TokenId("t1"), T0 + 1)
        assert await w.store.api_tokens(HOME) == [token]
        assert await w.store.api_tokens(CAFE) == []
        await w.store.used_api_token(HOME, TokenId("t1"), T0 + 2)
        assert await w.store.drop_api_token(CAFE, TokenId("t1")) is None
        dropped = await w.store.drop_api_token(HOME, TokenId("t1"))
        assert dropped is not None
        assert dropped.used_at == T0 + 2
        assert await w.store.api_token(digest("t")) is None


@pytest.mark.parametrize(
    "wanted, expected",
    [
        (AuditWanted(), ["member.left", "member.invited", "bot.published"]),
        (AuditWanted(who="u1"), ["member.invited", "bot.published"]),
        (AuditWanted(area="member"), ["member.left", "member.invited"]),
        (AuditWanted(area="member.left"), ["member.left"]),
        (AuditWanted(area="memb"), []),
        (AuditWanted(about="shop"), ["bot.published"]),
    ],
)
async def test_the_audit_log_is_read_backwards(world: OpenWorld, wanted: AuditWanted, expected: list[str]) -> None:
    async with world() as w:
        olga, program = Actor("user", "u1", "Olga"), Actor("token", "crm", "crm")
        for n, (workspace, actor, what, about) in enumerate(
            [
                (HOME, olga, "bot.published", "shop"),
                (CAFE, olga, "bot.published", "shop"),
                (HOME, olga, "member.invited", "ben\x00"),
                (HOME, program, "member.left", "ben"),
            ]
        ):
            await w.store.note(workspace, actor, what, about, b'{"n":%d}' % n, T0 + n)
        lines = await w.store.audit(HOME, wanted, 10)
        assert [each.what for each in lines] == expected
        if lines:
            assert [each.what for each in await w.store.audit(HOME, wanted, 1)] == expected[:1]
            after = wanted._replace(before=lines[0].seq)
            assert [each.what for each in await w.store.audit(HOME, after, 10)] == expected[1:]
            assert (lines[-1].actor, lines[-1].workspace_id) == (olga if "u1" in lines[-1].actor else program, HOME)
