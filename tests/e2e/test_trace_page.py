"""Why a message got the answer it got, in a browser: the turn over time, its steps, and the turn run again."""

import json
import os
import re
from pathlib import Path

import apsw
import pytest
from playwright.async_api import Page, expect

from tests.e2e.demo_server import demo
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)
DESK = {"viewport": {"width": 1280, "height": 900}}
SHOTS = os.environ.get("TURNKEEPER_SHOTS")
"""Where screenshots are left, for who wants to look."""

pytestmark = pytest.mark.usefixtures("built_pages")


def talk_in(folder: Path) -> str:
    """The id of the demo's only conversation."""
    (database,) = folder.glob("turnkeeper-demo-*/demo.db")
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        ((found,),) = connection.execute("select id from conversation").fetchall()
    finally:
        connection.close()
    return str(found)


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


async def says(page: Page, *texts: str) -> None:
    composer = page.get_by_test_id("composer")
    for text in texts:
        await composer.fill(text)
        await composer.press("Enter")
        await expect(composer).to_have_value("")


async def test_a_turn_is_told_and_run_again(chromium: Chromium, tmp_path: Path) -> None:
    with demo(tmp_path) as (_, url):
        async with chromium.page(**DESK) as page:
            await page.goto(f"{url}/simulator")
            await says(page, "hello there", "anybody here")
            await expect(page.get_by_test_id("bubble-business")).to_have_count(1)
            conversation = talk_in(tmp_path)
            await page.goto(f"{url}/conversations/{conversation}/turns/1")
            await expect(page.get_by_role("heading", level=1)).to_have_text("Turn 1")
            bars = page.get_by_test_id("bar")
            await expect(bars.nth(2)).to_be_visible()
            kinds = [await bar.get_attribute("data-kind") for bar in await bars.all()]
            assert kinds[:3] == ["waiting", "step", "finishing"]
            await bars.nth(1).focus()
            await expect(bars.nth(1)).to_have_attribute("aria-label", re.compile(r"Step: think: from .*, 1\.5\d s"))
            await expect(page.get_by_text("hello there", exact=True)).to_be_visible()
            await shot(page, "trace")
            await page.get_by_text("As a table").click()
            await expect(page.get_by_role("row").filter(has_text="think")).to_be_visible()
            async with page.expect_download() as downloading:
                await page.get_by_role("link", name="Export JSON").click()
            exported = json.loads(Path(await (await downloading.value).path()).read_text("utf-8"))
            assert [each["text"] for each in exported["events"]] == ["hello there", "anybody here"]
            await page.get_by_role("button", name="Run again").click()
            await expect(page.get_by_test_id("verdict")).to_have_text("The same was said.")
            await shot(page, "again")
            await page.get_by_role("button", name="Save as test").click()
            await expect(page.get_by_text("It was not played: only flows are.")).to_be_visible()
            async with page.expect_download() as downloading:
                await page.get_by_role("link", name="Download").click()
            script = Path(await (await downloading.value).path()).read_text("utf-8")
            assert script.splitlines()[1:3] == ["> hello there", ">> anybody here"]
            await page.set_viewport_size({"width": 375, "height": 700})
            await expect(page.get_by_text("As bars")).to_be_visible()
            assert await page.evaluate("document.documentElement.scrollWidth") <= 375
