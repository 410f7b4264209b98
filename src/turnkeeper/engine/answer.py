"""What the engine asks of a bot, and what a bot gives back: nothing here runs anything."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, NamedTuple, Protocol, runtime_checkable

from turnkeeper.model.agents import Spent, Summary
from turnkeeper.model.consent import Consent
from turnkeeper.model.contents import Reply
from turnkeeper.model.events import EventKind, Inbound, Media
from turnkeeper.model.flows import Counted
from turnkeeper.model.ids import ConversationKey
from turnkeeper.model.media import KeptFile
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.model.policy import Channel
from turnkeeper.model.sequences import QuietHours
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.store.lines import Line
from turnkeeper.store.payments import PaymentTold

OnUnknown = Literal["retry", "ask", "fail", "raise"]


@dataclass(frozen=True, slots=True)
class Later:
    """A timer that a turn sets: it fires `seconds` after the commit, or at the instant `at`.

    A follow-up dies when the contact writes first. `late`: seconds after which it is dropped instead of being told
    to the bot; None: never. `id`: one that is set again under the same replaces the earlier; without it each is
    another. `quiet`: it waits for the end of these hours.
    """

    seconds: float
    name: str
    data: object = None
    follow_up: bool = True
    at: float | None = None
    late: float | None = None
    id: str | None = None
    quiet: QuietHours | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """What a turn leaves when it commits. `replies` are Markdown; `handover`: why a person is to go on."""

    replies: Sequence[Reply] = ()
    state: Mapping[str, object] = field(default_factory=dict)
    stage: str | None = None
    timers: Sequence[Later] = ()
    handover: str | None = None
    trace: str | None = None
    facts: Mapping[str, object] = field(default_factory=dict)
    """What was learned of the contact, as JSON; None forgets."""
    afterwards: Sequence[Callable[[], Awaitable[None]]] = ()
    """Work that nobody waits for, run once when the replies are out; lost if the worker dies."""
    cancelled: Sequence[str] = ()
    """The names of timers that are taken back; those in `timers` are set afterwards."""
    consents: Mapping[str, bool] = field(default_factory=dict)
    """Purposes that the contact has said yes or no to."""
    counts: Mapping[Counted, int] = field(default_factory=dict)
    """How often the turn entered and left nodes of flows."""
    asked: bool = True
    """False: it is not the bot's own; effects of earlier turns that were cut off are still to be told to it."""


class Files(Protocol):
    """The files of a turn. Raises MediaRefused for what is not taken, FileGone for what is not kept any more."""

    async def fetch(self, media: Media, kind: EventKind, message_id: str | None) -> KeptFile:
        """The file of a message, fetched once."""

    async def keep(self, file: Path | bytes, filename: str | None, mime: str | None) -> KeptFile:
        """Keep a file of the bot's own."""

    def read(self, key: str) -> AsyncIterator[bytes]:
        """The bytes in chunks."""

    async def path(self, key: str) -> Path:
        """The file on this machine, until the turn ends."""

    def link(self, key: str, seconds: float) -> str:
        """An address from which anybody can get the file for so long."""

    async def needed(self, replies: Sequence[Reply]) -> None:
        """What these carry is about to be sent."""


class Payments(Protocol):
    """The payments of a turn's conversation. What is found of one joins the turn."""

    async def all(self) -> list[PaymentRow]:
        """Of the whole conversation, the newest first."""

    async def opened(self, row: PaymentRow) -> PaymentRow:
        """Keep one before its provider is asked; the one that is there if it was kept before."""

    async def found(self, provider: str, what: PaymentFound, *, own: bool = False) -> PaymentTold:
        """Apply what a provider tells. `own`: of what the turn did itself."""

    async def failed(self, payment_id: str, reason: str) -> None:
        """There will never be a link."""

    async def void(self, payment_id: str) -> None:
        """Nobody is to pay it any more: its link is taken back by and by."""


class Records(Protocol):
    """What is kept of a turn's conversation and contact beyond the session."""

    @property
    def payments(self) -> Payments: ...

    async def name(self) -> str | None:
        """What the provider called the contact when they wrote first."""

    async def facts(self) -> dict[str, Any]:
        """What this bot knows of the contact."""

    async def consents(self) -> Sequence[Consent]:
        """What the contact has agreed to, and taken back, as of when the turn first asked."""

    async def summary(self) -> Summary | None:
        """What was said long ago, in few words; an empty one: the conversation was erased then."""

    async def keep_summary(self, text: str, up_to: float, before: float | None) -> bool:
        """Replace the summary that reached up to `before`; False: somebody else did."""

    async def spend(self, spent: Spent) -> None:
        """Count what models took outside any step, in work that is done afterwards."""

    async def spent_today(self) -> Spent:
        """What the conversation has taken of models since midnight, UTC."""


class Expired(NamedTuple):
    """A session that expired: what was left of it, and when it ended (unix seconds). `state` may be a model's."""

    state: Any
    stage: str | None
    at: float


class Work(Protocol):
    """A turn as the engine hands it to a bot: what was said, what is remembered, and the journal."""

    @property
    def channel(self) -> Channel: ...
    @property
    def key(self) -> ConversationKey: ...
    @property
    def began_at(self) -> float:
        """When the turn's first attempt began, whichever machine ran it; or when its voice notes had been heard."""

    def now(self) -> float:
        """The clock's time."""

    @property
    def open_until(self) -> float:
        """When the provider's window closes, as of the turn's claim (rules.window.closes_at)."""

    @property
    def records(self) -> Records: ...

    @property
    def events(self) -> Sequence[Inbound]: ...
    @property
    def quoted(self) -> Mapping[str, Line]:
        """The messages that the events quote and that we know, by the provider's id."""

    @property
    def addresses(self) -> Sequence[str]: ...
    @property
    def number(self) -> int: ...
    @property
    def attempt(self) -> int: ...
    @property
    def state(self) -> dict[str, Any]: ...
    @property
    def stage(self) -> str | None: ...
    @property
    def expired(self) -> Expired | None:
        """The session before this one, if it expired; None once a turn has committed since."""

    @property
    def carried(self) -> Sequence[Mapping[str, object]]: ...
    @property
    def trace(self) -> str | None: ...
    @property
    def files(self) -> Files: ...
    async def step(
        self,
        name: str,
        run: Callable[[str], Awaitable[bytes]],
        arguments: bytes,
        *,
        effect: bool,
        on_unknown: OnUnknown,
        spent: Callable[[bytes], Spent] | None = None,
    ) -> bytes:
        """The step's stored result, or `run`'s, then stored; `run` is given an idempotency key.

        `spent`: what the result took of models, counted once, with the result."""

    async def template(self, name: str, language: str) -> TemplateDefinition | None:
        """What the provider has told of a template; None: nothing is known of it."""

    async def say_now(self, said: Reply, *, aside: bool = False) -> None:
        """Send at once. `aside`: beside what the bot itself says, once in a turn, whatever comes before it."""

    async def retell(self, events: Mapping[int, Inbound]) -> None:
        """Keep what was found out about some of `events`, by their places there, which tell it from then on."""

    async def history(self, limit: int, since: float | None = None) -> list[Line]:
        """The last `limit` lines that were said before, oldest first; `since`: only those after that instant."""


class Bot(Protocol):
    """What answers."""

    @property
    def version(self) -> str:
        """Changes with the code: another version never resumes half a turn."""

    async def answer(self, work: Work) -> Answer:
        """Run one turn. Whatever it raises ends the attempt; it may be cancelled at every await."""


class Effect(NamedTuple):
    """An effect that a turn had. `result`: as it was stored, None where nobody knows whether it happened; `key`: the
    idempotency key that it was given."""

    name: str
    occurrence: int
    result: bytes | None
    key: str


@runtime_checkable
class Undoing(Protocol):
    """A bot that takes effects back when a turn is given up. Of wrappers around a bot, `bot` is asked."""

    def undoes(self, effect: Effect) -> bool:
        """Whether it knows how."""

    async def take_back(self, work: Work, effect: Effect, key: str) -> None:
        """Undo it; `key` is the same for every try. What it raises is tried again."""


class HandoverWanted(Exception):
    """Raised inside a turn to end it at once and let a person go on."""
