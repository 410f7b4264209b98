"""The console's frame in a real browser: where one goes, by which keys, in which language, on which screen."""

import re

import pytest
from playwright.async_api import Page, expect

from tests.e2e.corner_shop import CornerShop, open_shop
from tests.support.browser import Chromium

expect.set_options(timeout=10_000)
DESK = {"viewport": {"width": 1180, "height": 860}, "locale": "en-GB"}

pytestmark = pytest.mark.usefixtures("built_pages")


async def here(page: Page, url: str, area: str) -> None:
    await expect(page).to_have_url(url)
    await expect(page.get_by_test_id(f"area-{area}")).to_have_attribute("aria-current", "page")


async def test_going_about(chromium: Chromium) -> None:
    async with open_shop(CornerShop(quiet=60.0)) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await here(page, f"{shop.url}/simulator", "simulator")
        composer = page.get_by_test_id("composer")
        await expect(composer).to_be_focused()
        await page.keyboard.type("g o?")
        await expect(composer).to_have_value("g o?")
        await page.get_by_role("heading", name="What happened").click()
        await page.keyboard.press("g")
        await page.keyboard.press("o")
        await here(page, f"{shop.url}/overview", "overview")
        await expect(page).to_have_title("Overview · Turnkeeper")
        await page.go_back()
        await here(page, f"{shop.url}/simulator", "simulator")
        await page.get_by_test_id("area-inbox").click()
        await here(page, f"{shop.url}/", "inbox")
        await page.reload()  # somebody has gone somewhere: the demo shows its phone no more by itself
        await here(page, f"{shop.url}/", "inbox")
        await page.goto(f"{shop.url}/conversations/c1?mode=human")
        await here(page, f"{shop.url}/conversations/c1?mode=human", "inbox")
        await page.goto(f"{shop.url}/nothing/here")
        await page.get_by_role("button", name="Go to the inbox").click()
        await here(page, f"{shop.url}/", "inbox")


async def test_keys_can_be_listed_and_turned_off(chromium: Chromium) -> None:
    async with open_shop(CornerShop(phone=True)) as shop, chromium.page(**DESK) as page:
        await page.goto(f"{shop.url}/settings")
        await expect(page.get_by_role("heading", name="Settings")).to_be_visible()
        await page.keyboard.press("Tab")
        await expect(page.get_by_role("link", name="Go to the content")).to_be_focused()
        await page.keyboard.press("Enter")
        await expect(page.get_by_role("main")).to_be_focused()
        await page.keyboard.press("?")
        keys = page.get_by_role("dialog")
        await expect(keys).to_contain_text("Go to Overview")
        await keys.get_by_role("switch", name="Use single keys").click()
        await page.keyboard.press("Escape")
        await expect(keys).to_have_count(0)
        await page.keyboard.press("?")
        await page.keyboard.press("g")
        await page.keyboard.press("o")
        await here(page, f"{shop.url}/settings/account", "settings")
        await expect(keys).to_have_count(0)


async def test_the_language_and_the_theme_are_kept(chromium: Chromium) -> None:
    async with open_shop(CornerShop()) as shop, chromium.page(**DESK, color_scheme="light") as page:
        await page.goto(f"{shop.url}/nothing")
        root = page.locator("html")
        await expect(root).to_have_attribute("lang", "en")
        await page.get_by_test_id("account-menu").click()
        await page.get_by_role("menuitemradio", name="Bahasa Indonesia").click()
        await expect(page.get_by_text("Halaman ini tidak ada")).to_be_visible()
        await page.get_by_role("menuitemradio", name="Gelap").click()
        for _ in range(2):
            await expect(root).to_have_attribute("lang", "id")
            await expect(root).to_have_attribute("data-mantine-color-scheme", "dark")
            await expect(page.get_by_test_id("area-inbox")).to_have_text("Kotak masuk")
            await page.reload()


async def test_on_a_phone(chromium: Chromium) -> None:
    narrow = {"viewport": {"width": 375, "height": 720}}
    async with open_shop(CornerShop()) as shop, chromium.page(**narrow) as page:
        await page.goto(f"{shop.url}/overview")
        await expect(page.get_by_test_id("area-overview")).to_have_attribute("aria-current", "page")
        await page.get_by_role("button", name="More").click()
        await page.get_by_test_id("area-settings").click()
        await expect(page).to_have_url(f"{shop.url}/settings/account")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.goto(f"{shop.url}/conversations/c1")
        await expect(page.get_by_role("main")).to_be_visible()
        await expect(page.get_by_role("navigation")).to_have_count(0)
        assert await page.evaluate("document.documentElement.scrollWidth") <= 375


async def test_who_is_not_signed_in_is_led_back_afterwards(chromium: Chromium) -> None:
    async with open_shop(CornerShop(phone=False)) as shop, chromium.page(**DESK) as page:
        await page.goto(f"{shop.url}/contacts?tag=vip")
        await expect(page).to_have_url(f"{shop.url}/sign-in?next=%2Fcontacts%3Ftag%3Dvip")
        await expect(page.get_by_role("navigation")).to_have_count(0)


async def test_a_stream_that_is_lost_is_said(chromium: Chromium) -> None:
    async with open_shop(CornerShop()) as shop, chromium.page(**DESK) as page:
        await page.goto(f"{shop.url}/settings")
        await expect(page.get_by_text(re.compile("^Reconnecting"))).to_be_visible()
