"""Sending: in order, while the conversation is held; marked, checked, called, recorded.

A call that is paced waits for its instant. The lease is checked once more between the mark and the call. What
became of the call is recorded by row and try, whoever owns the conversation by then, and is repeated until it is
stored.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from dataclasses import replace
from typing import Any

import msgspec
import structlog

from turnkeeper.channels.base import Capabilities, ChannelAdapter
from turnkeeper.engine.calling import Calling, on_behalf, unless
from turnkeeper.engine.clock import Clock
from turnkeeper.engine.lease import Lease
from turnkeeper.engine.patience import until_stored
from turnkeeper.engine.resolving import Resolving
from turnkeeper.engine.templates import TemplateLookup
from turnkeeper.engine.uploads import Ready, Uploads
from turnkeeper.engine.watching import Watch
from turnkeeper.model.contents import Content, Refused, Sayable, Template, files_of
from turnkeeper.model.conversation import OutboundRow
from turnkeeper.model.errors import Fenced
from turnkeeper.model.events import SessionStatus
from turnkeeper.model.ids import ChannelId, WorkspaceId, tracker_for
from turnkeeper.model.outbound import NotSent, Outbound, Outcome, Rejected, Unknown
from turnkeeper.model.policy import Channel
from turnkeeper.rules import crowding, pacing, window
from turnkeeper.rules.retry import backoff
from turnkeeper.store.base import ClaimedSend, Dispatch, Intake, Sent, SessionReport, Store

_log = structlog.get_logger("turnkeeper.outbox")
_content = msgspec.json.Decoder(Content).decode
_MARGIN = 0.9
"""The call's own limit, as a part of the send's, after which its fate is unknown to everybody."""
_FRESH = 0.25
"""The part of a send's limit after which its mark is too old to send on."""
_PUT_BACK = NotSent("stopped before the call", retry_after=0.1)
"""Not at once: whoever is stopped would only be given it again."""
_UPLOADED = NotSent("its files are uploaded", retry_after=0.0)
_NOT_READY = NotSent("an error of our own before the call", limit=3, code="internal_error")
_NOT_OURS = NotSent("the lease had lapsed before the call", retry_after=0.0)
_STOPPED = "the provider refuses the account: `turnkeeper doctor` tells its words"
_TOO_LATE = NotSent("its instant had passed before the call", retry_after=0.0)
_REFUSED_MEANWHILE = NotSent("the provider refused the channel before the call", retry_after=0.0)


class Sender:
    """Sends rows that are marked, one after the other, until the store gives no more.

    A run may be cancelled at any time: a call that is `under_way` is seen to its end and recorded all the same,
    and the row that was marked behind it goes back into the queue, for nobody else knows that it was never sent.
    """

    def __init__(
        self,
        store: Store,
        adapters: Mapping[str, ChannelAdapter[object]],
        client: Calling,
        lease: Lease,
        clock: Clock,
        rng: random.Random,
        watch: Watch,
        uploads: Uploads | None = None,
    ) -> None:
        self._store = store
        self._adapters = adapters
        self._client = client
        self._lease = lease
        self._clock = clock
        self._rng = rng
        self._watch = watch
        self._refused_at: dict[tuple[WorkspaceId, ChannelId], float] = {}
        self._crowds: dict[tuple[WorkspaceId, ChannelId], dict[str, float]] = {}
        self._uploads = uploads
        self._resolving = Resolving(adapters, client)
        self.templates = TemplateLookup(store, clock)
        self.under_way: set[asyncio.Future[Any]] = set()
        """Calls that must be seen to their end: sends, and the effects of turns."""

    def capabilities(self, channel: Channel) -> Capabilities:
        """What the channel's provider can do."""
        return self._adapters[channel.kind].capabilities

    async def deliver(self, write: Callable[[], Awaitable[Dispatch]], *, in_turn: bool = False) -> float | None:
        """Make a write and send on what it marks, until the outbox is empty, held or lost; when the conversation
        is due again. Raises what the write raises, but StoreUnavailable."""
        stopped = asyncio.Event()
        sending = asyncio.create_task(self._send_on(write, in_turn, stopped))
        self.under_way.add(sending)
        sending.add_done_callback(self.under_way.discard)
        try:
            return await asyncio.shield(sending)
        except asyncio.CancelledError:
            stopped.set()
            sending.add_done_callback(_alone)
            raise

    async def send(self, claimed: ClaimedSend) -> float | None:
        """Send on from a row that a claim has marked."""

        async def marked() -> Dispatch:
            return Dispatch(claimed)

        return await self.deliver(marked)

    async def _send_on(
        self, write: Callable[[], Awaitable[Dispatch]], in_turn: bool, stopped: asyncio.Event
    ) -> float | None:
        dispatch = await until_stored(write, self._clock)
        while dispatch.send is not None:
            outcome = await self._obstacle(dispatch.send, stopped) or await self._call(dispatch.send, stopped)
            outcome = self._told_apart(dispatch.send.row, outcome)
            dispatch = await self._recorded(dispatch.send, outcome, in_turn)
        return dispatch.due_at

    async def _obstacle(self, claimed: ClaimedSend, stopped: asyncio.Event) -> Outcome | None:
        """Wait for the call's instant; why it is not to be made after all, or None: then nothing more is waited for."""
        row = claimed.row
        if row.call_at is not None and (wait := row.call_at - self._clock.now()) > 0:
            with suppress(TimeoutError):
                async with asyncio.timeout(wait):
                    await stopped.wait()
        if stopped.is_set():
            return _PUT_BACK
        if not await self._lease.trusted(claimed.run.worker_id):
            return _NOT_OURS
        if pacing.is_late(row, self._clock.now()):
            return _TOO_LATE
        refused_at = self._refused_at.get((row.workspace_id, row.channel_id))
        if refused_at is not None and row.sending_at is not None and row.sending_at <= refused_at:
            return _REFUSED_MEANWHILE
        return None

    async def _recorded(self, claimed: ClaimedSend, outcome: Outcome, in_turn: bool) -> Dispatch:
        row = claimed.row
        if isinstance(outcome, (Rejected, Unknown)):
            # Its words may be the provider's, who repeats tokens, numbers and texts: they stay in the row.
            code = outcome.code if isinstance(outcome, Rejected) else None
            outcome_is = type(outcome).__name__.lower()
            _log.warning(
                "send failed",
                channel=row.channel_id,
                conversation=row.conversation_id,
                row=row.seq,
                turn=row.turn_no,
                outcome=outcome_is,
                code=code,
            )
        told_at = self._clock.now()
        self._note_refusal(row, outcome)
        wait = backoff(row.failures + 1, jitter=self._rng.random())

        async def record() -> Dispatch:
            """With each try anew: the wait for an echo begins when the store is back, not while it is away."""
            now = self._clock.now() if isinstance(outcome, Unknown) else told_at
            with self._watch.asking("record"):
                return await self._store.record(Sent(row.key, row.tries, outcome, claimed.run, wait, now, in_turn))

        dispatch = await until_stored(record, self._clock)
        self._note_refusal(row, outcome)  # again: what was marked until it was stored knew nothing of it
        if dispatch.stopped and isinstance(outcome, Rejected):
            _log.error("channel stopped", channel=row.channel_id, code=outcome.code, reason=_STOPPED)
        if isinstance(outcome, NotSent) and outcome.scope == "session":
            await self._tell(claimed.channel, outcome, told_at)
        return dispatch

    async def _tell(self, channel: Channel, outcome: NotSent, at: float) -> None:
        """The account cannot send: its channel waits, as if a webhook had told so."""
        state = outcome.code or "not working"
        _log.warning("the account cannot send", channel=channel.id, state=state)
        report = SessionReport(channel, SessionStatus(status=state, works=False, mend=outcome.reason), at)
        await until_stored(lambda: self._store.take(Intake(sessions=[report])), self._clock)

    def _told_apart(self, row: OutboundRow, outcome: Outcome) -> Outcome:
        """A refusal of one or of all, where the provider does not say."""
        if not isinstance(outcome, NotSent) or outcome.scope != "either":
            return outcome
        channel = (row.workspace_id, row.channel_id)
        lately = crowding.refused(self._crowds.get(channel, {}), row.conversation_id, self._clock.now())
        self._crowds[channel] = lately
        return replace(outcome, scope="number" if crowding.concerns_all(lately) else "pair")

    def _note_refusal(self, row: OutboundRow, outcome: Outcome) -> None:
        """The channel's other rows that are marked here and not yet called need not be refused as well."""
        whole = (isinstance(outcome, Rejected) and outcome.remedy == "stop_channel") or (
            isinstance(outcome, NotSent) and outcome.scope in ("number", "session")
        )
        if whole:
            self._refused_at[row.workspace_id, row.channel_id] = self._clock.now()

    async def _call(self, claimed: ClaimedSend, stopped: asyncio.Event) -> Outcome:
        content = _content(claimed.row.content)
        if isinstance(content, Refused):
            return Rejected("refused", content.reason)
        if isinstance(content, Template):
            adapter = self._adapters[claimed.channel.kind]
            if (refusal := await self.templates.refusal(claimed.channel, content, adapter)) is not None:
                return refusal
        ready = await self._ready(claimed, content, stopped)
        if not isinstance(ready, Ready):
            return ready
        outbound = self._outbound(claimed, content, ready)
        with self._watch.send(claimed, content) as seen:
            outcome = await self._resolving.before(claimed, outbound)
            if outcome is None and not await self._lease.trusted(claimed.run.worker_id):
                outcome = _NOT_OURS
            if outcome is None:
                outcome = await self._played(claimed, outbound, ready, stopped)
                outcome = await self._resolving.after(claimed, outbound, outcome, stopped)
            if self._uploads is not None:
                outcome = await self._uploads.after(claimed, ready, outcome)
            seen.became(outcome)
        return outcome

    async def _played(self, claimed: ClaimedSend, outbound: Outbound, ready: Ready, stopped: asyncio.Event) -> Outcome:
        """What became of the calls; files go up within them where the provider wants that."""
        channel = claimed.channel
        calls = on_behalf(channel, self._adapters[channel.kind].send(outbound, channel.config))
        calls = unless(calls, lambda: self._over(claimed, stopped))
        limit = channel.sends.send_limit * _MARGIN
        if self._uploads is not None and ready.files:
            return await self._uploads.sent(claimed, ready, calls, limit)
        return await self._client.play(calls, timeout=limit)

    async def _ready(
        self, claimed: ClaimedSend, content: Sayable, stopped: asyncio.Event
    ) -> Ready | NotSent | Rejected:
        """Its files, known to the provider. That may take long: then the row is marked anew before the send."""
        if self._uploads is None or not files_of(content):
            return Ready()
        uploading = asyncio.create_task(self._uploads.ready(claimed, content))
        stopping = asyncio.create_task(stopped.wait())
        try:
            await asyncio.wait({uploading, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
        if not uploading.done():
            uploading.cancel()
            return _PUT_BACK
        try:
            ready = uploading.result()
        except Exception:  # noqa: BLE001 - nothing is sent yet, and nobody's answers may wait for our mistake
            _log.exception("a file could not be made ready", channel=claimed.row.channel_id, row=claimed.row.seq)
            return _NOT_READY
        if isinstance(ready, Ready) and ready.is_new and self._has_aged(claimed):
            return _UPLOADED
        return ready

    def _over(self, claimed: ClaimedSend, stopped: asyncio.Event) -> Outcome | None:
        """Why nothing may leave after a pause: the conversation is no longer held, or others may send by now."""
        if stopped.is_set():
            return _PUT_BACK
        row, now = claimed.row, self._clock.now()
        began = max(row.sending_at or now, row.call_at or 0.0)
        return _TOO_LATE if now - began > claimed.channel.sends.send_limit * _MARGIN else None

    def _has_aged(self, claimed: ClaimedSend) -> bool:
        """Whether the mark is too old to send on: its limit, or its turn among the number's sends, is nearly over."""
        row, now = claimed.row, self._clock.now()
        began = row.sending_at if row.sending_at is not None else now
        return pacing.is_late(row, now) or now - began > claimed.channel.sends.send_limit * _FRESH

    def _outbound(self, claimed: ClaimedSend, content: Sayable, ready: Ready) -> Outbound:
        row, conversation = claimed.row, claimed.conversation
        return Outbound(
            row.key,
            row.channel_id,
            tuple(conversation.addresses.split("\n")),
            content,
            tracker_for(row.key),
            row.tries,
            window.is_open(conversation, claimed.channel.sends, self._clock.now()),
            ready.ids,
            ready.links,
            row.sending_at if row.tries <= 1 else row.created_at,
            ready.files,
        )


def _alone(sending: asyncio.Future[float | None]) -> None:
    """Nobody waits any more for what ended it; that the conversation was lost is no news."""
    error = None if sending.cancelled() else sending.exception()
    if error is not None and not isinstance(error, Fenced):
        _log.error("sending ended with an error of our own", error=type(error).__name__)
