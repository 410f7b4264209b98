"""Contacts: listed and found, told of, made one and made two, and erased; alike on every store."""

import msgspec
import pytest

from tests.contracts.conftest import OpenWorld
from tests.contracts.feeding import feed, found
from tests.contracts.world import T0, World
from turnkeeper.model.contacts import ContactPlace
from turnkeeper.model.ids import BotId, ContactId, ConversationId, ConversationKey, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow
from turnkeeper.store.postgres.contacts import PostgresContactRows
from turnkeeper.store.sqlite.contacts import SqliteContactRows
from turnkeeper.testing.events import ADA, text

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
BOB, EVE = "15551230002", "15551230003"
BOT = BotId("assistant")


async def written(w: World, *who: str) -> list[ContactId]:
    """They write one after the other; their ids."""
    for nth, each in enumerate(who):
        w.now = T0 + nth
        await w.hear(msgspec.structs.replace(text(f"I am {each}", of=each, at=w.now), sender_name=f"Name {each}"))
    await feed(w)
    return [(await w.conversation(each)).contact_id for each in who]


async def heads(w: World, tag: str | None = None, after: ContactPlace | None = None, limit: int = 10) -> list[str]:
    return [each.id for each in await w.store.contacts_page(SHOP, tag, after, limit)]


async def facts(w: World, contact: ContactId) -> dict[str, object]:
    return {each.name: msgspec.json.decode(each.value) for each in await w.store.facts(SHOP, contact)}


async def test_contacts_are_listed_by_their_newest_words(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob, eve = await written(w, ADA, BOB, EVE)
        assert await heads(w) == [eve, bob, ada]
        first = await w.store.contacts_page(SHOP, None, None, 2)
        assert await heads(w, None, first[-1].place) == [ada]
        w.now = T0 + 9
        await w.hear(text("again", of=ADA, at=w.now))
        await feed(w)
        assert await heads(w) == [ada, eve, bob]
        assert await w.store.contacts_page(CAFE, None, None, 10) == []


async def test_contacts_are_found_by_name_number_and_tag(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob, _ = await written(w, ADA, BOB, EVE)
        rows = await w.store.search_contacts(SHOP, ADA[-6:], 10)
        assert [each.contact_id for each in rows] == [ada]
        assert await w.store.rename_contact(SHOP, bob, "Robert\x00 Tables")
        await feed(w)
        assert [each.contact_id for each in await w.store.search_contacts(SHOP, "robert tab", 10)] == [bob]
        assert await w.store.search_contacts(CAFE, "robert", 10) == []
        assert await w.store.search_contacts(SHOP, "I am", 10) == []  # what was said is no name
        await w.store.put_facts(SHOP, bob, {(BOT, "tags"): b'["vip"]'}, w.now)
        await feed(w)
        assert (await heads(w, "vip"), await heads(w, "other")) == ([bob], [])
        assert await heads(w, "vip", ContactPlace(T0, ConversationId(""))) == []


async def test_what_a_colleague_knows_is_known(world: OpenWorld) -> None:
    async with world() as w:
        (ada,) = await written(w, ADA)
        known = {(BOT, "size"): b'"M"', (BOT, "city"): b'"Bandung\\u0000"'}
        assert await w.store.put_facts(SHOP, ada, known, w.now)
        assert (await facts(w, ada))["size"] == "M"
        assert await w.store.put_facts(SHOP, ada, {(BOT, "size"): None, (BOT, "city"): b'"Jakarta"'}, w.now + 1)
        assert await facts(w, ada) == {"city": "Jakarta"}
        for workspace, who in ((CAFE, ada), (SHOP, ContactId("nobody"))):
            assert not await w.store.put_facts(workspace, who, known, w.now)
            assert not await w.store.rename_contact(workspace, who, "Eve")
            assert await w.store.whole_contact(workspace, who) is None
        assert await facts(w, ada) == {"city": "Jakarta"}


async def test_two_become_one_and_two_again(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob = await written(w, ADA, BOB)
        bobs = (await w.conversation(BOB)).key
        await w.store.put_facts(SHOP, ada, {(BOT, "size"): b'"M"', (BOT, "city"): b'"Solo"'}, w.now)
        await w.store.put_facts(SHOP, bob, {(BOT, "size"): b'"L"'}, w.now + 1)
        await w.store.set_consent(bobs, "marketing", False, "operator", w.now)
        assert await w.store.merge_contacts(SHOP, bob, ada)
        whole = await w.store.whole_contact(SHOP, ada)
        assert whole is not None
        assert {each.value for each in whole.addresses} == {f"phone:{ADA}", f"phone:{BOB}"}
        assert {each.id for each in whole.conversations} == {(await w.conversation(ADA)).id, bobs.id}
        assert (await facts(w, ada), await w.store.whole_contact(SHOP, bob)) == ({"size": "L", "city": "Solo"}, None)
        assert [(each.purpose, each.granted) for each in await w.store.consents(SHOP, ada)] == [("marketing", False)]
        await feed(w)
        assert await heads(w) == [ada]
        assert len(await w.store.rows_of_contacts(SHOP, [ada])) == 2
        await w.hear(text("it is me", of=BOB, at=w.now))  # still in the thread that it was
        assert (await w.conversation(BOB)).key == bobs
        part = await w.store.split_contact(SHOP, ada, bobs.id, w.now + 5)
        assert part is not None
        again = await w.store.whole_contact(SHOP, part)
        assert again is not None
        assert ([each.value for each in again.addresses], again.row.name) == ([f"phone:{BOB}"], f"Name {ADA}")
        assert (await facts(w, part), await facts(w, ada)) == ({"size": "L"}, {"city": "Solo"})
        for who in (part, ada):  # what was withdrawn holds for both
            assert [each.granted for each in await w.store.consents(SHOP, who)] == [False]
        assert await w.store.split_contact(SHOP, part, bobs.id, w.now) is None  # the only one
        await feed(w)
        assert set(await heads(w)) == {ada, part}


async def test_nobody_is_made_one_with_somebody_of_another_workspace(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob = await written(w, ADA, BOB)
        for workspace, loser, winner in ((CAFE, bob, ada), (SHOP, ada, ada), (SHOP, ContactId("x"), ada)):
            assert not await w.store.merge_contacts(workspace, loser, winner)
            assert not await w.store.merge_contacts(workspace, winner, loser)
        bobs = (await w.conversation(BOB)).id
        assert await w.store.split_contact(SHOP, ada, bobs, w.now) is None
        assert await w.store.split_contact(CAFE, bob, bobs, w.now) is None
        assert await w.store.whole_contact(SHOP, bob) is not None


async def test_a_turn_under_way_knows_whose_it_is_after_a_merger(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob = await written(w, ADA, BOB)
        w.now += 60
        turns = {each.conversation.contact_id: each for each in await w.claim()}  # type: ignore[union-attr]
        assert await w.store.merge_contacts(SHOP, bob, ada)
        await w.deliver(await w.commit(turns[bob], "hello", facts={"late": b"1"}))  # type: ignore[arg-type]
        assert await facts(w, ada) == {"late": 1}


async def test_whoever_is_erased_leaves_no_word(world: OpenWorld) -> None:
    async with world() as w:
        ada, bob = await written(w, ADA, BOB)
        key = (await w.conversation(ADA)).key
        await w.until_due()
        turn = next(each for each in await w.claim() if each.run.key == key)
        await w.deliver(await w.commit(turn, "dear Ada", facts={"size": b'"M"'}))  # type: ignore[arg-type]
        await w.store.hold_file(FileRow(SHOP, "a" * 64, "image/png", 1, "me.png", T0))
        media = MediaRow(SHOP, w.channel.id, "id:1", key.id, 1, "kept", T0, "a" * 64, "me.png")
        await w.store.note_media(media)
        await w.store.set_consent(key, "marketing", False, "operator", w.now)
        await w.hear(text("and one more", of=ADA, at=w.now))
        await feed(w)
        assert await found(w, "dear")
        erased = await w.store.erase_contact(SHOP, ada, w.now + 10)
        assert erased is not None
        assert erased.conversations == 1
        await feed(w)
        assert not await found(w, "dear")
        assert await w.store.history(key, 10) == []
        assert await facts(w, ada) == {}
        assert [each.contact_id for each in await w.store.search_contacts(SHOP, "Name", 10)] == [bob]
        assert await w.store.find_media(SHOP, w.channel.id, "id:1") is None
        assert [each.key for each in await w.store.leaving_files(w.now + 20, w.now + 20, 5)] == ["a" * 64]
        assert [each.granted for each in await w.store.consents(SHOP, ada)] == [False]
        (row,) = await w.store.rows_of_contacts(SHOP, [ada])
        assert (row.name, row.preview) == (None, "")
        assert await w.store.erase_contact(CAFE, bob, w.now) is None
        assert len(await w.store.history((await w.conversation(BOB)).key, 10)) == 1


async def test_a_turn_of_somebody_who_is_erased_sends_nothing(world: OpenWorld) -> None:
    async with world() as w:
        (ada,) = await written(w, ADA)
        turn = await w.turn()
        erased = await w.store.erase_contact(SHOP, ada, w.now)
        assert erased is not None
        assert [(each.fenced, each.epoch > turn.run.epoch) for each in erased.wakes] == [(turn.run.worker_id, True)]


async def test_what_was_given_to_somebody_else_meanwhile_is_left_alone(
    world: OpenWorld, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whose a conversation is may change between looking for somebody's conversations and locking them."""
    async with world() as w:
        ada, bob, eve = await written(w, ADA, BOB, EVE)
        own, his, hers = [(await w.conversation(each)).key for each in (ADA, BOB, EVE)]

        async def as_it_was(*_: object) -> list[ConversationKey]:
            """Bob's was Ada's a moment ago."""
            return sorted([own, his])

        for rows in (SqliteContactRows, PostgresContactRows):
            monkeypatch.setattr(rows, "conversations_of", as_it_was)
        assert await w.store.split_contact(SHOP, ada, his.id, w.now) is None
        assert not await w.store.merge_contacts(SHOP, ada, eve)
        erased = await w.store.erase_contact(SHOP, ada, w.now)
        assert erased is not None
        assert erased.conversations == 1
        assert [(await w.conversation(each)).contact_id for each in (BOB, EVE)] == [bob, eve]
        assert [len(await w.store.history(each, 10)) for each in (his, hers)] == [1, 1]
