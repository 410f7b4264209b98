"""What the states of a WAHA session mean, and what the operator does about them.

Source: WAHA's documentation of sessions, read 2026.
"""

from __future__ import annotations

import re

from turnkeeper.model.events import SessionStatus

_STATUS = re.compile(r"[A-Z_]{1,40}")
WORKING = "WORKING"
NO_SESSION = "NO_SESSION"
"""Our own word: the server knows no session of that name."""
_LOG_IN = "Log in: open WAHA's dashboard ({base}/dashboard) and scan the QR code of session {name} with the phone."
_PASSKEY = (
    "Confirm the passkey of session {name}: open WAHA's dashboard ({base}/dashboard) and follow it to web.whatsapp.com."
)
_RESTART = (
    "Restart session {name} in WAHA's dashboard ({base}/dashboard); if it fails again, log it out, start it and scan "
    "the QR code."
)
_MENDS = {
    NO_SESSION: "Make session {name} in WAHA's dashboard ({base}/dashboard), or set session to the name of one.",
    "STOPPED": "Start session {name} in WAHA's dashboard ({base}/dashboard).",
    "STARTING": "Wait: session {name} is starting.",
    "SCAN_QR_CODE": _LOG_IN,
    "PASSKEY_REQUIRED": _PASSKEY,
    "PASSKEY_CONFIRMATION_REQUIRED": _PASSKEY,
    "FAILED": _RESTART,
}


def session_status(status: str, name: str, base_url: str, at: int | None = None) -> SessionStatus:
    """A state, with what it asks of the operator; one that nobody knows asks to be looked at."""
    status = status if _STATUS.fullmatch(status) else "UNKNOWN"
    mend = _MENDS.get(status, "Look at session {name} in WAHA's dashboard ({base}/dashboard).")
    told = "" if status == WORKING else mend.format(name=name, base=base_url.rstrip("/"))
    return SessionStatus(status=status, works=status == WORKING, account_id=name, timestamp=at, mend=told)
