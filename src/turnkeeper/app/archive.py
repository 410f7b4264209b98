"""A backup's file: a tar with a manifest at its end that knows every other member by size and checksum.

It is written beside its name and takes it when it is whole, read back and on the disk; nobody but its owner may
read it. A file that lacks its end, or one byte, is no backup.
"""

import hashlib
import io
import os
import re
import tarfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Literal

import msgspec

from turnkeeper import __version__
from turnkeeper.store.backup import BackupError, Dump, Progress

FORMAT = 1
MANIFEST = "manifest.json"
_LARGEST_MANIFEST = 256 * 1024 * 1024
_CHUNK = 1 << 20
SpoolState = Literal["none", "empty", "included", "in use"]
_UNREADABLE = (tarfile.TarError, EOFError, OSError, zlib.error)
_NAME = re.compile(r"(?:[\w@=+-][\w.@=+-]*/)*[\w@=+-][\w.@=+-]*")
"""No absolute path, none that climbs, and nothing hidden."""


class Member(msgspec.Struct, frozen=True):
    """A file of the archive."""

    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True):
    """What is in a backup. `made_at` is when its snapshot was taken; `spool`: what became of waiting webhooks."""

    format: int
    version: str
    made_at: float
    store: Dump
    spool: SpoolState
    members: dict[str, Member]


class Writing:
    """An archive under way."""

    def __init__(self, tar: tarfile.TarFile, tell: Progress, at: float) -> None:
        self._tar = tar
        self._tell = tell
        self._at = at
        self.members: dict[str, Member] = {}

    def add(self, name: str, path: Path) -> None:
        """Add a file. What grows meanwhile is cut off where it ended; OSError if it shrinks."""
        if not _NAME.fullmatch(name):
            raise BackupError(f"a file's name cannot be kept: {name!r}")
        with path.open("rb") as source:
            size = os.fstat(source.fileno()).st_size
            hashing = _Hashing(source, lambda done: self._tell(f"writing {name}", done, size))
            self._tar.addfile(self._about(name, size), hashing)
        self.members[name] = Member(size, hashing.digest())

    def finish(self, store: Dump, spool: SpoolState) -> Manifest:
        """Add the manifest, which makes it a backup."""
        manifest = Manifest(FORMAT, __version__, self._at, store, spool, self.members)
        said = msgspec.json.format(msgspec.json.encode(manifest), indent=1)
        self._tar.addfile(self._about(MANIFEST, len(said)), io.BytesIO(said))
        return manifest

    def _about(self, name: str, size: int) -> tarfile.TarInfo:
        about = tarfile.TarInfo(name)
        about.size, about.mode, about.mtime = size, 0o600, int(self._at)
        return about


@contextmanager
def written(target: Path, tell: Progress, at: float) -> Iterator[Writing]:
    """An archive that has its name when the block has ended well; what had the name before is replaced then."""
    beside = target.with_name(f".{target.name}.partial")
    packed = target.name.endswith((".gz", ".tgz"))
    try:
        descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(descriptor, "w+b") as file:
            with _tar(file, packed=packed) as tar:
                yield Writing(tar, tell, at)
            file.flush()
            os.fsync(file.fileno())
        Archive(beside).check(tell)
        beside.replace(target)
        folder = os.open(target.parent, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
    except OSError as error:
        raise BackupError(f"{target} cannot be written: {error.strerror or error}") from error
    finally:
        beside.unlink(missing_ok=True)


def _tar(file: IO[bytes], *, packed: bool) -> tarfile.TarFile:
    if packed:
        return tarfile.open(fileobj=file, mode="w:gz", compresslevel=3, format=tarfile.PAX_FORMAT)
    return tarfile.open(fileobj=file, mode="w", format=tarfile.PAX_FORMAT)


class Archive:
    """A backup that is there. Every method raises BackupError for a file that is none."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def check(self, tell: Progress) -> Manifest:
        """Read it from end to end; what is in it, if all of it is as it was written."""
        found: dict[str, Member] = {}
        manifest: Manifest | None = None
        for about, source in self._members():
            if manifest is not None:
                raise BackupError(f"{self._path} goes on after its end")
            if about.name == MANIFEST:
                manifest = _manifest(about, source)
                continue
            found[about.name] = Member(about.size, _read_through(about, source, tell))
        if manifest is None:
            raise BackupError(f"{self._path} is no whole backup: its end is missing")
        if found != manifest.members:
            wrong = sorted(
                name for name in {*found, *manifest.members} if found.get(name) != manifest.members.get(name)
            )
            raise BackupError(f"{self._path} is damaged: {', '.join(wrong[:3])}")
        return manifest

    def extract(self, place: dict[str, Path], tell: Progress) -> int:
        """Write the members below each prefix of `place` into its folder, each whole or not at all; how many."""
        count = 0
        for about, source in self._members():
            for prefix, folder in place.items():
                if about.name.startswith(f"{prefix}/"):
                    _write(folder / about.name.removeprefix(f"{prefix}/"), about, source, tell)
                    count += 1
        return count

    def _members(self) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
        try:
            with tarfile.open(self._path, "r:*") as tar:
                for about in tar:
                    source = tar.extractfile(about) if about.isreg() else None
                    if source is None or not _NAME.fullmatch(about.name):
                        raise BackupError(f"{self._path} is no backup: it holds {about.name!r}")
                    yield about, source
        except FileNotFoundError:
            raise BackupError(f"{self._path} is not there") from None
        except _UNREADABLE as error:
            raise BackupError(f"{self._path} cannot be read, or is no whole backup: {error}") from None


def _write(path: Path, about: tarfile.TarInfo, source: IO[bytes], tell: Progress) -> None:
    hashing = _Hashing(source, lambda done: tell(f"reading {about.name}", done, about.size))
    beside = path.with_name(f".{path.name}.partial")
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600), "wb") as target:
            while piece := hashing.read(_CHUNK):
                target.write(piece)
            target.flush()
            os.fsync(target.fileno())
        beside.replace(path)
    except OSError as error:
        beside.unlink(missing_ok=True)
        raise BackupError(f"{path} cannot be written: {error.strerror}") from error


def _read_through(about: tarfile.TarInfo, source: IO[bytes], tell: Progress) -> str:
    hashing = _Hashing(source, lambda done: tell(f"checking {about.name}", done, about.size))
    while hashing.read(_CHUNK):
        pass
    return hashing.digest()


def _manifest(about: tarfile.TarInfo, source: IO[bytes]) -> Manifest:
    if about.size > _LARGEST_MANIFEST:
        raise BackupError("the manifest is too large to be one")
    said = source.read()
    try:
        if msgspec.json.decode(said, type=dict[str, object]).get("format") != FORMAT:
            raise BackupError("the backup was made by a newer release: use that one, or a newer one")
        return msgspec.json.decode(said, type=Manifest)
    except msgspec.MsgspecError as error:
        raise BackupError(f"the manifest cannot be read: {error}") from None


class _Hashing:
    """A file that is hashed while it is read."""

    def __init__(self, source: IO[bytes], on_read: Callable[[int], None]) -> None:
        self._source = source
        self._on_read = on_read
        self._hash = hashlib.sha256()
        self._done = 0

    def read(self, size: int = -1) -> bytes:
        try:
            piece = self._source.read(size)
        except _UNREADABLE as error:
            raise BackupError(f"the backup cannot be read to its end: {error}") from None
        self._hash.update(piece)
        self._done += len(piece)
        self._on_read(self._done)
        return piece

    def digest(self) -> str:
        return self._hash.hexdigest()
