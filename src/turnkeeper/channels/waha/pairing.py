"""Logging a session in: the QR code that the owner's phone scans, or the code that is typed into it.

Source: WAHA's documentation of sessions and of QR and pairing codes, read 2026. A code lives 20 to 60 s, six of them in
all; then the session has failed, and is restarted for more.
"""

from __future__ import annotations

import re

from turnkeeper.channels.answers import unreachable
from turnkeeper.channels.base import Calls, HttpCall, HttpReply, Pairing
from turnkeeper.channels.json_values import Item, mapping, read_object, text
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.outcomes import words_of
from turnkeeper.channels.waha.sessions import NO_SESSION, WORKING, session_status

_SCAN = "SCAN_QR_CODE"
_TO_START = {"STOPPED": "start", "FAILED": "restart"}
_MIME = re.compile(r"image/(png|jpeg|webp)")
_BASE64 = re.compile(r"[A-Za-z0-9+/]{1,200000}={0,2}")
_CODE = re.compile(r"[A-Za-z0-9-]{4,20}")
_WAIT = 20.0


def pair(config: WahaConfig) -> Calls[Pairing]:
    """One look: a session that stands still is started, one that waits for its phone gives the code to scan."""
    reply = yield config.get(f"api/sessions/{config.session}", _WAIT)
    body = None if reply.failure else read_object(reply.body)
    if body is None:
        found = unreachable(reply, "WAHA", "Check base_url, and that the server can reach it.", "server")
        return Pairing("UNREACHABLE", mend=f"{found.detail}. {found.mend}")
    if reply.status == 404:
        made = yield _call("sessions", {"name": config.session, "start": True}, config)
        return _after(made, NO_SESSION, config)
    if not 200 <= reply.status < 300:
        return Pairing("REFUSED", mend=f"WAHA answers: {words_of(reply, config)}")
    status = text(body.get("status")) or "UNKNOWN"
    if status in _TO_START:
        started = yield _call(f"sessions/{config.session}/{_TO_START[status]}", {}, config)
        return _after(started, status, config)
    if status == _SCAN:
        return (yield from _code(config))
    return _told(status, config, _account(body))


def _code(config: WahaConfig) -> Calls[Pairing]:
    call = HttpCall("GET", config.url(config.at_session("auth/qr")), config.headers() | {"accept": "application/json"})
    reply = yield call
    body = (None if reply.failure else read_object(reply.body)) or {}
    mime, data = text(body.get("mimetype")) or "", text(body.get("data")) or ""
    if not 200 <= reply.status < 300 or not _MIME.fullmatch(mime) or not _BASE64.fullmatch(data):
        return _told(_SCAN, config)  # it has just changed: the next look finds out
    return Pairing(_SCAN, qr=f"data:{mime};base64,{data}")


def pairing_code(phone: str, config: WahaConfig) -> Calls[Pairing]:
    """Ask for a code that is typed into the phone with this number; not every engine can."""
    reply = yield _call(config.at_session("auth/request-code").removeprefix("api/"), {"phoneNumber": phone}, config)
    body = (None if reply.failure else read_object(reply.body)) or {}
    code = text(body.get("code")) or ""
    if 200 <= reply.status < 300 and _CODE.fullmatch(code):
        return Pairing(_SCAN, code=code)
    told = words_of(reply, config) if not reply.failure else "no answer"
    return Pairing(_SCAN, mend=f"WAHA gives no code for this number ({told}): scan the QR code.")


def _call(path: str, body: dict[str, object], config: WahaConfig) -> HttpCall:
    return HttpCall("POST", config.url(f"api/{path}"), config.headers(), body, _WAIT)


def _after(reply: HttpReply, before: str, config: WahaConfig) -> Pairing:
    """What a start or a restart led to."""
    body = (None if reply.failure else read_object(reply.body)) or {}
    if not reply.failure and 200 <= reply.status < 300:
        return _told(text(body.get("status")) or "STARTING", config)
    told = words_of(reply, config) if not reply.failure else "no answer"
    state = session_status(before, config.session, config.base_url)
    return Pairing(before, mend=f"WAHA does not start the session ({told}). {state.mend}")


def _told(status: str, config: WahaConfig, account: str = "") -> Pairing:
    state = session_status(status, config.session, config.base_url)
    works = state.status == WORKING
    return Pairing(state.status, works=works, account=account, mend="" if works or status in _WAITS else state.mend)


_WAITS = (_SCAN, "STARTING")


def _account(body: Item) -> str:
    me = mapping(body.get("me")) or {}
    phone = (text(me.get("id")) or "").partition("@")[0]
    name = text(me.get("pushName")) or ""
    return " ".join(filter(None, (name, f"+{phone}" if phone.isdigit() else "")))
