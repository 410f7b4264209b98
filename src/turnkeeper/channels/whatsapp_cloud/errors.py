"""What the Cloud API's answer to a send means. Decided by `error.code`, not by HTTP status.

Source: Meta's error code reference, read 2026.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from turnkeeper.channels.answers import unanswered
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, read_object, text, whole
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Remedy, Unknown

LONGEST_WAIT = 3600.0
"""Seconds."""


@dataclass(frozen=True, slots=True)
class Later:
    """Send it again after `after` seconds (None: usual backoff), `growth` times longer each try."""

    reason: str
    after: float | None = None
    growth: float = 1.0
    limit: int | None = None
    scope: Literal["message", "pair", "number"] = "message"


@dataclass(frozen=True, slots=True)
class Never:
    """Sending it again changes nothing; `remedy` does."""

    reason: str
    remedy: Remedy = "give_up"


Fate = Later | Never

_DEAD_TOKEN = Never("the access token is no longer valid", "stop_channel")
_NO_PERMISSION = Never("the access token lacks a permission", "stop_channel")
_FAULT = Later("Meta had a fault of its own", limit=4)
_QUOTA = Later("the account's call limit is reached", after=600.0, scope="number")
_MAINTENANCE = Later("Meta is working on this number", 60.0, growth=2.0, scope="number")
_BAD_REQUEST = Never("Meta does not accept this message")
_LOCKED = Never("the account is locked or restricted", "stop_channel")
_NOT_READY = Never("the account may not send: display name, billing or registration", "stop_channel")
_TEMPLATE_STOPPED = Never("Meta has stopped this template", "operator")
_TEMPLATE_WRONG = Never("the template's parameters do not fit it")
_TEMPLATE_GONE = Never("the template is missing, paused or disabled: choose another", "operator")
_REGISTRATION = Never("the number's registration or PIN needs an operator", "operator")
_LOST = Never("the number keeps no messages and the time for this one has passed")
_CALLING = Never("a matter of calls, not of messages")

ERRORS: dict[int, Fate] = {
    **dict.fromkeys((0, 190), _DEAD_TOKEN),
    **dict.fromkeys((3, 10, *range(200, 300), 131005), _NO_PERMISSION),
    **dict.fromkeys((1, 2, 131000, 131016, 133004), _FAULT),
    **dict.fromkeys((4, 80007), _QUOTA),
    130429: Later("the number sends too fast", 5.0, growth=2.0, scope="number"),
    131056: Later("too many messages to this person in a short time", 1.0, growth=4.0, scope="pair"),
    131048: Later("Meta limits this number because of spam reports", LONGEST_WAIT, scope="number"),
    **dict.fromkeys((131057, 2494100), _MAINTENANCE),
    **dict.fromkeys((33, 100, 131008, 131009, 131021, 135000, 131051), _BAD_REQUEST),
    131026: Never("not deliverable: no WhatsApp, terms not accepted, or too old an app"),
    131030: Never("the recipient is not in the test number's list"),
    131047: Never("the 24-hour window is closed: only a template may be sent", "use_template"),
    131049: Never("Meta held it back to keep the number of messages healthy: not before 24 hours"),
    131050: Never("the person stopped marketing messages", "never_again"),
    130472: Never("the person is in an experiment of Meta's and gets no such message"),
    131052: Never("the person's media could not be downloaded: ask for it again"),
    131053: Never("our media was refused: its type or size does not fit"),
    **dict.fromkeys((131031, 368, 130497), _LOCKED),
    **dict.fromkeys((131037, 131042, 131044, 131045), _NOT_READY),
    131062: Never("this message needs a phone number", "use_other_address"),
    **dict.fromkeys((131063, 131064), _TEMPLATE_STOPPED),
    **dict.fromkeys((132000, 132005, 132008, 132012, 132018), _TEMPLATE_WRONG),
    **dict.fromkeys((132001, 132007, 132015, 132016, 132068, 132069), _TEMPLATE_GONE),
    **dict.fromkeys((133000, 133005, 133006, 133008, 133009, 133015, 133016), _REGISTRATION),
    133010: Never("the number is not registered with the Cloud API", "stop_channel"),
    137000: Never("the person's identity changed: confirm it before sending", "operator"),
    **dict.fromkeys((131035, 131036), _LOST),
    **dict.fromkeys((613, *range(138000, 139000)), _CALLING),
}


def outcome_of(reply: HttpReply, tries: int, secret: str) -> Outcome:
    """What became of a message; `tries` counts from 1; `secret` is kept out of every reason."""
    if (silence := unanswered(reply, "Meta")) is not None:
        return silence
    body = read_object(reply.body)
    error = mapping(body.get("error")) if body else None
    if error is not None:
        return _refused(error, reply.status, tries, secret)
    if 200 <= reply.status < 300:
        messages = listing(body.get("messages")) if body else None
        first = mapping(messages[0]) if messages else None
        sent_id = external_id(first.get("id")) if first else None
        return Accepted(sent_id) if sent_id else Unknown("Meta's answer names no message")
    return _without_error_body(reply.status)


def describe(error: Item, secret: str) -> str:
    """Meta's own words for an error, without our secret."""
    data = mapping(error.get("error_data")) or {}
    parts = (text(error.get("message")), text(data.get("details")))
    told = ": ".join(dict.fromkeys(part for part in parts if part))
    return (told.replace(secret, "(token)") if secret else told)[:300]


def _refused(error: Item, status: int, tries: int, secret: str) -> Outcome:
    code = whole(error.get("code"), 2**31)
    subcode = whole(error.get("error_subcode"), 2**31)
    fate = None if code is None else ERRORS.get(code)
    if fate is None and subcode is not None:
        fate = ERRORS.get(subcode)
    if fate is None:
        fate = _fate_by_status(status)
    shown = str(status if code is None else code)
    reason = f"{fate.reason} ({shown} {describe(error, secret)})"
    if isinstance(fate, Never):
        return Rejected(shown, reason, fate.remedy)
    return NotSent(reason, _wait(fate, tries), fate.limit, fate.scope, shown)


def _wait(fate: Later, tries: int) -> float | None:
    if fate.after is None:
        return None
    return min(fate.after * fate.growth ** min(max(tries, 1) - 1, 20), LONGEST_WAIT)


def _fate_by_status(status: int) -> Fate:
    """A code that we do not know. Meta says that it refused, so nothing was sent."""
    if status == 401:
        return _DEAD_TOKEN
    if status == 429:
        return _QUOTA
    return _FAULT if status >= 500 else _BAD_REQUEST


def _without_error_body(status: int) -> Outcome:
    """An answer that is not the Graph API's own: perhaps of something in between."""
    code = f"http_{status}"
    if status == 401:
        return Rejected(code, _DEAD_TOKEN.reason, "stop_channel")
    if status == 429:
        return NotSent("too many calls", 60.0, None, "number", code)
    if 300 <= status < 500 and status != 408:
        return Rejected(code, f"HTTP {status} without Meta's error: is api_base right?", "operator")
    return Unknown(f"HTTP {status} without Meta's error")
