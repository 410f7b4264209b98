"""The half of a store that both share: which script each method of the port plays, and which are batched."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Coroutine, Mapping, Sequence
from typing import Any, Generic, TypeVar, cast

from turnkeeper.model.account import AccountState
from turnkeeper.model.agents import Spent
from turnkeeper.model.colleagues import Colleague, Doing, Note
from turnkeeper.model.consent import Consent
from turnkeeper.model.conversation import Mode, StepRow
from turnkeeper.model.ids import ChannelId, ContactId, ConversationId, ConversationKey, WorkerId, WorkspaceId
from turnkeeper.model.payments import PaymentFound, PaymentRow
from turnkeeper.model.policy import Directory
from turnkeeper.model.templates import TemplateNews
from turnkeeper.rules.consent import Wish
from turnkeeper.rules.retry import Outage
from turnkeeper.store.announcements import Settled
from turnkeeper.store.base import (
    Claimed,
    Dispatch,
    Intake,
    PutOff,
    Retold,
    Sent,
    SessionReport,
    StepKey,
    Taken,
    TurnCommit,
)
from turnkeeper.store.changes import Change, Changes
from turnkeeper.store.channels import ChannelKey
from turnkeeper.store.colleagues import Outcome, Taking
from turnkeeper.store.contacts import ErasedContact, FactName
from turnkeeper.store.erasing import Erased
from turnkeeper.store.payments import PaymentTold, Within
from turnkeeper.store.rows import Rows
from turnkeeper.store.runs import Run, Wake
from turnkeeper.store.transactions import (
    accounts,
    announcing,
    channels,
    colleagues,
    consenting,
    erasing,
    knowing,
    payments,
    people,
    retelling,
    send,
    simulating,
    steps,
    take,
    timers,
    turn,
    workers,
)
from turnkeeper.store.transactions import claim as claiming
from turnkeeper.store.transactions.desk import Desk
from turnkeeper.store.workers import Beat

T = TypeVar("T")
R = TypeVar("R", bound=Rows)


def _in_order(change: Change) -> tuple[ConversationKey, int]:
    return change[0], change[1] or 0


class ScriptedStore(ABC, Generic[R]):
    """Plays the scripts of `transactions`; how a transaction is made durable is the subclass's."""

    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self.changes = Changes()

    @abstractmethod
    async def _batched(self, script: Callable[[R, Sequence[Any]], Coroutine[Any, Any, Any]], item: Any) -> Any:
        """Play a script for this item and whatever else has gathered; the item's result, or raise its error."""

    @abstractmethod
    async def _alone(self, script: Callable[[R], Coroutine[Any, Any, T]]) -> T:
        """Play a script that takes no batch."""

    @abstractmethod
    async def tell_template(self, news: TemplateNews) -> int:
        """Apply what a provider told of a template."""

    def _kept(self, value: T) -> T:
        """The value as the database can keep it."""
        return value

    async def flush_changes(self, now: float) -> int:
        found = self.changes.take()
        if not found:
            return 0
        noted = sorted(found, key=_in_order)
        try:
            await self._alone(lambda rows: rows.add_changes(noted, now))
        except BaseException:
            self.changes.add(found)
            raise
        return len(noted)

    async def _take(self, rows: R, intakes: Sequence[Intake]) -> list[Taken]:
        return await take.take(rows, self._directory, intakes)

    async def _finish_steps(self, rows: R, items: Sequence[steps.Finished]) -> list[Exception | None]:
        return await steps.finish_steps(rows, self._directory, items)

    async def _commit(self, rows: R, items: Sequence[TurnCommit]) -> list[Dispatch | Exception]:
        return await turn.commit(rows, self._directory, items)

    async def _record(self, rows: R, items: Sequence[Sent]) -> list[Dispatch | Exception]:
        return await send.record(rows, self._directory, items)

    async def take(self, intake: Intake) -> Taken:
        for report in intake.sessions:  # rare, and on PostgreSQL they lock conversations in no order
            await self._told(report)
        for news in intake.templates:
            await self.tell_template(news)
        return cast(Taken, await self._batched(self._take, intake))

    async def _told(self, report: SessionReport) -> bool:
        kept = report._replace(status=self._kept(report.status))
        return await self._alone(lambda rows: accounts.tell(rows, kept))

    async def been_away(self, channels: Sequence[ChannelKey], before: float, now: float) -> None:
        await self._alone(lambda rows: accounts.been_away(rows, channels, before, now))

    async def accounts_due(self, channels: Sequence[ChannelKey], now: float, until: float) -> list[AccountState]:
        return await self._alone(lambda rows: rows.accounts_due(channels, now, until))

    async def looked_at(self, account: AccountState, again_at: float | None) -> None:
        await self._alone(lambda rows: accounts.looked_at(rows, account, again_at))

    async def claim(
        self,
        worker_id: WorkerId,
        limit: int,
        now: float,
        versions: Mapping[str, str],
        over: Outage | None = None,
    ) -> list[Claimed]:
        return await self._alone(
            lambda rows: claiming.claim(rows, self._directory, worker_id, limit, now, versions, over)
        )

    async def begin_effect(self, run: Run, step: StepKey, arguments: str, now: float) -> StepRow | None:
        key, said = self._kept(step), self._kept(arguments)
        return await self._alone(lambda rows: steps.begin_effect(rows, self._directory, run, key, said, now))

    async def finish_step(self, run: Run, step: StepRow, spent: Spent | None = None) -> None:
        await self._batched(self._finish_steps, (run, step, spent))

    async def add_spend(self, key: ConversationKey, day: str, spent: Spent) -> None:
        await self._alone(lambda rows: rows.add_spend({(*key, day): spent}))

    async def say_now(self, run: Run, step: StepRow, contents: Sequence[bytes], now: float) -> Dispatch:
        row = self._kept(step)
        return await self._alone(lambda rows: steps.say_now(rows, self._directory, run, row, contents, now))

    async def retell(self, run: Run, turn_no: int, told: Sequence[Retold]) -> None:
        await self._alone(lambda rows: retelling.retell(rows, self._directory, run, turn_no, told))

    async def commit(self, commit: TurnCommit) -> Dispatch:
        return cast(Dispatch, await self._batched(self._commit, commit))

    async def put_off(self, put_off: PutOff) -> float | None:
        item = self._kept(put_off)
        return await self._alone(lambda rows: turn.put_off(rows, self._directory, item))

    async def record(self, sent: Sent) -> Dispatch:
        return cast(Dispatch, await self._batched(self._record, sent))

    async def release(self, run: Run, now: float) -> float | None:
        return await self._alone(lambda rows: turn.release(rows, self._directory, run, now))

    async def settle_announcement(self, settled: Settled) -> None:
        await self._alone(lambda rows: announcing.settle(rows, settled))

    async def erasures(self, now: float, limit: int) -> list[ConversationKey]:
        return await self._alone(lambda rows: rows.due_erasures(now, limit))

    async def erase(self, key: ConversationKey, now: float) -> Erased:
        return await self._alone(lambda rows: erasing.erase(rows, self._directory, key, now))

    async def open_payment(self, run: Run, row: PaymentRow) -> PaymentRow:
        return await self._alone(lambda rows: payments.open_payment(rows, self._directory, run, row))

    async def payment_found(
        self, provider: str, found: PaymentFound, now: float, within: Within | None = None
    ) -> PaymentTold:
        what = self._kept(found)
        return await self._alone(lambda rows: payments.found(rows, self._directory, provider, what, now, within))

    async def payment_failed(
        self, key: ConversationKey, payment_id: str, reason: str, now: float, run: Run | None = None
    ) -> PaymentRow | None:
        return await self._alone(lambda rows: payments.failed(rows, self._directory, key, payment_id, reason, now, run))

    async def void_payment(self, key: ConversationKey, payment_id: str, now: float) -> None:
        await self._alone(lambda rows: payments.void(rows, self._directory, key, payment_id, now))

    async def payment_looked(self, row: PaymentRow, again_at: float | None) -> None:
        await self._alone(lambda rows: rows.look_at_payment(row, again_at))

    async def payments_due(self, now: float, limit: int, until: float) -> list[PaymentRow]:
        return await self._alone(lambda rows: rows.due_payments(now, limit, until))

    async def rename_contact(self, workspace_id: WorkspaceId, contact_id: ContactId, name: str | None) -> bool:
        contact, called = (workspace_id, contact_id), self._kept(name)
        return await self._alone(lambda rows: knowing.rename(rows, self._directory, contact, called))

    async def put_facts(
        self, workspace_id: WorkspaceId, contact_id: ContactId, facts: Mapping[FactName, bytes | None], now: float
    ) -> bool:
        contact, known = (workspace_id, contact_id), self._kept(dict(facts))
        return await self._alone(lambda rows: knowing.put_facts(rows, self._directory, contact, known, now))

    async def merge_contacts(self, workspace_id: WorkspaceId, loser: ContactId, winner: ContactId) -> bool:
        return await self._alone(lambda rows: knowing.merge(rows, self._directory, workspace_id, loser, winner))

    async def split_contact(
        self, workspace_id: WorkspaceId, contact_id: ContactId, conversation_id: ConversationId, now: float
    ) -> ContactId | None:
        contact = (workspace_id, contact_id)
        return await self._alone(lambda rows: knowing.split(rows, self._directory, contact, conversation_id, now))

    async def erase_contact(self, workspace_id: WorkspaceId, contact_id: ContactId, now: float) -> ErasedContact | None:
        contact = (workspace_id, contact_id)
        return await self._alone(lambda rows: knowing.erase(rows, self._directory, contact, now))

    async def register(self, worker_id: WorkerId, now: float) -> None:
        await self._alone(lambda rows: rows.add_worker(worker_id, now))

    async def beat(
        self, worker_id: WorkerId, *, now: float, lease: float, holding: frozenset[ConversationKey] | None, reap: bool
    ) -> Beat:
        return await self._alone(
            lambda rows: workers.beat(
                rows, self._directory, worker_id, now=now, lease=lease, holding=holding, reap=reap
            )
        )

    async def retire(self, worker_id: WorkerId, now: float) -> int:
        return await self._alone(lambda rows: workers.retire(rows, self._directory, worker_id, now))

    async def fire_timers(self, now: float, limit: int) -> list[Wake]:
        return await self._alone(lambda rows: timers.fire(rows, self._directory, now, limit))

    async def set_mode(
        self, key: ConversationKey, mode: str, now: float, until: float | None = None, by: str = ""
    ) -> Wake | None:
        wanted = Mode(mode)
        return await self._alone(lambda rows: people.set_mode(Desk(rows, self._directory), key, wanted, until, now, by))

    async def take_over(self, key: ConversationKey, taking: Taking) -> Outcome | None:
        return await self._alone(lambda rows: colleagues.take_over(Desk(rows, self._directory), key, taking))

    async def add_note(self, note: Note) -> Note | None:
        return await self._alone(lambda rows: colleagues.add_note(rows, note))

    async def drop_note(self, key: ConversationKey, seq: int, author_id: str | None) -> bool:
        return await self._alone(lambda rows: colleagues.drop_note(rows, key, seq, author_id))

    async def watch(self, key: ConversationKey, colleague: Colleague, doing: Doing | None, now: float) -> bool:
        return await self._alone(lambda rows: colleagues.watch(rows, key, colleague, doing, now))

    async def let_time_pass(self, key: ConversationKey, seconds: float, now: float) -> Wake | None:
        return await self._alone(lambda rows: simulating.let_time_pass(rows, self._directory, key, seconds, now))

    async def clear_simulated(self, key: ConversationKey) -> bool:
        return await self._alone(lambda rows: simulating.clear(rows, self._directory, key))

    async def set_consent(
        self, key: ConversationKey, purpose: str, granted: bool, source: str, now: float
    ) -> Consent | None:
        wish = Wish(purpose, granted, source)
        return await self._alone(lambda rows: consenting.set_consent(rows, self._directory, key, wish, now))

    async def pause_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, reason: str, now: float) -> bool:
        return await self._alone(lambda rows: channels.pause_channel(rows, workspace_id, channel_id, reason, now))

    async def resume_channel(self, workspace_id: WorkspaceId, channel_id: ChannelId, now: float) -> bool:
        return await self._alone(lambda rows: channels.resume_channel(rows, workspace_id, channel_id, now))
