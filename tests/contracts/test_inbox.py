"""The inbox: what the list shows of each conversation, in which order, and to whom; alike on every store."""

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import fed, feed, found, listed
from tests.contracts.world import T0, World
from turnkeeper.model.colleagues import Colleague
from turnkeeper.model.conversation import Mode
from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.inbox import InboxCounts, InboxFilter, InboxPlace
from turnkeeper.model.outbound import Rejected
from turnkeeper.model.policy import OwnerWords, SendPolicy, TurnPolicy
from turnkeeper.store.colleagues import Taking
from turnkeeper.store.inbox import place_of
from turnkeeper.testing.events import ADA, TURNS, channel, echo, event, status, text

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
BOB, EVE = "15551230002", "15551230003"
WINDOW = SendPolicy(window=86_400.0)
FILTERS: list[dict[str, Any]] = [
    {},
    {"mode": "human"},
    {"mode": "bot", "channel_id": "shop", "bot_id": "assistant", "stage": "paid", "tag": "vip"},
    {"unread": True, "waiting": True, "escalated": True, "failed": True, "closing": (1.0, 2.0)},
    {"order": "waiting", "tag": "vip", "mode": "human"},
    {"order": "closing", "closing": (1.0, 2.0)},
]


async def test_where_there_is_nothing_nothing_is_found(world: OpenWorld) -> None:
    async with world() as w:
        for wanted in FILTERS:
            narrowed = InboxFilter(**wanted)
            for after in (None, InboxPlace(5.0, "c")):
                assert await w.store.inbox_page(SHOP, narrowed, after, 10) == []
            assert (await w.store.search(SHOP, "hello wor", narrowed, 10)).hits == []
        assert await w.store.inbox_counts(SHOP) == InboxCounts(0, 0, 0, 0, 0, 0, 0)
        assert await w.store.inbox_since(SHOP, 0, 10) == []
        assert await w.store.inbox_seq(SHOP) == 0
        assert await w.store.inbox_rows(SHOP, [ConversationId("c")]) == []
        assert await w.store.inbox_row(ConversationKey(SHOP, ConversationId("c"))) is None
        assert not await w.store.mark_seen(ConversationKey(SHOP, ConversationId("c")))
        assert await w.store.figures(SHOP, 0.0, 1.0, "day") == []
        assert not await w.store.feed_inbox(10, w.now)


class TestARow:
    async def test_of_somebody_who_has_written(self, world: OpenWorld) -> None:
        async with world(channel(sends=WINDOW)) as w:
            await w.hear(msgspec.structs.replace(text("hello\n there", at=T0), sender_name="Ada"))
            row = await fed(w)
            assert (row.name, row.address, row.channel_id, row.bot_id) == ("Ada", f"+{ADA}", "shop", "assistant")
            assert (row.last_at, row.last_role, row.last_kind, row.preview) == (T0, "contact", "text", "hello there")
            assert (row.contact_count, row.unread, row.waiting_since, row.mode) == (1, 1, T0, "bot")
            assert row.window_closes_at == T0 + 86_400
            assert (row.seq, row.failed_at, row.escalated_at, row.tags, row.stage) == (1, None, None, (), None)

    async def test_once_it_is_answered(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hello")
            await fed(w)
            turn = await w.turn()
            assert (await fed(w)).waiting_since == T0
            dispatch = await w.commit(turn, "hi!", "and more")
            queued = await fed(w)
            assert (queued.last_role, queued.preview, queued.last_state) == ("bot", "and more", "queued")
            assert queued.waiting_since == T0
            await w.deliver(dispatch)
            row = await fed(w)
            assert (row.last_state, row.waiting_since, row.contact_count) == ("accepted", None, 1)
            assert row.window_closes_at is None
            await w.report(status("read", id="out.2"))
            assert (await fed(w)).last_state == "read"

    async def test_what_is_silent_answers_itself_alone(self, world: OpenWorld) -> None:
        """A person's messages wait for a person; one that the bot chose not to answer does not."""
        async with world() as w:
            await w.hear("one")
            await w.deliver(await w.commit(await w.turn()))
            assert (await fed(w)).waiting_since is None
            await w.mode("human")
            w.now += 10
            await w.hear("two")
            w.now += 10
            await w.hear("three")
            row = await fed(w)
            assert (row.mode, row.waiting_since, row.preview) == ("human", T0 + 14, "three")
            await w.hear(echo("on it"))
            row = await fed(w)
            assert (row.waiting_since, row.last_role, row.preview) == (None, "person", "on it")

    async def test_that_failed(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.deliver(await w.commit(await w.turn(), "sorry", failed=True))
            row = await fed(w)
            assert (row.failed_at is not None, row.failure, row.waiting_since) == (True, "turn", T0)
            w.now += 60
            await w.hear("two")
            await w.answer("there you are")
            row = await fed(w)
            assert (row.failed_at, row.failure, row.waiting_since) == (None, None, None)

    async def test_that_could_not_be_sent(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            dispatch = await w.commit(await w.turn(), "hi")
            assert dispatch.send is not None
            await w.record(dispatch.send, Rejected("131026", "no such number"))
            row = await fed(w)
            assert (row.failure, row.last_state) == ("no such number", "failed")

    async def test_whose_send_fails_after_it_was_accepted(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.answer("hi")
            assert (await fed(w)).failed_at is None
            await w.report(status("failed", id="out.1", error="not there"))
            row = await fed(w)
            assert (row.last_state, row.failed_at is not None) == ("failed", True)

    async def test_that_needs_a_person(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.deliver(await w.commit(await w.turn(), "a moment", handover="wants a refund"))
            row = await fed(w)
            assert (row.mode, row.escalation, row.escalated_at) == ("human", "wants a refund", w.now)
            await w.hear(echo("hello, this is Sam"))
            assert (await fed(w)).escalated_at is None

    async def test_with_what_the_bot_knows(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            turn = await w.turn()
            session = msgspec.structs.replace(w.ending(turn).session, stage="paid")
            tags = msgspec.json.encode(["vip", "late", "vip", 7])
            await w.deliver(await w.commit(turn, "hi", session=session, facts={"tags": tags}))
            row = await fed(w)
            assert (row.stage, row.tags) == ("paid", ("vip", "late"))
            assert await listed(w, tag="late") == await listed(w, stage="paid") == [f"+{ADA}"]
            w.now += 60
            await w.hear("two")
            await w.deliver(await w.commit(await w.turn(), "hi", facts={"tags": None}))
            assert (await fed(w)).tags == ()
            assert await listed(w, tag="late") == await listed(w, stage="paid") == []

    async def test_whose_mode_ends_by_itself(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one")
            await w.mode("human", T0 + 60)
            assert (await fed(w)).mode_until == T0 + 60
            w.now += 61
            assert await w.store.note_lapsed(w.now, 10) == 1
            assert (await fed(w)).mode == "bot"
            assert await w.store.note_lapsed(w.now, 10) == 0

    async def test_of_what_is_shown_by_its_kind(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear(event("image"))
            assert (await fed(w)).preview == "[image]"
            await w.hear(event("reaction", id="r1"), event("typing", id="t1"))
            row = await fed(w)
            assert (row.last_kind, row.contact_count) == ("image", 1)

    async def test_of_a_bot_that_keeps_nothing(self, world: OpenWorld) -> None:
        turns = TurnPolicy(adaptive=False, rate_limit=None, keep="nothing")
        async with world(channel(turns=turns)) as w:
            await w.hear("my secret")
            row = await fed(w)
            assert (row.preview, row.last_kind, row.contact_count) == ("", "text", 1)

    async def test_of_a_long_conversation(self, world: OpenWorld) -> None:
        """It is read in pieces, and each message counts once."""
        async with world(channel(turns=TURNS)) as w:
            for start in range(0, 650, 130):
                await w.hear(*(f"message {n}" for n in range(start, start + 130)))
            row = await fed(w)
            assert (row.contact_count, row.preview) == (650, "message 649")


class TestSeen:
    async def test_marks_what_has_been_looked_at(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("one", "two", "three")
            row = await fed(w)
            assert (row.unread, await listed(w, unread=True)) == (3, [f"+{ADA}"])
            assert await w.store.mark_seen(row.key, 2)
            assert (await fed(w)).unread == 1
            assert await w.store.mark_seen(row.key)
            after = await fed(w)
            assert (after.unread, after.seq > row.seq, await listed(w, unread=True)) == (0, True, [])
            await w.hear("four")
            assert (await fed(w)).unread == 1
            await w.store.mark_seen(row.key, 99)
            assert (await fed(w)).seen_count == 4


class TestLists:
    async def three(self, w: World) -> None:
        for n, who in enumerate((ADA, BOB, EVE)):
            w.now = T0 + 10 * n
            await w.hear(text(f"hi from {who}", of=who, at=w.now))
        await feed(w)

    async def test_the_newest_come_first(self, world: OpenWorld) -> None:
        async with world() as w:
            await self.three(w)
            assert await listed(w) == [f"+{EVE}", f"+{BOB}", f"+{ADA}"]
            assert await listed(w, order="waiting") == [f"+{ADA}", f"+{BOB}", f"+{EVE}"]

    @pytest.mark.parametrize("order", ["newest", "waiting", "closing"])
    async def test_pages_follow_each_other(self, world: OpenWorld, order: Any) -> None:
        async with world(channel(sends=WINDOW)) as w:
            await self.three(w)
            wanted, after, seen = InboxFilter(order=order), None, []
            for _ in range(4):
                page = await w.store.inbox_page(SHOP, wanted, after, 1)
                seen += [row.address for row in page]
                after = place_of(page[-1], wanted) if page else after
            assert seen == await listed(w, order=order)
            assert len(seen) == 3

    async def test_by_channel_bot_mode_and_window(self, world: OpenWorld) -> None:
        cafe = channel("cafe", bot="barista", sends=WINDOW)
        async with world(channel(), cafe) as w:
            await w.hear("hi")
            await w.hear(text("hi", of=BOB, at=T0), channel=cafe)
            await feed(w)
            assert await listed(w, channel_id="cafe") == await listed(w, bot_id="barista") == [f"+{BOB}"]
            assert await listed(w, closing=(T0, T0 + 86_401)) == [f"+{BOB}"]
            assert await listed(w, closing=(T0, T0 + 86_400), order="closing") == []
            await w.mode("human")
            await feed(w)
            assert (await listed(w, mode="human"), await listed(w, mode="bot")) == ([f"+{ADA}"], [f"+{BOB}"])
            assert await listed(w, mode="human", unread=True, channel_id="shop", waiting=True) == [f"+{ADA}"]

    async def test_are_counted(self, world: OpenWorld) -> None:
        async with world() as w:
            await self.three(w)
            await w.mode("human", of=BOB)
            await feed(w)
            assert await w.store.inbox_counts(SHOP) == InboxCounts(3, 3, 3, 0, 0, 1, 0)

    async def test_what_has_changed_is_told_in_order(self, world: OpenWorld) -> None:
        async with world() as w:
            await self.three(w)
            seqs = [row.seq for row in await w.store.inbox_since(SHOP, 0, 10)]
            assert seqs == [1, 2, 3]
            await w.hear("again")
            await feed(w)
            (row,) = await w.store.inbox_since(SHOP, 3, 10)
            assert (row.seq, row.preview, await w.store.inbox_seq(SHOP)) == (4, "again", 4)


class TestWorkspaces:
    async def test_see_nothing_of_each_other(self, world: OpenWorld) -> None:
        other = channel("cafe", workspace="cafe")
        async with world(channel(), other) as w:
            await w.hear("our secret plan")
            await w.hear(text("their secret plan", of=BOB, at=T0), channel=other)
            await feed(w)
            for workspace_id, who in ((SHOP, ADA), (CAFE, BOB)):
                (row,) = await w.store.inbox_page(workspace_id, InboxFilter(), None, 10)
                assert (row.address, row.seq) == (f"+{who}", 1)
                hits = (await w.store.search(workspace_id, "secret plan", InboxFilter(), 10)).hits
                assert [hit.row.address for hit in hits] == [f"+{who}"]
                assert len((await w.store.search(workspace_id, "1555123", InboxFilter(), 10)).hits) == 1
                crossed = ConversationKey(CAFE if workspace_id == SHOP else SHOP, row.conversation_id)
                assert await w.store.inbox_row(crossed) is None
                assert not await w.store.mark_seen(crossed)
                assert await w.store.inbox_rows(crossed.workspace_id, [row.conversation_id]) == []
                assert (await w.store.inbox_counts(workspace_id)).all == 1
                assert {each.value for each in await w.store.figures(workspace_id, 0.0, w.now + 1)} == {1}


class TestFeeding:
    async def test_what_was_there_before_is_filled_in_from_the_newest(self, world: OpenWorld) -> None:
        async with world() as w:
            for n, who in enumerate((ADA, BOB, EVE)):
                w.now = T0 + n
                await w.hear(text("old", of=who, at=w.now))
            w.store.changes.take()  # as if a release without an inbox had taken them
            await self.forgotten(w)
            w.now += 1000
            assert await w.store.backfill(w.now, 2) == 2
            await feed(w)
            assert await listed(w) == [f"+{EVE}", f"+{BOB}"]
            while await w.store.backfill(w.now, 2):
                await feed(w)
            assert await listed(w) == [f"+{EVE}", f"+{BOB}", f"+{ADA}"]
            assert await listed(w, unread=True) == []
            await w.hear("new")
            assert (await fed(w)).unread == 1

    async def forgotten(self, w: World) -> None:
        """The state in which the migration leaves a database that is in use."""
        sql = "insert into backfill values ('default', 'd')"

        async def play(rows: Any) -> None:
            found = rows.run(sql)
            if not isinstance(found, list):
                await found

        await w.store._alone(play)  # type: ignore[attr-defined]

    async def test_what_nobody_noted_is_found_again_and_told_once(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hello")
            w.store.changes.take()  # the process was killed
            assert await w.store.feed_inbox(10, w.now) == 0
            assert await w.store.note_lately(w.now - 60, w.now, 100) == 1
            assert (await fed(w)).preview == "hello"
            assert await w.store.note_lately(w.now - 60, w.now, 100) == 1
            assert (await fed(w)).seq == 1

    async def test_so_is_who_was_taken_over_from_the_bot(self, world: OpenWorld) -> None:
        async with world() as w:
            await w.hear("hello")
            assert await w.store.fed_until() is None
            row = await fed(w)
            assert await w.store.fed_until() == row.last_at
            w.now += 3600
            await w.store.take_over(row.key, Taking(Colleague("u1", "Ann"), Mode.HUMAN, w.now))
            w.store.changes.take()
            assert await w.store.note_lately(w.now - 60, w.now, 100) == 1
            assert (await fed(w)).mode == "human"

    async def test_what_changed_often_is_fed_once(self, world: OpenWorld) -> None:
        async with world() as w:
            for n, who in enumerate((ADA, BOB, ADA)):
                await w.hear(text(str(n), of=who, at=T0 + n))
                await w.store.flush_changes(w.now)
            assert await w.store.feed_inbox(1, w.now) == 2
            assert await listed(w) == [f"+{ADA}"]
            assert ((await fed(w)).contact_count, (await fed(w)).seq) == (2, 1)
            assert set(await listed(w)) == {f"+{ADA}", f"+{BOB}"}

    async def test_two_feeders_do_no_harm(self, world: OpenWorld) -> None:
        """What one has read before the other wrote, counts for nothing and comes again."""
        async with world() as w:
            await w.hear("hello")
            await w.store.flush_changes(w.now)
            batch = await self.read(w)
            assert (await fed(w)).contact_count == 1
            await self.write(w, batch)
            assert (await fed(w)).contact_count == 1

    async def test_nothing_that_is_being_made_undoes_an_erasure(self, world: OpenWorld) -> None:
        shop = channel()
        async with world(replace(shop, owner=OwnerWords(testers=frozenset({f"phone:{ADA}"}), erased="gone"))) as w:
            await w.hear("hello")
            await fed(w)
            await w.hear("my secret")
            await w.store.flush_changes(w.now)
            batch = await self.read(w)
            await w.hear("DELETE")
            await self.write(w, batch)
            row = await w.store.inbox_row((await w.conversation()).key)
            assert row is not None
            assert row.preview == ""
            assert await found(w, "secret") == []
            await w.until_idle()
            assert (await fed(w)).preview == ""
            assert await found(w, "secret") == await found(w, "hello") == []

    async def read(self, w: World) -> Any:
        held: list[Any] = []
        play = w.store._alone  # type: ignore[attr-defined]

        async def hold(script: Any) -> None:
            held.append(script)

        w.store._alone = hold  # type: ignore[attr-defined]
        try:
            await w.store.feed_inbox(10, w.now)
        finally:
            w.store._alone = play  # type: ignore[attr-defined]
        return held[0]

    async def write(self, w: World, script: Any) -> None:
        await w.store._alone(script)  # type: ignore[attr-defined]
