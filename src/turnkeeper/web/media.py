"""Files through signed links: whoever has one gets the file until it expires, and nothing else.

A browser never runs what it gets here: no sniffing, a sandbox, and an attachment for all but pictures, sound, films
and PDF.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import NamedTuple, Protocol
from urllib.parse import quote, unquote

from turnkeeper.media import links
from turnkeeper.media.base import FileGone, MediaStore, Place
from turnkeeper.model.errors import MediaUnavailable, StoreError
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.media import FileRow
from turnkeeper.web.asgi import Answer, Receive, Scope, Send, answer, send_answer

_SAFE = (
    (b"content-security-policy", b"sandbox; default-src 'none'; frame-ancestors 'none'"),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
)
_KEPT = (b"cache-control", b"private, max-age=300")
_FRESH = (b"cache-control", b"no-store")
_SHOWN = re.compile(r"image/(?!svg)[a-z0-9.+-]+|audio/[a-z0-9.+-]+|video/[a-z0-9.+-]+|application/pdf")
_MIME = re.compile(r"[a-z0-9!#$&^_.+-]+/[a-z0-9!#$&^_.+-]+")
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")


class Finding(Protocol):
    """The one method of the store that this needs."""

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        """A kept file; raises StoreUnavailable."""


class Part(NamedTuple):
    """Bytes from `start` to before `end`."""

    start: int
    end: int


class MediaPages:
    """The ASGI app of /media/. `now` gives unix seconds."""

    def __init__(
        self, records: Finding, store: MediaStore, secret: Callable[[], bytes], now: Callable[[], float]
    ) -> None:
        self._records = records
        self._store = store
        self._make_secret = secret
        self._secret: bytes | None = None
        self._now = now

    async def __call__(self, scope: Scope, _: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await send_answer(send, _plain(405, b"use GET\n", (b"allow", b"GET, HEAD")))
            return
        token = links.read_path(unquote(scope["path"]))
        try:
            if self._secret is None:
                self._secret = await asyncio.to_thread(self._make_secret)
            place = links.read_token(self._secret, token, self._now())
            row = await self._records.find_file(WorkspaceId(place.workspace_id), place.key)
            if row is None or await self._store.size(place) != row.size:
                raise FileGone("the file is no longer kept")
        except links.LinkForged:
            await send_answer(send, _plain(403, b"this link was not made here\n"))
        except links.LinkExpired:
            await send_answer(send, _plain(410, b"this link has expired\n"))
        except FileGone:
            await send_answer(send, _plain(404, b"this file is no longer kept\n"))
        except (StoreError, MediaUnavailable):
            await send_answer(send, _plain(503, b"the file cannot be had now, try again\n", (b"retry-after", b"5")))
        else:
            await give(self._store, place, row, scope, send)


async def give(store: MediaStore, place: Place, row: FileRow, scope: Scope, send: Send, *, saved: bool = False) -> None:
    """Answer with a kept file, or with the part of it that is asked for. `saved`: for the disk, not for the screen."""
    asked = {name: value.decode("latin-1") for name, value in scope["headers"]}
    tag = f'"{row.key}"'
    if tag in asked.get(b"if-none-match", ""):
        await send_answer(send, _empty(304, (b"etag", tag.encode()), _KEPT))
        return
    part = _part(asked.get(b"range"), row.size) if asked.get(b"if-range") in (None, tag) else None
    if part is not None and part.start >= part.end:
        await send_answer(send, _plain(416, b"no such range\n", (b"content-range", b"bytes */%d" % row.size)))
        return
    status, span = (200, Part(0, row.size)) if part is None else (206, part)
    headers = [
        *_headers(row, saved=saved),
        (b"etag", tag.encode()),
        (b"content-length", str(span.end - span.start).encode()),
    ]
    if part is not None:
        headers.append((b"content-range", f"bytes {span.start}-{span.end - 1}/{row.size}".encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    if scope["method"] == "GET":
        await _stream(store, place, span, send)
    else:
        await send({"type": "http.response.body", "body": b""})


async def _stream(store: MediaStore, place: Place, span: Part, send: Send) -> None:
    """What breaks off half-way is seen by its length."""
    async for chunk in store.read(place, span.start, span.end):
        await send({"type": "http.response.body", "body": chunk, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


def _part(header: str | None, size: int) -> Part | None:
    """The range that is asked for; None for the whole. Empty: there is none such."""
    found = _RANGE.fullmatch(header.strip()) if header else None
    if found is None or not (found[1] or found[2]):
        return None
    if not found[1]:
        return Part(max(0, size - int(found[2])), size if int(found[2]) else 0)
    end = min(size, int(found[2]) + 1) if found[2] else size
    return Part(int(found[1]), end) if int(found[1]) < size or not size else Part(size, size)


def _headers(row: FileRow, *, saved: bool) -> list[tuple[bytes, bytes]]:
    mime = row.mime if _MIME.fullmatch(row.mime) else "application/octet-stream"
    shown = "inline" if _SHOWN.fullmatch(mime) and not saved else "attachment"
    kind = mime + ("; charset=utf-8" if mime.startswith("text/") else "")
    name = quote(row.filename.encode("utf-8", "replace"), safe="")
    return [
        (b"content-type", kind.encode()),
        (b"content-disposition", f"{shown}; filename*=UTF-8''{name}".encode()),
        (b"accept-ranges", b"bytes"),
        _KEPT,
        *_SAFE,
    ]


def _plain(status: int, words: bytes, *headers: tuple[bytes, bytes]) -> Answer:
    return answer(status, words, *headers, _FRESH, *_SAFE)


def _empty(status: int, *headers: tuple[bytes, bytes]) -> Answer:
    start = {"type": "http.response.start", "status": status, "headers": [*headers, *_SAFE]}
    return start, {"type": "http.response.body", "body": b""}
