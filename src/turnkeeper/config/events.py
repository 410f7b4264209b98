"""The settings of what comes from outside, and of our own events on their way out."""

import re
from collections.abc import Mapping
from typing import Annotated, Literal, NamedTuple

from pydantic import BeforeValidator, Field, SecretStr

from turnkeeper.channels.keys import Address, Keys, Whole, is_elsewhere, read_secret, read_token, wrong
from turnkeeper.config.errors import nearest
from turnkeeper.config.tables import Tables
from turnkeeper.model.subscriptions import EVENTS, meant

_SHORTEST = 16
_MAKE = "Make one with `openssl rand -hex 32`."


def read_proof(value: object) -> object:
    """A token that nobody could find out by trying."""
    if isinstance(value, str) and len(value) < _SHORTEST and not is_elsewhere(value):
        wrong(f"is shorter than {_SHORTEST} characters", _MAKE)
    return read_token(value)


def read_sharing(value: object) -> object:
    """A secret that signs, which nobody could find out from what it has signed."""
    if isinstance(value, str) and len(value) < _SHORTEST and not is_elsewhere(value):
        wrong(f"is shorter than {_SHORTEST} characters", _MAKE)
    return read_secret(value)


def read_wanted(value: object) -> object:
    """The names of events, or patterns of them; as they are written."""
    named = value.split(",") if isinstance(value, str) else value
    if not isinstance(named, list | tuple) or not named:
        wrong("names no event", f'Write a list of: {", ".join(EVENTS)}, or patterns like "payment.*".')
    wanted = tuple(str(each).strip() for each in named)
    try:
        return meant(wanted)
    except ValueError as error:
        wrong(f"{str(error)!r} is no event", nearest(str(error), EVENTS))


def read_mailbox(value: object) -> object:
    """One address of e-mail, perhaps with a name before it."""
    if isinstance(value, str) and value and not is_elsewhere(value):
        found = _MAILBOX.fullmatch(value.strip())
        if found is None:
            wrong(f"{value!r} is not an address of e-mail", 'Write "team@example.com", or "Shop <shop@example.com>".')
    return value.strip() if isinstance(value, str) else value


def read_mailboxes(value: object) -> object:
    """Several, in a list or between commas."""
    named = value.split(",") if isinstance(value, str) else value
    if not isinstance(named, list | tuple) or not named:
        wrong("names nobody", 'Write ["team@example.com"].')
    return tuple(read_mailbox(each) for each in named)


_MAILBOX = re.compile(r"(?:[^<>@,\"\r\n]{0,80}<)?[!-;=?-~]{1,64}@[A-Za-z0-9.-]{1,250}>?")
WORKSPACE = r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$"
Proof = Annotated[SecretStr, BeforeValidator(read_proof)]
Sharing = Annotated[SecretStr, BeforeValidator(read_sharing)]


class EventSourceKeys(Keys):
    """Another system of yours that tells of orders, shipments or anything else: `POST /api/v1/events`."""

    token: Proof = Field(description="What it shows as its bearer token.", examples=['"env:SHOP_EVENTS_TOKEN"'])
    secret: Sharing = Field(description="What it signs each request with.", examples=['"env:SHOP_EVENTS_SECRET"'])
    workspace: str = Field(
        "default",
        pattern=WORKSPACE,
        description="The tenant whose channels it may tell events of.",
        examples=['"default"'],
    )


class MailKeys(Keys):
    """The server through which e-mail goes out."""

    host: str = Field("", description="Its name. Without it, no e-mail is sent.", examples=['"smtp.example.com"'])
    port: Whole = Field(587, ge=1, le=65535, description="Its port.", examples=["587"])
    username: str = Field("", description="Who logs in; without it, nobody does.", examples=['"env:SMTP_USER"'])
    password: SecretStr = Field(SecretStr(""), description="With what.", examples=['"env:SMTP_PASSWORD"'])
    sender: Annotated[str, BeforeValidator(read_mailbox)] = Field(
        "", description="Whom it is from.", examples=['"Shop <bot@example.com>"']
    )
    tls: Literal["starttls", "on", "off"] = Field(
        "starttls",
        description="starttls: after connecting (port 587); on: from the first byte (port 465); off: never, for a "
        "server on this machine.",
        examples=['"starttls"'],
    )


class SubscriptionKeys(Keys):
    """What every subscription has."""

    kind: str = Field(description="How it is told.")
    events: Annotated[tuple[str, ...], BeforeValidator(read_wanted)] = Field(
        description="What is told: names, or patterns like `payment.*`.",
        examples=['["conversation.escalated", "payment.*"]'],
    )
    texts: bool = Field(
        False,
        description="true: what people write is told, too; with an escalation the last lines of the conversation.",
        examples=["false"],
    )
    workspace: str = Field(
        "default", pattern=WORKSPACE, description="The tenant whose events are told.", examples=['"default"']
    )


class WebhookSubscriptionKeys(SubscriptionKeys):
    """A program of yours is told: a signed POST for each event."""

    kind: Literal["webhook"] = Field(description="How it is told.", examples=['"webhook"'])
    url: Address = Field(
        min_length=1, description="Where it is told.", examples=['"https://crm.example.com/turnkeeper"']
    )
    secret: Sharing = Field(description="Signs each request.", examples=['"env:CRM_SECRET"'])


class EmailSubscriptionKeys(SubscriptionKeys):
    """People are told by e-mail, through the server in [mail]."""

    kind: Literal["email"] = Field(description="How it is told.", examples=['"email"'])
    to: Annotated[tuple[str, ...], BeforeValidator(read_mailboxes)] = Field(
        description="Who is told.", examples=['["team@example.com"]']
    )


class ChatSubscriptionKeys(SubscriptionKeys):
    """The team is told in a chat on one of the channels."""

    kind: Literal["chat"] = Field(description="How it is told.", examples=['"chat"'])
    channel: str = Field(description="The channel on which it is told.", examples=['"team"'])
    to: str = Field(
        min_length=1,
        max_length=200,
        description="Whose chat: a phone number, a Telegram chat's id, or an address.",
        examples=['"+62 812-3456-7890"'],
    )
    template: str = Field(
        "",
        pattern=r"^([a-z0-9_]{1,512}/[A-Za-z_]{2,10})?$",
        description="A template with one parameter, as name/language, for a chat whose window is closed.",
        examples=['"team_notice/en"'],
    )


SUBSCRIPTION_KINDS: dict[str, type[SubscriptionKeys]] = {
    "webhook": WebhookSubscriptionKeys,
    "email": EmailSubscriptionKeys,
    "chat": ChatSubscriptionKeys,
}


class EventSettings(NamedTuple):
    """All of it: who tells, who is told, and through which server e-mail goes."""

    sources: Mapping[str, EventSourceKeys | None]
    subscriptions: Mapping[str, SubscriptionKeys | None]
    mail: MailKeys | None


def same_tokens(sources: dict[str, EventSourceKeys | None]) -> list[tuple[str, str]]:
    """Of sources that have the token of another: their names, and the other's."""
    first: dict[str, str] = {}
    found: list[tuple[str, str]] = []
    for name, keys in sources.items():
        token = "" if keys is None else keys.token.get_secret_value()
        if token and not is_elsewhere(token) and first.setdefault(token, name) != name:
            found.append((name, first[token]))
    return found


def read_events(reading: Tables, raw: Mapping[str, object]) -> EventSettings:
    """Every table of these by its name; None for one that is wrong."""
    sources = reading.alike(raw, "event_sources", EventSourceKeys)
    for name, other in same_tokens(sources):
        reading.wrong(f"event_sources.{name}.token", f"event_sources.{other} has the same", "Give each its own.")
    mail = reading.section(MailKeys, raw.get("mail", {}), "mail")
    subscriptions = reading.tables(raw, "subscriptions", SUBSCRIPTION_KINDS)
    channels = reading.table(raw.get("channels", {}), "channels")
    for name, keys in subscriptions.items():
        if isinstance(keys, EmailSubscriptionKeys) and mail is not None and not (mail.host and mail.sender):
            mend = "Set mail.host and mail.sender."
            reading.wrong(f"subscriptions.{name}", "has no server to send e-mail through", mend)
        if isinstance(keys, ChatSubscriptionKeys) and keys.channel not in channels:
            mend = nearest(keys.channel, list(channels))
            reading.wrong(f"subscriptions.{name}.channel", f'there is no channel "{keys.channel}"', mend)
    return EventSettings(sources, subscriptions, mail)
