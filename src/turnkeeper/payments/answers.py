"""Reading what providers write: JSON that is believed only where it fits, and what an answer without success means."""

from __future__ import annotations

import hmac
import math
from collections.abc import Callable
from hashlib import sha256
from typing import Any

import msgspec
from msgspec.structs import replace

from turnkeeper.model.http import Calls, HttpReply
from turnkeeper.model.payments import Money, PaymentFound
from turnkeeper.payments.base import Missing, NotDone, NotThisProvider, Refused, Trouble, Unsure

Item = dict[str, Any]
"""A JSON object whose fields may hold anything."""
_LONGEST_ID = 255
_LONGEST_REASON = 300
_LONGEST_ADDRESS = 2048
_MOST = 10**15
_LATEST = 10**11
_LONGEST_WAIT = 3600.0


def body_object(body: bytes) -> Item:
    """The JSON object of a webhook; raises NotThisProvider."""
    found = read_object(body)
    if found is None:
        raise NotThisProvider("the body is no JSON object")
    return found


def read_object(body: bytes) -> Item | None:
    """A JSON object; None for anything else."""
    try:
        return mapping(msgspec.json.decode(body))
    except (ValueError, RecursionError):
        return None


def mapping(value: object) -> Item | None:
    """An object."""
    return value if isinstance(value, dict) else None


def inner(value: object, *path: str) -> Item:
    """The object at the end of a path of keys; an empty one where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, dict) else {}


def items(value: object) -> list[Item]:
    """The objects of an array."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


def an_id(value: object) -> str | None:
    """An id: not empty, not absurdly long, nothing that a database refuses."""
    if not isinstance(value, str) or not 0 < len(value) <= _LONGEST_ID:
        return None
    return value if value.isprintable() else None


def address(value: object) -> str | None:
    """Where somebody pays: an address of the web, which may be long."""
    if not isinstance(value, str) or len(value) > _LONGEST_ADDRESS or not value.isprintable():
        return None
    return value if value.startswith(("https://", "http://")) else None


def words(value: object) -> str | None:
    """Others' words, short and in one line."""
    if not isinstance(value, str):
        return None
    return "".join(each if each.isprintable() else " " for each in value[:_LONGEST_REASON]).strip() or None


def whole(value: object) -> int | None:
    """An amount: a whole number that is not below nothing."""
    return value if type(value) is int and 0 <= value < _MOST else None


def instant(value: object) -> float | None:
    """Unix seconds; None for 0, which stands for never."""
    return float(value) if type(value) is int and 0 < value < _LATEST else None


def money(amount: object, currency: object) -> Money | None:
    """An amount and its currency, in capitals."""
    count = whole(amount)
    if count is None or not isinstance(currency, str) or not (currency.isascii() and currency.isalpha()):
        return None
    return Money(count, currency.upper()) if len(currency) == 3 else None


def signed(secret: str, message: bytes) -> str:
    """HMAC-SHA256 in hex."""
    return hmac.new(secret.encode(), message, sha256).hexdigest()


def same(given: str, expected: str) -> bool:
    """Compared in constant time."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), expected.encode())


def unanswered(reply: HttpReply) -> NotDone | Unsure | None:
    """What a call came to that got no answer, or an error of the provider's own; None: read the answer."""
    if reply.failure == "not_connected":
        return NotDone("no connection", code="not_connected")
    if reply.failure:
        return Unsure("it did not answer in time")
    if reply.status >= 500:
        return Unsure(f"HTTP {reply.status}")
    if not (200 <= reply.status < 300 or 400 <= reply.status < 500):  # a proxy's, not the provider's
        return Unsure(f"HTTP {reply.status}")
    return None


def refused(reply: HttpReply, code: str, said: str) -> NotDone | Refused:
    """What an answer of status 4xx comes to. `code` and `said` are the provider's."""
    reason = f"HTTP {reply.status}: {said or 'it says no more'}"
    if reply.status in (401, 403):
        return Refused(code or str(reply.status), reason, "operator")
    if reply.status in (409, 424, 425, 429):
        return NotDone(reason, retry_after(reply), code or str(reply.status))
    if reply.status == 404:
        return Refused(code or "404", reason, "give_up")
    return Refused(code or str(reply.status), reason, "author")


def retry_after(reply: HttpReply) -> float | None:
    """The seconds of a Retry-After header, an hour at most; None where it says none."""
    try:
        seconds = float(reply.headers.get("retry-after", ""))
    except ValueError:
        return None
    return min(seconds, _LONGEST_WAIT) if math.isfinite(seconds) and seconds >= 0 else None


def asked_later(trouble: NotDone | Unsure) -> NotDone:
    """The same of a question: asking changes nothing, so it may be asked again."""
    return NotDone(trouble.reason) if isinstance(trouble, Unsure) else trouble


def after_expiring(
    reply: HttpReply,
    read: Callable[[Item], PaymentFound | None],
    asked: Calls[PaymentFound | Missing | NotDone | Refused],
    refusal: Callable[[HttpReply], NotDone | Refused],
) -> Calls[PaymentFound | Trouble]:
    """What the answer comes to of a link that was told to end. A 400 means that it ended before: how, is asked."""
    if (trouble := unanswered(reply)) is not None:
        return trouble
    if reply.status == 200:
        return read(read_object(reply.body) or {}) or Unsure("the answer is no link of a payment")
    if reply.status != 400:
        return refusal(reply)
    now = yield from asked
    if isinstance(now, Missing) or (isinstance(now, PaymentFound) and now.news == "open"):
        return refusal(reply)
    return now


def usable(listed: Item | Missing | NotDone | Refused, name: str, provider: str) -> NotDone | Refused | None:
    """What is wrong with a key, by the answer to a question for a list `name`; None: nothing."""
    if isinstance(listed, dict):
        good = isinstance(listed.get(name), list)
        return None if good else Refused("answer", f"what answers is not {provider}", "operator")
    return Refused("404", listed.reason, "operator") if isinstance(listed, Missing) else listed


def refund_of(key: str, listed: object, name: str, notes: str) -> Item:
    """Of a list `name` of refunds the one that was made with this key, which stands in its `notes`; else empty."""
    refunds = items(listed.get(name)) if isinstance(listed, dict) else []
    return next((each for each in refunds if inner(each, notes).get("key") == key), {})


def after_refunds(found: PaymentFound, back: int) -> PaymentFound:
    """A paid payment, of which so much went back."""
    if not back:
        return found
    whole_of_it = found.money is not None and back >= found.money.amount
    return replace(found, news="refunded" if whole_of_it else "part_refunded", refunded=back)
