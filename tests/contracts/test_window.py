"""The 24-hour window: what comes too late goes as the bot's fallback template, or is refused and shown."""

from dataclasses import replace

import msgspec
import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.contents import Buttons, Content, Reaction, Template, Text
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.events import Referral
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown
from turnkeeper.model.policy import Channel, FallbackTemplate, RateLimit
from turnkeeper.rules import fallback
from turnkeeper.store.base import ClaimedTurn, Dispatch, TurnCommit
from turnkeeper.testing.events import ADA, SENDS, TURNS, channel, event, status, text

DAY = 86_400.0
STAND_IN = FallbackTemplate("answer_ready", "en", ("{text}",))
CONFIRMED = Template("seat_confirmed", "en", ("Ada",))


def stood_in(words: str) -> Template:
    return Template("answer_ready", "en", (words,), shown=words)


def shop(fallback: FallbackTemplate | None = STAND_IN, window: float | None = DAY, expires: float = 9 * DAY) -> Channel:
    sends = replace(SENDS, window=window, entry_window=3 * DAY, window_codes=frozenset({"131047"}))
    turns = replace(TURNS, stale_after=9 * DAY, reply_expires=expires, fallback_template=fallback)
    return channel(turns=turns, sends=sends)


async def commit(w: World, turn: ClaimedTurn, *contents: Content) -> Dispatch:
    key = turn.run.key
    encoded = [msgspec.json.encode(content) for content in contents]
    session = SessionRow(key.workspace_id, key.id, saved_at=w.now)
    return await w.store.commit(TurnCommit(turn.run, turn.turn.no, encoded, session, w.now))


async def sent(w: World, dispatch: Dispatch) -> list[Content]:
    """Everything that is called for from here on; the provider takes it."""
    seen: list[Content] = []
    while dispatch.send is not None:
        seen.append(msgspec.json.decode(dispatch.send.row.content, type=Content))
        dispatch = await w.record(dispatch.send, Accepted(f"out.{dispatch.send.row.seq}"))
    return seen


async def late(w: World) -> ClaimedTurn:
    """A turn that a person waits for since yesterday: it is committed outside the window."""
    await w.hear("hi")
    turn = await w.turn()
    w.now += DAY
    return turn


async def ends(w: World) -> list[tuple[str, str | None]]:
    """How rows ended that did not go, in words."""
    key = (await w.conversation()).key
    return [(m.text, m.detail) for m in await w.store.moments(key, 100) if m.kind == "failed" and m.seq and m.detail]


async def test_words_that_come_too_late_go_as_the_template_once_a_turn(world: OpenWorld) -> None:
    async with world(shop()) as w:
        turn = await late(w)
        gone = await sent(w, await commit(w, turn, Text("one\n\n two"), Text("three"), CONFIRMED, Text("four")))
        assert gone == [stood_in("one two"), CONFIRMED]
        assert await w.states() == {"answered": 1}
        assert [words for words, _ in await ends(w)] == ["three", "four"]
        assert all(why is not None and "stood in" in why for _, why in await ends(w))
        conversation = await w.conversation()
        assert (conversation.unsent, conversation.fell_back, conversation.due_at) == (0, 1, None)


async def test_each_turn_has_its_own(world: OpenWorld) -> None:
    async with world(shop()) as w:
        for no in (1, 2):
            turn = await late(w)
            assert await sent(w, await commit(w, turn, Text(f"answer {no}"))) == [stood_in(f"answer {no}")]
        await w.report(status("delivered", id="out.1"), status("delivered", id="out.2"))
        assert await w.states() == {"answered": 2}


async def test_what_was_said_at_once_counts_for_its_turn(world: OpenWorld) -> None:
    async with world(shop()) as w:
        turn = await late(w)
        dispatch = await w.say_now(turn, "wait a moment")
        assert dispatch.send is not None
        assert dispatch.send.row.content == fallback.encoded(stood_in("wait a moment"))
        await w.record(dispatch.send, Accepted("out.1"), in_turn=True)
        assert await sent(w, await commit(w, turn, Text("here it is"))) == []
        assert await w.states() == {"answered": 1}


async def test_without_a_template_they_are_refused_with_the_reason_and_templates_go(world: OpenWorld) -> None:
    async with world(shop(None)) as w:
        turn = await late(w)
        assert await sent(w, await commit(w, turn, Text("one"), CONFIRMED, Reaction("wamid.1", "👍"))) == [CONFIRMED]
        refused = "the 24-hour window is closed: only a template may be sent"
        assert await ends(w) == [("one", refused), ("👍", refused)]
        assert await w.states() == {"failed": 1}


async def test_an_emoji_is_no_reason_to_write(world: OpenWorld) -> None:
    """It leaves the template to the words behind it."""
    async with world(shop()) as w:
        turn = await late(w)
        gone = await sent(w, await commit(w, turn, Reaction("wamid.1", "👍"), Text("done")))
        assert gone == [stood_in("done")]
        assert await w.states() == {"failed": 1}


async def test_notices_and_an_operators_words_give_way_each_by_itself(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        w.now += DAY
        for said in ("first", "second"):
            await w.hear(changed(event("operator", said), details={"takes_over": False}))
            send = await w.send()
            assert msgspec.json.decode(send.row.content, type=Content) == stood_in(said)
            await w.record(send, Accepted(f"op.{said}"))
        assert await w.states() == {"answered": 1, "person": 2}


async def test_a_channel_without_a_window_is_untouched(world: OpenWorld) -> None:
    async with world(shop(window=None)) as w:
        turn = await late(w)
        assert await sent(w, await commit(w, turn, Text("one"), Text("two"))) == [Text("one"), Text("two")]


async def test_an_ad_opens_it_for_three_days(world: OpenWorld) -> None:
    async with world(shop(None)) as w:
        await w.hear(changed(text("hi", at=w.now), ad=Referral("1", "ad")))
        turn = await w.turn()
        w.now += 2 * DAY
        assert await sent(w, await commit(w, turn, Text("one"))) == [Text("one")]
        assert (await w.conversation()).entry_at is not None


async def test_a_call_that_waits_for_its_instant_counts_by_it(world: OpenWorld) -> None:
    paced = shop()
    async with world(replace(paced, sends=replace(paced.sends, per_second=1.0))) as w:
        await w.hear("hi")
        turn = await w.turn()
        assert turn.conversation.contact_at is not None
        w.now = turn.conversation.contact_at + DAY - 0.1
        assert await sent(w, await commit(w, turn, Text("one"))) == [stood_in("one")]


async def test_a_row_that_waits_for_its_pair_is_turned_into_the_template_once(world: OpenWorld) -> None:
    slow = shop()
    async with world(replace(slow, sends=replace(slow.sends, pair=RateLimit(1, 60.0)))) as w:
        await w.hear("hi")
        await w.answer("hello")
        turn = await late(w)
        dispatch = await commit(w, turn, Text("one"), Text("two"), CONFIRMED)
        assert await sent(w, dispatch) == [stood_in("one")]
        send = await w.send()
        assert msgspec.json.decode(send.row.content, type=Content) == CONFIRMED


async def test_the_provider_may_know_better(world: OpenWorld) -> None:
    """Its clock, or its rules for ads: the row is sent anew as the template, in its place, once."""
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        dispatch = await commit(w, turn, Text("one"), Text("two"))
        assert dispatch.send is not None
        assert dispatch.send.row.content == msgspec.json.encode(Text("one"))
        refused = Rejected("131047", "the 24-hour window is closed", "use_template")
        again = await w.record(dispatch.send, refused)
        assert again.send is not None
        assert again.send.row.seq == dispatch.send.row.seq
        assert await sent(w, again) == [stood_in("one")]
        assert await w.states() == {"answered": 1}


async def test_a_refused_template_is_not_tried_again(world: OpenWorld) -> None:
    async with world(shop()) as w:
        turn = await late(w)
        dispatch = await commit(w, turn, Text("one"), Text("two"))
        assert dispatch.send is not None
        after = await w.record(dispatch.send, Rejected("132001", "no such template", "operator"))
        assert after == Dispatch(None, None)
        assert await w.states() == {"failed": 1}


async def test_without_a_template_a_refusal_is_one(world: OpenWorld) -> None:
    async with world(shop(None)) as w:
        await w.hear("hi")
        turn = await w.turn()
        dispatch = await commit(w, turn, Text("one"))
        assert dispatch.send is not None
        assert await w.record(dispatch.send, Rejected("131047", "closed", "use_template")) == Dispatch(None, None)
        assert await w.states() == {"failed": 1}
        row = (await w.store._alone(lambda rows: rows.outbound([dispatch.send.row.key])))[dispatch.send.row.key]  # type: ignore[attr-defined, union-attr]
        assert (row.code, row.reason) == ("131047", "closed")


async def test_a_refusal_that_comes_as_a_status_has_the_template_follow(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        await sent(w, await commit(w, turn, Text("one"), Text("two")))
        assert await w.states() == {"answered": 1}
        for seq in (1, 2, 1):
            failed = changed(status("failed", id=f"out.{seq}", error="closed"), error_codes=(131047,))
            await w.report(failed)
        send = await w.send()
        assert msgspec.json.decode(send.row.content, type=Content) == stood_in("one")
        await w.record(send, Accepted("out.9"))
        assert (await w.conversation()).due_at is None
        assert (await w.conversation()).unsent == 0
        assert await w.states() == {"answered": 1}
        await w.report(status("read", id="out.9"))
        assert await w.states() == {"answered": 1}


async def test_of_two_turns_that_were_refused_so_each_has_its_template_follow(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await w.answer("hello")
        turns = []
        for said in ("one", "two"):  # as two reminders would be
            await w.hear(changed(event("api", said), details={"type": said}))
            turns.append(await commit(w, await w.turn(), Text(said)))
            await sent(w, turns[-1])
        ids = [turn.send.row.key for turn in turns if turn.send]
        rows = await w.store._alone(lambda rows: rows.outbound(ids))  # type: ignore[attr-defined]
        for key in ids:
            await w.report(changed(status("failed", id=rows[key].external_id, error="closed"), error_codes=(131047,)))
        send = await w.send()
        assert await sent(w, Dispatch(send, None)) == [stood_in("one"), stood_in("two")]
        assert ((await w.conversation()).unsent, (await w.conversation()).due_at) == (0, None)


@pytest.mark.parametrize("taken", [True, False])
async def test_none_follows_once_the_person_has_written_again_or_a_person_answers(
    world: OpenWorld, taken: bool
) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        await sent(w, await commit(w, await w.turn(), Text("one")))
        w.now += 1
        if taken:
            await w.mode("human")
        else:
            await w.hear("are you there?")
        await w.report(changed(status("failed", id="out.1", error="closed"), error_codes=(131047,)))
        assert (await w.conversation()).out_last == 1
        assert "failed" in await w.states()


async def test_what_may_have_arrived_is_not_said_again_as_a_template(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        w.now = (turn.conversation.contact_at or 0.0) + DAY - 10
        dispatch = await commit(w, turn, Text("one"), CONFIRMED)
        assert dispatch.send is not None
        await w.record(dispatch.send, Unknown("no answer"))
        send = await w.send()
        assert msgspec.json.decode(send.row.content, type=Content) == CONFIRMED
        await w.record(send, Accepted("out.2"))
        assert await w.states() == {"failed": 1}


async def test_a_place_in_line_is_not_waited_for_until_it_is_too_late(world: OpenWorld) -> None:
    slow = shop()
    async with world(replace(slow, sends=replace(slow.sends, per_second=0.005))) as w:
        for of in ("1", "2"):
            await w.hear(text("hi", of=of, at=w.now))
        await w.until_due()
        first, second = [each for each in await w.claim() if isinstance(each, ClaimedTurn)]
        closes = (second.conversation.contact_at or 0.0) + DAY
        w.now = closes - 180
        assert (await commit(w, first, Text("one"))).send is not None
        dispatch = await commit(w, second, Text("two"))
        assert dispatch.send is None
        assert dispatch.due_at == closes - 60


async def test_what_waits_is_tried_before_it_closes(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        closes = (turn.conversation.contact_at or 0.0) + DAY
        w.now = closes - 3_600
        dispatch = await commit(w, turn, Text("one"))
        assert dispatch.send is not None
        due = (await w.record(dispatch.send, NotSent("a fault of theirs"), backoff=7_200.0)).due_at
        assert due == closes - 60
        send = await w.send()
        due = (await w.record(send, NotSent("a fault of theirs"), backoff=7_200.0)).due_at
        assert due == w.now + 5
        assert await sent(w, Dispatch(await w.send())) == [Text("one")]
        assert await w.states() == {"answered": 1}


async def test_a_template_waits_as_long_as_it_is_told(world: OpenWorld) -> None:
    async with world(shop()) as w:
        await w.hear("hi")
        turn = await w.turn()
        w.now += DAY - 3_600
        dispatch = await commit(w, turn, CONFIRMED)
        assert dispatch.send is not None
        assert (await w.record(dispatch.send, NotSent("later"), backoff=7_200.0)).due_at == w.now + 7_200


async def test_a_question_with_buttons_gives_its_words(world: OpenWorld) -> None:
    async with world(shop()) as w:
        turn = await late(w)
        gone = await sent(w, await commit(w, turn, Buttons("Shall I book?", ("Yes", "No"))))
        assert gone == [stood_in("Shall I book?")]
        assert ADA in (await w.conversation()).addresses
