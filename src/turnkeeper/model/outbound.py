"""What the business sends: one Outbound is one message on the person's screen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import msgspec

from turnkeeper.model.ids import ChannelId, OutboundKey


class Text(msgspec.Struct, frozen=True, tag="text", omit_defaults=True):
    """Text in the channel's own markup, within its limit."""

    body: str
    preview_url: bool = False
    reply_to: str | None = None


Content = Text
"""Every kind of content that can be sent; a tagged union, so that rows keep their kind."""


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message on its way to one contact.

    `addresses` are the contact's, as in Inbound; `tracker` comes back in statuses where the channel can carry
    it; `window_open` says whether free-form messages are allowed now; `tries` counts from 1.
    """

    key: OutboundKey
    channel_id: ChannelId
    addresses: tuple[str, ...]
    content: Content
    tracker: str
    tries: int = 1
    window_open: bool = True


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it; `external_id` is the provider's id."""

    external_id: str | None


@dataclass(frozen=True, slots=True)
class NotSent:
    """It never left or was refused for now: sending again cannot double it.

    `retry_after` in seconds (None: the usual backoff); `limit` on tries (None: until it expires);
    `scope`: what has to slow down.
    """

    reason: str
    retry_after: float | None = None
    limit: int | None = None
    scope: Literal["message", "pair", "number"] = "message"
    code: str | None = None


Remedy = Literal["give_up", "stop_channel", "use_template", "use_other_address", "never_again", "operator"]


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider will not take it; `remedy` says what to do, `reason` is for the operator."""

    code: str
    reason: str
    remedy: Remedy = "give_up"


@dataclass(frozen=True, slots=True)
class Unknown:
    """It may have arrived: resolved by the status that echoes our tracker, never guessed."""

    reason: str


Outcome = Accepted | NotSent | Rejected | Unknown
