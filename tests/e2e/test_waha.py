"""WAHA through real processes: its engine changes, its session is lost, workers die, and nobody is answered twice."""

import os
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import apsw

from tests.e2e.real_server import Server, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import THINKER, done, rows, until
from tests.media import samples
from tests.support.programs import free_port
from turnkeeper.testing.fake_waha import FakeWaha, Person, Running, close, serve_in_thread

PICTURE = samples.jpeg()
API_KEY, HMAC = "waha-key-0123456789", "waha-hmac-0123456789"
TOML = """
[server]
port = {port}
drain = "5s"
log_level = "warning"
[database]
url = "sqlite:///data.db"
[workers]
count = 1
[channels.wa]
kind = "waha"
bot = "assistant"
base_url = "{base_url}"
api_key = "{api_key}"
hmac_key = "{hmac}"
typing = "0.1s"
unknown_wait = "1s"
echo_takes_over = "30m"
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = {quiet}
max_wait = 20
adaptive = false
"""
BOT = THINKER.replace("import Bot, Turn", "import Bot, Image, Turn").replace(
    "    found = await",
    """    if any(event.media for event in turn.events):
        file = await turn.file()
        await turn.reply(Image(file.as_file(), caption=f"{file.mime}, {file.size}"))
        return
    found = await""",
)
ONCE = {"policy": "constant", "delaySeconds": 1, "attempts": 0}
"""Whoever does not take a webhook at once never gets it."""


class Shop:
    """One number, a server that comes and goes, and people."""

    def __init__(self, folder: Path, here: Running[FakeWaha], port: int, quiet: float) -> None:
        self.folder = folder
        self.here = here
        self.fake = here.fake
        self.people: dict[str, Person] = {}
        fields = {"port": port, "base_url": here.base_url, "api_key": API_KEY, "hmac": HMAC, "quiet": quiet}
        (folder / "turnkeeper.toml").write_text(TOML.format(**fields), "utf-8")
        (folder / "the_bot.py").write_text(BOT, "utf-8")
        self.fake.hook(f"http://127.0.0.1:{port}/webhooks/wa", hmac=HMAC, retries=ONCE)

    def person(self, name: str) -> Person:
        if name not in self.people:
            number = len(self.people)
            made = self.fake.person(f"1555{number:07}", lid=f"1990000000{number:05}", name=name)
            self.people[name] = self.here.call(made)
        return self.people[name]

    def write(self, name: str, *texts: str) -> None:
        for text in texts:
            self.here.call(self.person(name).write(text))

    def see(self, look: Callable[[], object], what: str) -> None:
        until(lambda: bool(self.here.now(look)), f"{what}: {self.texts()}")

    def texts(self) -> dict[str, list[str]]:
        return self.here.now(lambda: {name: person.texts for name, person in self.people.items()})

    def wait(self, name: str, *texts: str) -> None:
        """Until these are all that somebody has got."""
        person = self.person(name)
        until(lambda: self.here.now(lambda: person.texts) == list(texts), f"{texts}: {self.texts()}")

    def pauses(self) -> list[str]:
        connection = apsw.Connection(str(self.folder / "data.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            connection.set_busy_timeout(5000)
            return [str(row[0]) for row in connection.execute("select reason from channel_pause")]
        finally:
            connection.close()

    def conversations(self) -> int:
        connection = apsw.Connection(str(self.folder / "data.db"), flags=apsw.SQLITE_OPEN_READONLY)
        try:
            return int(connection.execute("select count(*) from conversation").get)
        finally:
            connection.close()

    def judge(self, server: Server, **states: int) -> dict[str, object]:
        """Nobody was answered twice, the ledger says so too, and nothing was said that should not be."""
        self.here.call(self.fake.drained(), timeout=15)
        ledger = server.settled()
        found = {name: count for name, count in ledger["states"].items() if count and name != "dropped"}
        assert {name: found.get(name, 0) for name in states} == states, ledger
        assert not set(found) - {*states, "ignored", "person"}, ledger
        for name, texts in self.texts().items():
            assert not [text for text, times in Counter(texts).items() if times > 1], (name, texts)
        for call in self.here.now(lambda: list(self.fake.calls)):
            assert "environment" not in call.path
        log = server.log()
        assert not [secret for secret in (API_KEY, HMAC) if secret in log]
        return ledger


@contextmanager
def shop(folder: Path, quiet: float = 0.3) -> Iterator[Shop]:
    with serve_in_thread(FakeWaha(API_KEY)) as here:
        yield Shop(folder, here, free_port(), quiet)


@scenario
def test_a_conversation_whose_engine_changes_and_whose_worker_dies(stage: Stage) -> None:
    with shop(stage.folder) as s, serving(stage.folder) as server:
        s.fake.behaviour.duplicate = 2
        s.write("ada", "one", "two")
        s.wait("ada", "told: one", "told: two")
        s.fake.engine = "NOWEB"
        s.write("ada", "three")
        s.here.now(lambda: s.fake.fail_next(close(taken=True)))
        s.wait("ada", "told: one", "told: two", "told: three")
        s.here.now(lambda: s.fake.fail_next(close(taken=True)))
        s.write("bo", "taken, then lost")
        s.wait("bo", "told: taken, then lost")
        until(lambda: rows(stage.folder, "read") == 4, "found in the chat, and read")

        s.write("cy", "hello")
        s.wait("cy", "told: hello")
        s.here.call(s.fake.owner.write(s.person("cy"), "It is me."))
        s.write("ada", "very hard")
        until(lambda: done(stage.folder, "thinking very hard") == 1, "thinking")
        s.fake.engine = "GOWS"
        worker = server.child("worker-1")
        os.kill(worker, signal.SIGKILL)
        s.write("cy", "thank you")
        s.write("bo", "after")
        (stage.folder / "go").touch()
        s.wait("ada", "told: one", "told: two", "told: three", "told: very hard")
        s.wait("bo", "told: taken, then lost", "told: after")
        s.here.call(s.person("bo").send("image", PICTURE, "image/jpeg"))
        s.wait("bo", "told: taken, then lost", "told: after", f"image/jpeg, {len(PICTURE)}")
        sent = s.here.now(lambda: s.person("bo").received[-1].file)
        assert sent is not None
        assert sent.data == PICTURE
        ledger = s.judge(server, answered=8)
        assert ledger["duplicates"] > 8, "everything was told twice"
        s.wait("cy", "told: hello", "It is me.")
        assert s.conversations() == 3, "whatever an engine calls them, they are the same people"
        assert all(typing.until is not None for person in s.people.values() for typing in person.typings)
        assert all(message.read_at for person in s.people.values() for message in person.written[:1])


@scenario
def test_a_session_that_is_lost_and_a_server_that_was_away(stage: Stage) -> None:
    with shop(stage.folder, quiet=1.0) as s:  # two messages are one turn, on a busy machine too
        with serving(stage.folder) as server:
            s.write("ada", "one")
            s.wait("ada", "told: one")
            s.write("ada", "very hard", "and more")
            until(lambda: done(stage.folder, "thinking very hard | and more") == 1, "thinking")
            s.here.now(lambda: s.fake.session.lose("SCAN_QR_CODE"))
            until(lambda: any("SCAN_QR_CODE" in reason for reason in s.pauses()), "stopped")
            assert "QR code" in s.pauses()[0]
            told = turnkeeper("doctor", "-c", str(stage.folder / "turnkeeper.toml"))
            assert "SCAN_QR_CODE" in told.stdout, told.stdout
            (stage.folder / "go").touch()
            until(lambda: rows(stage.folder, "queued") == 2, "waiting")
            s.write("bo", "missed 1", "missed 2")
            s.write("ada", "missed too")
            assert s.texts() == {"ada": ["told: one"], "bo": []}
            s.here.now(s.fake.session.scan)
            hard = ["told: one", "told: very hard", "told: and more"]
            s.wait("bo", "told: missed 1", "told: missed 2")
            s.wait("ada", *hard, "told: missed too")
            assert s.pauses() == []
            assert server.stop() == 0
        s.write("bo", "while you were away")
        s.write("cy", "are you there?")
        s.here.call(s.fake.drained(), timeout=15)
        with serving(stage.folder) as server:
            s.wait("bo", "told: missed 1", "told: missed 2", "told: while you were away")
            s.wait("cy", "told: are you there?")
            ledger = s.judge(server, answered=8)
            assert ledger["duplicates"], "what had been here was read again"
            s.wait("ada", *hard, "told: missed too")
