"""Files for providers that fetch them: a link in place of an upload."""

from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.engine.media_rig import PUBLIC
from turnkeeper.channels.base import Calls, Capabilities, HttpCall, HttpReply, Multipart
from turnkeeper.engine.media import FileKeeper, Links
from turnkeeper.engine.uploads import Ready, Uploads
from turnkeeper.media import links
from turnkeeper.media.base import FileGone, Place
from turnkeeper.model.contents import Document, File
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.limits import ContentLimits
from turnkeeper.model.media import FileRow, KeptFile, UploadRow
from turnkeeper.model.outbound import Accepted, Outcome, Rejected
from turnkeeper.testing.virtual_time import VirtualClock

KEY = "ab" * 32
MENU = Document(File(key=KEY, mime="application/pdf", filename="Menu"))
ADAPTER = SimpleNamespace(capabilities=Capabilities(ContentLimits(4096), fetches_links=True))
CLAIMED: Any = SimpleNamespace(channel=SimpleNamespace(workspace_id=WorkspaceId("shop"), kind="wablas", id="c"))


class Records:
    """A store that keeps one file."""

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        known = (workspace_id, key) == ("shop", KEY)
        return FileRow(workspace_id, key, "application/pdf", 9, "kept.pdf", 0.0) if known else None

    async def need_files(self, workspace_id: WorkspaceId, keys: Sequence[str], now: float) -> set[str]:
        assert (workspace_id, keys) == ("shop", [KEY])
        assert now - VirtualClock().now() == pytest.approx(86_400.0, abs=60)  # as long as its link is good
        return {KEY}


def uploads(folder: Path, base: str, *, takes_bytes: int = 0, keeping: Any = None) -> Uploads:
    records: Any = Records()
    nowhere: Any = None
    signing = Links(lambda: b"a secret", base)
    clock = VirtualClock()
    can = replace(ADAPTER.capabilities, takes_bytes=takes_bytes)
    adapters = {"wablas": SimpleNamespace(capabilities=can)}
    return Uploads(FileKeeper(records, keeping, adapters, nowhere, clock, incoming=folder, largest=10, signing=signing))


async def test_a_kept_file_is_linked_to_by_a_name_with_an_ending(tmp_path: Path) -> None:
    ready = await uploads(tmp_path, PUBLIC + "/").ready(CLAIMED, MENU)
    assert isinstance(ready, Ready)
    link = ready.links[KEY]
    assert link.startswith(f"{PUBLIC}/media/")
    assert link.endswith("/Menu.pdf")
    token = links.read_path(link.removeprefix(PUBLIC))
    tomorrow = VirtualClock().now() + 80_000
    assert links.read_token(b"a secret", token, tomorrow) == Place("shop", KEY)
    assert (ready.ids, ready.is_new) == ({}, False)


async def test_without_a_public_address_the_message_says_what_to_set(tmp_path: Path) -> None:
    found = await uploads(tmp_path, "").ready(CLAIMED, MENU)
    assert isinstance(found, Rejected)
    assert (found.code, found.remedy) == ("no_public_url", "operator")
    assert "server.public_url" in found.reason


async def test_where_the_provider_takes_bytes_a_small_file_needs_no_address(tmp_path: Path) -> None:
    keeping: Any = SimpleNamespace(read=bytes_of)
    found = await uploads(tmp_path, "", takes_bytes=9, keeping=keeping).ready(CLAIMED, MENU)
    assert isinstance(found, Ready)
    assert found.links == {KEY: "data:application/pdf;base64,JVBERi0xLg=="}
    too_large = await uploads(tmp_path, "", takes_bytes=8, keeping=keeping).ready(CLAIMED, MENU)
    assert isinstance(too_large, Rejected)
    with_address = await uploads(tmp_path, PUBLIC, takes_bytes=9, keeping=keeping).ready(CLAIMED, MENU)
    assert isinstance(with_address, Ready)
    assert with_address.links[KEY].startswith(PUBLIC)


async def bytes_of(place: Place) -> AsyncIterator[bytes]:
    assert place == Place("shop", KEY)
    yield b"%PDF"
    yield b"-1."


async def test_bytes_that_are_gone_are_not_sent(tmp_path: Path) -> None:
    async def gone(_: Place) -> AsyncIterator[bytes]:
        raise FileGone("it is deleted")
        yield b""

    found = await uploads(tmp_path, "", takes_bytes=9, keeping=SimpleNamespace(read=gone)).ready(CLAIMED, MENU)
    assert isinstance(found, Rejected)
    assert found.code == "file_gone"


async def test_what_is_no_longer_kept_is_not_linked_to(tmp_path: Path) -> None:
    found = await uploads(tmp_path, PUBLIC).ready(CLAIMED, Document(File(key="cd" * 32)))
    assert isinstance(found, Rejected)
    assert found.code == "file_gone"


# Files that go up within their messages.

SENDING = SimpleNamespace(capabilities=Capabilities(ContentLimits(4096), sends_files=True))


class Remembering(Records):
    """A store that keeps ids of uploads as well."""

    def __init__(self) -> None:
        self.rows: list[UploadRow] = []

    async def find_upload(self, *known_as: Any) -> Any:
        _, _, key, mime, now = known_as
        found = [row for row in self.rows if (row.key, row.mime) == (key, mime) and row.valid_until > now]
        return found[-1].external_id if found else None

    async def keep_upload(self, row: UploadRow) -> None:
        self.rows.append(row)


class Wire:
    """A client that plays what it is given, and reads the file on the way."""

    def __init__(self) -> None:
        self.read: list[bytes] = []

    async def play(self, calls: Any, *, timeout: float, content: Any) -> Any:
        call = next(calls)
        self.read.append(b"".join([piece async for piece in content(call.multipart.key)]))
        assert timeout == 18.0
        try:
            calls.send(HttpReply(200))
        except StopIteration as done:
            return done.value


class Shelf:
    """Where the one file lies, unless it is `gone`."""

    gone = False

    async def read(self, place: Place) -> AsyncIterator[bytes]:
        assert place.key == KEY
        if self.gone:
            raise FileGone("gone")
        yield b"the menu"


def sending(folder: Path) -> tuple[Uploads, Remembering, Wire, Shelf]:
    records, wire, shelf = Remembering(), Wire(), Shelf()
    parts: Any = (records, shelf, {"wablas": SENDING}, wire, VirtualClock())
    return Uploads(FileKeeper(*parts, incoming=folder, largest=10)), records, wire, shelf


def sent(outcome: Outcome) -> Calls[Outcome]:
    yield HttpCall("POST", "https://a.test", multipart=Multipart(KEY, 9, "application/pdf", "Menu"))
    return outcome


async def test_a_file_goes_up_with_its_message_once(tmp_path: Path) -> None:
    uploads, records, wire, _ = sending(tmp_path)
    ready = await uploads.ready(CLAIMED, MENU)
    assert isinstance(ready, Ready)
    assert (dict(ready.ids), dict(ready.files)) == ({}, {KEY: KeptFile(KEY, "application/pdf", 9, "Menu")})
    took = Accepted("77", ((KEY, "document:D"),))
    assert await uploads.sent(CLAIMED, ready, sent(took), 18.0) == took
    assert wire.read == [b"the menu"]
    (row,) = records.rows
    assert (row.key, row.mime, row.external_id) == (KEY, "application/pdf", "document:D")
    again = await uploads.ready(CLAIMED, MENU)
    assert isinstance(again, Ready)
    assert (dict(again.ids), again.reused) == ({KEY: "document:D"}, {KEY})
    assert not again.is_new


async def test_what_is_refused_is_not_remembered(tmp_path: Path) -> None:
    uploads, records, _, _ = sending(tmp_path)
    ready = await uploads.ready(CLAIMED, MENU)
    assert isinstance(ready, Ready)
    await uploads.sent(CLAIMED, ready, sent(Rejected("400", "no")), 18.0)
    assert records.rows == []


async def test_a_file_that_is_gone_was_not_sent(tmp_path: Path) -> None:
    uploads, _, _, shelf = sending(tmp_path)
    ready = await uploads.ready(CLAIMED, MENU)
    assert isinstance(ready, Ready)
    shelf.gone = True
    found = await uploads.sent(CLAIMED, ready, sent(Accepted("77")), 18.0)
    assert isinstance(found, Rejected)
    assert found.code == "file_gone"
