"""A turn run again from what it began with. Nothing of it is kept, sent, or done to anybody.

`Rehearsing` is the turn's Work over its rows: every step has a stand-in (rules.rehearsal), nothing is written to the
store, and no provider is called. What it would leave is told.
"""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from hashlib import blake2b, sha256
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from turnkeeper.engine.answer import Answer, Bot, Expired, HandoverWanted, Later, OnUnknown, Records
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.journal import expired_of, idempotency_key, session_of
from turnkeeper.engine.local_time import awaiting_the_day
from turnkeeper.engine.rehearsed_records import RehearsedRecords
from turnkeeper.engine.rehearsed_stubs import stub
from turnkeeper.engine.rendering import rendered
from turnkeeper.engine.templates import definition_in
from turnkeeper.media.base import MediaStore, Place
from turnkeeper.model.contents import Content, Reply, Template
from turnkeeper.model.conversation import StepRow
from turnkeeper.model.errors import BotError, MediaRefused
from turnkeeper.model.events import EventKind, Inbound, Media
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.media import KeptFile
from turnkeeper.model.policy import Channel
from turnkeeper.model.rehearsed import Listed, Rehearsed, SaidNow, StandIn
from turnkeeper.model.templates import TemplateDefinition
from turnkeeper.model.traces import TracedTurn
from turnkeeper.rules import reading, window
from turnkeeper.rules.rehearsal import Models, Wanted, stands_for
from turnkeeper.rules.turn_questions import questions
from turnkeeper.rules.turn_told import told_step, totals
from turnkeeper.store.base import ClaimedTurn, Store
from turnkeeper.store.lines import Line
from turnkeeper.store.runs import Run
from turnkeeper.text.comparing import difference
from turnkeeper.text.said import hears
from turnkeeper.text.scripts import Hears, Writes

_NOBODY = WorkerId("rehearsal")
_NO_LINE = "    (line 0)"
"""What was said stands in no file."""
_LONGEST_RAISED = 4_000
_inbound = msgspec.json.Decoder(Inbound).decode
_content: Callable[[bytes], Content] = msgspec.json.Decoder(Content).decode


class NotRehearsed(BotError):
    """Nothing stands for this in a rehearsal; the words say why."""


@dataclass(frozen=True, slots=True)
class Staged:
    """What a turn is run again with. `history`: what had been said before it; `facts`: what was known, if that is kept;
    `progress` is told what it does now."""

    traced: TracedTurn
    channel: Channel
    history: Sequence[Line]
    models: Models = "asked"
    facts: Mapping[str, Any] | None = None
    progress: Callable[[str], None] = lambda _: None


class Rehearsing:
    """The Work of a turn that is run again."""

    def __init__(self, staged: Staged, store: Store, media: MediaStore, clock: Clock) -> None:
        self._staged = staged
        self._store = store
        self._clock = clock
        traced = staged.traced
        turn = traced.whole.turn
        self._turn = turn
        self._conversation = replace(traced.conversation, contact_at=_heard_at(traced))
        run = Run(traced.conversation.key, _NOBODY, 0)
        claimed = ClaimedTurn(run, staged.channel, self._conversation, turn, traced.whole.events, traced.before)
        self.session, _ = session_of(claimed, turn.started_at)
        self.expired: Expired | None = expired_of(claimed, turn.started_at)
        self.state: dict[str, Any] = msgspec.json.decode(self.session.state)
        self.carried: Sequence[Mapping[str, object]] = msgspec.json.decode(self.session.carried)
        self.events: Sequence[Inbound] = [_inbound(row.body) for row in traced.whole.events]
        self.quoted: Mapping[str, Line] = {}
        self.files = RehearsedFiles(run.key, media)
        self.records: Records = RehearsedRecords(self._conversation, turn, store, staged.facts)
        self._since = clock.now()
        self._seen: Counter[tuple[str, bool]] = Counter()
        self.said: list[Reply] = []
        self.stood: list[StandIn] = []
        self.steps: list[StepRow] = []

    @property
    def channel(self) -> Channel:
        return self._staged.channel

    @property
    def key(self) -> ConversationKey:
        return self._conversation.key

    @property
    def began_at(self) -> float:
        return max([self._turn.started_at, *(event.heard_at or 0.0 for event in self.events)])

    @property
    def open_until(self) -> float:
        return window.open_until(self._conversation, self.channel.sends)

    @property
    def addresses(self) -> Sequence[str]:
        return self._conversation.addresses.split("\n")

    @property
    def number(self) -> int:
        return self._turn.no

    @property
    def attempt(self) -> int:
        return 1

    @property
    def stage(self) -> str | None:
        return self.session.stage

    @property
    def trace(self) -> str | None:
        return None

    def now(self) -> float:
        """The instant of then, and as long as it has run now."""
        return self.began_at + self._clock.now() - self._since

    async def look_up(self) -> None:
        """Find what the events quote."""
        wanted = [event.reply_to for event in self.events if event.reply_to]
        if wanted:
            self.quoted = await self._store.quoted(self.key, self.channel.id, wanted)

    async def step(
        self,
        name: str,
        run: Callable[[str], Awaitable[bytes]],
        arguments: bytes,
        *,
        effect: bool,
        on_unknown: OnUnknown,  # noqa: ARG002 - nothing is cut off here
        spent: object = None,  # noqa: ARG002 - what it takes is nobody's day
    ) -> bytes:
        """What stands for the step."""
        self._seen[name, effect] += 1
        digest = blake2b(arguments, digest_size=16).hexdigest()
        wanted = Wanted(name, self._seen[name, effect], digest, effect)
        standing = stands_for(wanted, self._staged.traced.whole.steps, self._staged.models)
        self._staged.progress(name)
        row = self._row(wanted)
        if standing.runs:
            result = await run(idempotency_key(row))
            self._stands(name, StandIn(name, "really", effect))
        elif standing.row is not None and standing.row.result is not None:
            result = standing.row.result
            self._stands(name, StandIn(name, "recorded", effect))
        else:
            result = stub(self._staged.traced, wanted, arguments)
            self._stands(name, StandIn(name, "stubbed", effect))
        self.steps.append(replace(row, result=result, done_at=self._clock.now()))
        return result

    def _stands(self, name: str, standing: StandIn) -> None:
        """Of tools the tools themselves are told; of what the bot reckons only, nothing."""
        if not name.startswith("tool.") and (standing.stood != "really" or name == "model"):
            self.stood.append(standing)

    def _row(self, wanted: Wanted) -> StepRow:
        key = (*self.key, self._turn.no, 0 if wanted.effect else 1, wanted.name, wanted.occurrence)
        return StepRow(*key, wanted.arguments, wanted.effect, self._clock.now())

    async def template(self, name: str, language: str) -> TemplateDefinition | None:
        found = await self._store.template(self.channel.workspace_id, self.channel.id, name, language)
        return None if found is None else definition_in(found)

    async def say_now(self, said: Reply, *, aside: bool = False) -> None:  # noqa: ARG002 - the port's
        self.said.append(said)

    async def retell(self, events: Mapping[int, Inbound]) -> None:
        self.events = [events.get(place, event) for place, event in enumerate(self.events)]

    async def history(self, limit: int, since: float | None = None) -> list[Line]:
        return [line for line in self._staged.history if since is None or line.at > since][-limit:]


def _heard_at(traced: TracedTurn) -> float | None:
    """When the contact had last written, as of the turn."""
    heard = [row.received_at for row in traced.whole.events if not row.from_me and row.kind not in ("timer", "api")]
    return max(heard, default=traced.conversation.contact_at)


class RehearsedFiles:
    """Files that are kept can be read; no other is fetched, and none is kept."""

    def __init__(self, key: ConversationKey, media: MediaStore) -> None:
        self._workspace_id = key.workspace_id
        self._media = media
        self._made: dict[str, bytes] = {}

    async def fetch(self, media: Media, kind: EventKind, message_id: str | None) -> KeptFile:  # noqa: ARG002
        raise MediaRefused("gone", "a rehearsal fetches no file that the turn had not fetched")

    async def keep(self, file: Path | bytes, filename: str | None, mime: str | None) -> KeptFile:
        data = file if isinstance(file, bytes) else await asyncio.to_thread(file.read_bytes)
        name = filename or (file.name if isinstance(file, Path) else "file")
        key = sha256(data).hexdigest()
        self._made[key] = data
        return KeptFile(key, mime or "application/octet-stream", len(data), name)

    async def read(self, key: str) -> AsyncIterator[bytes]:
        if key in self._made:
            yield self._made[key]
            return
        async for chunk in self._media.read(Place(self._workspace_id, key)):
            yield chunk

    async def path(self, key: str) -> Path:
        found = await self._media.local(Place(self._workspace_id, key))
        if found is None:
            raise NotRehearsed("a rehearsal makes no copy of a file: read it")
        return found

    def link(self, key: str, seconds: float) -> str:  # noqa: ARG002 - the port's
        return f"https://rehearsal.invalid/{key[:12]}"

    async def needed(self, replies: Sequence[Reply]) -> None:
        """Nothing is sent."""


@dataclass(slots=True)
class _Ended:
    """How the bot ended."""

    answer: Answer = field(default_factory=Answer)
    raised: str | None = None


async def rehearse(work: Rehearsing, bot: Bot, capabilities: Any, drafted: str) -> Rehearsed:
    """Run the turn again with a bot; what came of it. Raises StoreError, and nothing of the bot's."""
    ended = await _run(work, bot)
    answer = ended.answer
    replies = [*work.said, *answer.replies]
    numbered = work.channel.turns.part_numbers
    known = {
        (each.name, each.language): definition
        for each in replies
        if isinstance(each, Template) and (definition := await work.template(each.name, each.language))
    }
    said = rendered(replies, capabilities, numbered=numbered, templates=known)
    now = [hears(_content(each)) for each in said.contents]
    then = [hears(_content(row.content)) for row in work._staged.traced.whole.rows]
    heard = Writes("")
    steps = [(row, told_step(row)) for row in work.steps]
    return Rehearsed(
        drafted,
        [_shown(each) for each in now],
        [_shown(each) for each in then],
        [line.removesuffix(_NO_LINE) for line in difference((heard, *then), (heard, *now))],
        work.stood,
        None if ended.raised is not None else _listed(answer),
        [*(answer.trace or "").splitlines(), *said.notes],
        ended.raised,
        questions(steps),
        totals([step for _, step in steps]),
        round(work.now() - work.began_at, 3),
    )


async def _run(work: Rehearsing, bot: Bot) -> _Ended:
    turns = work.channel.turns
    if reading.has_nothing_to_read(work.events, turns):
        return _Ended(Answer([turns.unsupported_reply] if turns.unsupported_reply else []))
    try:
        async with asyncio.timeout(turns.turn_limit):
            await work.look_up()
            return _Ended(await awaiting_the_day(work, await bot.answer(work)))
    except HandoverWanted as wanted:
        return _Ended(Answer(handover=str(wanted)))
    except (Exception, SystemExit) as error:  # noqa: BLE001 - whatever a bot raises is the bot's
        told = "".join(traceback.format_exception(error, limit=20))[-_LONGEST_RAISED:]
        return _Ended(raised=told.encode("utf-8", "replace").decode("utf-8"))


def _shown(said: Hears) -> SaidNow:
    return SaidNow(said.kind or "text", said.text, list(said.offers or ()))


def _listed(answer: Answer) -> Listed:
    return Listed(
        answer.stage,
        answer.handover,
        [_timer(each) for each in answer.timers],
        list(answer.cancelled),
        _plain(dict(answer.facts)),
        dict(answer.consents),
        _plain(answer.state),
    )


def _timer(later: Later) -> str:
    return f"{later.name}, after {later.seconds:g} s" if later.at is None else f"{later.name}, at {later.at:.0f}"


def _plain(value: Any) -> Any:
    """As it would be kept."""
    try:
        return msgspec.json.decode(msgspec.json.encode(value))
    except (TypeError, ValueError, msgspec.MsgspecError):
        return repr(value)
