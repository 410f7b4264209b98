"""Any bot on any channel, in a browser: written to as a person would, hours passing, and nothing that leaves."""

import os
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.demo_server import demo
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)
DESK = {"viewport": {"width": 1280, "height": 900}}
SHOTS = os.environ.get("TURNKEEPER_SHOTS")
"""Where screenshots are left, for who wants to look."""

pytestmark = pytest.mark.usefixtures("built_pages")


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


@pytest.mark.limit(90)
async def test_a_bot_is_tried_on_another_channel(chromium: Chromium, tmp_path: Path) -> None:
    with demo(tmp_path) as (_, url):
        async with chromium.page(**DESK) as page:
            await page.goto(f"{url}/simulator")
            await page.get_by_role("link", name="Any bot, any channel").click()
            await page.get_by_role("combobox", name="Channel").click()
            await page.get_by_role("option", name="Telegram").click()
            await page.get_by_role("button", name="Write to it").click()
            composer = page.get_by_test_id("composer")
            await composer.fill("buttons")
            await composer.press("Enter")
            business = page.get_by_test_id("bubble-business")
            await expect(business).to_have_count(1)
            await expect(business.get_by_test_id("ticks")).to_have_attribute("aria-label", "read")
            await business.get_by_role("button", name="Yes", exact=True).click()
            await expect(business).to_have_count(2)
            await expect(business.last).to_contain_text("Good to hear.")
            await composer.fill("later")
            await composer.press("Enter")
            await expect(business).to_have_count(3)
            await page.get_by_role("button", name="Time passes").click()
            await page.get_by_role("menuitem", name="1 hour later").click()
            await expect(business).to_have_count(4)
            await expect(business.last).to_contain_text("the message that you asked for")
            await page.get_by_role("button", name="More").last.click()
            await page.get_by_role("menuitem", name="Deliver the last message again").click()
            await expect(page.get_by_text("It was here already, and counts once.")).to_be_visible()
            await expect(page.get_by_role("button", name="Save as test")).to_be_enabled()
            await shot(page, "simulator")
            await expect(page.get_by_role("link", name="Turn 4")).to_be_visible()
            await page.set_viewport_size({"width": 375, "height": 740})
            await shot(page, "simulator-phone")
            assert await page.evaluate("document.documentElement.scrollWidth") <= 375
            await page.set_viewport_size({"width": 1280, "height": 900})
            await page.get_by_role("button", name="More").last.click()
            await page.get_by_role("menuitem", name="Clear this talk").click()
            await expect(composer).to_have_count(0)
            await expect(page.get_by_role("button", name="Earlier talks")).to_have_count(0)
