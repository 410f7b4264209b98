"""PostgreSQL goes away under a real server: webhooks still get their 200, and what they brought is answered once."""

import asyncio
import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import asyncpg

from tests.e2e.real_server import Server, configure, connect, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import Town, until
from tests.support.postgres import OWNER, Cluster, accepts, running_cluster, server_folders
from tests.support.programs import requires, running
from tests.web.provider import envelope, message, signed
from turnkeeper.testing.fake_graph import hold

PROVIDER_WAITS = 3.0
"""Seconds for a 200, as the issue promises it; Meta waits longer."""


class Postgres:
    """A cluster of this file's own, which it may stop. It keeps its port and its data."""

    def __init__(self, cluster: Cluster, folder: Path) -> None:
        self.cluster = cluster
        self._data = folder

    @property
    def pids(self) -> list[int]:
        """The postmaster's and those of its children."""
        main = int((self._data / "postmaster.pid").read_text().split()[0])
        found = [main]
        for entry in Path("/proc").glob("[0-9]*/stat"):
            with suppress(OSError):
                if int(entry.read_text().rpartition(")")[2].split()[1]) == main:
                    found.append(int(entry.parent.name))
        return found

    def stop(self) -> None:
        """End it as an operator does who does not wait for clients."""
        os.kill(self.pids[0], signal.SIGINT)
        until(lambda: not (self._data / "postmaster.pid").exists(), "stopped")

    @contextmanager
    def started(self) -> Iterator[None]:
        """Run it again until the block ends."""
        command = [requires("postgres", places=server_folders()), "-D", str(self._data)]
        command += ["-p", str(self.cluster.port), "-k", str(self._data.parent), "-c", "listen_addresses=127.0.0.1"]
        user = OWNER if os.geteuid() == 0 else None
        log = self._data.parent / "again.log"
        with running(command, ready=lambda: accepts(self.cluster), log=log, user=user, stop_with="INT"):
            yield

    @contextmanager
    def frozen(self) -> Iterator[None]:
        """It accepts connections and answers nothing, as behind a network that swallows everything."""
        pids = self.pids
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)


@contextmanager
def own_postgres() -> Iterator[Postgres]:
    with running_cluster() as cluster:
        cluster.create("away")

        async def shown() -> str:
            connection = await asyncpg.connect(cluster.url("postgres"))
            try:
                return str(await connection.fetchval("show data_directory"))
            finally:
                await connection.close()

        yield Postgres(cluster, Path(asyncio.run(shown())))


def set_up(folder: Path, town: Town, postgres: Postgres, **changed: Any) -> None:
    configure(folder, town.running, database=postgres.cluster.url("away"), **changed)


def posted(server: Server, number: int) -> tuple[int, float]:
    """A webhook of a stranger's, and the seconds until its answer."""
    body = envelope(message(f"m{number}", id=f"wamid.direct.{number}", at=int(time.time())))
    began = time.monotonic()
    return server.post("/webhooks/shop", body, signed(body, "secret")), time.monotonic() - began


def gauge(server: Server, name: str) -> float:
    for line in server.get("/metrics")[1].decode().splitlines():
        if line.startswith(f"{name} "):
            return float(line.split()[1])
    raise AssertionError(f"no {name}")


@scenario
def test_what_comes_while_postgresql_is_stopped_is_answered_when_it_is_back(stage: Stage) -> None:
    """With a `kill -9` of the web process in the middle of the outage."""
    town = stage.town
    with own_postgres() as postgres:
        set_up(stage.folder, town, postgres)
        with serving(stage.folder) as server:
            connect(town.running, server)
            town.write("ann", "before")
            town.until_answered()
            assert gauge(server, "turnkeeper_spool_webhooks") == 0
            postgres.stop()
            tried = len(town.tries())
            town.write("ann", "one", "two", "three")
            town.write("bob", "hello")
            town.wait(lambda: len(town.graph.webhooks.sent) >= tried + 4 and not town.graph.webhooks.pending)
            assert b'"away, spooling ' in server.get("/ready")[1]
            assert server.get("/ready")[0] == 200
            assert gauge(server, "turnkeeper_spool_webhooks") >= 4
            web = server.child("web")
            os.kill(web, signal.SIGKILL)
            assert server.child("web", other_than=web)
            town.write("ann", "four", "five")
            town.wait(lambda: not town.graph.webhooks.pending)
            waiting = gauge(server, "turnkeeper_spool_webhooks")
            assert waiting >= 6
            during = [call for call in town.tries()[tried:] if call.ok]
            assert max(call.latency for call in during) < PROVIDER_WAITS
            with postgres.started():
                began = time.monotonic()
                town.until_answered()
                took = time.monotonic() - began
                town.judge(server)
                assert gauge(server, "turnkeeper_spool_webhooks") == 0
                assert b'"store":"ok"' in server.get("/ready")[1]
                assert server.stop() == 0
                assert took < 10.0, took
        assert (stage.folder / "turnkeeper.spool").stat().st_mode & 0o077 == 0, "messages of people are in it"


@scenario
def test_a_database_that_says_nothing_delays_a_webhook_by_two_seconds(stage: Stage) -> None:
    town = stage.town
    with own_postgres() as postgres:
        set_up(stage.folder, town, postgres)
        with serving(stage.folder) as server:
            connect(town.running, server)
            town.write("ann", "before")
            town.until_answered()
            with postgres.frozen():
                answers = [posted(server, number) for number in range(3)]
            assert [status for status, _ in answers] == [200] * 3
            assert 1.5 < answers[0][1] < PROVIDER_WAITS
            assert max(took for _, took in answers[1:]) < 1.0
            until(lambda: gauge(server, "turnkeeper_spool_webhooks") == 0, "drained")
            ledger = server.settled()
            assert (ledger["accepted"], ledger["states"]["answered"] + ledger["states"]["failed"]) == (4, 4)


@scenario
def test_with_refuse_the_provider_keeps_it(stage: Stage) -> None:
    town = stage.town
    with own_postgres() as postgres:
        set_up(stage.folder, town, postgres)
        town.graph.behaviour.retry_first = 0.2
        with serving(stage.folder, TURNKEEPER_SERVER__WHEN_DATABASE_IS_AWAY="refuse") as server:
            connect(town.running, server)
            postgres.stop()
            assert posted(server, 1)[0] == 503
            assert server.get("/ready")[0] == 503
            town.write("ann", "hello")
            town.wait(lambda: len(town.graph.webhooks.sent) > 2)
            assert not (stage.folder / "turnkeeper.spool").exists()
            with postgres.started():
                town.judge(server)


@scenario
def test_case_03_an_echo_that_waits_in_the_spool_spares_a_second_send(stage: Stage) -> None:
    """The provider took the message and never answered; its status came while PostgreSQL was away."""
    town = stage.town
    with own_postgres() as postgres:
        set_up(stage.folder, town, postgres, send_limit=3, unknown_wait=2)
        town.graph.behaviour.sent_after = 1.5
        with serving(stage.folder) as server:
            connect(town.running, server)
            town.fail_next(hold(taken=True))
            town.write("ann", "hello")
            town.wait(lambda: town.sends == 1)
            postgres.stop()
            time.sleep(7)  # longer than the send and the wait for its echo
            assert gauge(server, "turnkeeper_spool_webhooks") >= 1
            with postgres.started():
                town.judge(server)
                assert town.sends == 1
                assert server.stop() == 0
