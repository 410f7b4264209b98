"""The pages of bots and contacts in a real browser: a prompt that is published answers, a document that is uploaded is
found, a contact is known by another name and then not at all."""

import asyncio
import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.async_api import Page, expect

from tests.e2e.console_owner import signed_in
from tests.e2e.real_server import Server, connect, provider, serving
from tests.e2e.town import Town
from tests.support.browser import Chromium
from turnkeeper.testing.fake_models import FakeModels
from turnkeeper.testing.loopback import Running, serve_in_thread

expect.set_options(timeout=10_000)
pytestmark = pytest.mark.usefixtures("built_pages")
TOML = """
[server]
port = 0
drain = "5s"
[database]
url = "sqlite:///data.db"
[channels.shop]
kind = "whatsapp_cloud"
bot = "assistant"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "env:E2E_TOKEN"
app_secret = "env:E2E_SECRET"
verify_token = "env:E2E_VERIFY"
api_base = "{api_base}"
[providers.one]
kind = "openai_compatible"
base_url = "{models}"
api_key = "{key}"
[bots.assistant]
kind = "agent"
prompt = "You help {{{{contact.name}}}}. Edition 1."
models = ["one/first", "one/second"]
quiet = 0.2
adaptive = false
rate_limit = "off"
"""
HOURS = "# Opening hours\n\nThe shop is open from nine to six. On Sundays it is closed.\n"


class Shop:
    """A server, whoever writes to it, and the models behind it."""

    def __init__(self, server: Server, town: Town, models: Running[FakeModels]) -> None:
        self.server, self.town, self.models = server, town, models

    def instructed(self, words: str) -> str:
        """What the model was told of its task when somebody wrote this, and got an answer."""
        person = self.town.person("eve")
        before = len(person.texts)
        self.models.now(lambda: self.models.fake.will("Yes.", model="first"))
        self.town.write("eve", words)
        self.town.wait(lambda: len(person.texts) > before)
        asked = self.models.now(
            lambda: [each.body for each in self.models.fake.asked if words in json.dumps(each.body)]
        )
        return str(asked[0]["messages"][0]["content"])


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("bots")
    with provider() as running, serve_in_thread(FakeModels()) as models:
        models.fake.base_url = models.base_url
        address, key = models.fake.address("openai_compatible"), models.fake.key
        text = TOML.format(api_base=running.base_url, models=address, key=key)
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        with serving(folder) as server:
            connect(running, server)
            yield Shop(server, Town(running), models)


@pytest.mark.limit(120)
async def test_a_day_with_bots(shop: Shop, chromium: Chromium) -> None:
    async with chromium.page(viewport={"width": 1180, "height": 860}) as page:
        await signed_in(page, shop.server)
        await page.goto(f"{shop.server.url}/bots")
        await page.get_by_role("link", name="assistant").click()
        await a_prompt_is_published(page, shop)
        await a_document_is_found(page)
        await a_bot_is_made(page)
        await a_contact_is_known_and_erased(page)


async def a_prompt_is_published(page: Page, shop: Shop) -> None:
    await page.get_by_role("link", name="Prompt").click()
    editor = page.get_by_label("Prompt of assistant")
    await expect(editor).to_have_value("You help {{contact.name}}. Edition 1.")
    await editor.fill("You sell lamps to {{nobody}}.\nEdition 2. <script>alert(1)</script>")
    await expect(page.get_by_text("Nothing will stand for {{nobody}}.")).to_be_visible()
    await expect(page.get_by_text("2 lines, 66 characters")).to_be_visible()
    await page.keyboard.press("Control+s")
    await expect(page.get_by_text("Saved as a draft; nobody is told it yet")).to_be_visible()
    assert "Edition 1." in await asyncio.to_thread(shop.instructed, "still the first?")
    await page.get_by_role("button", name="Publish …").click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("What was changed").fill("lamps")
    await dialog.get_by_role("button", name="Publish", exact=True).click()
    await expect(page.get_by_text("Version 1 is in effect.")).to_be_visible()
    published_at = time.monotonic()
    number = 0
    while "Edition 2." not in await asyncio.to_thread(shop.instructed, f"and now {number}?"):
        number += 1
        assert time.monotonic() - published_at < 8
    configured = page.get_by_role("listitem").filter(has_text="configured prompt")
    await configured.get_by_role("button", name="Compare").click()
    await expect(page.get_by_role("dialog").get_by_text("Edition 1.")).to_be_visible()
    await page.keyboard.press("Escape")


async def a_document_is_found(page: Page) -> None:
    await page.get_by_role("navigation", name="Areas").get_by_role("link", name="Bots").click()
    await page.get_by_role("link", name="Knowledge").click()
    await expect(page.get_by_text("There is no base yet")).to_be_visible()
    await page.get_by_role("button", name="Add a base").first.click()
    dialog = page.get_by_role("dialog")
    await dialog.get_by_label("Name").fill("shelf")
    await dialog.get_by_role("button", name="Add a base").click()
    await expect(page.get_by_text("There is no document yet.")).to_be_visible()
    await page.locator("input[type=file]").set_input_files(
        [
            {"name": "hours.md", "mimeType": "text/markdown", "buffer": HOURS.encode()},
            {"name": "photo.exe", "mimeType": "application/octet-stream", "buffer": b"MZ"},
        ]
    )
    await expect(page.get_by_role("alert")).to_contain_text("photo.exe cannot be read")
    document = page.get_by_role("listitem").filter(has_text="hours.md")
    await expect(document.get_by_text("read", exact=True)).to_be_visible()
    await page.get_by_label("Search as a person would ask").fill("are you open on sundays?")
    await page.get_by_role("button", name="Search").click()
    await expect(page.locator("blockquote")).to_contain_text("On Sundays it is closed.")


async def a_bot_is_made(page: Page) -> None:
    await page.get_by_role("navigation", name="Areas").get_by_role("link", name="Bots").click()
    await page.get_by_role("button", name="Add a bot").click()
    await page.get_by_label("Name").fill("night")
    await page.get_by_label("Prompt").fill("You answer at night.")
    await page.get_by_role("combobox", name="Model").fill("two/small")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_text('there is no provider "two".')).to_be_visible()
    await page.get_by_role("combobox", name="Model").fill("one/small")
    await page.get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("heading", name="night")).to_be_visible()
    await page.get_by_role("link", name="Models").click()
    await page.get_by_role("button", name="Add a model").click()
    second = page.get_by_role("combobox", name="Model 2")
    await second.fill("one/large")
    await second.press("Escape")
    await second.press("Alt+ArrowUp")
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Knowledge").last.click()
    await page.get_by_label("shelf").check()
    await page.get_by_role("button", name="Save").click()
    await page.get_by_role("link", name="Limits").click()
    await page.get_by_label("Quiet (s)").fill("20")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_contain_text("max_wait (15 s) is shorter than quiet (20 s)")
    await page.get_by_label("Quiet (s)").fill("2")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("alert")).to_have_count(0)
    await page.goto(page.url.rpartition("/")[0])
    told = page.get_by_role("main")
    await expect(told).to_contain_text("answers on no channel yet")
    await page.get_by_text("All settings as they count").click()
    await expect(page.get_by_role("row", name="quiet 2 ")).to_be_visible()
    await expect(page.get_by_role("row", name="knowledge shelf")).to_be_visible()
    await expect(page.get_by_role("row", name="models one/large, one/small")).to_be_visible()


async def a_contact_is_known_and_erased(page: Page) -> None:
    await page.get_by_role("navigation", name="Areas").get_by_role("link", name="Contacts").click()
    await page.get_by_role("link", name="eve").click()
    await page.get_by_label("Name").fill("Eve \u202e<b>Online</b>")
    await page.get_by_role("combobox", name="Tags").fill("vip")
    await page.keyboard.press("Enter")
    await page.get_by_label("Field").fill("size")
    await page.get_by_label("Value").fill("M")
    await page.get_by_role("button", name="Save").click()
    await expect(page.get_by_role("textbox", name="size")).to_have_value("M")
    await expect(page.get_by_role("heading", level=1)).to_have_text("Eve <b>Online</b>")
    await page.get_by_label("Purpose").fill("marketing")
    await page.get_by_role("button", name="They do not want it").click()
    await expect(page.get_by_text("noted by a colleague")).to_be_visible()
    async with page.expect_download() as downloading:
        await page.get_by_role("link", name="Export").click()
    exported = json.loads(Path(await (await downloading.value).path()).read_text("utf-8"))
    assert "still the first?" in json.dumps(exported["conversations"])
    await page.get_by_role("navigation", name="Areas").get_by_role("link", name="Contacts").click()
    await page.get_by_label("Tag").fill("vip")
    await page.get_by_role("link", name="Eve").click()
    await page.get_by_role("button", name="Erase").click()
    dialog = page.get_by_role("dialog")
    await expect(dialog.get_by_role("button", name="Erase")).to_be_disabled()
    await dialog.get_by_label("Type erase to go on").fill("erase")
    await dialog.get_by_role("button", name="Erase").click()
    await expect(page.get_by_role("link", name="+1555")).to_be_visible()
    await expect(page.get_by_text("Eve")).to_have_count(0)
