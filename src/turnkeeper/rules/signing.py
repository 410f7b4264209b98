"""Signatures between this server and others: HMAC-SHA256 over the time and the body, so that neither can be changed.

The header is `t=<unix seconds>,v1=<hex>`; while a secret is being changed it may hold several `v1`.
"""

from __future__ import annotations

import hmac

HEADER = "X-Turnkeeper-Signature"
REACH = 300.0
"""Seconds for which a signature holds, either way: clocks differ."""
_MOST_PARTS = 10


def signature(secret: str, body: bytes, at: float) -> str:
    """The header's value for a body that is sent at an instant."""
    moment = str(int(at))
    return f"t={moment},v1={_digest(secret, moment, body)}"


def is_proven(header: str, secret: str, body: bytes, now: float) -> bool:
    """Whether whoever made the header knows the secret and meant this body, not too long ago."""
    parts = [part.strip().partition("=") for part in header.split(",", _MOST_PARTS)][:_MOST_PARTS]
    moments = [value for name, _, value in parts if name == "t"]
    given = [value for name, _, value in parts if name == "v1"]
    if len(moments) != 1 or not moments[0].isascii() or not moments[0].isdigit() or len(moments[0]) > 12:
        return False
    wanted = _digest(secret, moments[0], body)
    found = False
    for each in given:
        found |= hmac.compare_digest(each.encode("utf-8", "replace"), wanted.encode())
    return found and abs(now - int(moments[0])) <= REACH


def _digest(secret: str, moment: str, body: bytes) -> str:
    return hmac.digest(secret.encode(), moment.encode() + b"." + body, "sha256").hex()
