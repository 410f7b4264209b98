"""Tiny files of every kind, honest and not: only as much of each as tells what it is."""

import io
import struct
import zipfile
import zlib


def png(width: int = 1, height: int = 1) -> bytes:
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunk = b"IHDR" + header
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk + struct.pack(">I", zlib.crc32(chunk)) + b"\0" * 16


def jpeg(width: int = 1, height: int = 1, preview: int = 0) -> bytes:
    """`preview`: bytes of an EXIF block before the frame."""
    exif = b"\xff\xe1" + struct.pack(">H", preview + 2) + b"\0" * preview if preview else b""
    frame = b"\xff\xc0" + struct.pack(">HBHHB", 17, 8, height, width, 3) + b"\0" * 9
    return b"\xff\xd8\xff\xe0" + struct.pack(">H", 16) + b"JFIF\0" + b"\0" * 9 + exif + frame + b"\xff\xd9"


def gif(width: int = 1, height: int = 1) -> bytes:
    return b"GIF89a" + struct.pack("<HH", width, height) + b"\0" * 8


def webp(width: int = 512, height: int = 512) -> bytes:
    size = (width - 1).to_bytes(3, "little") + (height - 1).to_bytes(3, "little")
    return b"RIFF" + struct.pack("<I", 22) + b"WEBPVP8X" + struct.pack("<I", 10) + b"\0" * 4 + size


def bmp(width: int = 1, height: int = 1) -> bytes:
    return b"BM" + b"\0" * 16 + struct.pack("<ii", width, height) + b"\0" * 8


def mp4(brand: bytes = b"isom") -> bytes:
    return struct.pack(">I", 24) + b"ftyp" + brand + b"\0\0\0\0" + brand + b"mp41" + b"\0" * 32


def webm(codec: bytes) -> bytes:
    return b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\x1fB\x86\x81\x01B\x82\x84webm" + b"\0" * 20 + codec + b"\0" * 20


OGG = b"OggS\0\x02" + b"\0" * 20 + b"\x01\x13OpusHead\x01\x01" + b"\0" * 40
THEORA = b"OggS\0\x02" + b"\0" * 20 + b"\x01\x2a\x80theora" + b"\0" * 40
MP3 = b"\xff\xfb\x90\x00" + b"\0" * 64
TAGGED_MP3 = b"ID3\x04\0\0\0\0\0\0" + b"\0" * 64
AAC = b"\xff\xf1\x50\x80" + b"\0" * 64
AMR = b"#!AMR\n" + b"\x3c" * 64
WAV = b"RIFF\x24\0\0\0WAVEfmt " + b"\0" * 32
PDF = b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n"
HTML = b"<!DOCTYPE html><html><body>hello</body></html>"
SVG = b'<?xml version="1.0"?>\n<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
SHELL = b"#!/bin/sh\nrm -rf /\n"
PHP = b"<?php system($_GET['x']);"
EXE = b"MZ\x90\0\x03\0\0\0" + b"\0" * 64
ELF = b"\x7fELF\x02\x01\x01" + b"\0" * 64
OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 64
CSV = b"name;price\nbread;2,50\nmilk;1,10\n"
UTF16 = "name;price\nbrød;2\n".encode("utf-16")
VCARD = b"BEGIN:VCARD\r\nVERSION:3.0\r\nFN:Ada\r\nEND:VCARD\r\n"
NOISE = bytes(range(256)) * 4


def zipped(*members: tuple[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for name, data in members:
            archive.writestr(name, data)
    return made.getvalue()


def office(folder: str, *more: tuple[str, bytes]) -> bytes:
    return zipped(("[Content_Types].xml", b"<Types/>"), (f"{folder}/document.xml", b"<w/>"), *more)


def opendocument(kind: str = "text") -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("mimetype", f"application/vnd.oasis.opendocument.{kind}")
        archive.writestr("content.xml", "<x/>")
    return made.getvalue()


def bomb(size: int = 200 * 1024 * 1024) -> bytes:
    """A small archive that says it unpacks to `size` zeros: a real stream of them, made once and repeated."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(b"\0" * 1024) + packer.flush()
    return _archive([("zeros", packed, size, 8)])


def lying(size: int = 2 * 1024 * 1024) -> bytes:
    """An archive with a member that is much larger than the directory says, behind an honest one."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    packed = packer.compress(b"\0" * size) + packer.flush()
    return _archive([("honest", b"words", 5, 0), ("zeros", packed, size // 2, 8)])


def overlapping(count: int = 50) -> bytes:
    """Every member is the same bytes."""
    one = _archive([("x", b"\0" * 4000, 4000, 0)])
    at = one.index(b"PK\x01\x02")
    entry = one[at : one.index(b"PK\x05\x06")]
    end = struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(entry) * count, at, 0)
    return one[:at] + entry * count + end


def _archive(members: list[tuple[str, bytes, int, int]]) -> bytes:
    """Name, packed bytes, the size that is declared, method."""
    body, directory = b"", b""
    for name, packed, whole, method in members:
        fields = (20, 0, method, 0, 0, 0, len(packed), whole)
        raw = name.encode()
        head = struct.pack("<4s5H3L2H", b"PK\x03\x04", *fields, len(raw), 0) + raw
        entry = struct.pack("<4s6H3L5H2L", b"PK\x01\x02", 20, *fields, len(raw), 0, 0, 0, 0, 0, len(body)) + raw
        body, directory = body + head + packed, directory + entry
    count = len(members)
    return body + directory + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count, count, len(directory), len(body), 0)


def nested(depth: int) -> bytes:
    made = zipped(("a.txt", b"a"))
    for _ in range(depth - 1):
        made = zipped(("inner.zip", made))
    return made


def crowded(count: int) -> bytes:
    """An end record that declares so many members, and has none."""
    return (
        b"PK\x03\x04"
        + b"\0" * 40
        + struct.pack("<4s4H2LH", b"PK\x05\x06", 0, 0, count & 0xFFFF, count & 0xFFFF, 0, 0, 0)
    )


def many(count: int) -> bytes:
    return zipped(*((f"{number}", b"") for number in range(count)))
