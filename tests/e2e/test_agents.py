"""An agent in real processes: providers that fail, a person instead, a worker that dies, a prompt that changes."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.real_server import Server, connect, provider, serving, turnkeeper
from tests.e2e.town import Town, until
from turnkeeper.testing.fake_models import FakeModels
from turnkeeper.testing.fake_models.fake import Asked
from turnkeeper.testing.fake_models.script import Answer, Call, calls, error, html, says
from turnkeeper.testing.loopback import Running, serve_in_thread

FIXED = "Sorry, something is not working. Shall I ask a person to get back to you?"
CANARY = "marzipan"
"""Stands in what people write, in what models say, and in no name of ours."""
WORTH = (
    'turnkeeper_model_calls_total{model="first",outcome="answered",provider="one"}',
    'turnkeeper_model_calls_total{model="first",outcome="away",provider="one"}',
    'turnkeeper_model_tokens_total{kind="input",model="second",provider="two"}',
)
TOML = """
[server]
port = 0
drain = "5s"
log_level = "debug"
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
niche = "This is the lamp shop."
[providers.one]
kind = "openai_compatible"
base_url = "{models}"
api_key = "{key}"
[providers.two]
kind = "openai_compatible"
base_url = "{models}"
api_key = "{key}"
[bots.assistant]
kind = "agent"
prompt = "You help {{{{contact.name}}}}. Edition 1."
models = ["one/first", "two/second"]
tools = ["my_tools:look_up", "handover"]
quiet = 0.2
adaptive = false
rate_limit = "off"
"""
TOOLS = """
import asyncio
from pathlib import Path


async def look_up(day: str) -> str:
    '''What is on that day.'''
    here = Path(__file__).parent
    with (here / "looked").open("a") as file:
        file.write(day + "\\n")
    while not (here / "go").exists():
        await asyncio.sleep(0.02)
    return "a concert on " + day
"""


class Shop:
    """A server, the people who write to it, and the models behind it."""

    def __init__(self, server: Server, town: Town, models: Running[FakeModels]) -> None:
        self.server, self.town, self.models = server, town, models

    def will(self, *answers: Answer | str, model: str) -> None:
        self.models.now(lambda: self.models.fake.will(*answers, model=model))

    def asked(self, words: str) -> list[Asked]:
        """What models were asked about something that somebody wrote."""
        return self.models.now(lambda: [each for each in self.models.fake.asked if words in json.dumps(each.body)])

    def says(self, name: str, words: str) -> str:
        """Write, and wait for the answer."""
        person = self.town.person(name)
        before = len(person.texts)
        self.town.write(name, words)
        self.town.wait(lambda: len(person.texts) > before)
        return "\n".join(person.texts[before:])

    def command(self, *arguments: str) -> str:
        done = turnkeeper(*arguments, "--config", str(self.server.folder / "turnkeeper.toml"))
        assert done.returncode == 0, done.stderr
        return done.stdout

    def trace(self, name: str) -> dict[str, Any]:
        """Of the person's newest turn."""
        phone = self.town.person(name).identity.phone
        found: dict[str, Any] = json.loads(self.command("trace", "shop", str(phone)))
        return found


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("agents")
    (folder / "my_tools.py").write_text(TOOLS, "utf-8")
    with provider() as running, serve_in_thread(FakeModels()) as models:
        models.fake.base_url = models.base_url
        address, key = models.fake.address("openai_compatible"), models.fake.key
        text = TOML.format(api_base=running.base_url, models=address, key=key)
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        with serving(folder) as server:
            connect(running, server)
            yield Shop(server, Town(running), models)


def test_the_first_model_answers_and_the_trace_has_all_of_it(shop: Shop) -> None:
    shop.will(says(f"Hello **Ada**, here is {CANARY}.", input_tokens=40, output_tokens=8), model="first")
    assert shop.says("ada", f"Have you got {CANARY} one?") == f"Hello *Ada*, here is {CANARY}."
    (asked,) = shop.asked("one?")
    instructions = asked.body["messages"][0]["content"]
    assert instructions.startswith("You help “ada”. Edition 1.\n\nThis is the lamp shop.")
    told = json.dumps(shop.trace("ada"), ensure_ascii=False)
    for words in ("You help “ada”", f"{CANARY} one?", f"here is {CANARY}", "one/first", '"input_tokens": 40'):
        assert words in told


def test_the_second_model_answers_for_the_first(shop: Shop) -> None:
    shop.will(error(500, f"internal error about {CANARY}"), model="first")
    shop.will("I am the second.", model="second")
    assert shop.says("ben", "Two?") == "I am the second."
    assert "one/first: away" in json.dumps(shop.trace("ben"))


def test_when_nobody_answers_a_person_is_offered_and_comes(shop: Shop) -> None:
    shop.will(html(502), model="first")
    shop.will(error(401, "Incorrect API key provided"), model="second")
    assert shop.says("cleo", "Three?") == FIXED
    (bubble,) = shop.town.person("cleo").received
    buttons = bubble.body["interactive"]["action"]["buttons"]
    assert [button["reply"]["title"] for button in buttons] == ["Yes, please", "No, thanks"]
    assert shop.says("cleo", "oui, s'il vous plaît") == "I have told my colleagues. Somebody will get back to you here."
    assert len(shop.asked("Three?")) == 2
    shop.town.write("cleo", "Is somebody there?")
    assert shop.server.settled()["states"]["person"] == 1


def test_a_worker_killed_in_a_tool_asks_the_model_nothing_twice(shop: Shop) -> None:
    folder = shop.server.folder
    shop.will(calls(Call("look_up", {"day": "Friday"})), "There is a concert.", model="first")
    shop.town.write("dora", "What is on, four?")
    until(lambda: (folder / "looked").exists(), "looked up")
    worker = shop.server.child("worker-1")
    os.kill(worker, signal.SIGKILL)
    (folder / "go").touch()
    dora = shop.town.person("dora")
    shop.town.wait(lambda: bool(dora.texts))
    assert dora.texts == ["There is a concert."]
    first, second = shop.asked("four?")
    assert "a concert on Friday" not in json.dumps(first.body)
    assert "a concert on Friday" in json.dumps(second.body)


def test_a_published_prompt_is_in_effect_within_five_seconds(shop: Shop, tmp_path: Path) -> None:
    (tmp_path / "new.md").write_text("You help with lamps. Edition 2.", "utf-8")
    shop.command("prompt", "draft", "assistant", str(tmp_path / "new.md"))
    shop.command("prompt", "publish", "assistant")
    published_at = time.monotonic()
    for number in range(50):
        shop.will(f"Answer {number}.", model="first")
        shop.says("eve", f"five {number}?")
        (asked,) = shop.asked(f"five {number}?")[:1]
        if "Edition 2." in asked.body["messages"][0]["content"]:
            break
        assert time.monotonic() - published_at < 5


def test_no_word_of_anybody_is_in_the_log(shop: Shop) -> None:
    log = shop.server.log()
    assert "model" in log
    for words in (CANARY, "Edition", "concert", "lamp shop", shop.models.fake.key):
        assert words not in log, words


def test_what_models_took_is_in_the_metrics(shop: Shop) -> None:
    # A worker that is killed takes the figures of its last seconds along.
    shop.will(error(500, "again"), model="first")
    shop.will("Counted.", model="second")
    assert shop.says("fay", "Six?") == "Counted."

    def counted() -> bool:
        text = shop.server.get("/metrics")[1].decode()
        return all(each in text for each in WORTH)

    until(counted, "told what models took")
