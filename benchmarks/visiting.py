"""From the webhook of a voice note to its report at the provider: examples/mr_voice in real processes.

Who hears and who reads answer at once, so what is measured is ours alone: fetching the file, looking at it, the steps,
the report's text, the send. One note at a time.
"""

from __future__ import annotations

import json
import shutil
import time
from collections.abc import Iterator
from statistics import median

from benchmarks.report import Line, at_most, told
from benchmarks.servers import ROOT, Places
from tests.e2e.real_server import serving
from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber
from turnkeeper.testing.fake_models import FakeModels, says
from turnkeeper.testing.fake_transcribers import FakeTranscribers, spoken
from turnkeeper.testing.loopback import Running, serve_in_thread

_NUMBER = FakeNumber("1000000001")
_PATIENCE = 30.0
_MOST = 1.0
_TALK = spoken(*(f"{'AB'[n % 2]}: We spoke of Cardivex, of its price and of the next visit, {n}." for n in range(20)))
_FOUND = json.dumps({"doctor": "Dr. Rao", "products": ["Cardivex"], "objections": ["The price"], "sentiment": 5})
_TOML = """
[server]
port = 0
log_level = "error"
[database]
url = "{database}"
[channels.visits]
kind = "whatsapp_cloud"
bot = "visit"
phone_number_id = "1000000001"
waba_id = "2000000001"
access_token = "token"
app_secret = "secret"
verify_token = "verify"
api_base = "{graph}"
[transcribers.cloud]
kind = "openai"
model = "gpt-4o-transcribe-diarize"
api_key = "{hears_key}"
base_url = "{hears}"
diarize = true
speakers = ["MR", "Doctor"]
[providers.openai]
kind = "openai"
api_key = "{models_key}"
base_url = "{models}"
[bots.visit]
kind = "python"
entry = "mr_voice:bot"
gather = false
transcribe = ["cloud", "builtin"]
models = ["openai/gpt-5-mini"]
"""


def run(places: Places, note: bytes, *, quick: bool) -> Iterator[Line]:
    """Every line of this benchmark."""
    took = _reports(places, note, 5 if quick else 20)
    first, rest = took[0], took[1:]
    yield at_most("voice", "webhook to report of a minute, without the models", median(rest), _MOST, "s")
    yield told("voice", "of these the slowest; the first of a server", f"{max(rest):.2f} s; {first:.2f} s", first=first)


def _reports(places: Places, note: bytes, count: int) -> list[float]:
    folder = places.folder / "visits"
    folder.mkdir()
    shutil.copy(ROOT / "examples/mr_voice/mr_voice.py", folder)
    with (
        serve_in_thread(FakeGraph("secret", "verify", "token", "http://127.0.0.1:1/", [_NUMBER])) as graph,
        serve_in_thread(FakeModels(default=says(_FOUND))) as models,
        serve_in_thread(FakeTranscribers(default=_TALK)) as hears,
    ):
        models.fake.base_url, hears.fake.base_url = models.base_url, hears.base_url
        values = {
            "database": places.sqlite(),
            "graph": graph.base_url,
            "hears": hears.fake.address("openai"),
            "hears_key": hears.fake.key,
            "models": models.fake.address("openai"),
            "models_key": models.fake.key,
        }
        (folder / "turnkeeper.toml").write_text(_TOML.format(**values), "utf-8")
        with serving(folder) as server:
            graph.fake.webhooks.url = f"{server.url}/webhooks/whatsapp_cloud"
            return [_report(graph, note, person) for person in range(count)]


def _report(graph: Running[FakeGraph], note: bytes, number: int) -> float:
    """Seconds until the report has arrived."""
    person = graph.call(graph.fake.person(f"1555{number:07}", name="Ada"))
    media = graph.fake.media
    payload = media.webhook(media.put(note, "audio/ogg; codecs=opus")) | {"voice": True}
    began = time.perf_counter()
    graph.call(person.send("audio", payload))
    while not person.received:
        if time.perf_counter() - began > _PATIENCE:
            raise RuntimeError("no report came")
        time.sleep(0.002)
    took = time.perf_counter() - began
    assert "Dr. Rao" in person.received[0].text
    return took
