"""Sequences: said step by step, once each, by day, until the contact writes or wants no more."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from turnkeeper import Bot, Event, Turn
from turnkeeper.bots.sequencing import _said, filled
from turnkeeper.model.contents import Template
from turnkeeper.model.events import Inbound
from turnkeeper.model.outside import OutsideEvent, inbound
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.model.sequences import MessageSequence, QuietHours, SequenceStep
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import ADA, TURNS

MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
TIPS = (
    SequenceStep(MINUTE, text="Hello **{name}**!"),
    SequenceStep(2 * HOUR, event="tip"),
    SequenceStep(3 * HOUR, template=Template("offer", "en", body=("{name}", "{name} and {nobody}"))),
)
Said = Callable[[Turn], Awaitable[None] | None]


def turns(**changes: Any) -> TurnPolicy:
    """The tips, and one message that comes whatever is written, with these changes to the tips."""
    tips = MessageSequence("tips", TIPS, needs=frozenset({"name"}))
    once = MessageSequence("once", (SequenceStep(HOUR, text="only this"),), stop_on_reply=False)
    known = {each.name: each for each in (replace(tips, **changes), once)}
    return replace(TURNS, sequences=known)


async def start(turn: Turn) -> None:
    word, _, rest = turn.text.partition(" ")
    for timer in turn.timers:
        await turn.reply(f"{timer.name} for {timer.data['name']}")
    if word == "start":
        turn.start_sequence("tips", {"name": rest})
    elif word == "once":
        turn.start_sequence("once")
    elif word == "end":
        turn.stop_sequence(rest)
    elif turn.text:
        await turn.reply(f"you said {turn.text}")


def bot_that(stage: Said = start) -> Bot:
    bot = Bot("assistant")
    bot.stage("only", first=True)(stage)  # type: ignore[arg-type]
    return bot


@in_virtual_time
async def test_one_step_after_the_other() -> None:
    async with conversation(bot_that(), turns=turns()) as person:
        await person.says("start Ada")
        await person.waits(2 * MINUTE)
        assert person.heard == ["Hello *Ada*!"]
        await person.waits(2 * HOUR)
        assert person.heard == ["Hello *Ada*!", "tip for Ada"]
        await person.waits(4 * HOUR)
        assert person.heard == ["Hello *Ada*!", "tip for Ada", "[template offer]"]
        (body,) = [each for each in person.received if each["type"] == "template"]
        assert [each["text"] for each in body["template"]["components"][0]["parameters"]] == ["Ada", "Ada and "]
        await person.waits(DAY)
        assert len(person.heard) == 3
        assert person.state == {}


@pytest.mark.parametrize(("stops", "heard"), [(True, []), (False, ["Hello *Ada*!"])])
@in_virtual_time
async def test_a_reply_ends_it_unless_it_may_go_on(stops: bool, heard: list[str]) -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=stops)) as person:
        await person.says("start Ada")
        await person.says("hm")
        await person.waits(HOUR)
        assert person.heard == ["you said hm", *heard]


@in_virtual_time
async def test_a_reply_that_interrupts_a_step_ends_it_too() -> None:
    asked: list[str] = []

    async def slow(turn: Turn) -> None:
        asked.append(f"{turn.attempt} {turn.text} {[each.name for each in turn.timers]}")
        await asyncio.sleep(5 if turn.timers else 0)
        await start(turn)

    tip_first = turns(steps=(SequenceStep(MINUTE, event="tip"), SequenceStep(MINUTE, text="no more")))
    async with conversation(bot_that(slow), turns=replace(tip_first, quiet=0, adaptive=False)) as person:
        await person.says("start Ada")
        while len(asked) < 2:
            await asyncio.sleep(1)
        await person.says("wait")
        await person.waits(HOUR)
        assert person.heard == ["you said wait"]
        assert asked == ["1 start Ada []", "1  ['tip']", "2 wait []"]


@pytest.mark.parametrize("when", ["before its first step", "between two"])
@in_virtual_time
async def test_the_bot_ends_it(when: str) -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=False)) as person:
        await person.says("start Ada")
        if when == "between two":
            await person.waits(2 * MINUTE)
        await person.says("end tips")
        await person.says("end what never began")
        await person.waits(DAY)
        assert person.heard == (["Hello *Ada*!"] if when == "between two" else [])


@in_virtual_time
async def test_the_bot_ends_it_in_a_step_of_its_own() -> None:
    async def enough(turn: Turn) -> None:
        if turn.timers:
            turn.stop_sequence("tips")
        await start(turn)

    async with conversation(bot_that(enough), turns=turns()) as person:
        await person.says("start Ada")
        await person.waits(DAY)
        assert person.heard == ["Hello *Ada*!", "tip for Ada"]


@in_virtual_time
async def test_started_again_it_begins_anew_and_runs_once() -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=False)) as person:
        await person.says("start Ada")
        await person.waits(2 * MINUTE)
        await person.says("start B_o_b")
        await person.waits(6 * HOUR)
        assert person.heard == ["Hello *Ada*!", "Hello *B_o_b*!", "tip for B_o_b", "[template offer]"]


@in_virtual_time
async def test_several_run_beside_each_other_and_beside_the_bot() -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=False)) as person:
        await person.says("once")
        await person.waits(HOUR - MINUTE - 5)
        await person.says("start Ada")
        await person.waits(10 * MINUTE)
        assert sorted(person.heard) == ["Hello *Ada*!", "only this"]


@in_virtual_time
async def test_after_a_stop_it_is_gone_for_good() -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=False)) as person:
        await person.says("start Ada")
        await person.says("STOP")
        await person.says("START")
        await person.waits(DAY)
        assert person.heard == [TURNS.opt_out_notice, TURNS.opt_in_notice]


@pytest.mark.parametrize(
    ("purpose", "declined", "said"),
    [
        ("marketing", "marketing", 0),
        ("marketing", "news", 1),
        ("", "marketing", 1),
        ("", "*", 0),
        ("marketing", "*", 0),
    ],
)
@in_virtual_time
async def test_what_the_contact_has_declined_is_not_said(purpose: str, declined: str, said: int) -> None:
    async def decline(turn: Turn) -> None:
        if turn.text == "no more of that":
            turn.consents.withdraw(declined)
        else:
            await start(turn)

    async with conversation(bot_that(decline), turns=turns(purpose=purpose, stop_on_reply=False)) as person:
        await person.says("start Ada")
        await person.says("no more of that")
        await person.waits(HOUR)
        assert len(person.heard) == said


@in_virtual_time
async def test_while_a_person_answers_it_waits_and_ends_if_the_contact_writes() -> None:
    async with conversation(bot_that(), turns=turns(stop_on_reply=True)) as person:
        await person.says("start Ada")
        await person.is_taken_over()
        await person.waits(10 * MINUTE)
        assert person.heard == []
        await person.writes("are you there?")
        await person.waits(10 * MINUTE)
        await person.is_given_back()
        await person.waits(HOUR)
        assert person.heard == []
        assert "the contact has written" in str([each.detail for each in await person.moments()])


@in_virtual_time
async def test_while_a_person_answers_it_waits_and_goes_on() -> None:
    async with conversation(bot_that(), turns=turns()) as person:
        await person.says("start Ada")
        await person.is_taken_over()
        await person.waits(10 * MINUTE)
        await person.is_given_back()
        await person.waits(HOUR)
        assert person.heard == ["Hello *Ada*!"]


@in_virtual_time
async def test_one_that_left_the_configuration_ends() -> None:
    policy = turns()
    async with conversation(bot_that(), turns=policy) as person:
        await person.says("start Ada")
        policy.sequences.pop("tips")  # type: ignore[attr-defined]
        await person.waits(DAY)
        assert person.heard == []
        assert "no longer has it" in str([each.detail for each in await person.moments()])


@in_virtual_time
async def test_a_step_neither_prolongs_nor_forgets_the_session() -> None:
    async def remember(turn: Turn) -> None:
        if turn.text == "back":
            before = turn.expired
            await turn.reply(f"{before.state}, expired" if before else f"{turn.state}")
        else:
            turn.state = {"seats": 2}
            await start(turn)

    step = SequenceStep(25 * MINUTE, text="tip")
    for wait, heard in ((55 * MINUTE, "{'seats': 2}"), (70 * MINUTE, "{'seats': 2}, expired")):
        policy = replace(turns(steps=(step, step, step), stop_on_reply=False), session_ttl=HOUR)
        async with conversation(bot_that(remember), turns=policy) as person:
            await person.says("start Ada")
            await person.waits(wait)
            await person.says("back")
            assert person.heard[-1] == heard


@in_virtual_time
async def test_an_event_from_outside_starts_one() -> None:
    def paid(**more: Any) -> Inbound:
        return inbound(OutsideEvent(type="order.paid", id="1", data={"name": "Eve"}, **more), f"phone:{ADA}")

    async with conversation(bot_that(), turns=turns()) as person:
        await person.says("hi")
        await person.does(paid(sequence="tips"))
        await person.waits(2 * MINUTE)
        assert person.heard[-1] == "Hello *Eve*!"
        await person.does(replace_id(paid(sequence="unknown")))
        await person.waits(DAY)


@in_virtual_time
async def test_an_event_from_outside_starts_one_anew() -> None:
    async with conversation(bot_that(), turns=turns()) as person:
        await person.says("start Ada")
        await person.waits(2 * MINUTE)
        again = OutsideEvent(type="order.paid", id="1", data={"name": "Eve"}, sequence="tips")
        await person.does(inbound(again, f"phone:{ADA}"))
        await person.waits(6 * HOUR)
        assert person.heard == ["Hello *Ada*!", "Hello *Eve*!", "tip for Eve", "[template offer]"]


@in_virtual_time
async def test_a_step_that_fires_while_it_is_started_anew_is_not_said() -> None:
    bot = bot_that()

    @bot.on("order.paid")
    async def paid(turn: Turn, event: Event) -> None:
        await asyncio.sleep(10)

    async with conversation(bot, turns=turns()) as person:
        await person.says("start Ada")
        await asyncio.sleep(MINUTE - 8)
        again = OutsideEvent(type="order.paid", id="1", data={"name": "Eve"}, sequence="tips")
        await person.does(inbound(again, f"phone:{ADA}"))
        await person.waits(3 * MINUTE)
        assert person.heard == ["Hello *Eve*!"]


def replace_id(event: Inbound) -> Inbound:
    return inbound(OutsideEvent(type="order.paid", id="2", sequence="unknown"), event.addresses[0])


@in_virtual_time
async def test_a_crash_at_a_step_says_it_once() -> None:
    async with conversation(bot_that(), turns=turns()) as person:
        await person.says("start Ada")
        await person.outlasts_an_outage(10 * MINUTE)
        await person.survives_a_crash()
        await person.waits(HOUR)
        assert person.heard == ["Hello *Ada*!"]
        await person.outlasts_an_outage(6 * HOUR)
        await person.waits(2.5 * HOUR)
        assert person.heard == ["Hello *Ada*!", "tip for Ada"]
        await person.waits(HOUR)
        assert person.heard == ["Hello *Ada*!", "tip for Ada", "[template offer]"]


def hour_here(person: Person) -> float:
    moment = datetime.fromtimestamp(person._clock.now(), UTC)
    return moment.hour + moment.minute / 60


def until(person: Person, hour: float) -> float:
    """Seconds until an hour of the day, UTC."""
    return ((hour - hour_here(person)) % 24) * HOUR


@in_virtual_time
async def test_by_night_it_waits_for_the_morning() -> None:
    night = QuietHours(21 * 60, 8 * 60)
    async with conversation(bot_that(), turns=turns(quiet=night)) as person:
        await person.says("hi")
        await person.waits(until(person, 3.75))  # in Chicago, where a number with 1 is put, it is a quarter to ten pm
        await person.says("start Ada")
        await person.waits(until(person, 13.9))
        assert person.heard == ["you said hi"]
        await person.waits(0.2 * HOUR)
        assert person.heard == ["you said hi", "Hello *Ada*!"]


@in_virtual_time
async def test_the_contacts_zone_counts_if_it_is_known() -> None:
    async def here(turn: Turn) -> None:
        if turn.text == "here":
            turn.facts.set("time_zone", "Asia/Jakarta")
        await start(turn)

    night = QuietHours(21 * 60, 8 * 60)
    async with conversation(bot_that(here), turns=turns(quiet=night)) as person:
        await person.says("here")
        await person.waits(until(person, 3.75))  # a quarter to eleven in Jakarta
        await person.says("start Ada")
        await person.waits(2 * MINUTE)
        assert person.heard[-1] == "Hello *Ada*!"


@in_virtual_time
async def test_a_step_that_an_outage_moved_into_the_night_waits() -> None:
    night = QuietHours(21 * 60, 8 * 60)
    async with conversation(bot_that(), turns=turns(quiet=night)) as person:
        await person.says("hi")
        await person.waits(until(person, 20))
        await person.says("start Ada")
        await person.outlasts_an_outage(8 * HOUR)  # until eleven pm in Chicago
        await person.waits(until(person, 13.9))
        assert person.heard == ["you said hi"]
        await person.waits(0.2 * HOUR)
        assert person.heard == ["you said hi", "Hello *Ada*!"]


@in_virtual_time
async def test_timers_of_a_bots_own_may_be_quiet_too() -> None:
    async def remind(turn: Turn) -> None:
        for timer in turn.timers:
            await turn.reply(timer.name)
        if turn.text == "remind":
            turn.after(60, "loud")
            turn.after(60, "quiet", quiet=True)
            turn.at(turn.began_at + 60, "at", quiet=True, late=HOUR)

    policy = replace(TURNS, quiet_hours=QuietHours(0, 12 * 60, "Asia/Jakarta"))  # Chicago's hours: the number is known
    async with conversation(bot_that(remind), turns=policy) as person:
        await person.says("hi")
        await person.waits(until(person, 9))
        await person.says("remind")
        await person.waits(until(person, 17.9))
        assert person.heard == ["loud"]
        await person.waits(0.2 * HOUR)
        assert sorted(person.heard) == ["at", "loud", "quiet"]


@pytest.mark.parametrize(
    ("label", "wrong", "told"),
    [
        ("unknown", lambda turn: turn.start_sequence("nope"), "there is no sequence"),
        ("a value is missing", lambda turn: turn.start_sequence("tips"), "needs a value for name"),
        ("a sequence's timer", lambda turn: turn.after(1, "sequence.tips"), "names of timers"),
        ("a sequence's timer", lambda turn: turn.at(turn.began_at, "sequence.tips"), "names of timers"),
    ],
)
@in_virtual_time
async def test_what_is_refused_in_the_bots_own_line(label: str, wrong: Callable[[Turn], None], told: str) -> None:
    refused: list[str] = []

    async def stage(turn: Turn) -> None:
        with pytest.raises(ValueError, match=told) as caught:
            wrong(turn)
        refused.append(str(caught.value))

    async with conversation(bot_that(stage), turns=turns()) as person:
        await person.says("hi")
        assert refused


@pytest.mark.parametrize(
    ("text", "given"),
    [
        ("Hello {name}", "Hello Ada"),
        ("{name}{name} {n}", "AdaAda 3"),
        ("{nobody}", ""),
        ("{ name } {0!r} {name.__class__} {{name}}", "{ name } {0!r} {name.__class__} {Ada}"),
    ],
)
def test_values_are_put_in_and_nothing_is_run(text: str, given: str) -> None:
    assert filled(text, {"name": "Ada", "n": 3}) == given


def test_what_is_put_into_words_is_no_markup() -> None:
    assert _said(SequenceStep(0, text="**{name}**"), {"name": "*x*"}) == r"**\*x\***"
    offer = Template("offer", "en", header="{name}", named={"who": "{name}!"})
    assert _said(SequenceStep(0, template=offer), {"name": "*x*"}) == Template(
        "offer", "en", header="*x*", named={"who": "*x*!"}
    )
