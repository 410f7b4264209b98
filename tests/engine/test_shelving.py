"""Following a folder: what is new is read, what changed is read again, what is gone is forgotten; once, by one."""

import asyncio
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from turnkeeper.engine.searching import Searcher
from turnkeeper.engine.shelving import LOOK_EVERY, Filing, Librarian, Shelf, Stepped, scanned
from turnkeeper.knowledge.reading import ReadDocument, read
from turnkeeper.model.errors import StoreUnavailable
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.knowledge import BaseKey, DocumentRow, Passage
from turnkeeper.store.sqlite.store import SqliteStore
from turnkeeper.testing.conversation import in_virtual_time
from turnkeeper.testing.events import Channels
from turnkeeper.testing.virtual_time import VirtualClock

HELP = BaseKey(WorkspaceId("default"), "help")


class Here:
    """Reads in this process, and remembers what."""

    def __init__(self) -> None:
        self.names: list[str] = []

    async def read(self, name: str, path: Path) -> ReadDocument:
        self.names.append(name)
        return read(name, path.read_bytes())


@asynccontextmanager
async def opened() -> AsyncIterator[SqliteStore]:
    store = SqliteStore(":memory:", Channels(), inline=True)
    await store.open()
    try:
        await store.migrate()
        yield store
    finally:
        await store.close()


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, "utf-8")
    return path


async def found(store: SqliteStore, question: str) -> list[str]:
    return [each.passage.key for each in (await Searcher(store).search([HELP], question)).found]


@in_virtual_time
async def test_a_folder_is_followed(tmp_path: Path) -> None:
    async with opened() as store:
        reader = Here()
        librarian = Librarian(store, reader, Shelf(HELP, tmp_path), VirtualClock())
        write(tmp_path, "a.md", "It rains in spring.")
        write(tmp_path, "deep/b.txt", "It snows in winter.")
        write(tmp_path, "c.pdf", "no pdf")
        write(tmp_path, "d.exe", "nothing to read")
        write(tmp_path, ".git/e.md", "nor this")
        told: list[tuple[str, int, int]] = []
        assert await librarian.step(lambda *each: told.append(each)) == Stepped(kept=2, refused=1)
        assert told == [("a.md", 0, 3), ("c.pdf", 1, 3), ("deep/b.txt", 2, 3)]
        assert [(row.key, row.state, row.origin) for row in await store.documents(HELP)] == [
            ("a.md", "kept", "folder"),
            ("c.pdf", "refused", "folder"),
            ("deep/b.txt", "kept", "folder"),
        ]
        assert await found(store, "snow") == ["deep/b.txt"]
        reader.names.clear()
        assert await librarian.step() == Stepped()
        os.utime(tmp_path / "a.md", (1, 1))
        assert await librarian.step() == Stepped()
        assert reader.names == []
        write(tmp_path, "a.md", "The sun shines in summer.")
        (tmp_path / "deep/b.txt").unlink()
        assert await librarian.step() == Stepped(kept=1, forgotten=1)
        assert reader.names == ["a.md"]
        assert await found(store, "rain snow") == []
        assert await found(store, "summer") == ["a.md"]


@in_virtual_time
async def test_a_folder_that_takes_long_is_told_of_meanwhile(tmp_path: Path) -> None:
    class Slow(Here):
        async def read(self, name: str, path: Path) -> ReadDocument:
            await asyncio.sleep(3)
            return await super().read(name, path)

    async with opened() as store:
        for number in range(9):
            write(tmp_path, f"{number}.md", "Words.")
        with capture_logs() as logs:
            task = asyncio.create_task(Librarian(store, Slow(), Shelf(HELP, tmp_path), VirtualClock()).run())
            await asyncio.sleep(40)
            await stopped(task)
        told = [(each["event"], each.get("done")) for each in logs]
        assert told == [("reading a folder", 4), ("reading a folder", 8), ("a folder was read", None)]


@in_virtual_time
async def test_another_process_reads_nothing_again(tmp_path: Path) -> None:
    async with opened() as store:
        write(tmp_path, "a.md", "It rains in spring.")
        write(tmp_path, "c.pdf", "no pdf")
        for expected in (["a.md", "c.pdf"], []):
            reader = Here()
            await Librarian(store, reader, Shelf(HELP, tmp_path), VirtualClock()).step()
            assert reader.names == expected


@in_virtual_time
async def test_a_folder_that_is_not_there_is_told_once_and_loses_nothing(tmp_path: Path) -> None:
    async with opened() as store:
        folder = tmp_path / "docs"
        write(folder, "a.md", "It rains in spring.")
        librarian = Librarian(store, Here(), Shelf(HELP, folder), VirtualClock())
        await librarian.step()
        folder.rename(tmp_path / "elsewhere")
        with capture_logs() as logs:
            assert await librarian.step() == await librarian.step() == Stepped()
        assert [each["event"] for each in logs] == ["the folder is not there; what was read of it stays"]
        assert await found(store, "rain") == ["a.md"]


@in_virtual_time
async def test_uploads_are_not_the_folders(tmp_path: Path) -> None:
    async with opened() as store:
        upload = write(tmp_path, "elsewhere/u.md", "Uploaded words.")
        folder = tmp_path / "docs"
        folder.mkdir()
        filing = Filing(store, Here(), HELP)
        row = await filing.put("u.md", upload, 5.0, None, "upload")
        assert (row.state, row.passages, row.updated_at) == ("kept", 1, 5.0)
        assert await filing.put("u.md", upload, 6.0, row, "upload") is row
        await Librarian(store, Here(), Shelf(HELP, folder), VirtualClock()).step()
        assert await found(store, "uploaded") == ["u.md"]


@in_virtual_time
async def test_a_document_that_was_kept_by_half_is_read_again(tmp_path: Path) -> None:
    async with opened() as store:
        write(tmp_path, "a.txt", "\n\n".join(f"Number{n} " + "of many words " * 50 for n in range(450)))
        filing, calls = Filing(store, Here(), HELP), []

        async def cut_off(row: DocumentRow, passages: Sequence[Passage], after: int = 0) -> None:
            calls.append((len(passages), after))
            if after == 200:
                raise StoreUnavailable("away")
            await SqliteStore.put_document(store, row, passages, after)

        store.put_document = cut_off  # type: ignore[method-assign]
        with pytest.raises(StoreUnavailable):
            await filing.put("a.txt", tmp_path / "a.txt", 1.0, None, "folder")
        assert calls == [(200, 0), (200, 200)]
        del store.put_document  # type: ignore[method-assign]
        assert await Librarian(store, Here(), Shelf(HELP, tmp_path), VirtualClock()).step() == Stepped(kept=1)
        assert (await store.find_base(HELP)).passages == 450
        assert await found(store, "number449") == ["a.txt"]


def test_what_is_looked_at(tmp_path: Path) -> None:
    secret = write(tmp_path, "secret.md", "not for bots")
    folder = tmp_path / "docs"
    for name in ("b.md", "a.HTML", "x/c.docx", "~$c.docx", ".hidden.md", "d.zip"):
        write(folder, name, "x")
    (folder / "out.md").symlink_to(secret)
    (folder / "in.md").symlink_to(folder / "b.md")
    (folder / "nowhere.md").symlink_to(folder / "gone.md")
    (folder / "up").symlink_to(tmp_path, target_is_directory=True)
    assert list(scanned(folder) or {}) == ["a.HTML", "b.md", "in.md", "x/c.docx"]
    assert scanned(tmp_path / "gone") is None


class Meaning:
    """A model that fails as often as it is told to."""

    name = "p/meaning"

    def __init__(self, failures: int = 0, numbers: int = 3) -> None:
        self.failures = failures
        self.numbers = numbers
        self.batches: list[int] = []

    async def embed(self, texts: list[str]) -> list[list[float]]:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.batches.append(len(texts))
        return [[float(len(text))] * self.numbers for text in texts]


async def stopped(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


@in_virtual_time
async def test_one_of_two_follows_and_vectors_come_once_the_model_is_back(tmp_path: Path) -> None:
    async with opened() as store:
        for number in range(70):
            write(tmp_path, f"{number}.md", f"Word{number} and others.")
        readers, model = [Here(), Here()], Meaning(failures=2)
        tasks = [
            asyncio.create_task(Librarian(store, reader, Shelf(HELP, tmp_path, model), VirtualClock()).run())
            for reader in readers
        ]
        await asyncio.sleep(60)
        assert sorted(len(reader.names) for reader in readers) == [0, 70]
        assert model.batches == [64, 6]
        assert (await store.find_base(HELP)).without_vector == 0
        write(tmp_path, "new.md", "Something new.")
        await asyncio.sleep(LOOK_EVERY + 1)
        assert await found(store, "something new") == ["new.md"]
        assert model.batches == [64, 6, 1]
        looked = []
        store.unembedded = lambda *each: looked.append(each)  # type: ignore[method-assign, assignment]
        await asyncio.sleep(60)
        assert looked == []
        del store.unembedded  # type: ignore[method-assign]
        first = 0 if readers[0].names else 1
        await stopped(tasks[first])
        write(tmp_path, "newer.md", "Something newer.")
        await asyncio.sleep(30)
        assert await found(store, "newer") == ["newer.md"]
        await stopped(tasks[1 - first])


@pytest.mark.parametrize("numbers", [0, 9000])
@in_virtual_time
async def test_vectors_that_cannot_be_used_are_not_kept(tmp_path: Path, numbers: int) -> None:
    async with opened() as store:
        write(tmp_path, "a.md", "Words.")
        model = Meaning(numbers=numbers)
        librarian = Librarian(store, Here(), Shelf(HELP, tmp_path, model), VirtualClock())
        await librarian.step()
        with pytest.raises(ValueError, match="another number"):
            await librarian.embed(model)
        assert (await store.find_base(HELP)).without_vector == 1
