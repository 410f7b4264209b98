"""The example of notes that become reports, in real processes, on WhatsApp and on Telegram, whatever fails."""

import itertools
import json
import os
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol

import apsw
import pytest

from tests.e2e.real_server import Server, serving
from tests.e2e.town import until
from turnkeeper.model.voice import UNAVAILABLE
from turnkeeper.testing.fake_graph import FakeGraph, FakeNumber
from turnkeeper.testing.fake_models import FakeModels, Says, error, says
from turnkeeper.testing.fake_telegram import FakeTelegram
from turnkeeper.testing.fake_transcribers import FakeTranscribers, spoken
from turnkeeper.testing.loopback import Running, serve_in_thread

EXAMPLE = Path(__file__).parents[2] / "examples/mr_voice"
NOTES = Path(__file__).parents[1] / "voice/notes"
NOTE = (NOTES / "sentence.ogg").read_bytes()
OTHER = (NOTES / "visit.ogg").read_bytes()
CANARY = "marzipan"
PHONES = itertools.count()
SECRET = "word-1"
SECRETS = {"WHATSAPP_TOKEN": "token", "WHATSAPP_SECRET": "secret", "WHATSAPP_VERIFY": "verify"}
NEITHER = "Sorry, I could neither hear this note nor make a report of it. Please send it again."
TALK = spoken("A: Good morning, Doctor Rao, about Cardiol.", "B: It is too dear.", "A: I see.")
FOUND: dict[str, Any] = {
    "doctor": "Dr. Rao",
    "products": ["Cardiol"],
    "objections": ["The price"],
    "commitments": [{"what": "Reads the study", "strength": "Tentative"}],
    "sentiment": 5,
}
SAID = json.dumps(FOUND)
HEARS, DEAF = FakeNumber("1000000001"), FakeNumber("1000000002")
NO_BUILT_IN = """
[bots.deaf]
kind = "python"
entry = "mr_voice:bot"
gather = false
transcribe = ["cloud"]
keep = "nothing"
models = ["openai/gpt-5-mini"]
[channels.deaf]
kind = "whatsapp_cloud"
bot = "deaf"
phone_number_id = "1000000002"
waba_id = "2000000001"
access_token = "env:WHATSAPP_TOKEN"
app_secret = "env:WHATSAPP_SECRET"
verify_token = "env:WHATSAPP_VERIFY"
"""


class Visitor(Protocol):
    """Somebody who sends notes."""

    def sends(self, note: bytes = NOTE) -> object:
        """A voice note; its id."""

    def got(self) -> list[tuple[str, object]]:
        """Texts, and what each quotes."""

    def files(self) -> list[bytes]:
        """Documents."""

    def press(self) -> None:
        """Press the button that was offered last."""


class OnWhatsApp:
    def __init__(self, running: Running[FakeGraph], name: str, number: FakeNumber) -> None:
        self.running = running
        self.person = running.call(running.fake.person(f"1555{next(PHONES):07}", name=name, number=number))

    def sends(self, note: bytes = NOTE) -> str:
        media = self.running.fake.media
        payload = media.webhook(media.put(note, "audio/ogg; codecs=opus")) | {"voice": True}
        return self.running.call(self.person.send("audio", payload)).id

    def got(self) -> list[tuple[str, object]]:
        return [(each.text, each.quotes) for each in list(self.person.received) if each.kind != "document"]

    def files(self) -> list[bytes]:
        sent = [each.body["document"]["id"] for each in list(self.person.received) if each.kind == "document"]
        return [self.running.fake.media[each].data for each in sent]

    def press(self) -> None:
        offer = [each for each in self.person.received if each.kind == "interactive"][-1]
        (button,) = offer.body["interactive"]["action"]["buttons"]
        self.running.call(self.person.press(button["reply"]["id"], button["reply"]["title"], reply_to=offer.id))


class OnTelegram:
    def __init__(self, running: Running[FakeTelegram], name: str) -> None:
        self.running = running
        self.person = running.call(running.fake.person(name=name))

    def sends(self, note: bytes = NOTE) -> int:
        return self.running.call(self.person.send("voice", note)).id

    def got(self) -> list[tuple[str, object]]:
        received = self.running.now(lambda: list(self.person.received))
        return [(each.text, each.reply_to) for each in received if each.kind == "text"]

    def files(self) -> list[bytes]:
        received = self.running.now(lambda: list(self.person.received))
        return [each.file.data for each in received if each.file is not None]

    def press(self) -> None:
        (offer,) = [each for each in self.person.received if each.labels]
        self.running.call(self.person.press(offer, offer.labels[0]))


class Visits:
    """A server, its two platforms, and whom it asks."""

    def __init__(self, server: Server, graph: Any, telegram: Any, models: Any, transcribers: Any) -> None:
        self.server = server
        self.graph: Running[FakeGraph] = graph
        self.telegram: Running[FakeTelegram] = telegram
        self.models: Running[FakeModels] = models
        self.transcribers: Running[FakeTranscribers] = transcribers

    def visitor(self, platform: str, name: str) -> Visitor:
        if platform == "telegram":
            return OnTelegram(self.telegram, name)
        return OnWhatsApp(self.graph, name, DEAF if platform == "deaf" else HEARS)

    def hears(self, *answers: Any) -> None:
        self.transcribers.now(lambda: self.transcribers.fake.will(*answers))

    def finds(self, *answers: Any) -> None:
        self.models.now(lambda: self.models.fake.will(*answers))

    def asked(self) -> tuple[int, int]:
        """How often somebody was asked to hear, and to read."""
        return len(self.transcribers.fake.asked), len(self.models.fake.asked)

    def report(self, somebody: Visitor, note: bytes = NOTE) -> str:
        """What a note becomes."""
        before = len(somebody.got())
        somebody.sends(note)
        until(lambda: len(somebody.got()) > before, "answered")
        return somebody.got()[before][0]


@pytest.fixture(scope="module")
def visits(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visits]:
    folder = Path(shutil.copytree(EXAMPLE, tmp_path_factory.mktemp("mr_voice") / "mr_voice"))
    config = folder / "turnkeeper.toml"
    config.write_text(config.read_text("utf-8") + NO_BUILT_IN, "utf-8")
    with (
        serve_in_thread(FakeGraph("secret", "verify", "token", "http://127.0.0.1:1/", [HEARS, DEAF])) as graph,
        serve_in_thread(FakeTelegram()) as telegram,
        serve_in_thread(FakeModels(default=says(SAID))) as models,
        serve_in_thread(FakeTranscribers(default=TALK)) as transcribers,
    ):
        models.fake.base_url, transcribers.fake.base_url = models.base_url, transcribers.base_url
        environ = SECRETS | {
            "TELEGRAM_TOKEN": telegram.fake.token,
            "OPENAI_API_KEY": models.fake.key,
            "TURNKEEPER_SERVER__PORT": "0",
            "TURNKEEPER_SERVER__LOG_LEVEL": "warning",
            "TURNKEEPER_WORKERS__LEASE": "2s",
            "TURNKEEPER_CHANNELS__ON_WHATSAPP__API_BASE": graph.base_url,
            "TURNKEEPER_CHANNELS__DEAF__API_BASE": graph.base_url,
            "TURNKEEPER_CHANNELS__ON_TELEGRAM__API_BASE": telegram.base_url,
            "TELEGRAM_SECRET": SECRET,
            "TURNKEEPER_PROVIDERS__OPENAI__BASE_URL": models.fake.address("openai"),
            "TURNKEEPER_TRANSCRIBERS__CLOUD__BASE_URL": transcribers.fake.address("openai"),
        }
        with serving(folder, **environ) as server:
            graph.fake.webhooks.url = f"{server.url}/webhooks/whatsapp_cloud"
            telegram.call(telegram.fake.hook(f"{server.url}/webhooks/on_telegram", SECRET))
            yield Visits(server, graph, telegram, models, transcribers)


both = pytest.mark.parametrize("platform", ["whatsapp", "telegram"])


@both
def test_a_note_becomes_a_report(visits: Visits, platform: str) -> None:
    heard, read = visits.asked()
    ada = visits.visitor(platform, "ada")
    report = visits.report(ada)
    bold = "*" if platform == "whatsapp" else ""
    for line in (
        f"{bold}📋 Visit report{bold}",
        f"{bold}Doctor:{bold} Dr. Rao",
        f"{bold}Representative:{bold} ada",
        f"{bold}Representative's share of the talk:{bold} 67 %",
        f"{bold}MR:{bold} Good morning, Doctor Rao, about Cardiol.",
        f"{bold}Doctor:{bold} It is too dear.",
    ):
        assert line in report.splitlines(), report
    assert "Coaching" not in report
    assert visits.asked() == (heard + 1, read + 1)
    assert visits.transcribers.fake.last.data == NOTE
    (told,) = [each["content"] for each in visits.models.fake.last.body["messages"] if each["role"] == "user"]
    assert "MR: Good morning, Doctor Rao, about Cardiol.\nDoctor: It is too dear." in str(told)


@both
def test_where_the_service_fails_the_built_in_one_hears(visits: Visits, platform: str) -> None:
    visits.hears(error(500, "down"))
    report = visits.report(visits.visitor(platform, "ben"))
    assert "Dr. Rao" in report
    assert "worried about the price" in report


BROKEN = [
    ("fenced", f"```json\n{SAID}\n```"),
    ("cut off", SAID[: SAID.index("sentiment") + 4]),
    ("trailing commas", SAID.replace("]", ",]").replace("}", ",}")),
]


@pytest.mark.parametrize(("label", "answer"), BROKEN, ids=[row[0] for row in BROKEN])
@both
def test_broken_json_is_read_as_it_was_meant(visits: Visits, platform: str, label: str, answer: str) -> None:
    heard, read = visits.asked()
    visits.finds(answer)
    report = visits.report(visits.visitor(platform, f"cleo {label}"))
    assert "Dr. Rao" in report
    assert "The price" in report
    assert visits.asked() == (heard + 1, read + 1), "there was nothing to ask again"


@both
def test_what_cannot_be_read_is_asked_again_without_the_sound(visits: Visits, platform: str) -> None:
    heard, read = visits.asked()
    visits.finds("I would say the doctor was friendly.", SAID)
    assert "Dr. Rao" in visits.report(visits.visitor(platform, "dora"))
    assert visits.asked() == (heard + 1, read + 2)
    again = json.dumps(visits.models.fake.last.body)
    assert "friendly" in again
    assert "Good morning" not in again


def test_without_a_transcript_there_is_a_part_and_without_a_model_the_transcript(visits: Visits) -> None:
    eve = visits.visitor("deaf", "eve")
    visits.hears(error(500, "down"))
    report = visits.report(eve)
    assert "*Doctor:* Dr. Rao" in report
    assert report.endswith(f"\n{UNAVAILABLE}")
    visits.finds(error(401, "wrong key"))
    report = visits.report(eve)
    assert "*MR:* Good morning, Doctor Rao, about Cardiol." in report
    assert "Cardiol\n" not in report.partition("Transcript")[0]


def test_where_both_fail_there_is_a_sentence(visits: Visits) -> None:
    visits.hears(error(401, "wrong key"))
    visits.finds(error(401, "wrong key"))
    assert visits.report(visits.visitor("deaf", "fay")) == NEITHER


@both
def test_two_notes_at_once_are_two_reports_and_each_quotes_its_own(visits: Visits, platform: str) -> None:
    gil = visits.visitor(platform, "gil")
    sent = [gil.sends(), gil.sends(OTHER)]
    until(lambda: len(gil.got()) >= 2, "answered twice")
    assert [quotes for _, quotes in gil.got()] == sent


@both
def test_a_note_that_is_delivered_twice_gives_one_report(visits: Visits, platform: str) -> None:
    before, (heard, read) = visits.server.settled()["duplicates"], visits.asked()
    fakes: list[Any] = [visits.graph.fake, visits.telegram.fake]
    for fake in fakes:
        fake.behaviour.duplicate = 2
    hal = visits.visitor(platform, "hal")
    visits.report(hal)
    visits.graph.call(visits.graph.fake.drained())
    visits.telegram.call(visits.telegram.fake.drained())
    for fake in fakes:
        fake.behaviour.duplicate = 1
    assert visits.server.settled()["duplicates"] > before
    assert len(hal.got()) == 1
    assert visits.asked() == (heard + 1, read + 1)


@both
def test_the_full_transcript_comes_on_request(visits: Visits, platform: str) -> None:
    visits.hears(spoken(*(f"{'AB'[n % 2]}: line {n}" for n in range(47))))
    ida = visits.visitor(platform, "ida")
    assert "line 19\n… [full transcript: 47 lines" in visits.report(ida)
    until(lambda: len(ida.got()) == 2, "offered")
    ida.press()
    until(lambda: len(ida.files()) == 1, "sent")
    assert ida.files()[0].decode().splitlines()[46] == "[01:32] MR: line 46"


def test_a_worker_killed_in_the_middle_hears_nothing_twice(visits: Visits) -> None:
    heard, read = visits.asked()
    visits.finds(Says(text=SAID, after=30.0))
    jon = visits.visitor("telegram", "jon")
    jon.sends()
    until(lambda: visits.asked()[1] > read, "asked")
    os.kill(visits.server.child("worker-1"), signal.SIGKILL)
    until(lambda: bool(jon.got()), "answered")
    visits.server.settled()
    assert len(jon.got()) == 1
    assert "Dr. Rao" in jon.got()[0][0]
    assert visits.asked() == (heard + 1, read + 2)


@both
def test_nothing_is_kept_but_the_ledgers_line(visits: Visits, platform: str) -> None:
    visits.hears(spoken(f"A: The {CANARY} was discussed.", "B: Indeed."))
    visits.finds(json.dumps(FOUND | {"key_insight": f"It is about {CANARY}."}))
    note = NOTE + platform.encode()
    assert CANARY in visits.report(visits.visitor(platform, "kim"), note)
    folder = visits.server.folder
    until(lambda: not rows_with(CANARY, folder / "mr_voice.db"), "forgotten")
    until(lambda: not any(each.read_bytes() == note for each in files_in(folder / "media")), "deleted")
    assert visits.server.settled()["states"]["answered"] > 0


def rows_with(words: str, database: Path) -> list[str]:
    """The tables in which they stand."""
    connection = apsw.Connection(str(database), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(5000)
        tables = [str(row[0]) for row in connection.execute("select name from sqlite_master where type = 'table'")]
        return [each for each in tables for row in connection.execute(f'select * from "{each}"') if words in str(row)]
    finally:
        connection.close()


def files_in(folder: Path) -> list[Path]:
    return [each for each in folder.rglob("*") if each.is_file()]
