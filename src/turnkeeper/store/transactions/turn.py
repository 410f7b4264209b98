"""A turn's writes, each guarded by owner and epoch: steps, words said at once, the commit, the retry."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from turnkeeper.model.agents import Fact, Spent, day_of
from turnkeeper.model.conversation import (
    Conversation,
    EventState,
    Mode,
    OutboundRow,
    SessionRow,
    StepRow,
    TimerRow,
    TurnRow,
    TurnState,
)
from turnkeeper.model.errors import Fenced
from turnkeeper.model.ids import BotId, ConversationKey
from turnkeeper.model.policy import Directory, Keep
from turnkeeper.rules import choices
from turnkeeper.rules.due import sends_from
from turnkeeper.rules.effects import still_carried
from turnkeeper.rules.mailbox import OUTSIDE_KINDS
from turnkeeper.store.base import ClaimedSend, Dispatch, PutOff, Run, StepKey, TurnCommit
from turnkeeper.store.flows import CountKey
from turnkeeper.store.rows import Day, EventChange, FactKey, Rows, StepId, TurnKey
from turnkeeper.store.transactions import consenting
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.transactions.outbox import end_turns, let_go, mark_new, pump
from turnkeeper.store.transactions.payments import given_up
from turnkeeper.store.transactions.people import carry_effects, settle_echoes
from turnkeeper.store.transactions.timers import take_back

Finished = tuple[Run, StepRow, Spent | None]
SAYS_PER_TURN = 1000
"""Numbers `n` of a turn's rows: its commit's from 0, those of the k-th `say_now` from k times this."""


def _running(desk: Desk, run: Run, turn_no: int) -> Conversation:
    conversation = desk.owned(run)
    if conversation.turn_state != TurnState.RUNNING or conversation.turn_no != turn_no:
        raise Fenced(f"turn {turn_no} of {run.key.id} is not running any more")
    return conversation


async def begin_effect(
    rows: Rows, directory: Directory, run: Run, step: StepKey, arguments: str, now: float
) -> StepRow | None:
    """Journal that an effect starts; a newer message would have fenced the run off before this."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = _running(desk, run, step.turn_no)
    known = await _step(rows, run, step)
    if known is not None:
        return known
    await rows.put_steps([_step_row(run, step, arguments, now)])
    desk.put(replace(conversation, irrevocable=True))
    await desk.save()
    return None


async def _step(rows: Rows, run: Run, step: StepKey) -> StepRow | None:
    turn: TurnKey = (run.key.workspace_id, run.key.id, step.turn_no)
    for row in (await rows.steps([turn])).get(turn, []):
        if (row.attempt, row.name, row.occurrence) == (step.attempt, step.name, step.occurrence):
            return row
    return None


def _step_row(run: Run, step: StepKey, arguments: str, now: float) -> StepRow:
    return StepRow(
        run.key.workspace_id,
        run.key.id,
        step.turn_no,
        step.attempt,
        step.name,
        step.occurrence,
        arguments,
        True,
        now,
    )


async def finish_steps(rows: Rows, directory: Directory, items: Sequence[Finished]) -> list[Exception | None]:
    """Keep results. An effect's counts whoever owns the conversation now: it has happened."""
    desk = Desk(rows, directory)
    await desk.lock({run.key for run, _, _ in items})
    results: list[Exception | None] = []
    kept: list[StepRow] = []
    for run, step, _ in items:
        if step.effect or desk.is_owned(run):
            kept.append(step)
            results.append(None)
        else:
            results.append(Fenced(f"step {step.name} of {run.key.id} is not wanted any more"))
    written = await rows.put_steps(kept)
    await _add_spend(rows, {_id(step): (step, spent) for _, step, spent in items if spent and _id(step) in written})
    for (run, step, _), result in zip(items, results, strict=True):
        if result is None and step.effect and not desk.is_owned(run):
            await _carry_late(desk, run.key, step)
            desk.put(desk[run.key])  # what came late may be to be erased
    await desk.save()
    return results


def _id(step: StepRow) -> StepId:
    return (step.workspace_id, step.conversation_id, step.turn_no, step.attempt, step.name, step.occurrence)


async def _add_spend(rows: Rows, spending: Mapping[StepId, tuple[StepRow, Spent]]) -> None:
    """What the steps took that were written now: a repeated write writes nothing, so it is counted once."""
    days: dict[Day, Spent] = {}
    for step, spent in spending.values():
        day = (step.workspace_id, step.conversation_id, day_of(step.done_at or step.began_at))
        before = days.get(day, Spent())
        days[day] = Spent(before.tokens + spent.tokens, before.micros + spent.micros)
    if days:
        await rows.add_spend(days)


async def _carry_late(desk: Desk, key: ConversationKey, step: StepRow) -> None:
    turn: TurnKey = (key.workspace_id, key.id, step.turn_no)
    record = (await desk.rows.turns([turn])).get(turn)
    if record is not None and record.state in ("cancelled", "failed"):
        await carry_effects(desk, key, step.turn_no, step.began_at)


async def say_now(
    rows: Rows, directory: Directory, run: Run, step: StepRow, contents: Sequence[bytes], now: float
) -> Dispatch:
    """Put words into the outbox at once, as an effect step: said at most once in a turn."""
    desk = Desk(rows, directory)
    await desk.lock([run.key])
    conversation = _running(desk, run, step.turn_no)
    key = StepKey(step.turn_no, step.attempt, step.name, step.occurrence)
    n = SAYS_PER_TURN * step.occurrence
    if await _step(rows, run, key) is not None:
        return await _said_before(desk, run, step.turn_no, n, now)
    await rows.put_steps([step])
    added = _outbound(desk, conversation, step.turn_no, n, contents, now)
    await rows.add_outbound(added)
    desk.put(replace(_queued(conversation, added, now), irrevocable=True))
    dispatch = await _send_first(desk, run, now)
    await desk.save()
    return dispatch


async def _said_before(desk: Desk, run: Run, turn_no: int, n: int, now: float) -> Dispatch:
    """Words whose answer was lost: their first row is still ours to send, if it was marked as they were stored."""
    first = (await desk.rows.first_open([(run.key, desk[run.key].out_done)])).get(run.key)
    ours = first is not None and (first.state, first.turn_no, first.n, first.sending_at) == ("sending", turn_no, n, now)
    return _dispatch(desk, run, first if ours else None)


def _outbound(
    desk: Desk, conversation: Conversation, turn_no: int, n: int, contents: Sequence[bytes], now: float
) -> list[OutboundRow]:
    channel = desk.channel(conversation)
    lasts = channel.turns.reply_expires if channel is not None else 86_400.0
    return [
        OutboundRow(
            conversation.workspace_id,
            conversation.id,
            conversation.out_last + 1 + place,
            conversation.channel_id,
            turn_no,
            n + place,
            content,
            created_at=now,
            expires_at=sends_from(conversation, now) + lasts,
        )
        for place, content in enumerate(contents)
    ]


def _queued(conversation: Conversation, added: Sequence[OutboundRow], now: float) -> Conversation:
    if not added:
        return conversation
    return replace(
        conversation,
        out_last=conversation.out_last + len(added),
        out_done=conversation.out_done if conversation.unsent else conversation.out_last,
        unsent=conversation.unsent + len(added),
        send_at=conversation.send_at if conversation.unsent else now,
        offered=choices.standing(conversation.offered, added),
    )


async def _send_first(desk: Desk, run: Run, now: float) -> Dispatch:
    row = (await pump(desk, [run.key], now)).get(run.key)
    return _dispatch(desk, run, row)


def _dispatch(desk: Desk, run: Run, row: OutboundRow | None) -> Dispatch:
    channel = desk.channel(desk[run.key])
    if row is None or channel is None:
        return Dispatch(None)
    return Dispatch(ClaimedSend(run, channel, desk[run.key], row))


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
            _running(desk, item.run, item.turn_no)
            fresh.append((place, item, records[turn]))
        except Fenced as fenced:
            results[place] = await _repeated(desk, item, records.get(turn)) or fenced
    now = desk.announcer.now = max((item.now for item in commits), default=0.0)
    marked = await _write_commits(desk, [(item, record) for _, item, record in fresh], now)
    held = [item.run.key for _, item, _ in fresh]
    marked |= await pump(desk, [key for key in held if key not in marked], now)
    await settle_echoes(desk, held, now)
    for place, item, _ in fresh:
        dispatch = _dispatch(desk, item.run, marked.get(item.run.key))
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
    return _dispatch(desk, item.run, first if first is not None and first.state == "sending" else None)


async def _write_commits(
    desk: Desk, commits: Sequence[tuple[TurnCommit, TurnRow]], now: float
) -> dict[ConversationKey, OutboundRow]:
    """What the turns leave; the rows that are marked already."""
    outbound: list[OutboundRow] = []
    silent: set[TurnKey] = set()
    records: list[TurnRow] = []
    for item, record in commits:
        conversation = desk[item.run.key]
        added = _outbound(desk, conversation, item.turn_no, 0, item.contents, item.now)
        outbound += added
        records.append(_committed(record, item))
        if not added:
            silent.add((item.run.key.workspace_id, item.run.key.id, item.turn_no))
        desk.put(_queued(_after_turn(conversation, item), added, item.now))
    rows = desk.rows
    await rows.put_turns(records)
    await rows.put_sessions(await _sessions(rows, [item for item, _ in commits if _keep(desk, item) != "nothing"]))
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


async def _sessions(rows: Rows, items: Sequence[TurnCommit]) -> list[SessionRow]:
    """The turns' sessions; an effect that was reported late, while the turn ran, is not forgotten."""
    kept = await rows.sessions([item.run.key for item in items])
    sessions: list[SessionRow] = []
    for item in items:
        before = kept.get(item.run.key)
        carried = item.session.carried
        if before is not None:
            carried = still_carried(carried, item.given, before.carried)
        sessions.append(replace(item.session, carried=carried))
    return sessions


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
    conversation = _running(desk, item.run, item.turn_no)
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


def new_session(key: ConversationKey) -> SessionRow:
    """A session with nothing in it."""
    return SessionRow(key.workspace_id, key.id)
