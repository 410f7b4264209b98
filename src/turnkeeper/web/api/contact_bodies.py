"""What the addresses of contacts tell and take."""

from typing import Annotated, Any

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from turnkeeper.model.agents import Fact
from turnkeeper.model.consent import Consent
from turnkeeper.model.flows import TAGS
from turnkeeper.model.inbox import InboxRow
from turnkeeper.model.payments import PaymentRow
from turnkeeper.web.api.conversation_rows import ConversationRow

OURS = "_"
"""What facts begin with that are the program's own."""
MOST_TAGS = 50
BotId = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,62}$")]
FieldName = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9_]{0,39}$")]
Tag = Annotated[str, Field(min_length=1, max_length=60)]


class ContactListed(BaseModel):
    """A contact in the list, as their newest conversation tells of them."""

    id: str
    name: str | None
    address: str
    last_at: float
    conversations: int
    channels: list[str]
    tags: list[str]
    opted_out: bool


class ContactPage(BaseModel):
    """A page of contacts. `next`: how to go on, null at the end."""

    items: list[ContactListed]
    next: str | None


class ContactField(BaseModel):
    """Something that a bot knows of a contact. `turn`: which one learned it; 0: a colleague wrote it."""

    bot: str
    name: str
    value: Any
    at: float
    conversation: str
    turn: int


class ContactConsent(BaseModel):
    """What somebody has agreed to (`granted`) or taken back, and how that is known. `*`: everything but answers."""

    purpose: str
    granted: bool
    source: str
    at: float


class ContactAddress(BaseModel):
    """One identity of theirs on a channel, and the conversation that it leads to."""

    channel: str
    address: str
    conversation: str


class ContactPayment(BaseModel):
    """Money that they were asked for. `amount` in the currency's smallest unit."""

    id: str
    conversation: str
    state: str
    amount: int
    currency: str
    description: str
    created_at: float


class ContactTold(BaseModel):
    """A contact with all that is known of them. `bots`: those that they write with."""

    id: str
    name: str | None
    created_at: float
    tags: list[str]
    bots: list[str]
    fields: list[ContactField]
    consents: list[ContactConsent]
    addresses: list[ContactAddress]
    conversations: list[ConversationRow]
    payments: list[ContactPayment]


class FieldBody(BaseModel):
    """A field that is set; null: it is forgotten."""

    model_config = ConfigDict(extra="forbid")
    bot: BotId
    name: FieldName
    value: Annotated[str, Field(max_length=2000)] | bool | int | float | None


class ContactChange(BaseModel):
    """What is to be otherwise; what is left out stays. `tags`: all of them, for every bot that they write with."""

    model_config = ConfigDict(extra="forbid")
    name: str | None = Field(None, min_length=1, max_length=200)
    fields: list[FieldBody] = Field([], max_length=100)
    tags: list[Tag] | None = Field(None, max_length=MOST_TAGS)


class ConsentBody(BaseModel):
    """What somebody said that they want, or do not want. `*`: everything but answers."""

    model_config = ConfigDict(extra="forbid")
    purpose: str = Field(max_length=40)
    granted: bool


class MergeBody(BaseModel):
    """The contact that is the same person, and is no more afterwards."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    other: str = Field(alias="with", max_length=64)


class SplitBody(BaseModel):
    """The conversation that is somebody else's, with the addresses that lead to it."""

    model_config = ConfigDict(extra="forbid")
    conversation: str = Field(max_length=64)


class ContactNamed(BaseModel):
    """A contact by its id."""

    id: str


def listed(rows: list[InboxRow]) -> ContactListed:
    """A contact by the rows of their conversations, the newest first."""
    newest = rows[0]
    return ContactListed(
        id=newest.contact_id,
        name=next((each.name for each in rows if each.name), None),
        address=newest.address,
        last_at=newest.last_at,
        conversations=len(rows),
        channels=list(dict.fromkeys(each.channel_id for each in rows)),
        tags=sorted({tag for each in rows for tag in each.tags}),
        opted_out=any(each.opted_out for each in rows),
    )


def field(fact: Fact) -> ContactField:
    """As the API tells it."""
    return ContactField(
        bot=fact.bot_id,
        name=fact.name,
        value=msgspec.json.decode(fact.value),
        at=fact.at,
        conversation=fact.conversation_id,
        turn=fact.turn_no,
    )


def consent(row: Consent) -> ContactConsent:
    """As the API tells it."""
    return ContactConsent(purpose=row.purpose, granted=row.granted, source=row.source, at=row.at)


def payment(row: PaymentRow) -> ContactPayment:
    """As the API tells it."""
    return ContactPayment(
        id=row.id,
        conversation=row.conversation_id,
        state=row.state,
        amount=row.amount,
        currency=row.currency,
        description=row.description,
        created_at=row.created_at,
    )


def tags_in(facts: list[Fact]) -> list[str]:
    """What bots call somebody, each once."""
    found: dict[str, None] = {}
    for fact in facts:
        value = msgspec.json.decode(fact.value) if fact.name == TAGS else None
        for each in value if isinstance(value, list) else [value] if isinstance(value, str) else []:
            found[str(each)] = None
    return sorted(found)
