"""The inbox in a real browser before a real server: news comes by itself, and whatever people write stays words."""

import asyncio
import json
import re
import urllib.request
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.demo_server import PATIENCE, demo
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)
HOSTILE = "<img src=x onerror=\"window.hacked='name'\">"
TURNED = "\u202eevil \u05d0\u05d1\u05d2"
SCRIPT = "<script>window.hacked = 'text'</script> zebra"
LONG = "x" * 4000


def ask(url: str, body: object) -> Any:
    headers = {"content-type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=PATIENCE) as answer:
        return json.loads(answer.read())


class Town:
    """The people around the demo, each with a phone."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.people: dict[str, str] = {}

    async def writes(self, name: str, text: str) -> None:
        if name not in self.people:
            added = await asyncio.to_thread(ask, f"{self.url}/phone/api/people", {"name": name, "reach": "phone"})
            self.people[name] = added["id"]
        await asyncio.to_thread(
            ask, f"{self.url}/phone/api/messages?person={quote(self.people[name])}", {"kind": "text", "text": text}
        )


def rows(page: Page) -> Locator:
    return page.get_by_test_id("conversation")


async def open_inbox(page: Page, url: str) -> None:
    await page.goto(url)
    await expect(page).to_have_url(f"{url}/simulator")
    await page.get_by_test_id("area-inbox").click()


@pytest.mark.usefixtures("built_pages")
async def test_the_inbox(chromium: Chromium, tmp_path: Path) -> None:
    desk = {"viewport": {"width": 1180, "height": 860}, "locale": "en-GB"}
    with demo(tmp_path) as (_, url):
        async with chromium.page(**desk) as page:
            await open_inbox(page, url)
            await expect(page.get_by_role("heading", name="No conversation yet")).to_be_visible()
            await page.evaluate("window.stays = true")
            town = Town(url)
            await news_comes_by_itself(page, town)
            await what_people_write_stays_words(page, town)
            await filters_stand_in_the_address(page, town)
            await what_is_open_has_been_seen(page, town)
            await keys_walk_the_list(page)
            await what_is_sought_is_found(page)
            await on_a_phone_one_of_the_two(page, town)
            assert await page.evaluate("window.hacked") is None
            assert await page.evaluate("window.stays"), "the page was loaded again"


async def news_comes_by_itself(page: Page, town: Town) -> None:
    await town.writes("Bo", "Do you sell bicycles?")
    await expect(rows(page)).to_contain_text(["Do you sell bicycles?"])
    await expect(rows(page).first).to_contain_text("Bo")
    await expect(rows(page).first).to_have_attribute("data-unread", "true")
    await town.writes("Chidi", "Good morning")
    await expect(rows(page)).to_contain_text(["Chidi", "Bo"])
    await expect(page).to_have_title("(2) Inbox · Turnkeeper")
    await town.writes("Bo", "And pumps?")
    await expect(rows(page)).to_contain_text(["Bo", "Chidi"])


async def what_people_write_stays_words(page: Page, town: Town) -> None:
    await town.writes(HOSTILE, SCRIPT)
    await town.writes(TURNED, LONG)
    await expect(rows(page)).to_have_count(4)
    await expect(page.get_by_text(HOSTILE)).to_be_visible()
    turned = rows(page).filter(has_text="evil")
    assert "\u202e" not in await turned.inner_text()
    heights = await rows(page).evaluate_all("all => all.map(each => each.getBoundingClientRect().height)")
    assert len(set(heights)) == 1
    assert await page.evaluate("document.documentElement.scrollWidth") <= 1180


async def filters_stand_in_the_address(page: Page, town: Town) -> None:
    await page.get_by_test_id("filter-failed").click()
    await expect(page).to_have_url(f"{town.url}/?failed=yes")
    await expect(page.get_by_text("No conversation like that")).to_be_visible()
    await page.get_by_role("button", name="Clear all filters").click()
    await expect(rows(page)).to_have_count(4)
    await page.get_by_test_id("filter-unread").click()
    await expect(page.get_by_test_id("filter-unread")).to_have_attribute("aria-pressed", "true")
    await expect(rows(page)).to_have_count(4)
    await page.get_by_test_id("filter-menu").click()
    await page.get_by_role("combobox", name="Order").click()
    await page.get_by_role("option", name="Window closing first").click()
    await page.keyboard.press("Escape")
    await expect(page).to_have_url(f"{town.url}/?unread=yes&order=closing")


async def what_is_open_has_been_seen(page: Page, town: Town) -> None:
    await rows(page).filter(has_text="Chidi").click()
    await expect(page).to_have_url(re.compile(r"/conversations/c\w+\?unread=yes&order=closing$"))
    chidi = rows(page).filter(has_text="Chidi")
    await expect(chidi).to_have_attribute("aria-current", "true")
    await expect(chidi).not_to_have_attribute("data-unread", "true")
    await expect(page.get_by_test_id("filter-unread")).to_contain_text("3")
    await town.writes("Chidi", "Still there?")
    await expect(rows(page).last).to_contain_text("Still there?")  # the window of whoever wrote last closes last
    await expect(chidi).not_to_have_attribute("data-unread", "true")
    await rows(page).filter(has_text="zebra").or_(rows(page).filter(has_text="onerror")).first.click()
    await expect(chidi).to_have_count(0)  # read, and open no more
    await expect(rows(page)).to_have_count(3)


async def keys_walk_the_list(page: Page) -> None:
    await page.get_by_test_id("area-inbox").click()
    await expect(rows(page)).to_have_count(4)
    for key, place in (("j", 0), ("j", 1), ("k", 0), ("k", 0), ("j", 1)):
        await page.keyboard.press(key)
        await expect(rows(page).nth(place)).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(rows(page).and_(page.locator("[aria-current]"))).to_be_focused()  # the list is still the same one
    await expect(rows(page).nth(1)).to_have_attribute("aria-current", "true")
    await page.keyboard.press("u")
    await expect(page.get_by_text("Choose a conversation")).to_be_visible()


async def what_is_sought_is_found(page: Page) -> None:
    await page.keyboard.press("/")
    await expect(page.get_by_test_id("search")).to_be_focused()
    await page.keyboard.type("bicyc")
    await expect(rows(page)).to_have_count(1)
    await expect(rows(page).locator("mark")).to_have_text("bicycles")
    await page.get_by_test_id("search").fill("zebra")
    await expect(rows(page).locator("mark")).to_have_text("zebra")
    await expect(rows(page)).to_contain_text(["</script>"])
    await page.get_by_test_id("search").fill("nobody said this")
    await expect(page.get_by_text("Nothing found for")).to_be_visible()
    await page.keyboard.press("Escape")
    await expect(rows(page)).to_have_count(4)


async def on_a_phone_one_of_the_two(page: Page, town: Town) -> None:
    await page.set_viewport_size({"width": 375, "height": 720})
    await expect(page.get_by_text("Choose a conversation")).to_have_count(0)
    await rows(page).filter(has_text="Chidi").click()
    await expect(rows(page).first).to_be_hidden()
    assert await page.evaluate("document.documentElement.scrollWidth") <= 375
    await page.go_back()
    await expect(rows(page)).to_have_count(4)
    await town.writes("Chidi", "Now I am the newest")
    await expect(rows(page).first).to_contain_text("Now I am the newest")
