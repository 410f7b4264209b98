"""People who write to a server, and what is expected of it: each message in one answer, once, in order.

The bots of these tests answer `told: ` and the texts of the turn, joined by ` | `, each text unique.
"""

import asyncio
import contextlib
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar

import apsw

from tests.e2e.real_server import PATIENCE, Server
from turnkeeper.testing.fake_graph import Fault, Person, Running, WebhookCall

T = TypeVar("T")
THINKER = Path(__file__).with_name("thinker_bot.py").read_text("utf-8")


class Town:
    """The people who write to one server through one fake."""

    def __init__(self, running: Running) -> None:
        self.running = running
        self.graph = running.graph
        self.people: dict[str, Person] = {}

    def person(self, name: str) -> Person:
        """A person by any name."""
        if name not in self.people:
            phone = f"1555{len(self.people):07}"
            self.people[name] = self.running.call(self.graph.person(phone, name=name))
        return self.people[name]

    def write(self, name: str, *texts: str) -> None:
        """Write in a row."""
        person = self.person(name)
        for text in texts:
            self.running.call(person.write(text))

    def wait(self, condition: Callable[[], bool], within: float = PATIENCE) -> None:
        """Until something is true of the fake; looked at now and then, since it changes a thousand times a second."""
        deadline = time.monotonic() + within
        while not self.running.call(_called(condition)):
            if time.monotonic() > deadline:
                got = {name: (person.texts, len(person.written)) for name, person in self.people.items()}
                raise AssertionError(f"never came true; people got {got}")
            time.sleep(0.02)

    def until_answered(self, within: float = PATIENCE) -> None:
        """Until every message of everybody stands in an answer."""
        self.wait(lambda: all(set(told(p)) >= {w.text for w in p.written} for p in self.people.values()), within)

    def fail_next(self, *faults: Fault) -> None:
        """What the next sends meet."""
        for fault in faults:
            self.running.call(_called(lambda fault=fault: self.graph.fail_next(fault)))  # type: ignore[misc]

    @property
    def sends(self) -> int:
        """Messages that the business has tried to send."""
        return sum(call.kind == "message" for call in self.graph.calls)

    def tries(self) -> list[WebhookCall]:
        """Every try to deliver a webhook so far."""
        return self.running.call(_called(lambda: list(self.graph.webhooks.sent)))

    def judge(self, server: Server) -> dict[str, object]:
        """Everything answered once and in order, and the ledger says the same."""
        self.until_answered()
        ledger = server.settled()
        written = sum(len(person.written) for person in self.people.values())
        assert ledger["accepted"] == written, ledger
        assert ledger["states"]["answered"] == written, ledger
        self.running.call(self.graph.drained(), timeout=15)
        for name, person in self.people.items():
            twice = {text for text, count in Counter(told(person)).items() if count > 1}
            assert not twice, f"{name} got {twice} twice: {person.texts}"
            assert not list(self._swapped(person)), (name, person.texts)
        return ledger

    def _swapped(self, person: Person) -> Iterator[tuple[str, str]]:
        """Answers in another order than the messages were acknowledged in."""
        tried: dict[str, float] = {}
        taken: dict[str, float] = {}
        for call in self.tries():
            for message_id in call.ids:
                tried[message_id] = min(call.at, tried.get(message_id, call.at))
                if call.ok:
                    done = call.at + call.latency
                    taken[message_id] = min(done, taken.get(message_id, done))
        place = {text: at for at, text in enumerate(told(person))}
        for one in person.written:
            for other in person.written:
                if taken[one.id] < tried[other.id] and place[one.text] > place[other.text]:
                    yield one.text, other.text


def until(
    condition: Callable[[], bool], what: str, told: Callable[[], object] = lambda: "", within: float = PATIENCE
) -> float:
    """Wait for something outside the fake; the seconds that it took. `told`: what is shown where it never came."""
    began = time.monotonic()
    deadline = time.monotonic() + within
    while not condition():
        assert time.monotonic() < deadline, f"never {what}: {told()}"
        time.sleep(0.01)
    return time.monotonic() - began


def done(folder: Path, what: str) -> int:
    """How often the thinker in a folder noted something."""
    path = folder / "done"
    return path.read_text().splitlines().count(what) if path.exists() else 0


def rows(folder: Path, state: str) -> int:
    """How many messages to send are in a state, in the SQLite file of a server that runs."""
    connection = apsw.Connection(str(folder / "data.db"), flags=apsw.SQLITE_OPEN_READONLY)
    try:
        connection.set_busy_timeout(5000)
        return int(connection.execute("select count(*) from outbound where state = ?", (state,)).get)
    finally:
        connection.close()


def told(person: Person) -> list[str]:
    """The texts of a person's messages as they stand in the answers."""
    return [part for text in person.texts for part in text.removeprefix("told: ").split(" | ")]


class Gate:
    """Stands between the server and the provider. While it is `shut` nothing gets through."""

    def __init__(self, running: Running) -> None:
        self._running = running
        self._open = asyncio.Event()
        self._connections: set[asyncio.Task[None]] = set()
        self.url = ""

    def shut(self) -> None:
        self._running.call(_called(self._open.clear))

    def open(self) -> None:
        self._running.call(_called(self._open.set))

    @contextlib.asynccontextmanager
    async def serve(self) -> AsyncIterator[None]:
        self._open.set()
        server = await asyncio.start_server(self._connected, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield
        finally:
            server.close()
            for task in self._connections:
                task.cancel()
            await asyncio.gather(*self._connections, return_exceptions=True)

    async def _connected(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._connections.add(task)
        task.add_done_callback(self._connections.discard)
        host, port = self._running.base_url.removeprefix("http://").split(":")
        there, back = await asyncio.open_connection(host, int(port))
        pipes = [self._pipe(reader, back, gated=True), self._pipe(there, writer, gated=False)]
        try:
            await asyncio.gather(*pipes, return_exceptions=True)
        except asyncio.CancelledError:
            pass  # the gate is taken down
        finally:
            for each in (back, writer):
                each.close()
                with contextlib.suppress(OSError):
                    await each.wait_closed()

    async def _pipe(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, gated: bool) -> None:
        while data := await reader.read(65536):
            while gated and not self._open.is_set():
                with contextlib.suppress(TimeoutError):
                    more = await asyncio.wait_for(reader.read(65536), 0.02)
                    if not more:
                        return  # whoever asked is gone; what they asked for never left
                    data += more
            writer.write(data)
            await writer.drain()
        writer.close()


async def _called(function: Callable[[], T]) -> T:
    """Run it where the fake lives."""
    return function()


@contextmanager
def gate(running: Running) -> Iterator[Gate]:
    """A gate in the fake's own loop."""
    made = Gate(running)
    serving = made.serve()
    running.call(serving.__aenter__())
    try:
        yield made
    finally:
        made.open()
        running.call(serving.__aexit__(None, None, None))
