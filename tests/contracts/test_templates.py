"""Templates as their provider told of them last: replaced whole, told one by one, asked for again."""

from collections.abc import Sequence

import msgspec
from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, World
from turnkeeper.model.events import TemplateReport
from turnkeeper.model.ids import ChannelId, WorkspaceId
from turnkeeper.model.templates import TemplateDefinition, TemplateNews, TemplateRow, TemplateSync
from turnkeeper.store.base import Intake
from turnkeeper.store.templates import SOON
from turnkeeper.testing.events import channel

SHOP, OTHER = channel("shop"), channel("other", workspace="other")
KEY = (SHOP.workspace_id, SHOP.id)
HOUR = 3600.0


def row(name: str, language: str = "en", *, of: tuple[WorkspaceId, ChannelId] = KEY, **more: str) -> TemplateRow:
    definition = msgspec.json.encode(TemplateDefinition(name, language))
    made = TemplateRow(
        *of, name, language, f"id.{name}.{language}", "APPROVED", "UTILITY", "GREEN", None, definition, T0
    )
    return replace(made, **more)


async def due(w: World, now: float = T0, *others: tuple[WorkspaceId, ChannelId]) -> list[TemplateSync]:
    return await w.store.templates_due([KEY, *others], now, now + 60)


async def synced(w: World, rows: Sequence[TemplateRow]) -> None:
    [task] = await due(w)
    await w.store.put_templates(task, rows, T0, T0 + HOUR)


async def shown(w: World) -> list[tuple[str, str, str]]:
    return [(each.name, each.language, each.status) for each in await w.store.templates(*KEY)]


async def tell(w: World, name: str, **told: str) -> None:
    report = TemplateReport(external_id=f"id.{name}.en", name=name, language="en", **told)
    await w.store.take(Intake(templates=[TemplateNews(KEY[0], report, w.now)]))


async def test_a_list_takes_the_place_of_what_was_known(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await synced(w, [row("bill"), row("ad"), row("ad", "de")])
        assert await shown(w) == [("ad", "de", "APPROVED"), ("ad", "en", "APPROVED"), ("bill", "en", "APPROVED")]
        [task] = await due(w, T0 + HOUR)
        new = row("bill", status="PAUSED", reason="FIRST_PAUSE")
        await w.store.put_templates(task, [new], T0 + HOUR, T0 + 2 * HOUR)
        assert await w.store.templates(*KEY) == [new]


async def test_other_channels_and_workspaces_keep_theirs(world: OpenWorld) -> None:
    async with world(SHOP, OTHER) as w:
        theirs = (OTHER.workspace_id, OTHER.id)
        await synced(w, [row("bill")])
        [task] = await due(w, T0, theirs)
        await w.store.put_templates(task, [row("bill", of=theirs)], T0, T0 + HOUR)
        await tell(w, "bill", status="PAUSED")
        assert await shown(w) == [("bill", "en", "PAUSED")]
        assert [each.status for each in await w.store.templates(*theirs)] == ["APPROVED"]


async def test_one_worker_at_a_time_asks_and_again_later(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        assert await due(w) == [TemplateSync(*KEY, T0 + 60)]
        assert await due(w) == []
        [again] = await due(w, T0 + 60)  # the first has died
        await w.store.put_templates(again, [], T0 + 61, T0 + HOUR)
        assert await w.store.template_syncs() == [TemplateSync(*KEY, T0 + HOUR, T0 + 61)]
        assert await due(w, T0 + HOUR - 1) == []
        assert len(await due(w, T0 + HOUR)) == 1


async def test_a_provider_that_cannot_be_asked_is_said(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await synced(w, [row("bill")])
        [task] = await due(w, T0 + HOUR)
        await w.store.templates_not_had(task, "no connection", T0 + HOUR + 300)
        assert await w.store.template_syncs() == [TemplateSync(*KEY, T0 + HOUR + 300, T0, "no connection")]
        assert await shown(w) == [("bill", "en", "APPROVED")]
        [task] = await due(w, T0 + HOUR + 300)
        await w.store.put_templates(task, [], T0 + HOUR + 301, T0 + 3 * HOUR)
        [sync] = await w.store.template_syncs()
        assert sync.problem is None


async def test_what_is_told_counts_at_once_and_is_asked_for_soon(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await synced(w, [row("bill"), row("bill", "de"), row("ad")])
        await tell(w, "bill", status="PAUSED", reason="FIRST_PAUSE")
        assert await shown(w) == [("ad", "en", "APPROVED"), ("bill", "de", "APPROVED"), ("bill", "en", "PAUSED")]
        assert await due(w, T0 + SOON - 1) == []
        assert len(await due(w, T0 + SOON)) == 1


async def test_each_report_changes_what_it_tells(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await synced(w, [row("bill")])
        for told, expected in (
            ({"quality": "RED"}, ("APPROVED", "RED", "UTILITY", None)),
            ({"category": "MARKETING"}, ("APPROVED", "RED", "MARKETING", None)),
            ({"status": "REJECTED", "reason": "SCAM"}, ("REJECTED", "RED", "MARKETING", "SCAM")),
            ({"quality": "GREEN"}, ("REJECTED", "GREEN", "MARKETING", "SCAM")),
            ({"status": "APPROVED", "reason": ""}, ("APPROVED", "GREEN", "MARKETING", None)),
        ):
            await tell(w, "bill", **told)
            [found] = await w.store.templates(*KEY)
            assert (found.status, found.quality, found.category, found.reason) == expected, told


async def test_what_is_told_while_it_is_asked_for_is_not_lost(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        [task] = await due(w)
        w.now = T0 + 1
        await tell(w, "bill", status="APPROVED")
        await w.store.put_templates(task, [row("bill", status="PENDING")], T0 + 2, T0 + HOUR)
        assert len(await due(w, T0 + 1 + SOON)) == 1


async def test_a_template_that_nobody_knows_is_asked_for(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await synced(w, [])
        await tell(w, "new", status="APPROVED")
        assert await shown(w) == []
        assert len(await due(w, T0 + SOON)) == 1


async def test_one_that_was_just_submitted_is_known(world: OpenWorld) -> None:
    async with world(SHOP) as w:
        await w.store.put_template(row("bill", status="PENDING"))
        await w.store.put_template(row("bill", status="REJECTED"))
        assert await shown(w) == [("bill", "en", "REJECTED")]
        assert await w.store.template(*KEY, "bill", "en") == row("bill", status="REJECTED")
        assert await w.store.template(*KEY, "bill", "de") is None
        assert await w.store.template(OTHER.workspace_id, OTHER.id, "bill", "en") is None
