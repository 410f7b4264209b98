"""The turn as a bot's author sees it; the same for every kind of bot."""

from __future__ import annotations

import asyncio
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Generic, cast

import msgspec

from turnkeeper.bots.consents import Consents
from turnkeeper.bots.facts import Facts
from turnkeeper.bots.files import StoredFile
from turnkeeper.bots.message import Message, messages_of
from turnkeeper.bots.offering import Replies, offered
from turnkeeper.bots.payable import Payable
from turnkeeper.bots.results import Results, spent_in
from turnkeeper.bots.speaking import SpeakingTurn
from turnkeeper.bots.stages import StagedTurn
from turnkeeper.bots.timing import TimedTurn
from turnkeeper.bots.window import Window
from turnkeeper.engine.answer import Answer, OnUnknown, Work
from turnkeeper.llm.calls import ToolRun
from turnkeeper.model.contents import File
from turnkeeper.model.events import (
    Choice,
    ContactCard,
    EventKind,
    Inbound,
    Location,
    Media,
    Order,
    Reaction,
    Referral,
    named,
)
from turnkeeper.model.llm import Attached, ChatRequest, Said
from turnkeeper.model.media import KeptFile
from turnkeeper.model.voice import Transcript
from turnkeeper.store.lines import Line

if TYPE_CHECKING:
    from pydantic import BaseModel
    from typing_extensions import TypeVar  # its default lets authors write a bare Turn where the state is a dict

    from turnkeeper.bots.library import Found, Library
    from turnkeeper.bots.paying import Paying
    from turnkeeper.bots.thinking import Thinking
    from turnkeeper.llm.calls import ChainAnswer
    from turnkeeper.llm.extraction import Extracted
    from turnkeeper.llm.toolbox import Tool

    M = TypeVar("M", bound=BaseModel)
    S = TypeVar("S", default=dict[str, Any])
else:
    from typing import TypeVar

    S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Contact:
    """The person. Someone on WhatsApp may have no phone number that we know."""

    name: str | None
    phone: str | None
    user_id: str | None
    addresses: tuple[str, ...]


class Turn(SpeakingTurn, StagedTurn, TimedTurn, Payable, Generic[S]):
    """What a person said, what is remembered of them, and what to do about it.

    `events`: everything that the turn answers, oldest first; `messages`: what of it the contact did; `text`: the
    messages' texts, one a line; in a group, after the name of who wrote it ("Ada: hello").
    `state` is kept between turns as JSON, until the session expires: a dict, or the bot's own model, as in
    `turn: Turn[State]`; `stage` is where the next turn starts.
    `facts`: what is known of the contact, across conversations; `consents`: what they agreed to be sent; `window`:
    until when they may be sent anything. `effects`: effect steps of earlier turns that were cut off by a takeover or
    gave up, which the bot may have to know of: dicts with `name`, `done`, `result`, and `undone` where an undo took
    them back.
    """

    def __init__(
        self,
        work: Work,
        thinking: Thinking | None = None,
        library: Library | None = None,
        own_words: Replies = Replies(),  # noqa: B008 - frozen
        paying: Paying | None = None,
    ) -> None:
        self._work = work
        self._paying = paying
        self._own_words = own_words
        self.offer: dict[str, Any] = {}
        """The offer of a person that this turn makes, as bots.offering keeps it."""
        self.library = library and library.of(work.channel.workspace_id)
        self._thinking = thinking
        self._asking = asyncio.Lock()
        self.facts = Facts(work.records)
        self.consents = Consents(work.records)
        self.window = Window(work.open_until, work.now)
        super().__init__(work)
        self._handover: str | None = None
        self.events: tuple[Inbound, ...] = tuple(work.events)
        self.messages: tuple[Message, ...] = messages_of(self.events, work.quoted)
        self.text = "\n".join(text for event in self.events if (text := named(event, event.text)))
        self.contact = _contact(self.events, work.addresses)
        self.state: S = cast("S", work.state)
        self.effects: Sequence[Mapping[str, object]] = work.carried
        self.tools_done: dict[str, ToolRun] = {}
        """The tools with an effect that models have used in this turn, by name: each at most once."""

    def _newest(self, name: str) -> Any:
        return next((found for each in reversed(self.messages) if (found := getattr(each, name)) is not None), None)

    @property
    def choice(self) -> Choice | None:
        """The button or row that was chosen: `id`, `title`. Of this and the following, the newest of the turn."""
        found: Choice | None = self._newest("choice")
        return found

    @property
    def quoted(self) -> Line | None:
        """What the contact answered with a quote, and whose words it is (`role`); None also where it is unknown."""
        found: Line | None = self._newest("quoted")
        return found

    @property
    def reaction(self) -> Reaction | None:
        """An emoji under a message; turns begin with them only where the bot's `reactions` is set."""
        found: Reaction | None = self._newest("reaction")
        return found

    @property
    def location(self) -> Location | None:
        """A place that was sent."""
        found: Location | None = self._newest("location")
        return found

    @property
    def cards(self) -> tuple[ContactCard, ...]:
        """All contact cards of the turn."""
        return tuple(card for message in self.messages for card in message.cards)

    @property
    def order(self) -> Order | None:
        """A basket from a catalogue."""
        found: Order | None = self._newest("order")
        return found

    @property
    def form(self) -> Any:
        """What was filled into a flow, from JSON: mostly a dict."""
        return self._newest("form")

    @property
    def referral(self) -> Referral | None:
        """The ad that brought the contact here."""
        found: Referral | None = self._newest("referral")
        return found

    @property
    def transcripts(self) -> tuple[Transcript, ...]:
        """What the turn's voice notes say, with times and speakers where they are known; only of those that could be
        heard, where the bot's `transcribe` is set."""
        return tuple(event.transcript for event in self.events if event.transcript is not None)

    @property
    def number(self) -> int:
        """The turn's place in the conversation, from 1."""
        return self._work.number

    @property
    def attempt(self) -> int:
        """From 1: a newer message or an error starts the turn over."""
        return self._work.attempt

    @property
    def began_at(self) -> float:
        """When the turn first began, in unix seconds: the same for every attempt, and on whatever machine."""
        return self._work.began_at

    async def step(
        self,
        name: str,
        function: Callable[..., Any],
        *args: Any,
        effect: bool = False,
        on_unknown: OnUnknown = "retry",
        spent: bool = False,
    ) -> Any:
        """Run a function once: its stored result survives crashes and is never computed again.

        A function with a parameter `key` that `args` leave open is given an idempotency key, the same for every
        try. With `effect` it happens at most once a turn, and the turn can no longer be interrupted. An effect
        that was cut off or raised, and so may have happened, is run again with that key (`retry`), handed to a
        person (`ask`), ends the turn (`fail`) or raises EffectUnknown here (`raise`). Results are kept as JSON and
        come back as the function's annotated return type. Functions that are not `async` run in a thread. `spent`:
        the result has a `usage` (turnkeeper.model.llm.Usage), which counts for the conversation's day. Raises
        StepChanged when the same step is repeated with other arguments, NotStorable for what JSON cannot hold, and
        whatever the function raises.
        """
        results = Results(function)

        async def run(key: str) -> bytes:
            named = {"key": key} if _wants_key(function, args) else {}
            value = await called(function, args, named)
            return results.happened(value) if effect else results.encode(value)

        counted = spent_in if spent else None
        stored = await self._work.step(
            name, run, results.arguments(args), effect=effect, on_unknown=on_unknown, spent=counted
        )
        return results.decode(stored)

    async def ask(
        self, said: str, *, system: str = "", tools: Sequence[Tool | Callable[..., Any] | str] | None = None
    ) -> str:
        """Ask the models of the bot's configuration, the next one where one gives no answer; its words, in Markdown.

        `system`: what they are told of their task; `tools`: functions, or names of the bot's `tools`, which are all
        given unless this says otherwise. Each question, and each call of a tool, is a step. Questions of one turn are
        asked one after the other. Raises ModelsFailed when no model answered, NotConfigured where there is none.
        """
        from turnkeeper.bots.thinking import ModelsFailed

        answered = await self._asked(ChatRequest(system, (Said("user", said),)), tools)
        if answered.handover is not None:
            self.handover(answered.handover)
        for name, value in answered.facts.items():
            self.facts.set(name, value)
        if answered.text is None:
            raise ModelsFailed("; ".join(answered.told) or "no model gave an answer")
        return answered.text

    async def extract(
        self, model: type[M], text: str, *, instructions: str = "", files: Sequence[StoredFile] = ()
    ) -> Extracted[M]:
        """A pydantic model out of a text, in at most two questions: `value` if all of it is right, else None with
        the fields that are in `partial`, and `problems`. `files` are read too, by models that take them.

        Raises NotConfigured where the bot has no models.
        """
        from turnkeeper.llm.extraction import extract

        async def ask(request: ChatRequest) -> str | None:
            return (await self._asked(request, ())).text

        attached = [Attached(file.key, file.mime, file.filename, file.size) for file in files]
        return await extract(model, text, ask, instructions=instructions, files=attached)

    async def _asked(
        self, request: ChatRequest, tools: Sequence[Tool | Callable[..., Any] | str] | None
    ) -> ChainAnswer:
        from turnkeeper.bots.thinking import NotConfigured

        if self._thinking is None:
            raise NotConfigured("the bot has no models to ask: name them in its configuration, as `models`")
        async with self._asking:
            return await self._thinking.asked(self._work, self, request, self._thinking.chosen(tools))

    async def file(self, media: Media | None = None) -> StoredFile:
        """A file that the person sent, fetched once and kept; without `media` the first of the turn.

        Raises MediaRefused for one that is not what it claims to be, too large, or gone (the turn then ends with the
        bot's `media_reply`, unless it is caught), and LookupError where the turn has no file.
        """
        wanted, kind, message_id = self._media(media)

        async def fetch(_: str) -> bytes:
            return msgspec.json.encode(await self._work.files.fetch(wanted, kind, message_id))

        arguments = msgspec.json.encode([wanted, kind, message_id])
        stored = await self._work.step("turn.file", fetch, arguments, effect=False, on_unknown="retry")
        return StoredFile(msgspec.json.decode(stored, type=KeptFile), self._work.files)

    def _media(self, media: Media | None) -> tuple[Media, EventKind, str | None]:
        """Which file is meant, and of which message; one that the provider could not take names none."""
        for event in self.events:
            if media is None and (event.media is not None or event.media_unavailable):
                return event.media or Media(), event.kind, event.message_id
            if media is not None and event.media == media:
                return media, event.kind, event.message_id
        if media is None:
            raise LookupError("nobody sent a file in this turn")
        return media, "document", None

    async def attach(self, file: str | Path | bytes, *, filename: str | None = None, mime: str | None = None) -> File:
        """Keep a file of the bot's own, to be sent: `Document(await turn.attach("menu.pdf"))`.

        `file` is a path on this machine, or the bytes. The same bytes are kept, and uploaded, once. Raises
        MediaRefused for one that is not there, too large, or not what `mime` says.
        """
        given = Path(file) if isinstance(file, str) else file
        kept = await self._work.files.keep(given, filename, mime)
        return File(key=kept.key, mime=kept.mime, filename=kept.filename, size=kept.size)

    def resume(self) -> bool:
        """Take the session that expired back: its state now, its stage where the next turn starts; False: there is
        none. Whatever stage runs may do so, whatever its `to` says."""
        if self.expired is None:
            return False
        self.state, self.stage, self.resumed = self.expired.state, self.expired.stage, True
        return True

    def handover(self, reason: str) -> None:
        """Let a person go on once the turn's replies are out; the bot keeps silent until it is given back."""
        self._handover = reason

    async def offer_person(self, reason: str) -> None:
        """Say the bot's `fixed_reply`. If that ends in a question mark, whoever says yes to it next, in words or by a
        tap, hears `handover_reply` and is handed over for the reason; no stage runs for that."""
        for reply in offered(self._own_words.fixed, reason, self.offer, self._own_words.buttons):
            await self.reply(reply)

    async def look_up(self, question: str, most: int = 5) -> list[Found]:
        """The passages of the bot's `knowledge` that answer a question best, the best first; none if nothing does.

        A step. Raises NotConfigured where the bot has no knowledge.
        """
        from turnkeeper.bots.thinking import NotConfigured

        if self.library is None:
            raise NotConfigured("the bot has nothing to look up in: name it in its configuration, as `knowledge`")
        found: list[Found] = await self.step("turn.look_up", self.library.look_up, question, most)
        return found

    async def history(self, limit: int = 10) -> list[Line]:
        """The last lines of the conversation, oldest first."""
        return await self._work.history(limit)

    def answer(self, trace: str | None = None) -> Answer:
        """What the turn leaves. Raises TypeError for a stage that is no name."""
        if self.stage is not None and not isinstance(self.stage, str):
            raise TypeError(f"turn.stage is a stage's name, not a {type(self.stage).__name__}")
        return Answer(
            tuple(self._replies),
            cast("dict[str, Any]", self.state),
            self.stage,
            tuple(self._set),
            self._handover,
            trace or self._work.trace,
            self.facts.learned,
            cancelled=tuple(self._cancelled),
            consents=self.consents.noted,
        )


def _contact(events: Sequence[Inbound], addresses: Sequence[str]) -> Contact:
    names = [event.sender_name for event in events if event.sender_name]
    known = dict(address.partition(":")[::2] for address in reversed(addresses))
    return Contact(names[-1] if names else None, known.get("phone"), known.get("user"), tuple(addresses))


def _wants_key(function: Callable[..., Any], args: Sequence[Any]) -> bool:
    """Whether it has a parameter `key` that the step's own arguments leave open."""
    try:
        signature = inspect.signature(function)
        return "key" in signature.parameters and "key" not in signature.bind_partial(*args).arguments
    except (TypeError, ValueError):
        return False


async def called(function: Callable[..., Any], args: Sequence[Any], named: Mapping[str, str]) -> Any:
    """What a function gives, `async` or not: else it runs in a thread."""
    if inspect.iscoroutinefunction(inspect.unwrap(function)):
        return await function(*args, **named)
    value = await asyncio.to_thread(function, *args, **named)
    return await _resolved(value) if inspect.isawaitable(value) else value


async def _resolved(value: Awaitable[Any]) -> Any:
    return await value
