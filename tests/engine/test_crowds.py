"""Refusals of which the provider does not say whom they concern: one waits alone, a crowd shows that it is all."""

import asyncio
from dataclasses import replace
from typing import Any

from tests.engine.bots import Scripted, said
from tests.engine.rig import SENDS, Shop, now, shop
from turnkeeper.channels.base import Calls
from turnkeeper.channels.whatsapp_cloud import WhatsAppCloud, WhatsAppCloudConfig
from turnkeeper.engine.answer import Answer, Work
from turnkeeper.model.outbound import NotSent, Outbound, Outcome
from turnkeeper.model.policy import RateLimit, TurnPolicy
from turnkeeper.testing.conversation import in_virtual_time

QUICK = TurnPolicy(quiet=0.0, max_wait=0.0, adaptive=False, rate_limit=None)
PACED = replace(SENDS, per_second=30.0, pair=RateLimit(3, 3.0))
TOO_FAST = NotSent("too many messages", 20.0, None, "either", "429")


class Crowded(WhatsAppCloud):
    """Refuses the next messages to whom it is told."""

    def __init__(self, refuses: list[str]) -> None:
        self.refuses = refuses

    def send(self, outbound: Outbound, config: WhatsAppCloudConfig) -> Calls[Outcome]:
        if outbound.addresses[0] in self.refuses:
            self.refuses.remove(outbound.addresses[0])
            return TOO_FAST
        return (yield from super().send(outbound, config))


async def answer(work: Work) -> Answer:
    return Answer([said(work)], {}, None)


async def heard(place: Shop, phones: list[str]) -> dict[str, float]:
    """When each got an answer, from now on."""
    began = now()
    for phone in phones:
        await place.hear(phone, of=phone)
    for phone in phones:
        await place.rests(of=phone)
    return {told.text: told.at - began for told in place.told}


def phones(*numbers: int) -> list[str]:
    return [f"1555000000{n}" for n in numbers]


def refusing(*numbers: int) -> Any:
    return Crowded([f"phone:{phone}" for phone in phones(*numbers)])


@in_virtual_time
async def test_one_who_is_refused_waits_alone() -> None:
    async with shop(Scripted(answer), QUICK, PACED, adapter=refusing(1, 2)) as place:
        at = await heard(place, phones(1, 2, 3, 4))
        assert [at[phone] > 20 for phone in phones(1, 2, 3, 4)] == [True, True, False, False]


@in_virtual_time
async def test_when_many_are_refused_all_wait() -> None:
    async with shop(Scripted(answer), QUICK, PACED, adapter=refusing(1, 2, 3)) as place:
        began = now()
        for phone in phones(1, 2, 3):
            await place.hear(phone, of=phone)
        while place.adapter.refuses:
            await asyncio.sleep(0.01)
        await place.hear("later", of=phones(4)[0])
        await place.rests(of=phones(4)[0])
        (told,) = [told for told in place.told if told.text == "later"]
        assert told.at - began > 19
