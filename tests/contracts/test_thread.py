"""One conversation on the screen: everything once, the newest first, whatever the pages are."""

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_speaking import say
from tests.contracts.world import World
from turnkeeper.model.colleagues import Note
from turnkeeper.model.contents import words_of
from turnkeeper.model.conversation import EventRow
from turnkeeper.model.events import Inbound, Media
from turnkeeper.model.ids import ChannelId, ConversationId, WorkspaceId
from turnkeeper.model.media import FileRow, MediaRow
from turnkeeper.store.thread import Cursor, Entry, newest, read_cursor, read_entry
from turnkeeper.testing.events import ADA, text


def words(entry: Entry) -> str:
    if entry.note is not None:
        return entry.note.text
    if entry.handover is not None:
        return entry.handover.mode
    if entry.inbound is not None:
        return entry.inbound.text or entry.inbound.kind
    assert entry.content is not None
    return words_of(entry.content)


async def whole(w: World, limit: int = 100) -> list[Entry]:
    """All pages, the newest first."""
    key = (await w.conversation()).key
    found: list[Entry] = []
    before: Cursor | None = Cursor()
    while before is not None:
        page = await w.store.thread(key, before, limit)
        assert len(page.entries) <= limit
        found += page.entries
        before = page.next
    return found


async def told(w: World) -> list[tuple[str, str]]:
    return [(entry.who, words(entry)) for entry in reversed(await whole(w))]


async def test_whoever_says_something_is_told_apart(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        w.now += 10
        await w.answer("how can I help?")
        w.now += 10
        await say(w, "this is Ann", takes_over=True)
        w.now += 10
        key = (await w.conversation()).key
        await w.store.add_note(Note(*key, 0, "1", w.now, "u1", "Ann", "she is nice"))
        assert await told(w) == [
            ("contact", "hello"),
            ("bot", "how can I help?"),
            ("operator", "this is Ann"),
            ("system", "human"),
            ("operator", "she is nice"),
        ]


async def test_pages_hold_everything_once_and_in_order(world: OpenWorld) -> None:
    async with world() as w:
        for n in range(7):
            await w.hear(f"question {n}")
            w.now += 10
            await w.answer(f"answer {n}")
            w.now += 10
        all_at_once = [words(entry) for entry in await whole(w)]
        assert len(all_at_once) == 14
        for limit in (1, 2, 3, 5, 14):
            assert [words(entry) for entry in await whole(w, limit)] == all_at_once, limit


async def test_what_nobody_wants_to_see_is_left_out(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear(text("hello"), Inbound(kind="typing", addresses=(f"phone:{ADA}",), dedup_key="t1"))
        assert await told(w) == [("contact", "hello")]


async def test_an_entry_knows_its_turn_its_state_and_its_ticks(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        turn = await w.answer("hi")
        answer, question = await whole(w)
        assert question.event is not None
        assert answer.row is not None
        assert (question.event.state, question.event.turn_no) == ("answered", turn.turn.no)
        assert (answer.row.state, answer.row.turn_no) == ("accepted", turn.turn.no)


async def test_a_file_is_known_by_its_message(world: OpenWorld) -> None:
    async with world() as w:
        sent = Inbound(
            kind="image", media=Media(id="m1", mime="image/png"), message_id="wamid.1", addresses=(f"phone:{ADA}",),
            dedup_key="i1",
        )  # fmt: skip
        await w.hear(sent)
        conversation = await w.conversation()
        (before,) = await whole(w)
        assert before.file is None
        row = FileRow(conversation.workspace_id, "a" * 64, "image/png", 12, "cat.png", w.now)
        await w.store.hold_file(row)
        await w.store.note_media(
            MediaRow(
                conversation.workspace_id, w.channel.id, "id:m1", conversation.id, 1, "kept", w.now, "a" * 64, "cat.png"
            )
        )
        found = await w.store.message(conversation.key, "in-1")
        assert found is not None
        assert found.file is not None
        assert (found.file.key, found.file.mime, found.file.size) == ("a" * 64, "image/png", 12)
        assert await w.store.message(conversation.key, "in-2") is None
        assert await w.store.message(conversation.key, "note-1") is None


async def test_what_is_quoted_is_told(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        await w.answer("hi, how are you?")
        external_id = (await whole(w))[0].row.external_id  # type: ignore[union-attr]
        w.now += 10
        await w.hear(
            Inbound(kind="text", text="fine", reply_to=external_id, addresses=(f"phone:{ADA}",), dedup_key="q1")
        )
        quoted = (await whole(w))[0].quoted
        assert quoted is not None
        assert (quoted.who, quoted.text) == ("bot", "hi, how are you?")


async def test_the_header_tells_who_it_is_and_how_it_stands(world: OpenWorld) -> None:
    async with world() as w:
        await w.hear("hello")
        turn = await w.turn()
        session = msgspec.structs.replace(turn.session, stage="asking") if turn.session else None
        await w.commit(
            turn,
            "bye",
            timers=[w.timer(turn, 60)],
            facts={"tags": b'["vip"]'},
            handover="wants a person",
            consents={"marketing": True},
            **({"session": session} if session else {}),
        )
        found = await w.store.header((await w.conversation()).key, w.now)
        assert found is not None
        assert found.conversation.mode == "human"
        assert found.addresses == [f"phone:{ADA}"]
        assert [(fact.name, fact.value) for fact in found.facts] == [("tags", b'["vip"]')]
        assert [(each.purpose, each.granted) for each in found.consents] == [("marketing", True)]
        assert [timer.name for timer in found.timers] == ["later"]
        assert found.escalation is not None
        assert found.escalation.reason == "wants a person"


def event(seq: int, at: float) -> EventRow:
    ids = WorkspaceId("w"), ConversationId("c"), seq, ChannelId("ch")
    return EventRow(*ids, b"", None, "text", False, b"{}", at, "answered")


def noted(seq: int, at: float) -> Note:
    return Note(WorkspaceId("w"), ConversationId("c"), seq, str(seq), at, "u", "Ann", "")


@given(st.lists(st.integers(0, 9)), st.lists(st.integers(0, 9)), st.integers(1, 5))
@settings(max_examples=60)
def test_pages_are_what_one_page_is(events: list[int], notes: list[int], limit: int) -> None:
    """Whatever the instants: they need not rise with the numbers."""
    heard = [event(n, float(at)) for n, at in enumerate(events, 1)][::-1]
    written = [noted(n, float(at)) for n, at in enumerate(notes, 1)][::-1]
    at_once, none = newest((heard, [], written, []), Cursor(), 1000)
    assert none is None
    before: Cursor | None = Cursor()
    paged: list[object] = []
    while before is not None:
        place = before
        lists = (
            [row for row in heard if row.seq < place.events][: limit + 1],
            [],
            [row for row in written if row.seq < place.notes][: limit + 1],
            [],
        )
        taken, before = newest(lists, place, limit)
        paged += taken
    assert paged == at_once


@pytest.mark.parametrize("written", ["", "1.2.3", "a.b.c.d", "-1...", f"{2**70}...", "1.2.3.4.5"])
def test_a_cursor_is_one_of_ours(written: str) -> None:
    with pytest.raises(ValueError):
        read_cursor(written)


def test_a_cursor_comes_back() -> None:
    assert read_cursor(str(Cursor(12, 5))) == Cursor(12, 5)
    assert str(Cursor(12, 5)) == "12.5.."


@pytest.mark.parametrize(
    ("written", "found"),
    [("in-12", ("in", 12)), ("out-5", ("out", 5)), ("note-1", None), ("in-", None), ("in--1", None), ("in-٣", None)],
)
def test_an_entrys_id_names_its_row(written: str, found: object) -> None:
    assert read_entry(written) == found
