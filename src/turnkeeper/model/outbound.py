"""A message on its way to one contact, and what became of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from turnkeeper.model.contents import File, Sayable
from turnkeeper.model.ids import ChannelId, OutboundKey
from turnkeeper.model.media import KeptFile


@dataclass(frozen=True, slots=True)
class Outbound:
    """A message on its way to one contact.

    `addresses` are the contact's, as in Inbound; `tracker` comes back in statuses where the channel can carry
    it; `window_open` says whether free-form messages are allowed now; `tries` counts from 1; `uploads` gives the
    provider's media id for each `File.key` of the content (a key that is missing there is not sent). Where a
    provider takes no uploads, `links` gives addresses from which it can get them; where files go up within their
    messages, `files` says what there is to send. No try began before `not_before`.
    """

    key: OutboundKey
    channel_id: ChannelId
    addresses: tuple[str, ...]
    content: Sayable
    tracker: str
    tries: int = 1
    window_open: bool = True
    uploads: Mapping[str, str] = field(default_factory=dict)
    links: Mapping[str, str] = field(default_factory=dict, repr=False)
    not_before: float | None = None
    files: Mapping[str, KeptFile] = field(default_factory=dict)

    def link_of(self, file: File) -> str | None:
        """Where the provider can get a file; None: nowhere."""
        return file.link or self.links.get(file.key or "")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider took it; `external_id` is the provider's id, `uploaded` the ids of files that went up with it, by
    key."""

    external_id: str | None
    uploaded: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotSent:
    """It never left or was refused for now: sending again cannot double it.

    `retry_after` in seconds (None: the usual backoff); `limit` on tries (None: until it expires);
    `scope`: what has to slow down. `session`: the account cannot send now; the channel waits until it can (`code`:
    its state in the provider's word, `reason`: what the operator does). `either`: the provider does not say whether
    the pair or the number.
    """

    reason: str
    retry_after: float | None = None
    limit: int | None = None
    scope: Literal["message", "pair", "number", "either", "session"] = "message"
    code: str | None = None


Remedy = Literal[
    "give_up", "stop_channel", "use_template", "use_other_address", "never_again", "unreachable", "operator"
]


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
