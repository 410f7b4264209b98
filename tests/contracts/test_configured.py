"""What is made in the console: the same in every store."""

from tests.contracts.conftest import OpenWorld
from tests.contracts.world import T0, World
from turnkeeper.model.configured import Configured, ConfiguredKey
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.store.configured import KEPT_VERSIONS

SHOP, CAFE = WorkspaceId("default"), WorkspaceId("cafe")
LINE = ConfiguredKey(SHOP, "channel", "line")


async def put(
    w: World, key: ConfiguredKey = LINE, document: bytes = b"{}", expected: int | None = None
) -> Configured | None:
    return await w.store.put_configured(key, document, expected, "ada", w.now)


async def test_what_is_put_is_there(world: OpenWorld) -> None:
    async with world() as w:
        made = await put(w, document=b'{"a":1}')
        assert made == Configured(SHOP, "channel", "line", 1, T0, "ada", b'{"a":1}')
        assert await w.store.configured_one(LINE) == made
        assert await w.store.configured_one(LINE._replace(workspace_id=CAFE)) is None
        w.now += 1
        again = await w.store.put_configured(LINE, b"{}", 1, "bob", w.now)
        assert again == Configured(SHOP, "channel", "line", 2, T0 + 1, "bob", b"{}")
        assert await w.store.configured_one(LINE) == again


async def test_who_did_not_see_the_last_change_changes_nothing(world: OpenWorld) -> None:
    async with world() as w:
        await put(w)
        await put(w, document=b"second", expected=1)
        before = await w.store.configuration_revision()
        assert await put(w, document=b"late", expected=1) is None
        assert await put(w, LINE._replace(name="gone"), expected=1) is None
        assert [each.document for each in await w.store.configured(SHOP)] == [b"second"]
        assert await w.store.configuration_revision() == before


async def test_a_name_of_a_kind_is_one_things_over_all_workspaces(world: OpenWorld) -> None:
    async with world() as w:
        await put(w)
        assert await put(w) is None
        assert await put(w, LINE._replace(workspace_id=CAFE)) is None
        assert await put(w, LINE._replace(workspace_id=CAFE, kind="bot")) is not None
        assert await w.store.configured(CAFE, "channel") == []


async def test_each_workspace_has_its_own(world: OpenWorld) -> None:
    async with world() as w:
        keys = [
            LINE,
            ConfiguredKey(SHOP, "bot", "z"),
            ConfiguredKey(SHOP, "channel", "a"),
            ConfiguredKey(CAFE, "bot", "b"),
        ]
        for key in keys:
            await put(w, key)
        assert [each.key for each in await w.store.configured(SHOP)] == [keys[1], keys[2], keys[0]]
        assert [each.key for each in await w.store.configured(SHOP, "channel")] == [keys[2], keys[0]]
        assert [each.key for each in await w.store.all_configured()] == [keys[3], keys[1], keys[2], keys[0]]


async def test_what_is_dropped_is_gone_with_its_versions(world: OpenWorld) -> None:
    async with world() as w:
        await put(w)
        assert not await w.store.drop_configured(LINE._replace(workspace_id=CAFE))
        assert await w.store.drop_configured(LINE)
        assert not await w.store.drop_configured(LINE)
        assert await w.store.configured_versions(LINE) == []
        assert await w.store.all_configured_versions() == []
        again = await put(w)
        assert again is not None
        assert again.revision == 1


async def test_versions_are_kept_and_not_without_end(world: OpenWorld) -> None:
    async with world() as w:
        await put(w, document=b"1")
        for revision in range(1, KEPT_VERSIONS + 2):
            await put(w, document=b"%d" % (revision + 1), expected=revision)
        heads = await w.store.configured_versions(LINE)
        assert [each.revision for each in heads] == list(range(KEPT_VERSIONS + 2, 2, -1))
        third = await w.store.configured_version(LINE, 3)
        assert third is not None
        assert (third.document, third.key) == (b"3", LINE)
        for none in (2, 0, -1, 2**40):
            assert await w.store.configured_version(LINE, none) is None
        assert await w.store.configured_version(LINE._replace(workspace_id=CAFE), 3) is None


async def test_any_change_changes_the_revision(world: OpenWorld) -> None:
    async with world() as w:
        seen = [await w.store.configuration_revision()]
        other = ConfiguredKey(CAFE, "bot", "b")
        await put(w)
        seen.append(await w.store.configuration_revision())
        await put(w, other)
        seen.append(await w.store.configuration_revision())
        await put(w, expected=1)
        seen.append(await w.store.configuration_revision())
        await w.store.drop_configured(other)
        seen.append(await w.store.configuration_revision())
        made = await w.store.configured_one(LINE)
        assert made is not None
        await w.store.reseal_configured(made, b"sealed")
        seen.append(await w.store.configuration_revision())
        assert seen == sorted(set(seen))


async def test_sealing_anew_changes_no_revision_and_nothing_that_was_said_since(world: OpenWorld) -> None:
    async with world() as w:
        await put(w, document=b"old 1")
        await put(w, document=b"old 2", expected=1)
        first, second = await w.store.all_configured_versions()
        assert [first.document, second.document] == [b"old 1", b"old 2"]
        assert await w.store.reseal_configured(first, b"new 1")
        assert await w.store.reseal_configured(second, b"new 2")
        assert not await w.store.reseal_configured(second, b"new 3")
        assert [each.document for each in await w.store.all_configured_versions()] == [b"new 1", b"new 2"]
        now = await w.store.configured_one(LINE)
        assert now is not None
        assert (now.revision, now.document) == (2, b"new 2")
