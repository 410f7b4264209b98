"""Bots that keep nothing: once a turn has ended for good its words go, and the ledger's line stays."""

from collections.abc import Awaitable, Callable
from dataclasses import replace

import pytest
from msgspec.structs import replace as changed

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, W2, World
from tests.support.tables import everything
from turnkeeper.model.agents import Summary
from turnkeeper.model.conversation import SessionRow
from turnkeeper.model.media import FileRow, MediaRow, UploadRow
from turnkeeper.model.outbound import Accepted, NotSent, Rejected, Unknown
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.erasing import TRACE, Erased
from turnkeeper.store.media import FileKey
from turnkeeper.store.transactions.erasing import AWAITED, BATCH
from turnkeeper.testing.events import ADA, SENDS, TURNS, channel, deleted, echo, edited, reaction, status, text

CANARY = "xylophone"
KEY, OTHER = "a" * 64, "b" * 64
SHOP = channel(turns=replace(TURNS, keep="nothing"), sends=replace(SENDS, on_unknown="resend_once"))
KEEPER = channel("archive", turns=replace(TURNS, keep="all"))
BOB = "15551230002"


async def erase(w: World) -> list[Erased]:
    return [await w.store.erase(key, w.now) for key in await w.store.erasures(w.now, 100)]


async def left(w: World) -> list[str]:
    """The tables in which the word stands."""
    return sorted({table for table, row in await everything(w.store) if CANARY in row})


async def note(w: World, key: str = KEY, *, turn: ClaimedTurn, source: str = "id:1") -> None:
    """A file of a turn, as the engine keeps it."""
    row = FileRow(turn.channel.workspace_id, key, "audio/ogg", 9, f"{CANARY}.ogg", w.now)
    assert await w.store.hold_file(row)
    where = (turn.channel.workspace_id, turn.channel.id, source, turn.run.key.id, turn.turn.no)
    await w.store.note_media(MediaRow(*where, "kept", w.now, key, f"{CANARY}.ogg"))


async def leaving(w: World) -> list[str]:
    """The files whose bytes would be deleted now, though files are kept for days."""
    return [each.key for each in await w.store.leaving_files(w.now - 30 * 86_400.0, w.now, 100)]


async def running(w: World, said: str = CANARY, of: str = ADA) -> ClaimedTurn:
    await w.hear(text(said, of=of))
    return await w.turn()


class TestWhatGoes:
    async def test_all_but_the_ledgers_line(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            await w.finish(turn, "hear", CANARY.encode())
            await note(w, turn=turn)
            await w.store.keep_upload(UploadRow(SHOP.workspace_id, SHOP.id, KEY, "audio/ogg", CANARY, w.now + 9e5))
            said_now = await w.say_now(turn, f"one moment, {CANARY}")
            assert said_now.send is not None
            await w.record(said_now.send, in_turn=True)
            said = await left(w)
            await erase(w)  # a turn that runs is left alone
            assert await left(w) == said
            session = SessionRow(*turn.run.key, CANARY.encode(), CANARY, saved_at=w.now)
            told = await w.commit(turn, f"re: {CANARY}", session=session, facts={"n": b'"x"'}, trace=CANARY)
            await w.deliver(told)
            before = await w.moments()
            assert await left(w) == ["event", "file", "media", "outbound", "step", "turn", "upload"]
            ((turns, freed, of, sources),) = await erase(w)
            assert (turns, freed, of, sources) == (1, 1, SHOP.id, ["id:1"])
            assert await left(w) == ["file"]  # its row goes with its bytes
            assert await leaving(w) == [KEY]
            await w.store.forget_files(await w.store.leaving_files(w.now, w.now + 1e4, 9))
            assert await left(w) == []
            assert await w.states() == {"answered": 1}
            kinds = [kind for kind, _ in await w.moments()]
            assert kinds == [kind for kind, _ in before if kind != "step"]
            (trace,) = [m.detail for m in await w.store.moments(turn.run.key, 99) if m.kind == "committed"]
            assert trace == TRACE
            assert await w.store.history(turn.run.key, 10) == []
            assert await w.store.erasures(w.now + 1e6, 9) == []

    async def test_memory_is_not_even_written(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            session = SessionRow(*turn.run.key, CANARY.encode(), CANARY, saved_at=w.now)
            await w.deliver(await w.commit(turn, "hi", session=session, facts={"name": b'"Ada"'}))
            assert (await running(w)).session is None
            assert await w.store.facts(SHOP.workspace_id, turn.conversation.contact_id) == []

    async def test_what_was_remembered_before_the_bot_was_told_to_keep_nothing(self, world: OpenWorld) -> None:
        async with world(replace(SHOP, turns=TURNS)) as w:
            turn = await running(w)
            session = SessionRow(*turn.run.key, CANARY.encode(), CANARY, saved_at=w.now)
            await w.deliver(await w.commit(turn, CANARY, session=session, facts={"n": f'"{CANARY}"'.encode()}))
            await w.store.keep_summary(Summary(*turn.run.key, CANARY, w.now, w.now), None)
            assert await erase(w) == []
            w.directory.put(SHOP)
            turn = await running(w, "again")
            await w.deliver(await w.commit(turn, "yes"))
            await erase(w)
            assert await left(w) == []

    async def test_a_session_that_is_kept_goes_when_it_has_expired(self, world: OpenWorld) -> None:
        """All else goes at once; what the bot writes into it meanwhile lasts as long again."""
        lasting = replace(SHOP, turns=replace(SHOP.turns, keep="session", session_ttl=600.0))
        async with world(lasting) as w:
            for _ in range(2):
                turn = await running(w)
                session = SessionRow(*turn.run.key, CANARY.encode(), saved_at=w.now)
                await w.deliver(await w.commit(turn, CANARY, session=session, facts={"n": f'"{CANARY}"'.encode()}))
                await erase(w)
                assert await left(w) == ["session"]
                w.now += 599.0
                assert await erase(w) == []
            assert (turn.session and turn.session.state) == CANARY.encode()
            w.now += 1.0
            await erase(w)
            assert await left(w) == []
            assert await w.store.erasures(w.now + 1e6, 9) == []

    @pytest.mark.parametrize("other", ["all", "another bot's"])
    async def test_others_are_left_alone(self, world: OpenWorld, other: str) -> None:
        keeper = KEEPER if other == "all" else replace(SHOP, turns=TURNS)
        async with world(keeper) as w:
            await w.hear(CANARY)
            await w.answer(CANARY)
            assert await w.store.erasures(w.now + 1e6, 9) == []
            assert await left(w) == ["event", "outbound"]

    async def test_what_no_turn_answered(self, world: OpenWorld) -> None:
        """A reaction, an edit of what was answered, our own echo, a message that is too old."""
        async with world(SHOP) as w:
            said = text(CANARY, id="in.1")
            await w.hear(said)
            await w.answer(CANARY)
            await w.hear(changed(reaction("😀", "in.1"), text=CANARY), edited(said, CANARY), echo(CANARY, id="out.1"))
            await w.hear(text(CANARY, at=w.now - 9e6))
            await w.until_idle()
            await erase(w)
            assert await left(w) == []
            assert sum((await w.states()).values()) == 5

    async def test_a_turn_that_failed_and_a_file_that_was_refused(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            await note(w, turn=turn)
            where = (SHOP.workspace_id, SHOP.id, "id:2", turn.run.key.id, turn.turn.no, "refused", w.now)
            await w.store.note_media(MediaRow(*where, filename=CANARY, reason="too_large", detail=CANARY))
            await w.put_off(turn, 1.0)
            assert [each for each in await erase(w) if each.turns] == []
            turn = await w.turn()
            await w.deliver(await w.commit(turn, CANARY, failed=True, trace=CANARY))
            await erase(w)
            assert await left(w) == ["file"]
            assert await leaving(w) == [KEY]
            assert (await w.ledger()).refused == {"too_large": 1}
            assert await w.states() == {"failed": 1}

    async def test_what_a_dead_workers_effect_brought_late(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            await w.begin(turn, "charge")
            await w.die()
            w.now += 1
            other = await w.turn(W2)
            await w.deliver(await w.commit(other, CANARY, failed=True))
            await erase(w)
            assert await left(w) == []
            await w.finish(turn, "charge", f'"{CANARY}"'.encode(), effect=True)
            assert await left(w) == ["session", "step"]
            await erase(w)
            assert await left(w) == []


class TestWhen:
    @pytest.mark.parametrize(
        "label, outcome, still_open",
        [
            ("accepted", Accepted("out.1"), False),
            ("refused", Rejected("131026", f"no {CANARY}"), False),
            ("tried again", NotSent("later"), True),
            ("unknown", Unknown(f"no answer to {CANARY}"), True),
        ],
    )
    async def test_a_turn_whose_row_is_open_waits(
        self, world: OpenWorld, label: str, outcome: object, still_open: bool
    ) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            await w.finish(turn, "hear", CANARY.encode())
            await note(w, turn=turn)
            dispatch = await w.commit(turn, CANARY, trace=CANARY)
            assert dispatch.send is not None
            await w.record(dispatch.send, outcome)  # type: ignore[arg-type]
            await erase(w)
            open_tables = ["event", "file", "media", "outbound", "step", "turn"]
            assert await left(w) == (open_tables if still_open else ["file"]), label
            assert await leaving(w) == ([] if still_open else [KEY])
            await w.until_idle()
            await erase(w)
            assert "outbound" not in await left(w)

    async def test_a_status_that_settles_a_row_makes_it_due(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            dispatch = await w.commit(await running(w), CANARY)
            assert dispatch.send is not None
            await w.record(dispatch.send, Unknown("no answer"))
            await erase(w)
            assert await w.store.erasures(w.now + 1e6, 9) == []  # nobody looks in vain
            await w.report(status("delivered", tracker=w.tracker(dispatch.send)))
            await erase(w)
            assert await left(w) == []
            assert await w.states() == {"answered": 1}

    async def test_statuses_find_their_row_afterwards(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear(CANARY)
            turn = await w.answer("hello")
            await erase(w)
            await w.report(status("delivered", id="out.1"), status("failed", id="out.1"))
            assert await w.states() == {"failed": 1}
            assert [kind for kind, _ in await w.moments()][-2:] == ["delivered", "failed"]
            await erase(w)
            assert turn.turn.no == 1
            assert await left(w) == []

    async def test_while_the_next_turn_runs(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            first = await running(w)
            await note(w, turn=first)
            await w.deliver(await w.commit(first, CANARY, trace=CANARY))
            second = await running(w, "plain")
            await w.finish(second, "hear", b"plain")
            await erase(w)
            assert await left(w) == ["file"]
            assert await leaving(w) == [KEY]
            await w.die()
            (resumed,) = await w.claim(W2)
            assert isinstance(resumed, ClaimedTurn)
            assert [step.result for step in resumed.steps] == [b"plain"]

    async def test_a_turn_that_runs_keeps_what_it_was_given(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            turn = await running(w)
            await w.begin(turn, "charge")
            await w.finish(turn, "charge", f'"{CANARY}"'.encode(), effect=True)
            await w.deliver(await w.commit(turn, "sorry", failed=True))
            turn = await running(w, "again")
            await erase(w)
            await w.die()
            (resumed,) = await w.claim(W2)
            assert isinstance(resumed, ClaimedTurn)
            assert resumed.session is not None
            assert CANARY in resumed.session.carried.decode()

    async def test_what_a_person_has_stays_until_the_bot_is_back(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear(CANARY)
            await w.answer("A person will write to you.")
            await w.mode("human")
            await w.hear(CANARY)
            await erase(w)
            assert await left(w) == ["event"]
            await w.mode("bot")
            await erase(w)
            assert await left(w) == []
            assert await w.states() == {"answered": 1, "person": 1}

    async def test_a_person_for_a_time(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear(CANARY)
            await w.answer("hello")
            await w.mode("human", w.now + 100)
            await erase(w)
            assert await left(w) == ["event"]
            w.now += 101
            await erase(w)
            assert await left(w) == []

    async def test_an_edit_that_waits_for_its_message_is_left_its_words(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear("hi")
            await w.answer("hello")
            late = text("first", id="in.9")
            await w.hear(edited(late, CANARY))
            await erase(w)
            assert await left(w) == ["event"]
            await w.hear(late)
            await w.until_idle()
            assert w.sent[-1] == f"re: {CANARY}"
            await erase(w)
            assert await left(w) == []
            never = text("never comes")
            await w.hear(edited(never, CANARY))
            await erase(w)
            w.now += AWAITED + 1
            await erase(w)
            assert await left(w) == []
            assert await w.store.erasures(w.now + 1e6, 9) == []
            await w.hear(never)
            await w.until_idle()
            assert w.sent[-1] == "re: never comes"

    async def test_a_message_deleted_before_it_was_answered(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            said = text(CANARY)
            await w.hear(said)
            await w.turn()
            await w.hear(deleted(said))
            await erase(w)
            assert await left(w) == []

    async def test_one_look_is_bounded(self, world: OpenWorld) -> None:
        async with world(replace(SHOP, turns=replace(SHOP.turns, rate_limit=None))) as w:
            await w.hear(*(text(f"{CANARY} {n}") for n in range(BATCH + 5)))
            await w.until_idle()
            (key,) = await w.store.erasures(w.now, 9)
            await w.store.erase(key, w.now)
            assert await left(w) == ["event"]
            assert await w.store.erasures(w.now, 9) == [key]
            await w.store.erase(key, w.now)
            assert await left(w) == []
            assert await w.store.erasures(w.now + 1e6, 9) == []

    async def test_twice_is_once(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear(CANARY)
            turn = await w.answer("hello")
            first = await w.store.erase(turn.run.key, w.now)
            tables = await everything(w.store)
            assert await w.store.erase(turn.run.key, w.now) == Erased(0, 0, SHOP.id, [])
            assert (first.turns, await everything(w.store)) == (1, tables)
            assert await w.store.erase(turn.run.key._replace(id="nobody"), w.now) == Erased()  # type: ignore[arg-type]


class TestWhatComesAgain:
    async def test_a_redelivery_starts_nothing(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            said = text(CANARY)
            await w.hear(said)
            await w.answer("hello")
            await erase(w)
            taken = await w.hear(said)
            assert (taken.accepted, taken.duplicates) == (0, 1)
            assert await w.store.next_due() is None
            assert await left(w) == []
            ledger = await w.ledger()
            assert (ledger.accepted, ledger.duplicates, ledger.states["answered"]) == (1, 1, 1)

    async def test_a_quote_of_it_finds_nothing(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            await w.hear(text(CANARY, id="in.1"))
            turn = await w.answer("hello")
            await erase(w)
            assert await w.store.quoted(turn.run.key, SHOP.id, ["in.1", "out.1"]) == {}
            await w.hear(changed(text("what was that?"), reply_to="out.1"))
            await w.answer("I do not know any more.")
            assert w.sent[-1] == "I do not know any more."


class TestFiles:
    async def test_another_message_still_needs_them(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            ada = await running(w)
            await note(w, turn=ada)
            bob = await running(w, CANARY, of=BOB)
            await note(w, turn=bob, source="id:2")
            await w.deliver(await w.commit(ada, "hello"))
            await erase(w)
            assert await leaving(w) == []
            await w.deliver(await w.commit(bob, "hello"))
            await erase(w)
            assert await leaving(w) == [KEY]

    async def test_a_bot_that_keeps_all_still_needs_them(self, world: OpenWorld) -> None:
        async with world(SHOP, KEEPER) as w:
            ada = await running(w)
            await note(w, turn=ada)
            row = MediaRow(SHOP.workspace_id, KEEPER.id, "id:1", ada.run.key.id, 1, "kept", w.now, KEY, "a.ogg")
            await w.store.note_media(changed(row, conversation_id="elsewhere"))
            await w.deliver(await w.commit(ada, "hello"))
            await erase(w)
            assert await leaving(w) == []

    async def test_somebody_is_about_to_keep_them(self, world: OpenWorld) -> None:
        """Held, not noted yet: the bytes are on their way."""
        async with world(SHOP) as w:
            ada = await running(w)
            await note(w, turn=ada)
            await w.deliver(await w.commit(ada, "hello"))
            w.now += 1
            await w.store.hold_file(FileRow(SHOP.workspace_id, KEY, "audio/ogg", 9, "x", w.now))
            ((_, freed, _, _),) = await erase(w)
            assert (freed, await leaving(w)) == (0, [])

    async def test_the_next_turn_needs_them_again(self, world: OpenWorld) -> None:
        async with world(SHOP) as w:
            first = await running(w)
            await note(w, turn=first)
            await w.deliver(await w.commit(first, "hello"))
            w.now += 1
            second = await running(w, "once more")
            assert await w.store.need_files(SHOP.workspace_id, [KEY], w.now) == {KEY}
            await erase(w)
            assert await leaving(w) == []
            await w.deliver(await w.commit(second, "hello"))
            await erase(w)
            assert await leaving(w) == [KEY]

    async def test_one_that_is_lent_stays_so_long(self, world: OpenWorld) -> None:
        """Somebody has an address of it, which is good until then."""
        async with world(SHOP) as w:
            turn = await running(w)
            await note(w, turn=turn)
            await note(w, OTHER, turn=turn, source="id:2")
            lent_until = w.now + 86_400.0
            assert await w.store.need_files(SHOP.workspace_id, [KEY], lent_until) == {KEY}
            await w.deliver(await w.commit(turn, "hello"))
            await erase(w)
            assert await leaving(w) == [OTHER]
            await w.store.forget_files([FileKey(SHOP.workspace_id, OTHER)])
            w.now += 3600.0
            await w.hear("thanks")
            await w.answer("you are welcome")
            await erase(w)
            assert await leaving(w) == []
            assert await w.store.erasures(lent_until - 1, 9) == []
            w.now = lent_until
            await erase(w)
            assert await leaving(w) == [KEY]
            assert await w.store.erasures(w.now + 1e6, 9) == []

    async def test_each_workspace_has_its_own(self, world: OpenWorld) -> None:
        cafe = replace(channel("cafe", workspace="cafe"), turns=SHOP.turns)
        async with world(SHOP, cafe) as w:
            ada = await running(w)
            await note(w, turn=ada)
            await w.store.hold_file(FileRow(cafe.workspace_id, KEY, "audio/ogg", 9, "x", w.now))
            await w.deliver(await w.commit(ada, "hello"))
            await erase(w)
            assert await w.store.leaving_files(T0 - 9e6, w.now, 9) == [(SHOP.workspace_id, KEY)]


async def test_two_workers_look_at_once(two_stores: Callable[..., Awaitable[None]]) -> None:
    import asyncio

    async with two_stores(SHOP) as (w, other):  # type: ignore[attr-defined]
        await w.hear(CANARY)
        turn = await w.answer("hello")
        looks = await asyncio.gather(*(s.erase(turn.run.key, w.now) for s in (w.store, other) for _ in range(5)))
        assert sum(each.turns for each in looks) == 1
        assert await left(w) == []
        assert await w.store.erasures(w.now, 9) == []
