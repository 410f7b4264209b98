"""Sending one message: the call, and once more, with less or to another chat, where Telegram's answer asks for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from turnkeeper.channels.base import Calls, HttpCall, Multipart
from turnkeeper.channels.telegram.bodies import Body, Request
from turnkeeper.channels.telegram.config import TelegramConfig
from turnkeeper.channels.telegram.outcomes import Answer, file_id_in, outcome_of
from turnkeeper.model.outbound import Accepted, NotSent, Outcome
from turnkeeper.text.telegram import unmarked

_MOST_MENDS: Final = 4
_NOT_AS = ("photo_invalid_dimensions", "image_process_failed", "photo_ext_invalid", "voice_messages_forbidden")
"""What a photo or voice note cannot be sent as; as a file it can."""


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom a call is for. `connection`: the business account in whose name it is."""

    chat_id: str
    connection: str = ""

    def fields(self) -> Body:
        """What every method wants of it."""
        chat: object = int(self.chat_id) if _is_number(self.chat_id) else self.chat_id
        return {"chat_id": chat} | ({"business_connection_id": self.connection} if self.connection else {})


def recipient_of(addresses: tuple[str, ...]) -> Recipient | None:
    """The chat of the first address that is one of Telegram's."""
    for address in addresses:
        kind, _, rest = address.partition(":")
        if kind in ("chat", "group") and rest:
            return Recipient(rest)
        connection, _, chat_id = rest.rpartition(":")
        if kind == "business" and connection and chat_id:
            return Recipient(chat_id, connection)
    return None


def sent(request: Request, recipient: Recipient, config: TelegramConfig) -> Calls[Outcome]:
    """Make the call, and what mends it; each mend is tried once."""
    answer = Answer((yield _call(request, recipient, config)))
    for _ in range(_MOST_MENDS):
        mended = _mended(request, recipient, answer)
        if mended == (request, recipient):
            break
        request, recipient = mended
        answer = Answer((yield _call(request, recipient, config)))
    outcome = outcome_of(answer, config.secrets)
    if isinstance(outcome, Accepted) and outcome.external_id and recipient.connection:
        outcome = replace(outcome, external_id=f"{recipient.chat_id}:{outcome.external_id}")
    if request.file is not None and answer.reply.failure == "not_connected":
        return NotSent(
            "the file did not go up in time: a larger send_limit gives it more", limit=6, code="not_connected"
        )
    if isinstance(outcome, Accepted) and request.file is not None:
        known_as = file_id_in(answer.result, request.part)
        if known_as is not None:
            return replace(outcome, uploaded=((request.file.key, f"{request.part}:{known_as}"),))
    return outcome


def _mended(request: Request, recipient: Recipient, answer: Answer) -> tuple[Request, Recipient]:
    """The same where nothing can be mended."""
    if not answer.refused or answer.code != 400:
        return request, recipient
    if answer.moved_to is not None and answer.moved_to != recipient.chat_id:
        return request, replace(recipient, chat_id=answer.moved_to)
    return _mended_request(request, answer.words), recipient


def _mended_request(request: Request, words: str) -> Request:
    fields = request.fields
    if "can't parse" in words and "parse_mode" in fields:
        plain: Body = {name: unmarked(fields[name]) for name in ("text", "caption") if name in fields}
        return replace(request, fields={**_without(fields, "parse_mode"), **plain})
    if "repl" in words and "not found" in words and "reply_parameters" in fields:
        return replace(request, fields=_without(fields, "reply_parameters"))
    if any(each in words for each in _NOT_AS) and request.method in ("sendPhoto", "sendVoice"):
        return _as_document(request)
    return request


def _as_document(request: Request) -> Request:
    """Only what goes up, or is fetched, can become another kind: an id stands for one."""
    part = "photo" if request.method == "sendPhoto" else "voice"
    if request.file is not None:
        return replace(request, method="sendDocument", part="document")
    if not str(request.fields.get(part, "")).startswith("http"):
        return request
    return replace(
        request, method="sendDocument", fields=_without(request.fields, part) | {"document": request.fields[part]}
    )


def _without(fields: Mapping[str, Any], name: str) -> Body:
    return {key: value for key, value in fields.items() if key != name}


def _call(request: Request, recipient: Recipient, config: TelegramConfig) -> HttpCall:
    fields = {**recipient.fields(), **request.fields}
    if request.file is None:
        return config.call(request.method, fields)
    file = request.file
    form = Multipart(
        file.key,
        file.size,
        file.mime,
        file.filename.replace("\\", "/").rpartition("/")[2] or file.key[:16],
        {name: _written(value) for name, value in fields.items()},
        request.part,
    )
    return config.form(request.method, form)


def _written(value: object) -> str:
    """As a form writes it."""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _is_number(text: str) -> bool:
    digits = text.removeprefix("-")
    return digits.isascii() and digits.isdigit() and len(digits) < 20
