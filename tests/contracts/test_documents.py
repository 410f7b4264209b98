"""Uploaded documents: kept until they are read, read again, replaced and forgotten; their files stay needed."""

from msgspec.structs import replace

from tests.contracts.conftest import OpenWorld
from tests.contracts.test_knowledge import ELSEWHERE, HELP, document
from tests.contracts.world import T0
from turnkeeper.model.knowledge import DocumentUpload
from turnkeeper.model.media import FileRow

FILE = "a" * 64
UPLOAD = DocumentUpload(*HELP, "a.md", FILE, 10, T0, T0)


async def test_an_upload_waits_until_it_is_read_and_may_be_read_again(world: OpenWorld) -> None:
    async with world() as w:
        later = replace(UPLOAD, key="b.md", due_at=T0 + 1)
        for row in (later, UPLOAD, replace(UPLOAD, workspace_id=ELSEWHERE.workspace_id, due_at=T0 + 2)):
            await w.store.upload_document(row)
        assert [each.key for each in await w.store.uploads_due(2)] == ["a.md", "b.md"]
        assert await w.store.upload_read(UPLOAD)
        assert not await w.store.upload_read(UPLOAD)
        assert await w.store.uploaded(HELP) == [replace(UPLOAD, due_at=None), later]
        assert await w.store.read_again(HELP, "a.md", T0 + 5)
        assert not await w.store.read_again(HELP, "c.md", T0 + 5)
        assert [each.due_at for each in await w.store.uploads_due(9)] == [T0 + 1, T0 + 2, T0 + 5]


async def test_what_replaced_an_upload_meanwhile_is_still_to_be_read(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.upload_document(UPLOAD)
        await w.store.upload_document(newer := replace(UPLOAD, file="b" * 64, size=11, uploaded_at=T0 + 1))
        assert not await w.store.upload_read(UPLOAD)
        assert await w.store.uploads_due(9) == [newer]


async def test_a_removed_document_was_never_uploaded(world: OpenWorld) -> None:
    async with world() as w:
        await w.store.upload_document(UPLOAD)
        await w.store.upload_document(replace(UPLOAD, key="b.md"))
        row, cut = document("a.md", [("Rain", "It rains in spring.")])
        await w.store.put_document(row, cut)
        assert await w.store.remove_documents(ELSEWHERE, ["a.md", "b.md"]) == 0
        assert await w.store.remove_documents(HELP, ["a.md", "b.md", "c.md"]) == 2
        assert (await w.store.uploaded(HELP), await w.store.documents(HELP)) == ([], [])
        assert (await w.store.find_base(HELP)).passages == 0


async def test_the_files_of_uploads_are_needed_for_as_long_as_they_are_there(world: OpenWorld) -> None:
    async with world() as w:
        for key in (FILE, "b" * 64):
            await w.store.hold_file(FileRow(HELP.workspace_id, key, "text/markdown", 10, "a.md", T0))
        await w.store.upload_document(UPLOAD)
        await w.store.need_uploads(T0 + 100)
        assert [each.key for each in await w.store.leaving_files(T0 + 50, T0 + 200, 9)] == ["b" * 64]
