"""Files on their way in: counted as they come, removed when they are not wanted."""

import asyncio
import hashlib
import os
from pathlib import Path

import pytest

from turnkeeper.media.incoming import Incoming, forget_leftovers, told_size
from turnkeeper.media.secret import made_once
from turnkeeper.model.errors import ConfigurationError, MediaRefused, MediaUnavailable


async def test_a_file_is_written_as_it_comes_and_digested(tmp_path: Path) -> None:
    data = os.urandom(700_000)
    async with Incoming(tmp_path / "a" / "in", 1_000_000) as incoming:
        for at in range(0, len(data), 10_000):
            await incoming.write(data[at : at + 10_000])
        assert await incoming.finish() == hashlib.sha256(data).hexdigest()
        assert incoming.path.read_bytes() == data
        assert incoming.path.stat().st_mode & 0o777 == 0o600
        assert incoming.size == len(data)
    assert list((tmp_path / "a" / "in").iterdir()) == []


async def test_it_stops_at_the_limit_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(MediaRefused) as refused:
        async with Incoming(tmp_path, 1000) as incoming:
            await incoming.write(b"x" * 1000)
            await incoming.write(b"y")
    assert (refused.value.reason, refused.value.detail) == ("too_large", "the file is larger than 1000 bytes")
    assert list(tmp_path.iterdir()) == []


async def test_what_is_announced_too_large_never_begins(tmp_path: Path) -> None:
    async with Incoming(tmp_path, 1000) as incoming:
        incoming.expects(1000)
        incoming.expects(None)
        with pytest.raises(MediaRefused):
            incoming.expects(1001)


async def test_a_file_that_was_moved_away_stays(tmp_path: Path) -> None:
    async with Incoming(tmp_path / "in", 1000) as incoming:
        await incoming.write(b"x")
        await incoming.finish()
        incoming.path.rename(tmp_path / "kept")
    assert (tmp_path / "kept").read_bytes() == b"x"


async def test_who_is_cancelled_leaves_nothing(tmp_path: Path) -> None:
    async def receive() -> None:
        async with Incoming(tmp_path, 10**9) as incoming:
            while True:
                await incoming.write(b"x" * 300_000)

    for _ in range(20):
        task = asyncio.create_task(receive())
        await asyncio.sleep(0.002)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    assert list(tmp_path.iterdir()) == []


async def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(MediaUnavailable):
        async with Incoming(tmp_path / "file" / "in", 1000):
            pass


def test_what_a_crash_left_is_removed_once_it_is_old(tmp_path: Path) -> None:
    old, young, other = tmp_path / "in-old", tmp_path / "in-young", tmp_path / "else"
    for path in (old, young, other):
        path.write_bytes(b"x")
        os.utime(path, (1000, 1000))
    os.utime(young, (3000, 3000))
    forget_leftovers(tmp_path, 2000)
    assert sorted(tmp_path.iterdir()) == [other, young]
    forget_leftovers(tmp_path / "none", 2000)


def test_sizes_are_told_as_people_say_them() -> None:
    assert [told_size(size) for size in (10, 2048, 16 * 2**20)] == ["10 bytes", "2 kB", "16 MB"]


def test_a_secret_is_made_once_and_is_nobody_elses(tmp_path: Path) -> None:
    path = tmp_path / "media.secret"
    made = made_once(path)
    assert len(made) >= 32
    assert made_once(path) == made
    assert path.stat().st_mode & 0o777 == 0o600
    assert list(tmp_path.iterdir()) == [path]
    assert made_once(tmp_path / "other") != made


def test_a_secret_that_cannot_be_kept_is_told(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"media\.secret"):
        made_once(tmp_path / "none" / "media.secret")
