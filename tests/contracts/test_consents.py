"""One record for each contact and purpose; what was withdrawn keeps templates from leaving."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_window import CONFIRMED, commit, ends, sent, shop
from tests.contracts.world import World
from turnkeeper.engine.clock import SystemClock
from turnkeeper.engine.records import TurnRecords
from turnkeeper.model.consent import EVERYTHING
from turnkeeper.model.contents import Template, Text
from turnkeeper.model.outbound import Accepted, Rejected
from turnkeeper.model.policy import Channel, OwnerWords
from turnkeeper.model.templates import TemplateRow
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.testing.events import ADA, event, status, text

AD = Template("spring_sale", "en")


def with_codes() -> Channel:
    made = shop()
    return replace(made, sends=replace(made.sends, opt_out_codes=frozenset({"131050"})))


async def known(w: World, of: str = ADA) -> dict[str, tuple[bool, str]]:
    conversation = await w.conversation(of)
    found = await w.store.consents(conversation.workspace_id, conversation.contact_id)
    return {each.purpose: (each.granted, each.source) for each in found}


async def note(w: World, purpose: str, granted: bool, of: str = ADA) -> None:
    assert await w.store.set_consent((await w.conversation(of)).key, purpose, granted, "operator", w.now)


async def filed(w: World, template: Template, category: str) -> None:
    where = (w.channel.workspace_id, w.channel.id, template.name, template.language)
    await w.store.put_template(TemplateRow(*where, "1", "APPROVED", category, "GREEN", None, b"{}", w.now))


async def asked(w: World) -> ClaimedTurn:
    """A turn that no person began."""
    await w.hear(changed(event("api", "order.paid"), details={"type": "order.paid"}))
    return await w.turn()


async def test_stop_withdraws_everything_and_start_gives_it_back(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        assert await known(w) == {}
        w.now += 1
        await w.hear("STOP")
        assert await known(w) == {EVERYTHING: (False, "stop")}
        w.now += 1
        await w.hear("START")
        assert await known(w) == {EVERYTHING: (True, "start")}
        w.now += 1
        await w.hear("start", "stop")
        assert await known(w) == {EVERYTHING: (False, "stop")}


async def test_a_start_out_of_the_blue_says_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("/start")
        assert await known(w) == {}
        await note(w, EVERYTHING, False)
        w.now += 1
        await w.hear("/start")
        assert await known(w) == {EVERYTHING: (True, "start")}


async def test_a_turn_leaves_what_the_contact_told_it(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("yes, send me news")
        await w.commit(await w.turn(), "thanks", consents={"marketing": True, "surveys": False})
        assert await known(w) == {"marketing": (True, "bot"), "surveys": (False, "bot")}


async def test_an_older_word_changes_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await note(w, "marketing", False)
        told = {"type": "user_preferences", "purpose": "marketing", "granted": True}
        await w.hear(changed(event("system", at=w.now - 100), details=told))
        assert await known(w) == {"marketing": (False, "operator")}
        await w.hear(changed(event("system", at=w.now + 100), details=told))
        assert await known(w) == {"marketing": (True, "provider")}


async def test_what_a_person_decides_at_the_provider_opens_no_window(world: OpenWorld) -> None:
    async with world(shop()) as w:
        told = {"type": "user_preferences", "purpose": "marketing", "granted": False}
        await w.hear(changed(event("system", at=w.now), details=told))
        assert (await w.conversation()).contact_at is None
        assert await w.states() == {"no_reply": 1}


async def test_after_stop_no_template_leaves_but_what_is_said_freely_does(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        await w.hear("STOP")
        await sent(w, (await w.store.record(await _first(w))))
        gone = await sent(w, await commit(w, await asked(w), CONFIRMED, Text("your receipt")))
        assert gone == [Text("your receipt")]
        ((words, why),) = await ends(w)
        assert words == "[template seat_confirmed]"
        assert why is not None
        assert why.startswith("the contact has opted out (they wrote STOP, 20")
        await w.hear("START")
        await w.until_idle()
        assert await sent(w, await commit(w, await asked(w), CONFIRMED)) == [CONFIRMED]


async def test_who_had_opted_out_before_there_were_records_is_not_written_to(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.deliver(await w.commit(turn, "hello", timers=[w.timer(turn, 60)]))
        opted_out = changed(await w.conversation(), opted_out=True)
        await w.store._alone(lambda rows: rows.save([opted_out]))  # type: ignore[attr-defined]
        w.now += 60
        await w.fire()
        assert await w.states() == {"answered": 1, "dropped: opted_out": 1}
        turn = await asked(w)
        seen = await TurnRecords(turn, w.store, SystemClock()).consents()
        assert [(each.purpose, each.granted) for each in seen] == [(EVERYTHING, False)]
        gone = await sent(w, await commit(w, turn, CONFIRMED, Text("your receipt")))
        assert gone == [Text("your receipt")]
        ((_, why),) = await ends(w)
        assert why is not None
        assert why.startswith("the contact has opted out (they wrote STOP, 20")
        await w.hear("START")
        await w.until_idle()
        assert await known(w) == {EVERYTHING: (True, "start")}
        assert await sent(w, await commit(w, await asked(w), CONFIRMED)) == [CONFIRMED]


async def _first(w: World) -> Any:
    from turnkeeper.store.base import Sent

    send = await w.send()
    return Sent(send.row.key, send.row.tries, Accepted("notice"), send.run, 1.0, w.now)


async def test_marketing_withdrawn_concerns_marketing_alone_and_answers_too(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await filed(w, AD, "MARKETING")
        await filed(w, CONFIRMED, "UTILITY")
        await w.hear("hi")
        await note(w, "marketing", False)
        assert await sent(w, await commit(w, await w.turn(), AD, CONFIRMED)) == [CONFIRMED]
        ((_, why),) = await ends(w)
        assert why is not None
        assert why.startswith("the contact wants no marketing (noted by an operator, ")


async def test_everything_withdrawn_leaves_answers(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await note(w, EVERYTHING, False)
        assert await sent(w, await commit(w, await w.turn(), CONFIRMED)) == [CONFIRMED]
        assert await sent(w, await commit(w, await asked(w), CONFIRMED)) == []
        assert await w.states() == {"answered": 1, "failed": 1}


async def test_an_operator_who_gives_everything_back_ends_the_silence(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("STOP")
        assert (await w.conversation()).opted_out
        await note(w, EVERYTHING, True)
        assert not (await w.conversation()).opted_out


@pytest.mark.parametrize("late", [False, True])
async def test_the_provider_refuses_marketing_and_it_is_never_tried_again(world: OpenWorld, late: bool) -> None:
    async with world(with_codes()) as w:
        await filed(w, AD, "MARKETING")
        await w.hear("hi")
        dispatch = await commit(w, await w.turn(), AD)
        assert dispatch.send is not None
        if late:
            await w.record(dispatch.send, Accepted("out.1"))
            await w.report(changed(status("failed", id="out.1", error="stopped"), error_codes=(131050,)))
        else:
            await w.record(dispatch.send, Rejected("131050", "stopped", "never_again"))
        assert await known(w) == {"marketing": (False, "provider")}
        assert await sent(w, await commit(w, await asked(w), AD)) == []


@pytest.mark.parametrize("who", ["1", "user:U1"])
async def test_of_two_who_turn_out_to_be_one_the_refusal_counts(world: OpenWorld, who: str) -> None:
    """Whichever of them goes on, and though the other said yes later."""
    other = {"1": "user:U1", "user:U1": "1"}[who]
    async with world() as w:
        await w.hear(text("hi", of="1", at=w.now))
        w.now += 5
        await w.hear(text("hi", addresses=("user:U1",), at=w.now))
        await note(w, "marketing", False, of=who)
        w.now += 1
        await note(w, "marketing", True, of=other)
        await note(w, "surveys", True, of=other)
        w.now += 1
        await w.hear(text("it is me", addresses=("user:U1", "phone:1")))
        for of in ("1", "user:U1"):
            assert await known(w, of) == {"marketing": (False, "operator"), "surveys": (True, "operator")}


async def test_who_is_erased_is_still_sent_nothing(world: OpenWorld) -> None:
    words = OwnerWords(testers=frozenset({f"phone:{ADA}"}), erased="gone")
    async with world(replace(shop(), owner=words)) as w:
        await w.hear("hi")
        await note(w, "surveys", True)
        await note(w, EVERYTHING, False)
        await w.hear("DELETE")
        assert await known(w) == {EVERYTHING: (False, "operator")}


async def test_nobody_sees_another_workspaces(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await note(w, "marketing", True)
        conversation = await w.conversation()
        assert await w.store.consents("other", conversation.contact_id) == []  # type: ignore[arg-type]
        other = conversation.key._replace(workspace_id="other")  # type: ignore[arg-type]
        assert await w.store.set_consent(other, "marketing", False, "operator", w.now) is None
        assert msgspec.json.encode(await known(w)) == b'{"marketing":[true,"operator"]}'
