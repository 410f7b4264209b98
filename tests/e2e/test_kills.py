"""`kill -9` wherever it hurts: every message that got its 200 is answered once, in order."""

import os
import signal
import time
from pathlib import Path

from tests.e2e.real_server import Server, configure, connect, serving
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import THINKER, Gate, done, gate, rows, until
from tests.support.programs import free_port
from turnkeeper.testing.fake_graph import hold


@scenario
def test_a_worker_that_is_killed_with_every_kind_of_work_in_hand(stage: Stage) -> str:
    """Thinking; sending, taken or not; between the commit and the send. The rest of an answer keeps its place."""
    town = stage.town
    town.graph.behaviour.sent_after = 2.0  # what settles the taken one comes after its sender's death
    with gate(town.running) as between:
        configure(stage.folder, town.running, bot=THINKER, api_base=between.url, send_limit=4, unknown_wait=3, lease=20)
        with serving(stage.folder) as server:
            connect(town.running, server)
            town.fail_next(hold(taken=True), hold(taken=False))
            town.write("taken", "taken 1", "taken 2")
            town.wait(lambda: len(town.person("taken").texts) == 1)
            town.write("lost", "lost 1", "lost 2")
            town.wait(lambda: town.sends == 2)
            town.write("thinking", "very hard")
            until(lambda: done(stage.folder, "thinking very hard") == 1, "thinking")
            between.shut()
            town.write("committed", "committed 1", "committed 2")
            until(lambda: rows(stage.folder, "sending") == 3, "committed")
            assert (town.person("committed").texts, town.sends) == ([], 2)
            took = taken_over(stage.folder, server, between)
            (stage.folder / "go").touch()
            town.judge(server)
            assert took < 8.0, "the supervisor has seen it end: nobody waits for its lease"
    for text in ("taken 1 | taken 2", "very hard", "committed 1 | committed 2"):
        assert done(stage.folder, f"looked up {text}") == 1, "a stored result is never computed again"
    assert done(stage.folder, "thinking very hard") == 2, "a step that was cut off runs again"
    return f"taken over {took:.1f} s after the kill -9"


def taken_over(folder: Path, server: Server, between: Gate) -> float:
    """Kill the worker; seconds until its turn is run by another one."""
    began = time.monotonic()
    os.kill(server.child("worker-1"), signal.SIGKILL)
    between.open()
    until(lambda: done(folder, "thinking very hard") == 2, "taken over")
    return time.monotonic() - began


@scenario
def test_a_web_process_that_is_killed_while_hundreds_write(stage: Stage) -> None:
    """The provider delivers again what got no 200; what got one is kept."""
    town = stage.town
    town.graph.behaviour.retry_first = 0.2
    town.graph.behaviour.retry_alone = True
    configure(stage.folder, town.running, quiet=0.2)
    with serving(stage.folder) as server:
        connect(town.running, server)
        for wave, batch in enumerate((1, 1, 5)):
            town.graph.behaviour.batch = batch
            web = server.child("web")
            tried = len(town.graph.webhooks.sent)
            for number in range(120):
                town.write(f"{wave}-{number % 40}", f"{wave}.{number}")
            town.wait(lambda tried=tried: len(town.graph.webhooks.sent) >= tried + 10)  # type: ignore[misc]
            os.kill(web, signal.SIGKILL)
            assert server.child("web", other_than=web)
        ledger = town.judge(server)
    assert any(not call.ok for call in town.tries()), "no webhook was cut off"
    assert ledger["accepted"] == 360
    assert ledger["duplicates"]


@scenario
def test_everything_is_killed_and_started_again(stage: Stage) -> None:
    """Thinking, waiting for quiet, and sending: the next start goes on with all of it."""
    town = stage.town
    configure(stage.folder, town.running, bot=THINKER, port=free_port(), send_limit=2, unknown_wait=1)
    with serving(stage.folder) as server:
        connect(town.running, server)
        town.write("settled", "settled 1")
        town.until_answered()
        town.fail_next(hold(taken=False))
        town.write("lost", "lost 1", "lost 2")
        town.wait(lambda: town.sends == 2)
        town.write("thinking", "very hard")
        until(lambda: done(stage.folder, "thinking very hard") == 1, "thinking")
        for number in range(20):
            town.write(f"waiting {number}", f"waiting {number}")
        town.wait(lambda: town.graph.webhooks.pending == 0)
        server.kill()
    (stage.folder / "go").touch()
    town.write("away", "written while nobody listens")
    with serving(stage.folder) as server:
        town.judge(server)
    assert done(stage.folder, "looked up very hard") == 1
