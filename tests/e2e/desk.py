"""A `turnkeeper serve` with a Telegram bot, its people, and what is expected of it."""

import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from tests.e2e.real_server import ECHO, PATIENCE, Server
from turnkeeper.testing.fake_telegram import FakeTelegram, Message, Person
from turnkeeper.testing.loopback import Running, serve_in_thread

SECRET = "word-1"
TOML = """
[server]
port = 0
drain = "2s"
log_level = "warning"
[database]
url = "{database}"
[workers]
count = 1
lease = "2s"
[channels.desk]
kind = "telegram"
bot = "assistant"
token = "{token}"
secret_token = "{secret}"
api_base = "{api_base}"
updates = "{updates}"
unknown_wait = "0.5s"
send_limit = "1s"
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = {quiet}
max_wait = 2
adaptive = false
rate_limit = "off"
"""


class Desk:
    """People who write to the bot."""

    def __init__(self, running: Running[FakeTelegram]) -> None:
        self.running = running
        self.fake = running.fake
        self.people: dict[str, Person] = {}

    def configure(self, folder: Path, *, bot: str = ECHO, updates: str = "webhook", **changed: object) -> None:
        """Write a configuration and a bot."""
        folder.mkdir(exist_ok=True)
        filled = {"database": "sqlite:///data.db", "quiet": 0.2, "api_base": self.running.base_url} | changed
        text = TOML.format(token=self.fake.token, secret=SECRET, updates=updates, **filled)
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        (folder / "the_bot.py").write_text(bot, "utf-8")

    def hook(self, server: Server) -> None:
        """From now on updates go to the server."""
        allowed = ("message", "edited_message", "callback_query", "my_chat_member", "message_reaction")
        self.running.call(self.fake.hook(f"{server.url}/webhooks/desk", SECRET, allowed=allowed))

    def person(self, name: str) -> Person:
        """A person by any name."""
        if name not in self.people:
            self.people[name] = self.running.call(self.fake.person(name=name))
        return self.people[name]

    def write(self, name: str, *texts: str) -> list[Message]:
        """Write in a row."""
        return [self.running.call(self.person(name).write(text)) for text in texts]

    def wait(self, condition: Callable[[], bool], within: float = PATIENCE) -> None:
        """Until something is true of the fake."""
        deadline = time.monotonic() + within
        while not self.running.now(condition):
            if time.monotonic() > deadline:
                raise AssertionError(f"never came true; people got { {n: p.texts for n, p in self.people.items()} }")
            time.sleep(0.02)

    def answers(self, name: str, count: int) -> list[Message]:
        """The first answers to a person, once there are so many."""
        person = self.person(name)
        self.wait(lambda: len(person.received) >= count)
        return self.running.now(lambda: person.received)

    def until_answered(self, within: float = PATIENCE) -> None:
        """Until every message of everybody stands in an answer."""
        everybody = list(self.people.values())
        self.wait(lambda: all(set(told(each)) >= {one.text for one in each.written} for each in everybody), within)

    def judge(self, server: Server, accepted: int, resent: Callable[[], int] = lambda: 0) -> None:
        """Everything answered once and in order, and the ledger says the same. `resent`: sends of which nobody knew
        whether they had arrived; Telegram cannot be asked, so these may be there twice."""
        self.until_answered()
        ledger = server.settled()
        assert (ledger["accepted"], ledger["states"]["answered"]) == (accepted, accepted), ledger
        self.running.call(self.fake.drained())
        twice = 0
        for name, person in self.people.items():
            texts = told(person)
            once = list(dict.fromkeys(texts))
            twice += len(person.texts) - len(set(person.texts))
            assert set(Counter(texts).values()) <= {1, 2}, (name, person.texts)
            assert once == [one.text for one in person.written], name
        assert twice <= resent(), "only what was marked as sent again"


def rows(folder: Path, tries: int) -> int:
    """How many messages took so many tries, in the SQLite file of a server."""
    with closing(sqlite3.connect(folder / "data.db")) as connection:
        return int(connection.execute("select count(*) from outbound where tries >= ?", (tries,)).fetchone()[0])


def told(person: Person) -> list[str]:
    """The texts of a person's messages as they stand in the answers."""
    return [part for text in person.texts for part in text.removeprefix("told: ").split(" | ")]


@contextmanager
def open_desk() -> Iterator[Desk]:
    """A fake that serves, with no server yet."""
    with serve_in_thread(FakeTelegram()) as running:
        yield Desk(running)
