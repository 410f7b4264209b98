"""How a run lets go of its turn, guarded by owner and epoch: the commit, the retry, handing it over undone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from turnkeeper.model.agents import Fact
from turnkeeper.model.conversation import (
    Conversation,
    EventState,
    Mode,
    OutboundRow,
    SessionRow,
    TimerRow,
    TurnRow,
    TurnState,
)
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import BotId, ConversationKey
from turnkeeper.model.policy import Directory, Keep
from turnkeeper.model.traces import SessionBefore
from turnkeeper.rules.effects import still_carried
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.store.base import Dispatch, PutOff, TurnCommit
from turnkeeper.store.flows import CountKey
from turnkeeper.store.rows import EventChange, FactKey, Rows, TurnKey
from turnkeeper.store.runs import Run
from turnkeeper.store.transactions import consenting
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import end_turns, let_go, mark_new, pump
from turnkeeper.store.transactions.payments import given_up
from turnkeeper.store.transactions.people import carry_effects, settle_echoes
from turnkeeper.store.transactions.queueing import dispatched, outbound_rows, queued
from turnkeeper.store.transactions.timers import take_back


async def commit(rows: Rows, directory: Directory, commits: Sequence[TurnCommit]) -> list[Dispatch | Exception]:
    """End turns: events, session, timers, outbox and record in one; the next row is marked in the same breath."""
    desk = Desk(rows, directory)
    await desk.lock({item.run.key for item in commits})
    turns = [(item.run.key.workspace_id, item.run.key.id, item.turn_no) for item in commits]
    records = await rows.turns(turns)
    results: dict[int, Dispatch | Exception] = {}
    fresh: list[tuple[int, TurnCommit, TurnRow]] = []
    for place, (item, turn) in enumerate(zip(commits, turns, strict=True)):
        try:
            desk.running(item.run, item.turn_no)
            fresh.append((place, item, records[turn]))
        except Fenced as fenced:
            results[place] = await _repeated(desk, item, records.get(turn)) or fenced
    now = desk.announcer.now = max((item.now for item in commits), default=0.0)
    marked = await _write_commits(desk, [(item, record) for _, item, record in fresh], now)
    held = [item.run.key for _, item, _ in fresh]
    marked |= await pump(desk, [key for key in held if key not in marked], now)
    await settle_echoes(desk, held, now)
    for place, item, _ in fresh:
        dispatch = dispatched(desk, item.run, marked.get(item.run.key))
        results[place] = dispatch if dispatch.send else Dispatch(None, let_go(desk, item.run.key, item.now))
    await desk.save()
    return [results[place] for place in range(len(commits))]


async def _repeated(desk: Desk, item: TurnCommit, record: TurnRow | None) -> Dispatch | None:
    """A commit whose answer was lost: the row that it marked is still ours to send."""
    if record is None or record.state not in ("committed", "failed") or record.committed_epoch != item.run.epoch:
        return None
    conversation = desk.get(item.run.key)
    if conversation is None or not desk.is_owned(item.run):
        return Dispatch(None, conversation.due_at if conversation is not None else None)
    first = (await desk.rows.first_open([(item.run.key, conversation.out_done)])).get(item.run.key)
    return dispatched(desk, item.run, first if first is not None and first.state == "sending" else None)


async def _write_commits(
    desk: Desk, commits: Sequence[tuple[TurnCommit, TurnRow]], now: float
) -> dict[ConversationKey, OutboundRow]:
    """What the turns leave; the rows that are marked already."""
    outbound: list[OutboundRow] = []
    silent: set[TurnKey] = set()
    records: list[TurnRow] = []
    for item, record in commits:
        conversation = desk[item.run.key]
        added = outbound_rows(desk, conversation, item.turn_no, 0, item.contents, item.now)
        outbound += added
        records.append(_committed(record, item))
        if not added:
            silent.add((item.run.key.workspace_id, item.run.key.id, item.turn_no))
        desk.put(queued(_after_turn(conversation, item), added, item.now))
    rows = desk.rows
    await rows.put_turns(records)
    await _put_sessions(desk, [item for item, _ in commits])
    await _learn(desk, [(item, record) for item, record in commits if _keep(desk, item) == "all"])
    await _set_timers(desk, [item for item, _ in commits])
    failed = [(item.run.key, item.turn_no) for item, _ in commits if item.failed]
    if failed:
        await given_up(desk, failed, now)
    # Nothing to wait for, unless it spoke with `say_now`: then it ends as its words do.
    await end_turns(desk, silent, now)
    for item, _ in commits:
        if item.consents:
            await consenting.note_all(desk, desk[item.run.key], item.consents, "bot", item.now)
        if item.handover is not None:
            await _hand_over(desk, item)
        if item.failed:
            desk.announcer.add(desk[item.run.key], "turn.failed", {"turn": item.turn_no}, item.now)
            await carry_effects(desk, item.run.key, item.turn_no, item.now)
    await _count(desk, commits)
    written, marked = await mark_new(desk, outbound, now)  # last: what it locks of a channel, it locks for all
    await rows.add_outbound(written)
    return marked


def _keep(desk: Desk, item: TurnCommit) -> Keep:
    channel = desk.channel(desk[item.run.key])
    return "all" if channel is None else channel.turns.keep


async def _put_sessions(desk: Desk, items: Sequence[TurnCommit]) -> None:
    """The turns' sessions; an effect that was reported late, while the turn ran, is not forgotten. What each turn found
    is kept beside it, where all is kept."""
    keeping = [item for item in items if _keep(desk, item) != "nothing"]
    kept = await desk.rows.sessions([item.run.key for item in keeping])
    sessions: list[SessionRow] = []
    found: list[SessionBefore] = []
    for item in keeping:
        before = kept.get(item.run.key)
        carried = item.session.carried
        if before is not None:
            carried = still_carried(carried, item.given, before.carried)
            if _keep(desk, item) == "all" and (worth := SessionBefore.of(before, item.turn_no)) is not None:
                found.append(worth)
        sessions.append(replace(item.session, carried=carried))
    await desk.rows.put_sessions(sessions)
    await desk.rows.keep_sessions_before(found)


async def _learn(desk: Desk, commits: Sequence[tuple[TurnCommit, TurnRow]]) -> None:
    """What the bots learned of the contacts, and what they forget."""
    learned: list[Fact] = []
    forgotten: list[FactKey] = []
    for item, record in commits:
        contact_id = desk[item.run.key].contact_id
        workspace_id, conversation_id = item.run.key
        for name, value in item.facts.items():
            bot_id = BotId(record.bot_id)
            if value is None:
                forgotten.append((workspace_id, contact_id, bot_id, name))
            else:
                learned.append(
                    Fact(workspace_id, contact_id, bot_id, name, value, conversation_id, item.turn_no, item.now)
                )
    if forgotten:
        await desk.rows.drop_facts(forgotten)
    if learned:
        await desk.rows.put_facts(learned)


async def _count(desk: Desk, commits: Sequence[tuple[TurnCommit, TurnRow]]) -> None:
    """How often the turns passed the nodes of their bots' flows."""
    counts: Counter[CountKey] = Counter()
    for item, record in commits:
        for counted, times in item.counts.items():
            counts[item.run.key.workspace_id, BotId(record.bot_id), counted] += times
    if counts:
        await desk.rows.add_counts(counts)


async def _set_timers(desk: Desk, items: Sequence[TurnCommit]) -> None:
    """Follow-ups wait for the contact's silence: there is none where the contact wrote during the turn."""
    cancelled = [item.run.key for item in items if item.follow_ups_cancelled]
    if cancelled:
        await desk.rows.drop_follow_ups(cancelled)
    taking_back = {item.run.key: frozenset(item.cancelled) for item in items if item.cancelled}
    if taking_back:
        await take_back(desk, taking_back, max(item.now for item in items))
    timers: list[TimerRow] = []
    for item in items:
        conversation = desk[item.run.key]
        kept = [timer for timer in item.timers if not (timer.follow_up and conversation.first_at is not None)]
        timers += kept
        follows = any(timer.follow_up for timer in kept)
        if follows or item.follow_ups_cancelled:
            desk.put(replace(conversation, follow_ups=follows))
    if timers:
        await desk.rows.add_timers(timers)


def _committed(record: TurnRow, item: TurnCommit) -> TurnRow:
    return replace(
        record,
        state="failed" if item.failed else "committed",
        committed_at=item.now,
        committed_epoch=item.run.epoch,
        trace=item.trace if item.trace is not None else record.trace,
    )


def _after_turn(conversation: Conversation, item: TurnCommit) -> Conversation:
    """A question that was answered is over, unless the bot made nothing of it."""
    return replace(
        conversation,
        offered=abs(conversation.offered) if item.failed else max(0, conversation.offered),
        turn_state=TurnState.NONE,
        turn_first_at=None,
        resume_at=None,
        irrevocable=False,
        claims=0,
        failures=0,
    )


async def _hand_over(desk: Desk, item: TurnCommit) -> None:
    """The bot's last words still go; what the contact wrote meanwhile is for the person."""
    key = item.run.key
    conversation = desk[key]
    desk.announcer.escalate(conversation, item.handover or "", item.turn_no, item.now)
    opened = (await desk.rows.open_events([(key, conversation.done_to)])).get(key, [])
    people = [e for e in opened if e.state == EventState.WAITING and e.reason is None and e.kind not in OUTSIDE_KINDS]
    await desk.rows.change_events([EventChange(key, e.seq, EventState.PERSON, None, None, item.now) for e in people])
    kept = [event for event in opened if event.state == EventState.WAITING and event.kind in OUTSIDE_KINDS]
    desk.put(
        replace(
            conversation, mode=Mode.HUMAN, first_at=None, last_at=None, turn_at=item.now if kept else None, offered=0
        )
    )


async def put_off(rows: Rows, directory: Directory, item: PutOff) -> float | None:
    """The bot raised: the same turn is tried again later, as a new attempt."""
    desk = Desk(rows, directory)
    await desk.lock([item.run.key])
    conversation = desk.running(item.run, item.turn_no)
    turn: TurnKey = (item.run.key.workspace_id, item.run.key.id, item.turn_no)
    record = (await rows.turns([turn]))[turn]
    await rows.put_turns([replace(record, trace=item.trace)])
    desk.put(
        replace(
            conversation,
            turn_state=TurnState.RETRY,
            resume_at=item.at,
            failures=conversation.failures + 1,
            claims=0,
        )
    )
    due = let_go(desk, item.run.key, item.now)
    await desk.save()
    return due


async def release(rows: Rows, directory: Directory, run: Run, now: float) -> float | None:
    """Hand a conversation over undone: another worker resumes it, and it does not count as a crash."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = desk.owned(run)
    desk.put(replace(conversation, claims=max(0, conversation.claims - 1), resume_at=now))
    due = let_go(desk, run.key, now)
    await desk.save()
    return due
