"""The simulator's abilities in a real browser: on the fake alone where that is enough, and on a real demo."""

import base64
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from playwright.async_api import Locator, Page, expect

from tests.e2e.corner_shop import TOKEN, CornerShop, open_shop
from tests.e2e.demo_server import demo
from tests.support.browser import Chromium
from turnkeeper.testing.fake_graph import Person

pytestmark = pytest.mark.usefixtures("built_pages")
expect.set_options(timeout=15_000)
DESK = {"viewport": {"width": 1180, "height": 860}}
PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mP8z8Dwn4EIAAAn3gMBcbWSjwAAAABJRU5ErkJggg=="
)
LIST = {
    "type": "list",
    "body": {"text": "Which one?"},
    "action": {"button": "Choose", "sections": [{"rows": [{"id": "r1", "title": "Soup", "description": "hot"}]}]},
}
ASK = {"type": "location_request_message", "body": {"text": "Where are you?"}, "action": {"name": "send_location"}}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory, built_pages: None) -> Iterator[str]:
    with demo(tmp_path_factory.mktemp("demo")) as (_, url):
        yield url


def mine(page: Page) -> Locator:
    return page.get_by_test_id("bubble-person")


def theirs(page: Page) -> Locator:
    return page.get_by_test_id("bubble-business")


async def say(page: Page, text: str) -> None:
    await page.get_by_test_id("composer").fill(text)
    await page.keyboard.press("Enter")


async def add_person(page: Page, name: str, *, hidden: bool = False) -> None:
    await page.get_by_test_id("add-person").click()
    await page.get_by_label("Name", exact=True).fill(name)
    if hidden:
        await page.get_by_label("Only a username").check()
    await page.keyboard.press("Enter")
    await expect(page.get_by_role("button", name=name)).to_have_attribute("aria-current", "true")


async def act(page: Page, bubble: Locator, action: str) -> None:
    """Choose from the menu of a message, by keyboard."""
    row = bubble.locator("xpath=../..")
    await row.get_by_label("Message actions").focus()
    await page.keyboard.press("Enter")
    await page.get_by_role("menuitem", name=action).click()


async def send(shop: CornerShop, kind: str, payload: Any) -> str:
    """The business sends something; the id of the message."""
    body = {"messaging_product": "whatsapp", "to": "+15551234567", "type": kind, kind: payload}
    headers = {"Authorization": f"Bearer {TOKEN}"}
    async with httpx2.AsyncClient(trust_env=False) as client:
        reply = await client.post(f"{shop.url}/phone/v25.0/1000000001/messages", json=body, headers=headers)
    assert reply.status_code == 200, reply.text
    sent: str = reply.json()["messages"][0]["id"]
    return sent


async def started(shop: CornerShop, page: Page) -> Person:
    """A page on which one message was written."""
    await page.goto(shop.url)
    await say(page, "hello")
    await expect(mine(page)).to_have_count(1)
    return await shop.fake.phone.person()


async def test_replying_reacting_editing_and_deleting(chromium: Chromium) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        person = await started(shop, page)
        sent = await send(shop, "text", {"body": "What may it be?"})
        await act(page, theirs(page).first, "Reply")
        await expect(page.get_by_test_id("about")).to_contain_text("What may it be?")
        await say(page, "tea")
        await expect(mine(page).nth(1).get_by_test_id("quote")).to_contain_text("What may it be?")
        assert person.written[-1].reply_to == sent
        await act(page, theirs(page).first, "React with 👍")
        await expect(page.get_by_test_id("reactions")).to_have_text("👍")
        await act(page, theirs(page).first, "Take 👍 back")
        await expect(page.get_by_test_id("reactions")).to_have_count(0)
        await act(page, mine(page).nth(1), "Edit")
        await expect(page.get_by_test_id("composer")).to_have_value("tea")
        await page.keyboard.press("Escape")
        await expect(page.get_by_test_id("composer")).to_have_value("")
        await act(page, mine(page).nth(1), "Edit")
        await say(page, "coffee")
        await expect(mine(page).nth(1)).to_contain_text("coffee")
        await expect(mine(page).nth(1).get_by_test_id("edited")).to_be_visible()
        await act(page, mine(page).nth(0), "Delete for everyone")
        await expect(mine(page).nth(0)).to_contain_text("This message was deleted")
        assert [written.kind for written in person.written][-2:] == ["edit", "revoke"]


async def test_rows_links_places_and_files(chromium: Chromium, tmp_path: Path) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        person = await started(shop, page)
        await send(shop, "interactive", LIST)
        await page.get_by_role("button", name="Choose").click()
        await page.keyboard.press("Escape")
        await expect(page.get_by_role("dialog")).to_have_count(0)
        await page.get_by_role("button", name="Choose").click()
        await page.get_by_role("dialog").get_by_role("button", name="Soup").click()
        await expect(mine(page).last).to_contain_text("Soup")
        await send(shop, "interactive", ASK)
        await page.get_by_role("button", name="Send location").click()
        await expect(mine(page).last).to_contain_text("Eiffel Tower")
        await page.get_by_label("Attach").click()
        await page.get_by_role("menuitem", name="Contact").click()
        await page.get_by_role("button", name="Send contact").click()
        await expect(mine(page).last).to_contain_text("Grace Hopper")
        (tmp_path / "price list.csv").write_text("a,b\n1,2\n")
        await page.get_by_test_id("choose-documents").set_input_files(tmp_path / "price list.csv")
        await expect(mine(page).last).to_contain_text("price list.csv")
        await expect(mine(page).last).to_contain_text("8 B")
        (tmp_path / "dot.png").write_bytes(PNG)
        await page.get_by_test_id("choose-photos").set_input_files(tmp_path / "dot.png")
        shown = mine(page).last.get_by_role("img", name="Photo")
        await expect(shown).to_be_visible()
        assert await shown.evaluate("image => image.decode().then(() => image.naturalWidth)") == 1
        assert [written.kind for written in person.written][1:] == [
            "interactive",
            "location",
            "contacts",
            "document",
            "image",
        ]
        shop.fake.media.put(PNG, "image/png")
        await send(shop, "image", {"link": "https://example.com/a.png", "caption": "_look_"})
        await expect(theirs(page).last.locator("em")).to_have_text("look")
        await expect(theirs(page).last.get_by_role("link", name="https://example.com/a.png")).to_be_visible()


async def test_the_window_and_the_businesss_own_phone(chromium: Chromium) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        await page.goto(shop.url)
        window = page.get_by_test_id("window")
        await expect(window).to_have_text("closed")
        await say(page, "hello")
        await expect(window).to_contain_text("h ")
        await window.get_by_role("button").click()
        await page.get_by_role("menuitem", name="Close the window now").click()
        await expect(window).to_have_text("closed")
        await page.get_by_text("Break things").click()
        await page.get_by_test_id("owner").fill("It is me, the owner")
        await page.keyboard.press("Enter")
        await expect(theirs(page).last).to_contain_text("from the business’s phone")
        await expect(page.get_by_test_id("seen")).to_contain_text("webhooks that it sent")


async def test_a_tapped_button_reaches_the_bot_while_others_write(chromium: Chromium, server: str) -> None:
    async with chromium.page(**DESK) as page:
        await page.goto(server)
        await say(page, "buttons")
        await add_person(page, "Bo", hidden=True)
        await expect(page.get_by_test_id("empty")).to_be_visible()
        await say(page, "I have no number")
        ada = page.get_by_role("button", name="Ada")
        await expect(ada).to_contain_text("1")
        await ada.click()
        await expect(mine(page)).to_have_text(re.compile("^buttons"))
        await theirs(page).get_by_role("button", name="Yes").click()
        await expect(mine(page).last).to_contain_text("Yes")
        await expect(theirs(page).last).to_contain_text("Good to hear")
        lanes = page.get_by_test_id("lane")
        await expect(lanes).to_have_count(6)
        await page.get_by_role("button", name="Bo").click()
        await expect(theirs(page)).to_contain_text("I have no number")
        await expect(lanes).to_have_count(4)
        kinds = [await lane.get_attribute("data-kind") for lane in await lanes.all()]
        assert kinds == ["messages", "bot", "step", "part"]
        assert re.search(r"^think: from .* took 1\.[5-9]\d s", await lanes.nth(2).get_attribute("aria-label") or "")


async def test_taken_then_lost_gives_one_bubble(chromium: Chromium, server: str) -> None:
    async with chromium.page(**DESK) as page:
        await page.goto(server)
        await add_person(page, "Chidi")
        await page.get_by_text("Break things").click()
        switch = page.get_by_test_id("switch-connection_lost")
        await switch.check(force=True)
        await expect(page.get_by_text("Break things (1)")).to_be_visible()
        await say(page, "is it lost")
        await expect(theirs(page)).to_contain_text("is it lost")
        await expect(page.get_by_test_id("seen")).to_contain_text(re.compile(r"[1-9]\d*of them refused or unanswered"))
        await page.get_by_text("What happened").first.click()
        await page.get_by_text("Every moment").first.click()
        # The status settles it: nothing is left that would be sent again.
        await expect(page.get_by_text("told by its status")).to_be_visible()
        await expect(page.locator('[data-kind="unknown"]')).to_have_count(0)
        await expect(page.get_by_test_id("lane").last).to_have_attribute("aria-label", re.compile("1 try failed"))
        await expect(theirs(page)).to_have_count(1)
        await page.get_by_text("Break things").click()
        await page.get_by_role("button", name="Mend all").click()
        await expect(switch).not_to_be_checked()


async def test_the_end_stays_in_view_for_whoever_reads_it(chromium: Chromium) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        person = await shop.fake.phone.person()
        for number in range(40):
            await person.write(f"message {number}")
        await page.goto(shop.url)
        await expect(mine(page).last).to_be_in_viewport()
        await page.set_viewport_size({"width": 1180, "height": 500})
        await expect(mine(page).last).to_be_in_viewport()
        await page.get_by_role("log").evaluate("box => box.scrollTo(0, 0)")
        await expect(mine(page).first).to_be_in_viewport()
        await send(shop, "text", {"body": "one more"})
        await expect(theirs(page)).to_have_count(1)
        await expect(mine(page).first).to_be_in_viewport()
        await say(page, "my own")
        await expect(mine(page).last).to_be_in_viewport()


async def test_a_voice_note_from_the_microphone_and_a_sample_reach_the_bot(chromium: Chromium, server: str) -> None:
    async with chromium.page(**DESK) as page:
        await page.goto(server)
        await say(page, "picture")
        await add_person(page, "Dora")
        await page.get_by_test_id("record").click()
        await expect(page.get_by_role("timer")).to_have_text("0:01")
        await page.get_by_test_id("send-note").click()
        sound = mine(page).first.get_by_test_id("sound")
        await expect(sound).to_have_attribute("data-seconds", re.compile(r"^[1-3]\."))
        await page.get_by_label("Attach").click()
        await page.get_by_role("menuitem", name="A sample photo").click()
        await expect(mine(page).nth(1).get_by_role("img", name="Photo")).to_be_visible()
        told = re.compile(r"a voice note of [1-3]\.\d s .*audio/ogg.* no words.*a photo .*image/jpeg", re.DOTALL)
        await expect(theirs(page)).to_contain_text(told)
        address = await sound.locator("audio").get_attribute("src")
        await page.get_by_role("button", name="Ada").click()
        drawn = theirs(page).last.get_by_role("img", name="Photo")
        await expect(drawn).to_be_visible()
        assert await drawn.evaluate("image => image.decode().then(() => image.naturalWidth)") == 320
        note = await (await page.request.get(f"{server}{address}")).body()
        assert_voice_note(note)


async def test_a_spoken_question_is_answered(chromium: Chromium, server: str) -> None:
    pytest.importorskip("av")
    pytest.importorskip("moonshine_voice")
    async with chromium.page(**DESK) as page:
        await page.goto(server)
        await add_person(page, "Emil")
        await page.get_by_label("Attach").click()
        await page.get_by_role("menuitem", name="A sample voice note").click()
        await expect(mine(page).first.get_by_test_id("sound")).to_have_attribute("data-seconds", re.compile(r"^3\."))
        await expect(theirs(page)).to_contain_text("Another worker takes the conversation over within seconds")


def assert_voice_note(note: bytes) -> None:
    """Ogg pages in a row, Opus in them, mono: what WhatsApp asks of a voice note."""
    at, number, sizes = 0, 0, []
    while at < len(note):
        assert note[at : at + 4] == b"OggS"
        assert int.from_bytes(note[at + 18 : at + 22], "little") == number
        segments = note[at + 27 : at + 27 + note[at + 26]]
        sizes.append(sum(segments))
        last_flags, at, number = note[at + 5], at + 27 + len(segments) + sum(segments), number + 1
    assert last_flags & 4
    head = note[28 : 28 + sizes[0]]
    assert head[:8] == b"OpusHead"
    assert head[9] == 1
