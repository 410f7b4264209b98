"""How the console looks to whoever cannot see it well: axe goes over its main pages, in light and in dark."""

from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.demo_server import demo
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)
AXE = Path(__file__).parents[2] / "console/node_modules/axe-core/axe.min.js"
RUN = """async (only) => {
    const still = new CSSStyleSheet();
    still.replaceSync("*, *::before, *::after { transition: none !important; animation: none !important }");
    document.adoptedStyleSheets = [still];
    const {violations} = await axe.run(document, {resultTypes: ["violations"], ...(only && {runOnly: only})});
    const shown = (node) => node.html.slice(0, 90) + (node.any[0]?.message ?? "");
    return violations.map(({id, nodes}) => `${id}: ${nodes.map(shown).join(" ")}`);
}"""
PAGES = ("/contacts", "/overview", "/bots/assistant", "/channels", "/settings/members")

pytestmark = [
    pytest.mark.usefixtures("built_pages"),
    pytest.mark.skipif(not AXE.is_file(), reason="the console's packages are not installed"),
]


async def looked_at(page: Page) -> list[str]:
    """What is wrong with the page as it is: with all that axe knows in light, with its colours in dark."""
    wrong = []
    for scheme, only in (("light", None), ("dark", ["color-contrast"])):
        await page.emulate_media(color_scheme="dark" if scheme == "dark" else "light")
        await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", scheme)
        wrong += [f"{page.url} {scheme}: {each}" for each in await page.evaluate(RUN, only)]
    return wrong


async def goes(page: Page, path: str) -> None:
    """As a link goes there: without loading anything that is there already."""
    await page.evaluate(
        "path => { history.pushState(null, '', path); dispatchEvent(new PopStateEvent('popstate')) }", path
    )


@pytest.mark.limit(60)
async def test_nothing_is_hard_to_see_or_to_reach(chromium: Chromium, tmp_path: Path) -> None:
    with demo(tmp_path) as (_, url):
        async with chromium.page(viewport={"width": 1280, "height": 860}, reduced_motion="reduce") as page:
            wrong_words: list[str] = []
            page.on("console", lambda said: wrong_words.append(said.text) if said.type == "error" else None)
            await page.goto(f"{url}/simulator")
            await page.get_by_test_id("composer").fill("hello")
            await page.keyboard.press("Enter")
            await expect(page.get_by_test_id("bubble-business")).to_have_count(1)
            await page.evaluate(AXE.read_text("utf-8"))
            wrong = await looked_at(page)
            await page.get_by_test_id("area-inbox").click()
            await page.get_by_test_id("conversation").click()
            await expect(page.get_by_test_id("bubble-bot")).to_be_visible()
            wrong += await looked_at(page)
            await page.locator("a[href*='/turns/']").first.click()
            await expect(page.get_by_test_id("bar").first).to_be_visible()
            wrong += await looked_at(page)
            for path in PAGES:
                await goes(page, path)
                await expect(page.get_by_role("heading", level=1)).to_be_visible()
                wrong += await looked_at(page)
    assert wrong + wrong_words == []
