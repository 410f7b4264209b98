"""Files through real processes: fetched, refused with a reason in the ledger, sent, given out, and never lost."""

import hashlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.e2e.real_server import Server, configure, connect, provider, serving, turnkeeper
from tests.e2e.scenarios import Stage, scenario
from tests.e2e.town import Town
from tests.media import samples
from turnkeeper.testing.fake_graph import Endless, GzipBomb, Lie, Redirect, Running, Slow

BOT = """
from turnkeeper import Bot, Document, File, Image, MediaRefused, Turn
bot = Bot("assistant")
@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if turn.text.startswith("https:"):
        await turn.reply(Document(File(link=turn.text)))
        return
    if turn.text == "menu":
        await turn.reply(Document(await turn.attach(b"%PDF-1.7 menu", filename="menu.pdf"), caption="menu"))
        return
    file = await turn.file()
    await turn.reply(f"{file.mime} {file.size} {file.key} {file.link(600)}")
"""
JPEG = samples.jpeg() + b"pixels" * 50_000
KEY = hashlib.sha256(JPEG).hexdigest()
PUBLIC = '[server]\npublic_url = "https://bot.example.com"\n'


class Shop:
    """A server, its people, and what they send it."""

    def __init__(self, server: Server, town: Town) -> None:
        self.server = server
        self.town = town

    def send(self, name: str, kind: str, data: bytes, mime: str, filename: str | None = None, **lies: Any) -> str:
        media = self.town.graph.media
        media_id = media.put(data, mime, filename, lie=Lie(**lies) if lies else None)
        payload = media.webhook(media_id) | ({"filename": filename} if filename else {})
        person = self.town.person(name)
        self.town.running.call(person.send(kind, payload))
        return media_id

    def answer(self, name: str, count: int = 1) -> str:
        person = self.town.person(name)
        self.town.wait(lambda: len(person.texts) >= count)
        return person.texts[-1]


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shop]:
    folder = tmp_path_factory.mktemp("media")
    with provider() as running:
        prepared(folder, running)
        with serving(folder) as server:
            connect(running, server)
            yield Shop(server, Town(running))


def prepared(folder: Path, running: Running) -> None:
    configure(folder, running, bot=BOT, quiet=0.05)
    config = folder / "turnkeeper.toml"
    config.write_text(config.read_text("utf-8").replace("[server]\n", PUBLIC, 1), "utf-8")


def test_a_file_is_fetched_and_given_out_through_its_link(shop: Shop) -> None:
    media_id = shop.send("ada", "image", JPEG, "image/jpeg")
    mime, size, key, link = shop.answer("ada").split()
    assert (mime, size, key) == ("image/jpeg", str(len(JPEG)), KEY)
    path = urlsplit(link).path
    assert link.startswith("https://bot.example.com/media/")
    assert shop.server.get(path) == (200, JPEG)
    assert shop.server.get(path[:-2] + "xx")[0] == 403
    assert shop.town.graph.media[media_id].downloads == 1
    kept = shop.server.folder / "media" / "default" / KEY[:2] / KEY[2:4] / KEY
    assert kept.read_bytes() == JPEG
    assert (shop.server.folder / "media.secret").stat().st_mode & 0o777 == 0o600


def test_a_bots_file_is_uploaded_once_for_everybody(shop: Shop) -> None:
    for name in ("bob", "cleo"):
        shop.town.write(name, "menu")
        assert shop.answer(name) == "menu"
    (upload,) = shop.town.graph.media.uploads
    assert (upload.data, upload.sends) == (b"%PDF-1.7 menu", 2)


BAD: list[tuple[str, str, bytes, str, str | None, dict[str, Any], str]] = [
    ("a lie", "image", samples.HTML, "image/jpeg", None, {}, "type_mismatch"),
    ("a zip bomb", "document", samples.bomb(), "application/zip", "a.zip", {}, "archive_bomb"),
    ("a name with a path", "document", samples.PDF, "application/pdf", "../../a.pdf", {}, "unsafe_name"),
    ("200 MB", "document", samples.PDF, "application/pdf", "a.pdf", {"body": Endless()}, "too_large"),
    ("200 MB in a little gzip", "document", samples.PDF, "application/pdf", "a.pdf", {"body": GzipBomb()}, "too_large"),
    ("a way inside", "image", JPEG, "image/jpeg", None, {"body": Redirect()}, "internal_address"),
]


def test_bad_files_are_refused_with_a_reason_in_the_ledger(shop: Shop) -> None:
    """Told without retries, in the bot's words for it; the memory stays what it was."""
    worker = shop.server.child("worker-1")
    before = peak(worker)
    for label, kind, data, mime, filename, lies, _ in BAD:
        shop.send(label, kind, data, mime, filename, **lies)
    for label, *_ in BAD:
        assert shop.answer(label) == "I could not take that file. Please send it in another way."
    expected: dict[str, int] = {}
    for *_, reason in BAD:
        expected[reason] = expected.get(reason, 0) + 1
    found = shop.server.settled()
    assert found["media_refused"] == expected
    assert found["states"]["failed"] == len(BAD)
    shown = turnkeeper("ledger", "--config", str(shop.server.folder / "turnkeeper.toml")).stdout
    assert "Files refused, archive_bomb: 1" in shown
    assert b'turnkeeper_media_refused_total{reason="unsafe_name"} 1.0' in shop.server.get("/metrics")[1]
    assert peak(worker) - before < 60_000
    left = list((shop.server.folder / "media" / "incoming").iterdir())
    assert left == []


def test_links_inside_fail_their_message(shop: Shop) -> None:
    before = shop.server.ledger()["media_refused"].get("internal_address", 0)
    shop.town.write("dora", "https://169.254.169.254/latest/meta-data/")
    deadline = time.monotonic() + 20
    while shop.server.ledger()["media_refused"].get("internal_address", 0) == before:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    connection = sqlite3.connect(shop.server.folder / "data.db")
    found = connection.execute("select state, code from outbound where state = 'failed' and code = 'internal_address'")
    assert found.fetchall() == [("failed", "internal_address")]
    connection.close()


def peak(pid: int) -> int:
    """The most memory that a process ever had, in kilobytes."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0])


@scenario
def test_a_worker_that_dies_while_it_fetches_is_replaced_and_the_file_is_had(stage: Stage) -> None:
    prepared(stage.folder, stage.town.running)
    media = stage.town.graph.media
    with serving(stage.folder) as server:
        connect(stage.town.running, server)
        shop = Shop(server, stage.town)
        media_id = shop.send("ada", "image", JPEG, "image/jpeg", body=Slow(30_000, 0.2))
        stage.town.wait(lambda: media[media_id].downloads == 1)
        stage.town.running.call(made_quick(media, media_id))
        worker = server.child("worker-1")
        os.kill(worker, signal.SIGKILL)
        assert shop.answer("ada").startswith(f"image/jpeg {len(JPEG)} {KEY}")
        assert media[media_id].downloads == 2
        assert server.ledger()["media_refused"] == {}
        assert server.child("worker-1", worker)


async def made_quick(media: Any, media_id: str) -> None:
    media.lie(media_id, Lie())
