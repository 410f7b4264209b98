"""Files of the Cloud API: where one can be had, and giving it one.

Source: Meta's media reference, read 2026. An address is good for 5 minutes and wants the token; what a webhook
brought is kept 7 days, an upload 30.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from typing import Final
from urllib.parse import SplitResult, quote, urlsplit

from turnkeeper.channels.answers import askable
from turnkeeper.channels.base import Calls, Fetched, HttpCall, HttpReply, Located, Multipart, Upload, Uploaded
from turnkeeper.channels.json_values import read_object, text, whole
from turnkeeper.channels.whatsapp_cloud.errors import outcome_of
from turnkeeper.model.events import Media
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import NotSent, Rejected

UPLOAD_VALID: Final = 29 * 86_400.0
"""Seconds; a day less than Meta says."""
STALE: Final = frozenset({"100", "131053"})
"""100 is told of any parameter that will not do, among them an id that is another number's or was deleted."""
_HOSTS = (".fbsbx.com", ".facebook.com", ".fbcdn.net", ".whatsapp.net", ".whatsapp.com")
"""Where Meta keeps files: nobody else is shown the token."""


def fetch(media: Media, node_url: str, headers: Mapping[str, str], secret: str) -> Calls[Fetched]:
    """Ask where the file is; `node_url` is the address of a node without its id."""
    if not media.id:
        return Rejected("no_media_id", "the message names no file")
    reply = yield HttpCall("GET", node_url + quote(media.id, safe=""), headers)
    found = read_object(reply.body) if 200 <= reply.status < 300 else None
    url = text(found.get("url")) if found else None
    if found is None or url is None:
        return _refused(reply, secret)
    known = _same_host(url, node_url) or (_parts(url).hostname or "").endswith(_HOSTS)
    return Located(
        url,
        headers if known else {},
        text(found.get("mime_type")) or media.mime,
        whole(found.get("file_size"), 2**53),
        hex_of(text(found.get("sha256")) or media.sha256),
        trusted=_same_host(url, node_url),
    )


def upload(file: KeptFile, url: str, headers: Mapping[str, str], secret: str) -> Calls[Upload]:
    """Upload a file."""
    ending = file.filename.rpartition(".")[2]
    name = f"{file.key[:16]}.{ending}" if ending.isascii() and ending.isalnum() else file.key[:16]
    form = Multipart(file.key, file.size, file.mime, name, {"messaging_product": "whatsapp", "type": file.mime})
    reply = yield HttpCall("POST", url, headers, multipart=form)
    found = read_object(reply.body) if 200 <= reply.status < 300 else None
    media_id = text(found.get("id")) if found else None
    return Uploaded(media_id, UPLOAD_VALID) if media_id else _refused(reply, secret)


def withdraw(media_id: str, node_url: str, headers: Mapping[str, str], secret: str) -> Calls[NotSent | Rejected | None]:
    """Delete a file; one that Meta does not have (any more) is refused."""
    reply = yield HttpCall("DELETE", node_url + quote(media_id, safe=""), headers)
    found = read_object(reply.body) if 200 <= reply.status < 300 else None
    return None if found is not None and found.get("success") is True else _refused(reply, secret)


def _refused(reply: HttpReply, secret: str) -> NotSent | Rejected:
    """Nothing reaches a person here, so what is unknown may be tried again."""
    return askable(outcome_of(reply, 1, secret), "Meta's answer could not be understood")


def _same_host(url: str, other: str) -> bool:
    one, two = _parts(url), _parts(other)
    return (one.scheme, one.netloc) == (two.scheme, two.netloc)


def _parts(url: str) -> SplitResult:
    """Nobody's where it is no address at all: whoever calls it finds out."""
    try:
        return urlsplit(url)
    except ValueError:
        return urlsplit("")


def hex_of(digest: str | None) -> str | None:
    """A SHA-256 as Meta writes it, in base64 or in hex; None for anything else."""
    if not digest:
        return None
    try:
        raw = bytes.fromhex(digest) if len(digest) == 64 else base64.b64decode(digest, validate=True)
    except (ValueError, binascii.Error):
        return None
    return raw.hex() if len(raw) == 32 else None
