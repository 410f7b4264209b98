"""Claiming: due conversations get an owner and an epoch; a turn's events are fixed, or the next row is marked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from turnkeeper.model.conversation import Conversation, EventRow, EventState, TurnRow, TurnState
from turnkeeper.model.ids import ConversationKey, WorkerId
from turnkeeper.model.policy import Channel, Directory
from turnkeeper.rules import albums, modes
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.rules.retry import Outage
from turnkeeper.store.base import Claimed, ClaimedSend, ClaimedTurn
from turnkeeper.store.payments import FOUND_HERE
from turnkeeper.store.rows import EventChange, Rows, TurnKey
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions.choosing import read_choices
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import UNCONFIGURED_WAIT, let_go, pump
from turnkeeper.store.transactions.people import settle_echoes
from turnkeeper.store.transactions.timers import without_late

CLAIMS = 5
"""A turn that was claimed this often and never committed takes its workers down: it is failed."""


@dataclass(frozen=True, slots=True)
class _Start:
    """What a claim makes of one conversation: the turn's record and exactly these events."""

    conversation: Conversation
    turn: TurnRow
    events: list[EventRow]
    taken: list[EventRow]
    exhausted: bool = False
    resumed: bool = False


async def claim(
    rows: Rows,
    directory: Directory,
    worker_id: WorkerId,
    limit: int,
    now: float,
    versions: Mapping[str, str],
    over: Outage | None,
) -> list[Claimed]:
    """Take due conversations for a worker; whatever is not claimable after all gets its proper due time."""
    if not await rows.alive(worker_id):
        return []
    desk = Desk(rows, directory)
    due = await rows.due(now, limit)
    desk.hold(due)
    desk.announcer.now = now
    # Sends last: what they lock of their channels, they lock for all workers.
    turns = await _claim_turns(desk, [row.key for row in due if not row.unsent], worker_id, now, versions)
    sends: list[Claimed] = list(await _claim_sends(desk, [row.key for row in due if row.unsent], worker_id, now, over))
    await desk.save()
    return sends + turns


async def _claim_sends(
    desk: Desk, keys: Sequence[ConversationKey], worker_id: WorkerId, now: float, over: Outage | None
) -> list[ClaimedSend]:
    claimed: list[ClaimedSend] = []
    marked = await pump(desk, keys, now, over) if keys else {}
    await settle_echoes(desk, keys, now)
    for key in keys:
        row = marked.get(key)
        channel = desk.channel(desk[key])
        if row is None or channel is None:
            let_go(desk, key, now)
            continue
        owned = desk.put(replace(desk[key], owner=worker_id, epoch=desk[key].epoch + 1))
        claimed.append(ClaimedSend(Run(key, worker_id, owned.epoch), channel, owned, row))
    return claimed


async def _claim_turns(
    desk: Desk, keys: Sequence[ConversationKey], worker_id: WorkerId, now: float, versions: Mapping[str, str]
) -> list[Claimed]:
    if not keys:
        return []
    opened = await desk.rows.open_events([(key, desk[key].done_to) for key in keys])
    resumed: list[TurnKey] = [
        (key.workspace_id, key.id, desk[key].turn_no) for key in keys if desk[key].turn_state != TurnState.NONE
    ]
    records = await desk.rows.turns(resumed) if resumed else {}
    starts: dict[ConversationKey, tuple[_Start, Channel]] = {}
    for key in keys:
        channel = desk.channel(desk[key])
        if channel is None:
            _postpone(desk, key, now)
            continue
        desk.put(modes.lapse(desk[key], now))
        record = records.get((key.workspace_id, key.id, desk[key].turn_no))
        version = versions.get(channel.bot_id, "")
        standing = await without_late(desk, key, opened.get(key, []), now)
        start = _start(desk[key], standing, record, channel, version, now)
        if start is None:
            desk.put(_idle(desk[key]))
        else:
            starts[key] = (start, channel)
    return await _write_starts(desk, starts, resumed, worker_id, now)


def _postpone(desk: Desk, key: ConversationKey, now: float) -> None:
    later = now + UNCONFIGURED_WAIT
    conversation = desk[key]
    if conversation.turn_state != TurnState.NONE:
        desk.put(replace(conversation, resume_at=later))
    else:
        desk.put(replace(conversation, turn_at=later))


def _idle(conversation: Conversation) -> Conversation:
    """Due, but nothing is there: nobody may hold it for nothing."""
    return replace(modes.clear_desk(conversation), epoch=conversation.epoch)


def _start(
    conversation: Conversation,
    opened: Sequence[EventRow],
    record: TurnRow | None,
    channel: Channel,
    version: str,
    now: float,
) -> _Start | None:
    mine = _own(conversation, opened)
    waiting = [event for event in opened if event.state == EventState.WAITING and event.reason is None]
    if conversation.turn_state == TurnState.NONE or record is None or not mine + waiting:
        return _new_turn(conversation, opened, waiting, channel, version, now)
    if conversation.turn_state == TurnState.RUNNING and mine:
        return _resumed(conversation, record, mine, channel, version)
    # Its own messages may all have been deleted since, and the bot's settings may be others by now.
    gathers = not mine or (channel.turns.interruptible and not conversation.irrevocable)
    record = replace(record, bot_id=channel.bot_id, bot_version=version)
    return _new_attempt(conversation, opened, record, mine, waiting if gathers else [])


def _own(conversation: Conversation, opened: Sequence[EventRow]) -> list[EventRow]:
    """The events of the turn under way. What it has found itself is none of them, for it would find it again; unless
    it starts over with nothing done, and may go another way, or nothing else is left."""
    every = [event for event in opened if event.state == EventState.RUNNING and event.turn_no == conversation.turn_no]
    told = [event for event in every if event.reason != FOUND_HERE]
    starts_over = conversation.turn_state != TurnState.RUNNING and not conversation.irrevocable
    return every if starts_over or not told else told


def _new_turn(
    conversation: Conversation,
    opened: Sequence[EventRow],
    waiting: list[EventRow],
    channel: Channel,
    version: str,
    now: float,
) -> _Start | None:
    taken = waiting if channel.turns.gather else albums.together(waiting)
    if not taken:
        return None
    left = waiting[len(taken) :]
    first_at = min((event.received_at for event in taken if event.kind not in OUTSIDE_KINDS), default=now)
    started = replace(
        _without(conversation, left, now),
        turn_no=conversation.turn_no + 1,
        attempt=1,
        failures=0,
        irrevocable=False,
        turn_first_at=first_at,
        done_to=opened[0].seq - 1,
    )
    turn = TurnRow(
        conversation.workspace_id,
        conversation.id,
        started.turn_no,
        "running",
        1,
        taken[0].seq,
        taken[-1].seq,
        channel.bot_id,
        version,
        now,
    )
    return _Start(started, turn, taken, taken)


def _without(conversation: Conversation, left: Sequence[EventRow], now: float) -> Conversation:
    """The waits as they stand once a turn has taken its events."""
    people = [event for event in left if event.kind not in OUTSIDE_KINDS]
    return replace(
        conversation,
        first_at=people[0].received_at if people else None,
        last_at=people[-1].received_at if people else None,
        turn_at=now if left else None,
        turn_state=TurnState.RUNNING,
        resume_at=now,
        claims=1,
    )


def _resumed(
    conversation: Conversation, record: TurnRow, mine: list[EventRow], channel: Channel, version: str
) -> _Start:
    """Exactly the events that were fixed, with the steps journaled; other code starts a new attempt."""
    claims = conversation.claims + 1
    same_code = (record.bot_id, record.bot_version) == (channel.bot_id, version)
    attempt = conversation.attempt if same_code else conversation.attempt + 1
    resumed = replace(conversation, claims=claims, attempt=attempt)
    turn = replace(record, attempt=attempt, bot_id=channel.bot_id, bot_version=version)
    return _Start(resumed, turn, mine, [], exhausted=claims > CLAIMS, resumed=True)


def _new_attempt(
    conversation: Conversation,
    opened: Sequence[EventRow],
    record: TurnRow,
    mine: list[EventRow],
    waiting: list[EventRow],
) -> _Start:
    """After an interrupt or a failure: with all messages, where the bot gathers."""
    events = sorted(mine + waiting, key=lambda event: event.seq)
    attempt = conversation.attempt + 1
    started = replace(conversation, turn_state=TurnState.RUNNING, attempt=attempt, claims=1, done_to=opened[0].seq - 1)
    if waiting:
        started = replace(started, first_at=None, last_at=None, turn_at=None)
    turn = replace(
        record,
        attempt=attempt,
        seq_from=min(record.seq_from, events[0].seq),
        seq_to=max(record.seq_to, events[-1].seq),
    )
    return _Start(started, turn, events, waiting)


async def _write_starts(
    desk: Desk,
    starts: dict[ConversationKey, tuple[_Start, Channel]],
    resumed: Sequence[TurnKey],
    worker_id: WorkerId,
    now: float,
) -> list[Claimed]:
    sessions = await desk.rows.sessions(list(starts)) if starts else {}
    steps = await desk.rows.steps(resumed) if resumed else {}
    for start, _ in starts.values():
        epoch = start.conversation.epoch + 1
        desk.put(replace(start.conversation, owner=worker_id, epoch=epoch, resume_at=now))
    fixed = {key: (start.turn.no, start.events) for key, (start, _) in starts.items() if not start.resumed}
    chosen = await read_choices(desk, fixed)
    claimed: list[Claimed] = []
    changes: list[EventChange] = []
    for key, (start, channel) in starts.items():
        changes += [EventChange(key, event.seq, EventState.RUNNING, None, start.turn.no) for event in start.taken]
        known = steps.get((key.workspace_id, key.id, start.turn.no), [])
        usable = [step for step in known if step.effect or step.attempt == start.turn.attempt]
        claimed.append(
            ClaimedTurn(
                Run(key, worker_id, desk[key].epoch),
                channel,
                desk[key],
                start.turn,
                chosen.get(key, start.events),
                sessions.get(key),
                usable,
                start.exhausted,
            )
        )
    await desk.rows.change_events(changes)
    await desk.rows.put_turns([start.turn for start, _ in starts.values()])
    return claimed
