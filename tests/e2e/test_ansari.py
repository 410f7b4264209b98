"""The example of a front before an existing backend, in real processes: slow, cited, and killed in the middle."""

import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.real_server import Server, connect, provider, serving
from tests.e2e.town import Town, until
from turnkeeper.testing.fake_ansari import FakeAnsari, Fault, bilingual
from turnkeeper.testing.fake_models import FakeModels, Says
from turnkeeper.testing.loopback import Running, serve_in_thread

EXAMPLE = Path(__file__).parents[2] / "examples/ansari"
SECRETS = {"WHATSAPP_TOKEN": "token", "WHATSAPP_SECRET": "secret", "WHATSAPP_VERIFY": "verify", "ANSARI_KEY": "sesame"}
FRONT = "TURNKEEPER_BOTS__FRONT__"
SORRY = "Sorry, I could not finish my answer. Please ask me again in a minute."
ANSWER = bilingual(9_000)
TRANSLATED = "Endurance is the half of belief."
MODELS = """
models = ["local/fake-model"]
[providers.local]
kind = "openai_compatible"
base_url = "{base_url}"
api_key = "{key}"
"""


class Front:
    """A server, the people who write to it, and the backend behind it."""

    def __init__(self, server: Server, town: Town, backend: Running[FakeAnsari], models: Running[FakeModels]) -> None:
        self.server, self.town, self.backend, self.models = server, town, backend, models

    def times(self, phone: str | None) -> int:
        """How often the backend was told something by somebody."""
        asked = self.backend.now(lambda: list(self.backend.fake.asked))
        return sum(each.call == "message" and each.fields["phone_num"] == phone for each in asked)

    def fails(self, fault: Fault) -> None:
        """The next answer does."""
        self.backend.now(lambda: self.backend.fake.faults.append(fault))


@pytest.fixture(scope="module")
def front(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder = tmp_path_factory.mktemp("front")
    models = FakeModels(default=Says(text=TRANSLATED))
    with (
        provider() as running,
        serve_in_thread(models) as thinking,
        serve_in_thread(FakeAnsari("sesame", first=0.5, pause=0.05)) as backend,
    ):
        there = MODELS.format(base_url=models.address("openai_compatible"), key=models.key)
        example = (EXAMPLE / "turnkeeper.toml").read_text("utf-8")
        (folder / "turnkeeper.toml").write_text(example + there, "utf-8")
        backend.now(lambda: backend.fake.answers.extend([ANSWER] * 9))
        changed = {
            "TURNKEEPER_SERVER__PORT": "0",
            "TURNKEEPER_SERVER__LOG_LEVEL": "warning",
            "TURNKEEPER_CHANNELS__WHATSAPP__API_BASE": running.base_url,
            f"{FRONT}BASE_URL": backend.base_url,
            f"{FRONT}QUIET": "0.2",
            f"{FRONT}ADAPTIVE": "false",
        }
        with serving(folder, **SECRETS, **changed) as server:
            connect(running, server)
            yield Front(server, Town(running), backend, thinking)


def test_it_types_until_the_whole_answer_is_there_and_sends_it_in_order(front: Front) -> None:
    front.town.write("ada", "What is patience?")
    ada = front.town.person("ada")
    front.town.wait(lambda: any("[6] Collection" in text for text in ada.texts))
    (typing, *_) = ada.typings
    assert typing.by_reply
    assert ada.written[0].at < typing.started_at < ada.received[0].at
    told = "\n".join(ada.texts)
    assert len(told) > 8_000
    points = [told.index(f"*Point {number}.*") for number in range(1, 36)]
    assert points == sorted(points)
    for number in range(1, 7):
        (note,) = [text for text in ada.texts if f"[{number}] Collection {number}, Book" in text]
        rest = note.partition(f"[{number}] Collection")[2].partition(f"[{number + 1}] ")[0]
        assert "الصبر نصف الإيمان" in rest
        assert ("Patience is half of faith" in rest) == (number != 3)
        assert (TRANSLATED in rest) == (number == 3)
    assert front.models.now(lambda: len(front.models.fake.asked)) == 1


def test_a_backend_that_dies_in_the_middle_costs_one_apology(front: Front) -> None:
    front.fails(Fault("message", "cut", after=2_000))
    front.town.write("ben", "What is hope?")
    ben = front.town.person("ben")
    front.town.wait(lambda: bool(ben.texts))
    assert front.server.settled()["states"]["waiting"] == 0
    assert ben.texts == [SORRY]
    assert front.times(ben.identity.phone) == 1


def test_a_worker_killed_in_the_middle_costs_one_apology_and_asks_nothing_twice(front: Front) -> None:
    front.fails(Fault("message", "stall", after=2_000))
    front.town.write("cleo", "What is trust?")
    cleo = front.town.person("cleo")
    until(lambda: front.times(cleo.identity.phone) == 1, "told")
    worker = front.server.child("worker-1")
    os.kill(worker, signal.SIGKILL)
    front.town.wait(lambda: bool(cleo.texts))
    front.server.settled()
    assert cleo.texts == [SORRY]
    assert front.times(cleo.identity.phone) == 1
