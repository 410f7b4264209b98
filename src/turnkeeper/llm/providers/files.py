"""Attached files: bytes for a model that takes them and as much as there is room for."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic_ai.messages import BinaryContent

from turnkeeper.llm.base import ReadFile
from turnkeeper.llm.providers.takes import LARGEST_IMAGE, LARGEST_TOGETHER, Takes
from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.llm import Attached, ChatMessage, Said


def chosen(messages: Sequence[ChatMessage], takes: Takes) -> list[Attached]:
    """The person's files that are sent as they are: the newest first, as long as there is room."""
    found: list[Attached] = []
    room = LARGEST_TOGETHER
    for message in reversed(messages):
        if not isinstance(message, Said) or message.role != "user":
            continue
        for file in message.files:
            if takes.file(file) and file.size <= room and file not in found:
                room -= file.size
                found.append(file)
    return found


async def fetched(files: Sequence[Attached], read: ReadFile) -> dict[Attached, BinaryContent]:
    """The bytes of each that can still be had and is as small as it was said to be."""
    found: dict[Attached, BinaryContent] = {}
    for file in files:
        try:
            data = await read(file)
        except (TurnkeeperError, OSError):
            continue
        if data and len(data) <= max(file.size, LARGEST_IMAGE):
            found[file] = BinaryContent(data, media_type=file.mime)
    return found
