"""Bots that keep nothing, with real files: nothing of a note is on the disk after its answer, whoever dies when."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from random import Random
from typing import Any

import httpx2
import pytest
from structlog.testing import capture_logs

from tests.engine.media_rig import Studio, studio
from tests.media import samples
from turnkeeper.app.files import forget_batch
from turnkeeper.bots.turn import Turn
from turnkeeper.channels.base import HttpCall
from turnkeeper.engine.erasing import EVERY, SCRUB_EVERY, Erasing
from turnkeeper.engine.withdrawing import Withdrawing
from turnkeeper.model.contents import Document
from turnkeeper.model.errors import MediaUnavailable
from turnkeeper.model.outbound import NotSent, Rejected
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import TURNS, Channels, channel

STATELESS = replace(TURNS, keep="nothing", gather=False)
CANARY = "sarsaparilla"
NOTE = samples.OGG + Random(7).randbytes(40_000)
REPORT = b"%PDF-1.7 about " + CANARY.encode() * 400
KEEPS = 30 * 86_400.0


async def reports(turn: Turn) -> None:
    """Listens, asks, and answers with words and a file of its own."""
    file = await turn.file()
    heard = await turn.step("hear", _heard, file.size)
    turn.state["last"] = heard
    await turn.say_now(f"One moment: {CANARY}")
    await turn.reply(f"Your report: {heard}")
    await turn.reply(Document(await turn.attach(REPORT, filename="report.pdf"), caption=CANARY))


async def _heard(size: int) -> str:
    """Long enough for pages of its own in the database."""
    return f"{size} bytes of {CANARY} " * 2000


def found(folder: Path) -> set[tuple[str, str]]:
    """What of the note and of what was said is still on the disk, and in what kind of file."""
    marks = {"words": CANARY.encode(), "note": NOTE[5000:5064], "report": REPORT[:64]}
    files = [path for path in folder.rglob("*") if path.is_file()]
    data = {path: path.read_bytes() for path in files}
    return {(name, path.suffix or "kept") for path in files for name, mark in marks.items() if mark in data[path]}


def erasing(place: Studio) -> Erasing:
    async def forget() -> int:
        return await forget_batch(place.store, place.kept, place.clock.now(), KEEPS)

    withdrawing = Withdrawing(Channels(place.channel), {"whatsapp_cloud": place.adapter}, place.client)
    return Erasing(place.store, place.clock, forget, withdrawing)


@asynccontextmanager
async def swept(place: Studio) -> AsyncIterator[Erasing]:
    """As long as a worker process lives that erases."""
    sweeps = erasing(place)
    task = asyncio.create_task(sweeps.run())
    try:
        yield sweeps
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def sends_note(place: Studio) -> None:
    await place.sends("audio", NOTE, "audio/ogg; codecs=opus", voice=True)
    await place.rests()
    assert [each[:12] for each in place.heard][:2] == ["One moment: ", "Your report:"]


@in_virtual_time
async def test_nothing_is_left_though_a_worker_dies_before_it_erases() -> None:
    async with studio(reports, STATELESS, on_disk=True) as place:
        await sends_note(place)
        assert found(place.folder) >= {("words", ".db-wal"), ("note", "kept"), ("report", "kept")}
        await place.crash()
        async with swept(place):
            await asyncio.sleep(EVERY)
        assert found(place.folder) == set()
        assert place.files() == []
        assert (await place.store.ledger()).states["answered"] == 1
        moments = await place.moments("committed")
        assert [moment.detail for moment in moments] == ["kept nothing"]


@in_virtual_time
async def test_at_once_after_the_answer_and_without_the_next_note_waiting() -> None:
    async with studio(reports, STATELESS, on_disk=True) as place:
        async with swept(place) as place.erasing:
            await place.crash()
            await sends_note(place)
            assert place.files() == []
            answered = len(place.received)
            await sends_note(place)  # the same bytes again: fetched and kept anew
            assert len(place.received) == 2 * answered
        await place.store.scrub()
        assert found(place.folder) == set()


@in_virtual_time
async def test_the_same_webhook_again_is_a_duplicate_and_starts_nothing() -> None:
    async with studio(reports, STATELESS) as place, swept(place):
        await sends_note(place)
        await asyncio.sleep(EVERY)
        received, called = len(place.received), len(place.called)
        (note,) = [body for body in place.webhooks if b'"audio"' in body]
        await place._hear(httpx2.Request("POST", "http://hooks.test/", content=note))
        await place.rests()
        assert (len(place.received), len(place.called)) == (received, called)
        ledger = await place.store.ledger()
        assert (ledger.accepted, ledger.duplicates) == (1, 1)


@in_virtual_time
async def test_the_provider_is_asked_to_delete_the_note_once_and_nobody_waits() -> None:
    async with studio(reports, STATELESS) as place, swept(place) as place.erasing:
        await place.crash()
        media_id = await place.sends("audio", NOTE, "audio/ogg; codecs=opus", voice=True)
        await place.rests()
        sent = place.fake.media.get(media_id)
        assert sent is not None
        assert sent.deleted
        assert not any(each.deleted for each in place.fake.media.uploads)  # it may be on its way to the person
        await asyncio.sleep(60.0)
        assert place.methods.count("DELETE") == 1


@in_virtual_time
@pytest.mark.parametrize("label", ["refuses", "does not answer", "breaks"])
async def test_a_provider_that_does_not_delete_holds_up_nothing(label: str, monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(reports, STATELESS) as place, swept(place) as place.erasing:
        await place.crash()

        def withdraw(media_id: str, config: Any) -> Any:
            if label == "breaks":
                raise KeyError(media_id)
            if label == "refuses":
                return Rejected("100", "there is none")
            yield HttpCall("GET", "https://nobody.test/")
            return NotSent("no answer")

        monkeypatch.setattr(type(place.adapter), "withdraw", lambda _, media_id, config: withdraw(media_id, config))
        with capture_logs() as told:
            await sends_note(place)
            await sends_note(place)
            assert place.files() == []
            await asyncio.sleep(60.0)
        said = "could not ask for a file to be deleted" if label == "breaks" else "the provider did not delete a file"
        assert [each["event"] for each in told].count(said) == 2
        assert (await place.store.ledger()).states["answered"] == 2


@in_virtual_time
async def test_a_file_that_somebody_has_a_link_to_stays_while_that_is_good() -> None:
    async def links(turn: Turn) -> None:
        file = await turn.file()
        await turn.reply(file.link(600))

    async with studio(links, STATELESS) as place, swept(place) as place.erasing:
        await place.crash()
        await place.sends("audio", NOTE, "audio/ogg; codecs=opus", voice=True)
        await asyncio.sleep(590.0)
        assert len(place.files()) == 1
        await asyncio.sleep(10.0 + EVERY)
        assert place.files() == []


@in_virtual_time
async def test_a_turn_that_failed_leaves_no_file() -> None:
    async def fails(turn: Turn) -> None:
        await turn.file()
        raise ValueError(CANARY)

    async with studio(fails, replace(STATELESS, turn_retries=0), on_disk=True) as place:
        await place.sends("audio", NOTE, "audio/ogg; codecs=opus", voice=True)
        await place.rests()
        assert found(place.folder)
        async with swept(place):
            await asyncio.sleep(EVERY)
        assert found(place.folder) == set()
        assert (await place.store.ledger()).states["failed"] == 1


@in_virtual_time
async def test_a_bot_that_keeps_all_keeps_all() -> None:
    async with studio(reports, replace(STATELESS, keep="all"), on_disk=True) as place:
        async with swept(place):
            await sends_note(place)
            await asyncio.sleep(EVERY)
        assert len(place.files()) == 2
        assert ("words", ".db-wal") in found(place.folder)


@in_virtual_time
async def test_a_file_that_two_people_get_stays_until_both_have_it() -> None:
    async def takes_longer(turn: Turn) -> None:
        second = turn.text == "second"
        await asyncio.sleep(1.0 if second else 0.0)
        report = await turn.attach(REPORT, filename="report.pdf")
        await asyncio.sleep(40.0 if second else 5.0)
        await turn.reply(Document(report))

    async with studio(takes_longer, STATELESS) as place, swept(place) as place.erasing:
        await place.crash()
        await place.writes("first")
        other = await place.fake.person(phone="15559990000")
        await other.write("second")
        await asyncio.sleep(30.0)
        assert (len(place.received), len(place.files())) == (1, 1)
        await asyncio.sleep(30.0)
        assert [each.kind for each in other.thread().received] == ["document"]
        assert place.files() == []


@in_virtual_time
async def test_a_file_that_is_needed_while_the_commit_is_made(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(reports, STATELESS) as place:
        need = place.store.need_files

        async def slow(*what: Any) -> set[str]:
            await asyncio.sleep(1.0)
            return await need(*what[:2], place.clock.now())

        monkeypatch.setattr(place.store, "need_files", slow)
        async with swept(place):
            await sends_note(place)
            await asyncio.sleep(EVERY)
        assert place.files() == []


@in_virtual_time
async def test_a_turn_that_finds_a_file_as_the_one_before_is_erased(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(reports, STATELESS) as place:
        media_id = await place.sends("audio", NOTE, "audio/ogg; codecs=opus", voice=True)
        await place.rests()
        find, key = place.store.find_media, (await place.conversation()).key

        async def erased_meanwhile(*what: Any) -> Any:
            known = await find(*what)
            await place.store.erase(key, place.clock.now())
            return known

        monkeypatch.setattr(place.store, "find_media", erased_meanwhile)
        await (await place.person()).send("audio", place.fake.media.webhook(media_id) | {"voice": True})
        await place.rests()
        fetched = place.fake.media.get(media_id)
        assert fetched is not None
        assert fetched.downloads == 1
        async with swept(place):
            await asyncio.sleep(EVERY)
        assert place.files() == []


@in_virtual_time
async def test_bytes_that_cannot_be_deleted_now_are_deleted_later(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(reports, STATELESS) as place:
        delete, refusals = place.kept.delete, 2

        async def away(where: object) -> None:
            nonlocal refusals
            refusals -= 1
            if refusals >= 0:
                raise MediaUnavailable("the bucket does not answer")
            await delete(where)  # type: ignore[arg-type]

        monkeypatch.setattr(place.kept, "delete", away)
        async with swept(place):
            await sends_note(place)
            await asyncio.sleep(EVERY)
            assert len(place.files()) == 2
            await asyncio.sleep(700.0)
        assert place.files() == []


@in_virtual_time
async def test_the_log_is_emptied_now_and_then_and_again_if_somebody_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    async with studio(reports, STATELESS, on_disk=True) as place:
        emptied: list[float] = []
        scrub, busy = place.store.scrub, [True]

        async def scrubbed() -> bool:
            if busy:
                busy.pop()
                return False
            emptied.append(place.clock.now())
            return await scrub()

        monkeypatch.setattr(place.store, "scrub", scrubbed)
        async with swept(place) as place.erasing:
            await place.crash()
            for _ in range(3):
                await sends_note(place)
            assert len(emptied) == 1
            await asyncio.sleep(SCRUB_EVERY + EVERY)
            assert len(emptied) == 2
            assert found(place.folder) == set()


async def test_the_log_is_not_emptied_under_a_reader(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "t.db", Channels(channel()))
    await store.open()
    try:
        await store.migrate()
        reader = store._connect()
        reader.execute("begin")
        reader.execute("select * from event").fetchall()
        await store.register("w1", 1.0)  # type: ignore[arg-type]
        assert not await store.scrub()
        reader.close()
        assert await store.scrub()
        assert (tmp_path / "t.db-wal").stat().st_size == 0
        await store.register("w2", 1.0)  # type: ignore[arg-type]
    finally:
        await store.close()
