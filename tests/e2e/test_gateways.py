"""Wablas and WhatsApp Center through real processes: a conversation each, with the worker killed in the middle."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.real_server import Server, serving
from tests.e2e.town import rows, until
from tests.media import samples
from tests.support.programs import free_port
from turnkeeper.testing.fake_gateways import FakeWablas, FakeWhaCenter, Fault, Got
from turnkeeper.testing.loopback import Running, serve_in_thread

ADA, BOB = "6281234567890", "6289876543210"
HOOK_1, HOOK_2 = "wablas-hook-0123456789", "center-hook-0123456789"
SECRETS = {"GATEWAY_TOKEN": "wb-token", "GATEWAY_KEY": "wb-key", "GATEWAY_DEVICE": "device-1"}
TOML = """
[server]
port = {port}
drain = "5s"
log_level = "warning"
public_url = "http://127.0.0.1:{port}"
[database]
url = "sqlite:///data.db"
[workers]
count = 1
[channels.wablas1]
kind = "wablas"
bot = "assistant"
base_url = "{wablas}"
token = "env:GATEWAY_TOKEN"
secret_key = "env:GATEWAY_KEY"
webhook_secret = "{hook_1}"
send_limit = "1s"
human_pause = 0
[channels.center1]
kind = "whacenter"
bot = "assistant"
base_url = "{center}"
device_id = "env:GATEWAY_DEVICE"
webhook_secret = "{hook_2}"
send_limit = "1s"
human_pause = 0
[bots.assistant]
kind = "python"
entry = "the_bot:bot"
quiet = 0.3
max_wait = 2
adaptive = false
"""
BOT = """
import asyncio
from pathlib import Path
from turnkeeper import Bot, Buttons, Image, Turn
bot = Bot("assistant")

async def think():
    await asyncio.sleep(0.1)
    with (Path(__file__).parent / "thought").open("a") as noted:
        noted.write("thinking\\n")
    while not (Path(__file__).parent / "go").exists():
        await asyncio.sleep(0.02)
    return "thought"

@bot.stage("only", first=True)
async def only(turn: Turn) -> None:
    if any(event.media for event in turn.events):
        file = await turn.file()
        await turn.reply(Image(file.as_file(), caption=f"{file.mime}, {file.size}"))
    elif turn.text == "hard":
        await turn.reply(await turn.step("think", think))
    elif turn.text == "choose":
        await turn.reply(Buttons("Tea or coffee?", {"t": "Tea", "c": "Coffee"}))
    else:
        await turn.reply("told: " + turn.text)
"""


class Street:
    """One server, two gateways; everybody has a number on each."""

    def __init__(self, server: Server, wablas: Running[FakeWablas], center: Running[FakeWhaCenter]) -> None:
        self.server = server
        self.wablas = wablas
        self.center = center
        self.gateways: tuple[Running[FakeWablas] | Running[FakeWhaCenter], ...] = (wablas, center)

    def write(self, phone: str, text: str) -> None:
        """Somebody writes the same to both."""
        assert [each.call(each.fake.write(phone, text)).status for each in self.gateways] == [200, 200]

    def send(self, phone: str, picture: bytes) -> None:
        """Somebody sends both a picture."""
        self.wablas.call(self.wablas.fake.send_file(phone, "image", "cat.jpg", picture, "image/jpeg"))
        self.center.call(self.center.fake.send_file(phone, "cat.jpg", picture, "image/jpeg"))

    def got(self, phone: str) -> list[list[Got]]:
        """What reached somebody, from each."""
        return [each.now(lambda each=each: list(each.fake.person(phone).got)) for each in self.gateways]  # type: ignore[misc]

    def wait(self, phone: str, *texts: str) -> None:
        """Until they got these from both at last."""
        until(
            lambda: all([one.text for one in got][-len(texts) :] == list(texts) for got in self.got(phone)),
            f"{texts}: {self.got(phone)}",
        )

    @property
    def thoughts(self) -> int:
        noted = self.server.folder / "thought"
        return len(noted.read_text().splitlines()) if noted.exists() else 0

    def kill_worker(self) -> None:
        worker = self.server.child("worker-1")
        os.kill(worker, signal.SIGKILL)
        assert self.server.child("worker-1", other_than=worker)


@contextmanager
def street(folder: Path) -> Iterator[Street]:
    wablas, center = FakeWablas("wb-token", "wb-key"), FakeWhaCenter("device-1")
    with serve_in_thread(wablas) as one, serve_in_thread(center) as two:
        port = free_port()
        text = TOML.format(port=port, wablas=one.base_url, center=two.base_url, hook_1=HOOK_1, hook_2=HOOK_2)
        (folder / "turnkeeper.toml").write_text(text, "utf-8")
        (folder / "the_bot.py").write_text(BOT, "utf-8")
        with serving(folder, **SECRETS) as server:
            wablas.webhook_url = wablas.tracking_url = f"{server.url}/webhooks/wablas1/{HOOK_1}"
            center.webhook_url = f"{server.url}/webhooks/center1/{HOOK_2}"
            wablas.duplicate = center.duplicate = 1
            yield Street(server, one, two)


@pytest.mark.limit(60)
def test_a_conversation_on_each_with_the_worker_killed_in_the_middle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in SECRETS.items():
        monkeypatch.setenv(name, value)  # for `turnkeeper ledger`
    picture = samples.jpeg()
    with street(tmp_path) as both:
        both.write(ADA, "first")
        both.wait(ADA, "told: first")
        both.write(ADA, "choose")
        both.wait(ADA, "Tea or coffee?\n\n1. Tea\n2. Coffee")
        both.send(ADA, picture)
        both.wait(ADA, f"image/jpeg, {len(picture)}")
        assert [got[-1].file for got in both.got(ADA)] == [picture, picture]
        until(lambda: (rows(tmp_path, "read"), rows(tmp_path, "accepted")) == (3, 3), "read, where anybody tells")

        # A device that is away: its channel waits, and goes on by itself.
        both.wablas.call(both.wablas.fake.set_connected(False))
        both.wablas.call(both.wablas.fake.write(BOB, "waits"))
        until(lambda: rows(tmp_path, "queued") == 1, "waiting")
        assert both.got(BOB) == [[], []]
        both.wablas.call(both.wablas.fake.set_connected(True))
        both.center.call(both.center.fake.write(BOB, "waits"))
        both.wait(BOB, "told: waits")

        # Killed while it thinks for one and sends to another: the next answers once, and sends nothing again.
        for each in both.gateways:
            each.fake.fail_next(Fault("silence", taken=True))
        both.write(BOB, "taken")
        both.wait(BOB, "told: taken")
        both.write(ADA, "hard")
        until(lambda: both.thoughts == 2, "thinking")
        both.kill_worker()
        both.write(BOB, "after")
        until(lambda: both.thoughts == 4, "thinking again")
        (tmp_path / "go").touch()
        both.wait(ADA, f"image/jpeg, {len(picture)}", "thought")
        both.wait(BOB, "told: waits", "told: taken", "told: after")
        assert [len(got) for phone in (ADA, BOB) for got in both.got(phone)] == [4, 4, 3, 3]
        assert rows(tmp_path, "unknown") == 2
        until(lambda: len(both.wablas.fake.posted) == 2 * (7 + 2 + 7 * 4), "all told")
        ledger = both.server.settled()
        assert ledger["accepted"] == 2 * 7 + 7 + 2, "and of Wablas' seven of our own and two of the device"
        assert ledger["states"]["failed"] == 2, "the two whose answer nobody is sure of"
        assert ledger["duplicates"] >= ledger["accepted"]
        posted = [one for each in both.gateways for one in each.fake.posted]
        assert not [one for one in posted if (one.status, one.answer) != (200, b"")]
        log = both.server.log()
        assert not [secret for secret in (HOOK_1, HOOK_2, *SECRETS.values()) if secret in log]
