"""Who hears is made of the configuration, once a process; a note goes from the service to whoever is behind it."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeVar

import pytest

from tests.llm.journal import Notebook
from turnkeeper.app.voice import Transcribers
from turnkeeper.config import Settings, load
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.figures import Figures
from turnkeeper.engine.http import Client
from turnkeeper.engine.watching import Watch
from turnkeeper.llm.providers.permission import RealModelForbidden
from turnkeeper.model.errors import ConfigurationError
from turnkeeper.model.voice import Heard, Sound
from turnkeeper.testing.fake_models import error
from turnkeeper.testing.fake_transcribers import FakeTranscribers
from turnkeeper.testing.loopback import serve_in_thread
from turnkeeper.voice.base import Form

NOTES = Path(__file__).parents[1] / "voice/notes"
T = TypeVar("T")


@pytest.fixture(scope="module")
def fake() -> Iterator[FakeTranscribers]:
    with serve_in_thread(FakeTranscribers()) as running:
        yield running.fake


def configured(folder: Path, fake: FakeTranscribers, more: str = "") -> Settings:
    path = folder / "turnkeeper.toml"
    path.write_text(
        f"""
[transcribers.cloud]
kind = "openai"
model = "some-transcribe"
api_key = "{fake.key}"
base_url = "{fake.address("openai")}"
longest = "20m"
[transcribers.folder]
kind = "faster_whisper"
folder = "models/small"
[transcribers.slow]
kind = "moonshine"
diarize = true
speakers = ["MR", "Doctor"]
[bots.first]
kind = "python"
entry = "m:bot"
transcribe = ["cloud", "builtin"]
[bots.second]
kind = "python"
entry = "m:bot"
transcribe = ["builtin", "slow", "folder"]
{more}""",
        "utf-8",
    )
    return load(path, {})


async def with_transcribers(settings: Settings, use: Callable[[Transcribers], T]) -> T:
    client = Client()
    transcribers = Transcribers(settings, lambda: 0.0, client)
    try:
        return use(transcribers)
    finally:
        await transcribers.close()
        await client.close()


def test_a_note_waits_for_others_where_this_machine_hears(tmp_path: Path, fake: FakeTranscribers) -> None:
    def waits(transcribers: Transcribers) -> list[bool]:
        return [each.waits for each in transcribers.chain(["cloud", "builtin", "slow", "folder"]).members]

    assert asyncio.run(with_transcribers(configured(tmp_path, fake), waits)) == [False, True, True, True]


async def test_each_bot_gets_its_own_and_shares_who_hears(tmp_path: Path, fake: FakeTranscribers) -> None:
    settings = configured(tmp_path, fake)

    def look(transcribers: Transcribers) -> None:
        first, second = (transcribers.of(bot) for bot in settings.bots.values())
        assert [(each.name, each.longest) for each in first.members] == [("cloud", 1_200.0), ("builtin", 600.0)]
        assert [each.name for each in second.members] == ["builtin", "slow", "folder"]
        assert second.members[1].wish.speakers == ("MR", "Doctor")
        assert first.members[1].transcriber is second.members[0].transcriber
        assert second.members[1].transcriber is not second.members[0].transcriber
        with pytest.raises(ConfigurationError, match='Did you mean "cloud"'):
            transcribers.chain(["clod"])

    await with_transcribers(settings, look)


async def hear(settings: Settings, note: str, figures: Figures | None = None) -> Heard:
    client = Client()
    watch = Watch(SystemClock(), figures or Figures())
    transcribers = Transcribers(settings, asyncio.get_running_loop().time, client, watch=watch)

    async def fetch() -> Sound:
        return Sound((NOTES / note).read_bytes(), "audio/ogg", note)

    try:
        return await transcribers.chain(["cloud", "builtin"]).hear(fetch, Notebook().attempt())
    finally:
        await transcribers.close()
        await client.close()


async def test_where_the_service_fails_the_built_in_one_hears(tmp_path: Path, fake: FakeTranscribers) -> None:
    fake.will(error(500))
    figures = Figures()
    heard = await hear(configured(tmp_path, fake), "sentence.ogg", figures)
    assert heard.transcript is not None
    assert figures.hearings == {("cloud", "away"): 1, ("builtin", "heard"): 1}
    assert figures.sound == {"cloud": 0.0, "builtin": heard.transcript.seconds}
    assert (heard.transcript.heard_by, heard.told) == ("builtin", ("cloud: away, HTTP 500: Error",))
    assert len(heard.text.split()) > 4


async def test_what_services_do_not_take_goes_out_as_ogg(tmp_path: Path, fake: FakeTranscribers) -> None:
    fake.will("A sentence.")
    heard = await hear(configured(tmp_path, fake), "sentence.amr")
    assert (heard.text, fake.last.filename, fake.last.data[:4]) == ("A sentence.", "note.ogg", b"OggS")
    assert heard.transcript is not None
    assert 1.0 < (fake.last.seconds or 0.0) < 30.0


async def test_silence_goes_nowhere(tmp_path: Path, fake: FakeTranscribers) -> None:
    before = len(fake.asked)
    heard = await hear(configured(tmp_path, fake), "silence.ogg")
    assert (heard.reason, heard.transcript, len(fake.asked)) == ("silent", None, before)


async def test_no_test_asks_a_real_service(tmp_path: Path, fake: FakeTranscribers) -> None:
    client = Client()
    transcribers = Transcribers(configured(tmp_path, fake), lambda: 0.0, client)
    with pytest.raises(RealModelForbidden):
        await transcribers._post(Form("https://api.openai.com/v1", {}, (), Sound(b"x", "", "")))
    await client.close()
