"""Money in conversations: one link, one payment, one piece of news, whoever dies in the middle."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from tests.bots.till import PRICE, Client, Till, asking, is_told, kept, sold_by
from turnkeeper import Bot, Event, Money, Payment, PaymentRefused, PaymentUnavailable, Turn
from turnkeeper.engine.payments import Asking
from turnkeeper.payments.base import NotDone, Refused, Unsure
from turnkeeper.testing.conversation import Person, conversation, in_virtual_time
from turnkeeper.testing.events import TURNS

ONCE = replace(TURNS, turn_retries=0, error_reply="Something went wrong.")


def shop(**more: Any) -> Bot[Any]:
    """A bot that sells one seat: anything said in the payment stage looks at the payment."""
    bot = Bot("shop")

    @bot.stage("welcome", first=True)
    async def welcome(turn: Turn) -> None:
        payment = await turn.payment_link(more.get("price", PRICE), "Dinner", name="seat", expires_in=3600)
        if more.get("waits"):
            await turn.say_now("one moment")
            await asyncio.sleep(more["waits"])
        if more.get("raises"):
            raise RuntimeError("after the link")
        await turn.reply(f"Pay here: {payment.url}")
        turn.stage = "payment"

    @bot.stage("payment")
    async def payment(turn: Turn) -> None:
        if "again" in turn.text:
            again = await turn.payment_link(PRICE, "Dinner", name="seat", expires_in=3600)
            await turn.reply(f"Again: {again.url}")
            return
        if "more" in turn.text:
            other = await turn.payment_link(Money(300_000, "INR"), "Two dinners", name="seat")
            await turn.reply(f"Instead: {other.url}")
            return
        if "stop it" in turn.text:
            await turn.reply(f"It is {(await turn.expire_payment('seat')).state}")
            return
        if "refund" in turn.text:
            back = await turn.refund("seat", amount=50_000 if "part" in turn.text else None)
            await turn.reply(f"{back.state}: {back.refunded}")
            return
        found = await turn.payment("seat")
        await turn.reply("Paid, thank you" if found is not None and found.is_paid else "Not paid yet")

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        await turn.reply(f"Received {event.data['amount']} for {event.data['name']}")
        assert [(each.news, each.money) for each in turn.payments] == [("paid", PRICE)]

    return bot


def urls(person: Person) -> list[str]:
    return [heard for heard in person.heard if "https://" in heard]


@in_virtual_time
async def test_a_link_and_what_becomes_of_it_twice() -> None:
    till = Till()
    async with conversation(sold_by(till, shop())) as person:
        await person.says("a seat please")
        assert person.heard == ["Pay here: https://pay.test/1"]
        (row,) = await kept(person)
        assert (row.state, row.external_id, row.provider, row.money) == ("open", "plink_1", "razorpay", PRICE)
        assert row.id == till.links["plink_1"].reference
        for _ in range(2):
            await is_told(person, till.is_paid())
            await person.rests()
        assert person.heard[1:] == ["Received 150000 for seat"]
        assert till.asked == ["create"]


@in_virtual_time
async def test_any_message_looks_at_the_payment_and_the_webhook_after_it_is_no_news() -> None:
    till = Till()
    async with conversation(sold_by(till, shop())) as person:
        await person.says("a seat please")
        await person.says("did it work?")
        till.is_paid()
        await person.says("and now?")
        await is_told(person, till.links["plink_1"])
        await person.says("sure?")
        assert person.heard[1:] == ["Not paid yet", "Paid, thank you", "Paid, thank you"]
        assert till.asked == ["create", "fetch", "fetch"], "what is paid is asked about no more"
        assert sum((await person.ledger()).states.values()) == 5


@in_virtual_time
async def test_killed_between_the_providers_create_and_our_write_there_is_one_link() -> None:
    till = Till()
    till.takes = 5.0
    async with conversation(sold_by(till, shop())) as person:
        await person.writes("a seat please")
        while not till.links:
            await asyncio.sleep(0.1)
        await person.survives_a_crash()
        await person.rests()
        assert urls(person) == ["Pay here: https://pay.test/1"]
        assert (len(till.links), till.asked) == (1, ["create", "adopt"])
        assert [row.state for row in await kept(person)] == ["open"]


@in_virtual_time
async def test_a_webhook_before_our_own_write() -> None:
    till = Till()
    till.takes = 5.0
    async with conversation(sold_by(till, shop())) as person:
        await person.writes("a seat please")
        while not till.links:
            await asyncio.sleep(0.1)
        await is_told(person, till.is_paid())
        await person.rests()
        assert person.heard == ["Pay here: https://pay.test/1", "Received 150000 for seat"]


@in_virtual_time
async def test_killed_between_the_look_and_the_commit_it_is_booked_and_confirmed_once() -> None:
    bot, booked = Bot("shop"), list[str]()

    async def book(by: str, key: str) -> str:
        booked.append(key)
        await asyncio.sleep(5)
        return by

    @bot.stage("welcome", first=True)
    async def welcome(turn: Turn) -> None:
        if not turn.state.get("asked"):
            turn.state["asked"] = (await turn.payment_link(PRICE, "Dinner", name="seat")).id
        elif (found := await turn.payment("seat")) is not None and found.is_paid:
            await turn.reply("booked: " + await turn.step("book", book, "stage", effect=True))

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        await turn.reply("booked: " + await turn.step("book", book, "handler", effect=True))

    till = Till()
    async with conversation(sold_by(till, bot)) as person:
        await person.says("a seat please")
        till.is_paid()
        await person.writes("I have paid")
        while not booked:
            await asyncio.sleep(0.1)
        await person.survives_a_crash()
        await person.rests()
        await is_told(person, till.links["plink_1"])
        await person.rests()
        assert (person.heard, len(set(booked)), person.raised) == (["booked: stage"], 1, [])


@in_virtual_time
async def test_killed_between_a_refusal_and_the_journal_it_stays_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    till = Till()
    till.spoils = [Refused("card_disabled", "the account cannot", "operator")]
    bot, refused = Bot("shop"), list[str]()

    @bot.stage("welcome", first=True)
    async def welcome(turn: Turn) -> None:
        try:
            await turn.payment_link(PRICE, "Dinner")
        except PaymentRefused as error:
            refused.append(error.reason)

    async with conversation(sold_by(till, bot)) as person:
        finish = person._store.finish_step
        with monkeypatch.context() as patched:
            patched.setattr(person._store, "finish_step", lambda *_: asyncio.sleep(3600))
            await person.writes("a seat please")
            while not till.asked:
                await asyncio.sleep(0.1)
            await asyncio.sleep(1)
        assert person._store.finish_step == finish
        await person.survives_a_crash()
        await person.rests()
        assert (refused, till.asked, person.raised) == (["the account cannot"], ["create"], [])


@in_virtual_time
async def test_killed_before_the_link_is_made_it_is_made_after_an_outage_of_hours() -> None:
    till = Till()
    till.spoils = [NotDone("busy", 30.0)]
    async with conversation(sold_by(till, shop())) as person:
        await person.writes("a seat please")
        while not till.asked:
            await asyncio.sleep(0.1)
        await person.outlasts_an_outage(2 * 3600)
        await asking(till, person).look()
        await person.rests()
        assert urls(person) == ["Pay here: https://pay.test/1"]
        assert [row.state for row in await kept(person)] == ["open"]


@pytest.mark.parametrize("spoiled", [Unsure("no answer"), NotDone("busy"), NotDone("slow down", 3.0)])
@in_virtual_time
async def test_what_fails_for_now_is_tried_again_in_the_turn(spoiled: Unsure | NotDone) -> None:
    till = Till()
    till.spoils = [spoiled]
    async with conversation(sold_by(till, shop())) as person:
        await person.says("a seat please")
        assert (urls(person), len(till.links), person.raised) == (["Pay here: https://pay.test/1"], 1, [])


@in_virtual_time
async def test_a_provider_that_is_away_fails_the_turn_which_is_tried_again_and_finds_what_was_begun() -> None:
    till = Till()
    till.spoils = [Unsure("no answer"), *[NotDone("busy", 30.0)] * 3]
    async with conversation(sold_by(till, shop())) as person:
        await person.writes("a seat please")
        await asyncio.sleep(200)
        await person.rests()
        assert [type(each) for each in person.raised] == [PaymentUnavailable]
        assert (urls(person), len(till.links)) == (["Pay here: https://pay.test/1"], 1)


@in_virtual_time
async def test_a_provider_that_stays_away_is_asked_ever_more_seldom() -> None:
    till = Till()
    till.spoils = [NotDone("busy")] * 100
    async with conversation(sold_by(till, shop()), turns=ONCE) as person:
        await person.says("a seat please")
        assert [type(each) for each in person.raised] == [PaymentUnavailable]
        assert len(till.asked) in (6, 7)


@in_virtual_time
async def test_a_refusal_is_final_and_may_be_caught() -> None:
    caught: list[PaymentRefused] = []
    bot = Bot("shop")

    @bot.stage("welcome", first=True)
    async def welcome(turn: Turn) -> None:
        try:
            await turn.payment_link(Money(10, "INR"), "Dinner")
        except PaymentRefused as refused:
            caught.append(refused)
        with pytest.raises(PaymentRefused, match="card_disabled"):
            await turn.payment_link(PRICE, "Dinner")
        await turn.reply("We take cash")

    till = Till()
    till.spoils = [Refused("card_disabled", "the account cannot", "operator")]
    async with conversation(sold_by(till, bot)) as person:
        await person.says("hello")
        assert person.heard == ["We take cash"]
        assert [(each.code, each.remedy) for each in caught] == [("amount", "author")]
        assert [(row.state, row.reason) for row in await kept(person)] == [("failed", "the account cannot")]


@pytest.mark.parametrize(
    ("money", "words"),
    [(Money(0, "INR"), "x"), (Money(1.5, "INR"), "x"), (Money(True, "INR"), "x"), (Money(1, "Rs"), "x"), (PRICE, " ")],  # type: ignore[arg-type]
)
@in_virtual_time
async def test_what_is_no_sum_raises_in_the_bots_own_line(money: Money, words: str) -> None:
    bot = Bot("shop")

    @bot.stage("welcome", first=True)
    async def welcome(turn: Turn) -> None:
        with pytest.raises(ValueError, match=r"amount|currency|description"):
            await turn.payment_link(money, words)

    async with conversation(sold_by(Till(), bot)) as person:
        await person.says("hello")
        assert person.raised == []


class TestAskedAgain:
    @in_virtual_time
    async def test_the_same_question_gets_the_same_link(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await person.says("again please")
            assert (person.heard[-1], len(till.links)) == ("Again: https://pay.test/1", 1)

    @in_virtual_time
    async def test_a_link_of_test_mode_is_not_given_for_real_money(self) -> None:
        till = Till()
        bot = shop()
        async with conversation(sold_by(till, bot)) as person:
            await person.says("a seat please")
            real = msgspec.structs.replace((await kept(person))[0], live=True)
            await person._store._alone(lambda rows: rows.put_payment(real))
            await person.says("again please")
            assert (person.heard[-1], len(till.links)) == ("Again: https://pay.test/2", 2)

    @in_virtual_time
    async def test_another_amount_takes_the_old_link_back(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await person.says("no, two more")
            assert person.heard[-1] == "Instead: https://pay.test/2"
            assert await asking(till, person).look() == 1
            await person.rests()
            assert [row.state for row in await kept(person)] == ["open", "cancelled"]
            assert len(person.heard) == 2, "nobody is told of a link that they were told to forget"

    @in_virtual_time
    async def test_where_the_other_amount_is_refused_the_old_link_stands(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            till.spoils = [Refused("too_much", "more than the account may take", "operator")]
            await person.says("no, two more")
            await asking(till, person).look()
            await person.rests()
            assert [row.state for row in await kept(person)][-1] == "open"
            assert [link.news for link in till.links.values()] == ["open"]

    @in_virtual_time
    async def test_what_a_turn_asked_for_that_a_person_cut_off_is_found_by_the_next(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop(waits=5))) as person:
            await person.writes("a seat please")
            await person.hears("one moment")
            await person.is_taken_over()
            await person.is_given_back()
            await person.says("hello again")
            assert (urls(person), len(till.links)) == (["Pay here: https://pay.test/1"], 1)


class TestGivenUp:
    @in_virtual_time
    async def test_the_link_of_a_turn_that_failed_is_taken_back(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop(raises=True)), turns=ONCE) as person:
            await person.says("a seat please")
            assert person.heard == ["Something went wrong."]
            assert await asking(till, person).look() == 1
            await person.rests()
            assert [row.state for row in await kept(person)] == ["cancelled"]
            assert (till.links["plink_1"].news, len(person.heard)) == ("cancelled", 1)

    @in_virtual_time
    async def test_whoever_was_quicker_has_paid_and_is_told(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop(raises=True)), turns=ONCE) as person:
            await person.says("a seat please")
            till.is_paid()
            await asking(till, person).look()
            await person.rests()
            assert person.heard[1:] == ["Received 150000 for seat"]


class TestTakingBack:
    @in_virtual_time
    async def test_a_link_is_taken_back_without_an_event(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await person.says("stop it")
            await is_told(person, till.links["plink_1"])
            await person.rests()
            assert person.heard[1:] == ["It is cancelled"]
            assert (await person.ledger()).accepted == 2, "what the bot did itself is no event"

    @in_virtual_time
    async def test_money_goes_back_once_in_parts_or_whole(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await is_told(person, till.is_paid())
            await person.rests()
            await person.says("refund a part")
            assert (person.heard[-1], list(till.refunds.values())) == ("part_refunded: 50000", [50_000])
            assert [row.refunded for row in await kept(person)] == [50_000]
            assert (await person.ledger()).accepted == 3, "what the bot did itself is no event"

    @in_virtual_time
    async def test_a_refund_that_was_cut_off_is_the_same_refund(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await is_told(person, till.is_paid())
            await person.rests()
            till.takes = 5.0
            await person.writes("refund")
            while not till.refunds:
                await asyncio.sleep(0.1)
            await person.survives_a_crash()
            await person.rests()
            assert (person.heard[-1], list(till.refunds.values())) == ("refunded: 150000", [150_000])

    @in_virtual_time
    async def test_nothing_paid_is_nothing_to_pay_back(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop()), turns=ONCE) as person:
            await person.says("a seat please")
            await person.says("refund")
            assert [type(each) for each in person.raised] == [PaymentRefused]
            assert till.refunds == {}


class TestAsking:
    @in_virtual_time
    async def test_a_webhook_that_never_comes_is_found(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            till.is_paid()
            asks = asyncio.create_task(asking(till, person).run())
            await person.waits(70)
            asks.cancel()
            assert person.heard[1:] == ["Received 150000 for seat"]
            assert till.asked == ["create", "fetch"]

    @in_virtual_time
    async def test_it_backs_off_until_all_is_over(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            asks = asyncio.create_task(asking(till, person).run())
            await person.waits(3 * 3600)
            asks.cancel()
            assert 6 <= till.asked.count("fetch") <= 10
            (row,) = await kept(person)
            assert (row.look_at or 0.0) - row.changed_at > 6 * 3600, "seldom, as long as it is open all the same"

    @in_virtual_time
    async def test_a_provider_that_does_not_answer_is_left_alone_for_a_while(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            till.is_paid()
            till.spoils = [NotDone("away")] * 5
            asks = asyncio.create_task(asking(till, person).run())
            await person.waits(60 + 5 + 10 + 20 + 40)
            assert till.asked.count("fetch") in (4, 5)
            await person.waits(600)
            asks.cancel()
            assert person.heard[1:] == ["Received 150000 for seat"]
            assert till.asked.count("fetch") == 6

    @in_virtual_time
    async def test_one_that_cannot_be_asked_about_holds_up_no_other(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            till.spoils = [Refused("gone", "no such link", "give_up"), Refused("key", "revoked", "operator")]
            ask = asking(till, person)
            await person.waits(61)
            assert await ask.look() == 1
            assert ask.left_alone == {}
            await person.waits(120)
            await ask.look()
            assert set(ask.left_alone) == {"razorpay"}

    @in_virtual_time
    async def test_while_it_is_left_alone_other_payments_wait_too(self) -> None:
        till = Till()
        async with conversation(sold_by(till, shop())) as person:
            await person.says("a seat please")
            await person.says("no, two more")
            till.spoils = [NotDone("slow down", 120.0)]
            asks = asyncio.create_task(asking(till, person).run())
            await person.waits(90)
            assert till.asked[2:] == ["fetch"]
            await person.waits(60)
            asks.cancel()
            assert sorted(till.asked[3:]) == ["expire", "fetch", "fetch"]

    @in_virtual_time
    async def test_where_the_provider_is_configured_no_more_it_is_looked_at_seldom(self) -> None:
        async with conversation(sold_by(Till(), shop())) as person:
            await person.says("a seat please")
            await person.waits(61)
            at = person._clock.now()
            assert await Asking(person._store, {}, Client(), person._wakeups, person._clock).look() == 1
            (row,) = await kept(person)
            assert row.look_at == pytest.approx(at + 3600)


def teller(*commands: Callable[[Turn], Awaitable[Payment | None]]) -> Bot[Any]:
    """A bot that does these one after the other, one a turn, and says what came of it."""
    bot = Bot("shop")

    @bot.stage("only", first=True)
    async def only(turn: Turn) -> None:
        done = turn.state["done"] = turn.state.get("done", 0) + 1
        try:
            found = await commands[done - 1](turn)
        except (PaymentRefused, LookupError) as error:
            await turn.reply(getattr(error, "code", str(error)))
        else:
            await turn.reply(f"{found.name} {found.state} {found.url}" if found is not None else "none")

    return bot


def link(name: str, words: str = "Dinner", lasts: float | None = None) -> Callable[[Turn], Awaitable[Payment]]:
    return lambda turn: turn.payment_link(PRICE, words, name=name, expires_in=lasts)


SEVERAL: list[tuple[str, list[Any], list[str], list[str]]] = [
    ("a name of its own has a link of its own", [link("seat"), link("taxi"), lambda turn: turn.payment("seat")],
     ["seat open https://pay.test/1", "taxi open https://pay.test/2", "seat open https://pay.test/1"],
     ["open", "open"]),
    ("that of the name is taken back", [link("seat"), link("taxi"), lambda turn: turn.expire_payment("seat")],
     ["seat open https://pay.test/1", "taxi open https://pay.test/2", "seat cancelled https://pay.test/1"],
     ["open", "cancelled"]),
    ("for something else", [link("seat"), link("seat", "Lunch")],
     ["seat open https://pay.test/1", "seat open https://pay.test/2"], ["open", "open"]),
    ("for the same, that lasts long enough", [link("seat", lasts=80), link("seat", lasts=80)],
     ["seat open https://pay.test/1", "seat open https://pay.test/1"], ["open"]),
    ("for the same, that is almost over", [link("seat", lasts=60), link("seat", lasts=60)],
     ["seat open https://pay.test/1", "seat open https://pay.test/2"], ["open", "open"]),
    ("nothing by that name", [lambda turn: turn.payment("seat"), lambda turn: turn.expire_payment("seat"),
                              lambda turn: turn.refund("seat")],
     ["none", "nothing was asked for by that name", "not_paid"], []),
]  # fmt: skip


@pytest.mark.parametrize("label, commands, heard, states", SEVERAL, ids=[case[0] for case in SEVERAL])
@in_virtual_time
async def test_which_link_is_meant(label: str, commands: list[Any], heard: list[str], states: list[str]) -> None:
    async with conversation(sold_by(Till(), teller(*commands))) as person:
        for _ in commands:
            await person.says("go on")
        assert (person.heard, [row.state for row in await kept(person)]) == (heard, states)


@pytest.mark.parametrize("amount, said, back", [(150_001, "too_much", []), (150_000, "seat refunded", [150_000])])
@in_virtual_time
async def test_no_more_goes_back_than_was_paid(amount: int, said: str, back: list[int]) -> None:
    till = Till()
    async with conversation(sold_by(till, teller(link("seat"), lambda turn: turn.refund("seat", amount)))) as person:
        await person.says("a seat please")
        till.is_paid()
        await person.says("go on")
        assert person.heard[1].startswith(said)
        assert list(till.refunds.values()) == back


@in_virtual_time
async def test_what_was_paid_through_a_provider_that_is_gone_does_not_go_back_by_itself() -> None:
    till = Till()
    bot = teller(link("seat"), lambda turn: turn.refund("seat"))
    async with conversation(sold_by(till, bot)) as person:
        await person.says("a seat please")
        elsewhere = msgspec.structs.replace((await kept(person))[0], provider="stripe", state="paid", paid_at=1.0)
        elsewhere = msgspec.structs.replace(elsewhere, charge_id="ch_1")
        await person._store._alone(lambda rows: rows.put_payment(elsewhere))
        await person.says("go on")
        assert (person.heard[1:], till.asked) == (["not_configured"], ["create"])


PAGE = (Path(__file__).parents[2] / "docs/payments.md").read_text("utf-8")


@pytest.mark.parametrize("how", ["told", "asked about", "expired"])
@in_virtual_time
async def test_what_the_page_shows(how: str) -> None:
    names: dict[str, Any] = {"__name__": "a_block"}
    exec(compile(PAGE.split("```python\n")[1].split("```")[0], "docs", "exec", dont_inherit=True), names)
    till = Till()
    async with conversation(sold_by(till, names["bot"])) as person:
        await person.says("dinner for two", "quick")
        assert person.heard == ["₹3,000.00, please: https://pay.test/1"]
        await person.says("where was it?")
        assert person.heard[1:] == ["Nothing has arrived yet. Here is the link again: https://pay.test/1"]
        if how == "expired":
            await is_told(person, till.ends())
            await person.rests()
            await person.says("yes")
            assert person.heard[2:] == [
                "The link has expired. Shall I make a new one?",
                "₹3,000.00, please: https://pay.test/2",
            ]
            return
        till.is_paid()
        if how == "told":
            await is_told(person, till.links["plink_1"])
            await person.rests()
        await person.says("done")
        thanks = ["Thank you! Your table for 2 is booked."]
        assert person.heard[2:] == (thanks if how == "asked about" else [*thanks, "See you!"])
        assert person.raised == []


@in_virtual_time
async def test_without_a_provider_it_says_what_to_write() -> None:
    async with conversation(shop(), turns=ONCE) as person:
        await person.says("a seat please")
        assert "write [payments.razorpay]" in str(person.raised[0])
