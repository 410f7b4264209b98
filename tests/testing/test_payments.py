"""A till for tests of bots: links, webhooks that come, come again or are kept back, and asking."""

import pytest

from turnkeeper import Bot, Event, Money, Turn
from turnkeeper.testing.conversation import conversation, in_virtual_time
from turnkeeper.testing.payments import Till

bot = Bot("seats")


@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    link = await turn.payment_link(Money(150_000, "INR"), "A seat", name="seat", expires_in=3600)
    await turn.reply(f"Pay: {link.url}")


@bot.on("payment.paid")
async def paid(turn: Turn, event: Event) -> None:
    await turn.reply("The seat is yours.")


@bot.on("payment.expired")
async def expired(turn: Turn, event: Event) -> None:
    await turn.reply("Too late.")


@in_virtual_time
async def test_what_is_paid_is_told_and_told_again_in_vain() -> None:
    till = Till()
    async with conversation(till.sells_for(bot)) as person:
        await person.says("a seat, please")
        assert person.heard == [f"Pay: {till.links[0]['short_url']}"]
        await till.is_paid(person)
        await till.tells_again(person)
        assert person.heard[1:] == ["The seat is yours."]


@pytest.mark.parametrize("found", ["told later", "asked"])
@in_virtual_time
async def test_a_webhook_that_is_kept_back_is_told_later_or_found_by_asking(found: str) -> None:
    till = Till()
    async with conversation(till.sells_for(bot)) as person:
        await person.says("a seat, please")
        await till.is_paid(person, told=False)
        assert len(person.heard) == 1
        await person.waits(120)
        if found == "asked":
            assert await till.is_asked(person) == 1
        else:
            await till.tells_again(person)
        assert person.heard[1:] == ["The seat is yours."]


@in_virtual_time
async def test_a_link_expires() -> None:
    till = Till()
    async with conversation(till.sells_for(bot)) as person:
        await person.says("a seat, please")
        await till.expires(person)
        assert person.heard[1:] == ["Too late."]
