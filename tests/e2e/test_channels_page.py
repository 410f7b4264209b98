"""The pages of channels in a real browser: a WAHA account is added, logged in by its QR code, and answers."""

import asyncio
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.console_owner import signed_in
from tests.e2e.real_server import ECHO, Server, serving
from tests.support.browser import Chromium
from tests.support.programs import free_port
from turnkeeper.testing.fake_waha import FakeWaha, Person, Running, serve_in_thread
from turnkeeper.testing.fake_waha.sessions import SCAN

expect.set_options(timeout=30_000)
pytestmark = pytest.mark.usefixtures("built_pages")
KEY = "waha-key-0123456789"
TOML = """
[server]
port = {port}
drain = "3s"
log_level = "warning"
allow_internal = ["{waha}"]
[database]
url = "sqlite:///data.db"
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = 0.2
adaptive = false
"""
SHOTS = os.environ.get("TURNKEEPER_SHOTS", "")
"""A folder for pictures of the pages, for people to look at."""


class Shop:
    """A server without a channel, and a WAHA server whose account is logged out."""

    def __init__(self, server: Server, waha: Running[FakeWaha]) -> None:
        self.server, self.waha = server, waha
        self._person: Person | None = None

    def answered(self, text: str, within: float = 40.0) -> str:
        """Ada writes, and gets one message."""
        person = self._person = self._person or self.waha.call(self.waha.fake.person("15551230001"))
        before = len(person.texts)
        self.waha.call(person.write(text))
        self.waha.call(self.waha.fake.changes.until(lambda: len(person.texts) > before, within), timeout=within + 5)
        return person.texts[-1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("channels")
    with serve_in_thread(FakeWaha(KEY)) as waha:
        waha.now(lambda: waha.fake.session.lose(SCAN, logged_out=True))
        place = waha.base_url.removeprefix("http://").rstrip("/")
        (folder / "turnkeeper.toml").write_text(TOML.format(port=free_port(), waha=place), "utf-8")
        (folder / "the_bot.py").write_text(ECHO, "utf-8")
        with serving(folder) as server:
            yield Shop(server, waha)


@pytest.mark.limit(180)
async def test_a_number_is_added_logged_in_and_answers(shop: Shop, chromium: Chromium) -> None:
    async with chromium.page(viewport={"width": 1180, "height": 860}) as page:
        await signed_in(page, shop.server)
        await page.goto(f"{shop.server.url}/channels")
        await expect(page.get_by_text("There is no channel yet")).to_be_visible()
        await shot(page, "empty")
        await it_is_added(page, shop)
        await its_webhook_is_connected(page)
        await it_is_logged_in(page, shop)
        assert await asyncio.to_thread(shop.answered, "hello") == "told: hello"
        await it_is_paused_and_goes_on(page, shop)
        await it_is_deleted(page)


async def it_is_added(page: Page, shop: Shop) -> None:
    await page.get_by_role("button", name="Add a channel").first.click()
    await shot(page, "kinds")
    await page.get_by_role("link", name="WhatsApp through WAHA").click()
    await page.get_by_role("textbox", name="Address of the WAHA server").fill("http://10.0.0.9:3000")
    key = page.get_by_role("textbox", name="API key")
    await key.fill("waha-key-that-is-wrong")
    await page.get_by_role("button", name="Check it").click()
    await expect(page.get_by_text("10.0.0.9:3000 is inside the server's own network")).to_be_visible()
    await page.get_by_role("textbox", name="Address of the WAHA server").fill(shop.waha.base_url)
    await page.get_by_role("button", name="Check it").click()
    await expect(page.get_by_text("the key is refused")).to_be_visible()
    await expect(page.get_by_text("Set api_key to what WAHA was started with")).to_be_visible()
    await shot(page, "form")
    await key.fill(KEY)
    await page.get_by_role("button", name="Add it all the same").click()
    await expect(page.get_by_role("heading", name="whatsapp-1", exact=True)).to_be_visible()


async def its_webhook_is_connected(page: Page) -> None:
    await page.get_by_role("button", name="Connect the webhook").click()
    await page.get_by_role("button", name="Connect", exact=True).click()
    await expect(page.get_by_text("the webhook is registered")).to_be_visible()
    await shot(page, "connected")
    assert KEY not in await page.content()


async def it_is_logged_in(page: Page, shop: Shop) -> None:
    await page.get_by_role("link", name="Log in with the phone").click()
    await expect(page.get_by_role("img", name="QR code")).to_be_visible()
    await expect(page.get_by_text("Scan the code with the phone.", exact=True)).to_be_visible()
    await shot(page, "qr")
    await asyncio.to_thread(shop.waha.now, shop.waha.fake.session.scan)
    await expect(page.get_by_text("Logged in. Shop +15550009999")).to_be_visible()
    await page.get_by_role("link", name="Go on to the channel").click()
    await expect(page.get_by_text("works", exact=True)).to_be_visible()


async def it_is_paused_and_goes_on(page: Page, shop: Shop) -> None:
    await page.get_by_role("button", name="Pause", exact=True).click()
    await page.get_by_role("textbox", name="Why").fill("<b>stocktaking</b>")
    await page.get_by_role("button", name="Pause", exact=True).last.click()
    await expect(page.get_by_text("stopped by hand by The owner: <b>stocktaking</b>")).to_be_visible()
    await shot(page, "paused")
    answer = asyncio.create_task(asyncio.to_thread(shop.answered, "are you there?"))
    await page.get_by_role("button", name="Resume").click()
    await expect(page.get_by_text("works", exact=True)).to_be_visible()
    assert await answer == "told: are you there?"
    if SHOTS:
        await page.get_by_role("button", name="Check every link").click()
        await expect(page.get_by_text("session default (Shop) is WORKING")).to_be_visible()
        await shot(page, "checked")
    await page.get_by_role("button", name="Send a test message").click()
    await page.get_by_role("textbox", name="To", exact=True).fill("+1 555 123 0001")
    await page.get_by_role("button", name="Send", exact=True).click()
    await expect(page.get_by_text("Delivered ✓✓")).to_be_visible()
    await shot(page, "tested")


async def it_is_deleted(page: Page) -> None:
    await page.get_by_role("button", name="Delete this channel").click()
    dialog = page.get_by_role("dialog")
    button = dialog.get_by_role("button", name="Delete this channel")
    await expect(button).to_be_disabled()
    await dialog.get_by_role("textbox").fill("whatsapp-1")
    await button.click()
    await expect(page.get_by_text("There is no channel yet")).to_be_visible()


async def shot(page: Page, name: str) -> None:
    if not SHOTS:
        return
    for scheme in ("light", "dark"):
        await page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        for width, height in ((1180, 860), (375, 760)):
            await page.set_viewport_size({"width": width, "height": height})
            await page.screenshot(path=f"{SHOTS}/{name}-{scheme}-{width}.png", full_page=True)
    await page.set_viewport_size({"width": 1180, "height": 860})
    await page.emulate_media(color_scheme="light")
