"""Uploaded documents: received within limits, read once by one process, read again, deleted meanwhile."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.engine.test_shelving import HELP, Here, found, opened
from turnkeeper.engine import documents
from turnkeeper.engine.documents import GONE, Intake, Uploads
from turnkeeper.knowledge.reading import ReadDocument
from turnkeeper.media.base import Place
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.errors import MediaRefused
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.virtual_time import VirtualClock


async def chunks(*parts: bytes) -> AsyncIterator[bytes]:
    for part in parts:
        yield part


class Room:
    """A store, a folder of files, and who receives and reads."""

    def __init__(self, store: SqliteStore, folder: Path) -> None:
        self.store = store
        self.clock = VirtualClock()
        self.media = DiskStore(folder / "media")
        self.reader = Here()
        self.intake = Intake(store, self.media, folder / "incoming", self.clock.now)
        self.incoming = folder / "incoming"
        self.uploads = Uploads(store, self.media, self.reader, self.clock, self.incoming)

    async def states(self) -> list[tuple[str, str, str | None]]:
        return [(each.key, each.state, each.reason) for each in await self.store.documents(HELP)]


@in_virtual_time
async def test_what_is_uploaded_is_read_and_found(tmp_path: Path) -> None:
    async with opened() as store:
        room = Room(store, tmp_path)
        await room.intake.take(HELP, "rain.md", chunks(b"# Rain\n\nIt rains ", b"in spring."), 27)
        await room.intake.take(HELP, "broken.pdf", chunks(b"no PDF at all"))
        assert await room.uploads.step() == 2
        assert await room.uploads.step() == 0
        assert await found(store, "When does it rain in spring?") == ["rain.md"]
        broken, rain = await room.states()
        assert (broken[:2], rain) == (("broken.pdf", "refused"), ("rain.md", "kept", None))
        assert broken[2]
        assert not list((tmp_path / "incoming").iterdir())
        await store.read_again(HELP, "rain.md", room.clock.now())
        assert await room.uploads.step() == 1
        assert sorted(room.reader.names) == ["broken.pdf", "rain.md", "rain.md"]


async def test_what_is_too_large_is_stopped_in_its_course(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documents, "LARGEST", 10)
    async with opened() as store:
        room = Room(store, tmp_path)
        for announced in (None, 11):
            with pytest.raises(MediaRefused, match="too_large"):
                await room.intake.take(HELP, "a.md", chunks(b"123456", b"789012"), announced)
        assert await store.uploaded(HELP) == []
        assert not list((tmp_path / "incoming").iterdir())


class Slow(Here):
    """Somebody deletes the document while this reads it."""

    def __init__(self, room: Room) -> None:
        super().__init__()
        self._room = room

    async def read(self, name: str, path: Path) -> ReadDocument:
        await self._room.store.remove_documents(HELP, [name])
        return await super().read(name, path)


@in_virtual_time
async def test_what_is_deleted_while_it_is_read_stays_deleted(tmp_path: Path) -> None:
    async with opened() as store:
        room = Room(store, tmp_path)
        await room.intake.take(HELP, "rain.md", chunks(b"It rains in spring."))
        uploads = Uploads(store, room.media, Slow(room), room.clock, room.incoming)
        assert await uploads.step() == 1
        assert (await room.states(), await uploads.step()) == ([], 0)


@in_virtual_time
async def test_a_file_that_is_not_here_is_told_of(tmp_path: Path) -> None:
    async with opened() as store:
        room = Room(store, tmp_path)
        row = await room.intake.take(HELP, "rain.md", chunks(b"It rains in spring."))
        await room.media.delete(Place(row.workspace_id, row.file))
        assert await room.uploads.step() == 1
        assert await room.states() == [("rain.md", "refused", GONE)]
