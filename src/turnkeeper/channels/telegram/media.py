"""Files that people send: where one can be had. The address holds the token, and is good for an hour.

Source: core.telegram.org/bots/api (getFile), read 2026: up to 20 MB.
"""

from __future__ import annotations

from urllib.parse import quote

from turnkeeper.channels.answers import askable
from turnkeeper.channels.base import Calls, Fetched, Located
from turnkeeper.channels.json_values import text, whole
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.channels.telegram.limits import DOWNLOAD
from turnkeeper.channels.telegram.outcomes import Answer, outcome_of
from turnkeeper.model.events import Media
from turnkeeper.model.outbound import Rejected

_TOO_LARGE = Rejected("too_large", "a bot can fetch no file larger than 20 MB")


def fetch(media: Media, config: TelegramConfig) -> Calls[Fetched]:
    """Ask where the file is."""
    if not media.id:
        return Rejected("no_media_id", "the message names no file")
    if media.size is not None and media.size > DOWNLOAD:
        return _TOO_LARGE
    answer = Answer((yield config.call("getFile", {"file_id": media.id})))
    path = text(answer.result.get("file_path")) if answer.ok else None
    if path:
        size = whole(answer.result.get("file_size"), 2**53)
        url = config.file_url(quote(path, safe="/"))
        return Located(url, mime=media.mime, size=size, trusted=True)
    if answer.refused and "too big" in answer.words:
        return _TOO_LARGE
    return askable(outcome_of(answer, config.secrets), "Telegram's answer names no file")
