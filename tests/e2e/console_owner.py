"""Signing in to a real server's console, for tests of its pages."""

import json

from playwright.async_api import Page

from tests.e2e.real_server import Server, turnkeeper


async def signed_in(page: Page, server: Server, role: str = "owner") -> Page:
    """The page, whose browser has somebody of this role signed in."""
    config = str(server.folder / "turnkeeper.toml")
    invited = turnkeeper("user", "invite", f"{role}@example.com", "--role", role, "--config", config, "--json")
    assert invited.returncode == 0, invited.stderr
    token = json.loads(invited.stdout)["link"].partition("invitation=")[2]
    reply = await page.context.request.post(
        f"{server.url}/api/v1/sign-in/invitation",
        data={"token": token, "name": f"The {role}", "password": "a long password of theirs"},
        headers={"Origin": server.url},
    )
    assert reply.status == 201, await reply.text()
    return page
