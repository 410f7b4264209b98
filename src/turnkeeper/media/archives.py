"""Zips, by what their central directories declare, as far as that is true: bombs are refused before anybody keeps
what is in them.

A directory is read with bounds of its own. Archives inside archives are looked into, to a depth and with a budget.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO, NamedTuple

from turnkeeper.media.base import CHUNK
from turnkeeper.model.errors import MediaRefused

MOST_ENTRIES = 50_000
LARGEST_DIRECTORY = 16 * 1024 * 1024
LARGEST_WHOLE = 4 * 1024**3
"""Bytes that an archive may unpack to, with all that is inside it."""
HARMLESS_WHOLE = 64 * 1024**2
"""Below it no ratio is absurd."""
HIGHEST_RATIO = 100
DEEPEST = 3
_MOST_INFLATED = 128 * 1024**2
_MOST_UNPACKED = 256 * 1024**2
"""Bytes up to which members are unpacked, and forgotten, to see whether they are as large as they say."""
_LARGEST_INNER = 32 * 1024**2
_END = struct.Struct("<4s4H2LH")
_END64 = struct.Struct("<4sQ2H2L4Q")
_ENTRY = struct.Struct("<4s6H3L5H2L")
_LOCAL = struct.Struct("<4s5H3L2H")
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")


class Entry(NamedTuple):
    """A member as the directory declares it; sizes in bytes."""

    name: str
    method: int
    packed: int
    whole: int
    at: int
    encrypted: bool


@dataclass(slots=True)
class _Budget:
    whole: int = 0
    inflated: int = 0
    unpacked: int = 0


def zip_names(file: Path) -> frozenset[str]:
    """The names of all members. Raises MediaRefused for a bomb or for what is no whole archive."""
    with file.open("rb") as opened:
        return frozenset(entry.name for entry in _checked(opened, file.stat().st_size, 1, _Budget()))


def _bomb(why: str) -> MediaRefused:
    return MediaRefused("archive_bomb", why)


def _broken() -> MediaRefused:
    return MediaRefused("type_mismatch", "the archive is cut off or broken")


def _checked(file: BinaryIO, size: int, depth: int, budget: _Budget) -> list[Entry]:
    if depth > DEEPEST:
        raise _bomb(f"archives lie inside each other more than {DEEPEST} deep")
    entries = list(_entries(file, size))
    whole = sum(entry.whole for entry in entries)
    budget.whole += whole
    if budget.whole > LARGEST_WHOLE:
        raise _bomb(f"the archive unpacks to more than {LARGEST_WHOLE // 1024**3} GB")
    if whole > HARMLESS_WHOLE and whole > HIGHEST_RATIO * size:
        raise _bomb(f"the archive unpacks to more than {HIGHEST_RATIO} times its size")
    if sum(entry.packed for entry in entries) > size:
        raise _bomb("the archive's members overlap")
    for entry in entries:
        _look_inside(file, entry, depth, budget)
    for entry in sorted(entries, key=lambda each: each.whole):  # who lies about sizes says little
        _refuse_lie(file, entry, budget)
    return entries


def _refuse_lie(file: BinaryIO, entry: Entry, budget: _Budget) -> None:
    """A member must end where the directory says, though whoever unpacks it may not look there."""
    budget.unpacked += entry.whole
    if entry.encrypted or entry.method != 8 or budget.unpacked > _MOST_UNPACKED:
        return
    file.seek(_start_of(file, entry))
    unpacking = zlib.decompressobj(-zlib.MAX_WBITS)
    left, found, pending = entry.packed, 0, b""
    while not unpacking.eof and (left or pending):
        if not pending:
            pending = file.read(min(left, CHUNK))
            left = left - len(pending) if pending else 0
        try:
            found += len(unpacking.decompress(pending, CHUNK))
        except zlib.error:
            raise _broken() from None
        pending = unpacking.unconsumed_tail
        if found > entry.whole:
            raise _bomb("a member of the archive is larger than the archive says")


def _look_inside(file: BinaryIO, entry: Entry, depth: int, budget: _Budget) -> None:
    """Of a member that is an archive itself, the directory counts as well."""
    if entry.encrypted or entry.method not in (0, 8) or entry.whole < 22:
        return
    start = _start_of(file, entry)
    if _unpacked(file, entry, start, 4) not in _ZIP:
        return
    if entry.whole > _LARGEST_INNER:
        if depth == 1 and entry.method == 0:
            return  # stored as it is: it cannot be larger than the file
        raise _bomb("an archive inside the archive is too large to look into")
    budget.inflated += entry.whole
    if budget.inflated > _MOST_INFLATED:
        raise _bomb("there are too many archives inside the archive to look into")
    inner = _unpacked(file, entry, start, entry.whole)
    _checked(BytesIO(inner), len(inner), depth + 1, budget)


def _start_of(file: BinaryIO, entry: Entry) -> int:
    file.seek(entry.at)
    head = file.read(_LOCAL.size)
    if len(head) < _LOCAL.size or head[:4] != b"PK\x03\x04":
        raise _broken()
    *_, name, extra = _LOCAL.unpack(head)
    return int(entry.at + _LOCAL.size + name + extra)


def _unpacked(file: BinaryIO, entry: Entry, start: int, most: int) -> bytes:
    """At most so many bytes of a member."""
    file.seek(start)
    if entry.method == 0:
        return file.read(min(most, entry.packed))
    packed = file.read(min(entry.packed, most + 4096))
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS).decompress(packed, most)
    except zlib.error:
        raise _broken() from None


def _entries(file: BinaryIO, size: int) -> Iterator[Entry]:
    """The directory, never more of it than the limits allow."""
    count, length, start = _directory(file, size)
    if count > MOST_ENTRIES or length > LARGEST_DIRECTORY:
        raise _bomb(f"the archive has more than {MOST_ENTRIES:,} members or an absurd directory")
    file.seek(start)
    directory = file.read(length)
    at, found = 0, 0
    while at + _ENTRY.size <= len(directory) and directory[at : at + 4] == b"PK\x01\x02":
        fields = _ENTRY.unpack_from(directory, at)
        flags, method = fields[3], fields[4]
        name_length, extra_length, comment_length = fields[10:13]
        name_at = at + _ENTRY.size
        extra = directory[name_at + name_length : name_at + name_length + extra_length]
        packed, whole, place = _sizes(fields[8], fields[9], fields[16], extra)
        name = directory[name_at : name_at + name_length].decode("utf-8" if flags & 0x800 else "cp437", "replace")
        found += 1
        if found > MOST_ENTRIES:
            raise _bomb(f"the archive has more than {MOST_ENTRIES:,} members")
        yield Entry(name, method, packed, whole, place, bool(flags & 1))
        at = name_at + name_length + extra_length + comment_length
    if found != count & 0xFFFF and found != count:
        raise _broken()


def _sizes(packed: int, whole: int, place: int, extra: bytes) -> tuple[int, int, int]:
    """Zip64 keeps what does not fit into 32 bits in the extra field, in this order."""
    at = 0
    while at + 4 <= len(extra):
        tag, length = struct.unpack_from("<HH", extra, at)
        if tag == 1:
            values = list(struct.unpack_from(f"<{min(length, len(extra) - at - 4) // 8}Q", extra, at + 4))
            whole = values.pop(0) if whole == 0xFFFFFFFF and values else whole
            packed = values.pop(0) if packed == 0xFFFFFFFF and values else packed
            place = values.pop(0) if place == 0xFFFFFFFF and values else place
        at += 4 + length
    return packed, whole, place


def _directory(file: BinaryIO, size: int) -> tuple[int, int, int]:
    """How many members the end record declares, and the directory's length and place."""
    tail_at = max(0, size - _END.size - 0xFFFF)
    file.seek(tail_at)
    tail = file.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or found + _END.size > len(tail):
        raise _broken()
    _, _, _, _, count, length, start, _ = _END.unpack_from(tail, found)
    if found >= 20 and tail[found - 20 : found - 16] == b"PK\x06\x07":
        (at,) = struct.unpack_from("<Q", tail, found - 12)
        file.seek(min(at, size))
        record = file.read(_END64.size)
        if len(record) < _END64.size or record[:4] != b"PK\x06\x06":
            raise _broken()
        *_, count, length, start = _END64.unpack(record)
    if start + length > size:
        raise _broken()
    return count, length, start
