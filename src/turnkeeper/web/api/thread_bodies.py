"""One conversation as the API tells it: who it is with, and what was said in it."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

Who = Literal["contact", "bot", "operator", "phone", "system"]


class AnsweringTold(BaseModel):
    """Which colleague answers. `away`: they were not seen for so long that nobody is asked before following them."""

    user_id: str
    name: str
    since_at: float
    away: bool
    me: bool


class WatchingTold(BaseModel):
    """A colleague who has the conversation on the screen."""

    user_id: str
    name: str
    doing: Literal["viewing", "typing"]
    me: bool


class Window(BaseModel):
    """When free words may be sent. `limited`: the provider has a window; outside it only templates go."""

    limited: bool
    open: bool
    closes_at: float | None = Field(description="Null: it never closes, or was never open.")


class FileLimit(BaseModel):
    """What files of a kind may be sent; `mimes` empty: any type."""

    kind: str
    largest: int
    mimes: list[str]


class Composer(BaseModel):
    """What can be written here."""

    reachable: bool = Field(description="Whether the channel is still configured.")
    markup: Literal["whatsapp", "telegram", "plain"]
    text_limit: int = Field(description="Longer words are sent as several messages.")
    files: list[FileLimit]
    largest_file: int
    templates: bool
    window: Window


class FactTold(BaseModel):
    """Something a bot knows of the contact."""

    bot_id: str
    name: str
    value: Any
    at: float


class ConsentTold(BaseModel):
    """Whether the contact may be written to for a purpose; `*`: for all."""

    purpose: str
    granted: bool
    source: str
    at: float


class TimerTold(BaseModel):
    """Something that joins the conversation at `due_at`."""

    name: str
    due_at: float
    follow_up: bool


class EscalationTold(BaseModel):
    """That a person is or was wanted."""

    state: str
    reason: str
    opened_at: float
    taken_at: float | None
    closed_at: float | None


class ConversationTold(BaseModel):
    """Who a conversation is with, and how it stands. `running`: the bot is at a turn now."""

    id: str
    channel_id: str
    channel_kind: str
    bot_id: str
    contact_id: str
    name: str | None
    addresses: list[str]
    mode: Literal["bot", "human", "paused"]
    mode_until: float | None
    opted_out: bool
    running: bool
    stage: str | None
    tags: list[str]
    facts: list[FactTold]
    consents: list[ConsentTold]
    timers: list[TimerTold]
    escalation: EscalationTold | None
    answering: AnsweringTold | None
    watching: list[WatchingTold]
    composer: Composer


class FileTold(BaseModel):
    """A file in a message. `path`: where it can be had, with this sign-in; `link`: on another server, whose it is;
    `reason`: why it was not taken."""

    kind: str
    path: str | None
    link: str | None
    mime: str | None
    filename: str | None
    size: int | None
    reason: str | None


class Place(BaseModel):
    """A place, in degrees."""

    latitude: float
    longitude: float
    name: str | None
    address: str | None


class Card(BaseModel):
    """A person or firm to save."""

    name: str
    phones: list[str]
    emails: list[str]
    organization: str | None


class Option(BaseModel):
    """A button, or a row of a list."""

    title: str
    description: str | None = None


class OptionGroup(BaseModel):
    """Rows of a list under one title."""

    title: str | None
    rows: list[Option]


class Offered(BaseModel):
    """What can be tapped below a message. `button` opens the list; `url` is what the only button opens."""

    buttons: list[Option]
    button: str | None
    groups: list[OptionGroup]
    url: str | None
    header: str | None
    footer: str | None


class Advert(BaseModel):
    """The ad or post by way of which somebody wrote."""

    headline: str | None
    body: str | None
    url: str | None


class Message(BaseModel):
    """What was said. `text`: words, or those below a file; of ours in the channel's markup. `heard`: what a voice note
    says; `about`: the provider's id of the message that an edit, deletion or reaction is about."""

    kind: str
    text: str
    file: FileTold | None = None
    heard: str | None = None
    unheard: str | None = None
    place: Place | None = None
    cards: list[Card] = []
    offered: Offered | None = None
    chosen: str | None = None
    emoji: str | None = None
    about: str | None = None
    template: str | None = None
    advert: Advert | None = None
    forwarded: bool = False


class Delivery(BaseModel):
    """How far a message of ours is. `state`: queued, sending, accepted, sent, delivered, read, played, failed, unknown,
    expired or cancelled."""

    state: str
    tries: int
    hold_until: float | None
    accepted_at: float | None
    sent_at: float | None
    delivered_at: float | None
    read_at: float | None
    code: str | None
    reason: str | None


class NoteTold(BaseModel):
    """Words to colleagues."""

    number: int
    text: str
    mine: bool


class HandoverTold(BaseModel):
    """Somebody else answers from then on."""

    mode: Literal["bot", "human", "paused"]
    until: float | None
    by: Literal["bot", "operator", "phone", "outside", "timer"]
    reason: str


class QuotedTold(BaseModel):
    """The message that is answered to."""

    who: Who
    text: str


class EntryTold(BaseModel):
    """One line or bubble: `message`, `note`, `handover`, or something that happened (`happened`: what, in a word).

    `state`, `reason`: of what came in, its state in the ledger, and why; `turn`: in which turn it was read or said.
    """

    id: str
    at: float
    who: Who
    name: str
    external_id: str | None = None
    message: Message | None = None
    note: NoteTold | None = None
    handover: HandoverTold | None = None
    happened: str | None = None
    turn: int | None = None
    state: str | None = None
    reason: str | None = None
    deleted: bool = False
    delivery: Delivery | None = None
    quoted: QuotedTold | None = None


class ThreadPageTold(BaseModel):
    """Entries, the newest first; `next`: what to give as `after` for those that are older, null at the beginning."""

    items: list[EntryTold]
    next: str | None
