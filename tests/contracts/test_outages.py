"""Case 3 on every store: after an outage, a send of unknown fate waits for its echo as long as the outage lasted."""

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_sends import first_send
from tests.contracts.world import W1, World
from turnkeeper.model.outbound import Unknown
from turnkeeper.rules.retry import Outage
from turnkeeper.store.base import Claimed, ClaimedSend
from turnkeeper.testing.events import status


async def claim(w: World, over: Outage) -> list[Claimed]:
    return await w.store.claim(W1, 10, w.now, {"assistant": "v1"}, over)


async def test_an_echo_that_comes_out_of_the_spool_spares_the_second_send(world: OpenWorld) -> None:
    async with world() as w:
        send = await first_send(w, "one", "two")
        await w.record(send, Unknown("no answer"))
        w.now += 31
        over = Outage(w.now - 1, 180.0)
        assert await claim(w, over) == []
        assert await w.store.next_due() == over.over_at + 180
        w.now += 100
        taken = await w.report(status("sent", tracker=w.tracker(send), at=w.now - 200))
        assert [wake.due_at for wake in taken.wakes] == [w.now]
        (claimed,) = await claim(w, over)
        assert isinstance(claimed, ClaimedSend)
        assert claimed.row.seq == 2
        await w.deliver(await w.record(claimed))
        assert w.sent == ["two"]
        assert await w.states() == {"answered": 1}


async def test_without_an_echo_it_is_sent_again_once_the_wait_is_over(world: OpenWorld) -> None:
    async with world() as w:
        await w.record(await first_send(w, "one"), Unknown("no answer"))
        w.now += 31
        over = Outage(w.now - 1, 180.0)
        assert await claim(w, over) == []
        await w.until_due()
        (claimed,) = await claim(w, over)
        assert isinstance(claimed, ClaimedSend)
        assert (claimed.row.seq, claimed.row.tries) == (1, 2)


async def test_what_nobody_looked_at_for_long_waits_anew(world: OpenWorld) -> None:
    """The whole machine was away: no worker is left that knows of it."""
    async with world() as w:
        await w.record(await first_send(w, "one"), Unknown("no answer"))
        w.now += 3600
        assert await w.claim() == []
        assert await w.store.next_due() == w.now + 600
        await w.until_due()
        (claimed,) = await w.claim()
        assert isinstance(claimed, ClaimedSend)
