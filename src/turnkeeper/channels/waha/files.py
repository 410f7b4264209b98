"""Files that people sent: where WAHA has one. Only the configured server is ever asked.

Source: WAHA's documentation of files, read 2026. WAHA writes its own idea of its address into a file's, and deletes
files (after 180 s, where nothing else is set): then, or where it fetched none, the message is asked for once more.
"""

from __future__ import annotations

from urllib.parse import quote, unquote, urlsplit

from turnkeeper.channels.base import Calls, Fetched, HttpCall, Located
from turnkeeper.channels.json_values import mapping, read_object, text
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.ids import MessageId, read_message_id
from turnkeeper.channels.waha.outcomes import refused, words_of
from turnkeeper.model.events import Media
from turnkeeper.model.outbound import NotSent, Rejected

_FILES = "/api/files/"


def fetch(media: Media, config: WahaConfig) -> Calls[Fetched]:
    """Find out where a file can be had."""
    url = at_home(media.url, config)
    if url is not None:
        there = yield HttpCall("GET", url, config.headers() | {"range": "bytes=0-0"}, timeout=5.0)
        if there.failure == "not_connected":
            return NotSent("could not connect to WAHA", code="not_connected")
        if there.failure is not None or 200 <= there.status < 300 or there.status == 416:
            return _located(url, media.mime, config)
    message_id = read_message_id(media.id) or _named_in(media.url)
    if message_id is None or message_id.chat is None:
        return Rejected("gone", "WAHA does not have the file any more")
    return (yield from _ask_again(message_id, media, config))


def _ask_again(message_id: MessageId, media: Media, config: WahaConfig) -> Calls[Fetched]:
    path = f"messages/{quote(message_id.whole, safe='')}?downloadMedia=true"
    reply = yield config.get(config.at_chat(message_id.chat or "", path))
    found = read_object(reply.body) if 200 <= reply.status < 300 else None
    if found is None:
        if reply.status == 404:
            return Rejected("gone", "WAHA does not know the message any more")
        said = refused(reply, config) if not reply.failure else None
        return said or NotSent(f"WAHA did not give the file: {reply.failure or words_of(reply, config)}", limit=4)
    part = mapping(found.get("media")) or {}
    url = at_home(text(part.get("url")), config)
    if url is None:
        why = config.redacted(text(part.get("error")) or "it does not say why")
        return Rejected("gone", f"WAHA did not download the file: {why}")
    return _located(url, text(part.get("mimetype")) or media.mime, config)


def _located(url: str, mime: str | None, config: WahaConfig) -> Located:
    return Located(url, config.headers(), mime, trusted=True)


def at_home(url: str | None, config: WahaConfig) -> str | None:
    """The address of a file at the configured server, whatever host was named; None for what is no file of WAHA's."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    _, found, name = parts.path.partition(_FILES)
    if not found or not name or any(step in ("", ".", "..") for step in unquote(name).split("/")):
        return None
    query = f"?{parts.query}" if parts.query else ""
    return f"{config.base_url.rstrip('/')}{_FILES}{quote(unquote(name), safe='/@')}{query}"


def _named_in(url: str | None) -> MessageId | None:
    """WAHA names files after their messages."""
    try:
        last = unquote(urlsplit(url or "").path).rpartition("/")[2]
    except ValueError:
        return None
    return read_message_id(last.rpartition(".")[0])
