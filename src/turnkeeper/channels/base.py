"""The channel port. An adapter turns webhooks into events and messages into HTTP calls.

It never does I/O.

ChannelError
├── Forbidden           answer 401 and store nothing: the signature is wrong or missing
└── NotThisProvider     answer 400 and store nothing: the body cannot be this provider's
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal, Protocol, TypeVar

from turnkeeper.model.errors import TurnkeeperError
from turnkeeper.model.events import Media, Received, SessionStatus
from turnkeeper.model.http import Calls as Calls
from turnkeeper.model.http import HttpCall as HttpCall
from turnkeeper.model.http import HttpReply as HttpReply
from turnkeeper.model.http import Multipart as Multipart
from turnkeeper.model.http import Pause as Pause
from turnkeeper.model.http import Webhook as Webhook
from turnkeeper.model.limits import ContentLimits, Markup
from turnkeeper.model.media import KeptFile
from turnkeeper.model.outbound import NotSent, Outbound, Outcome, Rejected
from turnkeeper.model.policy import RateLimit
from turnkeeper.model.templates import FoundTemplate, TemplateDraft


class ChannelError(TurnkeeperError):
    """A webhook that is refused as a whole."""


class Forbidden(ChannelError):
    """Wrong or missing signature."""


class NotThisProvider(ChannelError):
    """Not a body that this provider sends."""


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """For an answer that is read while it comes. `first`: seconds until its first byte; `stall`: between two pieces;
    `whole`: altogether; `size` in bytes."""

    first: float = 60.0
    stall: float = 60.0
    whole: float = 240.0
    size: int = 262_144


@dataclass(frozen=True, slots=True)
class Located:
    """Where a provider has a file, and what it says of it; `sha256` in hex, `size` in bytes.

    `trusted`: the address is one that was configured, so it need not be https; unless `guarded`, it may be an internal
    one. `headers` go to that host only.
    """

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    mime: str | None = None
    size: int | None = None
    sha256: str | None = None
    trusted: bool = False
    guarded: bool = False
    """Whoever configured it is not the operator."""


@dataclass(frozen=True, slots=True)
class Uploaded:
    """The provider knows the file as `external_id` for `valid_for` seconds."""

    external_id: str
    valid_for: float


Fetched = Located | NotSent | Rejected
"""What came of asking for a file: NotSent for now, Rejected for good."""
Upload = Uploaded | NotSent | Rejected


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What a channel can do, as data. Seconds, characters; None: no limit or not there."""

    limits: ContentLimits
    markup: Markup = "plain"
    free_form_window: float | None = None
    entry_window: float | None = None
    """The window after a message that came by way of an ad."""
    window_codes: frozenset[str] = frozenset()
    """Codes of refusals that mean: the window is closed."""
    opt_out_codes: frozenset[str] = frozenset()
    """Codes of refusals that mean: the contact has stopped marketing messages."""
    typing_refresh: float | None = None
    typing_longest: float = 300.0
    tracks_sends: bool = False
    """A status echoes our tracker, so an unknown send can be waited for."""
    on_unknown: Literal["wait_then_resend", "resend_once", "never_resend"] = "never_resend"
    per_second: float | None = None
    """Messages that the account may send in a second, where its settings say nothing else."""
    per_contact: RateLimit | None = None
    """Messages that one contact may be sent."""
    per_group: RateLimit | None = None
    """Messages that one group may be sent, where that is another number."""
    sends_files: bool = False
    """A file that we keep goes up within its message; the provider's id for it is known from then on."""
    fetches_links: bool = False
    """The provider fetches every file by its address: it gets signed links to those that we keep."""
    takes_bytes: int = 0
    """Where there is no address for links, files up to so many bytes may stand in the call itself (as data: links)."""
    confirms: Literal["accepted", "sent", "delivered"] = "accepted"
    """How far the provider tells, of every message, what became of it."""
    stale_uploads: frozenset[str] = frozenset()
    """Codes of refusals that may mean: the file must be uploaded anew."""


Config = TypeVar("Config", contravariant=True)


class ChannelAdapter(Protocol[Config]):
    """What every provider's adapter can do; `config` is that channel's own settings."""

    kind: ClassVar[str]
    capabilities: ClassVar[Capabilities]

    def verify(self, request: Webhook, config: Config) -> None:
        """Check the signature over the raw bytes in constant time; raises Forbidden."""

    def parse(self, request: Webhook, config: Config) -> list[Received]:
        """Every item of the body, in order; raises NotThisProvider."""

    def send(self, outbound: Outbound, config: Config) -> Calls[Outcome]:
        """Yield the calls that send one message; return what became of it."""

    def typing(self, addresses: tuple[str, ...], message_id: str, config: Config) -> Calls[None]:
        """Show that an answer to `message_id` is being written (and that it was read)."""


class MediaAdapter(Protocol[Config]):
    """What an adapter can do besides whose provider carries files."""

    def fetch_media(self, file: Media, config: Config) -> Calls[Fetched]:
        """Find out where a file can be had."""

    def upload(self, file: KeptFile, config: Config) -> Calls[Upload]:
        """Give the provider a file, which delivers nothing to anybody."""


class WithdrawingAdapter(Protocol[Config]):
    """Whose provider can be asked to delete what people sent."""

    def withdraw(self, media_id: str, config: Config) -> Calls[NotSent | Rejected | None]:
        """Have a file deleted that a message brought; None: it is."""


class ResolvingAdapter(Protocol[Config]):
    """Whose provider can be asked what became of a send."""

    def resolve(self, outbound: Outbound, config: Config) -> Calls[Outcome | None]:
        """Look for a send of unknown fate: Accepted, NotSent (it is safe to repeat), None: nobody can tell; or Unknown:
        the provider cannot be asked now."""


class ConnectingAdapter(Protocol[Config]):
    """Whose provider can be told where its webhooks go."""

    def connect(self, url: str, config: Config) -> Calls[list[Finding]]:
        """Register `url`, with the secret and the events that `config` and `parse` expect."""


class HandConnectedAdapter(Protocol[Config]):
    """Whose provider has to be told by a person where its webhooks go."""

    def by_hand(self, url: str, config: Config) -> list[str]:
        """What that person does, a line each, with what is to be typed."""


class AddressingAdapter(Protocol):
    """Whose contacts are not (only) known by phone numbers."""

    def address(self, written: str) -> str | None:
        """The address, as in Inbound, of whom an operator names; None for what names nobody here."""


class CatchingUpAdapter(Protocol[Config]):
    """Whose provider forgets webhooks that nobody took, but not the messages."""

    def missed(self, since: float, config: Config) -> Calls[list[Received] | NotSent]:
        """What came in since an instant (unix seconds), with the same dedup keys as in webhooks.

        NotSent: the provider could not be asked to the end; it is asked again later, for all of it.
        """


class SessionAdapter(Protocol[Config]):
    """Whose accounts may be logged out, or not connected, at any time."""

    def session(self, config: Config) -> Calls[SessionStatus | NotSent]:
        """Whether the account can send and receive now; NotSent: the provider could not be asked."""


@dataclass(frozen=True, slots=True)
class Pairing:
    """How far the login of an account with its phone is. `status` in the provider's word; `qr`: a picture to scan (a
    data: address); `code`: to be typed into the phone; `account`: who is logged in; `mend`: what somebody has to do."""

    status: str
    works: bool = False
    qr: str = field(default="", repr=False)
    code: str = field(default="", repr=False)
    account: str = ""
    mend: str = ""


class PairingAdapter(Protocol[Config]):
    """Whose accounts are logged in by a phone."""

    def pair(self, config: Config) -> Calls[Pairing]:
        """Look once; what stands still is started."""

    def pairing_code(self, phone: str, config: Config) -> Calls[Pairing]:
        """Ask for a code to be typed into the phone with this number (digits)."""


class TemplateAdapter(Protocol[Config]):
    """Whose provider reviews messages beforehand, the only ones that may be sent outside its window."""

    def templates(self, config: Config) -> Calls[list[FoundTemplate] | NotSent | Rejected]:
        """Every template of the account."""

    def submit_template(self, draft: TemplateDraft, config: Config) -> Calls[FoundTemplate | NotSent | Rejected]:
        """Have one reviewed. It delivers nothing to anybody."""

    def edit_template(
        self, external_id: str, draft: TemplateDraft, config: Config
    ) -> Calls[FoundTemplate | NotSent | Rejected]:
        """Have another wording of one reviewed."""

    def why_not(self, status: str, reason: str | None) -> str:
        """Why a template in this status is not sent, in words; "" for one that is."""


@dataclass(frozen=True, slots=True)
class Polled:
    """What a long poll brought; `offset` goes with the next one, once this is kept."""

    received: list[Received]
    offset: int | None


class PollingAdapter(Protocol[Config]):
    """Whose provider can be asked for events, where it cannot reach us."""

    def poll(self, offset: int | None, config: Config) -> Calls[Polled | NotSent | Rejected]:
        """Wait for events after an offset. NotSent: not now; Rejected: not until somebody does what `reason` says."""


class AcknowledgingAdapter(Protocol[Config]):
    """Whose provider reads what a webhook is answered with."""

    def acknowledgement(self, received: Sequence[Received], config: Config) -> bytes:
        """What the 200 says in JSON, once these are kept; empty: nothing. A press of a button is answered so, at once
        and whatever becomes of it."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What the doctor found out about one link to a provider; `mend` says what to do.

    `registered`: where the provider sends webhooks now, secrets and all; the doctor, who knows where they should go,
    compares. None: this link says nothing of that.
    """

    link: str
    ok: bool
    detail: str
    mend: str = ""
    registered: tuple[str, ...] | None = field(default=None, repr=False)
