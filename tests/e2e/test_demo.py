"""`turnkeeper demo` as a stranger runs it: three messages, one answer, and nothing left behind."""

import json
import os
import signal
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from playwright.async_api import expect

from tests.e2e.demo_server import PATIENCE, demo
from tests.e2e.real_server import Server
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import until
from tests.support.browser import Chromium

expect.set_options(timeout=15_000)


@pytest.mark.usefixtures("built_pages")
async def test_a_person_at_the_page_gets_one_answer_though_the_worker_is_killed(
    chromium: Chromium, tmp_path: Path
) -> None:
    with demo(tmp_path) as (process, url):
        worker = Server(tmp_path, process, url).child("worker-1")
        async with chromium.page(viewport={"width": 1180, "height": 860}, color_scheme="light") as page:
            await page.goto(url)
            await expect(page.get_by_test_id("composer")).to_be_focused()
            for text in ("Hi!", "I have a question", "Are you open on Sunday?"):
                await page.keyboard.type(text)
                await page.keyboard.press("Enter")
            mine, answer = (page.get_by_test_id(f"bubble-{side}") for side in ("person", "business"))
            await expect(mine).to_have_count(3)
            await expect(page.get_by_test_id("typing")).to_be_visible()
            os.kill(worker, signal.SIGKILL)
            await expect(answer).to_have_count(1)
            await expect(answer).to_contain_text("3 messages")
            await expect(answer.get_by_test_id("ticks")).to_have_attribute("aria-label", "read")
            for number in range(3):
                await expect(mine.nth(number).get_by_test_id("ticks")).to_have_attribute("aria-label", "read")
            await expect(page.get_by_test_id("typing")).to_have_count(0)
            await page.get_by_text("Every moment").first.click()
            for kind in ("received", "claimed", "committed", "sent", "delivered", "read"):
                await expect(page.locator(f'[data-testid=moment][data-kind="{kind}"]').first).to_be_visible()
            await page.screenshot(path=tmp_path / "light.png")
            await page.emulate_media(color_scheme="dark")
            await expect(page.locator("html")).to_have_attribute("data-mantine-color-scheme", "dark")
            await page.screenshot(path=tmp_path / "dark.png")
            await expect(answer).to_have_count(1)


def ask(url: str, body: object = None) -> Any:
    data = None if body is None else json.dumps(body).encode()
    headers = {"content-type": "application/json"}
    with urllib.request.urlopen(urllib.request.Request(url, data, headers), timeout=PATIENCE) as answer:
        return json.loads(answer.read())


def state(url: str) -> Any:
    """What the page shows."""
    return ask(f"{url}/phone/api/state")


def answers_in(shown: Any) -> list[Any]:
    return [each for each in shown["messages"] if each["from"] == "business"]


def moments(url: str) -> list[str]:
    return [each["kind"] for each in ask(f"{url}/api/demo/moments")["moments"]]


@scenario
def test_three_messages_get_one_answer_and_nothing_is_left_behind(stage: Stage) -> None:
    with demo(stage.folder) as (process, url):
        for text in ("hi", "I have a question", "about my order"):
            ask(f"{url}/phone/api/messages", {"text": text})
        until(lambda: any(each["ticks"] == "read" for each in answers_in(state(url))[:1]), "read")
        shown = state(url)
        answers = answers_in(shown)
        assert len(answers) == 1
        for text in ("3 messages", "hi", "I have a question", "about my order"):
            assert text in answers[0]["text"]
        assert {each["ticks"] for each in shown["messages"]} == {"read"}
        assert shown["webhook"]["last_status"] == 200
        order = ["received", "waiting", "claimed", "step", "committed", "accepted", "sent", "delivered", "read"]
        until(lambda: "read" in moments(url), "told")  # the phone knows of it before its webhook is here
        kinds = moments(url)
        assert [kind for kind in dict.fromkeys(kinds) if kind in order] == order
        # A question about Turnkeeper is answered from the pages that the librarian has read, with no key and no model.
        ask(f"{url}/phone/api/messages", {"text": "Does it need an API key?"})
        until(lambda: len(answers_in(state(url))) == 2, "answered from the pages")
        answers = answers_in(state(url))
        assert answers[1]["text"].endswith("[1] Bots › Does it need a model or an API key?")
        with urllib.request.urlopen(f"{url}/", timeout=PATIENCE) as page:
            assert page.status == 200
        # A page that is open holds an event stream; it must not hold up the end.
        stream = urllib.request.urlopen(f"{url}/phone/api/events", timeout=PATIENCE)
        assert stream.readline().startswith(b"event: state")
        process.send_signal(signal.SIGINT)
        assert process.wait(10) == 0
        stream.close()
    assert list(stage.folder.iterdir()) == []
