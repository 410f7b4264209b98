"""`turnkeeper user`: who may use the console; and the link that a server prints while nobody does."""

import asyncio
import json
from hashlib import sha256
from pathlib import Path

from tests.cli.agents import configured, run
from turnkeeper.app.database import existing, migrate_store
from turnkeeper.app.users import first_link, make_workspaces
from turnkeeper.config import Settings
from turnkeeper.model.ids import DEFAULT_WORKSPACE
from turnkeeper.model.people import Account, Invitation, Link, SignIn, UserId, Workspace
from turnkeeper.store.people import AuditWanted

T0 = 1_800_000_000.0
OLGA = Account(UserId("u1"), "olga@example.com", "Olga", "en", T0)


def digest(token: str) -> bytes:
    return sha256(token.encode()).digest()


async def begun(settings: Settings) -> tuple[str, str | None]:
    """Olga begins by the link; its token, and what the next start has."""
    token = await make_workspaces(settings, T0)
    assert token is not None
    async with existing(settings) as store:
        sign_in = SignIn(b"s", OLGA.id, T0, T0, T0 + 9, "", "")
        assert await store.begin(digest(token), OLGA, sign_in)
    return token, await make_workspaces(settings, T0)


async def by(settings: Settings, link: str) -> tuple[Link | None, tuple[Invitation, Workspace] | None]:
    async with existing(settings) as store:
        token = digest(link.partition("=")[2])
        linked = await store.linked(token, 0)
        return (linked[0] if linked else None), await store.invited(token, 0)


def test_a_start_makes_a_link_until_somebody_has_signed_up(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    asyncio.run(migrate_store(settings))
    assert run(settings, "user", "list").stdout.startswith("nobody has signed up")
    token, after = asyncio.run(begun(settings))
    assert after is None
    assert first_link(settings, token).endswith(f"/sign-in#first={token}")
    assert run(settings, "user", "list").stdout == "olga@example.com  Olga  owner in default\n"


def test_people_are_invited_and_let_in_again(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    asyncio.run(migrate_store(settings))
    asyncio.run(begun(settings))
    invited = json.loads(run(settings, "user", "invite", "Ben@example.com", "--role", "admin", "--json").stdout)
    linked, invitation = asyncio.run(by(settings, invited["link"]))
    assert linked is None
    assert invitation is not None
    assert (invitation[0].email, invitation[0].role) == ("ben@example.com", "admin")
    lost = run(settings, "user", "link", "olga@example.com").stdout.splitlines()
    linked, _ = asyncio.run(by(settings, lost[1]))
    assert linked is not None
    assert linked.user_id == OLGA.id
    assert run(settings, "user", "disable", "olga@example.com").stdout == "olga@example.com may not sign in\n"
    assert "(disabled)" in run(settings, "user", "list").stdout
    refused = run(settings, "user", "link", "olga@example.com")
    assert (refused.exit_code, "user enable" in refused.stderr) == (1, True)
    assert run(settings, "user", "enable", "olga@example.com").stdout == "olga@example.com may sign in\n"

    async def noted() -> list[str]:
        async with existing(settings) as store:
            return [each.what for each in await store.audit(DEFAULT_WORKSPACE, AuditWanted(), 10)]

    assert asyncio.run(noted()) == ["user.enabled", "user.disabled", "user.link_made", "member.invited"]


def test_who_is_not_there_is_told_so(tmp_path: Path) -> None:
    settings = configured(tmp_path)
    asyncio.run(migrate_store(settings))
    asyncio.run(make_workspaces(settings, T0))
    for arguments in (("link", "eve@example.com"), ("invite", "nobody"), ("invite", "a@b.c", "--workspace", "no")):
        said = run(settings, "user", *arguments)
        assert (said.exit_code, said.stderr.count("\n")) == (1, 1)
