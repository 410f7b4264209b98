"""Sends that are refused, or whose fate nobody knows: nobody gets an answer twice, and none is lost."""

from tests.e2e.real_server import configure, connect, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import rows
from turnkeeper.testing.fake_graph import close, gateway_error, hold, refuse

FAULTS = {
    "taken, then the connection closed": (close(taken=True), 1),
    "not taken, the connection closed": (close(taken=False), 2),
    "taken, then silence": (hold(taken=True), 1),
    "not taken, then silence": (hold(taken=False), 2),
    "taken, and a proxy's error page": (gateway_error(taken=True), 1),
    "not taken, and a proxy's error page": (gateway_error(), 2),
    "refused for now": (refuse(131000), 2),
    "too fast": (refuse(130429), 2),
}
"""A fault, and how often the message is sent."""


@scenario
def test_a_send_of_unknown_fate_is_settled_by_its_echo_or_repeated_once(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running, send_limit=2, unknown_wait=6)  # no repeat meets the next one's fault
    with serving(stage.folder) as server:
        connect(town.running, server)
        for label, (fault, _) in FAULTS.items():
            town.fail_next(fault)
            town.write(label, label)
            town.wait(lambda: not town.graph.sends.faults["send"])
        for label in FAULTS:
            town.write(label, f"{label}: what comes next")
        town.judge(server)
    for label, (_, expected) in FAULTS.items():
        person = town.person(label)
        assert tries(town.graph.calls, person.texts[0]) == expected, label
        assert len(person.texts) == 2, label


def tries(calls: object, text: str) -> int:
    """How often a text was given to the provider."""
    return sum(call.kind == "message" and call.body["text"]["body"] == text for call in calls)  # type: ignore[attr-defined]


@scenario
def test_a_dead_token_stops_the_channel_until_it_is_mended(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running)
    with serving(stage.folder) as server:
        connect(town.running, server)
        town.write("ada", "before")
        town.until_answered()
        town.graph.access_token = "token-2"
        for number in range(6):
            town.write(f"person {number}", f"person {number}")
        town.write("ada", "after")
        town.wait(lambda: town.graph.webhooks.pending == 0)
        town.wait(lambda: refused(town.graph.calls) > 0)
        server_rows(stage, 7)
        known = refused(town.graph.calls)
        town.write("late", "late")
        server_rows(stage, 8)
        # The typing indicator of the newest turn is refused as well; nothing else is tried.
        assert refused(town.graph.calls) <= known + 1
        assert server.ledger()["states"]["running"] == 8
        assert server.stop() == 0
        assert server.log().count("channel stopped") == 1
    with serving(stage.folder) as server:
        assert "channel shop sends nothing, stopped by error 190; " in server.log()
        assert server.stop() == 0
    with serving(stage.folder, E2E_TOKEN="token-2") as server:
        connect(town.running, server)
        assert "channel shop sends again; it had been stopped by error 190" in server.log()
        town.judge(server)


def refused(calls: object) -> int:
    return sum(call.code == 190 for call in calls)  # type: ignore[attr-defined]


def server_rows(stage: Stage, count: int) -> None:
    """Wait until so many answers lie there unsent."""
    stage.town.wait(lambda: rows(stage.folder, "queued") == count)


@scenario
def test_a_channel_that_is_stopped_by_hand_stays_so_until_it_is_resumed_by_hand(stage: Stage) -> None:
    town = stage.town
    configure(stage.folder, town.running)
    config = ("--config", str(stage.folder / "turnkeeper.toml"))
    with serving(stage.folder) as server:
        connect(town.running, server)
        assert turnkeeper("channel", "pause", "shop", *config).returncode == 0
        town.write("ada", "one")
        server_rows(stage, 1)
        assert server.stop() == 0
    with serving(stage.folder) as server:
        connect(town.running, server)
        town.write("bob", "two")
        server_rows(stage, 2)
        assert town.sends == 0
        assert turnkeeper("channel", "resume", "shop", *config).returncode == 0
        town.judge(server)
