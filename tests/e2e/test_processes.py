"""The server as processes: it answers, survives what is killed, and stops without losing anything."""

import http.client
import os
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.e2e.real_server import ECHO, PATIENCE, Server, configure, connect, provider, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import THINKER, Town, done, told, until
from tests.support.programs import free_port
from tests.web.provider import envelope, message, signed
from turnkeeper.testing.fake_graph import Running

SLOW = ECHO.replace("    await turn.reply", "    import asyncio\n    await asyncio.sleep(1.0)\n    await turn.reply")
BLOCKING = ECHO.replace("    await turn.reply", "    block()\n    await turn.reply")
BLOCKING += """
def block() -> None:
    import pathlib, time
    pathlib.Path(__file__).with_name("blocking").touch()
    time.sleep(2.0)
"""
IDLE_LIMIT = 180 * 1024


@pytest.fixture
def graph() -> Iterator[Running]:
    with provider() as running:
        yield running


def answers(running: Running, count: int, phone: str = "15551234567") -> list[str]:
    """What the person got, once it is `count` messages."""
    person = running.call(running.graph.person(phone))
    if count:
        running.call(person.next_message(count - 1, within=PATIENCE), timeout=PATIENCE + 5)
    return person.texts


def write(running: Running, *texts: str, phone: str = "15551234567") -> None:
    person = running.call(running.graph.person(phone))
    for text in texts:
        running.call(person.write(text))


def settled(server: object, state: str, count: int) -> dict[str, object]:
    """The ledger, once `count` events are in a state."""
    deadline = time.monotonic() + PATIENCE
    while True:
        ledger = server.ledger()  # type: ignore[attr-defined]
        if ledger["states"][state] == count or time.monotonic() > deadline:
            return ledger  # type: ignore[no-any-return]


def test_a_burst_gets_one_answer_and_a_clean_stop(tmp_path: Path, graph: Running) -> None:
    configure(tmp_path, graph)
    with serving(tmp_path) as server:
        connect(graph, server)
        assert graph.call(graph.graph.verify_webhook()).ok
        write(graph, "one", "two", "three")
        assert answers(graph, 1) == ["told: one | two | three"]
        ledger = settled(server, "answered", 3)
        assert (ledger["accepted"], ledger["duplicates"]) == (3, 0)
        assert server.get("/health")[0] == server.get("/ready")[0] == 200
        assert b"turnkeeper_accepted_total 3.0" in server.get("/metrics")[1]
        pids = list(server.children.values())
        assert server.stop() == 0
        for pid in pids:
            with pytest.raises(ProcessLookupError):
                os.kill(pid, 0)
    assert (tmp_path / "server.log").read_text() == ""
    assert list(tmp_path.glob("turnkeeper-*")) == []


def test_an_idle_server_is_small(tmp_path: Path, graph: Running) -> None:
    configure(tmp_path, graph)
    with serving(tmp_path) as server:
        sizes = server.memory()
        assert set(sizes) == {"supervisor", "web", "worker-1"}
        assert sum(sizes.values()) < IDLE_LIMIT, sizes
        assert sizes["supervisor"] < 15 * 1024


def test_a_bot_that_blocks_delays_no_acknowledgement_and_keeps_its_lease(tmp_path: Path, graph: Running) -> None:
    """A turn blocks its worker's loop for twice a lease, and beside it another worker stands ready to take over."""
    configure(tmp_path, graph, bot=BLOCKING, lease=1, workers=2, quiet=1.5)
    town = Town(graph)
    with serving(tmp_path) as server:
        connect(graph, server)
        town.write("ada", "hello")
        until(lambda: (tmp_path / "blocking").exists(), "blocking")
        posters = [town.person(f"poster {number}") for number in range(2)]
        for poster in posters:
            poster.thread().wrote_at = time.time()  # their messages go past the fake
        with ThreadPoolExecutor(2) as pool:
            posted = [pool.submit(post_many, server, poster.identity.phone, 100) for poster in posters]
            took = sorted(seconds for each in posted for seconds in each.result())
        print(f"200s while the bot blocks: p50 {took[100] * 1000:.1f} ms, p99 {took[198] * 1000:.1f} ms")  # noqa: T201
        assert town.person("ada").texts == [], "the bot blocked no longer while they were posted"
        assert took[198] < 0.25
        town.wait(lambda: all(len(told(poster)) >= 100 for poster in posters))
        assert [sorted(told(poster), key=int) for poster in posters] == [[str(n) for n in range(100)]] * 2
        assert town.person("ada").texts == ["told: hello"]
        assert server.settled()["states"]["answered"] == 201
    assert "declared dead" not in server.log()


def post_many(server: Server, phone: str | None, count: int) -> list[float]:
    """The seconds that each of so many webhooks waited for its 200, over one connection."""
    host, port = server.url.removeprefix("http://").split(":")
    line = http.client.HTTPConnection(host, int(port), timeout=PATIENCE)
    took = []
    for number in range(count):
        body = envelope(message(str(number), id=f"wamid.{phone}.{number}", at=int(time.time())))
        body = body.replace(b"15551234567", str(phone).encode())
        began = time.monotonic()
        line.request("POST", "/webhooks/shop", body, signed(body, "secret"))
        answer = line.getresponse()
        answer.read()
        took.append(time.monotonic() - began)
        assert answer.status == 200
    line.close()
    return took


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_turn_under_way_is_finished_before_the_stop(tmp_path: Path, graph: Running, number: int) -> None:
    configure(tmp_path, graph, bot=SLOW)
    with serving(tmp_path) as server:
        connect(graph, server)
        write(graph, "hello")
        person = graph.call(graph.graph.person("15551234567"))
        graph.call(graph.graph.changes.until(lambda: person.typing, PATIENCE), timeout=PATIENCE + 5)
        assert server.stop(number) == 0
        assert answers(graph, 1) == ["told: hello"]


@scenario
def test_a_turn_that_takes_too_long_is_handed_over_at_a_stop(stage: Stage) -> None:
    """And goes on at the next start, with what it had journaled."""
    town = stage.town
    configure(stage.folder, town.running, bot=THINKER, drain=1, port=free_port())
    with serving(stage.folder) as server:
        connect(town.running, server)
        town.write("thinking", "very hard")
        until(lambda: done(stage.folder, "thinking very hard") == 1, "thinking")
        town.write("waiting", "for quiet")
        town.wait(lambda: town.graph.webhooks.pending == 0)
        assert server.stop() == 0
        assert "Traceback" not in server.log()
    (stage.folder / "go").touch()
    town.write("away", "written while nobody listens")
    with serving(stage.folder) as server:
        town.judge(server)
    assert done(stage.folder, "looked up very hard") == 1
    assert done(stage.folder, "thinking very hard") == 2


def test_children_end_with_a_supervisor_that_was_killed(tmp_path: Path, graph: Running) -> None:
    configure(tmp_path, graph)
    with serving(tmp_path) as server:
        pids = [server.child("web"), server.child("worker-1")]
        os.kill(server.process.pid, signal.SIGKILL)
        server.process.wait()
        deadline = time.monotonic() + PATIENCE
        while any(Path(f"/proc/{pid}/exe").exists() for pid in pids):
            assert time.monotonic() < deadline
            time.sleep(0.02)
        assert list(tmp_path.glob("turnkeeper-*")) == []


def test_several_machines_on_postgresql(tmp_path: Path, graph: Running, postgres_database: str) -> None:
    """A web process and a worker that share nothing but the database, which wakes the one for the other.

    The worker looks once a second anyway: half of the messages would wait for longer than half of that.
    """
    configure(tmp_path, graph, database=postgres_database, quiet=0.1)
    with serving(tmp_path, "--role", "web") as web, serving(tmp_path, "--role", "worker") as worker:
        assert (set(web.children), set(worker.children)) == ({"web"}, {"worker-1"})
        connect(graph, web)
        took = []
        for number in range(15):
            phone = f"1555123{number:04}"  # whose conversation no worker has in hand
            began = time.monotonic()
            write(graph, "hello", phone=phone)
            answers(graph, 1, phone)
            took.append(time.monotonic() - began)
        assert sorted(took)[10] < 0.45, took
        print(f"answered after {sorted(took)[7]:.3f} s, of which 0.1 s are quiet")  # noqa: T201
        assert worker.stop() == 0
        assert web.stop() == 0
