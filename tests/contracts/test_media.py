"""What a store knows of files: kept once, needed, leaving, refused with a reason that is counted for ever."""

import dataclasses

import msgspec
import pytest
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, World
from turnkeeper.model.contents import File, Image
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow, UploadRow
from turnkeeper.model.outbound import Accepted, Rejected
from turnkeeper.store.media import GIVEN_UP, FileKey
from turnkeeper.testing.events import SENDS, channel, status

HERE = WorkspaceId("default")
ELSEWHERE = WorkspaceId("elsewhere")
SHOP = ChannelId("shop")
KEY = "a" * 64
OTHER = "b" * 64
FILE = FileRow(HERE, KEY, "image/jpeg", 3_000_000_000, "me.jpg", T0)
KEPT = MediaRow(HERE, SHOP, "id:1", ConversationId("c1"), 1, "kept", T0, KEY, "me.jpg")
REFUSED = replace(KEPT, state="refused", key=None, reason="too_large", detail="larger than 16 MB")


async def test_a_file_is_found_where_it_was_kept_and_nowhere_else(world: OpenWorld) -> None:
    async with world() as w:
        assert await w.store.find_file(HERE, KEY) is None
        assert await w.store.hold_file(FILE)
        assert await w.store.find_file(HERE, KEY) == FILE
        assert await w.store.find_file(ELSEWHERE, KEY) is None
        assert await w.store.find_file(HERE, OTHER) is None


async def test_keeping_a_file_again_only_moves_when_it_was_needed(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.hold_file(FILE)
        assert await w.store.hold_file(replace(FILE, mime="text/html", filename="x", needed_at=T0 + 5))
        assert await w.store.hold_file(replace(FILE, needed_at=T0 - 5))
        assert await w.store.find_file(HERE, KEY) == replace(FILE, needed_at=T0 + 5)


async def test_what_is_needed_stays(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.hold_file(FILE)
        await w.store.hold_file(replace(FILE, key=OTHER))
        assert await w.store.need_files(HERE, [KEY, KEY, "c" * 64], T0 + 10) == {KEY}
        assert await w.store.need_files(ELSEWHERE, [KEY], T0 + 99) == set()
        assert await w.store.leaving_files(T0 + 5, T0 + 20, 10) == [FileKey(HERE, OTHER)]
        assert await w.store.need_files(HERE, [OTHER], T0 + 21) == set()


async def test_a_file_that_is_being_deleted_cannot_be_kept_until_it_is_gone(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.hold_file(FILE)
        leaving = await w.store.leaving_files(T0 + 1, T0 + 1, 10)
        assert leaving == [FileKey(HERE, KEY)]
        assert await w.store.find_file(HERE, KEY) is None
        again = replace(FILE, needed_at=T0 + 2)
        assert not await w.store.hold_file(again)
        await w.store.forget_files(leaving)
        assert await w.store.hold_file(again)
        assert await w.store.find_file(HERE, KEY) == again


async def test_forgetting_leaves_a_file_alone_that_was_kept_meanwhile(world: OpenWorld) -> None:
    """A deleter that was taken for dead comes back."""
    async with world() as w:
        await w.store.hold_file(FILE)
        leaving = await w.store.leaving_files(T0 + 1, T0 + 1, 10)
        await w.store.forget_files(leaving)
        await w.store.hold_file(FILE)
        await w.store.forget_files(leaving)
        assert await w.store.find_file(HERE, KEY) == FILE


async def test_a_file_leaves_once_unless_its_deleter_died(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.hold_file(FILE)
        assert await w.store.leaving_files(T0 + 1, T0 + 1, 10)
        assert not await w.store.leaving_files(T0 + 1, T0 + GIVEN_UP, 10)
        assert await w.store.leaving_files(T0 + 1, T0 + GIVEN_UP + 2, 10) == [FileKey(HERE, KEY)]


async def test_files_leave_in_batches_oldest_first(world: OpenWorld) -> None:
    async with world() as w:
        for age, key in enumerate((OTHER, KEY, "c" * 64)):
            await w.store.hold_file(replace(FILE, key=key, needed_at=T0 - age))
        assert {each.key for each in await w.store.leaving_files(T0 + 1, T0 + 1, 2)} == {"c" * 64, KEY}
        assert {each.key for each in await w.store.leaving_files(T0 + 1, T0 + 1, 2)} == {OTHER}


async def test_a_source_is_noted_once_and_a_refusal_gives_way_to_the_file(world: OpenWorld) -> None:
    async with world() as w:
        assert await w.store.find_media(HERE, SHOP, "id:1") is None
        assert await w.store.note_media(REFUSED) == REFUSED
        assert await w.store.note_media(replace(REFUSED, reason="gone")) == REFUSED
        assert await w.store.note_media(KEPT) == KEPT
        assert await w.store.note_media(REFUSED) == KEPT
        assert await w.store.find_media(HERE, SHOP, "id:1") == KEPT
        assert await w.store.find_media(HERE, ChannelId("other"), "id:1") is None
        assert await w.store.find_media(ELSEWHERE, SHOP, "id:1") is None


async def refuse(w: World, *reasons: str, at: float = T0) -> None:
    for n, reason in enumerate(reasons):
        await w.store.note_media(replace(REFUSED, source=f"id:{at}:{n}", reason=reason, at=at))


async def test_refusals_are_counted_by_reason_and_are_no_events(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await w.store.note_media(KEPT)
        await refuse(w, "too_large", "type_mismatch", "too_large")
        found = await w.store.ledger()
        assert found.refused == {"too_large": 2, "type_mismatch": 1}
        assert found.accepted == sum(found.states.values()) == 1


async def test_refusals_are_counted_still_when_they_are_forgotten(world: OpenWorld) -> None:
    async with world() as w:
        await refuse(w, "too_large", "gone")
        await refuse(w, "gone", at=T0 + 100)
        await w.store.note_media(KEPT)
        assert await w.store.retain(T0 + 50, 10) == 3
        assert await w.store.find_media(HERE, SHOP, f"id:{T0}:0") is None
        assert await w.store.find_media(HERE, SHOP, "id:1") is None
        assert (await w.store.ledger()).refused == {"too_large": 1, "gone": 2}


async def test_a_refusal_is_a_moment_of_its_conversation(world: OpenWorld) -> None:
    async with world() as w:
        turn = (await w.hear("hello"), await w.turn())[1]
        row = replace(REFUSED, conversation_id=turn.run.key.id, turn_no=turn.turn.no, at=w.now)
        await w.store.note_media(row)
        await refuse(w, "gone")
        told = [each for each in await w.store.moments(turn.run.key, 50) if each.kind == "media_refused"]
        assert [(each.text, each.detail, each.turn_no) for each in told] == [("too_large", "larger than 16 MB", 1)]


async def test_an_upload_is_found_while_it_is_valid(world: OpenWorld) -> None:
    async with world() as w:
        row = UploadRow(HERE, SHOP, KEY, "image/jpeg", "up.1", T0 + 100)
        await w.store.keep_upload(row)
        assert await w.store.find_upload(HERE, SHOP, KEY, "image/jpeg", T0) == "up.1"
        assert await w.store.find_upload(HERE, SHOP, KEY, "image/jpeg", T0 + 100) is None
        for where in (
            (ELSEWHERE, SHOP, KEY, "image/jpeg"),
            (HERE, ChannelId("other"), KEY, "image/jpeg"),
            (HERE, SHOP, OTHER, "image/jpeg"),
            (HERE, SHOP, KEY, "image/png"),
        ):
            assert await w.store.find_upload(*where, T0) is None
        await w.store.keep_upload(replace(row, external_id="up.2", valid_until=T0 + 300))
        assert await w.store.find_upload(HERE, SHOP, KEY, "image/jpeg", T0 + 200) == "up.2"
        await w.store.forget_upload(HERE, SHOP, KEY)
        assert await w.store.find_upload(HERE, SHOP, KEY, "image/jpeg", T0) is None


CODES: list[tuple[str, str, str, str | None]] = [
    ("told later", "accepted, then", "131053", None),
    ("told before the answer", "early", "131053", None),
    ("told at once", "rejected", "131053", None),
    ("another code", "accepted, then", "131026", "up.1"),
    ("another code at once", "rejected", "131026", "up.1"),
]


@pytest.mark.parametrize(("label", "how", "code", "left"), CODES, ids=[row[0] for row in CODES])
async def test_a_failure_that_may_be_the_uploads_fault_forgets_it(
    world: OpenWorld, label: str, how: str, code: str, left: str | None
) -> None:
    shop = channel(sends=dataclasses.replace(SENDS, stale_uploads=frozenset({"131053"})))
    failed = replace(status("failed", id="x", error="no"), error_codes=(int(code),))
    async with world(shop) as w:
        for key in (KEY, OTHER):
            await w.store.keep_upload(UploadRow(HERE, SHOP, key, "image/jpeg", "up.1", T0 * 2))
        await w.hear("hi")
        turn = await w.turn()
        picture = dataclasses.replace(w.ending(turn), contents=[msgspec.json.encode(Image(File(key=KEY)))])
        send = (await w.store.commit(picture)).send
        assert send is not None
        if how == "early":
            await w.report(failed)
        await w.record(send, Rejected(code, "no") if how == "rejected" else Accepted("x"))
        if how == "accepted, then":
            await w.report(failed)
        assert await w.states() == {"failed": 1}
        assert await w.store.find_upload(HERE, SHOP, KEY, "image/jpeg", T0) == left
        assert await w.store.find_upload(HERE, SHOP, OTHER, "image/jpeg", T0) == "up.1"


async def test_uploads_are_forgotten_when_they_are_no_longer_valid(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.keep_upload(UploadRow(HERE, SHOP, KEY, "image/jpeg", "up.1", T0))
        await w.store.keep_upload(UploadRow(HERE, SHOP, OTHER, "image/jpeg", "up.2", T0 + 100))
        assert await w.store.retain(T0 + 50, 10) == 1


async def test_names_that_a_database_cannot_keep_are_kept_as_it_can(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.note_media(replace(REFUSED, source="id:\x00", detail="a\x00b"))
        assert (await w.store.ledger()).refused == {"too_large": 1}
        assert await w.store.find_media(HERE, SHOP, "id:\x00") is not None
