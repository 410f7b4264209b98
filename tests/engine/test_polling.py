"""Asking for updates, in virtual time, against the fake Bot API: nothing lost, nothing twice, one who asks."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from turnkeeper.channels.telegram import Telegram
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.engine.http import Client
from turnkeeper.engine.polling import Asked, Poller
from turnkeeper.engine.wakeups import LocalWakeups
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import BotId, ChannelId, WorkspaceId
from turnkeeper.model.policy import Channel
from turnkeeper.store.base import Intake, Taken
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.store.workers import Sole
from turnkeeper.testing.events import Channels
from turnkeeper.testing.fake_telegram import Behaviour, FakeTelegram, Person, hold, refuse, server_error
from turnkeeper.testing.loopback import InProcess
from turnkeeper.testing.virtual_time import VirtualClock, run


class Time(VirtualClock):
    """The fake's clock in the same time."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(seconds)


class Desk:
    """A bot, its store, and people; `broken` is asked before each take and may raise."""

    def __init__(self, behaviour: Behaviour | None = None) -> None:
        self.fake = FakeTelegram(clock=Time(), behaviour=behaviour)
        self.client = Client(transport=InProcess(self.fake))
        config = TelegramConfig(self.fake.token, api_base="http://bot.test", updates="polling")
        self.channel = Channel(WorkspaceId("default"), ChannelId("desk"), "telegram", BotId("assistant"), config=config)
        self.store = Flaky(SqliteStore(":memory:", Channels(self.channel), inline=True))

    def poller(self) -> Poller:
        asked = Asked(self.channel, Telegram(), (str(self.fake.bot.id),))
        store: Any = self.store
        return Poller(asked, store, self.client, LocalWakeups(), Time())

    async def states(self) -> dict[str, int]:
        states = (await self.store.inner.ledger()).states
        return {state: count for state, count in states.items() if count}


class Flaky:
    """A store whose takes may go wrong, and whose task can be lost."""

    def __init__(self, inner: SqliteStore) -> None:
        self.inner = inner
        self.broken: Callable[[Intake], None] = lambda _: None
        self.held: list[Sole] = []

    async def take(self, intake: Intake) -> Taken:
        self.broken(intake)
        return await self.inner.take(intake)

    async def sole(self, task: str) -> Sole | None:
        found = await self.inner.sole(task)
        if found is not None:
            self.held.append(found)
        return found


@asynccontextmanager
async def desk(behaviour: Behaviour | None = None, pollers: int = 1) -> AsyncIterator[tuple[Desk, Person]]:
    made = Desk(behaviour)
    await made.store.inner.open()
    await made.store.inner.migrate()
    ada = await made.fake.person()
    asking = [asyncio.create_task(_later(number, made.poller())) for number in range(pollers)]
    try:
        yield made, ada
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
        await made.fake.aclose()
        await made.client.close()
        await made.store.inner.close()


async def _later(seconds: float, poller: Poller) -> None:
    await asyncio.sleep(seconds)
    await poller.run()


def test_what_people_write_is_taken_once_and_then_confirmed() -> None:
    async def main() -> None:
        async with desk(Behaviour(repeat=True)) as (made, ada):
            for number in range(150):
                await ada.write(str(number))
            await made.fake.drained()
            await asyncio.sleep(100)
            ledger = await made.store.inner.ledger()
            assert (ledger.accepted, ledger.duplicates) == (150, 0)
            assert made.fake.updates.confirmed == 150
            assert made.fake.updates.polls < 10, "each waits for as long as there is nothing"

    run(main())


def test_nothing_is_confirmed_before_it_is_kept() -> None:
    async def main() -> None:
        async with desk() as (made, ada):

            def away(_: Intake) -> None:
                raise StoreUnavailable("as told")

            made.store.broken = away
            await ada.write("one")
            await asyncio.sleep(120)
            assert (made.fake.updates.confirmed, await made.states()) == (0, {})
            made.store.broken = lambda _: None
            await made.fake.drained(60)
            assert await made.states() == {"waiting": 1}

    run(main())


def test_a_process_that_dies_before_it_confirms_costs_nothing() -> None:
    async def main() -> None:
        async with desk(pollers=0) as (made, ada):
            first = asyncio.create_task(made.poller().run())
            made.fake.fail_next(hold(), on="getUpdates")  # its first poll is never answered
            await asyncio.sleep(1)
            await ada.write("one")
            first.cancel()
            await asyncio.gather(first, return_exceptions=True)
            second = asyncio.create_task(made.poller().run())
            await asyncio.sleep(0.5)
            assert (await made.states(), made.fake.updates.confirmed) == ({"waiting": 1}, 1)
            second.cancel()
            await asyncio.gather(second, return_exceptions=True)

    run(main())


def test_one_of_many_asks_and_another_takes_over() -> None:
    async def main() -> None:
        async with desk(pollers=3) as (made, ada):
            await ada.write("one")
            await asyncio.sleep(60)
            assert (len(made.store.held), made.fake.updates.conflicts) == (1, 0)
            with capture_logs() as logs:
                await asyncio.sleep(0.5)
                await made.store.held[0].release()  # as a session that was cut off
                await asyncio.sleep(10)
                await ada.write("two")
                await asyncio.sleep(40)
            assert (len(made.store.held), made.fake.updates.conflicts) == (2, 1)
            assert [line for line in logs if line["log_level"] == "error"] == [], "nobody has to do anything"
            assert await made.states() == {"waiting": 2}

    run(main())


def test_one_event_that_cannot_be_kept_does_not_hold_up_the_others() -> None:
    async def main() -> None:
        async with desk() as (made, ada):

            def poisoned(intake: Intake) -> None:
                if any(arrival.event.text == "poison" for arrival in intake.arrivals):
                    raise ValueError("as told")

            made.store.broken = poisoned
            await asyncio.sleep(1)
            made.fake.fail_next(server_error(), on="getUpdates")
            for text in ("one", "poison", "two"):
                await ada.write(text)
            await made.fake.drained(60)
            assert await made.states() == {"waiting": 2, "unreadable": 1}

    run(main())


TROUBLE = [
    ("a fault of theirs", server_error(), 30),
    ("too many calls", refuse(429, "Too Many Requests: retry after 20", retry_after=20), 30),
    ("another poller", refuse(409, "Conflict: terminated by other getUpdates request"), 40),
    ("no answer", hold(), 90),
    ("a token that is refused", refuse(401, "Unauthorized"), 40),
]


@pytest.mark.parametrize("label, fault, within", TROUBLE, ids=[row[0] for row in TROUBLE])
def test_trouble_is_told_once_and_waited_out(label: str, fault: Any, within: float) -> None:
    async def main() -> None:
        async with desk(pollers=0) as (made, ada):
            made.fake.fail_next(fault, times=2, on="getUpdates")
            await ada.write("one")
            asking = asyncio.create_task(made.poller().run())
            with capture_logs() as logs:
                await made.fake.drained(within * 2)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            assert await made.states() == {"waiting": 1}
            assert [line["log_level"] for line in logs] == ["info", "error", "warning"]
            assert made.fake.token not in str(logs)

    run(main())


def test_beside_a_webhook_the_operator_is_told_what_to_do() -> None:
    async def main() -> None:
        async with desk(pollers=0) as (made, ada):
            await made.fake.hook("http://127.0.0.1:1/elsewhere")
            made.fake.behaviour.outage = True
            asking = asyncio.create_task(made.poller().run())
            with capture_logs() as logs:
                await asyncio.sleep(300)
            (told,) = [line for line in logs if line["log_level"] == "error"]
            assert "turnkeeper channel connect" in told["error"]
            assert len(made.fake.called("getUpdates")) < 20
            await made.client.call(_delete_webhook(made), timeout=5)
            await ada.write("one")
            await made.fake.drained(60)
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)

    run(main())


def _delete_webhook(made: Desk) -> Any:
    config: Any = made.channel.config
    return config.call("deleteWebhook", {})
