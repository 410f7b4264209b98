"""Files through signed links, as a browser and a player ask for them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import pytest

from tests.web.serving import request, serving
from turnkeeper.media.base import Place
from turnkeeper.media.disk import DiskStore
from turnkeeper.media.links import path_of, token_for
from turnkeeper.model.errors import MediaUnavailable, StoreUnavailable
from turnkeeper.model.ids import WorkspaceId
from turnkeeper.model.media import FileRow
from turnkeeper.web.media import MediaPages

SECRET = b"a secret"
NOW = 1000.0
KEY = "ab" * 32
PLACE = Place("default", KEY)
DATA = bytes(range(256)) * 4000


class Records:
    """What the store knows."""

    def __init__(self, row: FileRow | None) -> None:
        self.row = row
        self.error: Exception | None = None

    async def find_file(self, workspace_id: WorkspaceId, key: str) -> FileRow | None:
        if self.error is not None:
            raise self.error
        here = self.row is not None and (workspace_id, key) == (self.row.workspace_id, self.row.key)
        return self.row if here else None


def row(mime: str = "image/jpeg", filename: str = "me.jpg", size: int = len(DATA)) -> FileRow:
    return FileRow(WorkspaceId("default"), KEY, mime, size, filename, 0.0)


class Page:
    """The pages on a port; `get` gives status, headers and body."""

    def __init__(self, port: int, records: Records, store: DiskStore) -> None:
        self.port = port
        self.records = records
        self.store = store

    async def get(
        self, token: str | None = None, method: str = "GET", **headers: str
    ) -> tuple[int, dict[str, str], bytes]:
        token = token_for(SECRET, PLACE, NOW + 60) if token is None else token
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.write(request(method, f"/media/{token}", headers=named))
        async with asyncio.timeout(20):
            answer = await reader.read()
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
        head, _, body = answer.partition(b"\r\n\r\n")
        first, *rest = head.decode().split("\r\n")
        return int(first.split()[1]), dict(line.lower().split(": ", 1) for line in rest), body


Opened = Callable[..., contextlib.AbstractAsyncContextManager[Page]]


@pytest.fixture
def opened(tmp_path: Path) -> Opened:
    @contextlib.asynccontextmanager
    async def open_one(found: FileRow | None = None) -> AsyncIterator[Page]:
        store = DiskStore(tmp_path / "kept")
        (tmp_path / "in").write_bytes(DATA)
        await store.put(PLACE, tmp_path / "in")
        records = Records(found or row())
        pages = MediaPages(records, store, lambda: SECRET, lambda: NOW)
        async with serving(pages) as port:
            yield Page(port, records, store)

    return open_one


async def test_a_file_is_given_whole(opened: Opened) -> None:
    async with opened() as page:
        status, headers, body = await page.get()
        assert (status, body) == (200, DATA)
        assert headers["content-type"] == "image/jpeg"
        assert headers["content-length"] == str(len(DATA))
        assert headers["content-disposition"] == "inline; filename*=utf-8''me.jpg"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("sandbox")
        assert headers["accept-ranges"] == "bytes"
        assert "public" not in headers["cache-control"]


async def test_a_name_at_the_end_is_for_readers_alone(opened: Opened) -> None:
    token = token_for(SECRET, PLACE, NOW + 60)
    async with opened() as page:
        for path in (path_of(token, "Menu – à la carte/1.pdf"), path_of(token)):
            status, _, body = await page.get(path.removeprefix("/media/"))
            assert (status, body) == (200, DATA), path


async def test_a_head_gives_the_headers_alone(opened: Opened) -> None:
    async with opened() as page:
        status, headers, body = await page.get(method="HEAD")
        assert (status, headers["content-length"], body) == (200, str(len(DATA)), b"")
        assert (await page.get(method="POST"))[0] == 405


REFUSED = [
    ("forged", lambda: "a.b.c.d", 403),
    ("another secret's", lambda: token_for(b"x", PLACE, NOW + 60), 403),
    ("nothing", lambda: "", 403),
    ("a path", lambda: "..%2f..%2fetc%2fpasswd", 403),
    ("expired", lambda: token_for(SECRET, PLACE, NOW), 410),
    ("not known", lambda: token_for(SECRET, Place("default", "cd" * 32), NOW + 60), 404),
    ("another workspace's", lambda: token_for(SECRET, Place("other", KEY), NOW + 60), 404),
    ("no key at all", lambda: token_for(SECRET, Place("default", "x"), NOW + 60), 404),
]


@pytest.mark.parametrize(("label", "token", "status"), REFUSED, ids=[each[0] for each in REFUSED])
async def test_a_link_that_is_not_good_says_why(
    opened: Opened, label: str, token: Callable[[], str], status: int
) -> None:
    async with opened() as page:
        got, headers, body = await page.get(token())
        assert got == status
        assert body.endswith(b"\n")
        assert headers["content-type"].startswith("text/plain")
        assert headers["cache-control"] == "no-store"


async def test_a_file_that_was_deleted_is_not_found(opened: Opened) -> None:
    async with opened() as page:
        await page.store.delete(PLACE)
        assert (await page.get())[0] == 404


@pytest.mark.parametrize("error", [StoreUnavailable("away"), MediaUnavailable("away")])
async def test_what_cannot_be_had_now_is_said_to_be_so(opened: Opened, error: Exception) -> None:
    async with opened() as page:
        page.records.error = error
        status, headers, _ = await page.get()
        assert (status, headers["retry-after"]) == (503, "5")


SHOWN = [
    ("image/png", "inline"),
    ("video/mp4", "inline"),
    ("audio/ogg", "inline"),
    ("application/pdf", "inline"),
    ("image/svg+xml", "attachment"),
    ("text/html", "attachment"),
    ("text/plain", "attachment"),
    ("application/zip", "attachment"),
    ("application/x-msdownload", "attachment"),
]


@pytest.mark.parametrize(("mime", "expected"), SHOWN)
async def test_only_what_does_nothing_is_shown(opened: Opened, mime: str, expected: str) -> None:
    async with opened(row(mime)) as page:
        _, headers, _ = await page.get()
        assert headers["content-disposition"].startswith(f"{expected};")


async def test_names_and_types_break_no_header(opened: Opened) -> None:
    async with opened(row("text/html\r\nset-cookie: a=b", 'a"; b\r\nx: y.jpg é')) as page:
        status, headers, _ = await page.get()
        assert status == 200
        assert headers["content-type"] == "application/octet-stream"
        assert "set-cookie" not in headers
        assert "x" not in headers


RANGES = [
    ("the beginning", "bytes=0-9", 206, DATA[:10], "bytes 0-9/1024000"),
    ("the middle", "bytes=500000-500009", 206, DATA[500000:500010], "bytes 500000-500009/1024000"),
    ("from somewhere on", "bytes=1023990-", 206, DATA[-10:], "bytes 1023990-1023999/1024000"),
    ("the end", "bytes=-10", 206, DATA[-10:], "bytes 1023990-1023999/1024000"),
    ("more than there is", "bytes=1023990-9999999", 206, DATA[-10:], "bytes 1023990-1023999/1024000"),
    ("all, from the end", "bytes=-9999999", 206, DATA, "bytes 0-1023999/1024000"),
    ("behind the end", "bytes=1024000-", 416, b"no such range\n", "bytes */1024000"),
    ("none of it", "bytes=-0", 416, b"no such range\n", "bytes */1024000"),
    ("the wrong way round", "bytes=9-0", 416, b"no such range\n", "bytes */1024000"),
    ("several", "bytes=0-1,5-6", 200, DATA, None),
    ("another unit", "lines=0-1", 200, DATA, None),
    ("nonsense", "bytes=-", 200, DATA, None),
]


@pytest.mark.parametrize(("label", "asked", "status", "body", "told"), RANGES, ids=[each[0] for each in RANGES])
async def test_ranges(opened: Opened, label: str, asked: str, status: int, body: bytes, told: str | None) -> None:
    async with opened(row("video/mp4")) as page:
        got, headers, found = await page.get(range=asked)
        assert (got, found == body, headers.get("content-range")) == (status, True, told)
        assert headers["content-length"] == str(len(body))


async def test_what_a_browser_has_is_not_sent_again(opened: Opened) -> None:
    async with opened() as page:
        tag = (await page.get())[1]["etag"]
        status, headers, body = await page.get(if_none_match=tag)
        assert (status, body, headers["etag"]) == (304, b"", tag)
        assert (await page.get(range="bytes=0-9", if_range='"another"'))[0] == 200
        assert (await page.get(range="bytes=0-9", if_range=tag))[0] == 206
