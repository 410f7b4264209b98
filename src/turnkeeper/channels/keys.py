"""The settings of a channel as the configuration file writes them: what every kind has, and how values are written.

A kind's own class stands beside its adapter. It says which of its values identify the account, prove a webhook and
authorize a send. A wrong value is refused in words for the operator.
"""

import re
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

DAY = 86_400.0
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY}
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?")


def wrong(problem: str, mend: str) -> NoReturn:
    """Refuse a value in words that reach the operator as they are."""
    raise PydanticCustomError("turnkeeper", "{problem}", {"problem": problem, "mend": mend})


def read_duration(value: object) -> float:
    """Seconds, from a number or a number with a unit."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e9:
        return float(value)
    found = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    if found is None:
        wrong(f"{value!r} is not a duration", 'Write seconds (4.0) or "30s", "10m", "24h", "30d".')
    return float(found[1]) * _UNITS[found[2] or "s"]


def read_duration_or_off(value: object) -> float | None:
    """A duration, or None for `off`."""
    return None if value is None or value == "off" else read_duration(value)


def read_whole(value: object) -> object:
    """A whole number; a truth value is none."""
    if isinstance(value, bool):
        wrong(f"{value!r} is not a number", "Write a whole number.")
    return value


def read_token(value: object) -> object:
    """What travels in a header: another character would end the header, or break each call."""
    if isinstance(value, str) and not all("!" <= each <= "~" for each in value):
        mend = "Copy it again: no spaces, no line breaks, ASCII only."
        wrong("holds a character that no token has", mend)
    return value


def read_secret(value: object) -> object:
    """A shared secret: a space or line break around it is a slip that would refuse every webhook."""
    if isinstance(value, str) and value != value.strip():
        wrong("begins or ends with a space or line break", "Take it away.")
    return value


def read_address(value: object) -> object:
    """An http(s) address without user, query or fragment."""
    if isinstance(value, str) and value:
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
            parts = urlsplit("")
        if not good or parts.query or parts.fragment or parts.username:
            wrong(f"{value!r} is not a plain http address", 'Write it like "https://bot.example.com".')
    return value


Seconds = Annotated[float, BeforeValidator(read_duration)]
Whole = Annotated[int, BeforeValidator(read_whole)]
Address = Annotated[str, BeforeValidator(read_address)]
Token = Annotated[SecretStr, BeforeValidator(read_token)]
Secret = Annotated[SecretStr, BeforeValidator(read_secret)]
ENVIRONMENT = r"^([a-z0-9][a-z0-9_-]{0,62})?$"
"""How an environment is named; none is any."""


class Keys(BaseModel):
    """One table of the configuration: unknown keys are refused, values are never shown in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class ChannelKeys(Keys):
    """What every channel has."""

    identity: ClassVar[tuple[str, ...]]
    """The keys whose values, together, are no other channel's."""

    kind: str = Field(description="The provider.")
    bot: str = Field(description="The name of the bot that answers here.", examples=['"assistant"'])
    workspace: str = Field(
        "default",
        pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$",
        description="The tenant that owns the channel.",
        examples=['"default"'],
    )
    environment: str = Field(
        "",
        pattern=ENVIRONMENT,
        description="The server.environment that this channel is for; elsewhere its webhooks are ignored and nothing "
        'is sent. "": any.',
        examples=['"production"'],
    )
    echo_takes_over: Annotated[float | None, BeforeValidator(read_duration_or_off)] = Field(
        None,
        gt=0,
        description="What is written in the WhatsApp Business app on the business's own phone keeps the bot silent for "
        'so long in that conversation; "off": the bot goes on.',
        examples=['"30m"'],
    )
    parts: Literal["accepted", "delivered"] = Field(
        "accepted",
        description="The next part of an answer leaves when the one before is accepted by Meta, or delivered.",
        examples=['"accepted"'],
    )
    parts_wait: Seconds = Field(
        2.0, le=60.0, description="For so long at most is a delivery waited for.", examples=['"2s"']
    )
    unknown_wait: Seconds = Field(
        30.0,
        description="A send whose answer was lost waits so long for a status, then is repeated.",
        examples=['"30s"'],
    )
    send_limit: Seconds = Field(20.0, gt=0, description="How long one send may take.", examples=['"20s"'])

    @property
    def account_ids(self) -> tuple[str, ...]:
        """What the items of its webhooks name it by."""
        raise NotImplementedError

    @property
    def proof(self) -> str:
        """The secret that a webhook is proven with; channels that share it share an address."""
        raise NotImplementedError

    @property
    def path_secret(self) -> str:
        """What ends the webhook's address, for providers that sign nothing; "" for those that do."""
        return ""

    @property
    def per_second(self) -> float | None:
        """Messages a second at most; None: as many as there are."""
        return None

    def credentials(self) -> tuple[str, ...]:
        """What authorizes its sends: a channel that was refused is tried again once these change."""
        raise NotImplementedError

    def credentials_digest(self) -> str:
        """The credentials, told apart without being told."""
        return sha256("\n".join(self.credentials()).encode()).hexdigest()[:32]
