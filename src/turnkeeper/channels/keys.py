"""The settings of a channel as the configuration file writes them: what every kind has, and how values are written.

A kind's own class stands beside its adapter. It says which of its values identify the account, prove a webhook and
authorize a send. A wrong value is refused in words for the operator.
"""

import re
from abc import abstractmethod
from hashlib import sha256
from typing import Annotated, ClassVar, Literal, NoReturn
from urllib.parse import urlsplit

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError

from turnkeeper.model.policy import Groups, OwnerWords

DAY = 86_400.0
OUR_PATHS = frozenset({"webhooks", "media", "api", "phone", "assets", "health", "ready", "metrics"})
"""What paths of this server begin with."""
_ORIGINAL = re.compile(r"([A-Za-z0-9_.-]{1,80})/([A-Za-z0-9_.-]{1,80})")
_SHORTEST_ID = 8
_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3_600.0, "d": DAY}
_PLAIN = 'Write it like "https://bot.example.com".'
_DURATION = re.compile(r"(\d{1,9}(?:\.\d{1,6})?)\s*(ms|s|m|h|d)?")

_PATH_SECRET = re.compile(r"[A-Za-z0-9_-]{8,200}")


def wrong(problem: str, mend: str) -> NoReturn:
    """Refuse a value in words that reach the operator as they are."""
    raise PydanticCustomError("turnkeeper", "{problem}", {"problem": problem, "mend": mend})


def is_elsewhere(value: str) -> bool:
    """Whether it only names where a value is, which is not there: then it is not needed either."""
    return value.startswith(("env:", "file:"))


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


def read_cap(value: object) -> object:
    """A whole number, or None for `off`."""
    return None if value is None or value == "off" else read_whole(value)


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


def read_path_secret(value: object) -> object:
    """What ends an address, and is all that proves a webhook."""
    if isinstance(value, str) and not _PATH_SECRET.fullmatch(value) and not is_elsewhere(value):
        mend = 'Make one with `python -c "import secrets; print(secrets.token_urlsafe(32))"`.'
        wrong("is no secret that can end an address: 8 or more letters, digits, - or _", mend)
    return value


def read_address(value: object) -> object:
    """An http(s) address without user, query or fragment."""
    if isinstance(value, str) and value and not is_elsewhere(value):
        try:
            parts = urlsplit(value)
            good = parts.scheme in ("http", "https") and parts.hostname and parts.port != 0
        except ValueError:
            good = False
        clean = value.isprintable() and " " not in value
        if any(each in value for each in "@?#"):  # not shown: that may be a password
            wrong("holds more than a plain http address", _PLAIN)
        if not good or not clean:
            wrong(f"{value!r} is not a plain http address", _PLAIN)
    return value


def read_people(value: object) -> object:
    """Numbers as people write them, or addresses (`chat:1234`), as addresses; several in one text by commas."""
    if isinstance(value, str):
        value = [each for each in value.split(",") if each.strip()]
    if not isinstance(value, list | tuple):
        wrong(f"{value!r} is not a list", 'Write ["+60123456789"].')
    return tuple(_address_of(each) for each in value)


def _address_of(value: object) -> str:
    written = value.strip() if isinstance(value, str) else ""
    if re.fullmatch(r"[a-z]+:\S+", written):
        return written
    digits = re.sub(r"[\s().+-]", "", written)
    if not re.fullmatch(r"[0-9]{7,15}", digits):
        wrong("is not a phone number", 'Write it with the code of its country: "+60123456789".')
    return f"phone:{digits}"


def read_signs(value: object) -> object:
    """Three different marks that no number begins with."""
    if not isinstance(value, str) or not re.fullmatch(r"(?!.*(.).*\1)[^\w\s+(]{3}", value):
        wrong(f"{value!r} is not three different signs", 'Write three that are neither letters nor digits: "/?#".')
    return value


def read_word(value: object) -> object:
    """A word of the owner's: what is typed is compared without the space around it."""
    return value.strip() if isinstance(value, str) else value


def read_original(value: object) -> object:
    """The two ids in the path of the original system's webhooks, the second long enough that nobody guesses it."""
    if isinstance(value, str) and value:
        found = _ORIGINAL.fullmatch(value.strip("/"))
        if found is None or found[1] in OUR_PATHS:
            wrong("is not the end of an address of the original system", "Write the two ids as in that address: a/b.")
        if len(found[2]) < _SHORTEST_ID:
            mend = "Let the provider post to the channel's own address: `turnkeeper channel connect` tells it."
            wrong(f"has a second id of fewer than {_SHORTEST_ID} characters, which could be guessed", mend)
        return value.strip("/")
    return value


People = Annotated[tuple[str, ...], BeforeValidator(read_people)]
Word = Annotated[str, BeforeValidator(read_word)]
Seconds = Annotated[float, BeforeValidator(read_duration)]
Whole = Annotated[int, BeforeValidator(read_whole)]
Address = Annotated[str, BeforeValidator(read_address)]
Token = Annotated[SecretStr, BeforeValidator(read_token)]
Secret = Annotated[SecretStr, BeforeValidator(read_secret)]
PathSecret = Annotated[SecretStr, BeforeValidator(read_path_secret)]
ENVIRONMENT = r"^([a-z0-9][a-z0-9_-]{0,62})?$"
"""How an environment is named; none is any."""


class Keys(BaseModel):
    """One table of the configuration: unknown keys are refused, values are never shown in errors."""

    model_config = ConfigDict(extra="forbid", frozen=True, coerce_numbers_to_str=True, hide_input_in_errors=True)


class ChannelKeys(Keys):
    """What every channel has. A kind's own class is `final`, so that what it forgets to say is told by mypy, too."""

    identity: ClassVar[tuple[str, ...]]
    """The keys whose values, together, are no other channel's."""
    unshared: ClassVar[tuple[str, ...]] = ()
    """Keys of which each is another in every channel of the kind, where it is not empty."""
    asked: ClassVar[tuple[str, ...]] = ()
    """Keys that `turnkeeper channel add` asks for besides those that are required."""
    made: ClassVar[tuple[str, ...]] = ()
    """Secrets of our own choice: `turnkeeper channel add` makes them up where none is given."""

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
    niche: str = Field(
        "",
        max_length=4000,
        description="What this channel is about: lines that an agent's prompt gets here, also as `{{channel.niche}}`.",
        examples=['"We sell lamps in Bandung."'],
    )
    original_path: Annotated[SecretStr, BeforeValidator(read_original)] = Field(
        SecretStr(""),
        description="`DEVICE_ID/WEBHOOK_ID` of the system that this one replaces: what is still posted there is taken "
        "as if it came to the channel's own address. Where the provider signs nothing, the ids are all the proof.",
        examples=['"env:SHOP_ORIGINAL"'],
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
    groups: Groups = Field(
        "ignore",
        description="What is heard of groups that the account is in: nothing, what mentions or answers us, or all.",
        examples=['"mention"'],
    )
    owner_takes: Word = Field(
        "",
        max_length=40,
        description="Typed by the owner, on the business's phone, in a customer's chat: a person takes over until the "
        'bot is given back. "": off.',
        examples=['"cmd"'],
    )
    owner_gives: Word = Field(
        "", max_length=40, description='The same, for giving back to the bot. "": off.', examples=['"dmc"']
    )
    owner_numbers: People = Field(
        (),
        description="The owner's own numbers: from these, `/NUMBER` to the business takes over the customer with that "
        "number, `?NUMBER` gives back, `#NUMBER` lets the bot go on.",
        examples=['["+60123456789"]'],
    )
    owner_signs: Annotated[str, BeforeValidator(read_signs)] = Field(
        "/?#", description="The signs for these three, in this order.", examples=['"/?#"']
    )
    owner_nudge: str = Field(
        "Continue",
        min_length=1,
        max_length=200,
        description="What the bot reads when it is told to go on.",
        examples=['"Teruskan"'],
    )
    tester_numbers: People = Field(
        (),
        description="Numbers that may erase their own conversation by the word `delete_word`.",
        examples=['["+60123456789"]'],
    )
    delete_word: Word = Field(
        "DELETE", min_length=1, max_length=40, description="That word, exactly.", examples=['"DELETE"']
    )
    deleted_reply: str = Field(
        "Your data has been deleted.",
        max_length=1000,
        description='What a tester is told then; "": nothing.',
        examples=['"Sudah Delete Data Anda"'],
    )

    @property
    def daily_limit(self) -> int | None:
        """Messages in any 24 hours; None: as many as there are."""
        return None

    @property
    def pause(self) -> float:
        """Seconds between two messages, on average."""
        return 0.0

    @property
    @abstractmethod
    def account_ids(self) -> tuple[str, ...]:
        """What the items of its webhooks name it by; "": whatever they say, since the address tells."""

    @property
    @abstractmethod
    def proof(self) -> str:
        """The secret that a webhook is proven with; channels that share it share an address."""

    @property
    def path_secret(self) -> str:
        """What ends the webhook's address, for providers that sign nothing; "" for those that do."""
        return ""

    @property
    def polls(self) -> bool:
        """Whether its events are asked for, since the provider cannot reach us."""
        return False

    @property
    def per_second(self) -> float | None:
        """Messages a second at most; None: as many as there are."""
        return None

    def owner(self) -> OwnerWords:
        """What the owner may type."""
        return OwnerWords(
            self.owner_takes,
            self.owner_gives,
            frozenset(self.owner_numbers),
            self.owner_signs,
            self.owner_nudge,
            frozenset(self.tester_numbers),
            self.delete_word,
            self.deleted_reply,
        )

    @abstractmethod
    def credentials(self) -> tuple[str, ...]:
        """What authorizes its sends: a channel that was refused is tried again once these change."""

    def credentials_digest(self) -> str:
        """The credentials, told apart without being told."""
        return sha256("\n".join(self.credentials()).encode()).hexdigest()[:32]


class UnofficialKeys(ChannelKeys):
    """What unofficial gateways to WhatsApp have besides: the number is a phone's, and should look like one."""

    daily_cap: Annotated[int | None, BeforeValidator(read_cap)] = Field(
        None,
        ge=1,
        le=1_000_000,
        description="Messages that the number sends in any 24 hours at most; what is more waits, and is not given up "
        'for that. "off": no limit.',
        examples=["1000"],
    )
    human_pause: Seconds = Field(
        1.0,
        le=600.0,
        description="Seconds between two messages of the number, on average: each pause is half to one and a half of "
        "it. 0: none.",
        examples=['"1s"'],
    )

    @property
    def daily_limit(self) -> int | None:
        """As set."""
        return self.daily_cap

    @property
    def pause(self) -> float:
        """As set."""
        return self.human_pause
