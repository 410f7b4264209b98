"""The person whom a bot in Python offers: taken up before any stage, by whatever says yes, once."""

from typing import Any

import pytest
from pydantic import BaseModel, ConfigDict

from turnkeeper import Bot, Turn
from turnkeeper.bots.offering import Replies
from turnkeeper.model.conversation import Mode
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time

OWN = Replies("No answer today. Shall I ask a person?", "One of us writes here.", ("Ja", "Nein"))


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")
    count: int = 0


async def only(turn: Turn[Any]) -> None:
    if turn.timers:
        await turn.reply("still here")
    elif turn.text == "why?":
        await turn.offer_person("the models sleep")
        turn.after(60, "nudge", follow_up=False)
    else:
        await turn.reply(f"{turn.text}, {turn.state}")


def bot_of(state: type[BaseModel] | None, own: Replies = OWN) -> Bot[Any]:
    bot: Bot[Any] = Bot("bot") if state is None else Bot("bot", state=state)
    bot.stage("only", first=True)(only)
    return bot.with_words(own)


async def is_handed_over(person: Person) -> bool:
    moments = [each for each in await person.moments() if "the models sleep" in f"{each.text} {each.detail}"]
    return bool(moments) and await person.is_answered_by(Mode.HUMAN)


@pytest.mark.parametrize("state", [None, Strict])
@pytest.mark.parametrize("yes", ["tap", "Yes please!", "oui merci", "after a timer"])
@in_virtual_time
async def test_whoever_says_yes_is_handed_over_for_the_reason(yes: str, state: type[BaseModel] | None) -> None:
    async with conversation(bot_of(state)) as person:
        await person.says("why?")
        assert (person.heard, person.offered) == ([OWN.fixed], ["Ja", "Nein"])
        if yes == "after a timer":
            await person.waits(90)
            assert person.heard[-1] == "still here"
        await (person.taps("Ja") if yes == "tap" else person.says("yes" if yes == "after a timer" else yes))
        assert person.heard[-1] == OWN.handover
        assert await is_handed_over(person)


@pytest.mark.parametrize("state", [None, Strict])
@in_virtual_time
async def test_any_other_answer_ends_the_offer(state: type[BaseModel] | None) -> None:
    async with conversation(bot_of(state)) as person:
        await person.says("why?")
        await person.says("no, wait")
        assert person.heard[-1].startswith("no, wait, ")
        assert "_offered" not in person.heard[-1]
        await person.says("yes")
        assert person.heard[-1].startswith("yes, ")
        assert not await is_handed_over(person)


@in_virtual_time
async def test_a_fixed_reply_that_asks_nothing_offers_nobody() -> None:
    async with conversation(bot_of(None, Replies("No answer today."))) as person:
        await person.says("why?")
        await person.says("yes")
        assert person.heard == ["No answer today.", "yes, {}"]
