"""The files of a conversation under test: what the person sent, and what the bot sent, without any provider."""

from __future__ import annotations

import asyncio
import itertools
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import urlsplit

import msgspec

from turnkeeper.channels.base import HttpReply
from turnkeeper.engine.calling import played
from turnkeeper.engine.http import Downloaded
from turnkeeper.engine.media import FileKeeper, Links
from turnkeeper.media.disk import DiskStore
from turnkeeper.model.events import EventKind, Media
from turnkeeper.rules.addresses import InternalAddress, is_internal

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from turnkeeper.channels.base import Calls, HttpCall, Located
    from turnkeeper.engine.clock import Clock
    from turnkeeper.engine.http import Content, Sink
    from turnkeeper.store.media import MediaRecords

T = TypeVar("T")
_CALL = 0.1
"""Virtual seconds that a call takes."""
_LARGEST = 100 * 1024 * 1024
PUBLIC = "https://bot.example.com"
"""Where links to files begin."""


class Cabinet:
    """Plays the provider's part of everything that has to do with files; `uploaded` by the ids that it gave."""

    def __init__(self) -> None:
        self._folder = TemporaryDirectory(prefix="turnkeeper-test-")
        self._sent: dict[str, tuple[bytes, str]] = {}
        self._ids = itertools.count(1)
        self.uploaded: dict[str, bytes] = {}

    def keeper(self, records: MediaRecords, adapters: Mapping[str, Any], clock: Clock) -> FileKeeper:
        """What keeps the files of a worker, on this machine's disk until the test is over."""
        folder = Path(self._folder.name)
        signing = Links(lambda: b"a test's", PUBLIC)
        return FileKeeper(
            records,
            DiskStore(folder / "kept"),
            adapters,
            self,
            clock,
            incoming=folder / "incoming",
            largest=_LARGEST,
            signing=signing,
        )

    def close(self) -> None:
        """Remove all of it."""
        self._folder.cleanup()

    def put(self, data: bytes, mime: str, filename: str | None) -> Media:
        """What a message says of a file that the person sends."""
        known_as = f"media.{next(self._ids)}"
        self._sent[known_as] = data, mime
        return Media(id=known_as, mime=mime, filename=filename, sha256=sha256(data).hexdigest(), size=len(data))

    async def play(self, calls: Calls[T], *, timeout: float, content: Content | None = None) -> T:  # noqa: ARG002, ASYNC109
        """Tell where a file is, or take one."""
        return await played(calls, lambda call: self._answer(call, content))

    async def _answer(self, call: HttpCall, content: Content | None) -> HttpReply:
        await asyncio.sleep(_CALL)
        if call.multipart is not None and content is not None:
            known_as = f"upload.{next(self._ids)}"
            self.uploaded[known_as] = b"".join([chunk async for chunk in content(call.multipart.key)])
            return HttpReply(200, msgspec.json.encode({"id": known_as}))
        known_as = call.url.rpartition("/")[2]
        if known_as not in self._sent:
            return HttpReply(400, b'{"error":{"code":100,"message":"there is no such file"}}')
        data, mime = self._sent[known_as]
        told = {"url": f"https://files.example.com/{known_as}", "mime_type": mime, "file_size": len(data)}
        return HttpReply(200, msgspec.json.encode(told))

    async def download(self, located: Located, sink: Sink, *, timeout: float) -> Downloaded:  # noqa: ARG002, ASYNC109
        """Give the bytes."""
        await asyncio.sleep(_CALL)
        data, mime = self._sent[located.url.rpartition("/")[2]]
        await sink.write(data)
        return Downloaded(200, mime)

    async def refuse_internal(self, address: str) -> None:
        """An address that is a number is judged, a name is taken for a public one."""
        with suppress(ValueError):
            if is_internal(urlsplit(address).hostname or ""):
                raise InternalAddress("the address is not a public one")


def ids_in(body: Any) -> Iterator[str]:
    """Every id in a message as it went over the wire, in order; those of files are among them."""
    if isinstance(body, dict):
        for name, value in body.items():
            if name == "id" and isinstance(value, str):
                yield value
            yield from ids_in(value)
    elif isinstance(body, list):
        for value in body:
            yield from ids_in(value)


def kind_of(mime: str) -> EventKind:
    """How a phone sends a file of this type, where nothing else is said."""
    family = mime.partition("/")[0]
    if family == "image" and mime != "image/svg+xml":
        return "image"
    if family == "video":
        return "video"
    return "audio" if family == "audio" else "document"
