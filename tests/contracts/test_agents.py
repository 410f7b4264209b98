"""What is kept for agents: facts, summaries, prompts, what was spent: the same in every store."""

import asyncio
from dataclasses import replace as replaced
from typing import Any

import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, W1, W2, World, said, words
from turnkeeper.model.agents import Fact, PromptVersion, Spent, Summary, day_of
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import BotId, ContactId, WorkspaceId
from turnkeeper.model.policy import OwnerWords
from turnkeeper.store.base import ClaimedTurn, Store
from turnkeeper.store.bots import FailedTurn
from turnkeeper.testing.events import ADA, channel, event, text

BOT = BotId("assistant")
SHOP = WorkspaceId("default")
DAY = 86_400.0
TESTED = replaced(channel(), owner=OwnerWords(testers=frozenset({f"phone:{ADA}"}), erases="forget me"))


async def known(w: World, bot: BotId | None = BOT) -> dict[str, bytes]:
    contact = (await w.conversation()).contact_id
    return {fact.name: fact.value for fact in await w.store.facts(SHOP, contact, bot)}


async def learn(w: World, **facts: bytes | None) -> ClaimedTurn:
    await w.hear("hi")
    turn = await w.turn()
    await w.deliver(await w.commit(turn, "hello", facts=facts))
    return turn


# Facts.


async def test_a_turn_learns_and_forgets(world: OpenWorld) -> None:
    async with world() as w:
        await learn(w, name=b'"Ada"', city=b'"Jakarta"')
        assert await known(w) == {"city": b'"Jakarta"', "name": b'"Ada"'}
        turn = await learn(w, city=None, name=b'"Ada L."', never_known=None)
        conversation = await w.conversation()
        assert await w.store.facts(SHOP, conversation.contact_id) == [
            Fact(SHOP, conversation.contact_id, BOT, "name", b'"Ada L."', conversation.id, turn.turn.no, w.now)
        ]


async def test_what_a_turn_that_lost_its_conversation_learned_is_not_known(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.die()
        await w.turn(W2)
        with pytest.raises(Fenced):
            await w.commit(turn, "hello", facts={"name": b'"Ada"'})
        assert await known(w) == {}


async def test_a_contact_is_known_by_the_name_of_the_first_message(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(replace(text("hi", at=w.now), sender_name="Ada"))
        await w.hear(replace(text("again", at=w.now), sender_name="Ada L."))
        contact = (await w.conversation()).contact_id
        assert await w.store.contact_name(SHOP, contact) == "Ada"
        assert await w.store.contact_name(WorkspaceId("cafe"), contact) is None
        assert await w.store.contact_name(SHOP, ContactId("somebody")) is None


async def test_each_bot_and_each_contact_has_its_own(world: OpenWorld) -> None:
    async with world() as w:
        await learn(w, name=b'"Ada"', city=b'"Rome"')
        contact = (await w.conversation()).contact_id
        assert await known(w, BotId("another")) == {}
        assert await w.store.facts(SHOP, ContactId("somebody")) == []
        assert await w.store.facts(WorkspaceId("cafe"), contact) == []
        assert await w.store.forget_facts(WorkspaceId("cafe"), contact) == 0
        assert await w.store.forget_facts(SHOP, contact, BotId("another")) == 0
        assert await w.store.forget_facts(SHOP, contact, BOT, "city") == 1
        assert await known(w, None) == {"name": b'"Ada"'}
        assert await w.store.forget_facts(SHOP, contact) == 1
        assert await known(w) == {}


async def test_facts_follow_people_who_turn_out_to_be_one(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("hi", of="1"))
        await w.deliver(await w.commit(await w.turn(), "yes", facts={"name": b'"Ada"', "city": b'"Rome"'}))
        w.now += 10
        await w.hear(replace(event("text", "hello"), addresses=("lid:9",)))
        await w.deliver(await w.commit(await w.turn(), "yes", facts={"name": b'"Ada L."', "age": b"36"}))
        await w.hear(replace(event("text", "it is me"), addresses=("phone:1", "lid:9")))
        one, other = await w.conversation("phone:1"), await w.conversation("lid:9")
        assert one == other
        found = await w.store.facts(SHOP, one.contact_id)
        assert {fact.name: fact.value for fact in found} == {"age": b"36", "city": b'"Rome"', "name": b'"Ada L."'}
        assert {fact.contact_id for fact in found} == {one.contact_id}


async def test_of_several_who_turn_out_to_be_one_the_newest_fact_counts(world: OpenWorld) -> None:
    async with world() as w:
        told = ((b'"old"', "phone:1"), (b'"newest"', "lid:9"), (b'"new"', "bsuid:5"))
        for place, (value, address) in enumerate(told):
            w.now = T0 + (0, 200, 100)[place]
            await w.hear(replace(event("text", "hello"), addresses=(address,)))
            w.now += 10
            (turn,) = await w.claim()
            assert isinstance(turn, ClaimedTurn)
            await w.deliver(await w.commit(turn, "yes", facts={"name": value}))
        w.now = T0 + 300
        await w.hear(replace(event("text", "hello again"), addresses=("phone:1",)))
        await w.answer("yes")
        w.now += 60
        await w.hear(replace(event("text", "it is me"), addresses=("bsuid:5", "phone:1", "lid:9")))
        contact = (await w.conversation("phone:1")).contact_id
        assert [fact.value for fact in await w.store.facts(SHOP, contact)] == [b'"newest"']


async def test_the_newer_fact_counts_whoever_wins(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(replace(event("text", "hello"), addresses=("lid:9",)))
        await w.deliver(await w.commit(await w.turn(), "yes", facts={"name": b'"old"'}))
        w.now += 10
        await w.hear(text("hi", of="1"))
        await w.deliver(await w.commit(await w.turn(), "yes", facts={"name": b'"new"'}))
        await w.hear(replace(event("text", "it is me"), addresses=("phone:1", "lid:9")))
        contact = (await w.conversation("phone:1")).contact_id
        assert [fact.value for fact in await w.store.facts(SHOP, contact)] == [b'"new"']


async def test_a_tester_erases_what_is_known_of_them(world: OpenWorld) -> None:
    async with world(TESTED) as w:
        await learn(w, name=b'"Ada"')
        key = (await w.conversation()).key
        assert await w.store.keep_summary(Summary(*key, "We spoke of Rome.", w.now, w.now), None)
        await w.hear("forget me")
        assert await known(w) == {}
        erased = await w.store.summary(key)
        assert erased == Summary(*key, "", w.now, w.now)
        # One that was being made of what was said before does not bring it back.
        assert not await w.store.keep_summary(Summary(*key, "We spoke of Rome and Oslo.", T0, w.now), T0)
        assert await w.store.summary(key) == erased
        assert await w.store.keep_summary(Summary(*key, "They are new here.", w.now + 60, w.now + 60), erased.up_to)


async def test_an_erased_conversation_takes_no_first_summary_of_before(world: OpenWorld) -> None:
    async with world(TESTED) as w:
        await learn(w)
        await w.hear("forget me")
        key = (await w.conversation()).key
        assert not await w.store.keep_summary(Summary(*key, "We spoke of Rome.", w.now, w.now), None)


# Summaries.


async def test_of_two_who_summarise_at_once_one_is_kept(world: OpenWorld) -> None:
    async with world() as w:
        await learn(w)
        key = (await w.conversation()).key
        assert await w.store.summary(key) is None
        first, second = Summary(*key, "one", T0, w.now), Summary(*key, "two", T0 + 1, w.now)
        kept = await asyncio.gather(w.store.keep_summary(first, None), w.store.keep_summary(second, None))
        assert sorted(kept) == [False, True]
        assert await w.store.keep_summary(Summary(*key, "three", T0 + 2, w.now), T0 + kept.index(True))
        assert not await w.store.keep_summary(Summary(*key, "late", T0 + 3, w.now), T0)
        found = await w.store.summary(key)
        assert found is not None
        assert (found.text, found.up_to) == ("three", T0 + 2)


async def test_a_summary_whose_answer_was_lost_is_kept_again(world: OpenWorld) -> None:
    async with world() as w:
        await learn(w)
        key = (await w.conversation()).key
        summary = Summary(*key, "un r\x00sum\u00e9", T0, w.now)
        assert await w.store.keep_summary(summary, None)
        assert await w.store.keep_summary(summary, None)
        changed = replace(summary, up_to=T0 + 1)
        assert await w.store.keep_summary(changed, T0)
        assert await w.store.keep_summary(changed, T0)


async def test_nothing_is_remembered_of_what_retention_forgot(world: OpenWorld) -> None:
    async with world() as w:
        turn = await learn(w, name=b'"Ada"')
        key = turn.run.key
        await w.store.keep_summary(Summary(*key, "one", w.now, w.now), None)
        await w.hear(text("hello", of="2"))
        await w.deliver(await w.commit(await w.turn(), "yes"))
        w.now += 10 * DAY
        await w.hear(text("still here", of="2"))
        await w.deliver(await w.commit(await w.turn(), "yes"))
        other = (await w.conversation("2")).key
        await w.store.keep_summary(Summary(*other, "two", w.now, w.now), None)
        assert await w.store.retain(w.now - DAY, 1000) > 0
        assert await w.store.summary(key) is None
        assert await w.store.summary(other) is not None
        assert await known(w) == {"name": b'"Ada"'}


# What was spent.


async def spend(w: World, turn: ClaimedTurn, name: str, tokens: int, micros: int = 0, *, effect: bool = False) -> None:
    step = w.step(turn, name, b'"answer"', effect=effect)
    await w.store.finish_step(turn.run, step, Spent(tokens, micros))


async def test_steps_add_to_their_day(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        key = turn.run.key
        assert await w.store.spent(key, day_of(w.now)) == Spent()
        await asyncio.gather(*(spend(w, turn, f"model {n}", 100, 7) for n in range(3)))
        await w.finish(turn, "a step without a model", b"1")
        assert await w.store.spent(key, day_of(w.now)) == Spent(300, 21)
        today = day_of(w.now)
        w.now += DAY
        await spend(w, turn, "model tomorrow", 2**40, 2**41)
        assert await w.store.spent(key, day_of(w.now)) == Spent(2**40, 2**41)
        assert await w.store.spent(key, today) == Spent(300, 21)


async def test_a_step_is_counted_once_however_often_it_is_written(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await spend(w, turn, "model", 100)
        await spend(w, turn, "model", 100)
        await asyncio.gather(spend(w, turn, "other", 10), spend(w, turn, "other", 10))
        assert await w.begin(turn, "effect") is None
        await spend(w, turn, "effect", 1, effect=True)
        await spend(w, turn, "effect", 1, effect=True)
        assert await w.store.spent(turn.run.key, day_of(w.now)) == Spent(111, 0)


async def test_a_step_that_is_not_kept_is_not_counted_and_a_late_effect_is(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        assert await w.begin(turn, "effect") is None
        await w.die()
        await w.turn(W2)
        with pytest.raises(Fenced):
            await spend(w, turn, "model", 100)
        await spend(w, turn, "effect", 5, effect=True)
        assert await w.store.spent(turn.run.key, day_of(w.now)) == Spent(5, 0)


async def test_what_is_spent_outside_steps_counts_too(world: OpenWorld) -> None:
    async with world() as w:
        turn = await learn(w)
        await asyncio.gather(*(w.store.add_spend(turn.run.key, "2026-11-20", Spent(10, n)) for n in range(4)))
        assert await w.store.spent(turn.run.key, "2026-11-20") == Spent(40, 6)


async def test_old_days_are_forgotten(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        began = day_of(w.now)
        await spend(w, turn, "model", 100)
        w.now += 3 * DAY
        await spend(w, turn, "model 2", 50)
        await w.store.retain(w.now - DAY, 1000)
        assert await w.store.spent(turn.run.key, began) == Spent()
        assert await w.store.spent(turn.run.key, day_of(w.now)) == Spent(50)


# Prompts.


async def versions(store: Store) -> list[tuple[int, str, str]]:
    return [(found.version, found.state, found.text) for found in await store.prompts(SHOP, BOT)]


async def test_of_a_bots_prompts_one_is_published(world: OpenWorld) -> None:
    async with world() as w:
        assert await w.store.published_prompts() == []
        first = await w.store.draft_prompt(SHOP, BOT, "You help.", "the first", T0)
        assert first == PromptVersion(SHOP, BOT, 1, "You help.", "draft", T0, None, "the first")
        await w.store.draft_prompt(SHOP, BOT, "You help a lot.", "", T0 + 1)
        assert await w.store.published_prompts() == []
        published = await w.store.publish_prompt(SHOP, BOT, 1, T0 + 2)
        assert published == replace(first, state="published", published_at=T0 + 2)
        assert await w.store.publish_prompt(SHOP, BOT, 1, T0 + 3) == published  # it was
        second = await w.store.publish_prompt(SHOP, BOT, 2, T0 + 4)
        assert await versions(w.store) == [(2, "published", "You help a lot."), (1, "retired", "You help.")]
        other = await w.store.draft_prompt(WorkspaceId("cafe"), BOT, "Coffee?", "", T0)
        other_published = await w.store.publish_prompt(WorkspaceId("cafe"), BOT, other.version, T0)
        assert await w.store.published_prompts() == [other_published, second]
        again = await w.store.publish_prompt(SHOP, BOT, 1, T0 + 5)
        assert again is not None
        assert again.published_at == T0 + 5
        assert await w.store.publish_prompt(SHOP, BOT, None, T0 + 6) is None
        assert [state for _, state, _ in await versions(w.store)] == ["retired", "retired"]
        assert await w.store.published_prompts() == [other_published]


async def test_a_draft_is_changed_in_its_place_unless_somebody_else_did(world: OpenWorld) -> None:
    async with world() as w:
        first = await w.store.draft_prompt(SHOP, BOT, "You help.", "", T0)
        changed = await w.store.change_draft(first, "You help\x00.", "why", T0 + 1)
        assert changed is not None
        assert (changed.version, changed.note, changed.created_at) == (1, "why", T0 + 1)
        assert await w.store.change_draft(first, "You do not.", "", T0 + 2) is None
        await w.store.publish_prompt(SHOP, BOT, 1, T0 + 3)
        assert await w.store.change_draft(changed, "You do not.", "", T0 + 4) is None
        assert [(number, state) for number, state, _ in await versions(w.store)] == [(1, "published")]


async def test_the_failures_of_a_bot_are_told_newest_first(world: OpenWorld) -> None:
    async with world() as w:
        began = []
        for failed in (True, False, True):
            await w.hear("hi")
            turn = await w.turn()
            began.append(turn.turn)
            await w.deliver(await w.commit(turn, "sorry", failed=failed))
        newest, oldest = began[2], began[0]
        of = (newest.workspace_id, BotId(newest.bot_id))
        told = [FailedTurn(each.conversation_id, each.no, each.started_at) for each in (newest, oldest)]
        assert await w.store.failed_turns(*of, 5) == told
        assert await w.store.failed_turns(*of, 1) == told[:1]
        assert await w.store.failed_turns(WorkspaceId("cafe"), of[1], 5) == []


async def test_a_version_that_there_is_not(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.draft_prompt(SHOP, BOT, "You help.", "", T0)
        await w.store.publish_prompt(SHOP, BOT, 1, T0)
        with pytest.raises(LookupError, match="version 2"):
            await w.store.publish_prompt(SHOP, BOT, 2, T0)
        assert await versions(w.store) == [(1, "published", "You help.")]


async def test_drafts_at_once_have_numbers_of_their_own(two_stores: Any) -> None:
    async with two_stores() as (w, other):
        drafts = [store.draft_prompt(SHOP, BOT, "x", "", T0) for store in (w.store, other) for _ in range(5)]
        await asyncio.gather(*drafts)
        assert [number for number, _, _ in await versions(w.store)] == list(range(10, 0, -1))
        await asyncio.gather(*(s.publish_prompt(SHOP, BOT, n, T0) for s in (w.store, other) for n in (1, 2, 3)))
        assert [state for _, state, _ in await versions(other)].count("published") == 1
        assert await other.published_prompts() == await w.store.published_prompts()


# The turn's own instants and words.


async def test_a_turn_began_when_it_was_first_claimed(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        first = await w.turn()
        began = w.now
        await w.die()
        second = await w.turn(W2)
        await w.put_off(second, 5)
        third = await w.turn(W2)
        assert w.now > began
        assert [turn.turn.started_at for turn in (first, second, third)] == [began] * 3
        assert third.turn.attempt == 2


async def test_another_bot_on_the_channel_begins_anew(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        turn = await w.turn()
        await w.finish(turn, "look up", b"1")
        await w.die()
        w.directory.put(channel(bot="another"))
        (claimed,) = await w.store.claim(W2, 10, w.now, {"assistant": "v1", "another": "v1"})
        assert isinstance(claimed, ClaimedTurn)
        assert (claimed.turn.bot_id, claimed.turn.attempt, list(claimed.steps)) == ("another", 2, [])
        await w.commit(claimed, "hello", facts={"name": b'"Ada"'})
        assert await known(w, BotId("another")) == {"name": b'"Ada"'}


async def test_lines_tell_the_turn_that_said_them_and_may_begin_after_an_instant(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi")
        await w.deliver(await w.commit(await w.turn(W1), "one", "two"))
        since = w.now
        w.now += 5
        await w.hear("and?")
        await w.answer("three")
        key = (await w.conversation()).key
        lines = await w.store.history(key, 10)
        assert [(line.text, line.turn_no) for line in lines] == [
            ("hi", None),
            ("one", 1),
            ("two", 1),
            ("and?", None),
            ("three", 2),
        ]
        assert [line.text for line in await w.store.history(key, 10, since)] == ["and?", "three"]
        assert [line.text for line in await w.store.history(key, 1, since)] == ["three"]


async def test_a_turn_is_told_whole(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hi", "there")
        first = await w.turn()
        key = first.run.key
        await w.finish(first, "model", b'"first"')
        dispatch = await w.say_now(first, "a moment")
        assert dispatch.send is not None
        await w.record(dispatch.send, in_turn=True)
        await w.put_off(first, 5)
        await w.hear("and?")  # of the next turn: a word was said at once
        w.now += 5
        second = await w.turn()
        await w.finish(second, "model", b'"second"')
        await w.deliver(await w.commit(second, "one", "two", trace="well"))
        await w.answer("three")
        told = await w.store.whole_turn(key, 1)
        assert told is not None
        assert (told.turn.state, told.turn.attempt, told.turn.trace) == ("committed", 2, "well")
        assert words(told.events) == ["hi", "there"]
        assert [(step.name, step.attempt, step.result) for step in told.steps] == [
            ("say_now", 0, b"null"),
            ("model", 1, b'"first"'),
            ("model", 2, b'"second"'),
        ]
        assert [said(row) for row in told.rows] == ["a moment", "one", "two"]
        newest = await w.store.whole_turn(key)
        assert newest is not None
        assert (newest.turn.no, words(newest.events)) == (2, ["and?"])
        assert await w.store.whole_turn(key, 3) is None
        assert await w.store.whole_turn(key._replace(workspace_id=WorkspaceId("cafe"))) is None
        assert await w.store.conversation(key) == await w.conversation()
        assert await w.store.conversation(key._replace(workspace_id=WorkspaceId("cafe"))) is None
