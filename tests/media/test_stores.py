"""Where files are kept: one contract for the disk and the bucket."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path

import pytest

from tests.media.tiny_s3 import TinyS3
from tests.web.serving import serving
from turnkeeper.media.base import CHUNK, FileGone, MediaStore, Place
from turnkeeper.media.bucket import BucketConfig, BucketStore
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.errors import MediaUnavailable

KEY = "ab" * 32
HERE = Place("default", KEY)
LARGE = bytes(range(256)) * (20 * 1024 * 1024 // 256) + b"end"
Opened = Callable[[], AbstractAsyncContextManager[MediaStore]]


@asynccontextmanager
async def bucket(s3: TinyS3) -> AsyncIterator[BucketStore]:
    async with serving(s3) as port:
        config = BucketConfig("s3://files/kept", f"http://127.0.0.1:{port}", "", "key", "secret")
        store = BucketStore(config)
        try:
            yield store
        finally:
            await store.close()


@pytest.fixture(params=["disk", "bucket"])
def opened(request: pytest.FixtureRequest, tmp_path: Path) -> Opened:
    @asynccontextmanager
    async def open_one() -> AsyncIterator[MediaStore]:
        if request.param == "disk":
            yield DiskStore(tmp_path / "kept")
        else:
            async with bucket(TinyS3()) as store:
                yield store

    return open_one


def made(folder: Path, data: bytes, name: str = "in") -> Path:
    path = folder / name
    path.write_bytes(data)
    return path


async def read(store: MediaStore, place: Place = HERE, start: int = 0, end: int | None = None) -> bytes:
    return b"".join([chunk async for chunk in store.read(place, start, end)])


async def test_what_is_put_is_read(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        assert await store.size(HERE) is None
        await store.put(HERE, made(tmp_path, b"hello"))
        assert await store.size(HERE) == 5
        assert await read(store) == b"hello"
        assert await read(store, start=1) == b"ello"
        assert await read(store, start=1, end=3) == b"el"
        assert await read(store, end=99) == b"hello"


async def test_a_large_file_comes_in_pieces(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        await store.put(HERE, made(tmp_path, LARGE))
        sizes, whole = [], bytearray()
        async for chunk in store.read(HERE):
            sizes.append(len(chunk))
            whole += chunk
        assert bytes(whole) == LARGE
        assert len(sizes) > 3
        assert max(sizes) <= 12 * 1024 * 1024


async def test_what_is_there_stays(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        await store.put(HERE, made(tmp_path, b"first"))
        await store.put(HERE, made(tmp_path, b"other", "in2"))
        assert await read(store) == b"first"


async def test_workspaces_do_not_see_each_other(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        await store.put(HERE, made(tmp_path, b"hello"))
        assert await store.size(Place("other", KEY)) is None
        await store.delete(Place("other", KEY))
        assert await read(store) == b"hello"


async def test_what_is_deleted_is_gone(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        await store.put(HERE, made(tmp_path, b"hello"))
        await store.delete(HERE)
        await store.delete(HERE)
        assert await store.size(HERE) is None
        assert await store.local(HERE) is None
        with pytest.raises(FileGone):
            await read(store)


async def test_two_that_put_the_same_at_once_are_one(opened: Opened, tmp_path: Path) -> None:
    async with opened() as store:
        await asyncio.gather(*(store.put(HERE, made(tmp_path, b"hello", f"in{n}")) for n in range(4)))
        assert await read(store) == b"hello"


@pytest.mark.parametrize(
    "place",
    [Place("default", "../../etc/passwd"), Place("..", KEY), Place("", KEY), Place("default", KEY.upper()),
     Place("default", KEY + "\n"), Place("a/b", KEY), Place("default", "")],
)  # fmt: skip
async def test_no_place_leads_elsewhere(opened: Opened, tmp_path: Path, place: Place) -> None:
    async with opened() as store:
        for call in (
            store.size(place),
            store.put(place, made(tmp_path, b"x")),
            store.delete(place),
            read(store, place),
        ):
            with pytest.raises(FileGone):
                await call


class TestDisk:
    async def test_nobody_else_may_read_it_and_nothing_is_left_beside(self, tmp_path: Path) -> None:
        store = DiskStore(tmp_path / "data" / "kept")
        old = os.umask(0)
        try:
            await store.put(HERE, made(tmp_path, b"hello"))
        finally:
            os.umask(old)
        path = await store.local(HERE)
        assert path is not None
        assert path.stat().st_mode & 0o777 == 0o600
        assert {folder.stat().st_mode & 0o777 for folder in list(path.parents)[:4]} == {0o700}
        assert [each for each in (tmp_path / "data").rglob("*") if each.is_file()] == [path]

    async def test_a_disk_that_refuses_is_told(self, tmp_path: Path) -> None:
        made(tmp_path, b"a file, not a folder", "kept")
        with pytest.raises(MediaUnavailable):
            await DiskStore(tmp_path / "kept").put(HERE, made(tmp_path, b"hello"))


class TestBucket:
    async def test_objects_are_below_the_prefix_and_calls_are_signed(self, tmp_path: Path) -> None:
        s3 = TinyS3()
        async with bucket(s3) as store:
            await store.put(HERE, made(tmp_path, b"hello"))
            assert await store.local(HERE) is None
        assert list(s3.objects) == [f"/files/kept/default/ab/ab/{KEY}"]
        assert all(s3.authorized)

    async def test_a_large_file_goes_in_parts(self, tmp_path: Path) -> None:
        s3 = TinyS3()
        async with bucket(s3) as store:
            await store.put(HERE, made(tmp_path, LARGE))
        assert [method for method, _ in s3.calls].count("PUT") == 3
        assert list(s3.objects.values()) == [LARGE]

    async def test_a_bucket_that_is_away_is_told_without_its_address(self, tmp_path: Path) -> None:
        s3 = TinyS3()
        async with serving(s3) as port:
            pass
        from obstore.store import S3Store

        where = {
            "endpoint": f"http://127.0.0.1:{port}",
            "region": "x",
            "access_key_id": "key",
            "secret_access_key": "s",
        }
        plain = S3Store.from_url("s3://files", config=where, client_options={"allow_http": True},  # type: ignore[arg-type]
                                 retry_config={"max_retries": 0})  # fmt: skip
        store = BucketStore(BucketConfig("s3://files"), plain)
        for call in (store.size(HERE), store.put(HERE, made(tmp_path, b"x")), store.delete(HERE), read(store)):
            with pytest.raises(MediaUnavailable) as told:
                await call
            assert "127.0.0.1" not in str(told.value)

    def test_nothing_is_imported_before_it_is_used(self) -> None:
        import subprocess
        import sys

        code = (
            "import sys; from turnkeeper.media.bucket import *; BucketStore(BucketConfig('s3://a'));"
            "import turnkeeper.engine.worker, turnkeeper.web.media;"
            "print([m for m in sys.modules if m.startswith(('obstore', 'filetype'))])"
        )
        told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
        assert told.stdout.strip() == "[]"

    def test_keys_are_not_shown(self) -> None:
        assert "hush" not in repr(BucketConfig("s3://a", access_key_id="hush", secret_access_key="hush"))


def test_chunks_are_small() -> None:
    assert CHUNK <= 1024 * 1024
