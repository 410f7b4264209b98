"""Files for providers that fetch them: a link in place of an upload."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from tests.engine.media_rig import PUBLIC
from turnkeeper.channels.base import Capabilities
from turnkeeper.engine.media import FileKeeper, Links
from turnkeeper.engine.uploads import Ready, Uploads
from turnkeeper.media import links
from turnkeeper.media.base import Place
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.limits import ContentLimits
from turnkeeper.model.media import FileRow
from turnkeeper.model.outbound import Document, File, Rejected
from turnkeeper.testing.virtual_time import VirtualClock

KEY = "ab" * 32
MENU = Document(File(key=KEY, mime="application/pdf", filename="Menu"))
ADAPTER = SimpleNamespace(capabilities=Capabilities(ContentLimits(4096), fetches_links=True))
CLAIMED: Any = SimpleNamespace(channel=SimpleNamespace(workspace_id=WorkspaceId("shop"), kind="wablas", id="c"))


class Records:
    """A store that keeps one file."""

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        known = (workspace_id, key) == ("shop", KEY)
        return FileRow(workspace_id, key, "application/pdf", 9, "kept.pdf", 0.0) if known else None


def uploads(folder: Path, base: str) -> Uploads:
    records: Any = Records()
    nowhere: Any = None
    signing = Links(lambda: b"a secret", base)
    clock = VirtualClock()
    return Uploads(
        FileKeeper(records, nowhere, {"wablas": ADAPTER}, nowhere, clock, incoming=folder, largest=10, signing=signing)
    )


async def test_a_kept_file_is_linked_to_by_a_name_with_an_ending(tmp_path: Path) -> None:
    ready = await uploads(tmp_path, PUBLIC + "/").ready(CLAIMED, MENU)
    assert isinstance(ready, Ready)
    link = ready.links[KEY]
    assert link.startswith(f"{PUBLIC}/media/")
    assert link.endswith("/Menu.pdf")
    token = links.read_path(link.removeprefix(PUBLIC))
    tomorrow = VirtualClock().now() + 80_000
    assert links.read_token(b"a secret", token, tomorrow) == Place("shop", KEY)
    assert (ready.ids, ready.is_new) == ({}, False)


async def test_without_a_public_address_the_message_says_what_to_set(tmp_path: Path) -> None:
    found = await uploads(tmp_path, "").ready(CLAIMED, MENU)
    assert isinstance(found, Rejected)
    assert (found.code, found.remedy) == ("no_public_url", "operator")
    assert "server.public_url" in found.reason


async def test_what_is_no_longer_kept_is_not_linked_to(tmp_path: Path) -> None:
    found = await uploads(tmp_path, PUBLIC).ready(CLAIMED, Document(File(key="cd" * 32)))
    assert isinstance(found, Rejected)
    assert found.code == "file_gone"
