"""Files of messages on their way out: uploaded where the provider does not know them yet, links looked at.

An upload delivers nothing to anybody, so it may be repeated and has a limit of its own; only the send that follows
has to be certain.
"""

from __future__ import annotations

import asyncio
from base64 import b64encode
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TypeVar
from urllib.parse import urlsplit

from turnkeeper.channels.base import Calls, Uploaded
from turnkeeper.engine.calling import on_behalf
from turnkeeper.engine.media import FileKeeper, Origin
from turnkeeper.media.base import FileGone, Place
from turnkeeper.media.judging import ending_of
from turnkeeper.media.names import with_ending
from turnkeeper.model.contents import Content, File, files_of
from turnkeeper.model.errors import MediaRefused, MediaUnavailable
from turnkeeper.model.media import KeptFile, UploadRow
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected
from turnkeeper.rules.addresses import InternalAddress
from turnkeeper.store.base import ClaimedSend

T = TypeVar("T")
_SLOWEST = 50_000.0
"""Bytes a second."""
_LEAST = 30.0
_LONGEST = 900.0
_RESOLVE = 5.0
_GONE = Rejected("file_gone", "the file is no longer kept: attach it again before it is sent")
_ID_VALID = 365 * 86_400.0
"""Seconds; ids of what went up within a message do not end by themselves."""
_LINK_VALID = 86_400.0
"""Seconds in which a provider must have fetched a file: some queue what they take."""


@dataclass(frozen=True, slots=True)
class Ready:
    """The provider's ids by key; `reused`: keys whose id is of an earlier upload; `links`: addresses by key;
    `files`: what goes up within the message, where the provider has no id for it."""

    ids: Mapping[str, str] = field(default_factory=dict)
    reused: frozenset[str] = frozenset()
    links: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, KeptFile] = field(default_factory=dict)

    @property
    def is_new(self) -> bool:
        """Whether something had to be uploaded, which takes its time."""
        return len(self.reused) < len(self.ids)


class Uploads:
    """Gets a message's files ready to be sent."""

    def __init__(self, keeper: FileKeeper) -> None:
        self._keeper = keeper

    async def ready(self, claimed: ClaimedSend, content: Content) -> Ready | NotSent | Rejected:
        """Upload what must be, or make links to it; or why the message cannot be sent now, or at all."""
        ids: dict[str, str] = {}
        linked: dict[str, str] = {}
        sendable: dict[str, KeptFile] = {}
        reused: set[str] = set()
        for file in files_of(content):
            if file.key is None:
                problem = await self._problem_of(file.link, claimed)
                if problem is not None:
                    return problem
                continue
            known = await self._known(claimed, file.key)
            if not isinstance(known, KeptFile):
                return known
            kept = _as_said(known, file)
            can = self._keeper.adapters[claimed.channel.kind].capabilities
            if can.fetches_links:
                link = await self._link(claimed, kept, can.takes_bytes)
                if not isinstance(link, str):
                    return link
                linked[file.key] = link
                continue
            cached = await self._cached(claimed, kept)
            if can.sends_files:
                sendable[file.key] = kept
                if cached is None:
                    continue
            found = cached or await self._uploaded(claimed, kept)
            if not isinstance(found, str):
                return found
            ids[file.key] = found
            if cached:
                reused.add(file.key)
        return Ready(ids, frozenset(reused), linked, sendable)

    async def after(self, claimed: ClaimedSend, ready: Ready, outcome: Outcome) -> Outcome:
        """What a refusal means that may be the upload's fault: once more, with a new one."""
        if not isinstance(outcome, Rejected) or not ready.reused:
            return outcome
        if outcome.code not in claimed.channel.sends.stale_uploads:
            return outcome
        for key in ready.reused:
            await self._forget(claimed, key)
        return NotSent(f"{outcome.reason}: uploading it anew", retry_after=0.0, code=outcome.code)

    async def _forget(self, claimed: ClaimedSend, key: str) -> None:
        channel, records = claimed.channel, self._keeper.records
        await self._keeper.stored(lambda: records.forget_upload(channel.workspace_id, channel.id, key))

    async def _known(self, claimed: ClaimedSend, key: str) -> KeptFile | Rejected:
        workspace_id = claimed.channel.workspace_id
        row = await self._keeper.stored(lambda: self._keeper.records.find_file(workspace_id, key))
        if row is None:
            return _GONE
        return KeptFile(key, row.mime, row.size, row.filename)

    async def _link(self, claimed: ClaimedSend, file: KeptFile, takes_bytes: int) -> str | NotSent | Rejected:
        """An address that ends in a name, since some providers tell a file's type by that; else the bytes."""
        place = Place(claimed.channel.workspace_id, file.key)
        name = with_ending(file.filename, ending_of(file.mime))
        try:
            link = self._keeper.link(place, _LINK_VALID, name)
        except ValueError:
            if file.size <= takes_bytes:
                return await self._spelled(place, file.mime)
            reason = "the provider fetches files from this server: set server.public_url to an address that it reaches"
            return Rejected("no_public_url", reason, "operator")
        await self._keeper.needed(claimed.channel.workspace_id, [file.key], self._keeper.clock.now() + _LINK_VALID)
        return link

    async def _spelled(self, place: Place, mime: str) -> str | NotSent | Rejected:
        try:
            data = b"".join([chunk async for chunk in self._keeper.store.read(place)])
        except FileGone:
            return _GONE
        except MediaUnavailable as error:
            return NotSent(str(error), code="file_unavailable")
        return f"data:{mime};base64,{b64encode(data).decode()}"

    async def _cached(self, claimed: ClaimedSend, file: KeptFile) -> str | None:
        channel, records = claimed.channel, self._keeper.records
        now = self._keeper.clock.now()
        found: str | None = await self._keeper.stored(
            lambda: records.find_upload(channel.workspace_id, channel.id, file.key, file.mime, now)
        )
        return found

    async def _uploaded(self, claimed: ClaimedSend, file: KeptFile) -> str | NotSent | Rejected:
        channel = claimed.channel
        upload = getattr(self._keeper.adapters[channel.kind], "upload", None)
        if upload is None:
            return Rejected("not_supported", "files cannot be uploaded on this channel")
        limit = min(_LEAST + file.size / _SLOWEST, _LONGEST)
        found = await self._played(claimed, on_behalf(channel, upload(file, channel.config)), limit)
        if not isinstance(found, Uploaded):
            return found
        await self._remember(claimed, file, found)
        return found.external_id

    async def sent(self, claimed: ClaimedSend, ready: Ready, calls: Calls[Outcome], limit: float) -> Outcome:
        """Play a send within which files go up; `limit` in seconds for each call."""
        outcome = await self._played(claimed, calls, limit)
        if isinstance(outcome, Accepted):
            for key, known_as in outcome.uploaded:
                await self._remember(claimed, ready.files[key], Uploaded(known_as, _ID_VALID))
        return outcome

    async def _played(self, claimed: ClaimedSend, calls: Calls[T], limit: float) -> T | NotSent | Rejected:
        """With the bytes of files; without them nothing has left."""
        channel = claimed.channel

        def content(key: str) -> AsyncIterator[bytes]:
            return self._keeper.store.read(Place(channel.workspace_id, key))

        try:
            return await self._keeper.client.play(calls, timeout=limit, content=content)
        except FileGone:
            return _GONE
        except MediaUnavailable as error:
            return NotSent(str(error), code="file_unavailable")

    async def _remember(self, claimed: ClaimedSend, file: KeptFile, known: Uploaded) -> None:
        channel = claimed.channel
        valid_until = self._keeper.clock.now() + known.valid_for
        row = UploadRow(channel.workspace_id, channel.id, file.key, file.mime, known.external_id, valid_until)
        await self._keeper.stored(lambda: self._keeper.records.keep_upload(row))

    async def _problem_of(self, link: str | None, claimed: ClaimedSend) -> NotSent | Rejected | None:
        """Providers fetch links: one into our network, or anybody's, is not passed on."""
        signing = self._keeper.signing
        if link and signing is not None and signing.base and link.startswith(f"{signing.base.rstrip('/')}/"):
            return None
        try:
            await self._look_at(link or "")
        except MediaRefused as refused:
            source = f"link:{sha256((link or '').encode('utf-8', 'replace')).hexdigest()}"
            origin = Origin(claimed.channel, claimed.run.key.id, max(claimed.row.turn_no, 0), source)
            await self._keeper.note_refused(origin, refused)
            return Rejected(refused.reason, refused.detail)
        except (OSError, TimeoutError):
            return NotSent("the link's host is not known", limit=3, code="unknown_host")
        return None

    async def _look_at(self, link: str) -> None:
        try:
            parts = urlsplit(link)
            if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
                raise MediaRefused("unsafe_link", "the link is not a plain https address")
            async with asyncio.timeout(_RESOLVE):
                await self._keeper.client.refuse_internal(link)
        except InternalAddress:
            raise MediaRefused("internal_address", "the link leads into our own network") from None
        except ValueError:
            raise MediaRefused("unsafe_link", "the link is not an address of the web") from None


def _as_said(kept: KeptFile, file: File) -> KeptFile:
    """The type that the message gives it counts, where it gives one."""
    return KeptFile(kept.key, file.mime or kept.mime, kept.size, file.filename or kept.filename)
