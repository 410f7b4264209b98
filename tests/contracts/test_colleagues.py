"""Colleagues at one conversation: one has it, the others see who, and every handover leaves a line."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import World
from turnkeeper.model.colleagues import CannedReply, Colleague, Note
from turnkeeper.model.conversation import Mode
from turnkeeper.model.events import Inbound
from turnkeeper.model.ids import ConversationId, ConversationKey, WorkspaceId
from turnkeeper.rules.answering import LEASE, SEEN
from turnkeeper.store.colleagues import MOST_CANNED, Outcome, Taking
from turnkeeper.store.thread import Cursor, Header
from turnkeeper.testing.events import ADA, SENDS, channel, echo

MINE, OTHERS = WorkspaceId("default"), WorkspaceId("others")
ANN = Colleague("u1", "Ann")
BOB = Colleague("u2", "Bob")


async def take(
    w: World, who: Colleague = ANN, *, mode: Mode = Mode.HUMAN, confirmed: bool = False, until: float | None = None
) -> Outcome:
    taking = Taking(who, mode, w.now, until, confirmed)
    found = await w.store.take_over((await w.conversation()).key, taking)
    assert found is not None
    return found


async def header(w: World) -> Header:
    found = await w.store.header((await w.conversation()).key, w.now - SEEN)
    assert found is not None
    return found


async def handovers(w: World) -> list[tuple[str, str, str]]:
    """Mode, by whom, and their name or the reason; the oldest first."""
    page = await w.store.thread((await w.conversation()).key, Cursor(), 100)
    told = [entry.handover for entry in reversed(page.entries) if entry.handover is not None]
    return [(each.mode, each.by, each.name or each.reason) for each in told]


async def test_whoever_takes_over_has_it_and_the_turn_is_stopped(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        turn = await w.turn()
        outcome = await take(w)
        assert outcome.held is None
        assert outcome.wake is not None
        assert outcome.wake.fenced == turn.run.worker_id
        assert (await w.conversation()).mode == "human"
        answering = (await header(w)).answering
        assert answering is not None
        assert (answering.user_id, answering.name, answering.since_at) == ("u1", "Ann", w.now)
        assert await w.states() == {"person": 1}


async def test_another_one_has_to_confirm_while_the_first_is_there(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w)
        refused = await take(w, BOB)
        assert refused.held is not None
        assert refused.held.name == "Ann"
        assert refused.wake is None
        assert (await take(w, BOB, confirmed=True)).held is None
        assert (await take(w, ANN)).held is not None


async def test_who_was_not_seen_for_long_is_not_asked_for(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w)
        w.now += LEASE - 1
        await w.store.watch((await w.conversation()).key, ANN, "viewing", w.now)
        w.now += LEASE - 1
        assert (await take(w, BOB)).held is not None
        w.now += 2
        assert (await take(w, BOB)).held is None


async def test_nobody_has_what_the_bot_has_again(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w)
        await w.store.set_mode((await w.conversation()).key, "bot", w.now, by="Ann")
        assert (await header(w)).answering is None
        assert (await take(w, BOB)).held is None
        assert await handovers(w) == [
            ("human", "operator", "Ann"),
            ("bot", "operator", "Ann"),
            ("human", "operator", "Bob"),
        ]


async def test_a_time_that_is_over_gives_it_back(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w, until=w.now + 60)
        w.now += 61
        assert (await take(w, BOB)).held is None, "nobody has it any more"
        await take(w, BOB, until=w.now + 60)
        w.now += 61
        await take(w, until=w.now + 60)
        w.now += 61
        await w.hear("are you there?")
        assert (await handovers(w))[-1] == ("bot", "timer", "")
        page = await w.store.thread((await w.conversation()).key, Cursor(), 100)
        assert [entry.at for entry in page.entries if entry.handover][:1] == [w.now - 1]
        assert [by for _, by, _ in await handovers(w)] == [
            "operator",
            "timer",
            "operator",
            "timer",
            "operator",
            "timer",
        ]


async def test_taken_again_by_the_same_its_time_changes_and_nothing_else(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w)
        since = w.now
        w.now += 30
        await take(w, until=w.now + 600)
        answering = (await header(w)).answering
        assert answering is not None
        assert answering.since_at == since
        assert (await w.conversation()).mode_until == w.now + 600
        assert len(await handovers(w)) == 1


async def test_a_pause_is_nobodys(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await take(w, mode=Mode.PAUSED, until=w.now + 60)
        assert (await w.conversation()).mode == "paused"
        assert (await header(w)).answering is None


async def test_lines_say_who_handed_over(world: OpenWorld) -> None:
    async with world(channel(sends=replace(SENDS, echo_takes_over=60.0))) as w:
        await w.hear("hello")
        await w.deliver(await w.commit(await w.turn(), "one moment", handover="wants a refund"))
        key = (await w.conversation()).key
        await w.store.set_mode(key, "bot", w.now, by="Ann")
        await w.hear(echo("I am here"))
        w.now += 61
        said = {"takes_over": True, "contents": [{"type": "text", "body": "hi"}], "by": "Bob"}
        await w.hear(Inbound(kind="operator", text="hi", addresses=(f"phone:{ADA}",), dedup_key="say:1", details=said))
        told = await handovers(w)
        assert told[:3] == [("human", "bot", "wants a refund"), ("bot", "operator", "Ann"), ("human", "phone", "")]


async def test_what_is_of_another_workspace_is_not_there(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        key = (await w.conversation()).key
        crossed = ConversationKey(OTHERS, key.id)
        await w.store.add_note(note(key))
        assert await w.store.take_over(crossed, Taking(ANN, Mode.HUMAN, w.now)) is None
        assert await w.store.add_note(note(crossed)) is None
        assert not await w.store.drop_note(crossed, 1, None)
        assert not await w.store.watch(crossed, ANN, "viewing", w.now)
        assert await w.store.watchers(crossed, 0.0) == []
        assert await w.store.header(crossed, 0.0) is None
        assert not (await w.store.thread(crossed, Cursor(), 100)).entries
        assert await w.store.message(crossed, "in-1") is None
        assert (await w.conversation()).mode == "bot"


def note(key: ConversationKey, text: str = "call her", known_as: str = "1", at: float = 5.0) -> Note:
    return Note(*key, 0, known_as, at, "u1", "Ann", text)


async def test_a_note_is_kept_once_and_forgotten_by_its_author(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        key = (await w.conversation()).key
        first = await w.store.add_note(note(key))
        again = await w.store.add_note(note(key, "other words"))
        second = await w.store.add_note(note(key, "and soon", "2"))
        assert first is not None
        assert first == again
        assert second is not None
        assert (first.seq, second.seq) == (1, 2)
        assert not await w.store.drop_note(key, 1, "u2")
        assert await w.store.drop_note(key, 1, "u1")
        assert await w.store.drop_note(key, 2, None)
        assert not await w.store.drop_note(key, 2, None)


async def test_erasing_takes_notes_and_reasons(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await w.deliver(await w.commit(await w.turn(), handover="wants a refund"))
        key = (await w.conversation()).key
        await w.store.add_note(note(key))

        async def erase(rows: Any) -> None:
            await rows.erase(key, w.now)

        await w.store._alone(erase)  # type: ignore[attr-defined]
        page = await w.store.thread(key, Cursor(), 100)
        assert [entry.note for entry in page.entries if entry.note] == []
        assert await handovers(w) == [("human", "bot", "")]


async def test_colleagues_see_each_other_for_as_long_as_they_are_there(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        key = (await w.conversation()).key

        async def there() -> Sequence[tuple[str, str]]:
            return [(each.name, each.doing) for each in await w.store.watchers(key, w.now - SEEN)]

        assert await w.store.watch(key, BOB, "viewing", w.now)
        assert await w.store.watch(key, ANN, "typing", w.now)
        assert await there() == [("Ann", "typing"), ("Bob", "viewing")]
        w.now += SEEN - 1
        await w.store.watch(key, ANN, "viewing", w.now)
        w.now += 2
        assert await there() == [("Ann", "viewing")]
        await w.store.watch(key, ANN, None, w.now)
        assert await there() == []


def canned(shortcut: str, text: str, known_as: str = "", language: str = "", of: WorkspaceId = MINE) -> CannedReply:
    return CannedReply(of, known_as or shortcut, shortcut, language, text, 1.0, "Ann")


async def test_ready_replies_have_one_shortcut_a_language(world: OpenWorld) -> None:
    async with world() as w:
        assert await w.store.put_canned_reply(canned("hours", "9 to 5"))
        assert await w.store.put_canned_reply(canned("hours", "9 sampai 5", "h2", "id"))
        assert not await w.store.put_canned_reply(canned("hours", "never", "h3"))
        assert await w.store.put_canned_reply(canned("hours", "theirs", "h4", of=OTHERS))
        assert await w.store.put_canned_reply(canned("hours", "9 to 6"))
        found = await w.store.canned_replies(MINE)
        assert [(each.language, each.text) for each in found] == [("", "9 to 6"), ("id", "9 sampai 5")]
        assert not await w.store.drop_canned_reply(MINE, "h4")
        assert await w.store.drop_canned_reply(MINE, "h2")
        assert [each.id for each in await w.store.canned_replies(MINE)] == ["hours"]


async def test_a_workspace_has_so_many_ready_replies(world: OpenWorld, monkeypatch: pytest.MonkeyPatch) -> None:
    for kind in ("sqlite", "postgres"):
        monkeypatch.setattr(f"turnkeeper.store.{kind}.colleagues.MOST_CANNED", 2)
    assert MOST_CANNED > 2
    async with world() as w:
        assert await w.store.put_canned_reply(canned("a", "1"))
        assert await w.store.put_canned_reply(canned("b", "2"))
        assert not await w.store.put_canned_reply(canned("c", "3"))
        assert await w.store.put_canned_reply(canned("b", "4"))


async def test_unknown_conversations_are_nobodys(world: OpenWorld) -> None:
    async with world() as w:
        nowhere = ConversationKey(MINE, ConversationId("c0\x00"))
        assert await w.store.header(nowhere, 0.0) is None
        assert await w.store.message(nowhere, "in-1") is None
