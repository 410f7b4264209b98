"""Signing in with a real browser, at a real server: from the link that it printed to a colleague who may less."""

import os
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.real_server import configure, provider, serving
from tests.support.browser import Chromium

expect.set_options(timeout=10_000)
pytestmark = pytest.mark.usefixtures("built_pages")
SHOTS = os.environ.get("TURNKEEPER_SHOTS", "")
OLGA, ANN = "correct horse battery", "ann's own few words"


async def shot(page: Page, name: str) -> None:
    """A picture of the page, for whoever asked for pictures."""
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


@asynccontextmanager
async def somebody(browser: Browser, url: str) -> AsyncIterator[Page]:
    """A browser with nothing in it."""
    context = await browser.new_context(viewport={"width": 1180, "height": 860}, locale="en-GB")
    page = await context.new_page()
    page.on("pageerror", lambda error: pytest.fail(f"the page's script raised: {error}"))
    await page.goto(url)
    yield page
    await context.close()


async def fill(page: Page, **fields: str) -> None:
    labels = {"email": "E-mail address", "name": "Your name", "password": "Password", "fresh": "New password"}
    for field, text in fields.items():
        await page.get_by_label(labels[field], exact=True).fill(text)


@pytest.mark.limit(60)
async def test_from_the_printed_link_to_a_colleague(tmp_path: Path, chromium: Chromium) -> None:
    with provider() as running:
        configure(tmp_path, running)
        with serving(tmp_path) as server:
            link = re.search(r"http://\S+/sign-in#first=\S+", server.said)
            assert link, server.said
            token = link[0].partition("=")[2]
            arguments = [
                Path(f"/proc/{pid}/cmdline").read_text() for pid in (server.process.pid, *server.children.values())
            ]
            assert token not in "".join(arguments) + server.log()
            async with chromium.browser() as browser:
                await owner_begins(browser, link[0])
                invitation = await owner_sets_up(browser, server.url)
                await agent_joins(browser, server.url, invitation)


async def owner_begins(browser: Browser, link: str) -> None:
    async with somebody(browser, link) as page:
        await expect(page.get_by_role("heading", name="Welcome to Turnkeeper")).to_be_visible()
        await fill(page, name="Olga", email="olga@example.com", fresh="short")
        await page.get_by_role("button", name="Begin").click()
        await expect(page.get_by_text("Use at least 10 characters.")).to_be_visible()
        await shot(page, "first")
        await fill(page, fresh=OLGA)
        await page.get_by_role("button", name="Begin").click()
        await expect(page.get_by_role("navigation", name="Areas")).to_be_visible()
        assert page.url.endswith("/")
        (cookie,) = await page.context.cookies()
        assert (cookie["name"], cookie["httpOnly"], cookie["sameSite"]) == ("turnkeeper_session", True, "Lax")
        assert await page.evaluate("document.cookie") == ""


async def owner_sets_up(browser: Browser, url: str) -> str:
    """Signs in by password, makes a token, invites Ann; the invitation's link."""
    async with somebody(browser, f"{url}/settings/members") as page:
        await fill(page, email="olga@example.com", password="wrong horse battery")
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_role("alert")).to_have_text("The e-mail address or the password is wrong.")
        await shot(page, "sign-in")
        await fill(page, password=OLGA)
        await page.get_by_role("button", name="Sign in").click()
        await expect(page.get_by_test_id("member")).to_have_count(1)
        assert page.url == f"{url}/settings/members"
        await page.get_by_role("button", name="Invite").click()
        await page.get_by_label("Their e-mail address").fill("ann@example.com")
        await shot(page, "invite")
        await page.get_by_role("button", name="Make a link").click()
        invitation = await page.get_by_label("Link of the invitation").input_value()
        await shot(page, "invited")
        await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        await expect(page.get_by_role("list", name="Invited")).to_contain_text("ann@example.com")
        await shot(page, "members")
        await page.get_by_role("tab", name="API tokens").click()
        await page.get_by_role("button", name="Make a token").click()
        await page.get_by_label("What it is for").fill("CRM")
        await shot(page, "token")
        await page.get_by_role("dialog").get_by_role("button", name="Make a token").click()
        token = await page.get_by_label("Token", exact=True).input_value()
        await page.get_by_role("dialog").get_by_role("button", name="Close").last.click()
        await expect(page.get_by_test_id("token")).to_contain_text("never used")
        assert token not in await page.content()
        await page.get_by_role("tab", name="Audit log").click()
        await expect(page.get_by_test_id("audit-line").first).to_contain_text(re.compile("Olga made the token .CRM"))
        await shot(page, "audit")
        await page.get_by_role("tab", name="Workspaces").click()
        await shot(page, "workspace")
        await page.get_by_role("tab", name="Account").click()
        await expect(page.get_by_text("· this browser")).to_be_visible()
        await shot(page, "account")
        await page.get_by_test_id("account-menu").click()
        await page.get_by_role("menuitem", name="Sign out").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
        assert await page.context.cookies() == []
        await page.evaluate("location.hash = '#first=a-link-of-long-ago'")
        await expect(page.get_by_role("heading", name="This link does not work any more")).to_be_visible()
        await page.get_by_role("button", name="Go to sign in").click()
        await expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
    return invitation


async def agent_joins(browser: Browser, url: str, invitation: str) -> None:
    async with somebody(browser, invitation) as page:
        await expect(page.get_by_role("heading", name="Join Default")).to_be_visible()
        await fill(page, name="Ann", fresh=ANN)
        await shot(page, "join")
        await page.get_by_role("button", name="Join").click()
        await expect(page.get_by_role("navigation", name="Areas")).to_be_visible()
        await page.goto(f"{url}/settings/tokens")
        await expect(page.get_by_role("tab", name="Account")).to_have_attribute("aria-selected", "true")
        assert await page.get_by_role("tab", name=re.compile("tokens|Audit")).count() == 0
        await page.get_by_role("tab", name="Members").click()
        await expect(page.get_by_test_id("member")).to_have_count(2)
        assert await page.get_by_role("button", name="Invite").count() == 0
        seen = await page.evaluate("fetch('/api/v1/api-tokens').then((reply) => reply.status)")
        assert seen == 403
        await shot(page, "agent")
