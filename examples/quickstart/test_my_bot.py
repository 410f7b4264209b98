"""The bot's own tests: `python -m pytest test_my_bot.py`."""

from my_bot import DAY, bot

from turnkeeper.model.conversation import Mode
from turnkeeper.testing.conversation import conversation, in_virtual_time


@in_virtual_time
async def test_it_asks_for_the_order_and_finds_it_in_three_messages() -> None:
    async with conversation(bot) as person:
        await person.says("hello")
        await person.says("it is", "order", "1001")
        assert person.heard == [
            "Hello! Which order is it about? Its number has four digits.",
            "*Found it:* two lamps. Write *cancel* to cancel the order.",
        ]
        assert person.state == {"order": "1001"}


@in_virtual_time
async def test_it_cancels_once_though_the_server_is_killed() -> None:
    async with conversation(bot) as person:
        await person.says("1002")
        await person.writes("cancel it")
        await person.hears("One moment …")
        await person.survives_a_crash()
        await person.rests()
        assert person.heard[1] == "One moment …"
        assert person.heard[2].startswith("Order 1002 is cancelled, receipt 1002-")
        assert len(person.heard) == 3


@in_virtual_time
async def test_it_asks_again_after_half_a_day_unless_the_person_wrote() -> None:
    async with conversation(bot) as person:
        await person.says("1001")
        await person.waits(DAY)
        assert person.heard[-1] == "Can I do anything else about order 1001?"


@in_virtual_time
async def test_it_hands_over() -> None:
    async with conversation(bot) as person:
        await person.says("1001")
        await person.says("a person, please")
        assert await person.is_answered_by(Mode.HUMAN)
