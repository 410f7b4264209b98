"""What the Bot API's answer to a send means, and what another try mends.

Source: core.telegram.org/bots/api ("Making requests", ResponseParameters), read 2026; the words of errors are told
nowhere: those known from use.
"""

from __future__ import annotations

from typing import Final

from turnkeeper.channels.answers import hidden, trouble, unanswered
from turnkeeper.channels.base import HttpReply
from turnkeeper.channels.json_values import Item, external_id, listing, mapping, read_object, text, whole
from turnkeeper.model.outbound import Accepted, NotSent, Outcome, Rejected, Unknown

LONGEST_WAIT: Final = 3600.0
"""Seconds."""
WRONG_FILE: Final = "wrong_file_id"
_WRONG_FILE = ("wrong file identifier", "wrong remote file identifier", "file reference", "can't use file of type")
_NO_BOT = Rejected("401", "the bot's token is refused: was it revoked?", "stop_channel")


Secrets = tuple[str, ...]


class Answer:
    """An answer of the Bot API, as far as it is one."""

    __slots__ = ("body", "code", "reply", "words")

    def __init__(self, reply: HttpReply) -> None:
        self.reply = reply
        self.body = None if reply.failure else read_object(reply.body)
        self.code = whole((self.body or {}).get("error_code"), 1000) or reply.status
        self.words = (text((self.body or {}).get("description")) or "").lower()

    @property
    def ok(self) -> bool:
        """Whether the method did what it is for."""
        return self.body is not None and self.body.get("ok") is True

    @property
    def refused(self) -> bool:
        """Whether Telegram itself says that it did not."""
        return self.body is not None and self.body.get("ok") is False

    @property
    def result(self) -> Item:
        """What the method gave, where that is an object."""
        return mapping((self.body or {}).get("result")) or {}

    @property
    def moved_to(self) -> str | None:
        """The id under which a group goes on."""
        return external_id(self._parameters().get("migrate_to_chat_id"))

    @property
    def retry_after(self) -> float | None:
        """Seconds."""
        found = whole(self._parameters().get("retry_after"), 10**9)
        return None if found is None else min(float(found), LONGEST_WAIT)

    def told(self, secrets: Secrets) -> str:
        """Telegram's own words, without our secrets."""
        return hidden(text((self.body or {}).get("description")) or trouble(self.reply), *secrets)

    def _parameters(self) -> Item:
        return mapping((self.body or {}).get("parameters")) or {}


def outcome_of(answer: Answer, secrets: Secrets) -> Outcome:
    """What became of a message; `secrets` are kept out of every reason."""
    reply = answer.reply
    if (silence := unanswered(reply, "Telegram")) is not None:
        return silence
    if answer.ok:
        return _accepted(answer)
    if answer.refused:
        return _refused(answer, secrets)
    return _without_body(reply.status)


def _accepted(answer: Answer) -> Outcome:
    """Where the result is a message, its id; a reaction has none."""
    if answer.body is not None and answer.body.get("result") is True:
        return Accepted(None)
    sent_id = external_id(answer.result.get("message_id"))
    return Accepted(sent_id) if sent_id else Unknown("Telegram's answer names no message")


def _refused(answer: Answer, secrets: Secrets) -> Outcome:
    told, code = answer.told(secrets), str(answer.code)
    match answer.code:
        case 401 | 404:
            return Rejected(code, f"{_NO_BOT.reason} ({told})", "stop_channel")
        case 403:
            return Rejected(code, f"the person or group cannot be written to ({told})", "unreachable")
        case 409:
            return NotSent(f"something else uses this bot ({told})", 60.0, code=code)
        case 413:
            return Rejected(code, f"the file is too large ({told})")
        case 429:
            return NotSent(f"too many messages ({told})", answer.retry_after or 1.0, None, "either", code)
        case 400 if "message is not modified" in answer.words:
            return Accepted(None)
        case 400 if any(words in answer.words for words in _WRONG_FILE):
            return Rejected(WRONG_FILE, f"Telegram does not know the file any more ({told})")
        case status if status >= 500:
            return Unknown(f"Telegram had a fault of its own ({code} {told})")
    return Rejected(code, f"Telegram does not accept this message ({told})")


def _without_body(status: int) -> Outcome:
    """An answer that is not the Bot API's own: perhaps of something in between."""
    code = f"http_{status}"
    if status == 401:
        return Rejected(code, _NO_BOT.reason, "stop_channel")
    if status == 413:
        return Rejected(code, "the file is too large")
    if status == 429:
        return NotSent("too many calls", 60.0, None, "number", code)
    if 300 <= status < 500 and status != 408:
        return Rejected(code, f"HTTP {status} without Telegram's error: is api_base right?", "operator")
    return Unknown(f"HTTP {status} without Telegram's answer")


def file_id_in(result: Item, part: str) -> str | None:
    """The id under which Telegram knows the file that was sent in the field `part` from now on."""
    found = result.get(part)
    if part == "photo":
        sizes = [size for size in listing(found) or () if isinstance(size, dict)]
        found = sizes[-1] if sizes else None
    return external_id((mapping(found) or {}).get("file_id"))
