"""Media: uploads by the business, what people send, the addresses to fetch them from.

Source: Meta's media reference. An upload is kept 30 days, a medium of a webhook 7; its address works for
5 minutes and wants the access token. Every medium counts how often it was looked up, fetched and sent.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final
from urllib.parse import urlencode

from turnkeeper.testing.fake_graph.errors import GraphError, parameter_error, unknown_object
from turnkeeper.testing.fake_graph.lies import Cut, Endless, GzipBomb, Lie, Redirect, Slow, gzipped_zeros, zeros
from turnkeeper.testing.fake_graph.media_rules import UPLOADABLE, essence, largest_upload, why_not
from turnkeeper.testing.fake_graph.multipart import BadForm, parse_form
from turnkeeper.testing.http import NoReply, Reply, Request

if TYPE_CHECKING:
    from turnkeeper.testing.fake_graph.checks import Object
    from turnkeeper.testing.fake_graph.core import Core
    from turnkeeper.testing.fake_graph.payloads import FakeNumber, Json

DAY: Final = 24 * 3600.0
UPLOAD_KEPT: Final = 30 * DAY
WEBHOOK_KEPT: Final = 7 * DAY
ADDRESS_VALID: Final = 5 * 60.0
MOST_BYTES: Final = 512 * 1024 * 1024
"""Kept in all; beyond it the oldest go."""
PATH: Final = "/whatsapp_business/attachments/"
"""Of the addresses, which Meta has on a host of its own."""


@dataclass(slots=True)
class Medium:
    """A file that the fake keeps."""

    id: str
    data: bytes
    mime: str
    filename: str | None
    valid_until: float
    owner: str | None
    """`phone_number_id` that uploaded it; None: a person sent it."""
    lie: Lie
    lookups: int = 0
    """`GET /{id}` that were answered."""
    downloads: int = 0
    """How often its bytes were asked for and begun."""
    sends: int = 0
    """Messages taken that carry it."""
    deleted: bool = False

    @property
    def sha256(self) -> str:
        """Hexadecimal; what is said, true or not."""
        return self.lie.sha256 or hashlib.sha256(self.data).hexdigest()

    @property
    def claimed_mime(self) -> str:
        return self.lie.mime or self.mime


@dataclass(frozen=True, slots=True)
class Link:
    """What is behind a public address that the business sends; `status` is what Meta gets from it."""

    mime: str
    size: int = 1024
    status: int = 200


class Media:
    """The media of one fake: `put` for what people send, `uploads` for what the business uploaded."""

    def __init__(self, core: Core) -> None:
        self._core = core
        self._kept: dict[str, Medium] = {}
        self._size = 0
        self._addresses: dict[str, tuple[str, float]] = {}
        self.links: dict[str, Link] | None = None
        """What is behind which link, others being 404; None: any link will do, for nothing is fetched."""

    def put(self, data: bytes, mime: str, filename: str | None = None, *, lie: Lie | None = None) -> str:
        """Keep what a person sends, for 7 days; returns its id for the webhook."""
        return self._keep(data, mime, filename, WEBHOOK_KEPT, None, lie).id

    def __getitem__(self, media_id: str) -> Medium:
        return self._kept[media_id]

    def get(self, media_id: str) -> Medium | None:
        return self._kept.get(media_id)

    @property
    def uploads(self) -> list[Medium]:
        """What the business uploaded, in order."""
        return [medium for medium in self._kept.values() if medium.owner is not None]

    def lie(self, media_id: str, lie: Lie) -> None:
        """From now on, say `lie` of this medium."""
        self._kept[media_id].lie = lie

    def webhook(self, media_id: str) -> Json:
        """The object of a webhook: the sum in base64, and since late 2025 an address."""
        medium = self._kept[media_id]
        item = {
            "id": medium.id,
            "mime_type": medium.claimed_mime,
            "sha256": _base64_of(medium.sha256),
        }
        if self._core.base_url:
            item["url"] = self._address(medium, self._core.base_url)
        return item

    def sendable(self, media_id: str, number: FakeNumber) -> Medium | None:
        """The medium if this number may send it now: its own uploads and what came to it."""
        medium = self._kept.get(media_id)
        if medium is None or not self._valid(medium):
            return None
        return medium if medium.owner in (None, number.phone_number_id) else None

    def refusal(self, number: FakeNumber, kind: str, where: str, file: Object) -> GraphError | None:
        """What Meta says to this number sending this `file` (`id` or `link`) as `kind`, if anything."""
        if file.get("id"):
            medium = self.sendable(file["id"], number)
            if medium is None:
                return parameter_error(
                    f"Param {where}['id'] is not a valid whatsapp business account media attachment ID"
                )
            why = why_not(kind, medium.mime, medium.data, len(medium.data))
        elif self.links is None:
            return None
        else:
            why = self._unreachable(kind, str(file["link"]))
        return None if why is None else GraphError(131053, why)

    def _unreachable(self, kind: str, link: str) -> str | None:
        """Why Meta cannot send what is behind a link."""
        found = (self.links or {}).get(link, Link("", status=404))
        if found.status != 200:
            return f"Downloading media from weblink failed with http code {found.status}"
        return why_not(kind, found.mime, None, found.size)

    def sent(self, file: Object) -> None:
        """A message with this file was taken."""
        medium = self._kept.get(str(file.get("id", "")))
        if medium is not None:
            medium.sends += 1

    # HTTP

    async def upload(self, request: Request, number: FakeNumber) -> Reply:
        """POST /{phone_number_id}/media."""
        await self._core.faults.meet("upload")
        try:
            form = parse_form(request.headers.get("content-type", ""), request.body)
        except BadForm as why:
            raise parameter_error(f"The request body cannot be read: {why}.") from None
        product, file, kind = form.get("messaging_product"), form.get("file"), form.get("type")
        if product is None or product.text != "whatsapp":
            raise parameter_error("The parameter messaging_product is required.")
        if file is None or file.filename is None:
            raise parameter_error("The parameter file is required.")
        if kind is None:
            raise parameter_error("The parameter type is required.")
        mime = essence(file.content_type or "application/octet-stream")
        if mime not in UPLOADABLE:
            raise parameter_error(
                f"Param file must be a file with one of the following types: {', '.join(UPLOADABLE)}. "
                f"Received file of type '{mime}'."
            )
        if essence(kind.text) != mime:
            raise parameter_error(f"Param type is {kind.text}, but the file is {mime}.")
        if not file.data:
            raise parameter_error("Param file must not be empty.")
        most = largest_upload(mime)
        if len(file.data) > most:
            raise GraphError(131053, f"Media file size too big. Max file size we currently support: {most} bytes.")
        said = file.content_type or mime
        medium = self._keep(file.data, said, file.filename, UPLOAD_KEPT, number.phone_number_id, None)
        return Reply.json(200, {"id": medium.id})

    async def look_up(self, request: Request, media_id: str) -> Reply:
        """GET /{media_id}: where the bytes are, for the next five minutes."""
        await self._core.faults.meet("media")
        medium = self._existing(media_id, request)
        medium.lookups += 1
        size = len(medium.data) if medium.lie.file_size is None else medium.lie.file_size
        return Reply.json(
            200,
            {
                "messaging_product": "whatsapp",
                "url": self._address(medium, request.base_url),
                "mime_type": medium.claimed_mime,
                "sha256": medium.sha256,
                "file_size": size,
                "id": medium.id,
            },
        )

    def delete(self, request: Request, media_id: str) -> Reply:
        """DELETE /{media_id}."""
        self._existing(media_id, request).deleted = True
        return Reply.json(200, {"success": True})

    async def download(self, request: Request) -> Reply:
        """GET of an address; 404 once it is too old, as for one that never was."""
        await self._core.faults.meet("download")
        media_id, valid_until = self._addresses.get(request.query.get("hash", ""), ("", 0.0))
        medium = self._kept.get(media_id)
        if medium is None or self._core.clock.now() >= valid_until or not self._valid(medium):
            return Reply(404, b"Not found", "text/html")
        medium.downloads += 1
        self._core.changes.happened()
        return self._bytes(medium)

    def forget_addresses(self) -> None:
        """As if five minutes had passed."""
        self._addresses.clear()

    def _bytes(self, medium: Medium) -> Reply:
        content_type = medium.lie.content_type or medium.mime
        plain = Reply(200, medium.data, content_type)
        length = ("content-length", str(len(medium.data)))
        match medium.lie.body:
            case Endless(size):
                return replace(plain, stream=partial(_pieces, zeros(size)))
            case GzipBomb(size):
                packed = (("content-encoding", "gzip"),)
                return replace(plain, stream=partial(_pieces, gzipped_zeros(size)), headers=packed)
            case Redirect(location, status):
                return Reply(status, b"", "text/html", (("location", location),))
            case Slow(chunk, pause):
                return replace(plain, stream=partial(self._slowly, medium.data, chunk, pause), headers=(length,))
            case Cut(after):
                return replace(plain, stream=partial(_cut, medium.data[:after]), headers=(length,))
        return plain

    async def _slowly(self, data: bytes, chunk: int, pause: float) -> AsyncGenerator[bytes, None]:
        for start in range(0, len(data), chunk):
            yield data[start : start + chunk]
            if pause:
                await self._core.clock.sleep(pause)

    def _keep(
        self, data: bytes, mime: str, filename: str | None, kept: float, owner: str | None, lie: Lie | None
    ) -> Medium:
        now = self._core.clock.now()
        medium = Medium(self._core.next_object_id(), data, mime, filename, now + kept, owner, lie or Lie())
        self._kept[medium.id] = medium
        self._size += len(data)
        while len(self._kept) > self._core.history or (self._size > MOST_BYTES and len(self._kept) > 1):
            self._size -= len(self._kept.pop(next(iter(self._kept))).data)
        self._core.changes.happened()
        return medium

    def _valid(self, medium: Medium) -> bool:
        return not medium.deleted and self._core.clock.now() < medium.valid_until

    def _existing(self, media_id: str, request: Request) -> Medium:
        medium = self._kept.get(media_id)
        if medium is None or not self._valid(medium):
            raise unknown_object(media_id, request.method)
        asked = request.query.get("phone_number_id")
        if asked is not None and asked != medium.owner:
            raise parameter_error("Param phone_number_id is not a valid whatsapp business phone number id ID")
        return medium

    def _address(self, medium: Medium, base_url: str) -> str:
        valid_until = self._core.clock.now() + ADDRESS_VALID
        key = self._core.token(24)
        self._addresses[key] = (medium.id, valid_until)
        while len(self._addresses) > self._core.history:
            del self._addresses[next(iter(self._addresses))]
        return f"{base_url}{PATH}?" + urlencode({"mid": medium.id, "ext": int(valid_until), "hash": key})


def _base64_of(hexadecimal: str) -> str:
    try:
        return base64.b64encode(bytes.fromhex(hexadecimal)).decode()
    except ValueError:
        return hexadecimal


async def _pieces(pieces: Iterable[bytes]) -> AsyncGenerator[bytes, None]:
    for piece in pieces:
        yield piece


async def _cut(data: bytes) -> AsyncGenerator[bytes, None]:
    yield data
    raise NoReply(closed=True)
