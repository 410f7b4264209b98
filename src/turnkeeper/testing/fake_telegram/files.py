"""Files: those that people send, those that the bot uploads, and where each can be fetched for an hour."""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from turnkeeper.testing.fake_telegram.errors import Refusal, bad
from turnkeeper.testing.http import Reply

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

    from turnkeeper.testing.fake_graph.multipart import Part
    from turnkeeper.testing.fake_telegram.behaviour import Behaviour
    from turnkeeper.testing.fake_telegram.parameters import Parameters

MB: Final = 1024 * 1024
DOWNLOAD_LIMIT: Final = 20 * MB
UPLOAD_LIMIT: Final = 50 * MB
PHOTO_LIMIT: Final = 10 * MB
LINK_LIMIT: Final = 20 * MB
PHOTO_LINK_LIMIT: Final = 5 * MB
MOST_FILES: Final = 10_000
PICTURES: Final = (b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"RIFF", b"GIF8", b"BM")
SPOKEN: Final = (b"OggS", b"ID3", b"\xff\xfb", b"\xff\xf3", b"\x00\x00\x00")
FOLDERS: Final = {
    "photo": ("photos", ".jpg"), "voice": ("voice", ".oga"), "video": ("videos", ".mp4"),
    "animation": ("animations", ".mp4"), "audio": ("music", ".mp3"), "video_note": ("video_notes", ".mp4"),
    "sticker": ("stickers", ".webp"), "document": ("documents", ""),
}  # fmt: skip
MIMES: Final = {
    "voice": "audio/ogg", "video": "video/mp4", "animation": "video/mp4", "audio": "audio/mpeg",
    "document": "application/octet-stream",
}  # fmt: skip
Json = dict[str, Any]


@dataclass(slots=True)
class StoredFile:
    """One file. `size` is what is told of it."""

    id: str
    unique_id: str
    kind: str
    data: bytes
    mime: str
    name: str | None
    size: int
    path: str
    by_bot: bool = False
    """The bot uploaded it."""
    sends: int = 0
    """How often the bot sent it by its id."""
    downloads: int = 0
    link_until: float = 0.0

    def described(self) -> Json:
        """As it stands in a message, under its kind."""
        base: Json = {"file_id": self.id, "file_unique_id": self.unique_id, "file_size": self.size}
        if self.kind == "photo":
            small = {"file_id": self.id + "s", "file_unique_id": self.unique_id + "s", "file_size": 900}
            return {"photo": [{**small, "width": 90, "height": 67}, {**base, "width": 1280, "height": 960}]}
        if self.kind == "sticker":
            shape = {"width": 512, "height": 512, "type": "regular", "is_animated": False, "is_video": False}
            return {"sticker": {**base, **shape, "emoji": "🙂"}}
        if self.kind == "video_note":
            return {"video_note": {**base, "length": 240, "duration": 3}}
        told: Json = {**base, "mime_type": self.mime}
        if self.name and self.kind != "voice":
            told["file_name"] = self.name
        if self.kind != "document":
            told["duration"] = 3
        if self.kind in ("video", "animation"):
            told |= {"width": 640, "height": 360}
        both = {"document": {**told}} if self.kind == "animation" else {}
        return {self.kind: told, **both}


class Files:
    """All files of one bot. `links`: what can be fetched where, for sends by address."""

    def __init__(self, behaviour: Callable[[], Behaviour], now: Callable[[], float], rng: random.Random) -> None:
        self._behaviour = behaviour
        self._now = now
        self._rng = rng
        self._by_id: dict[str, StoredFile] = {}
        self._by_path: dict[str, StoredFile] = {}
        self._count = 0
        self.links: dict[str, bytes] = {}
        self.link_fetches: list[str] = []

    @property
    def all(self) -> list[StoredFile]:
        return list(self._by_path.values())

    @property
    def uploads(self) -> list[StoredFile]:
        """Those that the bot uploaded, oldest first."""
        return [each for each in self._by_path.values() if each.by_bot]

    def put(
        self,
        kind: str,
        data: bytes,
        *,
        mime: str | None = None,
        name: str | None = None,
        size: int | None = None,
        by_bot: bool = False,
    ) -> StoredFile:
        """Keep a file. `size`: what is told of it, where that is not the truth."""
        self._count += 1
        folder, ending = FOLDERS[kind]
        unique = base64.urlsafe_b64encode(self._rng.randbytes(9)).decode()
        path = f"{folder}/file_{self._count}{ending or _ending(name)}"
        told = len(data) if size is None else size
        mime = mime or MIMES.get(kind, "application/octet-stream")
        file = StoredFile(f"AgAC{unique}AAI{self._count}", unique, kind, data, mime, name, told, path, by_bot)
        self._by_id[file.id] = self._by_id[file.id + "s"] = self._by_path[path] = file
        while len(self._by_path) > MOST_FILES:
            old = self._by_path.pop(next(iter(self._by_path)))
            self._by_id.pop(old.id, None)
            self._by_id.pop(old.id + "s", None)
        return file

    def forget(self, file: StoredFile) -> None:
        """From now on nobody knows its id."""
        self._by_id.pop(file.id, None)
        self._by_id.pop(file.id + "s", None)

    def given(self, kind: str, parameters: Parameters, name: str | None = None) -> StoredFile:
        """The file that a send carries: uploaded, known by its id, or fetched. Raises Refusal."""
        field = name or kind
        part = parameters.files.get(field)
        if part is not None:
            return self._uploaded(kind, part)
        value = parameters.text(field)
        if value.startswith("attach://"):
            part = parameters.files.get(value.removeprefix("attach://"))
            return self._uploaded(kind, part) if part is not None else bad("file is not attached")
        if not value:
            bad(f"there is no {field.replace('_', ' ')} in the request")
        if "://" in value:
            return self._fetched(kind, value)
        file = self._by_id.get(value)
        if file is None:
            bad("wrong file identifier/HTTP URL specified")
        if file.kind != kind and not {file.kind, kind} <= {"document", "animation"}:
            bad(f"can't use file of type {file.kind.capitalize()} as {kind.capitalize()}")
        file.sends += 1
        return file

    def locate(self, parameters: Parameters) -> Json:
        """getFile."""
        file = self._by_id.get(parameters.text("file_id"))
        if file is None:
            bad("wrong file_id or the file is temporarily unavailable")
        if file.size > DOWNLOAD_LIMIT:
            bad("file is too big")
        file.link_until = self._now() + self._behaviour().file_link_lives
        told = {"file_id": file.id, "file_unique_id": file.unique_id}
        return {**told, "file_size": file.size, "file_path": file.path}

    def download(self, path: str) -> Reply:
        """The bytes, as long as the link holds."""
        file = self._by_path.get(path)
        if file is None or self._now() >= file.link_until:
            return Reply.json(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        file.downloads += 1
        return Reply(200, file.data, "application/octet-stream")

    def _uploaded(self, kind: str, part: Part) -> StoredFile:
        if len(part.data) > UPLOAD_LIMIT:
            raise Refusal(413, "Request Entity Too Large")
        if not part.data:
            bad("file must be non-empty")
        return self._usable(kind, part.data, part.content_type, part.filename, PHOTO_LIMIT)

    def _fetched(self, kind: str, link: str) -> StoredFile:
        self.link_fetches.append(link)
        data = self.links.get(link)
        if data is None:
            bad("failed to get HTTP URL content")
        if len(data) > LINK_LIMIT:
            bad("failed to get HTTP URL content")
        return self._usable(kind, data, None, link.rpartition("/")[2], PHOTO_LINK_LIMIT)

    def _usable(self, kind: str, data: bytes, mime: str | None, name: str | None, photo_limit: int) -> StoredFile:
        if kind == "photo":
            if len(data) > photo_limit:
                bad(f"file of size {len(data)} bytes is too big for a photo; the maximum size is {photo_limit} bytes")
            if not data.startswith(PICTURES):
                bad("IMAGE_PROCESS_FAILED")
        if kind == "voice" and not data.startswith(SPOKEN):
            kind = "document"  # Telegram takes it, as what it is
        return self.put(kind, data, mime=mime, name=name, by_bot=True)


def _ending(name: str | None) -> str:
    stem, dot, ending = (name or "").rpartition(".")
    return f".{ending}" if dot and stem and ending.isalnum() and len(ending) <= 8 else ""
