"""The spool's file and what its entries hold."""

import asyncio
import signal
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.events import Choice, Inbound, Media, SessionStatus, TemplateReport
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.templates import TemplateNews
from turnkeeper.rules.spool import MOST_BYTES_TOGETHER, MOST_TOGETHER
from turnkeeper.store.base import Arrival, Intake, Report, SessionReport, Stray
from turnkeeper.store.spool import GONE, NOT_READ, REFUSED, decode, encode, merged, refused, single
from turnkeeper.store.sqlite.spool import SqliteSpool
from turnkeeper.testing.events import Channels, channel, status, text

HOME = WorkspaceId("home")
SHOP = channel("shop")
LAB = channel("lab", workspace="other")
STRAY = Stray(HOME, "", "ignored", "not ours", "stray:1", b"\xff\x00raw", 7.5)
WHOLE = Intake(
    [Arrival(SHOP, text("häl\x00lo", at=5.0), 1.25), Arrival(LAB, text("two"), 2.5)],
    [Report(SHOP, status("read", id="wamid.out"), 3.75)],
    [STRAY],
    [SessionReport(SHOP, SessionStatus(status="SCAN_QR_CODE", works=False, timestamp=7, mend="Scan it."), 8.5)],
    (TemplateNews(HOME, TemplateReport(external_id="7", name="bill", language="en", status="PAUSED"), 9.5),),
)


class TestEntries:
    def test_an_intake_comes_back_as_it_was(self) -> None:
        assert decode(encode(WHOLE), Channels(SHOP, LAB), HOME) == WHOLE

    def test_an_entry_of_a_release_that_knew_no_sessions_is_read(self) -> None:
        arrivals, reports, strays, *_ = msgspec.msgpack.decode(encode(WHOLE))
        found = decode(msgspec.msgpack.encode([arrivals, reports, strays]), Channels(SHOP, LAB), HOME)
        assert found == WHOLE._replace(sessions=[], templates=())

    def test_so_does_everything_that_an_event_can_hold(self) -> None:
        event = Inbound(
            kind="order",
            timestamp=2**40,
            media=Media(id="m", size=3),
            choice=Choice("yes", "Yes"),
            referral={"url": "https://x", "deep": [1, None, {"a": 1.5}]},
            details={"more": True},
            error_codes=(131051,),
            addresses=("user:US.1", "phone:1"),
            dedup_key="k",
            dedup_window=15.0,
        )
        intake = Intake([Arrival(SHOP, event, 1.0)], [], [], [])
        assert decode(encode(intake), Channels(SHOP), HOME) == intake

    def test_no_setting_and_no_secret_is_written(self) -> None:
        shop = replace(SHOP, config={"access_token": "hush"})
        held = encode(Intake([Arrival(shop, text("x"), 1.0)]))
        assert b"shop" in held
        for setting in (b"hush", b"whatsapp_cloud", b"assistant"):
            assert setting not in held

    def test_todays_policies_count(self) -> None:
        today = channel("shop", bot="another")
        (arrival,) = decode(encode(Intake([Arrival(SHOP, text("x"), 1.0)])), Channels(today), HOME).arrivals
        assert arrival.channel is today

    def test_what_has_no_channel_any_more_is_kept_where_it_is_seen(self) -> None:
        found = decode(encode(WHOLE), Channels(SHOP), HOME)
        assert (len(found.arrivals), len(found.reports)) == (1, 1)
        kept, gone = found.strays
        assert kept == STRAY
        assert (gone.workspace_id, gone.channel_id, gone.state, gone.reason) == ("other", "lab", "ignored", GONE)
        assert (msgspec.json.decode(gone.raw)["text"], gone.received_at) == ("two", 2.5)
        assert [each.reason for each in decode(encode(WHOLE), Channels(LAB), HOME).strays].count(GONE) == 2

    @pytest.mark.parametrize("body", [b"", b"\xc1", b"\x93\x90\x90", b'{"json": 1}', encode(WHOLE)[:-3]])
    def test_what_cannot_be_read_is_kept_whole(self, body: bytes) -> None:
        (stray,) = decode(body, Channels(SHOP), HOME).strays
        assert (stray.workspace_id, stray.state, stray.reason, stray.raw) == (HOME, "unreadable", NOT_READ, body)

    def test_intakes_are_joined_and_parted_in_order(self) -> None:
        joined = merged([WHOLE, Intake([Arrival(SHOP, text("three"), 4.0)])])
        assert [arrival.event.text for arrival in joined.arrivals] == ["häl\x00lo", "two", "three"]
        assert (len(joined.reports), len(joined.strays), len(joined.sessions)) == (1, 1, 1)
        assert merged(single(joined)) == joined
        assert all(sum(map(len, part)) == 1 for part in single(joined))

    def test_what_the_store_refuses_becomes_strays(self) -> None:
        found = refused(WHOLE)
        assert (found.arrivals, found.reports, len(found.strays)) == ((), (), 4)
        assert {(stray.state, stray.reason) for stray in found.strays} == {("unreadable", REFUSED)}
        assert len({stray.dedup_key for stray in found.strays}) == 4


async def opened(path: Path, *, inline: bool = False) -> SqliteSpool:
    spool = SqliteSpool(path, inline=inline)
    await spool.open()
    return spool


class TestFile:
    @pytest.mark.parametrize("inline", [False, True])
    async def test_entries_leave_in_the_order_in_which_they_came(self, tmp_path: Path, inline: bool) -> None:
        spool = await opened(tmp_path / "spool", inline=inline)
        assert (spool.count, spool.size, await spool.first()) == (0, 0, [])
        bodies = [b"%d" % n for n in range(1000)]
        await asyncio.gather(*(spool.add(body) for body in bodies))
        left = []
        while entries := await spool.first():
            assert len(entries) <= MOST_TOGETHER
            left += [entry.body for entry in entries]
            await spool.drop(entries)
        assert left == bodies
        await spool.close()

    async def test_large_entries_are_moved_on_in_small_numbers(self, tmp_path: Path) -> None:
        spool = await opened(tmp_path / "spool")
        for _ in range(4):
            await spool.add(bytes(MOST_BYTES_TOGETHER // 2))
        assert len(await spool.first()) == 2
        await spool.drop(await spool.first())
        assert len(await spool.first()) == 2
        await spool.close()

    async def test_what_waits_is_there_after_a_restart(self, tmp_path: Path) -> None:
        spool = await opened(tmp_path / "spool")
        for body in (b"one", b"four"):
            await spool.add(body)
        first = (await spool.first())[:1]
        await spool.drop(first)
        await spool.close()
        with pytest.raises(StoreUnavailable):
            await spool.add(b"late")
        spool = await opened(tmp_path / "spool")
        assert (spool.count, spool.size) == (1, 4)
        await spool.add(b"five")
        assert [entry.body for entry in await spool.first()] == [b"four", b"five"]
        await spool.close()

    async def test_the_file_shrinks_again(self, tmp_path: Path) -> None:
        path = tmp_path / "spool"
        spool = await opened(path)
        for _ in range(40):
            await spool.add(bytes(100_000))
        while entries := await spool.first():
            await spool.drop(entries)
        await spool.close()
        assert path.stat().st_size < 100_000

    async def test_one_process_has_it_at_a_time(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("turnkeeper.store.sqlite.spool._BUSY_MS", 10)
        spool = await opened(tmp_path / "spool")
        await spool.add(b"x")
        with pytest.raises(StoreUnavailable, match="cannot open"):
            await opened(tmp_path / "spool")
        await spool.close()
        await (await opened(tmp_path / "spool")).close()

    async def test_a_place_that_cannot_be_had_says_so(self, tmp_path: Path) -> None:
        (tmp_path / "text").write_text("not a database, but long enough to be taken for one" * 100)
        for path in (tmp_path / "no" / "folder", tmp_path, tmp_path / "text"):
            with pytest.raises(StoreUnavailable, match="cannot open"):
                await opened(path)

    def test_what_was_added_survives_a_kill(self, tmp_path: Path) -> None:
        """The process says that an entry is durable, and is killed at once."""
        program = f"""
import asyncio, sys
from turnkeeper.store.sqlite.spool import SqliteSpool
async def main():
    spool = SqliteSpool({str(tmp_path / "spool")!r})
    await spool.open()
    for number in range(1000000):
        await spool.add(b"%d" % number)
        print(number, flush=True)
asyncio.run(main())
"""
        process = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE)
        assert process.stdout is not None
        for _ in range(20):
            process.stdout.readline()
        process.send_signal(signal.SIGKILL)
        told = 20 + len(process.stdout.read().split(b"\n")) - 1
        process.wait()
        process.stdout.close()

        async def found() -> int:
            spool = await opened(tmp_path / "spool")
            entries = await spool.first()
            assert [entry.body for entry in entries] == [b"%d" % number for number in range(len(entries))]
            await spool.close()
            return spool.count

        assert told <= asyncio.run(found()) <= told + 1
