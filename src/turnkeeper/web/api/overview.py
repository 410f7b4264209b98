"""The overview: what happened in a while, how long answers took, and what needs a person now.

Sums are kept by the hour as it happens, so a month is read as fast as a day.
"""

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, Field

from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.inbox import InboxFilter, InboxRow
from turnkeeper.rules.overview import overview
from turnkeeper.web.api.access import Reads
from turnkeeper.web.api.backend import Backend, Behind

router = APIRouter(prefix="/overview", tags=["overview"])
_HOUR, _DAY = 3600.0, 86_400.0
_SPANS: dict[str, tuple[float, float]] = {"day": (_DAY, _HOUR), "week": (7 * _DAY, _HOUR), "month": (30 * _DAY, _DAY)}
_MOST_NEEDS = 20


class AnswerTime(BaseModel):
    """How long one part of an answer took, in seconds: `total` from the first message of the turn until the provider
    took the first part of the answer; `waiting` until the turn began; `bot`: its work, of which `model`; `sending`."""

    part: Literal["total", "waiting", "bot", "model", "sending"]
    p50: float | None = Field(description="Half of them took no longer; null: nothing was answered.")
    p95: float | None
    times: int


class ReasonCount(BaseModel):
    """How often something happened for one reason."""

    reason: str
    times: int


class Stretch(BaseModel):
    """An hour or a day that begins at `at`."""

    at: float
    received: int
    sent: int
    p50: float | None
    p95: float | None


class TurnCounts(BaseModel):
    """How turns ended."""

    answered: int
    no_reply: int
    person: int
    failed: int


class Need(BaseModel):
    """What a person has to look at. `since`: unix seconds."""

    kind: Literal["escalated", "failed", "channel_paused"]
    since: float
    about: str = Field(description="The contact's name or address, or the channel.")
    reason: str
    conversation_id: str | None
    channel_id: str


class OverviewBody(BaseModel):
    """What happened from `since` to `until`, in steps of `step` seconds, and what needs somebody now."""

    since: float
    until: float
    step: float
    received: int
    sent: int
    turns: TurnCounts
    answer_time: list[AnswerTime]
    drops: list[ReasonCount] = Field(description="Messages that were not answered, by reason, the most frequent first.")
    send_failures: list[ReasonCount]
    tokens: int
    micros: int = Field(description="What models cost, in millionths of a dollar, as far as it is known.")
    stretches: list[Stretch]
    needs: list[Need]


@router.get("")
async def read_overview(
    access: Reads,
    behind: Behind,
    span: Annotated[Literal["day", "week", "month"], Query(description="How far back.")] = "day",
) -> OverviewBody:
    """The figures of the last day (by the hour), week (by the hour) or month (by the day), up to now."""
    length, step = _SPANS[span]
    until = (behind.now() // step + 1) * step
    since = until - length
    by: Literal["hour", "day"] = "hour" if step == _HOUR else "day"
    found = overview(await behind.store.figures(access.workspace_id, since, until, by), since, until, step)
    return OverviewBody(
        since=since,
        until=until,
        step=step,
        received=found.received,
        sent=found.sent,
        turns=TurnCounts.model_validate(found.turns),
        answer_time=[AnswerTime.model_validate(each._asdict()) for each in found.took],
        drops=[ReasonCount.model_validate(each._asdict()) for each in found.drops],
        send_failures=[ReasonCount.model_validate(each._asdict()) for each in found.send_failures],
        tokens=found.tokens,
        micros=found.micros,
        stretches=[Stretch.model_validate(each._asdict()) for each in found.stretches],
        needs=await _needs(behind, access.workspace_id),
    )


async def _needs(behind: Backend, workspace_id: WorkspaceId) -> list[Need]:
    """Stopped channels first, since they hold up everybody; then who was promised a person; then what failed."""
    store = behind.store
    paused = [
        Need(kind="channel_paused", since=since, about=channel, reason=reason, conversation_id=None, channel_id=channel)
        for home, channel, reason, since in await store.paused_channels()
        if home == workspace_id
    ]
    escalated = await store.inbox_page(workspace_id, InboxFilter(escalated=True), None, _MOST_NEEDS)
    failed = await store.inbox_page(workspace_id, InboxFilter(failed=True), None, _MOST_NEEDS)
    found = [_need("escalated", row, row.escalated_at, row.escalation) for row in escalated]
    found += [_need("failed", row, row.failed_at, row.failure) for row in failed if row.escalated_at is None]
    return (paused + found)[:_MOST_NEEDS]


def _need(kind: Literal["escalated", "failed"], row: InboxRow, since: float | None, reason: str | None) -> Need:
    return Need(
        kind=kind,
        since=since or row.last_at,
        about=row.name or row.address,
        reason=reason or "",
        conversation_id=row.conversation_id,
        channel_id=row.channel_id,
    )
