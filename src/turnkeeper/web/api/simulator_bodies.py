"""What a person does on a simulated phone, and what they see there."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from turnkeeper.web.api.thread_bodies import EntryTold, Window

FileAs = Literal["image", "video", "audio", "voice", "document", "sticker"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class NewTalk(_Body):
    """Whom to write to: a bot, on a kind of channel, under a name."""

    bot: str = Field(max_length=100)
    kind: str = Field(max_length=40)
    name: str = Field("Ada", min_length=1, max_length=100)


class SimulatedBot(BaseModel):
    """A bot that can be tried."""

    id: str
    kind: str


class SimulatedTalk(BaseModel):
    """Somebody who writes to a bot. `conversation`: its id, once they have written."""

    id: str
    bot: str
    kind: str
    conversation: str | None
    last_at: float | None


class Simulators(BaseModel):
    """What can be tried, and what is being tried. `kinds`: those of channels."""

    bots: list[SimulatedBot]
    kinds: list[str]
    talks: list[SimulatedTalk]


class TalkTold(BaseModel):
    """What the person sees. `typing`: the bot is at a turn; `entries`: the newest first."""

    id: str
    bot: str
    kind: str
    name: str
    conversation: str | None
    mode: Literal["bot", "human", "paused"]
    typing: bool
    window: Window
    now: float
    due_at: float | None = Field(description="When something happens by itself.")
    entries: list[EntryTold]


class WritesText(_Body):
    """Words. `quote`: the provider's id of the message that they answer."""

    kind: Literal["text"]
    text: str = Field(min_length=1, max_length=65_536)
    name: str = Field("Ada", min_length=1, max_length=100)
    quote: str | None = Field(None, max_length=200)


class TapsChoice(_Body):
    """A button or a row: `entry` is the message that offers it, `title` stands on it."""

    kind: Literal["choice"]
    entry: str = Field(pattern=r"^out-\d{1,12}$")
    title: str = Field(max_length=200)
    name: str = Field("Ada", min_length=1, max_length=100)


class SendsPlace(_Body):
    """Where they are, in degrees."""

    kind: Literal["location"]
    latitude: float = Field(ge=-90, le=90, allow_inf_nan=False)
    longitude: float = Field(ge=-180, le=180, allow_inf_nan=False)
    label: str = Field("", max_length=200)
    name: str = Field("Ada", min_length=1, max_length=100)


class SendsCard(_Body):
    """A person to save."""

    kind: Literal["contact"]
    card: str = Field(min_length=1, max_length=200)
    phone: str = Field(min_length=1, max_length=40)
    name: str = Field("Ada", min_length=1, max_length=100)


class Reacts(_Body):
    """An emoji under a message, by the provider's id; none takes it away."""

    kind: Literal["reaction"]
    to: str = Field(max_length=200)
    emoji: str = Field("", max_length=20)
    name: str = Field("Ada", min_length=1, max_length=100)


class Edits(_Body):
    """Other words for a message of theirs, by the provider's id."""

    kind: Literal["edit"]
    to: str = Field(max_length=200)
    text: str = Field(min_length=1, max_length=65_536)
    name: str = Field("Ada", min_length=1, max_length=100)


class Deletes(_Body):
    """A message of theirs is taken back, by the provider's id."""

    kind: Literal["delete"]
    to: str = Field(max_length=200)
    name: str = Field("Ada", min_length=1, max_length=100)


PersonsAct = Annotated[
    WritesText | TapsChoice | SendsPlace | SendsCard | Reacts | Edits | Deletes, Field(discriminator="kind")
]


class TimePasses(_Body):
    """So many seconds."""

    seconds: float = Field(gt=0, le=34_560_000, allow_inf_nan=False)


class ActTaken(BaseModel):
    """It is in the mailbox. `new`: False for what had been delivered before."""

    conversation: str
    new: bool
