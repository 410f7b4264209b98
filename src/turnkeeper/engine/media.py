"""Files of turns: fetched once, judged, kept, and read again. The bytes go from socket to disk to where they stay.

Every refusal is noted with its reason before it is raised, and stands: the same file is not asked for again.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple, Protocol, TypeVar

from turnkeeper.channels.base import Calls, Located
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.http import Content, Downloaded, Sink
from turnkeeper.engine.patience import until_stored
from turnkeeper.media import links
from turnkeeper.media.base import CHUNK, MediaStore, Place
from turnkeeper.media.incoming import Incoming
from turnkeeper.media.judging import judged
from turnkeeper.media.names import safe_name
from turnkeeper.model.contents import Reply, files_of
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.events import EventKind, Media
from turnkeeper.model.ids import ConversationId, WorkspaceId
from turnkeeper.model.limits import MediaKind
from turnkeeper.model.media import FileRow, KeptFile, MediaRow, made_source, source_of
from turnkeeper.model.outbound import Rejected
from turnkeeper.model.policy import Channel
from turnkeeper.rules.retry import backoff
from turnkeeper.store.base import ClaimedTurn
from turnkeeper.store.media import MediaRecords

T = TypeVar("T")
_ASK = 20.0
_LONGEST_DOWNLOAD = 240.0
_TRIES = 4
_URLS = 2
"""Addresses that are tried before a file counts as gone: the first may have expired on the way."""
_WAITS_FOR_DELETION = 20.0
_OLD_ADDRESS = (400, 401, 403, 404, 410)
MEDIA_KINDS: dict[EventKind, MediaKind] = {
    "image": "image", "audio": "audio", "voice": "voice", "video": "video", "video_note": "video",
    "animation": "video", "sticker": "sticker",
}  # fmt: skip


class Transfers(Protocol):
    """The part of the shared client that moves files."""

    async def play(self, calls: Calls[T], *, timeout: float, content: Content | None = None) -> T:  # noqa: ASYNC109
        """Drive a generator to its result; `content` gives the files of its forms."""

    async def download(self, located: Located, sink: Sink, *, timeout: float) -> Downloaded:  # noqa: ASYNC109
        """Stream a file into a sink."""

    async def refuse_internal(self, address: str) -> None:
        """Raises InternalAddress, OSError for an unknown host, ValueError for what is no address."""


class Links(NamedTuple):
    """What signed links are made with: the secret, and the address under which this server is reached."""

    secret: Callable[[], bytes]
    base: str


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a file came from, for the record."""

    channel: Channel
    conversation_id: ConversationId
    turn_no: int
    source: str


class FileKeeper:
    """Keeps files for the turns of one worker. `incoming`: a local folder; `largest` in bytes."""

    def __init__(
        self,
        records: MediaRecords,
        store: MediaStore,
        adapters: Mapping[str, Any],
        client: Transfers,
        clock: Clock,
        *,
        incoming: Path,
        largest: int,
        signing: Links | None = None,
    ) -> None:
        self.records = records
        self.store = store
        self.adapters = adapters
        self.client = client
        self.clock = clock
        self.incoming = incoming
        self.largest = largest
        self.signing = signing

    def of(self, claimed: ClaimedTurn) -> TurnFiles:
        """The files of one turn."""
        return TurnFiles(self, claimed)

    async def fetch(self, media: Media, kind: MediaKind, origin: Origin) -> KeptFile:
        """The file, from the provider unless it was fetched before. Raises MediaRefused, MediaUnavailable."""
        known = await self._known(origin)
        if known is not None:
            return known
        try:
            safe_name(media.filename or "")  # before anything is fetched
            return await self._fetched(media, kind, origin)
        except MediaRefused as refused:
            await self.note_refused(origin, refused)
            raise

    async def _known(self, origin: Origin) -> KeptFile | None:
        workspace_id = origin.channel.workspace_id
        row = await self.stored(lambda: self.records.find_media(workspace_id, origin.channel.id, origin.source))
        if row is None:
            return None
        if row.state == "refused":
            raise MediaRefused(row.reason or "refused", row.detail or "")
        key = row.key or ""
        if not await self.needed(workspace_id, [key]):
            return None
        file = await self.stored(lambda: self.records.find_file(workspace_id, key))
        if file is None:
            return None
        # Once more: the turn that fetched it may have been erased since.
        note = self._note(origin, "kept", key=key, filename=row.filename)
        await self.stored(lambda: self.records.note_media(note))
        return KeptFile(key, file.mime, file.size, row.filename or file.filename)

    async def _fetched(self, media: Media, kind: MediaKind, origin: Origin) -> KeptFile:
        addresses, said = 0, "nothing was tried"
        for tries in range(1, _TRIES + 1):
            located = await self._located(media, origin.channel)
            if isinstance(located, str):
                said = located
            else:
                addresses += 1
                async with Incoming(self.incoming, self._limit(kind, origin.channel)) as incoming:
                    incoming.expects(located.size)
                    got = await self.client.download(located, incoming, timeout=_LONGEST_DOWNLOAD)
                    said = await self._complete(got, located, incoming, last=addresses >= _URLS)
                    if not said:
                        mime = media.mime or located.mime
                        return await self._keep(incoming, kind, mime, media.filename, origin)
            if tries < _TRIES:
                await asyncio.sleep(backoff(tries, jitter=0.5, base=0.5))
        raise MediaUnavailable(f"the file could not be fetched: {said}")

    async def _located(self, media: Media, channel: Channel) -> Located | str:
        """Where it is, or why that cannot be told now."""
        fetch_media = getattr(self.adapters[channel.kind], "fetch_media", None)
        if fetch_media is None:
            raise MediaRefused("not_supported", "files cannot be fetched on this channel")
        found = await self.client.play(on_behalf(channel, fetch_media(media, channel.config)), timeout=_ASK)
        if isinstance(found, Located):
            return replace(found, guarded=channel.guarded)
        if isinstance(found, Rejected):
            if found.remedy in ("stop_channel", "operator"):
                raise MediaUnavailable(found.reason)
            raise MediaRefused("gone", found.reason)
        return str(found.reason)

    async def _complete(self, got: Downloaded, located: Located, incoming: Incoming, *, last: bool) -> str:
        """ "" for a whole file, or what was wrong; raises MediaRefused for what another try would not mend."""
        if got.failure is not None:
            return got.failure
        if got.status in _OLD_ADDRESS:
            if last:
                raise MediaRefused("gone", f"the provider does not have the file any more (HTTP {got.status})")
            return f"HTTP {got.status}"
        if not 200 <= got.status < 300:
            return f"HTTP {got.status}"
        digest = await incoming.finish()
        if located.sha256 is not None and located.sha256 != digest:
            if last:
                raise MediaRefused("checksum_mismatch", "the file is not the one that was announced")
            return "the checksum differs"
        return ""

    def _limit(self, kind: MediaKind, channel: Channel) -> int:
        of_kind = self.adapters[channel.kind].capabilities.limits.media.get(kind)
        return self.largest if of_kind is None else min(self.largest, of_kind.size)

    async def keep(
        self, file: Path | bytes | AsyncIterator[bytes], filename: str | None, mime: str | None, origin: Origin
    ) -> KeptFile:
        """Keep what a bot made or a colleague sent; the source is its digest. Raises MediaRefused, MediaUnavailable."""
        name = filename or (file.name if isinstance(file, Path) else None)
        async with Incoming(self.incoming, self._limit("document", origin.channel)) as incoming:
            try:
                async for chunk in _chunks(file):
                    await incoming.write(chunk)
                made = replace(origin, source=made_source(origin.conversation_id, await incoming.finish()))
                return await self._keep(incoming, "document", mime, name, made)
            except MediaRefused as refused:
                what = sha256(f"{incoming.digest}{file if isinstance(file, Path) else name}".encode("utf-8", "replace"))
                await self.note_refused(replace(origin, source=f"made:{what.hexdigest()}"), refused)
                raise

    async def take_in(
        self, file: AsyncIterator[bytes], kind: MediaKind, filename: str | None, mime: str | None, origin: Origin
    ) -> KeptFile:
        """Keep what a person sent, whose bytes are here already. Raises MediaRefused, which is noted, and
        MediaUnavailable."""
        try:
            async with Incoming(self.incoming, self._limit(kind, origin.channel)) as incoming:
                async for chunk in file:
                    await incoming.write(chunk)
                await incoming.finish()
                return await self._keep(incoming, kind, mime, filename, origin)
        except MediaRefused as refused:
            await self.note_refused(origin, refused)
            raise

    async def _keep(
        self, incoming: Incoming, kind: MediaKind, mime: str | None, filename: str | None, origin: Origin
    ) -> KeptFile:
        key = incoming.digest
        verdict = await asyncio.to_thread(judged, incoming.path, kind, mime, filename)
        workspace_id = origin.channel.workspace_id
        now = self.clock.now()
        row = FileRow(workspace_id, key, verdict.mime, incoming.size, verdict.filename, now)
        await self._hold(row)
        await self.store.put(Place(workspace_id, key), incoming.path)
        note = self._note(origin, "kept", key=key, filename=verdict.filename)
        await self.stored(lambda: self.records.note_media(note))
        return KeptFile(key, verdict.mime, row.size, verdict.filename)

    async def _hold(self, row: FileRow) -> None:
        """Before the bytes are put: from now on nobody deletes them."""
        for _ in range(int(_WAITS_FOR_DELETION)):
            if await self.stored(lambda: self.records.hold_file(row)):
                return
            await asyncio.sleep(1.0)
        raise MediaUnavailable("the same file is being deleted")

    async def note_refused(self, origin: Origin, refused: MediaRefused) -> None:
        """Keep the reason, for the ledger."""
        row = self._note(origin, "refused", reason=refused.reason, detail=refused.detail)
        await self.stored(lambda: self.records.note_media(row))

    def _note(self, origin: Origin, state: Any, **more: Any) -> MediaRow:
        return MediaRow(
            origin.channel.workspace_id,
            origin.channel.id,
            origin.source,
            origin.conversation_id,
            origin.turn_no,
            state,
            self.clock.now(),
            **more,
        )

    def link(self, place: Place, seconds: float, filename: str = "") -> str:
        """An address from which anybody can get the file for so long; ValueError without `server.public_url`.

        `filename` ends it, for those who tell a file's type by that.
        """
        signing = self.signing
        if signing is None or not signing.base:
            raise ValueError("links need server.public_url to be set")
        if not 0 < seconds <= links.LONGEST:
            raise ValueError(f"a link is good for up to {links.LONGEST:.0f} seconds, not {seconds}")
        token = links.token_for(signing.secret(), place, self.clock.now() + seconds)
        return f"{signing.base.rstrip('/')}{links.path_of(token, filename)}"

    async def needed(self, workspace_id: WorkspaceId, keys: Sequence[str], until: float | None = None) -> set[str]:
        """Files that are in use now, or `until` an instant: they are kept their time from then. Those that are kept."""
        at = self.clock.now() if until is None else until
        return await self.stored(lambda: self.records.need_files(workspace_id, keys, at))

    async def stored(self, ask: Callable[[], Awaitable[T]]) -> T:
        """Ask the store until it answers."""
        return await until_stored(ask, self.clock)


class TurnFiles:
    """The files of one turn, as its bot gets at them."""

    def __init__(self, keeper: FileKeeper, claimed: ClaimedTurn) -> None:
        self._keeper = keeper
        self._claimed = claimed
        self._copies: list[Path] = []
        self._lent: dict[str, float] = {}

    def _place(self, key: str) -> Place:
        return Place(self._claimed.channel.workspace_id, key)

    def _origin(self, source: str) -> Origin:
        return Origin(self._claimed.channel, self._claimed.run.key.id, self._claimed.turn.no, source)

    async def fetch(self, media: Media, kind: EventKind, message_id: str | None) -> KeptFile:
        """The file of a message, fetched once."""
        origin = self._origin(source_of(media, message_id))
        return await self._keeper.fetch(media, MEDIA_KINDS.get(kind, "document"), origin)

    async def keep(self, file: Path | bytes, filename: str | None, mime: str | None) -> KeptFile:
        """Keep a file of the bot's own."""
        return await self._keeper.keep(file, filename, mime, self._origin(""))

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in chunks; raises FileGone."""
        return self._keeper.store.read(self._place(key))

    async def path(self, key: str) -> Path:
        """The file on this machine, to be read until the turn ends; raises FileGone."""
        found = await self._keeper.store.local(self._place(key))
        if found is not None:
            return found
        async with Incoming(self._keeper.incoming, self._keeper.largest) as incoming:
            async for chunk in self.read(key):
                await incoming.write(chunk)
            await incoming.finish()
            copy = incoming.path.with_name(f"{incoming.path.name}-copy")
            incoming.path.rename(copy)
        self._copies.append(copy)
        return copy

    def link(self, key: str, seconds: float) -> str:
        """An address from which anybody can get the file for so long."""
        link = self._keeper.link(self._place(key), seconds)
        self._lent[key] = max(self._lent.get(key, 0.0), self._keeper.clock.now() + seconds)
        return link

    async def needed(self, replies: Sequence[Reply]) -> None:
        """What is about to be sent is not deleted before it is, nor what somebody has a link to while that is good."""
        workspace_id = self._claimed.channel.workspace_id
        keys = [file.key for said in replies if not isinstance(said, str) for file in files_of(said) if file.key]
        if keys:
            await self._keeper.needed(workspace_id, keys)
        for key, until in self._lent.items():
            await self._keeper.needed(workspace_id, [key], until)

    def close(self) -> None:
        """Remove the copies that were made for the bot."""
        for copy in self._copies:
            with suppress(OSError):
                copy.unlink()


async def _chunks(file: Path | bytes | AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    if isinstance(file, AsyncIterator):
        async for chunk in file:
            yield chunk
        return
    if isinstance(file, bytes):
        for at in range(0, len(file), CHUNK):
            yield file[at : at + CHUNK]
        return
    with await asyncio.to_thread(_opened, file) as opened:
        while chunk := await asyncio.to_thread(opened.read, CHUNK):
            yield chunk


def _opened(path: Path) -> Any:
    if not path.is_file():
        raise MediaRefused("no_file", "there is no such file on this machine")
    try:
        return path.open("rb")
    except OSError as error:
        raise MediaRefused("no_file", f"the file cannot be read ({error.strerror})") from error
