"""The named switches: what each does to a send, a call or a webhook, and that it can be taken back."""

import httpx2
import pytest

from tests.testing.business import World, message
from turnkeeper.testing.fake_graph import Behaviour, set_switch, switches

SENDS: list[tuple[str, int | type[Exception], int | None, int]] = [
    ("rate_limited", 400, 130429, 0),
    ("server_error", 500, 131000, 0),
    ("timeout", httpx2.ReadTimeout, None, 0),
    ("connection_lost", httpx2.RemoteProtocolError, None, 1),
    ("token_revoked", 401, 190, 0),
    ("window_closed", 400, 131047, 0),
]


@pytest.mark.parametrize("name, seen, code, taken", SENDS)
async def test_every_send_meets_the_switch_until_it_is_off(
    name: str, seen: int | type[Exception], code: int | None, taken: int
) -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        await ada.write("hi")
        set_switch(world.fake.behaviour, name, True)
        for _ in range(2):
            if isinstance(seen, int):
                reply = await world.post(message())
                assert (reply.status_code, reply.json()["error"]["code"]) == (seen, code)
            else:
                with pytest.raises(seen):
                    await world.post(message())
        assert len(ada.received) == 2 * taken
        set_switch(world.fake.behaviour, name, False)
        assert (await world.post(message())).status_code == 200
        assert world.fake.behaviour == Behaviour()


async def test_switches_of_webhooks() -> None:
    async with World() as world:
        ada = await world.fake.person("15551234567")
        set_switch(world.fake.behaviour, "duplicates", True)
        await ada.write("thrice")
        await world.fake.drained()
        assert len(world.business.messages()) == 3
        set_switch(world.fake.behaviour, "duplicates", False)
        set_switch(world.fake.behaviour, "outage", True)
        await ada.write("later")
        await world.clock.advance(0.5)
        assert len(world.business.messages()) == 3
        set_switch(world.fake.behaviour, "outage", False)
        await world.clock.advance(10)
        assert len(world.business.messages()) == 4
        set_switch(world.fake.behaviour, "reordering", True)
        assert world.fake.behaviour.reorder


def test_each_is_listed_and_only_the_one_turned_is_on() -> None:
    for name in [switch.name for switch in switches(Behaviour())]:
        behaviour = Behaviour()
        assert not any(switch.on for switch in switches(behaviour))
        set_switch(behaviour, name, True)
        assert [switch.name for switch in switches(behaviour) if switch.on] == [name]
        set_switch(behaviour, name, False)
        assert behaviour == Behaviour()
    assert all(switch.title and switch.effect.endswith(".") for switch in switches(Behaviour()))


def test_one_fault_at_a_time() -> None:
    behaviour = Behaviour()
    set_switch(behaviour, "timeout", True)
    set_switch(behaviour, "server_error", True)
    assert [switch.name for switch in switches(behaviour) if switch.on] == ["server_error"]
    set_switch(behaviour, "timeout", False)
    assert behaviour.fault is not None
    with pytest.raises(KeyError):
        set_switch(behaviour, "gravity", True)
