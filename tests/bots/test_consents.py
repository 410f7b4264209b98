"""What a bot sees and notes of what a contact wants to be sent."""

import pytest

from turnkeeper import Bot, Turn
from turnkeeper.testing.conversation import conversation, in_virtual_time


@in_virtual_time
async def test_a_bot_asks_notes_and_remembers() -> None:
    bot = Bot("shop")
    seen: list[tuple[bool, bool, bool]] = []

    async def look(turn: Turn) -> None:
        wants = turn.consents
        seen.append((await wants.given("marketing"), await wants.refused("marketing"), await wants.refused()))

    @bot.stage("start", first=True)
    async def start(turn: Turn) -> None:
        await look(turn)
        if turn.text == "yes":
            turn.consents.give("marketing")
        if turn.text == "no":
            turn.consents.withdraw("marketing")
        await look(turn)
        await turn.reply("noted")

    async with conversation(bot) as person:
        await person.says("yes")
        await person.says("no")
        await person.says("STOP")
        await person.says("START")
        await person.says("well?")
    yes, no, nobody = (True, False, False), (False, True, False), (False, False, False)
    assert seen == [nobody, yes, yes, no, no, no]


@in_virtual_time
async def test_only_the_contact_undoes_a_stop_and_a_failed_turn_notes_nothing() -> None:
    bot = Bot("shop")
    refused: list[bool] = []

    @bot.stage("start", first=True)
    async def start(turn: Turn) -> None:
        refused.append(await turn.consents.refused())
        for name in ("*", "My ads", ""):
            with pytest.raises(ValueError, match=r"START|not a purpose"):
                turn.consents.give(name)
        turn.consents.withdraw()
        assert await turn.consents.refused("surveys")
        if turn.attempt == 1:
            raise RuntimeError("not this time")

    async with conversation(bot) as person:
        await person.says("hi")
        await person.says("again")
    assert refused == [False, False, True, True][: len(refused)]
    assert len(refused) >= 3
