"""A bot that books, is paid and pays back, while everything around it fails at random moments. One seed, one story.

What the provider took is kept beside the store, and compared in the end: nothing is booked, charged, confirmed or paid
back twice, and no money is left unseen.
"""

import asyncio
from collections import Counter
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from random import Random
from typing import Any

import pytest
from msgspec.structs import replace

from tests.bots.till import PRICE, Till, asking, is_told, kept, sold_by
from turnkeeper import Bot, Event, PaymentRefused, Turn
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.http import Calls, Pause
from turnkeeper.model.payments import Money, PaymentFound
from turnkeeper.model.policy import TurnPolicy
from turnkeeper.payments.base import NotDone, RefundMade, Refused, Unsure
from turnkeeper.testing.conversation import Person, conversation
from turnkeeper.testing.virtual_time import run

TURNS = TurnPolicy(adaptive=False, rate_limit=None, quiet=0.5, max_wait=3.0)
DOUBLE = Money(2 * PRICE.amount, PRICE.currency)
SAID = (*["buy"] * 3, *["how is it?"] * 2, "more", "stop it", "refund", "part", "stumble", "break", "help")


@dataclass
class Shop:
    """What happened in the world: the keys of bookings, of those that were undone, the payments that were confirmed."""

    booked: list[str] = field(default_factory=list)
    undone: list[str] = field(default_factory=list)
    confirmed: list[str] = field(default_factory=list)
    took: float = 0.3
    broke: bool = False

    async def book(self, key: str) -> str:
        self.booked.append(key)
        await asyncio.sleep(self.took)
        return key

    async def confirm(self, payment: str) -> str:
        self.confirmed.append(payment)
        await asyncio.sleep(self.took)
        return payment


class Account(Till):
    """A provider that pays back what is left, and no more."""

    def refund(self, charge_id: str, money: Money | None, key: str, reason: str, config: Any) -> Calls[Any]:  # noqa: ARG002
        spoiled = self._spoiled("refund")
        yield Pause(self.takes)
        if isinstance(spoiled, NotDone):
            return spoiled
        id_ = next(id_ for id_, link in self.links.items() if link.charge_id == charge_id)
        link = self.links[id_]
        assert link.money is not None
        if key not in self.refunds:
            left = link.money.amount - (link.refunded or 0)
            wanted = left if money is None else money.amount
            if not 0 < wanted <= left:
                return Refused("too_much", "it went back already", "author")
            self.refunds[key] = wanted
            back = (link.refunded or 0) + wanted
            news = "refunded" if back == link.money.amount else "part_refunded"
            self.links[id_] = replace(link, news=news, refunded=back)
        yield Pause(self.takes)
        return spoiled or RefundMade("rfnd_1", self.refunds[key], pending=False, found=self.links[id_])


def seller(shop: Shop) -> Bot:
    bot = Bot("seller")

    @bot.stage("shop", first=True)
    async def sell(turn: Turn) -> None:
        said = turn.text
        if "buy" in said or "more" in said:
            await turn.step("book", shop.book, effect=True, on_unknown="retry")
            link = await turn.payment_link(DOUBLE if "more" in said else PRICE, "Dinner", name="seat", expires_in=3600)
            await turn.reply(f"{link.state} {link.url}")
        if "stumble" in said and turn.attempt == 1:
            raise RuntimeError("once")
        if "break" in said:
            shop.broke = True
            raise RuntimeError("for good")
        if "stop it" in said and await turn.payment("seat") is not None:
            await turn.reply(f"now {(await turn.expire_payment('seat')).state}")
        await pay_back(turn)
        found = await turn.payment("seat")
        if found is not None and found.is_paid:
            await thank(shop, turn, found.id)
        if "help" in said:
            turn.handover("they want a person")

    @bot.on("payment.paid")
    async def paid(turn: Turn, event: Event) -> None:
        await thank(shop, turn, str(event.data["payment"]))

    @bot.undo("book", unknown=True)
    async def unbook(turn: Turn, result: str | None, effect_key: str) -> None:
        await asyncio.sleep(shop.took)
        shop.undone.append(effect_key)

    return bot


async def pay_back(turn: Turn) -> None:
    if "refund" not in turn.text and "part" not in turn.text:
        return
    try:
        back = await turn.refund("seat", 50_000 if "part" in turn.text else None)
        await turn.reply(f"back {back.refunded}")
    except PaymentRefused as refused:
        await turn.reply(f"no refund: {refused.code}")


async def thank(shop: Shop, turn: Turn, payment: str) -> None:
    known = turn.state.setdefault("thanked", [])
    if payment not in known:
        known.append(payment)
        told = await turn.step("confirm", shop.confirm, payment, effect=True, on_unknown="retry")
        await turn.reply(f"thanks for {told}")


async def tells(person: Person, found: PaymentFound) -> None:
    """A webhook, which is answered with 503 while the store is away, and comes no more."""
    with suppress(StoreUnavailable):
        await is_told(person, found)


async def storm(rng: Random, person: Person, till: Till) -> None:
    """Some twenty things that happen, at any moments."""
    for _ in range(rng.randint(8, 25)):
        await asyncio.sleep(rng.choice((0.0, rng.random() / 2, rng.random() / 2, 1.2 * rng.random(), 3.0, 30.0)))
        match rng.choice(("say", "say", "say", "say", "pay", "pay", "again", "crash", "crash", "ask", "mode", "spoil")):
            case "say":
                await person.writes(rng.choice(SAID))
            case "pay":
                payable = [id_ for id_, link in till.links.items() if link.news == "open"]
                if payable:
                    told = till.is_paid(rng.choice(payable))
                    for _ in range(rng.choice((0, 1, 2))):
                        await tells(person, told)
            case "again" if till.links:
                await tells(person, till.links[rng.choice(list(till.links))])
            case "crash":
                await person.survives_a_crash()
            case "ask":
                with suppress(StoreUnavailable):
                    await asking(till, person).look()
            case "mode" if await person._found() is not None:
                await (person.is_taken_over() if rng.random() < 0.3 else person.is_given_back())
            case "spoil":
                till.spoils.append(rng.choice((Unsure("cut off"), NotDone("busy", 2.0))))


WRITES = (
    "begin_effect", "finish_step", "commit", "put_off", "record", "say_now", "open_payment", "payment_found",
    "payment_failed", "void_payment", "payment_looked", "payments_due", "payments_of", "claim",
)  # fmt: skip


def unreliable(person: Person, rng: Random) -> None:
    """From now on the store takes its time, so that a death may come between any two of its transactions, and now and
    then is away: before it has done what it was asked, or after it, so that only the answer is lost."""
    for name in WRITES:
        setattr(person._store, name, _unreliable(getattr(person._store, name), rng))


def _unreliable(write: Callable[..., Any], rng: Random) -> Callable[..., Any]:
    async def tried(*given: Any, **named: Any) -> Any:
        await asyncio.sleep(rng.random() / 10)
        if rng.random() < 0.05:
            raise StoreUnavailable("away")
        done = await write(*given, **named)
        await asyncio.sleep(rng.random() / 10)
        if rng.random() < 0.05:
            raise StoreUnavailable("the answer was lost")
        return done

    return tried


def reliable(person: Person) -> None:
    """As it was."""
    for name in WRITES:
        delattr(person._store, name)


async def lives_through(seed: int) -> None:
    rng, shop, till = Random(seed), Shop(), Account()
    till.takes = rng.choice((0.1, 1.0))
    async with conversation(sold_by(till, seller(shop)), turns=TURNS, seed=seed) as person:
        await person.writes("buy")
        if seed % 2:
            unreliable(person, Random(seed))
        await storm(rng, person, till)
        if seed % 2:
            reliable(person)
        till.spoils.clear()
        await person.rests()
        await person.is_given_back()
        await person.rests()
        for _ in range(3):  # what nobody told of is found, and what is void is taken back
            await person.waits(3600)
            await asking(till, person).look()
            await person.rests()
        for link in till.links.values():
            if link.refunded:  # whoever was cut off while paying back hears of it
                await is_told(person, link)
        await person.rests()
        await judged(person, shop, till)


async def judged(person: Person, shop: Shop, till: Till) -> None:
    rows = {row.id: row for row in await kept(person)}
    for id_, link in till.links.items():
        row = rows[link.reference or ""]
        if link.charge_id is not None:
            assert row.paid_at is not None, f"{id_} was paid, and nobody saw it: {row}"
    assert len({link.reference for link in till.links.values()}) == len(till.links), "one link for each"
    open_ones = [row for row in rows.values() if not row.is_settled]
    assert all(row.void_at is None for row in open_ones), open_ones
    assert len(open_ones) <= 1, "what is asked for anew takes the older back"
    thanked = Counter(heard for heard in person.heard if heard.startswith("thanks for"))
    assert max(thanked.values(), default=1) == 1, thanked
    assert set(shop.undone) <= set(shop.booked)
    assert len(set(shop.undone)) == len(shop.undone) or shop.broke
    if not shop.broke:
        for row in rows.values():
            if row.paid_at is not None and row.state != "refunded":
                assert row.id in shop.confirmed, row  # a person may have taken over before it was said
        assert not shop.undone
    paid_for = {link.charge_id: link.money.amount for link in till.links.values() if link.charge_id and link.money}
    assert sum(till.refunds.values()) <= sum(paid_for.values())
    assert sum(row.refunded for row in rows.values()) == sum(till.refunds.values())
    ledger = await person.ledger()
    assert sum(ledger.states.values()) + sum(ledger.dropped.values()) == ledger.accepted
    assert not {"waiting", "running"} & {state for state, count in ledger.states.items() if count}


SEEDS = (1, 9, 31, 45, 59, 88, 117, 134)
"""Stories in which the worst moments are hit: a death while a link is made, a link that is taken back by nobody."""


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_done_twice_and_no_money_is_left_unseen(seed: int) -> None:
    run(lives_through(seed), seed=seed)
