"""What WAHA's answers mean: to a send, and to a question.

Source: WAHA's documentation and its source (session checks before a send), read 2026.
"""

from __future__ import annotations

import msgspec

from turnkeeper.channels.answers import unanswered
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.json_values import Item, listing, mapping, read_object, text
from turnkeeper.channels.waha.config import WahaConfig
from turnkeeper.channels.waha.ids import MessageId, read_message_id
from turnkeeper.channels.waha.sessions import NO_SESSION, WORKING, session_status
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown

_DEAD_KEY = "WAHA refuses the API key"


def outcome_of(reply: HttpReply, config: WahaConfig) -> Outcome:
    """What became of a message."""
    if (silence := unanswered(reply, "WAHA")) is not None:
        return silence
    if 200 <= reply.status < 300:
        sent = sent_id(reply)
        return Accepted(sent.key) if sent else Unknown("WAHA's answer names no message")
    return refused(reply, config) or Unknown(f"WAHA had a fault: {words_of(reply, config)}")


def sent_id(reply: HttpReply) -> MessageId | None:
    """The id of what was sent; each engine answers with its own library's object."""
    body = read_object(reply.body) or {}
    data = mapping(body.get("_data")) or {}
    for told in (body.get("id"), body.get("key"), data.get("id"), data.get("key"), data.get("Info")):
        if (found := read_message_id(told)) is not None:
            return found
    return None


def refused(reply: HttpReply, config: WahaConfig) -> NotSent | Rejected | None:
    """Why WAHA did not do what it was asked; None for a fault, after which it may have."""
    code, told = f"http_{reply.status}", words_of(reply, config)
    if reply.status in (401, 403):
        return Rejected(code, f"{_DEAD_KEY}: {told}", "stop_channel")
    if reply.status == 422:
        return _unprocessable(reply, config, told)
    if reply.status == 429:
        return NotSent("too many calls", 60.0, None, "number", code)
    if reply.status == 503:
        return NotSent(f"WAHA is not ready: {told}", code=code)
    if reply.status in (404, 405) or 300 <= reply.status < 400:
        return Rejected(code, f"no such call at WAHA ({told}): is base_url right?", "operator")
    if 400 <= reply.status < 500 and reply.status != 408:
        return Rejected(code, f"WAHA does not accept this message: {told}")
    return None


def _unprocessable(reply: HttpReply, config: WahaConfig, told: str) -> NotSent | Rejected:
    """A session that is not there, or not working, or something that the engine cannot do."""
    body = read_object(reply.body) or {}
    status = text(body.get("status"))
    if status and status != WORKING and ("expected" in body or "session" in body):
        state = session_status(status, config.session, config.base_url)
        return NotSent(state.mend, scope="session", code=state.status)
    if "does not exist" in told and "ession" in told:
        state = session_status(NO_SESSION, config.session, config.base_url)
        return NotSent(state.mend, scope="session", code=state.status)
    return Rejected("not_supported", f"WAHA's engine cannot do this: {told}")


def words_of(reply: HttpReply, config: WahaConfig) -> str:
    """WAHA's own words, without our secrets."""
    body = read_object(reply.body) or {}
    exception = mapping(body.get("exception")) or {}
    told = [_text(body.get("message")), _text(body.get("error")), _text(exception.get("message"))]
    said = ": ".join(dict.fromkeys(each for each in told if each))
    return config.redacted(f"{reply.status} {said}".strip())


def _text(value: object) -> str:
    several = listing(value)
    return "; ".join(filter(None, map(text, several))) if several is not None else text(value) or ""


def objects(reply: HttpReply) -> list[Item] | None:
    """The objects of an answer that is a list; None for anything else."""
    try:
        found = listing(msgspec.json.decode(reply.body))
    except (ValueError, RecursionError):
        return None
    return None if found is None else [each for each in found if isinstance(each, dict)]
