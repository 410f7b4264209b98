"""What came from outside, as each kind of bot reads it."""

import json

from tests.bots.agents import agent, scripted
from turnkeeper import Bot, Turn
from turnkeeper.app.backends import remote_bot
from turnkeeper.bots.stages import Event
from turnkeeper.config.remote import RemoteKeys
from turnkeeper.engine.http import Client
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.events import happened
from turnkeeper.testing.http import Reply, Request
from turnkeeper.testing.loopback import InProcess


def stages() -> Bot:
    bot = Bot("shop")

    @bot.stage("first", first=True)
    async def first(turn: Turn) -> None:
        await turn.reply(f"first: {turn.text!r}")

    @bot.stage("thanks")
    async def thanks(turn: Turn) -> None:
        await turn.reply("Thank you for your order.")
        turn.stage = "first"

    return bot


@in_virtual_time
async def test_an_event_begins_the_stage_that_it_names() -> None:
    async with conversation(stages()) as person:
        await person.says("hi")
        await person.does(happened("order.paid", {"total": 3}, stage="thanks"))
        await person.rests()
        assert person.heard == ["first: 'hi'", "Thank you for your order."]
        assert (await person.ledger()).states["answered"] == 2
        assert "order.paid" in [each.text for each in await person.moments() if each.kind == "received"]


@in_virtual_time
async def test_a_handler_comes_before_the_stage_that_its_event_names() -> None:
    bot = stages()

    @bot.on("order.paid")
    async def paid(turn: Turn, event: Event) -> None:
        await turn.reply(f"paid {event.data['total']}")

    async with conversation(bot) as person:
        await person.says("hi")
        await person.does(happened("order.paid", {"total": 3}, stage="thanks"))
        await person.rests()
        await person.does(happened("order.paid", {"total": 4}))
        await person.rests()
        assert person.heard == ["first: 'hi'", "paid 3", "Thank you for your order.", "paid 4"]


@in_virtual_time
async def test_a_stage_that_the_bot_has_not_is_set_aside_with_the_reason() -> None:
    async with conversation(stages()) as person:
        await person.says("hi")
        await person.does(happened("order.paid", id="o1", stage="gone"))
        await person.rests()
        assert person.heard == ["first: 'hi'"]
        told = [each.detail for each in await person.moments() if each.kind == "committed"]
        assert told[-1] == "stage 'gone' of the event 'o1' set aside: the bot has no such stage"


@in_virtual_time
async def test_an_agent_reads_it_as_a_line() -> None:
    model = scripted("Hello.", "Your order is paid.")
    async with conversation(agent(model)) as person:
        await person.says("hi")
        await person.does(happened("order.paid", {"total": 3}))
        await person.rests()
        assert model.heard[-1] == '[order.paid] {"total":3}'
        assert person.heard == ["Hello.", "Your order is paid."]


class Backend:
    """Notes what it is asked."""

    base_url = ""

    def __init__(self) -> None:
        self.asked: list[object] = []

    async def answer(self, request: Request) -> Reply:
        self.asked.append(json.loads(request.body))
        return Reply(200, b"Noted.", "text/plain")

    async def aclose(self) -> None: ...


@in_virtual_time
async def test_a_backend_reads_it_as_words_or_as_events() -> None:
    table = {
        "kind": "remote",
        "base_url": "http://backend.test",
        "paths": {"message": "POST /chat"},
        "bodies": {"message": {"said": "{text}", "events": "{events}"}},
    }
    backend = Backend()
    client = Client(transport=InProcess(backend))
    async with conversation(remote_bot(RemoteKeys.model_validate(table), client)) as person:
        await person.says("hi")
        await person.does(happened("order.paid", {"total": 3}, id="o1"))
        await person.rests()
        assert backend.asked == [
            {"said": "hi", "events": []},
            {
                "said": '[order.paid] {"total":3}',
                "events": [{"type": "order.paid", "id": "o1", "data": {"total": 3}}],
            },
        ]
        assert person.heard == ["Noted.", "Noted."]
    await client.close()
