"""Voice notes through real processes: an agent on WhatsApp, a bot in Python on Telegram, the built-in transcriber, and
a service that is slow, or gone with the worker that asks it."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import SECRET, Desk, open_desk
from tests.e2e.real_server import Server, connect, provider, serving, turnkeeper
from tests.e2e.town import Town
from turnkeeper.bots.manners import UNHEARD
from turnkeeper.testing.fake_models import FakeModels
from turnkeeper.testing.fake_models.script import error, says
from turnkeeper.testing.fake_transcribers import Asked, FakeTranscribers, Words, spoken
from turnkeeper.testing.loopback import Running, serve_in_thread

pytest.importorskip("av")
pytest.importorskip("moonshine_voice")

NOTES = Path(__file__).parents[1] / "voice" / "notes"
SENTENCE = (NOTES / "sentence.ogg").read_bytes()
SAID = "price"
"""A word of it that the built-in transcriber gets right."""
TOML = """
[server]
port = 0
drain = "5s"
log_level = "warning"
[database]
url = "sqlite:///data.db"
[workers]
count = 1
lease = "1s"
[channels.shop]
kind = "whatsapp_cloud"
bot = "agent"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "env:E2E_TOKEN"
app_secret = "env:E2E_SECRET"
verify_token = "env:E2E_VERIFY"
api_base = "{graph}"
[channels.desk]
kind = "telegram"
bot = "python"
token = "{token}"
secret_token = "{secret}"
api_base = "{telegram}"
[providers.one]
kind = "openai_compatible"
base_url = "{models}"
api_key = "{models_key}"
[transcribers.cloud]
kind = "openai"
model = "gpt-transcribe"
base_url = "{transcribers}"
api_key = "{transcribers_key}"
[bots.agent]
kind = "agent"
prompt = "You work in a shop."
models = ["one/first"]
transcribe = ["builtin"]
quiet = 0.2
adaptive = false
rate_limit = "off"
[bots.python]
kind = "python"
entry = "the_bot:bot"
transcribe = ["cloud", "builtin"]
heard_echo = "I heard: {{text}}"
one_moment = "One moment."
one_moment_after = "1s"
quiet = 0.3
max_wait = 2
adaptive = false
rate_limit = "off"
"""
BOT = """
from turnkeeper import Bot, Turn
bot = Bot("python")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    heard = [transcript.heard_by for transcript in turn.transcripts]
    await turn.reply(f"{heard} {turn.text!r}")
"""


class Shop:
    """A server, its people, and who is behind it."""

    def __init__(
        self, server: Server, town: Town, desk: Desk, models: Running[FakeModels], ears: Running[FakeTranscribers]
    ) -> None:
        self.server, self.town, self.desk, self.models, self.ears = server, town, desk, models, ears

    def speaks(self, name: str, data: bytes = SENTENCE) -> None:
        """A voice note on WhatsApp."""
        media = self.town.graph.media
        payload = media.webhook(media.put(data, "audio/ogg; codecs=opus")) | {"voice": True}
        self.town.running.call(self.town.person(name).send("audio", payload))

    def sends(self, name: str, data: bytes = SENTENCE) -> None:
        """A voice note on Telegram."""
        self.desk.running.call(self.desk.person(name).send("voice", data))

    def hears(self, name: str) -> list[str]:
        """What somebody got on Telegram up to the bot's answer, which tells who heard."""
        person = self.desk.person(name)
        self.desk.wait(lambda: person.texts[-1:] != [] and person.texts[-1].startswith("["))
        return self.desk.running.now(lambda: list(person.texts))

    def asked(self) -> int:
        """How often the service was."""
        return self.ears.now(lambda: len(self.ears.fake.asked))


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder: Path = tmp_path_factory.mktemp("voice")
    (folder / "the_bot.py").write_text(BOT, "utf-8")
    with (
        provider() as graph,
        open_desk() as desk,
        serve_in_thread(FakeModels()) as models,
        serve_in_thread(FakeTranscribers()) as ears,
    ):
        models.fake.base_url, ears.fake.base_url = models.base_url, ears.base_url
        text = TOML.format(
            graph=graph.base_url, telegram=desk.running.base_url, token=desk.fake.token, secret=SECRET,
            models=models.fake.address("openai_compatible"), models_key=models.fake.key,
            transcribers=ears.fake.address("openai"), transcribers_key=ears.fake.key,
        )  # fmt: skip
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        with serving(folder) as server:
            connect(graph, server)
            desk.hook(server)
            yield Shop(server, Town(graph), desk, models, ears)


def test_an_agent_on_whatsapp_hears_with_no_key(shop: Shop) -> None:
    shop.models.now(lambda: shop.models.fake.will(says("It is **fair**."), says("Still."), model="first"))
    shop.speaks("ada")
    ada = shop.town.person("ada")
    shop.town.wait(lambda: ada.texts == ["It is *fair*."])
    shop.town.write("ada", "sure?")
    shop.town.wait(lambda: ada.texts == ["It is *fair*.", "Still."])
    said = [each["content"] for each in shop.models.fake.asked[-1].body["messages"] if each["role"] == "user"]
    assert said[0].startswith("[voice note] ")
    assert SAID in said[0]
    assert said[1:] == ["sure?"]
    told = turnkeeper("trace", "shop/1", str(ada.identity.phone), "--config", _config(shop))
    assert told.returncode == 0, told.stderr
    (attempt,) = json.loads(told.stdout)["attempts"]
    assert [step["name"] for step in attempt["steps"]] == ["voice.file", "hear", "prompt", "model"]


def test_a_note_without_words_gets_a_sentence(shop: Shop) -> None:
    shop.speaks("bob", (NOTES / "silence.ogg").read_bytes())
    shop.town.wait(lambda: shop.town.person("bob").texts == [UNHEARD["silent"]])


def test_two_notes_at_once_are_read_in_their_order(shop: Shop) -> None:
    def by_size(asked: Asked) -> Words:
        return spoken("the one", after=0.4) if len(asked.data) == len(SENTENCE) else spoken("the other")

    default, shop.ears.fake.default = shop.ears.fake.default, by_size
    shop.sends("cy")
    shop.sends("cy", (NOTES / "visit.ogg").read_bytes())
    assert shop.hears("cy")[-2:] == [
        "I heard: the one\n\nI heard: the other",
        "['cloud', 'cloud'] 'the one\\nthe other'",
    ]
    shop.ears.fake.default = default


def test_a_service_that_fails_leaves_it_to_the_built_in_one(shop: Shop) -> None:
    shop.ears.now(lambda: shop.ears.fake.will(error(503)))
    shop.sends("dan")
    *_, echo, answer = shop.hears("dan")
    assert SAID in echo
    assert answer.startswith("['builtin'] ")


def test_a_worker_that_dies_while_it_listens_is_one_transcript_and_one_answer(shop: Shop) -> None:
    before = shop.asked()
    shop.ears.now(lambda: shop.ears.fake.will(spoken("never told", after=30.0), spoken("what was said")))
    shop.sends("eve")
    shop.desk.wait(lambda: shop.desk.person("eve").texts == ["One moment."])
    pid = shop.server.child("worker-1")
    os.kill(pid, signal.SIGKILL)
    got = shop.hears("eve")
    assert got == ["One moment.", "I heard: what was said", "['cloud'] 'what was said'"]
    shop.server.settled()
    assert shop.hears("eve") == got, "nothing is said twice"
    assert shop.asked() == before + 2


def _config(shop: Shop) -> str:
    return str(shop.server.folder / "turnkeeper.toml")
