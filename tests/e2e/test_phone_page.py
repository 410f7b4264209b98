"""The phone page in a real browser, against the fake and a tiny scripted business."""

import gzip
import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.e2e.corner_shop import PAGES, CornerShop, open_shop
from tests.support.browser import Chromium

expect.set_options(timeout=10_000)
DESK = {"viewport": {"width": 1180, "height": 860}}
THREE = ("Hi!", "I have a question", "Are you open on Sunday?")


pytestmark = pytest.mark.usefixtures("built_pages")


async def write(page: Page, *texts: str) -> None:
    composer = page.get_by_test_id("composer")
    await expect(composer).to_be_focused()
    for text in texts:
        await page.keyboard.type(text)
        await page.keyboard.press("Enter")
        await expect(composer).to_have_value("")


def ticks(page: Page, side: str) -> Any:
    return page.get_by_test_id(f"bubble-{side}").get_by_test_id("ticks")


async def test_three_messages_one_answer_and_blue_ticks(chromium: Chromium) -> None:
    async with open_shop(CornerShop()) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await expect(page.get_by_test_id("empty")).to_contain_text("one answer comes")
        await expect(page.get_by_role("heading", name="Corner shop")).to_be_visible()
        await expect(page.get_by_test_id("composer")).to_be_focused()
        await write(page, *THREE)
        mine = page.get_by_test_id("bubble-person")
        await expect(mine).to_have_count(3)
        await expect(mine).to_contain_text([*THREE])
        await expect(page.get_by_test_id("typing")).to_be_visible()
        await expect(page.get_by_text("typing …")).to_be_visible()
        answer = page.get_by_test_id("bubble-business")
        await expect(answer).to_have_count(1)
        await expect(page.get_by_test_id("typing")).to_have_count(0)
        await expect(page.get_by_text("online")).to_be_visible()
        for side, count in (("person", 3), ("business", 1)):
            await expect(ticks(page, side)).to_have_count(count)
            for index in range(count):
                await expect(ticks(page, side).nth(index)).to_have_attribute("aria-label", "read")
        assert len((await shop.fake.phone.person()).received) == 1
        await expect(page.get_by_test_id("composer")).to_be_focused()


async def test_ticks_advance_one_by_one(chromium: Chromium) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        shop.fake.behaviour.outage = True
        await page.goto(shop.url)
        await write(page, "hello")
        await expect(ticks(page, "person")).to_have_attribute("aria-label", "waiting")
        await expect(page.get_by_text("1 waiting")).to_be_visible()
        shop.fake.behaviour.outage = False
        await expect(ticks(page, "person")).to_have_attribute("aria-label", "sent")
        person = await shop.fake.phone.person()
        person.thread().mark_read(person.written[0].id, shop.fake.clock.now())
        shop.fake.changes.happened()
        await expect(ticks(page, "person")).to_have_attribute("aria-label", "read")


async def test_the_moments_of_a_turn(chromium: Chromium) -> None:
    async with open_shop(CornerShop()) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await expect(page.get_by_test_id("no-moments")).to_contain_text("Nothing yet")
        await write(page, *THREE)
        panel = page.get_by_test_id("moments")
        await panel.get_by_text("Every moment").click()
        kinds = ["received"] * 3 + ["claimed", "step", "committed", "sent", "delivered", "read"]
        moments = panel.get_by_test_id("moment")
        await expect(moments).to_have_count(len(kinds))
        seen = [await moments.nth(n).get_attribute("data-kind") for n in range(len(kinds))]
        assert seen == kinds
        await expect(panel.get_by_role("heading", name="Turn 1")).to_be_visible()
        first, last = await moments.first.inner_text(), await moments.last.inner_text()
        assert "+0.00 s" in first
        assert re.search(r"\+[1-9]\.\d\d s", last)
        assert [text.split("\n")[1:] for text in await moments.all_inner_texts()] == [
            ["Received", "Hi!"],
            ["Received", "I have a question"],
            ["Received", "Are you open on Sunday?"],
            ["Turn starts", "3 taken together"],
            ["Step", "opening_hours", f"{shop.thinking:.2f} s"],
            ["Committed"],
            *[[word, shop.answer.replace("\n", " ")] for word in ("Sent", "Delivered", "Read")],
        ]
        lanes = panel.get_by_test_id("lane")
        assert [await lane.get_attribute("data-kind") for lane in await lanes.all()] == [
            "messages",
            "bot",
            "step",
            "part",
        ]
        told = [await lane.get_attribute("aria-label") or "" for lane in await lanes.all()]
        assert re.fullmatch(r"3 messages: from 0.00 s, waits for more \d.\d\d s", told[0])
        assert re.fullmatch(r"opening_hours: from \d.\d\d s, took 0.8\d s", told[2])
        assert re.fullmatch(r"Answer: from \d.\d\d s, in line .* s, to the phone .* s, until read .* s", told[3])
        await lanes.nth(1).focus()
        await expect(panel.get_by_text(re.compile(r"^Bot: from \d.\d\d s, at work"))).to_be_visible()


async def test_moments_without_a_turn_join_the_next_one(chromium: Chromium) -> None:
    shop = CornerShop()
    rows = [("received", None), ("claimed", 1), ("received", None), ("read", 1), ("claimed", 2)]
    shop.moments = [
        {"at": 1_800_000_000.0 + n, "kind": kind, "turn": turn, "seq": n, "text": f"m{n}"}
        for n, (kind, turn) in enumerate([*rows, ("received", None)])
    ]
    async with open_shop(shop), chromium.page(**DESK) as page:
        await page.goto(shop.url)
        groups = page.get_by_test_id("moments").get_by_role("article")
        await expect(groups).to_have_count(3)
        await groups.first.get_by_text("Every moment").click()
        await expect(page.get_by_test_id("moment")).to_have_count(6)
        found = {}
        for index in range(3):
            group = groups.nth(index)
            texts = await group.get_by_test_id("moment").locator("[dir=auto]").all_inner_texts()
            found[await group.get_attribute("aria-label")] = texts
        assert list(found.items()) == [
            ("Not in a turn yet", ["m5"]),
            ("Turn 2", ["m2", "m4"]),
            ("Turn 1", ["m0", "m1", "m3"]),
        ]


MARKUP = [
    ("bold", "*yes* now", "<strong>yes</strong> now"),
    ("italic in bold", "*a _b_ c*", "<strong>a <em>b</em> c</strong>"),
    ("strike", "~no~", "<s>no</s>"),
    ("code", "```x = *1*```", "<code>x = *1*</code>"),
    ("arithmetic", "2*3*4 and snake_case_name", "2*3*4 and snake_case_name"),
    ("inside a word", "a*b* c", "a*b* c"),
    ("loose markers", "a * b * c ~ d", "a * b * c ~ d"),
    ("not closed", "*yes", "*yes"),
    ("over a line", "*a\nb*", "*a\nb*"),
    ("a list", "so:\n- one\n- *two*", "so:<ul><li>one</li><li><strong>two</strong></li></ul>"),
    ("numbers", "2. two\n3. `three`", '<ol start="2"><li>two</li><li><code>three</code></li></ol>'),
    ("a quote", "> said\n> twice\nand", "<blockquote>said\ntwice</blockquote>and"),
    ("a number alone", "2.5 is not a list\n-nor this", "2.5 is not a list\n-nor this"),
    (
        "HTML stays text",
        '<img src=x onerror="alert(1)">',
        '&lt;img src=x onerror="alert(1)"&gt;',
    ),
]


async def test_whatsapp_markup_is_shown_and_html_is_not(chromium: Chromium) -> None:
    shop = CornerShop(quiet=60.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        person = await shop.fake.phone.person()
        for _, text, _ in MARKUP:
            await person.write(text)
        await page.goto(shop.url)
        bubbles = page.get_by_test_id("bubble-person")
        await expect(bubbles).to_have_count(len(MARKUP))
        for index, (label, _, expected) in enumerate(MARKUP):
            html = await bubbles.nth(index).locator("[dir=auto]").inner_html()
            assert re.sub(r"</?span>", "", html) == expected, label


async def test_the_composer(chromium: Chromium) -> None:
    async with open_shop(CornerShop()) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        composer, send = page.get_by_test_id("composer"), page.get_by_test_id("send")
        await expect(send).to_have_count(0)
        await composer.fill("   ")
        await page.keyboard.press("Enter")
        await expect(send).to_have_count(0)
        await expect(page.get_by_test_id("record")).to_be_enabled()
        await composer.fill("one")
        await page.keyboard.press("Shift+Enter")
        await page.keyboard.type("two")
        await expect(composer).to_have_value("one\ntwo")
        await send.click()
        await expect(page.get_by_test_id("bubble-person")).to_have_text(re.compile("one\ntwo"))
        await expect(composer).to_be_focused()
        await expect(composer).to_have_value("")


async def test_the_page_can_write_three_by_itself(chromium: Chromium) -> None:
    shop = CornerShop(quiet=2.0)
    async with open_shop(shop), chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await page.get_by_test_id("write-three").click()
        await expect(page.get_by_test_id("bubble-person")).to_have_count(3)
        await expect(page.get_by_test_id("bubble-business")).to_have_count(1)


async def test_a_server_that_goes_away_and_comes_back(chromium: Chromium) -> None:
    async with chromium.page(**DESK) as page:
        async with open_shop(CornerShop(quiet=0.2)) as shop:
            await page.goto(shop.url)
            await write(page, "before")
            await expect(page.get_by_test_id("bubble-business")).to_have_count(1)
        port = int(shop.url.rsplit(":", 1)[1])
        await expect(page.get_by_text("The server does not answer")).to_be_visible()
        await expect(page.get_by_test_id("bubble-person")).to_have_count(1)
        await write(page, "lost?", "lost too?")
        await expect(page.get_by_text("2 messages did not leave.")).to_be_visible()
        async with open_shop(CornerShop(quiet=0.2), port):
            await page.get_by_role("button", name="Try now").click()
            await expect(page.get_by_text("The server does not answer")).to_have_count(0)
            await page.get_by_role("button", name="Send again").click()
            mine = page.get_by_test_id("bubble-person")
            await expect(mine).to_contain_text(["lost?", "lost too?"])
            # The stream is back as well: the answer comes without asking.
            await expect(page.get_by_test_id("bubble-business")).to_have_count(1)


async def test_a_lost_stream_is_opened_again(chromium: Chromium) -> None:
    async with open_shop(CornerShop(quiet=60.0)) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await expect(page.get_by_test_id("empty")).to_be_visible()
        shop.fake.closing = True
        shop.fake.changes.happened()
        await page.wait_for_event("requestfinished", lambda r: r.url.endswith("/api/events"))
        shop.fake.closing = False
        await page.wait_for_event("response", lambda r: r.url.endswith("/api/events"))
        await (await shop.fake.phone.person()).write("still there?")
        await expect(page.get_by_test_id("bubble-person")).to_have_count(1)


async def test_a_narrow_screen_shows_one_of_the_two(chromium: Chromium) -> None:
    narrow = {"viewport": {"width": 390, "height": 760}, "color_scheme": "dark"}
    async with open_shop(CornerShop()) as shop, chromium.page(**narrow) as page:
        await page.goto(shop.url)
        await expect(page.get_by_test_id("moments")).to_be_hidden()
        await write(page, "hello")
        await page.get_by_text("What happened").first.click()
        await expect(page.get_by_test_id("lane").first).to_be_visible()
        await expect(page.get_by_test_id("composer")).to_be_hidden()
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= 390
        assert await page.locator("html").get_attribute("data-mantine-color-scheme") == "dark"


async def test_a_server_without_moments_says_so(chromium: Chromium) -> None:
    async with open_shop(CornerShop(quiet=0.2, moments=False)) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await expect(page.get_by_test_id("no-moments")).to_contain_text("does not record")
        await write(page, "hello")
        await expect(page.get_by_test_id("bubble-business")).to_have_count(1)


async def test_a_server_without_a_phone_asks_who_one_is(chromium: Chromium) -> None:
    async with open_shop(CornerShop(phone=False)) as shop, chromium.page(**DESK) as page:
        await page.goto(shop.url)
        await expect(page).to_have_url(f"{shop.url}/sign-in")


def test_the_first_load_is_small_and_names_no_other_host() -> None:
    html = (PAGES / "index.html").read_text()
    links = re.findall(r'(?:src|href)="([^"]+)"', html)
    assert links
    assert all(link.startswith("/") and not link.startswith("//") for link in links)
    first = [gzip.compress((PAGES / link.lstrip("/")).read_bytes(), 9) for link in links]
    assert sum(map(len, first)) < 250_000
