"""One conversation in a browser, at a real server: taken over from a bot in the middle of its turn, and given back."""

import json
import os
import re
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from playwright.async_api import Browser, Page, expect

from tests.e2e.real_server import PATIENCE, Server, configure, connect, provider, serving
from tests.e2e.town import Town
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)
pytestmark = pytest.mark.usefixtures("built_pages")
SHOTS = os.environ.get("TURNKEEPER_SHOTS", "")
"""Where screenshots are left, for who wants to look."""
PASSWORD = "correct horse battery"
BOT = """
import asyncio
from pathlib import Path
from turnkeeper import Bot, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if "think" in turn.text:
        await turn.say_now("one moment")
        while not Path("go").exists():
            await asyncio.sleep(0.02)
    await turn.reply("told: " + turn.text[:60])
"""
HOSTILE = {
    "tags": "<script>window.broken = 1</script><img src=x onerror='window.broken = 2'>",
    "marks": "*<b>bold</b>* ```</code><script>window.broken = 3</script>``` [x](javascript:window.broken=4)",
    "direction": "\u202eright to left\u202c مرحبا بالعالم",
    "length": "word" * 2500,
}


class Office:
    """A server with people who write to it, and the sign-ins of colleagues."""

    def __init__(self, people: Town, server: Server) -> None:
        self.people = people
        self.server = server
        self.url = server.url
        found = re.search(r"sign-in#first=(\S+)", server.said)
        assert found
        self.olga = self._enter(
            "/sign-in/first", token=found[1], email="olga@example.com", name="Olga", password=PASSWORD
        )
        invited = self._asked("/invitations", self.olga, email="ann@example.com", role="agent")
        ticket = json.load(invited)["link"].partition("=")[2]
        self.ann = self._enter("/sign-in/invitation", token=ticket, name="Ann", password=PASSWORD)

    def _asked(self, path: str, cookie: str = "", **data: str) -> Any:
        headers = {"origin": self.url, "content-type": "application/json"} | ({"cookie": cookie} if cookie else {})
        asked = urllib.request.Request(f"{self.url}/api/v1{path}", json.dumps(data).encode(), headers)
        return urllib.request.urlopen(asked, timeout=PATIENCE)

    def _enter(self, path: str, **data: str) -> str:
        with self._asked(path, **data) as said:
            return str(said.headers["set-cookie"].partition(";")[0])

    def stranger(self) -> str:
        """Cleo is signed in, an agent of another workspace and of no other."""
        self._asked("/workspaces", self.olga, id="cafe", name="Café")
        invited = self._asked("/invitations?workspace=cafe", self.olga, email="cleo@example.com", role="agent")
        ticket = json.load(invited)["link"].partition("=")[2]
        return self._enter("/sign-in/invitation", token=ticket, name="Cleo", password=PASSWORD)

    @asynccontextmanager
    async def somebody(self, browser: Browser, cookie: str, **more: Any) -> AsyncIterator[Page]:
        """A page of somebody's own, signed in."""
        context = await browser.new_context(locale="en-GB", **{"viewport": {"width": 1280, "height": 860}, **more})
        name, _, value = cookie.partition("=")
        await context.add_cookies([{"name": name, "value": value, "url": self.url}])
        page = await context.new_page()
        page.on("pageerror", lambda error: pytest.fail(f"the page's script raised: {error}"))
        yield page
        await context.close()


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Office]:
    folder = tmp_path_factory.mktemp("thread")
    with provider() as running:
        running.graph.templates.add(
            "order_update", body="Hello {{1}}, your order {{2}} is on its way.", footer="Corner shop"
        )
        configure(folder, running, bot=BOT)
        with serving(folder) as server:
            connect(running, server)
            yield Office(Town(running), server)


async def shot(page: Page, name: str) -> None:
    if SHOTS:
        await page.screenshot(path=f"{SHOTS}/{name}.png")


async def open_conversation(page: Page, url: str, name: str) -> None:
    await page.goto(url)
    await page.get_by_role("link", name=name).first.click()
    await expect(page.get_by_role("heading", name=name)).to_be_visible()


def composer(page: Page) -> Any:
    return page.get_by_label("Write a message", exact=True)


async def test_two_colleagues_and_a_bot(office: Office, chromium: Chromium) -> None:
    async with (
        chromium.browser() as browser,
        office.somebody(browser, office.olga) as olga,
        office.somebody(browser, office.ann) as ann,
    ):
        await taken_over_mid_turn(office.people, office.server, olga)
        await two_agents(office.people, office.url, olga, ann)


async def test_outside_the_window_and_hostile_words(office: Office, chromium: Chromium) -> None:
    async with chromium.browser() as browser, office.somebody(browser, office.olga) as olga:
        await outside_the_window(office.people, office.url, olga)
        await hostile(office.people, office.url, olga)


async def test_an_agent_of_another_workspace_sees_nothing_by_any_address(office: Office, chromium: Chromium) -> None:
    office.people.write("Zelda", "a parcel that is secret")
    async with (
        chromium.browser() as browser,
        office.somebody(browser, office.olga) as olga,
        office.somebody(browser, office.stranger()) as cleo,
    ):
        await open_conversation(olga, office.url, "Zelda")
        await expect(olga.get_by_test_id("bubble-bot")).to_contain_text("told: a parcel")
        here = olga.url.removeprefix(office.url)
        told = await olga.request.get(f"{office.url}/api/v1{here}")
        contact = (await told.json())["contact_id"]
        theirs = (here, f"{here}?workspace=default", f"{here}/turns/1", f"/contacts/{contact}")
        for page in (*theirs, "/contacts", "/"):
            asks = re.compile(f"/api/v1{re.escape(page.partition('?')[0])}" if page in theirs else "/api/v1/con")
            async with cleo.expect_response(asks) as answered:
                await cleo.goto(f"{office.url}{page}")
            assert (await answered.value).status == (404 if page in theirs else 200), page
            await expect(cleo.locator("main")).not_to_contain_text("Zelda")
            assert "secret" not in await cleo.content(), page
        reads = (here, f"{here}/thread", f"{here}/turns", f"{here}/turns/1", f"/contacts/{contact}", "/conversations")
        for path in (*reads, "/conversations/search?words=secret", "/overview", "/channels", "/audit", "/live"):
            mark = "&" if "?" in path else "?"
            crossed = await cleo.request.get(f"{office.url}/api/v1{path}{mark}workspace=default")
            assert (crossed.status, "Zelda" in await crossed.text()) == (404, False), path


async def taken_over_mid_turn(people: Town, server: Server, olga: Page) -> None:
    """The bot has said the first half; the second is never sent."""
    people.write("Ada", "think about it")
    await open_conversation(olga, server.url, "Ada")
    await expect(olga.get_by_test_id("bubble-bot")).to_have_text(re.compile("one moment"))
    await expect(olga.get_by_test_id("banner")).to_contain_text("The bot answers.")
    await olga.get_by_role("button", name="Take over").click()
    await expect(olga.get_by_test_id("banner")).to_contain_text("You answer.")
    await expect(olga.get_by_test_id("handover")).to_contain_text("Olga took over")
    (server.folder / "go").touch()
    await composer(olga).fill("This is *Olga*, how can I help?")
    await composer(olga).press("Enter")
    await expect(composer(olga)).to_have_value("")
    mine = olga.get_by_test_id("bubble-operator")
    await expect(mine).to_have_count(1)
    await expect(mine.get_by_test_id("ticks")).to_have_attribute("data-ticks", "read")
    await expect(mine.locator("strong")).to_have_text("Olga")
    assert people.person("Ada").texts == ["one moment", "This is *Olga*, how can I help?"]
    people.write("Ada", "my parcel is late")
    await expect(olga.get_by_text("For a person").last).to_be_visible()
    await olga.get_by_role("button", name="Give back to the bot").click()
    await expect(olga.get_by_test_id("banner")).to_contain_text("The bot answers.")
    people.write("Ada", "and now?")
    await expect(olga.get_by_test_id("bubble-bot").last).to_contain_text("told: and now?")


async def two_agents(people: Town, url: str, olga: Page, ann: Page) -> None:
    """The second sees who answers, and takes it from them only if she says so."""
    await olga.get_by_role("button", name="Note to colleagues").click()
    await olga.get_by_label("Write a note to colleagues").fill("she is a <b>good</b> customer")
    await shot(olga, "note")
    await olga.get_by_role("button", name="Keep the note").click()
    await expect(olga.get_by_test_id("note")).to_contain_text("she is a <b>good</b> customer")
    await composer(olga).fill("/")
    await olga.get_by_role("button", name="Write and change ready replies").click()
    dialog = olga.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("look")
    await dialog.get_by_label("Words").fill("I look into it")
    await dialog.get_by_role("button", name="Add").click()
    await expect(dialog.get_by_text("/look")).to_be_visible()
    await olga.keyboard.press("Escape")
    await composer(olga).fill("/lo")
    await expect(olga.get_by_role("option")).to_contain_text("I look into it")
    await composer(olga).press("Enter")
    await expect(composer(olga)).to_have_value("I look into it")
    await composer(olga).press("Enter")
    await expect(olga.get_by_test_id("banner")).to_contain_text("You answer.")
    await open_conversation(ann, url, "Ada")
    await expect(ann.get_by_test_id("banner")).to_contain_text("Olga answers.")
    await expect(ann.get_by_text("Olga looks at this")).to_be_visible()
    await expect(ann.get_by_test_id("note")).to_have_count(1)
    await shot(ann, "second")
    await composer(ann).fill("hello, Ann here")
    await composer(ann).press("Enter")
    await expect(ann.get_by_role("dialog")).to_contain_text("Olga answers this")
    assert "hello, Ann here" not in people.person("Ada").texts
    await shot(ann, "confirm")
    await ann.get_by_role("dialog").get_by_role("button", name="Take over from Olga").click()
    await expect(ann.get_by_test_id("bubble-operator").last).to_contain_text("hello, Ann here")
    await expect(ann.get_by_test_id("unsaid")).to_have_count(0)
    await expect(olga.get_by_test_id("banner")).to_contain_text("Ann answers.")
    assert people.person("Ada").texts.count("hello, Ann here") == 1


async def outside_the_window(people: Town, url: str, olga: Page) -> None:
    """Free words cannot be written; a template can, and is seen before."""
    long_ago = str(int(people.running.call(now(people))) - 3 * 86_400)
    grace = people.person("Grace")
    people.running.call(grace.send("text", {"body": "hello from long ago"}, timestamp=long_ago))
    await open_conversation(olga, url, "Grace")
    await expect(olga.get_by_text("Not answered: it came too late")).to_be_visible()
    await expect(olga.get_by_text("The window is closed: only templates can be sent.")).to_be_visible()
    await expect(composer(olga)).to_have_count(0)
    await shot(olga, "closed")
    await olga.get_by_role("button", name="Choose a template").click()
    dialog = olga.get_by_role("dialog")
    await dialog.get_by_label("Value 1").fill("Grace")
    await expect(dialog.get_by_role("button", name="Send the template")).to_be_disabled()
    await dialog.get_by_label("Value 2").fill("42")
    await expect(dialog.get_by_test_id("preview")).to_contain_text("Hello Grace, your order 42 is on its way.")
    await shot(olga, "template")
    await dialog.get_by_role("button", name="Send the template").click()
    mine = olga.get_by_test_id("bubble-operator").last
    await expect(mine).to_contain_text("your order 42 is on its way")
    await expect(mine.get_by_test_id("ticks")).to_have_attribute("data-ticks", re.compile("delivered|read"))
    people.wait(lambda: len(grace.received) > 0)


async def now(people: Town) -> float:
    return people.graph.clock.now()


async def hostile(people: Town, url: str, olga: Page) -> None:
    """Nothing that people write runs, moves the page or breaks it."""
    people.write("<b>Mallory</b>", *HOSTILE.values())
    await open_conversation(olga, url, "<b>Mallory</b>")
    theirs = olga.get_by_test_id("bubble-contact")
    await expect(theirs).to_have_count(len(HOSTILE))
    await expect(theirs.first).to_contain_text(HOSTILE["tags"])
    await expect(olga.get_by_role("button", name="Show all of it")).to_have_count(1)
    assert await olga.evaluate("window.broken") is None
    assert await olga.locator("script:not([src])").count() == 0
    assert await olga.evaluate("document.documentElement.scrollWidth <= innerWidth")
    await shot(olga, "hostile")
    await composer(olga).fill("\u202e<script>window.broken = 5</script>\n" + "x" * 9000)
    await composer(olga).press("Enter")
    await expect(olga.get_by_test_id("bubble-operator").first).to_contain_text("<script>window.broken = 5")
    assert await olga.evaluate("window.broken") is None
    people.wait(lambda: any("window.broken = 5" in text for text in people.person("<b>Mallory</b>").texts))


async def older_ones_move_nothing(page: Page) -> None:
    """They are put above what is read."""
    log = page.get_by_test_id("log")
    await expect(page.get_by_text("line 30", exact=True)).to_have_count(1)
    await expect(page.get_by_text("line 0", exact=True)).to_have_count(0)
    top = """log => [...log.querySelectorAll('span')]
        .find(each => each.textContent === 'line 30').getBoundingClientRect().top"""
    before = await log.evaluate(f"log => {{ log.scrollTop = 200; return ({top})(log) }}")
    await expect(page.get_by_text("line 0", exact=True)).to_have_count(1)
    assert abs(before - await log.evaluate(top)) < 2
    await log.evaluate("log => { log.scrollTop = log.scrollHeight }")


async def test_on_a_phone(office: Office, chromium: Chromium) -> None:
    """It fits a narrow screen."""
    office.people.write("Pia", *(f"line {n}" for n in range(60)), "hello there")
    office.people.wait(lambda: bool(office.people.person("Pia").texts))
    small: Any = {"viewport": {"width": 375, "height": 740}, "color_scheme": "dark", "has_touch": True}
    async with chromium.browser() as browser, office.somebody(browser, office.olga, **small) as page:
        await open_conversation(page, office.url, "Pia")
        await expect(page.get_by_test_id("bubble-bot").last).to_contain_text("told: ")
        await older_ones_move_nothing(page)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        await expect(composer(page)).to_be_visible()
        await shot(page, "phone")
        await page.get_by_role("button", name="About the contact").click()
        await expect(page.get_by_role("dialog")).to_contain_text("+1555")
        await shot(page, "phone-about")
        await page.keyboard.press("Escape")
        await page.get_by_role("button", name="Back").click()
        await expect(page.get_by_role("link", name="Pia").first).to_be_visible()
