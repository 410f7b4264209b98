"""Links to a file that anybody may follow who has one, until they expire. Pure: the secret and the time are given.

A token is `workspace.key.expiry.signature`; the signature is an HMAC-SHA256 over the rest.
"""

from __future__ import annotations

import hmac
from base64 import urlsafe_b64encode
from urllib.parse import quote

from turnkeeper.media.base import Place
from turnkeeper.model.errors import MediaError

PATH = "/media/"
LONGEST = 7 * 86_400.0
"""Seconds that a link may be good for."""


class LinkForged(MediaError):
    """Not a link that we made."""


class LinkExpired(MediaError):
    """It was good once."""


def token_for(secret: bytes, place: Place, expires_at: float) -> str:
    """The token of a link that is good until `expires_at`."""
    said = f"{place.workspace_id}.{place.key}.{int(expires_at)}"
    return f"{said}.{_signature(secret, said)}"


def path_of(token: str, filename: str = "") -> str:
    """The path of a link. A name may end it, which is for readers alone."""
    return f"{PATH}{token}/{quote(filename, safe='')}" if filename else PATH + token


def read_path(path: str) -> str:
    """The token of a path."""
    return path.removeprefix(PATH).partition("/")[0]


def read_token(secret: bytes, token: str, now: float) -> Place:
    """The file that a token stands for; raises LinkForged, LinkExpired."""
    said, _, signature = token.rpartition(".")
    if not hmac.compare_digest(signature.encode("utf-8", "replace"), _signature(secret, said).encode()):
        raise LinkForged("the link was not made here")
    workspace_id, key, expires_at = said.rsplit(".", 2)
    if int(expires_at) <= now:
        raise LinkExpired("the link has expired")
    return Place(workspace_id, key)


def _signature(secret: bytes, said: str) -> str:
    digest = hmac.digest(secret, f"media:{said}".encode("utf-8", "replace"), "sha256")
    return urlsafe_b64encode(digest).rstrip(b"=").decode()
