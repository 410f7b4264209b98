"""What gateways have in common that sign nothing and document little: bodies, numbers and times in any writing.

All that proves a webhook of theirs is the secret that ends its address.
"""

from __future__ import annotations

import hmac
import json
import re
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from hashlib import blake2b
from typing import Final, Literal, Protocol
from urllib.parse import parse_qsl, urljoin, urlsplit

import msgspec
from pydantic import Field

from turnkeeper.channels.answers import hidden, trouble, unanswered
from turnkeeper.channels.base import Calls, Fetched, Finding, Forbidden, HttpReply, Located, NotThisProvider, Webhook
from turnkeeper.channels.json_values import Item, decode, mapping, number, read_object, text
from turnkeeper.channels.keys import Address, PathSecret, UnofficialKeys
from turnkeeper.model.events import Media
from turnkeeper.model.outbound import Outcome, Rejected, Unknown

DEDUP_WINDOW: Final = 15.0
"""Seconds in which the same content from the same person is the same message, where messages have no id."""
_MOST_FIELDS = 200
_LONG_ENOUGH: Final = 16
_FIELD_OF = re.compile(r"(\w{1,64})\[(\w{1,64})\]")
_SHORTEST, _LONGEST = 8, 20
_PLAIN = re.compile(r"[1-9][0-9]{7,19}")
_HOME: Final = "62"
"""Indonesia: what a number begins with that is written with a leading 0."""
_WESTERN_INDONESIA = timezone(timedelta(hours=7))
_DATE = re.compile(r"\s*\d{4}-\d")
_LONGEST_DATE = 40
_JSON = (b"{", b"[")
_YES = ("true", "1", "yes")

_encode = msgspec.json.Encoder().encode

FileKind = Literal["image", "video", "voice", "audio", "sticker", "document"]
_KINDS: Mapping[str, FileKind] = {
    **dict.fromkeys(("jpg", "jpeg", "png", "gif", "bmp", "heic"), "image"),
    **dict.fromkeys(("mp4", "3gp", "mov", "webm", "mkv", "avi"), "video"),
    **dict.fromkeys(("ogg", "oga", "opus"), "voice"),
    **dict.fromkeys(("mp3", "m4a", "aac", "amr", "wav", "mpga"), "audio"),
    "webp": "sticker",
}

_TYPES: Mapping[str, FileKind] = {
    "image/webp": "sticker", "audio/ogg": "voice", "audio/opus": "voice", "application/ogg": "voice",
    "image": "image", "video": "video", "audio": "audio",
}  # fmt: skip


class GatewayKeys(UnofficialKeys):
    """What the settings of every such gateway have."""

    made = ("webhook_secret",)
    base_url: Address = Field(min_length=1)
    webhook_secret: PathSecret = Field(
        description="Long and random, of your making: ends the webhook's address, since the provider signs nothing.",
        examples=['"env:WEBHOOK_SECRET"'],
    )

    @property
    def proof(self) -> str:
        """What ends the address."""
        return self.path_secret

    @property
    def path_secret(self) -> str:
        """Nothing else proves a webhook."""
        return self.webhook_secret.get_secret_value()


class GatewayConfig(Protocol):
    """What the settings of every such gateway become."""

    @property
    def base_url(self) -> str:
        """Where its API is."""

    @property
    def webhook_secret(self) -> str:
        """What ends the webhook's address."""


class Gateway:
    """What the adapters of such gateways do alike."""

    def verify(self, request: Webhook, config: GatewayConfig) -> None:
        """Compare the end of the webhook's address with the secret, in constant time; raises Forbidden."""
        secret = config.webhook_secret
        if not secret:  # anyone can post to an address that ends in nothing
            raise Forbidden("the channel has no webhook secret")
        if not hmac.compare_digest(request.path_secret.encode("utf-8", "replace"), secret.encode()):
            raise Forbidden("the secret at the end of the address is missing or wrong")

    def typing(self, addresses: tuple[str, ...], message_id: str, config: GatewayConfig) -> Calls[None]:  # noqa: ARG002
        """There is no call for it."""
        yield from ()

    def fetch_media(self, file: Media, config: GatewayConfig) -> Calls[Fetched]:
        """A file has an address of the provider's, which the operator configured, or a public one."""
        yield from ()
        return _located(file, config.base_url)


def guessable(config: GatewayConfig) -> list[Finding]:
    """A finding where the secret is too short to prove anything."""
    if len(config.webhook_secret) >= _LONG_ENOUGH:
        return []
    mend = f"Make a random one of {_LONG_ENOUGH} characters or more, then connect the channel again."
    return [Finding("webhook_secret", False, "the secret that ends the webhook's address could be guessed", mend)]


def webhook_address(url: str, secret: str) -> str:
    """The address of a channel's webhook as the provider must call it."""
    return url if url.endswith(f"/{secret}") else f"{url.rstrip('/')}/{secret}"


def items_of(body: bytes) -> list[object]:
    """Each item of a webhook, whether it came as JSON (one object, or several) or as a form; raises NotThisProvider."""
    if body[:1] in _JSON or body.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in _JSON:
        found = decode(body.removeprefix(b"\xef\xbb\xbf"))
        items = found if isinstance(found, list) else [found]
    else:
        items = [_form(body)]
    if not any(items):
        raise NotThisProvider("the body holds nothing")
    return items


def _form(body: bytes) -> Item:
    """A form's fields; `a[b]` is field b of object a, as PHP writes it."""
    try:
        pairs = parse_qsl(body.decode("utf-8", "replace"), max_num_fields=_MOST_FIELDS, errors="replace")
    except ValueError as error:
        raise NotThisProvider("the body is no form") from error
    found: Item = {}
    for name, value in pairs:
        inner = _FIELD_OF.fullmatch(name)
        if inner is None:
            found[name] = value
        else:
            outer = found.setdefault(inner[1], {})
            if isinstance(outer, dict):
                outer[inner[2]] = value
    return mapping(decode(json.dumps(found).encode())) or {}


def inner(value: object) -> Item | None:
    """An object, also one that is written as JSON in a text, as forms have to."""
    if isinstance(value, str) and value.lstrip().startswith("{"):
        try:
            return mapping(decode(value.encode("utf-8", "replace")))
        except NotThisProvider:
            return None
    return mapping(value)


def truth(value: object) -> bool:
    """A truth value, also in words; what is none is false."""
    if value is None or isinstance(value, bool):
        return value is True
    return (text(value) or "").strip().lower() in _YES


def digits_of(value: object) -> str | None:
    """A phone number as gateways want it: digits with the country code. 0812… and 00… are understood.

    Whatever else is in it (a plus, spaces, hidden characters, `@s.whatsapp.net`) goes; None if too little is left.
    """
    if isinstance(value, str) and _PLAIN.fullmatch(value):
        return value
    name = (text(value) or "")[:100].partition("@")[0].partition(":")[0]
    digits = "".join(each for each in name if "0" <= each <= "9")
    if digits.startswith("00"):
        digits = digits[2:]
    elif digits.startswith("0"):
        digits = _HOME + digits[1:]
    return digits if _SHORTEST <= len(digits) <= _LONGEST else None


def instant_of(value: object) -> int | None:
    """Unix seconds out of seconds, milliseconds, nanoseconds or a date; None: not to be told.

    A date without a time zone is Western Indonesia's, where these gateways are.
    """
    if type(value) is int and 0 < value < 10**11:
        return value
    if isinstance(value, str) and _DATE.match(value):
        return _of_date(value)
    found = number(value)
    if found is None:
        return None
    for limit, unit in ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3)):
        if found >= limit:
            found /= unit
            break
    return int(found) if 0 < found < 1e11 else None


def _of_date(value: str) -> int | None:
    try:
        date = datetime.fromisoformat(value.strip()) if len(value) <= _LONGEST_DATE else None
        if date is None:
            return None
        at = (date if date.tzinfo else date.replace(tzinfo=_WESTERN_INDONESIA)).timestamp()
    except (ValueError, OverflowError):
        return None
    return int(at) if 0 < at < 1e11 else None


def content_key(*parts: str | None) -> str:
    """What a message is known by that has no id."""
    return "content:" + blake2b(_encode(parts), digest_size=16).hexdigest()


def kind_of_file(url: str, mime: str | None) -> FileKind:
    """What a file is, by its type, else by how its address ends."""
    said = (mime or "").partition(";")[0].strip().lower()
    by_type = _TYPES.get(said) or _TYPES.get(said.partition("/")[0])
    return by_type or _KINDS.get(name_of(url).rpartition(".")[2].lower(), "document")


def name_of(url: str) -> str:
    """How an address ends."""
    try:
        return urlsplit(url).path.rpartition("/")[2]
    except ValueError:
        return ""


def _located(file: Media, base_url: str) -> Located | Rejected:
    if not file.url:
        return Rejected("no_media_url", "the message names no file")
    try:
        url = urljoin(f"{base_url.rstrip('/')}/", file.url)
        here, there = urlsplit(base_url), urlsplit(url)
    except ValueError:
        return Rejected("no_media_url", "the message's file has no address")
    trusted = (here.scheme, here.netloc) == (there.scheme, there.netloc)
    return Located(url, mime=file.mime, size=file.size, trusted=trusted)


def without_words(reply: HttpReply, name: str) -> Outcome | None:
    """What became of a call that got no answer, or one that is not the provider's own; None: its words decide."""
    if (silence := unanswered(reply, name)) is not None:
        return silence
    if said_ok(read_object(reply.body)) is not None:
        return None
    code = f"http_{reply.status}"
    if reply.status in (401, 403):
        return Rejected(code, f"{name} refuses the account", "stop_channel")
    if 300 <= reply.status < 500 and reply.status not in (408, 429):
        return Rejected(code, f"HTTP {reply.status} without {name}'s words: is base_url right?", "operator")
    return Unknown(f"HTTP {reply.status} without {name}'s words")


def said_ok(body: Item | None) -> bool | None:
    """What the `status` of an answer says; None: the answer is not the provider's."""
    status = body.get("status") if body else None
    return truth(status) if isinstance(status, bool | str) else None


def unreachable(reply: HttpReply, name: str) -> Finding | None:
    """The doctor's first link: whether the provider itself answers; None if it does."""
    if not reply.failure and read_object(reply.body) is not None:
        return None
    mend = "Check base_url, and that this machine can reach it."
    return Finding("api", False, f"{name} cannot be reached: {trouble(reply)}", mend)


def told(words: object, *secrets: str) -> str:
    """A provider's own words, short and without our secrets."""
    return hidden((text(words) or "").strip(), *secrets)
